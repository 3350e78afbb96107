package licensesync

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// cancelGrace is how long requests under way may take after Ctrl-C. The outcome of a request that ends in time is known.
	cancelGrace = 500 * time.Millisecond
)

// maxInFlight returns how many pushes may wait for Gradient at once: enough to keep the pace when an answer takes half a second, and
// no more, because those under way are not stopped when one of them fails.
func maxInFlight(requestsPerSecond int) int { return min(max(requestsPerSecond/2, 4), 32) }

// setCount sets one unit count.
type setCount func(ctx context.Context, push billing.Push) error

// errNoService is the error of a pair whose service is not in Gradient.
var errNoService = errors.New("there is no such service")

// outcome sorts the pushes by their results. A push that is in none of the lists was not carried out.
type outcome struct {
	accepted []billing.Push
	refused  []billing.Push // the account or service is not mapped or does not exist (rule 7)
	unclear  []billing.Push // Gradient may or may not have accepted it
	err      error          // the failure that stopped the push (rule 8)
}

// pushAll pushes all counts, at most inFlight at once, as fast as the client's rate limit allows. It stops at the first failure, after
// the requests under way have ended (rule 8).
func pushAll(ctx context.Context, set setCount, inFlight int, pushes []billing.Push) outcome {
	if len(pushes) == 0 {
		return outcome{}
	}
	requests, cancel := detachFor(ctx, cancelGrace)
	defer cancel()
	work := progress.Begin(ctx, "pushing unit counts", "pushed", len(pushes))
	defer work.End()
	run := &pushRun{set: set, cancelled: ctx.Err, work: work}
	run.pushMany(requests, inFlight, pushes)
	if run.done.err == nil && run.answered() < len(pushes) {
		run.done.err = ctx.Err()
	}
	return run.done
}

// detachFor returns a context that is cancelled the given time after ctx, so that requests under way can end after Ctrl-C.
func detachFor(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return detached, func() {
		stop()
		cancel()
	}
}

// pushRun is one push of many counts.
type pushRun struct {
	set       setCount
	cancelled func() error // not nil after Ctrl-C
	work      *progress.Work
	mu        sync.Mutex
	done      outcome
}

func (r *pushRun) pushMany(ctx context.Context, inFlight int, pushes []billing.Push) {
	var group errgroup.Group
	group.SetLimit(inFlight)
	for _, push := range pushes {
		if r.mustStop() {
			break
		}
		group.Go(func() error {
			if !r.mustStop() {
				r.pushOne(ctx, push)
				r.work.Did()
			}
			return nil
		})
	}
	_ = group.Wait() // failures are in r.done
}

// mustStop reports whether no further push may begin.
func (r *pushRun) mustStop() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done.err != nil || r.cancelled() != nil
}

// answered returns the number of pushes that Gradient accepted or refused.
func (r *pushRun) answered() int { return len(r.done.accepted) + len(r.done.refused) }

// pushOne sets one count and records its result.
func (r *pushRun) pushOne(ctx context.Context, push billing.Push) {
	err := r.set(ctx, push)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.done.accepted = append(r.done.accepted, push)
	case errors.Is(err, gradient.ErrNotMapped), errors.Is(err, errNoService):
		r.done.refused = append(r.done.refused, push)
	default:
		if mayBeAccepted(err) {
			r.done.unclear = append(r.done.unclear, push)
		}
		if r.done.err == nil {
			r.done.err = fmt.Errorf("the count of %s could not be set: %w", address(push.Pair), err)
		}
	}
}

// mayBeAccepted reports whether Gradient may have accepted a push that failed.
func mayBeAccepted(err error) bool {
	var failed *rest.Error
	if errors.As(err, &failed) {
		return failed.Ambiguous()
	}
	return true
}

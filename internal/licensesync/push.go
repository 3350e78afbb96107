package licensesync

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// maxRebuilds is how often an accepted count may be pushed again to make the billing view rebuild (rule 6).
	maxRebuilds = 2
)

// maxInFlight returns how many pushes may wait for Gradient at once: enough to keep the pace when an answer takes half a second, and
// no more, because those under way are not stopped when one of them fails.
func maxInFlight(requestsPerSecond int) int { return min(max(requestsPerSecond/2, 4), 32) }

// setCount sets one unit count. With noBuild the billing view is not rebuilt.
type setCount func(ctx context.Context, push billing.Push, noBuild bool) error

// errNoService is the error of a pair whose service is not in Gradient.
var errNoService = errors.New("there is no such service")

// outcome sorts the pushes by their results. A push that is in none of the lists was not carried out.
type outcome struct {
	accepted []billing.Push
	refused  []billing.Push // the account or service is not mapped or does not exist (rule 7)
	unclear  []billing.Push // Gradient may or may not have accepted it
	rebuilt  bool           // the billing view was rebuilt after the last accepted count
	err      error          // the failure that stopped the push (rule 8)
}

// pushAll pushes all counts, at most inFlight at once, as fast as the client's rate limit allows. All but the last are sent with
// no_build; the last one makes the billing view rebuild, and if it is refused an accepted count is pushed again (rule 6). The push
// stops at the first failure, after the requests under way have ended (rule 8).
func pushAll(ctx context.Context, set setCount, inFlight int, pushes []billing.Push, ledger billing.Ledger) outcome {
	if len(pushes) == 0 {
		return outcome{}
	}
	requests, cancel := detachFor(ctx, cancelGrace)
	defer cancel()
	work := progress.Begin(ctx, "pushing unit counts", "pushed", len(pushes))
	defer work.End()
	run := &pushRun{set: set, cancelled: ctx.Err, work: work}
	pushes = lastIsAccepted(pushes, ledger)
	last := len(pushes) - 1
	run.pushMany(requests, inFlight, pushes[:last])
	if !run.mustStop() {
		run.pushOne(requests, pushes[last], false)
	}
	if run.done.err == nil && run.answered() < len(pushes) {
		run.done.err = ctx.Err()
	}
	for range maxRebuilds {
		if run.done.err != nil || !run.needsRebuild() {
			break
		}
		run.rebuild(requests)
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

// lastIsAccepted returns the pushes with one of the ledger at the end, if there is one, because Gradient is likely to accept it again.
func lastIsAccepted(pushes []billing.Push, ledger billing.Ledger) []billing.Push {
	ordered := slices.Clone(pushes)
	last := len(ordered) - 1
	for i := last; i >= 0; i-- {
		if _, known := ledger[ordered[i].Pair]; known {
			ordered[i], ordered[last] = ordered[last], ordered[i]
			break
		}
	}
	return ordered
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
				r.pushOne(ctx, push, true)
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
func (r *pushRun) pushOne(ctx context.Context, push billing.Push, noBuild bool) {
	err := r.set(ctx, push, noBuild)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.done.accepted = append(r.done.accepted, push)
		r.done.rebuilt = r.done.rebuilt || !noBuild
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

func (r *pushRun) needsRebuild() bool { return len(r.done.accepted) > 0 && !r.done.rebuilt }

// rebuild pushes the last accepted count again, without no_build. The count is accepted only if this push is; otherwise the next run
// pushes it, and that rebuilds the billing view.
func (r *pushRun) rebuild(ctx context.Context) {
	push := r.done.accepted[len(r.done.accepted)-1]
	r.done.accepted = r.done.accepted[:len(r.done.accepted)-1]
	r.pushOne(ctx, push, false)
	accepted := len(r.done.accepted) > 0 && r.done.accepted[len(r.done.accepted)-1] == push
	refused := slices.Contains(r.done.refused, push)
	if !accepted && !refused && !slices.Contains(r.done.unclear, push) {
		r.done.unclear = append(r.done.unclear, push)
	}
}

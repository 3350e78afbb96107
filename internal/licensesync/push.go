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
	// lastWords is how long pushes that are under way may take after Ctrl-C: each one that ends is one that is known.
	lastWords = 500 * time.Millisecond
	// rebuilds is how often an accepted count may be pushed again to make the billing view rebuild.
	rebuilds = 2
)

// inFlight is how many pushes may wait for Gradient at once: enough to keep the pace with answers that take half a second,
// and no more, since those under way are not called back when one of them fails.
func inFlight(requestsPerSecond int) int { return min(max(requestsPerSecond/2, 4), 32) }

// setCount sets one unit count. noBuild spares the billing view a rebuild.
type setCount func(ctx context.Context, push billing.Push, noBuild bool) error

// errNoService is a pair whose service is not in the catalogue, so that there is nothing to set a count of.
var errNoService = errors.New("there is no such service")

// outcome is what became of the pushes. What is in none of the lists was not carried out.
type outcome struct {
	accepted []billing.Push
	refused  []billing.Push // no one mapped the account or service, or it does not exist
	unclear  []billing.Push // Gradient may have accepted it, or not
	rebuilt  bool           // the billing view was told to rebuild after the last accepted count
	err      error          // what stopped the push
}

// pushAll pushes with no_build and then one more count without it, which makes the billing view rebuild. If that one
// is refused, an accepted one is pushed again in its place. It stops at the first failure that is not a refusal, after
// the pushes under way have come to an end.
//
// atOnce is how many pushes wait for Gradient at once; the client's pacing decides how fast they go out.
func pushAll(ctx context.Context, set setCount, atOnce int, pushes []billing.Push, ledger billing.Ledger) outcome {
	if len(pushes) == 0 {
		return outcome{}
	}
	calls, cancel := outlive(ctx, lastWords)
	defer cancel()
	work := progress.Begin(ctx, "pushing unit counts", "pushed", len(pushes))
	defer work.End()
	run := &run{set: set, interrupted: ctx.Err, work: work}
	pushes = carrierLast(pushes, ledger)
	last := len(pushes) - 1
	run.pushMany(calls, atOnce, pushes[:last])
	if !run.stopped() {
		run.push(calls, pushes[last], false)
	}
	if run.done.err == nil && run.answered() < len(pushes) {
		run.done.err = ctx.Err()
	}
	for range rebuilds {
		if run.done.err != nil || !run.needsRebuild() {
			break
		}
		run.rebuild(calls)
	}
	return run.done
}

// outlive returns a context that ends a while after ctx, so that requests under way can still come to an end when
// somebody presses Ctrl-C.
func outlive(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return calls, func() {
		stop()
		cancel()
	}
}

// run is one push of many counts.
type run struct {
	set setCount
	// interrupted is not nil once somebody has asked to stop.
	interrupted func() error
	work        *progress.Work
	mu          sync.Mutex
	done        outcome
}

func (r *run) pushMany(ctx context.Context, atOnce int, pushes []billing.Push) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, push := range pushes {
		if r.stopped() {
			break
		}
		group.Go(func() error {
			if !r.stopped() {
				r.push(ctx, push, true)
				r.work.Did()
			}
			return nil
		})
	}
	_ = group.Wait() // what failed is in r.done
}

// stopped reports whether nothing new may begin.
func (r *run) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done.err != nil || r.interrupted() != nil
}

// answered is the number of pushes that came to a clear end.
func (r *run) answered() int { return len(r.done.accepted) + len(r.done.refused) }

// push sets one count and files what became of it.
func (r *run) push(ctx context.Context, push billing.Push, noBuild bool) {
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
		if unclear(err) {
			r.done.unclear = append(r.done.unclear, push)
		}
		if r.done.err == nil {
			r.done.err = fmt.Errorf("the count of %s could not be set: %w", address(push.Pair), err)
		}
	}
}

func (r *run) needsRebuild() bool { return len(r.done.accepted) > 0 && !r.done.rebuilt }

// rebuild pushes an accepted count again. It counts as accepted only if this push is, so that the next run has a
// reason to rebuild.
func (r *run) rebuild(ctx context.Context) {
	carrier := r.done.accepted[len(r.done.accepted)-1]
	r.done.accepted = r.done.accepted[:len(r.done.accepted)-1]
	r.push(ctx, carrier, false)
	accepted := len(r.done.accepted) > 0 && r.done.accepted[len(r.done.accepted)-1] == carrier
	refused := slices.Contains(r.done.refused, carrier)
	if !accepted && !refused && !slices.Contains(r.done.unclear, carrier) {
		r.done.unclear = append(r.done.unclear, carrier)
	}
}

// unclear reports whether Gradient may have carried out a push that failed.
func unclear(err error) bool {
	var failed *rest.Error
	if errors.As(err, &failed) {
		return failed.Ambiguous()
	}
	return true
}

// carrierLast puts a count last that Gradient is likely to accept: one that it has accepted before.
func carrierLast(pushes []billing.Push, ledger billing.Ledger) []billing.Push {
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	// maxRefusals is how many pushes Gradient may refuse while it accepts none. After that the rest is not sent (rule 7).
	maxRefusals = 25
)

// setCount sets one unit count.
type setCount func(ctx context.Context, push billing.Push) error

// errNoService is the error of a pair whose service is not in Gradient.
var errNoService = errors.New("there is no such service")

// outcome sorts the pushes by their results. A push that is in none of the lists was not sent, because err stopped the run.
type outcome struct {
	accepted []billing.Push
	refused  []billing.Push // not mapped or not there (rule 7); of zeros also those refused in another way (rule 3)
	unsent   []billing.Push // not sent, because Gradient refused everything before (rule 7)
	waiting  []billing.Push // farewells that wait for the counts that replace them (rule 3)
	awaited  []billing.Pair // the counts that they wait for
	failed   []failure      // refused alone, in another way than by 404 (rule 8)
	unclear  []billing.Push // Gradient may or may not have accepted it
	zeroErr  error          // how Gradient refused a zero, when it was not by 404
	err      error          // what concerns every push and stopped the run (rule 8)
}

// failure is a push that Gradient refused for a reason that concerns this pair alone.
type failure struct {
	billing.Push
	err error
}

// isComplete reports whether every push was accepted, refused or put off, so that no error is to be shown.
func (o outcome) isComplete() bool { return o.err == nil && len(o.failed) == 0 && len(o.unclear) == 0 }

// notAccepted returns the pushes that were or would have been sent, and that Gradient is not known to have accepted.
func (o outcome) notAccepted() []billing.Push {
	var pushes []billing.Push
	for _, list := range [][]billing.Push{o.refused, o.unsent, o.unclear} {
		pushes = append(pushes, list...)
	}
	for _, failure := range o.failed {
		pushes = append(pushes, failure.Push)
	}
	return pushes
}

// pushAll pushes all counts, at most inFlight at once, as fast as the client's rate limit allows. The zeros of pairs that are no longer
// counted come last, and some of them wait (rule 3). What concerns every push stops the run, after the requests under way have ended
// (rule 8).
func pushAll(ctx context.Context, set setCount, inFlight int, task billing.Task, pushes []billing.Push) outcome {
	if len(pushes) == 0 {
		return outcome{}
	}
	requests, cancel := detachFor(ctx, cancelGrace)
	defer cancel()
	work := progress.Begin(ctx, "pushing unit counts", "pushed", len(pushes))
	defer work.End()
	run := &pushRun{set: set, cancelled: ctx.Err, work: work}
	run.ended = sync.NewCond(&run.mu)
	zeros := selectPushes(pushes, func(push billing.Push) bool { return push.Reason.Zeroes() })
	counts := selectPushes(pushes, func(push billing.Push) bool { return !push.Reason.Zeroes() })
	run.pushMany(requests, inFlight, counts)
	if run.mustStop() {
		run.interrupted = run.interrupted || len(zeros) > 0
	} else {
		waiting, awaited := task.Waiting(zeros, run.done.notAccepted())
		run.done.awaited = sortedPairs(awaited)
		isWaiting := func(push billing.Push) bool { return waiting[push.Pair] }
		run.done.waiting = selectPushes(zeros, isWaiting)
		run.forgiven = run.refusals() // pairs that nobody maps must not keep zeros back for ever
		run.pushMany(requests, inFlight, selectPushes(zeros, func(push billing.Push) bool { return !isWaiting(push) }))
	}
	if run.done.err == nil && run.interrupted {
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

	mu          sync.Mutex
	ended       *sync.Cond // signals that a push ended
	underWay    int
	interrupted bool // a push was left out because of Ctrl-C
	forgiven    int  // refused counts that do not count when zeros are pushed
	done        outcome
}

func (r *pushRun) pushMany(ctx context.Context, inFlight int, pushes []billing.Push) {
	var group errgroup.Group
	group.SetLimit(inFlight)
	for _, push := range pushes {
		if !r.begin(push) {
			continue
		}
		group.Go(func() error {
			r.pushOne(ctx, push)
			r.work.Did()
			return nil
		})
	}
	_ = group.Wait() // failures are in r.done
}

// begin reports whether a push may be sent. While Gradient has accepted nothing it lets so many begin that at most [maxRefusals] counts,
// and as many zeros, can be refused; after that the push is only listed.
func (r *pushRun) begin(push billing.Push) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.stopped() && len(r.done.accepted) == 0 && r.underWay > 0 && r.refusals()+r.underWay >= maxRefusals {
		r.ended.Wait()
	}
	switch {
	case r.stopped():
		r.interrupted = true
		return false
	case len(r.done.accepted) == 0 && r.refusals() >= maxRefusals:
		r.done.unsent = append(r.done.unsent, push)
		return false
	}
	r.underWay++
	return true
}

// refusals returns how many pushes Gradient answered without accepting them. The lock must be held, unless nothing is under way.
func (r *pushRun) refusals() int { return len(r.done.refused) + len(r.done.failed) - r.forgiven }

// stopped reports whether no further push may begin. The lock must be held.
func (r *pushRun) stopped() bool { return r.done.err != nil || r.cancelled() != nil }

func (r *pushRun) mustStop() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped()
}

// pushOne sets one count and records its result.
func (r *pushRun) pushOne(ctx context.Context, push billing.Push) {
	var err error
	sent := !r.mustStop()
	if sent {
		err = r.set(ctx, push)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.underWay--
	r.ended.Broadcast()
	if !sent {
		r.interrupted = true
		return
	}
	r.record(push, err)
}

// record files the result of a push. The lock must be held.
func (r *pushRun) record(push billing.Push, err error) {
	switch {
	case err == nil:
		r.done.accepted = append(r.done.accepted, push)
		return
	case errors.Is(err, gradient.ErrNotMapped), errors.Is(err, errNoService):
		r.done.refused = append(r.done.refused, push)
		return
	}
	unclear := mayBeAccepted(err)
	if unclear {
		r.done.unclear = append(r.done.unclear, push)
	}
	named := fmt.Errorf("the count of %s could not be set: %w", address(push.Pair), err)
	switch {
	case concernsAll(err):
		if r.done.err == nil {
			r.done.err = named
		}
	case push.Reason.Zeroes() && !unclear:
		r.done.refused = append(r.done.refused, push)
		r.done.zeroErr = named
	default:
		r.done.failed = append(r.done.failed, failure{push, named})
	}
}

// concernsAll reports whether every other push would fail for the same reason. A 404 that does not say that the pair is not mapped
// comes from a wrong address or a wrong vendor key.
func concernsAll(err error) bool {
	return rest.Systemic(err) || rest.Status(err) == http.StatusNotFound
}

// mayBeAccepted reports whether Gradient may have accepted a push that failed.
func mayBeAccepted(err error) bool {
	var failed *rest.Error
	return errors.As(err, &failed) && failed.Ambiguous()
}

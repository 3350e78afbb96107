// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Runs is what the license syncs of one provider process know of each other (rule 14). Its zero value is ready to use.
type Runs struct {
	mu           sync.Mutex
	integrations map[string]*integrationRun
}

// integrationRun is what the syncs of one integration planned and pushed in this process.
type integrationRun struct {
	// pushing is held by a sync while it pushes: pushes of one integration are one after the other.
	pushing sync.Mutex

	mu        sync.Mutex
	created   int                       // how many that do not exist yet were planned
	planned   map[string]plannedSync    // by instance
	counted   map[string]billing.Counts // the unit counts of those that pushed, by instance
	stopped   []billing.Counts          // the unit counts of those that the guard stopped before they pushed
	pushedNew bool                      // one of those that pushed was created
	zeroed    map[billing.Pair]bool     // set to 0, in a plan by a sync that will be destroyed
	left      []inheritance             // of the syncs that were destroyed to be replaced
}

// plannedSync is what the plan of a sync has.
type plannedSync struct {
	inheritance
	counts      billing.Counts
	pushes      []billing.Push
	zeroMissing bool
	// destroyed is true for a sync that is destroyed with zero_on_destroy.
	destroyed bool
}

// wipes returns the pairs that this sync sets to 0 and another one does not push in this run, although it counts them or does not know the
// counts of their account: the zero would be the last word.
func (p plannedSync) wipes(other plannedSync) (counted, unknown []billing.Pair) {
	pushed := pairsOf(other.pushes)
	for _, push := range p.pushes {
		if push.Reason != billing.Farewell || pushed[push.Pair] {
			continue
		}
		if _, has := other.counts[push.Account][push.Service]; has {
			counted = append(counted, push.Pair)
		} else if other.counts.IsUnknown(push.Account) {
			unknown = append(unknown, push.Pair)
		}
	}
	return counted, unknown
}

func pairsOf(pushes []billing.Push) map[billing.Pair]bool {
	pairs := make(map[billing.Pair]bool, len(pushes))
	for _, push := range pushes {
		pairs[push.Pair] = true
	}
	return pairs
}

// inheritance is what a sync that is replaced leaves to its successor.
type inheritance struct {
	state  *model // nil when there was none
	memory memory
	// announced is true when a plan compared the successor with it.
	announced bool
}

// isUnannounced reports whether there is a ledger with which no plan has compared the successor, as after a taint.
func (i inheritance) isUnannounced() bool { return i.state != nil && !i.announced }

// asHeld returns the state with its whole ledger in held, as that of a sync that has no unit counts yet.
func (i inheritance) asHeld() (pushState, error) {
	left, err := i.state.pushState()
	return pushState{counts: billing.Counts{}, unmapped: left.unmapped, held: left.ledger()}, err
}

// keep returns what is saved when the successor fails before it has pushed anything: the state of the sync that it replaces, if there is one.
// Terraform marks it as tainted, so the next run hands the ledger on again.
func (i inheritance) keep(known memory) result {
	if i.state == nil {
		return result{}
	}
	return result{state: *i.state, memory: known, save: true}
}

func (r *Runs) of(integration string) *integrationRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.integrations == nil {
		r.integrations = map[string]*integrationRun{}
	}
	if r.integrations[integration] == nil {
		r.integrations[integration] = &integrationRun{
			planned: map[string]plannedSync{}, counted: map[string]billing.Counts{}, zeroed: map[billing.Pair]bool{},
		}
	}
	return r.integrations[integration]
}

// conflicts are what two syncs of one integration plan about the same pairs.
type conflicts struct {
	shared []billing.Pair // an error: both count these pairs
	wiped  []billing.Pair // an error: one sets these to 0, and they are the other's, see [plannedSync.wipes]
	sweeps bool           // an error: one of the two has zero_missing
	// left are the pairs that a sync that is destroyed leaves to another one, which has them in its ledger.
	left []billing.Pair
	// restored are the pairs of this sync that one that is destroyed sets to 0. They are pushed again.
	restored []billing.Pair
}

// plan records what a sync plans, and returns its conflicts with those that were planned before. instance is empty for a sync that does
// not exist yet.
//
// Terraform plans a sync that is destroyed before or after the one that has taken over its pairs, and in an apply it calls the latter only
// if that was planned to change. So the one that is planned last gives way: the destroy leaves the pairs out, or the other one pushes them.
func (r *integrationRun) plan(instance string, planned plannedSync) (found conflicts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if instance == "" {
		r.created++
		instance = fmt.Sprintf("new %d", r.created)
	}
	shared := map[billing.Pair]bool{}
	for other, theirs := range r.planned {
		if other == instance {
			continue
		}
		found.addZeros(planned, theirs)
		if planned.destroyed || theirs.destroyed {
			continue
		}
		found.sweeps = found.sweeps || planned.zeroMissing || theirs.zeroMissing
		for account, services := range planned.counts {
			for service := range services {
				if _, both := theirs.counts[account][service]; both {
					shared[billing.Pair{Account: account, Service: service}] = true
				}
			}
		}
	}
	r.planned[instance] = planned
	found.shared = sortedPairs(shared)
	found.restored = r.restored(planned.counts, planned.pushes)
	if planned.destroyed {
		left := setOf(found.left)
		r.noteZeros(planned.pushes, func(pair billing.Pair) bool { return left[pair] })
	}
	return found
}

// addZeros adds what one of two syncs sets to 0 and the other one has. The counts that a destroyed one sets to 0 are no conflict.
func (c *conflicts) addZeros(planned, theirs plannedSync) {
	counted, unknown := planned.wipes(theirs)
	if planned.destroyed {
		c.left = append(c.left, counted...)
		counted = nil
	}
	c.wiped = slices.Concat(c.wiped, counted, unknown)
	counted, unknown = theirs.wipes(planned)
	if theirs.destroyed {
		counted = nil // noteZeros has them
	}
	c.wiped = slices.Concat(c.wiped, counted, unknown)
}

// noteZeros records the zeros among the pushes, without those that are left to others. The lock must be held.
func (r *integrationRun) noteZeros(pushes []billing.Push, isLeft func(billing.Pair) bool) {
	for _, push := range pushes {
		if push.Reason.Zeroes() && !isLeft(push.Pair) {
			r.zeroed[push.Pair] = true
		}
	}
}

// restored returns the pairs that are counted, not pushed, and set to 0 by another sync. The lock must be held.
func (r *integrationRun) restored(counts billing.Counts, pushes []billing.Push) []billing.Pair {
	if len(r.zeroed) == 0 {
		return nil
	}
	pushed, restored := pairsOf(pushes), map[billing.Pair]bool{}
	for pair := range r.zeroed {
		if _, counted := counts[pair.Account][pair.Service]; counted && !pushed[pair] {
			restored[pair] = true
		}
	}
	return sortedPairs(restored)
}

// begin records the counts of a sync that is about to push, and its zeros. It returns the pairs that the sync has to push again, because
// another one set them to 0, and reports of a pair whether its zero is left out, because the pair belongs to another sync.
func (r *integrationRun) begin(known memory, d decision, isNew bool) (restored []billing.Pair, isLeft func(billing.Pair) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pushedNew = r.pushedNew || isNew
	r.counted[known.instance] = d.task.Desired
	left, ofOthers := setOf(known.left), r.ofOthers(known.instance)
	isLeft = func(pair billing.Pair) bool { return left[pair] || ofOthers(pair) }
	r.noteZeros(d.pushes, isLeft)
	return r.restored(d.task.Desired, d.pushes), isLeft
}

// hasCreated reports whether a sync was created in this process. One that is destroyed after that may be the one that it replaces.
func (r *integrationRun) hasCreated() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pushedNew
}

// stop records the counts of a sync that pushes nothing in this run, because the guard stopped it.
func (r *integrationRun) stop(counts billing.Counts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = append(r.stopped, counts)
}

// ofOthers returns a function that reports whether a pair belongs to another sync of this run: one that pushed, was stopped, or has nothing
// to push, counts the pair, or does not know the counts of the account. The lock must be held.
func (r *integrationRun) ofOthers(instance string) func(billing.Pair) bool {
	others := slices.Concat(r.others(instance), r.stopped)
	return func(pair billing.Pair) bool { return isCounted(others, pair) || isUnknown(others, pair) }
}

// notPushedByOthers returns a function that reports whether a pair belongs to another sync of this run that did not push it, because the account
// is unknown to it, or because it was stopped. What the plan has left to a sync that knows the account is not in it.
func (r *integrationRun) notPushedByOthers(known memory) func(billing.Pair) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	others, stopped, left := r.others(known.instance), r.stopped, setOf(known.left)
	return func(pair billing.Pair) bool {
		if isCounted(others, pair) {
			return false
		}
		return isCounted(stopped, pair) || isUnknown(stopped, pair) || !left[pair] && isUnknown(others, pair)
	}
}

// others returns the counts of the other syncs of this run that pushed or have nothing to push. The lock must be held.
func (r *integrationRun) others(instance string) []billing.Counts {
	others := r.countsOfOthers(instance)
	for other, theirs := range r.planned {
		if other != instance && !theirs.destroyed && len(theirs.pushes) == 0 {
			others = append(others, theirs.counts)
		}
	}
	return others
}

// countedByOthers returns a function that reports whether another sync that pushed in this run counts a pair. Accounts whose counts are
// unknown are not in it, because no other sync has taken these over.
func (r *integrationRun) countedByOthers(instance string) func(billing.Pair) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	others := r.countsOfOthers(instance)
	return func(pair billing.Pair) bool { return isCounted(others, pair) }
}

// countsOfOthers returns the counts of the other syncs that pushed. The lock must be held.
func (r *integrationRun) countsOfOthers(instance string) (others []billing.Counts) {
	for other, counts := range r.counted {
		if other != instance {
			others = append(others, counts)
		}
	}
	return others
}

func isCounted(all []billing.Counts, pair billing.Pair) bool {
	return slices.ContainsFunc(all, func(counts billing.Counts) bool {
		_, counted := counts[pair.Account][pair.Service]
		return counted
	})
}

func isUnknown(all []billing.Counts, pair billing.Pair) bool {
	return slices.ContainsFunc(all, func(counts billing.Counts) bool { return counts.IsUnknown(pair.Account) })
}

// leave keeps the ledger of a sync that is replaced for its successor.
func (r *integrationRun) leave(left inheritance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = append(r.left, left)
}

// predecessor returns what is left by the sync that one without a state replaces, if it replaces one: in a plan the one that was planned
// before with the same instance, in an apply the one that was destroyed. After a taint it is none, because the plan did not know it.
func (r *integrationRun) predecessor(instance string, counts billing.Counts) (inheritance, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if planned, found := r.planned[instance]; found {
		return planned.inheritance, true
	}
	if i := r.mostLike(counts); i >= 0 && r.left[i].announced {
		return r.left[i], true
	}
	return inheritance{}, false
}

// inherit takes what [integrationRun.leave] kept for a sync with these counts. Its state is nil if there is nothing.
func (r *integrationRun) inherit(counts billing.Counts) (left inheritance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.mostLike(counts); i >= 0 {
		left = r.left[i]
		r.left = slices.Delete(r.left, i, i+1)
	}
	return left
}

// warnAboutAbandoned names what tainted syncs left, when the sync that was created has none of their accounts and so took nothing over.
// What was announced is left out, because the plan would have failed.
func (r *integrationRun) warnAboutAbandoned(up upstream) (diags diag.Diagnostics) {
	r.mu.Lock()
	abandoned := slices.DeleteFunc(slices.Clone(r.left), func(left inheritance) bool { return left.announced })
	r.mu.Unlock()
	for _, left := range abandoned {
		before, err := left.state.pushState()
		if err != nil {
			diags.Append(unreadableStateError(err))
			continue
		}
		if stays := r.notCounted(left, before); len(stays) > 0 {
			diags.Append(abandonedWarning(up, stays, before.ledger()))
		}
	}
	return diags
}

// notCounted returns the pairs that a sync left, of which Gradient may have a number, and that no sync which pushed in this run counts.
func (r *integrationRun) notCounted(left inheritance, before pushState) billing.Ledger {
	neverTaken, counted := left.memory.untaken.of(before.unmapped), r.countedByOthers(left.memory.instance)
	return withoutPairs(before.pairs(), func(pair billing.Pair) bool { return neverTaken[pair] || counted(pair) })
}

// mostLike returns the index of what was left that is most like the counts, or -1. Terraform does not say which sync a new one
// replaces, and several may be replaced or created in one run.
func (r *integrationRun) mostLike(counts billing.Counts) int {
	best, most := -1, 0
	for i, left := range r.left {
		if n := left.likeness(counts); n > most {
			best, most = i, n
		}
	}
	return best
}

// likeness says how much of what was left is in the counts. It is 0 when they have no account in common.
func (i inheritance) likeness(counts billing.Counts) (n int) {
	left, err := i.state.pushState()
	if err != nil {
		return 0
	}
	for account := range left.counts {
		if _, listed := counts[account]; listed {
			n++
		}
	}
	for pair := range left.pairs() {
		services, listed := counts[pair.Account]
		if listed {
			n++
		}
		if _, counted := services[pair.Service]; counted {
			n++
		}
	}
	return n
}

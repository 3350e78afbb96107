package licensesync

import (
	"fmt"
	"slices"
	"sync"

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
	pushedNew bool                      // one of those that pushed was created
	left      []inheritance             // of the syncs that were destroyed to be replaced
}

// plannedSync is what the plan of a sync has.
type plannedSync struct {
	inheritance
	counts      billing.Counts
	pushes      []billing.Push
	zeroMissing bool
}

// wipes returns the pairs that this sync sets to 0 although another one counts them, or does not know their counts, and does not push
// them in this run: the zero would be the last word.
func (p plannedSync) wipes(other plannedSync) []billing.Pair {
	var wiped []billing.Pair
	for _, push := range p.pushes {
		services, listed := other.counts[push.Account]
		_, counted := services[push.Service]
		isTheirs := counted || listed && services == nil
		isPushed := func(theirs billing.Push) bool { return theirs.Pair == push.Pair }
		if push.Reason == billing.Farewell && isTheirs && !slices.ContainsFunc(other.pushes, isPushed) {
			wiped = append(wiped, push.Pair)
		}
	}
	return wiped
}

// inheritance is what a sync that is replaced leaves to its successor.
type inheritance struct {
	state  *model // nil when there was none
	memory memory
	// announced is true when a plan compared the successor with it.
	announced bool
}

// asHeld returns the state with its whole ledger in held, as that of a sync that has no unit counts yet.
func (i inheritance) asHeld() (pushState, error) {
	left, err := i.state.pushState()
	return pushState{counts: billing.Counts{}, unmapped: left.unmapped, held: left.ledger()}, err
}

func (r *Runs) of(integration string) *integrationRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.integrations == nil {
		r.integrations = map[string]*integrationRun{}
	}
	if r.integrations[integration] == nil {
		r.integrations[integration] = &integrationRun{planned: map[string]plannedSync{}, counted: map[string]billing.Counts{}}
	}
	return r.integrations[integration]
}

// conflicts are what must not be planned of two syncs of one integration.
type conflicts struct {
	shared []billing.Pair // both count these pairs
	wiped  []billing.Pair // one sets these to 0, and they are the other's, see [plannedSync.wipes]
	sweeps bool           // one of the two has zero_missing
}

// plan records what a sync plans, and returns its conflicts with those that were planned before. instance is empty for a sync that does
// not exist yet.
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
		found.sweeps = found.sweeps || planned.zeroMissing || theirs.zeroMissing
		found.wiped = slices.Concat(found.wiped, planned.wipes(theirs), theirs.wipes(planned))
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
	return found
}

// begin records the counts of a sync that is about to push.
func (r *integrationRun) begin(instance string, counts billing.Counts, isNew bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pushedNew = r.pushedNew || isNew
	r.counted[instance] = counts
}

// hasCreated reports whether a sync was created in this process. One that is destroyed after that may be the one that it replaces.
func (r *integrationRun) hasCreated() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pushedNew
}

// ofOthers returns a function that reports whether a pair belongs to another sync that pushed in this run: it counts the pair, or the
// counts of the account are unknown to it.
func (r *integrationRun) ofOthers(instance string) func(billing.Pair) bool {
	others := r.countsOfOthers(instance)
	return func(pair billing.Pair) bool {
		return isCounted(others, pair) || slices.ContainsFunc(others, func(counts billing.Counts) bool {
			services, listed := counts[pair.Account]
			return listed && services == nil
		})
	}
}

// countedByOthers is [integrationRun.ofOthers] without the accounts whose counts are unknown: no other sync has taken these over.
func (r *integrationRun) countedByOthers(instance string) func(billing.Pair) bool {
	others := r.countsOfOthers(instance)
	return func(pair billing.Pair) bool { return isCounted(others, pair) }
}

func (r *integrationRun) countsOfOthers(instance string) (others []billing.Counts) {
	r.mu.Lock()
	defer r.mu.Unlock()
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

// inherit takes what [integrationRun.leave] kept for a sync with these counts, if there is something.
func (r *integrationRun) inherit(counts billing.Counts) (left inheritance, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.mostLike(counts)
	if i < 0 {
		return inheritance{}, false
	}
	left = r.left[i]
	r.left = slices.Delete(r.left, i, i+1)
	return left, true
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

package licensesync

import (
	"maps"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// pushState is the push history held in Terraform state. The ledger is computed from it, see [pushState.ledger].
type pushState struct {
	counts   billing.Counts
	unmapped billing.Ledger // pairs that Gradient did not accept, with the units that were to be set
	held     billing.Ledger // accepted units that counts does not show
}

// ledger returns what Gradient has accepted: counts without unmapped, plus held.
func (s pushState) ledger() billing.Ledger {
	ledger := billing.Ledger{}
	for account, services := range s.counts {
		for service, units := range services {
			pair := billing.Pair{Account: account, Service: service}
			if _, refused := s.unmapped[pair]; !refused {
				ledger[pair] = units
			}
		}
	}
	maps.Copy(ledger, s.held)
	return ledger
}

// dropPairs returns the state without the pairs for which drop is true.
func (s pushState) dropPairs(drop func(billing.Pair) bool) pushState {
	rest := pushState{counts: billing.Counts{}, unmapped: withoutPairs(s.unmapped, drop), held: withoutPairs(s.held, drop)}
	for account, services := range s.counts {
		if services == nil {
			rest.counts[account] = nil
			continue
		}
		rest.counts[account] = map[string]int64{}
		for service, units := range services {
			if !drop(billing.Pair{Account: account, Service: service}) {
				rest.counts[account][service] = units
			}
		}
	}
	return rest
}

func withoutPairs(ledger billing.Ledger, drop func(billing.Pair) bool) billing.Ledger {
	rest := billing.Ledger{}
	for pair, units := range ledger {
		if !drop(pair) {
			rest[pair] = units
		}
	}
	return rest
}

// moveToUnmapped moves the pairs for which isUnmapped is true out of the ledger, because Gradient no longer stores a count for them.
func (s pushState) moveToUnmapped(isUnmapped func(billing.Pair) bool) pushState {
	moved := pushState{counts: s.counts, unmapped: maps.Clone(s.unmapped), held: maps.Clone(s.held)}
	for pair, units := range s.ledger() {
		if !isUnmapped(pair) {
			continue
		}
		if _, listed := moved.unmapped[pair]; !listed {
			moved.unmapped[pair] = units
		}
		delete(moved.held, pair)
	}
	return moved
}

// stateAfterPush returns the state after a push in which every count was either accepted or refused.
func stateAfterPush(before pushState, task billing.Task, done outcome) pushState {
	after := pushState{counts: task.Desired, unmapped: billing.Ledger{}, held: task.Held()}
	for pair, units := range before.unmapped {
		if services, listed := task.Desired[pair.Account]; listed && services == nil {
			after.unmapped[pair] = units
		}
	}
	for _, push := range done.refused {
		if push.Reason == billing.Changed || push.Reason == billing.Again {
			after.unmapped[push.Pair] = push.Units
		}
	}
	return after
}

// stateWhileInactive returns the state when nothing was pushed because the integration is inactive: the ledger stays, and the
// numbers that could not be pushed are in unmapped.
func stateWhileInactive(before pushState, task billing.Task) pushState {
	after := stateAfterPush(before, task, outcome{})
	for _, push := range task.Pushes() {
		accepted, known := task.Ledger[push.Pair]
		if known && (push.Reason == billing.Changed || push.Reason == billing.Farewell) {
			after.held[push.Pair] = accepted
		}
		if push.Reason == billing.Changed || (push.Reason == billing.Farewell && !known) {
			after.unmapped[push.Pair] = push.Units
		}
	}
	return after
}

// stateAfterFailure returns the state after a push that failed: exactly what Gradient has accepted, so that the next plan shows the
// rest and nothing else (rule 8). A pair that Gradient may or may not have accepted is in unmapped.
func stateAfterFailure(before pushState, task billing.Task, done outcome) pushState {
	ledger, unmapped := ledgerAfterFailure(before, task, done)
	after := pushState{counts: billing.Counts{}, unmapped: unmapped, held: billing.Task{Ledger: ledger, Desired: task.Desired}.Held()}
	for account, services := range task.Desired {
		switch {
		case services == nil:
			after.counts[account] = nil
		case len(services) == 0:
			after.counts[account] = map[string]int64{}
		}
	}
	for pair, units := range ledger {
		if _, held := after.held[pair]; held {
			continue
		}
		if _, listed := unmapped[pair]; listed {
			after.held[pair] = units
			continue
		}
		if after.counts[pair.Account] == nil {
			after.counts[pair.Account] = map[string]int64{}
		}
		after.counts[pair.Account][pair.Service] = units
	}
	return after
}

func ledgerAfterFailure(before pushState, task billing.Task, done outcome) (ledger, unmapped billing.Ledger) {
	ledger, unmapped = maps.Clone(task.Ledger), maps.Clone(before.unmapped)
	for _, push := range done.accepted {
		ledger[push.Pair] = push.Units
		delete(unmapped, push.Pair)
		if push.Reason == billing.Farewell || push.Reason == billing.Sweep {
			delete(ledger, push.Pair)
		}
	}
	for _, push := range done.refused {
		delete(ledger, push.Pair)
		delete(unmapped, push.Pair)
		if push.Reason == billing.Changed || push.Reason == billing.Again {
			unmapped[push.Pair] = push.Units
		}
	}
	for _, push := range done.unclear {
		if push.Reason != billing.Sweep {
			delete(ledger, push.Pair)
			unmapped[push.Pair] = push.Units
		}
	}
	return ledger, unmapped
}

func sortedPairs[V any](m map[billing.Pair]V) []billing.Pair {
	return slices.SortedFunc(maps.Keys(m), billing.Pair.Compare)
}

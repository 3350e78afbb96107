// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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

// pairs returns every pair that Gradient accepted or refused.
func (s pushState) pairs() billing.Ledger {
	pairs := s.ledger()
	maps.Copy(pairs, s.unmapped)
	return pairs
}

// empty returns the state with an empty ledger. The accounts that are listed stay, with their unknown counts.
func (s pushState) empty() pushState {
	rest := pushState{counts: billing.Counts{}, unmapped: billing.Ledger{}, held: billing.Ledger{}}
	for account, services := range s.counts {
		rest.counts[account] = map[string]int64{}
		if services == nil {
			rest.counts[account] = nil
		}
	}
	return rest
}

// owesZero reports whether a pair is in unmapped only because Gradient refused to set it to 0 (rule 3).
func (s pushState) owesZero(pair billing.Pair) bool {
	units, refused := s.unmapped[pair]
	_, counted := s.counts[pair.Account][pair.Service]
	return refused && units == 0 && !counted
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

// stateAfterPush returns the state after a push in which every count was accepted, refused or put off.
func stateAfterPush(before pushState, task billing.Task, done outcome) pushState {
	after := pushState{counts: task.Desired, unmapped: billing.Ledger{}, held: task.Held()}
	for pair, units := range before.unmapped {
		if task.Desired.IsUnknown(pair.Account) {
			after.unmapped[pair] = units
		}
	}
	for _, push := range done.refused {
		after.unmapped[push.Pair] = push.Units
	}
	for _, push := range done.unsent {
		after.putOff(before, task, push)
	}
	for _, push := range done.waiting {
		after.putOff(before, task, push)
	}
	return after
}

// putOff records a push that was not sent. A number that Gradient has stays in the ledger, so that its farewell is planned again. A zero
// of zero_missing is recorded nowhere, because the full push that it belongs to is made again.
func (s pushState) putOff(before pushState, task billing.Task, push billing.Push) {
	accepted, known := task.Ledger[push.Pair]
	refused, wasRefused := before.unmapped[push.Pair]
	switch {
	case !push.Reason.Zeroes():
		s.unmapped[push.Pair] = push.Units
	case known:
		s.held[push.Pair] = accepted
	case wasRefused:
		s.unmapped[push.Pair] = refused
	}
}

// stateWhileInactive returns the state when nothing was pushed because the integration is inactive: the ledger stays, and the
// numbers that could not be pushed are in unmapped.
func stateWhileInactive(before pushState, task billing.Task) pushState {
	after := stateAfterPush(before, task, outcome{})
	for _, push := range task.Pushes() {
		accepted, known := task.Ledger[push.Pair]
		switch push.Reason {
		case billing.Changed:
			after.unmapped[push.Pair] = push.Units
			if known {
				after.held[push.Pair] = accepted
			}
		case billing.Farewell:
			after.putOff(before, task, push)
		case billing.Again, billing.Sweep: // the pending full push has them
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
		if push.Reason.Zeroes() {
			delete(ledger, push.Pair)
		}
	}
	for _, push := range done.refused {
		delete(ledger, push.Pair)
		unmapped[push.Pair] = push.Units
	}
	for _, push := range done.unsent {
		if !push.Reason.Zeroes() {
			delete(ledger, push.Pair)
			unmapped[push.Pair] = push.Units
		}
	}
	for _, push := range done.unclear {
		units, known := ledger[push.Pair]
		delete(ledger, push.Pair)
		switch {
		case !push.Reason.Zeroes():
			unmapped[push.Pair] = push.Units
		case known:
			unmapped[push.Pair] = units // not 0, because a zero in unmapped is one that Gradient refused
		}
	}
	return ledger, unmapped
}

func sortedPairs[V any](m map[billing.Pair]V) []billing.Pair {
	return slices.SortedFunc(maps.Keys(m), billing.Pair.Compare)
}

func setOf[T comparable](elements []T) map[T]bool {
	set := make(map[T]bool, len(elements))
	for _, element := range elements {
		set[element] = true
	}
	return set
}

package licensesync

import (
	"maps"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// book is what the state remembers of Gradient. The ledger, what Gradient has accepted, is not kept apart: it is
// counts less unmapped plus held.
type book struct {
	counts   billing.Counts
	unmapped billing.Ledger // pairs that Gradient did not accept, with the units that were to be set
	held     billing.Ledger // accepted units that counts does not show
}

func (b book) ledger() billing.Ledger {
	ledger := billing.Ledger{}
	for account, services := range b.counts {
		for service, units := range services {
			pair := billing.Pair{Account: account, Service: service}
			if _, refused := b.unmapped[pair]; !refused {
				ledger[pair] = units
			}
		}
	}
	maps.Copy(ledger, b.held)
	return ledger
}

// without drops everything about some pairs.
func (b book) without(drop func(billing.Pair) bool) book {
	kept := book{counts: make(billing.Counts, len(b.counts)), unmapped: billing.Ledger{}, held: billing.Ledger{}}
	for account, services := range b.counts {
		if services == nil {
			kept.counts[account] = nil
			continue
		}
		kept.counts[account] = map[string]int64{}
		for service, units := range services {
			if !drop(billing.Pair{Account: account, Service: service}) {
				kept.counts[account][service] = units
			}
		}
	}
	for pair, units := range b.unmapped {
		if !drop(pair) {
			kept.unmapped[pair] = units
		}
	}
	for pair, units := range b.held {
		if !drop(pair) {
			kept.held[pair] = units
		}
	}
	return kept
}

// unmap moves pairs out of the ledger: Gradient keeps no number for them any more.
func (b book) unmap(unmapped func(billing.Pair) bool) book {
	moved := b.without(func(billing.Pair) bool { return false })
	for pair, units := range b.ledger() {
		if !unmapped(pair) {
			continue
		}
		if _, listed := moved.unmapped[pair]; !listed {
			moved.unmapped[pair] = units
		}
		delete(moved.held, pair)
	}
	return moved
}

// settled is the book after a push that came to its end: what was planned, less what Gradient refused.
func settled(before book, task billing.Task, done outcome) book {
	after := book{counts: task.Desired, unmapped: billing.Ledger{}, held: task.Held()}
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

// frozen is the book after a push that an inactive integration forbade: the ledger stays, the rest waits in unmapped.
func frozen(before book, task billing.Task) book {
	after := settled(before, task, outcome{})
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

// stopped is the book after a push that failed: exactly what Gradient has accepted, and nothing else, so that the next
// plan shows the rest. A pair whose outcome is not clear is in neither number.
func stopped(before book, task billing.Task, done outcome) book {
	ledger := maps.Clone(task.Ledger)
	unmapped := maps.Clone(before.unmapped)
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
	after := book{counts: billing.Counts{}, unmapped: unmapped, held: billing.Task{Ledger: ledger, Desired: task.Desired}.Held()}
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

func sortedPairs[V any](m map[billing.Pair]V) []billing.Pair {
	return slices.SortedFunc(maps.Keys(m), billing.Pair.Compare)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"slices"
)

// Pair is an account and a service. A unit count belongs to a pair.
type Pair struct{ Account, Service string }

// Compare orders pairs by account, then service.
func (p Pair) Compare(other Pair) int {
	return cmp.Or(cmp.Compare(p.Account, other.Account), cmp.Compare(p.Service, other.Service))
}

// Ledger has the units that Gradient has accepted. They cannot be read from Gradient, so the caller has to keep them.
type Ledger map[Pair]int64

// Reason says why a number is pushed.
type Reason int

// The reasons for a push.
const (
	// Changed: the units differ from those that Gradient accepted last.
	Changed Reason = iota
	// Farewell: the pair is no longer counted. It is set to 0, because Gradient would keep billing its last number.
	Farewell
	// Again: Gradient has accepted the units already, but the task pushes everything.
	Again
	// Sweep: the pair is neither counted nor in the ledger, and the task sets such pairs to 0.
	Sweep
)

// Zeroes reports whether a push ends the billing of a pair that is not counted.
func (r Reason) Zeroes() bool { return r == Farewell || r == Sweep }

// Push is one number to set in Gradient.
type Push struct {
	Pair
	Units  int64
	Reason Reason
}

// Task describes a push: the units that Gradient has, and those that it should have.
type Task struct {
	Ledger  Ledger
	Desired Counts
	// Refused are pairs whose last push Gradient did not confirm, with the units of that push. They get a farewell too when they
	// are no longer desired, because Gradient may still hold an older number of the pair.
	Refused Ledger
	// Untaken are the pairs of Refused of which Gradient never accepted a number. They get no farewell.
	Untaken map[Pair]bool
	// Full pushes everything, also what is accepted already.
	Full bool
	// Sweep lists all pairs of the integration. Those that are neither desired nor in the ledger are set to 0.
	Sweep []Pair
	// Occasion is what asked for the sweep, in any form. An approval of the sweep is valid for this occasion only.
	Occasion string
	// Before has the unit counts of the last push, accepted or not. A count that was there beside another one does not replace it, see
	// [Task.Waiting].
	Before Counts
	// Awaited are the counts for which the farewells wait that an earlier push left. When it is empty, they wait for every new pair.
	Awaited map[Pair]bool
}

// Pushes returns what has to be pushed, sorted by account and service. Accounts with unknown counts get nothing.
func (t Task) Pushes() []Push {
	var pushes []Push
	for account, services := range t.Desired {
		for service, units := range services {
			pair := Pair{account, service}
			if accepted, known := t.Ledger[pair]; !known || accepted != units {
				pushes = append(pushes, Push{pair, units, Changed})
			} else if t.Full {
				pushes = append(pushes, Push{pair, units, Again})
			}
		}
	}
	farewells := map[Pair]bool{}
	for pair := range t.Ledger {
		farewells[pair] = true
	}
	for pair := range t.Refused {
		if !t.Untaken[pair] {
			farewells[pair] = true
		}
	}
	for pair := range farewells {
		if t.gone(pair) {
			pushes = append(pushes, Push{pair, 0, Farewell})
		}
	}
	for _, pair := range t.Sweep {
		if t.gone(pair) && !farewells[pair] {
			pushes = append(pushes, Push{pair, 0, Sweep})
		}
	}
	slices.SortFunc(pushes, func(a, b Push) int { return a.Compare(b.Pair) })
	return pushes
}

// Waiting returns the farewells that have to wait, because the count that may replace them was not accepted: a new pair of the same
// account, or a new pair of the same service with the units that Gradient has for the farewell. Otherwise a renamed account or
// service would bill nothing until a person maps the new one. A pair that the last push had beside the farewell, with as many units, does
// not replace it. awaited are the pairs that the farewells wait for.
func (t Task) Waiting(pushes, notAccepted []Push) (waiting, awaited map[Pair]bool) {
	successors := map[likeness][]Pair{} // those that may replace every farewell that is like them
	old := map[likeness][]Pair{}        // those that replace only a farewell that waited before
	for _, push := range notAccepted {
		if _, known := t.Ledger[push.Pair]; known || push.Units == 0 {
			continue
		}
		list := successors
		if t.isOld(push) {
			list = old
		}
		for _, like := range likenesses(push.Pair, push.Units) {
			list[like] = append(list[like], push.Pair)
		}
	}
	waiting, awaited = map[Pair]bool{}, map[Pair]bool{}
	wait := func(farewell Pair, list map[likeness][]Pair) {
		for _, like := range likenesses(farewell, t.Ledger[farewell]) {
			pairs := list[like]
			if len(pairs) == 0 {
				continue
			}
			waiting[farewell] = true
			for _, pair := range pairs {
				awaited[pair] = true
			}
			list[like] = pairs[:1] // the others are noted
		}
	}
	for _, push := range pushes {
		if push.Reason != Farewell || t.Ledger[push.Pair] == 0 {
			continue
		}
		wait(push.Pair, successors)
		if _, wasCounted := t.Before[push.Account][push.Service]; !wasCounted && len(t.Awaited) == 0 {
			wait(push.Pair, old)
		}
	}
	return waiting, awaited
}

// isOld reports whether the last push had this pair with as many units, and no farewell waits for it.
func (t Task) isOld(push Push) bool {
	units, wasThere := t.Before[push.Account][push.Service]
	return wasThere && units >= push.Units && !t.Awaited[push.Pair]
}

// likeness is what a farewell and the pair that replaces it have in common: the account, or the service and the units.
type likeness struct {
	account, service string
	units            int64
}

func likenesses(pair Pair, units int64) [2]likeness {
	return [2]likeness{{account: pair.Account}, {service: pair.Service, units: units}}
}

// gone reports whether a pair is no longer counted. The pairs of an account with unknown counts are not.
func (t Task) gone(pair Pair) bool {
	_, desired := t.Desired[pair.Account][pair.Service]
	return !desired && !t.Desired.IsUnknown(pair.Account)
}

// Held returns the part of the ledger that belongs to accounts with unknown counts. It is kept, and not pushed.
func (t Task) Held() Ledger {
	held := Ledger{}
	for pair, units := range t.Ledger {
		if t.Desired.IsUnknown(pair.Account) {
			held[pair] = units
		}
	}
	return held
}

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
	// Full pushes everything, also what is accepted already.
	Full bool
	// Sweep lists all pairs of the integration. Those that are neither desired nor in the ledger are set to 0.
	Sweep []Pair
	// Occasion is what asked for the sweep, in any form. An approval of the sweep is valid for this occasion only.
	Occasion string
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
		farewells[pair] = true
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

// Waiting returns the pairs of the farewells that have to wait, because the count that may replace them was not accepted: a new pair of
// the same account, or a new pair of the same service with the units that Gradient has for the farewell. Otherwise a renamed account or
// service would bill nothing until a person maps the new one.
func (t Task) Waiting(pushes, notAccepted []Push) map[Pair]bool {
	accounts, numbers := map[string]bool{}, map[serviceUnits]bool{}
	for _, push := range notAccepted {
		if _, known := t.Ledger[push.Pair]; !known && push.Units > 0 {
			accounts[push.Account] = true
			numbers[serviceUnits{push.Service, push.Units}] = true
		}
	}
	waiting := map[Pair]bool{}
	for _, push := range pushes {
		units := t.Ledger[push.Pair]
		if push.Reason == Farewell && units > 0 && (accounts[push.Account] || numbers[serviceUnits{push.Service, units}]) {
			waiting[push.Pair] = true
		}
	}
	return waiting
}

type serviceUnits struct {
	service string
	units   int64
}

// gone reports whether a pair is no longer counted. The pairs of an account with unknown counts are not.
func (t Task) gone(pair Pair) bool {
	_, desired := t.Desired[pair.Account][pair.Service]
	return !desired && !t.unknown(pair.Account)
}

// unknown reports whether the counts of an account are unknown. Those of an account that is not listed are known: there are none.
func (t Task) unknown(account string) bool {
	services, listed := t.Desired[account]
	return listed && services == nil
}

// Held returns the part of the ledger that belongs to accounts with unknown counts. It is kept, and not pushed.
func (t Task) Held() Ledger {
	held := Ledger{}
	for pair, units := range t.Ledger {
		if t.unknown(pair.Account) {
			held[pair] = units
		}
	}
	return held
}

package billing

import (
	"cmp"
	"slices"
)

// Pair is one account and one service: what a unit count belongs to.
type Pair struct{ Account, Service string }

// Compare orders pairs by account, then service.
func (p Pair) Compare(other Pair) int {
	return cmp.Or(cmp.Compare(p.Account, other.Account), cmp.Compare(p.Service, other.Service))
}

// Ledger is what Gradient has accepted, in units. It cannot be read back, so it has to be remembered.
type Ledger map[Pair]int64

// Reason says why a number is pushed.
type Reason int

// The reasons for a push.
const (
	// Changed: the number differs from what was accepted last.
	Changed Reason = iota
	// Farewell: the pair is not counted any more; its last number would be billed for ever.
	Farewell
	// Again: the number is accepted already, but everything is to be pushed.
	Again
	// Sweep: nothing is known of the pair, and everything unknown is to become 0.
	Sweep
)

// Push is a number to be set.
type Push struct {
	Pair
	Units  int64
	Reason Reason
}

// Task says what a push has to reach, and from where.
type Task struct {
	Ledger  Ledger
	Desired Counts
	// Refused are pairs whose last push Gradient did not confirm, with the units it had. When they are not desired any
	// more they get a farewell too, since an older number of theirs may have outlived its mapping.
	Refused Ledger
	// Full pushes everything, accepted or not.
	Full bool
	// Sweep are all pairs of the integration: those that are neither desired nor in the ledger are set to 0.
	Sweep []Pair
}

// Pushes returns what has to be pushed, ordered by account and service. Accounts with unknown counts get nothing.
func (t Task) Pushes() []Push {
	var pushes []Push
	for account, services := range t.Desired {
		for service, units := range services {
			pair := Pair{account, service}
			accepted, known := t.Ledger[pair]
			switch {
			case !known || accepted != units:
				pushes = append(pushes, Push{pair, units, Changed})
			case t.Full:
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

// Known returns what is desired and accepted already, as pushes that change nothing.
func (t Task) Known() []Push {
	t.Full, t.Sweep = true, nil
	return slices.DeleteFunc(t.Pushes(), func(push Push) bool { return push.Reason != Again })
}

// gone reports whether a pair is known not to be counted: neither desired nor of an account with unknown counts.
func (t Task) gone(pair Pair) bool {
	services, listed := t.Desired[pair.Account]
	if listed && services == nil {
		return false
	}
	_, desired := services[pair.Service]
	return !desired
}

// Held returns the part of the ledger that belongs to accounts with unknown counts: it is kept, and not pushed.
func (t Task) Held() Ledger {
	held := Ledger{}
	for pair, units := range t.Ledger {
		if services, listed := t.Desired[pair.Account]; listed && services == nil {
			held[pair] = units
		}
	}
	return held
}

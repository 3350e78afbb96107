// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"fmt"
	"strings"
)

// Basis names the number of seats that a license mapping bills. The zero value means [Purchased].
type Basis string

// The bases. [Bases] says what each counts.
const (
	Purchased Basis = "purchased"
	Active    Basis = "active"
	Enabled   Basis = "enabled"
	Entitled  Basis = "entitled"
	Assigned  Basis = "assigned"
)

// Seats are the seats of one SKU in one tenant, on every basis. Each is [Unknown] when Microsoft did not give what it is made of, and
// otherwise not below 0.
type Seats struct{ Purchased, Active, Enabled, Entitled, Assigned int64 }

// On returns the seats on a basis, those on the default basis when it is empty. They may be [Unknown].
func (s Seats) On(basis Basis) int64 {
	for _, rule := range bases {
		if rule.Name == basis {
			return *rule.Of(&s)
		}
	}
	return s.Purchased
}

// BasisRule is one basis: its name, what it counts, and how it is computed.
type BasisRule struct {
	Name Basis
	// Question is what the basis answers, as a sentence with its question mark. The answer is the description.
	Question string
	// Description completes the sentence "The basis counts …". It has no full stop.
	Description string
	// Of returns the field of the [Seats], so that decoders can read and write all of them in a loop.
	Of func(*Seats) *int64

	compute func(holding) int64
}

// holding is what Microsoft reports about one SKU of a tenant, without the seats of other owners. A total may be [Unknown].
type holding struct {
	enabled  int64 // active seats, trials included
	warning  int64 // seats in their grace period, trials included
	assigned int64
	// The seats of trials. They can exceed the totals above, because Microsoft updates its two lists at different times.
	trialActive, trialLapsed int64
}

// active are the paid active seats, grace the paid seats in their grace period.
func (h holding) active() int64 { return subtract(h.enabled, h.trialActive) }
func (h holding) grace() int64  { return subtract(h.warning, h.trialLapsed) }

// bases has one row for each basis, the default first. To add a basis, add its constant, its field in Seats and its row. The
// schemas, validators, decoders and descriptions of the other packages follow.
var bases = []BasisRule{
	{
		Name:        Purchased,
		Question:    "What does the customer hold, also while a renewal is late?",
		Description: "paid active seats; where there are none, the paid seats in their grace period",
		Of:          func(s *Seats) *int64 { return &s.Purchased },
		compute: func(h holding) int64 {
			// A subscription that was renewed under a new id leaves the old seats in grace beside the new ones, and both would be billed.
			if active := h.active(); active != 0 {
				return active
			}
			return h.grace()
		},
	},
	{
		Name:        Active,
		Question:    "What does Microsoft invoice?",
		Description: "paid active seats and nothing in its grace period, because Microsoft invoices no seat after the end of its term",
		Of:          func(s *Seats) *int64 { return &s.Active },
		compute:     holding.active,
	},
	{
		Name:        Enabled,
		Question:    "What does Microsoft's own license page show?",
		Description: "active seats as Microsoft reports them, trials included",
		Of:          func(s *Seats) *int64 { return &s.Enabled },
		compute:     func(h holding) int64 { return h.enabled },
	},
	{
		Name:        Entitled,
		Question:    "How many seats can be used?",
		Description: "active seats and seats in their grace period, without trials",
		Of:          func(s *Seats) *int64 { return &s.Entitled },
		compute: func(h holding) int64 {
			return subtract(add(h.enabled, h.warning), h.trialActive+h.trialLapsed)
		},
	},
	{
		Name:        Assigned,
		Question:    "How many users have a seat?",
		Description: "seats that are assigned to users, of trials and suspended subscriptions too; at most those you sold, if there are other owners",
		Of:          func(s *Seats) *int64 { return &s.Assigned },
		compute:     func(h holding) int64 { return h.assigned },
	},
}

// Bases returns every basis, the default first. The slice must not be changed.
func Bases() []BasisRule { return bases }

// BasisNames returns the names of all bases, the default first, for validators.
func BasisNames() []string {
	names := make([]string, len(bases))
	for i, rule := range bases {
		names[i] = string(rule.Name)
	}
	return names
}

// DescribeBases returns a Markdown list of what each basis counts, and what holds for all of them.
func DescribeBases() string {
	var lines strings.Builder
	for _, rule := range bases {
		fmt.Fprintf(&lines, "  - `%s`: %s Counts %s.\n", rule.Name, rule.Question, rule.Description)
	}
	return lines.String() + "  - No basis counts suspended seats. Under the new commerce experience Microsoft goes on invoicing them until the term ends, also " +
		"when you suspended them because the customer does not pay. They have the flag `suspended_units`.\n" +
		"  - Taking a seat from a user lowers `assigned`, not what Microsoft invoices before the term ends."
}

func (h holding) seats() Seats {
	var seats Seats
	for _, rule := range bases {
		*rule.Of(&seats) = rule.compute(h)
	}
	return seats
}

func knownBasis(basis Basis) bool {
	for _, rule := range bases {
		if rule.Name == basis {
			return true
		}
	}
	return false
}

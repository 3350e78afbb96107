// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// countSKU counts one SKU. gap reports that its trials and owners are not proved, and byOwner that seats count by their owner.
func countSKU(key string, sku SKU, purchases []Subscription, special specialSeats, gap, byOwner bool) Count {
	held := holding{
		enabled:     subtract(sku.Enabled, special.otherActive),
		warning:     subtract(sku.Warning, special.otherLapsed),
		assigned:    sku.Consumed,
		trialActive: special.trialActive,
		trialLapsed: special.trialLapsed,
	}
	others := special.otherActive+special.otherLapsed > 0
	if others || special.otherSuspended > 0 {
		// Microsoft does not say whose seats the users have. All that we sold may be among them, suspended seats too.
		sold := add(add(held.enabled, held.warning), max(0, sku.Suspended-special.otherSuspended))
		held.assigned = min(sku.Consumed, sold) // Unknown is the smallest
		others = others || held.assigned != sku.Consumed
	}
	if gap && byOwner {
		held.enabled, held.warning, held.assigned = Unknown, Unknown, Unknown
	}
	product, known := LookupSKU(sku.ID)
	name := product.Name
	if !known {
		name = sku.PartNumber
	}
	count := Count{
		Key:           key,
		SKUID:         sku.ID,
		PartNumber:    sku.PartNumber,
		ProductName:   name,
		Seats:         held.seats(),
		Warning:       sku.Warning,
		Suspended:     sku.Suspended,
		LockedOut:     sku.LockedOut,
		Consumed:      sku.Consumed,
		Trial:         held.trialActive + held.trialLapsed,
		Status:        sku.Status,
		AppliesTo:     sku.AppliesTo,
		Subscriptions: purchases,
	}
	total := add(sku.Enabled, sku.Warning)
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{flagTrial, count.Trial > 0},
		{flagTrialUnknown, gap},
		{flagInGrace, held.grace() > 0},
		{flagSuspendedUnits, sku.Suspended > 0},
		{flagOverassigned, total != Unknown && sku.Consumed > total},
		// A pool that was hardly paid for. It is flagged and not left out, because a large school may own 10,000 seats.
		{flagSuspiciousPool, sku.Enabled >= 10000 && sku.Consumed != Unknown && sku.Consumed*100 < sku.Enabled},
		{flagUnknownSKU, !known},
		{flagCapacityUnit, count.isCapacity()},
		{flagOtherOwner, others},
	} {
		if flag.set {
			count.Flags = append(count.Flags, flag.name)
		}
	}
	slices.Sort(count.Flags)
	return count
}

// specialSeats are the seats of a SKU that its totals include and that are not billed: trials, and seats of other owners.
type specialSeats struct {
	trialActive, trialLapsed int64
	trialSuspended           int64 // in none of the totals, if Microsoft's lists agree
	otherActive, otherLapsed int64
	otherSuspended           int64 // users may still have these
}

func sumSpecialSeats(purchases []Subscription, partners map[string]bool) specialSeats {
	var sums specialSeats
	for _, purchase := range purchases {
		other := len(partners) > 0 && !partners[strings.ToLower(purchase.OwnerTenantID)]
		seats := max(0, purchase.Seats)
		switch {
		case other && purchase.active():
			sums.otherActive += seats
		case other && purchase.lapsed():
			sums.otherLapsed += seats
		case other && purchase.is("Suspended"):
			sums.otherSuspended += seats
		case purchase.Trial && purchase.active():
			sums.trialActive += seats
		case purchase.Trial && purchase.lapsed():
			sums.trialLapsed += seats
		case purchase.Trial && purchase.is("Suspended"):
			sums.trialSuspended += seats
		}
	}
	return sums
}

// findGap returns why the trials and owners of a SKU are not proved, or an empty text. They are proved when the list has every
// purchase that the SKU names, and says of each what it is. A SKU without seats to bill needs no proof, but with byOwner, which
// reports that seats count by their owner, its assigned seats do.
func findGap(sku SKU, purchases []Subscription, listKnown, byOwner bool) string {
	if sku.Enabled <= 0 && sku.Warning <= 0 && (listKnown || !byOwner || sku.Consumed <= 0) {
		return ""
	}
	if !listKnown {
		return "the list of subscriptions could not be read"
	}
	if len(sku.SubscriptionIDs) == 0 {
		return "it has seats, but names no subscription"
	}
	listed := map[string]bool{}
	for _, purchase := range purchases {
		listed[strings.ToLower(purchase.ID)] = true
	}
	ids := slices.Clone(sku.SubscriptionIDs)
	slices.Sort(ids)
	for _, id := range ids {
		if !listed[strings.ToLower(id)] {
			return fmt.Sprintf("the list of subscriptions lacks its subscription %q", id)
		}
	}
	for _, purchase := range purchases {
		if gap := purchase.gap(byOwner); gap != "" {
			return gap
		}
	}
	return ""
}

// findContradiction returns how the numbers of a SKU contradict its purchases, or an empty text (microsoft.md §1.4). Microsoft updates its
// two lists at different times, so a trial can be in one of them and not yet, or still, in the other. A number from which seats of trials
// and other owners are taken must contain them. It does not if it is smaller, or no larger than the other purchases.
//
// Sums that merely differ prove nothing: seats of paid purchases can differ between the lists for long, and a tenant must not be unknown for
// that. Only seats that are left out matter, and a suspended trial only while its seats are missing where they belong, and more seats are
// in use than the list has.
func findContradiction(sku SKU, purchases []Subscription, special specialSeats) string {
	if sku.Enabled <= 0 && sku.Warning <= 0 {
		return ""
	}
	active, allActive := sumSeats(purchases, Subscription.active)
	lapsed, allLapsed := sumSeats(purchases, Subscription.lapsed)
	for _, total := range []struct {
		state                string
		seats, listed, leave int64
	}{
		{"active", sku.Enabled, active, special.trialActive + special.otherActive},
		{"in grace", sku.Warning, lapsed, special.trialLapsed + special.otherLapsed},
	} {
		if rest := total.listed - total.leave; total.leave > 0 && total.seats != Unknown && (total.seats < total.leave || total.seats <= rest) {
			return fmt.Sprintf("Microsoft's two lists disagree: it has %d seats that are %s, and the list of subscriptions has %d of trials or other owners and %d others",
				total.seats, total.state, total.leave, rest)
		}
	}
	more := allActive && sku.Enabled > active || allLapsed && sku.Warning > lapsed
	if more && sku.Suspended != Unknown && special.trialSuspended > sku.Suspended {
		return fmt.Sprintf("Microsoft's two lists disagree: the list of subscriptions has %d suspended seats of trials, but it has only %d, and more seats in use than the list",
			special.trialSuspended, sku.Suspended)
	}
	return ""
}

// sumSeats adds up the seats of the purchases that are in a state. complete is false when the seats of one are unknown.
func sumSeats(purchases []Subscription, is func(Subscription) bool) (sum int64, complete bool) {
	complete = true
	for _, purchase := range purchases {
		if is(purchase) {
			sum += max(0, purchase.Seats)
			complete = complete && purchase.Seats != Unknown
		}
	}
	return sum, complete
}

// gap returns what Microsoft does not say about a purchase, or an empty text.
func (s Subscription) gap(byOwner bool) string {
	if s.Status == "" {
		return fmt.Sprintf("subscription %q has no status", s.ID)
	}
	if !s.inUse() && !slices.ContainsFunc([]string{"Suspended", "Deleted", "LockedOut"}, s.is) {
		return fmt.Sprintf("subscription %q has the unknown status %q", s.ID, s.Status)
	}
	if !s.inUse() {
		return "" // its seats are in none of Microsoft's two totals
	}
	if s.TrialUnknown {
		return fmt.Sprintf("subscription %q does not say whether it is a trial", s.ID)
	}
	if s.Seats < 0 && (s.Trial || byOwner) {
		return fmt.Sprintf("subscription %q has no number of seats", s.ID)
	}
	return ""
}

func (s Subscription) is(status string) bool { return strings.EqualFold(s.Status, status) }

// active purchases are in [SKU.Enabled], lapsed ones in [SKU.Warning].
func (s Subscription) active() bool { return s.is("Enabled") }
func (s Subscription) lapsed() bool { return s.is("Warning") }
func (s Subscription) inUse() bool  { return s.active() || s.lapsed() }

func sortedByID(subscriptions []Subscription) []Subscription {
	sorted := slices.Clone(subscriptions)
	slices.SortFunc(sorted, func(a, b Subscription) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Seats, b.Seats))
	})
	return sorted
}

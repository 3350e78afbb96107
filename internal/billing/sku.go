package billing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// countSKU counts one SKU. gap reports that its trials and owners are not proved.
func countSKU(key string, sku SKU, purchases []Subscription, partners map[string]bool, gap bool) Count {
	special := sumSpecialSeats(purchases, partners)
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
	if gap && len(partners) > 0 {
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
		{flagCapacityUnit, strings.EqualFold(sku.AppliesTo, "Company")},
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

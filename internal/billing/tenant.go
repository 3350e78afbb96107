package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// SKU is what a tenant holds of one product, as Microsoft gives it.
type SKU struct {
	ID         string // skuId, lower case
	PartNumber string // skuPartNumber
	AppliesTo  string // User or Company
	Status     string // capabilityStatus
	Enabled    int64  // seats of active subscriptions
	Warning    int64  // seats in their grace period
	Suspended  int64
	LockedOut  int64
	Consumed   int64 // seats assigned to somebody
}

// Subscription is one purchase of a SKU in a tenant.
type Subscription struct {
	ID            string
	SKUID         string // lower case
	Status        string
	Trial         bool
	Seats         int64     // totalLicenses
	OwnerTenantID string    // the partner that created it, lower case; empty when not given
	NextLifecycle time.Time // zero when not given
}

// Tenant is what one tenant holds. SubscriptionsKnown is false when they could not be read: trials and other owners
// cannot be told apart then.
type Tenant struct {
	SKUs               []SKU
	Subscriptions      []Subscription
	SubscriptionsKnown bool
}

// CountOptions say what counts.
type CountOptions struct {
	// PartnerTenantIDs, when not empty, are the owners whose subscriptions count, lower case.
	PartnerTenantIDs []string
	// ExcludeSKUs are left out: part numbers or GUIDs in any case.
	ExcludeSKUs []string
	// IncludeFree keeps the SKUs of the free list.
	IncludeFree bool
}

// Flags that a count can carry.
const (
	FlagTrial          = "trial"
	FlagTrialUnknown   = "trial_unknown"
	FlagInGrace        = "in_grace"
	FlagSuspendedUnits = "suspended_units"
	FlagOverassigned   = "overassigned"
	FlagSuspiciousPool = "suspicious_pool"
	FlagUnknownSKU     = "unknown_sku"
	FlagCapacityUnit   = "capacity_unit"
	FlagOtherOwner     = "other_owner"
)

// Count is what a tenant holds of one SKU, in seats. None is below 0.
type Count struct {
	// Key is the part number, or PART/<skuId> when two SKUs of the tenant share a part number.
	Key         string
	SKUID       string
	PartNumber  string
	ProductName string
	Purchased   int64
	Enabled     int64
	Entitled    int64
	Assigned    int64
	Flags       []string // sorted
	// The rest is for the details.
	Available     int64 // Enabled - Assigned, may be negative
	Warning       int64 // as Microsoft gives it, like the next two
	Suspended     int64
	LockedOut     int64
	Trial         int64 // trial seats, active and lapsed, without those of other owners
	Status        string
	AppliesTo     string
	Subscriptions []Subscription // sorted by ID
}

// CountTenant says how many seats of each SKU a tenant holds, sorted by key. The order of what it is given does not
// matter, and rows of the same SKU are added up.
func CountTenant(tenant Tenant, options CountOptions) []Count {
	skus := mergeRows(tenant.SKUs)
	subscriptions := map[string][]Subscription{}
	if tenant.SubscriptionsKnown {
		for _, subscription := range tenant.Subscriptions {
			id := strings.ToLower(subscription.SKUID)
			subscriptions[id] = append(subscriptions[id], subscription)
		}
	}
	holders := map[string]int{} // SKUs per part number
	for _, sku := range skus {
		holders[strings.ToLower(sku.PartNumber)]++
	}
	excluded := map[string]bool{}
	for _, key := range options.ExcludeSKUs {
		excluded[lookupKey(key)] = true
	}
	partners := map[string]bool{}
	for _, id := range options.PartnerTenantIDs {
		partners[strings.ToLower(id)] = true
	}

	var counts []Count
	for _, sku := range skus {
		part := strings.ToLower(sku.PartNumber)
		if excluded[sku.ID] || excluded[part] || !options.IncludeFree && IsFree(sku.ID) {
			continue
		}
		count := countSKU(sku, subscriptions[sku.ID], partners)
		count.Key = sku.PartNumber
		if holders[part] > 1 {
			count.Key += "/" + sku.ID
		}
		if !tenant.SubscriptionsKnown {
			count.Flags = append(count.Flags, FlagTrialUnknown)
		}
		slices.Sort(count.Flags)
		counts = append(counts, count)
	}
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Key, b.Key) })
	return counts
}

// mergeRows brings ids and part numbers into one form, sorts the rows, and adds up those of the same SKU: Graph keeps
// one per account and SKU, and a tenant can have a system account besides its own.
func mergeRows(rows []SKU) []SKU {
	rows = slices.Clone(rows)
	for i := range rows {
		row := &rows[i]
		row.ID = strings.ToLower(row.ID)
		row.PartNumber = cmp.Or(clean(row.PartNumber), row.ID)
		for _, units := range []*int64{&row.Enabled, &row.Warning, &row.Suspended, &row.LockedOut, &row.Consumed} {
			*units = max(0, *units)
		}
	}
	slices.SortFunc(rows, func(a, b SKU) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.PartNumber, b.PartNumber),
			cmp.Compare(a.Status, b.Status), cmp.Compare(a.AppliesTo, b.AppliesTo))
	})
	var merged []SKU
	for _, row := range rows {
		last := len(merged) - 1
		same := last >= 0 && row.ID == merged[last].ID && (row.ID != "" || row.PartNumber == merged[last].PartNumber)
		if !same {
			merged = append(merged, row)
			continue
		}
		merged[last].Enabled += row.Enabled
		merged[last].Warning += row.Warning
		merged[last].Suspended += row.Suspended
		merged[last].LockedOut += row.LockedOut
		merged[last].Consumed += row.Consumed
	}
	return merged
}

// countSKU counts one SKU: everything but the key, and the flag that concerns the whole tenant.
func countSKU(sku SKU, subscriptions []Subscription, partners map[string]bool) Count {
	seats := sumSeats(subscriptions, partners)
	enabled := max(0, sku.Enabled-seats.otherActive)
	warning := max(0, sku.Warning-seats.otherLapsed)
	assigned := max(0, sku.Consumed-seats.otherActive-seats.otherLapsed)
	grace := max(0, warning-seats.trialLapsed)

	// Grace seats count only while no active seat is paid: a subscription that was renewed under a new id leaves the old
	// seats in grace beside the new ones, and both would be billed.
	purchased := max(0, enabled-seats.trialActive)
	if purchased == 0 {
		purchased = grace
	}

	product, known := LookupSKU(sku.ID)
	name := product.Name
	if !known {
		name = sku.PartNumber
	}
	count := Count{
		SKUID:         sku.ID,
		PartNumber:    sku.PartNumber,
		ProductName:   name,
		Purchased:     purchased,
		Enabled:       enabled,
		Entitled:      max(0, enabled+warning-seats.trialActive-seats.trialLapsed),
		Assigned:      assigned,
		Available:     enabled - assigned,
		Warning:       sku.Warning,
		Suspended:     sku.Suspended,
		LockedOut:     sku.LockedOut,
		Trial:         seats.trialActive + seats.trialLapsed,
		Status:        sku.Status,
		AppliesTo:     sku.AppliesTo,
		Subscriptions: sortedByID(subscriptions),
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{FlagTrial, count.Trial > 0},
		{FlagInGrace, grace > 0},
		{FlagSuspendedUnits, sku.Suspended > 0},
		{FlagOverassigned, sku.Consumed > sku.Enabled+sku.Warning},
		// A pool that nobody can have paid for. It is flagged and not left out, for a large school may own 10,000 seats.
		{FlagSuspiciousPool, sku.Enabled >= 10000 && sku.Consumed*100 < sku.Enabled},
		{FlagUnknownSKU, !known},
		{FlagCapacityUnit, strings.EqualFold(sku.AppliesTo, "Company")},
		{FlagOtherOwner, seats.otherActive+seats.otherLapsed > 0},
	} {
		if flag.set {
			count.Flags = append(count.Flags, flag.name)
		}
	}
	return count
}

// seatSums are the seats of an SKU's subscriptions that need care: trials of ours, and whatever other owners have. Active
// are those of subscriptions that are Enabled, lapsed those in Warning; the seats of others are in neither number of
// Microsoft's.
type seatSums struct {
	trialActive, trialLapsed int64
	otherActive, otherLapsed int64
}

func sumSeats(subscriptions []Subscription, partners map[string]bool) seatSums {
	var sums seatSums
	for _, subscription := range subscriptions {
		owner := strings.ToLower(subscription.OwnerTenantID)
		other := len(partners) > 0 && owner != "" && !partners[owner]
		seats := max(0, subscription.Seats)
		active := strings.EqualFold(subscription.Status, "Enabled")
		lapsed := strings.EqualFold(subscription.Status, "Warning")
		switch {
		case other && active:
			sums.otherActive += seats
		case other && lapsed:
			sums.otherLapsed += seats
		case subscription.Trial && active:
			sums.trialActive += seats
		case subscription.Trial && lapsed:
			sums.trialLapsed += seats
		}
	}
	return sums
}

func sortedByID(subscriptions []Subscription) []Subscription {
	sorted := slices.Clone(subscriptions)
	slices.SortFunc(sorted, func(a, b Subscription) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Seats, b.Seats))
	})
	return sorted
}

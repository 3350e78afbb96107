package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// SKU is what Microsoft reports about one product of a tenant (subscribedSkus of Microsoft Graph). All numbers are seats.
type SKU struct {
	ID         string // skuId
	PartNumber string // skuPartNumber
	AppliesTo  string // User or Company
	Status     string // capabilityStatus
	Enabled    int64  // of active subscriptions
	Warning    int64  // in their grace period
	Suspended  int64
	LockedOut  int64
	Consumed   int64 // assigned
}

// Subscription is one purchase of a SKU in a tenant (directory/subscriptions of Microsoft Graph).
type Subscription struct {
	ID            string
	SKUID         string
	Status        string
	Trial         bool
	Seats         int64     // totalLicenses
	OwnerTenantID string    // tenant of the partner that created it; empty when Microsoft does not say
	NextLifecycle time.Time // zero when Microsoft does not say
}

// Tenant is what Microsoft reports about one tenant. SubscriptionsKnown is false when the subscriptions could not be read: then
// trials and seats of other owners cannot be subtracted.
type Tenant struct {
	SKUs               []SKU
	Subscriptions      []Subscription
	SubscriptionsKnown bool
}

// CountOptions say which seats count.
type CountOptions struct {
	// PartnerTenantIDs are the owners whose subscriptions count, in any case. When it is empty, those of every owner count.
	PartnerTenantIDs []string
	// ExcludeSKUs are left out: part numbers, skuIds or PART/<skuId>, in any case.
	ExcludeSKUs []string
	// IncludeFree keeps the SKUs that [IsFree] names.
	IncludeFree bool
}

// The flags of a count.
const (
	flagTrial          = "trial"
	flagTrialUnknown   = "trial_unknown"
	flagInGrace        = "in_grace"
	flagSuspendedUnits = "suspended_units"
	flagOverassigned   = "overassigned"
	flagSuspiciousPool = "suspicious_pool"
	flagUnknownSKU     = "unknown_sku"
	flagCapacityUnit   = "capacity_unit"
	flagOtherOwner     = "other_owner"
)

// Count is what a tenant holds of one SKU.
type Count struct {
	// Key is the part number, or PART/<skuId> when two SKUs of the tenant share the part number.
	Key         string
	SKUID       string
	PartNumber  string
	ProductName string // the part number when Microsoft's table lacks the SKU
	Seats
	Flags []string // sorted
	// The fields below are details that no invoice is computed from.
	Available     int64 // Enabled - Assigned, may be negative
	Warning       int64 // as Microsoft reports it, like Suspended and LockedOut
	Suspended     int64
	LockedOut     int64
	Trial         int64 // trial seats, active and in grace, without those of other owners
	Status        string
	AppliesTo     string
	Subscriptions []Subscription // sorted by ID
}

// CountTenant counts the seats of each [SKU] of a tenant, sorted by key. The order of the input does not matter, and rows of the
// same SKU are added up.
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
			count.Key = skuKey(sku.PartNumber, sku.ID)
		}
		if !tenant.SubscriptionsKnown {
			count.Flags = append(count.Flags, flagTrialUnknown)
		}
		slices.Sort(count.Flags)
		counts = append(counts, count)
	}
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Key, b.Key) })
	return counts
}

// mergeRows normalizes ids and part numbers, sorts the rows, and adds up rows of the same SKU. Graph has one row per account and
// SKU, and a tenant can have a system account besides its own.
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

// countSKU counts one SKU. The key and the flag for unknown subscriptions are left to [CountTenant], which knows the whole tenant.
func countSKU(sku SKU, subscriptions []Subscription, partners map[string]bool) Count {
	special := sumSpecialSeats(subscriptions, partners)
	held := holding{
		enabled:     max(0, sku.Enabled-special.otherActive),
		warning:     max(0, sku.Warning-special.otherLapsed),
		assigned:    max(0, sku.Consumed-special.otherActive-special.otherLapsed),
		trialActive: special.trialActive,
		trialLapsed: special.trialLapsed,
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
		Seats:         held.seats(),
		Available:     held.enabled - held.assigned,
		Warning:       sku.Warning,
		Suspended:     sku.Suspended,
		LockedOut:     sku.LockedOut,
		Trial:         held.trialActive + held.trialLapsed,
		Status:        sku.Status,
		AppliesTo:     sku.AppliesTo,
		Subscriptions: sortedByID(subscriptions),
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{flagTrial, count.Trial > 0},
		{flagInGrace, held.grace() > 0},
		{flagSuspendedUnits, sku.Suspended > 0},
		{flagOverassigned, sku.Consumed > sku.Enabled+sku.Warning},
		// A pool that was hardly paid for. It is flagged and not left out, because a large school may own 10,000 seats.
		{flagSuspiciousPool, sku.Enabled >= 10000 && sku.Consumed*100 < sku.Enabled},
		{flagUnknownSKU, !known},
		{flagCapacityUnit, strings.EqualFold(sku.AppliesTo, "Company")},
		{flagOtherOwner, special.otherActive+special.otherLapsed > 0},
	} {
		if flag.set {
			count.Flags = append(count.Flags, flag.name)
		}
	}
	return count
}

// specialSeats are the seats of a SKU that its totals include and that are not billed: trials, and seats of other owners. Active
// are those of subscriptions with the status Enabled, lapsed those with Warning. Subscriptions of any other status are in none of
// Microsoft's two totals.
type specialSeats struct {
	trialActive, trialLapsed int64
	otherActive, otherLapsed int64
}

func sumSpecialSeats(subscriptions []Subscription, partners map[string]bool) specialSeats {
	var sums specialSeats
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

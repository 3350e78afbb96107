// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// SKU is what Microsoft reports about one product of a tenant (subscribedSkus of Microsoft Graph). All numbers are seats, or [Unknown].
type SKU struct {
	ID         string // skuId; empty when Microsoft gave none
	PartNumber string // skuPartNumber; empty when Microsoft gave none
	AppliesTo  string // User or Company
	Status     string // capabilityStatus
	Enabled    int64  // of active subscriptions
	Warning    int64  // in their grace period
	Suspended  int64
	LockedOut  int64
	Consumed   int64 // assigned
	// SubscriptionIDs are the ids of the purchases behind the seats.
	SubscriptionIDs []string
}

// Subscription is one purchase of a SKU in a tenant (directory/subscriptions of Microsoft Graph).
type Subscription struct {
	ID            string
	SKUID         string
	Status        string // empty when Microsoft does not say
	Trial         bool
	TrialUnknown  bool      // Microsoft does not say whether it is a trial
	Seats         int64     // totalLicenses, or [Unknown]
	OwnerTenantID string    // tenant of the partner that created it; empty when Microsoft does not say
	NextLifecycle time.Time // zero when Microsoft does not say
}

// Tenant is what Microsoft reports about one tenant.
type Tenant struct {
	SKUs []SKU
	// Subscriptions are the purchases that Microsoft lists. The list may be incomplete: [CountTenant] compares it with the SKUs.
	Subscriptions []Subscription
	// SubscriptionsKnown is false when the list could not be read.
	SubscriptionsKnown bool
}

// CountOptions say which seats count.
type CountOptions struct {
	// PartnerTenantIDs are the owners whose subscriptions count, in any case. When it is empty, those of every owner count. Otherwise
	// a subscription without an owner does not count.
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
	// The fields below are details that no invoice is computed from. A number may be [Unknown].
	Warning       int64 // as Microsoft reports it, like Suspended and LockedOut
	Suspended     int64
	LockedOut     int64
	Consumed      int64 // assigned seats as Microsoft reports them, those of other owners too
	Trial         int64 // trial seats, active and in grace, without those of other owners
	Status        string
	AppliesTo     string
	Subscriptions []Subscription // sorted by ID
}

// isCapacity reports whether the SKU is a unit of the whole tenant, such as storage, which no user can have.
func (c Count) isCapacity() bool { return strings.EqualFold(c.AppliesTo, "Company") }

// TenantCounts is what a tenant holds.
type TenantCounts struct {
	SKUs []Count // sorted by key
	// Gaps are the SKUs whose trials or owners are not proved, sorted by key. What is not known to be a trial counts as paid, all seats do
	// when Microsoft's lists disagree, and they have the flag trial_unknown. With [CountOptions.PartnerTenantIDs] their numbers are [Unknown], because the seats may be another owner's.
	Gaps []Gap
	// Owners has the active seats and those in grace of every owner, the excluded SKUs left out. The key is the tenant id in lower case,
	// empty for purchases without an owner.
	Owners map[string]int64
}

// Gap says which evidence about a SKU is missing.
type Gap struct {
	Key    string // of the [Count]
	Reason string // a clause without a full stop
}

// CountTenant counts the seats of each [SKU] of a tenant. The order of the input does not matter, and rows of the same SKU are added
// up.
func CountTenant(tenant Tenant, options CountOptions) TenantCounts {
	skus := mergeRows(tenant.SKUs)
	subscriptions := map[string][]Subscription{}
	for _, subscription := range sortedByID(tenant.Subscriptions) {
		id := strings.ToLower(subscription.SKUID)
		subscriptions[id] = append(subscriptions[id], subscription)
	}
	holders := map[string]int{} // SKUs per part number
	for _, sku := range skus {
		holders[strings.ToLower(sku.PartNumber)]++
	}
	excluded := map[string]bool{}
	for _, key := range options.ExcludeSKUs {
		excluded[lookupKey(key)] = true
		for _, identity := range identitiesOf(key) { // a tenant may call the SKU by another part number
			excluded[identity] = true
		}
	}
	partners := map[string]bool{}
	for _, id := range options.PartnerTenantIDs {
		partners[strings.ToLower(id)] = true
	}

	counted := TenantCounts{Owners: map[string]int64{}}
	for _, sku := range skus {
		part := strings.ToLower(sku.PartNumber)
		if excluded[sku.ID] || excluded[part] || !options.IncludeFree && IsFree(sku.ID) {
			continue
		}
		key := sku.PartNumber
		if holders[part] > 1 {
			key = skuKey(sku.PartNumber, sku.ID)
		}
		purchases := subscriptions[sku.ID]
		special := sumSpecialSeats(purchases, partners)
		gap := findGap(sku, purchases, tenant.SubscriptionsKnown, len(partners) > 0)
		if gap == "" {
			if gap = findContradiction(sku, purchases, special); gap != "" {
				special = specialSeats{} // they cannot be taken off numbers that they are not in
			}
		}
		if gap != "" {
			counted.Gaps = append(counted.Gaps, Gap{key, gap})
		}
		counted.SKUs = append(counted.SKUs, countSKU(key, sku, purchases, special, gap != "", len(partners) > 0))
		for _, purchase := range purchases {
			if purchase.inUse() && purchase.Seats > 0 {
				counted.Owners[strings.ToLower(purchase.OwnerTenantID)] += purchase.Seats
			}
		}
	}
	slices.SortFunc(counted.SKUs, func(a, b Count) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(counted.Gaps, func(a, b Gap) int { return cmp.Compare(a.Key, b.Key) })
	return counted
}

// mergeRows normalizes ids and part numbers, sorts the rows, and adds up rows of the same SKU. Graph has one row per account and
// SKU, and a tenant can have a system account besides its own.
func mergeRows(rows []SKU) []SKU {
	rows = slices.Clone(rows)
	for i := range rows {
		row := &rows[i]
		row.ID = strings.ToLower(row.ID)
		product, _ := LookupSKU(row.ID)
		row.PartNumber = cmp.Or(clean(row.PartNumber), product.PartNumber, row.ID)
		for _, units := range row.numbers() {
			if row.ID == "" { // a part number alone does not say which SKU it is
				*units = Unknown
			}
			*units = max(Unknown, *units)
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
		for i, units := range merged[last].numbers() {
			*units = add(*units, *row.numbers()[i])
		}
		merged[last].SubscriptionIDs = slices.Concat(merged[last].SubscriptionIDs, row.SubscriptionIDs)
	}
	return merged
}

func (sku *SKU) numbers() []*int64 {
	return []*int64{&sku.Enabled, &sku.Warning, &sku.Suspended, &sku.LockedOut, &sku.Consumed}
}

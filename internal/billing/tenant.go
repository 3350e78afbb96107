package billing

import "time"

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
	Available     int64 // enabled - assigned, may be negative
	Warning       int64
	Suspended     int64
	LockedOut     int64
	Trial         int64
	Status        string
	AppliesTo     string
	Subscriptions []Subscription
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package billing decides what is billed. It does no I/O and imports no Terraform package.
//
// Numbers pass through it in these steps:
//
//   - [CountTenant] turns what Microsoft reports about one tenant ([Tenant]) into seats of each SKU ([Count]), on every basis
//     ([Bases]).
//   - [SplitTenant] splits them among the companies that share the tenant, if several do.
//   - [UnitCounts] adds the seats of all tenants up to units of each account and service ([Counts]), by the company and license
//     mappings.
//   - A [Task] compares these units with what Gradient has accepted ([Ledger]). [Task.Pushes] says what to push, and
//     [Guard.Check] which of the changes are too large to push without a review.
//
// Microsoft's names and ids of products are in an embedded table: [LookupSKU], [IsFree], [NearestSKUs]. The grammar of the map
// keys is in keys.go: [AccountOf], [PartNumberOf].
package billing

import "math"

// MostSeats is the largest number of seats of a SKU: Microsoft counts them in 32 bits. Sums of such numbers do not overflow.
const MostSeats = math.MaxInt32

// Unknown stands for a number of seats that Microsoft did not give. It is below zero, and no unit count is made of it.
const Unknown int64 = math.MinInt64

// add and subtract calculate with numbers of seats. The result is [Unknown] when a number is, and never below 0.
func add(a, b int64) int64 {
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return a + b
}

func subtract(a, b int64) int64 {
	if a == Unknown {
		return Unknown
	}
	return max(0, a-b)
}

// Counts are unit counts: account id → service name → units. A nil inner map is an account whose counts are unknown; an empty
// one is an account without units.
type Counts map[string]map[string]int64

// IsUnknown reports whether the counts of an account are unknown. Those of an account that is not listed are known: there are none.
func (c Counts) IsUnknown(account string) bool {
	services, listed := c[account]
	return listed && services == nil
}

// SKUCount is the part of a [Count] that unit counts are computed from.
type SKUCount struct {
	SKUID string // empty when unknown
	// Split says that these are the users of one company that shares a tenant.
	Split bool
	// Overassigned are the bases on which the companies that share the tenant have more users than it has seats, so that what is left has no number
	// (domain-split.md §3).
	Overassigned []Basis
	Seats
}

// LicenseCounts are the seats of all tenants: key of the tenant → key of the SKU → seats. [AccountOf] and [PartNumberOf] read
// the keys. A nil inner map is a tenant that could not be read.
type LicenseCounts map[string]map[string]SKUCount

// LicenseMapping is a service and the SKUs that count towards it.
type LicenseMapping struct {
	Service string
	SKUs    []string // part numbers, skuIds or PART/<skuId>, in any case
	Basis   Basis    // empty means [Purchased]
}

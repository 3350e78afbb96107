// Package billing is the heart: which seats count, how they become unit counts, what has to be pushed, and when a
// change is too large to be believed. It does no I/O and knows no Terraform type.
package billing

import "math"

// Basis is the number of a SKU that counts.
type Basis string

// The bases of a license mapping.
const (
	Purchased Basis = "purchased"
	Enabled   Basis = "enabled"
	Entitled  Basis = "entitled"
	Assigned  Basis = "assigned"
)

// Bases lists them all, the default first.
var Bases = []Basis{Purchased, Enabled, Entitled, Assigned}

// MostSeats is the largest number of seats of a SKU: Microsoft counts them in 32 bits. Sums of such numbers do not overflow.
const MostSeats = math.MaxInt32

// Counts are unit counts: account id → service name → units. A nil inner map is an account whose counts are unknown;
// an empty one is an account that has none.
type Counts map[string]map[string]int64

// SKUCount is the part of a Count that a unit count is made of.
type SKUCount struct {
	SKUID                                  string
	Purchased, Enabled, Entitled, Assigned int64
}

// LicenseCounts are the counts of the data source: key (account id, or account id/label) → count key → numbers. A nil
// inner map is a tenant that could not be read.
type LicenseCounts map[string]map[string]SKUCount

// LicenseMapping is a service and the SKUs that count towards it.
type LicenseMapping struct {
	Service string
	SKUs    []string // part numbers, GUIDs or PART/<skuId>, any case
	Basis   Basis    // empty means Purchased
}

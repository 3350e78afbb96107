// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package reconcile compares the numbers that Microsoft, CloudRadial, Gradient and the PSA have for the same seats, and finds what
// no mapping covers. It does no I/O and imports no Terraform package. Package billing decides which SKU counts towards which service.
//
// Start with [Reconcile]: it turns an [Input] into a [Result] with one [Row] for each account and service. [Statuses] says how a row
// can stand. [Result.Gate] decides whether a review fails, and [Result.Markdown] writes the report.
package reconcile

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Count is what one tenant holds of one SKU, in seats.
type Count struct {
	billing.SKUCount
	ProductName string
	Flags       []string
}

// Company is a company mapping. CompanyID is 0 and Name empty when the mapping does not say.
type Company struct {
	AccountID string
	CompanyID int64
	Name      string
}

// PublishedRow is what CloudRadial has for one SKU of one company, in seats. A number is nil when it cannot be read.
type PublishedRow struct {
	SKU                 string // the key in the license counts: a part number, or PART/<skuId>
	Purchased, Assigned *float64
}

// Numbers are the unit counts of a system: account id → service → units. A nil inner map or number is unknown.
type Numbers map[string]map[string]*float64

// PortalCompany is a company of the CloudRadial portal.
type PortalCompany struct {
	ID   int64
	Name string
}

// Account is an account of the Gradient integration. IsMapped is nil when Gradient does not say.
type Account struct {
	ID, Name string
	IsMapped *bool
}

// Input is everything that is known. Published, Gradient, PSA, PortalCompanies and Accounts are nil when they were not read.
type Input struct {
	// Counts are the license counts: key (account id, or account id/label) → SKU → count. A nil inner map is a tenant that
	// could not be read, or a key without tenant.
	Counts map[string]map[string]Count
	// Companies and Licenses are the mappings. Their map keys only appear in errors.
	Companies map[string]Company
	Licenses  map[string]billing.LicenseMapping
	// Published are the rows by company id.
	Published     map[int64][]PublishedRow
	Gradient, PSA Numbers
	// PSALines are the lines behind the numbers of the PSA. Nil when they are not given.
	PSALines []PSALine
	// Tolerance is the difference in units up to which two systems agree.
	Tolerance       float64
	PortalCompanies []PortalCompany
	Accounts        []Account
	// Notes are sentences on what was not read and why. Reconcile adds its own.
	Notes []string
}

// Row is an account and a service, with the units that each system has.
type Row struct {
	AccountID, AccountName, Service string
	// Units are by System; nil where it gave no number.
	Units [len(Systems)]*float64
	// Status is the first of those that hold, in the order of [Statuses].
	Status Status
	// Reason is what a person needs to know beyond the numbers. It may be empty.
	Reason string

	holds []Status // all that hold
	lines psaLines // of the PSA
}

// UnmappedSKU is a SKU with purchased seats that no license mapping counts.
type UnmappedSKU struct {
	SKU, SKUID, ProductName string
	Purchased               int64
	// Tenants are the seats by key of the license counts, without tenants that purchased none.
	Tenants map[string]int64
}

// FlaggedCount is a count that deserves a second look.
type FlaggedCount struct {
	Tenant, AccountID, SKU, SKUID, ProductName string
	// Service is empty when no license mapping counts the SKU.
	Service             string
	Purchased, Assigned int64    // or [billing.Unknown]
	Flags               []string // sorted
}

// Result is the whole review.
type Result struct {
	Rows []Row // by account and service
	// Compared tells which systems were asked for numbers, by System.
	Compared [len(Systems)]bool

	UnmappedSKUs []UnmappedSKU // most seats first
	// UnmappedCompanies are in CloudRadial and in no mapping. UnmappedAccounts are those that Gradient reports as unmapped. Both are
	// nil when the system was not asked.
	UnmappedCompanies []PortalCompany
	UnmappedAccounts  []Account
	UnreadableTenants []string // keys of the license counts
	Flagged           []FlaggedCount
	Notes             []string

	tolerance float64
	hasLines  bool // the lines of the PSA were given
	// unbilled are the UnmappedAccounts that a company mapping names.
	unbilled []Account
}

// Reconcile compares the systems. The error is a [*billing.InputError], because an input that would bill wrongly cannot be compared
// either.
func Reconcile(input Input) (Result, error) {
	e, err := newEstate(input)
	if err != nil {
		return Result{}, err
	}
	result := Result{
		Compared:          e.compared(),
		UnmappedSKUs:      e.unmappedSKUs(),
		UnmappedCompanies: e.unmappedCompanies(),
		UnmappedAccounts:  e.unmappedAccounts(),
		UnreadableTenants: e.unreadableTenants(),
		Flagged:           e.flagged(),
		Notes:             append(slices.Clone(input.Notes), e.notes()...),
		tolerance:         input.Tolerance,
		hasLines:          input.PSALines != nil,
	}
	result.unbilled = e.unbilled(result.UnmappedAccounts)
	for _, p := range e.pairs() {
		result.Rows = append(result.Rows, e.row(p))
	}
	return result, nil
}

// Differences returns the rows for which two systems have different numbers, or a system that was asked has none.
func (r Result) Differences() []Row {
	return r.rows(func(row Row) bool { return row.Status.disagrees() })
}

// InAgreement reports whether at least one pair was compared, every pair agrees or will with what is approved, every tenant could be read, and nothing is billed
// nowhere: every purchased SKU is counted by a license mapping, and Gradient has mapped every account of a company mapping.
func (r Result) InAgreement() bool {
	return r.numbersAgree() && len(r.UnreadableTenants) == 0 && len(r.UnmappedSKUs) == 0 && len(r.unbilled) == 0
}

// numbersAgree reports whether at least one pair was compared, and every pair agrees or will with what is approved.
func (r Result) numbersAgree() bool {
	others := r.rows(func(row Row) bool { return row.Status != statusAgree && row.Status != statusPSALater })
	return len(r.Rows) > 0 && len(others) == 0
}

// Pairs counts the rows by status. A status without rows has the count 0.
func (r Result) Pairs() map[Status]int {
	pairs := make(map[Status]int, len(Statuses))
	for _, known := range Statuses {
		pairs[known.Status] = 0
	}
	for _, row := range r.Rows {
		pairs[row.Status]++
	}
	return pairs
}

// Units returns the sum of the units of each system, by [System]. It is nil for a system that was not asked.
func (r Result) Units() [len(Systems)]*float64 {
	var sums [len(Systems)]*float64
	for system := range Systems {
		if !r.Compared[system] {
			continue
		}
		sum := 0.0
		for _, row := range r.Rows {
			if units := row.Units[system]; units != nil {
				sum = rounded(sum + *units)
			}
		}
		sums[system] = &sum
	}
	return sums
}

func (r Result) rows(wanted func(Row) bool) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if wanted(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// pair is the account and the service of a row.
type pair struct{ account, service string }

func (p pair) compare(q pair) int {
	return cmp.Or(strings.Compare(p.account, q.account), strings.Compare(p.service, q.service))
}

// rounded rounds units to four decimals, half away from zero. No PSA bills finer, and sums lose the noise of binary fractions.
func rounded(units float64) float64 { return math.Round(units*1e4) / 1e4 }

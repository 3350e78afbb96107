// Package reconcile puts side by side what Microsoft, CloudRadial, Gradient and the PSA say about the same seats, and finds
// what nobody mapped. It does no I/O and knows no Terraform type; what counts towards which service is billing's to say.
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

// PublishedRow is what CloudRadial holds of one SKU for one company, in seats. Nil is a number that cannot be read.
type PublishedRow struct {
	SKU                 string // as the license counts have it: a part number, or PART/<skuId>
	Purchased, Assigned *float64
}

// Numbers are unit counts that a system gave: account id → service → units. A nil inner map or number is one that is unknown.
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

// Input is everything that is known. Published, Gradient, PSA, PortalCompanies and Accounts are nil when nobody was asked.
type Input struct {
	// Counts are the license counts: key (account id, or account id/label) → SKU → count. A nil inner map is a tenant that
	// could not be read, or a key without tenant.
	Counts map[string]map[string]Count
	// Companies and Licenses are the mappings by their map key, which does not matter.
	Companies map[string]Company
	Licenses  map[string]billing.LicenseMapping
	// Published are the rows by company id.
	Published     map[int64][]PublishedRow
	Gradient, PSA Numbers
	// Tolerance is how many units two systems may be apart and still agree.
	Tolerance       float64
	PortalCompanies []PortalCompany
	Accounts        []Account
	// Notes say what was not looked at, and why, beyond what Reconcile finds out itself. Sentences.
	Notes []string
}

// Row is a pair of account and service, with what each system says.
type Row struct {
	AccountID, AccountName, Service string
	// Units are by System; nil where it gave no number.
	Units [len(Systems)]*float64
	// Status is the first of those that hold, in the order of Statuses.
	Status Status
	// Reason is what a person needs to know beyond the numbers, and empty where that is nothing.
	Reason string

	holds []Status // all that hold
}

// UnmappedSKU is a SKU of which seats were bought, and that no license mapping counts.
type UnmappedSKU struct {
	SKU, SKUID, ProductName string
	Purchased               int64
	// Tenants are the seats by key of the license counts, without those that bought none.
	Tenants map[string]int64
}

// FlaggedCount is a count that deserves a second look.
type FlaggedCount struct {
	Tenant, AccountID, SKU, SKUID, ProductName string
	// Service is empty when no license mapping counts the SKU.
	Service             string
	Purchased, Assigned int64
	Flags               []string // sorted
}

// Result is the whole review.
type Result struct {
	Rows []Row // by account and service
	// Compared tells which systems were asked for numbers, by System.
	Compared [len(Systems)]bool

	UnmappedSKUs []UnmappedSKU // most seats first
	// UnmappedCompanies are in CloudRadial and in no mapping, UnmappedAccounts are those of which Gradient says so. Nil when
	// the system was not asked.
	UnmappedCompanies []PortalCompany
	UnmappedAccounts  []Account
	UnreadableTenants []string // keys of the license counts
	Flagged           []FlaggedCount
	Notes             []string

	tolerance float64
}

// Reconcile reviews what it is given. The error is billing's *InputError: an input that would bill wrongly cannot be
// compared either.
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
	}
	for _, p := range e.pairs() {
		result.Rows = append(result.Rows, e.row(p))
	}
	return result, nil
}

// Differences are the rows of which two systems gave different numbers, or one that was asked gave none.
func (r Result) Differences() []Row {
	return r.rows(func(row Row) bool { return row.Status.disagrees() })
}

// InAgreement reports whether every pair was compared and agrees, and every tenant could be read.
func (r Result) InAgreement() bool {
	others := r.rows(func(row Row) bool { return row.Status != Agree })
	return len(others) == 0 && len(r.UnreadableTenants) == 0
}

// Pairs counts the rows by status, those that no row has included.
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

// Units adds up the units that each system gave, by System; nil for one that was not asked.
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

// pair is what a row is about.
type pair struct{ account, service string }

func (p pair) compare(q pair) int {
	return cmp.Or(strings.Compare(p.account, q.account), strings.Compare(p.service, q.service))
}

// rounded is a number of units to four decimals, half away from zero: no PSA bills finer, and sums of decimals have no
// noise then.
func rounded(units float64) float64 { return math.Round(units*1e4) / 1e4 }

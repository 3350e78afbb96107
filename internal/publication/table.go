// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// license is the count of a SKU of a tenant.
type license struct {
	product   string
	purchased int64
	enabled   int64
	assigned  int64
	flags     []string
}

// licenseCounts are keyed by account, or by account/label if a company has several tenants, and then by SKU. A tenant is nil when its
// counts are unknown.
type licenseCounts map[string]map[string]license

// mapping is an account and its company.
type mapping struct {
	company int64
	account string
}

// rowKey identifies a row.
type rowKey struct {
	company int64
	sku     string
}

func compareKeys(a, b rowKey) int {
	return cmp.Or(cmp.Compare(a.company, b.company), cmp.Compare(a.sku, b.sku))
}

// row is the content of a row, added up over the tenants of the company.
type row struct {
	product   string
	purchased int64
	assigned  int64
	available int64
	flags     []string
	tenants   []string
}

// table is the content to publish.
type table struct {
	// accounts are the mapped companies.
	accounts map[int64]string
	// unknown are the mapped companies whose counts are unknown. Their rows stay as they are.
	unknown map[int64]bool
	rows    map[rowKey]row
	// unmapped are the accounts with counts and without a company.
	unmapped []string
}

// inputError lists every mistake in the arguments that would publish wrong numbers.
type inputError struct {
	mappings, counts []mistake
}

// mistake is a wrong element of an argument.
type mistake struct {
	key     string // of the element
	kind    string // names the mistake where several elements have it
	summary string
	row     string // the element in a list
	advice  string
}

func (e *inputError) Error() string {
	var texts []string
	for _, m := range slices.Concat(e.mappings, e.counts) {
		texts = append(texts, m.summary)
	}
	return strings.Join(texts, "; ")
}

// tableOf joins counts and mappings on the account. The error is an *inputError.
func tableOf(counts licenseCounts, mappings map[string]mapping) (table, error) {
	t := table{accounts: map[int64]string{}, unknown: map[int64]bool{}, rows: map[rowKey]row{}}
	companies, mistakes := t.mapAll(mappings)
	wrong := &inputError{mappings: mistakes}
	counted := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		account := billing.AccountOf(key)
		company, mapped := companies[account]
		if !mapped && !counted[account] {
			t.unmapped = append(t.unmapped, account)
		}
		counted[account] = true
		if mapped {
			t.count(company, key, counts[key])
		}
	}
	for _, account := range slices.Sorted(maps.Keys(companies)) {
		if !counted[account] {
			wrong.counts = append(wrong.counts, withoutCounts(account, companies[account]))
		}
	}
	if len(wrong.mappings)+len(wrong.counts) > 0 {
		return table{}, wrong
	}
	maps.DeleteFunc(t.rows, func(key rowKey, _ row) bool { return t.unknown[key.company] })
	return t, nil
}

// mapAll fills accounts and returns the companies by account.
func (t table) mapAll(mappings map[string]mapping) (map[string]int64, []mistake) {
	companies := map[string]int64{}
	var mistakes []mistake
	for _, key := range slices.Sorted(maps.Keys(mappings)) {
		m := mappings[key]
		switch other, taken := t.accounts[m.company]; {
		case m.company <= 0:
			mistakes = append(mistakes, withoutCompanyID(key))
		case companies[m.account] != 0:
			mistakes = append(mistakes, accountMappedTwice(key, m.account, companies[m.account], m.company))
		case taken:
			mistakes = append(mistakes, companyMappedTwice(key, m.company, other, m.account))
		default:
			companies[m.account], t.accounts[m.company] = m.company, m.account
		}
	}
	return companies, mistakes
}

// count adds the licenses of a tenant. One unknown tenant, or one number that nobody gave, makes the counts of its company unknown.
func (t table) count(company int64, tenant string, licenses map[string]license) {
	if licenses == nil {
		t.unknown[company] = true
	}
	for sku, l := range licenses {
		if min(l.purchased, l.enabled, l.assigned) == billing.Unknown {
			t.unknown[company] = true
		}
		key := rowKey{company, strings.TrimSpace(sku)}
		r := t.rows[key]
		r.product = cmp.Or(r.product, l.product)
		r.purchased += l.purchased
		r.assigned += l.assigned
		r.available += l.enabled - l.assigned
		r.tenants = append(slices.Clone(r.tenants), strings.ReplaceAll(tenant, ",", " ")) // [heldRow.account] reads them between commas
		r.flags = append(slices.Clone(r.flags), l.flags...)
		t.rows[key] = r
	}
}

// cells returns the values of a row by column, without Updated and Owner.
func (t table) cells(key rowKey) map[string]string {
	r := t.rows[key]
	flags := slices.Clone(r.flags)
	slices.Sort(flags)
	return map[string]string{
		productColumn:   cmp.Or(r.product, key.sku),
		skuColumn:       key.sku,
		purchasedColumn: strconv.FormatInt(r.purchased, 10),
		assignedColumn:  strconv.FormatInt(r.assigned, 10),
		availableColumn: strconv.FormatInt(r.available, 10),
		statusColumn:    cmp.Or(strings.ReplaceAll(strings.Join(slices.Compact(flags), ", "), "_", " "), noValue),
		tenantColumn:    strings.Join(r.tenants, ", "),
	}
}

// account returns the name of a company in messages.
func account(accounts map[int64]string, company int64) string {
	if name, mapped := accounts[company]; mapped {
		return name
	}
	return companyName(company, "")
}

// companyName names a company and the account that its rows show, if it is known. An account id never has a space, so the forms differ.
func companyName(company int64, account string) string {
	if account == "" {
		return fmt.Sprintf("company %d", company)
	}
	return fmt.Sprintf("company %d (%s)", company, account)
}

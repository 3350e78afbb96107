// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// The findings.
const (
	findingUnmappedSKUs      = "unmapped_skus"
	findingUnmappedCompanies = "unmapped_companies"
	findingUnmappedAccounts  = "unmapped_accounts"
	findingUnreadableTenants = "unreadable_tenants"
	findingFlagged           = "flagged"
)

// findings lists all of them.
var findings = []string{findingUnmappedSKUs, findingUnmappedCompanies, findingUnmappedAccounts, findingUnreadableTenants, findingFlagged}

func (e *estate) unmappedSKUs() []UnmappedSKU {
	found := map[string]*UnmappedSKU{}
	for _, tenant := range slices.Sorted(maps.Keys(e.input.Counts)) {
		for key, count := range e.input.Counts[tenant] {
			if _, counted := e.services[sku{key, count.SKUID}]; counted || count.Purchased <= 0 { // 0 or unknown
				continue
			}
			// Two SKUs can share a part number, and one can have two keys. Only the id identifies it.
			identity := strings.ToLower(cmp.Or(count.SKUID, key))
			entry := found[identity]
			if entry == nil {
				entry = &UnmappedSKU{SKU: billing.PartNumberOf(key, count.SKUID), SKUID: count.SKUID, ProductName: count.ProductName, Tenants: map[string]int64{}}
				found[identity] = entry
			}
			entry.Purchased += count.Purchased
			entry.Tenants[tenant] += count.Purchased
		}
	}
	skus := make([]UnmappedSKU, 0, len(found))
	for _, entry := range found {
		skus = append(skus, *entry)
	}
	slices.SortFunc(skus, func(a, b UnmappedSKU) int {
		return cmp.Or(cmp.Compare(b.Purchased, a.Purchased), strings.Compare(a.SKU, b.SKU), strings.Compare(a.SKUID, b.SKUID))
	})
	return skus
}

func (e *estate) unmappedCompanies() []PortalCompany {
	if e.input.PortalCompanies == nil {
		return nil
	}
	mapped := map[int64]bool{}
	for _, company := range e.input.Companies {
		mapped[company.CompanyID] = true
	}
	companies := []PortalCompany{}
	for _, company := range e.input.PortalCompanies {
		if !mapped[company.ID] {
			companies = append(companies, company)
		}
	}
	slices.SortFunc(companies, func(a, b PortalCompany) int { return cmp.Compare(a.ID, b.ID) })
	return companies
}

func (e *estate) unmappedAccounts() []Account {
	if e.input.Accounts == nil {
		return nil
	}
	accounts := []Account{}
	for _, account := range e.input.Accounts {
		if account.IsMapped != nil && !*account.IsMapped {
			accounts = append(accounts, account)
		}
	}
	slices.SortFunc(accounts, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	return accounts
}

// unbilled returns the unmapped accounts that a company mapping names. Others may be those of customers who left: Gradient deletes
// no account.
func (e *estate) unbilled(unmapped []Account) []Account {
	return slices.DeleteFunc(slices.Clone(unmapped), func(account Account) bool {
		_, named := e.companies[account.ID]
		return !named
	})
}

func (e *estate) unreadableTenants() []string {
	keys := []string{}
	for key, tenant := range e.input.Counts {
		if tenant == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (e *estate) flagged() []FlaggedCount {
	flagged := []FlaggedCount{}
	for tenant, counts := range e.input.Counts {
		for key, count := range counts {
			if len(count.Flags) == 0 {
				continue
			}
			flagged = append(flagged, FlaggedCount{
				Tenant: tenant, AccountID: billing.AccountOf(tenant), SKU: key, SKUID: count.SKUID, ProductName: count.ProductName,
				Service: e.services[sku{key, count.SKUID}], Purchased: count.Purchased, Assigned: count.Assigned,
				Flags: slices.Sorted(slices.Values(count.Flags)),
			})
		}
	}
	slices.SortFunc(flagged, func(a, b FlaggedCount) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.SKU, b.SKU))
	})
	return flagged
}

// notes says what was not compared and why.
func (e *estate) notes() []string {
	var accounts, services []string
	for account, company := range e.companies {
		if company.CompanyID == 0 {
			accounts = append(accounts, account)
		}
	}
	for service, license := range e.licenses {
		if !e.inCloudRadial(service) {
			services = append(services, fmt.Sprintf("%s (%s)", service, license.Basis))
		}
	}
	slices.Sort(accounts)
	slices.Sort(services)
	var notes []string
	if e.input.PortalCompanies != nil && len(accounts) > 0 {
		notes = append(notes, "These company mappings have no company_id, so their companies may be among those without a mapping: "+atMost(20, accounts)+".")
	}
	for _, m := range missing {
		if !e.compared()[m.system] {
			notes = append(notes, fmt.Sprintf("%s was not compared: %s is not given.", Systems[m.system], arguments[m.system]))
		}
	}
	if e.input.Published == nil {
		return notes
	}
	if len(accounts) > 0 {
		notes = append(notes, "CloudRadial was not compared for accounts whose mapping has no company_id: "+atMost(20, accounts)+".")
	}
	if len(services) > 0 {
		notes = append(notes, "CloudRadial has purchased and assigned seats only, so it was not compared for services on another basis: "+atMost(20, services)+".")
	}
	if rows := e.rowsOfOthers(); rows > 0 {
		notes = append(notes, fmt.Sprintf("CloudRadial has rows of companies without a mapping (%d). They were not compared.", rows))
	}
	return notes
}

// rowsOfOthers counts the published rows of companies that are not mapped.
func (e *estate) rowsOfOthers() int {
	rows := 0
	for _, published := range e.input.Published {
		rows += len(published)
	}
	for _, company := range e.input.Companies {
		rows -= len(e.input.Published[company.CompanyID])
	}
	return rows
}

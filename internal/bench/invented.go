// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// size is the size of the measured estates.
type size struct {
	companies []int // mappings, from the fewest to the most
	estates   []int // plan: numbers of companies, likewise
	services  []int // plan: numbers of services that each company has, likewise
	repeats   int   // of plans that are not long
	pushed    int   // push: companies with pushedServices services each
	changed   int   // push: counts that change afterwards
	tenants   int
	starts    int
}

var fullSize = size{
	companies: []int{100, 1000, 5000},
	estates:   []int{1000, 5000},
	services:  []int{5, 20},
	repeats:   5,
	pushed:    1000,
	changed:   50,
	tenants:   200,
	starts:    20,
}

// pushedServices is the number of counts of each company in the pushes.
const pushedServices = 5

// products are SKU part numbers, the most common first. Each one is billed as one service.
var products = []string{
	"SPB", "O365_BUSINESS_ESSENTIALS", "O365_BUSINESS_PREMIUM", "EXCHANGESTANDARD", "SPE_E3", "SPE_E5", "ENTERPRISEPACK",
	"ENTERPRISEPREMIUM", "STANDARDPACK", "DESKLESSPACK", "O365_BUSINESS", "EXCHANGEENTERPRISE", "EXCHANGEDESKLESS", "AAD_PREMIUM",
	"AAD_PREMIUM_P2", "INTUNE_A", "EMS", "EMSPREMIUM", "VISIOCLIENT", "PROJECTPROFESSIONAL",
}

func accountID(i int) string   { return fmt.Sprintf("company-%05d", i) }
func companyName(i int) string { return fmt.Sprintf("Company %05d Ltd.", i) }
func tenantID(i int) string    { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

// serviceName returns the service that a product is billed as.
func serviceName(product string) string { return "Microsoft 365 " + product }

// seatsOf returns the number of seats that a company has of product number k.
func seatsOf(company, k int) int { return 5 + (company+k)%40 }

// companiesOf returns CloudRadial's companies 1 to n.
func companiesOf(n int) []sandbox.Company {
	companies := make([]sandbox.Company, n)
	for i := range companies {
		companies[i] = sandbox.Company{ID: i + 1, Name: companyName(i + 1)}
	}
	return companies
}

// tenantsOf returns the tenants of companies 1 to n, with k products each.
func tenantsOf(n, k int) []sandbox.Tenant {
	tenants := make([]sandbox.Tenant, n)
	for i := range tenants {
		tenants[i] = sandbox.Tenant{ID: tenantID(i + 1), Name: companyName(i + 1), Domains: []string{accountID(i+1) + ".example"}}
		for j, product := range products[:k] {
			seats := seatsOf(i+1, j)
			tenants[i].SKUs = append(tenants[i].SKUs, sandbox.SKU{PartNumber: product, SKUID: skuID(product), Enabled: seats, Consumed: seats - 1})
		}
	}
	return tenants
}

// skuID returns Microsoft's skuId of a product, because mappings count by it.
func skuID(product string) string {
	known, ok := billing.LookupSKU(product)
	if !ok {
		panic(product + " is not in Microsoft's table of SKUs")
	}
	return known.SKUID
}

// mappedSeed returns an integration with n accounts and k services, all mapped.
func mappedSeed(n, k int) sandbox.Seed {
	seed := sandbox.Seed{Status: "active", Companies: companiesOf(n)}
	for i := range n {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: accountID(i + 1), Name: companyName(i + 1), Mapped: "mapped"})
	}
	for _, product := range products[:k] {
		seed.Services = append(seed.Services, sandbox.Service{Name: serviceName(product), Mapped: "mapped"})
	}
	return seed
}

// unitCounts returns the counts of n companies and k products: account id → service → units.
func unitCounts(n, k int) map[string]map[string]int {
	counts := map[string]map[string]int{}
	for i := 1; i <= n; i++ {
		counts[accountID(i)] = map[string]int{}
		for j, product := range products[:k] {
			counts[accountID(i)][serviceName(product)] = seatsOf(i, j)
		}
	}
	return counts
}

// companiesCSV returns the mapping file of n companies.
func companiesCSV(n int) string {
	var text strings.Builder
	text.WriteString("account_id,company_id,psa_account,tenant\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&text, "%s,%d,%s,%s\n", accountID(i), i, companyName(i), tenantID(i))
	}
	return text.String()
}

// licensesCSV returns the mapping file of k services.
func licensesCSV(k int) string {
	var text strings.Builder
	text.WriteString("service,sku\n")
	for _, product := range products[:k] {
		fmt.Fprintf(&text, "%s,%s\n", serviceName(product), product)
	}
	return text.String()
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // cannot happen with maps of strings and numbers
	}
	return string(text)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// estate is the input with indexes for what is looked up often.
type estate struct {
	input     Input
	units     billing.Counts                    // units of Microsoft's seats
	companies map[string]Company                // by account id
	licenses  map[string]billing.LicenseMapping // by service
	services  map[sku]string                    // service that counts a SKU; SKUs that none counts are not in it
	published map[pair]published
	ids       map[pair]string     // account and key of a SKU → its id
	unread    map[string][]string // by account: the keys of its tenants that could not be read
	names     map[string]string   // by account id
	psaLines  map[pair]psaLines
}

// sku is the key and the id of a SKU in a tenant.
type sku struct{ key, id string }

func newEstate(input Input) (*estate, error) {
	e := &estate{
		input: input, companies: map[string]Company{}, licenses: map[string]billing.LicenseMapping{},
		ids: map[pair]string{}, unread: map[string][]string{},
	}
	accountIDs := make(map[string]string, len(input.Companies))
	for key, company := range input.Companies {
		accountIDs[key] = company.AccountID
		e.companies[company.AccountID] = company
	}
	for _, license := range input.Licenses {
		e.licenses[license.Service] = license
	}
	var err error
	if e.units, err = billing.UnitCounts(e.licenseCounts(), accountIDs, input.Licenses); err != nil {
		return nil, err
	}
	if err := e.checkCompanies(); err != nil {
		return nil, err
	}
	rows := e.publishedRows()
	if e.services, err = servicesOf(e.skus(rows), input.Licenses); err != nil {
		return nil, err
	}
	e.published = e.addUp(rows)
	e.names = e.accountNames()
	e.psaLines = map[pair]psaLines{}
	for _, line := range input.PSALines {
		p := pair{line.AccountID, line.Service}
		e.psaLines[p] = append(e.psaLines[p], line)
	}
	return e, nil
}

// licenseCounts converts the counts for package billing, and fills e.ids and e.unread.
func (e *estate) licenseCounts() billing.LicenseCounts {
	counts := make(billing.LicenseCounts, len(e.input.Counts))
	for _, key := range slices.Sorted(maps.Keys(e.input.Counts)) {
		account, tenant := billing.AccountOf(key), e.input.Counts[key]
		if tenant == nil {
			counts[key] = nil
			e.unread[account] = append(e.unread[account], key)
			continue
		}
		counts[key] = make(map[string]billing.SKUCount, len(tenant))
		for name, count := range tenant {
			counts[key][name] = count.SKUCount
			e.ids[pair{account, name}] = count.SKUID
		}
	}
	return counts
}

// checkCompanies refuses a company with two accounts when CloudRadial is compared, because its rows would count for both.
func (e *estate) checkCompanies() error {
	if e.input.Published == nil {
		return nil
	}
	first := map[int64]string{}
	for _, key := range slices.Sorted(maps.Keys(e.input.Companies)) {
		id := e.input.Companies[key].CompanyID
		if other, twice := first[id]; twice && id != 0 {
			return &billing.InputError{Argument: billing.ArgumentCompanyMappings, Text: fmt.Sprintf(
				"company %d is mapped twice, by the company mappings %q and %q: what CloudRadial holds for it would be compared with both", id, other, key)}
		}
		first[id] = key
	}
	return nil
}

// skus returns every SKU in the counts and the published rows.
func (e *estate) skus(rows []accountRow) map[sku]bool {
	all := map[sku]bool{}
	for _, tenant := range e.input.Counts {
		for key, count := range tenant {
			all[sku{key, count.SKUID}] = true
		}
	}
	for _, row := range rows {
		all[row.sku] = true
	}
	return all
}

// servicesOf finds the service that counts each SKU. It asks [billing.UnitCounts] where one seat of it goes, so that there is one
// set of rules for what matches.
func servicesOf(skus map[sku]bool, licenses map[string]billing.LicenseMapping) (map[sku]string, error) {
	holders := make(map[string]sku, len(skus))
	counts := make(billing.LicenseCounts, len(skus))
	accountIDs := make(map[string]string, len(skus))
	for s := range skus {
		holder := strconv.Itoa(len(holders))
		holders[holder] = s
		accountIDs[holder] = holder
		counts[holder] = map[string]billing.SKUCount{s.key: {SKUID: s.id, Seats: oneSeat()}}
	}
	units, err := billing.UnitCounts(counts, accountIDs, licenses)
	if err != nil {
		return nil, err
	}
	services := map[sku]string{}
	for holder, seat := range units {
		for service := range seat {
			services[holders[holder]] = service
		}
	}
	return services, nil
}

// oneSeat is a seat on every basis.
func oneSeat() billing.Seats {
	var seats billing.Seats
	for _, basis := range billing.Bases() {
		*basis.Of(&seats) = 1
	}
	return seats
}

// accountRow is a published row of an account.
type accountRow struct {
	account string
	sku     sku
	PublishedRow
}

// publishedRows returns the rows of the mapped companies.
func (e *estate) publishedRows() []accountRow {
	var rows []accountRow
	for _, company := range e.input.Companies {
		if company.CompanyID == 0 {
			continue
		}
		for _, row := range e.input.Published[company.CompanyID] {
			rows = append(rows, accountRow{company.AccountID, sku{row.SKU, e.skuID(company.AccountID, row.SKU)}, row})
		}
	}
	return rows
}

// skuID returns the id of a published SKU: that of the key in the account's own counts, or else that in Microsoft's table.
func (e *estate) skuID(account, key string) string {
	if id, held := e.ids[pair{account, key}]; held {
		return id
	}
	product, _ := billing.LookupSKU(key)
	return product.SKUID
}

// published is the sum of the rows of one account and service.
type published struct {
	units      float64
	unreadable []string // SKUs whose number cannot be read
}

// addUp adds up the rows of each account and service on the basis of the license mapping.
func (e *estate) addUp(rows []accountRow) map[pair]published {
	sums := map[pair]published{}
	for _, row := range rows {
		service, counted := e.services[row.sku]
		if !counted || !e.inCloudRadial(service) {
			continue
		}
		units := row.Purchased
		if e.licenses[service].Basis == billing.Assigned {
			units = row.Assigned
		}
		p := pair{row.account, service}
		sum := sums[p]
		if units == nil {
			sum.unreadable = append(sum.unreadable, row.SKU)
		} else {
			sum.units = rounded(sum.units + *units)
		}
		sums[p] = sum
	}
	return sums
}

// inCloudRadial reports whether CloudRadial can hold the units of a service. Its rows have purchased and assigned seats only.
func (e *estate) inCloudRadial(service string) bool {
	license, mapped := e.licenses[service]
	return mapped && (license.Basis == "" || license.Basis == billing.Purchased || license.Basis == billing.Assigned)
}

// accountNames returns the names of the accounts: that in the mapping, in Gradient, or of the company in CloudRadial.
func (e *estate) accountNames() map[string]string {
	companies := make(map[int64]string, len(e.input.PortalCompanies))
	for _, company := range e.input.PortalCompanies {
		companies[company.ID] = company.Name
	}
	names := map[string]string{}
	for _, account := range e.input.Accounts {
		names[account.ID] = account.Name
	}
	for account, company := range e.companies {
		names[account] = cmp.Or(company.Name, names[account], companies[company.CompanyID])
	}
	return names
}

// compared reports which systems were asked for numbers.
func (e *estate) compared() [len(Systems)]bool {
	return [...]bool{microsoft: true, cloudRadial: e.input.Published != nil, gradient: e.input.Gradient != nil, psa: e.input.PSA != nil}
}

// pairs returns those of which Microsoft counts a unit or another system has an answer, sorted.
func (e *estate) pairs() []pair {
	all := map[pair]bool{}
	for account, services := range e.units {
		for service := range services {
			all[pair{account, service}] = true
		}
	}
	for _, numbers := range []Numbers{e.input.Gradient, e.input.PSA} {
		for account, services := range numbers {
			for service := range services {
				all[pair{account, service}] = true
			}
		}
	}
	for p := range e.published {
		all[p] = true
	}
	return slices.SortedFunc(maps.Keys(all), pair.compare)
}

func (e *estate) row(p pair) Row {
	answers := [...]answer{
		microsoft:   e.microsoft(p),
		cloudRadial: e.cloudRadial(p),
		gradient:    given(gradient, e.input.Gradient, p),
		psa:         given(psa, e.input.PSA, p),
	}
	row := Row{AccountID: p.account, AccountName: cmp.Or(e.names[p.account], p.account), Service: p.service}
	for system, a := range answers {
		if a.kind == number {
			row.Units[system] = &a.units
		}
	}
	row.holds, row.Reason = judge(answers, e.input.Tolerance)
	if e.input.PSALines != nil {
		row.lines = e.psaLines[p]
		row.holds, row.Reason = withPSA(row.holds, row.Reason, row.lines, answers, e.input.Tolerance)
	}
	row.Status = row.holds[0]
	return row
}

func (e *estate) microsoft(p pair) answer {
	if _, mapped := e.companies[p.account]; !mapped {
		return answer{kind: none, text: "no company mapping has the account"}
	}
	if _, mapped := e.licenses[p.service]; !mapped {
		return answer{kind: none, text: "no license mapping has the service"}
	}
	units := e.units[p.account]
	if units == nil {
		return answer{kind: unknown, text: "Microsoft is unknown: no counts of " + atMost(3, e.unread[p.account])}
	}
	return answer{kind: number, units: float64(units[p.service])}
}

func (e *estate) cloudRadial(p pair) answer {
	if e.input.Published == nil || e.companies[p.account].CompanyID == 0 || !e.inCloudRadial(p.service) {
		return answer{}
	}
	sum, has := e.published[p]
	if !has {
		return answer{kind: none, text: "CloudRadial has no row"}
	}
	if len(sum.unreadable) > 0 {
		return answer{kind: unknown, text: "CloudRadial is unknown: no number in the row of " + atMost(3, slices.Sorted(slices.Values(sum.unreadable)))}
	}
	return answer{kind: number, units: sum.units}
}

// given returns the answer of a system whose numbers are an argument.
func given(system System, numbers Numbers, p pair) answer {
	if numbers == nil {
		return answer{}
	}
	services, hasAccount := numbers[p.account]
	units, hasPair := services[p.service]
	if hasAccount && services == nil || hasPair && units == nil {
		return answer{kind: unknown, text: Systems[system] + " is unknown (null)"}
	}
	if !hasPair {
		return answer{kind: none, text: Systems[system] + " has no number"}
	}
	return answer{kind: number, units: rounded(*units)}
}

// atMost lists n texts and the number of the others.
func atMost(n int, texts []string) string {
	if len(texts) > n {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:n], ", "), len(texts)-n)
	}
	return strings.Join(texts, ", ")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// company is a row of companies.csv.
type company struct {
	AccountID string `tfsdk:"account_id"`
	CompanyID int64  `tfsdk:"company_id"`
	// Name is the exact name of the account in the PSA.
	Name string `tfsdk:"name"`
	// Tenants are the company's tenants under the keys that cloudradial_license_counts takes: the account id, and account id/domain for
	// each further one. A company whose cell is empty has one empty tenant, which means unknown.
	Tenants map[string]string `tfsdk:"tenants"`
	// SharedTenant is the account id of the company whose tenant this one shares, nil when it shares none. Domains are then those of its users.
	SharedTenant *string  `tfsdk:"shared_tenant"`
	Domains      []string `tfsdk:"domains"`
}

// accountColumn is in each file about customers.
var accountColumn = column{name: "account_id", synonyms: []string{"account", "accountkey", "gradientaccount", "gradientaccountid", "slug"}}

var companyColumns = []column{
	accountColumn,
	{name: "company_id", synonyms: []string{"cloudradialcompanyid", "cloudradialid", "cloudradialcompany"}},
	{name: "psa_account", synonyms: []string{"psaname", "psacompany", "psacompanyname", "psaaccountname", "accountname", "companyname", "company",
		"customer", "customername", "client", "clientname", "name"}},
	{name: "tenant", synonyms: []string{"tenants", "tenantid", "tenantdomain", "microsofttenant", "microsofttenantid", "primarydomain",
		"defaultdomain", "domain"}},
	{name: "domains", synonyms: []string{"userdomains", "maildomains"}, optional: true},
}

// cellBreak is what stands between several values in one cell.
var cellBreak = regexp.MustCompile(`[\s;,|]+`)

// split returns the values of a cell, at least one, which is empty when there is none.
func split(cell string) []string {
	values := slices.DeleteFunc(cellBreak.Split(cell, -1), func(value string) bool { return value == "" })
	if len(values) == 0 {
		return []string{""}
	}
	return values
}

// readCompanies reads companies.csv: account id → company.
func readCompanies(file []byte) (map[string]company, error) {
	table, err := readTable(file, companyColumns)
	if err != nil {
		return nil, err
	}
	var wrong problems
	companies, accounts, tenants, domains := map[string]company{}, seen{}, seen{}, seen{}
	owners := tenantOwners(table.rows)
	for _, row := range table.rows {
		c := company{
			AccountID: readAccountID(row, &wrong),
			CompanyID: readCompanyID(row, &wrong),
			Name:      readRequired(row, "psa_account", &wrong),
		}
		if group := row.cells["tenant"]; row.cells["domains"] != "" && group != c.AccountID && owners[group] != "" {
			c.SharedTenant, c.Tenants = &group, map[string]string{}
			c.Domains = readDomains(row, group, owners, domains, &wrong)
		} else {
			c.Tenants = readTenants(row, c.AccountID, tenants, &wrong)
		}
		if c.AccountID != "" {
			accounts.once(row, "account_id", c.AccountID, &wrong)
		}
		companies[c.AccountID] = c
	}
	return companies, wrong.err()
}

// seen remembers in which line a value was first: value in lower case → line.
type seen map[string]int

// once adds a problem when an earlier row has the value.
func (s seen) once(r row, column, value string, wrong *problems) {
	key := strings.ToLower(value)
	if first, ok := s[key]; ok {
		wrong.add(r, column, "%q is in line %d, too", value, first)
		return
	}
	s[key] = r.line
}

func readRequired(r row, column string, wrong *problems) string {
	if r.cells[column] == "" {
		wrong.add(r, column, "the cell is empty")
	}
	return r.cells[column]
}

func readAccountID(r row, wrong *problems) string {
	id := readRequired(r, "account_id", wrong)
	if id != "" && !shapes.AccountIDForm.MatchString(id) {
		wrong.add(r, "account_id", "%q has other characters than letters, digits, dots, underscores and hyphens", id)
	}
	return id
}

func readCompanyID(r row, wrong *problems) int64 {
	text := readRequired(r, "company_id", wrong)
	if text == "" {
		return 0
	}
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 1 {
		wrong.add(r, "company_id", "%q is not the id of a CloudRadial company, which is a whole number such as 101", text)
	}
	return id
}

// readTenants reads the tenants of a company. Two companies with one tenant would be billed twice.
func readTenants(r row, accountID string, tenants seen, wrong *problems) map[string]string {
	found := map[string]string{}
	for _, tenant := range split(r.cells["tenant"]) {
		key := accountID
		if len(found) > 0 {
			key += "/" + tenant
		}
		found[key] = tenant
		switch {
		case tenant == "" || strings.EqualFold(tenant, shapes.NoTenant):
			found[key] = strings.ToLower(tenant)
		case shapes.DomainForm.MatchString(tenant) || shapes.GUIDForm.MatchString(tenant):
			tenants.once(r, "tenant", tenant, wrong)
		default:
			wrong.add(r, "tenant", "%q is not a tenant: write the tenant's id (a GUID) or one of its domains%s, several with a space between them, or the "+
				"word none when the company has no Microsoft 365", tenant, domainIn(tenant))
		}
	}
	return found
}

// tenantOwners returns what each account has in its tenant cell.
func tenantOwners(rows []row) map[string]string {
	owners := map[string]string{}
	for _, r := range rows {
		owners[r.cells["account_id"]] = r.cells["tenant"]
	}
	return owners
}

// readDomains reads the domains of a company that shares the tenant of another one, the group. A domain of two companies would bill its users twice.
func readDomains(r row, group string, owners map[string]string, domains seen, wrong *problems) []string {
	if tenant := owners[group]; !shapes.DomainForm.MatchString(tenant) && !shapes.GUIDForm.MatchString(tenant) {
		wrong.add(r, "tenant", "the company %q has no tenant of its own that could be shared, but %q", group, tenant)
	}
	var found []string
	for _, domain := range split(r.cells["domains"]) {
		if !shapes.DomainForm.MatchString(domain) {
			wrong.add(r, "domains", "%q is not a domain, such as harbormarine.example%s", domain, domainIn(domain))
			continue
		}
		domains.once(r, "domains", domain, wrong)
		found = append(found, domain)
	}
	return found
}

// domainIn finds the domain in what people paste: a URL or an e-mail address.
func domainIn(text string) string {
	domain := text
	if _, rest, ok := strings.Cut(domain, "://"); ok {
		domain = rest
	}
	domain, _, _ = strings.Cut(domain, "/")
	if i := strings.LastIndex(domain, "@"); i >= 0 {
		domain = domain[i+1:]
	}
	if domain = strings.TrimPrefix(domain, "www."); domain == text || !shapes.DomainForm.MatchString(domain) {
		return ""
	}
	return fmt.Sprintf(" (here: %s)", domain)
}

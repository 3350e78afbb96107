// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	harborID = "9a70a2d1-24a5-4b10-a3b6-0d2a3c5e0001"
	exoID    = "4b9405b0-7788-4568-add1-99614e613b69"
)

// harbor is a group with one tenant for three companies, and a tenant of somebody else.
func harbor() sandbox.Seed {
	return sandbox.Seed{Tenants: []sandbox.Tenant{
		{
			ID: harborID, Name: "Harbor Group", Domains: []string{"harborgroup.example", "harbormarine.example", "harborretail.example", "harbor.onmicrosoft.com"},
			SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: spbID, Enabled: 20},
				{PartNumber: "EXCHANGESTANDARD", SKUID: exoID, Enabled: 4, Consumed: 2},
				{PartNumber: "FLOW_FREE", SKUID: flowID, Enabled: 10000},
			},
			Users: []sandbox.Users{
				{Domain: "harbormarine.example", Count: 6, SKUs: []string{"SPB", "FLOW_FREE"}},
				{Domain: "HARBORRETAIL.example", Count: 4, SKUs: []string{"SPB"}, Disabled: true},
				{Domain: "harborretail.example", Count: 1, SKUs: []string{"EXCHANGESTANDARD"}},
				{Count: 3, SKUs: []string{"SPB"}},
				{Domain: "harbor.onmicrosoft.com", Mail: "harbormarine.example", Count: 2, SKUs: []string{"SPB"}, Guest: true},
				{Domain: "gone.example", Count: 30, SKUs: []string{"FLOW_FREE"}},
			},
		},
		{ID: acmeID, Name: "Acme", Domains: []string{"acme.example"}, SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 9}}},
	}}
}

const sharing = `
  tenants = { harbor = "harborgroup.example", acme = "acme.example" }
  shared_tenants = {
    harbor = {
      domains_by_account = {
        marine          = ["HarborMarine.example"]
        "retail/shared" = ["harborretail.example"]
      }
    }
  }
`

// sharedReading also shows what the remainder is made of.
func sharedReading(s *sandbox.Server, arguments string) string {
	return reading(s, arguments) + `
output "shared" { value = data.cloudradial_license_counts.m365.shared_tenants_detail }
`
}

// count is a count with the same number on every basis but assigned.
func count(sku, id, name string, purchased, assigned int, flags string) string {
	return fmt.Sprintf(`%q: {"sku_id": %q, "product_name": %q, "purchased": %d, "active": %d, "enabled": %d, "entitled": %d, "assigned": %d, "flags": [%s]}`,
		sku, id, name, purchased, purchased, purchased, purchased, assigned, flags)
}

// The companies of a group have their users, the group the rest, and together they are the tenant. Only its users are read, and nobody's name is kept.
func TestSharedTenantIsSplit(t *testing.T) {
	t.Parallel()
	const premium, exchange = "Microsoft 365 Business Premium", "Exchange Online (Plan 1)"
	s := providertest.Start(t, harbor(), sandbox.Options{})
	w := providertest.NewWorkspace(t, sharedReading(s, sharing+"  with_details = true"))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{
		"acme":          `+spbCount(10, 10, 10, 9, "")+`,
		"marine":        {`+count("SPB", spbID, premium, 6, 6, `"split"`)+`},
		"retail/shared": {`+count("SPB", spbID, premium, 4, 4, `"split"`)+`, `+count("EXCHANGESTANDARD", exoID, exchange, 1, 1, `"split"`)+`},
		"harbor":        {`+count("SPB", spbID, premium, 10, 5, ``)+`, `+count("EXCHANGESTANDARD", exoID, exchange, 3, 1, `"assigned_mismatch"`)+`}}`)
	providertest.ExpectJSON(t, "shared_tenants_detail", got["shared"], `{"harbor": {
		"unmatched_domains": {"harborgroup.example": 3, "harbor.onmicrosoft.com": 2}, "unassigned": {"SPB": 5, "EXCHANGESTANDARD": 3},
		"disabled": {"retail/shared": 4}, "guests": 2, "assigned_mismatch": {"EXCHANGESTANDARD": -1}}}`)
	providertest.ExpectJSON(t, "totals", got["totals"], `{"SPB": {"purchased": 30, "assigned": 24}, "EXCHANGESTANDARD": {"purchased": 4, "assigned": 2}}`)
	details := got["details"].(map[string]any)
	if len(details) != 4 {
		t.Errorf("details have %d keys", len(details))
	}
	state, err := os.ReadFile(filepath.Join(w.Dir(), "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(state), "person") || !strings.Contains(string(state), "unmatched_domains") {
		t.Error("the state names somebody, or is not the state")
	}
	w.ExpectNoChanges()
}

func TestSharedTenantByMail(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, harbor(), sandbox.Options{})
	got := outputs(t, providertest.NewWorkspace(t, sharedReading(s, strings.Replace(sharing, "domains_by_account", "match = \"mail\"\n domains_by_account", 1))))
	marine := got["counts"].(map[string]any)["marine"].(map[string]any)["SPB"].(map[string]any)
	if marine["purchased"] != 8.0 {
		t.Errorf("marine has %v", marine)
	}
}

// Tenants that nobody shares need neither the users nor the permission.
func TestOnlySharedTenantsAreAskedForUsers(t *testing.T) {
	t.Parallel()
	seed := harbor()
	seed.Tenants[0].NoUsers, seed.Tenants[1].NoUsers = true, true
	s := providertest.Start(t, seed, sandbox.Options{})
	out := providertest.NewWorkspace(t, sharedReading(s, `tenants = { harbor = "harborgroup.example", acme = "acme.example" }`)).Apply()
	if out.ExpectNo(t, "Warning:"); len(asked(s)) == 0 {
		t.Error("nothing was read")
	}
	for _, request := range asked(s) {
		if request.Path == "/v1.0/users" || request.Path == "/v1.0/organization" {
			t.Errorf("%s was asked for", request.Path)
		}
	}
}

// Without the users the whole tenant is unknown, its companies included; the others go on.
func TestSharedTenantWithoutUsers(t *testing.T) {
	t.Parallel()
	denied, filtered := harbor(), harbor()
	denied.Tenants[0].NoUsers = true
	for name, test := range map[string]struct {
		seed     sandbox.Seed
		switches map[string]string
		fault    sandbox.Fault
		text     string
	}{
		"no permission": {denied, nil, sandbox.Fault{}, "the permission User.Read.All, then have an administrator"},
		"an empty list": {filtered, map[string]string{"graph-users": "empty"}, sandbox.Fault{}, "Microsoft lists no user at all"},
		"a page fails": {harbor(), map[string]string{"graph-page-size": "5"},
			sandbox.Fault{System: sandbox.Microsoft, Path: "/users$", Skip: 3, Status: 400, Body: `{"error":{"code":"BadRequest","message":"The token is too old."}}`}, "The token is too old."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, test.seed, sandbox.Options{Switches: test.switches})
			if test.fault.Status != 0 {
				s.Inject(test.fault)
			}
			w := providertest.NewWorkspace(t, sharedReading(s, sharing+`  on_error = "skip"`))
			w.Apply().ExpectTexts(t, "Tenants skipped because they cannot be read: harbor", test.text)
			got := held(t, w)
			providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`, "marine": null, "retail/shared": null, "harbor": null}`)
			providertest.ExpectJSON(t, "shared_tenants_detail", got["shared"], `{"harbor": null}`)
			if errors := got["errors"].(map[string]any); len(errors) != 3 || !strings.Contains(fmt.Sprint(errors["marine"]), `tenant "harborgroup.example"`) {
				t.Errorf("errors are %v", errors)
			}
		})
	}
}

// More users than seats: a warning says of whom, and what is left is 0 with a flag, which the functions and the review do not take for a number.
func TestSharedTenantIsOverassigned(t *testing.T) {
	t.Parallel()
	seed := harbor()
	seed.Tenants[0].SKUs[0].Enabled = 7
	s := providertest.Start(t, seed, sandbox.Options{})
	// billing bills a SKU on a basis, and reads the counts in every other way.
	billing := func(sku, basis string) string {
		return sharedReading(s, sharing+"  with_details = true") + `
locals {
  companies = { for account in ["harbor", "marine", "retail", "acme"] : account => { account_id = account } }
  licenses  = { premium = { service = "Premium", skus = ["` + sku + `"], basis = "` + basis + `" } }
}
data "cloudradial_reconciliation" "this" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.companies
  license_mappings = local.licenses
}
output "units" { value = provider::cloudradial::unit_counts(data.cloudradial_license_counts.m365.counts, local.companies, local.licenses) }
output "uncounted" { value = provider::cloudradial::uncounted_seats(data.cloudradial_license_counts.m365.counts, local.licenses) }
output "flagged" { value = [for c in data.cloudradial_reconciliation.this.flagged : c if c.tenant == "harbor" && c.sku == "SPB"] }
`
	}
	const warning = "SPB: the tenant of harbor has purchased 7, active 7, enabled 7, entitled 7; its users are of marine 6, retail/shared 4"
	const refused = `license_counts["harbor"]["SPB"].purchased is 0 with the flag overassigned_split`
	w := providertest.NewWorkspace(t, billing("SPB", "purchased"))
	w.Run("plan").Expect(t, 1, "More users than seats: SPB", warning, refused, "Users with the SKU: marine 6, retail/shared 4.", "These numbers cannot be compared")

	w.Write("main.tf", billing("SPB", "assigned"))
	w.Must("plan").ExpectTexts(t, warning)

	w.Write("main.tf", billing("EXCHANGESTANDARD", "purchased"))
	w.Apply().ExpectTexts(t, warning)
	got := held(t, w)
	const premium = "Microsoft 365 Business Premium"
	providertest.ExpectJSON(t, "counts", got["counts"].(map[string]any)["harbor"], `{`+count("SPB", spbID, premium, 0, 5, `"overassigned", "overassigned_split"`)+`,
		`+count("EXCHANGESTANDARD", exoID, "Exchange Online (Plan 1)", 3, 1, `"assigned_mismatch"`)+`}`)
	providertest.ExpectJSON(t, "uncounted", got["uncounted"], `{"acme": {"SPB": 10}, "marine": {"SPB": 6}, "retail": {"SPB": 4}}`)
	flagged := got["flagged"].([]any)[0].(map[string]any)
	details := got["details"].(map[string]any)["harbor"].(map[string]any)["SPB"].(map[string]any)
	if flagged["purchased"] != nil || flagged["assigned"] != 5.0 || details["available"] != nil {
		t.Errorf("the review has %v, the details have %v", flagged, details)
	}
	w.ExpectNoChanges()
}

func TestSharedTenantMistakes(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, harbor(), sandbox.Options{})
	for domains, want := range map[string]struct {
		code int
		text string
	}{
		`marine = ["harbormarin.example"]`:                                     {0, "the nearest domain that the tenant has is harbormarine.example"},
		`marine = ["harbormarine.example"], retail = ["HarborMarine.example"]`: {1, "Domain under two companies"},
		`acme = ["harbormarine.example"]`:                                      {1, "Company has a tenant and a part of another"},
		`marine = ["@harbormarine.example"]`:                                   {1, "must be a domain, such as harbormarine.example"},
		`marine = []`:                                                          {1, "at least 1"},
	} {
		out := providertest.NewWorkspace(t, sharedReading(s, `
  tenants        = { harbor = "harborgroup.example", acme = "acme.example" }
  shared_tenants = { harbor = { domains_by_account = { `+domains+` } } }`)).Run("plan")
		out.Expect(t, want.code, want.text)
	}
}

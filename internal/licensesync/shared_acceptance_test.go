// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const groupTenant = "9a70a2d1-24a5-4b10-a3b6-0d2a3c5e0001"

// groupUsers are the users of a group that hold a license, by domain.
func groupUsers(group, marine, retail, shop int) []sandbox.Users {
	return []sandbox.Users{
		{Domain: "harborgroup.example", Count: group, SKUs: []string{"SPB"}},
		{Domain: "harbormarine.example", Count: marine, SKUs: []string{"SPB"}},
		{Domain: "harborretail.example", Count: retail, SKUs: []string{"SPB"}},
		{Domain: "harbor-shop.example", Count: shop, SKUs: []string{"SPB"}},
	}
}

// newGroup has a tenant with 40 seats of which 36 are assigned, and the accounts a, the owner, b and c.
func newGroup(t *testing.T) *workspace {
	seed := estate()
	seed.Tenants = []sandbox.Tenant{{
		ID: groupTenant, Name: "Harbor Group", Domains: []string{"harborgroup.example", "harbormarine.example", "harborretail.example", "harbor-shop.example"},
		SKUs:  []sandbox.SKU{{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 40}},
		Users: groupUsers(8, 12, 10, 6),
	}}
	return newWorkspace(t, seed)
}

// share writes the configuration, with the domains of each account.
func (w *workspace) share(accounts string, domains string, lines ...string) {
	w.t.Helper()
	sharing := ""
	if domains != "" {
		sharing = "shared_tenants = { a = { domains_by_account = { " + domains + " } } }"
	}
	w.Write("counts.tf", fmt.Sprintf(`
data "cloudradial_license_counts" "m365" {
  tenants = { a = "harborgroup.example" }
  %s
}
locals {
  units = provider::cloudradial::unit_counts(data.cloudradial_license_counts.m365.counts,
    { for id in split(" ", %q) : id => { account_id = id } },
    { s = { service = "S", skus = ["SPB"], basis = "purchased" } })
}
`, sharing, accounts))
	w.writeSync("local.units", lines...)
}

// The life of a group: billed to its owner, split, a user who moves, a domain that is added, a member that leaves. After each step
// the tenant's 40 seats are billed, and the plan is empty.
func TestALifeOfASharedTenant(t *testing.T) {
	t.Parallel()
	w := newGroup(t)
	w.share("a", "")
	w.Apply()
	w.expectPushed("a/S=40")
	w.ExpectNoChanges()

	const twoMembers = `b = ["harbormarine.example"], c = ["harborretail.example"]`
	w.share("a b c", twoMembers)
	stopped := w.Run("plan")
	stopped.Expect(t, 1, "These units only move to accounts that had none, as when a tenant is split", "S: 22 from a to b, c")
	w.share("a b c", twoMembers, approve(codeIn(t, stopped)))
	w.sandbox.ClearRequests()
	w.Must("plan").ExpectTexts(t, `"S" = 40 -> 18`)
	w.Apply()
	w.expectPushed("a/S=18 b/S=12 c/S=10")
	w.expectCounts("a/S=18 b/S=12 c/S=10")
	w.ExpectNoChanges()

	w.sandbox.SetUsers(groupTenant, groupUsers(8, 11, 11, 6)) // somebody goes from marine to retail
	w.Must("plan").ExpectTexts(t, `"S" = 12 -> 11`, `"S" = 10 -> 11`)
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("b/S=11 c/S=11")
	w.expectCounts("a/S=18 b/S=11 c/S=11")
	w.ExpectNoChanges()

	w.share("a b c", strings.Replace(twoMembers, `"]`, `", "harbor-shop.example"]`, 2), allowAll)
	w.Run("plan").Expect(t, 1, "Domain under two companies")
	w.share("a b c", `b = ["harbormarine.example"], c = ["harborretail.example", "harbor-shop.example"]`, allowAll)
	w.Must("plan").ExpectTexts(t, `"S" = 18 -> 12`, `"S" = 11 -> 17`)
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=12 c/S=17")
	w.expectCounts("a/S=12 b/S=11 c/S=17")
	w.ExpectNoChanges()

	w.share("a c", `c = ["harborretail.example", "harbor-shop.example"]`, allowAll)
	w.sandbox.ClearRequests()
	w.Must("plan").ExpectTexts(t, "b: S 11 -> 0")
	w.Apply()
	w.expectPushed("a/S=23 b/S=0")
	w.expectCounts("a/S=23 b/S=0 c/S=17")
	w.ExpectNoChanges()

	// A page that fails changes nothing: what was billed stays.
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: "/users$", Status: 400, Body: `{"error":{"code":"BadRequest","message":"No."}}`})
	w.sandbox.ClearRequests()
	w.Run("plan").Expect(t, 1, "Licenses of 1 of 1 tenants cannot be read", "No.")
	w.expectNoWrites()
}

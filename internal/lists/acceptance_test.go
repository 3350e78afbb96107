// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package lists_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func listValue(address, name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
}

func TestCompanies(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{{
			Config: providertest.Block(s) + `
data "cloudradial_companies" "all" {}
data "cloudradial_companies" "some" { name_contains = "aRCH" }
data "cloudradial_companies" "none" { name_contains = "zzz" }
`,
			ConfigStateChecks: []statecheck.StateCheck{
				listValue("data.cloudradial_companies.all", "companies", knownvalue.ListSizeExact(3)),
				listValue("data.cloudradial_companies.none", "companies", knownvalue.ListSizeExact(0)),
				listValue("data.cloudradial_companies.some", "companies", knownvalue.ListExact([]knownvalue.Check{
					knownvalue.ObjectExact(map[string]knownvalue.Check{
						"company_id":     knownvalue.Int64Exact(101),
						"name":           knownvalue.StringExact("Alder & Finch Architects"),
						"psa_key":        knownvalue.Int64Exact(4101),
						"psa_identifier": knownvalue.StringExact("ALDERFINCH"),
						"domains":        knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("alderfinch.example"), knownvalue.StringExact("alder.example")}),
					}),
				})),
				statecheck.ExpectKnownValue("data.cloudradial_companies.all", tfjsonpath.New("companies").AtSliceIndex(2),
					knownvalue.ObjectExact(map[string]knownvalue.Check{
						"company_id": knownvalue.Int64Exact(103), "name": knownvalue.StringExact("Cedar Grove Logistics"),
						"psa_key": knownvalue.Null(), "psa_identifier": knownvalue.Null(), "domains": knownvalue.ListSizeExact(0),
					})),
			},
		}},
	})
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	seed := sandbox.Seed{Accounts: []sandbox.Account{{ID: "b", Name: "B", Description: "second", Mapped: "mapped"}, {ID: "a", Name: "A"}}}
	account := func(id, name, description string, isMapped knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"account_id": knownvalue.StringExact(id), "name": knownvalue.StringExact(name),
			"description": knownvalue.StringExact(description), "is_mapped": isMapped,
		})
	}
	for shape, told := range map[string]bool{"2026": true, "2023": false} {
		mapped, unmapped := knownvalue.Check(knownvalue.Null()), knownvalue.Check(knownvalue.Null())
		if told {
			mapped, unmapped = knownvalue.Bool(true), knownvalue.Bool(false)
		}
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, seed, sandbox.Options{Switches: map[string]string{"gradient-account-shape": shape}})
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.Factories(t),
				Steps: []resource.TestStep{{
					Config: providertest.Block(s) + `data "cloudradial_gradient_accounts" "all" {}`,
					ConfigStateChecks: []statecheck.StateCheck{listValue("data.cloudradial_gradient_accounts.all", "accounts",
						knownvalue.ListExact([]knownvalue.Check{account("b", "B", "second", mapped), account("a", "A", "", unmapped)}))},
				}},
			})
		})
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Office", Description: "about", Category: "productivity", Subcategory: "other"},
	}}, sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{{
			Config: providertest.Block(s) + `data "cloudradial_gradient_services" "all" {}`,
			ConfigStateChecks: []statecheck.StateCheck{listValue("data.cloudradial_gradient_services.all", "services",
				knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
					"service_id": knownvalue.StringExact(s.Services()[0].ID), "name": knownvalue.StringExact("Office"),
					"description": knownvalue.StringExact("about"), "category": knownvalue.StringExact("productivity"),
					"subcategory": knownvalue.StringExact("other"),
				})}))},
		}},
	})
}

func TestListsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	lists := `
data "cloudradial_companies" "all" {}
data "cloudradial_gradient_accounts" "all" {}
data "cloudradial_gradient_services" "all" {}
`
	s := providertest.Start(t, portal(), sandbox.Options{})
	none := map[string]string{"public_key": "", "private_key": "", "gradient.vendor_api_key": "", "gradient.partner_api_key": ""}
	w := providertest.NewWorkspace(t, providertest.BlockWith(s, none)+lists)
	w.Run("plan").Expect(t, 1, "Error: CloudRadial cannot be used", "Error: Gradient cannot be used", "CLOUDRADIAL_PRIVATE_KEY", "GRADIENT_PARTNER_API_KEY")

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Status: 404, Body: `{"message":"no such portal"}`})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/accounts$", Status: 403, Body: `{"statusCode":403,"message":"Forbidden"}`})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: 200, Body: "<html><body>Sign in</body></html>", Header: map[string]string{"Content-Type": "text/html"}})
	w.Write("main.tf", providertest.Block(s)+lists)
	w.Run("plan").Expect(t, 1, "Error: CloudRadial companies cannot be read", "404 Not Found", "The API of another region answers 404, too", "Error: Gradient accounts cannot be read", "403 Forbidden", "talk to Gradient's support", "Error: Gradient services cannot be read", "Check gradient.base_url (environment variable GRADIENT_BASE_URL)")
}

// A list of companies without their domains would be half a truth.
func TestDomainsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "/domain$", Status: 403, Body: `{"success":false,"message":"No access"}`})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`data "cloudradial_companies" "all" {}`)
	w.Run("plan").Expect(t, 1, "Error: CloudRadial domains cannot be read", "Asked CloudRadial to read the domains", "403 Forbidden", "No access", "may not read or change anything else")
}

// portal is a CloudRadial portal of three companies.
func portal() sandbox.Seed {
	return sandbox.Seed{Companies: []sandbox.Company{
		{ID: 101, Name: "Alder & Finch Architects", PSAKey: 4101, PSAIdentifier: "ALDERFINCH", Domains: []string{"alderfinch.example", "alder.example"}},
		{ID: 102, Name: "Brightwater Dental", Domains: []string{"brightwater.example"}},
		{ID: 103, Name: "Cedar Grove Logistics"},
	}}
}

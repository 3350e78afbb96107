package mapping_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const companiesTable = "cloudradial_company_mappings.this"

func companiesBlock(companies string) string {
	return "resource \"cloudradial_company_mappings\" \"this\" {\n  companies = " + companies + "\n}\n"
}

func companyIn(id, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("companies").AtMapKey(id).AtMapKey(attribute)
}

func unmanagedAre(ids ...string) knownvalue.Check {
	var checks []knownvalue.Check
	for _, id := range ids {
		checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"account_id": knownvalue.StringExact(id)}))
	}
	return knownvalue.ListExact(checks)
}

func TestCompanyMappingsLifeCycle(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "zz", Name: "Somebody else's"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	block := providertest.Block(s)
	two := `{ alder = { company_id = 101 }, "102" = { company_id = 102, name = "Brightwater", description = "since 2019" } }`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: block + companiesBlock(two),
				ConfigPlanChecks: planned(
					plancheck.ExpectKnownValue(companiesTable, companyIn("alder", "account_id"), knownvalue.StringExact("alder")),
					plancheck.ExpectKnownValue(companiesTable, companyIn("alder", "name"), knownvalue.StringExact("Alder & Finch Architects")),
					plancheck.ExpectKnownValue(companiesTable, companyIn("alder", "description"), knownvalue.StringExact("")),
					plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre("zz")),
					plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("102")),
				),
				Check: wrote(s, `POST /organization/accounts [{"id":"102","name":"Brightwater","description":"since 2019"},`+
					`{"id":"alder","name":"Alder \u0026 Finch Architects","description":""}]`),
			},
			{
				PreConfig:        func() { s.MapAccounts("alder") },
				Config:           block + companiesBlock(two),
				ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(companiesTable, tfjsonpath.New("is_mapped"),
					knownvalue.MapExact(map[string]knownvalue.Check{"102": knownvalue.Bool(false), "alder": knownvalue.Bool(true)}))},
				Check: wrote(s),
			},
			{
				// A name changes, company_id changes, a company comes and one goes.
				Config: block + companiesBlock(`{ alder = { company_id = 102, name = "Alder" }, cedar = { company_id = 103 } }`),
				ConfigPlanChecks: planned(
					action(companiesTable, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre("102", "zz")),
					plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("alder"), knownvalue.Bool(true)),
					plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("cedar")),
				),
				Check: wrote(s, `POST /organization/accounts [{"id":"cedar","name":"Cedar Grove Logistics","description":""}]`,
					`PATCH /organization/accounts/alder {"name":"Alder","description":""}`),
			},
			{
				// Gradient does not hold company_id.
				Config:           block + companiesBlock(`{ alder = { company_id = 101, name = "Alder" }, cedar = { company_id = 103 } }`),
				ConfigPlanChecks: planned(action(companiesTable, plancheck.ResourceActionUpdate)),
				Check:            wrote(s),
			},
		},
	})
	expectNoWrites(t, s)
	if got := len(s.Accounts()); got != 4 {
		t.Errorf("Gradient holds %d accounts after destroy, want all 4", got)
	}
}

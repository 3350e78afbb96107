package mapping_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const licenses = "cloudradial_license_mappings.this"

// licensesBlock is a table of services, each `"name" = { … }`.
func licensesBlock(services ...string) string {
	return "resource \"cloudradial_license_mappings\" \"this\" {\n  services = {\n    " + strings.Join(services, "\n    ") + "\n  }\n}\n"
}

func inTable(service, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("services").AtMapKey(service).AtMapKey(attribute)
}

func tableValue(at tfjsonpath.Path, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(licenses, at, check)
}

func text(value string) knownvalue.Check { return knownvalue.StringExact(value) }

const premiumAndVisio = `"Business Premium" = { skus = ["SPB"] }
    "Visio" = { skus = ["VISIOCLIENT", "c5928f49-12ba-48f7-ada3-0d743a3601d5"], basis = "assigned", category = "other", description = "Drawings" }`

func TestLicenseMappingsLifeCycle(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Zoom", Category: "other", Subcategory: "other"}, {Name: "Backup", Category: "backup", Subcategory: "other"},
	}}, sandbox.Options{})
	zoom, backup := s.Services()[0].ID, s.Services()[1].ID
	unmanaged := func(services ...[2]string) knownvalue.Check {
		var list []knownvalue.Check
		for _, service := range services {
			list = append(list, knownvalue.ObjectExact(map[string]knownvalue.Check{"name": text(service[0]), "service_id": text(service[1])}))
		}
		return knownvalue.ListExact(list)
	}
	others := unmanaged([2]string{"Backup", backup}, [2]string{"Zoom", zoom})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: block + licensesBlock(premiumAndVisio),
				ConfigPlanChecks: planned(
					plancheck.ExpectKnownValue(licenses, tfjsonpath.New("unmanaged"), others),
					plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "service"), text("Business Premium")),
					plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "basis"), text("purchased")),
					plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "category"), text("productivity")),
					plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "description"), text("Business Premium")),
					plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("service_ids").AtMapKey("Business Premium")),
				),
				Check: wrote(s,
					`POST /service {"name":"Business Premium","description":"Business Premium","category":"productivity","subcategory":"other"}`,
					`POST /service {"name":"Visio","description":"Drawings","category":"other","subcategory":"other"}`),
				ConfigStateChecks: []statecheck.StateCheck{
					tableValue(tfjsonpath.New("service_ids"), knownvalue.MapExact(map[string]knownvalue.Check{
						"Business Premium": knownvalue.NotNull(), "Visio": knownvalue.NotNull(),
					})),
					tableValue(inTable("Visio", "basis"), text("assigned")),
					tableValue(inTable("Visio", "subcategory"), text("other")),
					tableValue(inTable("Visio", "support_article"), text("")),
					tableValue(tfjsonpath.New("unmanaged"), others),
				},
			},
			{
				Config:           block + licensesBlock(premiumAndVisio),
				ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
				Check:            wrote(s),
			},
			{
				// Gradient holds neither skus nor basis, and what leaves the table stays there. What is there already is adopted.
				Config: block + licensesBlock(`"Business Premium" = { skus = ["SPB", "SPE_E3"], basis = "enabled" }`, `"Backup" = { skus = ["SPE_E5"] }`),
				ConfigPlanChecks: planned(
					action(licenses, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(licenses, tfjsonpath.New("service_ids").AtMapKey("Backup"), text(backup)),
					plancheck.ExpectKnownValue(licenses, inTable("Backup", "category"), text("backup")),
				),
				Check: wrote(s),
				ConfigStateChecks: []statecheck.StateCheck{
					tableValue(tfjsonpath.New("unmanaged").AtSliceIndex(0).AtMapKey("name"), text("Visio")),
					tableValue(tfjsonpath.New("unmanaged").AtSliceIndex(1).AtMapKey("name"), text("Zoom")),
					tableValue(tfjsonpath.New("services"), knownvalue.MapSizeExact(2)),
				},
			},
			{
				Config:   block + licensesBlock(`"Business Premium" = { skus = ["SPB", "SPE_E3"], basis = "enabled" }`, `"Backup" = { skus = ["SPE_E5"] }`),
				PlanOnly: true,
			},
			{
				Config:           block + licensesBlock(`"Business Premium" = { skus = ["SPB", "SPE_E3"] }`),
				ConfigPlanChecks: planned(plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "basis"), text("purchased"))),
				Check:            wrote(s),
			},
			{
				Config: block + licensesBlock(),
				Check:  wrote(s),
				ConfigStateChecks: []statecheck.StateCheck{
					tableValue(tfjsonpath.New("service_ids"), knownvalue.MapSizeExact(0)),
					tableValue(tfjsonpath.New("unmanaged"), knownvalue.ListSizeExact(4)),
				},
			},
		},
	})
	expectNoWrites(t, s)
	if got := len(s.Services()); got != 4 {
		t.Errorf("Gradient holds %d services after destroy, want all four", got)
	}
}

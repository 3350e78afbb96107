// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const license = "cloudradial_license_mapping.this"

func licenseBlock(arguments ...string) string {
	return "resource \"cloudradial_license_mapping\" \"this\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func licenseValue(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(license, tfjsonpath.New(name), check)
}

func TestLicenseMappingLifeCycle(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB"]`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(license, tfjsonpath.New("service_id")), plancheck.ExpectUnknownValue(license, tfjsonpath.New("description"))),
				Check:            providertest.CheckWrites(s, `POST /service {"name":"Business Premium","description":"Business Premium","category":"productivity","subcategory":"other"}`),
				ConfigStateChecks: []statecheck.StateCheck{
					licenseValue("basis", knownvalue.StringExact("purchased")),
					licenseValue("category", knownvalue.StringExact("productivity")),
					licenseValue("subcategory", knownvalue.StringExact("other")),
					licenseValue("support_article", knownvalue.StringExact("")),
					licenseValue("service_id", knownvalue.NotNull()),
				},
			},
			{
				Config:           block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB"]`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				Check:            providertest.CheckWrites(s),
			},
			{
				// Gradient holds neither.
				Config:           block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"]`, `basis = "assigned"`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(license, plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(license, tfjsonpath.New("category"), knownvalue.StringExact("productivity"))),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config:                               block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB"]`),
				ResourceName:                         license,
				ImportState:                          true,
				ImportStateId:                        "Business Premium",
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "service_id",
				ImportStateVerifyIgnore:              []string{"skus", "basis"}, // only the configuration knows them
			},
			{
				Config: block + licenseBlock(`service = "M365 Business Premium"`, `skus = ["SPB"]`, `category = "other"`, `subcategory = "other"`,
					`description = "Office"`, `support_article = "https://help.example/bp"`, `support_contact = "help@msp.example"`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(license, plancheck.ResourceActionReplace)),
				Check: providertest.CheckWrites(s, `POST /service {"name":"M365 Business Premium","description":"Office","category":"other","subcategory":"other",`+
					`"supportArticle":"https://help.example/bp","supportContact":"help@msp.example"}`),
			},
			{
				Config: block + licenseBlock(`service = "M365 Business Premium"`, `skus = ["SPB"]`, `category = "other"`, `subcategory = "other"`,
					`description = "Office"`, `support_article = "https://help.example/bp"`, `support_contact = "help@msp.example"`),
				PlanOnly: true,
			},
		},
	})
	providertest.ExpectWrites(t, s)
	if got := len(s.Services()); got != 2 {
		t.Errorf("Gradient holds %d services after destroy, want both", got)
	}
}

func TestServiceIsAdopted(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Business Premium", Description: "as CIPP made it", Category: "infrastructure", Subcategory: "other"},
	}}, sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB"]`, `category = "productivity"`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(license, tfjsonpath.New("service_id")), plancheck.ExpectUnknownValue(license, tfjsonpath.New("description"))),
				Check:            providertest.CheckWrites(s),
				ConfigStateChecks: []statecheck.StateCheck{
					licenseValue("service_id", knownvalue.NotNull()), licenseValue("description", knownvalue.StringExact("as CIPP made it")),
				},
			},
			{
				Config:            block + licenseBlock(`service = "Business Premium"`, `skus = ["SPB"]`, `category = "productivity"`),
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{licenseValue("category", knownvalue.StringExact("infrastructure"))},
			},
		},
	})
}

func TestServiceDifferencesAreWarnings(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+licenseBlock(`service = "Teams Phone"`, `skus = ["MCOEV"]`))
	w.Must("plan").Expect(t, 0, `Warning: Service will be in Gradient for good with cloudradial_license_mapping.this`, "character for character")
	providertest.ExpectWrites(t, s)
	w.Apply()

	w.Write("main.tf", block+licenseBlock(`service = "Teams Phone"`, `skus = ["MCOEV"]`, `category = "security"`, `support_article = "https://help.example"`,
		`description = "Teams Phone"`))
	out := w.ExpectNoChanges()
	out.Expect(t, 0, `Warning: Service "Teams Phone" differs from the configuration`, `- category: "productivity" in Gradient, "security" in the configuration`, `- support_article: "" in Gradient, "https://help.example" in the configuration`)
	out.ExpectNo(t, "- description", "for good")

	// Together with a change that is made.
	w.Write("main.tf", block+licenseBlock(`service = "Teams Phone"`, `skus = ["MCOEV", "MCOPSTN1"]`, `category = "security"`))
	w.Apply().Expect(t, 0, "1 changed", `Warning: Service "Teams Phone" differs`)
	w.ExpectNoChanges()
	w.Must("destroy", "-auto-approve").Expect(t, 0, `Warning: Service "Teams Phone" stays in Gradient`)
}

func TestSKUsThatLookWrong(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	mapping := licenseBlock(`service = "Office"`, `skus = ["SPBB", "FLOW_FREE", "SPE_E3", "SPE_E3/06ebc4ee-1bb5-47dd-8120-11324bc54e06"]`)
	w := providertest.NewWorkspace(t, providertest.Block(s)+mapping)
	out := w.Apply()
	out.Expect(t, 0, `Warning: Service "Office" has SKUs that Microsoft's table does not list`, "December 2025", "- SPBB (nearest: ", "SPB", `Warning: Service "Office" has free SKUs`, "- FLOW_FREE (Microsoft Power Automate Free)", "include_free",
		`Warning: Service "Office" has SKUs with the part number of another one`, "- SPE_E3/06ebc4ee-1bb5-47dd-8120-11324bc54e06 (the id is that of SPE_E5)")
	out.ExpectNo(t, "- SPE_E3 (")
	w.ExpectNoChanges().ExpectNo(t, "Warning")

	for _, bad := range []struct{ arguments, message string }{
		{`skus = []`, "skus set must contain at least 1 elements"},
		{`skus = [""]`, "string length must be at least 1"},
		{`skus = ["SPB", null]`, "Null Set Value"},
		{"skus = [\"SPB\"]\n  basis = \"used\"", "basis value must be one of"},
		{"skus = [\"SPB\"]\n  category = \"Productivity\"", "category value must be one of"},
		{"skus = [\"SPB\"]\n  subcategory = \"others\"", "subcategory value must be one of"},
	} {
		w.Write("main.tf", providertest.Block(s)+licenseBlock(`service = "Office"`, bad.arguments))
		w.Run("plan").Expect(t, 1, bad.message)
	}
}

func TestServiceThatGradientRefuses(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Times: 1, Status: 400, Body: `{"message":["category is too odd"]}`})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Service "Office" is not created`, `Asked Gradient to create the service "Office"`, "400 Bad Request", "category is too odd", "trying again will not help")
	w.Apply()
	w.ExpectNoChanges()
	if got := len(s.Services()); got != 1 {
		t.Errorf("Gradient holds %d services, want one", got)
	}
}

// TestLicenseMappingImport: Gradient does not know which SKUs count, so they are planned, and nothing is asked of Gradient for them. The
// basis is the default.
func TestLicenseMappingImport(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Office / E3", Category: "infrastructure", Subcategory: "other", Description: "as CIPP made it"},
	}}, sandbox.Options{})
	configuration := providertest.Block(s) + licenseBlock(`service = "Office / E3"`, `skus = ["SPE_E3"]`)
	for name, take := range map[string]func(w *providertest.Workspace) providertest.Output{
		"by command": func(w *providertest.Workspace) providertest.Output { return w.Must("import", license, "Office / E3") },
		"by block": func(w *providertest.Workspace) providertest.Output {
			w.Write("import.tf", "import {\n  to = "+license+"\n  id = \"Office / E3\"\n}\n")
			return w.Must("plan")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, configuration)
			take(w)
			out := w.Run("plan", "-detailed-exitcode")
			out.Expect(t, 2, "0 to add, 1 to change, 0 to destroy", `+ skus = [ + "SPE_E3", ]`)
			out.ExpectNo(t, "+ basis")
			w.Apply().ExpectNo(t, "differs from the configuration")
			w.ExpectNoChanges()
			providertest.ExpectWrites(t, s)
		})
	}
	w := providertest.NewWorkspace(t, configuration)
	w.Run("import", license, "Office").Expect(t, 1, "Cannot import non-existent remote object")
}

func TestServiceInTwoMappings(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_license_mapping" "this" {
  for_each = toset(["SPB", "SPE_E3"])
  service  = "Office"
  skus     = [each.key]
}
`)
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Service "Office" is in two license mappings`, `["SPB"]`, `["SPE_E3"]`, "Put the SKUs into one")
	if got := len(s.Services()); got != 1 {
		t.Errorf("Gradient holds %d services, want one", got)
	}
}

// A new mapping of a name that two services have is an error; an existing one stays with its id, whatever comes first in the list.
func TestSeveralServicesOfOneName(t *testing.T) {
	t.Parallel()
	office := sandbox.Service{Name: "Office", Category: "productivity", Subcategory: "other", Description: "Office"}
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{office, office}}, sandbox.Options{})
	first, second := s.Services()[0].ID, s.Services()[1].ID
	configuration := providertest.Block(s) + licenseBlock(`service = "Office"`, `skus = ["SPB"]`) + `
output "id" { value = cloudradial_license_mapping.this.service_id }
`
	w := providertest.NewWorkspace(t, configuration)
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Gradient has 2 services named "Office"`, first+", "+second, "import {")
	w.Run("import", license, "Office").Expect(t, 1, `Error: Gradient has 2 services named "Office"`)
	w.Must("import", license, second)
	w.Apply().Expect(t, 0, `Warning: Gradient has 2 services named "Office"`, "Unit counts go to "+second, `id = "`+second+`"`)
	w.ExpectNoChanges().Expect(t, 0, `Warning: Gradient has 2 services named "Office"`)
	providertest.ExpectWrites(t, s)
}

// A service that was made again has another id under the same name, and the run says so.
func TestAnotherIDBehindTheName(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Apply()
	old := s.Services()[0]
	renamed := old
	renamed.Name = "Office (old)"
	s.PutService(renamed)
	w.Run("plan", "-detailed-exitcode").Expect(t, 0, `Warning: Service "Office" has another name in Gradient`, `"Office (old)"`)
	again := old
	again.ID = ""
	s.PutService(again)
	now := s.Services()[1].ID
	w.Apply().Expect(t, 0, `Warning: Service "Office" is another one than before`, "It had the id "+old.ID, now)
	w.ExpectNoChanges().ExpectNo(t, "another one than before")
	providertest.ExpectWrites(t, s, `POST /service {"name":"Office","description":"Office","category":"productivity","subcategory":"other"}`)
}

func TestServiceGoneIsRecreated(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	other := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Apply()
	// Another vendor's keys show another catalogue.
	w.Write("main.tf", providertest.Block(other)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, `Warning: Service "Office" is gone from Gradient`, "whether the keys are those of the same integration", "1 to add")
}

func TestManyLicenseMappingsShareTheReads(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_license_mapping" "this" {
  for_each = toset(["SPB", "SPE_E3", "SPE_F1", "MCOEV"])
  service  = "Product ${each.key}"
  skus     = [each.key]
}
`)
	w.Must("plan")
	providertest.ExpectWrites(t, s)
	w.Apply()
	s.ClearRequests()
	w.ExpectNoChanges()
	if got := providertest.Requests(s, sandbox.Gradient); len(got) != 1 {
		t.Errorf("Gradient was asked %q, want one read of the catalogue", got)
	}
}

// TestKilledCreate cuts the answer to the creation of a service, which must not be made twice.
func TestKilledCreate(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Times: 1, Kind: "reset-after"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Apply()
	w.ExpectNoChanges()
	if got := len(s.Services()); got != 1 {
		t.Errorf("Gradient holds %d services, want one", got)
	}
}

func TestLicenseMappingUnknownValues(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
variable "sku" { type = string }
resource "terraform_data" "later" {
  triggers_replace = %q
  input = { service = "Office", sku = "SPB", category = "other", text = "later", key = %q }
}
`, round, s.Credentials().GradientPartnerKey)
	}
	mapping := licenseBlock(`service = terraform_data.later.output.service`, `skus = [terraform_data.later.output.sku, var.sku]`,
		`category = terraform_data.later.output.category`, `description = terraform_data.later.output.text`,
		`support_article = terraform_data.later.output.text`)
	unknownKey := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "terraform_data.later.output.key"})
	variables := config.Variables{"sku": config.StringVariable("SPE_E3")}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:            later("first") + providertest.Block(s) + mapping,
				ConfigVariables:   variables,
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectUnknownValue(license, tfjsonpath.New("service"))),
				Check:             providertest.CheckWrites(s, `POST /service {"name":"Office","description":"later","category":"other","subcategory":"other","supportArticle":"later"}`),
				ConfigStateChecks: []statecheck.StateCheck{licenseValue("skus", knownvalue.SetSizeExact(2))},
			},
			{
				Config:           later("second") + unknownKey + licenseBlock(`service = "Office"`, `skus = ["SPB", var.sku]`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(license, plancheck.ResourceActionNoop), plancheck.ExpectKnownValue(license, tfjsonpath.New("category"), knownvalue.StringExact("other"))),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config:          later("third") + unknownKey + licenseBlock(`service = "Exchange"`, `skus = ["EXCHANGESTANDARD"]`),
				ConfigVariables: variables,
				Check:           providertest.CheckWrites(s, `POST /service {"name":"Exchange","description":"Exchange","category":"productivity","subcategory":"other"}`),
			},
		},
	})
}

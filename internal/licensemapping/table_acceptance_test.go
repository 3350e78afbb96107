// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping_test

import (
	"fmt"
	"os"
	"slices"
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
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           block + licensesBlock(premiumAndVisio),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("unmanaged")), plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "service"), text("Business Premium")), plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "basis"), text("purchased")), plancheck.ExpectUnknownValue(licenses, inTable("Business Premium", "category")), plancheck.ExpectUnknownValue(licenses, inTable("Business Premium", "description")), plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("service_ids").AtMapKey("Business Premium"))),
				Check:            providertest.CheckWrites(s, `POST /service {"name":"Business Premium","description":"Business Premium","category":"productivity","subcategory":"other"}`, `POST /service {"name":"Visio","description":"Drawings","category":"other","subcategory":"other"}`),
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
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				Check:            providertest.CheckWrites(s),
			},
			{
				// Gradient holds neither skus nor basis, and what leaves the table stays there. What is there already is adopted.
				Config:           block + licensesBlock(`"Business Premium" = { skus = ["SPB", "SPE_E3"], basis = "enabled" }`, `"Backup" = { skus = ["SPE_E5"] }`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(licenses, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("service_ids").AtMapKey("Backup")), plancheck.ExpectUnknownValue(licenses, inTable("Backup", "category"))),
				Check:            providertest.CheckWrites(s),
				ConfigStateChecks: []statecheck.StateCheck{
					tableValue(tfjsonpath.New("service_ids").AtMapKey("Backup"), text(backup)),
					tableValue(inTable("Backup", "category"), text("backup")),
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
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectKnownValue(licenses, inTable("Business Premium", "basis"), text("purchased"))),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config: block + licensesBlock(),
				Check:  providertest.CheckWrites(s),
				ConfigStateChecks: []statecheck.StateCheck{
					tableValue(tfjsonpath.New("service_ids"), knownvalue.MapSizeExact(0)),
					tableValue(tfjsonpath.New("unmanaged"), knownvalue.ListSizeExact(4)),
				},
			},
		},
	})
	providertest.ExpectWrites(t, s)
	if got := len(s.Services()); got != 4 {
		t.Errorf("Gradient holds %d services after destroy, want all four", got)
	}
}

// held are the services that Gradient holds, by name.
func held(s *sandbox.Server) []string {
	var names []string
	for _, service := range s.Services() {
		names = append(names, service.Name)
	}
	slices.Sort(names)
	return names
}

func expectHeld(t *testing.T, s *sandbox.Server, names ...string) {
	t.Helper()
	if got := held(s); !slices.Equal(got, names) {
		t.Errorf("Gradient holds the services %q, want %q", got, names)
	}
}

func TestLicenseMappingsWarnings(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Visio", Description: "as CIPP made it", Category: "infrastructure", Subcategory: "other"},
	}}, sandbox.Options{})
	block := providertest.Block(s)
	table := licensesBlock(premiumAndVisio, `"Office" = { skus = ["SPBB", "FLOW_FREE"] }`)
	w := providertest.NewWorkspace(t, block+table)
	out := w.Must("plan")
	out.Expect(t, 0, "Warning: Services will be in Gradient for good (2)", `character for character. - "Business Premium" - "Office"`, `Warning: Service "Visio" differs from the configuration`, `- category: "infrastructure" in Gradient, "other" in the configuration`, `- description: "as CIPP made it" in Gradient, "Drawings" in the configuration`, `Warning: Service "Office" has SKUs that Microsoft's table does not list`, "- SPBB (nearest: ", `Warning: Service "Office" has free SKUs`, "- FLOW_FREE (Microsoft Power Automate Free)")
	if got := strings.Count(out.Text, "Warning: "); got != 4 {
		t.Errorf("%d warnings, want 4:\n%s", got, out.Raw)
	}
	providertest.ExpectWrites(t, s)
	w.Apply()

	out = w.ExpectNoChanges()
	out.Expect(t, 0, `Warning: Service "Visio" differs from the configuration`, "- category:")
	if got := strings.Count(out.Text, "Warning: "); got != 1 {
		t.Errorf("%d warnings of a plan without changes, want the one about the differences:\n%s", got, out.Raw)
	}
	w.Write("main.tf", block+licensesBlock(`"Visio" = { skus = ["VISIOCLIENT"] }`))
	w.Must("plan").Expect(t, 0, "0 to destroy", "Warning: Services stay in Gradient (2)", `- "Business Premium" - "Office"`)
	w.Apply().ExpectNo(t, "from the configuration")
	w.ExpectNoChanges().ExpectNo(t, "Warning")
	w.Must("destroy", "-auto-approve").Expect(t, 0, `Warning: Service "Visio" stays in Gradient`)
	expectHeld(t, s, "Business Premium", "Office", "Visio")

	for _, bad := range []struct{ entry, message string }{
		{`"Office" = { basis = "assigned" }`, `Service "Office" has no SKUs`},
		{`"Office" = { skus = null }`, `Service "Office" has no SKUs`},
		{`"Office" = { skus = [] }`, "set must contain at least 1 elements"},
		{`"Office" = { skus = ["SPB"], basis = "used" }`, "basis value must be one of"},
		{`"Office" = { skus = ["SPB"], category = "Productivity" }`, "category value must be one of"},
		{`"Office" = null`, "Null Map Value"},
		{`"" = { skus = ["SPB"] }`, "string length must be at least 1"},
		{`"Office" = { skus = ["SPB"], service = "Visio" }`, "Invalid Configuration for Read-Only Attribute"},
	} {
		w.Write("main.tf", block+licensesBlock(bad.entry))
		w.Run("plan").Expect(t, 1, bad.message)
	}
}

const fourServices = `"A" = { skus = ["SPB"] }
    "B" = { skus = ["SPE_E3"] }
    "C" = { skus = ["SPE_E5"] }
    "D" = { skus = ["SPE_F1"] }`

// TestSomeServicesAreRefused keeps what succeeded, on creation and on update, and creates nothing twice.
func TestSomeServicesAreRefused(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	refuse := func(skip int) {
		s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Skip: skip, Times: 1, Status: 400,
			Body: `{"message":["category is too odd"]}`})
	}
	refuse(1)
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+licensesBlock(fourServices)+`
output "ids" { value = length(cloudradial_license_mappings.this.service_ids) }
`)
	out := w.Run("apply", "-auto-approve")
	out.Expect(t, 1, `Error: Service "B" is not created`, `Asked Gradient to create the service "B"`, "400 Bad Request", "category is too odd")
	if got := strings.Count(out.Text, "Error: "); got != 1 {
		t.Errorf("%d errors, want one:\n%s", got, out.Raw)
	}
	expectHeld(t, s, "A", "C", "D")
	w.Must("state", "show", licenses).Expect(t, 0, `"A" =`, `"C" =`, `"D" =`)
	w.Must("state", "show", licenses).ExpectNo(t, `"B" =`)
	w.Apply().Expect(t, 0, "ids = 4")
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "C", "D")

	s.ClearFaults()
	refuse(1)
	w.Write("main.tf", block+licensesBlock(`"D" = { skus = ["SPE_F3"] }`, `"E" = { skus = ["MCOEV"] }`, `"F" = { skus = ["MCOPSTN1"] }`, `"G" = { skus = ["MCOPSTN2"] }`))
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Service "F" is not created`)
	expectHeld(t, s, "A", "B", "C", "D", "E", "G")
	s.ClearRequests()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "0 to add, 1 to change, 0 to destroy", `Warning: Service will be in Gradient for good`)
	w.Apply()
	if got := providertest.Writes(s); len(got) != 1 || !strings.Contains(got[0], `"name":"F"`) {
		t.Errorf("wrote %q, want the creation of F", got)
	}
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "C", "D", "E", "F", "G")
}

func TestRefusedKeyStopsTheCreation(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
	for _, status := range []int{403, 401} {
		s.ClearFaults()
		s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Skip: 1, Times: 1, Status: status, Body: `{}`})
		before := len(s.Services())
		s.ClearRequests()
		out := w.Run("apply", "-auto-approve")
		out.Expect(t, 1, fmt.Sprintf("It answered %d", status))
		if len(providertest.Writes(s)) != 2 || len(s.Services()) != before+1 {
			t.Errorf("status %d: wrote %q", status, providertest.Writes(s))
		}
		if status == 403 {
			out.Expect(t, 1, "Error: Creation stopped: services are not created (3)", `Fix this, then apply again. - "B" - "C" - "D"`)
		} else {
			out.Expect(t, 1, "Error: Creation stopped: services are not created (2)", `Fix this, then apply again. - "C" - "D"`)
		}
	}
	w.Apply()
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "C", "D")
}

// TestNoServiceIsCreatedWhenTheCatalogueCannotBeRead, because without it a service could be created twice.
func TestNoServiceIsCreatedWhenTheCatalogueCannotBeRead(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
	w.Must("plan", "-out=plan")
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "GET", Path: "/vendor-api$", Status: 403, Body: `{}`})
	out := w.Run("apply", "plan")
	out.Expect(t, 1, "Error: Gradient services cannot be read", "403 Forbidden")
	if got := strings.Count(out.Text, "Error: "); got != 1 {
		t.Errorf("%d errors, want one:\n%s", got, out.Raw)
	}
	providertest.ExpectWrites(t, s)
	s.ClearFaults()
	w.Apply()
	expectHeld(t, s, "A", "B", "C", "D")
}

// TestUnclearCreations loses the answers to creations that Gradient carried out.
func TestUnclearCreations(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Times: 1, Kind: "reset-after"})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Skip: 1, Times: 1, Kind: "after", Status: 502})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/service$", Skip: 2, Times: 1, Kind: "cut-off"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
	w.Apply()
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "C", "D")
}

func TestLicenseMappingsImport(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Office / E3", Category: "infrastructure", Subcategory: "other", Description: "as CIPP made it"},
		{Name: "Backup", Category: "backup", Subcategory: "other"},
	}}, sandbox.Options{})
	configuration := providertest.Block(s) + licensesBlock(`"Office / E3" = { skus = ["SPE_E3"] }`)
	for name, take := range map[string]func(w *providertest.Workspace) providertest.Output{
		"by command": func(w *providertest.Workspace) providertest.Output {
			return w.Must("import", licenses, "any id at all")
		},
		"by block": func(w *providertest.Workspace) providertest.Output {
			w.Write("import.tf", "import {\n  to = "+licenses+"\n  id = \"all\"\n}\n")
			return w.Must("plan")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, configuration)
			take(w)
			out := w.Run("plan", "-detailed-exitcode")
			out.Expect(t, 2, "0 to add, 1 to change, 0 to destroy", `+ skus = [ + "SPE_E3", ]`, `+ basis = "purchased"`, `Warning: Service "Backup" stays in Gradient`)
			out.ExpectNo(t, "known after apply")
			w.Apply().ExpectNo(t, "from the configuration", "for good")
			w.ExpectNoChanges().ExpectNo(t, "Warning")
			w.Must("state", "show", licenses).Expect(t, 0, `category = "infrastructure"`, `name = "Backup"`)
			providertest.ExpectWrites(t, s)
		})
	}
}

func TestServicesGoneAreCreatedAgain(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	other := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{{ID: "64f002fffffffffffffffffe", Name: "C", Category: "productivity", Subcategory: "other"}}}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
	w.Apply()
	// Another vendor's keys show another catalogue.
	w.Write("main.tf", providertest.Block(other)+licensesBlock(fourServices))
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "Warning: Services are gone from Gradient (3)", "whether the keys are those of the same integration", `still in the configuration. - "A" - "B" - "D"`, "0 to add, 1 to change, 0 to destroy", "Warning: Services will be in Gradient for good (3)")
	w.Apply()
	w.ExpectNoChanges()
	expectHeld(t, other, "A", "B", "C", "D")
	expectHeld(t, s, "A", "B", "C", "D")
}

func TestTheTableWithSeveralServicesOfOneName(t *testing.T) {
	t.Parallel()
	office := sandbox.Service{Name: "Office", Category: "productivity", Subcategory: "other", Description: "Office"}
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{office}}, sandbox.Options{})
	first := s.Services()[0].ID
	block := providertest.Block(s)
	const outputs = `
output "id" { value = cloudradial_license_mappings.this.service_ids["Office"] }
output "unmanaged" { value = length(cloudradial_license_mappings.this.unmanaged) }
`
	w := providertest.NewWorkspace(t, block+licensesBlock(`"Office" = { skus = ["SPB"] }`)+outputs)
	w.Apply()
	s.PutService(office)
	w.Apply().Expect(t, 0, `Warning: Gradient has 2 services named "Office"`, "Unit counts go to "+first, `id = "`+first+`"`, "unmanaged = 0")
	w.ExpectNoChanges().Expect(t, 0, `Warning: Gradient has 2 services named "Office"`)
	other := providertest.NewWorkspace(t, block+licensesBlock(`"Office" = { skus = ["SPB"] }`))
	other.Run("apply", "-auto-approve").Expect(t, 1, `Error: Gradient has 2 services named "Office"`, first)
	providertest.ExpectWrites(t, s)
}

func TestPlanOfTheTableWithoutChanges(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
	w.Must("plan")
	providertest.ExpectWrites(t, s)
	w.Apply()
	s.ClearRequests()
	w.ExpectNoChanges()
	if got := providertest.Requests(s, sandbox.Gradient); len(got) != 1 {
		t.Errorf("Gradient was asked %q, want one read of the catalogue", got)
	}
	s.ClearRequests()
	w.Must("plan", "-detailed-exitcode", "-refresh=false")
	if got := providertest.Requests(s, sandbox.Gradient); len(got) != 0 {
		t.Errorf("Gradient was asked %q without a refresh", got)
	}
}

// TestUnmanagedServicesAreNoChange: a service that another tool creates appears in unmanaged, and changes no plan.
func TestUnmanagedServicesAreNoChange(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+licensesBlock(fourServices))
	w.Apply()
	other := providertest.NewWorkspace(t, block+licenseBlock(`service = "Office"`, `skus = ["MCOEV"]`))
	other.Apply()
	w.ExpectNoChanges()
	w.Must("apply", "-refresh-only", "-auto-approve")
	w.Must("state", "show", licenses).Expect(t, 0, `name = "Office"`)
	w.ExpectNoChanges()
}

func TestTheTableWithUnknownValues(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{
		{Name: "Adopted", Description: "as CIPP made it", Category: "infrastructure", Subcategory: "other"},
	}}, sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
variable "sku" { type = string }
resource "terraform_data" "later" {
  triggers_replace = %q
  input = { service = "Late", sku = "SPB", category = "other", text = "later", key = %q, entry = { skus = ["MCOEV"], category = null } }
}
`, round, s.Credentials().GradientPartnerKey)
	}
	table := func(services string) string {
		return "resource \"cloudradial_license_mappings\" \"this\" {\n  services = " + services + "\n}\n"
	}
	unknownKey := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "terraform_data.later.output.key"})
	variables := config.Variables{"sku": config.StringVariable("SPE_E3")}
	adopted := `"Adopted" = { skus = ["SPE_E5"] }`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				// A name that is not known makes the whole map unknown.
				Config:           later("first") + providertest.Block(s) + table(`{ (terraform_data.later.output.service) = { skus = [terraform_data.later.output.sku, var.sku] } }`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("services")), plancheck.ExpectUnknownValue(licenses, tfjsonpath.New("unmanaged"))),
				Check:            providertest.CheckWrites(s, `POST /service {"name":"Late","description":"Late","category":"productivity","subcategory":"other"}`),
			},
			{
				// Entries and attributes that are not known; the names are.
				Config: later("second") + providertest.Block(s) + table(`{
					"Late"  = { skus = [terraform_data.later.output.sku], basis = terraform_data.later.output.text == "later" ? "assigned" : "enabled" }
					"Entry" = terraform_data.later.output.entry
					"Text"  = { skus = ["SPE_F1"], category = terraform_data.later.output.category, description = terraform_data.later.output.text }
				}`),
				ConfigVariables:   variables,
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectKnownValue(licenses, inTable("Text", "service"), text("Text")), plancheck.ExpectKnownValue(licenses, inTable("Late", "category"), text("productivity")), plancheck.ExpectUnknownValue(licenses, inTable("Late", "skus").AtSliceIndex(0)), plancheck.ExpectKnownValue(licenses, tfjsonpath.New("unmanaged"), knownvalue.ListSizeExact(1))),
				Check:             providertest.CheckWrites(s, `POST /service {"name":"Entry","description":"Entry","category":"productivity","subcategory":"other"}`, `POST /service {"name":"Text","description":"later","category":"other","subcategory":"other"}`),
				ConfigStateChecks: []statecheck.StateCheck{tableValue(inTable("Late", "basis"), text("assigned"))},
			},
			{
				// Without a key it is unknown whether a service exists.
				Config:            later("third") + unknownKey + table(`{ `+adopted+`, "New" = { skus = ["MCOPSTN1"], category = "security" } }`),
				ConfigVariables:   variables,
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectUnknownValue(licenses, inTable("Adopted", "category")), plancheck.ExpectKnownValue(licenses, inTable("New", "category"), text("security"))),
				Check:             providertest.CheckWrites(s, `POST /service {"name":"New","description":"New","category":"security","subcategory":"other"}`),
				ConfigStateChecks: []statecheck.StateCheck{tableValue(inTable("Adopted", "category"), text("infrastructure"))},
			},
			{
				Config:           later("fourth") + unknownKey + table(`{ `+adopted+`, "New" = { skus = ["MCOPSTN1"], category = "security" } }`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(licenses, plancheck.ResourceActionNoop)),
				Check:            providertest.CheckWrites(s),
			},
		},
	})
}

// TestOneServiceInBothResources: the first to create the service gets it, and the plan of the second warns.
func TestOneServiceInBothResources(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	both := func(table, item string) string {
		return providertest.Block(s) + licensesBlock(`"Office" = { skus = ["SPB"], description = "from the table" }`, `"Visio" = { skus = ["VISIOCLIENT"] }`) + table + `
resource "cloudradial_license_mapping" "this" {
  service = "Office"
  skus    = ["SPE_E3"]
` + item + `
}
`
	}
	const warning = `Warning: Service "Office" is in two license mappings`
	w := providertest.NewWorkspace(t, both("", "depends_on = [cloudradial_license_mappings.this]"))
	w.Must("plan").Expect(t, 0, warning, "Keep each service in one of the two")
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Service "Office" is in two license mappings`, `a cloudradial_license_mappings with skus = ["SPB"], and a cloudradial_license_mapping with skus = ["SPE_E3"]`, "Put the SKUs into one")
	expectHeld(t, s, "Office", "Visio")

	s = providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w = providertest.NewWorkspace(t, strings.Replace(both("", ""), `"this" {
  services`, `"this" {
  depends_on = [cloudradial_license_mapping.this]
  services`, 1))
	w.Must("plan").Expect(t, 0, warning)
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Service "Office" is in two license mappings`, `a cloudradial_license_mapping with skus = ["SPE_E3"], and a cloudradial_license_mappings with skus = ["SPB"]`)
	expectHeld(t, s, "Office", "Visio")

	// Managed by both already.
	s = providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{{Name: "Office", Category: "productivity", Subcategory: "other"}}}, sandbox.Options{})
	w = providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`))
	w.Apply()
	w.Write("main.tf", providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPB"]`)+licensesBlock(`"Office" = { skus = ["SPB"] }`))
	w.Apply().Expect(t, 0, warning)
	w.ExpectNoChanges().Expect(t, 0, warning)
	providertest.ExpectWrites(t, s)
}

// TestServicesMadeDuringApplyDoNotChangeThePlan: another mapping makes a service before the table's turn comes.
func TestServicesMadeDuringApplyDoNotChangeThePlan(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+licenseBlock(`service = "Office"`, `skus = ["SPE_E3"]`)+`
resource "cloudradial_license_mappings" "this" {
  services   = { "Visio" = { skus = ["VISIOCLIENT"] } }
  depends_on = [cloudradial_license_mapping.this]
}
`)
	w.Apply().ExpectNo(t, "in two license mappings")
	w.ExpectNoChanges()
	expectHeld(t, s, "Office", "Visio")
}

// TestServicesMadeBetweenPlanAndApply: what others create meanwhile does not make a saved plan stale, on creation and on update, and one
// of the planned names is adopted.
func TestServicesMadeBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+licensesBlock(`"A" = { skus = ["SPB"] }`, `"B" = { skus = ["SPE_E3"] }`))
	w.Must("plan", "-out=plan")
	other := providertest.NewWorkspace(t, block+licensesBlock(`"B" = { skus = ["MCOEV"] }`, `"X" = { skus = ["MCOPSTN1"] }`))
	other.Apply()
	w.Must("apply", "plan")
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "X")

	w.Write("main.tf", block+licensesBlock(`"A" = { skus = ["SPB"] }`, `"C" = { skus = ["SPE_E3"] }`))
	w.Must("plan", "-out=plan")
	other.Write("main.tf", block+licensesBlock(`"C" = { skus = ["MCOEV"] }`, `"Y" = { skus = ["MCOPSTN1"] }`))
	other.Apply()
	w.Must("apply", "plan")
	w.ExpectNoChanges()
	expectHeld(t, s, "A", "B", "C", "X", "Y")
}

func TestTheExampleOfLicenseMappings(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/resources/cloudradial_license_mappings/resource.tf")
	if err != nil {
		t.Fatal(err)
	}
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{{Name: "Backup", Category: "backup", Subcategory: "other"}}}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+string(example))
	w.Write("licenses.csv", "\ufeffservice,sku\nOffice,SPB\nOffice,SPE_E3\n,\nVisio,VISIOCLIENT\n")
	w.Apply().Expect(t, 0, `unmanaged_services = tolist([ "Backup", ])`)
	w.ExpectNoChanges()
	expectHeld(t, s, "Backup", "Office", "Visio")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// customers is the number of companies in the estate; the portal and Microsoft may have more.
const customers = 6

// estate is a configuration with one of each resource that billing needs.
const estate = `
locals { customers = { for i in range(1, 7) : format("c%02d", i) => i } }

resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mapping" "this" {
  for_each   = local.customers
  company_id = each.value
  account_id = each.key
}

resource "cloudradial_license_mapping" "this" {
  for_each = { "Business Premium" = "SPB", "Office E3" = "SPE_E3", "Teams Phone" = "MCOEV" }
  service  = each.key
  skus     = [each.value]
}

data "cloudradial_license_counts" "m365" {
  tenants = { for id, i in local.customers : id => "customer${i}.example" }
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mapping.this,
    cloudradial_license_mapping.this,
  )
  depends_on = [cloudradial_gradient_integration.this]
}
`

// estateSeed returns a portal with that many companies, of which the first ones are customers with a tenant.
func estateSeed(companies int) sandbox.Seed {
	var seed sandbox.Seed
	for i := range companies {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: i + 1, Name: fmt.Sprintf("Customer %d", i+1)})
	}
	for i := range customers {
		seed.Tenants = append(seed.Tenants, sandbox.Tenant{
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1), Name: fmt.Sprintf("Customer %d", i+1), Domains: []string{fmt.Sprintf("customer%d.example", i+1)},
			SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 10 + i},
				{PartNumber: "SPE_E3", SKUID: "05e9a617-0261-4cee-bb44-138d3ef5d965", Enabled: 5},
			},
		})
	}
	return seed
}

// settled applies the estate, maps everything in Gradient, and applies again.
func settled(t *testing.T, s *sandbox.Server, configuration string) *providertest.Workspace {
	t.Helper()
	w := providertest.NewWorkspace(t, configuration)
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	w.ExpectNoChanges()
	s.ClearRequests()
	return w
}

func TestANoChangePlanOfAnEstateIsCheap(t *testing.T) {
	t.Parallel()
	for companies, pages := range map[int]int{199: 1, 200: 1, 401: 3} {
		t.Run(fmt.Sprint(companies), func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estateSeed(companies), sandbox.Options{})
			w := settled(t, s, providertest.Block(s)+estate)
			w.ExpectNoChanges()
			providertest.ExpectWrites(t, s)
			if got := providertest.Requests(s, sandbox.Gradient); len(got) > 4 {
				t.Errorf("requests to Gradient: %q, want 4 at most", got)
			}
			if got := providertest.Requests(s, sandbox.CloudRadial); len(got) != pages+1 { // and the count
				t.Errorf("requests to CloudRadial: %q, want %d", got, pages+1)
			}
		})
	}
}

// TestDefaults reads the defaults from the first plan of resources with only their required attributes. What apply takes over from
// CloudRadial or from an adopted service is not among them.
func TestDefaults(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_gradient_integration" "this" {}
resource "cloudradial_company_mapping" "this" { company_id = 2 }
resource "cloudradial_license_mapping" "this" {
  service = "Office"
  skus    = ["SPE_E3"]
}
resource "cloudradial_license_sync" "this" { unit_counts = {} }
`)
	w.Must("plan", "-out=plan")
	var plan struct {
		PlannedValues struct {
			RootModule struct {
				Resources []struct {
					Type   string
					Values json.RawMessage
				}
			} `json:"root_module"`
		} `json:"planned_values"`
	}
	if err := json.Unmarshal([]byte(w.Must("show", "-json", "plan").Raw), &plan); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"cloudradial_gradient_integration": {`"enabled":true`},
		"cloudradial_company_mapping":      {`"account_id":"2"`, `"description":""`},
		"cloudradial_license_mapping":      {`"basis":"purchased"`},
		"cloudradial_license_sync": {`"guard":{"approved":null,"max_account_percent":50,"max_decrease_percent":20,"max_first_units":1000,"max_increase_percent":50}`,
			`"on_unmapped":"warn"`, `"zero_missing":false`,
			`"zero_on_destroy":false`, `"triggers":null`, `"id":"`},
	}
	for _, resource := range plan.PlannedValues.RootModule.Resources {
		for _, value := range want[resource.Type] {
			if !strings.Contains(string(resource.Values), value) {
				t.Errorf("%s has no %s: %s", resource.Type, value, resource.Values)
			}
		}
		delete(want, resource.Type)
	}
	if len(want) > 0 {
		t.Errorf("the plan lacks %v", want)
	}
}

// TestAMissingKeyIsOneError checks that, for a new estate and for an applied one, however many resources need the key.
func TestAMissingKeyIsOneError(t *testing.T) {
	t.Parallel()
	for attribute, texts := range map[string][]string{
		"gradient.partner_api_key": {"Error: Gradient cannot be used", "gradient.partner_api_key (environment variable GRADIENT_PARTNER_API_KEY)"},
		"gradient.vendor_api_key":  {"Error: Gradient cannot be used", "gradient.vendor_api_key (environment variable GRADIENT_VENDOR_API_KEY)"},
		"private_key":              {"Error: CloudRadial cannot be used", "private_key (environment variable CLOUDRADIAL_PRIVATE_KEY)"},
		"microsoft.client_secret": {"Error: Microsoft Graph cannot be used",
			"microsoft.client_secret (environment variable CLOUDRADIAL_MICROSOFT_CLIENT_SECRET or ARM_CLIENT_SECRET)"},
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
			without := providertest.BlockWith(s, map[string]string{attribute: ""}) + estate
			w := providertest.NewWorkspace(t, without)
			w.Run("plan").ExpectErrors(t, 1, texts...)

			w.Write("main.tf", providertest.Block(s)+estate)
			w.Apply()
			w.Write("main.tf", without)
			if attribute == "private_key" {
				// Companies that are mapped already only warn.
				w.Run("plan").Expect(t, 0, "Warning: CloudRadial cannot be used", texts[1])
				return
			}
			w.Run("plan").ExpectErrors(t, 1, texts...)
		})
	}
}

// TestNamesAreRequiredWithoutCloudRadial checks the only default that needs a system.
func TestNamesAreRequiredWithoutCloudRadial(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	without := providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": ""})
	providertest.NewWorkspace(t, without+estate).Run("plan").ExpectErrors(t, 1, "Error: Name is required without CloudRadial keys", "public_key (environment variable CLOUDRADIAL_PUBLIC_KEY)", "private_key (environment variable CLOUDRADIAL_PRIVATE_KEY)")
}

// TestARegeneratedKey gives one request and one error for each list that cannot be read, not one for each mapping.
func TestARegeneratedKey(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	w := settled(t, s, providertest.Block(s)+estate)
	s.RegenerateKey()
	w.Run("plan").ExpectErrors(t, 3, "Error: Gradient integration cannot be read", "Error: Gradient accounts cannot be read", "Error: Gradient services cannot be read", "It answered 401 Unauthorized", "it was regenerated, or the integration was disconnected in Gradient", "GRADIENT_PARTNER_API_KEY")
	if got := providertest.Requests(s, sandbox.Gradient); len(got) != 3 {
		t.Errorf("requests with a key that Gradient refuses: %q, want 3", got)
	}
	w.Write("main.tf", providertest.Block(s)+estate)
	w.ExpectNoChanges()
}

// TestADisconnectedIntegration also shows the way back: the plan shows what is created and pushed again.
func TestADisconnectedIntegration(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	w := settled(t, s, providertest.Block(s)+estate)
	before := s.UnitCounts()
	s.Disconnect()
	w.Run("plan").ExpectErrors(t, 3, "disconnected in Gradient", "Gradient deletes its accounts")

	s.Reconnect()
	w.Write("main.tf", providertest.Block(s)+estate)
	s.ClearRequests()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, fmt.Sprintf("Plan: %d to add, 2 to change, 0 to destroy", customers),
		`Warning: Account "Customer 1" (c01) is gone from Gradient`, "connected again", `+ "Business Premium" = 10`)
	providertest.ExpectWrites(t, s)
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	w.ExpectNoChanges()
	if after := s.UnitCounts(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("Gradient holds %v, want what it held before, %v", after, before)
	}
}

// TestUpstreamsThatFailWithoutEnd waits through every retry of lists that fail in different ways. Each list is one error, although many
// mappings need it.
func TestUpstreamsThatFailWithoutEnd(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	w := settled(t, s, providertest.Block(s)+estate+`
data "cloudradial_companies" "all" {}
`)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/organization$", Status: 429, Header: map[string]string{"Retry-After": "3600"}})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/accounts$", Status: 503, Body: `{"statusCode":503,"message":"We are working on it"}`})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/vendor-api$", Kind: "cut-off"})
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Kind: "reset"})
	w.Run("plan").ExpectErrors(t, 4, "Error: Gradient integration cannot be read", "Asked Gradient to read the integration (GET https://127.0.0.1:", "It answered 429 Too Many Requests", "it asks to wait 1h0m0s", "Lower gradient.requests_per_second", "Error: Gradient accounts cannot be read", "Asked Gradient to read the accounts", `It answered 503 Service Unavailable: "We are working on it".`, "The request was sent 5 times.", "The problem is on Gradient's side and usually passes.", "Error: Gradient services cannot be read", "Asked Gradient to read the services", "It gave no complete answer: the answer was cut off", "Check gradient.base_url", "Error: CloudRadial companies cannot be read", "It gave no complete answer", "Check base_url (environment variable CLOUDRADIAL_BASE_URL) and the network, and try again.")
}

// TestKeysThatAreNotKnownYet defers every resource, new or not.
func TestKeysThatAreNotKnownYet(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
resource "terraform_data" "keys" {
  triggers_replace = %q
  input            = { partner = %q, private = %q }
}
`, round, s.Credentials().GradientPartnerKey, s.Credentials().CloudRadialPrivateKey) +
			providertest.BlockWith(s, map[string]string{
				"gradient.partner_api_key": "terraform_data.keys.output.partner", "private_key": "terraform_data.keys.output.private",
			}) + estate
	}
	w := providertest.NewWorkspace(t, later("first"))
	w.Must("plan").Expect(t, 0, "known after apply")
	if got := append(providertest.Requests(s, sandbox.Gradient), providertest.Requests(s, sandbox.CloudRadial)...); len(got) > 0 {
		t.Errorf("requests without a key: %q", got)
	}
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	w.ExpectNoChanges()
	held := s.UnitCounts()

	w.Write("main.tf", later("second"))
	s.ClearRequests()
	w.Must("plan").Expect(t, 0, "Plan: 1 to add, 1 to change, 1 to destroy") // the keys, and the sync that waits for them
	if got := append(providertest.Requests(s, sandbox.Gradient), providertest.Requests(s, sandbox.CloudRadial)...); len(got) > 0 {
		t.Errorf("requests without a key: %q", got)
	}
	w.Apply()
	w.ExpectNoChanges()
	if after := s.UnitCounts(); len(held) != customers || fmt.Sprint(after) != fmt.Sprint(held) {
		t.Errorf("Gradient holds %v, want %v", after, held)
	}
}

// TestImportBlocks imports what is in Gradient. The SKUs of a service and the pushed counts cannot be read back, so they are planned; after
// that the plan is empty.
func TestImportBlocks(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{})
	settled(t, s, providertest.Block(s)+estate)
	w := providertest.NewWorkspace(t, providertest.Block(s)+estate)
	w.Write("import.tf", `
import {
  to = cloudradial_gradient_integration.this
  id = "any"
}
import {
  for_each = local.customers
  to       = cloudradial_company_mapping.this[each.key]
  id       = "${each.value}/${each.key}"
}
import {
  for_each = toset(["Business Premium", "Office E3", "Teams Phone"])
  to       = cloudradial_license_mapping.this[each.key]
  id       = each.key
}
import {
  to = cloudradial_license_sync.m365
  id = "any"
}
`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, fmt.Sprintf("Plan: %d to import, 0 to add, 4 to change, 0 to destroy", customers+5))
	providertest.ExpectWrites(t, s)
	s.ClearRequests()
	w.Apply()
	for _, write := range providertest.Writes(s) {
		if path := strings.Fields(write)[1]; !strings.HasSuffix(path, "/count") {
			t.Errorf("importing wrote %s", write)
		}
	}
	w.ExpectNoChanges()
}

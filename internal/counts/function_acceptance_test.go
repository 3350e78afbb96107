// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// estateOfFunction calls the function as the docs do: with the resources' own for_each maps.
const estateOfFunction = `
resource "cloudradial_company_mapping" "this" {
  for_each   = { acme = 1, b = 2, nobody = 3 }
  company_id = each.value
  account_id = each.key
  name       = "Company ${each.key}"
}

resource "cloudradial_license_mapping" "this" {
  for_each = { Premium = ["spb"], Flow = ["` + flowID + `"] }
  service  = each.key
  skus     = each.value
  basis    = each.key == "Flow" ? "assigned" : null
}

output "units" {
  value = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mapping.this,
    cloudradial_license_mapping.this,
  )
}
`

// planned returns the value of an output as the plan shows it.
func planned(t *testing.T, w *providertest.Workspace, output string) any {
	t.Helper()
	w.Must("plan", "-out=plan")
	var plan struct {
		PlannedValues struct {
			Outputs map[string]struct{ Value any }
		} `json:"planned_values"`
	}
	raw := w.Must("show", "-json", "plan").Raw
	if err := json.Unmarshal([]byte(raw), &plan); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	return plan.PlannedValues.Outputs[output].Value
}

// Rule 2: the first plan has every number, though the resources' maps hold more than is asked for, and unknowns;
// labels are added up, and null is unknown.
func TestRule2FunctionOnWholeResourceMaps(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	arguments := `
  tenants      = { acme = "acme.example", "b/east" = "beta.example", "b/west" = "gamma.example", nobody = "" }
  include_free = true
  on_error     = "skip"`
	withoutPortal := map[string]string{"public_key": "", "private_key": "", "base_url": ""}
	block := func(configuration string) string {
		return strings.Replace(configuration, providertest.Block(s), providertest.BlockWith(s, withoutPortal), 1)
	}
	w := providertest.NewWorkspace(t, block(reading(s, arguments)+estateOfFunction))
	providertest.ExpectJSON(t, "units of the first plan", planned(t, w, "units"), `{"acme": {"Premium": 10, "Flow": 2}, "b": {"Premium": 8}, "nobody": null}`)
	got := outputs(t, w)
	providertest.ExpectJSON(t, "units after apply", got["units"], `{"acme": {"Premium": 10, "Flow": 2}, "b": {"Premium": 8}, "nobody": null}`)

	// One of b's two tenants cannot be read: b is unknown, never the rest of it.
	s.WithdrawConsent("gamma.example")
	providertest.ExpectJSON(t, "units with a tenant skipped", planned(t, w, "units"), `{"acme": {"Premium": 10, "Flow": 2}, "b": null, "nobody": null}`)
}

// calling is a configuration without any upstream that calls the function.
func calling(counts, companies, licenses string) string {
	return `
output "units" {
  value = provider::cloudradial::unit_counts(` + counts + `, ` + companies + `, ` + licenses + `)
}
`
}

const (
	threeSeats = `{ acme = { SPB = { sku_id = "` + spbID + `", purchased = 3, enabled = 3, entitled = 3, assigned = 3, flags = ["trial"] } } }`
	oneCompany = `{ any = { account_id = "acme", name = "Acme" } }`
	oneLicense = `{ any = { service = "Premium", skus = ["SPB"], basis = "purchased" } }`
)

// Rule 2: literal objects of different shapes convert, empty and null tenants too.
func TestRule2FunctionOnLiterals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, counts, companies, licenses, want string }{
		{"objects with other attributes", threeSeats, oneCompany, oneLicense, `{"acme": {"Premium": 3}}`},
		{"a list of SKUs, no basis", threeSeats, oneCompany, `{ any = { service = "Premium", skus = tolist(["spb"]), basis = null } }`, `{"acme": {"Premium": 3}}`},
		{"a null number that is not billed", `{ acme = { SPB = { sku_id = null, purchased = 3, assigned = null }, VISIO = { purchased = null } } }`,
			oneCompany, oneLicense, `{"acme": {"Premium": 3}}`},
		{"a null tenant and an empty one", `merge(` + threeSeats + `, { beta = null, gamma = {} })`,
			`{ a = { account_id = "acme" }, b = { account_id = "beta" }, c = { account_id = "gamma" } }`, oneLicense,
			`{"acme": {"Premium": 3}, "beta": null, "gamma": {}}`},
		{"nothing at all", `{}`, `{}`, `{}`, `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, calling(test.counts, test.companies, test.licenses))
			providertest.ExpectJSON(t, "units", planned(t, w, "units"), test.want)
		})
	}
}

// Rule 2: what would bill wrongly is an error, in words that the CLI can end with its own full stop.
func TestRule2FunctionMessages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, counts, companies, licenses string
		texts                             []string
	}{
		{"a fraction", strings.Replace(threeSeats, "purchased = 3", "purchased = 2.5", 1), oneCompany, oneLicense,
			[]string{`"license_counts" parameter`, `license_counts["acme"]["SPB"].purchased is not a whole number: 2.5`}},
		{"a negative number", strings.Replace(threeSeats, "assigned = 3", "assigned = -3", 1), oneCompany, oneLicense,
			[]string{`"license_counts" parameter`, `license_counts["acme"]["SPB"].assigned is out of range (0 to 2147483647): -3`}},
		{"a null number that is billed", strings.Replace(threeSeats, "purchased = 3", "purchased = null", 1), oneCompany, oneLicense,
			[]string{`license_counts["acme"]["SPB"].purchased has no number`, "exclude_skus"}},
		{"a missing number that is billed", threeSeats, oneCompany, `{ any = { service = "Premium", skus = ["SPB"], basis = "active" } }`,
			[]string{`license_counts["acme"]["SPB"].active has no number`}},
		{"account_id in two mappings", threeSeats, `{ one = { account_id = "acme" }, two = { account_id = "acme" } }`, oneLicense,
			[]string{`"company_mappings" parameter`, `"one"`, `"two"`, `"acme"`}},
		{"a mapped account without counts", threeSeats, `{ one = { account_id = "acme" }, two = { account_id = "beta" } }`, oneLicense,
			[]string{`"license_counts" parameter`, `"two"`, `"beta"`}},
		{"counts without a mapped account", threeSeats, `{}`, oneLicense, []string{`"company_mappings" parameter`, `"acme"`}},
		{"one SKU in two services", threeSeats, oneCompany,
			`{ one = { service = "Premium", skus = ["SPB"], basis = null }, two = { service = "Other", skus = ["` + strings.ToUpper(spbID) + `"], basis = null } }`,
			[]string{`"license_mappings" parameter`, `"Premium"`, `"Other"`}},
		{"null instead of counts", "null", oneCompany, oneLicense, []string{`"license_counts" parameter`, "must not be null"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := providertest.NewWorkspace(t, calling(test.counts, test.companies, test.licenses)).Run("plan")
			if out.Code != 1 || strings.Contains(out.Text, "..") {
				t.Errorf("exit code %d, want 1, and sentences with one full stop:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, test.texts...)
		})
	}
}

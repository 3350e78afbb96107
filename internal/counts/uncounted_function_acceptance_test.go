// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// findingUncounted is a configuration without any upstream that calls the function.
func findingUncounted(counts, licenses string) string {
	return `
output "seats" {
  value = provider::cloudradial::uncounted_seats(` + counts + `, ` + licenses + `)
}
`
}

// The function takes literals, also those with more attributes than it needs.
func TestUncountedSeatsOfLiterals(t *testing.T) {
	t.Parallel()
	const visio = `{ acme = { VISIOCLIENT = { sku_id = "c5928f49-12ba-48f7-ada3-0d743a3601d5", purchased = 2 } } }`
	for _, test := range []struct{ name, counts, licenses, want string }{
		{"a SKU that is counted", threeSeats, oneLicense, `{}`},
		{"a SKU that is not counted", threeSeats, `{}`, `{"acme": {"SPB": 3}}`},
		{"only what the function needs", visio, oneLicense, `{"acme": {"VISIOCLIENT": 2}}`},
		{"counted by id, without a basis", visio,
			`{ v = { service = "Visio", skus = ["C5928F49-12BA-48F7-ADA3-0D743A3601D5"], basis = null } }`, `{}`},
		{"two tenants, of which one is unknown", `{ "acme/a" = ` + visio[len(`{ acme = `):len(visio)-2] + `, "acme/b" = null, beta = null }`, oneLicense,
			`{"acme": {"VISIOCLIENT": 2}}`},
		{"nothing at all", `{}`, `{}`, `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, findingUncounted(test.counts, test.licenses))
			providertest.ExpectJSON(t, "seats", planned(t, w, "seats"), test.want)
		})
	}
}

func TestErrorsOfUncountedSeats(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, counts, licenses string
		texts                  []string
	}{
		{"one SKU in two services", threeSeats, `{ a = { service = "A", skus = ["SPB"], basis = null }, b = { service = "B", skus = ["spb"], basis = null } }`,
			[]string{`"license_mappings" parameter`, `"A"`, `"B"`}},
		{"a fraction", `{ acme = { SPB = { sku_id = "x", purchased = 1.5 } } }`, `{}`,
			[]string{`"license_counts" parameter`, `license_counts["acme"]["SPB"].purchased is not a whole number: 1.5`}},
		{"a service without a name", `{}`, `{ a = { service = "", skus = [], basis = null } }`,
			[]string{`"license_mappings" parameter`, `license_mappings["a"].service is null or empty`}},
		{"no counts", "null", `{}`, []string{`"license_counts" parameter`, "must not be null"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := providertest.NewWorkspace(t, findingUncounted(test.counts, test.licenses)).Run("plan")
			if out.Code != 1 || strings.Contains(out.Text, "..") {
				t.Errorf("exit code %d, want 1, and sentences with one full stop:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, test.texts...)
		})
	}
}

// The first plan has every number, with the maps of the resources as they are. Free SKUs are not in the counts of the data source.
func TestUncountedSeatsOfResources(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", b = "beta.example" }`)+`
resource "cloudradial_license_mapping" "this" {
  for_each = { Flow = "`+flowID+`" }
  service  = each.key
  skus     = [each.value]
}

resource "cloudradial_license_mappings" "this" {
  services = { Premium = { skus = ["SPB"] } }
}

output "seats" {
  value = {
    by_item  = provider::cloudradial::uncounted_seats(data.cloudradial_license_counts.m365.counts, cloudradial_license_mapping.this)
    by_table = provider::cloudradial::uncounted_seats(data.cloudradial_license_counts.m365.counts, cloudradial_license_mappings.this.services)
  }
}
`)
	const want = `{"by_item": {"acme": {"SPB": 10}, "b": {"SPB": 5}}, "by_table": {}}`
	providertest.ExpectJSON(t, "seats of the first plan", planned(t, w, "seats"), want)
	providertest.ExpectJSON(t, "seats after apply", outputs(t, w)["seats"], want)
	w.ExpectNoChanges()
}

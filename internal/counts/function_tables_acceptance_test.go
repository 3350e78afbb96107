// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// estateOfTables is estateOfFunction with each mapping file as one resource.
const estateOfTables = `
resource "cloudradial_company_mappings" "this" {
  companies = { acme = { company_id = 1, name = "Acme" }, b = { company_id = 2, name = "Beta" } }
}

resource "cloudradial_license_mappings" "this" {
  services = {
    Premium = { skus = ["spb"] }
    Flow    = { skus = ["` + flowID + `"], basis = "assigned" }
  }
}

output "units" {
  value = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mappings.this.companies,
    cloudradial_license_mappings.this.services,
  )
}
`

// Rule 2: the first plan has every number with the whole-table resources, too.
func TestRule2FunctionOnWholeTables(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	withoutPortal := providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": "", "base_url": ""})
	w := providertest.NewWorkspace(t, strings.Replace(reading(s, `tenants = { acme = "acme.example", b = "beta.example" }
  include_free = true`), providertest.Block(s), withoutPortal, 1)+estateOfTables)
	const want = `{"acme": {"Premium": 10, "Flow": 2}, "b": {"Premium": 5}}`
	providertest.ExpectJSON(t, "units of the first plan", planned(t, w, "units"), want)
	providertest.ExpectJSON(t, "units after apply", outputs(t, w)["units"], want)
	w.ExpectNoChanges()
}

// TestOneAccountInBothResources says what to do about it.
func TestOneAccountInBothResources(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	withoutPortal := providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": "", "base_url": ""})
	w := providertest.NewWorkspace(t, withoutPortal+`
resource "cloudradial_company_mapping" "this" {
  for_each   = { one = 1 }
  company_id = each.value
  account_id = "acme"
  name       = "Acme"
}
resource "cloudradial_company_mappings" "this" {
  companies = { acme = { company_id = 1, name = "Acme" } }
}
`+calling(threeSeats, `merge(cloudradial_company_mapping.this, cloudradial_company_mappings.this.companies)`, oneLicense))
	out := w.Run("plan")
	out.ExpectTexts(t, `"company_mappings" parameter`, `account "acme" is mapped twice, by the company mappings "acme" and "one"`, "if they come from cloudradial_company_mapping and cloudradial_company_mappings, keep the account in one of the two")
	if out.Code != 1 || strings.Contains(out.Text, "..") {
		t.Errorf("exit code %d, want 1, and sentences with one full stop:\n%s", out.Code, out.Raw)
	}
}

// TestOneMappingInBothResources: the function refuses both, under whatever keys they come. Only merge() under equal keys hides one of
// them, as it hides any value: the numbers are then those of the last, and the plan's warning tells.
func TestOneMappingInBothResources(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	one := providertest.Block(s) + `
resource "cloudradial_license_mapping" "this" {
  for_each = { Premium = "VISIOCLIENT" }
  service  = each.key
  skus     = [each.value]
}
resource "cloudradial_license_mappings" "this" {
  services = { Premium = { skus = ["SPB"] }, Other = { skus = ["SPE_E3"] } }
}
`
	tables := func(licenses string) string { return one + calling(threeSeats, oneCompany, licenses) }
	w := providertest.NewWorkspace(t, tables(`merge({ for service, m in cloudradial_license_mapping.this : "item ${service}" => m }, cloudradial_license_mappings.this.services)`))
	out := w.Run("plan")
	out.ExpectTexts(t, `"license_mappings" parameter`, `service "Premium" is in two license mappings, "Premium" and "item Premium"`, "If they come from cloudradial_license_mapping and cloudradial_license_mappings, keep the service in one of the two")
	if out.Code != 1 || strings.Contains(out.Text, "..") {
		t.Errorf("exit code %d, want 1, and sentences with one full stop:\n%s", out.Code, out.Raw)
	}
	// As the documentation puts the two together.
	w.Write("main.tf", tables(`{ for i, m in concat(values(cloudradial_license_mapping.this), values(cloudradial_license_mappings.this.services)) : i => m }`))
	w.Run("plan").ExpectTexts(t, `service "Premium" is in two license mappings`)

	w.Write("main.tf", tables(`merge(cloudradial_license_mapping.this, cloudradial_license_mappings.this.services)`))
	w.Must("plan").ExpectTexts(t, `Warning: Service "Premium" is in two license mappings`)
	providertest.ExpectJSON(t, "units of what merge keeps", planned(t, w, "units"), `{"acme": {"Premium": 3}}`)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The maps of the whole-table resources fit as they are.
func TestAReviewOfWholeTables(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	configuration := strings.NewReplacer(
		"company_mappings = local.companies", "company_mappings = cloudradial_company_mappings.this.companies",
		"license_mappings = local.licenses", "license_mappings = cloudradial_license_mappings.this.services",
	).Replace(reviewing(""))
	w := providertest.NewWorkspace(t, providertest.Block(s)+configuration+`
resource "cloudradial_company_mappings" "this" {
  companies = { for id, company in local.companies : id => { company_id = tonumber(company.company_id), name = company.name } }
}
resource "cloudradial_license_mappings" "this" {
  services = { Premium = { skus = ["SPB"], basis = "assigned" }, Visio = { skus = ["VISIOCLIENT"] } }
}
`)
	got := review(t, w)
	providertest.ExpectJSON(t, "rows", got["rows"], "["+
		row("acme", "Acme Ltd", "Premium", "9", "null", "null", "null", "not_compared", "")+","+
		row("acme", "Acme Ltd", "Visio", "2", "null", "null", "null", "not_compared", "")+","+
		row("beta", "Beta BV", "Premium", "5", "null", "null", "null", "not_compared", "")+"]")
	w.Apply() // Gradient tells of a new account only later that nobody has mapped it
	w.ExpectNoChanges()
}

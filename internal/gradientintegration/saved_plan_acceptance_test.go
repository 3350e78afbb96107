// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradientintegration_test

import (
	"net/http"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// A first plan that is saved, and applied with the keys of another integration: nothing is made there, because a service stays for good.
func TestASavedPlanStopsAtAnotherIntegration(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 101, Name: "Contoso"}}}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": `file("key")`})+`
resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mapping" "this" {
  company_id = 101
  account_id = "contoso"
  name       = "Contoso"
  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_license_mapping" "this" {
  service    = "Premium"
  skus       = ["SPB"]
  depends_on = [cloudradial_gradient_integration.this]
}
`)
	w.Write("key", s.Credentials().GradientPartnerKey)
	w.Must("plan", "-out=saved")
	s.Disconnect()
	s.Reconnect()
	w.Write("key", s.Credentials().GradientPartnerKey)
	s.ClearRequests()
	w.Run("apply", "saved").Expect(t, 1, "inconsistent final plan", ".id: was cty.StringVal")
	for _, request := range s.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("%s %s was sent to the other integration", request.Method, request.Path)
		}
	}
	w.Apply()
	w.ExpectNoChanges()
}

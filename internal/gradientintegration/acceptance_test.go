// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradientintegration_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	address  = "cloudradial_gradient_integration.this"
	enabled  = `resource "cloudradial_gradient_integration" "this" {}` + "\n"
	disabled = `resource "cloudradial_gradient_integration" "this" { enabled = false }` + "\n"
)

func value(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
}

func TestLifeCycle(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: block + enabled,
				Check:  providertest.CheckWrites(s, "PATCH /organization/status/pending"),
				ConfigStateChecks: []statecheck.StateCheck{
					value("enabled", knownvalue.Bool(true)),
					value("status", knownvalue.StringExact("pending")),
					value("last_synced_at", knownvalue.Null()),
					value("id", knownvalue.NotNull()),
					value("organization_id", knownvalue.NotNull()),
					value("organization_name", knownvalue.NotNull()),
					value("vendor_id", knownvalue.NotNull()),
					value("vendor_name", knownvalue.NotNull()),
				},
			},
			{
				Config:           block + enabled,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config: block + disabled,
				ConfigPlanChecks: providertest.BeforeApply(
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("status")),
				),
				Check:             providertest.CheckWrites(s, "PATCH /organization/status/inactive"),
				ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("inactive"))},
			},
			{
				Config:            block + enabled,
				Check:             providertest.CheckWrites(s, "PATCH /organization/status/pending"),
				ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("pending"))},
			},
			{
				Config:            block + enabled,
				ResourceName:      address,
				ImportState:       true,
				ImportStateId:     "anything",
				ImportStateVerify: true,
			},
			{
				Config:          block + enabled,
				ResourceName:    address,
				ImportState:     true,
				ImportStateKind: resource.ImportBlockWithID,
				ImportStateId:   "anything",
			},
		},
		CheckDestroy: func(*terraform.State) error {
			if s.Status() != "inactive" {
				return fmt.Errorf("the integration is %s after destroy", s.Status())
			}
			return nil
		},
	})
}

func TestActiveIsNeverLowered(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Status: "active"}, sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{{
			Config:            providertest.Block(s) + enabled,
			Check:             providertest.CheckWrites(s),
			ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("active"))},
		}},
	})
}

func TestDisabledFromTheStart(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Status: "inactive"}, sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps:                    []resource.TestStep{{Config: providertest.Block(s) + disabled, Check: providertest.CheckWrites(s)}},
	})
}

func TestSwitchedOffElsewhereIsDrift(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{Config: block + enabled, Check: providertest.CheckWrites(s, "PATCH /organization/status/pending")},
			{PreConfig: func() { s.SetStatus("active") }, Config: block + enabled, PlanOnly: true},
			{PreConfig: func() { s.SetStatus("inactive") }, Config: block + enabled, PlanOnly: true, ExpectNonEmptyPlan: true},
			{Config: block + enabled, Check: providertest.CheckWrites(s, "PATCH /organization/status/pending")},
		},
	})
}

func TestPlanNeverWrites(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	w.Must("plan")
	w.Apply()
	s.SetStatus("inactive")
	s.ClearRequests()
	w.Must("plan")
	if got := providertest.Requests(s, sandbox.Gradient); !slices.Equal(got, []string{"GET /api/vendor-api/organization"}) {
		t.Errorf("plan asked %q, want one read", got)
	}
}

func TestReconnectedShowsTheNewIntegration(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	w.Apply()

	s.Disconnect()
	w.Run("plan").Expect(t, 1, "GRADIENT_PARTNER_API_KEY", "disconnected in Gradient")

	s.Reconnect()
	w.Write("main.tf", providertest.Block(s)+enabled)
	w.Apply().Expect(t, 0, "1 changed") // the new integration is inactive
	w.ExpectNoChanges()
}

// TestRevokedKeyIsAnError also checks that the message has no key.
func TestRevokedKeyIsAnError(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	w.Apply()
	s.RegenerateKey()
	for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"destroy", "-auto-approve"}} {
		out := w.Run(args...)
		out.Expect(t, 1, "Error: Gradient integration cannot be read", "/api/vendor-api/organization", "401", "it was regenerated")
		for _, secret := range s.Secrets() {
			if strings.Contains(out.Raw, secret) {
				t.Errorf("%s shows a secret:\n%s", args[0], out.Raw)
			}
		}
	}
}

func TestUnknownValues(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
resource "terraform_data" "key" {
  triggers_replace = %q
  input            = %q
}
resource "terraform_data" "enabled" {
  triggers_replace = "same"
  input            = true
}
`, round, s.Credentials().GradientPartnerKey)
	}
	block := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "terraform_data.key.output"})
	fromData := `resource "cloudradial_gradient_integration" "this" { enabled = terraform_data.enabled.output }` + "\n"
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:            later("first") + block + fromData,
				ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("pending"))},
			},
			{
				// The key is unknown again, so nothing can be read: the state stays as it is.
				Config:           later("second") + block + fromData,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop)),
			},
		},
	})
}

func TestDataSource(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Status: "pending"}, sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{{
			Config: providertest.Block(s) + enabled + `data "cloudradial_gradient_integration" "this" {}`,
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttrPair("data."+address, "id", address, "id"),
				resource.TestCheckResourceAttrPair("data."+address, "organization_name", address, "organization_name"),
				resource.TestCheckResourceAttrPair("data."+address, "vendor_id", address, "vendor_id"),
				resource.TestCheckResourceAttr("data."+address, "status", "pending"),
				resource.TestCheckNoResourceAttr("data."+address, "last_synced_at"),
			),
		}},
	})
}

func TestDataSourceNeedsToKnowTheKey(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "terraform_data.key.output"})
	w := providertest.NewWorkspace(t, `resource "terraform_data" "key" { input = "later" }`+"\n"+block+`data "cloudradial_gradient_integration" "this" {}`)
	w.Run("plan").Expect(t, 1, "not known yet: gradient.partner_api_key")
}

func TestMissingKeysAreNamed(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "", "gradient.vendor_api_key": ""})
	w := providertest.NewWorkspace(t, block+`data "cloudradial_gradient_integration" "this" {}`)
	out := w.Run("plan")
	for _, want := range []string{
		"Error: Gradient cannot be used", "gradient.vendor_api_key (environment variable GRADIENT_VENDOR_API_KEY)",
		"gradient.partner_api_key (environment variable GRADIENT_PARTNER_API_KEY)",
	} {
		if out.Code != 1 || strings.Count(out.Text, want) != 1 {
			t.Errorf("plan exits with %d, and does not say once %q:\n%s", out.Code, want, out.Raw)
		}
	}
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("asked %v without keys", got)
	}
}

func TestStatusThatGradientRefuses(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	refusal := sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPatch, Times: 1, Status: http.StatusForbidden, Body: `{"message":"Forbidden"}`}
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	for _, step := range []struct {
		command, target string
		inState         bool
	}{{"apply", "pending", false}, {"destroy", "inactive", true}} {
		if step.inState {
			w.Apply()
		}
		s.Inject(refusal)
		out := w.Run(step.command, "-auto-approve")
		out.Expect(t, 1, "Error: Gradient integration does not become "+step.target, "/organization/status/"+step.target, "403 Forbidden",
			"talk to Gradient's support")
		if got := strings.Contains(w.Run("state", "list").Text, address); got != step.inState {
			t.Errorf("after %s failed, the integration is in the state: %t, want %t", step.command, got, step.inState)
		}
	}
}

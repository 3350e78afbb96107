package gradientintegration_test

import (
	"fmt"
	"net/http"
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
	address = "cloudradial_gradient_integration.this"
	enabled = `resource "cloudradial_gradient_integration" "this" {}` + "\n"
	frozen  = `resource "cloudradial_gradient_integration" "this" { enabled = false }` + "\n"
)

func value(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
}

// writes lists the requests that change something at Gradient.
func writes(s *sandbox.Server) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.System == sandbox.Gradient && r.Method != http.MethodGet {
			found = append(found, r.Method+" "+r.Path[strings.LastIndex(r.Path, "/")+1:])
		}
	}
	return found
}

// wrote checks the writes since the last check, and forgets them.
func wrote(s *sandbox.Server, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		defer s.ClearRequests()
		if got := writes(s); strings.Join(got, ", ") != strings.Join(want, ", ") {
			return fmt.Errorf("writes to Gradient: %q, want %q", got, want)
		}
		return nil
	}
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
				Check:  wrote(s, "PATCH pending"),
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
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:            wrote(s),
			},
			{
				Config: block + frozen,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("status")),
				}},
				Check:             wrote(s, "PATCH inactive"),
				ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("inactive"))},
			},
			{
				Config:            block + enabled,
				Check:             wrote(s, "PATCH pending"),
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
			Check:             wrote(s),
			ConfigStateChecks: []statecheck.StateCheck{value("status", knownvalue.StringExact("active"))},
		}},
	})
}

func TestFrozenFromTheStart(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Status: "inactive"}, sandbox.Options{})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps:                    []resource.TestStep{{Config: providertest.Block(s) + frozen, Check: wrote(s)}},
	})
}

func TestSwitchedOffElsewhereIsDrift(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{Config: block + enabled, Check: wrote(s, "PATCH pending")},
			{PreConfig: func() { s.SetStatus("active") }, Config: block + enabled, PlanOnly: true},
			{PreConfig: func() { s.SetStatus("inactive") }, Config: block + enabled, PlanOnly: true, ExpectNonEmptyPlan: true},
			{Config: block + enabled, Check: wrote(s, "PATCH pending")},
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
	if got := writes(s); len(got) > 0 {
		t.Errorf("plan wrote %q", got)
	}
	if got := len(s.Requests()); got != 1 {
		t.Errorf("plan made %d requests, want one: %v", got, s.Requests())
	}
}

func TestReconnectedShowsTheNewIntegration(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	w.Apply()

	s.Disconnect()
	out := w.Run("plan")
	if out.Code != 1 || !strings.Contains(out.Text, "GRADIENT_PARTNER_API_KEY") || !strings.Contains(out.Text, "disconnected in Gradient") {
		t.Errorf("a disconnected integration exits with %d and says:\n%s", out.Code, out.Raw)
	}

	s.Reconnect()
	w.Write("main.tf", providertest.Block(s)+enabled)
	if out := w.Apply(); !strings.Contains(out.Text, "1 changed") {
		t.Errorf("a new, inactive integration is not enabled:\n%s", out.Raw)
	}
	w.ExpectNoChanges()
}

// TestRevokedKeyIsAnError also sees that no key is in the message.
func TestRevokedKeyIsAnError(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+enabled)
	w.Apply()
	s.RegenerateKey()
	for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"destroy", "-auto-approve"}} {
		out := w.Run(args...)
		for _, want := range []string{"Error: Gradient integration cannot be read", "/api/vendor-api/organization", "401", "it was regenerated"} {
			if out.Code != 1 || !strings.Contains(out.Text, want) {
				t.Errorf("%s exits with %d, and does not say %q:\n%s", args[0], out.Code, want, out.Raw)
			}
		}
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
				Config: later("second") + block + fromData,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
				}},
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
	out := w.Run("plan")
	if out.Code != 1 || !strings.Contains(out.Text, "not known yet: gradient.partner_api_key") {
		t.Errorf("plan exits with %d and says:\n%s", out.Code, out.Raw)
	}
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
	if got := len(s.Requests()); got != 0 {
		t.Errorf("%d requests without keys", got)
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
		for _, want := range []string{"Error: Gradient integration does not become " + step.target, "/organization/status/" + step.target, "403 Forbidden", "talk to Gradient's support"} {
			if out.Code != 1 || !strings.Contains(out.Text, want) {
				t.Errorf("%s exits with %d, and does not say %q:\n%s", step.command, out.Code, want, out.Raw)
			}
		}
		if got := strings.Contains(w.Run("state", "list").Text, address); got != step.inState {
			t.Errorf("after %s failed, the integration is in the state: %t, want %t", step.command, got, step.inState)
		}
	}
}

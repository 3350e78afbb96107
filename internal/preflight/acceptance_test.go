// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package preflight_test

import (
	"os"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// example is examples/preflight with a provider block of ours, and with some tenants of the seed.
func example(t *testing.T, block string) *providertest.Workspace {
	t.Helper()
	text, err := os.ReadFile("../../examples/preflight/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	_, configuration, found := strings.Cut(string(text), `provider "cloudradial" {}`)
	if !found {
		t.Fatal("the example has no provider block to replace")
	}
	w := providertest.NewWorkspace(t, block+configuration+`
output "problems" { value = join("\n", [for p in data.cloudradial_preflight.this.problems : "${p.severity} ${p.system} ${p.subject}: ${p.summary}"]) }
`)
	w.Write("terraform.tfvars", `tenants = { alder-finch = "alderfinch.example", kestrel = "kestrelaviation.example", greenfield = "none", quillon = "" }`)
	return w
}

func output(w *providertest.Workspace, name string) string { return w.Must("output", "-raw", name).Raw }

// expectReads fails the test when anything but a GET or a sign-in was sent.
func expectReads(t *testing.T, s *sandbox.Server) {
	t.Helper()
	providertest.ExpectWrites(t, s)
	for _, request := range providertest.Requests(s, sandbox.Microsoft) {
		if !strings.HasPrefix(request, "GET ") && !strings.HasSuffix(request, "/oauth2/v2.0/token") {
			t.Errorf("%s is no read", request)
		}
	}
}

func TestExampleOfAGoodEstate(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := example(t, providertest.Block(s))
	w.Apply()
	if ready := output(w, "ready"); ready != "true" {
		t.Errorf("ready is %s", ready)
	}
	if problems := output(w, "problems"); strings.Contains(problems, "error ") || !strings.Contains(problems, "notice gradient integration: the integration is inactive") {
		t.Errorf("problems:\n%s", problems)
	}
	report := output(w, "report")
	for _, text := range []string{"**Ready", "Bluebird Managed Services", "12 companies", "2 of 2 tenants read", "examples/bootstrap", "go run ./cmd/sandbox -switch "} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	expectReads(t, s)
	w.ExpectNoChanges() // the report has no time and no request id
}

// Bad keys of all systems at once are three problems of one run, and the plan goes on.
func TestBadKeysOfEachSystem(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := example(t, providertest.BlockWith(s, map[string]string{
		"gradient.vendor_api_key": `"wrong-vendor-key"`, "private_key": `"wrong-private-key"`, "microsoft.client_secret": `"wrong-client-secret"`,
	}))
	w.Apply()
	problems := output(w, "problems")
	for _, text := range []string{
		"error gradient gradient.vendor_api_key: Gradient does not know the vendor key",
		"error cloudradial private_key: CloudRadial does not take the keys",
		"error microsoft microsoft: Microsoft does not take the provider's own credential (2 tenants)",
	} {
		if !strings.Contains(problems, text) {
			t.Errorf("%q is missing in:\n%s", text, problems)
		}
	}
	if ready, report := output(w, "ready"), output(w, "report"); ready != "false" || !strings.Contains(report, "**Not ready: 3 problems stop a license sync.**") {
		t.Errorf("ready is %s:\n%s", ready, report)
	}
	expectReads(t, s)
	w.ExpectNoChanges()
}

// Without any key every system is not configured, and no request is sent.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	w := example(t, `provider "cloudradial" {
  microsoft = { use_cli = false }
}
`)
	w.Apply()
	problems := output(w, "problems")
	for _, text := range []string{"error gradient gradient: Gradient is not configured", "notice cloudradial cloudradial: CloudRadial is not configured",
		"error microsoft microsoft: Microsoft Graph is not configured"} {
		if !strings.Contains(problems, text) {
			t.Errorf("%q is missing in:\n%s", text, problems)
		}
	}
	w.ExpectNoChanges()
}

// One tenant without consent is a problem of its own with the address for the consent. Unknown arguments defer.
func TestTenantWithoutConsent(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	s.WithdrawConsent("kestrelaviation.example")
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "terraform_data" "tenant" { input = "kestrelaviation.example" }
data "cloudradial_preflight" "this" {
  tenants = { alder-finch = "alderfinch.example", kestrel = terraform_data.tenant.output }
}
output "problem" { value = one([for p in data.cloudradial_preflight.this.problems : "${p.system} ${p.subject}: ${p.detail} ${p.remedy}" if p.severity == "error"]) }
`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "(known after apply)")
	if requests := s.Requests(); len(requests) > 0 {
		t.Errorf("a plan with an unknown tenant sent %v", requests)
	}
	w.Apply()
	problem := output(w, "problem")
	for _, text := range []string{"microsoft kestrel:", "has not consented", "/v2.0/adminconsent?client_id=" + s.Credentials().MicrosoftClientID} {
		if !strings.Contains(problem, text) {
			t.Errorf("%q is missing in: %s", text, problem)
		}
	}
	w.ExpectNoChanges()
}

// Of tenants that several companies share, the permission to read the users is tried and the domains are compared.
func TestSharedTenantsAreTried(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Tenants[1].NoUsers = true
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
data "cloudradial_preflight" "this" {
  tenants        = { alder = "alderfinch.example", bright = "brightwaterdental.example", cedar = "cedargrove.example" }
  shared_domains = { alder = ["AlderFinch.example", "alderfinsh.example"], bright = ["brightwaterdental.example"] }
}
output "problems" { value = join("\n", [for p in data.cloudradial_preflight.this.problems : "${p.severity} ${p.subject}: ${p.summary} ${p.remedy}"]) }
`)
	w.Apply()
	problems := output(w, "problems")
	for _, text := range []string{"error bright: the users of the tenant of bright cannot be read Grant the application the application permission User.Read.All",
		"warning alder: the tenant of alder has no domain alderfinsh.example"} {
		if !strings.Contains(problems, text) {
			t.Errorf("%s\nlacks %q", problems, text)
		}
	}
	if strings.Contains(problems, "cedar") {
		t.Errorf("%s", problems)
	}
	expectReads(t, s)
}

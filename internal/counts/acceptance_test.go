// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	acmeID  = "11111111-aaaa-4aaa-8aaa-111111111111"
	betaID  = "22222222-bbbb-4bbb-8bbb-222222222222"
	gammaID = "33333333-cccc-4ccc-8ccc-333333333333"
	ours    = "99999999-0000-4000-8000-000000000001"
	theirs  = "99999999-0000-4000-8000-000000000002"
	spbID   = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
	flowID  = "f30db892-07e9-47e9-837c-80727f46fd3d"
)

// estate is three tenants that hold little, so that every number can be checked by hand.
func estate() sandbox.Seed {
	return sandbox.Seed{Tenants: []sandbox.Tenant{
		{ID: acmeID, Name: "Acme", Domains: []string{"acme.example", "acme.onmicrosoft.com"}, SKUs: []sandbox.SKU{
			{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 9},
			{PartNumber: "FLOW_FREE", SKUID: flowID, Enabled: 10000, Consumed: 2},
		}},
		{ID: betaID, Name: "Beta", Domains: []string{"beta.example"}, SKUs: []sandbox.SKU{
			{PartNumber: "SPB", SKUID: spbID, Enabled: 5, Consumed: 5},
		}},
		{ID: gammaID, Name: "Gamma", Domains: []string{"gamma.example"}, SKUs: []sandbox.SKU{
			{PartNumber: "SPB", SKUID: spbID, Enabled: 3, Consumed: 1},
		}},
	}}
}

// reading is a configuration that reads the tenants and shows every computed value.
func reading(s *sandbox.Server, arguments string) string {
	return providertest.Block(s) + `
data "cloudradial_license_counts" "m365" {
` + arguments + `
}
output "counts" { value = data.cloudradial_license_counts.m365.counts }
output "details" { value = data.cloudradial_license_counts.m365.details }
output "errors" { value = data.cloudradial_license_counts.m365.errors }
output "totals" { value = data.cloudradial_license_counts.m365.totals }
output "tenant_ids" { value = data.cloudradial_license_counts.m365.tenant_ids }
output "owners" { value = data.cloudradial_license_counts.m365.owners }
`
}

// outputs applies and returns the values of the outputs, as JSON gives them.
func outputs(t *testing.T, w *providertest.Workspace) map[string]any {
	t.Helper()
	w.Apply()
	return held(t, w)
}

// held returns the values of the outputs in the state.
func held(t *testing.T, w *providertest.Workspace) map[string]any {
	t.Helper()
	var parsed map[string]struct{ Value any }
	raw := w.Must("output", "-json").Raw
	if err := json.Unmarshal([]byte(raw), &parsed); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	values := map[string]any{}
	for name, output := range parsed {
		values[name] = output.Value
	}
	return values
}

// asked returns the requests that Microsoft got.
func asked(s *sandbox.Server) []sandbox.Request {
	var requests []sandbox.Request
	for _, request := range s.Requests() {
		if request.System == sandbox.Microsoft {
			requests = append(requests, request)
		}
	}
	return requests
}

// spbCount is a count without seats in grace that would be billed.
func spbCount(purchased, enabled, entitled, assigned int, flags string) string {
	return fmt.Sprintf(`{"SPB": {"sku_id": %q, "product_name": "Microsoft 365 Business Premium",
		"purchased": %d, "active": %d, "enabled": %d, "entitled": %d, "assigned": %d, "flags": [%s]}}`,
		spbID, purchased, purchased, enabled, entitled, assigned, flags)
}

func TestCountsOfTenants(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[1].SKUs = []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 35, Warning: 10, Suspended: 2, LockedOut: 1, Consumed: 12,
		Subscriptions: []sandbox.Subscription{
			{ID: "sub-1", Status: "Enabled", Seats: 10, OwnerTenantID: ours},
			{ID: "sub-2", Status: "Enabled", Seats: 25, Trial: true, NextLifecycle: time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)},
			{ID: "sub-3", Status: "Warning", Seats: 10},
		}}}
	s := providertest.Start(t, seed, sandbox.Options{})
	got := outputs(t, providertest.NewWorkspace(t, reading(s, `
  tenants = {
    acme   = "ACME.example "
    beta   = "`+strings.ToUpper(betaID)+`"
    "b/us" = "gamma.example"
    nobody = ""
    absent = null
    phones = " None"
  }
  with_details = true`)))
	providertest.ExpectJSON(t, "counts", got["counts"], `{
		"acme": `+spbCount(10, 10, 10, 9, "")+`,
		"beta": `+spbCount(10, 35, 20, 12, `"in_grace", "suspended_units", "trial"`)+`,
		"b/us": `+spbCount(3, 3, 3, 1, "")+`,
		"nobody": null, "absent": null, "phones": {}}`)
	providertest.ExpectJSON(t, "tenant_ids", got["tenant_ids"],
		`{"acme": "`+acmeID+`", "beta": "`+betaID+`", "b/us": "`+gammaID+`", "nobody": null, "absent": null, "phones": null}`)
	providertest.ExpectJSON(t, "owners", got["owners"],
		`{"`+ours+`": {"seats": 10, "tenants": 1, "counted": true}, "": {"seats": 48, "tenants": 3, "counted": true}}`)
	providertest.ExpectJSON(t, "totals", got["totals"], `{"SPB": {"purchased": 23, "assigned": 22}}`)
	providertest.ExpectJSON(t, "errors", got["errors"], `{}`)
	details := got["details"].(map[string]any)
	providertest.ExpectJSON(t, "details of beta", details["beta"], `{"SPB": {"available": 23, "warning": 10, "suspended": 2, "locked_out": 1, "trial": 25,
		"status": "Enabled", "applies_to": "User", "subscriptions": [
		{"id": "sub-1", "status": "Enabled", "trial": false, "seats": 10, "owner_tenant_id": "`+ours+`", "next_lifecycle": "2027-02-01T00:00:00Z"},
		{"id": "sub-2", "status": "Enabled", "trial": true, "seats": 25, "owner_tenant_id": null, "next_lifecycle": "2026-12-02T00:00:00Z"},
		{"id": "sub-3", "status": "Warning", "trial": false, "seats": 10, "owner_tenant_id": null, "next_lifecycle": "2027-02-01T00:00:00Z"}]}}`)
	if value, ok := details["nobody"]; !ok || value != nil {
		t.Errorf("details of a key without tenant: %v, want null", value)
	}
	providertest.ExpectJSON(t, "details of a company without Microsoft 365", details["phones"], `{}`)
}

func TestCountsLeaveOutWhatTheyAreTold(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[0].SKUs = append(seed.Tenants[0].SKUs, sandbox.SKU{PartNumber: "VISIOCLIENT", SKUID: "c5928f49-12ba-48f7-ada3-0d743a3601d5", Enabled: 7,
		Subscriptions: []sandbox.Subscription{{Seats: 3, OwnerTenantID: strings.ToUpper(theirs)}, {Seats: 4, OwnerTenantID: ours}}})
	s := providertest.Start(t, seed, sandbox.Options{})
	got := outputs(t, providertest.NewWorkspace(t, reading(s, `
  tenants            = { acme = "acme.example" }
  exclude_skus       = ["spb"]
  include_free       = true
  partner_tenant_ids = ["`+strings.ToUpper(ours)+`"]`)))
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": {
		"FLOW_FREE": {"sku_id": "`+flowID+`", "product_name": "Microsoft Power Automate Free", "purchased": 0, "active": 0, "enabled": 0,
			"entitled": 0, "assigned": 0, "flags": ["other_owner", "suspicious_pool"]},
		"VISIOCLIENT": {"sku_id": "c5928f49-12ba-48f7-ada3-0d743a3601d5", "product_name": "Visio Plan 2", "purchased": 4, "active": 4, "enabled": 4,
			"entitled": 4, "assigned": 0, "flags": ["other_owner"]}}}`)
	if got["details"] != nil {
		t.Errorf("details without with_details: %v", got["details"])
	}
}

func TestCountsWithoutAnyTenantNeedNoCredentials(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	got := outputs(t, providertest.NewWorkspace(t, `
provider "cloudradial" {
  microsoft = { client_id = "11111111-2222-3333-4444-555555555555" } # and no secret
}
data "cloudradial_license_counts" "m365" {
  tenants = { acme = "", beta = null }
}
output "counts" { value = data.cloudradial_license_counts.m365.counts }
`))
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": null, "beta": null}`)
	if requests := asked(s); len(requests) != 0 {
		t.Errorf("%d requests to Microsoft, want none", len(requests))
	}
}

func TestCountsWithoutCredentialsNameTheSettings(t *testing.T) {
	t.Parallel()
	out := providertest.NewWorkspace(t, `
provider "cloudradial" {
  microsoft = { client_id = "11111111-2222-3333-4444-555555555555" }
}
data "cloudradial_license_counts" "m365" {
  tenants = { acme = "acme.example", beta = "beta.example" }
}
`).Run("plan")
	if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
	}
	out.ExpectTexts(t, "Microsoft Graph cannot be used", "microsoft.client_secret", "ARM_CLIENT_SECRET")
}

// A data source cannot be deferred for the provider block's sake, so the error says what to do.
func TestCountsWithAProviderBlockThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	block := providertest.BlockWith(s, map[string]string{"microsoft.client_secret": "terraform_data.secret.output"})
	out := providertest.NewWorkspace(t, block+`
resource "terraform_data" "secret" { input = "later" }
data "cloudradial_license_counts" "m365" {
  tenants = { acme = "acme.example" }
}
`).Run("plan")
	if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
	}
	out.ExpectTexts(t, "Microsoft Graph cannot be used", "microsoft.client_secret", "-target")
	if requests := asked(s); len(requests) != 0 {
		t.Errorf("%d requests to Microsoft, want none", len(requests))
	}
}

func TestCountsOfBadTenants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, arguments string
		requests        bool // whether Microsoft has to be asked to find out
		texts           []string
		lacks           string
	}{
		{name: "neither GUID nor domain", arguments: `tenants = { acme = "acme" }`,
			texts: []string{`tenants["acme"]`, "must be a tenant id (a GUID) or a domain", "got: acme"}},
		{name: "a URL", arguments: `tenants = { acme = "https://acme.example" }`, texts: []string{`tenants["acme"]`, "must be a tenant id"}},
		{name: "sign-in for everybody", arguments: `tenants = { acme = "organizations" }`, texts: []string{`tenants["acme"]`, "must be a tenant id"}},
		{name: "a key that is no account id", arguments: `tenants = { "Acme Ltd" = "acme.example" }`,
			texts: []string{`tenants["Acme Ltd"]`, "must be an account_id"}},
		{name: "a key with an empty label", arguments: `tenants = { "acme/" = "acme.example" }`, texts: []string{`tenants["acme/"]`, "must be an account_id"}},
		{name: "on_error is a word of ours", arguments: `tenants = {}
  on_error = "ignore"`, texts: []string{"on_error", `"fail" "skip"`}},
		{name: "a timeout that is too short", arguments: `tenants = { acme = "acme.example" }
  tenant_timeout = 3`, texts: []string{`"3" cannot be used`, "a duration of 5s to 4m0s"}},
		{name: "a timeout that is none", arguments: `tenants = { acme = "acme.example" }
  tenant_timeout = "soon"`, texts: []string{`"soon" cannot be used`}},
		{name: "a partner that is null", arguments: `tenants = {}
  partner_tenant_ids = [null]`, texts: []string{"partner_tenant_ids", "Null Set Value"}},
		{name: "an SKU that is null", arguments: `tenants = {}
  exclude_skus = ["SPB", null]`, texts: []string{"exclude_skus", "Null Set Value"}},
		{name: "a partner that is no GUID", arguments: `tenants = {}
  partner_tenant_ids = ["us"]`, texts: []string{"partner_tenant_ids", "must be a tenant id (a GUID)"}},
		{name: "two keys with the same tenant", arguments: `tenants = { acme = "acme.example", beta = "beta.example", other = "ACME.example" }`,
			texts: []string{`tenants["acme"] and tenants["other"] are the same tenant (acme.example)`, "billed twice", `shared_tenants["acme"].domains_by_account`}},
		{name: "two keys of one account: there is nothing to split", arguments: `tenants = { acme = "acme.example", "acme/uk" = "acme.example" }`,
			texts: []string{`tenants["acme"] and tenants["acme/uk"] are the same tenant`, "billed twice. Keep it under one key."}, lacks: "shared_tenants"},
		{name: "two keys, one with the tenant's domain", requests: true, arguments: `tenants = { acme = "acme.example", beta = "beta.example", other = "` + acmeID + `" }`,
			texts: []string{`tenants["acme"] and tenants["other"] are the same tenant`, acmeID, "shared_tenants"}},
		{name: "the same with on_error = skip", requests: true, arguments: `tenants = { acme = "acme.example", other = "acme.onmicrosoft.com" }
  on_error = "skip"`, texts: []string{`tenants["acme"] and tenants["other"] are the same tenant`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			out := providertest.NewWorkspace(t, reading(s, test.arguments)).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, test.texts...)
			if test.lacks != "" && strings.Contains(out.Text, test.lacks) {
				t.Errorf("the CLI says %q:\n%s", test.lacks, out.Raw)
			}
			if asked := len(asked(s)) > 0; asked != test.requests {
				t.Errorf("Microsoft was asked: %v, want %v", asked, test.requests)
			}
		})
	}
}

// The all-zero accountId of system subscriptions says nothing about who a tenant is.
func TestCountsIgnoreTheZeroAccountID(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{Switches: map[string]string{"graph-account-id": "zero"}})
	got := outputs(t, providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", beta = "beta.example" }`)))
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`, "beta": `+spbCount(5, 5, 5, 5, "")+`}`)
}

// Rule 12: a tenant that cannot be read is an error, never zero.
func TestRule12ConsentWithdrawnFails(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	s.WithdrawConsent("beta.example")
	s.WithdrawConsent("gamma.example")
	w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", b = "beta.example", "c/1" = "gamma.example", gone = "gone.example" }`))
	out := w.Run("plan")
	if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
	}
	client := s.Credentials().MicrosoftClientID
	out.ExpectTexts(t, "Licenses of 3 of 4 tenants cannot be read", `- b: tenant "beta.example":`, "65001", "/beta.example/v2.0/adminconsent?client_id="+client, `- c/1: tenant "gamma.example":`, "/gamma.example/v2.0/adminconsent?client_id="+client, "The tenant does not exist in this cloud.", `- gone: tenant "gone.example":`, "90002", `on_error = "skip"`)
	if strings.Contains(out.Text, "- acme:") {
		t.Errorf("the error names a tenant that was read:\n%s", out.Raw)
	}
	s.GrantConsent("beta.example")
	s.GrantConsent("gamma.example")
	w.Write("main.tf", reading(s, `tenants = { acme = "acme.example", b = "beta.example", "c/1" = "gamma.example" }`))
	w.Apply()
	w.ExpectNoChanges()
}

// Rule 12: with skip it is null with a warning, never zero.
func TestRule12ConsentWithdrawnSkips(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	s.WithdrawConsent("beta.example")
	s.WithdrawConsent("gamma.example")
	w := providertest.NewWorkspace(t, reading(s, `
  tenants      = { acme = "acme.example", beta = "beta.example", gamma = "gamma.example" }
  on_error     = "skip"
  with_details = true`))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`, "beta": null, "gamma": null}`)
	providertest.ExpectJSON(t, "totals", got["totals"], `{"SPB": {"purchased": 10, "assigned": 9}}`)
	if details := got["details"].(map[string]any); details["beta"] != nil || details["acme"] == nil {
		t.Errorf("details %v, want null for beta only", details)
	}
	errors := got["errors"].(map[string]any)
	message, _ := errors["beta"].(string)
	if len(errors) != 2 || !strings.Contains(message, `tenant "beta.example"`) || !strings.Contains(message, "/beta.example/v2.0/adminconsent?client_id=") {
		t.Errorf("errors %v, want beta and gamma with the consent address", errors)
	}
	out := w.Must("plan")
	if strings.Count(out.Text, "Warning:") != 1 {
		t.Errorf("want one warning:\n%s", out.Raw)
	}
	out.ExpectTexts(t, "Tenants skipped because they cannot be read: beta and 1 more", `- beta: tenant "beta.example"`, `- gamma: tenant "gamma.example"`, "adminconsent", "unknown, not zero")
}

func TestSkipCoversNeitherOurCredentialNorAllTenants(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"fail", "skip"} {
		arguments := `
  tenants  = { acme = "acme.example", beta = "beta.example" }
  on_error = "` + mode + `"`
		t.Run("our secret is wrong, "+mode, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			block := providertest.BlockWith(s, map[string]string{"microsoft.client_secret": `"not-the-secret-8f2e"`})
			configuration := strings.Replace(reading(s, arguments), providertest.Block(s), block, 1)
			out := providertest.NewWorkspace(t, configuration).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, "Licenses of 2 of 2 tenants cannot be read", "rejects the provider's own credential", "check microsoft.client_secret", `- acme: tenant "acme.example"`, "whatever on_error says")
			if strings.Contains(out.Raw, "not-the-secret-8f2e") {
				t.Errorf("the secret is in the output:\n%s", out.Raw)
			}
		})
		t.Run("no tenant can be read, "+mode, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			s.WithdrawConsent("acme.example")
			s.WithdrawConsent("beta.example")
			out := providertest.NewWorkspace(t, reading(s, arguments)).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, "Licenses of 2 of 2 tenants cannot be read", "adminconsent")
		})
	}
}

// A tenant that answers late, and one that does not answer at all, hold up nobody else: with two places, the others
// take turns on the free one.
func TestASlowTenantHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const others = 5
	const delay = 4 * time.Second
	var seed sandbox.Seed
	var tenants strings.Builder
	for i := range others + 1 {
		domain := fmt.Sprintf("tenant%d.example", i)
		seed.Tenants = append(seed.Tenants, sandbox.Tenant{ID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", i), Domains: []string{domain},
			SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: i + 1}}})
		fmt.Fprintf(&tenants, "    a%d = %q\n", i, domain)
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: `^/tenant0\.example/`, Times: 1, Kind: "slow", Delay: delay})
	block := providertest.BlockWith(s, map[string]string{"microsoft.max_concurrent_tenants": "2"})
	arguments := "  tenants = {\n" + tenants.String() + "  }"
	w := providertest.NewWorkspace(t, strings.Replace(reading(s, arguments), providertest.Block(s), block, 1))
	w.Must("plan")

	var slow time.Time
	graph := 0 // requests to Graph before the slow tenant can have signed in
	for _, request := range asked(s) {
		switch {
		case strings.HasPrefix(request.Path, "/tenant0.example/") && slow.IsZero():
			slow = request.At
		case strings.HasPrefix(request.Path, "/v1.0/") && request.At.Before(slow.Add(delay)):
			graph++
		}
	}
	// If the places waited for each other, only the one tenant beside the slow one would have been read by then. On a busy
	// machine not all the others need have been.
	if slow.IsZero() || graph < others {
		t.Errorf("%d requests to Graph while one tenant was slow, of the %d of the other tenants", graph, 2*others)
	}
}

// Unknown tenants defer the read to apply; nothing is asked meanwhile.
func TestUnknownTenantsAreReadInApply(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = terraform_data.tenant.output, beta = "beta.example" }`)+`
resource "terraform_data" "tenant" { input = "acme.example" }
`)
	w.Must("plan")
	if requests := asked(s); len(requests) != 0 {
		t.Errorf("%d requests to Microsoft during plan, want none", len(requests))
	}
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`, "beta": `+spbCount(5, 5, 5, 5, "")+`}`)
}

// Whatever else is unknown defers the read as well, the whole map of tenants included.
func TestUnknownArgumentsAreReadInApply(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]string{
		"all tenants":  `tenants = terraform_data.later.output.tenants`,
		"exclude_skus": "tenants = { acme = \"acme.example\" }\n  exclude_skus = [\"X\", terraform_data.later.output.sku]",
		"partners":     "tenants = { acme = \"acme.example\" }\n  partner_tenant_ids = terraform_data.later.output.none",
		"flags":        "tenants = { acme = \"acme.example\" }\n  include_free = terraform_data.later.output.no\n  with_details = terraform_data.later.output.no",
		"on_error":     "tenants = { acme = \"acme.example\" }\n  on_error = terraform_data.later.output.mode",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			w := providertest.NewWorkspace(t, reading(s, arguments)+`
resource "terraform_data" "later" {
  input = { tenants = { acme = "acme.example" }, sku = "Y", none = toset([]), no = false, mode = "fail" }
}
`)
			w.Must("plan")
			if requests := asked(s); len(requests) != 0 {
				t.Errorf("%d requests to Microsoft during plan, want none", len(requests))
			}
			providertest.ExpectJSON(t, "counts", outputs(t, w)["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`}`)
		})
	}
}

// A plan reads each tenant once, and nothing but Microsoft.
func TestAPlanReadsEachTenantOnce(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", beta = "beta.example" }`)+`
data "cloudradial_license_counts" "again" {
  tenants      = { other = "ACME.example" }
  include_free = true
}
`)
	w.Must("plan")
	if all, microsoft := len(s.Requests()), len(asked(s)); all != microsoft {
		t.Errorf("%d requests to others than Microsoft", all-microsoft)
	}
	reads := map[string]int{}
	for _, request := range asked(s) {
		if strings.HasPrefix(request.Path, "/v1.0/") {
			reads[request.Path+" "+request.Header.Get("Authorization")]++
		}
	}
	if len(reads) != 4 {
		t.Errorf("%d different reads, want two lists of two tenants", len(reads))
	}
	for _, n := range reads {
		if n != 1 {
			t.Errorf("a list was read %d times", n)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tenants_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	partnerID = "99999999-0000-4000-8000-000000000009"
	acmeID    = "11111111-aaaa-4aaa-8aaa-111111111111"
	betaID    = "22222222-bbbb-4bbb-8bbb-222222222222"
	gammaID   = "33333333-cccc-4ccc-8ccc-333333333333"
)

// soon and late are ends of relationships, as seen from when the tests run.
var (
	soon = time.Now().Add(10 * 24 * time.Hour).UTC().Truncate(time.Second)
	late = soon.Add(600 * 24 * time.Hour)
)

// estate is a partner with a customer of each kind: Acme by both, ending soon but extended; Beta by a relationship alone, that lasts;
// Gamma by a contract alone.
func estate() sandbox.Seed {
	return sandbox.Seed{
		Tenants: []sandbox.Tenant{
			{ID: acmeID, Name: "Acme", Domains: []string{"acme.example"}},
			{ID: betaID, Name: "Beta", Domains: []string{"beta.example"}},
			{ID: gammaID, Name: "Gamma", Domains: []string{"gamma.example"}},
		},
		Partner: sandbox.Partner{
			ID: partnerID, Name: "We", Domains: []string{"we.example"},
			Relationships: []sandbox.Relationship{
				{Name: "With Beta, once", Tenant: betaID, Status: "expired", End: soon.Add(-400 * 24 * time.Hour)},
				{Name: "With Beta", Tenant: betaID, End: late},
				{Name: "With Acme", Tenant: acmeID, End: soon, AutoExtend: "P180D"},
			},
			Contracts: []sandbox.Contract{{Tenant: acmeID, Domain: "acme-of-old.example"}, {Tenant: gammaID}},
		},
	}
}

// reading is a configuration that reads the tenants and shows them.
func reading(s *sandbox.Server, arguments string) string {
	return providertest.Block(s) + `
data "cloudradial_microsoft_tenants" "all" {
` + arguments + `
}
output "tenants" { value = data.cloudradial_microsoft_tenants.all.tenants }
`
}

// tenants applies and returns the output, as JSON gives it.
func tenants(t *testing.T, w *providertest.Workspace) (any, providertest.Output) {
	t.Helper()
	out := w.Apply()
	var value any
	if err := json.Unmarshal([]byte(w.Must("output", "-json", "tenants").Raw), &value); err != nil {
		t.Fatal(err)
	}
	return value, out
}

func expectTenants(t *testing.T, got any, want ...string) {
	t.Helper()
	var parsed any
	if err := json.Unmarshal([]byte("["+strings.Join(want, ",")+"]"), &parsed); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, parsed) {
		text, _ := json.MarshalIndent(got, "", "  ")
		t.Errorf("got %s\nwant %s", text, want)
	}
}

// asked returns how many requests to Graph had that path.
func asked(s *sandbox.Server, path string) int {
	n := 0
	for _, request := range s.Requests() {
		if request.Path == "/v1.0/"+path {
			n++
		}
	}
	return n
}

func acme(domain string) string {
	return fmt.Sprintf(`{"tenant_id": %q, "name": "Acme", "default_domain": %s, "relationship_name": "With Acme", "status": "active",
		"end_date": %q, "auto_extend_days": 180, "source": "gdap"}`, acmeID, domain, soon.Format(time.RFC3339))
}

func beta() string {
	return fmt.Sprintf(`{"tenant_id": %q, "name": "Beta", "default_domain": null, "relationship_name": "With Beta", "status": "active",
		"end_date": %q, "auto_extend_days": 0, "source": "gdap"}`, betaID, late.Format(time.RFC3339))
}

func byContract(id, name, domain string) string {
	return fmt.Sprintf(`{"tenant_id": %q, "name": %q, "default_domain": %q, "relationship_name": null, "status": null, "end_date": null,
		"auto_extend_days": null, "source": "contract"}`, id, name, domain)
}

func TestTenantsOfAPartner(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{Switches: map[string]string{"graph-page-size": "1"}})
	w := providertest.NewWorkspace(t, reading(s, `partner_tenant_id = "we.example"`))
	got, out := tenants(t, w)
	expectTenants(t, got, acme(`"acme-of-old.example"`), beta(), byContract(gammaID, "Gamma", "gamma.example"))
	if strings.Contains(out.Text, "Warning") {
		t.Errorf("a warning:\n%s", out.Raw)
	}
	w.ExpectNoChanges()
	for _, request := range s.Requests() {
		if strings.HasPrefix(request.Path, "/v1.0/") && request.Method != "GET" || request.System != sandbox.Microsoft {
			t.Errorf("%s %s of %s", request.Method, request.Path, request.System)
		}
	}
}

func TestTenantsThatExpire(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	for days, want := range map[int][]string{0: nil, 9: nil, 11: {acme(`"acme-of-old.example"`)}, 700: {acme(`"acme-of-old.example"`), beta()}} {
		got, _ := tenants(t, providertest.NewWorkspace(t, reading(s, fmt.Sprintf("partner_tenant_id = %q\nexpiring_within_days = %d",
			strings.ToUpper(partnerID), days))))
		expectTenants(t, got, want...)
	}
}

// Two blocks share what was read.
func TestTenantsAreReadOnceARun(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `partner_tenant_id = "we.example"`)+`
data "cloudradial_microsoft_tenants" "ending" {
  partner_tenant_id    = "WE.example"
  expiring_within_days = 30
}
`)
	w.Must("plan")
	if relationships, contracts := asked(s, "tenantRelationships/delegatedAdminRelationships"), asked(s, "contracts"); relationships != 1 || contracts != 1 {
		t.Errorf("%d reads of relationships, %d of contracts", relationships, contracts)
	}
}

func TestTenantsWithoutRelationships(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Partner.NoRelationships = true
	s := providertest.Start(t, seed, sandbox.Options{})
	got, out := tenants(t, providertest.NewWorkspace(t, reading(s, `partner_tenant_id = "we.example"`)))
	expectTenants(t, got, byContract(acmeID, "Acme", "acme-of-old.example"), byContract(gammaID, "Gamma", "gamma.example"))
	out.ExpectTexts(t, "Warning: Relationships cannot be read", "DelegatedAdminRelationship.Read.All", s.URL()+"/we.example/v2.0/adminconsent?client_id=")

	// An empty list would say that nothing expires.
	out = providertest.NewWorkspace(t, reading(s, "partner_tenant_id = \"we.example\"\nexpiring_within_days = 30")).Run("plan")
	if out.Code != 1 {
		t.Errorf("exit code %d, want 1", out.Code)
	}
	out.ExpectTexts(t, "Error: Ends of relationships cannot be read", "expiring_within_days", "adminconsent")
}

func TestTenantsWithoutContracts(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Partner.NoContracts = true
	s := providertest.Start(t, seed, sandbox.Options{})
	got, out := tenants(t, providertest.NewWorkspace(t, reading(s, `partner_tenant_id = "we.example"`)))
	expectTenants(t, got, acme("null"), beta())
	out.ExpectTexts(t, "Warning: Contracts cannot be read", "Directory.Read.All", "default_domain is null", "adminconsent")

	out = providertest.NewWorkspace(t, reading(s, "partner_tenant_id = \"we.example\"\nexpiring_within_days = 30")).Must("plan")
	if strings.Contains(out.Text, "Warning") {
		t.Errorf("a warning where contracts have nothing to say:\n%s", out.Raw)
	}
}

func TestTenantsOfNoPartner(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	got, _ := tenants(t, providertest.NewWorkspace(t, reading(s, `partner_tenant_id = "acme.example"`)))
	expectTenants(t, got)
}

func TestTenantsCannotBeRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change  func(*sandbox.Seed)
		before  func(*sandbox.Server)
		partner string
		texts   []string
	}{
		"neither permitted": {func(seed *sandbox.Seed) { seed.Partner.NoRelationships, seed.Partner.NoContracts = true, true }, nil, "we.example",
			[]string{"403", "Authorization_RequestDenied", "DelegatedAdminRelationship.Read.All", "Directory.Read.All", "/we.example/v2.0/adminconsent?client_id="}},
		"no consent": {nil, func(s *sandbox.Server) { s.WithdrawConsent(partnerID) }, partnerID,
			[]string{"AADSTS65001", "consent to the application", "/" + partnerID + "/v2.0/adminconsent?client_id="}},
		"no such tenant": {nil, nil, "nobody.example", []string{"AADSTS90002", "Check partner_tenant_id", "ARM_ENVIRONMENT"}},
		"no answer to understand": {nil, func(s *sandbox.Server) {
			s.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: "contracts", Status: 200, Body: "<html><title>Guest network</title></html>"})
		}, "we.example", []string{"read contracts", "If there is a proxy between this machine"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := estate()
			if c.change != nil {
				c.change(&seed)
			}
			s := providertest.Start(t, seed, sandbox.Options{})
			if c.before != nil {
				c.before(s)
			}
			out := providertest.NewWorkspace(t, reading(s, fmt.Sprintf("partner_tenant_id = %q", c.partner))).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, append(c.texts, "Customer tenants cannot be read", "partner_tenant_id")...)
			for _, secret := range s.Secrets() {
				if strings.Contains(out.Raw, secret) {
					t.Error("a secret is in the output")
				}
			}
		})
	}
}

func TestTenantsWithoutCredentialsNameTheSettings(t *testing.T) {
	t.Parallel()
	out := providertest.NewWorkspace(t, `
provider "cloudradial" {
  microsoft = { client_id = "11111111-2222-3333-4444-555555555555" }
}
data "cloudradial_microsoft_tenants" "all" {
  partner_tenant_id = "we.example"
}
`).Run("plan")
	if out.Code != 1 {
		t.Errorf("exit code %d, want 1", out.Code)
	}
	out.ExpectTexts(t, "Microsoft Graph cannot be used", "microsoft.client_secret", "ARM_CLIENT_SECRET")
}

func TestTenantsRefuseWhatTheyCannotMean(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	for arguments, text := range map[string]string{
		`partner_tenant_id = "organizations"`:                             "must be a tenant id (a GUID) or a domain",
		`partner_tenant_id = ""`:                                          "must be a tenant id (a GUID) or a domain",
		"partner_tenant_id = \"we.example\"\nexpiring_within_days = -1":   "between 0 and 3650",
		"partner_tenant_id = \"we.example\"\nexpiring_within_days = 3651": "between 0 and 3650",
		`expiring_within_days = 3`:                                        "partner_tenant_id",
	} {
		out := providertest.NewWorkspace(t, reading(s, arguments)).Run("plan")
		if out.Code != 1 {
			t.Errorf("%s: exit code %d, want 1", arguments, out.Code)
		}
		out.ExpectTexts(t, text)
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestTenantsOfAPartnerNotKnownYet(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	for _, arguments := range []string{
		`partner_tenant_id = terraform_data.later.output`,
		"partner_tenant_id = \"we.example\"\nexpiring_within_days = length(terraform_data.later.output)",
	} {
		s.ClearRequests()
		w := providertest.NewWorkspace(t, reading(s, arguments)+`
resource "terraform_data" "later" { input = "we.example" }
`)
		w.Must("plan").ExpectTexts(t, "(known after apply)")
		if n := len(s.Requests()); n != 0 {
			t.Errorf("%s: %d requests in a plan that cannot know whom to ask", arguments, n)
		}
		if got, _ := tenants(t, w); len(got.([]any)) == 0 {
			t.Errorf("%s: no tenants after apply", arguments)
		}
		w.ExpectNoChanges()
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"crypto/x509"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// seededTenant holds a trial beside what it pays for.
var seededTenant = sandbox.Tenant{
	ID:      "6166cc92-27ba-5407-bab4-7354040e6fda",
	Name:    "Brightwater Dental",
	Domains: []string{"brightwaterdental.example"},
	SKUs: []sandbox.SKU{
		{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 37, Warning: 4, Suspended: 2, LockedOut: 1, Consumed: 14, Subscriptions: []sandbox.Subscription{
			{ID: "3d0bd0b6-0b3a-4a2e-8a3c-2a6d2f0f0001", Status: "Enabled", Seats: 12},
			{ID: "3d0bd0b6-0b3a-4a2e-8a3c-2a6d2f0f0002", Status: "Enabled", Seats: 25, Trial: true},
		}},
		{PartNumber: "EXCHANGESTANDARD", SKUID: "4b9405b0-7788-4568-add1-99614e613b69", Enabled: 5, Consumed: 5},
	},
}

func startSandbox(t *testing.T, switches map[string]string) (*sandbox.Server, *Client) {
	t.Helper()
	server, err := sandbox.New(sandbox.Seed{Tenants: []sandbox.Tenant{seededTenant}}, sandbox.Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, mustClient(t, sandboxOptions(t, server))
}

func sandboxOptions(t *testing.T, server *sandbox.Server) Options {
	t.Helper()
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys := server.Credentials()
	return Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret, AuthorityHost: server.URL(), GraphEndpoint: server.URL(),
		Transport: rest.NewTransport(roots)}
}

func TestSandboxLicences(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]map[string]string{
		"one page":  nil,
		"many":      {"graph-page-size": "1"},
		"no $top":   {"graph-top": "refused"},
		"zero id":   {"graph-account-id": "zero"},
		"401 later": {"no-consent": "graph"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := startSandbox(t, switches)
			licenses := mustRead(t, client, seededTenant.Domains[0])
			account := seededTenant.ID
			if switches["graph-account-id"] == "zero" {
				account = ""
			}
			want := []SubscribedSKU{
				{AccountID: account, SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", PartNumber: "SPB", AppliesTo: "User", CapabilityStatus: "Enabled",
					Enabled: of(37), Warning: of(4), Suspended: of(2), LockedOut: of(1), Consumed: of(14), SubscriptionIDs: licenses.SKUs[0].SubscriptionIDs},
				{AccountID: account, SKUID: "4b9405b0-7788-4568-add1-99614e613b69", PartNumber: "EXCHANGESTANDARD", AppliesTo: "User", CapabilityStatus: "Enabled",
					Enabled: of(5), Warning: of(0), Suspended: of(0), LockedOut: of(0), Consumed: of(5), SubscriptionIDs: licenses.SKUs[1].SubscriptionIDs},
			}
			if !reflect.DeepEqual(licenses.SKUs, want) {
				t.Errorf("got  %+v\nwant %+v", licenses.SKUs, want)
			}
			if licenses.TenantID != seededTenant.ID {
				t.Errorf("tenant %q, want the one that the domain leads to", licenses.TenantID)
			}
			trial, paid := int32(0), int32(0)
			for _, subscription := range licenses.Subscriptions {
				if *subscription.IsTrial {
					trial += *subscription.TotalLicenses
				} else {
					paid += *subscription.TotalLicenses
				}
				if !slices.Contains(slices.Concat(licenses.SKUs[0].SubscriptionIDs, licenses.SKUs[1].SubscriptionIDs), subscription.ID) {
					t.Errorf("no SKU names the subscription %s", subscription.ID)
				}
			}
			if len(licenses.Subscriptions) != 3 || trial != 25 || paid != 17 {
				t.Errorf("subscriptions %+v", licenses.Subscriptions)
			}
			for _, request := range server.Requests() {
				if request.Status != 200 {
					t.Errorf("%s %s?%s was answered %d", request.Method, request.Path, request.Query, request.Status)
				}
			}
		})
	}
}

func TestSandboxCertificate(t *testing.T) {
	t.Parallel()
	server, _ := startSandbox(t, nil)
	options := sandboxOptions(t, server)
	options.ClientSecret = ""
	options.ClientCertificatePath = writeFile(t, "app.pfx", pfx(t, pkcs12.Modern2023, "p"))
	options.ClientCertificatePassword = "p"
	mustRead(t, mustClient(t, options), seededTenant.ID)
}

func TestSandboxRefusals(t *testing.T) {
	t.Parallel()
	tenant := seededTenant.ID
	consent := func(server *sandbox.Server) { server.WithdrawConsent(tenant) }
	cases := map[string]struct {
		switches map[string]string
		before   func(*sandbox.Server)
		tenant   string
		cause    Cause
		texts    []string
	}{
		"consent withdrawn":        {nil, consent, tenant, CauseConsent, []string{"AADSTS65001"}},
		"application gone":         {map[string]string{"no-consent": "700016"}, consent, tenant, CauseConsent, []string{"AADSTS700016"}},
		"consent seen by Graph":    {map[string]string{"no-consent": "graph"}, consent, tenant, CauseConsent, []string{"Authorization_IdentityNotFound"}},
		"unknown tenant":           {nil, func(*sandbox.Server) {}, "nobody.example", CauseTenant, []string{"AADSTS90002"}},
		"next page on plain http":  {map[string]string{"graph-page-size": "1", "graph-next-link-host": "http"}, func(*sandbox.Server) {}, tenant, CauseAnswer, []string{"link to the next page"}},
		"next page somewhere else": {map[string]string{"graph-page-size": "1", "graph-next-link-host": "foreign"}, func(*sandbox.Server) {}, tenant, CauseAnswer, []string{"graph.example.invalid"}},
		"Graph is down": {nil, func(server *sandbox.Server) {
			server.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: "subscribedSkus", Status: 503, Body: "<html><title>Down</title></html>"})
		}, tenant, CauseUnavailable, []string{"503"}},
		"Entra is cut off": {nil, func(server *sandbox.Server) {
			server.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: "/token", Kind: "cut-off"})
		}, tenant, CauseUnavailable, []string{"no usable answer"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := startSandbox(t, c.switches)
			c.before(server)
			failed := mustFail(t, client, c.tenant, c.cause, c.texts...)
			for _, secret := range server.Secrets() {
				if strings.Contains(failed, secret) {
					t.Errorf("the secret %s in %s", secret, failed)
				}
			}
		})
	}
}

func TestSandboxSecretRefused(t *testing.T) {
	t.Parallel()
	server, _ := startSandbox(t, nil)
	options := sandboxOptions(t, server)
	options.ClientSecret = "an-old-secret"
	mustFail(t, mustClient(t, options), seededTenant.ID, CauseCredential, "AADSTS7000215", "Invalid client secret provided", "check client_secret")
}

func TestSandboxSubscriptionsDenied(t *testing.T) {
	t.Parallel()
	server, client := startSandbox(t, nil)
	tenant := seededTenant
	tenant.NoSubscriptions = true
	server.PutTenant(tenant)
	if licenses := mustRead(t, client, tenant.ID); licenses.SubscriptionsErr == nil || licenses.Subscriptions != nil || len(licenses.SKUs) != 2 {
		t.Errorf("got %+v", licenses)
	}
}

// The believable MSP: every tenant of it can be read.
func TestSandboxSeed(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	server, err := sandbox.New(seed, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	var tenants []string
	for _, tenant := range seed.Tenants {
		tenants = append(tenants, tenant.Domains[0])
	}
	results := mustClient(t, sandboxOptions(t, server)).ReadLicenses(t.Context(), tenants, 0)
	for _, tenant := range seed.Tenants {
		result := results[tenant.Domains[0]]
		if tenant.NoConsent {
			if result.Err == nil || result.Err.Cause != CauseConsent {
				t.Errorf("%s: %+v", tenant.Name, result)
			}
			continue
		}
		if result.Err != nil || len(result.Licenses.SKUs) != len(tenant.SKUs) || (result.Licenses.SubscriptionsErr != nil) != tenant.NoSubscriptions {
			t.Errorf("%s: %+v", tenant.Name, result)
		}
	}
	if got := len(server.Requests()); got > 4*len(tenants) {
		t.Errorf("%d requests for %d tenants", got, len(tenants))
	}
}

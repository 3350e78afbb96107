// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Every list is whole or an error, whatever the unknowns of the API turn out to be.
func TestListsAtEverySwitch(t *testing.T) {
	t.Parallel()
	seed := sandbox.Seed{}
	for id := 101; id <= 112; id++ {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: id, Name: fmt.Sprint("C", id), Domains: []string{fmt.Sprintf("d%d.example", id)}})
	}
	for _, tc := range []struct {
		switches string
		requests int // for the companies
		want     string
	}{
		{"", 2, ""},
		{"page-rows=5", 4, ""},
		{"page-rows=5 count-content=json", 4, ""},
		{"skip-option=ignored", 2, ""},
		{"skip-option=refused", 2, ""},
		{"page-rows=5 skip-option=ignored", 3, "repeats companyId 101"},
		{"page-rows=5 skip-option=refused", 4, "400"},
		{"enumerations=numbers", 2, ""},
	} {
		server, client := connectSwitched(t, seed, tc.switches)
		companies, err := client.Companies(t.Context())
		if requests := len(server.Requests()); requests != tc.requests {
			t.Errorf("%s: asked %q", tc.switches, calls(server))
		}
		domains, domainErr := client.Domains(t.Context())
		if tc.want != "" {
			if err == nil || domainErr == nil || !strings.Contains(err.Error(), tc.want) || companies != nil || domains != nil {
				t.Errorf("%s: %d companies, %v, %v", tc.switches, len(companies), err, domainErr)
			}
			continue
		}
		if err != nil || len(companies) != 12 || domainErr != nil || len(domains) != 12 {
			t.Errorf("%s: %d companies, %v; %d domains, %v", tc.switches, len(companies), err, len(domains), domainErr)
		}
	}
	_, client := connectSwitched(t, seed, "key-sees=one-company")
	only, isOnly := client.OnlyCompany(t.Context())
	if companies, err := client.Companies(t.Context()); err != nil || len(companies) != 1 || !isOnly || only != companies[0] {
		t.Errorf("%v, %v, %v", companies, only, err)
	}
}

// A type and its rows are written and changed, whatever the unknowns of flexible assets turn out to be.
func TestFlexibleAssetsAtEverySwitch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		switches string
		writes   []string
	}{
		{"flexible-icon=required", []string{"POST /v2/flexible-asset-type", "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1"}},
		{"flexible-inline-fields=refused", []string{"POST /v2/flexible-asset-type", "POST /v2/flexible-asset-type", "POST /v2/flexible-asset-field",
			"POST /v2/flexible-asset-field", "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1"}},
		{"flexible-update=traits-json", []string{"POST /v2/flexible-asset-type", "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1",
			"PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1"}},
		{"flexible-update=compatibility flexible-trait-numbers=number", []string{"POST /v2/flexible-asset-type", "POST /v2/flexible-asset",
			"PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1", "PATCH /compatibility/flexible_assets/1", "PATCH /compatibility/flexible_assets/1"}},
		{"flexible-select=400", []string{"POST /v2/flexible-asset-type", "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1"}},
	} {
		server, client := connectSwitched(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 7, Name: "Seven"}}}, tc.switches)
		wanted := licenses
		wanted.Icon = "cloud"
		if created, err := client.CreateAssetType(t.Context(), wanted); err != nil || len(created.Fields) != 2 {
			t.Fatalf("%s: %+v, %v", tc.switches, created, err)
		}
		if _, err := client.CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7, Traits: map[string]string{"product-name": "E3", "purchased": "5"}}); err != nil {
			t.Fatal(err)
		}
		for _, seats := range []string{"6", "7"} {
			held, err := client.Assets(t.Context(), 1)
			if err != nil || len(held) != 1 {
				t.Fatalf("%s: %v, %v", tc.switches, held, err)
			}
			if err := client.UpdateAsset(t.Context(), held[0], map[string]string{"purchased": seats}); err != nil {
				t.Errorf("%s: %v", tc.switches, err)
			}
		}
		if got := server.Assets()[0].Traits; !maps.Equal(got, map[string]string{"product-name": "E3", "purchased": "7"}) {
			t.Errorf("%s: %v", tc.switches, got)
		}
		writes := slices.DeleteFunc(calls(server), func(call string) bool { return strings.HasPrefix(call, "GET ") })
		if !slices.Equal(writes, tc.writes) {
			t.Errorf("%s: wrote %q", tc.switches, writes)
		}
	}
}

// connectSwitched starts a sandbox with switches ("name=value name=value") and returns a client of it, over HTTP.
func connectSwitched(t *testing.T, seed sandbox.Seed, switches string) (*sandbox.Server, *Client) {
	t.Helper()
	values := map[string]string{}
	for _, one := range strings.Fields(switches) {
		name, value, _ := strings.Cut(one, "=")
		values[name] = value
	}
	server, err := sandbox.New(seed, sandbox.Options{Switches: values})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	keys := server.Credentials()
	client, err := New(Options{BaseURL: server.HTTPURL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: keys.CloudRadialPrivateKey})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

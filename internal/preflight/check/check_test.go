// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The preflight of the example estate takes few requests, and none of them changes anything.
func TestRequestsForTheSeed(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	server, reach := start(t, seed, sandbox.Options{})
	result := Run(t.Context(), reach.systems(), Request{Tenants: tenantsOf(seed)})
	if !result.Ready() {
		t.Errorf("not ready: %+v", result.Problems)
	}
	requests := server.Requests()
	if len(requests) > 60 || len(requests) < 4*len(seed.Tenants) {
		t.Errorf("%d requests for %d tenants, want at most 60", len(requests), len(seed.Tenants))
	}
	for _, request := range requests {
		signIn := request.System == sandbox.Microsoft && request.Method == http.MethodPost && strings.HasSuffix(request.Path, "/oauth2/v2.0/token")
		if request.Method != http.MethodGet && !signIn {
			t.Errorf("%s %s is no read", request.Method, request.Path)
		}
	}
}

// expectProblem fails the test unless the result has a problem of that severity about that subject, with the texts in it.
func expectProblem(t *testing.T, result Result, severity Severity, subject string, texts ...string) {
	t.Helper()
	i := slices.IndexFunc(result.Problems, func(p Problem) bool {
		whole := p.Summary + "\n" + p.Detail + "\n" + p.Remedy
		missing := slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(whole, text) })
		return p.Severity == severity && p.Subject == subject && !missing
	})
	if i < 0 {
		t.Errorf("no %s about %s with %q in %+v", severity, subject, texts, result.Problems)
	}
}

func TestKeysOfGradient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(*reach)
		subject string
		texts   []string
	}{
		"swapped": {
			func(r *reach) {
				r.gradient.VendorKey, r.gradient.PartnerKey = r.gradient.PartnerKey, r.gradient.VendorKey
			},
			vendorKeySetting, []string{"swapped", "GRADIENT_PARTNER_API_KEY"},
		},
		"a wrong vendor key": {
			func(r *reach) { r.gradient.VendorKey = "another" },
			vendorKeySetting, []string{"does not know the vendor key", "Vendor Profile Not Found"},
		},
		"a wrong partner key": {
			func(r *reach) { r.gradient.PartnerKey = "another" },
			partnerKeySetting, []string{"does not take the keys", "401", "the other way round"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := sandbox.DefaultSeed()
			_, reach := start(t, seed, sandbox.Options{})
			test.change(reach)
			result := Run(t.Context(), reach.systems(), Request{Tenants: tenantsOf(seed)[:1]})
			expectProblem(t, result, Error, test.subject, test.texts...)
			if len(result.Problems) == 0 || result.Problems[0].System != systemGradient || result.Facts["key-sees"] != "all" || result.Facts["graph-top"] != "ignored" {
				t.Errorf("the worst is not first, or the other systems were not checked: %+v", result)
			}
			if result.Ready() {
				t.Error("ready")
			}
		})
	}
}

func TestKeysOfCloudRadial(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*reach)
		texts  []string
	}{
		"swapped": {
			func(r *reach) {
				r.cloudradial.PublicKey, r.cloudradial.PrivateKey = r.cloudradial.PrivateKey, r.cloudradial.PublicKey
			},
			[]string{"swapped", "CLOUDRADIAL_PRIVATE_KEY"},
		},
		"wrong": {func(r *reach) { r.cloudradial.PrivateKey = "another" }, []string{"does not take the keys", "401", "region"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := sandbox.DefaultSeed()
			_, reach := start(t, seed, sandbox.Options{Switches: map[string]string{"unauthorized-body": "html"}})
			test.change(reach)
			result := Run(t.Context(), reach.systems(), Request{Tenants: tenantsOf(seed)[:1]})
			expectProblem(t, result, Error, privateKeySetting, test.texts...)
			if result.Facts["unauthorized-body"] != "html" || result.Facts["gradient-never-synced"] != "1900" {
				t.Errorf("facts %v", result.Facts)
			}
		})
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// The text about refused keys begins with what is likeliest, and ends with a new key and what that breaks.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	step := NextStep(&rest.Error{Status: http.StatusUnauthorized})
	left := step
	for _, text := range []string{"White space around them was removed", "swapped?", "same integration?", "whole?", "older key", "it was regenerated", "generate a new partner key", "stops until it has the new key"} {
		_, after, found := strings.Cut(left, text)
		if !found {
			t.Errorf("no %q after the text before it in %s", text, step)
		}
		left = after
	}
}

// What Gradient repeats of the keys in a name is in no integration, and so in no state.
func TestNoKeyInTheIntegration(t *testing.T) {
	t.Parallel()
	const vendor, partner = "vendor-key-0123456789", "partner-key-0123456789"
	answer := fmt.Sprintf(`{"integrationId":"i","organizationId":"o","status":"active","name":"MSP %s","vendorId":"v","vendorName":"%s"}`,
		vendor, Credentials(vendor, partner)[1])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL, VendorKey: vendor, PartnerKey: partner})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Integration(t.Context())
	if err != nil || got.OrganizationName != "MSP ***" || got.VendorName != "***" || got.ID != "i" {
		t.Errorf("%+v, %v", got, err)
	}
}

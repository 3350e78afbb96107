// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// onlyGradient is a provider with nothing but a Gradient client.
type onlyGradient struct{ client *gradient.Client }

func (o onlyGradient) Gradient() (*gradient.Client, error)           { return o.client, nil }
func (o onlyGradient) CloudRadial() (*cloudradial.Client, error)     { return nil, nil }
func (o onlyGradient) Claim(string, string, string) (string, bool)   { return "", true }
func (o onlyGradient) Planned(string, string, string) (string, bool) { return "", false }
func (o onlyGradient) Reported(string) bool                          { return false }

// slipIn runs something before the first creation is sent.
type slipIn struct {
	once   sync.Once
	before func()
}

func (s *slipIn) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		s.once.Do(s.before)
	}
	return http.DefaultTransport.RoundTrip(request)
}

func gradientOf(t *testing.T, s *sandbox.Server, transport http.RoundTripper) *gradient.Client {
	t.Helper()
	keys := s.Credentials()
	client, err := gradient.New(gradient.Options{BaseURL: s.HTTPURL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey,
		RequestsPerSecond: 100, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestAccountsThatSlipInBeforeTheRequest are made by another tool after apply has read the list.
func TestAccountsThatSlipInBeforeTheRequest(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Seed{}, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	other := gradientOf(t, s, nil)
	client := gradientOf(t, s, &slipIn{before: func() {
		for _, account := range []gradient.Account{{ID: "b", Name: "B", Description: "theirs"}, {ID: "c", Name: "Another"}} {
			if _, err := other.CreateAccount(context.Background(), account); err != nil {
				t.Error(err)
			}
		}
	}})
	rows := map[string]mapping{}
	for i, id := range []string{"a", "b", "c"} {
		rows[id] = mapping{
			CompanyID: types.Int64Value(int64(i)), AccountID: types.StringValue(id), Name: types.StringValue(strings.ToUpper(id)),
			Description: types.StringValue("ours"), IsMapped: types.BoolUnknown(),
		}
	}
	table := &tableResource{}
	table.Clients = onlyGradient{client}
	var diags diag.Diagnostics
	written, ok := table.write(t.Context(), newTable(rows, unmanagedList(nil)), tableModel{}, &diags)
	kept := written.rows()
	if len(kept) != 2 || !ok || kept["a"].Description.ValueString() != "ours" || kept["b"].Description.ValueString() != "ours" {
		t.Errorf("kept %v", kept)
	}
	if diags.ErrorsCount() != 1 || diags.Errors()[0].Summary() != `Account "C" (c) exists under another name` {
		t.Errorf("errors %v", diags.Errors())
	}
	if diags.WarningsCount() != 1 || diags.Warnings()[0].Summary() != `Account "B" (b) is adopted` {
		t.Errorf("warnings %v", diags.Warnings())
	}
	held := map[string]string{}
	for _, account := range s.Accounts() {
		held[account.ID] = account.Name + " " + account.Description
	}
	if len(held) != 3 || held["a"] != "A ours" || held["b"] != "B ours" || held["c"] != "Another " {
		t.Errorf("Gradient holds %v", held)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfbase

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// fakeClients fails with err, and remembers what was said.
type fakeClients struct {
	err  error
	said map[string]bool
}

func (f fakeClients) Gradient() (*gradient.Client, error) { return nil, f.err }

func (f fakeClients) Reported(text string) bool {
	before := f.said[text]
	f.said[text] = true
	return before
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data           any
		wantSet, wantE bool
	}{
		"clients":            {data: fakeClients{}, wantSet: true},
		"not configured yet": {},
		"another type":       {data: "clients", wantE: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Resource[GradientClients]
			var resp resource.ConfigureResponse
			r.Configure(t.Context(), resource.ConfigureRequest{ProviderData: test.data}, &resp)
			if set := r.Clients != nil; set != test.wantSet || resp.Diagnostics.HasError() != test.wantE {
				t.Errorf("resource: clients set %t, diagnostics %v", set, resp.Diagnostics)
			}
			var d DataSource[GradientClients]
			var dataResp datasource.ConfigureResponse
			d.Configure(t.Context(), datasource.ConfigureRequest{ProviderData: test.data}, &dataResp)
			if set := d.Clients != nil; set != test.wantSet || dataResp.Diagnostics.HasError() != test.wantE {
				t.Errorf("data source: clients set %t, diagnostics %v", set, dataResp.Diagnostics)
			}
		})
	}
}

func TestClientsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	unknown := fakeClients{err: fmt.Errorf("%w: gradient", tfdiag.ErrUnknown), said: map[string]bool{}}
	broken := fakeClients{err: errors.New("no key"), said: map[string]bool{}}
	var diags diag.Diagnostics
	if _, ok := GradientIfKnown(unknown, &diags); ok || len(diags) > 0 {
		t.Errorf("a plan with unknown settings: ok %t, %v", ok, diags)
	}
	if _, ok := Gradient(unknown, &diags); ok || diags.ErrorsCount() != 1 {
		t.Errorf("an apply with unknown settings: ok %t, %v", ok, diags)
	}
	diags = nil
	for range 3 {
		if _, ok := GradientIfKnown(broken, &diags); ok {
			t.Error("a client without a key")
		}
	}
	if diags.ErrorsCount() != 1 {
		t.Errorf("three plans say %v, want one error", diags)
	}
	if _, ok := GradientIfKnown(fakeClients{}, &diags); !ok || diags.ErrorsCount() != 1 {
		t.Errorf("a client that can be made: ok %t, %v", ok, diags)
	}
}

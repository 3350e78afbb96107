// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// onlyMicrosoft has a client that can sign in, as far as it knows.
type onlyMicrosoft struct{}

func (onlyMicrosoft) Microsoft() (*microsoft.Client, error) {
	return microsoft.New(microsoft.Options{ClientID: "11111111-2222-3333-4444-555555555555", ClientSecret: "secret"})
}

// What a cancelled run did not get to must not pass for tenants that on_error = "skip" covers.
func TestACancelledReadIsAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var diags diag.Diagnostics
	var d licenseCounts
	d.Clients = onlyMicrosoft{}
	d.readTenants(ctx, []tenant{{"acme", "acme.example"}}, nil, 0, &diags)
	if !diags.HasError() || !strings.Contains(diags[0].Detail(), "cancelled") {
		t.Errorf("got %v, want an error about the cancelled run", diags)
	}
}

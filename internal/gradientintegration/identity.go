// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradientintegration

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// identity is what identifies an integration. It changes when the partner API key of another integration is given.
type identity struct {
	ID types.String `tfsdk:"id"`
}

func (m resourceModel) identity() identity { return identity{m.ID} }

func (r *integrationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the integration in Gradient."},
	}}
}

// ImportState takes any id, because the partner API key decides which integration it is, and Read replaces the id. An identity must be
// that of this integration.
func (r *integrationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if req.ID != "" || req.Identity.Raw.IsNull() {
		resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
		return
	}
	var wanted identity
	resp.Diagnostics.Append(req.Identity.Get(ctx, &wanted)...)
	client, ok := tfbase.Gradient(r.Clients, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	found, err := client.Integration(ctx)
	switch {
	case err != nil:
		resp.Diagnostics.Append(tfdiag.Error(cannotRead, err))
	case found.ID != wanted.ID.ValueString():
		resp.Diagnostics.AddError("Partner API key belongs to another integration", fmt.Sprintf(
			"The identity to import is the integration %q, and the partner API key in the provider block belongs to the integration %q. "+
				"Correct the identity, or use the key of the other integration.", wanted.ID.ValueString(), found.ID))
	default:
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), wanted.ID)...)
	}
}

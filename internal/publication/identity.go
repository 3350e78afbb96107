// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identity is what identifies a publication: the asset type, and the owner of its rows.
type identity struct {
	AssetType types.String `tfsdk:"asset_type"`
	ID        types.String `tfsdk:"id"`
}

func (m model) identity() identity { return identity{m.AssetType, m.ID} }

func (r *publicationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"asset_type": identityschema.StringAttribute{
			OptionalForImport: true,
			Description:       "Name of the flexible asset type. The default is " + defaultAssetType + ".",
		},
		"id": identityschema.StringAttribute{
			RequiredForImport: true,
			Description:       "Id of the publication, which is the Owner of its rows.",
		},
	}}
}

// wantedImport returns the asset type and the owner that an import names. The owner is empty when the id names none.
func wantedImport(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (name, owner string) {
	if req.ID != "" || req.Identity.Raw.IsNull() {
		return parseImportID(req.ID)
	}
	var wanted identity
	resp.Diagnostics.Append(req.Identity.Get(ctx, &wanted)...)
	if wanted.AssetType.IsNull() {
		return defaultAssetType, wanted.ID.ValueString()
	}
	return wanted.AssetType.ValueString(), wanted.ID.ValueString()
}

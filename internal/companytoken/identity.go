// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identity is what identifies a token.
type identity struct {
	CompanyID types.Int64  `tfsdk:"company_id"`
	Name      types.String `tfsdk:"name"`
}

func (m model) identity() identity { return identity{m.CompanyID, m.Name} }

func (r *tokenResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"company_id": identityschema.Int64Attribute{
			RequiredForImport: true,
			Description:       "Id of the company in CloudRadial, or 0 for the partner level.",
		},
		"name": identityschema.StringAttribute{
			RequiredForImport: true,
			Description:       "Name of the token, without the @.",
		},
	}}
}

// ImportState takes <company_id>/<name>, or the identity.
func (r *tokenResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var wanted identity
	var err error
	given := req.ID
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &wanted)...)
		given = fmt.Sprintf("%d/%s", wanted.CompanyID.ValueInt64(), wanted.Name.ValueString())
	} else {
		wanted, err = parseImportID(req.ID)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if err != nil || wanted.CompanyID.ValueInt64() < 0 || nameProblem(wanted.Name.ValueString()) != "" {
		resp.Diagnostics.AddError("Invalid import id of a company token",
			fmt.Sprintf("%q is not <company_id>/<name> with a valid name. Examples: 102/SupportPhone, and 0/SupportPhone for the partner level.", given))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("company_id"), wanted.CompanyID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), wanted.Name)...)
}

func parseImportID(id string) (identity, error) {
	company, name, _ := strings.Cut(id, "/")
	companyID, err := strconv.ParseInt(company, 10, 64)
	return identity{types.Int64Value(companyID), types.StringValue(name)}, err
}

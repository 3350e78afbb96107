// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// identity is what identifies a company mapping. company_id is no part of it, because it can change in place.
type identity struct {
	AccountID types.String `tfsdk:"account_id"`
}

func (m mapping) identity() identity { return identity{m.AccountID} }

func (r *itemResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"account_id": identityschema.StringAttribute{
			RequiredForImport: true,
			Description:       "Id of the account in Gradient.",
		},
	}}
}

// ImportState takes <company_id>, <company_id>/<account_id>, or the identity. With the identity, Read looks for the company.
func (r *itemResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		r.importByIdentity(ctx, req, resp)
		return
	}
	company, account, hasAccount := strings.Cut(req.ID, "/")
	companyID, err := strconv.ParseInt(company, 10, 64)
	if !hasAccount {
		account = company
	}
	if err != nil || companyID < 1 || !shapes.AccountIDForm.MatchString(account) {
		resp.Diagnostics.AddError("Import id of a company mapping is not understood",
			fmt.Sprintf("%q is neither <company_id> nor <company_id>/<account_id>. Examples: 42 (account 42 in Gradient), 42/contoso.", req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("company_id"), companyID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), account)...)
}

func (r *itemResource) importByIdentity(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var wanted identity
	resp.Diagnostics.Append(req.Identity.Get(ctx, &wanted)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !shapes.AccountIDForm.MatchString(wanted.AccountID.ValueString()) {
		resp.Diagnostics.AddError("Identity of a company mapping cannot be used",
			fmt.Sprintf("The account_id %q %s.", wanted.AccountID.ValueString(), accountIDRule))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), wanted.AccountID)...)
}

// companyOf returns the company that an account belongs to, as far as ids and names say so: the only company of exactly the account's
// name, else the one whose id is the account's id. It is null when there is none. Ids come second, because other tools number accounts
// in their own way.
func companyOf(account gradient.Account, companies []cloudradial.Company) types.Int64 {
	var named []cloudradial.Company
	byID := types.Int64Null()
	for _, company := range companies {
		if company.Name == account.Name {
			named = append(named, company)
		}
		if strconv.FormatInt(company.ID, 10) == account.ID {
			byID = types.Int64Value(company.ID)
		}
	}
	if len(named) == 1 {
		return types.Int64Value(named[0].ID)
	}
	return byID
}

// findCompany returns the company of an account that was imported without one. Without CloudRadial it is null, and the configuration
// has to give it.
func findCompany(ctx context.Context, clients clients, account gradient.Account, diags *diag.Diagnostics) types.Int64 {
	client, err := clients.CloudRadial()
	if err != nil {
		return types.Int64Null()
	}
	companies, err := client.Companies(ctx)
	if err != nil {
		diags.AddAttributeWarning(path.Root("company_id"), noCompanies, tfdiag.Detail(err))
		return types.Int64Null()
	}
	return companyOf(account, companies)
}

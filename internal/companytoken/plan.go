// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan checks that the company exists, and reports a token that Create would find in CloudRadial.
func (r *tokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan model
	var state *model // nil when the token is new
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	sameCompany := state != nil && plan.CompanyID.Equal(state.CompanyID)
	sameToken := sameCompany && plan.Name.Equal(state.Name)
	if sameToken {
		// With -replace, Terraform plans the same token again as a new one.
		r.Clients.Claim(managedKind, plan.id(), plan.id())
	}
	client, ok := tfbase.CloudRadialIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	r.checkCompany(ctx, client, plan, sameCompany, &resp.Diagnostics)
	if !sameToken {
		r.checkToken(ctx, client, plan, &resp.Diagnostics)
	}
}

// checkCompany reports a company that CloudRadial does not list. managed says that the state has a token of it.
func (r *tokenResource) checkCompany(ctx context.Context, client *cloudradial.Client, plan model, managed bool, diags *diag.Diagnostics) {
	id := plan.CompanyID.ValueInt64()
	if id == 0 { // the partner level, or not known yet
		return
	}
	_, found, err := client.Company(ctx, id)
	var companies []cloudradial.Company
	if err == nil && !found {
		companies, err = client.Companies(ctx)
	}
	switch {
	case err != nil && managed:
		diags.AddAttributeWarning(path.Root("company_id"), noCompanies, tfdiag.Detail(err))
	case err != nil:
		tfdiag.AddOnce(diags, r.Clients, tfdiag.AttributeError(path.Root("company_id"), noCompanies, err))
	case !found:
		reportUnlisted(diags, r.Clients, unlistedCompany(id, companies, managed))
	}
}

// reportUnlisted adds a problem of a company. An error that other tokens have too is added once.
func reportUnlisted(diags *diag.Diagnostics, reporter tfdiag.Reporter, problem diag.Diagnostic) {
	if problem.Severity() == diag.SeverityError {
		tfdiag.AddOnce(diags, reporter, problem)
		return
	}
	diags.Append(problem)
}

// checkToken reports a token that Create would find. A token that this run replaces or creates is not reported.
func (r *tokenResource) checkToken(ctx context.Context, client *cloudradial.Client, plan model, diags *diag.Diagnostics) {
	if plan.CompanyID.IsUnknown() || plan.Name.IsUnknown() || plan.Value.IsUnknown() {
		return
	}
	if r.Clients.Claimed(managedKind, plan.id()) || r.Clients.Claimed(createdKind, plan.id()) {
		return
	}
	held, exists, err := client.Token(ctx, plan.CompanyID.ValueInt64(), plan.Name.ValueString())
	switch {
	case err != nil:
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noTokens, err))
	case exists:
		diags.Append(existing(plan, held))
	}
}

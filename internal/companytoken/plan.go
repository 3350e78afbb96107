package companytoken

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan checks what can be checked before anything is written: that the company exists, and what Create will find.
func (r *token) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
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
	r.checkCompany(ctx, plan, state != nil && plan.CompanyID.Equal(state.CompanyID), &resp.Diagnostics)
	if state != nil && plan.CompanyID.Equal(state.CompanyID) && plan.Name.Equal(state.Name) {
		// With -replace, the same token is planned once more as a new one.
		r.Clients.Claim(managedKind, plan.id(), plan.id())
		return
	}
	r.checkToken(ctx, plan, &resp.Diagnostics)
}

// checkCompany makes an unknown company an error when it is new here, and a warning when it was there before, or it would
// block destroy.
func (r *token) checkCompany(ctx context.Context, plan model, managed bool, diags *diag.Diagnostics) {
	id := plan.CompanyID.ValueInt64()
	if id == 0 { // the partner level, or not known yet
		return
	}
	client, err := r.Clients.CloudRadial()
	if errors.Is(err, tfdiag.ErrUnknown) {
		return
	}
	summary := noCloudRadial
	var companies []cloudradial.Company
	var found bool
	if err == nil {
		summary = noCompanies
		_, found, err = client.Company(ctx, id)
	}
	if err == nil && !found {
		companies, err = client.Companies(ctx)
	}
	switch {
	case err != nil && managed:
		diags.AddAttributeWarning(path.Root("company_id"), summary, tfdiag.Detail(err))
	case err != nil:
		tfdiag.AddOnce(diags, r.Clients, tfdiag.AttributeError(path.Root("company_id"), summary, err))
	case found:
	case managed:
		diags.AddAttributeWarning(path.Root("company_id"), unlisted(id), noneHas(id, companies)+
			" It was there before: if the customer has left, take its tokens out of the configuration.")
	default:
		diags.AddAttributeError(path.Root("company_id"), unlisted(id), noneHas(id, companies)+
			" The data source cloudradial_companies lists them all. For a token of the partner level, company_id is 0.")
	}
}

func unlisted(id int64) string { return fmt.Sprintf("Company %d is not in CloudRadial", id) }

func noneHas(id int64, companies []cloudradial.Company) string {
	return fmt.Sprintf("CloudRadial lists %d companies, and none has the company_id %d.", len(companies), id)
}

// checkToken tells at plan what Create will find. A managed token that stays declared is being replaced, so it is no news.
func (r *token) checkToken(ctx context.Context, plan model, diags *diag.Diagnostics) {
	client, err := r.Clients.CloudRadial()
	if errors.Is(err, tfdiag.ErrUnknown) || plan.CompanyID.IsUnknown() || plan.Name.IsUnknown() || plan.Value.IsUnknown() {
		return
	}
	if r.Clients.Claimed(managedKind, plan.id()) || r.Clients.Claimed(createdKind, plan.id()) {
		return
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noCloudRadial, err))
		return
	}
	held, exists, err := client.ListedToken(ctx, plan.CompanyID.ValueInt64(), plan.Name.ValueString())
	switch {
	case err != nil:
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noTokens, err))
	case exists:
		diags.Append(existing(plan, held))
	}
}

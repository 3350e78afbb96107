package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// companyPlan is what ModifyPlan works on.
type companyPlan struct {
	config, plan companyModel
	state        *companyModel // nil when the mapping is new
}

// sameCompany reports whether company_id is what was managed before. What may fail for it only warns, or it would block
// destroy.
func (p *companyPlan) sameCompany() bool {
	return p.state != nil && p.plan.CompanyID.Equal(p.state.CompanyID)
}

// ModifyPlan fills in the defaults that have to be looked up, and checks what can be checked before anything is written.
func (r *companyMapping) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var p companyPlan
	resp.Diagnostics.Append(req.Config.Get(ctx, &p.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	if !req.State.Raw.IsNull() {
		p.state = &companyModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	p.planAccountID(resp)
	r.planName(ctx, &p, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, p.plan)...)
	if p.state == nil {
		r.checkAccount(ctx, p.plan, &resp.Diagnostics)
	}
}

func (p *companyPlan) planAccountID(resp *resource.ModifyPlanResponse) {
	if p.config.AccountID.IsNull() {
		p.plan.AccountID = types.StringUnknown()
		if !p.plan.CompanyID.IsUnknown() {
			p.plan.AccountID = types.StringValue(strconv.FormatInt(p.plan.CompanyID.ValueInt64(), 10))
		}
	}
	if p.state != nil && !p.plan.AccountID.Equal(p.state.AccountID) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("account_id"))
		p.plan.IsMapped = types.BoolUnknown()
	}
}

// planName looks the company up, for its name when the configuration gives none and to see that it exists.
func (r *companyMapping) planName(ctx context.Context, p *companyPlan, diags *diag.Diagnostics) {
	wanted := p.config.Name.IsNull()
	if wanted {
		p.plan.Name = types.StringUnknown()
		if p.sameCompany() {
			p.plan.Name = p.state.Name
		}
	}
	if p.plan.CompanyID.IsUnknown() {
		return
	}
	client := r.companies(p, wanted, diags)
	if client == nil {
		return
	}
	company, found, err := client.Company(ctx, p.plan.CompanyID.ValueInt64())
	switch {
	case err != nil:
		r.unchecked(p, diags, noCompanies, err)
	case !found:
		companies, err := client.Companies(ctx)
		if err != nil {
			r.unchecked(p, diags, noCompanies, err)
			return
		}
		p.fail(diags, "company_id", fmt.Sprintf("Company %d is not in CloudRadial", p.plan.CompanyID.ValueInt64()),
			unknownCompany(p, companies))
	case wanted && company.Name == "":
		p.fail(diags, "name", fmt.Sprintf("Company %d has no name in CloudRadial", company.ID), "Give the name of the account as it is in the PSA.")
	case wanted:
		p.plan.Name = types.StringValue(company.Name)
	}
}

// companies returns the client to look the company up with, or nil when that cannot be done.
func (r *companyMapping) companies(p *companyPlan, nameWanted bool, diags *diag.Diagnostics) *cloudradial.Client {
	client, err := r.clients.CloudRadial()
	var missing *tfdiag.MissingError
	switch {
	case err == nil:
		return client
	case errors.Is(err, tfdiag.ErrUnknown):
		return nil
	case !errors.As(err, &missing) || len(missing.Missing) == 1: // one key without the other is a mistake
		r.unchecked(p, diags, noCloudRadial, err)
	case nameWanted && !p.sameCompany():
		tfdiag.AddOnce(diags, r.clients, nameRequired(missing))
	}
	return nil
}

// unchecked says that the company cannot be looked up, which no other can then either.
func (r *companyMapping) unchecked(p *companyPlan, diags *diag.Diagnostics, summary string, err error) {
	if p.sameCompany() {
		p.fail(diags, "company_id", summary, tfdiag.Detail(err))
		return
	}
	tfdiag.AddOnce(diags, r.clients, tfdiag.AttributeError(path.Root("company_id"), summary, err))
}

// fail is an error for a company that is new here, and a warning for one that was managed before.
func (p *companyPlan) fail(diags *diag.Diagnostics, attribute, summary, detail string) {
	if p.sameCompany() {
		diags.AddAttributeWarning(path.Root(attribute), summary, detail)
		return
	}
	diags.AddAttributeError(path.Root(attribute), summary, detail)
}

func nameRequired(missing *tfdiag.MissingError) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("name"), "Name is required without CloudRadial keys",
		"The default of name is the company's name in CloudRadial, which cannot be read without keys. Give the name of the account as it "+
			"is in the PSA, or configure CloudRadial.\n\n"+tfdiag.Detail(missing))
}

func unknownCompany(p *companyPlan, companies []cloudradial.Company) string {
	text := fmt.Sprintf("CloudRadial lists %d companies, and none has the company_id %d.", len(companies), p.plan.CompanyID.ValueInt64())
	name := p.plan.Name.ValueString()
	if name == "" && p.state != nil {
		name = p.state.Name.ValueString()
	}
	if name == "" {
		name = p.config.AccountID.ValueString() // a slug of the name, as a rule
	}
	if nearest, ok := nearestCompany(companies, name); ok {
		text += fmt.Sprintf(" The company whose name is nearest to %q is %q, with company_id %d.", name, nearest.Name, nearest.ID)
	}
	if p.sameCompany() {
		return text + " It was there before: if the customer has left, take its rows out of the mapping files."
	}
	return text + " The data source cloudradial_companies lists them all."
}

// nearestCompany returns the company whose name is spelled most like name, ignoring case.
func nearestCompany(companies []cloudradial.Company, name string) (cloudradial.Company, bool) {
	if name == "" || len(companies) == 0 {
		return cloudradial.Company{}, false
	}
	distance := func(c cloudradial.Company) int {
		return levenshtein.Distance(strings.ToLower(c.Name), strings.ToLower(name), nil)
	}
	return slices.MinFunc(companies, func(a, b cloudradial.Company) int { return cmp.Compare(distance(a), distance(b)) }), true
}

// checkAccount tells at plan what Create will find in Gradient.
func (r *companyMapping) checkAccount(ctx context.Context, plan companyModel, diags *diag.Diagnostics) {
	client, err := r.clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) || plan.AccountID.IsUnknown() || plan.Name.IsUnknown() {
		return
	}
	if r.clients.Claimed(accountKind, plan.AccountID.ValueString()) {
		return // another mapping has made it during this apply: Create says so
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.clients, tfdiag.Error(noGradient, err))
		return
	}
	found, exists, err := client.Account(ctx, plan.AccountID.ValueString())
	if err != nil {
		tfdiag.AddOnce(diags, r.clients, tfdiag.Error(noAccounts, err))
		return
	}
	if exists {
		diags.Append(existing(plan, found))
	}
}

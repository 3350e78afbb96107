package companymapping

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
	r.report(&p, p.planName(ctx, r.Clients), &resp.Diagnostics)
	r.warnOfTable(p.plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, p.plan)...)
	if p.state == nil {
		r.checkAccount(ctx, p.plan, &resp.Diagnostics)
	}
}

// warnOfTable warns when a table of company mappings has the account, too, and was planned before.
func (r *companyMapping) warnOfTable(plan companyModel, diags *diag.Diagnostics) {
	if plan.AccountID.IsUnknown() {
		return
	}
	if _, twice := r.Clients.Planned(accountKind, plan.AccountID.ValueString(), companyMappingType); twice {
		diags.AddAttributeWarning(path.Root("account_id"), inBothTypes, bothTypes(tfdiag.List([]string{label(plan)})))
	}
}

// inBothTypes is the same for every account, so that Terraform folds the warnings of a whole table into one.
const inBothTypes = "Accounts are in " + companyMappingType + " and in " + companyMappingsType

func bothTypes(accounts string) string {
	return "These accounts have a resource of their own and are in the whole table as well. Both set name and description, so they fight when they " +
		"differ, and the function unit_counts refuses an account that is in both. Keep each account in one of the two:\n\n" + accounts
}

// report makes a problem an error for a company that is new here, and a warning for one that was managed before.
func (r *companyMapping) report(p *companyPlan, problem *companyProblem, diags *diag.Diagnostics) {
	if problem == nil {
		return
	}
	at := path.Root(problem.attribute)
	switch {
	case p.sameCompany():
		diags.AddAttributeWarning(at, problem.summary, problem.detail())
	case problem.general:
		tfdiag.AddOnce(diags, r.Clients, diag.NewAttributeErrorDiagnostic(at, problem.summary, problem.detail()))
	default:
		diags.AddAttributeError(at, problem.summary, problem.detail())
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

// companyProblem is why the company of a mapping cannot be used, or not be looked up.
type companyProblem struct {
	attribute string
	summary   string
	detail    func() string
	// general says that it is about CloudRadial as a whole: every other mapping has it, too.
	general bool
}

func text(s string) func() string { return func() string { return s } }

// planName looks the company up, for its name when the configuration gives none and to see that it exists.
func (p *companyPlan) planName(ctx context.Context, clients clients) *companyProblem {
	wanted := p.config.Name.IsNull()
	if wanted {
		p.plan.Name = types.StringUnknown()
		if p.sameCompany() {
			p.plan.Name = p.state.Name
		}
	}
	if p.plan.CompanyID.IsUnknown() {
		return nil
	}
	client, problem := p.companies(clients, wanted)
	if client == nil {
		return problem
	}
	company, found, err := client.Company(ctx, p.plan.CompanyID.ValueInt64())
	switch {
	case err != nil:
		return unchecked(noCompanies, err)
	case !found:
		companies, err := client.Companies(ctx)
		if err != nil {
			return unchecked(noCompanies, err)
		}
		return &companyProblem{
			attribute: "company_id",
			summary:   fmt.Sprintf("Company %d is not in CloudRadial", p.plan.CompanyID.ValueInt64()),
			detail:    func() string { return unknownCompany(p, companies) },
		}
	case wanted && company.Name == "":
		return &companyProblem{
			attribute: "name",
			summary:   fmt.Sprintf("Company %d has no name in CloudRadial", company.ID),
			detail:    text("Give the name of the account as it is in the PSA."),
		}
	case wanted:
		p.plan.Name = types.StringValue(company.Name)
	}
	return nil
}

// companies returns the client to look the company up with, or nil when that cannot be done.
func (p *companyPlan) companies(clients clients, nameWanted bool) (*cloudradial.Client, *companyProblem) {
	client, err := clients.CloudRadial()
	var missing *tfdiag.MissingError
	switch {
	case err == nil:
		return client, nil
	case errors.Is(err, tfdiag.ErrUnknown):
		return nil, nil
	case !errors.As(err, &missing) || len(missing.Missing) == 1: // one key without the other is a mistake
		return nil, unchecked(noCloudRadial, err)
	case nameWanted && !p.sameCompany():
		return nil, nameRequired(missing)
	}
	return nil, nil
}

// unchecked says that no company can be looked up.
func unchecked(summary string, err error) *companyProblem {
	return &companyProblem{attribute: "company_id", summary: summary, detail: text(tfdiag.Detail(err)), general: true}
}

func nameRequired(missing *tfdiag.MissingError) *companyProblem {
	return &companyProblem{
		attribute: "name",
		summary:   "Name is required without CloudRadial keys",
		detail: text("The default of name is the company's name in CloudRadial, which cannot be read without keys. Give the name of the account " +
			"as it is in the PSA, or configure CloudRadial.\n\n" + tfdiag.Detail(missing)),
		general: true,
	}
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
	client, err := r.Clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) || plan.AccountID.IsUnknown() || plan.Name.IsUnknown() {
		return
	}
	if r.Clients.Claimed(accountKind, plan.AccountID.ValueString()) {
		return // another mapping has made it during this apply: Create says so
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error("Gradient cannot be used", err))
		return
	}
	found, exists, err := client.Account(ctx, plan.AccountID.ValueString())
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noAccounts, err))
		return
	}
	if exists {
		diags.Append(existing(plan, found))
	}
}

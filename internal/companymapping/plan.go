// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// mappingPlan plans one mapping.
type mappingPlan struct {
	form         form
	config, plan mapping
	state        *mapping // nil when the mapping is new
	recorded     string   // name of the company that the refresh recorded, empty when it is the account's
	lookedUp     string   // name of the company that apply will take, as far as it is known now
}

// likelyRow is the planned mapping with the name that apply will probably take.
func (p *mappingPlan) likelyRow() mapping {
	row := p.plan
	if row.Name.IsUnknown() && p.lookedUp != "" {
		row.Name = types.StringValue(p.lookedUp)
	}
	return row
}

// check returns what is odd about a row whose values are known.
func (p *mappingPlan) check(clients clients) []tfdiag.RowProblem {
	row := p.likelyRow()
	if row.Name.IsUnknown() || row.AccountID.IsUnknown() {
		return nil
	}
	problems := p.form.checkName(p.isNewName(), row)
	if p.plan.Name.IsUnknown() {
		problems = append(problems, p.form.namesAtApply(row))
	}
	if p.changesCustomer(row) {
		problems = append(problems, p.form.otherCustomer(row, *p.state))
	}
	return append(problems, p.form.checkTwice(clients, row)...)
}

// changesCustomer reports whether an account that may be mapped in Gradient is given to another customer: another company, of an unlike name.
func (p *mappingPlan) changesCustomer(row mapping) bool {
	if p.state == nil || p.state.CompanyID.IsNull() || p.sameCompany() || row.CompanyID.IsUnknown() || !row.AccountID.Equal(p.state.AccountID) {
		return false
	}
	isUnmapped := !p.state.IsMapped.IsNull() && !p.state.IsMapped.ValueBool()
	return !isUnmapped && !alike(row.Name.ValueString(), p.state.Name.ValueString())
}

func (p *mappingPlan) isNewName() bool { return p.state == nil || !p.plan.Name.Equal(p.state.Name) }

// candidate returns the row for [portal.findUnlike].
func (p *mappingPlan) candidate() (candidate, bool) {
	row := p.likelyRow()
	known := !row.Name.IsUnknown() && !row.AccountID.IsUnknown() && !row.CompanyID.IsUnknown()
	return candidate{row, p.sameCompany() && !p.isNewName()}, known && p.lookedUp == ""
}

// sameCompany reports whether the state has the same company_id. A problem of that company is then a warning only, because an error
// would block destroy.
func (p *mappingPlan) sameCompany() bool {
	return p.state != nil && p.plan.CompanyID.Equal(p.state.CompanyID)
}

// ModifyPlan plans the defaults, and checks what can be checked before anything is written.
func (r *itemResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	p := mappingPlan{form: item}
	names := companyNames(ctx, req.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(req.Config.Get(ctx, &p.config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	if !req.State.Raw.IsNull() {
		p.state = &mapping{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
		p.recorded = names[p.state.AccountID.ValueString()]
	}
	if resp.Diagnostics.HasError() {
		return
	}
	p.planAccountID(resp)
	portal := &portal{clients: r.Clients}
	r.report(p.planName(ctx, portal), &resp.Diagnostics)
	portal.report(path.Root("company_id"), &resp.Diagnostics)
	var odd tfdiag.Rows
	for _, problem := range p.check(r.Clients) {
		if problem.Kind == takeTheirNames { // Terraform folds warnings of equal summary
			problem.Summary = problem.Kind
		}
		odd.Add(problem)
	}
	if c, ok := p.candidate(); ok {
		for _, problem := range portal.findUnlike(ctx, item, map[string]candidate{c.row.AccountID.ValueString(): c}) {
			odd.Add(problem)
		}
	}
	resp.Diagnostics.Append(odd.Diagnostics(path.Empty())...)
	r.warnOfTable(p.plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, p.plan)...)
	if p.state == nil {
		var problems tfdiag.Rows
		checkAdded(ctx, r.Clients, item, map[string]mapping{p.plan.AccountID.ValueString(): p.likelyRow()}, &problems, &resp.Diagnostics)
		resp.Diagnostics.Append(problems.Diagnostics(path.Empty())...)
	}
}

// report adds a problem. The same error of several mappings is added once per provider block.
func (r *itemResource) report(problem *tfdiag.RowProblem, diags *diag.Diagnostics) {
	if problem == nil {
		return
	}
	var problems tfdiag.Rows
	problems.Add(*problem)
	for _, found := range problems.Diagnostics(path.Empty()) {
		if found.Severity() == diag.SeverityError {
			tfdiag.AddOnce(diags, r.Clients, found)
			continue
		}
		diags.Append(found)
	}
}

// warnOfTable warns when a table has the account, too, and was planned before. Its summary names no account, so that Terraform folds
// the warnings of many mappings into one.
func (r *itemResource) warnOfTable(plan mapping, diags *diag.Diagnostics) {
	if plan.AccountID.IsUnknown() {
		return
	}
	if _, twice := r.Clients.Planned(accountKind, plan.AccountID.ValueString(), itemType); twice {
		problem := item.inBothTypes(plan)
		diags.AddAttributeWarning(problem.Path, problem.Kind, problem.Detail+"\n\n"+tfdiag.List([]string{problem.Row}))
	}
}

func (p *mappingPlan) planAccountID(resp *resource.ModifyPlanResponse) {
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

// planName plans the default of name, and checks that the company exists.
func (p *mappingPlan) planName(ctx context.Context, portal *portal) *tfdiag.RowProblem {
	wanted, severity := p.config.Name.IsNull(), diag.SeverityError
	if p.sameCompany() {
		severity = diag.SeverityWarning
	}
	if wanted {
		p.plan.Name = types.StringUnknown()
		if p.sameCompany() {
			p.plan.Name = p.state.Name
		}
		if p.sameCompany() && p.recorded != "" {
			p.plan.Name = types.StringValue(p.recorded)
		}
	}
	if p.plan.CompanyID.IsUnknown() {
		return nil
	}
	company, found, ok := portal.company(ctx, p.plan.CompanyID.ValueInt64(), severity)
	var problem tfdiag.RowProblem
	switch {
	case !ok && wanted && portal.noKeys != nil && !p.sameCompany():
		problem = p.form.nameRequired(p.plan, portal.noKeys)
	case !ok:
		return nil
	case !found:
		problem = p.form.companyUnknown(severity, p.plan, portal.suggest(ctx, p.likelyName()))
	case wanted && company.Name == "":
		problem = p.form.companyNameless(severity, p.plan)
	case wanted && !p.sameCompany():
		p.lookedUp = company.Name
		return nil
	default:
		return nil
	}
	return &problem
}

// likelyName returns what the company is probably called: the planned name, the one before, or the account id, which often is a slug
// of the name.
func (p *mappingPlan) likelyName() string {
	if name := p.plan.Name.ValueString(); name != "" {
		return name
	}
	if p.state != nil && p.state.Name.ValueString() != "" {
		return p.state.Name.ValueString()
	}
	return p.config.AccountID.ValueString()
}

// checkAdded says at plan what apply will find in Gradient: accounts to adopt, and accounts of another name. It leaves out what this
// run created through another resource, because the plan must come out the same during apply.
func checkAdded(ctx context.Context, clients clients, form form, added map[string]mapping, problems *tfdiag.Rows, diags *diag.Diagnostics) {
	known := maps.Clone(added)
	maps.DeleteFunc(known, func(_ string, m mapping) bool { return m.AccountID.IsUnknown() || m.Name.IsUnknown() })
	if len(known) == 0 {
		return
	}
	client, ok := tfbase.GradientIfKnown(clients, diags)
	if !ok {
		return
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		tfdiag.AddOnce(diags, clients, tfdiag.Error(noAccounts, err))
		return
	}
	byID, byName := map[string]gradient.Account{}, map[string]gradient.Account{}
	for _, account := range accounts {
		if !client.CreatedAccount(account.ID) {
			byID[account.ID], byName[strings.ToLower(account.Name)] = account, account
		}
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		row := known[id]
		if found, exists := byID[id]; exists {
			problems.Add(form.exists(row, found))
			continue
		}
		if other, exists := byName[strings.ToLower(row.Name.ValueString())]; exists {
			problems.Add(form.nameInGradient(row, other))
		}
	}
}

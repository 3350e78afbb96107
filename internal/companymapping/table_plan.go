package companymapping

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// companyTablePlan is what ModifyPlan works on.
type companyTablePlan struct {
	clients        clients
	before, wanted map[string]companyModel
	diags          *diag.Diagnostics

	// What is wrong with companies: those that were managed before only get a warning.
	kept, refused []companyTableProblem
}

// mostErrors is how many errors about single companies a plan shows.
const mostErrors = 10

type companyTableProblem struct {
	accountID string
	row       companyModel
	companyProblem
}

// ModifyPlan plans every value, as far as the configuration is known, and checks what can be checked before anything is written.
func (r *companyTable) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, state companyTableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if config.Companies.IsUnknown() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, companyTableModel{
			Companies: config.Companies, IsMapped: types.MapUnknown(types.BoolType), Unmanaged: types.ListUnknown(unmanagedAccountType),
		})...)
		return
	}
	p := &companyTablePlan{clients: r.Clients, before: state.rows(), wanted: config.rows(), diags: &resp.Diagnostics}
	planned := p.rows(ctx)
	p.report()
	p.warnOfBoth(planned)
	if forgotten := without(p.before, planned); len(forgotten) > 0 {
		resp.Diagnostics.Append(accountsStay(forgotten))
	}
	unmanaged := state.plannedUnmanaged(p.before, planned)
	if added := without(planned, p.before); len(added) > 0 {
		p.checkAdded(added, p.accounts(ctx))
	}
	if isNew { // others may create accounts until it is applied
		unmanaged = types.ListUnknown(unmanagedAccountType)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, companyTableOf(planned, unmanaged))...)
	}
}

// rows plans each mapping.
func (p *companyTablePlan) rows(ctx context.Context) map[string]companyModel {
	planned := make(map[string]companyModel, len(p.wanted))
	for _, id := range slices.Sorted(maps.Keys(p.wanted)) {
		row := companyPlan{config: p.wanted[id], plan: p.wanted[id]}
		if before, managed := p.before[id]; managed {
			row.state = &before
			row.plan.IsMapped = before.IsMapped
		}
		if row.config.AccountID.IsUnknown() { // and all else in it
			planned[id] = row.plan
			continue
		}
		if row.config.Description.IsNull() {
			row.plan.Description = types.StringValue("")
		}
		if problem := row.planName(ctx, p.clients); problem != nil {
			p.note(companyTableProblem{id, row.plan, *problem}, row.sameCompany())
		}
		planned[id] = row.plan
	}
	return planned
}

func (p *companyTablePlan) note(problem companyTableProblem, managedBefore bool) {
	switch {
	case managedBefore && problem.general:
		if len(p.kept) == 0 { // every other has it, too
			p.kept = append(p.kept, problem)
		}
	case managedBefore:
		p.kept = append(p.kept, problem)
	case problem.general:
		tfdiag.AddOnce(p.diags, p.clients, diag.NewAttributeErrorDiagnostic(atCompany(problem.accountID), problem.summary, problem.detail()))
	default:
		p.refused = append(p.refused, problem)
	}
}

// report says what is wrong with companies: an error each for the first that are new or changed, and one for the others.
func (p *companyTablePlan) report() {
	for _, problem := range p.refused[:min(len(p.refused), mostErrors)] {
		p.diags.AddAttributeError(atCompany(problem.accountID), problem.summary, problem.detail())
	}
	if more := p.refused[min(len(p.refused), mostErrors):]; len(more) > 0 {
		p.diags.AddAttributeError(path.Root("companies"), fmt.Sprintf("%d more companies cannot be used", len(more)),
			"Besides those above:\n\n"+listedProblems(more))
	}
	if len(p.kept) == 1 {
		p.diags.AddAttributeWarning(atCompany(p.kept[0].accountID), p.kept[0].summary, p.kept[0].detail())
	}
	if len(p.kept) > 1 {
		p.diags.AddAttributeWarning(path.Root("companies"), fmt.Sprintf("%d companies are not in CloudRadial as they were", len(p.kept)),
			"They were there before, so their accounts stay as they are. If the customers have left, take their rows out of the mapping files.\n\n"+
				listedProblems(p.kept))
	}
}

// warnOfBoth warns of accounts that have a resource of their own, as far as that is planned already.
func (p *companyTablePlan) warnOfBoth(planned map[string]companyModel) {
	both := map[string]companyModel{}
	for id, row := range planned {
		if _, twice := p.clients.Planned(accountKind, id, companyMappingsType); twice {
			both[id] = row
		}
	}
	if len(both) > 0 {
		p.diags.AddAttributeWarning(path.Root("companies"), inBothTypes+": "+countedAccounts(both), bothTypes(listedAccounts(both)))
	}
}

// accounts lists what Gradient holds, without what this run made through other resources: that was not there when the plan
// was made. It reports false when nobody can tell.
func (p *companyTablePlan) accounts(ctx context.Context) []gradient.Account {
	client, err := p.clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) {
		return nil
	}
	if err != nil {
		tfdiag.AddOnce(p.diags, p.clients, tfdiag.Error("Gradient cannot be used", err))
		return nil
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		tfdiag.AddOnce(p.diags, p.clients, tfdiag.Error(noAccounts, err))
		return nil
	}
	return slices.DeleteFunc(accounts, func(account gradient.Account) bool { return client.CreatedAccount(account.ID) })
}

// checkAdded tells at plan what apply will find in Gradient.
func (p *companyTablePlan) checkAdded(added map[string]companyModel, accounts []gradient.Account) {
	adopted := map[string]companyModel{}
	for _, account := range accounts {
		row, wanted := added[account.ID]
		if !wanted || row.Name.IsUnknown() {
			continue
		}
		if account.Name != row.Name.ValueString() {
			p.diags.Append(takenInTable(row, account))
			continue
		}
		adopted[account.ID] = row
	}
	if len(adopted) > 0 {
		p.diags.Append(adoptedInTable(adopted))
	}
}

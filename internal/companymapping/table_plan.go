// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan plans every value, as far as the configuration is known, and checks what can be checked before anything is written.
func (r *tableResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, state tableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if config.Companies.IsUnknown() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, tableModel{
			Companies: config.Companies, IsMapped: types.MapUnknown(types.BoolType), Unmanaged: types.ListUnknown(unmanagedType),
		})...)
		return
	}
	p := tablePlan{
		clients: r.Clients, portal: portal{clients: r.Clients}, before: state.rows(), wanted: config.rows(),
		recorded: companyNames(ctx, req.Private, &resp.Diagnostics), candidates: map[string]candidate{}, likely: map[string]mapping{},
	}
	planned := p.planRows(ctx)
	p.portal.report(tablePath, &resp.Diagnostics)
	p.warnOfItems(r.Clients, planned)
	resp.Diagnostics.Append(foldEach(missingFrom(planned, p.before), stays)...)
	for _, problem := range p.portal.findUnlike(ctx, table, p.candidates) {
		p.problems.Add(problem)
	}
	if added := missingFrom(p.before, p.likely); len(added) > 0 {
		checkAdded(ctx, r.Clients, table, added, &p.problems, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(p.problems.Diagnostics(tablePath)...)
	unmanaged := state.planUnmanaged(p.before, planned)
	if isNew { // others may create accounts until it is applied
		unmanaged = types.ListUnknown(unmanagedType)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, newTable(planned, unmanaged))...)
	}
}

// tablePlan plans the rows of a table.
type tablePlan struct {
	clients        clients
	portal         portal
	before, wanted map[string]mapping
	recorded       map[string]string    // see [companyNames]
	likely         map[string]mapping   // see [mappingPlan.likelyRow]
	candidates     map[string]candidate // for [portal.findUnlike]
	problems       tfdiag.Rows
}

// planRows plans each mapping.
func (p *tablePlan) planRows(ctx context.Context) map[string]mapping {
	planned := make(map[string]mapping, len(p.wanted))
	for _, id := range slices.Sorted(maps.Keys(p.wanted)) {
		row := mappingPlan{form: table, config: p.wanted[id], plan: p.wanted[id]}
		if before, managed := p.before[id]; managed {
			row.state, row.recorded = &before, p.recorded[id]
			row.plan.IsMapped = before.IsMapped
		}
		if !row.config.AccountID.IsUnknown() { // otherwise the whole row is unknown
			if row.config.Description.IsNull() {
				row.plan.Description = types.StringValue("")
			}
			if problem := row.planName(ctx, &p.portal); problem != nil {
				p.problems.Add(*problem)
			}
			for _, problem := range row.check(p.clients) {
				p.problems.Add(problem)
			}
			if c, ok := row.candidate(); ok {
				p.candidates[id] = c
			}
		}
		planned[id], p.likely[id] = row.plan, row.likelyRow()
	}
	return planned
}

// warnOfItems warns about accounts that have a resource of their own, as far as that one is planned already.
func (p *tablePlan) warnOfItems(clients clients, planned map[string]mapping) {
	for _, id := range slices.Sorted(maps.Keys(planned)) {
		if _, twice := clients.Planned(accountKind, id, tableType); twice {
			row := planned[id]
			row.AccountID = types.StringValue(id)
			p.problems.Add(table.inBothTypes(row))
		}
	}
}

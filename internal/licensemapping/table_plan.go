// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ModifyPlan plans every value, and says which services apply will adopt and which it will create for good.
func (r *tableResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, state tableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() || config.Services.IsUnknown() {
		return
	}
	p := tablePlan{
		planner: planner{clients: r.Clients, form: table},
		config:  config.entries(ctx, &resp.Diagnostics),
		state:   state.entries(ctx, &resp.Diagnostics),
		ids:     state.ServiceIDs.Elements(),
	}
	if len(missingFrom(p.state, p.config)) > 0 {
		p.open(ctx, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	forgotten := missingFrom(p.config, p.state)
	resp.Diagnostics.Append(foldEach(forgotten, stays)...)
	plan := p.planServices(ctx, &resp.Diagnostics)
	plan.Unmanaged = p.planUnmanaged(ctx, state.Unmanaged, forgotten, &resp.Diagnostics)
	resp.Diagnostics.Append(p.problems.Diagnostics(tablePath)...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// tablePlan plans the services of a table.
type tablePlan struct {
	planner
	config, state map[string]*entry
	ids           map[string]attr.Value // of the state
}

// planServices plans each service and its id.
func (p *tablePlan) planServices(ctx context.Context, diags *diag.Diagnostics) tableModel {
	planned := make(map[string]*entry, len(p.config))
	ids := make(map[string]attr.Value, len(p.config))
	for _, name := range slices.Sorted(maps.Keys(p.config)) {
		p.warnOfBoth(name)
		held, managed := p.state[name]
		ids[name], planned[name] = types.StringUnknown(), nil
		if managed {
			ids[name] = p.ids[name]
		}
		config := p.config[name]
		if config == nil {
			continue // the whole row is unknown
		}
		config.Service = types.StringValue(name)
		row := p.planNew
		if managed {
			row = func(config entry) entry { return p.planManaged(config, *held) }
		}
		entry := row(*config)
		planned[name] = &entry
	}
	return tableModel{Services: entriesValue(ctx, planned, diags), ServiceIDs: types.MapValueMust(types.StringType, ids)}
}

// planUnmanaged uses the state only, because Terraform plans again during apply and requires the same result, whatever the catalogue
// has then. A new table lists them once it is applied.
func (p *tablePlan) planUnmanaged(ctx context.Context, before types.List, forgotten []string, diags *diag.Diagnostics) types.List {
	if before.IsNull() {
		return types.ListUnknown(unmanagedType)
	}
	var unmanaged []unmanagedService
	diags.Append(before.ElementsAs(ctx, &unmanaged, false)...)
	unmanaged = slices.DeleteFunc(unmanaged, func(service unmanagedService) bool {
		_, managed := p.config[service.Name]
		return managed
	})
	for _, name := range forgotten {
		id, _ := p.ids[name].(types.String)
		unmanaged = append(unmanaged, unmanagedService{id.ValueString(), name})
	}
	return unmanagedValue(unmanaged)
}

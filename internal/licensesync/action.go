// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ action.ActionWithConfigure      = (*pushAction)(nil)
	_ action.ActionWithModifyPlan     = (*pushAction)(nil)
	_ action.ActionWithValidateConfig = (*pushAction)(nil)
)

// pushAction is cloudradial_push_unit_counts (rule 16).
type pushAction struct{ tfbase.Action[clients] }

// NewPushAction returns the action cloudradial_push_unit_counts.
func NewPushAction() action.Action { return &pushAction{} }

func (a *pushAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_push_unit_counts"
}

type pushModel struct {
	UnitCounts types.Map   `tfsdk:"unit_counts"`
	MinUnits   types.Int64 `tfsdk:"min_units"`
	MaxUnits   types.Int64 `tfsdk:"max_units"`
}

func (a *pushAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Pushes unit counts to Gradient, all of them, once. It is *Force Sync* for the command line: " +
			"`terraform apply -invoke=action.cloudradial_push_unit_counts.this`.\n\n" +
			"An action has no state. It does not know what Gradient has accepted before, so it sets no pair to 0 that is no longer counted, " +
			"it has no guard, and **what it did not push is forgotten**. Use `cloudradial_license_sync` for the nightly sync, and give the " +
			"action the same `unit_counts`.",
		Attributes: map[string]schema.Attribute{
			"unit_counts": schema.MapAttribute{
				Required:    true,
				ElementType: shapes.ServiceUnitsType,
				MarkdownDescription: "Unit counts: a map from `account_id` to a map from service name to units, as for `cloudradial_license_sync`. " +
					"An account that is `null` has unknown counts and is left out, with a warning.",
			},
			"min_units": limitOfTotal("least", "Fewer usually mean that something could not be read."),
			"max_units": limitOfTotal("most", "More usually mean that something is counted twice."),
		},
	}
}

func limitOfTotal(which, why string) schema.Attribute {
	return schema.Int64Attribute{
		Required:   true,
		Validators: []validator.Int64{int64validator.AtLeast(0)},
		MarkdownDescription: "The " + which + " units that all the counts together may have. With another total, nothing is pushed. " + why +
			" The action has no guard, because it does not know the counts before.",
	}
}

// ValidateConfig refuses values that are not unit counts (rule 12).
func (a *pushAction) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	_, _, diags := readPush(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
}

// ModifyPlan checks the total before anything of the run is applied.
func (a *pushAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	config, counts, diags := readPush(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() && shapes.FullyKnown(config.UnitCounts, config.MinUnits, config.MaxUnits) {
		resp.Diagnostics.Append(config.checkTotal(counts)...)
	}
}

// Invoke pushes all counts, as a full push of the sync does.
func (a *pushAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	config, counts, diags := readPush(ctx, req.Config)
	if !diags.HasError() {
		diags.Append(config.checkTotal(counts)...)
	}
	if !diags.HasError() {
		say := func(message string) { resp.SendProgress(action.InvokeProgressEvent{Message: message}) }
		diags.Append(a.push(ctx, counts, say)...)
	}
	resp.Diagnostics.Append(diags...)
}

func readPush(ctx context.Context, from tfsdk.Config) (config pushModel, counts billing.Counts, diags diag.Diagnostics) {
	diags.Append(from.Get(ctx, &config)...)
	if diags.HasError() {
		return config, nil, diags
	}
	counts, err := shapes.DecodeUnitCounts(shapes.UnitCounts, config.UnitCounts)
	if err != nil {
		diags.Append(invalidCountsError(err))
	}
	return config, counts, diags
}

func (m pushModel) checkTotal(counts billing.Counts) diag.Diagnostics {
	var total int64
	for _, services := range counts {
		for _, units := range services {
			total += units
		}
	}
	switch {
	case total < m.MinUnits.ValueInt64():
		return diag.Diagnostics{totalError("min_units", "fewer", total, m.MinUnits.ValueInt64())}
	case total > m.MaxUnits.ValueInt64():
		return diag.Diagnostics{totalError("max_units", "more", total, m.MaxUnits.ValueInt64())}
	}
	return nil
}

// push pushes the counts to the integration, one push of it after the other in this process (rule 14).
func (a *pushAction) push(ctx context.Context, counts billing.Counts, say func(string)) (diags diag.Diagnostics) {
	client, ok := tfbase.Gradient(a.Clients, &diags)
	if !ok {
		return diags
	}
	up, err := readUpstream(ctx, client, true)
	if err != nil {
		return diag.Diagnostics{notPushedError(err)}
	}
	if up.isInactive() {
		return diag.Diagnostics{inactiveActionError(up)}
	}
	run := a.Clients.SyncRuns().of(up.integration.ID)
	run.pushing.Lock()
	defer run.pushing.Unlock()
	if pairs := run.otherCounts(counts); len(pairs) > 0 {
		return diag.Diagnostics{otherCountsError(pairs, up)}
	}
	d := decision{full: true, task: billing.Task{Desired: counts, Full: true}}
	d.pushes = d.task.Pushes()
	say("Pushing " + tfdiag.Count(len(d.pushes), "unit count") + " to " + up.integration.OrganizationName + ".")
	done, diags := pushDecision(progress.WithListener(ctx, say), client, &up, d, memory{})
	if diags.HasError() {
		return diags
	}
	for _, line := range linesOfOutcome(done, up) {
		say(line)
	}
	return pushActionDiags(counts, d, done, up)
}

// otherCounts returns the pairs that a sync of this run counts with another number.
func (r *integrationRun) otherCounts(counts billing.Counts) []billing.Pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.countsOfOthers("")
	for _, planned := range r.planned {
		if !planned.destroyed {
			all = append(all, planned.counts)
		}
	}
	differ := map[billing.Pair]bool{}
	for _, theirs := range all {
		for account, services := range theirs {
			for service, units := range services {
				if ours, counted := counts[account][service]; counted && ours != units {
					differ[billing.Pair{Account: account, Service: service}] = true
				}
			}
		}
	}
	return sortedPairs(differ)
}

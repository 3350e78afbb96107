package licensesync

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan announces every number that apply will push (rule 1), and fails if the guard does not allow the change (rule 10). It
// writes nothing to Gradient.
func (r *syncResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var prior *model
	if !req.State.Raw.IsNull() {
		prior = new(model)
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	waiting, diags := readPrivate[pending](ctx, req.Private, pendingKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.planCounts(ctx, &planned, prior, waiting)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), planned.ID)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("unmapped"), planned.Unmapped)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("held_counts"), planned.HeldCounts)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("last_pushed_at"), planned.LastPushedAt)...)
}

// planCounts plans the computed values, and warns about changes that the diff does not show well.
func (r *syncResource) planCounts(ctx context.Context, planned, prior *model, waiting pending) (diags diag.Diagnostics) {
	planned.ID = types.StringUnknown()
	if prior != nil {
		planned.ID = prior.ID
	}
	planned.setComputedUnknown()
	client, ok := tfbase.GradientIfKnown(r.Clients, &diags)
	if !ok {
		return diags
	}
	up, err := readUpstream(ctx, client, planned.sweeps(prior, waiting))
	if err != nil {
		return diag.Diagnostics{tfdiag.Error("The license sync cannot be planned", err)}
	}
	if prior == nil {
		planned.ID = types.StringValue(up.integration.ID)
	}
	if !shapes.FullyKnown(planned.UnitCounts) {
		return warnAboutUncountedSeats(decision{}, up, *planned, prior)
	}
	d, diags := decideWithinGuard(ctx, *planned, prior, waiting, up, client)
	diags.Append(warnAboutUncountedSeats(d, up, *planned, prior)...) // beside an error of the guard too, which it may explain
	if diags.HasError() {
		return diags
	}
	if !d.mayPush(*planned) {
		planned.setComputed(d.stateWithoutPush())
		planned.LastPushedAt = prior.lastPushedAt()
	}
	diags.Append(warnAboutHiddenChanges(d, up, *planned, prior)...)
	return diags
}

// planDestroy warns about what happens to the counts, because the plan of a destroy does not show them.
func (r *syncResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	before, err := state.pushState()
	if err != nil {
		resp.Diagnostics.Append(unreadableStateError(err))
		return
	}
	resp.Diagnostics.Append(warnAboutDestroy(before, state)...)
}

// decision is what a run pushes. Plan and apply find it in the same way.
type decision struct {
	before pushState
	task   billing.Task
	pushes []billing.Push
	// ignored are the pushes that on_unmapped = "ignore" leaves out, because nothing else is pushed (rule 7).
	ignored []billing.Push
}

// decideWithinGuard decides what to push, and adds an error if the guard does not allow it.
func decideWithinGuard(
	ctx context.Context, planned model, prior *model, waiting pending, up upstream, client *gradient.Client,
) (decision, diag.Diagnostics) {
	desired, err := shapes.DecodeUnitCounts(shapes.UnitCounts, planned.UnitCounts)
	if err != nil {
		return decision{}, diag.Diagnostics{invalidCountsError(err)}
	}
	before, err := prior.pushState()
	if err != nil {
		return decision{}, diag.Diagnostics{unreadableStateError(err)}
	}
	d := decide(before, desired, planned, planned.forcesFullPush(prior), waiting, up.pairsToSweep(client))
	guard, known, diags := planned.guardLimits(ctx)
	if !known || len(d.pushes) == 0 {
		return d, diags
	}
	if alarms := guard.Check(d.task); len(alarms) > 0 {
		diags.Append(guardError(alarms))
	}
	return d, diags
}

// decide compares the ledger with the planned counts. full pushes everything, and pairsToSweep lists the pairs for zero_missing.
func decide(
	before pushState, desired billing.Counts, planned model, full bool, waiting pending, pairsToSweep func() []billing.Pair,
) decision {
	d := decision{before: before, task: billing.Task{
		Ledger: before.ledger(), Desired: desired, Refused: before.unmapped, Full: full || waiting.Full,
	}}
	if d.task.Full && planned.ZeroMissing.ValueBool() {
		d.task.Sweep = pairsToSweep()
	}
	d.pushes = d.task.Pushes()
	if slices.ContainsFunc(d.pushes, d.needsPush) {
		return d
	}
	if planned.OnUnmapped.ValueString() == onUnmappedIgnore && !waiting.Inactive && !d.task.Full {
		d.pushes, d.ignored = nil, d.pushes
	}
	return d
}

// needsPush reports whether a push is anything but a number that Gradient has refused before. A pair in unmapped may be something else:
// while the integration is inactive held has its accepted number, and after a failure unit_counts does not have it.
func (d decision) needsPush(push billing.Push) bool {
	units, refused := d.before.unmapped[push.Pair]
	shown, planned := d.before.counts[push.Account][push.Service]
	_, accepted := d.task.Ledger[push.Pair]
	return push.Reason != billing.Changed || !refused || units != push.Units || accepted || !planned || shown != push.Units
}

// mayPush reports whether an apply may push anything. A sweep covers the accounts that exist when it runs, and there may be one while
// zero_missing is unknown.
func (d decision) mayPush(planned model) bool {
	return len(d.pushes) > 0 || d.task.Full && (planned.ZeroMissing.IsUnknown() || planned.ZeroMissing.ValueBool())
}

// stateWithoutPush returns the state when nothing is pushed.
func (d decision) stateWithoutPush() pushState {
	return stateAfterPush(d.before, d.task, outcome{refused: d.ignored})
}

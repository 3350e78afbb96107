package licensesync

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan announces every number that apply will push, and stops a change that is too large to be believed. It
// writes nothing.
func (r *syncResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	before, diags := priorOf(ctx, req.State.Raw.IsNull(), req.State.Get)
	resp.Diagnostics.Append(diags...)
	late, diags := kept[postponed](ctx, req.Private, postponedKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.plan(ctx, &planned, before, late)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), planned.ID)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("unmapped"), planned.Unmapped)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("held_counts"), planned.HeldCounts)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("last_pushed_at"), planned.LastPushedAt)...)
}

// plan fills in the computed values and says what the diff shows badly.
func (r *syncResource) plan(ctx context.Context, planned *model, prior *model, late postponed) diag.Diagnostics {
	planned.ID = types.StringUnknown()
	if prior != nil {
		planned.ID = prior.ID
	}
	planned.unknownResults()
	client, err := r.Clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) {
		return nil
	}
	if err != nil {
		return diag.Diagnostics{tfdiag.Error("The license sync cannot be planned", err)}
	}
	up, err := readIntegration(ctx, client)
	if err == nil && planned.sweeps(prior, late) {
		err = up.list(ctx, client)
	}
	if err != nil {
		return diag.Diagnostics{tfdiag.Error("The license sync cannot be planned", err)}
	}
	if prior == nil {
		planned.ID = types.StringValue(up.integration.ID)
	}
	if !shapes.FullyKnown(planned.UnitCounts) {
		return nil
	}
	desired, err := shapes.DecodeUnitCounts(shapes.UnitCounts, planned.UnitCounts)
	if err != nil {
		return diag.Diagnostics{noCounts(err)}
	}
	before, err := prior.remembered()
	if err != nil {
		return diag.Diagnostics{brokenState(err)}
	}
	d := decide(before, desired, *planned, planned.forcedAfter(prior), late, up.pairs(client))
	if diags := checkGuard(ctx, *planned, d); diags.HasError() {
		return diags
	}
	if !d.mayPush(*planned) {
		planned.writeComputed(d.quietly())
		planned.LastPushedAt = prior.lastPush()
	}
	return announce(d, up, *planned, prior)
}

// unknownResults marks what a push decides.
func (m *model) unknownResults() {
	m.Unmapped = types.ListUnknown(unmappedType)
	m.HeldCounts = types.MapUnknown(shapes.ServiceUnitsType)
	m.LastPushedAt = timetypes.NewRFC3339Unknown()
}

// remembered is the book of a state; there is none before the resource is created.
func (m *model) remembered() (book, error) {
	if m == nil {
		return book{counts: billing.Counts{}, unmapped: billing.Ledger{}, held: billing.Ledger{}}, nil
	}
	return m.book()
}

func (m *model) lastPush() timetypes.RFC3339 {
	if m == nil {
		return timetypes.NewRFC3339Null()
	}
	return m.LastPushedAt
}

// begins reports whether nothing was ever pushed from this state: there is none, or it was just imported and lacks what
// every apply writes.
func (m *model) begins() bool { return m == nil || m.OnUnmapped.IsNull() }

// forcedAfter reports whether everything is to be pushed: at first, and when triggers changed. No triggers and empty ones
// are the same.
func (m *model) forcedAfter(prior *model) bool {
	if prior.begins() {
		return true
	}
	none := len(m.Triggers.Elements()) == 0 && len(prior.Triggers.Elements()) == 0 && !m.Triggers.IsUnknown()
	return !none && !m.Triggers.Equal(prior.Triggers)
}

// sweeps reports whether zero_missing has to look for pairs that unit_counts lacks.
func (m *model) sweeps(prior *model, late postponed) bool {
	return m.ZeroMissing.ValueBool() && (late.Full || m.forcedAfter(prior))
}

// checkGuard refuses a change that is larger than the guard allows.
func checkGuard(ctx context.Context, planned model, d decision) diag.Diagnostics {
	guard, known, diags := planned.guard(ctx)
	if !known || len(d.pushes) == 0 {
		return diags
	}
	if alarms := guard.Check(d.task); len(alarms) > 0 {
		diags.Append(tooLarge(alarms))
	}
	return diags
}

// planDestroy says what becomes of the counts, for the plan of a destroy shows none of it.
func (r *syncResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	before, err := state.book()
	if err != nil {
		resp.Diagnostics.Append(brokenState(err))
		return
	}
	resp.Diagnostics.Append(announceDestroy(before, state)...)
}

// priorOf reads the prior state, or nothing when the resource is to be created.
func priorOf(ctx context.Context, none bool, get func(context.Context, any) diag.Diagnostics) (*model, diag.Diagnostics) {
	if none {
		return nil, nil
	}
	var state model
	diags := get(ctx, &state)
	return &state, diags
}

func brokenState(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The state of the license sync cannot be read", err.Error()+". This is a bug of the provider, or somebody edited the state.")
}

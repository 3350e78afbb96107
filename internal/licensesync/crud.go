package licensesync

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Create pushes everything. If it fails it leaves no state, because Terraform would replace a tainted resource and lose the ledger. The
// next apply pushes everything again, which is safe (rule 8).
func (r *syncResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := r.pushCounts(ctx, planned, nil, pending{}, serviceIDs{})
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(writePrivate(ctx, resp.Private, pendingKey, result.waiting)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
}

// Read corrects the ledger: a count is no longer accepted if Gradient has deleted or unmapped its account or service (rule 9).
func (r *syncResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	up, err := readUpstream(ctx, client, true)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("The license sync cannot be refreshed", err))
		return
	}
	before, err := state.pushState()
	if err != nil {
		resp.Diagnostics.Append(unreadableStateError(err))
		return
	}
	after, warnings := refreshState(before, state, up)
	resp.Diagnostics.Append(warnings...)
	state.ID = types.StringValue(up.integration.ID)
	state.setPushState(after)
	resp.Diagnostics.Append(writePrivate(ctx, resp.Private, serviceIDsKey, up.serviceIDsOf(after))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// refreshState returns the push history corrected by what Gradient shows.
func refreshState(before pushState, state model, up upstream) (pushState, diag.Diagnostics) {
	imported := state.UnitCounts.IsNull()
	if !imported && state.ID.ValueString() != up.integration.ID {
		empty := before.dropPairs(func(billing.Pair) bool { return true })
		return empty, diag.Diagnostics{newIntegrationWarning(state.ID.ValueString(), up)}
	}
	ledger := before.ledger()
	deleted := slices.DeleteFunc(sortedPairs(ledger), func(pair billing.Pair) bool { return !up.lacks(pair) })
	if len(deleted) == 0 {
		return before.moveToUnmapped(up.showsUnmapped), nil
	}
	rest := before.dropPairs(func(pair billing.Pair) bool {
		_, accepted := ledger[pair]
		return accepted && up.lacks(pair)
	})
	return rest.moveToUnmapped(up.showsUnmapped), diag.Diagnostics{deletedPairsWarning(deleted, up)}
}

// Update pushes what differs from the ledger, or everything when triggers changed. If it fails, the state has exactly what Gradient
// has accepted (rule 8).
func (r *syncResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	waiting, diags := readPrivate[pending](ctx, req.Private, pendingKey)
	resp.Diagnostics.Append(diags...)
	known, diags := readPrivate[serviceIDs](ctx, req.Private, serviceIDsKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := r.pushCounts(ctx, planned, &state, waiting, known)
	resp.Diagnostics.Append(diags...)
	if result.save {
		resp.Diagnostics.Append(writePrivate(ctx, resp.Private, pendingKey, result.waiting)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// Delete forgets the ledger. With zero_on_destroy it first sets everything in it to 0.
func (r *syncResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !state.ZeroOnDestroy.ValueBool() {
		return
	}
	zeros := state
	zeros.UnitCounts = shapes.EncodeUnitCounts(billing.Counts{})
	zeros.ZeroMissing = types.BoolValue(false)
	zeros.OnUnmapped = types.StringValue(onUnmappedWarn)
	zeros.Guard = types.ObjectNull(guardType) // the plan has listed the zeros, and zero_on_destroy asks for them
	result, diags := r.pushCounts(ctx, zeros, &state, pending{}, serviceIDs{})
	if result.inactive {
		resp.Diagnostics.Append(inactiveDestroyError())
		return
	}
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && result.save {
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// result is the state after an apply.
type result struct {
	state   model
	waiting pending
	// save is true when state must be saved, which can be so beside an error.
	save bool
	// inactive is true when nothing was pushed because the integration is inactive.
	inactive bool
}

// pushCounts pushes the difference between the prior state and the planned one. It lists accounts and services only if it has to.
func (r *syncResource) pushCounts(
	ctx context.Context, planned model, prior *model, waiting pending, known serviceIDs,
) (_ result, diags diag.Diagnostics) {
	client, ok := tfbase.Gradient(r.Clients, &diags)
	if !ok {
		return result{}, diags
	}
	up, err := readUpstream(ctx, client, planned.sweeps(prior, waiting))
	if err != nil {
		return result{}, diag.Diagnostics{notPushedError(err)}
	}
	if prior != nil && prior.ID.ValueString() != up.integration.ID {
		return result{}, diag.Diagnostics{wrongIntegrationError(prior.ID.ValueString(), up)}
	}
	d, diags := decideWithinGuard(ctx, planned, prior, waiting, up, client)
	if diags.HasError() {
		return result{}, diags
	}
	planned.ID = types.StringValue(up.integration.ID)
	planned.LastPushedAt = prior.lastPushedAt()
	switch {
	case len(d.pushes) == 0:
		planned.setComputed(d.stateWithoutPush())
		return result{state: planned, waiting: pending{}, save: true}, nil
	case up.isInactive():
		planned.setComputed(stateWhileInactive(d.before, d.task))
		waiting = pending{Inactive: true, Full: d.task.Full}
		return result{state: planned, waiting: waiting, save: true, inactive: true}, diag.Diagnostics{inactiveWarning(d, up)}
	}
	done, err := pushDecision(ctx, client, &up, d, known)
	if err != nil {
		return result{}, diag.Diagnostics{notPushedError(err)}
	}
	if len(done.accepted) > 0 {
		planned.LastPushedAt = timetypes.NewRFC3339TimeValue(time.Now().UTC().Truncate(time.Second))
	}
	return recordOutcome(planned, prior, waiting, d, done, up)
}

// pushDecision pushes what was decided. The error is that of the lists; a failure of the push is in the outcome.
func pushDecision(ctx context.Context, client *gradient.Client, up *upstream, d decision, known serviceIDs) (outcome, error) {
	if !up.useServiceIDs(known, d.pushes) {
		if err := up.readLists(ctx, client); err != nil {
			return outcome{}, err
		}
	}
	done := pushAll(ctx, up.countSetter(client), maxInFlight(client.RequestsPerSecond()), d.pushes)
	if len(done.refused) > 0 {
		_ = up.readLists(ctx, client) // for the names in the warning, which works without them
	}
	return done, nil
}

// recordOutcome returns the state after a push, and the diagnostics about what was refused or failed.
func recordOutcome(planned model, prior *model, waiting pending, d decision, done outcome, up upstream) (result, diag.Diagnostics) {
	diags := unmappedDiags(planned, prior == nil, done, up)
	switch {
	case done.err != nil && prior != nil:
		state := *prior
		state.LastPushedAt = planned.LastPushedAt
		state.setPushState(stateAfterFailure(d.before, d.task, done))
		diags.Append(pushFailedError(d, done, true))
		return result{state: state, waiting: waiting, save: true}, diags
	case done.err != nil:
		diags.Append(pushFailedError(d, done, false))
		return result{}, diags
	case diags.HasError():
		planned.setPushState(stateAfterFailure(d.before, d.task, done))
	default:
		planned.setComputed(stateAfterPush(d.before, d.task, done))
	}
	return result{state: planned, waiting: pending{}, save: true}, diags
}

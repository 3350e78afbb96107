package licensesync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Create pushes everything. When it fails no state is kept, for a taint would lose the ledger: the next apply pushes
// everything again, which is safe.
func (r *syncResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := r.sync(ctx, planned, nil, postponed{}, serviceIDs{})
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(keep(ctx, resp.Private, postponedKey, result.late)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
}

// Read keeps the ledger honest from reads that are made anyway: what Gradient has deleted or unmapped is not accepted
// any more.
func (r *syncResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.Clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("The license sync cannot be refreshed", err))
		return
	}
	up, err := readIntegration(ctx, client)
	if err == nil {
		err = up.list(ctx, client)
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("The license sync cannot be refreshed", err))
		return
	}
	before, err := state.book()
	if err != nil {
		resp.Diagnostics.Append(brokenState(err))
		return
	}
	after, warnings := refreshed(before, state, up)
	resp.Diagnostics.Append(warnings...)
	state.ID = types.StringValue(up.integration.ID)
	state.write(after)
	resp.Diagnostics.Append(keep(ctx, resp.Private, serviceIDsKey, up.serviceIDs(after))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// refreshed is the book after a look at Gradient.
func refreshed(before book, state model, up upstream) (book, diag.Diagnostics) {
	imported := state.UnitCounts.IsNull()
	if !imported && state.ID.ValueString() != up.integration.ID {
		empty := before.without(func(billing.Pair) bool { return true })
		return empty, diag.Diagnostics{otherIntegration(state.ID.ValueString(), up)}
	}
	ledger := before.ledger()
	lost := slices.DeleteFunc(sortedPairs(ledger), func(pair billing.Pair) bool { return !up.gone(pair) })
	if len(lost) == 0 {
		return before.unmap(up.unmapped), nil
	}
	kept := before.without(func(pair billing.Pair) bool {
		_, accepted := ledger[pair]
		return accepted && up.gone(pair)
	})
	return kept.unmap(up.unmapped), diag.Diagnostics{goneUpstream(lost, up)}
}

// Update pushes what differs from the ledger, or everything when triggers changed. When it fails the state says exactly
// what Gradient has accepted.
func (r *syncResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	late, diags := kept[postponed](ctx, req.Private, postponedKey)
	resp.Diagnostics.Append(diags...)
	known, diags := kept[serviceIDs](ctx, req.Private, serviceIDsKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := r.sync(ctx, planned, &state, late, known)
	resp.Diagnostics.Append(diags...)
	if result.pushed {
		resp.Diagnostics.Append(keep(ctx, resp.Private, postponedKey, result.late)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// Delete forgets the ledger, after setting everything in it to 0 if that was asked for.
func (r *syncResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !state.ZeroOnDestroy.ValueBool() {
		return
	}
	farewell := state
	farewell.UnitCounts = shapes.EncodeUnitCounts(billing.Counts{})
	farewell.ZeroMissing = types.BoolValue(false)
	farewell.OnUnmapped = types.StringValue(onUnmappedWarn)
	farewell.Guard = types.ObjectNull(guardType) // the plan has said what is set to 0, and zero_on_destroy asks for it
	result, diags := r.sync(ctx, farewell, &state, postponed{}, serviceIDs{})
	if result.frozen {
		resp.Diagnostics.Append(frozenDestroy())
		return
	}
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && result.pushed {
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// result is what a sync leaves behind.
type result struct {
	state model
	late  postponed
	// pushed says that state is to be kept, also when there was an error.
	pushed bool
	// frozen says that an inactive integration forbade the push.
	frozen bool
}

// sync brings Gradient from what the state remembers to what is planned. It reads no list that it can do without.
func (r *syncResource) sync(ctx context.Context, planned model, prior *model, late postponed, known serviceIDs) (result, diag.Diagnostics) {
	client, err := r.Clients.Gradient()
	if err != nil {
		return result{}, diag.Diagnostics{tfdiag.Error("Unit counts cannot be pushed", err)}
	}
	up, err := readIntegration(ctx, client)
	if err == nil && planned.sweeps(prior, late) {
		err = up.list(ctx, client)
	}
	if err != nil {
		return result{}, diag.Diagnostics{tfdiag.Error("Unit counts cannot be pushed", err)}
	}
	if prior != nil && prior.ID.ValueString() != up.integration.ID {
		return result{}, diag.Diagnostics{stalePlan(prior.ID.ValueString(), up)}
	}
	desired, err := shapes.DecodeUnitCounts(shapes.UnitCounts, planned.UnitCounts)
	if err != nil {
		return result{}, diag.Diagnostics{noCounts(err)}
	}
	before, err := prior.remembered()
	if err != nil {
		return result{}, diag.Diagnostics{brokenState(err)}
	}
	d := decide(before, desired, planned, planned.forcedAfter(prior), late, up.pairs(client))
	if diags := checkGuard(ctx, planned, d); diags.HasError() {
		return result{}, diags
	}
	planned.ID = types.StringValue(up.integration.ID)
	planned.LastPushedAt = prior.lastPush()
	switch {
	case len(d.pushes) == 0:
		planned.writeComputed(d.quietly())
		return result{state: planned, late: postponed{Build: late.Build}, pushed: true}, nil
	case up.inactive():
		planned.writeComputed(frozen(d.before, d.task))
		late = postponed{Any: true, Full: d.task.Full, Build: late.Build}
		return result{state: planned, late: late, pushed: true, frozen: true}, diag.Diagnostics{frozenWarning(d, up)}
	}
	if !up.knows(known, d.pushes) {
		err = up.list(ctx, client)
	}
	if err != nil {
		return result{}, diag.Diagnostics{tfdiag.Error("Unit counts cannot be pushed", err)}
	}
	done := pushAll(ctx, up.setter(client), inFlight(client.RequestsPerSecond()), d.pushes, d.task.Ledger)
	if len(done.accepted) > 0 {
		planned.LastPushedAt = timetypes.NewRFC3339TimeValue(time.Now().UTC().Truncate(time.Second))
	}
	if len(done.refused) > 0 {
		_ = up.list(ctx, client) // for the names in the message; it can be told without
	}
	return finish(planned, prior, late, d, done, up)
}

// finish turns the outcome into the new state and says what a person has to do.
func finish(planned model, prior *model, late postponed, d decision, done outcome, up upstream) (result, diag.Diagnostics) {
	diags := toMap(planned, prior == nil, done, up)
	late.Build = (late.Build || len(done.accepted) > 0) && !done.rebuilt
	switch {
	case done.err != nil && prior != nil:
		state := *prior
		state.LastPushedAt = planned.LastPushedAt
		state.write(stopped(d.before, d.task, done))
		diags.Append(failed(d, done, true))
		return result{state: state, late: late, pushed: true}, diags
	case done.err != nil:
		diags.Append(failed(d, done, false))
		return result{}, diags
	case diags.HasError():
		planned.write(stopped(d.before, d.task, done))
	default:
		planned.writeComputed(settled(d.before, d.task, done))
	}
	return result{state: planned, late: postponed{Build: late.Build}, pushed: true}, diags
}

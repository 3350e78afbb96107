// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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

// Create pushes everything. If it fails after it has pushed something it leaves no state, because Terraform would replace a tainted
// resource and lose the ledger. The next apply pushes everything again, which is safe (rule 8). If it fails before, it saves the ledger of the
// sync that it replaces.
func (r *syncResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, diags := r.pushCounts(ctx, planned, nil, memory{instance: newInstance()})
	resp.Diagnostics.Append(diags...)
	if !result.save {
		return
	}
	resp.Diagnostics.Append(writeMemory(ctx, resp.Private, result.memory)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
}

// Read corrects the ledger: a count is no longer accepted if its service or its mapping is another one than then, or is gone (rule 9).
func (r *syncResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diags := readMemory(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
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
	after, refreshed, warnings := refreshState(before, state, up, known)
	resp.Diagnostics.Append(warnings...)
	state.ID = types.StringValue(up.integration.ID)
	state.setPushState(after)
	resp.Diagnostics.Append(writeMemory(ctx, resp.Private, refreshed)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update pushes what differs from the ledger, or everything when triggers changed. If it fails, the state has exactly what Gradient
// has accepted (rule 8). Nothing is pushed when the plan has said so, by known values: what Gradient shows may have changed meanwhile.
func (r *syncResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, state, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	known, diags := readMemory(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !planned.Unmapped.IsUnknown() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &planned)...)
		return
	}
	kept := planned.Guard
	planned.Guard = config.Guard // the plan has that of the state
	if planned.Guard.IsNull() {
		planned.Guard = guardObject(defaultGuard)
	}
	result, diags := r.pushCounts(ctx, planned, &state, known)
	resp.Diagnostics.Append(diags...)
	result.state.Guard = kept
	if result.save {
		resp.Diagnostics.Append(writeMemory(ctx, resp.Private, result.memory)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// Delete forgets the ledger, or leaves it to the sync that replaces this one. With zero_on_destroy it first sets everything in it to 0,
// if a plan listed these zeros, and except what another sync has (rule 14).
func (r *syncResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diags := readMemory(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !hasPrivate(ctx, req.Private, destroyKey) {
		resp.Diagnostics.Append(r.leaveLedger(state, known)...)
		return
	}
	if !state.ZeroOnDestroy.ValueBool() {
		return
	}
	zeros := state
	zeros.UnitCounts = shapes.EncodeUnitCounts(billing.Counts{})
	zeros.ZeroMissing = types.BoolValue(false)
	zeros.OnUnmapped = types.StringValue(onUnmappedWarn)
	zeros.Guard = types.ObjectNull(guardType) // the plan has listed the zeros, and zero_on_destroy asks for them
	result, diags := r.pushCounts(ctx, zeros, &state, memory{ids: known.ids, instance: known.instance, untaken: known.untaken, left: known.left})
	if result.inactive {
		resp.Diagnostics.Append(inactiveDestroyError())
		return
	}
	resp.Diagnostics.Append(diags...)
	if diags.HasError() && result.save {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, destroyKey, nil)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &result.state)...)
	}
}

// leaveLedger keeps the ledger of a sync that is replaced for its successor. A successor that was created before cannot take it: then
// what it does not count is named, because no plan is known to have announced these zeros.
func (r *syncResource) leaveLedger(state model, known memory) diag.Diagnostics {
	before, err := state.pushState()
	if err != nil {
		return diag.Diagnostics{unreadableStateError(err)}
	}
	run := r.Clients.SyncRuns().of(state.ID.ValueString())
	left := inheritance{state: &state, memory: known, announced: known.instance != ""}
	run.leave(left)
	if !run.hasCreated() {
		return nil
	}
	if stays := run.notCounted(left, before); len(stays) > 0 {
		return diag.Diagnostics{notZeroedWarning(state.name(), stays, before.ledger())}
	}
	return nil
}

// result is what an apply leaves.
type result struct {
	state  model
	memory memory
	// save is true when the state must be saved, which can be so beside an error.
	save bool
	// inactive is true when nothing was pushed because the integration is inactive.
	inactive bool
}

// pushCounts pushes the difference between the prior state and the planned one. It lists accounts and services only if it has to.
func (r *syncResource) pushCounts(ctx context.Context, planned model, prior *model, known memory) (_ result, diags diag.Diagnostics) {
	client, ok := tfbase.Gradient(r.Clients, &diags)
	if !ok {
		return result{}, diags
	}
	up, err := readUpstream(ctx, client, false)
	if err != nil {
		return result{}, diag.Diagnostics{notPushedError(err)}
	}
	if prior != nil && prior.ID.ValueString() != up.integration.ID {
		return result{}, diag.Diagnostics{wrongIntegrationError(prior.ID.ValueString(), up)}
	}
	run := r.Clients.SyncRuns().of(up.integration.ID)
	run.pushing.Lock()
	defer run.pushing.Unlock()
	if prior != nil {
		return pushWithin(ctx, client, run, up, planned, prior, inheritance{}, known)
	}
	left := run.inherit(planned.knownCounts())
	pushed, diags := pushWithin(ctx, client, run, up, planned, nil, left, known)
	if left.state == nil {
		diags.Append(run.warnAboutAbandoned(up)...)
	}
	return pushed, diags
}

// pushWithin pushes within a run, of which no other sync of the integration pushes at the same time. left is what a new sync takes over.
func pushWithin(
	ctx context.Context, client *gradient.Client, run *integrationRun, up upstream, planned model, prior *model, left inheritance, known memory,
) (result, diag.Diagnostics) {
	compared := prior
	if left.announced { // the plan compared with the sync that is replaced
		compared, known = left.state, left.memory.as(known.instance)
	}
	if err := planned.readListsForSweep(ctx, client, &up, compared, known); err != nil {
		return left.keep(known), diag.Diagnostics{notPushedError(err)}
	}
	before, err := compared.pushState()
	if left.isUnannounced() {
		before, err = left.asHeld()
	}
	if err != nil {
		return result{}, diag.Diagnostics{unreadableStateError(err)}
	}
	d, diags := decideWithinGuard(ctx, before, planned, compared, known, up, client)
	if diags.HasError() {
		if left.state != nil {
			diags.Append(ledgerKeptWarning(up))
		}
		return left.keep(known), diags
	}
	if left.isUnannounced() {
		diags.Append(d.postponeFarewells(up)...)
	}
	restored, isLeft := run.begin(known, d, prior == nil)
	d.restore(restored)
	diags.Append(d.leaveToOthers(isLeft, run.notPushedByOthers(known), up)...)
	planned.ID = types.StringValue(up.integration.ID)
	planned.LastPushedAt = compared.lastPushedAt()
	switch {
	case len(d.pushes) == 0:
		planned.setComputed(d.stateWithoutPush())
		known.pending = pending{Awaited: known.pending.Awaited}
		return result{state: planned, memory: known, save: true}, diags
	case up.isInactive():
		after := stateWhileInactive(d.before, d.task)
		planned.setComputed(after)
		_, awaited := d.task.Waiting(d.pushes, selectPushes(d.pushes, hasReason(billing.Changed)))
		known.pending = pending{Inactive: true, Full: d.full, Repush: known.pending.Repush, Awaited: sortedPairs(awaited)}
		if prior.mayKnowAllCounts(up) {
			known.untaken = known.untaken.afterPush(d.before, after, outcome{})
		}
		return result{state: planned, memory: known, save: true, inactive: true}, append(diags, inactiveWarning(d, up))
	}
	done, problems := pushDecision(ctx, client, &up, d, known)
	diags.Append(problems...)
	if diags.HasError() {
		return left.keep(known), diags
	}
	if len(done.accepted) > 0 {
		planned.LastPushedAt = timetypes.NewRFC3339TimeValue(time.Now().UTC().Truncate(time.Second))
	}
	recorded, problems := recordOutcome(planned, prior, known, d, done, up)
	diags.Append(problems...)
	if recorded.save && compared.lastPushedAt().IsNull() {
		diags.Append(warnAboutCards(ctx, client, up, done.accepted)...)
	}
	return recorded, diags
}

// pushDecision pushes what was decided. The error is that of the lists; a failure of the push is in the outcome.
func pushDecision(ctx context.Context, client *gradient.Client, up *upstream, d decision, known memory) (outcome, diag.Diagnostics) {
	if !known.ids.isKnown(up.integration.ID, d.pushes) {
		if err := up.readLists(ctx, client); err != nil {
			return outcome{}, diag.Diagnostics{notPushedError(err)}
		}
	}
	if names := up.ambiguousServices(known.ids, d.pushes); len(names) > 0 {
		return outcome{}, diag.Diagnostics{ambiguousServicesError(names, *up)}
	}
	done := pushAll(ctx, up.countSetter(client, known.ids), client.MaxInFlight(), d.task, d.pushes)
	if len(done.refused) > 0 {
		_ = up.readLists(ctx, client) // for the names in the warning, which works without them
	}
	return done, nil
}

// recordOutcome returns the state after a push, and the diagnostics about what was refused or failed.
func recordOutcome(planned model, prior *model, known memory, d decision, done outcome, up upstream) (result, diag.Diagnostics) {
	diags := unmappedDiags(planned, prior == nil, d, done, up)
	done.waiting = append(done.waiting, d.postponed...)
	after := memory{instance: known.instance, ids: known.ids.afterPush(up, d.task, done), pending: pending{Awaited: done.awaited}}
	if prior.mayKnowAllCounts(up) {
		after.untaken = known.untaken.afterPush(d.before, stateAfterFailure(d.before, d.task, done), done)
	}
	for _, push := range slices.Backward(done.unsent) {
		if push.Reason.Zeroes() {
			after.pending.NextZero = &push.Pair
		} else {
			after.pending.Next = &push.Pair
		}
	}
	after.pending.Full = slices.ContainsFunc(done.unsent, hasReason(billing.Sweep))
	after.pending.Repush = !d.task.Full && known.ids.fellToPending(up.integration.Status)
	switch {
	case !done.isComplete() && prior != nil:
		state := *prior
		state.LastPushedAt = planned.LastPushedAt
		state.setPushState(stateAfterFailure(d.before, d.task, done))
		diags.Append(pushFailedError(d, done, true))
		known.pending.Repush = known.pending.Repush || after.pending.Repush
		after.pending = known.pending
		return result{state: state, memory: after, save: true}, diags
	case !done.isComplete():
		diags.Append(pushFailedError(d, done, false))
		return result{}, diags
	case diags.HasError():
		planned.setPushState(stateAfterFailure(d.before, d.task, done))
	default:
		planned.setComputed(stateAfterPush(d.before, d.task, done))
	}
	return result{state: planned, memory: after, save: true}, diags
}

// postponeFarewells leaves the farewells of a sync that was replaced to the next plan, because no plan has announced them: it returns a
// warning that names them.
func (d *decision) postponeFarewells(up upstream) diag.Diagnostics {
	farewells := selectPushes(d.pushes, hasReason(billing.Farewell))
	if len(farewells) == 0 {
		return nil
	}
	d.pushes = selectPushes(d.pushes, func(push billing.Push) bool { return push.Reason != billing.Farewell })
	d.postponed = farewells
	return diag.Diagnostics{postponedWarning(farewells, d.task.Ledger, up)}
}

// leaveToOthers leaves out the zeros of pairs that belong to another sync, and forgets these pairs (rule 14). It returns a warning that names
// those that the other sync did not push, because no state has them any more.
func (d *decision) leaveToOthers(isLeft, isNotPushed func(billing.Pair) bool, up upstream) (diags diag.Diagnostics) {
	isTheirs := func(push billing.Push) bool { return push.Reason.Zeroes() && isLeft(push.Pair) }
	theirs := selectPushes(d.pushes, isTheirs)
	if len(theirs) == 0 {
		return nil
	}
	d.pushes = selectPushes(d.pushes, func(push billing.Push) bool { return !isTheirs(push) })
	left := map[billing.Pair]bool{}
	for _, push := range theirs {
		left[push.Pair] = true
	}
	forgotten := func(pair billing.Pair) bool { return left[pair] }
	if stays := withoutPairs(d.before.pairs(), func(pair billing.Pair) bool { return !left[pair] || !isNotPushed(pair) }); len(stays) > 0 {
		diags.Append(leftToOthersWarning(up, stays, d.before.ledger()))
	}
	d.task.Ledger, d.task.Refused = withoutPairs(d.task.Ledger, forgotten), withoutPairs(d.task.Refused, forgotten)
	d.before.unmapped, d.before.held = withoutPairs(d.before.unmapped, forgotten), withoutPairs(d.before.held, forgotten)
	d.task.Sweep = slices.DeleteFunc(d.task.Sweep, forgotten)
	return diags
}

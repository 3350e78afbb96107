// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"cmp"
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
	known, diags := readMemory(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	configured := planned.Guard
	resp.Diagnostics.Append(r.planCounts(ctx, &planned, prior, known)...)
	if resp.Diagnostics.HasError() {
		return
	}
	planned.keepGuard(prior)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), planned.ID)...)
	if !planned.Guard.Equal(configured) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("guard"), planned.Guard)...)
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("unmapped"), planned.Unmapped)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("held_counts"), planned.HeldCounts)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("last_pushed_at"), planned.LastPushedAt)...)
}

// planCounts plans the computed values, and warns about changes that the diff does not show well. known has an instance without a prior
// state when the sync is replaced: Terraform plans it as an update first, and hands on the private state of that plan.
func (r *syncResource) planCounts(ctx context.Context, planned, prior *model, known memory) (diags diag.Diagnostics) {
	planned.ID = types.StringUnknown()
	if prior != nil {
		planned.ID = prior.ID
	}
	planned.setComputedUnknown()
	client, ok := tfbase.GradientIfKnown(r.Clients, &diags)
	if !ok {
		return diags
	}
	up, err := readUpstream(ctx, client, false)
	if err != nil {
		return diag.Diagnostics{tfdiag.Error("The license sync cannot be planned", err)}
	}
	run, isReplacement := r.Clients.SyncRuns().of(up.integration.ID), false
	if prior == nil {
		planned.ID = types.StringValue(up.integration.ID)
		var predecessor inheritance
		predecessor, isReplacement = run.predecessor(known.instance, planned.knownCounts())
		prior, known = predecessor.state, predecessor.memory.as(known.instance)
	}
	if err := planned.readListsForSweep(ctx, client, &up, prior, known); err != nil {
		return diag.Diagnostics{tfdiag.Error("The license sync cannot be planned", err)}
	}
	if !shapes.FullyKnown(planned.UnitCounts) {
		return append(warnAboutUncountedSeats(decision{}, up, *planned, prior), unknownCountsWarning(up))
	}
	before, err := prior.pushState()
	if err != nil {
		return diag.Diagnostics{unreadableStateError(err)}
	}
	d, diags := decideWithinGuard(ctx, before, *planned, prior, known, up, client)
	if d.task.Desired == nil {
		return diags // the counts cannot be read
	}
	if diags.HasError() {
		run.stop(d.task.Desired)
	}
	if isReplacement && len(before.pairs()) > 0 && (inheritance{state: prior}).likeness(d.task.Desired) == 0 {
		diags.Append(nothingInCommonError(up))
	}
	// The warnings stand beside an error of the guard too: they may explain it, and show what an approval would allow.
	diags.Append(warnAboutUncountedSeats(d, up, *planned, prior)...)
	found := run.plan(known.instance, plannedSync{
		inheritance: inheritance{state: prior, memory: known}, counts: d.task.Desired, pushes: d.pushes, zeroMissing: planned.ZeroMissing.ValueBool(),
	})
	diags.Append(found.errors(up)...)
	d.restore(found.restored)
	if names := known.ids.ambiguousIn(d.pushes); len(names) > 0 {
		diags.Append(ambiguousServicesError(names, up))
	}
	if prior != nil && !isReplacement && !d.mayPush(*planned, *prior) {
		planned.setComputed(d.stateWithoutPush())
		planned.LastPushedAt = prior.lastPushedAt()
	}
	if !isReplacement { // else the plan of the update has said it
		diags.Append(warnAboutHiddenChanges(d, up, *planned, prior, r.Clients.PlannedOn(up.integration.ID))...)
	}
	if prior.neverApplied() {
		diags.Append(warnAboutNothing(d.task.Desired, up, r.Clients.PlannedServices())...)
	}
	return diags
}

// readListsForSweep reads the lists for a sweep, unless the refresh has noted what they have.
func (m *model) readListsForSweep(ctx context.Context, client *gradient.Client, up *upstream, prior *model, known memory) error {
	if !m.sweeps(prior, known.pending) || known.ids.cover(up.integration.ID) {
		return nil
	}
	return up.readLists(ctx, client)
}

// errors returns errors about what must not be planned beside another sync of the integration (rule 14).
func (c conflicts) errors(up upstream) (diags diag.Diagnostics) {
	if len(c.shared) > 0 {
		diags.Append(sharedPairsError(c.shared, up))
	}
	if len(c.wiped) > 0 {
		diags.Append(wipedPairsError(c.wiped, up.syncName()))
	}
	if c.sweeps {
		diags.Append(sweepOfTwoError(up))
	}
	return diags
}

// planDestroy warns about what happens to the counts, because the plan of a destroy does not show them. It marks the plan, so that Delete
// knows that the zeros were announced: a sync that is replaced is destroyed without such a plan, or with one in the middle of an apply.
func (r *syncResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diags := readMemory(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	before, err := state.pushState()
	if err != nil {
		resp.Diagnostics.Append(unreadableStateError(err))
		return
	}
	d := decision{before: before, task: billing.Task{
		Ledger: before.ledger(), Refused: before.unmapped, Untaken: known.untaken.of(before.unmapped),
	}}
	d.pushes = d.task.Pushes()
	left := []billing.Pair{}
	if r.Clients != nil {
		run := r.Clients.SyncRuns().of(state.ID.ValueString())
		if run.hasCreated() {
			return
		}
		if state.ZeroOnDestroy.ValueBool() {
			found := run.plan(known.instance, plannedSync{inheritance: inheritance{state: &state, memory: known}, pushes: d.pushes, destroyed: true})
			if len(found.wiped) > 0 {
				resp.Diagnostics.Append(wipedPairsError(found.wiped, state.name()))
				return
			}
			left = append(left, found.left...)
		}
	}
	resp.Diagnostics.Append(writePrivate(ctx, resp.Private, destroyKey, left)...)
	resp.Diagnostics.Append(warnAboutDestroy(d, state, setOf(left))...)
}

// decision is what a run pushes. Plan and apply find it in the same way.
type decision struct {
	before pushState
	task   billing.Task
	pushes []billing.Push
	// ignored are the pushes that are left out, because nothing else is pushed (rules 3 and 7).
	ignored []billing.Push
	// full is true for a full push, which an apply that cannot push postpones.
	full bool
	// destroyed is true when the sync is destroyed, so that nothing is sent again.
	destroyed bool
	// postponed are farewells that no plan announced. They stay in the ledger for the next plan.
	postponed []billing.Push
	// restored are pairs that are pushed again because another sync sets them to 0.
	restored map[billing.Pair]bool
}

// restore adds the pushes of pairs that another sync sets to 0 in this run, so that the zero is not the last word (rule 14).
func (d *decision) restore(pairs []billing.Pair) {
	d.restored = setOf(pairs)
	for _, pair := range pairs {
		d.pushes = append(d.pushes, billing.Push{Pair: pair, Units: d.task.Desired[pair.Account][pair.Service], Reason: billing.Again})
	}
}

// decideWithinGuard decides what to push, and adds an error if the guard does not allow it.
func decideWithinGuard(
	ctx context.Context, before pushState, planned model, prior *model, known memory, up upstream, client *gradient.Client,
) (decision, diag.Diagnostics) {
	desired, err := shapes.DecodeUnitCounts(shapes.UnitCounts, planned.UnitCounts)
	if err != nil {
		return decision{}, diag.Diagnostics{invalidCountsError(err)}
	}
	d := decide(before, desired, planned, planned.forcesFullPush(prior), known, up.pairsToSweep(client, known.ids))
	d.task.Occasion = planned.occasion()
	return d, planned.checkGuard(ctx, d)
}

// decide compares the ledger with the planned counts. full pushes everything, and pairsToSweep lists the pairs for zero_missing.
func decide(
	before pushState, desired billing.Counts, planned model, full bool, known memory, pairsToSweep func() []billing.Pair,
) decision {
	full = full || known.pending.Full
	d := decision{before: before, full: full, destroyed: known.left != nil, task: billing.Task{
		Ledger: before.ledger(), Desired: desired, Refused: before.unmapped, Untaken: known.untaken.of(before.unmapped), Full: full || known.pending.Repush,
		Before: before.counts, Awaited: setOf(known.pending.Awaited),
	}}
	if full && planned.ZeroMissing.ValueBool() {
		d.task.Sweep = pairsToSweep()
	}
	d.pushes = orderPushes(d.task.Pushes(), d.task, known)
	quiet := d.quietPushes(planned.OnUnmapped.ValueString() == onUnmappedIgnore, known)
	isQuiet := func(push billing.Push) bool { return quiet[push.Pair] }
	if !known.pending.Inactive && !d.task.Full && !slices.ContainsFunc(d.pushes, func(push billing.Push) bool { return !isQuiet(push) }) {
		d.pushes, d.ignored = nil, d.pushes
	}
	return d
}

// quietPushes returns the pairs of the pushes that are no reason to push: zeros that Gradient refused before, with ignoreRefused also
// counts that it refused before, and farewells that wait for such a count.
func (d decision) quietPushes(ignoreRefused bool, known memory) map[billing.Pair]bool {
	quiet := map[billing.Pair]bool{}
	var refused []billing.Push
	for _, push := range d.pushes {
		switch {
		case push.Reason == billing.Farewell && d.before.owesZero(push.Pair):
			quiet[push.Pair] = true
		case ignoreRefused && d.wasRefused(push) && !known.ids.retries(push.Pair):
			quiet[push.Pair] = true
			refused = append(refused, push)
		}
	}
	waiting, _ := d.task.Waiting(d.pushes, refused)
	for pair := range waiting {
		if _, held := d.before.held[pair]; held && !d.before.counts.IsUnknown(pair.Account) {
			quiet[pair] = true
		}
	}
	return quiet
}

// staysBilled returns the farewells that are left out, with the units that Gradient has.
func (d decision) staysBilled() (pushes []billing.Push) {
	for _, push := range d.ignored {
		if push.Units = d.task.Ledger[push.Pair]; push.Reason == billing.Farewell && push.Units > 0 {
			pushes = append(pushes, push)
		}
	}
	return pushes
}

// wasRefused reports whether a push is a number that Gradient has refused before. A pair in unmapped may be something else: while the
// integration is inactive held has its accepted number, and after a failure unit_counts does not have it.
func (d decision) wasRefused(push billing.Push) bool {
	units, refused := d.before.unmapped[push.Pair]
	shown, planned := d.before.counts[push.Account][push.Service]
	_, accepted := d.task.Ledger[push.Pair]
	return push.Reason == billing.Changed && refused && units == push.Units && !accepted && planned && shown == push.Units
}

// orderPushes puts first what Gradient is likely to accept: pairs of the ledger, then those of accounts that changed. Those that were refused
// before come last, beginning with the first that the last run did not send, so that every one of them has its turn (rule 7).
func orderPushes(pushes []billing.Push, task billing.Task, known memory) []billing.Push {
	rank := func(push billing.Push) int {
		_, accepted := task.Ledger[push.Pair]
		_, refused := task.Refused[push.Pair]
		switch {
		case accepted:
			return 0
		case known.ids.retries(push.Pair):
			return 1
		case !refused:
			return 2
		}
		rank := 3
		if known.ids.Accounts[push.Account].shown == mappedNo {
			rank = 5
		}
		next := known.pending.Next
		if push.Reason.Zeroes() {
			next = known.pending.NextZero
		}
		if next != nil && push.Compare(*next) < 0 {
			rank++
		}
		return rank
	}
	return slices.SortedStableFunc(slices.Values(pushes), func(a, b billing.Push) int { return cmp.Compare(rank(a), rank(b)) })
}

// mayPush reports whether an apply may push anything. A sweep covers the accounts that exist when it runs, and there may be one while
// zero_missing is unknown.
func (d decision) mayPush(planned, prior model) bool {
	mayTurnOn := planned.ZeroMissing.IsUnknown() && !prior.ZeroMissing.ValueBool()
	return len(d.pushes) > 0 || d.full && planned.ZeroMissing.ValueBool() || mayTurnOn || d.full && planned.ZeroMissing.IsUnknown()
}

// stateWithoutPush returns the state when nothing is pushed.
func (d decision) stateWithoutPush() pushState {
	var left outcome
	left.waiting = append(left.waiting, d.postponed...)
	for _, push := range d.ignored {
		if push.Reason.Zeroes() {
			left.waiting = append(left.waiting, push)
		} else {
			left.refused = append(left.refused, push)
		}
	}
	return stateAfterPush(d.before, d.task, left)
}

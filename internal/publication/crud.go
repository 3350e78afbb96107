// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"crypto/rand"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// claimKind is the kind of claim by which a process allows one publication per asset type.
const claimKind = "license publication"

// newOwner makes the id of a publication. Its form differs from names of asset types, for the import.
func newOwner() string { return ownerPrefix + strings.ToLower(rand.Text()) }

// Create makes or adopts the asset type and writes every row. If it fails half-way, the state has the rows that are there.
func (r *publicationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := planned.AssetType.ValueString()
	if _, ok := r.Clients.Claim(claimKind, name, name); !ok {
		resp.Diagnostics.Append(declaredTwice(name))
		return
	}
	p, t, diags := r.prepareWrite(planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	s, err := makeSheet(ctx, p, name)
	if err != nil {
		resp.Diagnostics.Append(cannotUse(name, err))
		return
	}
	owner := newOwner()
	if left, ok := unfinishedOwner(s.rows); ok {
		owner = left
		resp.Diagnostics.Append(resumed(name, left))
	} else if others := otherOwners(s.rows, ""); len(others) > 0 {
		resp.Diagnostics.Append(otherOwnerError(name, others))
		return
	}
	planned.ID = types.StringValue(owner)
	after, diags := r.write(ctx, s, t, planned)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		if !s.unclear && !s.hasRowsOf(planned.ID.ValueString()) {
			return // nothing of this publication is there
		}
		resp.Diagnostics.Append(partlyCreated())
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &after)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, after.identity())...)
}

// prepareWrite returns the client and the table, which every write needs.
func (r *publicationResource) prepareWrite(planned model) (portal, table, diag.Diagnostics) {
	var diags diag.Diagnostics
	p, ok := tfbase.CloudRadial(r.Clients, &diags)
	if !ok {
		return nil, table{}, diags
	}
	t, err := planned.table()
	if err != nil {
		return nil, table{}, badInput(err)
	}
	return p, t, nil
}

// write makes CloudRadial show the table and returns the new state: as planned, or, with an error, with the rows that are there.
func (r *publicationResource) write(ctx context.Context, s *sheet, t table, planned model) (model, diag.Diagnostics) {
	w := &writer{sheet: s, table: t, owner: planned.ID.ValueString(), today: r.today()}
	err := w.write(ctx)
	after := planned
	after.setObserved(s, t)
	if err == nil && len(w.failures) == 0 {
		// The next plan shows what changed in the portal since this one.
		if !planned.Published.IsUnknown() {
			after.Published = planned.Published
		}
		after.Drift = textMap(nil)
		return after, nil
	}
	return after, notDone(planned.AssetType.ValueString(), notWritten, err, w.failures)
}

// Read sets the computed values to what CloudRadial holds.
func (r *publicationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // the framework wants it of a publication that is gone, too
	p, ok := tfbase.CloudRadialIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	name := state.AssetType.ValueString()
	t, err := state.table()
	if err != nil {
		resp.Diagnostics.Append(brokenState(err))
		return
	}
	s, err := openSheet(ctx, p, name, state.knownFieldIDs())
	if err != nil {
		resp.Diagnostics.Append(cannotUse(name, err))
		return
	}
	if s == nil {
		resp.Diagnostics.Append(whyMissing(ctx, p, state))
		if !resp.Diagnostics.HasError() {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	resp.Diagnostics.Append(refreshWarnings(s, state)...)
	state.setObserved(s, t)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// whyMissing says why no asset type has the name: it was deleted (a warning), or renamed and still holds the rows (an error).
func whyMissing(ctx context.Context, p portal, state model) diag.Diagnostic {
	name := state.AssetType.ValueString()
	assets, err := p.Assets(ctx, state.AssetTypeID.ValueInt64())
	switch {
	case err != nil:
		return tfdiag.Error(cannotRead, err)
	case len(assets) > 0:
		return typeRenamed(name, state.AssetTypeID.ValueInt64(), len(assets))
	}
	return typeMissing(name)
}

// Update writes the rows that differ. If it fails half-way, the state has the rows that are there.
func (r *publicationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p, t, diags := r.prepareWrite(planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := planned.AssetType.ValueString()
	s, err := openSheet(ctx, p, name, state.knownFieldIDs())
	switch {
	case err != nil:
		resp.Diagnostics.Append(cannotUse(name, err))
	case s == nil || s.typeID != state.AssetTypeID.ValueInt64() || !maps.Equal(s.layout.ids, state.knownFieldIDs()):
		resp.Diagnostics.Append(stalePlan(name))
	case len(otherOwners(s.rows, planned.ID.ValueString())) > 0:
		resp.Diagnostics.Append(otherOwnerError(name, otherOwners(s.rows, planned.ID.ValueString())))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	after, diags := r.write(ctx, s, t, planned)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &after)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, after.identity())...)
}

// Delete removes the rows of this publication, and the asset type if it is then empty.
func (r *publicationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	p, t, diags := r.prepareWrite(state)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := state.AssetType.ValueString()
	s, err := openSheet(ctx, p, name, state.knownFieldIDs())
	if err != nil {
		resp.Diagnostics.Append(cannotUse(name, err))
		return
	}
	if s == nil {
		if problem := whyMissing(ctx, p, state); problem.Severity() == diag.SeverityError {
			resp.Diagnostics.Append(problem)
		}
		return
	}
	w := &writer{sheet: s, table: t, owner: state.ID.ValueString()}
	err = w.removeAll(ctx)
	resp.Diagnostics.Append(notDone(name, notRemoved, err, w.failures)...)
	if resp.Diagnostics.HasError() {
		state.setObserved(s, t)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
}

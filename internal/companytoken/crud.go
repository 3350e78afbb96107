// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Create makes the token, or adopts one with the same value.
func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	if _, ok := r.Clients.Claim(createdKind, plan.id(), plan.id()); !ok {
		resp.Diagnostics.AddAttributeError(path.Root("name"), fmt.Sprintf("Token %s is declared twice", plan.label()),
			fmt.Sprintf("Two resources declare the token %s, so they would overwrite each other. Remove one.", plan.label()))
		return
	}
	held, exists, err := client.Token(ctx, plan.CompanyID.ValueInt64(), plan.Name.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.Append(tfdiag.Error(noTokens, err))
	case exists:
		resp.Diagnostics.Append(existing(plan, held))
	default:
		set(ctx, client, plan, "created", &resp.Diagnostics)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
}

// set writes the token. done is "created" or "changed".
func set(ctx context.Context, client *cloudradial.Client, plan model, done string, diags *diag.Diagnostics) {
	if err := client.SetToken(ctx, plan.token()); err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("value"), fmt.Sprintf("Token %s is not %s", plan.label(), done), err))
	}
}

// Read takes the value from the list of all tokens, which is read once per process.
func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // the framework wants it of a token that is gone, too
	client, ok := tfbase.CloudRadialIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	held, exists, err := client.Token(ctx, state.CompanyID.ValueInt64(), state.Name.ValueString())
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noTokens, err))
		return
	}
	if !exists {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Token %s is gone from CloudRadial", state.label()),
			"CloudRadial no longer lists this token. If it is in the configuration, the plan creates it again.")
		resp.State.RemoveResource(ctx)
		return
	}
	state.Value = types.StringValue(held.Value)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update changes the value.
func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	set(ctx, client, plan, "changed", &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
}

// Delete deletes the token.
func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	if err := client.DeleteToken(ctx, state.CompanyID.ValueInt64(), state.Name.ValueString()); err != nil {
		resp.Diagnostics.Append(tfdiag.Error(fmt.Sprintf("Token %s is not deleted", state.label()), err))
	}
}

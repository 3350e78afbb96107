// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package gradientintegration has cloudradial_gradient_integration, as a resource and as a data source.
package gradientintegration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*integrationResource)(nil)
	_ resource.ResourceWithImportState = (*integrationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*integrationResource)(nil)
	_ resource.ResourceWithIdentity    = (*integrationResource)(nil)
)

// clients is what the resource and the data source need from the provider.
type clients interface {
	tfbase.GradientClients
	tfdiag.Reporter
	// Planned records what a resource plans.
	Planned(kind, id, resourceType string) (other string, twice bool)
}

// OnKind is the kind of an integration that is on after the plan, by its id.
const OnKind = "integration that is on"

const (
	resourceType = "gradient_integration"
	cannotRead   = "Gradient integration cannot be read"
)

type integrationResource struct{ tfbase.Resource[clients] }

type resourceModel struct {
	Enabled types.Bool `tfsdk:"enabled"`
	values
}

// NewResource returns the resource cloudradial_gradient_integration.
func NewResource() resource.Resource { return &integrationResource{} }

func (r *integrationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + resourceType
	resp.ResourceBehavior.MutableIdentity = true
}

func (r *integrationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The custom integration in Gradient that the partner API key belongs to, and whether it is on. Creating it " +
			"checks the keys and tells Gradient that the integration is ready, so that companies and licenses can be mapped. Destroying it makes " +
			"the integration `inactive` and deletes nothing in Gradient.",
		Attributes: map[string]schema.Attribute{
			"enabled": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "Whether the integration is on. `true` moves it from `inactive` to `pending` and leaves any other status " +
					"as it is. `false` makes it `inactive`, for example while invoices are made at the end of a month: `cloudradial_license_sync` " +
					"then pushes nothing. The default is `true`.",
			},
			"id":                unchanged(aboutID),
			"organization_id":   unchanged(aboutOrganizationID),
			"organization_name": unchanged(aboutOrganizationName),
			"vendor_id":         unchanged(aboutVendorID),
			"vendor_name":       unchanged(aboutVendorName),
			// Without a plan modifier, these two are unknown in the plan of a change.
			"status": schema.StringAttribute{Computed: true, MarkdownDescription: aboutStatus},
			"last_synced_at": schema.StringAttribute{
				CustomType:          timetypes.RFC3339Type{},
				Computed:            true,
				MarkdownDescription: aboutLastSyncedAt,
			},
		},
	}
}

// unchanged is a computed attribute that an update does not change.
func unchanged(about string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: about,
	}
}

// ModifyPlan records whether the integration will be on, and plans the id of a new one. So a saved plan that is applied with the keys of another integration stops here, because Terraform
// compares the id, and what depends on this resource makes nothing there: a service can never be removed.
func (r *integrationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Clients == nil {
		return
	}
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		r.recordOn(plan, plan.ID.ValueString())
		return
	}
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	found, err := client.Integration(ctx)
	if err != nil { // also in an apply, where Terraform would call an id that is unknown now a bug
		resp.Diagnostics.Append(tfdiag.Error(cannotRead, err))
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), found.ID)...)
	r.recordOn(plan, found.ID)
}

// recordOn tells the license sync that the integration will be on, so that it does not warn that it is inactive now.
func (r *integrationResource) recordOn(plan resourceModel, id string) {
	if plan.Enabled.ValueBool() {
		r.Clients.Planned(OnKind, id, resourceType)
	}
}

func (r *integrationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	now, ok := r.setEnabled(ctx, plan.Enabled.ValueBool(), &resp.Diagnostics)
	if !ok {
		return
	}
	plan.values = valuesOf(now)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *integrationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	found, err := client.Integration(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error(cannotRead, err))
		return
	}
	state = resourceModel{Enabled: types.BoolValue(isOn(found)), values: valuesOf(found)}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
}

func (r *integrationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	now, ok := r.setEnabled(ctx, plan.Enabled.ValueBool(), &resp.Diagnostics)
	if !ok {
		return
	}
	// The plan promised the other values. If they have changed, the next refresh shows it.
	changed := valuesOf(now)
	plan.Status, plan.LastSyncedAt = changed.Status, changed.LastSyncedAt
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *integrationResource) Delete(ctx context.Context, _ resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.setEnabled(ctx, false, &resp.Diagnostics)
}

// setEnabled switches the integration on or off and returns it. It does not change pending or active when it is to be on
// (gradient.md §7.1).
func (r *integrationResource) setEnabled(ctx context.Context, enabled bool, diags *diag.Diagnostics) (gradient.Integration, bool) {
	client, ok := tfbase.Gradient(r.Clients, diags)
	if !ok {
		return gradient.Integration{}, false
	}
	now, err := client.Integration(ctx)
	if err != nil {
		diags.Append(tfdiag.Error(cannotRead, err))
		return now, false
	}
	if isOn(now) == enabled {
		return now, true
	}
	target := gradient.StatusInactive
	if enabled {
		target = gradient.StatusPending
	}
	now, err = client.SetStatus(ctx, target)
	if err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("enabled"), "Gradient integration does not become "+string(target), err))
	}
	return now, err == nil
}

func isOn(integration gradient.Integration) bool {
	return integration.Status != gradient.StatusInactive
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package licensemapping says which Microsoft 365 products count towards which Gradient service: cloudradial_license_mapping for
// one service, cloudradial_license_mappings for all of them in a table.
package licensemapping

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this package needs from the provider.
type clients interface {
	tfbase.GradientClients
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Planned records that a resource of that type plans that object, or returns another type that does too.
	Planned(kind, id, resourceType string) (other string, twice bool)
	tfdiag.Reporter
}

// ServiceKind is the kind of the objects that license mappings claim and plan in the clients of the provider.
const ServiceKind = "service"

var (
	_ resource.ResourceWithConfigure   = (*itemResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*itemResource)(nil)
	_ resource.ResourceWithImportState = (*itemResource)(nil)
	_ resource.ResourceWithIdentity    = (*itemResource)(nil)
)

// itemResource is cloudradial_license_mapping.
type itemResource struct{ tfbase.Resource[clients] }

// NewResource makes the resource cloudradial_license_mapping.
func NewResource() resource.Resource { return &itemResource{} }

func (r *itemResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = itemType
}

func (r *itemResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := entryAttributes()
	attributes["service"] = schema.StringAttribute{
		Required:            true,
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		MarkdownDescription: "Exact name of the product in the PSA. Changing it makes another service; the old one stays in Gradient.",
	}
	attributes["service_id"] = schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "Gradient's id of the service.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One service in Gradient, named as the product in the PSA, and the Microsoft 365 products (SKUs) that count towards " +
			"it. When the names are the same, character for character, Gradient maps the service to the PSA's product by itself. Otherwise, " +
			"map it in Gradient.\n\n" +
			"A service of exactly that name is adopted. Gradient's API can neither rename nor delete a service: the plan that creates one " +
			"says so, and destroying this resource only forgets it.",
		Attributes: attributes,
	}
}

// entryAttributes returns the attributes of a service, without its name. ModifyPlan plans the defaults.
func entryAttributes() map[string]schema.Attribute {
	const onCreation = " Sent when the service is created; Gradient's API cannot change it afterwards, so a later difference is a warning."
	return map[string]schema.Attribute{
		"skus": schema.SetAttribute{
			Required:    true,
			ElementType: types.StringType,
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.NoNullValues(),
				setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
			},
			MarkdownDescription: "Microsoft 365 products that count towards the service, each as skuPartNumber (`SPB`) or skuId (a GUID), in any " +
				"case. A part number stands for the skuIds that Microsoft's table gives it, and matches by name only where the table has none. A " +
				"product belongs to one service only.",
		},
		"basis": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(billing.BasisNames()...)},
			MarkdownDescription: "Which seats count. Default: `" + defaultBasis + "`.\n" + billing.DescribeBases(),
		},
		"category": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(gradient.Categories...)},
			MarkdownDescription: "Category of the service in Gradient: `" + strings.Join(gradient.Categories, "`, `") + "`." + onCreation + " Default: `" + defaultCategory + "`.",
		},
		"subcategory": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(gradient.Subcategories...)},
			MarkdownDescription: "Subcategory of the service in Gradient: `" + strings.Join(gradient.Subcategories, "`, `") + "`." + onCreation + " Default: `" + defaultSubcategory + "`.",
		},
		"description": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Description of the service in Gradient." + onCreation + " Default: the name of the service.",
		},
		"support_article": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Address of a support article about the service." + onCreation + " Default: `\"\"`.",
		},
		"support_contact": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Contact for questions about the service." + onCreation + " Default: `\"\"`.",
		},
	}
}

// Create creates the service, or adopts the one of that name.
func (r *itemResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan mapping
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := plan.Service.ValueString()
	ids := createServices(ctx, r.Clients, item, map[string]*entry{name: &plan.entry}, path.Empty(), &resp.Diagnostics)
	if id, ok := ids[name]; ok { // also of a service that Gradient stored under another name
		plan.ServiceID = types.StringValue(id)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
}

// Read takes over what Gradient holds of the service.
func (r *itemResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state mapping
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // the framework wants it of a service that is gone, too
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	name, id := state.Service.ValueString(), state.ServiceID.ValueString()
	named, err := client.ServicesNamed(ctx, name)
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noServices, err))
		return
	}
	if len(named) == 0 && id == "" { // imported by id
		if found, ok, err := client.ServiceWithID(ctx, name); ok && err == nil {
			named, name, id = []gradient.Service{found}, found.Name, found.ID
			state.Service = types.StringValue(name)
		}
	}
	if len(named) > 1 && id == "" {
		resp.Diagnostics.Append(item.duplicate(name, idsOf(named)).Diagnostic())
		return
	}
	found, problem, exists := item.locate(name, id, named, func() (gradient.Service, bool) {
		found, ok, err := client.ServiceWithID(ctx, id)
		return found, ok && err == nil
	})
	if problem != nil {
		resp.Diagnostics.Append(problem.Diagnostic())
	}
	if !exists {
		resp.State.RemoveResource(ctx)
		return
	}
	state.setService(found)
	if state.ServiceID.IsNull() {
		state.completeImport()
		resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	}
	state.ServiceID = types.StringValue(found.ID)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update sends nothing, because Gradient does not hold skus and basis, and cannot change the rest.
func (r *itemResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
	var plan mapping
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

// Delete forgets the service.
func (r *itemResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state mapping
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(stays(state.Service.ValueString()).Diagnostic())
	}
}

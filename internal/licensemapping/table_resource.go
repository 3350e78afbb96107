// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*tableResource)(nil)
	_ resource.ResourceWithValidateConfig = (*tableResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*tableResource)(nil)
	_ resource.ResourceWithImportState    = (*tableResource)(nil)
)

// tableResource is cloudradial_license_mappings.
type tableResource struct{ tfbase.Resource[clients] }

// NewTableResource makes the resource cloudradial_license_mappings.
func NewTableResource() resource.Resource { return &tableResource{} }

func (r *tableResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = tableType
}

func (r *tableResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := entryAttributes()
	attributes["service"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "The map's key once more, so that `services` fits the function `unit_counts` as it is.",
	}
	// Not Required, or the framework refuses an entry that is not known yet. ValidateConfig requires it.
	skus := attributes["skus"].(schema.SetAttribute)
	skus.Required, skus.Optional = false, true
	skus.MarkdownDescription = "Required. " + skus.MarkdownDescription
	attributes["skus"] = skus
	resp.Schema = schema.Schema{
		MarkdownDescription: "The whole table of license mappings as one resource: for a mapping file of any size, beside " +
			"[`cloudradial_company_mappings`](company_mappings.md). For a few services, and an address for each in `for_each`, use " +
			"[`cloudradial_license_mapping`](license_mapping.md). Keep each service in one of the two, because the function `unit_counts` " +
			"refuses a service that is in both.\n\n" +
			"Each key of `services` is the name of a service in Gradient: the product's name in the PSA, character for character. A service of " +
			"exactly that name is adopted. Gradient's API can neither rename nor delete a service: the plan that creates services names them, " +
			"and a service that is taken out of `services`, or destroyed, is only forgotten.",
		Attributes: map[string]schema.Attribute{
			"services": schema.MapNestedAttribute{
				Required:      true,
				PlanModifiers: []planmodifier.Map{tfbase.PlannedWhole{}},
				Validators: []validator.Map{
					mapvalidator.KeysAre(stringvalidator.LengthAtLeast(1)),
					mapvalidator.NoNullValues(),
				},
				NestedObject: schema.NestedAttributeObject{Attributes: attributes},
				MarkdownDescription: "The license mappings by the exact name of the product in the PSA. Changing a key makes another service; " +
					"the old one stays in Gradient.",
			},
			"service_ids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Gradient's id of each service.",
			},
			"unmanaged": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "Services that Gradient's catalogue of this vendor has and `services` does not have, sorted by name: created by " +
					"another tool or by hand, or taken out of the file. As of the last refresh.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"service_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Gradient's id of the service."},
					"name":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the service."},
				}},
			},
		},
	}
}

// ValidateConfig requires the SKUs of each service.
func (r *tableResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config tableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	entries := config.entries(ctx, &resp.Diagnostics)
	maps.DeleteFunc(entries, func(_ string, row *entry) bool { return row == nil || !row.SKUs.IsNull() })
	resp.Diagnostics.Append(foldEach(slices.Sorted(maps.Keys(entries)), table.noSKUs)...)
}

// Create creates the services that are missing. When some fail, the state has the others.
func (r *tableResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan tableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	written := r.write(ctx, plan, tableModel{}, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() || len(written.Services.Elements()) > 0 {
		resp.Diagnostics.Append(resp.State.Set(ctx, written)...)
	}
}

// Read takes over what Gradient holds of the services. An imported table, which has none yet, takes the whole catalogue.
func (r *tableResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state tableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	services, err := client.Services(ctx)
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noServices, err))
		return
	}
	entries := state.entries(ctx, &resp.Diagnostics)
	if state.Services.IsNull() { // imported: the SKUs are not known
		for _, service := range services {
			entries[service.Name] = &entry{Service: types.StringValue(service.Name), SKUs: types.SetNull(types.StringType)}
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, refresh(ctx, entries, state.ServiceIDs.Elements(), services, &resp.Diagnostics))...)
}

// refresh returns the table as Gradient has it. before are the ids of the services in the state.
func refresh(ctx context.Context, entries map[string]*entry, before map[string]attr.Value, services []gradient.Service, diags *diag.Diagnostics) tableModel {
	byName := make(map[string][]gradient.Service, len(services))
	for _, service := range services {
		byName[service.Name] = append(byName[service.Name], service)
	}
	byID := make(map[string]gradient.Service, len(services))
	for _, service := range services {
		byID[service.ID] = service
	}
	var problems tfdiag.Rows
	ids := map[string]attr.Value{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		id := idOf(before, name)
		found, problem, exists := table.locate(name, id, byName[name], func() (gradient.Service, bool) { found, ok := byID[id]; return found, ok })
		if problem != nil {
			problems.Add(*problem)
		}
		if !exists {
			delete(entries, name)
			continue
		}
		entries[name].setService(found)
		ids[name] = types.StringValue(found.ID)
	}
	diags.Append(problems.Diagnostics(tablePath)...)
	return tableModel{
		Services:   entriesValue(ctx, entries, diags),
		ServiceIDs: types.MapValueMust(types.StringType, ids),
		Unmanaged:  unmanagedValue(unmanagedOf(services, entries, ids)),
	}
}

// idOf returns the id of a service in service_ids, empty if it is not there.
func idOf(ids map[string]attr.Value, name string) string {
	id, _ := ids[name].(types.String)
	return id.ValueString()
}

// Update creates what is new. Gradient does not hold the rest, or cannot change it.
func (r *tableResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state tableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, r.write(ctx, plan, state, &resp.Diagnostics))...)
}

// write creates or adopts the services that the plan has and the state has not. It returns the plan without those that failed.
func (r *tableResource) write(ctx context.Context, plan, state tableModel, diags *diag.Diagnostics) tableModel {
	entries := plan.entries(ctx, diags)
	added, before := maps.Clone(entries), state.Services.Elements()
	maps.DeleteFunc(added, func(name string, _ *entry) bool { return before[name] != nil })
	created := createServices(ctx, r.Clients, table, added, tablePath, diags)
	ids := plan.ServiceIDs.Elements()
	for name := range added {
		if id, ok := created[name]; ok {
			ids[name] = types.StringValue(id)
			continue
		}
		delete(entries, name)
		delete(ids, name)
	}
	unmanaged := plan.Unmanaged
	if unmanaged.IsUnknown() {
		unmanaged = r.readUnmanaged(ctx, entries, ids)
	}
	return tableModel{entriesValue(ctx, entries, diags), types.MapValueMust(types.StringType, ids), unmanaged}
}

// readUnmanaged lists the services that the table does not have. It is null when they cannot be read; then the next refresh sets it.
func (r *tableResource) readUnmanaged(ctx context.Context, entries map[string]*entry, ids map[string]attr.Value) types.List {
	client, err := r.Clients.Gradient()
	if err != nil {
		return types.ListNull(unmanagedType)
	}
	services, err := client.Services(ctx)
	if err != nil {
		return types.ListNull(unmanagedType)
	}
	return unmanagedValue(unmanagedOf(services, entries, ids))
}

// Delete forgets the services.
func (r *tableResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(foldEach(slices.Sorted(maps.Keys(state.Services.Elements())), stays)...)
}

// ImportState takes any id. It leaves services null, which tells Read to take over the whole catalogue.
func (r *tableResource) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("service_ids"), map[string]string{})...)
}

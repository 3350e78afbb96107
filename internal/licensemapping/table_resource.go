package licensemapping

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

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
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*licenseTable)(nil)
	_ resource.ResourceWithValidateConfig = (*licenseTable)(nil)
	_ resource.ResourceWithModifyPlan     = (*licenseTable)(nil)
	_ resource.ResourceWithImportState    = (*licenseTable)(nil)
)

// licenseTable is all license mappings in one resource.
type licenseTable struct{ tfbase.Resource[clients] }

type licenseTableModel struct {
	Services   types.Map  `tfsdk:"services"`
	ServiceIDs types.Map  `tfsdk:"service_ids"`
	Unmanaged  types.List `tfsdk:"unmanaged"`
}

// unmanagedService is a service in Gradient that the table does not have.
type unmanagedService struct {
	ServiceID string `tfsdk:"service_id"`
	Name      string `tfsdk:"name"`
}

var (
	entryType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"service":         types.StringType,
		"skus":            types.SetType{ElemType: types.StringType},
		"basis":           types.StringType,
		"category":        types.StringType,
		"subcategory":     types.StringType,
		"description":     types.StringType,
		"support_article": types.StringType,
		"support_contact": types.StringType,
	}}
	unmanagedServiceType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"service_id": types.StringType,
		"name":       types.StringType,
	}}
)

// NewTableResource makes the resource cloudradial_license_mappings.
func NewTableResource() resource.Resource { return &licenseTable{} }

func (r *licenseTable) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = licenseMappingsType
}

func (r *licenseTable) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
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
			"[`cloudradial_license_mapping`](license_mapping.md). Both on one service fight.\n\n" +
			"Each key of `services` is the name of a service in Gradient, the same as the product's in the PSA, character for character. A " +
			"service of exactly that name is adopted. Gradient's API can neither rename nor delete a service: the plan that creates some names " +
			"them, and what is taken out of `services`, or destroyed, is only forgotten.",
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
				MarkdownDescription: "Services that Gradient's catalogue of this vendor has and `services` has not, by name: made by another tool or " +
					"by hand, or taken out of the file. As of the last refresh.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"service_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Gradient's id of the service."},
					"name":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the service."},
				}},
			},
		},
	}
}

// ValidateConfig requires the SKUs of each service.
func (r *licenseTable) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config licenseTableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	entries := entriesOf(ctx, config.Services, &resp.Diagnostics)
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if entry := entries[name]; entry != nil && entry.SKUs.IsNull() {
			resp.Diagnostics.AddAttributeError(path.Root("services").AtMapKey(name).AtName("skus"), fmt.Sprintf("Service %q has no SKUs", name),
				"The argument skus is required: give the Microsoft 365 products that count towards the service.")
		}
	}
}

func (r *licenseTable) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan licenseTableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made := r.make(ctx, plan, licenseTableModel{}, &resp.Diagnostics)
	if resp.Diagnostics.HasError() && len(made.Services.Elements()) == 0 {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, made)...)
}

// Update creates what is new. The rest Gradient does not hold, or cannot change.
func (r *licenseTable) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state licenseTableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, r.make(ctx, plan, state, &resp.Diagnostics))...)
}

// make creates or adopts, one after another, the services that the plan has and the state has not. What it returns is the plan
// without those that failed.
func (r *licenseTable) make(ctx context.Context, plan, state licenseTableModel, diags *diag.Diagnostics) licenseTableModel {
	planned, had, ids := plan.Services.Elements(), state.Services.Elements(), plan.ServiceIDs.Elements()
	entries := entriesOf(ctx, plan.Services, diags)
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if had[name] == nil {
			missing = append(missing, name)
		}
	}
	made := r.createAll(ctx, missing, entries, diags)
	for _, name := range missing {
		if made[name] == "" {
			delete(planned, name)
			delete(ids, name)
			continue
		}
		ids[name] = types.StringValue(made[name])
	}
	plan.Services = types.MapValueMust(entryType, planned)
	plan.ServiceIDs = types.MapValueMust(types.StringType, ids)
	if plan.Unmanaged.IsUnknown() {
		plan.Unmanaged = r.unmanaged(ctx, entriesOf(ctx, plan.Services, diags))
	}
	return plan
}

// unmanaged lists the services that the table does not have, or is null when they cannot be read; then the next refresh does.
func (r *licenseTable) unmanaged(ctx context.Context, entries map[string]*licenseEntry) types.List {
	client, err := r.Clients.Gradient()
	if err != nil {
		return types.ListNull(unmanagedServiceType)
	}
	services, err := client.Services(ctx)
	if err != nil {
		return types.ListNull(unmanagedServiceType)
	}
	return unmanagedValue(unmanagedOf(services, entries))
}

// createAll returns the ids of the services that it created or adopted. What failed is an error each; what was not tried after a
// failure that concerns all is one error.
func (r *licenseTable) createAll(ctx context.Context, names []string, entries map[string]*licenseEntry, diags *diag.Diagnostics) map[string]string {
	if len(names) == 0 {
		return nil
	}
	client, err := r.Clients.Gradient()
	if err != nil {
		diags.Append(tfdiag.Error("Gradient cannot be used", err))
		return nil
	}
	if _, err := client.Services(ctx); err != nil {
		diags.Append(tfdiag.Error(noServices, err))
		return nil
	}
	made := map[string]string{}
	for i, name := range names {
		entry, at := entries[name], path.Root("services").AtMapKey(name)
		owner := entry.owner(licenseMappingsType)
		if other, ok := r.Clients.Claim(serviceKind, name, owner); !ok {
			diags.Append(madeTwice(at, name, other, owner))
			continue
		}
		service, err := client.CreateService(ctx, entry.service())
		if err == nil {
			made[name] = service.ID
			continue
		}
		diags.Append(notCreated(at, name, err))
		if left := names[i+1:]; len(left) > 0 && concernsAll(ctx, err) {
			diags.AddAttributeError(path.Root("services"), "Not tried: "+tfdiag.NameOrCount(left, "service"),
				"After that error the services that follow were not tried. Apply again once it is mended:\n\n"+tfdiag.List(left))
			break
		}
	}
	return made
}

// concernsAll reports whether the next service would fail as well: the keys are refused, or the run was cancelled.
func concernsAll(ctx context.Context, err error) bool {
	status := rest.Status(err)
	return ctx.Err() != nil || status == http.StatusUnauthorized || status == http.StatusForbidden
}

func (r *licenseTable) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state licenseTableModel
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
	entries := entriesOf(ctx, state.Services, &resp.Diagnostics)
	if state.Services.IsNull() { // imported
		entries = entriesOfCatalogue(services)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, refreshed(ctx, entries, services, &resp.Diagnostics))...)
}

// entriesOfCatalogue are mappings of everything that Gradient has, of SKUs that nobody knows yet.
func entriesOfCatalogue(services []gradient.Service) map[string]*licenseEntry {
	entries := map[string]*licenseEntry{}
	for _, service := range services {
		entries[service.Name] = &licenseEntry{Service: types.StringValue(service.Name), SKUs: types.SetNull(types.StringType)}
	}
	return entries
}

// refreshed is the table with what Gradient holds.
func refreshed(ctx context.Context, entries map[string]*licenseEntry, services []gradient.Service, diags *diag.Diagnostics) licenseTableModel {
	byName := servicesByName(services)
	ids := map[string]attr.Value{}
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		found := byName[name]
		if len(found) == 0 {
			gone = append(gone, name)
			delete(entries, name)
			continue
		}
		if len(found) > 1 {
			diags.Append(severalServices(name, len(found), found[0].ID))
		}
		entries[name].show(found[0])
		ids[name] = types.StringValue(found[0].ID)
	}
	if len(gone) > 0 {
		diags.AddWarning("Gone from Gradient: "+tfdiag.NameOrCount(gone, "service"), servicesGone+"\n\n"+tfdiag.List(gone))
	}
	return licenseTableModel{
		Services:   entriesValue(ctx, entries, diags),
		ServiceIDs: types.MapValueMust(types.StringType, ids),
		Unmanaged:  unmanagedValue(unmanagedOf(services, entries)),
	}
}

const servicesGone = "Gradient's catalogue of this vendor has no service of these names. Its API can neither rename nor delete one, so look in " +
	"Gradient what became of them, and whether the keys are those of the same integration. As long as they are in the configuration, the plan " +
	"creates them again."

func servicesByName(services []gradient.Service) map[string][]gradient.Service {
	byName := make(map[string][]gradient.Service, len(services))
	for _, service := range services {
		byName[service.Name] = append(byName[service.Name], service)
	}
	return byName
}

// unmanagedOf lists the services that are not in the table.
func unmanagedOf(services []gradient.Service, entries map[string]*licenseEntry) []unmanagedService {
	var unmanaged []unmanagedService
	for _, service := range services {
		if _, managed := entries[service.Name]; !managed {
			unmanaged = append(unmanaged, unmanagedService{service.ID, service.Name})
		}
	}
	return unmanaged
}

// entriesOf reads services. An entry that is not known yet is nil.
func entriesOf(ctx context.Context, value types.Map, diags *diag.Diagnostics) map[string]*licenseEntry {
	entries := make(map[string]*licenseEntry, len(value.Elements()))
	for name, element := range value.Elements() {
		object := element.(types.Object)
		entries[name] = nil
		if object.IsUnknown() || object.IsNull() { // null is refused elsewhere
			continue
		}
		entries[name] = &licenseEntry{}
		diags.Append(object.As(ctx, entries[name], basetypes.ObjectAsOptions{})...)
	}
	return entries
}

func entriesValue(ctx context.Context, entries map[string]*licenseEntry, diags *diag.Diagnostics) types.Map {
	elements := make(map[string]attr.Value, len(entries))
	for name, entry := range entries {
		if entry == nil {
			elements[name] = types.ObjectUnknown(entryType.AttrTypes)
			continue
		}
		object, more := types.ObjectValueFrom(ctx, entryType.AttrTypes, entry)
		diags.Append(more...)
		elements[name] = object
	}
	return types.MapValueMust(entryType, elements)
}

// unmanagedValue sorts them by name; those of one name stay in Gradient's order.
func unmanagedValue(unmanaged []unmanagedService) types.List {
	slices.SortStableFunc(unmanaged, func(a, b unmanagedService) int { return strings.Compare(a.Name, b.Name) })
	elements := make([]attr.Value, len(unmanaged))
	for i, service := range unmanaged {
		elements[i] = types.ObjectValueMust(unmanagedServiceType.AttrTypes, map[string]attr.Value{
			"service_id": types.StringValue(service.ServiceID), "name": types.StringValue(service.Name),
		})
	}
	return types.ListValueMust(unmanagedServiceType, elements)
}

func (r *licenseTable) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state licenseTableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if names := slices.Sorted(maps.Keys(state.Services.Elements())); len(names) > 0 {
		resp.Diagnostics.Append(stayInGradient(names))
	}
}

func stayInGradient(names []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Forgotten, but still in Gradient: "+tfdiag.NameOrCount(names, "service"),
		"Gradient's API deletes no service, so these mappings are only forgotten. The license sync sets the services' unit counts to 0 when "+
			"they leave its unit_counts. Once that is approved, exclude the services in Gradient.\n\n"+tfdiag.List(names))
}

// ImportState takes any id: Read takes over the whole catalogue.
func (r *licenseTable) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("service_ids"), map[string]string{})...)
}

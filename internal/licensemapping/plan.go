package licensemapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// fixedNames are the attributes that Gradient takes at creation and never changes.
var fixedNames = []string{"category", "subcategory", "description", "support_article", "support_contact"}

// fixed returns them, in the order of fixedNames.
func (e *licenseEntry) fixed() []*types.String {
	return []*types.String{&e.Category, &e.Subcategory, &e.Description, &e.SupportArticle, &e.SupportContact}
}

// upstream is what a plan knows of a service in Gradient.
type upstream struct {
	held    *licenseEntry // what Gradient holds of it, nil when it is not there
	managed bool          // held is what the state says, not what is to be adopted
	unknown bool          // nobody can tell yet whether it is there
}

// ModifyPlan looks up whether the service exists, and plans what Gradient holds for what its API cannot change.
func (r *licenseMapping) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan, state licenseModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	checkSKUs(path.Root("skus"), plan.licenseEntry, state.SKUs, &resp.Diagnostics)
	if !isNew && !plan.Service.Equal(state.Service) {
		return // replaced: Terraform asks again, for a new one
	}
	name := plan.Service.ValueString()
	if !plan.Service.IsUnknown() {
		warnOfBoth(r.Clients, licenseMappingType, []string{name}, &resp.Diagnostics)
	}
	current := upstream{held: &state.licenseEntry, managed: true}
	if isNew {
		current = r.existing(ctx, &plan, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	var differences []string
	plan.licenseEntry, differences = planEntry(config.licenseEntry, current)
	if len(differences) > 0 {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Service %q differs from the configuration", name), differencesDetail(differences))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// existing finds out whether the service is to be adopted or created.
func (r *licenseMapping) existing(ctx context.Context, plan *licenseModel, diags *diag.Diagnostics) upstream {
	client, err := r.Clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) || plan.Service.IsUnknown() {
		return upstream{unknown: true}
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error("Gradient cannot be used", err))
		return upstream{}
	}
	name := plan.Service.ValueString()
	found, count, err := client.Service(ctx, name)
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noServices, err))
		return upstream{}
	}
	if count == 0 || client.CreatedService(found.ID) { // another mapping has made it during this apply: Create says so
		diags.AddAttributeWarning(path.Root("service"), fmt.Sprintf("Service %q will be in Gradient for good", name), forGood)
		return upstream{}
	}
	if count > 1 {
		diags.Append(severalServices(name, count, found.ID))
	}
	held := &licenseEntry{}
	held.show(found)
	plan.ServiceID = types.StringValue(found.ID)
	return upstream{held: held}
}

const forGood = "Gradient has no service of this name, so applying creates it. Gradient's API can neither rename nor delete a service: make sure " +
	"that the name is the PSA product's, character for character."

// warnOfBoth warns about services that a resource of the other type has too, as far as that one is planned already.
func warnOfBoth(clients clients, resourceType string, names []string, diags *diag.Diagnostics) {
	var both []string
	for _, name := range names {
		if _, twice := clients.Planned(serviceKind, name, resourceType); twice {
			both = append(both, name)
		}
	}
	if len(both) > 0 {
		diags.AddWarning("In two license mappings: "+tfdiag.NameOrCount(both, "service"),
			fmt.Sprintf("A %s and a %s both have these services. Keep each in one of the two, for the function unit_counts refuses a service "+
				"that is in both:\n\n%s", licenseMappingType, licenseMappingsType, tfdiag.List(both)))
	}
}

// planEntry plans the configuration for a service that is new, and else what Gradient holds for what its API cannot change. It also
// returns where the two differ. Terraform wants the configuration's value planned for an object that it creates, adopted or not; for
// one that it has, the value of the state will do.
func planEntry(config licenseEntry, current upstream) (plan licenseEntry, differences []string) {
	plan = config
	if config.Basis.IsNull() {
		plan.Basis = types.StringValue(defaultBasis)
	}
	defaults := fixedDefaults(config.Service, current.unknown)
	for i, name := range fixedNames {
		configured, planned, value := config.fixed()[i], plan.fixed()[i], defaults.fixed()[i]
		held := current.held != nil && !current.held.fixed()[i].IsNull() // null: imported, and not read yet
		if held {
			value = current.held.fixed()[i]
		}
		if configured.IsNull() || held && current.managed {
			*planned = *value
		}
		if held && !configured.IsNull() && !configured.IsUnknown() && !configured.Equal(*value) {
			differences = append(differences, fmt.Sprintf("%s: %q in Gradient, %q in the configuration", name, value.ValueString(), configured.ValueString()))
		}
	}
	return plan, differences
}

// fixedDefaults is what a new service is created with. Whether it is new may be unknown.
func fixedDefaults(service types.String, unknown bool) licenseEntry {
	if unknown {
		return licenseEntry{
			Category: types.StringUnknown(), Subcategory: types.StringUnknown(), Description: types.StringUnknown(),
			SupportArticle: types.StringUnknown(), SupportContact: types.StringUnknown(),
		}
	}
	return licenseEntry{
		Category: types.StringValue(defaultCategory), Subcategory: types.StringValue(defaultSubcategory), Description: service,
		SupportArticle: types.StringValue(""), SupportContact: types.StringValue(""),
	}
}

func differencesDetail(differences []string) string {
	return "Gradient's API takes these values only when a service is created and cannot change them afterwards:\n\n" + tfdiag.List(differences) +
		"\n\nGive Gradient's values in the configuration, or none."
}

// checkSKUs warns about SKUs that look wrong, when they are new or changed. They count all the same: Microsoft's table
// is not always up to date.
func checkSKUs(at path.Path, plan licenseEntry, before types.Set, diags *diag.Diagnostics) {
	if plan.SKUs.Equal(before) {
		return
	}
	var unknown, free []string
	for _, element := range plan.SKUs.Elements() {
		sku, ok := element.(types.String)
		if !ok || sku.IsUnknown() {
			continue
		}
		product, known := billing.LookupSKU(sku.ValueString())
		switch {
		case !known:
			unknown = append(unknown, sku.ValueString()+nearest(sku.ValueString()))
		case billing.IsFree(sku.ValueString()):
			free = append(free, fmt.Sprintf("%s (%s)", sku.ValueString(), product.Name))
		}
	}
	slices.Sort(unknown)
	slices.Sort(free)
	if len(unknown) > 0 {
		diags.AddAttributeWarning(at, fmt.Sprintf("Service %q has SKUs that Microsoft's table does not list", plan.Service.ValueString()),
			"Microsoft's table of "+billing.SKUTableDate+" does not have these. They count all the same if a tenant has them, but a misspelled one "+
				"counts nothing:\n\n"+tfdiag.List(unknown))
	}
	if len(free) > 0 {
		diags.AddAttributeWarning(at, fmt.Sprintf("Service %q has free SKUs", plan.Service.ValueString()),
			"Users pick these up for themselves at no price, often from pools of 10,000 seats and more. Their seats are left out of the "+
				"counts unless cloudradial_license_counts has include_free = true, and then the whole pool is billed on the basis purchased:\n\n"+
				tfdiag.List(free))
	}
}

func nearest(sku string) string {
	names := billing.NearestSKUs(sku, 3)
	if len(names) == 0 {
		return ""
	}
	return " (nearest: " + strings.Join(names, ", ") + ")"
}

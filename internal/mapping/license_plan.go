package mapping

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

// fixed is an attribute that Gradient takes at creation and never changes.
type fixed struct {
	name         string
	config, plan *types.String
	current      *types.String // what Gradient holds, nil when the service is new
	otherwise    types.String  // the default
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
	checkSKUs(ctx, plan, state, &resp.Diagnostics)
	if !isNew && !plan.Service.Equal(state.Service) {
		return // replaced: Terraform asks again, for a new one
	}
	current := &state
	if isNew {
		current = r.existing(ctx, &plan, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	planFixed(config, &plan, current, !isNew, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// existing returns what Gradient holds of a service that is to be adopted, or nil when it is to be created or that is not
// known yet.
func (r *licenseMapping) existing(ctx context.Context, plan *licenseModel, diags *diag.Diagnostics) *licenseModel {
	client, err := r.clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) || plan.Service.IsUnknown() {
		return nil
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.clients, tfdiag.Error(noGradient, err))
		return nil
	}
	name := plan.Service.ValueString()
	found, count, err := client.Service(ctx, name)
	if err != nil {
		tfdiag.AddOnce(diags, r.clients, tfdiag.Error(noServices, err))
		return nil
	}
	if count == 0 {
		diags.AddAttributeWarning(path.Root("service"), fmt.Sprintf("Service %q will be in Gradient for good", name),
			"Gradient has no service of this name, so applying creates it. Gradient's API can neither rename nor delete a service: make sure "+
				"that the name is the PSA product's, character for character.")
		return nil
	}
	if count > 1 {
		diags.Append(severalServices(name, count, found.ID))
	}
	current := &licenseModel{}
	current.show(found)
	plan.ServiceID = current.ServiceID
	return current
}

// planFixed plans what Gradient holds, or the configuration for a service that is new. Terraform wants the configuration's
// value planned for an object that it creates, adopted or not; for one that it has, the value of the state will do.
func planFixed(config licenseModel, plan, current *licenseModel, managed bool, diags *diag.Diagnostics) {
	attributes := []fixed{
		{"category", &config.Category, &plan.Category, nil, types.StringValue(defaultCategory)},
		{"subcategory", &config.Subcategory, &plan.Subcategory, nil, types.StringValue(defaultSubcategory)},
		{"description", &config.Description, &plan.Description, nil, plan.Service},
		{"support_article", &config.SupportArticle, &plan.SupportArticle, nil, types.StringValue("")},
		{"support_contact", &config.SupportContact, &plan.SupportContact, nil, types.StringValue("")},
	}
	if current != nil {
		for i, value := range []*types.String{&current.Category, &current.Subcategory, &current.Description, &current.SupportArticle, &current.SupportContact} {
			attributes[i].current = value
		}
	}
	var differences []string
	for _, a := range attributes {
		if a.current != nil && a.current.IsNull() {
			a.current = nil // imported, and not read yet
		}
		switch {
		case a.current == nil && a.config.IsNull():
			*a.plan = a.otherwise
		case a.current == nil:
			*a.plan = *a.config
		case managed || a.config.IsNull():
			*a.plan = *a.current
		}
		if a.current != nil && !a.config.IsNull() && !a.config.IsUnknown() && !a.config.Equal(*a.current) {
			differences = append(differences, fmt.Sprintf("  - %s: %q in Gradient, %q in the configuration", a.name, a.current.ValueString(), a.config.ValueString()))
		}
	}
	if len(differences) > 0 {
		diags.AddWarning(fmt.Sprintf("Service %q differs from the configuration", plan.Service.ValueString()),
			"Gradient's API takes these values only when a service is created and cannot change them afterwards:\n\n"+strings.Join(differences, "\n")+
				"\n\nGive Gradient's values in the configuration, or none.")
	}
}

// checkSKUs warns about SKUs that look wrong, when they are new or changed. They count all the same: Microsoft's table
// is not always up to date.
func checkSKUs(ctx context.Context, plan, state licenseModel, diags *diag.Diagnostics) {
	if plan.SKUs.IsUnknown() || plan.SKUs.Equal(state.SKUs) {
		return
	}
	var skus []types.String
	diags.Append(plan.SKUs.ElementsAs(ctx, &skus, false)...)
	var unknown, free []string
	for _, sku := range skus {
		if sku.IsUnknown() {
			continue
		}
		product, known := billing.LookupSKU(sku.ValueString())
		switch {
		case !known:
			unknown = append(unknown, "  - "+sku.ValueString()+nearest(sku.ValueString()))
		case billing.IsFree(sku.ValueString()):
			free = append(free, fmt.Sprintf("  - %s (%s)", sku.ValueString(), product.Name))
		}
	}
	slices.Sort(unknown)
	slices.Sort(free)
	if len(unknown) > 0 {
		diags.AddAttributeWarning(path.Root("skus"), fmt.Sprintf("Service %q has SKUs that Microsoft's table does not list", plan.Service.ValueString()),
			"Microsoft's table of "+billing.SKUTableDate+" does not have these. They count all the same if a tenant has them, but a misspelled one "+
				"counts nothing:\n\n"+strings.Join(unknown, "\n"))
	}
	if len(free) > 0 {
		diags.AddAttributeWarning(path.Root("skus"), fmt.Sprintf("Service %q has free SKUs", plan.Service.ValueString()),
			"Users pick these up for themselves at no price, often from pools of 10,000 seats and more. Their seats are left out of the "+
				"counts unless cloudradial_license_counts has include_free = true, and then the whole pool is billed on the basis purchased:\n\n"+
				strings.Join(free, "\n"))
	}
}

func nearest(sku string) string {
	names := billing.NearestSKUs(sku, 3)
	if len(names) == 0 {
		return ""
	}
	return " (nearest: " + strings.Join(names, ", ") + ")"
}

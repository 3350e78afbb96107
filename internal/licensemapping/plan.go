package licensemapping

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan looks up whether the service exists, and plans what Gradient holds of the attributes that its API cannot change.
func (r *itemResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan, state mapping
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() || !isNew && !plan.Service.Equal(state.Service) {
		return // a service that is replaced is planned again, as a new one
	}
	p := planner{clients: r.Clients, form: item}
	if !plan.Service.IsUnknown() {
		p.warnOfBoth(plan.Service.ValueString())
	}
	current := upstream{held: &state.entry, id: state.ServiceID, managed: true}
	if isNew {
		current = upstream{id: types.StringUnknown(), unknown: true}
		if !plan.Service.IsUnknown() {
			p.open(ctx, &resp.Diagnostics)
			current = p.find(ctx, plan.Service.ValueString())
		}
	}
	plan = mapping{p.planEntry(config.entry, current, state.SKUs), current.id}
	resp.Diagnostics.Append(p.problems.Diagnostics(path.Empty())...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	}
}

// planner plans services: one, or all of a table.
type planner struct {
	clients  clients
	form     form
	client   *gradient.Client // nil when the catalogue cannot be read, or not yet
	problems tfdiag.Rows
}

// upstream is what a plan knows of a service in Gradient.
type upstream struct {
	held    *entry       // what Gradient holds, nil when the service does not exist
	id      types.String // of the service
	managed bool         // held comes from the state
	unknown bool         // whether the service exists is not known yet
}

// open reads the catalogue.
func (p *planner) open(ctx context.Context, diags *diag.Diagnostics) {
	client, ok := tfbase.GradientIfKnown(p.clients, diags)
	if !ok {
		return
	}
	if _, _, err := client.Service(ctx, ""); err != nil {
		tfdiag.AddOnce(diags, p.clients, tfdiag.Error(noServices, err))
		return
	}
	p.client = client
}

// find finds out whether a new service will be adopted or created. What this run created through another resource counts as not
// there, because the plan must come out the same during apply.
func (p *planner) find(ctx context.Context, name string) upstream {
	none := upstream{id: types.StringUnknown(), unknown: true}
	if p.client == nil {
		return none
	}
	found, count, err := p.client.Service(ctx, name)
	if err != nil {
		return none // it is the same list that open has read
	}
	if count == 0 || p.client.CreatedService(found.ID) {
		p.problems.Add(p.form.createdForGood(name))
		return upstream{id: types.StringUnknown()}
	}
	if count > 1 {
		p.problems.Add(p.form.severalOfOneName(name, count, found.ID))
	}
	held := &entry{}
	held.setService(found)
	return upstream{held: held, id: types.StringValue(found.ID)}
}

// warnOfBoth warns when a resource of the other type has the service, too, and is planned already.
func (p *planner) warnOfBoth(name string) {
	if _, twice := p.clients.Planned(serviceKind, name, p.form.resourceType); twice {
		p.problems.Add(p.form.inBothTypes(name))
	}
}

// planEntry plans a service: what the configuration says, and what Gradient holds of the attributes that its API cannot change. Where
// the two differ, Terraform requires the configuration's value for a new resource; for one in the state, that value does.
func (p *planner) planEntry(config entry, current upstream, skusBefore types.Set) entry {
	plan := config
	if config.Basis.IsNull() {
		plan.Basis = types.StringValue(defaultBasis)
	}
	defaults := fixedDefaults(config.Service, current.unknown)
	var differences []string
	for i, name := range fixedNames {
		configured, planned, value := config.fixed()[i], plan.fixed()[i], defaults.fixed()[i]
		held := current.held != nil && !current.held.fixed()[i].IsNull() // null after an import, until the first read
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
	name := config.Service.ValueString()
	if len(differences) > 0 {
		p.problems.Add(p.form.differs(name, differences))
	}
	if !plan.SKUs.Equal(skusBefore) {
		p.checkSKUs(name, plan.SKUs)
	}
	return plan
}

// checkSKUs warns about SKUs that look wrong. They count all the same, because Microsoft's table is not always up to date.
func (p *planner) checkSKUs(name string, skus types.Set) {
	var unknown, free []string
	for _, element := range skus.Elements() {
		sku, ok := element.(types.String)
		if !ok || sku.IsUnknown() {
			continue
		}
		product, known := billing.LookupSKU(sku.ValueString())
		switch {
		case !known:
			unknown = append(unknown, sku.ValueString())
		case billing.IsFree(sku.ValueString()):
			free = append(free, fmt.Sprintf("%s (%s)", sku.ValueString(), product.Name))
		}
	}
	if len(unknown) > 0 {
		p.problems.Add(p.form.unknownSKUs(name, unknown))
	}
	if len(free) > 0 {
		p.problems.Add(p.form.freeSKUs(name, free))
	}
}

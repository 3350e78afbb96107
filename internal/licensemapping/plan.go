// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	var planned mapping
	switch {
	case !isNew:
		planned = mapping{p.planManaged(config.entry, state.entry), state.ServiceID}
	default:
		if !plan.Service.IsUnknown() {
			p.open(ctx, &resp.Diagnostics)
		}
		planned = mapping{p.planNew(config.entry), types.StringUnknown()}
	}
	resp.Diagnostics.Append(p.problems.Diagnostics(path.Empty())...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
	}
}

// planner plans services: one, or all of a table.
type planner struct {
	clients  clients
	form     form
	client   *gradient.Client // nil when the catalogue cannot be read, or not yet
	services []gradient.Service
	problems tfdiag.Rows
}

// open reads the catalogue.
func (p *planner) open(ctx context.Context, diags *diag.Diagnostics) {
	client, ok := tfbase.GradientIfKnown(p.clients, diags)
	if !ok {
		return
	}
	services, err := client.Services(ctx)
	if err != nil {
		tfdiag.AddOnce(diags, p.clients, tfdiag.Error(noServices, err))
		return
	}
	// What this run created through another resource counts as not there, because the plan must come out the same during apply.
	p.client, p.services = client, slices.DeleteFunc(services, func(service gradient.Service) bool { return client.CreatedService(service.ID) })
}

// find says whether a new service will be adopted or created, and returns the one to adopt.
func (p *planner) find(wanted gradient.Service) (found gradient.Service, exists bool) {
	var named []gradient.Service
	for _, service := range p.services {
		switch {
		case service.Name == wanted.Name:
			named = append(named, service)
		case service.IsStoredForm(wanted):
			p.problems.Add(p.form.storedAs(wanted.Name, service))
			return service, false
		case strings.EqualFold(service.Name, wanted.Name):
			p.problems.Add(p.form.almostNamed(wanted.Name, service))
		}
	}
	switch len(named) {
	case 0:
		p.problems.Add(p.form.createdForGood(wanted.Name))
		return found, false
	case 1:
		return named[0], true
	}
	p.problems.Add(p.form.duplicate(wanted.Name, idsOf(named)))
	return found, false
}

// warnOfBoth warns when a resource of the other type has the service, too, and is planned already.
func (p *planner) warnOfBoth(name string) {
	if _, twice := p.clients.Planned(ServiceKind, name, p.form.resourceType); twice {
		p.problems.Add(p.form.inBothTypes(name))
	}
}

// planNew plans a service that is not in the state. What the configuration leaves out is known after apply: Gradient may hold
// something else by then, and apply must be able to take it over.
func (p *planner) planNew(config entry) entry {
	plan := p.planSKUs(config, types.SetNull(types.StringType))
	for _, planned := range plan.fixed() {
		if planned.IsNull() {
			*planned = types.StringUnknown()
		}
	}
	if config.Service.IsUnknown() {
		return plan
	}
	p.checkName(diag.SeverityError, config.Service.ValueString())
	if p.client == nil {
		return plan
	}
	if found, exists := p.find(config.service()); exists {
		var held entry
		held.setService(found)
		p.compare(config, held)
	}
	return plan
}

// planManaged plans a service that is in the state. Gradient's API cannot change the fixed attributes, so they stay as they are.
func (p *planner) planManaged(config, state entry) entry {
	plan := p.planSKUs(config, state.SKUs)
	for i, planned := range plan.fixed() {
		switch held := state.fixed()[i]; {
		case !held.IsNull():
			*planned = *held
		case planned.IsNull(): // after an import whose refresh was skipped
			*planned = types.StringUnknown()
		}
	}
	p.checkName(diag.SeverityWarning, config.Service.ValueString())
	p.compare(config, state)
	return plan
}

// planSKUs plans what Gradient does not hold.
func (p *planner) planSKUs(config entry, before types.Set) entry {
	if config.Basis.IsNull() {
		config.Basis = types.StringValue(defaultBasis)
	}
	if !config.SKUs.Equal(before) {
		p.checkSKUs(config.Service.ValueString(), config.SKUs)
	}
	return config
}

// checkName refuses a new name that has invisible characters, because it stays for good, and warns about one that is there.
func (p *planner) checkName(severity diag.Severity, name string) {
	if clean := gradient.CleanName(name); clean != name {
		p.problems.Add(p.form.blank(severity, name, clean))
	}
	if severity == diag.SeverityError && gradient.HasControl(name) {
		p.problems.Add(p.form.control(name))
	}
}

// compare warns where the configuration differs from what Gradient holds.
func (p *planner) compare(config, held entry) {
	var differences []string
	for i, name := range fixedNames {
		configured, value := config.fixed()[i], held.fixed()[i]
		if !configured.IsNull() && !configured.IsUnknown() && !value.IsNull() && !configured.Equal(*value) {
			differences = append(differences, fmt.Sprintf("%s: %q in Gradient, %q in the configuration", name, value.ValueString(), configured.ValueString()))
		}
	}
	if len(differences) > 0 {
		p.problems.Add(p.form.differs(config.Service.ValueString(), differences))
	}
}

// checkSKUs warns about SKUs that look wrong. They count all the same, because Microsoft's table is not always up to date.
func (p *planner) checkSKUs(name string, skus types.Set) {
	var unknown, free, two []string
	for _, element := range skus.Elements() {
		sku, ok := element.(types.String)
		if !ok || sku.IsUnknown() {
			continue
		}
		product, known := billing.LookupSKU(sku.ValueString())
		switch {
		case !known:
			unknown = append(unknown, sku.ValueString())
		case namesTwo(sku.ValueString(), product):
			two = append(two, fmt.Sprintf("%s (the id is that of %s)", sku.ValueString(), product.PartNumber))
		case billing.IsFree(sku.ValueString()):
			free = append(free, fmt.Sprintf("%s (%s)", sku.ValueString(), product.Name))
		}
	}
	if len(unknown) > 0 {
		p.problems.Add(p.form.unknownSKUs(name, unknown))
	}
	if len(two) > 0 {
		p.problems.Add(p.form.twoSKUs(name, two))
	}
	if len(free) > 0 {
		p.problems.Add(p.form.freeSKUs(name, free))
	}
}

// namesTwo reports whether PART/<skuId> has the part number of one product of Microsoft's table and the id of another.
func namesTwo(sku string, byID billing.Product) bool {
	part := billing.PartNumberOf(sku, byID.SKUID)
	other, known := billing.LookupSKU(part)
	return known && !strings.EqualFold(other.PartNumber, byID.PartNumber)
}

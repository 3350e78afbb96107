package licensemapping

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// licenseTablePlan is what ModifyPlan works on.
type licenseTablePlan struct {
	config, state map[string]*licenseEntry
	ids           map[string]attr.Value // of the state
	// services is Gradient's catalogue, read only when something in the plan depends on it. It may be unknown still.
	services []gradient.Service
	unknown  bool
}

// ModifyPlan plans every value, for Gradient's catalogue says which services are to be adopted and which will be there for good.
func (r *licenseTable) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, state licenseTableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() || config.Services.IsUnknown() {
		return
	}
	p := licenseTablePlan{
		config: entriesOf(ctx, config.Services, &resp.Diagnostics),
		state:  entriesOf(ctx, state.Services, &resp.Diagnostics),
		ids:    state.ServiceIDs.Elements(),
	}
	if len(p.added()) > 0 {
		r.readCatalogue(ctx, &p, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	warnOfBoth(r.Clients, licenseMappingsType, slices.Sorted(maps.Keys(p.config)), &resp.Diagnostics)
	if forgotten := p.forgotten(); len(forgotten) > 0 {
		resp.Diagnostics.Append(stayInGradient(forgotten))
	}
	plan := p.planEntries(ctx, &resp.Diagnostics)
	plan.Unmanaged = p.planUnmanaged(ctx, state.Unmanaged, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// readCatalogue leaves out what this run made itself, through another resource: it was not there when the plan was made.
func (r *licenseTable) readCatalogue(ctx context.Context, p *licenseTablePlan, diags *diag.Diagnostics) {
	client, err := r.Clients.Gradient()
	if errors.Is(err, tfdiag.ErrUnknown) {
		p.unknown = true
		return
	}
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error("Gradient cannot be used", err))
		return
	}
	services, err := client.Services(ctx)
	if err != nil {
		tfdiag.AddOnce(diags, r.Clients, tfdiag.Error(noServices, err))
		return
	}
	p.services = slices.DeleteFunc(services, func(service gradient.Service) bool { return client.CreatedService(service.ID) })
}

// added are the services that the state does not have.
func (p licenseTablePlan) added() []string { return missingIn(p.state, p.config) }

// forgotten are the services that the configuration does not have any more.
func (p licenseTablePlan) forgotten() []string { return missingIn(p.config, p.state) }

func missingIn(entries, others map[string]*licenseEntry) []string {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(others)) {
		if _, found := entries[name]; !found {
			missing = append(missing, name)
		}
	}
	return missing
}

// planEntries plans each service and its id, and says what there is to say about them.
func (p licenseTablePlan) planEntries(ctx context.Context, diags *diag.Diagnostics) licenseTableModel {
	byName := servicesByName(p.services)
	planned := make(map[string]*licenseEntry, len(p.config))
	ids := make(map[string]attr.Value, len(p.config))
	var created, differences []string
	for _, name := range slices.Sorted(maps.Keys(p.config)) {
		current, before := upstream{unknown: p.unknown}, types.SetNull(types.StringType)
		ids[name] = types.StringUnknown()
		if held, managed := p.state[name]; managed {
			current, before = upstream{held: held, managed: true}, held.SKUs
			ids[name] = p.ids[name]
		} else if found := byName[name]; len(found) > 0 {
			if len(found) > 1 {
				diags.Append(severalServices(name, len(found), found[0].ID))
			}
			current = upstream{held: &licenseEntry{}}
			current.held.show(found[0])
			ids[name] = types.StringValue(found[0].ID)
		} else if !p.unknown {
			created = append(created, name)
		}
		planned[name] = nil
		if p.config[name] == nil {
			continue // not known yet
		}
		config := *p.config[name]
		config.Service = types.StringValue(name)
		entry, differs := planEntry(config, current)
		planned[name] = &entry
		checkSKUs(path.Root("services").AtMapKey(name).AtName("skus"), entry, before, diags)
		for _, difference := range differs {
			differences = append(differences, fmt.Sprintf("%q, %s", name, difference))
		}
	}
	if len(created) > 0 {
		diags.AddAttributeWarning(path.Root("services"), "In Gradient for good: "+tfdiag.NameOrCount(created, "new service"),
			"Gradient has no services of these names, so applying creates them. Gradient's API can neither rename nor delete a service: make "+
				"sure that each name is the PSA product's, character for character.\n\n"+tfdiag.List(created))
	}
	if len(differences) > 0 {
		diags.AddAttributeWarning(path.Root("services"), "Services differ from the configuration", differencesDetail(differences))
	}
	return licenseTableModel{
		Services:   entriesValue(ctx, planned, diags),
		ServiceIDs: types.MapValueMust(types.StringType, ids),
	}
}

// planUnmanaged goes by the state where there is one: during apply it must come out as it did when the plan was made, whatever the
// catalogue has become since. A new table tells them once it is applied.
func (p licenseTablePlan) planUnmanaged(ctx context.Context, before types.List, diags *diag.Diagnostics) types.List {
	if before.IsNull() {
		return types.ListUnknown(unmanagedServiceType)
	}
	var unmanaged []unmanagedService
	diags.Append(before.ElementsAs(ctx, &unmanaged, false)...)
	unmanaged = slices.DeleteFunc(unmanaged, func(service unmanagedService) bool {
		_, managed := p.config[service.Name]
		return managed
	})
	for _, name := range p.forgotten() {
		unmanaged = append(unmanaged, unmanagedService{p.ids[name].(types.String).ValueString(), name})
	}
	return unmanagedValue(unmanaged)
}

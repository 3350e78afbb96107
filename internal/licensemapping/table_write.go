package licensemapping

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// createServices creates or adopts services, one after another because the API takes one in a request, and returns the ids of those
// that succeeded. A service that fails does not stop the others, unless the failure concerns them all. at is the path of a
// diagnostic about several services.
func createServices(ctx context.Context, clients clients, form form, entries map[string]*entry, at path.Path, diags *diag.Diagnostics) map[string]string {
	names := slices.Sorted(maps.Keys(entries))
	if len(names) == 0 {
		return nil
	}
	client, ok := tfbase.Gradient(clients, diags)
	if !ok {
		return nil
	}
	if _, _, err := client.Service(ctx, names[0]); err != nil {
		diags.Append(tfdiag.Error(noServices, err))
		return nil
	}
	ids := map[string]string{}
	var problems tfdiag.Rows
	for i, name := range names {
		owner := form.owner(entries[name])
		if other, ok := clients.Claim(serviceKind, name, owner); !ok {
			problems.Add(form.inTwo(name, other, owner))
			continue
		}
		service, err := client.CreateService(ctx, entries[name].service())
		if err == nil {
			ids[name] = service.ID
			continue
		}
		if !rest.Systemic(err) {
			problems.Add(form.notCreated(name, err))
			continue
		}
		var left []tfdiag.RowProblem
		for _, name := range names[i:] {
			left = append(left, form.notCreated(name, err))
		}
		problems.AddStopped("Creation stopped: services are not created", err, left)
		break
	}
	diags.Append(problems.Diagnostics(at)...)
	return ids
}

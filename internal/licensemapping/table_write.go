// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// createServices creates or adopts services, one after another because the API takes one in a request. It completes the entries, and
// returns the ids of the services that exist then, also of those that Gradient stored under another name. A service that fails does not stop the others, unless the failure concerns them all. at is the path of a
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
	if _, err := client.ServicesNamed(ctx, names[0]); err != nil {
		diags.Append(tfdiag.Error(noServices, err))
		return nil
	}
	ids := map[string]string{}
	var problems tfdiag.Rows
	for i, name := range names {
		owner := form.owner(entries[name])
		if other, ok := clients.Claim(ServiceKind, name, owner); !ok {
			problems.Add(form.inTwo(name, other, owner))
			continue
		}
		service, err := client.CreateService(ctx, entries[name].service())
		var stored *gradient.StoredAsError
		if errors.As(err, &stored) && client.CreatedService(stored.Stored.ID) {
			service = stored.Stored
		}
		if service.ID != "" {
			ids[name] = service.ID
			entries[name].complete(service)
		}
		if err == nil {
			continue
		}
		if !rest.Systemic(err) {
			problems.Add(form.creationProblem(name, err))
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

// creationProblem says why one service is not created as it should be.
func (f form) creationProblem(name string, err error) tfdiag.RowProblem {
	var stored *gradient.StoredAsError
	var duplicate *gradient.DuplicateError
	switch {
	case errors.As(err, &stored):
		return f.storedAs(name, stored.Stored)
	case errors.As(err, &duplicate):
		return f.duplicate(name, duplicate.IDs)
	}
	return f.notCreated(name, err)
}

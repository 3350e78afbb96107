// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// identity is what identifies a license mapping.
type identity struct {
	Service types.String `tfsdk:"service"`
}

func (m mapping) identity() identity { return identity{m.Service} }

func (r *itemResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"service": identityschema.StringAttribute{
			RequiredForImport: true,
			Description:       "Name of the service in Gradient.",
		},
	}}
}

// ImportState takes the name of the service, or its id where several have the name, or the identity.
func (r *itemResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	wanted := identity{types.StringValue(req.ID)}
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &wanted)...)
	}
	if !resp.Diagnostics.HasError() && wanted.Service.ValueString() == "" {
		resp.Diagnostics.AddError("Import of a license mapping has no name",
			"The name of the service is empty. The import id is the name of the service in Gradient, character for character, or the id of "+
				"the service where several have the name. The data source cloudradial_gradient_services lists both.")
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("service"), wanted.Service)...)
}

// completeImport gives a mapping that was just imported what Gradient does not hold: the default basis, and the SKUs when Microsoft has
// products of exactly the service's name. Other SKUs stay null, and the configuration has to give them.
func (m *mapping) completeImport() {
	if m.Basis.IsNull() {
		m.Basis = types.StringValue(defaultBasis)
	}
	if skus := billing.SKUsNamed(m.Service.ValueString()); m.SKUs.IsNull() && len(skus) > 0 {
		m.SKUs = setOf(skus)
	}
}

func setOf(texts []string) types.Set {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(text)
	}
	return types.SetValueMust(types.StringType, elements)
}

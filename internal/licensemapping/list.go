// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// listResource lists Gradient's services as license mappings. Type name and Configure are those of the resource.
type listResource struct{ itemResource }

// NewListResource makes the list resource cloudradial_license_mapping.
func NewListResource() list.ListResource { return &listResource{} }

type listModel struct {
	NameContains types.String `tfsdk:"name_contains"`
	WithSKUs     types.Bool   `tfsdk:"with_skus"`
}

func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The services in Gradient, as license mappings. A service that is named exactly as a product of Microsoft's table has " +
			"the SKUs of that name. Another one has no `skus`, and its generated configuration needs them.",
		Attributes: map[string]schema.Attribute{
			"name_contains": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only services whose name contains this, ignoring case.",
			},
			"with_skus": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "`true` lists only services whose SKUs were found, so that the generated configuration can be used as it is. " +
					"`false` lists only the others. Default: both.",
			},
		},
	}
}

// List reads the catalogue once.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	tfbase.List(ctx, req, stream, r.find)
}

func (r *listResource) find(ctx context.Context, config listModel, diags *diag.Diagnostics) []tfbase.Listed {
	client, ok := tfbase.Gradient(r.Clients, diags)
	if !ok {
		return nil
	}
	services, err := client.Services(ctx)
	if err != nil {
		diags.Append(tfdiag.Error(noServices, err))
		return nil
	}
	slices.SortFunc(services, func(a, b gradient.Service) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	named := map[string]int{}
	for _, service := range services {
		named[service.Name]++
	}
	var found []tfbase.Listed
	var ambiguous []string
	for _, service := range services {
		m := listed(service)
		switch {
		case !config.matches(m):
		case named[service.Name] > 1:
			ambiguous = append(ambiguous, service.Name+" ("+service.ID+")")
		default:
			found = append(found, tfbase.Listed{Name: service.Name, Identity: m.identity(), Resource: m})
		}
	}
	if len(ambiguous) > 0 {
		diags.AddWarning(tfdiag.Count(len(ambiguous), "service")+" with a name that several have", "These services are not listed, because "+
			"their name does not say which one is meant. Import one by the id in the brackets:\n\n"+tfdiag.List(ambiguous))
	}
	return found
}

// listed returns a service as it is after an import.
func listed(service gradient.Service) mapping {
	m := mapping{ServiceID: types.StringValue(service.ID)}
	m.Service, m.SKUs = types.StringValue(service.Name), types.SetNull(types.StringType)
	m.setService(service)
	m.completeImport()
	return m
}

func (c listModel) matches(m mapping) bool {
	if !strings.Contains(strings.ToLower(m.Service.ValueString()), strings.ToLower(c.NameContains.ValueString())) {
		return false
	}
	return c.WithSKUs.IsNull() || c.WithSKUs.ValueBool() != m.SKUs.IsNull()
}

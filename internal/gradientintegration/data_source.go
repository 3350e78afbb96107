// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradientintegration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*integrationDataSource)(nil)

type integrationDataSource struct{ tfbase.DataSource[clients] }

// NewDataSource returns the data source cloudradial_gradient_integration.
func NewDataSource() datasource.DataSource { return &integrationDataSource{} }

func (d *integrationDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + resourceType
}

func (d *integrationDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The custom integration in Gradient that the partner API key belongs to. Reading it is the cheapest check of the two keys.",
		Attributes: map[string]schema.Attribute{
			"id":                schema.StringAttribute{Computed: true, MarkdownDescription: aboutID},
			"organization_id":   schema.StringAttribute{Computed: true, MarkdownDescription: aboutOrganizationID},
			"organization_name": schema.StringAttribute{Computed: true, MarkdownDescription: aboutOrganizationName},
			"vendor_id":         schema.StringAttribute{Computed: true, MarkdownDescription: aboutVendorID},
			"vendor_name":       schema.StringAttribute{Computed: true, MarkdownDescription: aboutVendorName},
			"status":            schema.StringAttribute{Computed: true, MarkdownDescription: aboutStatus},
			"last_synced_at": schema.StringAttribute{
				CustomType:          timetypes.RFC3339Type{},
				Computed:            true,
				MarkdownDescription: aboutLastSyncedAt,
			},
		},
	}
}

func (d *integrationDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	client, ok := tfbase.Gradient(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	found, err := client.Integration(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error(cannotRead, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, valuesOf(found))...)
}

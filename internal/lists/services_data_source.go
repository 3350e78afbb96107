// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package lists

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*services)(nil)

type services struct {
	tfbase.DataSource[tfbase.GradientClients]
}

type servicesModel struct {
	Services []serviceItem `tfsdk:"services"`
}

type serviceItem struct {
	ServiceID   string `tfsdk:"service_id"`
	Name        string `tfsdk:"name"`
	Description string `tfsdk:"description"`
	Category    string `tfsdk:"category"`
	Subcategory string `tfsdk:"subcategory"`
}

// NewServicesDataSource makes the data source cloudradial_gradient_services.
func NewServicesDataSource() datasource.DataSource { return &services{} }

func (d *services) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_gradient_services"
}

func (d *services) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The services in Gradient's catalogue of this vendor, in Gradient's order.",
		Attributes: map[string]schema.Attribute{
			"services": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The services.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"service_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Gradient's id of the service."},
					"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the service."},
					"description": schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the service."},
					"category":    schema.StringAttribute{Computed: true, MarkdownDescription: "Category of the service."},
					"subcategory": schema.StringAttribute{Computed: true, MarkdownDescription: "Subcategory of the service."},
				}},
			},
		},
	}
}

func (d *services) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	client, ok := tfbase.Gradient(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	all, err := client.Services(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("Gradient services cannot be read", err))
		return
	}
	model := servicesModel{Services: []serviceItem{}}
	for _, service := range all {
		model.Services = append(model.Services, serviceItem{service.ID, service.Name, service.Description, service.Category, service.Subcategory})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

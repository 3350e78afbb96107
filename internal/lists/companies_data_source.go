// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package lists

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*companies)(nil)

type companies struct {
	tfbase.DataSource[tfbase.CloudRadialClients]
}

type companiesModel struct {
	NameContains types.String  `tfsdk:"name_contains"`
	Companies    []companyItem `tfsdk:"companies"`
}

type companyItem struct {
	CompanyID     types.Int64  `tfsdk:"company_id"`
	Name          types.String `tfsdk:"name"`
	PSAKey        types.Int64  `tfsdk:"psa_key"`
	PSAIdentifier types.String `tfsdk:"psa_identifier"`
	Domains       []string     `tfsdk:"domains"`
}

// NewCompaniesDataSource makes the data source cloudradial_companies.
func NewCompaniesDataSource() datasource.DataSource { return &companies{} }

func (d *companies) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_companies"
}

func (d *companies) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The companies of the CloudRadial portal, by `company_id`.",
		Attributes: map[string]schema.Attribute{
			"name_contains": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only companies whose name contains this, ignoring case.",
			},
			"companies": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The companies.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"company_id": schema.Int64Attribute{Computed: true, MarkdownDescription: "Id of the company in CloudRadial."},
					"name":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the company."},
					"psa_key": schema.Int64Attribute{
						Computed:            true,
						MarkdownDescription: "Number of the company in the PSA that CloudRadial is connected to. Null when it has none.",
					},
					"psa_identifier": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Identifier of the company in the PSA that CloudRadial is connected to. Null when it has none.",
					},
					"domains": schema.ListAttribute{
						Computed:            true,
						ElementType:         types.StringType,
						MarkdownDescription: "Domains of the company, the default one first, then by name.",
					},
				}},
			},
		},
	}
}

func (d *companies) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model companiesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	all, err := client.Companies(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("CloudRadial companies cannot be read", err))
		return
	}
	if only, isOnly := client.OnlyCompany(ctx); isOnly {
		resp.Diagnostics.AddWarning(cloudradial.OneCompanyOnly, cloudradial.DescribeOnly(only, "all is well"))
	}
	domains, err := client.Domains(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("CloudRadial domains cannot be read", err))
		return
	}
	byCompany := domainNames(domains)
	wanted := strings.ToLower(model.NameContains.ValueString())
	model.Companies = []companyItem{}
	for _, company := range all {
		if strings.Contains(strings.ToLower(company.Name), wanted) {
			model.Companies = append(model.Companies, itemOf(company, byCompany[company.ID]))
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func itemOf(company cloudradial.Company, domains []string) companyItem {
	item := companyItem{
		CompanyID: types.Int64Value(company.ID),
		Name:      types.StringValue(company.Name),
		Domains:   append([]string{}, domains...),
	}
	if company.PSAKey != 0 {
		item.PSAKey = types.Int64Value(company.PSAKey)
	}
	if company.PSAIdentifier != "" {
		item.PSAIdentifier = types.StringValue(company.PSAIdentifier)
	}
	return item
}

// domainNames returns the domains of each company, the default one first.
func domainNames(domains []cloudradial.Domain) map[int64][]string {
	sorted := slices.SortedFunc(slices.Values(domains), func(a, b cloudradial.Domain) int {
		if a.IsDefault != b.IsDefault {
			if a.IsDefault {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	names := map[int64][]string{}
	for _, domain := range sorted {
		names[domain.CompanyID] = append(names[domain.CompanyID], domain.Name)
	}
	return names
}

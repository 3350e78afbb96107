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

var _ datasource.DataSourceWithConfigure = (*accounts)(nil)

type accounts struct {
	tfbase.DataSource[tfbase.GradientClients]
}

type accountsModel struct {
	Accounts []accountItem `tfsdk:"accounts"`
}

type accountItem struct {
	AccountID   string `tfsdk:"account_id"`
	Name        string `tfsdk:"name"`
	Description string `tfsdk:"description"`
	IsMapped    *bool  `tfsdk:"is_mapped"`
}

// NewAccountsDataSource makes the data source cloudradial_gradient_accounts.
func NewAccountsDataSource() datasource.DataSource { return &accounts{} }

func (d *accounts) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_gradient_accounts"
}

func (d *accounts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The accounts of the integration in Gradient, whoever made them, in Gradient's order.",
		Attributes: map[string]schema.Attribute{
			"accounts": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The accounts.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"account_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the account, chosen by whoever made it."},
					"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the account."},
					"description": schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the account."},
					"is_mapped": schema.BoolAttribute{
						Computed:            true,
						MarkdownDescription: "Whether the account is mapped to an account of the PSA. Null when Gradient does not say.",
					},
				}},
			},
		},
	}
}

func (d *accounts) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	client, ok := tfbase.Gradient(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	all, err := client.Accounts(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("Gradient accounts cannot be read", err))
		return
	}
	model := accountsModel{Accounts: []accountItem{}}
	for _, account := range all {
		model.Accounts = append(model.Accounts, accountItem{account.ID, account.Name, account.Description, account.IsMapped})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

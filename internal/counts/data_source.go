// Package counts is the Terraform room of licence counts: the data source cloudradial_license_counts and the function
// unit_counts.
package counts

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ datasource.DataSourceWithConfigure      = (*licenseCounts)(nil)
	_ datasource.DataSourceWithValidateConfig = (*licenseCounts)(nil)
)

// clients is what this room needs of the provider.
type clients interface {
	Microsoft() (*microsoft.Client, error)
}

type licenseCounts struct{ tfbase.DataSource[clients] }

// NewDataSource makes the data source cloudradial_license_counts.
func NewDataSource() datasource.DataSource { return &licenseCounts{} }

func (d *licenseCounts) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_counts"
}

func (d *licenseCounts) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var configured types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("tenants"), &configured)...)
	resp.Diagnostics.Append(namedTwice(tenantsOf(configured))...)
}

func (d *licenseCounts) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var options billing.CountOptions
	resp.Diagnostics.Append(data.options(ctx, &options)...)
	tenants := tenantsOf(data.Tenants)
	results, consentURL := d.read(ctx, tenants, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	skip := data.OnError.ValueString() == onErrorSkip
	resp.Diagnostics.Append(judge(tenants, results, skip, consentURL)...)
	resp.Diagnostics.Append(readTwice(tenants, results)...)
	resp.Diagnostics.Append(subscriptionsDenied(tenants, results, len(options.PartnerTenantIDs) > 0)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.fill(tenants, results, options, consentURL)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// read asks Microsoft about the tenants that have a name. Without any it needs no credentials.
func (d *licenseCounts) read(ctx context.Context, tenants []tenant, diags *diag.Diagnostics) (map[string]microsoft.Result, func(string) string) {
	var names []string
	for _, t := range tenants {
		if t.name != "" {
			names = append(names, t.name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	client, err := d.Clients.Microsoft()
	if err != nil {
		diags.Append(tfdiag.Error("Licence counts cannot be read", err))
		return nil, nil
	}
	results := client.ReadLicenses(ctx, names)
	if err := ctx.Err(); err != nil {
		// What a cancelled run did not get to is no reason to skip a tenant.
		diags.Append(tfdiag.Error("Licence counts cannot be read", err))
	}
	return results, client.AdminConsentURL
}

func (m *model) options(ctx context.Context, options *billing.CountOptions) diag.Diagnostics {
	var diags diag.Diagnostics
	diags.Append(m.PartnerTenantIDs.ElementsAs(ctx, &options.PartnerTenantIDs, false)...)
	diags.Append(m.ExcludeSKUs.ElementsAs(ctx, &options.ExcludeSKUs, false)...)
	for i, id := range options.PartnerTenantIDs {
		options.PartnerTenantIDs[i] = strings.ToLower(id)
	}
	options.IncludeFree = m.IncludeFree.ValueBool()
	return diags
}

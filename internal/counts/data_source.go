// Package counts has the data source cloudradial_license_counts and the function unit_counts.
package counts

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ datasource.DataSourceWithConfigure      = (*licenseCounts)(nil)
	_ datasource.DataSourceWithValidateConfig = (*licenseCounts)(nil)
)

type licenseCounts struct {
	tfbase.DataSource[tfbase.MicrosoftClients]
}

// NewDataSource returns the data source cloudradial_license_counts.
func NewDataSource() datasource.DataSource { return &licenseCounts{} }

func (d *licenseCounts) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_counts"
}

// ValidateConfig refuses a tenant that two keys name.
func (d *licenseCounts) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var configured types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("tenants"), &configured)...)
	tenants := knownTenants(configured)
	resp.Diagnostics.Append(diagnoseDuplicates(tenants, tenant.asked)...)
}

func (d *licenseCounts) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	options, diags := data.countOptions(ctx)
	resp.Diagnostics.Append(diags...)
	timeout, _ := parseTimeout(data.TenantTimeout.ValueString()) // the validator has refused what is none
	tenants := knownTenants(data.Tenants)
	results, consentURL := d.readTenants(ctx, tenants, timeout, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r := count(tenants, results, options)
	warnings := r.settleGaps(data.OnTrialsUnknown.ValueString() == trialsCount)
	resp.Diagnostics.Append(diagnoseFailures(tenants, r.results, data.OnError.ValueString() == onErrorSkip, consentURL)...)
	resp.Diagnostics.Append(diagnoseDuplicates(tenants, func(t tenant) string { return r.ids[t.name] })...)
	resp.Diagnostics.Append(warnings...)
	resp.Diagnostics.Append(r.diagnoseNoSKUs()...)
	resp.Diagnostics.Append(r.diagnoseOwners()...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.setComputed(r, consentURL)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// readTenants reads the licenses of the tenants by name. Without any name it needs no credentials.
func (d *licenseCounts) readTenants(
	ctx context.Context, tenants []tenant, timeout time.Duration, diags *diag.Diagnostics,
) (results map[string]microsoft.Result, consentURL func(name string) string) {
	var names []string
	for _, t := range tenants {
		if name := t.asked(); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	client, ok := tfbase.Microsoft(d.Clients, diags)
	if !ok {
		return nil, nil
	}
	results = client.ReadLicenses(ctx, names, timeout)
	if err := ctx.Err(); err != nil {
		// A tenant that a cancelled run did not reach must not be skipped as unreadable.
		diags.Append(tfdiag.Error("License counts cannot be read", err))
	}
	return results, client.AdminConsentURL
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package counts has the data source cloudradial_license_counts and the function unit_counts.
package counts

import (
	"context"
	"maps"
	"slices"
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

// ValidateConfig refuses a tenant that two keys name, and a user or a domain of a shared tenant that two companies would have.
func (d *licenseCounts) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var configured types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("tenants"), &configured)...)
	tenants := knownTenants(configured)
	resp.Diagnostics.Append(diagnoseDuplicates(tenants, tenant.asked)...)
	var sharing types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, sharedPath, &sharing)...)
	if !configured.IsUnknown() {
		resp.Diagnostics.Append(diagnoseShared(knownShared(sharing), slices.Collect(maps.Keys(configured.Elements())), tenants)...)
	}
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
	sharing := knownShared(data.SharedTenants)
	results, users, consentURL := d.readTenants(ctx, tenants, sharing, timeout, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r := count(tenants, results, options)
	warnings := r.settleGaps(data.OnTrialsUnknown.ValueString() == trialsCount)
	r.split(sharing, users)
	resp.Diagnostics.Append(diagnoseFailures(tenants, r.results, data.OnError.ValueString() == onErrorSkip, consentURL)...)
	resp.Diagnostics.Append(diagnoseDuplicates(tenants, func(t tenant) string { return r.ids[t.name] })...)
	resp.Diagnostics.Append(warnings...)
	resp.Diagnostics.Append(r.diagnoseNoSKUs()...)
	resp.Diagnostics.Append(r.diagnoseOwners()...)
	resp.Diagnostics.Append(diagnoseDomains(sharing, tenants, users)...)
	resp.Diagnostics.Append(diagnoseOverassigned(sharing, r.splits)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.setComputed(r, sharing, consentURL)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// readTenants reads the users of the shared tenants by name, then the licenses of all tenants, those of the shared ones first, so that little
// changes in between. Without any name it needs no credentials.
func (d *licenseCounts) readTenants(
	ctx context.Context, tenants []tenant, sharing []shared, timeout time.Duration, diags *diag.Diagnostics,
) (results map[string]microsoft.Result, users map[string]microsoft.UsersResult, consentURL func(name string) string) {
	names := sharedNames(sharing, tenants)
	split := len(names)
	for _, t := range tenants {
		if name := t.asked(); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil, nil
	}
	client, ok := tfbase.Microsoft(d.Clients, diags)
	if !ok {
		return nil, nil, nil
	}
	if split > 0 {
		users = client.ReadUsers(ctx, names[:split], timeout)
	}
	results = client.ReadLicenses(ctx, names, timeout)
	if err := ctx.Err(); err != nil {
		// A tenant that a cancelled run did not reach must not be skipped as unreadable.
		diags.Append(tfdiag.Error("License counts cannot be read", err))
	}
	return results, users, client.AdminConsentURL
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package psacounts has the data source cloudradial_psa_counts: what the PSA will bill, read from the PSA itself.
package psacounts

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ datasource.DataSourceWithConfigure      = (*psaCounts)(nil)
	_ datasource.DataSourceWithValidateConfig = (*psaCounts)(nil)
)

type psaCounts struct {
	tfbase.DataSource[tfbase.PSAClients]
	now func() time.Time
}

// NewDataSource returns the data source cloudradial_psa_counts.
func NewDataSource() datasource.DataSource { return &psaCounts{now: time.Now} }

func (d *psaCounts) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_psa_counts"
}

// ValidateConfig refuses a day that does not exist, and a product that two services name.
func (d *psaCounts) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := data.date("2000-01-01", "2000-01-01"); err != nil {
		resp.Diagnostics.Append(tfdiag.AttributeError(path.Root("on"), "Invalid date", err))
	}
	resp.Diagnostics.Append(diagnoseTwice(data.services())...)
}

func (d *psaCounts) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	reader, ok := tfbase.PSA(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	today := psa.DateOf(d.now())
	on, err := data.date(today, reader.ApprovalDate(today))
	if err != nil {
		resp.Diagnostics.Append(tfdiag.AttributeError(path.Root("on"), "Invalid date", err))
		return
	}
	r, err := read(ctx, reader, data.accounts(), today, on)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("The PSA cannot be read", err))
		return
	}
	r.count(data.services(), data.prefixes())
	resp.Diagnostics.Append(diagnoseSame(r)...)
	resp.Diagnostics.Append(diagnoseFailures(r, data.OnError.ValueString() == onErrorSkip)...)
	resp.Diagnostics.Append(diagnoseClashes(r)...)
	resp.Diagnostics.Append(diagnoseUnused(r)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.setComputed(r)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

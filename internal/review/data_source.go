// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package review has the data source cloudradial_reconciliation. It compares what Microsoft, CloudRadial, Gradient and the PSA say
// about the same seats.
package review

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*reconciliation)(nil)

type clients interface {
	tfbase.CloudRadialClients
	tfbase.GradientClients
}

type reconciliation struct{ tfbase.DataSource[clients] }

// NewDataSource returns the data source cloudradial_reconciliation.
func NewDataSource() datasource.DataSource { return &reconciliation{} }

func (d *reconciliation) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_reconciliation"
}

func (d *reconciliation) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	input := data.input(&resp.Diagnostics)
	failOn := data.failOn(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	d.readCloudRadial(ctx, data.AssetType.ValueString(), &input, &resp.Diagnostics)
	d.readGradient(ctx, &input, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	result, err := reconcile.Reconcile(input)
	if err != nil {
		resp.Diagnostics.Append(shapes.Diagnostic(cannotCompare, err))
		return
	}
	resp.Diagnostics.Append(diagnoseGates(result, failOn)...)
	data.setComputed(result)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// readCloudRadial reads the companies if CloudRadial is configured, and the published rows if an asset type is named.
func (d *reconciliation) readCloudRadial(ctx context.Context, assetType string, input *reconcile.Input, diags *diag.Diagnostics) {
	client, err := d.Clients.CloudRadial()
	if why, ok := notConfigured(err, "CloudRadial"); ok && assetType == "" {
		input.Notes = append(input.Notes, why+", so unmapped companies were not looked for.")
		return
	}
	if err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("asset_type"), "CloudRadial cannot be used", err))
		return
	}
	companies, err := client.Companies(ctx)
	if err != nil {
		diags.Append(tfdiag.Error("CloudRadial companies cannot be read", err))
		return
	}
	input.PortalCompanies = make([]reconcile.PortalCompany, 0, len(companies))
	for _, company := range companies {
		input.PortalCompanies = append(input.PortalCompanies, reconcile.PortalCompany{ID: company.ID, Name: company.Name})
	}
	if assetType == "" {
		return
	}
	if err := readPublished(ctx, client, assetType, input); err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("asset_type"), "Published licenses cannot be read", err))
	}
}

// readGradient reads the accounts if Gradient is configured.
func (d *reconciliation) readGradient(ctx context.Context, input *reconcile.Input, diags *diag.Diagnostics) {
	client, err := d.Clients.Gradient()
	if why, ok := notConfigured(err, "Gradient"); ok {
		input.Notes = append(input.Notes, why+", so unmapped accounts were not looked for.")
		return
	}
	if err != nil {
		diags.Append(tfdiag.Error("Gradient cannot be used", err))
		return
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		diags.Append(tfdiag.Error("Gradient accounts cannot be read", err))
		return
	}
	input.Accounts = make([]reconcile.Account, 0, len(accounts))
	for _, account := range accounts {
		input.Accounts = append(input.Accounts, reconcile.Account{ID: account.ID, Name: account.Name, IsMapped: account.IsMapped})
	}
}

// notConfigured reports whether a system has no keys or keys that are not known yet, and says so in words.
func notConfigured(err error, system string) (why string, ok bool) {
	var missing *tfdiag.MissingError
	switch {
	case errors.As(err, &missing):
		return system + " is not configured", true
	case errors.Is(err, tfdiag.ErrUnknown):
		return "The settings of " + system + " are not known yet", true
	}
	return "", false
}

// portal is the part of [cloudradial.Client] that reads published rows.
type portal interface {
	AssetType(ctx context.Context, name string) (cloudradial.AssetType, bool, error)
	Assets(ctx context.Context, typeID int64) ([]cloudradial.Asset, error)
}

// readPublished reads the rows of an asset type. A type that does not exist yet has none.
func readPublished(ctx context.Context, client portal, name string, input *reconcile.Input) error {
	input.Published = map[int64][]reconcile.PublishedRow{}
	assetType, found, err := client.AssetType(ctx, name)
	if err != nil {
		return err
	}
	if !found {
		input.Notes = append(input.Notes, fmt.Sprintf("CloudRadial has no flexible asset type named %q: nothing is published there yet.", name))
		return nil
	}
	keys := map[string]string{} // by the names that cloudradial_license_publication gives its fields
	for _, field := range []string{"SKU", "Purchased", "Assigned"} {
		if keys[field] = fieldKey(assetType, field); keys[field] == "" {
			return fmt.Errorf("the flexible asset type %q (id %d) has no field %q, which cloudradial_license_publication creates. If it was renamed "+
				"in the portal, give it that name again", name, assetType.ID, field)
		}
	}
	assets, err := client.Assets(ctx, assetType.ID)
	if err != nil {
		return err
	}
	withoutSKU := 0
	for _, asset := range assets {
		sku := strings.TrimSpace(asset.Traits[keys["SKU"]])
		if sku == "" {
			withoutSKU++
			continue
		}
		input.Published[asset.CompanyID] = append(input.Published[asset.CompanyID], reconcile.PublishedRow{
			SKU: sku, Purchased: parseSeats(asset.Traits[keys["Purchased"]]), Assigned: parseSeats(asset.Traits[keys["Assigned"]]),
		})
	}
	if withoutSKU > 0 {
		input.Notes = append(input.Notes, fmt.Sprintf("CloudRadial has rows without a SKU (%d). They were not compared.", withoutSKU))
	}
	return nil
}

// fieldKey returns the key of a field's values, which the portal chooses, or an empty text.
func fieldKey(assetType cloudradial.AssetType, name string) string {
	for _, field := range assetType.Fields {
		if field.Name == name {
			return field.Key
		}
	}
	return ""
}

// parseSeats returns nil for a text that is not a number of seats.
func parseSeats(text string) *float64 {
	seats, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(seats) || math.Abs(seats) > billing.MostSeats {
		return nil
	}
	return &seats
}

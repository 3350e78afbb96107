package review

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// readCloudRadial reads the companies, if CloudRadial is configured, and the rows of an asset type, if one is named.
func (d *reconciliation) readCloudRadial(ctx context.Context, assetType string, input *reconcile.Input, diags *diag.Diagnostics) {
	client, err := d.Clients.CloudRadial()
	if err != nil {
		why, expected := unavailable(err, "CloudRadial")
		if assetType != "" || !expected {
			diags.Append(tfdiag.AttributeError(path.Root("asset_type"), "CloudRadial cannot be used", err))
			return
		}
		input.Notes = append(input.Notes, why+", so companies that no mapping names were not looked for.")
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
		diags.Append(tfdiag.AttributeError(path.Root("asset_type"), "Published licences cannot be read", err))
	}
}

// readGradient reads the accounts, if Gradient is configured.
func (d *reconciliation) readGradient(ctx context.Context, input *reconcile.Input, diags *diag.Diagnostics) {
	client, err := d.Clients.Gradient()
	if err != nil {
		why, expected := unavailable(err, "Gradient")
		if !expected {
			diags.Append(tfdiag.Error("Gradient cannot be used", err))
			return
		}
		input.Notes = append(input.Notes, why+", so accounts that are not mapped were not looked for.")
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

// unavailable says in words that a system has no keys, or none that are known yet; anything else is not expected.
func unavailable(err error, system string) (why string, expected bool) {
	var missing *tfdiag.MissingError
	switch {
	case errors.As(err, &missing):
		return system + " is not configured", true
	case errors.Is(err, tfdiag.ErrUnknown):
		return "The settings of " + system + " are not known yet", true
	}
	return "", false
}

// portal is what is read of CloudRadial's flexible assets.
type portal interface {
	AssetType(ctx context.Context, name string) (cloudradial.AssetType, bool, error)
	Assets(ctx context.Context, typeID int64) ([]cloudradial.Asset, error)
}

// readPublished reads the rows of an asset type. A type that does not exist yet holds none.
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
		if keys[field] = keyOf(assetType, field); keys[field] == "" {
			return fmt.Errorf("the flexible asset type %q (id %d) has no field %q, as the tables of cloudradial_license_publication have; if somebody "+
				"renamed it in the portal, give it that name again", name, assetType.ID, field)
		}
	}
	assets, err := client.Assets(ctx, assetType.ID)
	if err != nil {
		return err
	}
	nameless := 0
	for _, asset := range assets {
		sku := strings.TrimSpace(asset.Traits[keys["SKU"]])
		if sku == "" {
			nameless++
			continue
		}
		input.Published[asset.CompanyID] = append(input.Published[asset.CompanyID], reconcile.PublishedRow{
			SKU: sku, Purchased: seatsOf(asset.Traits[keys["Purchased"]]), Assigned: seatsOf(asset.Traits[keys["Assigned"]]),
		})
	}
	if nameless > 0 {
		input.Notes = append(input.Notes, fmt.Sprintf("CloudRadial holds rows that name no SKU (%d); they were not compared.", nameless))
	}
	return nil
}

// keyOf is the key of a field's values, which the portal chooses, or empty.
func keyOf(assetType cloudradial.AssetType, name string) string {
	for _, field := range assetType.Fields {
		if field.Name == name {
			return field.Key
		}
	}
	return ""
}

// seatsOf is nil for what is no number.
func seatsOf(text string) *float64 {
	seats, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(math.Abs(seats) <= billing.MostSeats) { // which is no for NaN too
		return nil
	}
	return &seats
}

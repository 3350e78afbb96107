// Package gradientintegration is cloudradial_gradient_integration, as a resource and as a data source.
package gradientintegration

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this room needs of the provider.
type clients interface {
	Gradient() (*gradient.Client, error)
	tfdiag.Reporter
}

// values are the attributes that Gradient fills in.
type values struct {
	ID               types.String      `tfsdk:"id"`
	OrganizationID   types.String      `tfsdk:"organization_id"`
	OrganizationName types.String      `tfsdk:"organization_name"`
	VendorID         types.String      `tfsdk:"vendor_id"`
	VendorName       types.String      `tfsdk:"vendor_name"`
	Status           types.String      `tfsdk:"status"`
	LastSyncedAt     timetypes.RFC3339 `tfsdk:"last_synced_at"`
}

func valuesOf(found gradient.Integration) values {
	return values{
		ID:               types.StringValue(found.ID),
		OrganizationID:   types.StringValue(found.OrganizationID),
		OrganizationName: types.StringValue(found.OrganizationName),
		VendorID:         types.StringValue(found.VendorID),
		VendorName:       types.StringValue(found.VendorName),
		Status:           types.StringValue(string(found.Status)),
		LastSyncedAt:     lastSyncedAt(found.LastSyncedAt),
	}
}

func lastSyncedAt(at time.Time) timetypes.RFC3339 {
	if at.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339TimeValue(at.UTC())
}

// What the attributes mean, in the resource and in the data source.
const (
	aboutID               = "Gradient's id of the integration. It changes when somebody disconnects the integration and connects it again."
	aboutOrganizationID   = "Gradient's id of the organization, that is of the MSP."
	aboutOrganizationName = "Name of the organization in Gradient."
	aboutVendorID         = "Gradient's id of the vendor, which for a custom integration is the integration's own."
	aboutVendorName       = "Name of the vendor in Gradient."
	aboutStatus           = "Status of the integration: `inactive`, `pending` (ready, nothing synced yet) or `active`, which Gradient sets " +
		"after the first unit count that it accepts."
	aboutLastSyncedAt = "When Gradient last took a unit count, in RFC 3339. Null when it never did."
)

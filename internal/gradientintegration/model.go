// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package gradientintegration is cloudradial_gradient_integration, as a resource and as a data source.
package gradientintegration

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// values are the attributes that come from Gradient (gradient.md §3.7).
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

// Descriptions of the attributes, for the resource and the data source.
const (
	aboutID               = "Gradient's id of the integration. It changes when the integration is disconnected and connected again."
	aboutOrganizationID   = "Gradient's id of the organization, which is the MSP."
	aboutOrganizationName = "Name of the organization in Gradient."
	aboutVendorID         = "Gradient's id of the vendor. A custom integration has a vendor of its own."
	aboutVendorName       = "Name of the vendor in Gradient."
	aboutStatus           = "Status of the integration: `inactive`, `pending` (ready, nothing synced yet) or `active`, which Gradient sets " +
		"after the first unit count that it accepts."
	aboutLastSyncedAt = "Time of the last sync, as Gradient reports it, in RFC 3339. Null if there was none."
)

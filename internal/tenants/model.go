// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tenants

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

type model struct {
	PartnerTenantID    types.String `tfsdk:"partner_tenant_id"`
	ExpiringWithinDays types.Int64  `tfsdk:"expiring_within_days"`
	Tenants            []tenantItem `tfsdk:"tenants"`
}

type tenantItem struct {
	TenantID         types.String `tfsdk:"tenant_id"`
	Name             types.String `tfsdk:"name"`
	DefaultDomain    types.String `tfsdk:"default_domain"`
	RelationshipName types.String `tfsdk:"relationship_name"`
	Status           types.String `tfsdk:"status"`
	EndDate          types.String `tfsdk:"end_date"`
	AutoExtendDays   types.Int64  `tfsdk:"auto_extend_days"`
	Source           types.String `tfsdk:"source"`
}

// Values of source.
const (
	sourceGDAP     = "gdap"
	sourceContract = "contract"
)

func encodeTenant(tenant microsoft.CustomerTenant) tenantItem {
	item := tenantItem{
		TenantID:      types.StringValue(tenant.ID),
		Name:          stringOrNull(tenant.Name),
		DefaultDomain: stringOrNull(tenant.DefaultDomain),
		Source:        types.StringValue(sourceContract),
	}
	relationship := tenant.Relationship
	if relationship == nil {
		return item
	}
	item.Source = types.StringValue(sourceGDAP)
	item.RelationshipName = stringOrNull(relationship.Name)
	item.Status = types.StringValue(relationship.Status)
	item.AutoExtendDays = types.Int64Value(relationship.AutoExtend)
	if !relationship.End.IsZero() {
		item.EndDate = types.StringValue(relationship.End.UTC().Format(time.RFC3339))
	}
	return item
}

func stringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package tenants has the data source cloudradial_microsoft_tenants: the customer tenants of a Microsoft partner.
package tenants

import (
	"context"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
)

var _ datasource.DataSourceWithConfigure = (*microsoftTenants)(nil)

type microsoftTenants struct {
	tfbase.DataSource[tfbase.MicrosoftClients]
	now func() time.Time
}

// NewDataSource returns the data source cloudradial_microsoft_tenants.
func NewDataSource() datasource.DataSource { return &microsoftTenants{now: time.Now} }

// longestOutlook is in days. A relationship lasts two years at most (microsoft.md §2).
const longestOutlook = 3650

var tenantForm = regexp.MustCompile(`^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|([0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?\.)+[0-9A-Za-z-]*[0-9A-Za-z])$`)

func (d *microsoftTenants) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_microsoft_tenants"
}

func (d *microsoftTenants) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The customer tenants of a Microsoft partner: those that have given the partner granular delegated admin " +
			"privileges (GDAP), and those that have a contract with the partner. Use it to find access that ends soon, and to start the first " +
			"mapping file.\n\n" +
			"It reads the partner's own tenant and needs an application permission of Microsoft Graph there, with admin consent: " +
			"`DelegatedAdminRelationship.Read.All` for relationships, `Directory.Read.All` for contracts. When one of them is missing, a " +
			"warning says what cannot be read.",
		Attributes: map[string]schema.Attribute{
			"partner_tenant_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id (GUID) or domain of the partner's own tenant.",
				Validators: []validator.String{stringvalidator.RegexMatches(tenantForm,
					"must be a tenant id (a GUID) or a domain of the tenant")},
			},
			"expiring_within_days": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "Only tenants whose relationship ends within this number of days (of 24 hours) from now, or should have ended " +
					"already. Relationships that Microsoft extends are included, see `auto_extend_days`. A tenant with a contract but no relationship " +
					"has no end and is left out. 0 to 3650.",
				Validators: []validator.Int64{int64validator.Between(0, longestOutlook)},
			},
			"tenants": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "The tenants, by name, then id. Each occurs once, with its active relationship that ends last or, without an active " +
					"one, the one that ends last. Relationships that the customer has not approved, and those that have expired or are terminated, " +
					"are ignored.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"tenant_id": computed("Id of the customer's tenant (GUID), in lower case."),
					"name":      computed("Name of the customer: from the relationship, or from the contract, which has the name of when the partnership began. Null when neither has one."),
					"default_domain": computed("Default domain of the tenant when the partnership began, from the contract. It may have changed since. Null " +
						"when there is no contract or contracts cannot be read."),
					"relationship_name": computed("Name of the relationship in Partner Center. Null when the tenant has only a contract, as are `status`, `end_date` and `auto_extend_days`."),
					"status": computed("Status of the relationship, as Microsoft reports it: `active`, becoming active (`approved`, `activating`) or " +
						"ending (`terminationRequested`, `terminating`, `expiring`)."),
					"end_date": computed("When the relationship ends unless it is extended (RFC 3339, UTC). Null before it is active."),
					"auto_extend_days": schema.Int64Attribute{
						Computed:            true,
						MarkdownDescription: "By how many days Microsoft extends the relationship at its end. 0 when it does not extend it.",
					},
					"source": computed("`gdap` when the tenant has a relationship, `contract` when it has only a contract."),
				}},
			},
		},
	}
}

func (d *microsoftTenants) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.Microsoft(d.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	partner := data.PartnerTenantID.ValueString()
	customers, failed := client.ReadCustomers(ctx, partner)
	if failed != nil {
		resp.Diagnostics.Append(cannotRead(failed, client.AdminConsentURL(partner)))
		return
	}
	resp.Diagnostics.Append(diagnoseDenied(customers, !data.ExpiringWithinDays.IsNull(), client.AdminConsentURL(partner))...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.Tenants = []tenantItem{}
	for _, tenant := range d.filter(customers.Tenants, data.ExpiringWithinDays) {
		data.Tenants = append(data.Tenants, encodeTenant(tenant))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// filter keeps the tenants whose relationship ends within the days from now, or all when the days are null.
func (d *microsoftTenants) filter(tenants []microsoft.CustomerTenant, expiringWithinDays types.Int64) []microsoft.CustomerTenant {
	if expiringWithinDays.IsNull() {
		return tenants
	}
	outlook := time.Duration(expiringWithinDays.ValueInt64()) * 24 * time.Hour
	return endingBy(d.now().Add(outlook), tenants)
}

// endingBy returns the tenants whose relationship ends at that time or before.
func endingBy(then time.Time, tenants []microsoft.CustomerTenant) []microsoft.CustomerTenant {
	var ending []microsoft.CustomerTenant
	for _, tenant := range tenants {
		relationship := tenant.Relationship
		if relationship != nil && !relationship.End.IsZero() && !relationship.End.After(then) {
			ending = append(ending, tenant)
		}
	}
	return ending
}

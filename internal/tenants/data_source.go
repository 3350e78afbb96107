// Package tenants is the Terraform room of the partner's customer tenants: the data source cloudradial_microsoft_tenants.
package tenants

import (
	"context"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
)

var _ datasource.DataSourceWithConfigure = (*microsoftTenants)(nil)

// clients is what this room needs of the provider.
type clients interface {
	Microsoft() (*microsoft.Client, error)
}

type microsoftTenants struct {
	tfbase.DataSource[clients]
	now func() time.Time
}

// NewDataSource makes the data source cloudradial_microsoft_tenants.
func NewDataSource() datasource.DataSource { return &microsoftTenants{now: time.Now} }

// model is the data source as Terraform holds it.
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

// What told of a tenant.
const (
	sourceGDAP     = "gdap"
	sourceContract = "contract"
)

// longestOutlook is beyond the two years that a relationship may last.
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
		MarkdownDescription: "The customer tenants of a Microsoft partner: those that have let the partner in by granular delegated admin " +
			"privileges (GDAP), and those with which the partner has a contract. It tells which access ends soon, and is where a first mapping " +
			"file begins.\n\n" +
			"It is read in the partner's own tenant and needs one application permission of Microsoft Graph there, with admin consent: " +
			"`DelegatedAdminRelationship.Read.All` for relationships, `Directory.Read.All` for contracts. With only one of them a warning says " +
			"what is missing.",
		Attributes: map[string]schema.Attribute{
			"partner_tenant_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Id (GUID) or domain of the partner's own tenant.",
				Validators: []validator.String{stringvalidator.RegexMatches(tenantForm,
					"must be a tenant id (a GUID) or a domain of the tenant")},
			},
			"expiring_within_days": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "Only tenants whose relationship ends within so many days (of 24 hours) from now, or should have ended already. " +
					"One that is extended by itself is among them: `auto_extend_days` tells. A tenant with a contract but without relationship has no " +
					"end, and is left out. 0 to 3650.",
				Validators: []validator.Int64{int64validator.Between(0, longestOutlook)},
			},
			"tenants": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "The tenants, by name, then id. Each occurs once, with the relationship that lasts longest: an active one, if there " +
					"is any, and of those the one that ends last. Relationships that the customer has not agreed to, and those that have expired or " +
					"are terminated, do not count.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"tenant_id": computed("Id of the customer's tenant (GUID), in lower case."),
					"name":      computed("Name of the customer: the relationship's, or the contract's copy from when the partnership began. Null when neither tells."),
					"default_domain": computed("Default domain of the tenant, as copied into the contract when the partnership began: it may have changed " +
						"since. Null when there is no contract, or contracts cannot be read."),
					"relationship_name": computed("Name of the relationship in Partner Center. Null when only a contract tells of the tenant, as are the next three."),
					"status": computed("Status of the relationship, in Microsoft's words: `active`, or on the way there (`approved`, `activating`) or out " +
						"(`terminationRequested`, `terminating`, `expiring`)."),
					"end_date": computed("When the relationship ends, unless it is extended (RFC 3339, UTC). Null before it is active."),
					"auto_extend_days": schema.Int64Attribute{
						Computed:            true,
						MarkdownDescription: "By how many days Microsoft extends the relationship at its end; 0 when it lets it end.",
					},
					"source": computed("`gdap` when a relationship tells of the tenant, `contract` when only a contract does."),
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
		resp.Diagnostics.Append(failure(failed, client.AdminConsentURL(partner)))
		return
	}
	resp.Diagnostics.Append(denied(customers, !data.ExpiringWithinDays.IsNull(), client.AdminConsentURL(partner))...)
	if resp.Diagnostics.HasError() {
		return
	}
	data.Tenants = []tenantItem{}
	for _, tenant := range d.listed(customers.Tenants, data.ExpiringWithinDays) {
		data.Tenants = append(data.Tenants, itemOf(tenant))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// listed is what the filter, which may be null, leaves. Its days count from now.
func (d *microsoftTenants) listed(tenants []microsoft.CustomerTenant, expiringWithinDays types.Int64) []microsoft.CustomerTenant {
	if expiringWithinDays.IsNull() {
		return tenants
	}
	outlook := time.Duration(expiringWithinDays.ValueInt64()) * 24 * time.Hour
	return endingBy(d.now().Add(outlook), tenants)
}

// endingBy picks the tenants whose relationship ends until then, or should have.
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

func itemOf(tenant microsoft.CustomerTenant) tenantItem {
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

// Attributes that diagnostics point at.
var (
	partnerPath  = path.Root("partner_tenant_id")
	expiringPath = path.Root("expiring_within_days")
)

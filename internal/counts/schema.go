package counts

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// What on_error can be.
const (
	onErrorFail = "fail"
	onErrorSkip = "skip"
)

const (
	guidPattern   = `[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`
	domainPattern = `([0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z][0-9A-Za-z-]*[0-9A-Za-z]`
)

var (
	keyForm    = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[^/]+)?$`)
	tenantForm = regexp.MustCompile(`^\s*(|` + guidPattern + `|` + domainPattern + `)\s*$`)
	guidForm   = regexp.MustCompile(`^` + guidPattern + `$`)
)

var (
	countType = types.ObjectType{AttrTypes: withSeats(types.Int64Type, map[string]attr.Type{
		"sku_id":       types.StringType,
		"product_name": types.StringType,
		"flags":        types.ListType{ElemType: types.StringType},
	})}
	subscriptionType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id":              types.StringType,
		"status":          types.StringType,
		"trial":           types.BoolType,
		"seats":           types.Int64Type,
		"owner_tenant_id": types.StringType,
		"next_lifecycle":  types.StringType,
	}}
	detailType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"available":     types.Int64Type,
		"warning":       types.Int64Type,
		"suspended":     types.Int64Type,
		"locked_out":    types.Int64Type,
		"trial":         types.Int64Type,
		"status":        types.StringType,
		"applies_to":    types.StringType,
		"subscriptions": types.ListType{ElemType: subscriptionType},
	}}
	totalType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"purchased": types.Int64Type,
		"assigned":  types.Int64Type,
	}}
)

// withSeats adds the seats on every basis to the attributes of a count.
func withSeats(number attr.Type, attributes map[string]attr.Type) map[string]attr.Type {
	for _, name := range billing.BasisNames() {
		attributes[name] = number
	}
	return attributes
}

// seatsText describes the seats on every basis, a line each.
func seatsText() string {
	var text strings.Builder
	for _, basis := range billing.Bases() {
		fmt.Fprintf(&text, "  - `%s` (Number) %s.\n", basis.Name, basis.Description)
	}
	return text.String()
}

// model is the data source as Terraform holds it.
type model struct {
	Tenants          types.Map    `tfsdk:"tenants"`
	PartnerTenantIDs types.Set    `tfsdk:"partner_tenant_ids"`
	ExcludeSKUs      types.Set    `tfsdk:"exclude_skus"`
	IncludeFree      types.Bool   `tfsdk:"include_free"`
	OnError          types.String `tfsdk:"on_error"`
	WithDetails      types.Bool   `tfsdk:"with_details"`
	Counts           types.Map    `tfsdk:"counts"`
	Details          types.Map    `tfsdk:"details"`
	Errors           types.Map    `tfsdk:"errors"`
	Totals           types.Map    `tfsdk:"totals"`
}

func (d *licenseCounts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Microsoft 365 licence counts of many tenants: how many seats of each SKU they hold, read from Microsoft Graph. " +
			"A tenant that cannot be read is an error or, with `on_error = \"skip\"`, null. It is never zero.\n\n" +
			"Reading needs the application permission `Organization.Read.All` (Microsoft Graph) with admin consent in every tenant. With " +
			"`LicenseAssignment.Read.All` alone seats can be counted, but trials cannot be told apart: a warning says so.\n\n" +
			"~> Give `tenants` values that are known when Terraform plans, for example from a file. A data source that refers to a resource " +
			"with pending changes is read during apply only, and then the plan shows no number.",
		Attributes: map[string]schema.Attribute{
			"tenants": schema.MapAttribute{
				MarkdownDescription: "The tenants to read: key to tenant id (GUID) or domain. A key is an `account_id`, or `account_id/label` for a " +
					"company with several tenants, which the function `unit_counts` adds up. An empty or null tenant gives null counts. A tenant " +
					"may occur only once, or its seats would be billed twice.",
				ElementType: types.StringType,
				Required:    true,
				Validators: []validator.Map{
					mapvalidator.KeysAre(stringvalidator.RegexMatches(keyForm,
						"must be an account_id (letters, digits, dots, underscores, hyphens), or account_id/label for one of several tenants")),
					mapvalidator.ValueStringsAre(stringvalidator.RegexMatches(tenantForm,
						"must be a tenant id (a GUID) or a domain of the tenant, or empty when the company has none")),
				},
			},
			"partner_tenant_ids": schema.SetAttribute{
				MarkdownDescription: "Tenant ids (GUIDs) of ours and of our distributors. When given, seats whose subscription another tenant owns " +
					"are left out of every basis and flagged `other_owner`: the customer bought them elsewhere. When left out, all seats count.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Set{
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.RegexMatches(guidForm, "must be a tenant id (a GUID)")),
				},
			},
			"exclude_skus": schema.SetAttribute{
				MarkdownDescription: "SKUs to leave out: part numbers or SKU ids, in any case.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"include_free": schema.BoolAttribute{
				MarkdownDescription: "Whether to count free and self-service SKUs too (`FLOW_FREE`, `POWER_BI_STANDARD`, …), which come in pools of " +
					"10,000 seats and more. Defaults to `false`.",
				Optional: true,
			},
			"on_error": schema.StringAttribute{
				MarkdownDescription: "What to do about tenants that cannot be read: `fail` (default), or `skip`, which gives them null counts, an entry " +
					"in `errors` and a warning. An error in both cases: our own credential is refused, or no tenant at all can be read.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(onErrorFail, onErrorSkip)},
			},
			"with_details": schema.BoolAttribute{
				MarkdownDescription: "Whether to fill `details`. They make the state larger, some 10 KB a tenant. Defaults to `false`.",
				Optional:            true,
			},
			"counts": schema.MapAttribute{
				MarkdownDescription: "Key of `tenants` to SKU part number to count. Null for a key without tenant and for a skipped one: unknown, not " +
					"zero. Two SKUs of a tenant with the same part number have the keys `PART/<skuId>`. A count is an object of:\n" +
					"  - `sku_id` (String) the SKU's id (GUID), its only lasting identity.\n" +
					"  - `product_name` (String) its name in Microsoft's table of " + billing.SKUTableDate + ", or the part number.\n" +
					seatsText() +
					"  - `flags` (List of String) what deserves a second look, sorted: `trial` (some seats are on trial), `trial_unknown` (the " +
					"subscriptions could not be read), `in_grace` (seats expired and are still usable), `suspended_units`, `overassigned` (more " +
					"assigned than active and in grace), `suspicious_pool` (10,000 seats or more, under 1 % assigned), `unknown_sku` (not in " +
					"Microsoft's table), `capacity_unit` (counts gigabytes or the like, not people), `other_owner` (some seats were bought " +
					"elsewhere and are left out).",
				ElementType: types.MapType{ElemType: countType},
				Computed:    true,
			},
			"details": schema.MapAttribute{
				MarkdownDescription: "With `with_details = true`: the same keys to an object of:\n" +
					"  - `available` (Number) `enabled` less `assigned`; may be negative.\n" +
					"  - `warning`, `suspended`, `locked_out` (Number) seats in these states, as Microsoft counts them.\n" +
					"  - `trial` (Number) seats on trial, active or lapsed.\n" +
					"  - `status` (String) Microsoft's `capabilityStatus`.\n" +
					"  - `applies_to` (String) `User` or `Company`.\n" +
					"  - `subscriptions` (List of Object) the purchases: `id`, `status`, `trial` (Bool), `seats` (Number), `owner_tenant_id` (the partner " +
					"that made it, or null), `next_lifecycle` (when its status changes if nobody renews it, RFC 3339, or null).",
				ElementType: types.MapType{ElemType: detailType},
				Computed:    true,
			},
			"errors": schema.MapAttribute{
				MarkdownDescription: "Key of each tenant that was skipped to the reason. Reasons hold ids of requests, which differ from run to run: an " +
					"output of them makes every plan differ, one of their keys does not.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"totals": schema.MapAttribute{
				MarkdownDescription: "SKU part number to the seats of all tenants that were read: an object of `purchased` and `assigned` (Number).",
				ElementType:         totalType,
				Computed:            true,
			},
		},
	}
}

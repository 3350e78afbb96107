package counts

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
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
	tenantForm = regexp.MustCompile(`^\s*(|` + guidPattern + `|` + domainPattern + `)\s*$`)
	guidForm   = regexp.MustCompile(`^` + guidPattern + `$`)
)

func (d *licenseCounts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Microsoft 365 license counts of many tenants: how many seats of each SKU they have, read from Microsoft Graph. A " +
			"tenant that cannot be read is an error or, with `on_error = \"skip\"`, null. It is never zero.\n\n" +
			"The application needs the permission `Organization.Read.All` (Microsoft Graph) with admin consent in every tenant. With only " +
			"`LicenseAssignment.Read.All`, seats can be counted, but trials cannot be told apart: a warning says so.\n\n" +
			"~> Give `tenants` values that are known when Terraform plans, for example from a file. A data source that refers to a resource " +
			"with pending changes is read only during apply, so the plan shows no number.",
		Attributes: map[string]schema.Attribute{
			"tenants": schema.MapAttribute{
				MarkdownDescription: "The tenants to read: key to tenant id (GUID) or domain. A key is an `account_id`, or `account_id/label` for a " +
					"company with several tenants; the function `unit_counts` adds these up. The counts of an empty or null tenant are null. A " +
					"tenant must occur only once, because otherwise its seats would be billed twice.",
				ElementType: types.StringType,
				Required:    true,
				Validators: []validator.Map{
					mapvalidator.KeysAre(shapes.TenantKey),
					mapvalidator.ValueStringsAre(stringvalidator.RegexMatches(tenantForm,
						"must be a tenant id (a GUID) or a domain of the tenant, or empty when the company has none")),
				},
			},
			"partner_tenant_ids": schema.SetAttribute{
				MarkdownDescription: "Tenant ids (GUIDs) of your own tenant and of your distributors. When set, seats of subscriptions that another " +
					"tenant owns are left out of every basis and flagged `other_owner`, because the customer bought them elsewhere. By default " +
					"all seats count.",
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
				MarkdownDescription: "Whether to count free and self-service SKUs too (`FLOW_FREE`, `POWER_BI_STANDARD`, …). They come in pools of " +
					"10,000 seats and more. Defaults to `false`.",
				Optional: true,
			},
			"on_error": schema.StringAttribute{
				MarkdownDescription: "What to do about tenants that cannot be read: `fail` (default), or `skip`. A skipped tenant has null counts, an " +
					"entry in `errors` and a warning. With both it is an error when Microsoft rejects the provider's own credential, and when no " +
					"tenant at all can be read.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(onErrorFail, onErrorSkip)},
			},
			"with_details": schema.BoolAttribute{
				MarkdownDescription: "Whether to set `details`. They make the state larger, by about 10 KB for each tenant. Defaults to `false`.",
				Optional:            true,
			},
			"counts": schema.MapAttribute{
				MarkdownDescription: "Key of `tenants` to SKU part number to count. A key without a tenant and a skipped tenant are null: unknown, not " +
					"zero. When two SKUs of a tenant have the same part number, their keys are `PART/<skuId>`. A count is an object of:\n" +
					shapes.DescribeCount(),
				ElementType: tenantCountsType,
				Computed:    true,
			},
			"details": schema.MapAttribute{
				MarkdownDescription: "With `with_details = true`, the same keys as in `counts` to an object of:\n" +
					"  - `available` (Number) `enabled` minus `assigned`. It may be negative.\n" +
					"  - `warning`, `suspended`, `locked_out` (Number) seats in these states, as Microsoft reports them.\n" +
					"  - `trial` (Number) seats on trial, active or lapsed.\n" +
					"  - `status` (String) Microsoft's `capabilityStatus`.\n" +
					"  - `applies_to` (String) `User` or `Company`.\n" +
					"  - `subscriptions` (List of Object) the purchases: `id`, `status`, `trial` (Bool), `seats` (Number), `owner_tenant_id` (the partner " +
					"that made it, or null), `next_lifecycle` (when its status changes unless it is renewed, RFC 3339, or null).",
				ElementType: tenantDetailsType,
				Computed:    true,
			},
			"errors": schema.MapAttribute{
				MarkdownDescription: "Key of each skipped tenant to the reason. Reasons contain request ids, which differ in every run, so an output of " +
					"them differs in every plan. An output of the keys does not.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"totals": schema.MapAttribute{
				MarkdownDescription: "SKU part number to the seats in all tenants that were read: an object of `purchased` and `assigned` (Number).",
				ElementType:         totalType,
				Computed:            true,
			},
		},
	}
}

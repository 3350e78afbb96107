// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"

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

// What on_trials_unknown can be.
const (
	trialsError = "error"
	trialsCount = "count"
)

func (d *licenseCounts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Microsoft 365 license counts of many tenants: how many seats of each SKU they have, read from Microsoft Graph. A " +
			"tenant that cannot be read is an error or, with `on_error = \"skip\"`, null. It is never zero.\n\n" +
			"The application needs the permission `Organization.Read.All` (Microsoft Graph) with admin consent in every tenant. With only " +
			"`LicenseAssignment.Read.All` trials cannot be told from paid seats; see `on_trials_unknown`. For `shared_tenants` it also needs `User.Read.All`.\n\n" +
			"~> Give `tenants` values that are known when Terraform plans, for example from a file. A data source that refers to a resource " +
			"with pending changes is read only during apply, so the plan shows no number.",
		Attributes: map[string]schema.Attribute{
			"tenants": schema.MapAttribute{
				MarkdownDescription: "The tenants to read: key to tenant id (GUID) or domain. A key is an `account_id`, or `account_id/label` for a " +
					"company with several tenants; the function `unit_counts` adds these up. The counts of an empty or null tenant are null, " +
					"which is unknown: what was billed before stays. The word `none` means that the company has no Microsoft 365: its counts are empty, " +
					"which is zero. A tenant must occur only once, because otherwise its seats would be billed twice. A tenant for which Microsoft lists no " +
					"SKU at all is unknown too, with a warning.",
				ElementType: types.StringType,
				Required:    true,
				Validators: []validator.Map{
					mapvalidator.KeysAre(shapes.TenantKey),
					mapvalidator.ValueStringsAre(stringvalidator.RegexMatches(shapes.TenantForm,
						"must be a tenant id (a GUID) or a domain of the tenant, the word none when the company has no Microsoft 365, or empty when the "+
							"tenant is unknown")),
				},
			},
			"shared_tenants": newSharedTenantsAttribute(),
			"partner_tenant_ids": schema.SetAttribute{
				MarkdownDescription: "Tenant ids (GUIDs) of your own tenant and of the distributors that you buy from. When set, seats of " +
					"subscriptions that another tenant or nobody owns are left out of every basis and flagged `other_owner`, because the customer bought " +
					"them elsewhere. It is an error when these ids own no seat of any tenant, and a warning when they own none of one tenant. By default " +
					"all seats count. Leave it unset at first and look at `owners`.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Set{
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.RegexMatches(shapes.GUIDForm, "must be a tenant id (a GUID)")),
				},
			},
			"exclude_skus": schema.SetAttribute{
				MarkdownDescription: "SKUs to leave out: part numbers or SKU ids, in any case. A part number also leaves out the SKU ids that " +
					"Microsoft's table gives it.",
				ElementType: types.StringType,
				Optional:    true,
				Validators:  []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"include_free": schema.BoolAttribute{
				MarkdownDescription: "Whether to count free and self-service SKUs too (`FLOW_FREE`, `POWER_BI_STANDARD`, …). They come in pools of " +
					"10,000 seats and more. Defaults to `false`.",
				Optional: true,
			},
			"on_trials_unknown": schema.StringAttribute{
				MarkdownDescription: "What to do about tenants whose subscriptions cannot be read whole. Only the subscriptions tell trials from paid " +
					"seats: a trial of 10 beside 25 paid seats looks like 35 paid seats. They are read whole when Microsoft gives the list, the list " +
					"has every subscription that the SKUs with seats name, and it says of each whether it is a trial and what its status is. Nor may " +
					"its trials contradict the seats of the SKU, as they do when only one of Microsoft's two lists has changed yet. SKUs that " +
					"are left out do not matter. `error` (default): the tenant cannot be read, and `on_error` applies. `count`: its trials count as " +
					"paid, with the flag `trial_unknown` and a warning. With `partner_tenant_ids` it is `error` always, because it is unknown who owns " +
					"the seats.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(trialsError, trialsCount)},
			},
			"on_error": schema.StringAttribute{
				MarkdownDescription: "What to do about tenants that cannot be read: `fail` (default), or `skip`. A skipped tenant has null counts, an " +
					"entry in `errors` and a warning. With both it is an error when Microsoft rejects the provider's own credential, and when no " +
					"tenant at all can be read.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(onErrorFail, onErrorSkip)},
			},
			"tenant_timeout": schema.StringAttribute{
				MarkdownDescription: "How long one tenant may take, with all retries and the waits that Microsoft asks for: a duration such as `90s` or `2m`, or " +
					"a number of seconds, from 5 seconds to 4 minutes. Defaults to `60s`. A tenant that takes longer cannot be read, and `on_error` applies. The " +
					"users of a shared tenant have the same time, beside that of its licenses: 20,000 users are 21 requests, so give a large tenant that is slow more. A " +
					"whole read may take ten times as long, or 2 seconds for each tenant if that is longer. When tenants in a row fail because " +
					"Microsoft is down, or because it rejects the provider's own credential, the remaining ones are not asked: they are " +
					"reported as such, and are unknown like every tenant that cannot be read.",
				Optional:   true,
				Validators: []validator.String{timeoutValidator{}},
			},
			"with_details": schema.BoolAttribute{
				MarkdownDescription: "Whether to set `details`. They make the state larger, by about 10 KB for each tenant. Defaults to `false`.",
				Optional:            true,
			},
			"counts": schema.MapAttribute{
				MarkdownDescription: "Key of `tenants` to SKU part number to count. A key without a tenant, a skipped tenant and a tenant without any SKU " +
					"are null: unknown, not zero. A number that Microsoft did not give is null, too. A number that would be below 0 is 0 with the flag " +
					"`overassigned_split`, and `unit_counts` does not bill it: keep `flags` where you change counts. Companies of `shared_tenants` have keys as well. When two SKUs of a tenant have the same part number, their keys are `PART/<skuId>`. A count is an object of:\n" +
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
			"shared_tenants_detail": newSharedDetailAttribute(),
			"errors": schema.MapAttribute{
				MarkdownDescription: "Key of each skipped tenant, and of each tenant without any SKU, to the reason. Reasons contain request ids, which differ in every run, so an output of " +
					"them differs in every plan. An output of the keys does not.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"totals": schema.MapAttribute{
				MarkdownDescription: "SKU part number to the seats in all tenants that were read: an object of `purchased` and `assigned` (Number), " +
					"null when Microsoft did not give a number.",
				ElementType: totalType,
				Computed:    true,
			},
			"tenant_ids": schema.MapAttribute{
				MarkdownDescription: "Key of `tenants` to the id (GUID) of the tenant that was read, null when it is not known. A domain can move to " +
					"another tenant: a `postcondition` that compares this with the id that you expect stops the plan then.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"owners": schema.MapAttribute{
				MarkdownDescription: "Tenant id (GUID) of each owner of subscriptions, an empty text for purchases without an owner, to an object of " +
					"`seats` (Number, active or in grace, trials included), `tenants` (Number, those that hold them) and `counted` (Bool, whether they " +
					"count; always true without `partner_tenant_ids`). SKUs that are left out are not included.",
				ElementType: ownerType,
				Computed:    true,
			},
		},
	}
}

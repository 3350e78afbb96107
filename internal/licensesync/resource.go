// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package licensesync is cloudradial_license_sync: it pushes unit counts to Gradient and remembers what Gradient has accepted.
// RULES.md has its rules.
package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*syncResource)(nil)
	_ resource.ResourceWithImportState    = (*syncResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*syncResource)(nil)
	_ resource.ResourceWithValidateConfig = (*syncResource)(nil)
)

// clients is the part of the provider that this package needs.
type clients interface {
	tfbase.GradientClients
	tfdiag.Reporter
	// SyncRuns is what the license syncs of this process know of each other.
	SyncRuns() *Runs
	// PlannedServices returns the services that have a license mapping in this plan, sorted.
	PlannedServices() []string
	// PlannedOn reports whether this plan switches the integration on.
	PlannedOn(integration string) bool
}

type syncResource struct{ tfbase.Resource[clients] }

// NewResource returns cloudradial_license_sync.
func NewResource() resource.Resource { return &syncResource{} }

func (r *syncResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_sync"
}

// The values of on_unmapped.
const (
	onUnmappedWarn   = "warn"
	onUnmappedError  = "error"
	onUnmappedIgnore = "ignore"
)

func (r *syncResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Pushes unit counts to Gradient and remembers what Gradient has accepted. Use one per integration.\n\n" +
			"Gradient's API takes counts but never returns them, and a count that is not sent keeps its last value. " +
			"So this resource keeps a ledger of what Gradient has accepted: `unit_counts` without `unmapped`, plus `held_counts`. " +
			"It pushes only what differs from the ledger, and sets a pair that is no longer counted to 0. Nothing is billed until a person " +
			"approves the new count in Gradient.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Id of the integration that the counts belong to.",
			},
			"unit_counts": schema.MapAttribute{
				Required:    true,
				ElementType: shapes.ServiceUnitsType,
				MarkdownDescription: "Unit counts: a map from `account_id` to a map from service name to units, which are whole numbers of " +
					"0 or more. Usually the result of `provider::cloudradial::unit_counts`. An account that is `null` has unknown counts, and " +
					"Gradient keeps what was pushed for it. A pair or an account that is no longer in the map is set to 0 once.",
			},
			"uncounted_seats": uncountedSeatsAttribute(),
			"triggers": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Any values. When one of them changes, everything is pushed again, like *Force Sync* in CloudRadial. " +
					"Commit the new value: the next run would revert a value that was given with `-var`.",
			},
			"on_unmapped": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(onUnmappedWarn),
				Validators: []validator.String{stringvalidator.OneOf(onUnmappedWarn, onUnmappedError, onUnmappedIgnore)},
				MarkdownDescription: "What to do with counts that Gradient refuses because their account or service is not mapped yet. " +
					"`warn` (default) lists them and plans them again until they are mapped. `error` also fails the apply, except the one " +
					"that creates this resource. `ignore` lists them in `unmapped` and pushes them again together with another change, or once Gradient shows that the account was mapped.",
			},
			"guard": guardAttribute(),
			"zero_missing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether a full push also sets every account and service of the integration that is not in `unit_counts` " +
					"to 0. A full push is the first one, one that `triggers` asks for, and the one that turns this on. It clears counts that an " +
					"older tool, a lost state or a killed run left behind. Accounts with unknown counts are left alone. " +
					"Accounts that `unit_counts` does not name may belong to another tool or another state, and would be set to 0 too, so the plan " +
					"stops and prints the code that approves it (`guard`). The default is `false`.",
			},
			"zero_on_destroy": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying this resource sets everything that Gradient has accepted to 0, except what another license sync of the " +
					"run counts. The default is " +
					"`false`: Gradient keeps the last counts.",
			},
			"unmapped": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "The counts that Gradient has not accepted, usually because their account or service is not mapped " +
					"there yet. A `unit_count` of 0 is a pair that is no longer counted and that Gradient refused to set to 0.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"account_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the account."},
					"service":    schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the service."},
					"unit_count": schema.NumberAttribute{Computed: true, MarkdownDescription: "Number of units that Gradient did not accept."},
				}},
			},
			"held_counts": schema.MapAttribute{
				Computed:    true,
				ElementType: shapes.ServiceUnitsType,
				MarkdownDescription: "The accepted counts that `unit_counts` does not show: those of accounts that are `null` (unknown) " +
					"now, those that stay until Gradient accepts the count that replaces them, and those that could not be changed because the " +
					"integration is inactive.",
			},
			"last_pushed_at": schema.StringAttribute{
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				MarkdownDescription: "When Gradient last accepted a count from this resource, in UTC. Null if never.",
			},
		},
	}
}

// ValidateConfig refuses values that are not unit counts (rule 12).
func (r *syncResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := shapes.DecodeUnitCounts(shapes.UnitCounts, config.UnitCounts); err != nil {
		resp.Diagnostics.Append(invalidCountsError(err))
	}
	if _, err := shapes.DecodeUncountedSeats(config.UncountedSeats); err != nil {
		resp.Diagnostics.Append(invalidSeatsError(err))
	}
}

// ImportState accepts any id, because Read replaces it with the id of the integration. The ledger is empty after an import:
// Gradient does not return counts (gradient.md §7.6).
func (r *syncResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

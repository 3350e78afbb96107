package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// The values of on_unmapped.
const (
	onUnmappedWarn   = "warn"
	onUnmappedError  = "error"
	onUnmappedIgnore = "ignore"
)

// The limits of the guard when nobody gives any, in percent.
const (
	defaultMaxDecrease = 20
	defaultMaxIncrease = 50
)

func (r *syncResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Pushes unit counts to Gradient and remembers what Gradient accepted. One per integration.\n\n" +
			"Gradient's API takes counts but never gives them back, and a count that is not sent keeps its last value for ever. " +
			"So this resource keeps the ledger: what Gradient has accepted is `unit_counts` less `unmapped` plus `held_counts`. " +
			"Only what differs from it is pushed, and a pair that is gone is set to 0. Nothing is billed until a person approves " +
			"the new count in Gradient.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The id of the integration that the counts belong to.",
			},
			"unit_counts": schema.MapAttribute{
				Required:    true,
				ElementType: shapes.ServiceUnitsType,
				MarkdownDescription: "The unit counts: a map from `account_id` to a map from service name to units, whole numbers of 0 or more. " +
					"Usually what `provider::cloudradial::unit_counts` returns. An account that is `null` is unknown: what was pushed for it " +
					"is kept. A pair, or a whole account, that is missing is set to 0 once.",
			},
			"triggers": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Any values. When one of them changes, everything is pushed again, as *Force Sync* does: commit a new value, " +
					"for a one-off `-var` would be reverted by the next run.",
			},
			"on_unmapped": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(onUnmappedWarn),
				Validators: []validator.String{stringvalidator.OneOf(onUnmappedWarn, onUnmappedError, onUnmappedIgnore)},
				MarkdownDescription: "What to do about counts that Gradient does not take because nobody mapped their account or service yet: `warn` " +
					"(default) lists them and plans them again until somebody has mapped them, `error` does so and fails the apply " +
					"(though never the first one), `ignore` lists them in `unmapped` and does not plan them again on their own account.",
			},
			"guard": guardAttribute(),
			"zero_missing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether a full push (the first one, or one that `triggers` asks for) also sets every account and service of the " +
					"integration that `unit_counts` lacks to 0. It clears what an older tool, a lost state or a killed run left behind. " +
					"Accounts whose counts are unknown are left alone. The default is `false`.",
			},
			"zero_on_destroy": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying this resource sets everything that Gradient has accepted to 0. The default is `false`: Gradient keeps " +
					"the last counts.",
			},
			"unmapped": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The counts that Gradient has not accepted, usually because a person still has to map their account or service there.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"account_id": schema.StringAttribute{Computed: true, MarkdownDescription: "The id of the account."},
					"service":    schema.StringAttribute{Computed: true, MarkdownDescription: "The name of the service."},
					"unit_count": schema.NumberAttribute{Computed: true, MarkdownDescription: "The number of units that was to be set."},
				}},
			},
			"held_counts": schema.MapAttribute{
				Computed:    true,
				ElementType: shapes.ServiceUnitsType,
				MarkdownDescription: "The accepted counts that `unit_counts` does not show: those of accounts that are `null` (unknown) now, and those that an " +
					"inactive integration kept from being changed.",
			},
			"last_pushed_at": schema.StringAttribute{
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				MarkdownDescription: "When counts were pushed last, in UTC. Null when never.",
			},
		},
	}
}

func guardAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		Computed: true,
		Default: objectdefault.StaticValue(types.ObjectValueMust(guardType, map[string]attr.Value{
			"max_decrease_percent": types.Int64Value(defaultMaxDecrease),
			"max_increase_percent": types.Int64Value(defaultMaxIncrease),
		})),
		MarkdownDescription: "How much one run may change what Gradient has accepted before the plan fails, so that a mistake in a file or at " +
			"Microsoft does not become an invoice. Accounts whose counts are unknown are left out.",
		Attributes: map[string]schema.Attribute{
			"max_decrease_percent": schema.Int64Attribute{
				Optional:   true,
				Computed:   true,
				Default:    int64default.StaticInt64(defaultMaxDecrease),
				Validators: []validator.Int64{int64validator.Between(0, 100)},
				MarkdownDescription: "By how many percent the accepted units may fall, in total and for every service of 50 units or more. " +
					"The default is `20`; `100` allows everything.",
			},
			"max_increase_percent": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(defaultMaxIncrease),
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
				MarkdownDescription: "By how many percent the units of the accounts that are in the ledger already may rise. The default is `50`.",
			},
		},
	}
}

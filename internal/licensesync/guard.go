// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// defaultGuard has the limits of a configuration that sets none.
var defaultGuard = billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50, MaxAccountPercent: 50, MaxFirstUnits: 1000}

var guardType = map[string]attr.Type{
	"max_decrease_percent": types.Int64Type, "max_increase_percent": types.Int64Type, "max_account_percent": types.Int64Type,
	"max_first_units": types.Int64Type, "approved": types.StringType,
}

func guardAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		Computed: true,
		Default:  objectdefault.StaticValue(guardObject(defaultGuard)),
		MarkdownDescription: "How much one run may change unit counts without an approval. A larger change fails the plan, so that a " +
			"mistake in a file or at Microsoft does not become an invoice. Accounts with unknown counts are left out, and what Gradient " +
			"refused because it was not mapped counts as if it had been accepted. A change of `guard` plans nothing: each run uses the guard of " +
			"the configuration, and the state keeps the one with which the sync was created.",
		Attributes: map[string]schema.Attribute{
			"max_decrease_percent": limitAttribute(defaultGuard.MaxDecreasePercent, int64validator.Between(0, 100),
				"By how many percent units may fall, in total and for each service of 50 units or more."),
			"max_increase_percent": limitAttribute(defaultGuard.MaxIncreasePercent, int64validator.AtLeast(0),
				"By how many percent units may rise, over the accounts that had any."),
			"max_account_percent": limitAttribute(defaultGuard.MaxAccountPercent, int64validator.AtLeast(0),
				"By how many percent the units of one account may fall or rise. It applies to an account that stays in `unit_counts` and "+
					"has 20 units or more, and to the rise of a smaller one to 50 units or more."),
			"max_first_units": limitAttribute(defaultGuard.MaxFirstUnits, int64validator.AtLeast(0),
				"How many units an account may get that had none."),
			"approved": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The code that a stopped plan prints. It allows exactly the changes that stopped that plan, and no " +
					"others, so it does not have to be removed afterwards.",
			},
		},
	}
}

// guardObject returns a guard without an approval, as it stands in a plan.
func guardObject(guard billing.Guard) types.Object {
	return types.ObjectValueMust(guardType, map[string]attr.Value{
		"max_decrease_percent": types.Int64Value(guard.MaxDecreasePercent), "max_increase_percent": types.Int64Value(guard.MaxIncreasePercent),
		"max_account_percent": types.Int64Value(guard.MaxAccountPercent), "max_first_units": types.Int64Value(guard.MaxFirstUnits),
		"approved": types.StringNull(),
	})
}

// limitAttribute returns a limit of the guard.
func limitAttribute(limit int64, valid validator.Int64, description string) schema.Attribute {
	return schema.Int64Attribute{
		Optional:            true,
		Computed:            true,
		Default:             int64default.StaticInt64(limit),
		Validators:          []validator.Int64{valid},
		MarkdownDescription: fmt.Sprintf("%s The default is `%d`.", description, limit),
	}
}

// guard returns the guard of a plan, or of a configuration, which need not have all limits. known is false while a part of it is unknown.
func (m model) guard(ctx context.Context) (guard billing.Guard, known bool, diags diag.Diagnostics) {
	if m.Guard.IsNull() || !shapes.FullyKnown(m.Guard) {
		return guard, false, nil
	}
	var limits struct {
		MaxDecrease types.Int64  `tfsdk:"max_decrease_percent"`
		MaxIncrease types.Int64  `tfsdk:"max_increase_percent"`
		MaxAccount  types.Int64  `tfsdk:"max_account_percent"`
		MaxFirst    types.Int64  `tfsdk:"max_first_units"`
		Approved    types.String `tfsdk:"approved"`
	}
	diags = m.Guard.As(ctx, &limits, basetypes.ObjectAsOptions{})
	orDefault := func(limit types.Int64, standard int64) int64 {
		if limit.IsNull() {
			return standard
		}
		return limit.ValueInt64()
	}
	return billing.Guard{
		MaxDecreasePercent: orDefault(limits.MaxDecrease, defaultGuard.MaxDecreasePercent),
		MaxIncreasePercent: orDefault(limits.MaxIncrease, defaultGuard.MaxIncreasePercent),
		MaxAccountPercent:  orDefault(limits.MaxAccount, defaultGuard.MaxAccountPercent),
		MaxFirstUnits:      orDefault(limits.MaxFirst, defaultGuard.MaxFirstUnits),
		Approved:           limits.Approved.ValueString(),
	}, true, diags
}

// keepGuard plans the guard of the prior state. Without it a change of the guard alone, such as an approval that is removed, would be a
// diff although nothing is pushed. It does not depend on what is pushed, because a plan that cannot show the counts must end as it began.
// Terraform allows a plan to keep a value that is in the state.
func (m *model) keepGuard(prior *model) {
	if prior != nil && !prior.Guard.IsNull() {
		m.Guard = prior.Guard
	}
}

// checkGuard returns an error if the guard does not allow what is to be pushed (rule 10). What is unknown at plan is checked in apply.
func (m model) checkGuard(ctx context.Context, d decision) diag.Diagnostics {
	guard, known, diags := m.guard(ctx)
	if !known || diags.HasError() || len(d.pushes) == 0 || d.sweeps() && !shapes.FullyKnown(m.Triggers) {
		return diags
	}
	if alarms := guard.Check(d.task); !guard.Allows(alarms) {
		diags.Append(guardError(guard, alarms, d.task.Moves()))
	}
	return diags
}

// sweeps reports whether zero_missing lists pairs (rule 11).
func (d decision) sweeps() bool { return len(d.task.Sweep) > 0 }

// occasion writes triggers in a form that is the same for the same values, because a sweep is approved for these only.
func (m model) occasion() string {
	values := m.Triggers.Elements()
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&text, "%q = %s\n", key, values[key])
	}
	return text.String()
}

// guardError says by how much the change is larger than the guard allows, and how to allow it (rule 10).
func guardError(guard billing.Guard, alarms []billing.Alarm, moves []billing.Move) diag.Diagnostic {
	lines := make([]string, len(alarms))
	swept := false
	for i, alarm := range alarms {
		lines[i] = alarm.String()
		swept = swept || alarm.Swept
	}
	detail := "Nothing was pushed. Compared with the units before this run, those that Gradient refused included:\n\n" +
		tfdiag.List(lines) + "\n\n"
	if len(moves) > 0 {
		detail += "These units only move to accounts that had none, as when a tenant is split among the companies that share it (shared_tenants). None of them is " +
			"lost:\n\n" + listMoves(moves) + "\n\n"
	}
	if swept {
		detail += "zero_missing sets pairs to 0 that this sync does not know. If another tool, another configuration or another state " +
			"pushes counts for these accounts, its customers would no longer be billed. Only approve this if nothing else uses the " +
			"integration.\n\n"
	}
	detail += "If this is wrong, check the license counts and the mapping files. If it is right, approve exactly this change:\n\n  " +
		approvalLine(guard, billing.Code(alarms)) + "\n\n"
	if guard.Approved != "" {
		detail += fmt.Sprintf("The code in the configuration, %q, is that of another change.\n\n", guard.Approved)
	}
	return diag.NewAttributeErrorDiagnostic(unitCounts, "The change of unit counts is larger than the guard allows", detail+
		"The code does not have to be removed afterwards, because it approves no other change. To continue a destroy that is stopped here, "+
		"approve the change, or use -refresh=false, which plans no counts.")
}

func listMoves(moves []billing.Move) string {
	lines := make([]string, len(moves))
	for i, move := range moves {
		lines[i] = fmt.Sprintf("%s: %d from %s to %s", move.Service, move.Units, move.From, strings.Join(move.To, ", "))
	}
	return tfdiag.List(lines)
}

// approvalLine is the guard of the configuration with another code, as it is written in a configuration.
func approvalLine(guard billing.Guard, code string) string {
	var parts []string
	for _, limit := range []struct {
		name            string
		value, standard int64
	}{
		{"max_decrease_percent", guard.MaxDecreasePercent, defaultGuard.MaxDecreasePercent},
		{"max_increase_percent", guard.MaxIncreasePercent, defaultGuard.MaxIncreasePercent},
		{"max_account_percent", guard.MaxAccountPercent, defaultGuard.MaxAccountPercent},
		{"max_first_units", guard.MaxFirstUnits, defaultGuard.MaxFirstUnits},
	} {
		if limit.value != limit.standard {
			parts = append(parts, fmt.Sprintf("%s = %d", limit.name, limit.value))
		}
	}
	return fmt.Sprintf("guard = { %s }", strings.Join(append(parts, fmt.Sprintf("approved = %q", code)), ", "))
}

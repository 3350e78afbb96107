// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

var unmappedType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"account_id": types.StringType, "service": types.StringType, "unit_count": types.NumberType,
}}

type model struct {
	ID             types.String      `tfsdk:"id"`
	UnitCounts     types.Map         `tfsdk:"unit_counts"`
	UncountedSeats types.Map         `tfsdk:"uncounted_seats"`
	Triggers       types.Map         `tfsdk:"triggers"`
	OnUnmapped     types.String      `tfsdk:"on_unmapped"`
	Guard          types.Object      `tfsdk:"guard"`
	ZeroMissing    types.Bool        `tfsdk:"zero_missing"`
	ZeroOnDestroy  types.Bool        `tfsdk:"zero_on_destroy"`
	Unmapped       types.List        `tfsdk:"unmapped"`
	HeldCounts     types.Map         `tfsdk:"held_counts"`
	LastPushedAt   timetypes.RFC3339 `tfsdk:"last_pushed_at"`
}

// pushState reads the push history from a state. A nil model, before the resource is created, has an empty one.
func (m *model) pushState() (pushState, error) {
	if m == nil {
		return pushState{counts: billing.Counts{}, unmapped: billing.Ledger{}, held: billing.Ledger{}}, nil
	}
	counts, err := shapes.DecodeUnitCounts(shapes.UnitCounts, m.UnitCounts)
	if err != nil {
		return pushState{}, err
	}
	held, err := shapes.DecodeUnitCounts("held_counts", m.HeldCounts)
	if err != nil {
		return pushState{}, err
	}
	read := pushState{counts: counts, held: billing.Ledger{}, unmapped: billing.Ledger{}}
	for account, services := range held {
		for service, units := range services {
			read.held[billing.Pair{Account: account, Service: service}] = units
		}
	}
	for _, element := range m.Unmapped.Elements() {
		pair, units, err := unmappedOf(element)
		if err != nil {
			return pushState{}, err
		}
		read.unmapped[pair] = units
	}
	return read, nil
}

// knownCounts returns unit_counts, or nil while a part of it is unknown or not valid.
func (m *model) knownCounts() billing.Counts {
	if !shapes.FullyKnown(m.UnitCounts) {
		return nil
	}
	counts, _ := shapes.DecodeUnitCounts(shapes.UnitCounts, m.UnitCounts) // the push says what is not valid
	return counts
}

// setPushState writes the whole push history.
func (m *model) setPushState(state pushState) {
	m.UnitCounts = shapes.EncodeUnitCounts(state.counts)
	m.setComputed(state)
}

// setComputed writes the computed part of the push history, because unit_counts must stay as planned after a push without errors.
func (m *model) setComputed(state pushState) {
	m.HeldCounts = shapes.EncodeUnitCounts(countsFrom(state.held))
	elements := make([]attr.Value, 0, len(state.unmapped))
	for _, pair := range sortedPairs(state.unmapped) {
		elements = append(elements, types.ObjectValueMust(unmappedType.AttrTypes, map[string]attr.Value{
			"account_id": types.StringValue(pair.Account), "service": types.StringValue(pair.Service), "unit_count": shapes.EncodeUnits(state.unmapped[pair]),
		}))
	}
	m.Unmapped = types.ListValueMust(unmappedType, elements)
}

// setComputedUnknown marks the values that depend on the result of a push.
func (m *model) setComputedUnknown() {
	m.Unmapped = types.ListUnknown(unmappedType)
	m.HeldCounts = types.MapUnknown(shapes.ServiceUnitsType)
	m.LastPushedAt = timetypes.NewRFC3339Unknown()
}

func (m *model) lastPushedAt() timetypes.RFC3339 {
	if m == nil {
		return timetypes.NewRFC3339Null()
	}
	return m.LastPushedAt
}

// pushedBefore returns when Gradient last accepted a count from this state, and whether it received another one more than an hour later.
func (m *model) pushedBefore(synced time.Time) (pushed time.Time, late bool) {
	if m == nil || m.LastPushedAt.IsNull() || m.LastPushedAt.IsUnknown() {
		return pushed, false
	}
	pushed, problems := m.LastPushedAt.ValueRFC3339Time()
	return pushed, !problems.HasError() && synced.After(pushed.Add(time.Hour))
}

// neverApplied reports whether no apply has written this state: there is none, or an import made it.
func (m *model) neverApplied() bool { return m == nil || m.OnUnmapped.IsNull() }

// mayKnowAllCounts reports whether this state may have pushed every count of the integration. Otherwise an older tool or a lost state has.
func (m *model) mayKnowAllCounts(up upstream) bool {
	return !m.neverApplied() || up.integration.LastSyncedAt.IsZero()
}

// forcesFullPush reports whether the planned model pushes everything: on create, after an import, when triggers
// changed (rule 5), and when zero_missing was turned on (rule 11).
func (m *model) forcesFullPush(prior *model) bool {
	if prior.neverApplied() {
		return true
	}
	if m.ZeroMissing.ValueBool() && !prior.ZeroMissing.ValueBool() {
		return true
	}
	noTriggers := len(m.Triggers.Elements()) == 0 && len(prior.Triggers.Elements()) == 0 && !m.Triggers.IsUnknown()
	return !noTriggers && !m.Triggers.Equal(prior.Triggers)
}

// sweeps reports whether zero_missing looks for pairs that unit_counts lacks (rule 11).
func (m *model) sweeps(prior *model, waiting pending) bool {
	return m.ZeroMissing.ValueBool() && (waiting.Full || m.forcesFullPush(prior))
}

func unmappedOf(value attr.Value) (pair billing.Pair, units int64, err error) {
	object, ok := value.(types.Object)
	if !ok {
		return pair, 0, fmt.Errorf("an element of unmapped is a %T", value)
	}
	account, okAccount := object.Attributes()["account_id"].(types.String)
	service, okService := object.Attributes()["service"].(types.String)
	number, okNumber := object.Attributes()["unit_count"].(types.Number)
	if !okAccount || !okService || !okNumber {
		return pair, 0, errors.New("an element of unmapped has no account_id, service or unit_count")
	}
	pair = billing.Pair{Account: account.ValueString(), Service: service.ValueString()}
	if units, err = shapes.DecodeUnits(number); err != nil {
		return pair, 0, fmt.Errorf("the unit_count of account %q and service %q in unmapped %w", pair.Account, pair.Service, err)
	}
	return pair, units, nil
}

func countsFrom(ledger billing.Ledger) billing.Counts {
	counts := billing.Counts{}
	for pair, units := range ledger {
		if counts[pair.Account] == nil {
			counts[pair.Account] = map[string]int64{}
		}
		counts[pair.Account][pair.Service] = units
	}
	return counts
}

// address is how a pair is written in a configuration.
func address(pair billing.Pair) string {
	return fmt.Sprintf("unit_counts[%q][%q]", pair.Account, pair.Service)
}

package licensesync

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	servicesType = types.MapType{ElemType: types.NumberType}
	guardType    = map[string]attr.Type{"max_decrease_percent": types.Int64Type, "max_increase_percent": types.Int64Type}
	unmappedType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"account_id": types.StringType, "service": types.StringType, "unit_count": types.NumberType,
	}}
)

type model struct {
	ID            types.String      `tfsdk:"id"`
	UnitCounts    types.Map         `tfsdk:"unit_counts"`
	Triggers      types.Map         `tfsdk:"triggers"`
	OnUnmapped    types.String      `tfsdk:"on_unmapped"`
	Guard         types.Object      `tfsdk:"guard"`
	ZeroMissing   types.Bool        `tfsdk:"zero_missing"`
	ZeroOnDestroy types.Bool        `tfsdk:"zero_on_destroy"`
	Unmapped      types.List        `tfsdk:"unmapped"`
	HeldCounts    types.Map         `tfsdk:"held_counts"`
	LastPushedAt  timetypes.RFC3339 `tfsdk:"last_pushed_at"`
}

// guard returns the limits; ok is false while one of them is unknown.
func (m model) guard(ctx context.Context) (guard billing.Guard, ok bool, diags diag.Diagnostics) {
	if m.Guard.IsUnknown() || m.Guard.IsNull() {
		return guard, false, nil
	}
	var limits struct {
		MaxDecrease types.Int64 `tfsdk:"max_decrease_percent"`
		MaxIncrease types.Int64 `tfsdk:"max_increase_percent"`
	}
	diags = m.Guard.As(ctx, &limits, basetypes.ObjectAsOptions{})
	guard = billing.Guard{MaxDecreasePercent: limits.MaxDecrease.ValueInt64(), MaxIncreasePercent: limits.MaxIncrease.ValueInt64()}
	return guard, !limits.MaxDecrease.IsUnknown() && !limits.MaxIncrease.IsUnknown(), diags
}

// book reads what the state remembers.
func (m model) book() (book, error) {
	counts, err := countsOf(m.UnitCounts)
	if err != nil {
		return book{}, err
	}
	held, err := countsOf(m.HeldCounts)
	if err != nil {
		return book{}, err
	}
	b := book{counts: counts, held: billing.Ledger{}, unmapped: billing.Ledger{}}
	for account, services := range held {
		for service, units := range services {
			b.held[billing.Pair{Account: account, Service: service}] = units
		}
	}
	for _, element := range m.Unmapped.Elements() {
		pair, units, err := unmappedOf(element)
		if err != nil {
			return book{}, err
		}
		b.unmapped[pair] = units
	}
	return b, nil
}

// write puts a book into the model.
func (m *model) write(b book) {
	m.UnitCounts = countsValue(b.counts)
	m.writeComputed(b)
}

// writeComputed puts the computed part of a book into the model: unit_counts has to stay as planned.
func (m *model) writeComputed(b book) {
	m.HeldCounts = countsValue(countsFrom(b.held))
	elements := make([]attr.Value, 0, len(b.unmapped))
	for _, pair := range sortedPairs(b.unmapped) {
		elements = append(elements, types.ObjectValueMust(unmappedType.AttrTypes, map[string]attr.Value{
			"account_id": types.StringValue(pair.Account), "service": types.StringValue(pair.Service), "unit_count": number(b.unmapped[pair]),
		}))
	}
	m.Unmapped = types.ListValueMust(unmappedType, elements)
}

// fullyKnown reports whether unit counts hold no unknown value.
func fullyKnown(counts types.Map) bool {
	if counts.IsUnknown() {
		return false
	}
	for _, element := range counts.Elements() {
		services, ok := element.(types.Map)
		if !ok || services.IsUnknown() {
			return false
		}
		for _, units := range services.Elements() {
			if units.IsUnknown() {
				return false
			}
		}
	}
	return true
}

// countsOf reads unit counts, leaving out what is unknown. The error has one line for every value that is no count.
func countsOf(value types.Map) (billing.Counts, error) {
	counts := billing.Counts{}
	var wrong []error
	for account, element := range value.Elements() {
		services, ok := element.(types.Map)
		if !ok {
			return nil, fmt.Errorf("unit_counts[%q] is a %T", account, element)
		}
		if services.IsUnknown() {
			continue
		}
		if services.IsNull() {
			counts[account] = nil
			continue
		}
		counts[account] = make(map[string]int64, len(services.Elements()))
		for service, element := range services.Elements() {
			units, known, err := unitsOf(element)
			switch {
			case account == "" || service == "":
				wrong = append(wrong, fmt.Errorf("%s names no account or no service", address(billing.Pair{Account: account, Service: service})))
			case err != nil:
				wrong = append(wrong, fmt.Errorf("%s %w", address(billing.Pair{Account: account, Service: service}), err))
			case known:
				counts[account][service] = units
			}
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return counts, errors.Join(wrong...)
}

// unitsOf reads one number. known is false when Terraform does not know it yet.
func unitsOf(value attr.Value) (units int64, known bool, err error) {
	number, ok := value.(types.Number)
	switch {
	case !ok:
		return 0, false, fmt.Errorf("is a %T", value)
	case number.IsUnknown():
		return 0, false, nil
	case number.IsNull():
		return 0, false, errors.New("is null: leave the pair out if nothing is to be billed, or make the whole account null if its counts are unknown")
	case !number.ValueBigFloat().IsInt():
		return 0, false, fmt.Errorf("is %s, but seats are whole numbers", tfdiag.NumberText(number.ValueBigFloat()))
	case number.ValueBigFloat().Sign() < 0:
		return 0, false, fmt.Errorf("is %s, but there are no negative seats", tfdiag.NumberText(number.ValueBigFloat()))
	}
	units, accuracy := number.ValueBigFloat().Int64()
	if accuracy != big.Exact || units > billing.MostSeats {
		return 0, false, fmt.Errorf("is %s, which no count can be", tfdiag.NumberText(number.ValueBigFloat()))
	}
	return units, true, nil
}

func unmappedOf(value attr.Value) (pair billing.Pair, units int64, err error) {
	object, ok := value.(types.Object)
	if !ok {
		return pair, 0, fmt.Errorf("an element of unmapped is a %T", value)
	}
	account, okAccount := object.Attributes()["account_id"].(types.String)
	service, okService := object.Attributes()["service"].(types.String)
	if !okAccount || !okService {
		return pair, 0, errors.New("an element of unmapped has no account_id or service")
	}
	units, _, err = unitsOf(object.Attributes()["unit_count"])
	return billing.Pair{Account: account.ValueString(), Service: service.ValueString()}, units, err
}

func countsValue(counts billing.Counts) types.Map {
	accounts := make(map[string]attr.Value, len(counts))
	for account, services := range counts {
		if services == nil {
			accounts[account] = types.MapNull(types.NumberType)
			continue
		}
		units := make(map[string]attr.Value, len(services))
		for service, n := range services {
			units[service] = number(n)
		}
		accounts[account] = types.MapValueMust(types.NumberType, units)
	}
	return types.MapValueMust(servicesType, accounts)
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

func number(n int64) types.Number { return types.NumberValue(new(big.Float).SetInt64(n)) }

// address is how a pair is written in a configuration.
func address(pair billing.Pair) string {
	return fmt.Sprintf("unit_counts[%q][%q]", pair.Account, pair.Service)
}

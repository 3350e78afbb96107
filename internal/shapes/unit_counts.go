// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// DecodeUnitCounts reads the unit counts of an argument: account id → service → whole number. It leaves out what Terraform does
// not know yet. An account that is null is nil: its counts are unknown.
func DecodeUnitCounts(argument string, value types.Map) (billing.Counts, error) {
	return decodeByService(argument, value, func(account, service string, number types.Number) (int64, error) {
		if account == "" || service == "" {
			return 0, errors.New("has an empty key: write the account id and the service name")
		}
		if number.IsNull() {
			return 0, errors.New("is null: leave the pair out if nothing is billed, or make the whole account null if its counts are unknown")
		}
		return DecodeUnits(number)
	})
}

// DecodeUncountedSeats reads uncounted_seats: account id → key of the SKU → seats. It leaves out what Terraform does not know yet.
func DecodeUncountedSeats(value types.Map) (billing.Counts, error) {
	return decodeByService(UncountedSeats, value, func(_, _ string, number types.Number) (int64, error) { return DecodeUnits(number) })
}

// DecodeReportedUnits reads the units that another system reports: account id → service → number, which may be negative or a
// fraction. A null argument is nil, and so are a null account and a null number.
func DecodeReportedUnits(argument string, value types.Map) (map[string]map[string]*float64, error) {
	if value.IsNull() {
		return nil, nil
	}
	return decodeByService(argument, value, func(_, _ string, number types.Number) (*float64, error) {
		if number.IsNull() {
			return nil, nil
		}
		units, _ := number.ValueBigFloat().Float64()
		if math.Abs(units) > billing.MostSeats {
			return nil, outOfRange(-billing.MostSeats, number)
		}
		return &units, nil
	})
}

// decodeByService reads a map of maps of numbers. It leaves out what is unknown.
func decodeByService[T any](
	argument string, value types.Map, decode func(account, service string, number types.Number) (T, error),
) (map[string]map[string]T, error) {
	wrong := problems{argument: argument}
	accounts := value.Elements()
	counts := make(map[string]map[string]T, len(accounts))
	for account, element := range accounts {
		services, at := element.(types.Map), path.Root(argument).AtMapKey(account)
		switch {
		case services.IsUnknown():
			continue
		case services.IsNull():
			counts[account] = nil
			continue
		}
		numbers := services.Elements()
		counts[account] = make(map[string]T, len(numbers))
		for service, element := range numbers {
			number := element.(types.Number)
			if number.IsUnknown() {
				continue
			}
			units, err := decode(account, service, number)
			if err != nil {
				wrong.add(at.AtMapKey(service), err.Error())
				continue
			}
			counts[account][service] = units
		}
	}
	return counts, wrong.err()
}

// EncodeUnitCounts returns unit counts as Terraform has them. A nil account becomes null.
func EncodeUnitCounts(counts billing.Counts) types.Map {
	accounts := make(map[string]attr.Value, len(counts))
	for account, services := range counts {
		if services == nil {
			accounts[account] = types.MapNull(types.NumberType)
			continue
		}
		units := make(map[string]attr.Value, len(services))
		for service, n := range services {
			units[service] = EncodeUnits(n)
		}
		accounts[account] = types.MapValueMust(types.NumberType, units)
	}
	return types.MapValueMust(ServiceUnitsType, accounts)
}

// DecodeUnits reads a number of seats or units: a whole number from 0 to [billing.MostSeats]. The error follows the name of the
// value in a sentence.
func DecodeUnits(value types.Number) (int64, error) {
	switch {
	case value.IsUnknown():
		return 0, errors.New(isUnknown)
	case value.IsNull():
		return 0, errors.New(isNull)
	}
	number := value.ValueBigFloat()
	units, accuracy := number.Int64()
	switch {
	case number.Sign() < 0 || units > billing.MostSeats:
		return 0, outOfRange(0, value)
	case accuracy != big.Exact:
		return 0, fmt.Errorf("is not a whole number: %s", tfdiag.NumberText(number))
	}
	return units, nil
}

// small are the values of the numbers that most pairs have. A large estate has each of them thousands of times, and nobody changes them.
var small = func() (values [1000]types.Number) {
	for n := range values {
		values[n] = types.NumberValue(new(big.Float).SetInt64(int64(n)))
	}
	return values
}()

// EncodeUnits returns a number of seats or units as Terraform has it.
func EncodeUnits(n int64) types.Number {
	if n >= 0 && n < int64(len(small)) {
		return small[n]
	}
	return types.NumberValue(new(big.Float).SetInt64(n))
}

func outOfRange(least int64, value types.Number) error {
	return fmt.Errorf("is out of range (%d to %d): %s", least, int64(billing.MostSeats), tfdiag.NumberText(value.ValueBigFloat()))
}

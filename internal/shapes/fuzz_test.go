// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"math/big"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// A number of a configuration is decoded as what was written down, in unit counts and in license counts alike, or is an error.
func FuzzNumbers(f *testing.F) {
	for _, number := range []string{
		"0", "-0", "7", "-1", "1.5", "3e2", "2147483647", "2147483648", "3e9", "9007199254740993", "9223372036854775807", "1e400", "-1e400", "1e-400",
		"1e600000000", "-1e600000000", "1e-600000000", "1e1000000000", "-1e1000000000", "1e999999999999", "null",
	} {
		f.Add("acme", "Premium", number)
	}
	f.Add("", "", "1")
	f.Add("a\x00/b", "\xff\u202e\"\n", "12")
	f.Fuzz(func(t *testing.T, key, name, text string) {
		written := types.NumberNull()
		if number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven); err == nil {
			written = types.NumberValue(number)
		}
		units, unitsErr := DecodeUnitCounts(UnitCounts, unitCounts(map[string]attr.Value{key: services(map[string]attr.Value{name: written})}))
		counts, countsErr := DecodeLicenseCounts(licenseCounts(CountType, map[string]types.Map{
			key: types.MapValueMust(CountType, map[string]attr.Value{name: countOf(CountType, written)}),
		}), asIs)
		valid := isSeats(written)
		if (countsErr == nil) != (valid || written.IsNull()) || (unitsErr == nil) != (valid && key != "" && name != "") {
			t.Fatalf("%s of %q and %q: %v, %v", text, key, name, unitsErr, countsErr)
		}
		for _, err := range []error{unitsErr, countsErr} {
			if err != nil && (err.Error() == "" || FuncError(err, LicenseCounts).Text == "" && Diagnostic("Wrong", err).Detail() == "") {
				t.Errorf("%s of %q and %q: an error without a text", text, key, name)
			}
		}
		if _, taken := units[key][name]; taken != (unitsErr == nil) {
			t.Errorf("%s of %q and %q is taken as %v: %v", text, key, name, units, unitsErr)
		}
		if got, taken := counts[key][name]; taken != (countsErr == nil) || written.IsNull() && got.Purchased != billing.Unknown {
			t.Errorf("%s of %q and %q is taken as %v: %v", text, key, name, counts, countsErr)
		}
		if unitsErr != nil {
			return
		}
		if n := EncodeUnits(units[key][name]); n.ValueBigFloat().Cmp(written.ValueBigFloat()) != 0 || counts[key][name].Assigned != units[key][name] {
			t.Errorf("%s of %q and %q is taken as %s and %+v", text, key, name, n, counts[key][name])
		}
		if again, err := DecodeUnitCounts(UnitCounts, EncodeUnitCounts(units)); err != nil || !reflect.DeepEqual(again, units) {
			t.Errorf("%v is encoded and decoded as %v, %v", units, again, err)
		}
	})
}

// isSeats reports whether a number is a number of seats, in another way than DecodeUnits does.
func isSeats(number types.Number) bool {
	if number.IsNull() {
		return false
	}
	value := number.ValueBigFloat()
	return value.IsInt() && value.Sign() >= 0 && value.Cmp(big.NewFloat(billing.MostSeats)) <= 0
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// hardNumbers are numbers that a configuration can hold and that are no seats, or hard to handle.
var hardNumbers = []string{
	"0", "1", "-0", "-1", "2.5", "3e2", "2147483647", "2147483648", "9007199254740993", "9223372036854775807", "1e30", "1e400", "-1e400", "1e-400",
	"1e600000000", "-1e600000000", "1e-600000000", "1e1000000000", "-1e1000000000", "1e999999999999",
}

// The function adds up what it is given, or says what is wrong with it: never another number.
func FuzzUnitCounts(f *testing.F) {
	for _, number := range hardNumbers {
		f.Add("acme", "hq", "acme", "SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "spb", "Premium", "", number, "3")
	}
	f.Add("acme", "a/b", "acme", "SPB", "", "SPB", "Premium", "assigned", "1", "2")
	f.Add("", "", "", "", "", "", "", "bought", "1", "1")
	f.Add("a/b", "x", "a/b", "O365_w/o Teams Bundle_M3", "X", "O365_w/o Teams Bundle_M3/X", "S", "enabled", "7", "")
	f.Add("ａ\x00", "\u202e", "ａ\x00", "\t", "\xff", " ", "\n", "purchased", "1", "1")
	f.Fuzz(func(t *testing.T, account, label, mapped, sku, skuID, mappedSKU, service, basis, first, second string) {
		one, two := parsed(first), parsed(second)
		counts := mapValue(types.MapType{ElemType: countType}, map[string]attr.Value{
			account:               mapValue(countType, map[string]attr.Value{sku: counted(skuID, one)}),
			account + "/" + label: mapValue(countType, map[string]attr.Value{sku: counted(skuID, two)}),
		})
		value, err := call(t, counts,
			map[string]attr.Value{"c": company(types.StringValue(mapped))},
			map[string]attr.Value{"l": license(types.StringValue(service), types.StringValue(basis), skus(types.StringValue(mappedSKU)))})
		if err != nil {
			checkRefusal(t, err)
			return
		}
		units := value.(types.Map).Elements()
		before, _, _ := strings.Cut(account, "/")
		if len(units) != 1 || mapped != before || service == "" || basis != "" && !slices.Contains(billing.BasisNames(), basis) {
			t.Fatalf("%q, mapped as %q for %q on %q: %v", account, mapped, service, basis, value)
		}
		a, okOne := seats(one)
		b, okTwo := seats(two)
		if !okOne && !one.IsNull() || !okTwo && !two.IsNull() {
			t.Fatalf("%s and %s were taken for seats: %v", first, second, value)
		}
		for _, got := range units[mapped].(types.Map).Elements() {
			if !okOne || !okTwo {
				t.Errorf("%s and %s were billed: %v", first, second, got)
			}
			if n, _ := got.(types.Number).ValueBigFloat().Int64(); n != a+b || n == 0 {
				t.Errorf("%d of %q, want %s + %s", n, service, first, second)
			}
		}
	})
}

// parsed is a number as Terraform hands it on, or null.
func parsed(text string) types.Number {
	value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		return types.NumberNull()
	}
	return types.NumberValue(value)
}

// seats is what a number of seats must be, told in another way than unitsOf does.
func seats(value types.Number) (int64, bool) {
	if value.IsNull() || value.ValueBigFloat().Cmp(big.NewFloat(0)) < 0 || value.ValueBigFloat().Cmp(big.NewFloat(1<<31)) >= 0 {
		return 0, false
	}
	n, _ := value.ValueBigFloat().Int64()
	return n, value.ValueBigFloat().Cmp(new(big.Float).SetInt64(n)) == 0
}

func counted(skuID string, n types.Number) attr.Value {
	return types.ObjectValueMust(countType.AttrTypes, map[string]attr.Value{
		"sku_id": types.StringValue(skuID), "purchased": n, "enabled": n, "entitled": n, "assigned": n})
}

func checkRefusal(t *testing.T, err *function.FuncError) {
	t.Helper()
	if err.Text == "" || err.FunctionArgument == nil || *err.FunctionArgument < 0 || *err.FunctionArgument > 2 {
		t.Errorf("an error of no use: %+v", err)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review

import (
	"math"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// Whatever numbers are given, the review is made of numbers that Terraform can hold, or says which one is none.
func FuzzNumbers(f *testing.F) {
	for _, number := range []string{
		"10", "0", "-1", "2.5", "2147483648", "1e304", "1e308", "1e400", "-1e400", "1e-400", "1e600000000", "1e-600000000", "-1e1000000000", "NaN", "null",
	} {
		f.Add("acme", "Premium", number, "1e308", int64(7), 0.5)
		f.Add("acme", "Premium", "10", number, int64(-1), 1e308)
	}
	f.Add("", "\x00", "3", "0x1p3", int64(math.MaxInt64), math.Inf(1))
	f.Fuzz(func(t *testing.T, account, service, psa, cell string, held int64, tolerance float64) {
		units := types.NumberNull()
		if number, _, err := big.ParseFloat(psa, 10, 512, big.ToNearestEven); err == nil {
			units = types.NumberValue(number)
		}
		given, err := shapes.DecodeReportedUnits("psa_counts", types.MapValueMust(types.MapType{ElemType: types.NumberType}, map[string]attr.Value{
			account: types.MapValueMust(types.NumberType, map[string]attr.Value{service: units}),
		}))
		if err != nil || held < 0 || held > billing.MostSeats || !(tolerance >= 0) {
			return // no review is made
		}
		const key = "acme"
		result, err := reconcile.Reconcile(reconcile.Input{
			Counts:    map[string]map[string]reconcile.Count{key: {"SPB": {SKUCount: billing.SKUCount{Seats: billing.Seats{Purchased: held}}}}},
			Companies: map[string]reconcile.Company{key: {AccountID: key, CompanyID: 1}},
			Licenses:  map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}}},
			Published: map[int64][]reconcile.PublishedRow{1: {{SKU: "SPB", Purchased: parseSeats(cell)}, {SKU: "SPB", Purchased: parseSeats(cell)}}},
			PSA:       given,
			Tolerance: tolerance,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range result.Rows {
			for system, n := range row.Units {
				if n != nil && (math.IsNaN(*n) || math.Abs(*n) > 4*billing.MostSeats) {
					t.Errorf("%s has %g units", reconcile.System(system).Key(), *n)
				}
			}
		}
		var m model
		m.setComputed(result)
		for _, value := range []attr.Value{m.Rows, m.Differences, m.Summary, m.Flagged} {
			if _, err := value.ToTerraformValue(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

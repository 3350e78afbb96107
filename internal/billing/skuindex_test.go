// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

const (
	e5ID         = "06ebc4ee-1bb5-47dd-8120-11324bc54e06" // SPE_E5
	callingOneID = "54a152dc-90de-4996-93d2-bc47e670fc06" // MCOPSTN5
	callingTwoID = "d43177b5-475b-4880-92d4-d54c27b5efbd" // MCOPSTN5, too
)

// A SKU is its skuId. A part number of a mapping stands for the ids of Microsoft's table, whatever the tenant calls them.
func TestRule2SKUsAreTheirIDs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		skus []string
		held map[string]billing.SKUCount
		want map[string]int64
	}{
		"the tenant has another part number":         {[]string{"SPE_E5"}, map[string]billing.SKUCount{"Microsoft_365_E5": held(e5ID, 100)}, map[string]int64{"S": 100}},
		"the tenant has another id":                  {[]string{"SPE_E5"}, map[string]billing.SKUCount{"SPE_E5": held(guidA, 100)}, map[string]int64{}},
		"one of two ids of a part number":            {[]string{"SPE_E5"}, map[string]billing.SKUCount{"SPE_E5/" + e5ID: held(e5ID, 9), "SPE_E5/" + guidA: held(guidA, 1)}, map[string]int64{"S": 9}},
		"a part number with two ids in the table":    {[]string{"mcopstn5"}, map[string]billing.SKUCount{"A": held(callingOneID, 3), "B": held(strings.ToUpper(callingTwoID), 4)}, map[string]int64{"S": 7}},
		"one id of such a part number":               {[]string{callingTwoID}, map[string]billing.SKUCount{"A": held(callingOneID, 3), "B": held(callingTwoID, 4)}, map[string]int64{"S": 4}},
		"the id of a mapping, another part number":   {[]string{"SPE_E5/" + e5ID}, map[string]billing.SKUCount{"Microsoft_365_E5": held(e5ID, 5)}, map[string]int64{"S": 5}},
		"an id that the table does not have":         {[]string{guidA}, map[string]billing.SKUCount{"SPE_E5": held(guidA, 6)}, map[string]int64{"S": 6}},
		"a part number that the table does not have": {[]string{"new_e9"}, map[string]billing.SKUCount{"NEW_E9": held(guidA, 8)}, map[string]int64{"S": 8}},
		"counts without an id, by the table":         {[]string{e5ID}, map[string]billing.SKUCount{"spe_e5": seats(2)}, map[string]int64{"S": 2}},
		"counts without an id, PART/<skuId>":         {[]string{"SPE_E5"}, map[string]billing.SKUCount{"Old/" + e5ID: seats(2)}, map[string]int64{"S": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := billing.LicenseCounts{"acme": test.held}
			got, err := billing.UnitCounts(counts, accountsOf(counts), map[string]billing.LicenseMapping{"s": {Service: "S", SKUs: test.skus}})
			if want := (billing.Counts{"acme": test.want}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func TestRule2OneSKUInTwoServices(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		one, other string
		held       map[string]billing.SKUCount
		wrong      bool
	}{
		"part number and id":                       {"SPE_E5", strings.ToUpper(e5ID), nil, true},
		"part number and PART/<skuId>":             {"SPE_E5", "Microsoft_365_E5/" + e5ID, nil, true},
		"id and PART/<skuId>":                      {e5ID, "SPE_E5/" + e5ID, nil, true},
		"a part number with two ids, and one":      {"MCOPSTN5", callingTwoID, nil, true},
		"two ids of one part number":               {callingOneID, callingTwoID, nil, false},
		"two ids of one unknown part number":       {"NEW/" + guidA, "NEW/" + guidB, nil, false},
		"unknown part number and PART/<skuId>":     {"NEW", "new/" + guidA, nil, true},
		"known part number, PART with another id":  {"SPE_E5", "SPE_E5/" + guidA, nil, false},
		"the tenant's part number and the table's": {"SPE_E5", "M365_E5_CONTOSO", map[string]billing.SKUCount{"M365_E5_CONTOSO": held(e5ID, 1)}, true},
		"the same, and nobody holds it":            {"SPE_E5", "M365_E5_CONTOSO", nil, false},
		"id that no table knows and part number":   {guidA, "NEW", map[string]billing.SKUCount{"NEW": held(guidA, 1)}, true},
	} {
		for _, order := range [][2]string{{test.one, test.other}, {test.other, test.one}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				counts := billing.LicenseCounts{"acme": test.held}
				if test.held == nil {
					counts["acme"] = map[string]billing.SKUCount{}
				}
				_, err := billing.UnitCounts(counts, accountsOf(counts), map[string]billing.LicenseMapping{
					"a": {Service: "One", SKUs: order[:1]}, "b": {Service: "Two", SKUs: order[1:]},
				})
				var wrong *billing.InputError
				if errors.As(err, &wrong) != test.wrong || test.wrong && (!strings.Contains(wrong.Text, `"One"`) || !strings.Contains(wrong.Text, `"Two"`)) {
					t.Errorf("got %v, want an error: %t", err, test.wrong)
				}
			})
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"reflect"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Rule 10: the guard says of units that only move between accounts that they do.
func TestRule10UnitsThatMove(t *testing.T) {
	t.Parallel()
	group := billing.Ledger{pair("group", "S"): 20, pair("group", "T"): 5, pair("other", "S"): 9, pair("zero", "S"): 0}
	for name, test := range map[string]struct {
		desired billing.Counts
		want    []billing.Move
	}{
		"a first split": {
			billing.Counts{"group": {"S": 8, "T": 3}, "other": {"S": 9}, "retail": {"S": 4, "T": 2}, "marine": {"S": 8, "T": 0}},
			[]billing.Move{{"S", "group", []string{"marine", "retail"}, 12}, {"T", "group", []string{"retail"}, 2}},
		},
		"an account that leaves for another one": {
			billing.Counts{"group": {"S": 20, "T": 5}, "zero": {"S": 9}},
			[]billing.Move{{"S", "other", []string{"zero"}, 9}},
		},
		"one unit is lost":       {billing.Counts{"group": {"S": 8, "T": 5}, "other": {"S": 9}, "marine": {"S": 11}}, nil},
		"one unit too many":      {billing.Counts{"group": {"S": 8, "T": 5}, "other": {"S": 9}, "marine": {"S": 13}}, nil},
		"no account is new":      {billing.Counts{"group": {"S": 8, "T": 5}, "other": {"S": 21}}, nil},
		"nothing changes":        {billing.Counts{"group": {"S": 20, "T": 5}, "other": {"S": 9}}, nil},
		"two accounts that lose": {billing.Counts{"group": {"S": 14, "T": 5}, "other": {"S": 3}, "marine": {"S": 6}}, []billing.Move{{"S", "group", []string{"marine"}, 6}, {"S", "other", []string{"marine"}, 6}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (billing.Task{Ledger: group, Desired: test.desired}).Moves(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

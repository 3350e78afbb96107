// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Rule 14: Terraform plans and applies a sync that is destroyed before or after the one that has taken over its pair. In every order the pair
// keeps its count: the destroy leaves it out, or the other sync pushes it again.
func TestRule14ADestroyIsNotTheLastWordInAnyOrder(t *testing.T) {
	t.Parallel()
	pair := at("b", "S")
	zeros := []billing.Push{push("a", "S", 0, billing.Farewell), push("b", "S", 0, billing.Farewell)}
	destroyed := plannedSync{pushes: zeros, destroyed: true}
	idle := plannedSync{counts: billing.Counts{"b": {"S": 7}, "c": nil}}
	destroy := decision{pushes: zeros}
	update := decision{task: billing.Task{Desired: idle.counts}}
	for name, test := range map[string]struct {
		run  func(*integrationRun) (left bool, restored []billing.Pair)
		left bool
	}{
		"the destroy is planned last": {func(r *integrationRun) (bool, []billing.Pair) {
			before := r.plan("two", idle)
			found := r.plan("one", destroyed)
			return reflect.DeepEqual(found.left, []billing.Pair{pair}), before.restored
		}, true},
		"the destroy is planned first": {func(r *integrationRun) (bool, []billing.Pair) {
			found := r.plan("one", destroyed)
			return len(found.left) > 0, r.plan("two", idle).restored
		}, false},
		"the other has nothing to push, and the destroy comes after its plan": {func(r *integrationRun) (bool, []billing.Pair) {
			before := r.plan("two", idle)
			_, isLeft := r.begin(memory{instance: "one"}, destroy, false)
			return isLeft(pair), before.restored
		}, true},
		"the destroy comes before the other's plan": {func(r *integrationRun) (bool, []billing.Pair) {
			_, isLeft := r.begin(memory{instance: "one"}, destroy, false)
			return isLeft(pair), r.plan("two", idle).restored
		}, false},
		"the destroy comes before the other's push": {func(r *integrationRun) (bool, []billing.Pair) {
			_, isLeft := r.begin(memory{instance: "one"}, destroy, false)
			restored, _ := r.begin(memory{instance: "two"}, update, false)
			return isLeft(pair), restored
		}, false},
		"the destroy comes after the other's push": {func(r *integrationRun) (bool, []billing.Pair) {
			restored, _ := r.begin(memory{instance: "two"}, update, false)
			_, isLeft := r.begin(memory{instance: "one"}, destroy, false)
			return isLeft(pair), restored
		}, true},
		"the plan of the destroy has said that it leaves the pair": {func(r *integrationRun) (bool, []billing.Pair) {
			_, isLeft := r.begin(memory{instance: "one", left: []billing.Pair{pair}}, destroy, false)
			return isLeft(pair), r.plan("two", idle).restored
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left, restored := test.run((&Runs{}).of("i"))
			want := []billing.Pair{pair}
			if test.left {
				want = nil
			}
			if left != test.left || !reflect.DeepEqual(restored, want) {
				t.Errorf("left %t and pushed again %v, want %t and %v", left, restored, test.left, want)
			}
		})
	}
}

// What a sync that is destroyed sets to 0 is an error when the other one has no number to push.
func TestRule14ADestroyBesideAnUnknownAccount(t *testing.T) {
	t.Parallel()
	destroyed := plannedSync{pushes: []billing.Push{push("b", "S", 0, billing.Farewell)}, destroyed: true}
	unknown := plannedSync{counts: billing.Counts{"b": nil}, zeroMissing: true}
	for _, order := range [][]plannedSync{{destroyed, unknown}, {unknown, destroyed}} {
		run := (&Runs{}).of("i")
		run.plan("first", order[0])
		found := run.plan("second", order[1])
		if !reflect.DeepEqual(found, conflicts{wiped: []billing.Pair{at("b", "S")}}) {
			t.Errorf("found %+v, want that b/S is wiped, and nothing else", found)
		}
	}
}

// A tainted sync is replaced by one that has none of its accounts: nothing takes its ledger over, so what Gradient keeps is named.
func TestRule14WhatATaintedSyncLeavesIsNamed(t *testing.T) {
	t.Parallel()
	state := model{ID: types.StringValue("i")}
	state.setPushState(pushState{counts: billing.Counts{"a": {"S": 5}}, unmapped: billing.Ledger{at("a", "T"): 2}})
	for name, test := range map[string]struct {
		announced bool
		counts    billing.Counts
		pushed    billing.Counts // by another sync
		want      string
	}{
		"no account in common":                 {counts: billing.Counts{"b": {"S": 1}}, want: "a: S 5, T 2 (not accepted)"},
		"an account in common":                 {counts: billing.Counts{"a": {"S": 1}}},
		"another sync counts it":               {counts: billing.Counts{"b": {"S": 1}}, pushed: billing.Counts{"a": {"S": 5, "T": 2}}},
		"a plan has compared the two of them":  {announced: true, counts: billing.Counts{"b": {"S": 1}}},
		"another sync counts one of the pairs": {counts: billing.Counts{"b": {"S": 1}}, pushed: billing.Counts{"a": {"S": 5}}, want: "a: T 2 (not accepted)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := (&Runs{}).of("i")
			run.leave(inheritance{state: &state, announced: test.announced})
			run.begin(memory{instance: "other"}, decision{task: billing.Task{Desired: test.pushed}}, false)
			run.inherit(test.counts)
			var named string
			for _, d := range run.warnAboutAbandoned(upstream{}) {
				named += d.Detail()
			}
			if (named == "") != (test.want == "") || !strings.HasSuffix(strings.TrimSpace(named), test.want) {
				t.Errorf("named %q, want %q", named, test.want)
			}
		})
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

func at(account, service string) billing.Pair {
	return billing.Pair{Account: account, Service: service}
}

func push(account, service string, units int64, reason billing.Reason) billing.Push {
	return billing.Push{Pair: at(account, service), Units: units, Reason: reason}
}

func TestLedgerIsCountsLessUnmappedPlusHeld(t *testing.T) {
	t.Parallel()
	state := pushState{
		counts:   billing.Counts{"a": {"S": 1, "T": 2}, "b": nil, "c": {"S": 9}},
		unmapped: billing.Ledger{at("a", "T"): 2, at("c", "S"): 9},
		held:     billing.Ledger{at("b", "S"): 3, at("c", "S"): 8},
	}
	want := billing.Ledger{at("a", "S"): 1, at("b", "S"): 3, at("c", "S"): 8}
	if got := state.ledger(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// After every kind of push the ledger is what Gradient has accepted.
func TestEveryStateKeepsTheLedger(t *testing.T) {
	t.Parallel()
	before := pushState{
		counts:   billing.Counts{"a": {"S": 5, "T": 2, "U": 3}, "b": {"S": 7}, "gone": {"S": 1}},
		unmapped: billing.Ledger{at("a", "U"): 3},
		held:     billing.Ledger{},
	}
	desired := billing.Counts{"a": {"S": 6, "T": 2, "U": 4}, "b": nil}
	task := billing.Task{Ledger: before.ledger(), Desired: desired, Refused: before.unmapped}
	for name, test := range map[string]struct {
		after  pushState
		ledger billing.Ledger
		counts billing.Counts
	}{
		"after a push": {
			stateAfterPush(before, task, outcome{
				accepted: []billing.Push{push("a", "S", 6, billing.Changed), push("gone", "S", 0, billing.Farewell)},
				refused:  []billing.Push{push("a", "U", 4, billing.Changed)},
			}),
			billing.Ledger{at("a", "S"): 6, at("a", "T"): 2, at("b", "S"): 7}, desired,
		},
		"a refused farewell leaves the ledger (rule 3)": {
			stateAfterPush(before, task, outcome{refused: []billing.Push{push("gone", "S", 0, billing.Farewell), push("a", "S", 6, billing.Changed)}}),
			billing.Ledger{at("a", "T"): 2, at("a", "U"): 4, at("b", "S"): 7}, desired,
		},
		"while inactive": {
			stateWhileInactive(before, task),
			task.Ledger, desired,
		},
		"after a failure before the first push": {
			stateAfterFailure(before, task, outcome{}),
			task.Ledger, billing.Counts{"a": {"S": 5, "T": 2}, "b": nil, "gone": {"S": 1}},
		},
		"after a failure in the middle (rule 8)": {
			stateAfterFailure(before, task, outcome{accepted: []billing.Push{push("a", "S", 6, billing.Changed)}}),
			billing.Ledger{at("a", "S"): 6, at("a", "T"): 2, at("b", "S"): 7, at("gone", "S"): 1},
			billing.Counts{"a": {"S": 6, "T": 2}, "b": nil, "gone": {"S": 1}},
		},
		"after a failure that follows a farewell": {
			stateAfterFailure(before, task, outcome{accepted: []billing.Push{push("gone", "S", 0, billing.Farewell)}}),
			billing.Ledger{at("a", "S"): 5, at("a", "T"): 2, at("b", "S"): 7}, billing.Counts{"a": {"S": 5, "T": 2}, "b": nil},
		},
		"after a failure with an unclear push": {
			stateAfterFailure(before, task, outcome{unclear: []billing.Push{push("a", "S", 6, billing.Changed), push("gone", "S", 0, billing.Farewell)}}),
			billing.Ledger{at("a", "T"): 2, at("b", "S"): 7}, billing.Counts{"a": {"T": 2}, "b": nil},
		},
		"after a failure that follows an inactive integration": {
			stateAfterFailure(stateWhileInactive(before, task), billing.Task{Ledger: stateWhileInactive(before, task).ledger(), Desired: desired}, outcome{}),
			task.Ledger, billing.Counts{"a": {"T": 2}, "b": nil, "gone": {"S": 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.after.ledger(); !reflect.DeepEqual(got, test.ledger) {
				t.Errorf("the ledger is %v, want %v", got, test.ledger)
			}
			if got := test.after.counts; !reflect.DeepEqual(got, test.counts) {
				t.Errorf("the counts are %v, want %v", got, test.counts)
			}
		})
	}
}

// An unclear push is planned again even if the pair is no longer counted, because Gradient may have accepted it.
func TestAnUnclearPushIsPlannedAgain(t *testing.T) {
	t.Parallel()
	task := billing.Task{Ledger: billing.Ledger{}, Desired: billing.Counts{"a": {"S": 5}}}
	empty, _ := (*model)(nil).pushState()
	after := stateAfterFailure(empty, task, outcome{unclear: []billing.Push{push("a", "S", 5, billing.Changed)}})
	next := billing.Task{Ledger: after.ledger(), Desired: billing.Counts{}, Refused: after.unmapped}
	if got, want := next.Pushes(), []billing.Push{push("a", "S", 0, billing.Farewell)}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRule9RefreshMovesUnmappedPairs(t *testing.T) {
	t.Parallel()
	state := pushState{counts: billing.Counts{"a": {"S": 1}, "b": nil}, unmapped: billing.Ledger{}, held: billing.Ledger{at("b", "S"): 3}}
	after := state.moveToUnmapped(func(billing.Pair) bool { return true })
	if got := after.ledger(); len(got) != 0 {
		t.Errorf("the ledger is %v, want nothing", got)
	}
	if want := (billing.Ledger{at("a", "S"): 1, at("b", "S"): 3}); !reflect.DeepEqual(after.unmapped, want) {
		t.Errorf("unmapped are %v, want %v", after.unmapped, want)
	}
	if !reflect.DeepEqual(after.counts, state.counts) {
		t.Errorf("the counts became %v", after.counts)
	}
}

// "ignore" leaves out only what Gradient has refused. The state tells that from what could not be pushed.
func TestRule7IgnoreLeavesOnlyRefusedNumbersAlone(t *testing.T) {
	t.Parallel()
	ignore := model{OnUnmapped: types.StringValue(onUnmappedIgnore)}
	desired := billing.Counts{"a": {"S": 6}}
	refused := pushState{counts: desired, unmapped: billing.Ledger{at("a", "S"): 6}}
	for name, test := range map[string]struct {
		before pushState
		known  memory
		want   int
	}{
		"refused":                                       {refused, memory{}, 0},
		"refused, and mapped since":                     {refused, memory{ids: gradientIDs{Accounts: map[string]accountNote{"a": {retry: true}}}}, 1},
		"refused, service made since":                   {refused, memory{ids: gradientIDs{Retry: []string{"S"}}}, 1},
		"refused with another number":                   {pushState{counts: desired, unmapped: billing.Ledger{at("a", "S"): 5}}, memory{}, 1},
		"not pushed while the integration was inactive": {pushState{counts: desired, unmapped: billing.Ledger{at("a", "S"): 6}, held: billing.Ledger{at("a", "S"): 5}}, memory{}, 1},
		"left unclear by a failure":                     {pushState{counts: billing.Counts{"a": {}}, unmapped: billing.Ledger{at("a", "S"): 6}}, memory{}, 1},
		"with a farewell that waits for it":             {pushState{counts: desired, unmapped: billing.Ledger{at("a", "S"): 6}, held: billing.Ledger{at("a", "Old"): 6}}, memory{}, 0},
		"with a farewell of an account that was unknown": {
			pushState{counts: billing.Counts{"a": {"S": 6}, "b": nil}, unmapped: billing.Ledger{at("a", "S"): 6}, held: billing.Ledger{at("b", "S"): 6}}, memory{}, 2,
		},
		"with a new farewell": {pushState{counts: billing.Counts{"a": {"S": 6, "Old": 6}}, unmapped: billing.Ledger{at("a", "S"): 6}}, memory{}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decide(test.before, desired, ignore, false, test.known, nil)
			if len(d.pushes) != test.want {
				t.Errorf("pushes %v, want %d", d.pushes, test.want)
			}
			if test.want == 0 && !reflect.DeepEqual(d.stateWithoutPush().ledger(), test.before.ledger()) {
				t.Errorf("without a push the ledger became %v", d.stateWithoutPush().ledger())
			}
		})
	}
}

// A zero that Gradient refused is no reason to push, and goes along with everything else (rule 3).
func TestRule3ARefusedZeroKeepsNoPlanFromBeingEmpty(t *testing.T) {
	t.Parallel()
	before := pushState{counts: billing.Counts{"a": {"S": 5}}, unmapped: billing.Ledger{at("b", "S"): 0}, held: billing.Ledger{}}
	d := decide(before, billing.Counts{"a": {"S": 5}}, model{}, false, memory{}, nil)
	if len(d.pushes) != 0 || !reflect.DeepEqual(d.stateWithoutPush().unmapped, before.unmapped) {
		t.Errorf("pushes %v, and unmapped becomes %v", d.pushes, d.stateWithoutPush().unmapped)
	}
	d = decide(before, billing.Counts{"a": {"S": 6}}, model{}, false, memory{}, nil)
	if want := []billing.Push{push("a", "S", 6, billing.Changed), push("b", "S", 0, billing.Farewell)}; !reflect.DeepEqual(d.pushes, want) {
		t.Errorf("pushes %v, want %v", d.pushes, want)
	}
}

// Every refused pair has its turn, although a run stops after 25 refusals.
func TestRule7TheNextRunBeginsWithWhatWasNotSent(t *testing.T) {
	t.Parallel()
	counts, before := billing.Counts{}, pushState{unmapped: billing.Ledger{}, held: billing.Ledger{}}
	for _, account := range []string{"a", "b", "c", "d"} {
		counts[account] = map[string]int64{"S": 1}
		before.unmapped[at(account, "S")] = 1
	}
	before.counts = counts
	known := memory{pending: pending{Next: &billing.Pair{Account: "c", Service: "S"}}}
	known.ids.Accounts = map[string]accountNote{"d": {shown: mappedNo}}
	d := decide(before, counts, model{}, false, known, nil)
	var order string
	for _, push := range d.pushes {
		order += push.Account
	}
	if order != "cabd" {
		t.Errorf("the order is %s, want cabd", order)
	}
}

// A zero that Gradient refused last does not say where the counts stopped.
func TestRule7CountsAndZerosHaveTheirOwnTurns(t *testing.T) {
	t.Parallel()
	planned := model{OnUnmapped: types.StringValue(onUnmappedWarn)}
	done := outcome{
		refused: []billing.Push{push("a", "S", 1, billing.Changed), push("x", "S", 0, billing.Farewell)},
		unsent: []billing.Push{push("b", "S", 1, billing.Changed), push("c", "S", 1, billing.Changed), push("y", "S", 0, billing.Farewell),
			push("z", "S", 0, billing.Farewell)},
	}
	before := pushState{counts: billing.Counts{}, unmapped: billing.Ledger{}, held: billing.Ledger{}}
	recorded, diags := recordOutcome(planned, &planned, memory{}, decision{before: before, task: billing.Task{Ledger: billing.Ledger{}}}, done, upstream{})
	if diags.HasError() {
		t.Fatal(diags)
	}
	next, zero := recorded.memory.pending.Next, recorded.memory.pending.NextZero
	if next == nil || *next != at("b", "S") || zero == nil || *zero != at("y", "S") {
		t.Errorf("the next run begins with %v and %v, want b and y", next, zero)
	}
}

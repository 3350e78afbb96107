// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

var defaultGuard = billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50, MaxAccountPercent: 50, MaxFirstUnits: 1000}

// rest is an account that is large enough to keep the changes of others below the limits for all units.
var rest = pair("rest", "R")

// estate is a task of the account "rest" with 10000 units that stay, and of others.
func estate(ledger billing.Ledger, desired billing.Counts) billing.Task {
	task := billing.Task{Ledger: billing.Ledger{rest: 10000}, Desired: billing.Counts{"rest": {"R": 10000}}}
	maps.Copy(task.Ledger, ledger)
	maps.Copy(task.Desired, desired)
	return task
}

// expectAlarms fails the test unless the guard has exactly these alarms.
func expectAlarms(t *testing.T, guard billing.Guard, task billing.Task, want ...string) {
	t.Helper()
	var got []string
	for _, alarm := range guard.Check(task) {
		got = append(got, alarm.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestRule10TheWholeEstate(t *testing.T) {
	t.Parallel()
	guard := billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50, MaxAccountPercent: 1000000, MaxFirstUnits: 1000}
	for name, test := range map[string]struct {
		ledger  billing.Ledger
		desired billing.Counts
		want    []string
	}{
		"a fall of the limit":         {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 8}}, nil},
		"a larger fall":               {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 7}}, []string{"units would fall by 3 of 10 (30 %, allowed are 20 %): a 10 -> 7"}},
		"a rise of the limit":         {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 15}}, nil},
		"a larger rise":               {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 16}}, []string{"units would rise by 6 of 10 (60 %, allowed are 50 %): a 10 -> 16"}},
		"new accounts are no rise":    {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 10}, "b": {"S": 900}}, nil},
		"a new service of an old one": {billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 10, "T": 6}}, []string{"units would rise by 6 of 10 (60 %, allowed are 50 %): a 0 -> 6"}},
		"an account that leaves": {billing.Ledger{pair("a", "S"): 10, pair("b", "S"): 10}, billing.Counts{"a": {"S": 10}},
			[]string{"units would fall by 10 of 20 (50 %, allowed are 20 %): b 10 -> 0"}},
		"unknown accounts are left out on both sides": {billing.Ledger{pair("a", "S"): 10, pair("b", "S"): 90}, billing.Counts{"a": {"S": 8}, "b": nil}, nil},
		"they hide no fall": {billing.Ledger{pair("a", "S"): 10, pair("b", "S"): 90}, billing.Counts{"a": {"S": 7}, "b": nil},
			[]string{"units would fall by 3 of 10 (30 %, allowed are 20 %): a 10 -> 7"}},
		"one customer's rise hides no fall": {billing.Ledger{pair("a", "S"): 20, pair("b", "S"): 20}, billing.Counts{"a": {"S": 10}, "b": {"S": 30}},
			[]string{"units would fall by 10 of 40 (25 %, allowed are 20 %): a 20 -> 10"}},
		"one service's rise hides no fall": {billing.Ledger{pair("a", "S"): 20, pair("a", "T"): 5}, billing.Counts{"a": {"S": 10, "T": 15}},
			[]string{"units would fall by 10 of 25 (40 %, allowed are 20 %): a 20 -> 10"}},
		"a service of 50 units falls by the limit": {billing.Ledger{pair("a", "S"): 50, pair("a", "T"): 950}, billing.Counts{"a": {"S": 40, "T": 950}}, nil},
		"a service of 50 units falls by more": {billing.Ledger{pair("a", "S"): 50, pair("a", "T"): 950}, billing.Counts{"a": {"S": 39, "T": 950}},
			[]string{`units of service "S" would fall by 11 of 50 (22 %, allowed are 20 %): a 50 -> 39`}},
		"a service of 49 units vanishes":    {billing.Ledger{pair("a", "S"): 49, pair("a", "T"): 950}, billing.Counts{"a": {"T": 950}}, nil},
		"a service that is unknown for all": {billing.Ledger{pair("a", "S"): 50, pair("b", "T"): 950}, billing.Counts{"a": nil, "b": {"T": 950}}, nil},
		"percentages are rounded up": {billing.Ledger{pair("a", "S"): 1000}, billing.Counts{"a": {"S": 799}},
			[]string{"units would fall by 201 of 1000 (21 %, allowed are 20 %): a 1000 -> 799",
				`units of service "S" would fall by 201 of 1000 (21 %, allowed are 20 %): a 1000 -> 799`}},
		"nothing before, nothing after": {nil, billing.Counts{"a": {}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectAlarms(t, guard, billing.Task{Ledger: test.ledger, Desired: test.desired}, test.want...)
		})
	}
}

func TestRule10OneAccount(t *testing.T) {
	t.Parallel()
	const fall, rise = "the units of an account would fall by more than 50 %: ", "the units of an account would rise by more than 50 %: "
	for name, test := range map[string]struct {
		ledger  billing.Ledger
		desired billing.Counts
		want    []string
	}{
		"a fall of the limit":                        {billing.Ledger{pair("a", "S"): 20}, billing.Counts{"a": {"S": 10}}, nil},
		"a larger fall":                              {billing.Ledger{pair("a", "S"): 20}, billing.Counts{"a": {"S": 9}}, []string{fall + "a 20 -> 9 (55 %)"}},
		"a customer without any SKU":                 {billing.Ledger{pair("a", "S"): 100}, billing.Counts{"a": {}}, []string{fall + "a 100 -> 0 (100 %)"}},
		"19 units may vanish":                        {billing.Ledger{pair("a", "S"): 19}, billing.Counts{"a": {}}, nil},
		"an account that leaves":                     {billing.Ledger{pair("a", "S"): 100}, nil, nil},
		"an unknown account":                         {billing.Ledger{pair("a", "S"): 100}, billing.Counts{"a": nil}, nil},
		"a rise of the limit":                        {billing.Ledger{pair("a", "S"): 20}, billing.Counts{"a": {"S": 30}}, nil},
		"a larger rise":                              {billing.Ledger{pair("a", "S"): 20}, billing.Counts{"a": {"S": 31}}, []string{rise + "a 20 -> 31 (55 %)"}},
		"19 units may become 49":                     {billing.Ledger{pair("a", "S"): 19}, billing.Counts{"a": {"S": 49}}, nil},
		"19 units may not become 50":                 {billing.Ledger{pair("a", "S"): 19}, billing.Counts{"a": {"S": 50}}, []string{rise + "a 19 -> 50 (164 %)"}},
		"a small customer grows a hundred times":     {billing.Ledger{pair("a", "S"): 5}, billing.Counts{"a": {"S": 900}}, []string{rise + "a 5 -> 900 (17900 %)"}},
		"the services of an account are added up":    {billing.Ledger{pair("a", "S"): 15, pair("a", "T"): 15}, billing.Counts{"a": {"S": 15}}, nil},
		"an account that changes to another service": {billing.Ledger{pair("a", "S"): 30}, billing.Counts{"a": {"T": 30}}, nil},
		"the tenants of two customers are swapped": {billing.Ledger{pair("a", "S"): 100, pair("b", "S"): 60}, billing.Counts{"a": {"S": 60}, "b": {"S": 100}},
			[]string{rise + "b 60 -> 100 (67 %)", `units of service "S" would fall by 40 of 160 (25 %, allowed are 20 %): a 100 -> 60`}},
		"those that change most come first": {
			billing.Ledger{pair("a", "S"): 20, pair("b", "T"): 30, pair("c", "U"): 20}, billing.Counts{"a": {"S": 9}, "b": {}, "c": {"U": 9}},
			[]string{fall + "b 30 -> 0 (100 %), a 20 -> 9 (55 %), c 20 -> 9 (55 %)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := test.want
			if name == "a customer without any SKU" || name == "an account that leaves" {
				want = append(slices.Clone(want), `units of service "S" would fall by 100 of 100 (100 %, allowed are 20 %): a 100 -> 0`)
			}
			expectAlarms(t, defaultGuard, estate(test.ledger, test.desired), want...)
		})
	}
}

func TestRule10AnAccountThatHadNoUnits(t *testing.T) {
	t.Parallel()
	const first = "an account without units would get more than 1000: "
	for name, test := range map[string]struct {
		ledger  billing.Ledger
		desired billing.Counts
		want    []string
	}{
		"the limit":                   {nil, billing.Counts{"a": {"S": 600, "T": 400}}, nil},
		"more than the limit":         {nil, billing.Counts{"a": {"S": 600, "T": 401}}, []string{first + "a 0 -> 1001"}},
		"zeros are no units":          {billing.Ledger{pair("a", "S"): 0, pair("a", "T"): 0}, billing.Counts{"a": {"S": 500000}}, []string{first + "a 0 -> 500000"}},
		"zeros that stay":             {billing.Ledger{pair("a", "S"): 0}, billing.Counts{"a": {"S": 0}}, nil},
		"32 bits of seats":            {nil, billing.Counts{"a": {"S": math.MaxInt32}}, []string{first + "a 0 -> 2147483647"}},
		"units are not the first":     {billing.Ledger{pair("a", "S"): 2000}, billing.Counts{"a": {"S": 2900}}, nil},
		"the largest ones come first": {nil, billing.Counts{"a": {"S": 1001}, "b": {"S": 2000}, "c": {"S": 1001}}, []string{first + "b 0 -> 2000, a 0 -> 1001, c 0 -> 1001"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectAlarms(t, defaultGuard, estate(test.ledger, test.desired), test.want...)
		})
	}
	expectAlarms(t, defaultGuard, billing.Task{Desired: billing.Counts{"a": {"S": 1000000}}}, first+"a 0 -> 1000000") // the very first push
}

// What Gradient refused passed the guard when it was pushed first, so it is what a change is measured from.
func TestRule10WhatWasRefusedIsKnown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ledger, refused billing.Ledger
		desired         billing.Counts
		want            []string
	}{
		"the refused number is no change": {billing.Ledger{pair("a", "S"): 5}, billing.Ledger{pair("a", "T"): 90}, billing.Counts{"a": {"S": 5, "T": 90}}, nil},
		"fewer than were refused":         {nil, billing.Ledger{pair("a", "S"): 100}, billing.Counts{"a": {"S": 79}}, []string{"units would fall by 21 of 100 (21 %, allowed are 20 %): a 100 -> 79", `units of service "S" would fall by 21 of 100 (21 %, allowed are 20 %): a 100 -> 79`}},
		"many more than were refused":     {nil, billing.Ledger{pair("a", "S"): 10}, billing.Counts{"a": {"S": 100000}}, []string{"units would rise by 99990 of 10 (999900 %, allowed are 50 %): a 10 -> 100000", "the units of an account would rise by more than 50 %: a 10 -> 100000 (999900 %)"}},
		"a refused zero is no unit":       {nil, billing.Ledger{pair("a", "S"): 0}, billing.Counts{"a": {"S": 1001}}, []string{"an account without units would get more than 1000: a 0 -> 1001"}},
		"all accounts were shown as not mapped for a night": {nil, billing.Ledger{pair("a", "S"): 100, pair("b", "S"): 50}, billing.Counts{"a": {"S": 3}, "b": {"S": 1}},
			[]string{"units would fall by 146 of 150 (98 %, allowed are 20 %): a 100 -> 3, b 50 -> 1", "the units of an account would fall by more than 50 %: a 100 -> 3 (97 %), b 50 -> 1 (98 %)",
				`units of service "S" would fall by 146 of 150 (98 %, allowed are 20 %): a 100 -> 3, b 50 -> 1`}},
		"unknown accounts are left out":            {billing.Ledger{pair("a", "S"): 5}, billing.Ledger{pair("b", "S"): 100}, billing.Counts{"a": {"S": 5}, "b": nil}, nil},
		"what was accepted counts, if it is known": {billing.Ledger{pair("a", "S"): 10}, billing.Ledger{pair("a", "S"): 4}, billing.Counts{"a": {"S": 4}}, []string{"units would fall by 6 of 10 (60 %, allowed are 20 %): a 10 -> 4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectAlarms(t, defaultGuard, billing.Task{Ledger: test.ledger, Refused: test.refused, Desired: test.desired}, test.want...)
		})
	}
}

// A sweep may reach what another tool or another state pushes, so it alarms whatever the limits are.
func TestRule11SweepsOfOtherAccountsAlarm(t *testing.T) {
	t.Parallel()
	allowAll := billing.Guard{MaxDecreasePercent: 100, MaxIncreasePercent: math.MaxInt64, MaxAccountPercent: math.MaxInt64, MaxFirstUnits: math.MaxInt64}
	everything := []billing.Pair{pair("b", "S"), pair("a", "S"), pair("b", "T"), pair("a", "T"), pair("c", "S")}
	const others = "accounts that unit_counts does not name would be set to 0, whatever units they have: "
	const nothing = "no unit would be left, because every other account and service would be set to 0, whatever units they have: "
	for name, test := range map[string]struct {
		task billing.Task
		want []string
	}{
		"accounts that are not named":     {billing.Task{Desired: billing.Counts{"a": {"S": 1}}, Sweep: everything}, []string{others + "b (services: 2), c (services: 1)"}},
		"named accounts":                  {billing.Task{Desired: billing.Counts{"a": {"S": 1}, "b": {}, "c": {"S": 1}}, Sweep: everything}, nil},
		"unknown accounts":                {billing.Task{Desired: billing.Counts{"a": {"S": 1}, "b": nil, "c": nil}, Sweep: everything}, nil},
		"a farewell is no sweep":          {billing.Task{Ledger: billing.Ledger{pair("c", "S"): 0}, Desired: billing.Counts{"a": {"S": 1}, "b": {}}, Sweep: everything}, nil},
		"nothing is counted":              {billing.Task{Desired: billing.Counts{"a": {}}, Sweep: everything}, []string{nothing + "a (services: 2), b (services: 2), c (services: 1)"}},
		"only zeros are counted":          {billing.Task{Desired: billing.Counts{"a": {"S": 0, "T": 0}, "b": {}, "c": {}}, Sweep: everything}, []string{nothing + "b (services: 2), c (services: 1)"}},
		"nothing is counted, or is swept": {billing.Task{Desired: billing.Counts{"a": {}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectAlarms(t, allowAll, test.task, test.want...)
			for _, alarm := range allowAll.Check(test.task) {
				if !alarm.Swept {
					t.Errorf("%s: not marked as a sweep", alarm)
				}
			}
		})
	}
}

// An alarm names the accounts that change most, at most ten, and those only.
func TestRule10AlarmsNameWhoChangesMost(t *testing.T) {
	t.Parallel()
	task := billing.Task{
		Ledger: billing.Ledger{pair("small", "S"): 3, pair("steady", "S"): 5, pair("big", "S"): 9, pair("big", "T"): 1, pair("also small", "S"): 3},
		Desired: billing.Counts{
			"small": {"S": 1}, "steady": {"S": 5}, "big": {"S": 2}, "also small": {"S": 1, "T": 12}},
	}
	expectAlarms(t, defaultGuard, task, "units would fall by 12 of 21 (58 %, allowed are 20 %): big 10 -> 2, also small 3 -> 1, small 3 -> 1",
		"units would rise by 12 of 21 (58 %, allowed are 50 %): also small 0 -> 12")
}

func TestRule10AlarmsNameTenAccounts(t *testing.T) {
	t.Parallel()
	for accounts, want := range map[int]string{
		10: "units would fall by 10 of 20 (50 %, allowed are 20 %): a0 2 -> 1, a1 2 -> 1, a2 2 -> 1, a3 2 -> 1, a4 2 -> 1, " +
			"a5 2 -> 1, a6 2 -> 1, a7 2 -> 1, a8 2 -> 1, a9 2 -> 1",
		12: "units would fall by 12 of 24 (50 %, allowed are 20 %): a0 2 -> 1, a1 2 -> 1, a10 2 -> 1, a11 2 -> 1, a2 2 -> 1, " +
			"a3 2 -> 1, a4 2 -> 1, a5 2 -> 1, a6 2 -> 1, a7 2 -> 1 and 2 more",
	} {
		task := billing.Task{Ledger: billing.Ledger{}, Desired: billing.Counts{}}
		for i := range accounts {
			account := fmt.Sprintf("a%d", i)
			task.Ledger[pair(account, "S")] = 2
			task.Desired[account] = map[string]int64{"S": 1}
		}
		expectAlarms(t, defaultGuard, task, want)
	}
}

// A very high limit allows everything, and overflows nowhere.
func TestRule10AVeryHighLimitAllowsEverything(t *testing.T) {
	t.Parallel()
	guard := billing.Guard{MaxDecreasePercent: 100, MaxIncreasePercent: math.MaxInt64, MaxAccountPercent: math.MaxInt64, MaxFirstUnits: math.MaxInt64}
	expectAlarms(t, guard, billing.Task{
		Ledger:  billing.Ledger{pair("a", "S"): 10, pair("c", "S"): 100},
		Desired: billing.Counts{"a": {"S": math.MaxInt32}, "b": {"S": math.MaxInt32}, "c": {}},
	})
}

// alarming returns a change for each limit, and one that alarms nobody.
func alarming() billing.Task {
	return billing.Task{
		Ledger:   billing.Ledger{pair("falls", "S"): 100, pair("rises", "S"): 30, pair("leaves", "T"): 60, pair("steady", "U"): 40},
		Refused:  billing.Ledger{pair("refused", "T"): 1},
		Desired:  billing.Counts{"falls": {"S": 10}, "rises": {"S": 300}, "first": {"T": 5000}, "refused": {"T": 1}, "steady": {"U": 40}, "unknown": nil},
		Sweep:    []billing.Pair{pair("other", "S"), pair("other", "T"), pair("steady", "S"), pair("unknown", "S")},
		Occasion: "June",
	}
}

func TestRule10ACodeIsShortAndStable(t *testing.T) {
	t.Parallel()
	code := billing.Code(defaultGuard.Check(alarming()))
	if !regexp.MustCompile(`^[a-z2-7]{10}$`).MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	for range 50 { // the order of maps is another one every time
		if again := billing.Code(defaultGuard.Check(alarming())); again != code {
			t.Fatalf("got %q and %q for the same change", code, again)
		}
	}
	// A code in a file must stay valid when the provider is updated.
	if want := "5l7fzmijyi"; code != want {
		t.Errorf("the code is %q, was %q", code, want)
	}
}

func TestRule10ACodeAllowsExactlyThisChange(t *testing.T) {
	t.Parallel()
	guard := defaultGuard
	guard.MaxIncreasePercent = 1000 // so that no rise of all units alarms, which would cover every pair that rises
	guard.Approved = billing.Code(guard.Check(alarming()))
	for name, change := range map[string]func(*billing.Task){
		"nothing":                             func(*billing.Task) {},
		"a rise of one unit":                  func(task *billing.Task) { task.Desired["steady"]["U"] = 41 },
		"an account of 5 units that is new":   func(task *billing.Task) { task.Desired["small"] = map[string]int64{"S": 5} },
		"an account that becomes unknown":     func(task *billing.Task) { task.Desired["steady"] = nil },
		"a sweep of an account that is named": func(task *billing.Task) { task.Sweep = append(task.Sweep, pair("first", "S")) },
		"a service of an alarming account that stays": func(task *billing.Task) {
			task.Ledger[pair("falls", "T")], task.Desired["falls"]["T"] = 5, 5
		},
		"a zero of an alarming account":         func(task *billing.Task) { task.Desired["first"]["U"] = 0 },
		"a push of everything":                  func(task *billing.Task) { task.Full = true },
		"a refused number that is accepted now": func(task *billing.Task) { task.Ledger[pair("refused", "T")] = 1; task.Refused = nil },
	} {
		task := alarming()
		change(&task)
		if alarms := guard.Check(task); !guard.Allows(alarms) {
			t.Errorf("%s: is not allowed: %v", name, alarms)
		}
	}
	for name, change := range map[string]func(*billing.Task){
		"another number after":         func(task *billing.Task) { task.Desired["falls"]["S"] = 11 },
		"another number before":        func(task *billing.Task) { task.Ledger[pair("falls", "S")] = 101 },
		"another first number":         func(task *billing.Task) { task.Desired["first"]["T"] = 5001 },
		"another service":              func(task *billing.Task) { task.Desired["first"] = map[string]int64{"S": 5000} },
		"another account":              func(task *billing.Task) { task.Desired["Falls"], task.Desired["falls"] = task.Desired["falls"], nil },
		"one more fall":                func(task *billing.Task) { task.Desired["steady"]["U"] = 39 },
		"one fall less":                func(task *billing.Task) { task.Desired["falls"]["S"] = 100 },
		"a leaving account that stays": func(task *billing.Task) { task.Desired["leaves"] = map[string]int64{"T": 60} },
		"one more pair to sweep":       func(task *billing.Task) { task.Sweep = append(task.Sweep, pair("other", "U")) },
		"one pair less to sweep":       func(task *billing.Task) { task.Sweep = task.Sweep[1:] },
		"another sweep":                func(task *billing.Task) { task.Occasion = "July" },
	} {
		task := alarming()
		change(&task)
		if alarms := guard.Check(task); len(alarms) == 0 || guard.Allows(alarms) {
			t.Errorf("%s: the code of another change allows it: %v", name, alarms)
		}
	}
}

// A guard without an approval stops every alarm, and one with any code stops nothing that raises none.
func TestRule10AllowsWithoutAnAlarm(t *testing.T) {
	t.Parallel()
	if defaultGuard.Allows(defaultGuard.Check(alarming())) {
		t.Error("alarms are allowed without an approval")
	}
	old := billing.Guard{Approved: "an old one"}
	if !old.Allows(nil) {
		t.Error("an old code stops a change that raises no alarm")
	}
}

// The code is a digest of numbers, not of the limits that found them.
func TestRule10ACodeDoesNotDependOnTheLimits(t *testing.T) {
	t.Parallel()
	task := billing.Task{Ledger: billing.Ledger{pair("a", "S"): 100}, Desired: billing.Counts{"a": {"S": 1}}}
	other := billing.Guard{MaxDecreasePercent: 7, MaxAccountPercent: 1000}
	if a, b := billing.Code(defaultGuard.Check(task)), billing.Code(other.Check(task)); a != b {
		t.Errorf("the codes are %q and %q", a, b)
	}
}

// A task is changed in one place. Its code must be another one, unless the alarms are the same.
func FuzzRule10NoCodeAllowsAnotherChange(f *testing.F) {
	f.Add([]byte("aS\x64\x00bT\x00\xffcS\x10\x20"), []byte("aS\x64\x01bT\x00\xffcS\x10\x20"))
	f.Add([]byte("aS\x64\x00"), []byte("a\x00\x64S"))
	f.Add([]byte{}, []byte("aS\x64\x00aT\x64\x00"))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		guard := billing.Guard{} // everything alarms
		a, b := taskOf(one), taskOf(other)
		alarmsA, alarmsB := guard.Check(a), guard.Check(b)
		if len(alarmsA) == 0 || len(alarmsB) == 0 {
			return
		}
		same := reflect.DeepEqual(changesOf(a), changesOf(b))
		guard.Approved = billing.Code(alarmsA)
		if !guard.Allows(alarmsA) || guard.Allows(alarmsB) != same {
			t.Errorf("the changes %v and %v are the same: %t, and have the codes %s and %s", changesOf(a), changesOf(b), same,
				billing.Code(alarmsA), billing.Code(alarmsB))
		}
	})
}

// taskOf makes a task of bytes: account, service, units before and after.
func taskOf(bytes []byte) billing.Task {
	task := billing.Task{Ledger: billing.Ledger{}, Desired: billing.Counts{}}
	for pairBytes := range slices.Chunk(bytes, 4) {
		if len(pairBytes) < 4 {
			break
		}
		account, service := string(pairBytes[:1]), string(pairBytes[1:2])
		task.Ledger[pair(account, service)] = 100 + int64(pairBytes[2])
		if task.Desired[account] == nil {
			task.Desired[account] = map[string]int64{}
		}
		task.Desired[account][service] = 100 + int64(pairBytes[3])
	}
	return task
}

// changesOf returns what a task of taskOf changes, as before and after of each pair.
func changesOf(task billing.Task) map[billing.Pair][2]int64 {
	changes := map[billing.Pair][2]int64{}
	for pair, before := range task.Ledger {
		if after := task.Desired[pair.Account][pair.Service]; after != before {
			changes[pair] = [2]int64{before, after}
		}
	}
	return changes
}

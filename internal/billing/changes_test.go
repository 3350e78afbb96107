// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

func pair(account, service string) billing.Pair {
	return billing.Pair{Account: account, Service: service}
}

func TestPushes(t *testing.T) {
	t.Parallel()
	ledger := billing.Ledger{pair("acme", "S"): 5, pair("acme", "T"): 2}
	for name, test := range map[string]struct {
		task billing.Task
		want []billing.Push
	}{
		"rule 5: what the ledger has is not pushed": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 5, "T": 2}}}, nil,
		},
		"rule 5: what differs is pushed": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 6, "T": 2, "U": 1}}},
			[]billing.Push{{Pair: pair("acme", "S"), Units: 6, Reason: billing.Changed}, {Pair: pair("acme", "U"), Units: 1, Reason: billing.Changed}},
		},
		"rule 5: triggers push everything": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 6, "T": 2}}, Full: true},
			[]billing.Push{{Pair: pair("acme", "S"), Units: 6, Reason: billing.Changed}, {Pair: pair("acme", "T"), Units: 2, Reason: billing.Again}},
		},
		"rule 3: a pair that is gone gets a zero": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 5}}},
			[]billing.Push{{Pair: pair("acme", "T"), Reason: billing.Farewell}},
		},
		"rule 3: so do all pairs of an account that is gone": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{}},
			[]billing.Push{{Pair: pair("acme", "S"), Reason: billing.Farewell}, {Pair: pair("acme", "T"), Reason: billing.Farewell}},
		},
		"rule 3: a refused pair that is gone gets a zero too": {
			billing.Task{Refused: billing.Ledger{pair("acme", "S"): 3}, Desired: billing.Counts{"acme": {}}},
			[]billing.Push{{Pair: pair("acme", "S"), Reason: billing.Farewell}},
		},
		"rule 4: an account with unknown counts gets nothing, whatever is forced": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": nil}, Full: true,
				Refused: billing.Ledger{pair("acme", "R"): 3}, Sweep: []billing.Pair{pair("acme", "S"), pair("acme", "X")}}, nil,
		},
		"rule 11: what is neither counted nor known is swept": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 5}, "beta": nil}, Full: true,
				Sweep: []billing.Pair{pair("acme", "S"), pair("acme", "T"), pair("acme", "U"), pair("beta", "S"), pair("old", "S")}},
			[]billing.Push{{Pair: pair("acme", "S"), Units: 5, Reason: billing.Again}, {Pair: pair("acme", "T"), Reason: billing.Farewell},
				{Pair: pair("acme", "U"), Reason: billing.Sweep}, {Pair: pair("old", "S"), Reason: billing.Sweep}},
		},
		"a zero that somebody gives is a number": {
			billing.Task{Ledger: ledger, Desired: billing.Counts{"acme": {"S": 0, "T": 2}}},
			[]billing.Push{{Pair: pair("acme", "S"), Reason: billing.Changed}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.task.Pushes(); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRule4Held(t *testing.T) {
	t.Parallel()
	task := billing.Task{
		Ledger:  billing.Ledger{pair("acme", "S"): 5, pair("beta", "S"): 2, pair("gone", "S"): 1},
		Desired: billing.Counts{"acme": nil, "beta": {"S": 2}},
	}
	if got, want := task.Held(), (billing.Ledger{pair("acme", "S"): 5}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Applying the pushes to the ledger gives exactly the desired counts plus what is held, for any estate.
func TestPushesConverge(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		task := billing.Task{Ledger: billing.Ledger{}, Desired: billing.Counts{}, Full: random.IntN(2) == 0}
		for _, account := range []string{"a", "b", "c"} {
			for _, service := range []string{"S", "T"} {
				if random.IntN(2) == 0 {
					task.Ledger[pair(account, service)] = random.Int64N(3)
				}
			}
			switch random.IntN(3) {
			case 0:
				task.Desired[account] = nil
			case 1:
				task.Desired[account] = map[string]int64{"S": random.Int64N(3), "T": random.Int64N(3)}
			}
		}
		after := billing.Ledger{}
		for pair, units := range task.Ledger {
			after[pair] = units
		}
		for _, push := range task.Pushes() {
			after[push.Pair] = push.Units
			if push.Reason == billing.Farewell {
				delete(after, push.Pair)
			}
		}
		want := task.Held()
		for account, services := range task.Desired {
			for service, units := range services {
				want[pair(account, service)] = units
			}
		}
		if !reflect.DeepEqual(after, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, after, want)
		}
	}
}

// A farewell waits while a new pair was refused that may replace it: one of its account, or one of its service with its number.
func TestRule3Waiting(t *testing.T) {
	t.Parallel()
	task := billing.Task{Ledger: billing.Ledger{
		pair("a", "Old"): 7, pair("c3", "E5"): 100, pair("c4", "E5"): 99, pair("z", "E5"): 0, pair("known", "E5"): 4,
	}}
	farewell := func(account, service string) billing.Push {
		return billing.Push{Pair: pair(account, service), Reason: billing.Farewell}
	}
	pushes := []billing.Push{
		farewell("a", "Old"), farewell("c3", "E5"), farewell("c4", "E5"), farewell("z", "E5"), farewell("never accepted", "E5"),
		farewell("known", "E5"), {Pair: pair("a", "swept"), Reason: billing.Sweep},
	}
	for name, test := range map[string]struct {
		refused billing.Push
		want    map[billing.Pair]bool
	}{
		"another service of the account":     {billing.Push{Pair: pair("a", "New"), Units: 1}, map[billing.Pair]bool{pair("a", "Old"): true}},
		"the same number of the service":     {billing.Push{Pair: pair("contoso", "E5"), Units: 100}, map[billing.Pair]bool{pair("c3", "E5"): true}},
		"another number of the service":      {billing.Push{Pair: pair("contoso", "E5"), Units: 98}, map[billing.Pair]bool{}},
		"the same number of another service": {billing.Push{Pair: pair("contoso", "E3"), Units: 100}, map[billing.Pair]bool{}},
		"nothing of a new pair":              {billing.Push{Pair: pair("z", "E3"), Units: 0}, map[billing.Pair]bool{}},
		"a pair of the ledger":               {billing.Push{Pair: pair("known", "E5"), Units: 100}, map[billing.Pair]bool{}},
		"a farewell to nothing":              {billing.Push{Pair: pair("z", "E3"), Units: 5}, map[billing.Pair]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, awaited := task.Waiting(pushes, []billing.Push{test.refused})
			if !reflect.DeepEqual(got, test.want) || awaited[test.refused.Pair] != (len(test.want) > 0) {
				t.Errorf("got %v awaiting %v, want %v", got, awaited, test.want)
			}
		})
	}
	for reason, want := range map[billing.Reason]bool{billing.Changed: false, billing.Again: false, billing.Farewell: true, billing.Sweep: true} {
		if reason.Zeroes() != want {
			t.Errorf("reason %d zeroes: %v", reason, reason.Zeroes())
		}
	}
}

// A count that has been refused for long, beside the pair that leaves, does not replace it.
func TestRule3WaitingForNothingOld(t *testing.T) {
	t.Parallel()
	left, other := pair("a", "Left"), pair("a", "Unmapped")
	for name, test := range map[string]struct {
		before, units int64 // of the other pair; none when before is 0
		held          bool  // the pair that leaves waits already
		awaited       []billing.Pair
		want          bool
	}{
		"a new pair":                                    {units: 3, want: true},
		"an old pair":                                   {before: 3, units: 3},
		"an old pair that fell":                         {before: 3, units: 2},
		"an old pair that rose":                         {before: 3, units: 8, want: true},
		"a new pair of a waiting one":                   {units: 3, held: true, want: true},
		"the pair that it waits for":                    {before: 3, units: 3, held: true, awaited: []billing.Pair{other}, want: true},
		"an old pair, while it waits for another":       {before: 3, units: 3, held: true, awaited: []billing.Pair{pair("a", "New")}},
		"an old pair, and what it waits for is unknown": {before: 3, units: 3, held: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := billing.Task{Ledger: billing.Ledger{left: 5}, Before: billing.Counts{"a": {}}, Awaited: map[billing.Pair]bool{}}
			if test.before > 0 {
				task.Before["a"][other.Service] = test.before
			}
			if !test.held {
				task.Before["a"][left.Service] = 5
			}
			for _, pair := range test.awaited {
				task.Awaited[pair] = true
			}
			farewells := []billing.Push{{Pair: left, Reason: billing.Farewell}}
			waiting, awaited := task.Waiting(farewells, []billing.Push{{Pair: other, Units: test.units}})
			if waiting[left] != test.want || awaited[other] != test.want {
				t.Errorf("waits: %v for %v, want %v", waiting, awaited, test.want)
			}
		})
	}
}

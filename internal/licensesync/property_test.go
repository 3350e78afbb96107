// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// worstGradient behaves as badly as the contract allows. It keeps the count of a pair that is unmapped, and shows it again when the pair
// is mapped, or else it drops the counts of an account whose mapping is removed. Then only the id of the new mapping tells. Services get
// other ids behind their names, and the lists are empty for once.
type worstGradient struct {
	drops    bool
	mappings map[string]int // how often each account was mapped
	ids      map[string]int // of the services, behind their names
	blank    bool           // the next refresh sees no account
	random   *rand.Rand
	accounts map[string]bool // mapped?
	services map[string]bool
	faults   bool
	kills    bool

	known memory // the private state

	mu       sync.Mutex
	counts   billing.Ledger
	accepted map[billing.Pair]bool
	wrong    []string
	desired  billing.Counts
}

func (w *worstGradient) upstream() upstream {
	up := upstream{listed: true, integration: gradient.Integration{ID: "1", Status: gradient.StatusActive}, accounts: map[string]gradient.Account{}, services: map[string][]gradient.Service{}}
	for account, mapped := range w.accounts {
		up.accounts[account] = gradient.Account{ID: account, Name: account, IsMapped: &mapped}
		if mapped {
			up.accounts[account] = gradient.Account{ID: account, Name: account, IsMapped: &mapped, MappingID: fmt.Sprint(w.mappings[account])}
		}
	}
	if w.blank {
		up.accounts, w.blank = map[string]gradient.Account{}, false
	}
	for service := range w.services {
		up.services[service] = []gradient.Service{{ID: fmt.Sprint(service, w.ids[service]), Name: service}}
	}
	return up
}

// turn maps an account that is not mapped, and removes the mapping of one that is.
func (w *worstGradient) turn(account string) {
	w.accounts[account] = !w.accounts[account]
	if w.accounts[account] {
		w.mappings[account]++
	} else if w.drops {
		maps.DeleteFunc(w.counts, func(pair billing.Pair, _ int64) bool { return pair.Account == account })
	}
}

// replace gives a service another id. The counts that the old one had are gone.
func (w *worstGradient) replace(service string) {
	w.ids[service]++
	maps.DeleteFunc(w.counts, func(pair billing.Pair, _ int64) bool { return pair.Service == service })
}

func (w *worstGradient) set(_ context.Context, push billing.Push) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	services, listed := w.desired[push.Account]
	units, counted := services[push.Service]
	switch {
	case listed && services == nil:
		w.wrong = append(w.wrong, fmt.Sprintf("%v has unknown counts and was pushed", push))
	case counted && units != push.Units, !counted && push.Units != 0:
		w.wrong = append(w.wrong, fmt.Sprintf("%v was not announced", push))
	}
	if w.faults && w.random.IntN(8) == 0 {
		return &rest.Error{Status: 403, Sent: true}
	}
	if !w.accounts[push.Account] || !w.services[push.Service] {
		return fmt.Errorf("%w: 404", gradient.ErrNotMapped)
	}
	w.counts[push.Pair] = push.Units
	w.accepted[push.Pair] = true
	if w.faults && w.random.IntN(8) == 0 {
		return &rest.Error{Err: errors.New("connection reset"), Sent: true}
	}
	return nil
}

// apply is one run: refresh, plan and push. It returns the new state, or nil if there is none.
func (w *worstGradient) apply(t *testing.T, state *model, planned model) *model {
	t.Helper()
	up := w.upstream()
	before, err := state.pushState()
	if err != nil {
		t.Fatal(err)
	}
	if state != nil {
		before, w.known, _ = refreshState(before, *state, up, w.known)
		refreshedState := *state
		refreshedState.setPushState(before)
		state = &refreshedState
	}
	w.desired, err = shapes.DecodeUnitCounts(shapes.UnitCounts, planned.UnitCounts)
	if err != nil {
		t.Fatal(err)
	}
	all := func() (pairs []billing.Pair) {
		for account := range w.accounts {
			for service := range w.services {
				pairs = append(pairs, billing.Pair{Account: account, Service: service})
			}
		}
		return pairs
	}
	d := decide(before, w.desired, planned, planned.forcesFullPush(state), w.known, all)
	if len(d.pushes) == 0 {
		planned.setComputed(d.stateWithoutPush())
		return &planned
	}
	if w.faults && w.kills && w.random.IntN(6) == 0 {
		return state // killed before the state is written
	}
	done := pushAll(t.Context(), w.set, 4, d.task, d.pushes)
	if w.faults && w.kills && w.random.IntN(10) == 0 {
		return state // killed after the pushes, before the state is written
	}
	result, _ := recordOutcome(planned, state, w.known, d, done, up)
	if !result.save {
		w.known = memory{}
		return nil
	}
	w.known = result.memory
	return &result.state
}

func (w *worstGradient) randomCounts(previous billing.Counts) billing.Counts {
	counts := billing.Counts{}
	maps.Copy(counts, previous)
	for account := range w.accounts {
		switch w.random.IntN(5) {
		case 0:
			delete(counts, account)
		case 1:
			counts[account] = nil
		case 2:
			counts[account] = map[string]int64{}
		case 3:
			counts[account] = map[string]int64{}
			for service := range w.services {
				if w.random.IntN(2) == 0 {
					counts[account][service] = w.random.Int64N(4)
				}
			}
		}
	}
	return counts
}

// Any sequence of changes, mappings, refusals, failures and unclear answers ends in exactly the right counts, and no pair that was ever
// accepted keeps an old count. If runs were killed or the create failed, this takes a push with zero_missing.
func TestAnySequenceOfFaultsEndsInTheRightCounts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 2))
		w := &worstGradient{
			drops: seed%4 < 2, mappings: map[string]int{}, ids: map[string]int{},
			random: random, faults: seed%2 == 0, kills: seed%2 == 0, counts: billing.Ledger{}, accepted: map[billing.Pair]bool{},
			accounts: map[string]bool{"a": true, "b": true, "c": false}, services: map[string]bool{"S": true, "T": false},
		}
		var state *model
		counts := billing.Counts{}
		mode := []string{onUnmappedWarn, onUnmappedError, onUnmappedIgnore}[seed%3]
		triggers := 0
		planned := func() model {
			return model{
				ID: types.StringValue("1"), UnitCounts: shapes.EncodeUnitCounts(counts), OnUnmapped: types.StringValue(mode),
				Triggers: types.MapValueMust(types.StringType, nil), ZeroMissing: types.BoolValue(w.kills),
			}
		}
		force := func(m model) model {
			m.Triggers = types.MapValueMust(types.StringType, map[string]attr.Value{"n": types.StringValue(fmt.Sprint(triggers))})
			return m
		}
		for range 12 {
			switch random.IntN(6) {
			case 0:
				account := []string{"a", "b", "c"}[random.IntN(3)]
				for range 1 + random.IntN(2) { // two turns are a new mapping
					w.turn(account)
				}
			case 1:
				w.services[[]string{"S", "T"}[random.IntN(2)]] = random.IntN(2) == 0
			case 2:
				triggers += random.IntN(2)
			case 3:
				w.replace([]string{"S", "T"}[random.IntN(2)])
			case 4:
				w.blank = true
			}
			counts = w.randomCounts(counts)
			state = w.apply(t, state, force(planned()))
			w.faults = true
		}
		w.faults = false
		for account := range w.accounts {
			if !w.accounts[account] {
				w.turn(account)
			}
			if counts[account] == nil {
				counts[account] = map[string]int64{"S": 2}
			}
		}
		for service := range w.services {
			w.services[service] = true
		}
		if w.kills {
			triggers++
		} else { // one changed number, because zeros that were refused go along with something else
			counts["a"] = map[string]int64{"S": 9}
		}
		for range 3 {
			state = w.apply(t, state, force(planned()))
		}
		w.turn("b")
		w.turn("b")
		w.replace("S")
		w.apply(t, state, force(planned()))
		for pair := range w.accepted {
			if got, want := w.counts[pair], counts[pair.Account][pair.Service]; got != want {
				t.Fatalf("seed %d: Gradient holds %d of %v, want %d", seed, got, pair, want)
			}
		}
		for account, services := range counts {
			for service, units := range services {
				if got := w.counts[billing.Pair{Account: account, Service: service}]; got != units {
					t.Fatalf("seed %d: Gradient holds %d of %s/%s, want %d", seed, got, account, service, units)
				}
			}
		}
		if len(w.wrong) > 0 {
			t.Fatalf("seed %d: %v", seed, w.wrong)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

const testType = "T"

// estate is what the files say.
type estate struct {
	counts   licenseCounts
	mappings map[string]mapping
}

// change edits the files.
func (e estate) change(w *fakePortal) {
	for i, account := range []string{"a", "b", "c"} {
		switch w.random.IntN(6) {
		case 0:
			delete(e.mappings, account)
		case 1:
			e.mapTo(account, int64((i+w.random.IntN(2))%3+1))
		case 2:
			e.counts[account] = nil
		default:
			e.counts[account] = map[string]license{}
			for _, sku := range []string{"S", "T"} {
				if w.random.IntN(3) > 0 {
					e.counts[account][sku] = license{product: "Product " + sku, purchased: w.random.Int64N(4), enabled: 3, assigned: w.random.Int64N(4)}
				}
			}
		}
	}
}

// mapTo maps an account to a company, unless another account has it.
func (e estate) mapTo(account string, company int64) {
	for _, other := range e.mappings {
		if other.company == company && other.account != account {
			return
		}
	}
	e.mappings[account] = mapping{company, account}
}

// editByHand is what people do in the portal. They rename fields only when the state knows their ids.
func (w *fakePortal) editByHand(known bool) {
	for id, asset := range w.assets {
		switch w.random.IntN(12) {
		case 0:
			delete(w.assets, id)
		case 1:
			column := columns[w.random.IntN(len(columns)-1)].name // all but the owner
			asset.Traits = maps.Clone(asset.Traits)
			asset.Traits[w.key(column)] = "edited"
			w.assets[id] = asset
		case 2:
			asset.Traits = maps.Clone(asset.Traits)
			delete(asset.Traits, w.key(columns[w.random.IntN(len(columns)-1)].name))
			w.assets[id] = asset
		case 3:
			w.last++
			asset.ID = w.last
			w.assets[w.last] = asset // a second row of the same SKU
		case 4:
			// Only an import has to find the fields by name.
			if field := &w.kind.Fields[w.random.IntN(len(columns))]; known && w.random.IntN(3) == 0 {
				field.Name += "x"
			}
		}
	}
}

// refresh reads, as Read does. It returns the state as it was when that fails.
func (w *fakePortal) refresh(t *testing.T, state *model) *model {
	t.Helper()
	s, err := openSheet(t.Context(), w, testType, state.knownFieldIDs())
	if err != nil || s == nil {
		return state
	}
	old, err := state.table()
	if err != nil {
		t.Fatal(err)
	}
	refreshed := *state
	refreshed.setObserved(s, old)
	return &refreshed
}

// apply is one run. It returns the state afterwards, and whether everything is done.
func (w *fakePortal) apply(t *testing.T, r *publicationResource, state *model, e estate) (after *model, done bool) {
	t.Helper()
	if state != nil {
		state = w.refresh(t, state)
	}
	planned := model{LicenseCounts: countsValue(e.counts), CompanyMappings: mappingsValue(e.mappings), AssetType: types.StringValue(testType)}
	wanted, err := planned.table()
	if err != nil {
		t.Fatal(err)
	}
	var before model
	if state != nil {
		before = *state
		planned.ID = state.ID
	}
	old, err := before.table()
	if err != nil {
		t.Fatal(err)
	}
	planned.Published = wanted.predicted(before.publishedRows(), old.accounts).toValue()
	w.mayWrite = map[int64]bool{}
	for company := range wanted.accounts {
		w.mayWrite[company] = !wanted.unknown[company]
	}

	var s *sheet
	if state == nil {
		s, err = makeSheet(t.Context(), w, testType)
	} else {
		s, err = openSheet(t.Context(), w, testType, state.knownFieldIDs())
	}
	if err != nil {
		return state, false
	}
	if state == nil {
		planned.ID = types.StringValue("me")
		if others := otherOwners(s.rows, ""); len(others) > 0 {
			// A crash lost the state of a create: it is taken over by an import.
			imported := model{ID: types.StringValue(others[0]), AssetType: planned.AssetType}
			return w.refresh(t, &imported), false
		}
	}
	result, diags := r.write(t.Context(), s, wanted, planned)
	switch {
	case w.killed:
		return state, false
	case diags.HasError() && state == nil && !s.unclear && !s.hasRowsOf("me"):
		return nil, false
	}
	if !s.unclear {
		if got, want := result.publishedRows(), w.shown(t, planned, result); !diags.HasError() && !reflect.DeepEqual(got, planned.publishedRows()) ||
			diags.HasError() && !reflect.DeepEqual(got, want) {
			t.Fatalf("the state shows %v, CloudRadial %v, planned %v", got, want, planned.publishedRows())
		}
	}
	return &result, !diags.HasError()
}

// shown is what a faultless read would show.
func (w *fakePortal) shown(t *testing.T, planned, result model) published {
	t.Helper()
	calm := *w
	calm.faults, calm.kills = 0, 0
	s, err := openSheet(t.Context(), &calm, testType, result.knownFieldIDs())
	if err != nil {
		t.Fatal(err)
	}
	wanted, _ := planned.table()
	return publishedOf(s.rows, result.ID.ValueString(), wanted.accounts)
}

// Whatever is changed in the files and in the portal, and however runs fail or are killed, one faultless run (two after a
// crash of the first) leaves exactly one right row per company and SKU, a run after that writes nothing, no row is ever
// written for a company that is not mapped or whose counts are unknown, and none shows another account than its company's.
func TestAnySequenceOfFaultsConverges(t *testing.T) {
	t.Parallel()
	r := &publicationResource{now: time.Now}
	for seed := range uint64(3000) {
		w := newFakePortal(seed)
		e := estate{licenseCounts{"a": {}, "b": {}, "c": {}}, map[string]mapping{}}
		var state *model
		for range 10 {
			e.change(w)
			w.faults = int(seed % 3 * 6)
			w.kills = int(seed % 2 * 20)
			w.killed = false
			state, _ = w.apply(t, r, state, e)
			if w.kind != nil && len(w.kind.Fields) == len(columns) && state != nil {
				w.editByHand(!state.FieldIDs.IsNull())
			}
		}
		w.faults, w.kills, w.killed = 0, 0, false
		done := false
		for range 3 {
			if state, done = w.apply(t, r, state, e); done {
				break
			}
		}
		if !done {
			t.Fatalf("seed %d: it does not come to an end", seed)
		}
		w.expect(t, seed, e, state)
		before := w.writes
		if state, done = w.apply(t, r, state, e); !done || w.writes != before {
			t.Fatalf("seed %d: a further run writes", seed)
		}
		if refreshed := w.refresh(t, state); !refreshed.Published.Equal(state.Published) || !refreshed.Drift.Equal(state.Drift) {
			t.Fatalf("seed %d: a refresh finds %v and %v, not %v", seed, refreshed.Published, refreshed.Drift, state.Published)
		}
		if len(w.wrong) > 0 {
			t.Fatalf("seed %d: %v", seed, w.wrong)
		}
	}
}

// expect compares what is in the portal with the files.
func (w *fakePortal) expect(t *testing.T, seed uint64, e estate, state *model) {
	t.Helper()
	wanted, err := tableOf(e.counts, e.mappings)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSheet(t.Context(), w, testType, state.knownFieldIDs())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[rowKey]bool{}
	for _, held := range s.rows {
		if _, mapped := wanted.accounts[held.key.company]; !mapped {
			t.Fatalf("seed %d: %v is not mapped", seed, held)
		}
		if seen[held.key] {
			t.Fatalf("seed %d: %v is there twice", seed, held)
		}
		seen[held.key] = true
		if wanted.unknown[held.key.company] {
			if account := wanted.accounts[held.key.company]; held.account() != account {
				t.Fatalf("seed %d: %v is not a row of %s", seed, held, account)
			}
			continue
		}
		if _, is := wanted.rows[held.key]; !is {
			t.Fatalf("seed %d: %v is not wanted", seed, held)
		}
		for name, value := range wanted.cells(held.key) {
			if !sameCell(name, held.cells[name], value) {
				t.Fatalf("seed %d: %s of %v is %q, want %q", seed, name, held, held.cells[name], value)
			}
		}
	}
	for key := range wanted.rows {
		if !seen[key] {
			t.Fatalf("seed %d: %s is missing", seed, fmt.Sprint(key))
		}
	}
}

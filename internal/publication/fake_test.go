// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// errKilled ends the run: a killed process sends nothing more.
var errKilled = fmt.Errorf("killed: %w", context.Canceled)

// fakePortal is a portal that fails at random.
type fakePortal struct {
	random *rand.Rand
	// faults is one in how many requests fails, 0 for none. kills is the same for the end of the process.
	faults, kills int
	killed        bool

	kind   *cloudradial.AssetType
	assets map[int64]cloudradial.Asset
	last   int64
	writes int
	// mayWrite are the companies that may get or change rows.
	mayWrite map[int64]bool
	wrong    []string
}

func newFakePortal(seed uint64) *fakePortal {
	return &fakePortal{random: rand.New(rand.NewPCG(seed, 7)), assets: map[int64]cloudradial.Asset{}, mayWrite: map[int64]bool{}}
}

// try carries out a request, or fails before or after.
func (w *fakePortal) try(do func()) error {
	if w.killed || w.kills > 0 && w.random.IntN(w.kills) == 0 {
		if !w.killed && w.random.IntN(2) == 0 {
			do()
		}
		w.killed = true
		return errKilled
	}
	if w.faults > 0 && w.random.IntN(w.faults) == 0 {
		switch w.random.IntN(6) {
		case 0:
			return &rest.Error{Status: 403, Sent: true}
		case 1:
			return &rest.Error{Status: 400, Sent: true}
		case 2:
			return &rest.Error{Status: 502, Sent: true}
		case 3:
			return &rest.Error{Status: 500, Sent: true, Attempts: 1}
		case 4:
			do()
			return &rest.Error{Status: 500, Sent: true, Attempts: 1}
		default:
			do()
			return &rest.Error{Err: errors.New("connection reset"), Sent: true}
		}
	}
	do()
	return nil
}

func (w *fakePortal) AssetType(_ context.Context, name string) (found cloudradial.AssetType, exists bool, err error) {
	err = w.try(func() {})
	if err == nil && w.kind != nil && w.kind.Name == name {
		found, exists = *w.kind, true
		found.Fields = slices.Clone(found.Fields)
	}
	return found, exists, err
}

func (w *fakePortal) CreateAssetType(_ context.Context, wanted cloudradial.AssetType) (cloudradial.AssetType, error) {
	err := w.try(func() {
		w.writes++
		if w.kind != nil {
			w.wrong = append(w.wrong, "made a second type")
		}
		created := cloudradial.AssetType{ID: 1, Name: wanted.Name}
		for i, field := range wanted.Fields {
			field.ID, field.Key = int64(i+1), fmt.Sprintf("key-%d", i+1)
			created.Fields = append(created.Fields, field)
		}
		if w.faults > 0 && w.random.IntN(2) == 0 { // not documented to be atomic
			created.Fields = created.Fields[:w.random.IntN(len(created.Fields))]
		}
		w.kind = &created
	})
	if err != nil {
		return cloudradial.AssetType{}, err
	}
	return *w.kind, nil
}

func (w *fakePortal) AddAssetField(_ context.Context, _ int64, field cloudradial.AssetField) error {
	return w.try(func() {
		w.writes++
		id := int64(len(w.kind.Fields) + 1)
		field.ID, field.Key = id, fmt.Sprintf("key-%d", id)
		w.kind.Fields = append(w.kind.Fields, field)
	})
}

func (w *fakePortal) DeleteAssetType(context.Context, int64) error {
	return w.try(func() {
		w.writes++
		if len(w.assets) > 0 {
			w.wrong = append(w.wrong, "deleted a type with rows")
		}
		w.kind = nil
	})
}

func (w *fakePortal) Assets(context.Context, int64) ([]cloudradial.Asset, error) {
	if err := w.try(func() {}); err != nil {
		return nil, err
	}
	return w.all(), nil
}

func (w *fakePortal) all() []cloudradial.Asset {
	assets := []cloudradial.Asset{}
	for _, id := range slices.Sorted(maps.Keys(w.assets)) {
		asset := w.assets[id]
		asset.Traits = maps.Clone(asset.Traits)
		assets = append(assets, asset)
	}
	return assets
}

func (w *fakePortal) check(company int64) {
	w.writes++
	if !w.mayWrite[company] {
		w.wrong = append(w.wrong, fmt.Sprintf("wrote a row of the company %d", company))
	}
}

func (w *fakePortal) CreateAsset(_ context.Context, asset cloudradial.Asset) (cloudradial.Asset, error) {
	err := w.try(func() {
		w.check(asset.CompanyID)
		w.last++
		asset.ID = w.last
		asset.Traits = maps.Clone(asset.Traits)
		w.assets[asset.ID] = asset
	})
	if w.random.IntN(2) == 0 {
		asset.ID = 0 // the answer need not tell it
	}
	return asset, err
}

func (w *fakePortal) onlyOwner(changed map[string]string) bool {
	for _, field := range w.kind.Fields {
		if _, has := changed[field.Key]; has && !strings.HasPrefix(field.Name, ownerColumn) { // a person may have renamed it
			return false
		}
	}
	return true
}

func (w *fakePortal) UpdateAsset(_ context.Context, asset cloudradial.Asset, changed map[string]string) error {
	id := asset.ID
	held, exists := w.assets[id]
	for key := range changed {
		if _, has := held.Traits[key]; !has || !exists {
			w.wrong = append(w.wrong, fmt.Sprintf("changed the trait %q that the row %d does not have", key, id))
		}
	}
	return w.try(func() {
		// Taking the mark of an unfinished create off touches no number, so it may be done to a row of unknown counts.
		if !w.onlyOwner(changed) {
			w.check(held.CompanyID)
		}
		held.Traits = maps.Clone(held.Traits)
		maps.Copy(held.Traits, changed)
		w.assets[id] = held
	})
}

func (w *fakePortal) DeleteAsset(_ context.Context, id int64) error {
	if _, exists := w.assets[id]; !exists {
		w.wrong = append(w.wrong, fmt.Sprintf("deleted the asset %d that is not there", id))
	}
	return w.try(func() {
		w.writes++
		delete(w.assets, id)
	})
}

func (w *fakePortal) Company(_ context.Context, id int64) (cloudradial.Company, bool, error) {
	return cloudradial.Company{ID: id}, true, w.try(func() {})
}

// key is that of the trait of a column.
func (w *fakePortal) key(column string) string {
	for _, field := range w.kind.Fields {
		if field.Name == column {
			return field.Key
		}
	}
	return ""
}

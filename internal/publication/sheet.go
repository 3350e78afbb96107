// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// portal is the part of [cloudradial.Client] that the publication uses.
type portal interface {
	AssetType(ctx context.Context, name string) (cloudradial.AssetType, bool, error)
	CreateAssetType(ctx context.Context, wanted cloudradial.AssetType) (cloudradial.AssetType, error)
	AddAssetField(ctx context.Context, typeID int64, field cloudradial.AssetField) error
	DeleteAssetType(ctx context.Context, id int64) error
	Assets(ctx context.Context, typeID int64) ([]cloudradial.Asset, error)
	CreateAsset(ctx context.Context, asset cloudradial.Asset) (cloudradial.Asset, error)
	UpdateAsset(ctx context.Context, asset cloudradial.Asset, changed map[string]string) error
	DeleteAsset(ctx context.Context, id int64) error
	Company(ctx context.Context, id int64) (cloudradial.Company, bool, error)
}

// sheet is an asset type of CloudRadial with its rows, of all owners.
type sheet struct {
	portal portal
	typeID int64
	layout layout
	rows   []heldRow
	// held are all traits of a row by its id, also those that hold no column.
	held map[int64]map[string]string
	// unclear says that the outcome of a write is unknown, so rows may be wrong until they are read again.
	unclear bool
}

// openSheet reads the asset type of that name and its rows. It returns nil when there is none.
func openSheet(ctx context.Context, p portal, name string, knownFieldIDs fieldIDs) (*sheet, error) {
	found, exists, err := p.AssetType(ctx, name)
	if err != nil || !exists {
		return nil, err
	}
	fields, err := layoutOf(found, knownFieldIDs)
	if err != nil {
		return nil, err
	}
	s := &sheet{portal: p, typeID: found.ID, layout: fields}
	return s, s.read(ctx)
}

// makeSheet is openSheet, and creates the type if there is none, or completes one whose creation was cut short.
func makeSheet(ctx context.Context, p portal, name string) (*sheet, error) {
	found, exists, err := p.AssetType(ctx, name)
	if err == nil && !exists {
		found, err = p.CreateAssetType(ctx, newAssetType(name))
	}
	if err != nil {
		return nil, err
	}
	missing, err := missingFields(ctx, p, found)
	if err != nil {
		return nil, err
	}
	for _, field := range missing {
		if err := p.AddAssetField(ctx, found.ID, field); err != nil {
			return nil, err
		}
	}
	s, err := openSheet(ctx, p, name, nil)
	if s == nil && err == nil {
		err = fmt.Errorf("the flexible asset type %q was deleted just now", name)
	}
	return s, err
}

// missingFields returns the fields to add to a type before it can hold a table. The error is a *layoutError when adding fields does not
// help.
func missingFields(ctx context.Context, p portal, found cloudradial.AssetType) ([]cloudradial.AssetField, error) {
	_, err := layoutOf(found, nil)
	var problem *layoutError
	if !errors.As(err, &problem) {
		return nil, err
	}
	assets, readErr := p.Assets(ctx, found.ID)
	if readErr != nil {
		return nil, readErr
	}
	if fields := fieldsToAdd(found, problem, len(assets)); len(fields) > 0 {
		return fields, nil
	}
	return nil, err
}

func (s *sheet) read(ctx context.Context) error {
	assets, err := s.portal.Assets(ctx, s.typeID)
	if err != nil {
		return err
	}
	s.rows, s.held = make([]heldRow, 0, len(assets)), make(map[int64]map[string]string, len(assets))
	for _, asset := range assets {
		held := heldRow{id: asset.ID, cells: map[string]string{}}
		for name, key := range s.layout.keys {
			if value, has := asset.Traits[key]; has {
				held.cells[name] = value
			}
		}
		held.key = rowKey{asset.CompanyID, strings.TrimSpace(held.cells[skuColumn])}
		s.rows, s.held[asset.ID] = append(s.rows, held), asset.Traits
	}
	return nil
}

func (s *sheet) hasRowsOf(owner string) bool {
	return slices.ContainsFunc(s.rows, func(held heldRow) bool { return held.owner() == owner })
}

// traits returns cells by the keys of their traits.
func (s *sheet) traits(cells map[string]string) map[string]string {
	traits := make(map[string]string, len(cells))
	for name, value := range cells {
		traits[s.layout.keys[name]] = value
	}
	return traits
}

// remove deletes a row.
func (s *sheet) remove(ctx context.Context, held heldRow) error {
	if err := s.portal.DeleteAsset(ctx, held.id); err != nil {
		s.unclear = s.unclear || rest.Ambiguous(err)
		return err
	}
	s.rows = slices.DeleteFunc(s.rows, func(row heldRow) bool { return row.id == held.id })
	return nil
}

// update sets cells of a row that it has.
func (s *sheet) update(ctx context.Context, id int64, cells map[string]string) error {
	changed := s.traits(cells)
	if err := s.portal.UpdateAsset(ctx, cloudradial.Asset{ID: id, TypeID: s.typeID, Traits: s.held[id]}, changed); err != nil {
		s.unclear = s.unclear || rest.Ambiguous(err)
		return err
	}
	s.held[id] = merged(s.held[id], changed)
	for i, row := range s.rows {
		if row.id == id {
			s.rows[i].cells = merged(row.cells, cells)
		}
	}
	return nil
}

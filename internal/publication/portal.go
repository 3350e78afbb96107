package publication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// portal is the part of the CloudRadial client that is needed here.
type portal interface {
	AssetType(ctx context.Context, name string) (cloudradial.AssetType, bool, error)
	CreateAssetType(ctx context.Context, wanted cloudradial.AssetType) (cloudradial.AssetType, error)
	AddAssetField(ctx context.Context, typeID int64, field cloudradial.AssetField) error
	DeleteAssetType(ctx context.Context, id int64) error
	Assets(ctx context.Context, typeID int64) ([]cloudradial.Asset, error)
	CreateAsset(ctx context.Context, asset cloudradial.Asset) (cloudradial.Asset, error)
	UpdateAsset(ctx context.Context, id int64, changed map[string]string) error
	DeleteAsset(ctx context.Context, id int64) error
	Company(ctx context.Context, id int64) (cloudradial.Company, bool, error)
}

// sheet is an asset type with its rows, of all owners, as far as they are known.
type sheet struct {
	portal portal
	typeID int64
	fit    fit
	rows   []heldRow
	// unclear says that a row may have been made or not.
	unclear bool
}

// openSheet reads the asset type of that name and its rows. It returns nil when there is none.
func openSheet(ctx context.Context, p portal, name string, remembered fieldIDs) (*sheet, error) {
	found, exists, err := p.AssetType(ctx, name)
	if err != nil || !exists {
		return nil, err
	}
	fit, err := fitOf(found, remembered)
	if err != nil {
		return nil, err
	}
	s := &sheet{portal: p, typeID: found.ID, fit: fit}
	return s, s.read(ctx)
}

// makeSheet is openSheet, and creates the type when there is none, or completes one that was cut short.
func makeSheet(ctx context.Context, p portal, name string) (*sheet, error) {
	found, exists, err := p.AssetType(ctx, name)
	if err == nil && !exists {
		found, err = p.CreateAssetType(ctx, newAssetType(name))
	}
	if err != nil {
		return nil, err
	}
	missing, err := lacking(ctx, p, found)
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
		err = fmt.Errorf("the flexible asset type %q was deleted in this moment", name)
	}
	return s, err
}

// lacking returns the fields that have to be added to a type, which are none in one that fits. The error is a *misfit when
// fields do not help.
func lacking(ctx context.Context, p portal, found cloudradial.AssetType) ([]cloudradial.AssetField, error) {
	_, err := fitOf(found, nil)
	var problem *misfit
	if !errors.As(err, &problem) {
		return nil, err
	}
	assets, readErr := p.Assets(ctx, found.ID)
	if readErr != nil {
		return nil, readErr
	}
	if fields := completable(found, problem, len(assets)); len(fields) > 0 {
		return fields, nil
	}
	return nil, err
}

func (s *sheet) read(ctx context.Context) error {
	assets, err := s.portal.Assets(ctx, s.typeID)
	if err != nil {
		return err
	}
	s.rows = make([]heldRow, 0, len(assets))
	for _, asset := range assets {
		held := heldRow{id: asset.ID, cells: map[string]string{}}
		for name, key := range s.fit.keys {
			if value, has := asset.Traits[key]; has {
				held.cells[name] = value
			}
		}
		held.key = rowKey{asset.CompanyID, strings.TrimSpace(held.cells[skuColumn])}
		s.rows = append(s.rows, held)
	}
	return nil
}

func (s *sheet) hasRowsOf(owner string) bool {
	return slices.ContainsFunc(s.rows, func(held heldRow) bool { return held.owner() == owner })
}

// refusal is a write that CloudRadial refused for reasons of its own row.
type refusal struct {
	what string
	err  error
}

// writing brings a sheet to a table.
type writing struct {
	sheet *sheet
	table table
	owner string
	today string // YYYY-MM-DD
	// refused are the rows that were left out; the others are written.
	refused []refusal
}

// run removes, changes and adds rows, one at a time. The sheet always knows what is there. It stops at the first error that
// is not about one row alone.
func (w *writing) run(ctx context.Context) error {
	err := w.runAll(ctx)
	if err == nil {
		err = w.finish(ctx)
	}
	if !w.sheet.unclear {
		return err
	}
	// Also when the run is cancelled: what is there has to be known.
	if readErr := w.sheet.read(context.WithoutCancel(ctx)); readErr != nil {
		return errors.Join(err, readErr)
	}
	w.sheet.unclear = false
	return err
}

func (w *writing) runAll(ctx context.Context) error {
	c := w.table.changesOf(w.sheet.rows, w.owner)
	work := progress.Begin(ctx, "writing rows in CloudRadial", "written", len(c.remove)+len(c.rewrite)+len(c.add))
	defer work.End()
	for _, held := range c.remove {
		if err := w.tolerate("remove", held.key, w.sheet.remove(ctx, held)); err != nil {
			return err
		}
		work.Did()
	}
	for _, r := range c.rewrite {
		if err := w.tolerate("change", r.row.key, w.rewrite(ctx, r)); err != nil {
			return err
		}
		work.Did()
	}
	for _, key := range c.add {
		_, exists, err := w.sheet.portal.Company(ctx, key.company)
		if err != nil {
			return err
		}
		if exists {
			err = w.add(ctx, key)
		} else {
			err = errNoCompany
		}
		if err := w.tolerate("add", key, err); err != nil {
			return err
		}
		work.Did()
	}
	return nil
}

// finish takes the mark off the first row. Where CloudRadial gave no id of the new row, it is read first.
func (w *writing) finish(ctx context.Context) error {
	i := w.marked()
	if i >= 0 && w.sheet.rows[i].id == 0 {
		if err := w.sheet.read(ctx); err != nil {
			return err
		}
		i = w.marked()
	}
	if i < 0 {
		return nil
	}
	owner := map[string]string{ownerColumn: w.owner}
	if err := w.sheet.portal.UpdateAsset(ctx, w.sheet.rows[i].id, w.sheet.traits(owner)); err != nil {
		w.sheet.unclear = w.sheet.unclear || rest.Ambiguous(err)
		return err
	}
	w.sheet.rows[i].cells = merged(w.sheet.rows[i].cells, owner)
	return nil
}

// marked is the index of our row that has the mark, or -1.
func (w *writing) marked() int {
	return slices.IndexFunc(w.sheet.rows, func(held heldRow) bool { return held.owner() == w.owner && held.unfinished() })
}

// tolerate notes an error that is about one row alone and returns every other.
func (w *writing) tolerate(doing string, key rowKey, err error) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf("%s the row %s/%s", doing, account(w.table.accounts, key.company), key.sku)
	if !aboutOneRow(err) {
		return fmt.Errorf("stopped when it was to %s: %w", what, err)
	}
	w.refused = append(w.refused, refusal{what, err})
	return nil
}

// errNoCompany says that CloudRadial has no such company.
var errNoCompany = errors.New("CloudRadial has no company of this id")

func aboutOneRow(err error) bool {
	if rest.Ambiguous(err) {
		return false
	}
	status := rest.Status(err)
	return errors.Is(err, errNoCompany) || status == http.StatusBadRequest || status == http.StatusNotFound ||
		status == http.StatusConflict || status == http.StatusUnprocessableEntity
}

func (s *sheet) remove(ctx context.Context, held heldRow) error {
	if err := s.portal.DeleteAsset(ctx, held.id); err != nil {
		s.unclear = s.unclear || rest.Ambiguous(err)
		return err
	}
	s.rows = slices.DeleteFunc(s.rows, func(row heldRow) bool { return row.id == held.id })
	return nil
}

// rewrite changes a row, or replaces it where the API cannot.
func (w *writing) rewrite(ctx context.Context, r rewriting) error {
	r.cells[updatedColumn] = w.today
	if !r.possible() {
		if err := w.sheet.remove(ctx, r.row); err != nil {
			return err
		}
		return w.add(ctx, r.row.key)
	}
	if err := w.sheet.portal.UpdateAsset(ctx, r.row.id, w.sheet.traits(r.cells)); err != nil {
		w.sheet.unclear = w.sheet.unclear || rest.Ambiguous(err)
		return err
	}
	for i, row := range w.sheet.rows {
		if row.id == r.row.id {
			w.sheet.rows[i].cells = merged(row.cells, r.cells)
		}
	}
	return nil
}

func (w *writing) add(ctx context.Context, key rowKey) error {
	owner := w.owner
	if !w.sheet.hasRowsOf(owner) {
		owner += unfinishedMark
	}
	cells := merged(w.table.cells(key), map[string]string{updatedColumn: w.today, ownerColumn: owner})
	created, err := w.sheet.portal.CreateAsset(ctx, cloudradial.Asset{TypeID: w.sheet.typeID, CompanyID: key.company, Traits: w.sheet.traits(cells)})
	if rest.Ambiguous(err) && ctx.Err() == nil {
		return w.settle(ctx, key, err)
	}
	if err != nil {
		w.sheet.unclear = w.sheet.unclear || rest.Ambiguous(err)
		return err
	}
	w.sheet.rows = append(w.sheet.rows, heldRow{created.ID, key, cells})
	return nil
}

// settle looks whether a row was made although its creation failed.
func (w *writing) settle(ctx context.Context, key rowKey, cause error) error {
	if err := w.sheet.read(ctx); err != nil {
		w.sheet.unclear = true
		return errors.Join(cause, err)
	}
	if slices.ContainsFunc(w.sheet.rows, func(held heldRow) bool { return held.key == key && held.owner() == w.owner }) {
		return nil
	}
	return cause
}

// traits are cells under the keys that CloudRadial has for them.
func (s *sheet) traits(cells map[string]string) map[string]string {
	traits := make(map[string]string, len(cells))
	for name, value := range cells {
		traits[s.fit.keys[name]] = value
	}
	return traits
}

func merged(cells, changed map[string]string) map[string]string {
	all := maps.Clone(cells)
	maps.Copy(all, changed)
	return all
}

// withdraw removes the owner's rows, and the asset type if nothing is left in it.
func (s *sheet) withdraw(ctx context.Context, owner string) error {
	for _, held := range slices.Clone(s.rows) {
		if held.owner() != owner {
			continue
		}
		if err := s.remove(ctx, held); err != nil {
			return err
		}
	}
	if err := s.read(ctx); err != nil || len(s.rows) > 0 {
		return err
	}
	return s.portal.DeleteAssetType(ctx, s.typeID)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// writer makes a sheet show a table.
type writer struct {
	sheet *sheet
	table table
	owner string
	today string // YYYY-MM-DD
	// left is how many rows come after the current one.
	left int
	// failures are the rows that could not be written. They do not stop the others.
	failures []rowFailure
}

// rowFailure is a write that failed for a reason that concerns its row alone.
type rowFailure struct {
	row    string // account/SKU
	action string // removed, changed, added
	err    error
}

// errUnread stops the run: after a creation with an unclear outcome the rows cannot be read.
var errUnread = errors.New("it is unknown whether the row was added, because the rows cannot be read")

// errNoCompany says that CloudRadial has no such company.
var errNoCompany = errors.New("CloudRadial has no company of this id")

// write removes, changes and adds rows, one at a time. It stops at the first error that would also fail the next row. The sheet then
// has the rows that are there.
func (w *writer) write(ctx context.Context) error {
	err := w.writeRows(ctx)
	if err == nil {
		err = w.reread(ctx, nil)
	}
	if err == nil {
		err = w.finish(ctx)
	}
	return w.reread(ctx, err)
}

// removeAll removes the owner's rows, and the asset type if nothing is left in it. It stops as write does.
func (w *writer) removeAll(ctx context.Context) error {
	owned := slices.DeleteFunc(slices.Clone(w.sheet.rows), func(held heldRow) bool { return held.owner() != w.owner })
	err := w.eachRow(ctx, len(owned), func(i int) error { return w.record("removed", owned[i].key, w.sheet.remove(ctx, owned[i])) })
	if err != nil || len(w.failures) > 0 {
		return w.reread(ctx, err)
	}
	if err := w.sheet.read(ctx); err != nil || len(w.sheet.rows) > 0 {
		return err
	}
	return w.sheet.portal.DeleteAssetType(ctx, w.sheet.typeID)
}

// reread reads the rows again if the outcome of a write is unclear, also when the run is cancelled, and returns err.
func (w *writer) reread(ctx context.Context, err error) error {
	if !w.sheet.unclear {
		return err
	}
	if readErr := w.sheet.read(context.WithoutCancel(ctx)); readErr != nil {
		return errors.Join(err, readErr)
	}
	w.sheet.unclear = false
	return err
}

func (w *writer) writeRows(ctx context.Context) error {
	c := w.table.changesOf(w.sheet.rows, w.owner)
	var writes []func() error
	for _, held := range c.remove {
		writes = append(writes, func() error { return w.record("removed", held.key, w.sheet.remove(ctx, held)) })
	}
	for _, change := range c.change {
		writes = append(writes, func() error { return w.record("changed", change.row.key, w.changeRow(ctx, change)) })
	}
	for _, key := range c.add {
		writes = append(writes, func() error { return w.addIfCompany(ctx, key) })
	}
	return w.eachRow(ctx, len(writes), func(i int) error { return writes[i]() })
}

// eachRow writes n rows and stops at the first error.
func (w *writer) eachRow(ctx context.Context, n int, write func(i int) error) error {
	work := progress.Begin(ctx, "writing rows in CloudRadial", "written", n)
	defer work.End()
	for i := range n {
		w.left = n - i - 1
		if err := write(i); err != nil {
			return err
		}
		work.Did()
	}
	return nil
}

// finish removes unfinishedMark from its row. It reads the rows first if CloudRadial returned no id for that row.
func (w *writer) finish(ctx context.Context) error {
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
	return w.sheet.update(ctx, w.sheet.rows[i].id, map[string]string{ownerColumn: w.owner})
}

// marked returns the index of the row with unfinishedMark, or -1.
func (w *writer) marked() int {
	return slices.IndexFunc(w.sheet.rows, func(held heldRow) bool { return held.owner() == w.owner && held.unfinished() })
}

// record keeps an error that concerns one row alone, and returns every other error.
func (w *writer) record(action string, key rowKey, err error) error {
	if err == nil {
		return nil
	}
	name := account(w.table.accounts, key.company) + "/" + key.sku
	if rest.Systemic(err) || errors.Is(err, errUnread) {
		return fmt.Errorf("the row %s was not %s; rows after it that were not tried: %d: %w", name, action, w.left, err)
	}
	w.failures = append(w.failures, rowFailure{name, action, err})
	return nil
}

// changeRow changes a row, or replaces it where the API cannot change it.
func (w *writer) changeRow(ctx context.Context, r rowChange) error {
	r.cells[updatedColumn] = w.today
	if r.isPatchable() {
		return w.sheet.update(ctx, r.row.id, r.cells)
	}
	if err := w.sheet.remove(ctx, r.row); err != nil {
		return err
	}
	return w.add(ctx, r.row.key)
}

// addIfCompany adds a row, unless CloudRadial has no such company. A list of companies that cannot be read stops the run.
func (w *writer) addIfCompany(ctx context.Context, key rowKey) error {
	_, exists, err := w.sheet.portal.Company(ctx, key.company)
	if err != nil {
		return err
	}
	if !exists {
		return w.record("added", key, errNoCompany)
	}
	return w.record("added", key, w.add(ctx, key))
}

func (w *writer) add(ctx context.Context, key rowKey) error {
	owner := w.owner
	if !w.sheet.hasRowsOf(owner) {
		owner += unfinishedMark
	}
	cells := merged(w.table.cells(key), map[string]string{updatedColumn: w.today, ownerColumn: owner})
	traits := w.sheet.traits(cells)
	created, err := w.sheet.portal.CreateAsset(ctx, cloudradial.Asset{TypeID: w.sheet.typeID, CompanyID: key.company, Traits: traits})
	if rest.Ambiguous(err) && ctx.Err() == nil {
		return w.confirmAdded(ctx, key, err)
	}
	if err != nil {
		w.sheet.unclear = w.sheet.unclear || rest.Ambiguous(err)
		return err
	}
	w.sheet.rows, w.sheet.held[created.ID] = append(w.sheet.rows, heldRow{created.ID, key, cells}), traits
	return nil
}

// confirmAdded reads whether a row was added although its creation failed.
func (w *writer) confirmAdded(ctx context.Context, key rowKey, cause error) error {
	if err := w.sheet.read(ctx); err != nil {
		w.sheet.unclear = true
		return fmt.Errorf("%w: %w; and before: %w", errUnread, err, cause)
	}
	if slices.ContainsFunc(w.sheet.rows, func(held heldRow) bool { return held.key == key && held.owner() == w.owner }) {
		return nil
	}
	return cause
}

func merged(cells, changed map[string]string) map[string]string {
	all := maps.Clone(cells)
	maps.Copy(all, changed)
	return all
}

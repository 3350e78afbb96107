// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// heldRow is a row as CloudRadial holds it.
type heldRow struct {
	id  int64
	key rowKey
	// cells are its values by column. A column without a trait in the row is missing, because the API cannot set it.
	cells map[string]string
}

func (h heldRow) owner() string {
	return strings.TrimSuffix(strings.TrimSpace(h.cells[ownerColumn]), unfinishedMark)
}

// account returns the account whose seats the row shows: its Tenant cell has the keys of the tenants. It is empty when the cell names
// none, or several.
func (h heldRow) account() string {
	var account string
	for i, key := range strings.Split(h.cells[tenantColumn], ",") {
		name := billing.AccountOf(strings.TrimSpace(key))
		if i > 0 && name != account {
			return ""
		}
		account = name
	}
	return account
}

// unfinishedMark follows the owner in the first row of a publication until all its rows are written. A create that was killed leaves
// the mark and no state. The next create sees by the mark that no other publication owns the rows.
const unfinishedMark = " (unfinished)"

func (h heldRow) unfinished() bool {
	return strings.HasSuffix(strings.TrimSpace(h.cells[ownerColumn]), unfinishedMark)
}

// unfinishedOwner returns the owner of the rows if it is the only one and its create did not finish.
func unfinishedOwner(rows []heldRow) (owner string, ok bool) {
	others := otherOwners(rows, "")
	if len(others) != 1 {
		return "", false
	}
	return others[0], slices.ContainsFunc(rows, heldRow.unfinished)
}

// rowChange is a row with its new cells.
type rowChange struct {
	row   heldRow
	cells map[string]string
}

// isPatchable reports whether the API can change the row: it sets only traits that the row has (cloudradial.md §7.8).
func (r rowChange) isPatchable() bool {
	for name := range r.cells {
		if _, has := r.row.cells[name]; !has {
			return false
		}
	}
	return true
}

// changes are the writes that make CloudRadial show a table.
type changes struct {
	remove []heldRow
	change []rowChange
	add    []rowKey
}

// changesOf compares rows, sorted by id, with the table. It removes rows that show another account than the company's, because they
// are another customer's. It ignores rows of other owners, and takes over a row without owner that has the company and SKU of a wanted row.
func (t table) changesOf(rows []heldRow, owner string) changes {
	var c changes
	seen := map[rowKey]bool{}
	for _, held := range rows {
		if held.owner() != owner {
			continue
		}
		_, wanted := t.rows[held.key]
		if seen[held.key] || !wanted && !t.unknown[held.key.company] || held.account() != t.accounts[held.key.company] {
			c.remove = append(c.remove, held)
			continue
		}
		seen[held.key] = true
		if cells := t.changedCells(held); wanted && len(cells) > 0 {
			c.change = append(c.change, rowChange{held, cells})
		}
	}
	for _, held := range rows {
		if _, wanted := t.rows[held.key]; !wanted || seen[held.key] || held.owner() != "" {
			continue
		}
		seen[held.key] = true
		cells := t.changedCells(held)
		cells[ownerColumn] = owner
		c.change = append(c.change, rowChange{held, cells})
	}
	for key := range t.rows {
		if !seen[key] {
			c.add = append(c.add, key)
		}
	}
	slices.SortFunc(c.add, compareKeys)
	return c
}

// changedCells returns the wanted values of the cells in which a row differs. An empty cell and none are the same.
func (t table) changedCells(held heldRow) map[string]string {
	cells := t.cells(held.key)
	maps.DeleteFunc(cells, func(name, wanted string) bool { return sameCell(name, held.cells[name], wanted) })
	return cells
}

// seats are the published numbers of a row.
type seats struct{ purchased, assigned number }

// published are the numbers that CloudRadial shows, by account and SKU.
type published map[string]map[string]seats

func (p published) set(account, sku string, s seats) {
	if p[account] == nil {
		p[account] = map[string]seats{}
	}
	p[account][sku] = s
}

// publishedOf reads the numbers of the owner's rows. Of several rows of one SKU it takes the first. Rows that do not show the account of
// their company are under the name of the company.
func publishedOf(rows []heldRow, owner string, accounts map[int64]string) published {
	p := published{}
	for _, held := range rows {
		name := accounts[held.key.company]
		if name == "" || held.account() != name {
			name = companyName(held.key.company, held.account())
		}
		if _, before := p[name][held.key.sku]; before || held.owner() != owner {
			continue
		}
		p.set(name, held.key.sku, seats{numberOf(held.cells[purchasedColumn]), numberOf(held.cells[assignedColumn])})
	}
	return p
}

// predicted returns what CloudRadial will show after the write: the rows of the table, and of companies with unknown counts the old rows
// that show the same account.
func (t table) predicted(before published, accountsBefore map[int64]string) published {
	p := published{}
	for key, r := range t.rows {
		p.set(t.accounts[key.company], key.sku, seats{number{r.purchased, true}, number{r.assigned, true}})
	}
	for company := range t.unknown {
		name := t.accounts[company]
		if accountsBefore[company] != name {
			name = companyName(company, name)
		}
		for sku, s := range before[name] {
			p.set(t.accounts[company], sku, s)
		}
	}
	return p
}

// driftOf describes, by account/SKU, the owner's rows that differ in a way that published does not show: in another cell, or by a
// second row of the same SKU.
func (t table) driftOf(rows []heldRow, owner string) map[string]string {
	found := map[rowKey][]string{}
	seen := map[rowKey]bool{}
	for _, held := range rows {
		if account, mapped := t.accounts[held.key.company]; !mapped || held.owner() != owner || held.account() != account {
			continue // published shows it
		}
		_, wanted := t.rows[held.key]
		switch {
		case seen[held.key]:
			found[held.key] = append(found[held.key], fmt.Sprintf("asset %d is a second row of this SKU", held.id))
		case wanted:
			found[held.key] = append(found[held.key], t.hiddenChanges(held)...)
		}
		seen[held.key] = true
	}
	drift := map[string]string{}
	for key, texts := range found {
		if len(texts) > 0 {
			drift[t.accounts[key.company]+"/"+key.sku] = strings.Join(texts, "; ")
		}
	}
	return drift
}

func (t table) hiddenChanges(held heldRow) []string {
	var texts []string
	cells := t.changedCells(held)
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		if name != purchasedColumn && name != assignedColumn {
			texts = append(texts, fmt.Sprintf("%s is %q instead of %q", name, held.cells[name], cells[name]))
		}
	}
	return texts
}

// otherOwners lists the owners of rows that belong to another owner.
func otherOwners(rows []heldRow, owner string) []string {
	var others []string
	for _, held := range rows {
		if name := held.owner(); name != "" && name != owner {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

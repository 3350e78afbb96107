// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
)

// The columns of a license table, which are the names of its fields in CloudRadial.
const (
	productColumn   = "Product"
	skuColumn       = "SKU"
	purchasedColumn = "Purchased"
	assignedColumn  = "Assigned"
	availableColumn = "Available"
	statusColumn    = "Status"
	tenantColumn    = "Tenant"
	updatedColumn   = "Updated"
	ownerColumn     = "Owner"
)

// The kinds of fields that the table needs (cloudradial.md §7.8).
const (
	textKind   = "Text"
	numberKind = "Number"
	dateKind   = "Date"
)

type column struct {
	name string
	kind string
}

// columns are in the order of the portal. The first is the title of a row.
var columns = []column{
	{name: productColumn, kind: textKind},
	{name: skuColumn, kind: textKind},
	{name: purchasedColumn, kind: numberKind},
	{name: assignedColumn, kind: numberKind},
	{name: availableColumn, kind: numberKind},
	{name: statusColumn, kind: textKind},
	{name: tenantColumn, kind: textKind},
	{name: updatedColumn, kind: dateKind},
	{name: ownerColumn, kind: textKind},
}

func (c column) field() cloudradial.AssetField {
	order := slices.Index(columns, c)
	return cloudradial.AssetField{Name: c.name, Kind: c.kind, Order: order + 1, UseForTitle: order == 0, ShowInList: c.name != ownerColumn}
}

// typeIcon is the icon of the type in the portal. CloudRadial's own automation gives it to licences too (cloudradial.md §7.8).
const typeIcon = "cloud"

// newAssetType is the type as it is created.
func newAssetType(name string) cloudradial.AssetType {
	wanted := cloudradial.AssetType{Name: name, Icon: typeIcon, Description: "Microsoft 365 licenses, published by Terraform. Edits are overwritten."}
	for _, c := range columns {
		wanted.Fields = append(wanted.Fields, c.field())
	}
	return wanted
}

// fieldIDs are the ids of a type's fields by column. They stay the same when a field is renamed in the portal.
type fieldIDs map[string]int64

// layout says which fields of an asset type hold the columns.
type layout struct {
	ids fieldIDs
	// keys are the keys of the traits that hold the columns. CloudRadial chooses them.
	keys map[string]string
	// renamed are the columns whose field has another name in the portal, as texts.
	renamed []string
}

// layoutError says why an asset type cannot hold a license table.
type layoutError struct {
	name string
	id   int64
	// missing are columns without a field; inTheWay says what is wrong with the existing fields.
	missing  []string
	inTheWay []string
}

func (m *layoutError) Error() string {
	var lines []string
	for _, name := range m.missing {
		lines = append(lines, fmt.Sprintf("it has no field %q", name))
	}
	return fmt.Sprintf("the flexible asset type %q (id %d) cannot hold license tables: %s", m.name, m.id, strings.Join(append(lines, m.inTheWay...), "; "))
}

// layoutOf finds the field of every column: by its known id, else by name. The error is a *layoutError.
func layoutOf(found cloudradial.AssetType, knownFieldIDs fieldIDs) (layout, error) {
	f := layout{ids: fieldIDs{}, keys: map[string]string{}}
	problem := &layoutError{name: found.Name, id: found.ID}
	ours := map[int64]bool{}
	for _, c := range columns {
		fields := fieldsOf(found.Fields, c.name, knownFieldIDs[c.name])
		if len(fields) == 0 {
			problem.missing = append(problem.missing, c.name)
			continue
		}
		field := fields[0]
		f.ids[c.name], f.keys[c.name], ours[field.ID] = field.ID, field.Key, true
		if field.Name != c.name {
			f.renamed = append(f.renamed, fmt.Sprintf("%q is now %q", c.name, field.Name))
		}
		problem.inTheWay = append(problem.inTheWay, c.problemsOf(fields)...)
	}
	for _, field := range found.Fields {
		if field.Required && !ours[field.ID] {
			problem.inTheWay = append(problem.inTheWay, fmt.Sprintf("its field %q is required, and license tables have no value for it", field.Name))
		}
	}
	if len(problem.missing)+len(problem.inTheWay) > 0 {
		return layout{}, problem
	}
	return f, nil
}

func fieldsOf(fields []cloudradial.AssetField, name string, id int64) []cloudradial.AssetField {
	for _, field := range fields {
		if field.ID == id {
			return []cloudradial.AssetField{field}
		}
	}
	return slices.DeleteFunc(slices.Clone(fields), func(field cloudradial.AssetField) bool { return field.Name != name })
}

// problemsOf says why the fields found for a column cannot hold it.
func (c column) problemsOf(fields []cloudradial.AssetField) []string {
	var found []string
	field := fields[0]
	if len(fields) > 1 {
		found = append(found, fmt.Sprintf("it has %d fields named %q", len(fields), c.name))
	}
	// The API may return a kind as a number, whose meaning is not documented (cloudradial.md §6).
	if _, err := strconv.Atoi(field.Kind); err != nil && field.Kind != "" && !strings.EqualFold(field.Kind, c.kind) {
		found = append(found, fmt.Sprintf("its field %q has the kind %s instead of %s", field.Name, field.Kind, c.kind))
	}
	return found
}

// fieldsToAdd returns the missing fields of a type that has no rows and only our fields, because its creation was cut short. It
// returns none for another type, because a field can never be removed (cloudradial.md §7.8).
func fieldsToAdd(found cloudradial.AssetType, problem *layoutError, rows int) []cloudradial.AssetField {
	if rows > 0 || len(problem.inTheWay) > 0 {
		return nil
	}
	var missing []cloudradial.AssetField
	for _, c := range columns {
		if slices.Contains(problem.missing, c.name) {
			missing = append(missing, c.field())
		}
	}
	if len(found.Fields)+len(missing) != len(columns) {
		return nil
	}
	return missing
}

// noValue is in a cell that has nothing to say. CloudRadial may drop a blank trait, and one that a row does not have cannot be changed later
// (cloudradial.md §7.8).
const noValue = "-"

// sameCell compares two values of a column. CloudRadial may return a number in another form, and a blank cell is the same as [noValue].
func sameCell(name, one, other string) bool {
	one, other = cmp.Or(strings.TrimSpace(one), noValue), cmp.Or(strings.TrimSpace(other), noValue)
	if one == other {
		return true
	}
	if !isNumber(name) {
		return false
	}
	first, second := numberOf(one), numberOf(other)
	return first.known && first == second
}

func isNumber(name string) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.name == name && c.kind == numberKind })
}

// number is the whole number in a cell. It is not known when the cell holds something else.
type number struct {
	value int64
	known bool
}

func numberOf(text string) number {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || value != math.Trunc(value) || math.Abs(value) > math.MaxInt32 {
		return number{}
	}
	return number{int64(value), true}
}

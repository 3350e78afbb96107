package publication

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
)

// The columns of a licence table, by the names of their fields in CloudRadial.
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

// Kinds of fields, as far as CloudRadial's are known.
const (
	textKind   = "Text"
	numberKind = "Number"
	dateKind   = "Date"
)

type column struct {
	name string
	kind string
	// mayBeEmpty says that rows have no value there sometimes.
	mayBeEmpty bool
}

// columns are in the order of the portal. The first is the title of a row.
var columns = []column{
	{name: productColumn, kind: textKind},
	{name: skuColumn, kind: textKind},
	{name: purchasedColumn, kind: numberKind},
	{name: assignedColumn, kind: numberKind},
	{name: availableColumn, kind: numberKind},
	{name: statusColumn, kind: textKind, mayBeEmpty: true},
	{name: tenantColumn, kind: textKind},
	{name: updatedColumn, kind: dateKind},
	{name: ownerColumn, kind: textKind},
}

func (c column) field() cloudradial.AssetField {
	order := slices.Index(columns, c)
	return cloudradial.AssetField{Name: c.name, Kind: c.kind, Order: order + 1, UseForTitle: order == 0, ShowInList: c.name != ownerColumn}
}

// newAssetType is the type as it is created.
func newAssetType(name string) cloudradial.AssetType {
	wanted := cloudradial.AssetType{Name: name, Description: "Microsoft 365 licences, published by Terraform. Edits are overwritten."}
	for _, c := range columns {
		wanted.Fields = append(wanted.Fields, c.field())
	}
	return wanted
}

// fieldIDs are the fields of a type by column. They stay when somebody renames a field in the portal.
type fieldIDs map[string]int64

// fit is how the columns stand in a type.
type fit struct {
	ids fieldIDs
	// keys say under which key a row holds the value of a column. CloudRadial chooses the keys.
	keys map[string]string
	// renamed tells of the columns that the portal names otherwise.
	renamed []string
}

// misfit is what keeps an asset type from holding licence tables.
type misfit struct {
	name string
	id   int64
	// missing are columns without a field; inTheWay says what is wrong with the fields that there are.
	missing  []string
	inTheWay []string
}

func (m *misfit) Error() string {
	var lines []string
	for _, name := range m.missing {
		lines = append(lines, fmt.Sprintf("it has no field %q", name))
	}
	return fmt.Sprintf("the flexible asset type %q (id %d) cannot hold license tables: %s", m.name, m.id, strings.Join(append(lines, m.inTheWay...), "; "))
}

// fitOf finds the field of every column: by the id that is remembered, else by name. The error is a *misfit.
func fitOf(found cloudradial.AssetType, remembered fieldIDs) (fit, error) {
	f := fit{ids: fieldIDs{}, keys: map[string]string{}}
	problem := &misfit{name: found.Name, id: found.ID}
	ours := map[int64]bool{}
	for _, c := range columns {
		fields := fieldsOf(found.Fields, c.name, remembered[c.name])
		if len(fields) == 0 {
			problem.missing = append(problem.missing, c.name)
			continue
		}
		field := fields[0]
		f.ids[c.name], f.keys[c.name], ours[field.ID] = field.ID, field.Key, true
		if field.Name != c.name {
			f.renamed = append(f.renamed, fmt.Sprintf("%q is %q now", c.name, field.Name))
		}
		problem.inTheWay = append(problem.inTheWay, c.objections(fields)...)
	}
	for _, field := range found.Fields {
		if field.Required && !ours[field.ID] {
			problem.inTheWay = append(problem.inTheWay, fmt.Sprintf("its field %q is required, and license tables have no value for it", field.Name))
		}
	}
	if len(problem.missing)+len(problem.inTheWay) > 0 {
		return fit{}, problem
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

// objections says why the fields found for a column do not fit.
func (c column) objections(fields []cloudradial.AssetField) []string {
	var found []string
	field := fields[0]
	if len(fields) > 1 {
		found = append(found, fmt.Sprintf("it has %d fields named %q", len(fields), c.name))
	}
	// The portal may read an enumeration as a number, whose meaning is not documented.
	if _, err := strconv.Atoi(field.Kind); err != nil && field.Kind != "" && !strings.EqualFold(field.Kind, c.kind) {
		found = append(found, fmt.Sprintf("its field %q is of the kind %s instead of %s", field.Name, field.Kind, c.kind))
	}
	if field.Required && c.mayBeEmpty {
		found = append(found, fmt.Sprintf("its field %q is required, but it is empty in some rows", field.Name))
	}
	return found
}

// completable returns the fields to add to a type that holds nothing and has only fields of ours: one that was cut short
// when it was made. A field that was added once can never be removed, so no other type is changed.
func completable(found cloudradial.AssetType, problem *misfit, rows int) []cloudradial.AssetField {
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

// sameCell compares two values of a column. The portal may write a number as it likes.
func sameCell(name, one, other string) bool {
	one, other = strings.TrimSpace(one), strings.TrimSpace(other)
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

// number is what a cell holds that should hold a whole number.
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// license is a service of licenses.csv, with the SKUs of all its rows.
type license struct {
	Service string   `tfsdk:"service"`
	SKUs    []string `tfsdk:"skus"`
	// Basis is nil when no row says one. The other texts are nil likewise.
	Basis       *string `tfsdk:"basis"`
	Category    *string `tfsdk:"category"`
	Subcategory *string `tfsdk:"subcategory"`
	Description *string `tfsdk:"description"`
}

var licenseColumns = []column{
	{name: "service", synonyms: []string{"servicename", "psaservice", "psaproduct", "psaproductname", "product", "productname", "item"}},
	{name: "sku", synonyms: []string{"skus", "skupartnumber", "skuid", "partnumber", "microsoftsku", "license", "licence"}},
	{name: "basis", optional: true},
	{name: "category", optional: true},
	{name: "subcategory", optional: true},
	{name: "description", optional: true},
}

// readLicenses reads licenses.csv: service → its SKUs. A service with several SKUs has several rows, or several
// SKUs in one cell.
func readLicenses(file []byte) (map[string]license, error) {
	table, err := readTable(file, licenseColumns)
	if err != nil {
		return nil, err
	}
	var wrong problems
	licenses, skus := map[string]license{}, seen{}
	first := map[string]int{} // service → its first line
	for _, row := range table.rows {
		service, sku := readRequired(row, "service", &wrong), readRequired(row, "sku", &wrong)
		more := splitSKUs(sku)
		if len(more) == 0 && sku != "" {
			wrong.add(row, "sku", "%q has no SKU", sku)
		}
		for _, sku := range more {
			skus.once(row, "sku", sku, &wrong)
		}
		checkBasis(row, &wrong)
		known, ok := licenses[service]
		if !ok {
			first[service] = row.line
			known = license{Service: service}
		}
		known.SKUs = append(known.SKUs, more...)
		for column, text := range known.texts() {
			addText(row, column, text, first[service], &wrong)
		}
		licenses[service] = known
	}
	return licenses, wrong.err()
}

// splitSKUs returns the SKUs of a cell. Some of Microsoft's part numbers have spaces, and these stay whole.
func splitSKUs(cell string) []string {
	var skus []string
	for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(";,|\n\r", r) }) {
		for words := strings.Fields(part); len(words) > 0; {
			n := len(words)
			for n > 1 && !isPartNumber(strings.Join(words[:n], " ")) {
				n--
			}
			skus = append(skus, strings.Join(words[:n], " "))
			words = words[n:]
		}
	}
	return skus
}

// isPartNumber reports whether a text is one SKU: a part number of Microsoft's table, or one with the id behind it.
func isPartNumber(text string) bool {
	product, known := billing.LookupSKU(text)
	return known && strings.HasPrefix(strings.ToLower(text), strings.ToLower(product.PartNumber))
}

// texts returns what all rows of a service must agree on.
func (l *license) texts() map[string]**string {
	return map[string]**string{"basis": &l.Basis, "category": &l.Category, "subcategory": &l.Subcategory, "description": &l.Description}
}

// addText takes the text of a cell for the service. Rows may leave it empty, but not say two things.
func addText(r row, column string, text **string, first int, wrong *problems) {
	cell := r.cells[column]
	switch {
	case cell == "":
	case *text == nil:
		*text = &cell
	case **text != cell:
		wrong.add(r, column, "%q is not %q, which an earlier row of the service says (its first is line %d). Each service has one", cell, **text, first)
	}
}

func checkBasis(r row, wrong *problems) {
	if basis := r.cells["basis"]; basis != "" && !slices.Contains(billing.BasisNames(), basis) {
		wrong.add(r, "basis", "%q is none of %s", basis, strings.Join(billing.BasisNames(), ", "))
	}
}

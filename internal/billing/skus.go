// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agext/levenshtein"
	"github.com/google/uuid"
)

// SKUTableDate is the month in which Microsoft published the table "Product names and service plan identifiers for licensing",
// from which skus.csv is taken. The names in it are Microsoft's; see skus.NOTICE.md.
const SKUTableDate = "December 2025"

//go:embed skus.csv
var skusCSV string

// Product is a row of Microsoft's table. Only SKUID identifies it, because names and even part numbers occur twice.
type Product struct {
	SKUID      string // lower case
	PartNumber string
	Name       string
}

// LookupSKU finds a [Product] by skuId, part number or PART/<skuId>, in any case. For a part number that Microsoft gave to two
// products (MCOPSTN5) it returns the first in the table.
func LookupSKU(idOrPartNumber string) (Product, bool) {
	product, ok := skuTable().byKey[lookupKey(idOrPartNumber)]
	return product, ok
}

// IsProduct reports whether text is a product name or a part number of Microsoft's table, in any case.
func IsProduct(text string) bool {
	if skuTable().names[fold(text)] {
		return true
	}
	_, ok := LookupSKU(text)
	return ok
}

// SKUsNamed returns the products of exactly that name in Microsoft's table: as part numbers, or as skuIds where the part number also
// stands for a product of another name.
func SKUsNamed(name string) []string {
	table := skuTable()
	isNamed := map[string]bool{} // by skuId
	for _, product := range table.products {
		isNamed[product.SKUID] = product.Name == name
	}
	var skus []string
	for _, product := range table.products {
		if !isNamed[product.SKUID] {
			continue
		}
		sku := product.PartNumber
		if slices.ContainsFunc(table.ids[strings.ToLower(sku)], func(id string) bool { return !isNamed[id] }) {
			sku = product.SKUID
		}
		if !slices.Contains(skus, sku) {
			skus = append(skus, sku)
		}
	}
	return skus
}

// IsFree reports whether a SKU (skuId, part number or PART/<skuId>, in any case) is a free product that users sign up for
// themselves, often with pools of 10,000 seats and more. The list is by id, because names with "trial" or "free" mislead.
func IsFree(idOrPartNumber string) bool {
	key := lookupKey(idOrPartNumber)
	if product, ok := skuTable().byKey[key]; ok {
		key = product.SKUID
	}
	return freeSKUs[key]
}

// NearestSKUs suggests up to n part numbers for a misspelt SKU s: those whose product name contains s, shortest name first, then
// those with a similar spelling. It returns nil when there are none.
func NearestSKUs(s string, n int) []string {
	wanted := fold(s)
	if wanted == "" {
		return nil
	}
	type candidate struct {
		partNumber string
		source     int // 0: found by name, 1: by spelling
		distance   int
	}
	farthest := max(2, len([]rune(wanted))/2)
	var candidates []candidate
	for _, product := range skuTable().products {
		if strings.Contains(strings.ToLower(product.Name), wanted) {
			candidates = append(candidates, candidate{product.PartNumber, 0, len(product.Name)})
			continue
		}
		distance := levenshtein.Distance(wanted, strings.ToLower(product.PartNumber), nil)
		if distance <= farthest {
			candidates = append(candidates, candidate{product.PartNumber, 1, distance})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.distance, b.distance), cmp.Compare(a.partNumber, b.partNumber))
	})
	var nearest []string
	for _, c := range candidates {
		if len(nearest) < n && !slices.Contains(nearest, c.partNumber) {
			nearest = append(nearest, c.partNumber)
		}
	}
	return nearest
}

type productTable struct {
	products []Product
	byKey    map[string]Product  // skuId, and lower-case part number
	ids      map[string][]string // lower-case part number → its skuIds
	names    map[string]bool     // lower-case product names
}

// skuTable parses the embedded table on first use, because most provider processes never use it.
var skuTable = sync.OnceValue(func() productTable {
	products, err := parseProducts(skusCSV)
	if err != nil {
		panic(fmt.Errorf("the embedded skus.csv is broken: %w", err))
	}
	table := productTable{products: products, byKey: map[string]Product{}, ids: map[string][]string{}, names: map[string]bool{}}
	for _, product := range products {
		table.byKey[product.SKUID] = product
		table.names[fold(product.Name)] = true
		key := strings.ToLower(product.PartNumber)
		table.ids[key] = append(table.ids[key], product.SKUID)
		if _, ok := table.byKey[key]; !ok {
			table.byKey[key] = product
		}
	}
	return table
})

// parseProducts reads the three columns. Microsoft's tables contain byte-order marks, no-break spaces, tabs, blank rows and ids
// in upper and lower case.
func parseProducts(text string) ([]Product, error) {
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(cleanAll(rows[0]), []string{"sku_id", "sku_part_number", "product_name"}) {
		return nil, errors.New("the first line is not sku_id,sku_part_number,product_name")
	}
	var products []Product
	for number, row := range rows[1:] {
		fields := cleanAll(row)
		if strings.Join(fields, "") == "" {
			continue
		}
		if len(fields) < 3 || fields[1] == "" {
			return nil, fmt.Errorf("row %d (%q) lacks a column", number+2, row)
		}
		id, err := uuid.Parse(fields[0])
		if err != nil {
			return nil, fmt.Errorf("row %d: %q is not a skuId", number+2, fields[0])
		}
		products = append(products, Product{SKUID: id.String(), PartNumber: fields[1], Name: fields[2]})
	}
	return products, nil
}

func cleanAll(fields []string) []string {
	cleaned := make([]string, len(fields))
	for i, field := range fields {
		cleaned[i] = clean(field)
	}
	return cleaned
}

// freeSKUs are the self-service and free products, by skuId. Storage and communication credits are not among them, because they
// are paid.
var freeSKUs = map[string]bool{
	"f30db892-07e9-47e9-837c-80727f46fd3d": true, // FLOW_FREE
	"a403ebcc-fae0-4ca2-8c8c-7a907fd6c235": true, // POWER_BI_STANDARD
	"1f2f344a-700d-42c9-9427-5cea1d5d7ba6": true, // STREAM
	"6470687e-a428-4b7a-bef2-8a291ad947c9": true, // WINDOWS_STORE
	"bc946dac-7877-4271-b2f7-99d2db13cd2c": true, // FORMS_PRO
	"dcb1a3ae-b33f-4487-846a-a640262fadf4": true, // POWERAPPS_VIRAL
	"5b631642-bd26-49fe-bd20-1daaa972ef80": true, // POWERAPPS_DEV
	"606b54a9-78d8-4298-ad8b-df6ef4481c80": true, // CCIBOTS_PRIVPREV_VIRAL
	"710779e8-3d4a-4c88-adb9-386c958d1fdf": true, // TEAMS_EXPLORATORY
	"74fbf1bb-47c6-4796-9623-77dc7371723b": true, // MS_TEAMS_IW
	"16ddbbfc-09ea-4de2-b1d7-312db6112d70": true, // TEAMS_FREE
	"8c4ce438-32a7-4ac5-91a6-e22ae08d9c8b": true, // RIGHTSMANAGEMENT_ADHOC
	"90d8b3f8-712e-4f7b-aa1e-62e7ae6cbe96": true, // SMB_APPS
	"8f0c5670-4e56-4892-b06d-91c085d7004f": true, // SPZA_IW
	"338148b6-1b11-4102-afb9-f92b6cdc0f8d": true, // DYN365_ENTERPRISE_P1_IW
	"3f9f06f5-3c31-472c-985f-62d9c10ec167": true, // Power_Pages_vTrial_for_Makers
	"6ec92958-3cc1-49db-95bd-bc6b3798df71": true, // Dynamics_365_Sales_Premium_Viral_Trial
}

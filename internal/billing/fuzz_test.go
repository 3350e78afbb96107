// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"encoding/csv"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Whatever is in a table, what is read of it is clean, and is read again as it was.
func FuzzParseProducts(f *testing.F) {
	const header = "sku_id,sku_part_number,product_name\n"
	for _, text := range []string{
		"", header, "\ufeff" + header, header + ",,\n\u00a0,\t,\n", header + "CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46,SPB,Microsoft 365\u00a0Business Premium\n",
		header + "{cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46},a/b,\"x\r\ny\"\r\n", header + "urn:uuid:cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46,a,\n",
		header + "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46,,x\n", header + "x,y\n", header + "\"", "sku_id;sku_part_number;product_name\n", "\xff\xfe" + header,
		header + "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46,a,b,c,d\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		products, err := parseProducts(text)
		if err != nil {
			if products != nil {
				t.Errorf("%v comes with %v", products, err)
			}
			return
		}
		var again strings.Builder
		writer := csv.NewWriter(&again)
		rows := [][]string{{"sku_id", "sku_part_number", "product_name"}}
		for _, product := range products {
			if !isSKUID(product.SKUID) || product.SKUID != strings.ToLower(product.SKUID) || product.PartNumber == "" ||
				product.PartNumber != clean(product.PartNumber) || product.Name != clean(product.Name) {
				t.Errorf("%+q is not clean", product)
			}
			rows = append(rows, []string{product.SKUID, product.PartNumber, product.Name})
		}
		if err := writer.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if read, err := parseProducts(again.String()); err != nil || !reflect.DeepEqual(read, products) {
			t.Errorf("%v is read as %v, %v", products, read, err)
		}
	})
}

// Names of SKUs come from mapping files: any case, with and without an id, misspelt.
func FuzzSKUNames(f *testing.F) {
	for _, name := range []string{
		"SPB", "spb/cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "O365_w/o Teams Bundle_M3", "business premium", "", "/", "\u00a0SPB\t", "\xff", "İ",
		"x/CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46", "FLOW_FREE", "{cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46}",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		product, known := LookupSKU(name)
		if known && (!isSKUID(product.SKUID) || product.PartNumber == "") || !known && product != (Product{}) {
			t.Errorf("%q is %+v", name, product)
		}
		if upper, _ := LookupSKU(" " + name + "\t"); upper != product {
			t.Errorf("%q is %+v, and with spaces %+v", name, product, upper)
		}
		if known && IsFree(name) != IsFree(product.SKUID) {
			t.Errorf("%q is free under one of its names", name)
		}
	})
}

// What a misspelt SKU may have meant is known, and named once.
func FuzzNearestSKUs(f *testing.F) {
	for _, name := range []string{"SPBB", "business premium", "e3", "", " ", "\xff", "office 365 e1"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 30 {
			return // the distances to a long text take long
		}
		nearest := NearestSKUs(name, 3)
		if len(nearest) > 3 || len(slices.Compact(slices.Sorted(slices.Values(nearest)))) != len(nearest) {
			t.Errorf("near %q: %q", name, nearest)
		}
		for _, part := range nearest {
			if _, known := LookupSKU(part); !known {
				t.Errorf("near %q: %q, which nobody knows", name, part)
			}
		}
	})
}

// What is billed is the sum of what is held, under whatever names, and never less than nothing.
func FuzzUnits(f *testing.F) {
	f.Add("a", "a/x", "SPB", "spb", int64(1), int64(2), "purchased")
	f.Add("a", "a/x", "P/cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46", int64(MostSeats), int64(MostSeats), "")
	f.Add("", "/", "/", "//", int64(0), int64(0), "assigned")
	f.Add("\xff", "\x00", "\u00a0", "İ", int64(7), int64(1), "enabled")
	f.Fuzz(func(t *testing.T, account, key, held, mapped string, one, two int64, basis string) {
		if min(one, two) < 0 || max(one, two) > MostSeats {
			return // the other packages let no such number in
		}
		count := func(n int64) SKUCount { return SKUCount{Seats: Seats{n, n, n, n, n}} }
		counts := LicenseCounts{account: {held: count(one)}, key: {held: count(two)}}
		licenses := map[string]LicenseMapping{"l": {Service: "S", SKUs: []string{mapped}, Basis: Basis(basis)}}
		units, err := UnitCounts(counts, map[string]string{"c": account}, licenses)
		if err != nil {
			return
		}
		want := int64(0)
		for _, tenant := range counts {
			want += tenant[held].Purchased
		}
		for account, services := range units {
			for service, n := range services {
				if n != want || n == 0 {
					t.Errorf("%q has %d of %q, want %d", account, n, service, want)
				}
			}
		}
	})
}

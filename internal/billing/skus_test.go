// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"slices"
	"strings"
	"testing"
)

func TestTheEmbeddedTableIsWhole(t *testing.T) {
	t.Parallel()
	table := skuTable()
	if len(table.products) != 569 {
		t.Errorf("the table has %d products, want 569", len(table.products))
	}
	seen := map[string]bool{}
	for _, product := range table.products {
		if !isSKUID(product.SKUID) || product.SKUID != strings.ToLower(product.SKUID) {
			t.Errorf("%+v: the id is not a lower-case GUID", product)
		}
		if seen[product.SKUID] {
			t.Errorf("%s is in the table twice", product.SKUID)
		}
		seen[product.SKUID] = true
		if product.Name == "" || strings.ContainsAny(product.PartNumber+product.Name, "\u00a0\t\ufeff") {
			t.Errorf("%+q is not clean", product)
		}
	}
}

func TestLookupSKU(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, key, wantID string }{
		{"part number", "SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"part number in another case", "spb", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"id", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"id in another case", "CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"both", "SPB/cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"an id after nothing but a slash", "/cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"both: the id decides", "MCOPSTN5/d43177b5-475b-4880-92d4-d54c27b5efbd", "d43177b5-475b-4880-92d4-d54c27b5efbd"},
		{"part number of two products", "MCOPSTN5", "54a152dc-90de-4996-93d2-bc47e670fc06"},
		{"second product of that part number", "d43177b5-475b-4880-92d4-d54c27b5efbd", "d43177b5-475b-4880-92d4-d54c27b5efbd"},
		{"spaces around", "\u00a0 SPB\t", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
		{"slash and no-break spaces in a part number", "O365_w/o\u00a0Teams\u00a0Bundle_M3", "c2fe850d-fbbb-4858-b67d-bd0c6e746da3"},
		{"the same, typed by hand", "O365_W/O Teams Bundle_M3", "c2fe850d-fbbb-4858-b67d-bd0c6e746da3"},
		{"a name is no identity", "Microsoft 365 Business Premium", ""},
		{"unknown", "NO_SUCH_SKU", ""},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := LookupSKU(test.key)
			if got.SKUID != test.wantID || ok != (test.wantID != "") {
				t.Errorf("LookupSKU(%q) = %+v, %v, want id %q", test.key, got, ok, test.wantID)
			}
		})
	}
}

func TestSKUsNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"Microsoft 365 Business Premium": {"SPB"},
		"Microsoft 365 Business Basic":   {"O365_BUSINESS_ESSENTIALS", "SMB_BUSINESS_ESSENTIALS"},
		// MCOPSTN5 is two products of different names.
		"Skype for Business PSTN Calling Domestic Small": {"d43177b5-475b-4880-92d4-d54c27b5efbd"},
		"microsoft 365 business premium":                 nil,
		"SPB":                                            nil,
		"":                                               nil,
	} {
		if got := SKUsNamed(name); !slices.Equal(got, want) {
			t.Errorf("SKUsNamed(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestIsFree(t *testing.T) {
	t.Parallel()
	for id := range freeSKUs {
		product, ok := LookupSKU(id)
		if !ok || product.SKUID != id {
			t.Errorf("the free SKU %s is not in the table", id)
		}
		if !IsFree(strings.ToUpper(id)) || !IsFree(strings.ToLower(product.PartNumber)) || !IsFree("X/"+id) {
			t.Errorf("%s (%s) is on the list but not found", id, product.PartNumber)
		}
	}
	for _, paid := range []string{"SPB", "SHAREPOINTSTORAGE", "MCOPSTNC", "NO_SUCH_SKU", "", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"} {
		if IsFree(paid) {
			t.Errorf("IsFree(%q), want false", paid)
		}
	}
}

func TestNearestSKUs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		n          int
		wantFirst  string
		wantLen    int
	}{
		{"two letters swapped", "SBP", 3, "SPB", 1},
		{"a letter missing", "ENTERPRISPACK", 2, "ENTERPRISEPACK", 2},
		{"the product's name", "microsoft 365 business premium", 1, "SPB", 1},
		{"part of a name", "Defender for Business", 1, "MDE_SMB", 1},
		{"nothing near", "zzzzzzzzzzzzqqqqqqqqqqq", 3, "", 0},
		{"empty", " ", 3, "", 0},
		{"none asked for", "SBP", 0, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := NearestSKUs(test.text, test.n)
			if len(got) != test.wantLen || test.wantLen > 0 && got[0] != test.wantFirst {
				t.Errorf("NearestSKUs(%q, %d) = %v, want %d with %q first", test.text, test.n, got, test.wantLen, test.wantFirst)
			}
		})
	}
	if got := NearestSKUs("MCOPSTN55", 5); len(got) == 0 || got[0] != "MCOPSTN5" || slices.Contains(got[1:], "MCOPSTN5") {
		t.Errorf("NearestSKUs names MCOPSTN5 of two products not exactly once: %v", got)
	}
}

func TestParseProductsOfDirtyTables(t *testing.T) {
	t.Parallel()
	const id = "CBDC14AB-d96c-4c30-b9f4-6ada7cdc1d46"
	want := Product{SKUID: strings.ToLower(id), PartNumber: "SPB X", Name: "Business Premium, new"}
	for _, test := range []struct{ name, text, wantErr string }{
		{"byte-order mark", "\ufeffsku_id,sku_part_number,product_name\n" + id + ",SPB X,\"Business Premium, new\"\n", ""},
		{"no-break spaces and tabs", "sku_id,sku_part_number,product_name\n\u00a0" + id + "\t,\tSPB\u00a0X\u00a0,\"\u00a0Business  Premium,\u00a0new\t\"\n", ""},
		{"carriage returns", "sku_id,sku_part_number,product_name\r\n" + id + ",SPB X,\"Business Premium, new\"\r\n", ""},
		{"blank rows", "sku_id,sku_part_number,product_name\n\n,,\n" + id + ",SPB X,\"Business Premium, new\"\n \t,\u00a0,\n", ""},
		{"a further column", "sku_id,sku_part_number,product_name\n" + id + ",SPB X,\"Business Premium, new\",x\n", ""},
		{"other columns", "name,id\nx,y\n", "first line"},
		{"nothing", "", "first line"},
		{"a column missing", "sku_id,sku_part_number,product_name\n" + id + "\n", "row 2"},
		{"no part number", "sku_id,sku_part_number,product_name\n" + id + ",\u00a0,Name\n", "row 2"},
		{"no id in the second row", "sku_id,sku_part_number,product_name\n" + id + ",SPB,Name\nSPB,SPB,Name\n", "row 3: \"SPB\" is not a skuId"},
		{"no id", "sku_id,sku_part_number,product_name\nSPB,SPB,Name\n", "row 2: \"SPB\" is not a skuId"},
		{"open quote", "sku_id,sku_part_number,product_name\n\"" + id, "quote"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseProducts(test.text)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one with %q", err, test.wantErr)
				}
				return
			}
			if err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("%+v, %v, want only %+v", got, err, want)
			}
		})
	}
}

func TestIsProduct(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Microsoft 365 Business Premium":       true,
		" microsoft 365  business premium ":    true,
		"SPB":                                  true,
		"cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46": true,
		"Microsoft 365 Business":               false,
		"Alder & Finch Architects":             false,
		"":                                     false,
	} {
		if got := IsProduct(text); got != want {
			t.Errorf("IsProduct(%q) is %t", text, got)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"strings"
	"testing"
)

func TestAccountOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"acme": "acme", "acme/east": "acme", "acme/east/1": "acme", "acme/": "acme", "/east": "", "": "",
	} {
		if got := AccountOf(key); got != want {
			t.Errorf("AccountOf(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestPartNumberOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, key, skuID, want string }{
		{"a part number", "SPB", spbID, "SPB"},
		{"with its id", "SPB/" + spbID, spbID, "SPB"},
		{"a part number of one letter", "X/" + spbID, spbID, "X"},
		{"the id in another case", "SPB/" + strings.ToUpper(spbID), spbID, "SPB"},
		{"spaces around", " SPB/" + spbID + "\t", spbID + " ", "SPB"},
		{"a slash in the part number", "O365_w/o Teams/" + spbID, spbID, "O365_w/o Teams"},
		{"only a slash in the part number", "O365_w/o Teams", spbID, "O365_w/o Teams"},
		{"the id of another SKU", "SPB/" + unknownID, spbID, "SPB/" + unknownID},
		{"an unknown id", "SPB/" + spbID, "", "SPB/" + spbID},
		{"a slash at the end, and an unknown id", "SPB/", "", "SPB/"},
		{"no part number", "/" + spbID, spbID, "/" + spbID},
		{"the id alone", spbID, spbID, spbID},
	} {
		if got := PartNumberOf(test.key, test.skuID); got != test.want {
			t.Errorf("%s: PartNumberOf(%q, %q) = %q, want %q", test.name, test.key, test.skuID, got, test.want)
		}
	}
}

// A key is the account id or the account id, a slash and more, and its seats are billed to that account.
func FuzzAccountOf(f *testing.F) {
	for _, key := range []string{"acme", "acme/lab", "acme/a/b", "acme/", "/", "", "\xff/\x00", "a//b"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		account := AccountOf(key)
		if strings.Contains(account, "/") || account != key && !strings.HasPrefix(key, account+"/") {
			t.Errorf("%q belongs to %q", key, account)
		}
		units, err := UnitCounts(LicenseCounts{key: {"S": {Seats: Seats{Purchased: 1}}}}, map[string]string{"c": account},
			map[string]LicenseMapping{"l": {Service: "T", SKUs: []string{"S"}}})
		if err != nil || units[account]["T"] != 1 {
			t.Errorf("%q of %q: %v, %v", key, account, units, err)
		}
	})
}

// Any part number and any id make a key that can be taken apart again, in any case.
func FuzzPartNumberOf(f *testing.F) {
	f.Add("SPB", spbID)
	f.Add("O365_w/o Teams Bundle_M3", spbID)
	f.Add("/", "İ")
	f.Add("\xff", "\xff")
	f.Fuzz(func(t *testing.T, part, id string) {
		part, id = clean(part), clean(id)
		if got := PartNumberOf(part, ""); got != part {
			t.Errorf("%q without an id is %q", part, got)
		}
		if part == "" || id == "" || strings.Contains(id, "/") {
			return // Microsoft gives neither
		}
		if got := PartNumberOf(skuKey(part, id), id); got != part {
			t.Errorf("%q with the id %q is %q", part, id, got)
		}
		if got := PartNumberOf(skuKey(part, id), strings.ToLower(id)); got != part {
			t.Errorf("%q with the id %q in lower case is %q", part, id, got)
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"math"
	"strings"
	"testing"
)

func FuzzImportID(f *testing.F) {
	const owner = "tf-abcdefghijklmnopqrstuvwxyz"
	for _, id := range []string{owner, "Type/" + owner, "/" + owner, "a/b/" + owner, "Type", "", "/", "Type/tf-x", owner + "/" + owner, owner + "\n", "é\x00/" + owner} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		name, got := parseImportID(id)
		switch {
		case got == "" && name != id, got != "" && name+"/"+got != id && (got != id || name != defaultAssetType):
			t.Errorf("%q is the type %q of %q", id, name, got)
		case got != "" && (!ownerForm.MatchString(got) || strings.ContainsAny(got, "/\n") || name == ""):
			t.Errorf("%q is of %q", id, got)
		}
	})
}

// What a person types into a cell is a whole number that could be seats, or none.
func FuzzCell(f *testing.F) {
	for _, text := range []string{"10", " 10\t", "10.0", "1e1", "1e400", "NaN", "Inf", "-Inf", "0x1p3", "1_0", "-0", "2147483648", "9007199254740993", "1,000", "\xff", ""} {
		f.Add(text, "10")
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		n := numberOf(one)
		if n.known && (n.value > math.MaxInt32 || n.value < -math.MaxInt32) || !n.known && n.value != 0 {
			t.Errorf("%q is %+v", one, n)
		}
		for _, c := range columns {
			if !sameCell(c.name, one, one) || sameCell(c.name, one, other) != sameCell(c.name, other, one) {
				t.Errorf("%q and %q in %s", one, other, c.name)
			}
			if sameCell(c.name, one, other) && strings.TrimSpace(one) != strings.TrimSpace(other) && (c.kind != numberKind || numberOf(one) != numberOf(other)) {
				t.Errorf("%q is %q in %s", one, other, c.name)
			}
		}
	})
}

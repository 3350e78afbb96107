// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The mapping file reads back as it was written, with every left key once, whatever the names are.
func FuzzMappingFile(f *testing.F) {
	f.Add("Acme\nACME\nAcme Inc\n=Delta\nAcme \"the\" first, Inc", "Acme\nAcme Inc.\nAcme AG\n@Zeta")
	f.Add("a\r\rb\n\\.\n\u2028\n\ufeff", "a;b\n\"\"\"\n'\n\t\n＝1")
	f.Add("-1\n'-1\n", "+1\n\x00")
	f.Fuzz(func(t *testing.T, lefts, rights string) {
		if !utf8.ValidString(lefts) || !utf8.ValidString(rights) {
			return // Terraform's strings are valid
		}
		left, right := lines(lefts), lines(rights)
		for key, name := range left { // keys of all sorts as well
			if n, _ := strconv.Atoi(key); n%2 == 1 {
				left[name+key] = name
				delete(left, key)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(writeCSV(left, right, Match(left, right)))).ReadAll()
		if err != nil || len(rows) == 0 || !slices.Equal(rows[0], csvHeader) {
			t.Fatalf("%q, %v", rows, err)
		}
		written := func(cell string) string { return strings.ReplaceAll(escapeFormula(cell), "\r\n", "\n") } // as CSV readers have it
		var keys, want []string
		for key := range left {
			want = append(want, written(key))
		}
		names := map[string]bool{"": true}
		for _, name := range right {
			names[written(name)] = true
		}
		for _, row := range rows[1:] {
			match := row[4]
			if row[0] != "" {
				keys = append(keys, row[0])
			}
			if !names[row[3]] || (row[2] == "") != (row[3] == "") || !slices.Contains([]string{"exact", "likely", "ambiguous", "unmatched"}, match) ||
				(match == "exact" || match == "likely") != (row[0] != "" && row[2] != "") {
				t.Errorf("row %q", row)
			}
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
					t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
		slices.Sort(keys)
		slices.Sort(want)
		if !slices.Equal(keys, want) {
			t.Errorf("left keys %q, want %q", keys, want)
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"encoding/csv"
	"strings"
	"sync"
	"testing"
)

func TestMappingFile(t *testing.T) {
	t.Parallel()
	left := map[string]string{"1": "Acme", "2": "Beta, \"the\" first", "3": "Gamma", "4": "=Delta", "5": "Epsilon GmbH"}
	right := map[string]string{"a": "Acme", "b": "BETA, \"The\" First", "c": "Gamma AG", "d": "Gamma KG", "e": "@Zeta", "f": "Epsilon AG"}
	want := `left_key,left_name,right_key,right_name,match,score,reason,candidates
1,Acme,a,Acme,exact,1,exact,
2,"Beta, ""the"" first",b,"BETA, ""The"" First",likely,0.99,case,
3,Gamma,,,ambiguous,,,"c: Gamma AG (legal form, 0.94); d: Gamma KG (legal form, 0.94)"
4,'=Delta,,,unmatched,,,
5,Epsilon GmbH,,,ambiguous,,,"f: Epsilon AG (legal form, 0.5)"
,,e,'@Zeta,unmatched,,,
`
	got := writeCSV(left, right, Match(left, right))
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if rows, err := csv.NewReader(strings.NewReader(got)).ReadAll(); err != nil || len(rows) != 7 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestMappingFileHoldsNoFormula(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝"} {
		cell := first + "cmd|' /C calc'!A0"
		if got := escapeFormula(cell); got != "'"+cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
	if got := escapeFormula("Acme-Tools=@"); got != "Acme-Tools=@" {
		t.Errorf("a harmless name becomes %q", got)
	}
}

// Terraform reads data sources side by side.
func TestMappingFilesAtOnce(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if got, want := writeCSV(nil, nil, Result{}), strings.Join(csvHeader, ",")+"\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	group.Wait()
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
)

// labelled is a pair of names and whether they are one company.
type labelled struct {
	left, right string
	same        bool
	kind        string
}

// labelledHalf returns every second row: 0 is the half that the matcher is tuned on, 1 the one that is only reported.
func labelledHalf(t *testing.T, parity int) []labelled {
	t.Helper()
	file, err := os.Open("testdata/labelled.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	if len(rows) < 400 {
		t.Fatalf("%d pairs, want at least 400", len(rows))
	}
	var half []labelled
	for i, row := range rows {
		isSame, err := strconv.ParseBool(row[2])
		if err != nil {
			t.Fatalf("row %d: %s", i, err)
		}
		if i%2 == parity {
			half = append(half, labelled{row[0], row[1], isSame, row[3]})
		}
	}
	return half
}

// score counts proposals against labels.
type score struct{ right, wrong, missed int }

func (s score) precision() float64 { return float64(s.right) / float64(s.right+s.wrong) }
func (s score) recall() float64    { return float64(s.right) / float64(s.right+s.missed) }

// onePair matches each pair alone, as if there were no other names.
func onePair(t *testing.T, rows []labelled, log bool) score {
	t.Helper()
	var s score
	for _, row := range rows {
		result := Match(map[string]string{"l": row.left}, map[string]string{"r": row.right})
		proposed := len(result.Exact)+len(result.Likely) == 1
		switch {
		case proposed && row.same:
			s.right++
		case proposed:
			s.wrong++
		case row.same:
			s.missed++
		}
		if log && proposed != row.same {
			t.Logf("%q, %q (%s): proposed %v", row.left, row.right, row.kind, proposed)
		}
	}
	return s
}

// allTogether matches all left names against all right ones, where every name has hundreds of chances to be mistaken.
func allTogether(t *testing.T, rows []labelled, log bool) score {
	t.Helper()
	left, right := map[string]string{}, map[string]string{}
	for i, row := range rows {
		left[strconv.Itoa(i)], right[strconv.Itoa(i)] = row.left, row.right
	}
	result := Match(left, right)
	proposed := map[string]string{}
	for l, r := range result.Exact {
		proposed[l] = r
	}
	for _, pair := range result.Likely {
		proposed[pair.Left] = pair.Right
	}
	var s score
	for i, row := range rows {
		l := strconv.Itoa(i)
		r, isProposed := proposed[l]
		isRight := isProposed && r == l && row.same
		switch {
		case isRight:
			s.right++
		case isProposed:
			s.wrong++
		}
		if row.same && !isRight {
			s.missed++
		}
		if log && (row.same && !isRight || isProposed && !isRight) {
			t.Logf("%q (%s) got %q", row.left, row.kind, right[r])
		}
	}
	return s
}

func TestLabelledNames(t *testing.T) {
	t.Parallel()
	for _, half := range []struct {
		name   string
		parity int
	}{{"tuned on", 0}, {"reported", 1}} {
		rows := labelledHalf(t, half.parity)
		for _, way := range []struct {
			name  string
			count func(*testing.T, []labelled, bool) score
		}{{"pair by pair", onePair}, {"all together", allTogether}} {
			// Nobody looks at the mistakes of the reported half: that would be tuning on it.
			s := way.count(t, rows, half.parity == 0)
			t.Logf("%s, %d pairs, %s: precision %.4f, recall %.4f (%d right, %d wrong, %d missed)",
				half.name, len(rows), way.name, s.precision(), s.recall(), s.right, s.wrong, s.missed)
			if s.precision() < 0.99 || s.recall() < 0.90 {
				t.Errorf("%s, %s: want a precision of at least 0.99 and a recall of at least 0.90", half.name, way.name)
			}
		}
	}
}

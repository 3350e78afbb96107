// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// csvHeader names the columns of the mapping file. Rows that a person has to decide have no right key, so a configuration that reads
// the file with csvdecode can leave them out.
var csvHeader = []string{"left_key", "left_name", "right_key", "right_name", "match", "score", "reason", "candidates"}

// writeCSV returns a result as CSV (RFC 4180, with line feeds): a row for each left key, sorted, then one for each right
// key without a counterpart.
func writeCSV(left, right map[string]string, result Result) string {
	likely := map[string]Pair{}
	for _, pair := range result.Likely {
		likely[pair.Left] = pair
	}
	rows := [][]string{csvHeader}
	for _, l := range slices.Sorted(maps.Keys(left)) {
		row := []string{l, left[l], "", "", "unmatched", "", "", ""}
		if r, ok := result.Exact[l]; ok {
			row = []string{l, left[l], r, right[r], "exact", "1", string(ReasonExact), ""}
		} else if pair, ok := likely[l]; ok {
			row = []string{l, left[l], pair.Right, right[pair.Right], "likely", formatScore(pair.Score), string(pair.Reason), ""}
		} else if candidates, ok := result.Ambiguous[l]; ok {
			row = []string{l, left[l], "", "", "ambiguous", "", "", formatCandidates(candidates, right)}
		}
		rows = append(rows, row)
	}
	for _, r := range result.UnmatchedRight {
		rows = append(rows, []string{"", "", r, right[r], "unmatched", "", "", ""})
	}
	var text strings.Builder
	writer := csv.NewWriter(&text)
	for _, row := range rows {
		cells := make([]string, len(row)) // a copy, because csvHeader is shared
		for i, cell := range row {
			cells[i] = escapeFormula(cell)
		}
		_ = writer.Write(cells) // a strings.Builder returns no error
	}
	writer.Flush()
	return text.String()
}

func formatCandidates(candidates []Candidate, right map[string]string) string {
	var all []string
	for _, c := range candidates {
		all = append(all, fmt.Sprintf("%s: %s (%s, %s)", c.Right, right[c.Right], c.Reason, formatScore(c.Score)))
	}
	return strings.Join(all, "; ")
}

// escapeFormula puts an apostrophe before a cell that a spreadsheet would run as a formula, because customers choose their names.
func escapeFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

func formatScore(score float64) string { return strconv.FormatFloat(score, 'f', -1, 64) }

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/agext/levenshtein"
)

// column is a column of a file.
type column struct {
	// name is the header, and the name of the column in messages.
	name string
	// synonyms are other headers of it, in the form of [headerKey].
	synonyms []string
	optional bool
}

// row is a row of a file that is not blank.
type row struct {
	line  int // in the file, from 1
	width int // how many cells the row has in the file
	cells map[string]string
}

// problem says what is wrong with a cell.
type problem struct {
	line         int
	column, text string
}

func (p problem) String() string {
	return fmt.Sprintf("line %d, column %s: %s", p.line, p.column, p.text)
}

// problems are all that is wrong with the rows of a file.
type problems []problem

func (p *problems) add(r row, column, format string, args ...any) {
	*p = append(*p, problem{r.line, column, fmt.Sprintf(format, args...)})
}

// err returns nil when nothing is wrong. The text names every row, because a person mends the file in one go.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b problem) int { return a.line - b.line })
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return errors.New(strings.Join(lines, "\n"))
}

// table is a file whose header is understood.
type table struct {
	rows []row
	// comma is the separator of cells.
	comma rune
	width int // how many cells the header has
}

// readTable reads a file. Columns may stand in any order, under any of their names; columns that are not known are ignored, because
// people keep notes in them.
func readTable(file []byte, columns []column) (table, error) {
	text, err := decodeText(file)
	if err != nil {
		return table{}, err
	}
	text, comma, skipped := separator(text)
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = comma
	reader.FieldsPerRecord = -1 // a short row is reported with its cells, a long one when a cell that has no header is not blank
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return table{}, fmt.Errorf("the file is empty. Its first line must be the header: %s", names(columns))
	}
	if err != nil {
		return table{}, readError(err, skipped)
	}
	at, err := find(columns, header, comma)
	if err != nil {
		return table{}, err
	}
	rows, err := readRows(reader, header, at, skipped)
	return table{rows: rows, comma: comma, width: len(header)}, err
}

// separator returns what separates the cells of a text: the one of , ; and tab that the header has most of. Excel's line "sep=;" says it,
// too, and is skipped.
func separator(text string) (rest string, comma rune, skipped int) {
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // as old spreadsheets for the Mac end their lines
	}
	header, rest, _ := strings.Cut(text, "\n")
	if mark, ok := strings.CutPrefix(strings.TrimSpace(header), "sep="); ok && len(mark) == 1 {
		return rest, rune(mark[0]), 1
	}
	best := ','
	for _, candidate := range []rune{';', '\t'} {
		if strings.Count(header, string(candidate)) > strings.Count(header, string(best)) {
			best = candidate
		}
	}
	return text, best, 0
}

// find returns the position of each column in the header. A column's own name wins over its synonyms.
func find(columns []column, header []string, comma rune) (map[string]int, error) {
	at := map[string]int{}
	var missing []string
	for _, column := range columns {
		found := positions(header, []string{headerKey(column.name)})
		if len(found) == 0 {
			found = positions(header, column.synonyms)
		}
		switch {
		case len(found) == 1:
			at[column.name] = found[0]
		case len(found) > 1:
			return nil, fmt.Errorf("the columns %q and %q could both be %s. Name one of them %s", trim(header[found[0]]), trim(header[found[1]]),
				column.name, column.name)
		case !column.optional:
			missing = append(missing, column.name+nearest(column.name, header))
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the header lacks %s. It has, separated by %s: %s", strings.Join(missing, " and "), commaName(comma), listed(header))
	}
	return at, nil
}

// positions returns where the header has one of the keys.
func positions(header, keys []string) []int {
	var found []int
	for i, name := range header {
		if slices.Contains(keys, headerKey(name)) {
			found = append(found, i)
		}
	}
	return found
}

// headerKey is what of a header is compared: letters and digits, in lower case.
func headerKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// nearest suggests the header that a column was probably meant by.
func nearest(name string, header []string) string {
	best, distance := "", len(name)/2
	for _, candidate := range header {
		if d := levenshtein.Distance(headerKey(name), headerKey(candidate), nil); d <= distance {
			best, distance = trim(candidate), d-1
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (is it %q?)", best)
}

func readRows(reader *csv.Reader, header []string, at map[string]int, skipped int) ([]row, error) {
	var rows []row
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, readError(err, skipped)
		}
		if isBlank(cells) {
			continue
		}
		line, _ := reader.FieldPos(0)
		r := row{line: line + skipped, width: len(cells), cells: make(map[string]string, len(at))}
		if len(cells) > len(header) && !isBlank(cells[len(header):]) {
			return nil, tooManyCells(r, len(header))
		}
		for name, i := range at {
			if i < len(cells) {
				r.cells[name] = trim(cells[i])
			}
		}
		rows = append(rows, r)
	}
}

// checkWidths refuses a row that has more cells than the header when another one has fewer, even if they are blank: a program ends every row
// with a separator or none, so 1,020 without quotes may be two of the cells.
func (t table) checkWidths() error {
	byWidth := func(a, b row) int { return a.width - b.width }
	if len(t.rows) == 0 {
		return nil
	}
	if longest := slices.MaxFunc(t.rows, byWidth); longest.width > t.width && longest.width > slices.MinFunc(t.rows, byWidth).width {
		return tooManyCells(longest, t.width)
	}
	return nil
}

func tooManyCells(r row, header int) error {
	return fmt.Errorf("line %d has %d cells, but the header has %d. A cell that contains the separator must stand in double quotes", r.line, r.width, header)
}

func isBlank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return trim(cell) != "" })
}

// readError says where a file is not CSV.
func readError(err error, skipped int) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	return fmt.Errorf("line %d: a double quote is missing or misplaced. A cell with a double quote in it must stand in double quotes, "+
		"with the inner one written twice", parse.StartLine+skipped)
}

func names(columns []column) string {
	var required []string
	for _, column := range columns {
		if !column.optional {
			required = append(required, column.name)
		}
	}
	return strings.Join(required, ",")
}

func listed(header []string) string {
	quoted := make([]string, 0, len(header))
	for _, name := range header {
		quoted = append(quoted, fmt.Sprintf("%q", trim(name)))
	}
	return strings.Join(quoted, ", ")
}

func commaName(comma rune) string {
	if comma == '\t' {
		return "tabs"
	}
	return fmt.Sprintf("%q", comma)
}

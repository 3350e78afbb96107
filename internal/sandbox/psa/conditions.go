// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	conditionAnd  = regexp.MustCompile(`(?i)\s+and\s+`)
	conditionForm = regexp.MustCompile(`^([A-Za-z_/]+)\s*(!=|<>|<=|>=|=|<|>|\s+in\s+)\s*(.+)$`)
)

// filter returns the rows that meet the conditions of ConnectWise: comparisons that are joined by "and", and lists after "in"
// (psa.md §2.2). Other conditions are refused.
func filter(rows []object, conditions string, fields map[string]bool) ([]object, error) {
	if conditions == "" {
		return rows, nil
	}
	var tests []func(object) bool
	for _, text := range conditionAnd.Split(strings.TrimSpace(conditions), -1) {
		test, err := parseCondition(text, fields)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	var matching []object
	for _, row := range rows {
		matches := true
		for _, test := range tests {
			matches = matches && test(row)
		}
		if matches {
			matching = append(matching, row)
		}
	}
	return matching, nil
}

func parseCondition(text string, fields map[string]bool) (func(object) bool, error) {
	found := conditionForm.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return nil, problem("this sandbox does not understand the condition %q, see psa.md §2.2", text)
	}
	path, operator := strings.Split(found[1], "/"), strings.ToLower(strings.TrimSpace(found[2]))
	if !fields[path[0]] {
		return nil, problem("there is no field %q", path[0])
	}
	values := []string{found[3]}
	if operator == "in" {
		values = strings.Split(strings.Trim(found[3], "()"), ",")
	}
	var wanted []any
	for _, value := range values {
		literal, err := parseLiteral(strings.TrimSpace(value))
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, literal)
	}
	return func(row object) bool {
		held := plain(row.at(path))
		for _, value := range wanted {
			if compares(held, operator, value) {
				return true
			}
		}
		return false
	}, nil
}

// parseLiteral returns a text, a number, a truth value or nil.
func parseLiteral(text string) (any, error) {
	last := len(text) - 1
	switch number, err := strconv.ParseFloat(text, 64); {
	case err == nil:
		return number, nil
	case strings.EqualFold(text, "null"):
		return nil, nil
	case strings.EqualFold(text, "true"), strings.EqualFold(text, "false"):
		return strings.EqualFold(text, "true"), nil
	case last > 0 && (text[0] == '"' && text[last] == '"' || text[0] == '\'' && text[last] == '\'' || text[0] == '[' && text[last] == ']'):
		return text[1:last], nil
	}
	return nil, problem("%s is neither a number nor a text in quotes nor a date in brackets", text)
}

// plain returns numbers as float64, and an empty text as nil.
func plain(value any) any {
	switch value := value.(type) {
	case int:
		return float64(value)
	case string:
		if value == "" {
			return nil
		}
	}
	return value
}

// compares reports whether a held value stands in a relation to a wanted one. Texts that are dates compare as texts.
func compares(held any, operator string, wanted any) bool {
	switch operator {
	case "=", "in":
		return held == wanted
	case "!=", "<>":
		return held != wanted
	}
	order := 0
	switch held := held.(type) {
	case float64:
		number, is := wanted.(float64)
		if !is {
			return false
		}
		order = sign(held - number)
	case string:
		text, is := wanted.(string)
		if !is {
			return false
		}
		order = strings.Compare(held, text)
	default:
		return false
	}
	return operator[0] == '<' && order < 0 || operator[0] == '>' && order > 0 || len(operator) == 2 && order == 0
}

func sign(number float64) int {
	switch {
	case number < 0:
		return -1
	case number > 0:
		return 1
	}
	return 0
}

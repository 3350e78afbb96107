// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Number is a number in an answer: a JSON number, a text with one, or null. The PSAs' own descriptions of their answers disagree about types
// (psa.md §2.5).
type Number struct {
	Value float64
	Given bool
}

// mostUnits is the largest number that is taken for a quantity. It is far above any real one, and still exact.
const mostUnits = 1e12

// UnmarshalJSON decodes the number.
func (n *Number) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil || text == "" {
		return err
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.Abs(value) > mostUnits {
		return errors.New("a field is not a number")
	}
	*n = Number{value, true}
	return nil
}

// Pointer returns the number, or nil when there was none.
func (n Number) Pointer() *float64 {
	if !n.Given {
		return nil
	}
	value := n.Value
	return &value
}

// ID is an id in an answer, a whole number or a text. It is empty for null.
type ID string

// UnmarshalJSON decodes the id.
func (id *ID) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	*id = ID(text)
	return err
}

// Text is a text in an answer, in Unicode NFC, as names in Terraform are. It is empty for null.
type Text string

// UnmarshalJSON decodes the text. A number is taken as it is written.
func (t *Text) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	*t = Text(norm.NFC.String(text))
	return err
}

// Flag is a boolean in an answer: true, false, a number, or a text with one of them. Null is false.
type Flag bool

// UnmarshalJSON decodes the flag.
func (f *Flag) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return err
	}
	switch strings.ToLower(text) {
	case "", "false", "0":
		*f = false
	case "true", "1", "-1":
		*f = true
	default:
		return errors.New("a field is neither true nor false")
	}
	return nil
}

// Day is a day in an answer: a date or a time, in a text. Null and an empty text are none.
type Day Date

// UnmarshalJSON decodes the day.
func (d *Day) UnmarshalJSON(data []byte) error {
	text, err := scalar(data)
	if err != nil {
		return err
	}
	date, err := ParseDate(text)
	*d = Day(date)
	return err
}

// scalar returns the text of a string, a number or a boolean, without white space at its ends. It is empty for null.
func scalar(data []byte) (string, error) {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too
		return strings.TrimSpace(text), nil
	}
	if len(data) == 0 || data[0] == '{' || data[0] == '[' {
		return "", errors.New("a field is an object or a list where one value was expected")
	}
	return string(data), nil
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deep JSON may be nested. Deeper JSON is treated as text.
const maxDepth = 100

// object is a JSON object with its members in their order, repeated ones included.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool or nil
}

// parseJSON parses one JSON value.
func parseJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := parseValue(decoder, maxDepth)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the value")
	}
	return value, nil
}

func parseValue(decoder *json.Decoder, depth int) (any, error) {
	if depth == 0 {
		return nil, errors.New("it is nested too deep")
	}
	next, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch next {
	case json.Delim('{'):
		return parseObject(decoder, depth-1)
	case json.Delim('['):
		return parseArray(decoder, depth-1)
	}
	return next, nil
}

func parseObject(decoder *json.Decoder, depth int) (any, error) {
	members := object{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		value, err := parseValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		members = append(members, member{fmt.Sprint(name), value})
	}
	_, err := decoder.Token() // the closing brace
	return members, err
}

func parseArray(decoder *json.Decoder, depth int) (any, error) {
	elements := []any{}
	for decoder.More() {
		value, err := parseValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	_, err := decoder.Token() // the closing bracket
	return elements, err
}

// formatJSON is the reverse of parseJSON.
func formatJSON(value any) string {
	var text strings.Builder
	writeJSON(&text, value)
	return text.String()
}

func writeJSON(text *strings.Builder, value any) {
	switch value := value.(type) {
	case object:
		for i, m := range value {
			text.WriteString(separator(i, "{"))
			text.WriteString(quoteJSON(m.name) + ":")
			writeJSON(text, m.value)
		}
		text.WriteString(closing(len(value), "{", "}"))
	case []any:
		for i, element := range value {
			text.WriteString(separator(i, "["))
			writeJSON(text, element)
		}
		text.WriteString(closing(len(value), "[", "]"))
	case string:
		text.WriteString(quoteJSON(value))
	case json.Number:
		text.WriteString(value.String())
	default:
		fmt.Fprint(text, orNull(value))
	}
}

func separator(i int, opening string) string {
	if i == 0 {
		return opening
	}
	return ","
}

func closing(n int, opening, end string) string {
	if n == 0 {
		return opening + end
	}
	return end
}

func orNull(value any) any {
	if value == nil {
		return "null"
	}
	return value
}

// quoteJSON quotes a string, without escapes for HTML, so that text can be searched for.
func quoteJSON(value string) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // writing to a strings.Builder cannot fail
	return strings.TrimSuffix(quoted.String(), "\n")
}

// get returns the text of a member, or an empty string.
func (o object) get(name string) string {
	for _, m := range o {
		if text, is := m.value.(string); is && m.name == name {
			return text
		}
	}
	return ""
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxJSONError is the size in bytes up to which the body of an error is parsed as JSON. A larger one is cut and shown as text, because
	// parsing takes many times its size in memory.
	maxJSONError = maxErrorBody
	// maxTitleOffset is how many bytes of an HTML page are searched for its title.
	maxTitleOffset = 64 << 10
	// maxNesting is how many levels of a JSON error are searched for messages.
	maxNesting = 8
)

// kind is the kind of a body, judged by its content. Its Content-Type may be wrong.
type kind int

const (
	kindText kind = iota
	kindEmpty
	kindJSON
	kindHTML
)

func sniff(body []byte) kind {
	body = trimBody(body)
	start := bytes.ToLower(body[:min(len(body), 512)])
	switch {
	case len(body) == 0:
		return kindEmpty
	case body[0] == '<' && (bytes.Contains(start, []byte("<html")) || bytes.Contains(start, []byte("<!doctype html")) ||
		bytes.Contains(start, []byte("<head")) || bytes.Contains(start, []byte("<body"))):
		return kindHTML
	case json.Valid(body):
		return kindJSON
	}
	return kindText
}

var byteOrderMark = []byte("\ufeff")

// trimBody removes surrounding white space and a byte-order mark.
func trimBody(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), byteOrderMark))
}

// messageOf returns the message in the body of an error, in any of the shapes that the upstreams use.
func messageOf(body []byte) string {
	switch sniff(body) {
	case kindEmpty:
		return ""
	case kindHTML:
		if title := titleOf(body); title != "" {
			return "an HTML page: " + title
		}
		return "an HTML page"
	case kindJSON:
		if len(body) <= maxJSONError {
			return jsonMessage(trimBody(body))
		}
	}
	return string(body)
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func titleOf(page []byte) string {
	match := titleTag.FindSubmatch(page[:min(len(page), maxTitleOffset)])
	if match == nil {
		return ""
	}
	return html.UnescapeString(string(match[1]))
}

// jsonMessage returns the message in a JSON error. NestJS has "message" as string or list, OData "error": {"code", "message"}, OAuth
// "error" and "error_description", ASP.NET "title" and "errors". It returns the body when it finds none of them.
func jsonMessage(body []byte) string {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		var text string
		if json.Unmarshal(body, &text) == nil {
			return text
		}
		return string(body)
	}
	textOf := func(field string) string { return flattenError(object[field], maxNesting) }
	message := textOf("message")
	if message == "" {
		message = joined(": ", textOf("error"), textOf("error_description"))
	}
	if message == "" {
		message = joined(": ", textOf("title"), textOf("detail"))
	}
	message = joined(": ", message, textOf("errors"))
	if message == "" {
		return string(body)
	}
	return message
}

// flattenError returns a part of a JSON error as text: a string, a list, an object with a message, or field names with messages.
func flattenError(value any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var parts []string
		for _, part := range value {
			parts = append(parts, flattenError(part, depth-1))
		}
		return joined("; ", parts...)
	case map[string]any:
		if message := flattenError(value["message"], depth-1); message != "" {
			code, _ := value["code"].(string)
			return joined(": ", code, message)
		}
		var parts []string
		for field, part := range value {
			if text := flattenError(part, depth-1); text != "" {
				parts = append(parts, field+": "+text)
			}
		}
		slices.Sort(parts)
		return joined("; ", parts...)
	}
	return ""
}

func joined(separator string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, separator)
}

var jsonEscapes = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+|\\["\\/]`)

// unescaped resolves JSON escapes in text, which may be a fragment of JSON. Any character may be escaped, also those of a secret.
func unescaped(text string) string {
	return jsonEscapes.ReplaceAllStringFunc(text, func(escapes string) string {
		var plain string
		if json.Unmarshal([]byte(`"`+escapes+`"`), &plain) != nil {
			return escapes
		}
		return plain
	})
}

// oneLine returns text with each run of white space, control and invisible characters replaced with one space.
func oneLine(text string) string {
	var line strings.Builder
	space := false
	for _, r := range text { // invalid UTF-8 becomes U+FFFD
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			space = true
			continue
		}
		if space && line.Len() > 0 {
			line.WriteByte(' ')
		}
		space = false
		line.WriteRune(r)
	}
	return line.String()
}

// cutAt returns the first most characters of text, followed by "…" if there were more.
func cutAt(text string, most int) string {
	for i := range text {
		if most == 0 {
			return text[:i] + "…"
		}
		most--
	}
	return text
}

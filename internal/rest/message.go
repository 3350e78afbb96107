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

// messageLength is the number of characters of an upstream's message that are shown.
const messageLength = 300

// kind is what an answer turns out to be, whatever its header says.
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

// trimBody removes white space and a byte-order mark.
func trimBody(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff")))
}

// messageOf finds the words for a person in the body of an error, in any of the shapes that the upstreams use.
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
		return jsonMessage(trimBody(body))
	}
	return string(body)
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func titleOf(page []byte) string {
	match := titleTag.FindSubmatch(page)
	if match == nil {
		return ""
	}
	return html.UnescapeString(string(match[1]))
}

// jsonMessage: NestJS has "message" as string or list, OData "error": {"code", "message"}, OAuth "error" and
// "error_description", ASP.NET "title" and "errors".
func jsonMessage(body []byte) string {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		var text string
		if json.Unmarshal(body, &text) == nil {
			return text
		}
		return string(body)
	}
	message := words(object["message"])
	if message == "" {
		message = joined(": ", words(object["error"]), words(object["error_description"]))
	}
	if message == "" {
		message = joined(": ", words(object["title"]), words(object["detail"]))
	}
	message = joined(": ", message, words(object["errors"]))
	if message == "" {
		return string(body)
	}
	return message
}

// words turns a part of an error into text: a string, a list, an object with a message, or field names with messages.
func words(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var parts []string
		for _, part := range value {
			parts = append(parts, words(part))
		}
		return joined("; ", parts...)
	case map[string]any:
		if message := words(value["message"]); message != "" {
			code, _ := value["code"].(string)
			return joined(": ", code, message)
		}
		var parts []string
		for field, part := range value {
			if text := words(part); text != "" {
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

// shorten makes text fit one line of a terminal message: no line breaks, no control characters, a bounded length.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= messageLength {
		return text
	}
	return string(runes[:messageLength]) + "…"
}

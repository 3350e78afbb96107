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

// Beyond longestError an answer is taken for a text and not for a message in JSON, which would take many times its size when it is
// read. The title of a page stands within its first titleWithin bytes, and the words of an error are at most deepestWords down.
const (
	longestError = 1 << 20
	titleWithin  = 64 << 10
	deepestWords = 8
)

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
		if len(body) <= longestError {
			return jsonMessage(trimBody(body))
		}
	}
	return string(body)
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func titleOf(page []byte) string {
	match := titleTag.FindSubmatch(page[:min(len(page), titleWithin)])
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
	wordsOf := func(field string) string { return words(object[field], deepestWords) }
	message := wordsOf("message")
	if message == "" {
		message = joined(": ", wordsOf("error"), wordsOf("error_description"))
	}
	if message == "" {
		message = joined(": ", wordsOf("title"), wordsOf("detail"))
	}
	message = joined(": ", message, wordsOf("errors"))
	if message == "" {
		return string(body)
	}
	return message
}

// words turns a part of an error into text: a string, a list, an object with a message, or field names with messages.
func words(value any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var parts []string
		for _, part := range value {
			parts = append(parts, words(part, depth-1))
		}
		return joined("; ", parts...)
	case map[string]any:
		if message := words(value["message"], depth-1); message != "" {
			code, _ := value["code"].(string)
			return joined(": ", code, message)
		}
		var parts []string
		for field, part := range value {
			if text := words(part, depth-1); text != "" {
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

// unescaped undoes the escapes behind which JSON may hide any character, in a text that may be a part of JSON.
func unescaped(text string) string {
	return jsonEscapes.ReplaceAllStringFunc(text, func(escapes string) string {
		var plain string
		if json.Unmarshal([]byte(`"`+escapes+`"`), &plain) != nil {
			return escapes
		}
		return plain
	})
}

// oneLine is text without line breaks, control characters and invisible ones, and with single spaces.
func oneLine(text string) string {
	var line strings.Builder
	space := false
	for _, r := range text { // what is no UTF-8 becomes U+FFFD
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

// cutAt leaves at most that many characters.
func cutAt(text string, most int) string {
	for i := range text {
		if most == 0 {
			return text[:i] + "…"
		}
		most--
	}
	return text
}

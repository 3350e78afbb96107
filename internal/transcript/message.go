// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"cmp"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxText is how much of a text that is no JSON is looked at.
const maxText = 4 << 10

// token finds, in this order: a date with its time, a number of Entra's errors, a GUID, an address, a mail address, a word or number.
var token = regexp.MustCompile(`\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?|AADSTS\d{4,8}` +
	`|(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|https?://[^\s"'<>]+|[^\s@"'<>(]+@[\w-]+(?:\.[\w-]+)+|[\p{L}\p{M}\p{N}_$@]+(?:[.\-][\p{L}\p{M}\p{N}_$@]+)*`)

var keptToken = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d.*|AADSTS\d+|\d{1,2})$`)

// message keeps the API's own words of a text. It replaces what this exchange has replaced elsewhere, and then every word that is not on
// the list.
func (x *exchange) message(text string) string {
	var kept strings.Builder
	for _, part := range x.splitAtOriginals(text[:min(len(text), maxText)]) {
		if part.replacement == "" {
			part.replacement = token.ReplaceAllStringFunc(part.text, x.messageWord)
		}
		kept.WriteString(part.replacement)
	}
	return kept.String()
}

func (x *exchange) messageWord(word string) string {
	if keptToken.MatchString(word) || publicWords()[strings.ToLower(word)] || publicFields()[word] {
		return word
	}
	if first, second, joined := strings.Cut(word, "-"); joined && publicWords()[strings.ToLower(first)] && publicWords()[strings.ToLower(second)] {
		return word
	}
	return x.pseudonyms.Text(word) // not an original: it may be a word of the API that the list lacks
}

// piece is a part of a text. Its replacement is empty where the text is still to be looked at.
type piece struct{ text, replacement string }

// splitAtOriginals finds the values that this exchange has replaced, the longest first.
func (x *exchange) splitAtOriginals(text string) []piece {
	pieces := []piece{{text: text}}
	originals := slices.SortedFunc(maps.Keys(x.originals), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	for _, original := range originals {
		if !strings.Contains(text, original) {
			continue
		}
		var split []piece
		for _, p := range pieces {
			split = append(split, p.splitAt(original, x.originals[original])...)
		}
		pieces = split
	}
	return pieces
}

func (p piece) splitAt(original, replacement string) []piece {
	if p.replacement != "" {
		return []piece{p}
	}
	var pieces []piece
	rest, from := p.text, 0
	for {
		at := indexWhole(rest[from:], original)
		if at < 0 {
			return append(pieces, piece{text: rest})
		}
		at += from
		pieces = append(pieces, piece{text: rest[:at]}, piece{original, replacement})
		rest, from = rest[at+len(original):], 0
	}
}

// indexWhole finds a value in a text where no letter or digit goes on from its ends.
func indexWhole(text, value string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], value)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(value)
		if !continues(lastRune(text[:at]), firstRune(value)) && !continues(lastRune(value), firstRune(text[end:])) {
			return at
		}
		from = at + 1
	}
}

func continues(one, next rune) bool { return isWord(one) && isWord(next) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}

func lastRune(text string) rune {
	runes := []rune(text[max(0, len(text)-8):])
	if len(runes) == 0 {
		return 0
	}
	return runes[len(runes)-1]
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// page keeps the title of an HTML page, as a message. What stands between the API and the user shows itself with such a page.
func (x *exchange) page(text string) string {
	title := ""
	if found := titleTag.FindStringSubmatch(text[:min(len(text), 64<<10)]); found != nil {
		title = x.message(html.UnescapeString(found[1]))
	}
	return "<html><head><title>" + html.EscapeString(title) + "</title></head></html>"
}

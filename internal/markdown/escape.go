// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package markdown

import (
	"strings"
	"unicode"
)

// cellLimit is the length in characters at which a name is cut.
const cellLimit = 100

// special escapes what Markdown, GitHub and GitLab interpret. A zero-width space after @ and # keeps a name from mentioning a person
// or linking an issue.
var special = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "\\|", "\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "~", "\\~", "[", "\\[", "]", "\\]",
	"!", "\\!", "$", "\\$", "@", "@&#8203;", "#", "#&#8203;", "://", ":&#8203;//", "www.", "www&#8203;.",
)

// Escape makes a name safe in a line or in a cell of a table: rendered literally, on one line, truncated.
func Escape(name string) string { return special.Replace(oneLine(name, cellLimit)) }

// EscapeLong is [Escape] for whole sentences that contain names.
func EscapeLong(text string) string { return special.Replace(oneLine(text, 5*cellLimit)) }

// oneLine replaces white space and control characters with spaces, removes characters that change the writing direction, and truncates.
func oneLine(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

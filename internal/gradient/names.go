// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CleanName returns a name without white space at its ends, no-break spaces and characters of no width included: such a name is
// never the same as the one in the PSA, and nobody sees why.
func CleanName(name string) string { return strings.TrimFunc(name, isBlank) }

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Z, r) || r == '\u034f' || r == '\u115f' || r == '\u1160' || r == '\u3164'
}

// HasControl reports whether a name has a control character or a line break. Names reach terminals and logs.
func HasControl(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == utf8.RuneError
	})
}

// oneLine returns a name that is only shown, without the characters of [HasControl].
func oneLine(s wireText) string {
	return strings.Map(func(r rune) rune {
		if HasControl(string(r)) {
			return ' '
		}
		return r
	}, text(s))
}

// text is the form in which names and descriptions are kept: Unicode NFC, as in Terraform. Gradient may hold another one.
func text(s wireText) string { return norm.NFC.String(string(s)) }

// IsStoredForm reports whether s is what Gradient may have made of a service that it was asked for: trimmed, HTML-escaped, or
// cut. Whether it does any of these is unknown (gradient.md §12). [Client.CreateService] then creates no other one, because it could
// never be removed.
func (s Service) IsStoredForm(wanted Service) bool {
	stored := html.UnescapeString(s.Name)
	if stored == wanted.Name || stored == strings.Join(strings.FieldsFunc(wanted.Name, isBlank), " ") {
		return true
	}
	rest, cut := strings.CutPrefix(wanted.Name, stored)
	if !cut || stored == "" || rest == "" {
		return false
	}
	return html.UnescapeString(s.Description) == wanted.Name || endsInWord(stored, rest)
}

// fewestBeforeCut is how many characters of a name are at least kept when it is cut.
const fewestBeforeCut = 20

// endsInWord reports whether a name was cut inside a word.
func endsInWord(stored, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(stored)
	first, _ := utf8.DecodeRuneInString(rest)
	return utf8.RuneCountInString(stored) >= fewestBeforeCut && isWord(last) && isWord(first)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

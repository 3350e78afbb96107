// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An upstream may send a secret back in a form that Mask does not know: in another case, escaped twice, cut, or with something in between. So
// what is left of a text is compared with the secrets once more, after both have lost their escapes, their case, and what may stand in between.

const (
	// tooMuch is how many characters of a secret in a row a text may not show.
	tooMuch = 12
	// leastWhole is the length from which on a secret that is shorter than tooMuch is looked for. A shorter one would be found in many words.
	leastWhole = 6
	// maxEscapes is how many times a text may be escaped. Proxies and error pages do it twice.
	maxEscapes = 5
)

// view is a reduced form of a text, in which secrets are looked for.
type view int

const (
	literal view = iota // as it is
	solid               // lower case, without white space, control and invisible characters
	bare                // lower case, letters and digits only: what stands between the entries of a list is gone, and the signs of base64
	views
)

func (v view) of(text string) string {
	if v == literal {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case v == bare && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// needles are what no text may show, by the view of the text in which it is looked for.
type needles [views]struct {
	runs  map[string]bool // tooMuch characters in a row of a secret
	short map[string]bool // whole secrets that have fewer
}

func newNeedles(secrets []string) *needles {
	n := &needles{}
	for _, secret := range secrets {
		n.add(secret)
	}
	return n
}

// add adds the forms of a secret.
func (n *needles) add(secret string) {
	n.addForm(literal, secret)
	n.addForm(solid, secret)
	n.addForm(bare, secret)
	if plain := unescapedAll(secret); plain != secret { // the text loses these escapes, too
		n.addForm(solid, plain)
		n.addForm(bare, plain)
	}
	n.addForm(bare, hex.EncodeToString([]byte(secret)))
	for offset := range 3 {
		n.addForm(bare, base64Inside(secret, offset))
	}
}

func (n *needles) addForm(v view, text string) {
	text = v.of(text)
	if n[v].runs == nil {
		n[v].runs, n[v].short = map[string]bool{}, map[string]bool{}
	}
	switch length := utf8.RuneCountInString(text); {
	case length < leastWhole:
	case length < tooMuch:
		n[v].short[text] = true
	default:
		for run := range runsOf(text) {
			n[v].runs[run] = true
		}
	}
}

// in reports whether a view of a text has tooMuch characters in a row of a secret, or all of a shorter one.
func (n *needles) in(v view, text string) bool {
	for short := range n[v].short {
		if strings.Contains(text, short) {
			return true
		}
	}
	if len(n[v].runs) == 0 {
		return false
	}
	for run := range runsOf(text) {
		if n[v].runs[run] {
			return true
		}
	}
	return false
}

// base64Inside returns the characters of base64 that the secret determines when offset bytes (modulo 3) stand before it.
func base64Inside(secret string, offset int) string {
	encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, offset), secret...))
	begin := (offset*8 + 5) / 6
	end := (offset + len(secret)) * 8 / 6
	return encoded[min(begin, end):end]
}

// shows reports whether the text shows a secret, or tooMuch characters of one, in any disguise.
func (m *Masker) shows(text string) bool {
	if m == nil {
		return false
	}
	for range maxEscapes {
		if m.showsUnescaped(text) {
			return true
		}
		plain := unescapedOnce(text)
		if plain == text {
			break
		}
		text = plain
	}
	return false
}

func (m *Masker) showsUnescaped(text string) bool {
	for v := range views {
		reduced := v.of(text)
		for masker := m; masker != nil; masker = masker.first {
			if masker.needles().in(v, reduced) {
				return true
			}
		}
	}
	return false
}

// runsOf yields every part of text that is tooMuch characters long.
func runsOf(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var starts [tooMuch]int // of the last characters, in a ring
		n := 0
		for i := range text {
			if n >= tooMuch && !yield(text[starts[n%tooMuch]:i]) {
				return
			}
			starts[n%tooMuch] = i
			n++
		}
		if n >= tooMuch {
			yield(text[starts[n%tooMuch]:])
		}
	}
}

func unescapedAll(text string) string {
	for range maxEscapes {
		plain := unescapedOnce(text)
		if plain == text {
			break
		}
		text = plain
	}
	return text
}

var (
	anyPercent   = regexp.MustCompile(`%(?:u[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})`)
	anyBackslash = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtbfva0])`)
)

// unescapedOnce resolves the escapes of JSON, Go, URLs and HTML in text.
func unescapedOnce(text string) string {
	text = anyBackslash.ReplaceAllStringFunc(unescaped(text), func(escape string) string { return character(escape[1:]) })
	text = anyPercent.ReplaceAllStringFunc(text, func(escape string) string { return character("x" + escape[1:]) })
	return html.UnescapeString(text)
}

// character returns what u0041, x41, xu0041 or n stand for. A byte that is half a character stays a byte.
func character(code string) string {
	if strings.HasPrefix(code, "xu") {
		code = code[1:]
	}
	value, err := strconv.ParseUint(code[1:], 16, 32)
	switch {
	case err != nil: // a control character
		return " "
	case code[0] == 'x':
		return string([]byte{byte(value)})
	}
	return string(rune(value))
}

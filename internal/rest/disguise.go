package rest

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
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

// needle is a form of a secret that is looked for in a view of a text.
type needle struct {
	view view
	text string
}

// needlesOf returns the forms of a secret that no text may show.
func needlesOf(secret string) []needle {
	var needles []needle
	add := func(v view, text string) {
		if text = v.of(text); len([]rune(text)) >= leastWhole {
			needles = append(needles, needle{v, text})
		}
	}
	add(literal, secret)
	add(solid, secret)
	add(bare, secret)
	if plain := unescapedAll(secret); plain != secret { // the text loses these escapes, too
		add(solid, plain)
		add(bare, plain)
	}
	add(bare, hex.EncodeToString([]byte(secret)))
	for offset := range 3 {
		add(bare, base64Inside(secret, offset))
	}
	return needles
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
	var reduced [views]haystack
	for v := range views {
		reduced[v] = newHaystack(v.of(text))
	}
	for ; m != nil; m = m.first {
		for _, needle := range m.needles {
			if reduced[needle.view].shares(needle.text) {
				return true
			}
		}
	}
	return false
}

// haystack is a text with every run of tooMuch characters in it.
type haystack struct {
	text string
	runs map[string]bool
}

func newHaystack(text string) haystack {
	h := haystack{text: text, runs: map[string]bool{}}
	for run := range runsOf(text) {
		h.runs[run] = true
	}
	return h
}

// shares reports whether the text has tooMuch characters in a row of the needle, or all of a shorter one.
func (h haystack) shares(needle string) bool {
	short := true
	for run := range runsOf(needle) {
		short = false
		if h.runs[run] {
			return true
		}
	}
	return short && strings.Contains(h.text, needle)
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

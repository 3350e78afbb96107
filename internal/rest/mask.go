// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// masked replaces a secret.
const masked = "***"

// withheld replaces a text of which a secret cannot be cut out.
const withheld = "(not shown, because it repeats a part of a key or token)"

// Masker replaces secrets in texts with "***". A nil Masker has no secret.
//
// What it searches for takes a megabyte for a long token, of which a run has thousands, and most of these never stand in a text. So it is
// made when the first text is searched.
type Masker struct {
	first    *Masker     // does its work before this one; nil for none
	begins   *beginnings // of what inData replaces
	longest  int         // the most bytes that a secret takes up in a text
	replacer func() *strings.Replacer
	inData   func() *strings.Replacer // leaves out short secrets
	needles  func() *needles          // what remains of a text must not show
}

// NewMasker returns a Masker for secrets. It masks them as they are, in base64 and hexadecimal, and escaped for a URL, for JSON, for HTML or
// as a Go string, because logs and error messages quote them in all these forms.
func NewMasker(secrets []string) *Masker {
	var m *Masker
	return m.With(secrets...)
}

// With returns a Masker that masks more secrets than m.
func (m *Masker) With(secrets ...string) *Masker {
	more := &Masker{first: m}
	var all, long, forms []string
	for _, secret := range secrets {
		if strings.TrimSpace(secret) == "" {
			continue
		}
		all = append(all, secret)
		formsOfSecret := formsOf(secret)
		for _, form := range formsOfSecret {
			more.longest = max(more.longest, len(form)*len(`\u0000`)) // JSON may escape every byte
		}
		if len(secret) >= leastInData {
			long = append(long, secret)
			forms = append(forms, formsOfSecret...)
		}
	}
	more.begins = newBeginnings(forms)
	more.replacer = sync.OnceValue(func() *strings.Replacer { return newReplacer(all) })
	more.inData = sync.OnceValue(func() *strings.Replacer { return newReplacer(long) })
	more.needles = sync.OnceValue(func() *needles { return newNeedles(all) })
	return more
}

// leastInData is the length, in bytes, from which on a secret is masked in data. A shorter one may be a part of any name, and no real key is so
// short.
const leastInData = 12

// newReplacer replaces the longest form first: masking a part of a secret would leave the rest readable.
func newReplacer(secrets []string) *strings.Replacer {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, formsOf(secret)...)
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, masked)
	}
	return strings.NewReplacer(pairs...)
}

// formsOf returns the forms of a secret that Mask replaces.
func formsOf(secret string) []string {
	raw := []byte(secret)
	var forms []string
	for _, form := range []string{secret,
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw)} {
		query, segment := url.QueryEscape(form), url.PathEscape(form)
		forms = append(forms, form, query, segment, lowerEscapes(query), lowerEscapes(segment))
	}
	lower := hex.EncodeToString(raw)
	var every strings.Builder
	for _, b := range raw {
		fmt.Fprintf(&every, "%%%02x", b)
	}
	quoted := strconv.Quote(secret)
	forms = append(forms, lower, strings.ToUpper(lower), every.String(), strings.ToUpper(every.String()),
		inJSON(secret, true), inJSON(secret, false), quoted[1:len(quoted)-1], html.EscapeString(secret))
	if line := oneLine(secret); line != "" {
		forms = append(forms, line)
	}
	return forms
}

// Mask returns text with the secrets replaced.
func (m *Masker) Mask(text string) string {
	if m == nil {
		return text
	}
	return m.replacer().Replace(m.first.Mask(text))
}

// maskData returns a text of an answer with the secrets replaced, but for short ones.
func (m *Masker) maskData(text string) string {
	if m == nil {
		return text
	}
	return m.inData().Replace(m.first.maskData(text))
}

// mayHold reports whether a text of a JSON body, with its escapes, may hold a secret that maskData replaces. It is quick, and nearly always false.
func (m *Masker) mayHold(text []byte) bool {
	if m == nil || len(text) < leastInData {
		return false
	}
	return bytes.ContainsRune(text, '\\') || m.begins.in(text) || m.first.mayHold(text)
}

// beginnings is a set of the first eight bytes of texts: one bit for each hash, so that it may hold more than was put in.
type beginnings [1 << 10]uint64

func newBeginnings(texts []string) *beginnings {
	b := &beginnings{}
	for _, text := range texts {
		if len(text) >= 8 {
			hash := hashOf([]byte(text))
			b[hash>>6] |= 1 << (hash & 63)
		}
	}
	return b
}

// in reports whether one of the texts may begin anywhere in text.
func (b *beginnings) in(text []byte) bool {
	for i := 0; i+8 <= len(text); i++ {
		if hash := hashOf(text[i:]); b[hash>>6]&(1<<(hash&63)) != 0 {
			return true
		}
	}
	return false
}

// hashOf returns 16 bits for the first eight bytes.
func hashOf(text []byte) uint64 {
	const odd = 0x9E3779B97F4A7C15
	return binary.LittleEndian.Uint64(text) * odd >> 48
}

// maxMasked is how many bytes of a text Readable looks at. The rest would be cut anyway.
const maxMasked = 1 << 20

// Readable returns text from an upstream as one line of at most most characters, with secrets masked. Masking comes before cutting, so
// that no half of a secret is left, and again after JSON escapes and line breaks are removed, because these may hide a secret. A text that
// shows a part of a secret even then is not returned at all.
func (m *Masker) Readable(text string, most int) string {
	if len(text) > maxMasked {
		text = m.Mask(text[:maxMasked])
		text = text[:max(0, len(text)-m.longestForm())] // the end may hold half a secret
	}
	line := cutAt(m.Mask(oneLine(unescaped(m.Mask(text)))), most)
	if m.shows(line) {
		return withheld
	}
	return line
}

func (m *Masker) longestForm() int {
	if m == nil {
		return 0
	}
	return max(m.longest, m.first.longestForm())
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerEscapes returns text with its percent escapes in lower case: %2f means the same as %2F.
func lowerEscapes(text string) string {
	return percentEscape.ReplaceAllStringFunc(text, strings.ToLower)
}

// inJSON returns text as it is written between the quotes of a JSON string.
func inJSON(text string, escapeHTML bool) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(escapeHTML)
	_ = encoder.Encode(text) // writing to a strings.Builder cannot fail
	return strings.TrimSuffix(strings.TrimPrefix(quoted.String(), `"`), "\"\n")
}

func (c *call) readable(text string, most int) string { return c.masker.Readable(text, most) }

// The most characters that are shown of an upstream's message, and of an error that quotes it.
const (
	maxMessage = 300
	maxReason  = 1000
)

// maskError returns err with a readable, masked text. errors.Is and errors.As still find what err wraps.
func (c *call) maskError(err error) error {
	if err == nil {
		return nil
	}
	text := c.readable(err.Error(), maxReason)
	if text == err.Error() {
		return err
	}
	return &maskedError{err: err, text: text}
}

type maskedError struct {
	err  error
	text string
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

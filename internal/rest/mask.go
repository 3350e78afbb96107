package rest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// masked replaces a secret.
const masked = "***"

// Masker replaces secrets in texts with "***".
type Masker struct {
	replacer *strings.Replacer
	longest  int // the most bytes that a secret takes up in a text
}

// NewMasker returns a Masker for secrets. It masks them as they are, in base64, and escaped for a URL, for JSON, for HTML or as a Go
// string, because logs and error messages quote them in all these forms.
func NewMasker(secrets []string) *Masker {
	var forms []string
	for _, secret := range secrets {
		if strings.TrimSpace(secret) == "" {
			continue
		}
		raw := []byte(secret)
		for _, form := range []string{secret,
			base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
			base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw)} {
			query, segment := url.QueryEscape(form), url.PathEscape(form)
			forms = append(forms, form, query, segment, lowerEscapes(query), lowerEscapes(segment))
		}
		quoted := strconv.Quote(secret)
		forms = append(forms, inJSON(secret, true), inJSON(secret, false), quoted[1:len(quoted)-1], html.EscapeString(secret))
		if line := oneLine(secret); line != "" {
			forms = append(forms, line)
		}
	}
	// The longest form first: masking a part of a secret would leave the rest readable.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	m := &Masker{}
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, masked)
		m.longest = max(m.longest, len(form)*len(`\u0000`)) // JSON may escape every byte
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// Mask returns text with the secrets replaced.
func (m *Masker) Mask(text string) string { return m.replacer.Replace(text) }

// maxMasked is how many bytes of a text Readable looks at. The rest would be cut anyway.
const maxMasked = 1 << 20

// Readable returns text from an upstream as one line of at most most characters, with secrets masked. Masking comes before cutting, so
// that no half of a secret is left, and again after JSON escapes and line breaks are removed, because these may hide a secret.
func (m *Masker) Readable(text string, most int) string {
	if len(text) > maxMasked {
		text = m.Mask(text[:maxMasked])
		text = text[:max(0, len(text)-m.longest)] // the end may hold half a secret
	}
	return cutAt(m.Mask(oneLine(unescaped(m.Mask(text)))), most)
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

func (c *Client) mask(text string) string { return c.masker.Mask(text) }

func (c *Client) readable(text string, most int) string { return c.masker.Readable(text, most) }

// The most characters that are shown of an upstream's message, and of an error that quotes it.
const (
	maxMessage = 300
	maxReason  = 1000
)

// maskError returns err with a readable, masked text. errors.Is and errors.As still find what err wraps.
func (c *Client) maskError(err error) error {
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

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

// masked stands where a secret was.
const masked = "***"

// Masker replaces secrets by "***".
type Masker struct {
	replacer *strings.Replacer
	longest  int // bytes that a secret can take up
}

// NewMasker knows the secrets in every form in which they may travel: as they are, in base64, and escaped for a URL, JSON, HTML or a
// quoted text.
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
	// The longest first, or masking a part of a secret would leave the rest.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	m := &Masker{}
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, masked)
		m.longest = max(m.longest, len(form)*len(`\u0000`)) // JSON may escape every character
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// Mask replaces the secrets.
func (m *Masker) Mask(text string) string { return m.replacer.Replace(text) }

// readWithin is how many bytes of a text are looked at when it is made readable: what is shown stands at its beginning.
const readWithin = 1 << 20

// Readable makes a text that an upstream sent, or that quotes it, fit one line of a message, with at most that many characters. It is
// masked before it is cut, or half a secret would stay, and whenever a secret could have come out from under escapes and line breaks.
func (m *Masker) Readable(text string, most int) string {
	if len(text) > readWithin {
		text = m.Mask(text[:readWithin])
		text = text[:max(0, len(text)-m.longest)] // it may end in half a secret
	}
	return cutAt(m.Mask(oneLine(unescaped(m.Mask(text)))), most)
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerEscapes writes %2F as %2f, which is the same.
func lowerEscapes(text string) string {
	return percentEscape.ReplaceAllStringFunc(text, strings.ToLower)
}

// inJSON is a text as it stands between the quotes of JSON.
func inJSON(text string, escapeHTML bool) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(escapeHTML)
	_ = encoder.Encode(text) // a strings.Builder takes everything
	return strings.TrimSuffix(strings.TrimPrefix(quoted.String(), `"`), "\"\n")
}

func (c *Client) mask(text string) string { return c.masker.Mask(text) }

func (c *Client) readable(text string, most int) string { return c.masker.Readable(text, most) }

// The most characters that are shown of an upstream's message, and of an error that tells of it in our words.
const (
	messageLength = 300
	reasonLength  = 1000
)

// maskError keeps the chain of err, for errors.Is and errors.As, and makes its text readable.
func (c *Client) maskError(err error) error {
	if err == nil {
		return nil
	}
	text := c.readable(err.Error(), reasonLength)
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

package rest

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// masked stands where a secret was.
const masked = "***"

// newMasker replaces the secrets in every form in which they may travel.
func newMasker(secrets []string) *strings.Replacer {
	var forms []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		raw := []byte(secret)
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
			base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	// The longest first, or masking a part of a secret would leave the rest.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, masked)
	}
	return strings.NewReplacer(pairs...)
}

func (c *Client) mask(text string) string { return c.masker.Replace(text) }

// maskError keeps the chain of err, for errors.Is and errors.As, and masks its text.
func (c *Client) maskError(err error) error {
	if err == nil || c.mask(err.Error()) == err.Error() {
		return err
	}
	return &maskedError{err: err, text: c.mask(err.Error())}
}

type maskedError struct {
	err  error
	text string
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

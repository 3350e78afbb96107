// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"strings"
	"testing"
)

// A secret in any of these disguises is cut out, or the text is not shown. A text without one is shown as it is.
func TestDisguisedSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const secret = "vK8~q-SECRETvendor_key+/9"
	token := base64.StdEncoding.EncodeToString([]byte(secret + ":partner"))
	masker := NewMasker([]string{secret, token})
	for name, sent := range map[string]string{
		"plain":                     secret,
		"tilde as %7E":              strings.ReplaceAll(url.QueryEscape(secret), "~", "%7E"),
		"tilde as %7e":              strings.ReplaceAll(secret, "~", "%7e"),
		"every byte":                everyPercent(secret),
		"twice":                     url.QueryEscape(everyPercent(secret)),
		"upper case":                strings.ToUpper(secret),
		"lower case":                strings.ToLower(secret),
		"hexadecimal":               hex.EncodeToString([]byte("x" + secret)),
		"hexadecimal with colons":   strings.Join(pairs(hex.EncodeToString([]byte(secret))), ":"),
		"base64 at offset 1":        base64.StdEncoding.EncodeToString([]byte("a" + secret)),
		"base64url at offset 2":     base64.RawURLEncoding.EncodeToString([]byte("ab" + secret + "c")),
		"base64 of the header":      base64.StdEncoding.EncodeToString([]byte("Token " + token)),
		"entities":                  everyEntity(secret),
		"entities of entities":      html.EscapeString(everyEntity(secret)),
		"zero width":                inTheMiddle(secret, "\u200b"),
		"line break":                inTheMiddle(secret, "\r\n"),
		"list":                      "vK8~q-SECRETven; dor_key+/9",
		"JSON list":                 `["vK8~q-SECRET","vendor_key+/9"]`,
		"escapes of JSON in a text": everyUnit(secret, 1),
		"Go escapes":                `vK8~q-SECRET\x76endor_key+/9`,
		"12 characters":             secret[3 : 3+tooMuch],
		"beginning":                 "it begins with " + secret[:14] + "…",
	} {
		got := masker.Readable("the key "+sent+" is wrong", 300)
		if got == withheld {
			continue
		}
		for run := range runsOf(sent) {
			if strings.Contains(got, run) {
				t.Errorf("%s: %q shows %q", name, got, run)
			}
		}
	}
	for _, text := range []string{"the key is wrong", "vendor key missing", "see SECRETvendo", strings.Repeat("a%20b&amp;", 20), ""} {
		if got := masker.Readable(text, 300); got != text {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func pairs(text string) []string {
	var all []string
	for i := 0; i+1 < len(text); i += 2 {
		all = append(all, text[i:i+2])
	}
	return all
}

// A short secret is cut out where it stands as it is, and a part of a word is no reason to hide a text.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	masker := NewMasker([]string{"abc", "pass-word"})
	for text, want := range map[string]string{
		"abc is no ABC": "*** is no ABC",
		"PASS-WORD":     withheld,
		"passing words": "passing words",
	} {
		if got := masker.Readable(text, 100); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestMaskersTogether(t *testing.T) {
	t.Parallel()
	first := NewMasker([]string{"the-first-secret"})
	both := first.With("the-second-secret")
	if got := both.Readable("the-first-secret and the-second-secret", 100); got != "*** and ***" {
		t.Errorf("got %q", got)
	}
	if got := both.Readable("THE-FIRST-SECRET", 100); got != withheld {
		t.Errorf("got %q", got)
	}
	var none *Masker
	if got := none.Readable("the-first-secret", 100); got != "the-first-secret" {
		t.Errorf("got %q", got)
	}
}

func FuzzRuns(f *testing.F) {
	f.Add("abcdefghijklmnopqrstuvwxyz")
	f.Add("äbcdefghijk\xffl")
	f.Fuzz(func(t *testing.T, text string) {
		var want []string
		var starts []int
		for i := range text {
			starts = append(starts, i)
		}
		starts = append(starts, len(text))
		for i := 0; i+tooMuch < len(starts); i++ {
			want = append(want, text[starts[i]:starts[i+tooMuch]])
		}
		i := 0
		for run := range runsOf(text) {
			if i >= len(want) || run != want[i] {
				t.Fatalf("run %d of %q is %q", i, text, run)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%d runs of %q, want %d", i, text, len(want))
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

// answeredWith returns a call of a client with these secrets.
func answeredWith(t *testing.T, secrets ...string) *call {
	t.Helper()
	client, err := New(Config{System: "Test", BaseURL: "https://api.example/v2", Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	c := client.newCall(Request{Doing: "read it", Method: http.MethodGet, Path: "/x"})
	c.attempts = 1
	return c
}

// checkReadable fails the test unless text is one line of valid UTF-8 of limited length.
func checkReadable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || utf8.RuneCountInString(text) > 5000 {
		t.Errorf("no text for a message: %q", text)
	}
}

// For any body and headers the error is one short line, and only JSON is decoded.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		"", " \n", "\ufeff", "{}", "null", `"text"`, "<html><title>a &amp; b</title>", "<HTML>", "<x/>", `{"a":1}{"a":2}`, `{"a":1e400}`, `{"a":"\ud800"}`,
		`{"message":["a","b"],"error":"Bad Request","statusCode":400}`, `{"error":{"code":"x","message":"y","details":[{"message":"z"}]}}`,
		`{"error":"invalid_client","error_description":"AADSTS7000215: no"}`, `{"title":"t","detail":"d","errors":{"f":["a","b"],"g":null}}`,
		`{"A":1,"a":2,"a":"x"}`, `{"a":-1,"b":"\u202e\u2028\u0000"}`, "\xff\xfe", strings.Repeat(`{"errors":`, 10) + `"x"` + strings.Repeat("}", 10),
	} {
		f.Add([]byte(body), 400, "https://other.example/signin", "1.5", "id-1")
	}
	f.Add([]byte("{}"), 302, "//u:p@h/%zz\x00", "Fri, 31 Dec 9999 23:59:59 GMT", strings.Repeat("é", 310))
	f.Fuzz(func(t *testing.T, body []byte, status int, location, wait, id string) {
		c := answeredWith(t, "s3cret-of-a-key")
		header := http.Header{"Location": {location}, "Retry-After": {wait}, "X-Request-Id": {id}}
		refused := c.refused(&http.Response{StatusCode: status, Header: header}, body, nil)
		checkReadable(t, refused.Error())

		response := c.answered(&http.Response{StatusCode: 200, Header: header}, body)
		var raw json.RawMessage
		var err error
		resttest.CheckMemory(t, func() (answers, bytes int) {
			err = response.Decode(&raw)
			return 1, len(body)
		})
		usable := sniff(body) == kindJSON
		if usable {
			_, repeated := inspectJSON(trimBody(body), nil)
			usable = repeated == nil
		}
		if (err == nil) != usable || err == nil && !json.Valid(raw) {
			t.Errorf("%q decodes as %q, %v", body, raw, err)
		}
		var into struct {
			A int32             `json:"a"`
			B []string          `json:"b"`
			C map[string]string `json:"c"`
		}
		for _, err := range []error{err, response.Decode(&into), response.Unusable(fmt.Errorf("it has %q", body))} {
			if err != nil {
				checkReadable(t, err.Error())
			}
		}
	})
}

// disguises are the forms in which an upstream may send a secret back.
var disguises = []func(string) string{
	func(s string) string { return s },
	url.QueryEscape,
	url.PathEscape,
	func(s string) string { return lowerEscapes(url.QueryEscape(s)) },
	func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "-", "%2D") },
	everyPercent,
	func(s string) string { return everyPercent(everyPercent(s)) },
	func(s string) string { return everyUnit(s, 1) },
	func(s string) string { return everyUnit(s, 3) },
	func(s string) string { return inJSON(inJSON(s, true), true) },
	func(s string) string { return inJSON(s, true) },
	func(s string) string { return inJSON(s, false) },
	func(s string) string { return strings.ReplaceAll(inJSON(s, false), "/", `\/`) },
	html.EscapeString,
	func(s string) string { return html.EscapeString(html.EscapeString(s)) },
	everyEntity,
	strings.ToUpper,
	strings.ToLower,
	func(s string) string { return hex.EncodeToString([]byte(s)) },
	func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte("x" + s))) },
	func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s)) },
	func(s string) string { return base64.URLEncoding.EncodeToString([]byte("id:" + s + "\n")) },
	func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
	func(s string) string { return strings.ReplaceAll(s, " ", "\r\n\t") },
	func(s string) string { return inTheMiddle(s, "\u200b") },
	func(s string) string { return inTheMiddle(s, "\n") },
	func(s string) string { return inTheMiddle(s, `\n`) },
	func(s string) string { return inTheMiddle(s, `","`) },
	func(s string) string { return inTheMiddle(s, "; ") },
}

func everyPercent(text string) string {
	var all strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&all, "%%%02x", text[i])
	}
	return all.String()
}

func everyEntity(text string) string {
	var all strings.Builder
	for i, r := range text {
		format := "&#%d;"
		if i%2 == 1 {
			format = "&#x%x;"
		}
		fmt.Fprintf(&all, format, r)
	}
	return all.String()
}

func inTheMiddle(text, between string) string {
	runes := []rune(text)
	return string(runes[:len(runes)/2]) + between + string(runes[len(runes)/2:])
}

// everyUnit escapes every nth character as JSON may.
func everyUnit(text string, n int) string {
	var all strings.Builder
	for i, r := range []rune(text) {
		switch {
		case i%n > 0 || r > 0xffff:
			all.WriteString(inJSON(string(r), false))
		default:
			fmt.Fprintf(&all, `\u%04X`, r)
		}
	}
	return all.String()
}

// No text made from an answer shows 12 characters of a secret in a row, in any form and from any part of the answer, nor half of one where the
// text was cut.
func FuzzNoSecret(f *testing.F) {
	for i := range disguises {
		f.Add("S3cret of+/a<k\"e\\y>", `{"message":"`, `"}`, byte(i), 0)
		f.Add("Pk:ünïcode/secret+key==", `{"statusCode":400,"trace":"`, `"}`, byte(i), 260)
		f.Add("Pk:ünïcode/secret+key==", `{"statusCode":400,"trace":"`, `"}`, byte(i), 256)
		f.Add("Zf8fad5b-d9cb-469f-a165-70867728950e", "<html><title>", "</title>", byte(i), 291)
		f.Add(`Key\u0041of\/a-client`, "it says ", " and more", byte(i), 0)
		f.Add("Abcdefghijklmnop", "it says ", " half {", byte(i), 55)
		f.Add("q8Q~4&amp;%41%2e~!!~!!~!!", "it says ", " half {", byte(i), 55)
	}
	f.Fuzz(func(t *testing.T, secret, before, after string, which byte, padding int) {
		if utf8.RuneCountInString(secret) < tooMuch || !utf8.ValidString(secret) || oneLine(secret) != secret {
			t.Skip("no key")
		}
		disguise := disguises[int(which)%len(disguises)]
		sent := disguise(secret)
		body := before + strings.Repeat("x", max(0, padding)%1000) + sent + after
		c := answeredWith(t, secret)
		header := http.Header{
			"X-Request-Id": {body}, "Retry-After": {sent}, "Location": {"https://other.example/" + url.PathEscape(secret) + "?" + url.QueryEscape(secret)},
		}
		response := c.answered(&http.Response{StatusCode: 200, Header: header}, []byte(body))
		texts := []string{
			c.refused(&http.Response{StatusCode: 400, Header: header}, []byte(body), errors.New(body)).Error(),
			c.refused(&http.Response{StatusCode: 302, Header: header}, []byte(body), nil).Error(),
			response.Unusable(fmt.Errorf("it has %s", body)).Error(),
			response.Unusable(fmt.Errorf("it has %q", before+secret+after)).Error(),
			c.failed(errors.New(body)).Error(),
		}
		var number int
		if err := response.Decode(&number); err != nil {
			texts = append(texts, err.Error())
		}
		for _, text := range texts {
			checkReadable(t, text)
			parts := append(slices.Collect(runsOf(secret)), slices.Collect(runsOf(strings.ToLower(secret)))...)
			for _, part := range append(parts, strings.TrimRight(disguise(parts[0]), "=")) {
				if strings.Contains(text, part) && !strings.Contains(fixedTexts, part) {
					t.Fatalf("%q shows %q", text, part)
				}
			}
		}
	})
}

// fixedTexts holds the texts that messages always contain.
const fixedTexts = "https://api.example/v2/x https://other.example/ it is not JSON; it begins with Test: could not read it: GET https://api.example/v2/x answered " +
	"400 Bad Request: it is an HTML page instead of JSON, with the title it is empty where JSON was expected its field number answered 200 OK, but the answer " +
	"cannot be used: 302 Found: redirects to redirects are not followed got no complete answer " + withheld

// A wait is never negative, and an invalid header gives none.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "-1", "1.5", "120", "1e400", "-1e400", "NaN", "Inf", "-Inf", "0x1p-2", "1_0", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT",
		"Sun, 22 Nov 2026 12:00:05 GMT", " 7 ", "7, 8", "\xff",
	} {
		f.Add(value)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{"Retry-After": {value}}
		wait, ok := RetryAfter(header, now)
		if wait < 0 || !ok && wait != 0 || wait > math.MaxInt64-time.Hour && !strings.Contains(value, "GMT") {
			t.Errorf("%q is a wait of %s, %v", value, wait, ok)
		}
		if back := backoff(time.Second, time.Minute, 3, &http.Response{Header: header}); back < 0 || back > time.Minute {
			t.Errorf("%q waits %s", value, back)
		}
	})
}

// With an accepted base URL every request goes to its host, over https unless the host is loopback.
func FuzzBaseURL(f *testing.F) {
	for _, address := range []string{
		"https://api.example", "https://api.example/v2/", "http://localhost:1", "http://127.0.0.1", "http://[::1]", "http://localhost.evil.example",
		"http://127.0.0.1.evil.example", "https://u:p@h", "https://h?x", "https://h#", "https://h\\@evil", "https://h/%zz", "https:///x", "https:h", "//h", "https://h:",
		"https://[fe80::1%25en0]", "HTTPS://H", "https://h/../..", "https://h//", "\x00", "https://ex\u017fample",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		client, err := New(Config{System: "Test", BaseURL: address})
		if err != nil {
			if strings.Contains(address, "@") && strings.Contains(err.Error(), address) {
				t.Errorf("the error shows what may hold a password: %s", err)
			}
			return
		}
		want, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		c := &call{client: client, request: Request{Method: http.MethodGet, Path: "/a%2Fb", Query: url.Values{"$x": {"a&b"}}}}
		request, err := c.build(t.Context())
		if err != nil {
			return // it is never sent
		}
		got := request.URL
		if got.Hostname() != want.Hostname() || got.Port() != want.Port() || got.Scheme != want.Scheme || got.User != nil || got.RawQuery != "$x=a%26b" || got.Fragment != "" ||
			!strings.HasSuffix(got.EscapedPath(), "/a%2Fb") || got.Scheme != "https" && !isLoopback(got.Hostname()) {
			t.Errorf("%q makes %q", address, got)
		}
	})
}

// A body is read up to the cap, whatever the size of its pieces.
func FuzzBodyCap(f *testing.F) {
	f.Add([]byte("12345678901"), 3)
	f.Add([]byte("1234567890"), 1)
	f.Fuzz(func(t *testing.T, body []byte, piece int) {
		const most = 10
		c := answeredWith(t)
		c.client.config.MaxBody = most
		c.client.config.Transport = answers(func() io.Reader { return &inPieces{body, 1 + max(0, piece)%7} })
		response, err := c.client.Do(t.Context(), c.request)
		if (err == nil) != (len(body) <= most) || err == nil && string(response.Body) != string(body) {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	})
}

// answers is a transport that answers with the body it returns.
type answers func() io.Reader

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(a()), Request: request}, nil
}

type inPieces struct {
	left  []byte
	piece int
}

func (p *inPieces) Read(into []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(into, p.left[:min(p.piece, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

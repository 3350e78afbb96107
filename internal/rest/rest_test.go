// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// upstream is a server that counts requests.
type upstream struct {
	*httptest.Server
	calls atomic.Int64
}

func serve(t *testing.T, handler func(call int, w http.ResponseWriter, r *http.Request)) *upstream {
	t.Helper()
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(int(u.calls.Add(1)), w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func connect(t *testing.T, config Config) *Client {
	t.Helper()
	if config.System == "" {
		config.System = "Test"
	}
	if config.MinWait == 0 {
		config.MinWait = time.Millisecond
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		connection.Close() //nolint:errcheck // that is the point
	}
}

// cutOff sends less than its Content-Length.
func cutOff(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(status)
	io.WriteString(w, `{"half`) //nolint:errcheck // as above
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("want an *Error, got %v", err)
	}
	return e
}

func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	const once, always = 1, 5
	answer := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status) }
	}
	cases := map[string]struct {
		answer         func(http.ResponseWriter)
		get, put, post int // attempts of a GET, a repeatable PUT, a POST that is not repeatable
		ambiguous      bool
	}{
		"400":         {answer(400), once, once, once, false},
		"401":         {answer(401), once, once, once, false},
		"403":         {answer(403), once, once, once, false},
		"404":         {answer(404), once, once, once, false},
		"409":         {answer(409), once, once, once, false},
		"301":         {answer(301), once, once, once, false},
		"429":         {answer(429), always, always, always, false},
		"500":         {answer(500), always, always, once, true},
		"501":         {answer(501), once, once, once, true},
		"502":         {answer(502), always, always, once, true},
		"503":         {answer(503), always, always, once, true},
		"504":         {answer(504), always, always, once, true},
		"reset":       {cut, always, always, once, true},
		"cut-off":     {func(w http.ResponseWriter) { cutOff(w, 200) }, always, always, once, true},
		"cut-off 429": {func(w http.ResponseWriter) { cutOff(w, 429) }, always, always, always, false},
		"cut-off 404": {func(w http.ResponseWriter) { cutOff(w, 404) }, always, always, once, true},
	}
	for name, tc := range cases {
		for _, request := range []struct {
			Request
			want int
		}{
			{Request{Method: http.MethodGet}, tc.get},
			{Request{Method: http.MethodPut, Repeatable: true, Body: map[string]int{"a": 1}}, tc.put},
			{Request{Method: http.MethodPost, Body: map[string]int{"a": 1}}, tc.post},
		} {
			t.Run(name+" "+request.Method, func(t *testing.T) {
				t.Parallel()
				server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					if request.Body != nil && string(body) != `{"a":1}` {
						t.Errorf("an attempt had the body %q", body)
					}
					tc.answer(w)
				})
				client := connect(t, Config{BaseURL: server.URL, Transport: &http.Transport{DisableKeepAlives: true}})
				_, err := client.Do(t.Context(), request.Request)
				if err == nil {
					t.Fatal("no error")
				}
				if got := int(server.calls.Load()); got != request.want {
					t.Errorf("sent %d times, want %d: %v", got, request.want, err)
				}
				e := asError(t, err)
				if e.Attempts != request.want || !e.Sent || e.Ambiguous() != tc.ambiguous || Ambiguous(err) != tc.ambiguous {
					t.Errorf("attempts %d, sent %t, ambiguous %t", e.Attempts, e.Sent, e.Ambiguous())
				}
			})
		}
	}
}

func TestRecovers(t *testing.T) {
	t.Parallel()
	server := serve(t, func(call int, w http.ResponseWriter, r *http.Request) {
		switch call {
		case 1:
			w.WriteHeader(503)
		case 2:
			cut(w)
		case 3:
			cutOff(w, 200)
		default:
			fmt.Fprintf(w, `{"path":%q,"query":%q}`, r.URL.EscapedPath(), r.URL.RawQuery)
		}
	})
	client := connect(t, Config{BaseURL: server.URL + "/base/", Transport: &http.Transport{DisableKeepAlives: true}})
	response, err := client.Do(t.Context(), Request{Method: "GET", Path: "/a%2Fb", Query: url.Values{"$top": {"2"}, "q": {"x y"}}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Path, Query string }
	if err := response.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Path != "/base/a%2Fb" || got.Query != "$top=2&q=x+y" {
		t.Errorf("asked %+v", got)
	}
}

func TestConnectionNeverMade(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	listener.Close() //nolint:errcheck // nothing listens there now
	client := connect(t, Config{BaseURL: address})
	_, err = client.Do(t.Context(), Request{Doing: "make it", Method: "POST", Body: 1})
	e := asError(t, err)
	if e.Attempts != 5 || e.Sent || e.Ambiguous() || e.Status != 0 {
		t.Errorf("attempts %d, sent %t, ambiguous %t, status %d", e.Attempts, e.Sent, e.Ambiguous(), e.Status)
	}
	if want := "Test: could not make it: POST " + address + " was not sent: "; !strings.HasPrefix(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), "connection refused (5 attempts)") {
		t.Errorf("got %q", err)
	}
}

func TestAnEarlierAttemptMayHaveBeenCarriedOut(t *testing.T) {
	t.Parallel()
	server := serve(t, func(call int, w http.ResponseWriter, _ *http.Request) {
		if call == 1 {
			cut(w)
			return
		}
		w.WriteHeader(429)
	})
	client := connect(t, Config{BaseURL: server.URL})
	_, err := client.Do(t.Context(), Request{Method: "POST", Repeatable: true})
	if e := asError(t, err); e.Status != 429 || !e.Ambiguous() {
		t.Errorf("status %d, ambiguous %t", e.Status, e.Ambiguous())
	}
}

func TestTimeoutIsPerAttempt(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := serve(t, func(call int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		if call == 1 {
			io.WriteString(w, `{"half`) //nolint:errcheck // the rest never comes
			w.(http.Flusher).Flush()
			<-hang
			return
		}
		io.WriteString(w, `{}`) //nolint:errcheck // checked by the client
	})
	defer close(hang)
	client := connect(t, Config{BaseURL: server.URL, Timeout: 50 * time.Millisecond})
	if _, err := client.Do(t.Context(), Request{Method: "GET"}); err != nil {
		t.Fatal(err)
	}
	server.calls.Store(0)
	_, err := client.Do(t.Context(), Request{Doing: "make it", Method: "POST"})
	e := asError(t, err)
	if !e.Ambiguous() || e.Attempts != 1 || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(err.Error(), "got no complete answer: it took longer than 50ms") {
		t.Errorf("got %q", err)
	}
}

func TestCancelEndsAtOnce(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	cases := map[string]struct {
		config Config
		answer http.HandlerFunc
	}{
		"waiting to repeat": {Config{MinWait: time.Hour, MaxWait: time.Hour}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
		}},
		"waiting as Retry-After asks": {Config{MaxWait: time.Hour}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(429)
		}},
		"waiting for the answer": {Config{}, hang},
		"reading the body": {Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			hang(w, r)
		}},
		"waiting for its turn": {Config{RequestsPerSecond: 1}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 10)
			server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				tc.answer(w, r)
			})
			tc.config.BaseURL = server.URL
			client := connect(t, tc.config)
			if tc.answer == nil {
				client.pace.pausedUntil = time.Now().Add(time.Hour) // the next turn is an hour away
				asked <- struct{}{}
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				time.Sleep(20 * time.Millisecond) // so that it waits for its turn
				cancel()
			}()
			start := time.Now()
			_, err := client.Do(ctx, Request{Method: "GET"})
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			_ = asError(t, err)
		})
	}
}

func TestAnAnswerCountsAlthoughTheCallerLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	transport := roundTripper(func(*http.Request) (*http.Response, error) {
		cancel() // as the last byte arrives
		return &http.Response{StatusCode: 201, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	})
	client := connect(t, Config{BaseURL: "http://localhost", Transport: transport})
	if _, err := client.Do(ctx, Request{Method: "POST"}); err != nil {
		t.Errorf("an accepted request was reported as failed: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		want time.Duration
		ok   bool
	}{
		"":                              {0, false},
		"soon":                          {0, false},
		"-1":                            {0, false},
		"NaN":                           {0, false},
		"0":                             {0, true},
		"7":                             {7 * time.Second, true},
		" 7 ":                           {7 * time.Second, true},
		"0.25":                          {250 * time.Millisecond, true},
		"86400":                         {24 * time.Hour, true},
		"1e300":                         {100 * 365 * 24 * time.Hour, true},
		"Sun, 22 Nov 2026 12:00:30 GMT": {30 * time.Second, true},
		"Sun, 22 Nov 2026 11:00:00 GMT": {0, true},
	}
	for value, tc := range cases {
		got, ok := RetryAfter(http.Header{"Retry-After": {value}}, now)
		if got != tc.want || ok != tc.ok {
			t.Errorf("%q gives %s, %t; want %s, %t", value, got, ok, tc.want, tc.ok)
		}
	}
}

// The clock of this machine may be minutes off. What counts is how long the upstream wants to be left alone.
func TestRetryAfterOfAnotherClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for date, want := range map[string]time.Duration{
		"Sun, 22 Nov 2026 12:10:00 GMT": 5 * time.Second,   // its clock is ten minutes ahead
		"Sun, 22 Nov 2026 11:00:00 GMT": 0,                 // the header was read late
		"no date":                       605 * time.Second, // as far as this machine knows
	} {
		header := http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:10:05 GMT"}, "Date": {date}}
		if date == "Sun, 22 Nov 2026 11:00:00 GMT" {
			header.Set("Retry-After", "Sun, 22 Nov 2026 10:59:00 GMT")
		}
		if got, ok := RetryAfter(header, now); got != want || !ok {
			t.Errorf("sent at %s: wait %s, want %s", date, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		attempt     int
		asks        string
		least, most time.Duration
	}{
		"first":             {0, "", 250 * time.Millisecond, 500 * time.Millisecond},
		"third":             {2, "", time.Second, 2 * time.Second},
		"capped":            {60, "", 5 * time.Second, 10 * time.Second},
		"asked":             {0, "3.5", 3500 * time.Millisecond, 3500 * time.Millisecond},
		"asked to go on":    {0, "0", 250 * time.Millisecond, 500 * time.Millisecond},
		"asked for nothing": {0, "x", 250 * time.Millisecond, 500 * time.Millisecond},
	}
	for name, tc := range cases {
		response := &http.Response{Header: http.Header{"Retry-After": {tc.asks}}}
		got := backoff(500*time.Millisecond, 10*time.Second, tc.attempt, response)
		if got < tc.least || got > tc.most {
			t.Errorf("%s: waits %s, want %s to %s", name, got, tc.least, tc.most)
		}
	}
	if got := backoff(time.Second, time.Minute, 0, nil); got < 500*time.Millisecond || got > time.Second {
		t.Errorf("without an answer: waits %s", got)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	server := serve(t, func(call int, w http.ResponseWriter, _ *http.Request) {
		if call == 1 {
			w.Header().Set("Retry-After", "0.3")
			w.WriteHeader(429)
		}
	})
	client := connect(t, Config{BaseURL: server.URL})
	start := time.Now()
	if _, err := client.Do(t.Context(), Request{Method: "POST"}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("repeated after %s", took)
	}
}

func TestRetryAfterBeyondTheLimit(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
		io.WriteString(w, `{"message":"slow down"}`) //nolint:errcheck // checked by the client
	})
	client := connect(t, Config{BaseURL: server.URL, MaxWait: time.Minute})
	_, err := client.Do(t.Context(), Request{Method: "GET"})
	if e := asError(t, err); e.Status != 429 || e.Attempts != 1 || server.calls.Load() != 1 {
		t.Errorf("%+v", e)
	}
	for _, want := range []string{"slow down", "it asks to wait 1h0m0s", "the limit of 1m0s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed with the header %q", r.Header.Get("Authorization"))
	})
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/signin?token=s3cret", http.StatusFound)
	})
	client := connect(t, Config{BaseURL: server.URL, Authorize: authorize("s3cret"), Secrets: []string{"s3cret"}})
	_, err := client.Do(t.Context(), Request{Method: "GET"})
	if e := asError(t, err); e.Status != 302 || e.Message != "redirects to "+other.URL+"/signin; redirects are not followed" {
		t.Errorf("%+v", e)
	}
}

func authorize(secret string) func(*http.Request) error {
	return func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+secret)
		return nil
	}
}

func TestAuthorizeFails(t *testing.T) {
	t.Parallel()
	server := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	cause := errors.New("no token for s3cret")
	client := connect(t, Config{BaseURL: server.URL, Authorize: func(*http.Request) error { return cause }, Secrets: []string{"s3cret"}})
	_, err := client.Do(t.Context(), Request{Method: "GET"})
	if e := asError(t, err); e.Sent || !errors.Is(err, cause) || strings.Contains(err.Error(), "s3cret") || server.calls.Load() != 0 {
		t.Errorf("%+v", e)
	}
}

func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ body, want string }{
		"HTML":        {"\ufeff <!DOCTYPE html><HTML><head><title>Sign in &amp; go\n</title></head></HTML>", `it is an HTML page instead of JSON, with the title "Sign in & go"`},
		"no title":    {"<html><body>s3cret</body></html>", "it is an HTML page instead of JSON"},
		"empty":       {" \n", "it is empty where JSON was expected"},
		"text":        {"upstream s3cret is ill", `it is not JSON; it begins with "upstream *** is ill"`},
		"half":        {`{"a":`, "it is not JSON"},
		"two":         {`{} {}`, "it is not JSON"},
		"other shape": {`[]`, "it is a JSON array, which was not expected"},
		"other field": {`{"a":"x"}`, `its field "a" is a JSON string, which was not expected`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "r1")
				io.WriteString(w, tc.body) //nolint:errcheck // checked by the client
			})
			client := connect(t, Config{BaseURL: server.URL, Secrets: []string{"s3cret"}})
			response, err := client.Do(t.Context(), Request{Doing: "read it", Method: "GET", Path: "/x"})
			if err != nil {
				t.Fatal(err)
			}
			var into struct {
				A int `json:"a"`
			}
			err = response.Decode(&into)
			e := asError(t, err)
			if e.Status != 200 || !e.Ambiguous() || e.RequestID != "r1" {
				t.Errorf("%+v", e)
			}
			want := "Test: could not read it: GET " + server.URL + "/x answered 200 OK, but the answer cannot be used: " + tc.want
			if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

func TestBodyCap(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("1", 11)) //nolint:errcheck // checked by the client
	})
	client := connect(t, Config{BaseURL: server.URL, MaxBody: 10})
	_, err := client.Do(t.Context(), Request{Method: "GET"})
	if e := asError(t, err); e.Attempts != 1 || !strings.Contains(err.Error(), "larger than 10 bytes") {
		t.Errorf("%v", err)
	}
	client = connect(t, Config{BaseURL: server.URL, MaxBody: 11})
	if _, err := client.Do(t.Context(), Request{Method: "GET"}); err != nil {
		t.Error(err)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("request-id", "abc")
		w.WriteHeader(503)
		io.WriteString(w, `{"statusCode":503,"message":["try","later"],"error":"Service Unavailable"}`) //nolint:errcheck // as above
	})
	client := connect(t, Config{System: "Gradient", BaseURL: server.URL})
	_, err := client.Do(t.Context(), Request{Doing: "set the unit count", Method: "POST", Path: "/count", Query: url.Values{"q": {"1"}}, Repeatable: true})
	want := "Gradient: could not set the unit count: POST " + server.URL + `/count answered 503 Service Unavailable: "try; later" (request id abc, 5 attempts)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if e := asError(t, err); !e.JSON || Status(fmt.Errorf("wrapped: %w", err)) != 503 {
		t.Errorf("%+v", e)
	}
}

func TestMessageOf(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		``:                              "",
		`{"message":"m","error":"Bad"}`: "m",
		`{"message":["a","b"]}`:         "a; b",
		`{"error":"e"}`:                 "e",
		`{"error":"invalid_client","error_description":"AADSTS7000215"}`: "invalid_client: AADSTS7000215",
		`{"error":{"code":"","message":"no such property"}}`:             "no such property",
		`{"error":{"code":"Denied","message":"no"}}`:                     "Denied: no",
		`{"title":"Bad Request","errors":{"B":["y"],"A":["x","z"]}}`:     "Bad Request: A: x; z; B: y",
		`{"success":false,"message":"not found"}`:                        "not found",
		`{"other":1}`:                     `{"other":1}`,
		`"text"`:                          "text",
		`plain text`:                      "plain text",
		`<html><title>502</title></html>`: "an HTML page: 502",
		`<html></html>`:                   "an HTML page",
		`{"message":{"nested":{"deeper":["x"]}}}`: "nested: deeper: x",
		`{"message":[[[[[[["x"]]]]]]]}`:           "x",
		`{"message":[[[[[[[["x"]]]]]]]]}`:         `{"message":[[[[[[[["x"]]]]]]]]}`, // deeper than any real error
	}
	for body, want := range cases {
		if got := messageOf([]byte(body)); got != want {
			t.Errorf("%s gives %q, want %q", body, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	if got := oneLine(" a\r\n\tb\x1b[31m\x00c \u202e\xff\u2028"); got != "a b [31m c \ufffd" {
		t.Errorf("got %q", got)
	}
	if got := []rune(cutAt(strings.Repeat("é", 1000), maxMessage)); len(got) != maxMessage+1 || got[maxMessage] != '…' {
		t.Errorf("got %d characters", len(got))
	}
}

// In TestNoSecretAnywhere the upstream sends every secret back, in every form, in every part of the answer.
func TestNoSecretAnywhere(t *testing.T) {
	t.Parallel()
	const secret, pair = "s3cret+/key", "user:s3cret+/key"
	forms := []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(pair)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
	all := strings.Join(forms, " ")
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "id "+all)
		w.Header().Set("Retry-After", all)
		status := 400
		switch r.URL.Path {
		case "/redirect":
			w.Header().Set("Location", "https://other.example/"+url.PathEscape(secret)+"?"+url.QueryEscape(secret))
			status = 302
		case "/busy":
			status = 503
		case "/text":
			status = 200
		case "/cut":
			cut(w)
			return
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message":"`+strings.Repeat("x", 250)+" %s", all) // cut in the middle of the secrets
	})
	var log bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	client := connect(t, Config{BaseURL: server.URL, Secrets: []string{secret, pair, ""}, Authorize: authorize(secret)})
	var texts []string
	for _, path := range []string{"/bad", "/redirect", "/busy", "/text", "/cut", "/" + url.PathEscape(secret)} {
		response, err := client.Do(ctx, Request{Doing: "read", Method: "GET", Path: path, Query: url.Values{"key": {secret}}})
		if err == nil {
			err = response.Decode(&struct{}{})
		}
		e := asError(t, err)
		texts = append(texts, err.Error(), e.Message, e.URL, e.RequestID)
	}
	if !strings.Contains(log.String(), `"status":503`) || !strings.Contains(log.String(), `"attempt":2`) || !strings.Contains(log.String(), "/busy") {
		t.Errorf("the log lacks what happened:\n%s", log.String())
	}
	for _, text := range append(texts, log.String()) {
		for _, form := range append(forms, "s3cret", "Authorization", "Bearer") {
			if strings.Contains(text, form) {
				t.Errorf("%q shows %q", text, form)
			}
		}
	}
}

// arrivals records when requests arrive.
type arrivals struct {
	mu    sync.Mutex
	times []time.Time
}

func (a *arrivals) add() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, time.Now())
}

// This uses real connections, which may all become ready at once. A busy machine delays requests by more than the slack, so the test only
// notices a missing pace; TestASlowConnectionKeepsTheLimit is exact.
func TestPaceOverConnections(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ slow, http2 bool }{
		"quick connections":        {},
		"slow connections":         {slow: true},
		"slow connections, HTTP/2": {slow: true, http2: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit, requests = 20, 60
			var seen arrivals
			var calls atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen.add()
				if (r.ProtoMajor == 2) != tc.http2 {
					t.Errorf("it came over %s", r.Proto)
				}
				if calls.Add(1)%7 == 0 {
					w.WriteHeader(503) // the retry is paced as well
				}
			}))
			server.EnableHTTP2 = tc.http2
			server.StartTLS()
			t.Cleanup(server.Close)
			transport := server.Client().Transport.(*http.Transport)
			transport.MaxIdleConnsPerHost = requests
			start := time.Now()
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if tc.slow {
					time.Sleep(time.Until(start.Add(800 * time.Millisecond)))
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}
			client := connect(t, Config{BaseURL: server.URL, Transport: transport, RequestsPerSecond: limit})
			var wait sync.WaitGroup
			for range requests {
				wait.Go(func() {
					if _, err := client.Do(t.Context(), Request{Method: "POST", Repeatable: true}); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if got := mostInASecond(seen.times); got > limit*3/2 {
				t.Errorf("%d requests within a second, the limit is %d", got, limit)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{"User-Agent": "ua/1", "Accept": "application/json", "Content-Type": "application/json", "Authorization": "Bearer k"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
	client := connect(t, Config{BaseURL: server.URL, UserAgent: "ua/1", Authorize: authorize("k")})
	if _, err := client.Do(t.Context(), Request{Method: "POST", Body: struct{}{}}); err != nil {
		t.Fatal(err)
	}
}

func TestCheckBaseURL(t *testing.T) {
	t.Parallel()
	good := []string{"https://api.us.cloudradial.com", "https://h:8443/path/", "http://localhost:1", "http://127.8.0.1", "http://[::1]:80"}
	for _, raw := range good {
		if err := CheckBaseURL(raw); err != nil {
			t.Errorf("%s %s", raw, err)
		}
	}
	bad := []string{"", "api.us.cloudradial.com", "localhost:80", "ftp://h", "https://", "https://:443", "https:h", "http://example.com", "http://127.0.0.1.example.com",
		"https://h?", "https://h?a=b", "https://h#", "https://h#f", "https://user:s3cret@h", "https://h:port", "https://h\x7f", " https://h", "https://%zz"}
	for _, raw := range bad {
		err := CheckBaseURL(raw)
		if err == nil {
			t.Errorf("%q is accepted", raw)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q shows the password", err)
		}
		if _, err := New(Config{System: "X", BaseURL: raw}); err == nil {
			t.Errorf("New accepts %q", raw)
		}
	}
}

// A form is sent whole with every attempt, as its own content type.
func TestForm(t *testing.T) {
	t.Parallel()
	u := serve(t, func(call int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.FormValue("scope") != "a b&c" || r.FormValue("grant_type") != "client_credentials" {
			t.Errorf("got %v, %v", r.Header, r.Form)
		}
		if call == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `{}`)
	})
	client := connect(t, Config{BaseURL: u.URL + "/"})
	_, err := client.Do(t.Context(), Request{
		Doing: "sign in", Method: http.MethodPost, Path: "/token", Repeatable: true, Form: url.Values{"scope": {"a b&c"}, "grant_type": {"client_credentials"}},
	})
	if err != nil || u.calls.Load() != 2 {
		t.Errorf("%d calls, %v", u.calls.Load(), err)
	}
	if client.BaseURL() != u.URL {
		t.Errorf("the base URL is %q", client.BaseURL())
	}
}

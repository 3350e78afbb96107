// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// TestDetailOfWhatComesOverTheWire lets an upstream fail permanently in every way, and checks that the user reads what was asked,
// what came back, and what to do.
func TestDetailOfWhatComesOverTheWire(t *testing.T) {
	t.Parallel()
	status := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Header().Set("X-Request-Id", "req-7")
			w.WriteHeader(status)
			io.WriteString(w, body) //nolint:errcheck // the client may have closed the connection
		}
	}
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			io.WriteString(w, "<!doctype html><html><title>Guest network</title></html>") //nolint:errcheck // as above
		}
	}
	const sides, proxy = "usually passes. Try again later", "a proxy, a sign-in page or another server answered instead"
	setting := map[string]string{"Gradient": "GRADIENT_BASE_URL", "CloudRadial": "CLOUDRADIAL_BASE_URL"}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		came   []string
		next   map[string]string // what to do, by system
	}{
		{"401", status(401, `{"statusCode":401,"message":"Unauthorized"}`), []string{`It answered 401 Unauthorized: "Unauthorized" (request id req-7).`},
			map[string]string{"Gradient": "gradient.partner_api_key (environment variable GRADIENT_PARTNER_API_KEY)", "CloudRadial": "private_key (environment variable CLOUDRADIAL_PRIVATE_KEY)"}},
		{"403", status(403, `{"message":"Forbidden"}`), []string{`It answered 403 Forbidden: "Forbidden"`},
			map[string]string{"Gradient": "talk to Gradient's support", "CloudRadial": "may not read or change anything else"}},
		{"404", status(404, `{"message":["Cannot GET","nothing here"]}`), []string{`It answered 404 Not Found: "Cannot GET; nothing here"`},
			map[string]string{"Gradient": "Check gradient.base_url (environment variable GRADIENT_BASE_URL)", "CloudRadial": "The API of another region answers 404, too"}},
		{"409", status(409, `{"message":"A resource with this Id already exists."}`), []string{"It answered 409 Conflict", "A resource with this Id already exists."},
			map[string]string{"Gradient": "Run the plan again", "CloudRadial": "Run the plan again"}},
		{"429 without end", status(429, `{"message":"Too Many Requests"}`), []string{"It answered 429 Too Many Requests", "The request was sent 5 times."},
			map[string]string{"Gradient": "Lower gradient.requests_per_second (environment variable GRADIENT_REQUESTS_PER_SECOND)", "CloudRadial": "Wait some minutes, or as long as its Retry-After says, and try again"}},
		{"429 that asks for an hour", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		}, []string{"It answered 429 Too Many Requests", "Retry-After: 3600", "it asks to wait 1h0m0s before the next request"},
			map[string]string{"Gradient": "GRADIENT_REQUESTS_PER_SECOND", "CloudRadial": "Wait some minutes, or as long as its Retry-After says, and try again"}},
		{"5xx without end", status(503, `{"message":"down"}`), []string{`It answered 503 Service Unavailable: "down"`, "The request was sent 5 times."},
			map[string]string{"Gradient": sides, "CloudRadial": sides}},
		{"5xx with a page", page(502), []string{"It answered 502 Bad Gateway", "an HTML page: Guest network"}, map[string]string{"Gradient": sides, "CloudRadial": sides}},
		{"a reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			[]string{"It gave no complete answer: ", "The request was sent 5 times."}, setting},
		{"a timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			[]string{"It gave no complete answer: it took longer than 50ms.", "The request was sent 5 times."}, setting},
		{"a cut-off body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"half`) //nolint:errcheck // as above
		}, []string{"It gave no complete answer: the answer was cut off", "The request was sent 5 times."}, setting},
		{"HTML instead of JSON", page(200), []string{"It answered 200 OK: it is an HTML page instead of JSON", "Guest network", proxy}, setting},
		{"HTML that refuses", page(403), []string{"It answered 403 Forbidden", "an HTML page: Guest network", proxy}, setting},
	}
	for _, test := range tests {
		for system, next := range test.next {
			t.Run(test.name+" from "+system, func(t *testing.T) {
				t.Parallel()
				server := httptest.NewServer(test.answer)
				t.Cleanup(server.Close)
				client, err := rest.New(rest.Config{
					System: system, BaseURL: server.URL, Transport: &http.Transport{DisableKeepAlives: true},
					MinWait: time.Millisecond, MaxWait: time.Minute, Timeout: timeoutOf(test.name),
				})
				if err != nil {
					t.Fatal(err)
				}
				response, err := client.Do(t.Context(), rest.Request{Doing: "read the list", Method: http.MethodGet, Path: "/list"})
				if err == nil {
					err = response.Decode(&struct{}{})
				}
				got := tfdiag.Detail(err)
				asked := fmt.Sprintf("Asked %s to read the list (GET %s/list).", system, server.URL)
				for _, want := range append([]string{asked, next}, test.came...) {
					if !strings.Contains(got, want) {
						t.Errorf("%q is missing in:\n%s", want, got)
					}
				}
			})
		}
	}
}

// timeoutOf returns a short timeout only where nothing else ends the request.
func timeoutOf(name string) time.Duration {
	if name == "a timeout" {
		return 50 * time.Millisecond
	}
	return time.Minute
}

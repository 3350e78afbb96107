// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	const delay = 30 * time.Millisecond
	for _, test := range []struct {
		kind       string
		status     int    // of the answer; 0 for none
		body       string // empty when it cannot be read to the end
		recorded   int
		carriedOut bool
	}{
		{"", 418, "<html>", 418, false},
		{"answer", 418, "<html>", 418, false},
		{"after", 418, "<html>", 418, true},
		{"reset", 0, "", 0, false},
		{"reset-after", 0, "", 0, true},
		{"cut-off", 201, "", 201, true},
		{"slow", 201, counted, 201, true},
	} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(test.kind+" "+protocol, func(t *testing.T) {
				t.Parallel()
				s := start(t, oneOfEach(), sandbox.Options{})
				v := newVendor(t, s)
				v.client.Transport.(*http.Transport).ForceAttemptHTTP2 = protocol == "HTTP/2.0"
				s.Inject(sandbox.Fault{
					System: sandbox.Gradient, Method: "POST", Path: "/count$", Kind: test.kind,
					Status: 418, Body: "<html>", Header: map[string]string{"Retry-After": "0.5"}, Delay: delay,
				})
				began := time.Now()
				answer, err := v.client.Do(v.request("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":2}`))
				status, body := 0, ""
				if err == nil {
					defer answer.Body.Close()
					if answer.Proto != protocol {
						t.Errorf("spoke %s", answer.Proto)
					}
					status = answer.StatusCode
					read, err := io.ReadAll(answer.Body)
					if err == nil {
						body = strings.TrimSpace(string(read))
					}
					if test.status == 418 && answer.Header.Get("Retry-After") != "0.5" {
						t.Error("the header is missing")
					}
				}
				if status != test.status || body != test.body || time.Since(began) < delay {
					t.Errorf("after %v: %d %q, %v; want %d %q", time.Since(began), status, body, err, test.status, test.body)
				}
				if carriedOut := len(s.UnitCounts()) > 0; carriedOut != test.carriedOut {
					t.Errorf("carried out: %v", carriedOut)
				}
				if recorded := s.Requests()[0].Status; recorded != test.recorded {
					t.Errorf("recorded %d, want %d", recorded, test.recorded)
				}
			})
		}
	}
}

func TestFaultsStrikeWhatTheyMatch(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	statuses := func(method, path string, times int) (got []int) {
		for range times {
			status, _, _ := v.send(v.request(method, path, ""))
			got = append(got, status)
		}
		return got
	}
	want := func(got []int, want ...int) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	}
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "GET", Path: "/organization$", Skip: 1, Times: 2})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "GET", Path: "/organization$", Skip: 1, Times: 1, Status: 503, Body: `{}`})
	want(statuses("GET", "/organization/accounts", 1), 200)
	want(statuses("PATCH", "/organization/status/active", 1), 200)
	// The first fault strikes the second and the third request. The second fault does not see these two: it skips the first request and
	// strikes the fourth.
	want(statuses("GET", "/organization", 5), 200, 500, 500, 503, 200)

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial})
	want(statuses("GET", "/organization", 1), 200)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: 502})
	want(statuses("GET", "/organization", 3), 502, 502, 502)
	s.ClearFaults()
	want(statuses("GET", "/organization", 1), 200)
}

// TestStrike checks that Strike sees every request and that its faults come before injected faults.
func TestStrike(t *testing.T) {
	t.Parallel()
	var seen []string
	s := start(t, oneOfEach(), sandbox.Options{Strike: func(request sandbox.Request) sandbox.Fault {
		seen = append(seen, request.Method+" "+request.Path)
		if len(seen) == 2 {
			return sandbox.Fault{Kind: "answer", Status: 503}
		}
		return sandbox.Fault{}
	}})
	v := newVendor(t, s)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: 429, Skip: 1})
	for _, want := range []int{200, 503, 429} {
		answer, err := v.client.Do(v.request("GET", "/organization", ""))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("answered %d, want %d", answer.StatusCode, want)
		}
	}
	if want := "GET /api/vendor-api/organization"; len(seen) != 3 || seen[0] != want {
		t.Errorf("asked about %q", seen)
	}
}

func TestFaultBodyContentType(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: 503, Body: `{"message":"busy"}`, Times: 1})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: 503, Body: `<html>busy</html>`})
	for _, want := range []string{"application/json; charset=utf-8", "text/html; charset=utf-8"} {
		if _, _, header := v.send(v.request("GET", "/organization", "")); header.Get("Content-Type") != want {
			t.Errorf("content type %q, want %q", header.Get("Content-Type"), want)
		}
	}
}

func TestInjectRefusesFaultsThatNeverStrike(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	for _, fault := range []sandbox.Fault{
		{},
		{System: "graph"},
		{System: sandbox.Gradient, Kind: "cut"},
		{System: sandbox.Gradient, Path: "("},
		{System: sandbox.Gradient, Status: 99},
		{System: sandbox.Gradient, Skip: -1},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was accepted", fault)
				}
			}()
			s.Inject(fault)
		}()
	}
}

func TestFaultLeavesOtherRequestsAlone(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	v.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: v.client.Transport.(*http.Transport).TLSClientConfig.RootCAs}, ForceAttemptHTTP2: true}
	t.Cleanup(v.client.CloseIdleConnections)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/accounts$", Kind: "slow", Delay: time.Hour})
	slow := v.request("GET", "/organization/accounts", "").WithContext(t.Context())
	go func() {
		answer, err := v.client.Do(slow)
		if err == nil {
			answer.Body.Close()
		}
	}()
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	v.wantStatus("GET", "/organization", "", 200, "")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// Names of the switches below.
const (
	switchClock     = "clock"
	switchProxyPage = "proxy-page"
)

// networkSwitches are what stands between a client and the upstreams: microsoft.md §3.5.
var networkSwitches = []Switch{
	{switchClock, "microsoft.md §3.5", []string{"right", "ahead", "behind"}, SeenByReading,
		"Clock of the upstreams, which their Date header shows, against that of this machine: right, or ten minutes ahead or behind."},
	{switchProxyPage, "microsoft.md §3.5", []string{"none", "gradient-200", "gradient-407", "cloudradial-200", "cloudradial-407",
		"sign-in-200", "sign-in-407", "graph-200", "graph-407"}, SeenByReading,
		"In whose place a proxy answers: with a page to sign in to it (200), or a page that wants its password (407)."},
	{"cloudradial-throttle", "cloudradial.md §8", throttleValues, SeenByReading,
		"Whether CloudRadial answers 429 to the first request for a path in a minute, and with which Retry-After."},
	{"graph-throttle", "microsoft.md §4", throttleValues, SeenByReading,
		"The same of Graph."},
	{"sign-in-throttle", "microsoft.md §4", throttleValues, SeenByReading,
		"The same of the token endpoint."},
}

var throttleValues = []string{"never", "none", "1s", "fraction", "date"}

// part returns the name of an upstream, or of the part of Microsoft that it is, in the switches above.
func (u upstream) part() string {
	switch {
	case u.system != Microsoft:
		return u.system
	case u.prefix == "":
		return "sign-in"
	}
	return "graph"
}

// intercept answers what a request gets before it reaches its upstream. It reports whether there is an answer.
func (s *Server) intercept(w http.ResponseWriter, r *http.Request, u upstream) bool {
	switch s.switchValue(switchProxyPage) {
	case u.part() + "-200":
		writePage(w, http.StatusOK, "Sign in to continue")
		return true
	case u.part() + "-407":
		w.Header().Set("Proxy-Authenticate", "Basic realm=\"proxy\"")
		writePage(w, http.StatusProxyAuthRequired, "Proxy Authentication Required")
		return true
	}
	if u.system == Gradient || slices.Contains(psa.Names, u.system) || u.part() == "sign-in" && r.Method != http.MethodPost {
		return false // Gradient and the PSAs have limits of their own
	}
	form := s.switchValue(u.part() + "-throttle")
	if form == "never" || !s.isFirstInAWhile(r.Method+" "+r.URL.Path) {
		return false
	}
	s.setRetryAfter(w, form)
	s.writeThrottled(w, r, u)
	return true
}

// isFirstInAWhile reports whether there was no request for a path within the last minute.
func (s *Server) isFirstInAWhile(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, asked := s.lastAsked[path]
	s.lastAsked[path] = time.Now()
	return !asked || time.Since(last) >= time.Minute
}

func (s *Server) writeThrottled(w http.ResponseWriter, r *http.Request, u upstream) {
	switch u.part() {
	case CloudRadial:
		writeEnvelope(w, http.StatusTooManyRequests, nil, "Too many requests.")
	case "sign-in":
		s.refuseSignIn(w, r, &signInError{http.StatusTooManyRequests, "temporarily_unavailable", 90055,
			"The request has been throttled due to too many requests."})
	default:
		writeBody(w, http.StatusTooManyRequests, "application/json", map[string]any{"error": map[string]string{
			"code": "TooManyRequests", "message": "Too many requests."}})
	}
}

// setRetryAfter sets the header of a 429 in the form that a switch names.
func (s *Server) setRetryAfter(w http.ResponseWriter, form string) {
	switch form {
	case "1s":
		w.Header().Set("Retry-After", "1")
	case "fraction":
		w.Header().Set("Retry-After", "0.5")
	case "date":
		w.Header().Set("Retry-After", s.clock().Add(2*time.Second).Format(http.TimeFormat))
	}
}

// clock returns the time of the upstreams, in UTC.
func (s *Server) clock() time.Time {
	now := time.Now().UTC()
	switch s.switchValue(switchClock) {
	case "ahead":
		return now.Add(10 * time.Minute)
	case "behind":
		return now.Add(-10 * time.Minute)
	}
	return now
}

func writePage(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%s</title></head><body><h1>%s</h1></body></html>", title, strings.ToUpper(title)) // the recorder does not fail
}

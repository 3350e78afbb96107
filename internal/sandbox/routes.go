// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// route is a route of a contract.
type route struct {
	pattern string           // for [http.ServeMux]
	section string           // of the contract
	handle  http.HandlerFunc // nil when the route is not simulated
}

func newMux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range routes {
		handle := route.handle
		if handle == nil {
			handle = func(w http.ResponseWriter, r *http.Request) {
				refuseUnsimulated(w, r.Method+" "+r.URL.Path, route.section)
			}
		}
		mux.HandleFunc(route.pattern, handle)
	}
	return mux
}

// refuseUnsimulated answers a request that a contract describes and the sandbox does not simulate. No upstream answers 501, so that
// the answer cannot be taken for theirs.
func refuseUnsimulated(w http.ResponseWriter, what, section string) {
	writeBody(w, http.StatusNotImplemented, jsonUTF8, map[string]string{
		"message": what + " is not simulated by this sandbox", "contract": section,
	})
}

// upstream is one of the systems, or a part of one, below a path.
type upstream struct {
	system  string
	prefix  string
	handler http.Handler
}

func (s *Server) newUpstreams() []upstream {
	cloudradial := s.newCloudRadialHandler()
	connectwise, autotask, halo := s.psa.ConnectWiseHandler(), s.psa.AutotaskHandler(), s.psa.HaloHandler()
	return []upstream{
		{Gradient, gradientBase, s.newGradientHandler()},
		{CloudRadial, "/v2", cloudradial},
		{CloudRadial, "/compatibility", cloudradial},
		{CloudRadial, "/api/beta", cloudradial},
		{psa.ConnectWise, "/login", connectwise},
		{psa.ConnectWise, "/v4_6_release", connectwise},
		{psa.Autotask, "/atservicesrest", autotask},
		{psa.Autotask, "/zone7", autotask},
		{psa.HaloPSA, "/api", halo},
		{psa.HaloPSA, "/auth", halo},
		{Microsoft, "/v1.0", s.newGraphHandler()},
		{Microsoft, "", s.newSignInHandler()},
	}
}

// findUpstream returns the first upstream with the prefix. The paths of sign-in begin with a tenant, so sign-in gets all other paths.
func (s *Server) findUpstream(path string) upstream {
	i := slices.IndexFunc(s.upstreams, func(u upstream) bool {
		return u.prefix == "" || path == u.prefix || strings.HasPrefix(path, u.prefix+"/")
	})
	return s.upstreams[i]
}

// ServeHTTP serves the control routes and the upstreams.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.serving.Done()
	if r.URL.Path == controlBase || strings.HasPrefix(r.URL.Path, controlBase+"/") {
		s.control.ServeHTTP(w, r)
		return
	}
	s.serveUpstream(w, r)
}

// enter makes Close wait for a request. It returns false when the server is being closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.serving.Add(1)
	return true
}

// serveUpstream records a request, carries it out unless a fault prevents that, and sends the answer, as the fault alters it. A delay
// is before the answer and after the change, as on a slow network.
func (s *Server) serveUpstream(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client gave up in the middle
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	upstream := s.findUpstream(r.URL.Path)
	record, fault := s.record(upstream.system, r, body)
	defer s.psa.Hold(r)()

	answer := newAnswer()
	if fault.carriesOut() && !s.intercept(answer, r, upstream) {
		upstream.handler.ServeHTTP(answer, r)
	}
	fault.alter(answer)
	answer.header.Set("Date", s.clock().Format(http.TimeFormat))
	s.recordStatus(record, fault, answer)

	if !waitFor(r.Context(), s.options.Latency+fault.Delay) {
		panic(http.ErrAbortHandler)
	}
	fault.send(w, answer)
}

// record records a request and finds its fault. Both happen under one lock, so that faults strike in order of arrival.
func (s *Server) record(system string, r *http.Request, body []byte) (*Request, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record := &Request{
		At:     time.Now(),
		System: system,
		Method: r.Method,
		Path:   r.URL.Path,
		Query:  r.URL.RawQuery,
		Body:   string(body),
		Header: r.Header.Clone(),
	}
	s.requests = append(s.requests, record)
	return record, s.nextFault(record)
}

// recordStatus records the status before the answer is sent, so that a client with an answer finds its status in Requests.
func (s *Server) recordStatus(record *Request, fault Fault, answer *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !fault.cuts() {
		record.Status = answer.status
	}
}

// waitFor waits. It returns false when the client or the server has gone in the meantime.
func waitFor(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer holds the answer of an upstream until it is sent.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// Requests returns the requests since the start or the last ClearRequests, in order of arrival. A request in progress has status 0 or
// the status that it will get.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, 0, len(s.requests))
	for _, request := range s.requests {
		requests = append(requests, *request)
	}
	return requests
}

// ClearRequests forgets the requests so far.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// writeBody writes a value as JSON.
func writeBody(w http.ResponseWriter, status int, contentType string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value can be encoded
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the recorder does not fail
}

// baseURL returns the address of this server as the caller wrote it.
func baseURL(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

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
)

// route is a route of a contract.
type route struct {
	pattern string           // for [http.ServeMux]
	section string           // of the contract
	handle  http.HandlerFunc // nil: documented, but not simulated
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

// upstream is a system below a path.
type upstream struct {
	system  string
	prefix  string
	handler http.Handler
}

func (s *Server) newUpstreams() []upstream {
	cloudradial := s.newCloudRadialHandler()
	return []upstream{
		{Gradient, gradientBase, s.newGradientHandler()},
		{CloudRadial, "/v2", cloudradial},
		{CloudRadial, "/compatibility", cloudradial},
		{CloudRadial, "/api/beta", cloudradial},
		{Microsoft, "/v1.0", s.newGraphHandler()},
		{Microsoft, "", s.newSignInHandler()},
	}
}

func (s *Server) findUpstream(path string) upstream {
	i := slices.IndexFunc(s.upstreams, func(u upstream) bool {
		return u.prefix == "" || path == u.prefix || strings.HasPrefix(path, u.prefix+"/")
	})
	return s.upstreams[i]
}

// ServeHTTP serves the control routes and the three upstreams.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.serving.Done()
	if r.URL.Path == controlBase || strings.HasPrefix(r.URL.Path, controlBase+"/") {
		s.control.ServeHTTP(w, r)
		return
	}
	s.serveUpstream(w, r)
}

// begin counts a request in, unless the server is being closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.serving.Add(1)
	return true
}

// serveUpstream records the call, carries it out on a recorder unless a fault forbids it, and then answers, late or
// wrongly if it must. What is slow is the answer: the change itself is made on arrival, as on a slow network.
func (s *Server) serveUpstream(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client gave up half-way
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	upstream := s.findUpstream(r.URL.Path)
	record, fault := s.arrive(upstream.system, r, body)

	answer := newAnswer()
	if fault.carriesOut() {
		upstream.handler.ServeHTTP(answer, r)
	}
	fault.alter(answer)
	s.finish(record, fault, answer)

	if !wait(r.Context(), s.options.Latency+fault.Delay) {
		panic(http.ErrAbortHandler)
	}
	fault.send(w, answer)
}

// arrive records a request and finds the fault that strikes it; both in one step, so that faults strike in order of arrival.
func (s *Server) arrive(system string, r *http.Request, body []byte) (*Request, Fault) {
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

// finish notes the answer before it is sent, so that a client that has it also finds it in Requests.
func (s *Server) finish(record *Request, fault Fault, answer *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !fault.cuts() {
		record.Status = answer.status
	}
}

// wait reports false when the client or the server has gone meanwhile.
func wait(ctx context.Context, delay time.Duration) bool {
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

// answer holds what an upstream answers until it is sent.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// Requests returns what was asked since the start or the last ClearRequests, in order of arrival. A request that is still
// being answered has status 0, or the status that it will get.
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

// writeBody writes a value as JSON, without the line break that an encoder adds.
func writeBody(w http.ResponseWriter, status int, contentType string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // all values are our own
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the recorder does not fail
}

// baseURL is this server as the caller spells it.
func baseURL(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

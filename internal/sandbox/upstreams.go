package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The paths of sign-in begin with a tenant, so a prefix cannot tell them.
var signInPath = regexp.MustCompile(`^/[^/]+/(oauth2/v2\.0/token|v2\.0/\.well-known/openid-configuration)$`)

// systemOf tells which upstream serves a path; empty means none.
func systemOf(path string) string {
	switch {
	case path == gradientBase || strings.HasPrefix(path, gradientBase+"/"):
		return Gradient
	case strings.HasPrefix(path, "/v2/"), strings.HasPrefix(path, "/compatibility/"):
		return CloudRadial
	case strings.HasPrefix(path, "/v1.0/"), path == "/common/discovery/instance", signInPath.MatchString(path):
		return Microsoft
	default:
		return ""
	}
}

// ServeHTTP serves the control routes and the three upstreams.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.serving.Done()
	if r.URL.Path == controlBase || strings.HasPrefix(r.URL.Path, controlBase+"/") {
		s.serveControl(w, r)
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
	system := systemOf(r.URL.Path)
	record, fault := s.arrive(system, r, body)

	answer := newAnswer()
	if fault.carriesOut() {
		s.dispatch(system, answer, r)
	}
	fault.alter(answer)
	s.finish(record, fault, answer)

	if !wait(r.Context(), s.options.Latency+fault.Delay) {
		panic(http.ErrAbortHandler)
	}
	fault.send(w, answer)
}

func (s *Server) dispatch(system string, w http.ResponseWriter, r *http.Request) {
	switch system {
	case Gradient:
		s.serveGradient(w, r)
	case CloudRadial:
		s.serveCloudRadial(w, r)
	case Microsoft:
		s.serveMicrosoft(w, r)
	default:
		http.Error(w, "sandbox: no upstream has this path", http.StatusNotFound)
	}
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

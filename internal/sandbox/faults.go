// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// Kinds of faults; see Fault.
const (
	faultAnswer     = "answer"
	faultAfter      = "after"
	faultReset      = "reset"
	faultResetAfter = "reset-after"
	faultCutOff     = "cut-off"
	faultSlow       = "slow"
)

// faultNone lets a request through.
var faultNone = Fault{Kind: ""}

type activeFault struct {
	Fault
	path *regexp.Regexp
	seen int // matching requests so far
}

// check returns why a fault cannot be injected.
func (f Fault) check() error {
	kinds := []string{"", faultAnswer, faultAfter, faultReset, faultResetAfter, faultCutOff, faultSlow}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("there is no kind of fault named %q", f.Kind)
	}
	if !slices.Contains([]string{Gradient, CloudRadial, Microsoft}, f.System) {
		return fmt.Errorf("there is no upstream named %q", f.System)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status %d cannot be answered", f.Status)
	}
	if f.Skip < 0 || f.Times < 0 || f.Delay < 0 {
		return fmt.Errorf("skip, times and delay cannot be negative")
	}
	if _, err := regexp.Compile(f.Path); err != nil {
		return fmt.Errorf("path: %w", err)
	}
	return nil
}

// Inject adds a fault; [Server.ClearFaults] removes them all. It panics on a fault that can never strike, because its system, kind or
// path is wrong.
func (s *Server) Inject(fault Fault) {
	mustSucceed(fault.check())
	if fault.Kind == "" {
		fault.Kind = faultAnswer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &activeFault{Fault: fault, path: regexp.MustCompile(fault.Path)})
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// nextFault finds the fault of a request. The caller holds mu.
func (s *Server) nextFault(request *Request) Fault {
	if s.options.Strike != nil {
		if fault := s.options.Strike(*request); fault.Kind != "" {
			return fault
		}
	}
	for _, fault := range s.faults {
		if fault.strikes(request) {
			return fault.Fault
		}
	}
	return faultNone
}

func (f *activeFault) strikes(request *Request) bool {
	if f.System != request.System || f.Method != "" && f.Method != request.Method || !f.path.MatchString(request.Path) {
		return false
	}
	f.seen++
	return f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times)
}

// carriesOut reports whether the upstream carries out the request.
func (f Fault) carriesOut() bool { return f.Kind != faultAnswer && f.Kind != faultReset }

// cuts reports whether the client gets no answer at all.
func (f Fault) cuts() bool { return f.Kind == faultReset || f.Kind == faultResetAfter }

// alter replaces the true answer with that of the fault.
func (f Fault) alter(a *answer) {
	if f.Kind != faultAnswer && f.Kind != faultAfter {
		return
	}
	a.status = f.Status
	if a.status == 0 {
		a.status = http.StatusInternalServerError
	}
	a.header = http.Header{}
	a.body.Reset()
	a.body.WriteString(f.Body)
	if json.Valid([]byte(f.Body)) {
		a.header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for name, value := range f.Header {
		a.header.Set(name, value)
	}
}

// send sends the answer, or the part of it that the fault leaves. net/http cuts the connection (HTTP/1) or the stream (HTTP/2) after a
// panic with ErrAbortHandler, and after a body that is shorter than its Content-Length.
func (f Fault) send(w http.ResponseWriter, a *answer) {
	if f.cuts() {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	body := a.body.Bytes()
	if f.Kind == faultCutOff {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may have gone
}

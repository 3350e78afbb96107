// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// errReadOnly is the error of a request that could change something.
var errReadOnly = errors.New("the preflight only reads")

// lookLimit is how many bytes of an answer are looked at, and objectLimit how many objects they may have, because objects take many times their
// size in memory. The client gets all of the answer.
const (
	lookLimit   = 1 << 20
	objectLimit = 50_000
)

// answer is what came back to one request.
type answer struct {
	method   string
	url      *url.URL
	status   int
	header   http.Header
	body     []byte // up to lookLimit
	received time.Time
}

// readOnly carries the requests of one system and shows the answers to look. It refuses every request but a GET and, where the system
// has one, the sign-in.
type readOnly struct {
	next   http.RoundTripper
	signIn func(*http.Request) bool // nil when the system has no sign-in
	look   func(answer)
}

// RoundTrip implements [http.RoundTripper].
func (t *readOnly) RoundTrip(request *http.Request) (*http.Response, error) {
	isSignIn := request.Method == http.MethodPost && t.signIn != nil && t.signIn(request)
	if request.Method != http.MethodGet && !isSignIn {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, fmt.Errorf("%w, so it does not send %s %s", errReadOnly, request.Method, request.URL.Path)
	}
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, lookLimit))
	seen := body
	if bytes.Count(body, []byte{'{'}) > objectLimit {
		seen = nil
	}
	t.look(answer{request.Method, request.URL, response.StatusCode, response.Header.Clone(), seen, time.Now()})
	var rest io.Reader = response.Body
	if err != nil {
		rest = failed{err}
	}
	response.Body = rejoined{io.MultiReader(bytes.NewReader(body), rest), response.Body}
	return response, nil
}

// rejoined is a body whose beginning was read.
type rejoined struct {
	io.Reader
	io.Closer
}

// failed repeats the error of a body that was cut off.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// tokenPath matches the path of Microsoft's token endpoint (microsoft.md §3.1).
var tokenPath = regexp.MustCompile(`^/[^/]+/oauth2/(v2\.0/)?token$`)

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// portal answers with pages of rows and records what it is asked.
type portal struct {
	t     *testing.T
	mu    sync.Mutex
	asked []string
	page  func(w http.ResponseWriter, path string, skip, top int)
	// count is the answer to every $count. Empty means that the portal has no such route.
	count string
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if public, private, _ := r.BasicAuth(); public != "pub" || private != "private-key" {
		p.t.Errorf("signed in as %q, %q", public, private)
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.URL.RequestURI())
	p.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/$count") {
		if p.count == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, p.count)
		return
	}
	skip, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("$skip"), "0"))
	if err != nil {
		p.t.Error(err)
	}
	top, err := strconv.Atoi(r.URL.Query().Get("$top"))
	if err != nil || top > 200 {
		p.t.Error(top, err)
	}
	p.page(w, r.URL.Path, skip, top)
}

func open(t *testing.T, page func(w http.ResponseWriter, path string, skip, top int)) (*portal, *Client) {
	t.Helper()
	p := &portal{t: t, page: page}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL, PublicKey: "pub", PrivateKey: "private-key"})
	if err != nil {
		t.Fatal(err)
	}
	return p, client
}

// rows are the companies or domains with the ids skip+1 to at most total.
func rows(format string, skip, top, total int) string {
	var list []string
	for id := skip + 1; id <= min(skip+top, total); id++ {
		list = append(list, fmt.Sprintf(format, id, id))
	}
	return "[" + strings.Join(list, ",") + "]"
}

const companyFormat = `{"companyId":%d,"name":"C%d","psaKey":0,"psaIdentifier":null}`

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"no public key":  {PrivateKey: "k"},
		"no private key": {PublicKey: "k"},
		"plain http":     {PublicKey: "k", PrivateKey: "k", BaseURL: "http://api.us.cloudradial.com"},
		"no scheme":      {PublicKey: "k", PrivateKey: "k", BaseURL: "api.us.cloudradial.com"},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := New(Options{PublicKey: "k", PrivateKey: "k"}); err != nil {
		t.Error(err)
	}
}

// answers is a transport that answers every request with what it returns, without a network.
type answers func(*http.Request) string

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a(request))), Request: request}, nil
}

func connectTo(t *testing.T, transport answers) *Client {
	t.Helper()
	client, err := New(Options{BaseURL: "https://portal.example", PublicKey: "pub", PrivateKey: "private-key", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// connectWithAnswer returns a client whose requests get the status and the body that answer returns, without a network.
func connectWithAnswer(t *testing.T, answer func(request *http.Request, body string) (int, string)) *Client {
	t.Helper()
	transport := roundTrip(func(request *http.Request) *http.Response {
		var sent []byte
		if request.Body != nil {
			var err error
			if sent, err = io.ReadAll(request.Body); err != nil {
				t.Error(err)
			}
		}
		status, body := answer(request, string(sent))
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}
	})
	client, err := New(Options{BaseURL: "https://portal.example", PublicKey: "pub", PrivateKey: "private-key", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type roundTrip func(*http.Request) *http.Response

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request), nil }

func inJSON(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Nothing but GETs and sign-ins gets through.
func TestTransportOnlyReads(t *testing.T) {
	t.Parallel()
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	signIn := signInOf(microsoft.Options{OIDCRequestURL: server.URL + "/oidc?api-version=7.1"})
	for _, test := range []struct {
		method, path string
		signIn       func(*http.Request) bool
		passes       bool
	}{
		{http.MethodGet, "/api/vendor-api/organization", nil, true},
		{http.MethodPost, "/tenant.example/oauth2/v2.0/token", signIn, true},
		{http.MethodPost, "/oidc", signIn, true},
		{http.MethodPost, "/tenant.example/oauth2/v2.0/token", nil, false}, // Gradient and CloudRadial have no sign-in
		{http.MethodPost, "/api/vendor-api/service/1/count", nil, false},
		{http.MethodPost, "/api/vendor-api/service/1/count", signIn, false},
		{http.MethodPost, "/v1.0/$batch", signIn, false},
		{http.MethodPost, "/v1.0/x/oauth2/v2.0/token", signIn, false},
		{http.MethodPatch, "/tenant.example/oauth2/v2.0/token", signIn, false},
		{http.MethodPatch, "/api/vendor-api/organization/status/pending", nil, false},
		{http.MethodPut, "/v2/token/x", nil, false},
		{http.MethodDelete, "/v2/token/x", nil, false},
		{http.MethodHead, "/", nil, false},
	} {
		before := reached
		looked := ""
		transport := &readOnly{next: http.DefaultTransport, signIn: test.signIn, look: func(got answer) { looked = string(got.body) }}
		request, err := http.NewRequest(test.method, server.URL+test.path, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		switch {
		case test.passes && err != nil:
			t.Errorf("%s %s: %v", test.method, test.path, err)
		case test.passes:
			text, err := io.ReadAll(response.Body)
			if string(text) != "body" || err != nil || looked != "body" {
				t.Errorf("%s %s: the client got %q (%v), and %q was looked at", test.method, test.path, text, err, looked)
			}
			_ = response.Body.Close()
		case !errors.Is(err, errReadOnly) || reached != before:
			t.Errorf("%s %s got through: %v", test.method, test.path, err)
		}
	}
}

// A client of the preflight cannot write, whatever it is asked for.
func TestClientsCannotWrite(t *testing.T) {
	t.Parallel()
	server, reach := start(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 1, Name: "Acme"}}}, sandbox.Options{})
	options := reach.cloudradial
	options.Transport = watched(options.Transport, &network{}, systemCloudRadial, nil)
	client, err := cloudradial.New(options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateAsset(t.Context(), cloudradial.Asset{TypeID: 1, CompanyID: 1, Traits: map[string]string{"sku": "SPB"}})
	if !errors.Is(err, errReadOnly) {
		t.Errorf("got %v, want that it only reads", err)
	}
	for _, request := range server.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("%s %s was sent", request.Method, request.Path)
		}
	}
}

// A body that is cut off fails for the client too, and what came before is looked at.
func TestCutOffBody(t *testing.T) {
	t.Parallel()
	looked := ""
	transport := &readOnly{look: func(got answer) { looked = string(got.body) }, next: transportFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), failed{io.ErrUnexpectedEOF}))}, nil
	})}
	request, err := http.NewRequest(http.MethodGet, "https://example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if string(text) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) || looked != "half" {
		t.Errorf("the client got %q (%v), and %q was looked at", text, err, looked)
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// What is looked at is small, and the client gets all of an answer.
func TestLargeAnswersAreNotLookedAt(t *testing.T) {
	t.Parallel()
	for body, wanted := range map[string]int{
		strings.Repeat("x", 2*lookLimit):          lookLimit,
		strings.Repeat("{},", objectLimit/2):      3 * (objectLimit / 2),
		strings.Repeat("{},", objectLimit+1):      0,
		"{" + strings.Repeat(" ", lookLimit):      lookLimit,
		strings.Repeat(`{"a":1},`, objectLimit+1): 0,
	} {
		looked := -1
		transport := &readOnly{next: replies(body), look: func(got answer) { looked = len(got.body) }}
		request, err := http.NewRequest(http.MethodGet, "https://graph.example/v1.0/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(all) != body || looked != wanted {
			t.Errorf("%.9s…: %d of %d bytes, %d looked at, want %d, %v", body, len(all), len(body), looked, wanted, err)
		}
	}
}

// replies is a transport that always has the same body.
type replies string

func (r replies) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(r))), Request: request}, nil
}

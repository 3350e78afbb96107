// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// script is an upstream that answers each route with a list of replies, the last of which stays.
type script struct {
	t       *testing.T
	mu      sync.Mutex
	replies map[string][]reply
	asked   []string // method and path of each request, with its body if it has one
}

type reply struct {
	status int
	body   string
	cut    bool
}

func ok(body string) reply { return reply{status: 200, body: body} }

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	route := r.Method + " " + r.URL.RequestURI()
	if r.Header.Get("Gradient-Token") != "dmVuZG9ya2V5MTpwYXJ0bmVya2V5Mg==" { // vendorkey1:partnerkey2
		s.t.Errorf("%s carries the token %q", route, r.Header.Get("Gradient-Token"))
	}
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(route+" "+string(body)))
	replies := s.replies[route]
	if len(replies) > 1 {
		s.replies[route] = replies[1:]
	}
	s.mu.Unlock()
	if len(replies) == 0 {
		s.t.Errorf("unexpected %s %s", route, body)
		w.WriteHeader(418)
		return
	}
	if replies[0].cut {
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			connection.Close() //nolint:errcheck // that is the point
		}
		return
	}
	w.WriteHeader(replies[0].status)
	io.WriteString(w, replies[0].body) //nolint:errcheck // checked by the client
}

func (s *script) count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, asked := range s.asked {
		if strings.HasPrefix(asked, prefix) {
			n++
		}
	}
	return n
}

func play(t *testing.T, replies map[string][]reply) (*script, *Client) {
	t.Helper()
	s := &script{t: t, replies: map[string][]reply{}}
	for route, list := range replies {
		method, path, _ := strings.Cut(route, " ")
		s.replies[method+" /api/vendor-api"+path] = list
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL + "/", VendorKey: "vendorkey1", PartnerKey: "partnerkey2", RequestsPerSecond: 100,
		minWait: time.Millisecond, settleDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

const (
	getAccounts   = "GET /organization/accounts"
	postAccounts  = "POST /organization/accounts"
	acme          = `[{"id":"acme","name":"Acme","description":"d"}]`
	otherName     = `[{"id":"acme","name":"Acme Inc."}]`
	noAccounts    = `[]`
	gone          = `{"statusCode":409,"message":"A resource with this Id already exists."}`
	getVendor     = "GET "
	postService   = "POST /service"
	vendorWithout = `{"data":{"skus":[{"id":"s1","name":"Other"}]}}`
	vendorWith    = `{"data":{"skus":[{"id":"s1","name":"Other"},{"id":"s2","name":"E3"}]}}`
	bareWith      = `{"skus":[{"id":"s1","name":"Other"},{"id":"s2","name":"E3"}]}`
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"no vendor key":  {PartnerKey: "p"},
		"no partner key": {VendorKey: "v"},
		"too slow":       {VendorKey: "v", PartnerKey: "p", RequestsPerSecond: -1},
		"too fast":       {VendorKey: "v", PartnerKey: "p", RequestsPerSecond: 101},
		"plain http":     {VendorKey: "v", PartnerKey: "p", BaseURL: "http://example.com"},
		"query":          {VendorKey: "v", PartnerKey: "p", BaseURL: "https://example.com?x"},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := New(Options{VendorKey: "v", PartnerKey: "p"}); err != nil {
		t.Error(err)
	}
}

func TestListsAreReadOnce(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{
		"GET /organization": {ok(`{"integrationId":"i","status":"active"}`)},
		getAccounts:         {ok(acme)},
		getVendor:           {ok(vendorWith)},
	})
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			integration, err := client.Integration(t.Context())
			if err != nil || integration.ID != "i" {
				t.Error(integration, err)
			}
			account, found, err := client.Account(t.Context(), "acme")
			if err != nil || !found || account.Description != "d" {
				t.Error(account, found, err)
			}
			if _, found, err := client.Account(t.Context(), "Acme"); err != nil || found {
				t.Error("found by name", err)
			}
			services, err := client.ServicesNamed(t.Context(), "E3")
			if err != nil || len(services) != 1 || services[0].ID != "s2" {
				t.Error(services, err)
			}
		})
	}
	wait.Wait()
	if len(s.asked) != 3 {
		t.Errorf("asked %q", s.asked)
	}
}

func TestUnusableListsAreErrors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, ``, `<html></html>`, `{"data":[]}`} {
		_, client := play(t, map[string][]reply{"GET /organization": {ok(body)}, getAccounts: {ok(body)}, getVendor: {ok(body)}})
		_, integrationErr := client.Integration(t.Context())
		_, accountsErr := client.Accounts(t.Context())
		_, servicesErr := client.Services(t.Context())
		for _, err := range []error{integrationErr, accountsErr, servicesErr} {
			if rest.Status(err) != 200 || !strings.Contains(err.Error(), "cannot be used") {
				t.Errorf("%q gives %v", body, err)
			}
		}
	}
}

func TestCancelledCreationsAreNotRepeated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, client := play(t, map[string][]reply{getAccounts: {ok(noAccounts)}, getVendor: {ok(vendorWithout)},
		postAccounts: {{status: 503}}, postService: {{status: 503}}})
	client.settleDelay = time.Hour
	if _, err := client.Services(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Accounts(ctx); err != nil {
		t.Fatal(err)
	}
	go func() {
		for s.count("POST") < 2 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := client.CreateAccount(ctx, Account{ID: "acme", Name: "Acme"}); !rest.Ambiguous(err) {
			t.Error(err)
		}
	})
	wait.Go(func() {
		if _, err := client.CreateService(ctx, Service{Name: "E3"}); !rest.Ambiguous(err) {
			t.Error(err)
		}
	})
	wait.Wait()
	if s.count("POST") != 2 || s.count("GET") != 3 { // a creation of a service reads the catalogue once more before
		t.Errorf("asked %q", s.asked)
	}
}

func TestIDsThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	_, client := play(t, nil)
	for _, id := range []string{"", ".", ".."} {
		if _, err := client.UpdateAccount(t.Context(), Account{ID: id, Name: "N"}); err == nil {
			t.Errorf("account %q is accepted", id)
		}
		if err := client.SetUnitCount(t.Context(), id, "a", 1); err == nil {
			t.Errorf("service %q is accepted", id)
		}
	}
}

func TestNoKeyInErrors(t *testing.T) {
	t.Parallel()
	const vendor, partner = "vendor-key-1", "partner-key-2"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(401)
		json.NewEncoder(w).Encode(map[string]string{"message": vendor + " " + partner + " " + r.Header.Get("GRADIENT-TOKEN")}) //nolint:errcheck // checked below
	}))
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL, VendorKey: vendor, PartnerKey: partner})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Integration(t.Context())
	if err == nil || !strings.Contains(err.Error(), `401 Unauthorized: "*** *** ***"`) {
		t.Errorf("got %v", err)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// refuser refuses every creation that names one of the words, and counts what is asked.
type refuser struct {
	status int
	words  []string

	mu           sync.Mutex
	posts, reads int
}

func (r *refuser) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if request.Method == http.MethodGet {
		r.reads++
		return http.DefaultTransport.RoundTrip(request)
	}
	r.posts++
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	for _, word := range r.words {
		if strings.Contains(string(body), word) {
			return &http.Response{
				StatusCode: r.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
				Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"statusCode":%d,"message":["no %s"]}`, r.status, word))),
			}, nil
		}
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(request)
}

// numbered makes accounts a000, a001 …
func numbered(from, to int) (accounts []Account) {
	for i := from; i < to; i++ {
		accounts = append(accounts, Account{ID: fmt.Sprintf("a%04d", i), Name: fmt.Sprintf("Account %d", i)})
	}
	return accounts
}

// through is a client of the sandbox whose requests go through the transport.
func through(t *testing.T, server *sandbox.Server, transport http.RoundTripper) *Client {
	t.Helper()
	keys := server.Credentials()
	client, err := New(Options{BaseURL: server.HTTPURL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey,
		RequestsPerSecond: 100, Transport: transport, minWait: time.Millisecond, settleDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func start(t *testing.T, seed sandbox.Seed, duplicates string) *sandbox.Server {
	t.Helper()
	server, err := sandbox.New(seed, sandbox.Options{Switches: map[string]string{"gradient-duplicate-accounts": duplicates}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func idsOf(accounts []Account) []string {
	ids := make([]string, 0, len(accounts))
	for _, account := range accounts {
		ids = append(ids, account.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestCreateAccountsInBatches(t *testing.T) {
	t.Parallel()
	server := start(t, sandbox.Seed{}, "atomic")
	requests := &refuser{}
	client := through(t, server, requests)
	accounts := numbered(0, 5000)
	created, failed, err := client.CreateAccounts(t.Context(), accounts)
	if err != nil || len(failed) > 0 || !slices.Equal(idsOf(created), idsOf(accounts)) {
		t.Fatalf("%d created, failed %v, %v", len(created), failed, err)
	}
	if held, err := client.Accounts(t.Context()); err != nil || !slices.Equal(idsOf(held), idsOf(accounts)) {
		t.Errorf("the shared list has %d accounts, %v", len(held), err)
	}
	if requests.posts != 50 || requests.reads != 1 {
		t.Errorf("%d posts and %d reads, want 50 and 1", requests.posts, requests.reads)
	}
	if !client.CreatedAccount("a0000") || !client.CreatedAccount("a4999") {
		t.Error("the client does not know what it created")
	}
}

// TestCreateAccountsAmongOthers meets accounts that were there before, or came since the list was read.
func TestCreateAccountsAmongOthers(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []string{"atomic", "partial", "upsert"} {
		t.Run(duplicates, func(t *testing.T) {
			t.Parallel()
			server := start(t, sandbox.Seed{Accounts: []sandbox.Account{
				{ID: "a0001", Name: "Account 1", Description: "theirs"}, {ID: "a0002", Name: "Another's", Description: "theirs"},
			}}, duplicates)
			requests := &refuser{}
			client := through(t, server, requests)
			if _, err := client.Accounts(t.Context()); err != nil {
				t.Fatal(err)
			}
			others := []Account{{ID: "a0003", Name: "Account 3", Description: "theirs"}}
			if duplicates != "upsert" { // which tells nobody
				others = append(others, Account{ID: "a0004", Name: "Another's"})
			}
			if _, _, err := through(t, server, nil).CreateAccounts(t.Context(), others); err != nil {
				t.Fatal(err)
			}
			created, failed, err := client.CreateAccounts(t.Context(), numbered(0, 10))
			if err != nil {
				t.Fatal(err)
			}
			wantFailed := idsOf(others[1:])
			for id, err := range failed {
				var taken *TakenError
				if !errors.As(err, &taken) || taken.Existing.Name != "Another's" {
					t.Errorf("%s: %v", id, err)
				}
			}
			wantFailed = append([]string{"a0002"}, wantFailed...)
			if got := slices.Sorted(maps.Keys(failed)); !slices.Equal(got, wantFailed) {
				t.Errorf("failed %v, want %v", got, wantFailed)
			}
			if len(created)+len(failed) != 10 {
				t.Errorf("created %v, failed %v", idsOf(created), failed)
			}
			if client.CreatedAccount("a0001") || client.CreatedAccount("a0002") || !client.CreatedAccount("a0009") {
				t.Error("the client does not know what it created")
			}
			for _, account := range server.Accounts()[:2] {
				if account.Description != "theirs" {
					t.Errorf("%+v was written over", account)
				}
			}
			if got := len(server.Accounts()); got != 10 {
				t.Errorf("Gradient holds %d accounts, want 10", got)
			}
			if requests.reads > 2 {
				t.Errorf("%d reads, want the first and one more", requests.reads)
			}
		})
	}
}

// TestCreateAccountsOneByOneRefused finds the accounts that the API refuses for their content.
func TestCreateAccountsOneByOneRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 413, 422} {
		for _, duplicates := range []string{"atomic", "partial", "upsert"} {
			t.Run(fmt.Sprintf("%d %s", status, duplicates), func(t *testing.T) {
				t.Parallel()
				server := start(t, sandbox.Seed{}, duplicates)
				requests := &refuser{status: status, words: []string{"a0017", "a0140"}}
				client := through(t, server, requests)
				created, failed, err := client.CreateAccounts(t.Context(), numbered(0, 150))
				if err != nil || len(created) != 148 {
					t.Errorf("%d created, %v", len(created), err)
				}
				for _, id := range requests.words {
					if rest.Status(failed[id]) != status || !strings.Contains(failed[id].Error(), "no "+id) {
						t.Errorf("%s: %v", id, failed[id])
					}
				}
				if len(failed) != 2 || len(server.Accounts()) != 148 {
					t.Errorf("failed %v, Gradient holds %d accounts", failed, len(server.Accounts()))
				}
				if requests.reads != 1 || requests.posts > 30 {
					t.Errorf("%d posts and %d reads", requests.posts, requests.reads)
				}
			})
		}
	}
}

// TestCreateAccountsOnBadDays loses answers. Whatever the API makes of duplicates, every account is there once.
func TestCreateAccountsOnBadDays(t *testing.T) {
	t.Parallel()
	post := sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Times: 1}
	faults := map[string]func() sandbox.Fault{
		"503":                 func() sandbox.Fault { f := post; f.Status = 503; return f },
		"reset":               func() sandbox.Fault { f := post; f.Kind = "reset"; return f },
		"answer lost":         func() sandbox.Fault { f := post; f.Kind = "reset-after"; return f },
		"answer cut":          func() sandbox.Fault { f := post; f.Kind = "cut-off"; return f },
		"500 after":           func() sandbox.Fault { f := post; f.Kind = "after"; f.Status = 500; return f },
		"page":                func() sandbox.Fault { f := post; f.Kind = "after"; f.Status = 201; f.Body = "<html>"; return f },
		"some are missing":    func() sandbox.Fault { f := post; f.Kind = "after"; f.Status = 201; f.Body = "[]"; return f },
		"throttled":           func() sandbox.Fault { f := post; f.Status = 429; return f },
		"in the second batch": func() sandbox.Fault { f := post; f.Kind = "reset-after"; f.Skip = 1; return f },
	}
	for name, fault := range faults {
		for _, duplicates := range []string{"atomic", "partial", "upsert"} {
			t.Run(name+" "+duplicates, func(t *testing.T) {
				t.Parallel()
				server := start(t, sandbox.Seed{}, duplicates)
				server.Inject(fault())
				client := through(t, server, nil)
				created, failed, err := client.CreateAccounts(t.Context(), numbered(0, 150))
				if err != nil || len(failed) > 0 || len(created) != 150 || len(server.Accounts()) != 150 {
					t.Errorf("%d created, failed %v, %v; Gradient holds %d", len(created), failed, err, len(server.Accounts()))
				}
				for _, account := range created {
					if !client.CreatedAccount(account.ID) {
						t.Errorf("%s is not known as ours", account.ID)
					}
				}
			})
		}
	}
}

func TestCreateAccountsStops(t *testing.T) {
	t.Parallel()
	for status, posts := range map[int]int{401: 2, 402: 2, 403: 2, 404: 2, 502: 1 + maxSends, 503: 1 + maxSends} {
		server := start(t, sandbox.Seed{}, "atomic")
		server.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Skip: 1, Status: status, Body: "{}"})
		requests := &refuser{}
		created, failed, err := through(t, server, requests).CreateAccounts(t.Context(), numbered(0, 500))
		if rest.Status(err) != status || len(created) != 100 || len(failed) > 0 || requests.posts != posts {
			t.Errorf("%d: %d created, failed %v, %v after %d posts", status, len(created), failed, err, requests.posts)
		}
	}
}

// TestCreateAccountsGivesUpOnABatch goes on with the next batch after a 500, which one account may cause.
func TestCreateAccountsGivesUpOnABatch(t *testing.T) {
	t.Parallel()
	server := start(t, sandbox.Seed{}, "atomic")
	server.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Times: maxSends, Status: 500})
	requests := &refuser{}
	created, failed, err := through(t, server, requests).CreateAccounts(t.Context(), numbered(0, 150))
	if err != nil || len(created) != 50 || len(failed) != 100 || rest.Status(failed["a0099"]) != 500 {
		t.Errorf("%d created, %d failed, %v", len(created), len(failed), err)
	}
	if requests.posts != maxSends+1 || requests.reads != maxSends+1 {
		t.Errorf("%d posts and %d reads", requests.posts, requests.reads)
	}
}

func TestCreateAccountsCancelled(t *testing.T) {
	t.Parallel()
	server := start(t, sandbox.Seed{}, "atomic")
	ctx, cancel := context.WithCancel(t.Context())
	client := through(t, server, cancelling{cancel})
	created, failed, err := client.CreateAccounts(ctx, numbered(0, 300))
	if !errors.Is(err, context.Canceled) || len(failed) > 0 || len(created) > 100 {
		t.Errorf("%d created, failed %v, %v", len(created), failed, err)
	}
	if got := len(server.Accounts()); got > 100 {
		t.Errorf("Gradient holds %d accounts", got)
	}
}

// cancelling ends the context with the first creation.
type cancelling struct{ cancel context.CancelFunc }

func (c cancelling) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		defer c.cancel()
	}
	return http.DefaultTransport.RoundTrip(request)
}

func TestCreateAccountsThatLackSomething(t *testing.T) {
	t.Parallel()
	server := start(t, sandbox.Seed{}, "atomic")
	created, failed, err := through(t, server, nil).CreateAccounts(t.Context(), []Account{{ID: "a", Name: "A"}, {ID: "b"}})
	if err != nil || len(created) != 1 || failed["b"] == nil || len(failed) != 1 {
		t.Errorf("created %v, failed %v, %v", created, failed, err)
	}
	if created, failed, err := through(t, server, nil).CreateAccounts(t.Context(), nil); created != nil || len(failed) > 0 || err != nil {
		t.Error(created, failed, err)
	}
}

// slowly answers creations: the first ones after that time, and from then on as the case says.
type slowly struct {
	good  int
	later func(ctx context.Context) (*http.Response, error)

	mu    sync.Mutex
	posts int
}

func (s *slowly) RoundTrip(request *http.Request) (*http.Response, error) {
	time.Sleep(50 * time.Millisecond)
	body, status := []byte("[]"), http.StatusOK
	if request.Method == http.MethodPost {
		s.mu.Lock()
		s.posts++
		post := s.posts
		s.mu.Unlock()
		if post > s.good {
			return s.later(request.Context())
		}
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		status = http.StatusCreated
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: request}, nil
}

func TestCtrlCEndsEveryWaitOfACreation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		requestsPerSecond int
		later             func(ctx context.Context) (*http.Response, error)
		ambiguous         bool
	}{
		"for its turn": {1, nil, false},
		"for the Retry-After of a 429": {100, func(context.Context) (*http.Response, error) {
			return &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"30"}}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		}, false},
		"for a slow answer": {100, func(ctx context.Context) (*http.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				upstream := &slowly{good: 2, later: test.later}
				client, err := New(Options{BaseURL: "http://localhost", VendorKey: "v", PartnerKey: "p", RequestsPerSecond: test.requestsPerSecond, Transport: upstream})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(2500*time.Millisecond, cancel)
				start := time.Now()
				created, failed, stopped := client.CreateAccounts(ctx, numbered(0, 1000))
				if took := time.Since(start); took != 2500*time.Millisecond {
					t.Errorf("it returned after %s, Ctrl-C came after 2.5s", took)
				}
				if len(created) != 2*maxAccountsPerRequest || len(failed) > 0 || !errors.Is(stopped, context.Canceled) || rest.Ambiguous(stopped) != test.ambiguous {
					t.Errorf("%d created, %d failed, stopped by %v", len(created), len(failed), stopped)
				}
			})
		})
	}
}

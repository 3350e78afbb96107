// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	tenantA = "aaaaaaaa-0000-4000-8000-000000000001"
	tenantB = "contoso.onmicrosoft.com"

	oneSKU          = `{"value":[{"skuId":"CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46","skuPartNumber":"SPB","prepaidUnits":{"enabled":25},"consumedUnits":7}]}`
	noSubscriptions = `{"value":[]}`
)

// testTimeouts are short, so that retries cost no time.
var testTimeouts = timeouts{attempt: 5 * time.Second, tenant: 20 * time.Second, customers: 20 * time.Second, firstWait: time.Millisecond, maxWait: 2 * time.Second}

// fake is Entra and Graph on one address.
type fake struct {
	*httptest.Server
	// token and graph answer when they are set and return true; else the tenant is signed in, and holds oneSKU.
	token func(w http.ResponseWriter, tenant string, form url.Values) bool
	graph func(w http.ResponseWriter, r *http.Request, tenant string) bool
	oidc  http.HandlerFunc
	// resolved is the tenant whose token endpoint a domain leads to; the domain itself when empty.
	resolved string

	mu       sync.Mutex
	requests []string // method and path
	tokens   []tokenRequest
}

type tokenRequest struct {
	tenant string
	form   url.Values
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{}
	entra := http.NewServeMux()
	entra.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", f.configuration)
	entra.HandleFunc("POST /{tenant}/oauth2/v2.0/token", f.issueToken)
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.Path)
		f.mu.Unlock()
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1.0/"):
			f.licences(w, r)
		case r.URL.Path == "/oidc":
			f.oidc(w, r)
		default:
			entra.ServeHTTP(w, r)
		}
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0) // connections are cut on purpose
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *fake) configuration(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("tenant")
	if f.resolved != "" && strings.Contains(name, ".") {
		name = f.resolved
	}
	tenant := f.URL + "/" + name
	answerJSON(w, 200, fmt.Sprintf(`{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q}`,
		tenant+"/v2.0", tenant+"/oauth2/v2.0/authorize", tenant+"/oauth2/v2.0/token"))
}

func (f *fake) issueToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	tenant := r.PathValue("tenant")
	f.mu.Lock()
	f.tokens = append(f.tokens, tokenRequest{tenant, r.PostForm})
	f.mu.Unlock()
	if f.token != nil && f.token(w, tenant, r.PostForm) {
		return
	}
	answerJSON(w, 200, tokenAnswer(tenant))
}

func accessToken(tenant string) string { return "access-token-of-" + strings.ToLower(tenant) }

func tokenAnswer(tenant string) string {
	return fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"access_token":%q}`, accessToken(tenant))
}

func (f *fake) licences(w http.ResponseWriter, r *http.Request) {
	tenant, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer access-token-of-")
	if !found {
		answerJSON(w, 401, `{"error":{"code":"InvalidAuthenticationToken","message":"no token"}}`)
		return
	}
	if f.graph != nil && f.graph(w, r, tenant) {
		return
	}
	switch r.URL.Path {
	case "/v1.0/subscribedSkus":
		answerJSON(w, 200, oneSKU)
	case "/v1.0/directory/subscriptions":
		answerJSON(w, 200, noSubscriptions)
	default:
		answerJSON(w, 404, `{"error":{"code":"BadRequest","message":"Resource not found for the segment"}}`)
	}
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// refuse answers as Entra does.
func refuse(w http.ResponseWriter, status int, code string, number int, text string) {
	body, _ := json.Marshal(map[string]any{
		"error":             code,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: 3c5e\r\nCorrelation ID: 77\r\nTimestamp: 2026-11-22", number, text),
		"error_codes":       []int{number},
		"trace_id":          "trace-1",
	})
	answerJSON(w, status, string(body))
}

// cutOff announces more than it sends and cuts the connection.
func cutOff(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)+100))
	_, _ = w.Write([]byte(body))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// options sign in to the fake with a secret.
func (f *fake) options() Options {
	return Options{
		ClientID:      "11111111-1111-4111-8111-111111111111",
		ClientSecret:  "s3cret/of+the=app~",
		AuthorityHost: f.URL,
		GraphEndpoint: f.URL + "/",
		Transport:     f.Client().Transport,
		UserAgent:     "test/1",
	}
}

func (f *fake) client(t *testing.T) *Client { return mustClient(t, f.options()) }

func mustClient(t *testing.T, options Options) *Client {
	t.Helper()
	client, err := newClient(options, testTimeouts)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// paths returns the requests so far, sorted.
func (f *fake) paths() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.requests))
}

// count returns how many requests so far contain text.
func (f *fake) count(text string) int {
	n := 0
	for _, path := range f.paths() {
		if strings.Contains(path, text) {
			n++
		}
	}
	return n
}

func (f *fake) lastForm(t *testing.T) url.Values {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tokens) == 0 {
		t.Fatal("no token was asked for")
	}
	return f.tokens[len(f.tokens)-1].form
}

// readOne reads one tenant.
func readOne(t *testing.T, client *Client, tenant string) Result {
	t.Helper()
	results := client.ReadLicenses(t.Context(), []string{tenant}, 0)
	result, ok := results[tenant]
	if !ok || len(results) != 1 {
		t.Fatalf("results %v, want one for %s", results, tenant)
	}
	if (result.Licenses == nil) == (result.Err == nil) {
		t.Fatalf("result %+v, want licences or an error", result)
	}
	return result
}

func mustRead(t *testing.T, client *Client, tenant string) *Licenses {
	t.Helper()
	result := readOne(t, client, tenant)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return result.Licenses
}

// mustFail checks the cause and the texts of a tenant's error, and that neither a secret nor a line break is in it. It returns
// all that can be printed of the error.
func mustFail(t *testing.T, client *Client, tenant string, cause Cause, texts ...string) string {
	t.Helper()
	failed := readOne(t, client, tenant).Err
	if failed == nil {
		t.Fatalf("no error, want %s", cause)
	}
	if failed.Cause != cause {
		t.Errorf("cause %s, want %s: %s", failed.Cause, cause, failed.Message)
	}
	if failed.Tenant != tenant {
		t.Errorf("tenant %q, want %q", failed.Tenant, tenant)
	}
	for _, text := range append(texts, strings.ToLower(tenant)) {
		if !strings.Contains(failed.Error(), text) {
			t.Errorf("no %q in %s", text, failed.Error())
		}
	}
	whole := fmt.Sprintf("%s %v %+v", failed.Error(), failed.Err, *failed)
	for _, secret := range append(client.options.secrets(), "access-token-of-", "eyJ") {
		if strings.Contains(whole, secret) {
			t.Errorf("the secret %q is in %s", secret, whole)
		}
	}
	if strings.ContainsAny(failed.Error(), "\r\n\t") {
		t.Errorf("more than one line: %q", failed.Error())
	}
	return whole
}

// waitFor waits for a channel, and fails rather than hang.
func waitFor[T any](ctx context.Context, t *testing.T, what string, from <-chan T) {
	t.Helper()
	select {
	case <-from:
	case <-ctx.Done():
		t.Error("cancelled while waiting for " + what)
	case <-time.After(10 * time.Second):
		t.Error("waited in vain for " + what)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// invented answers in place of Microsoft, without a network, so that it works in made-up time. A tenant is a domain.
type invented struct {
	// misbehave answers for the token endpoint ("token") and for Graph ("graph"). Nil means that all is well.
	misbehave func(r *http.Request, what, tenant string) (*http.Response, error)

	mu      sync.Mutex
	signIns int // token requests
	reads   int // of Graph
}

func (i *invented) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(100 * time.Millisecond)
	tenant, what := strings.Split(r.URL.Path, "/")[1], ""
	i.mu.Lock()
	switch {
	case r.Method == http.MethodPost:
		what = "token"
		i.signIns++
	case strings.HasPrefix(r.URL.Path, "/v1.0/"):
		tenant, what = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer access-token-of-"), "graph"
		i.reads++
	}
	i.mu.Unlock()
	if i.misbehave != nil && what != "" {
		if response, err := i.misbehave(r, what, tenant); response != nil || err != nil {
			return response, err
		}
	}
	switch {
	case what == "token":
		return answerWith(r, 200, tokenAnswer(tenant)), nil
	case strings.HasSuffix(r.URL.Path, "/subscribedSkus"):
		return answerWith(r, 200, oneSKU), nil
	case what == "graph":
		return answerWith(r, 200, noSubscriptions), nil
	}
	base := r.URL.Scheme + "://" + r.URL.Host + "/" + tenant
	return answerWith(r, 200, fmt.Sprintf(`{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q}`, base+"/v2.0", base+"/oauth2/v2.0/authorize", base+"/oauth2/v2.0/token")), nil
}

func answerWith(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func (i *invented) client(t *testing.T) *Client {
	t.Helper()
	client, err := New(Options{ClientID: "11111111-1111-4111-8111-111111111111", ClientSecret: "s3cret/of+the=app~", AuthorityHost: "https://login.invented.example",
		GraphEndpoint: "https://graph.invented.example", Transport: i})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// hang waits as long as the client does.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// Tenants that hang cost their own time only, whether they stand side by side in the list or apart: the others are read, and all is done within ten
// minutes.
func TestAThousandTenantsOfWhichFiftyHang(t *testing.T) {
	t.Parallel()
	const all, hanging = 1000, 50
	for where, c := range map[string]struct {
		at    string
		hangs func(n int) bool
	}{
		"the first":    {"token", func(n int) bool { return n < hanging }},
		"side by side": {"graph", func(n int) bool { return n >= 400 && n < 400+hanging }},
		"the last":     {"graph", func(n int) bool { return n >= all-hanging }},
		"all over":     {"token", func(n int) bool { return n%(all/hanging) == 7 }},
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				names, hung := tenantNames(all), map[string]bool{}
				for n, name := range names {
					hung[name] = c.hangs(n)
				}
				upstream := &invented{misbehave: func(r *http.Request, what, tenant string) (*http.Response, error) {
					if what == c.at && hung[tenant] {
						return hang(r)
					}
					return nil, nil
				}}
				began := time.Now()
				results := upstream.client(t).ReadLicenses(t.Context(), names, 0)
				took := time.Since(began)
				read := 0
				for name, result := range results {
					switch {
					case !hung[name] && result.Licenses != nil:
						read++
					case !hung[name]:
						t.Errorf("%s was not read: %v", name, result.Err)
					case result.Err == nil || result.Err.Cause != CauseUnavailable || !strings.Contains(result.Err.Message, name) ||
						!strings.Contains(result.Err.Message, "1m0s") && !strings.Contains(result.Err.Message, "not asked"): // all that are left hang
						t.Errorf("%s hangs, and the result is %+v", name, result)
					}
				}
				t.Logf("%d read in %s", read, took)
				if read != all-hanging || len(results) != all || took > 10*time.Minute {
					t.Errorf("%d of %d read in %s, want %d within ten minutes", read, len(results), took, all-hanging)
				}
			})
		})
	}
}

// outcomes of a reading, by tenant: why it failed, or nil.
type outcomes map[string]*TenantError

// readings read something of many tenants, by what messages call it. What holds for the one holds for the other.
var readings = map[string]func(ctx context.Context, c *Client, tenants []string) outcomes{
	doingLicenses: func(ctx context.Context, c *Client, tenants []string) outcomes {
		failed := outcomes{}
		for tenant, result := range c.ReadLicenses(ctx, tenants, 0) {
			failed[tenant] = result.Err
		}
		return failed
	},
	doingUsers: func(ctx context.Context, c *Client, tenants []string) outcomes {
		failed := outcomes{}
		for tenant, result := range c.ReadUsers(ctx, tenants, 0) {
			failed[tenant] = result.Err
		}
		return failed
	},
}

// When it is the service that fails, a few tenants are asked and the rest is not.
func TestAnOutageIsNotAskedOfEveryTenant(t *testing.T) {
	t.Parallel()
	down := func(what string, status int) func(*http.Request, string, string) (*http.Response, error) {
		return func(r *http.Request, asked, _ string) (*http.Response, error) {
			if asked == what {
				return answerWith(r, status, `{"error":"server_error"}`), nil
			}
			return nil, nil
		}
	}
	for name, c := range map[string]struct {
		misbehave      func(*http.Request, string, string) (*http.Response, error)
		signIns, reads int // at most
		within         time.Duration
		cause          Cause
	}{
		"the sign-in is down": {down("token", 503), 28, 0, time.Minute, CauseUnavailable}, //nolint:bodyclose // it is a function
		"Graph is down":       {down("graph", 503), 7, 70, time.Minute, CauseUnavailable}, //nolint:bodyclose // it is a function
		"Graph limits":        {down("graph", 429), 7, 70, time.Minute, CauseThrottled},   //nolint:bodyclose // it is a function
		"a wrong secret": {func(r *http.Request, what, _ string) (*http.Response, error) {
			if what != "token" {
				return nil, nil
			}
			return answerWith(r, 401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}`), nil
		}, 6, 0, time.Minute, CauseCredential},
		"everything hangs": {func(r *http.Request, what, _ string) (*http.Response, error) {
			if what != "" {
				return hang(r)
			}
			return nil, nil
		}, 28, 0, 5 * time.Minute, CauseUnavailable},
	} {
		for doing, read := range readings {
			t.Run(name+", "+doing, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					upstream := &invented{misbehave: c.misbehave}
					names := tenantNames(20)
					began := time.Now()
					results := read(t.Context(), upstream.client(t), names)
					took := time.Since(began)
					notAsked := 0
					for _, name := range names {
						failed := results[name]
						if failed == nil || failed.Cause != c.cause || !strings.Contains(failed.Message, name) {
							t.Fatalf("%s: %+v, want cause %s", name, failed, c.cause)
						}
						if strings.Contains(failed.Message, "could not "+doing+": it was not asked") {
							notAsked++
						}
					}
					t.Logf("%d sign-ins, %d reads, %d not asked, %s", upstream.signIns, upstream.reads, notAsked, took)
					if upstream.signIns > c.signIns || upstream.reads > c.reads || notAsked < 13 || took > c.within {
						t.Errorf("%d sign-ins, %d reads, %d not asked in %s; want at most %d and %d, 13 not asked, within %s",
							upstream.signIns, upstream.reads, notAsked, took, c.signIns, c.reads, c.within)
					}
				})
			})
		}
	}
}

// Users that hang cost the time of their tenant only, also when a first page was read.
func TestUsersOfATenantThatHang(t *testing.T) {
	t.Parallel()
	const page = `{"value":[{"id":"1","userPrincipalName":"pat@a.example","assignedLicenses":[]}],"@odata.nextLink":"https://graph.invented.example/v1.0/users?$skiptoken=2"}`
	synctest.Test(t, func(t *testing.T) {
		names := tenantNames(20)
		upstream := &invented{misbehave: func(r *http.Request, what, tenant string) (*http.Response, error) {
			switch {
			case what != "graph" || tenant != names[3]:
				return nil, nil
			case r.URL.Query().Has("$skiptoken"):
				return hang(r)
			}
			return answerWith(r, 200, page), nil
		}}
		client := upstream.client(t)
		began := time.Now()
		results := client.ReadUsers(t.Context(), names, 10*time.Second)
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("it took %s", took)
		}
		for name, result := range results {
			if hangs := name == names[3]; hangs != (result.Users == nil) || hangs && (result.Err.Cause != CauseUnavailable ||
				!strings.HasSuffix(result.Err.Message, "could not read users: not done in time: it took longer than 10s")) {
				t.Errorf("%s: %+v", name, result)
			}
		}
		if len(results) != 20 {
			t.Errorf("%d results", len(results))
		}
	})
}

// A short outage in the middle costs some tenants, and the rest is read when the service answers again.
func TestAnOutageThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		upstream := &invented{misbehave: func(r *http.Request, what, _ string) (*http.Response, error) {
			if since := time.Since(began); what == "token" && since > 2*time.Second && since < 15*time.Second {
				return answerWith(r, 503, ""), nil
			}
			return nil, nil
		}}
		failed := 0
		for _, result := range upstream.client(t).ReadLicenses(t.Context(), tenantNames(400), 0) {
			if result.Err != nil {
				failed++
			}
		}
		if failed == 0 || failed > DefaultConcurrentTenants+probes {
			t.Errorf("%d tenants failed, want those that were under way and a few more", failed)
		}
	})
}

// Tenants that refuse us, each for itself, are all asked.
func TestRefusalsOfTenantsAreNoOutage(t *testing.T) {
	t.Parallel()
	for doing, read := range readings {
		synctest.Test(t, func(t *testing.T) {
			upstream := &invented{misbehave: func(r *http.Request, what, _ string) (*http.Response, error) {
				if what == "token" {
					return answerWith(r, 400, `{"error":"invalid_grant","error_description":"AADSTS65001: no consent.","error_codes":[65001]}`), nil
				}
				return nil, nil
			}}
			for name, failed := range read(t.Context(), upstream.client(t), tenantNames(40)) {
				if failed == nil || failed.Cause != CauseConsent {
					t.Errorf("%s, %s: %+v", doing, name, failed)
				}
			}
			if upstream.signIns != 40 {
				t.Errorf("%s: %d tenants were asked, want 40", doing, upstream.signIns)
			}
		})
	}
}

// A wait that is longer than the time of the tenant is not begun.
func TestAWaitThatIsTooLongForTheTenant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := &invented{misbehave: func(r *http.Request, what, _ string) (*http.Response, error) {
			if what != "graph" {
				return nil, nil
			}
			limited := answerWith(r, 429, `{"error":{"code":"TooManyRequests"}}`)
			limited.Header.Set("Retry-After", "30")
			return limited, nil
		}}
		began := time.Now()
		failed := upstream.client(t).ReadLicenses(t.Context(), []string{"acme.example"}, 20*time.Second)["acme.example"].Err
		if failed == nil || failed.Cause != CauseThrottled || time.Since(began) > 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), failed)
		}
	})
}

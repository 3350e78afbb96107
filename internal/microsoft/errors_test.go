// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		status int
		code   string
		number int
		cause  Cause
		text   string
	}{
		{400, "invalid_grant", 65001, CauseConsent, ""},
		{400, "unauthorized_client", 700016, CauseConsent, "client_id"},
		{400, "unauthorized_client", 700011, CauseConsent, ""},
		{401, "invalid_client", 7000112, CauseConsent, "disabled"},
		{400, "invalid_client", 650056, CauseConsent, "Organization.Read.All"},
		{400, "invalid_grant", 90099, CauseConsent, ""},
		{400, "invalid_grant", 90094, CauseConsent, ""},
		{400, "unauthorized_client", 70001, CauseConsent, ""},
		{400, "invalid_request", 90002, CauseTenant, "environment"},
		{400, "invalid_request", 900023, CauseTenant, "domain"},
		{400, "invalid_request", 90038, CauseTenant, "another cloud"},
		{400, "invalid_request", 900382, CauseTenant, "another cloud"},
		{400, "invalid_request", 5000224, CauseTenant, "deleted"},
		{401, "invalid_client", 7000215, CauseCredential, "client_secret"},
		{401, "invalid_client", 7000222, CauseCredential, "expired"},
		{401, "invalid_client", 70002, CauseCredential, "client_secret"},
		{401, "invalid_client", 700027, CauseCredential, "certificate"},
		{400, "invalid_request", 70021, CauseCredential, "federated"},
		{401, "invalid_client", 700211, CauseCredential, "issuer"},
		{401, "invalid_client", 700213, CauseCredential, "subject"},
		{400, "invalid_grant", 53003, CausePolicy, "Conditional Access"},
		{400, "invalid_grant", 530034, CausePolicy, ""},
		{400, "access_denied", 53011, CausePolicy, ""},
		{503, "temporarily_unavailable", 90033, CauseUnavailable, ""},
		{400, "temporarily_unavailable", 0, CauseUnavailable, ""},
		{400, "invalid_request", 50196, CauseUnavailable, ""},
		{429, "invalid_request", 90055, CauseThrottled, ""},
		{400, "invalid_request", 90055, CauseThrottled, ""},
		{401, "invalid_client", 700024, CauseCredential, "the clock of this machine is right"},
		{401, "invalid_client", 1000502, CauseCredential, "has expired, or is not valid yet"},
		{401, "invalid_client", 7000274, CauseCredential, "has expired, or is not valid yet"},
		{401, "invalid_client", 7000214, CauseCredential, "was revoked"},
		{400, "invalid_request", 50194, CauseCredential, "registered for one tenant only"},
		{400, "invalid_request", 50059, CauseTenant, "check the tenant's id or domain"},
		{401, "invalid_client", 7002381, CauseCredential, "enterprise"},
		{400, "invalid_grant", 530035, CausePolicy, "security defaults"},
		{400, "invalid_grant", 530084, CausePolicy, "Conditional Access"},
		{400, "invalid_grant", 53000, CausePolicy, "Conditional Access"},
		{400, "invalid_grant", 530004, CausePolicy, "Conditional Access"},
		{401, "invalid_client", 7000218, CauseCredential, "proxy"},
		{400, "invalid_request", 1002016, CauseAnswer, "TLS 1.2"},
		{400, "invalid_grant", 50057, CauseUser, "disabled"},
		// Numbers that nobody has heard of yet: status and OAuth error decide.
		{401, "invalid_client", 7999999, CauseCredential, ""},
		{400, "unauthorized_client", 7999999, CauseConsent, ""},
		{400, "invalid_grant", 7999999, CauseConsent, ""},
		{400, "interaction_required", 7999999, CausePolicy, ""},
		{400, "invalid_tenant", 7999999, CauseTenant, ""},
		{400, "invalid_resource", 7999999, CauseTenant, ""},
		{400, "something_new", 7999999, CauseAnswer, "something_new"},
		{500, "invalid_client", 7000215, CauseUnavailable, ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d %s %d", c.status, c.code, c.number), func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.token = func(w http.ResponseWriter, _ string, form url.Values) bool {
				refuse(w, c.status, c.code, c.number, "What went wrong with "+form.Get("client_secret")+". More for developers.")
				return true
			}
			failed := mustFail(t, f.client(t), tenantA, c.cause, c.text, "sign in", fmt.Sprintf("answered %d", c.status), c.code,
				fmt.Sprintf("AADSTS%d: What went wrong with ***", c.number), "trace-1")
			if strings.Contains(failed, "developers") {
				t.Errorf("more than the first sentence: %s", failed)
			}
			wantTries := 1
			if c.cause == CauseUnavailable || c.cause == CauseThrottled {
				wantTries = signInAttempts
			}
			if got := f.count("/oauth2/v2.0/token"); got != wantTries {
				t.Errorf("asked %d times for a token, want %d", got, wantTries)
			}
			if f.count("/v1.0/") != 0 {
				t.Error("Graph was asked without a token")
			}
		})
	}
}

// The number may stand in the list as a number or a string, or in the text only.
func TestWhereAADSTSNumbersStand(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Cause{
		`{"error":"invalid_grant","error_codes":["53003"],"error_description":"blocked"}`:                                      CausePolicy,
		`{"error":"invalid_grant","error_codes":["AADSTS53003"],"error_description":"blocked"}`:                                CausePolicy,
		`{"error":"invalid_request","error_description":"AADSTS90002: Tenant not found."}`:                                     CauseTenant,
		`{"error":"invalid_grant","error_codes":"53003","error_description":"AADSTS53003: blocked"}`:                           CausePolicy,
		`{"error":"invalid_grant","error_codes":[7999999,{}],"error_description":"AADSTS7999999: x AADSTS53003: blocked"}`:     CausePolicy,
		`{"error":"invalid_client","error_codes":[700027],"error_description":"AADSTS700027: [Reason - The key has expired]"}`: CauseCredential,
	} {
		if got := classifySignIn(400, decodeOAuthError([]byte(body))); got != want {
			t.Errorf("%s is %s, want %s", body, got, want)
		}
	}
	expired := decodeOAuthError([]byte(`{"error":"invalid_client","error_codes":[700027],"error_description":"AADSTS700027: the certificate is expired on application"}`))
	if got := expired.lookUp().hint; got != hintCertificate {
		t.Errorf("an expired certificate gives the hint %q", got)
	}
}

// The next step names the setting and the variable that it is from.
func TestHintsNameTheVariable(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.token = func(w http.ResponseWriter, _ string, _ url.Values) bool {
		refuse(w, 401, "invalid_client", 7000215, "Invalid client secret.")
		return true
	}
	options := f.options()
	options.Names = map[string]string{"client_secret": "microsoft.client_secret (environment variable ARM_CLIENT_SECRET)", "client_id": "microsoft.client_id"}
	mustFail(t, mustClient(t, options), tenantA, CauseCredential, "check microsoft.client_secret (environment variable ARM_CLIENT_SECRET)", "belongs to microsoft.client_id")
}

func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for date, want := range map[string]string{
		"Sun, 22 Nov 2026 11:50:00 GMT": "which is 10m0s ahead of Microsoft's",
		"Sun, 22 Nov 2026 12:10:00 GMT": "which is 10m0s behind Microsoft's",
		"Sun, 22 Nov 2026 12:00:20 GMT": "the clock of this machine is right",
		"":                              "check the clock of this machine",
	} {
		if got := adviseClock(http.Header{"Date": {date}}, now); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", date, got, want)
		}
	}
}

// Graph's 401 is not always a missing consent.
func TestWhyGraphRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status              int
		challenge, code, is string
		cause               Cause
		text                string
	}{
		{401, "", "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", CauseCredential, "the clock of this machine is right"},
		{401, "", "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge with result: InteractionRequired", CausePolicy, "consent does not help"},
		{401, `Bearer error="insufficient_claims", claims="eyJ"`, "ClaimsChallengeRequired", "", CausePolicy, "Conditional Access"},
		{403, `Bearer error="insufficient_claims"`, "Authorization_RequestDenied", "no", CausePolicy, "Conditional Access"},
		{401, "", "Authorization_IdentityNotFound", "The identity of the calling application could not be established.", CauseConsent, "not known in the tenant"},
		{403, "", "Authorization_RequestDenied", "Insufficient privileges", CausePermission, "Organization.Read.All"},
	} {
		f := newFake(t)
		f.graph = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			w.Header().Set("WWW-Authenticate", c.challenge)
			answerJSON(w, c.status, fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, c.code, c.is))
			return true
		}
		mustFail(t, f.client(t), tenantA, c.cause, c.text)
	}
}

// An assertion signed with the certificate is as good as a secret while it lasts.
func TestAssertionIsMasked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.token = func(w http.ResponseWriter, _ string, form url.Values) bool {
		refuse(w, 401, "invalid_client", 700027, "The assertion "+form.Get("client_assertion")+" is no good.")
		return true
	}
	options := f.options()
	options.ClientSecret = ""
	options.ClientCertificatePath = writeFile(t, "app.pem", pemFile(t))
	mustFail(t, mustClient(t, options), tenantA, CauseCredential, "The assertion *** is no good", "registered")
}

// Entra refuses unknown tenants already when it is asked for their endpoints.
func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	configuration := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "openid-configuration") {
			refuse(w, 400, "invalid_tenant", 90002, "Tenant 'x' not found.")
			return
		}
		configuration.ServeHTTP(w, r)
	})
	mustFail(t, f.client(t), tenantB, CauseTenant, "invalid_tenant", "AADSTS90002: Tenant 'x' not found")
	for _, name := range []string{"common", "organizations", "", "a b.com", "../x", "-x.com", "contoso", "aaaaaaaa-0000-4000-8000"} {
		if failed := readOne(t, f.client(t), name).Err; failed == nil || failed.Cause != CauseTenant {
			t.Errorf("%q: %v, want %s", name, failed, CauseTenant)
		}
	}
	if got := len(f.paths()); got != 0 {
		t.Errorf("%d requests for names of no tenant", got)
	}
}

func TestSignInAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer func(w http.ResponseWriter, tenant string)
		cause  Cause
		text   string
	}{
		"HTML with 200": {func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html><title>Sign in to the guest network</title></html>"))
		}, CauseAnswer, "answered 200 with text/html"},
		"HTML with 403": {func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(403)
			_, _ = w.Write([]byte("<html>blocked</html>"))
		}, CauseAnswer, "answered 403 with text/html"},
		"redirect": {func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(302)
		}, CauseAnswer, "answered 302"},
		"no token": {func(w http.ResponseWriter, _ string) { answerJSON(w, 200, `{"token_type":"Bearer"}`) }, CauseAnswer, "answered 200"},
		"half a token": {func(w http.ResponseWriter, tenant string) {
			body := tokenAnswer(tenant)
			answerJSON(w, 200, body[:len(body)-4])
		}, CauseAnswer, "answered 200"},
		"cut off": {func(w http.ResponseWriter, tenant string) { cutOff(w, tokenAnswer(tenant)) }, CauseUnavailable, "unexpected EOF"},
		"reset":   {func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, CauseUnavailable, "no usable answer"},
		"endless": {func(w http.ResponseWriter, _ string) { answerJSON(w, 200, strings.Repeat(" ", maxSignInAnswer+1)) }, CauseUnavailable, "too long"},
		"packed": {func(w http.ResponseWriter, _ string) { // a few kilobytes that hold megabytes
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = packed.Write(make([]byte, 16*maxSignInAnswer))
			_ = packed.Close()
		}, CauseUnavailable, "too long"},
		"empty":    {func(w http.ResponseWriter, _ string) { w.WriteHeader(200) }, CauseAnswer, "answered 200"},
		"bare 500": {func(w http.ResponseWriter, _ string) { w.WriteHeader(500) }, CauseUnavailable, "answered 500"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.token = func(w http.ResponseWriter, tenant string, _ url.Values) bool { c.answer(w, tenant); return true }
			mustFail(t, f.client(t), tenantA, c.cause, c.text, "Microsoft Entra ID")
			if name == "endless" && f.count("/oauth2/v2.0/token") != 1 {
				t.Error("an answer that is too long was asked for again")
			}
			if f.count("elsewhere") != 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}

// A certificate that nobody trusts stays so: somebody has to set ca_certificate_file.
func TestUntrustedServer(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	options := f.options()
	var tries atomic.Int32
	stranger := rest.NewTransport(nil)
	options.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		tries.Add(1)
		return stranger.RoundTrip(r)
	})
	mustFail(t, mustClient(t, options), tenantA, CauseUnavailable, "certificate", "sign in")
	if got := tries.Load(); got != 1 {
		t.Errorf("%d tries, want 1", got)
	}
}

func TestSignInRecovers(t *testing.T) {
	t.Parallel()
	bad := map[string]func(w http.ResponseWriter, tenant string){
		"429":          func(w http.ResponseWriter, _ string) { w.WriteHeader(429) },
		"503":          func(w http.ResponseWriter, _ string) { w.WriteHeader(503) },
		"reset":        func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) },
		"cut off":      func(w http.ResponseWriter, tenant string) { cutOff(w, tokenAnswer(tenant)) },
		"AADSTS 90033": func(w http.ResponseWriter, _ string) { refuse(w, 400, "invalid_request", 90033, "Transient error.") },
	}
	for name, answer := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			var tries atomic.Int32
			f.token = func(w http.ResponseWriter, tenant string, form url.Values) bool {
				if form.Get("client_secret") == "" {
					t.Error("the repeated request has lost its body")
				}
				if tries.Add(1) < signInAttempts {
					answer(w, tenant)
					return true
				}
				return false
			}
			mustRead(t, f.client(t), tenantA)
			if tries.Load() != signInAttempts {
				t.Errorf("%d tries", tries.Load())
			}
		})
	}
}

// azcore compares a date with the clock of this machine, so it is told how long to wait.
func TestRetryAfterOfAnotherClock(t *testing.T) {
	t.Parallel()
	header := http.Header{"Retry-After": {"Sun, 22 Nov 2037 12:00:05 GMT"}, "Date": {"Sun, 22 Nov 2037 12:00:00 GMT"}}
	rewriteRetryAfter(header)
	if got := header.Get("Retry-After-Ms"); got != "5000" {
		t.Errorf("azcore waits %s ms, want 5000", got)
	}
}

// Both Entra and Graph may ask for a fraction of a second. The back-off of the test is a millisecond, so a wait of 300
// shows that the header is read.
func TestFractionalRetryAfter(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"token", "graph"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			var first atomic.Int64
			var waited atomic.Int64
			throttle := func(w http.ResponseWriter) bool {
				if first.CompareAndSwap(0, time.Now().UnixNano()) {
					w.Header().Set("Retry-After", "0.3")
					answerJSON(w, 429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`)
					return true
				}
				waited.Store(time.Now().UnixNano() - first.Load())
				return false
			}
			if where == "token" {
				f.token = func(w http.ResponseWriter, _ string, _ url.Values) bool { return throttle(w) }
			} else {
				f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
					return strings.HasSuffix(r.URL.Path, "subscribedSkus") && throttle(w)
				}
			}
			mustRead(t, f.client(t), tenantA)
			if got := time.Duration(waited.Load()); got < 300*time.Millisecond {
				t.Errorf("waited %s, want at least 300ms", got)
			}
		})
	}
}

// More than the cap is not waited for.
func TestLongRetryAfter(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"token", "graph"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			throttle := func(w http.ResponseWriter) bool {
				w.Header().Set("Retry-After", "315")
				answerJSON(w, 429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`)
				return true
			}
			text := "/oauth2/v2.0/token"
			if where == "token" {
				f.token = func(w http.ResponseWriter, _ string, _ url.Values) bool { return throttle(w) }
			} else {
				text = "/v1.0/subscribedSkus"
				f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool { return r.URL.Path == text && throttle(w) }
			}
			mustFail(t, f.client(t), tenantA, CauseThrottled, "answered 429")
			if f.count(text) != 1 {
				t.Errorf("sent %d times", f.count(text))
			}
		})
	}
}

func TestGraphRefuses(t *testing.T) {
	t.Parallel()
	const denied = `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.","innerError":{"request-id":"x"}}}`
	cases := map[string]struct {
		status int
		body   string
		cause  Cause
		texts  []string
	}{
		"no service principal": {401, `{"error":{"code":"Authorization_IdentityNotFound","message":"The identity of the calling application could not be established."}}`,
			CauseConsent, []string{"answered 401", "Authorization_IdentityNotFound", "request-1"}},
		"no permission":   {403, denied, CausePermission, []string{"answered 403", "Insufficient privileges", "request-1", "Organization.Read.All"}},
		"a proxy's page":  {403, "<html><title>Blocked by policy</title></html>", CauseAnswer, []string{"answered 403", "Blocked by policy"}},
		"throttled":       {429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`, CauseThrottled, []string{"429", "slow down"}},
		"down":            {503, "", CauseUnavailable, []string{"503"}},
		"not found":       {404, `{"error":{"code":"Request_ResourceNotFound","message":"no"}}`, CauseAnswer, []string{"404"}},
		"HTML":            {200, "<!doctype html><html><title>Guest network</title></html>", CauseAnswer, []string{"HTML", "Guest network"}},
		"empty":           {200, "", CauseAnswer, []string{"empty"}},
		"an error as 200": {200, denied, CauseAnswer, []string{`no list in "value"`}},
		"value is null":   {200, `{"value":null}`, CauseAnswer, []string{`no list in "value"`}},
		"value is object": {200, `{"value":{"skuId":"x"}}`, CauseAnswer, []string{"value", "no list in"}},
		"bare list":       {200, `[]`, CauseAnswer, []string{"no list in"}},
		"no name":         {200, `{"value":[{"consumedUnits":1}]}`, CauseAnswer, []string{"neither skuId nor skuPartNumber"}},
		"null entry":      {200, `{"value":[null]}`, CauseAnswer, []string{"skuId"}},
		"negative":        {200, `{"value":[{"skuId":"x","skuPartNumber":"SPB","prepaidUnits":{"enabled":1},"consumedUnits":-1}]}`, CauseAnswer, []string{"SPB", "negative"}},
		"fraction":        {200, `{"value":[{"skuId":"x","skuPartNumber":"SPB","prepaidUnits":{"enabled":1.5}}]}`, CauseAnswer, []string{"enabled", "1.5"}},
		"text as number":  {200, `{"value":[{"skuId":"x","skuPartNumber":"SPB","consumedUnits":"7"}]}`, CauseAnswer, []string{"consumedUnits"}},
		"too large":       {200, `{"value":[{"skuId":"x","skuPartNumber":"SPB","consumedUnits":3000000000}]}`, CauseAnswer, []string{"consumedUnits"}},
		"negative grace":  {200, `{"value":[{"skuId":"x","prepaidUnits":{"enabled":1,"warning":-1}}]}`, CauseAnswer, []string{"x", "negative"}},
		"twice":           {200, `{"value":[{"skuId":"x","skuPartNumber":"SPB","prepaidUnits":{"enabled":1},"consumedUnits":0},{"skuId":"X","skuPartNumber":"SPB","prepaidUnits":{"enabled":1},"consumedUnits":0}]}`, CauseAnswer, []string{"twice"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.URL.Path != "/v1.0/subscribedSkus" {
					return false
				}
				w.Header().Set("request-id", "request-1")
				answerJSON(w, c.status, c.body)
				return true
			}
			mustFail(t, f.client(t), tenantA, c.cause, append(c.texts, "subscribedSkus")...)
		})
	}
}

func TestSubscriptionsUnreadable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status int
		body   string
		cause  Cause
		text   string
	}{
		"401":              {401, `{"error":{"code":"InvalidAuthenticationToken","message":"no"}}`, CauseConsent, "401"},
		"a proxy's 403":    {403, "<html>blocked</html>", CauseAnswer, "403"},
		"500":              {500, "{}", CauseUnavailable, "500"},
		"negative":         {200, `{"value":[{"id":"s","skuId":"x","totalLicenses":-5}]}`, CauseAnswer, "negative"},
		"trial is no bool": {200, `{"value":[{"id":"s","skuId":"x","isTrial":"yes"}]}`, CauseAnswer, "isTrial"},
		"twice":            {200, `{"value":[{"id":"s","skuId":"x"},{"id":"s","skuId":"x"}]}`, CauseAnswer, "s twice"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.URL.Path != "/v1.0/directory/subscriptions" {
					return false
				}
				answerJSON(w, c.status, c.body)
				return true
			}
			mustFail(t, f.client(t), tenantA, c.cause, c.text, "directory/subscriptions")
		})
	}
}

// Rows of another tenant than the one that was asked for, or of several, must not be billed to it.
func TestRowsOfAnotherTenant(t *testing.T) {
	t.Parallel()
	const zero, other, third = "00000000-0000-0000-0000-000000000000", "bbbbbbbb-0000-4000-8000-000000000002", "cccccccc-0000-4000-8000-000000000003"
	for name, c := range map[string]struct {
		tenant   string
		resolved string   // the GUID that the authority gives for a domain
		accounts []string // of the rows
		want     string   // id of the tenant
		texts    []string // of the error
	}{
		"its own":                         {tenantA, "", []string{strings.ToUpper(tenantA), zero}, tenantA, nil},
		"system rows only":                {strings.ToUpper(tenantA), "", []string{zero, zero}, tenantA, nil},
		"no accountId":                    {tenantA, "", []string{""}, tenantA, nil},
		"a domain":                        {tenantB, "", []string{zero, other, other}, other, nil},
		"a domain, system rows only":      {tenantB, "", []string{zero}, "", nil},
		"a resolved domain":               {tenantB, strings.ToUpper(other), []string{zero}, other, nil},
		"another tenant's":                {tenantA, "", []string{other}, "", []string{"rows of another tenant", other}},
		"another tenant's beside its own": {tenantA, "", []string{tenantA, zero, other}, "", []string{"rows of another tenant", other}},
		"a domain of another tenant":      {tenantB, third, []string{other}, "", []string{"rows of another tenant", other, third}},
		"a domain and two tenants":        {tenantB, "", []string{other, zero, third}, "", []string{"rows of two tenants", other, third}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.resolved = c.resolved
			var rows []string
			for i, account := range c.accounts {
				rows = append(rows, fmt.Sprintf(`{"accountId":%q,"skuId":"sku%d","skuPartNumber":"P%d","prepaidUnits":{"enabled":1}}`, account, i, i))
			}
			f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.URL.Path != "/v1.0/subscribedSkus" {
					return false
				}
				answerJSON(w, 200, `{"value":[`+strings.Join(rows, ",")+`]}`)
				return true
			}
			if c.texts != nil {
				mustFail(t, f.client(t), c.tenant, CauseAnswer, c.texts...)
				return
			}
			if got := mustRead(t, f.client(t), c.tenant); got.TenantID != c.want || len(got.SKUs) != len(rows) {
				t.Errorf("tenant %q with %d rows, want %q", got.TenantID, len(got.SKUs), c.want)
			}
		})
	}
}

func TestGraphCutsOff(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var tries atomic.Int32
	f.graph = func(w http.ResponseWriter, r *http.Request, tenant string) bool {
		if r.URL.Path != "/v1.0/subscribedSkus" || tenant == strings.ToLower(tenantB) && tries.Add(1) > 1 {
			return false
		}
		cutOff(w, oneSKU) // a whole list, but the connection says that it is not
		return true
	}
	client := f.client(t)
	mustFail(t, client, tenantA, CauseUnavailable, "cut off")
	if licenses := mustRead(t, client, tenantB); len(licenses.SKUs) != 1 {
		t.Errorf("got %+v after the second try", licenses)
	}
}

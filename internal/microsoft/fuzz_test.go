// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

const (
	fuzzSecret = "s3cret/of+the=app~\"<x>"
	fuzzToken  = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJncmFwaCJ9.c2lnbmF0dXJl-_"
)

// offline is a client that nothing is asked of.
func offline(t testing.TB) *Client {
	t.Helper()
	client, err := New(Options{ClientID: "id", ClientSecret: fuzzSecret, OIDCRequestToken: fuzzSecret + "-and-more"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkMessage is for every text about a tenant: one line of bounded length without secrets.
func checkMessage(t *testing.T, failed *TenantError) {
	t.Helper()
	if failed.Message == "" || failed.Cause == "" || !utf8.ValidString(failed.Message) || utf8.RuneCountInString(failed.Message) > 5000 ||
		strings.ContainsFunc(failed.Message, unicode.IsControl) {
		t.Errorf("no message: %q, %q", failed.Cause, failed.Message)
	}
	for _, secret := range []string{fuzzSecret, url.QueryEscape(fuzzSecret), fuzzToken[:20]} {
		if strings.Contains(failed.Message, secret) {
			t.Errorf("%q shows %q", failed.Message, secret)
		}
	}
}

// Whatever Entra answers, the error is one line that names a cause.
func FuzzSignInError(f *testing.F) {
	secretInJSON, err := json.Marshal(fuzzSecret + "-and-more")
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret. Trace ID: x\r\nmore","error_codes":[7000215],"trace_id":"t"}`,
		`{"error":"invalid_grant","error_description":"AADSTS65001: no consent","error_codes":[1e400]}`,
		`{"error":"` + strings.Repeat("x", 400) + `","trace_id":"` + strings.Repeat("y", 400) + `"}`,
		`{"error":"a","error_description":"it was \u0073\u0033cret/of+the=app~\"<x>"}`,
		`{"error":"a","error_description":` + string(secretInJSON) + `,"trace_id":"` + fuzzToken + `"}`,
		`{"error":"` + strings.Repeat("z", 290) + url.QueryEscape(fuzzSecret) + `"}`,
		`{"error":["a"],"error_codes":["65001"]}`, `{"access_token":"` + fuzzToken, "<html>", "", "null", "\xff", `{"error":"a","ERROR":"b","error_codes":[-1,90002]}`,
	} {
		f.Add(400, "application/json; charset=utf-8", "request-1", []byte(body))
	}
	f.Add(0, "", "", []byte{})
	f.Add(200, "text/html", fuzzToken, []byte("<html>"))
	f.Add(503, "\x00", "\r\n", []byte(fuzzSecret))
	client := offline(f)
	f.Fuzz(func(t *testing.T, status int, contentType, id string, body []byte) {
		header := http.Header{"Content-Type": {contentType}, "X-Ms-Request-Id": {id}}
		failed := client.newSignInError("contoso.example", answer{status: status, header: header, body: body}, errors.New(string(body)))
		checkMessage(t, failed)
		if again := client.newSignInError("contoso.example", answer{status: status, header: header, body: body}, errors.New(string(body))); again.Message != failed.Message || again.Cause != failed.Cause {
			t.Errorf("%+v, and then %+v", failed, again)
		}
		checkMessage(t, client.newSignInError("contoso.example", answer{err: errors.New(string(body))}, errors.New(string(body))))
		checkMessage(t, client.newSignInError("contoso.example", answer{assertionErr: fmt.Errorf("it has %s", body)}, errors.New(string(body))))
		checkMessage(t, client.newCLIError("contoso.example", errors.New("AzureCLICredential: "+string(body))))
		checkMessage(t, client.newGraphError(t.Context(), "contoso.example", doingSKUs, errors.New(string(body))))
	})
}

// A wait that azcore is told is the one that was asked for.
func FuzzRewriteRetryAfter(f *testing.F) {
	for _, value := range []string{"", "1", "0.5", "-1", "NaN", "Inf", "1e400", "86400", "86399.9999", "0x1p3", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{"Retry-After": {value}}
		rewriteRetryAfter(header)
		if exact := header.Get("Retry-After-Ms"); exact != "" {
			wait, err := time.ParseDuration(exact + "ms")
			if err != nil || wait <= 0 || wait > 24*time.Hour {
				t.Errorf("%q is a wait of %q", value, exact)
			}
		}
	})
}

// oneAnswer is a transport that gives the same answer to everybody, and notes who asks.
type oneAnswer struct {
	t     *testing.T
	body  []byte
	asked int
}

func (a *oneAnswer) RoundTrip(request *http.Request) (*http.Response, error) {
	a.asked++
	if request.URL.Scheme != "https" || request.URL.Host != "graph.example" || request.URL.User != nil {
		a.t.Errorf("the token goes to %s", request.URL)
	}
	if request.Header.Get("Authorization") != "Bearer "+fuzzToken {
		a.t.Errorf("the header is %q", request.Header)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a.body))), Request: request}, nil
}

// Whatever Graph answers, over and over, reading its lists ends, and the token goes nowhere else.
func FuzzLists(f *testing.F) {
	for _, link := range []string{
		"https://graph.example/v1.0/subscribedSkus", "HTTPS://GRAPH.EXAMPLE/v1.0/x?$skiptoken=a%2Fb", "https://graph.example.evil.example/", "https://u:p@graph.example/",
		"//graph.example/x", "https://graph.example:443/", "https:graph.example/x", "http://graph.example/x", "https://graph.example", "https://graph.example//evil.example/x",
		"https://graph.example/\u202e", "https://graph.example/%2e%2e/%zz", "https://graph.ex\u0430mple/", "https://graph.example?x;y", "https://graph.example/?%zz", "\x00", "/v1.0/x", "?x",
		"https://graph.example/@evil.example", "https://graph.example\\@evil.example/", "https://graph.examp\u017fe/",
	} {
		link, err := json.Marshal(link)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(`{"value":[],"@odata.nextLink":` + string(link) + `}`))
	}
	f.Add([]byte(oneSKU))
	f.Add([]byte(`{"value":[{"skuId":"X","totalLicenses":2147483647,"id":"s","nextLifecycleDateTime":"0001-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"value":[{"customer":{"tenantId":"T"},"status":"active","endDateTime":"9999-12-31T23:59:59-10:00","autoExtendDuration":"P99999D"}]}`))
	f.Add([]byte(`{"value":[{"customerId":"T","displayName":"\ud800"},{"customerId":"t"}],"value":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		upstream := &oneAnswer{t: t, body: body}
		client, err := rest.New(rest.Config{
			System: "Microsoft Graph", BaseURL: "https://graph.example", Transport: upstream, Authorize: authorizeWithToken(fuzzToken), Secrets: []string{fuzzToken},
		})
		if err != nil {
			t.Fatal(err)
		}
		g := graph{client: client, origin: "https://graph.example"}
		relationships := checkList(t, upstream, func() ([]CustomerTenant, error) { return readRelationships(t.Context(), g) })
		contracts := checkList(t, upstream, func() ([]CustomerTenant, error) { return readContracts(t.Context(), g) })
		_ = checkList(t, upstream, func() ([]SubscribedSKU, error) {
			return readList(t.Context(), g, listOfSKUs(url.Values{"$select": {selectSKUs}}))
		})
		subscriptions := checkList(t, upstream, func() ([]Subscription, error) { return readList(t.Context(), g, listOfSubscriptions(nil)) })
		for _, subscription := range subscriptions {
			checkTime(t, subscription.CreatedDateTime)
			checkTime(t, subscription.NextLifecycleDateTime)
		}
		checkCustomers(t, relationships, contracts)
	})
}

// checkList reads a list. That ends, takes little memory, and gives either a list or an error.
func checkList[T any](t *testing.T, upstream *oneAnswer, read func() ([]T, error)) []T {
	t.Helper()
	var rows []T
	var err error
	resttest.CheckMemory(t, func() (answers, bytes int) {
		rows, err = read()
		return upstream.asked, upstream.asked * len(upstream.body)
	})
	entries := len(rows)
	if upstream.asked > maxPages || err != nil && (entries > 0 || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), fuzzToken)) {
		t.Errorf("asked %d times, %d entries, %v", upstream.asked, entries, err)
	}
	upstream.asked = 0
	return rows
}

func checkTime(t *testing.T, at time.Time) {
	t.Helper()
	if year := at.UTC().Year(); !at.IsZero() && (year < 2000 || year > 9999) {
		t.Errorf("the year %d", year)
	}
}

// checkCustomers: each tenant once, under an id in lower case, sorted, and none lost.
func checkCustomers(t *testing.T, relationships, contracts []CustomerTenant) {
	t.Helper()
	ids := map[string]bool{}
	for _, tenant := range slices.Concat(relationships, contracts) {
		ids[tenant.ID] = true
		if tenant.ID == "" || tenant.ID != strings.ToLower(tenant.ID) || !utf8.ValidString(tenant.Name+tenant.DefaultDomain) {
			t.Errorf("customer %+v", tenant)
		}
		if r := tenant.Relationship; r != nil {
			checkTime(t, r.End)
			if r.AutoExtend < 0 || r.Status == "" {
				t.Errorf("relationship %+v", r)
			}
		}
	}
	all := mergeTenants(relationships, contracts)
	if len(all) != len(ids) || !slices.IsSortedFunc(all, func(a, b CustomerTenant) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%d customers of %d", len(all), len(ids))
	}
}

// An address of a cloud that is accepted is a host and nothing else, and encrypted.
func FuzzEnvironment(f *testing.F) {
	for _, host := range []string{
		"", "https://login.example", "https://login.example/", "http://login.example", "https://u:p@h", "https://h/x", "https://h?x", "https://h#x", "HTTPS://H", "h", "//h",
		"https://[::1]:8443", "https://h:", "https://h\u017f", "https://h/%2f", "\x00", "https://h//", "https://h?", "https://h#",
	} {
		f.Add("public", host, host)
	}
	f.Add("CHINA", "", "")
	f.Add("mars", "", "")
	f.Fuzz(func(t *testing.T, name, authority, graph string) {
		env, err := newEnvironment(name, authority, graph)
		if err != nil {
			for _, raw := range []string{authority, graph} {
				if strings.Contains(raw, ":p@") && strings.Contains(err.Error(), raw) {
					t.Errorf("the error shows what may hold a password: %s", err)
				}
			}
			return
		}
		for _, origin := range []string{env.authority, env.graph} {
			address, err := url.Parse(origin)
			if err != nil || address.Scheme != "https" || address.Host == "" || address.Path != "" || address.User != nil || address.RawQuery != "" || address.Fragment != "" {
				t.Errorf("%q, %q, %q: the credentials go to %q", name, authority, graph, origin)
			}
		}
		if env.overridden != (authority != "") || !slices.Contains(Environments, strings.ToLower(name)) && name != "" {
			t.Errorf("%q, %q: %+v", name, authority, env)
		}
	})
}

// The name of a tenant cannot lead a sign-in to another path of the authority, or to no tenant in particular.
func FuzzTenantName(f *testing.F) {
	for _, tenant := range []string{tenantA, tenantB, "common", "organizations", "a.example/../common", "a.example\n", "é.example", ".example", "a..example", "a.example?x", "A.EXAMPLE", ""} {
		f.Add(tenant)
	}
	client := offline(f)
	f.Fuzz(func(t *testing.T, tenant string) {
		if !tenantName.MatchString(tenant) {
			return
		}
		address, err := url.Parse(client.AdminConsentURL(tenant))
		if err != nil || address.Path != "/"+tenant+"/v2.0/adminconsent" || address.Host != "login.microsoftonline.com" || !strings.ContainsAny(tenant, ".-") {
			t.Errorf("%q: %v, %v", tenant, address, err)
		}
	})
}

// What an OIDC endpoint, the CLI or a proxy repeats of our secrets is masked in whatever form.
func FuzzMaskedMessage(f *testing.F) {
	for _, text := range []string{
		fuzzSecret, url.QueryEscape(fuzzSecret), base64.StdEncoding.EncodeToString([]byte(fuzzSecret)), fuzzToken, `\u0065yJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9`, fuzzSecret + "-and-more",
		strings.Repeat("x", 1995) + fuzzSecret, strings.Repeat("x", 1990) + fuzzToken, strings.Repeat(" ", 300) + "\n" + fuzzSecret,
	} {
		f.Add("before ", text, " after.")
	}
	client := offline(f)
	f.Fuzz(func(t *testing.T, before, text, after string) {
		message := client.formatMessage("t", "sign in", before+text+after, "")
		checkMessage(t, &TenantError{Cause: CauseAnswer, Message: message})
		for _, part := range []string{fuzzSecret[:12], "-and-more"} {
			// A part of a secret that is sent by itself is no secret.
			rest := strings.ReplaceAll(strings.ReplaceAll(text, fuzzSecret+"-and-more", ""), fuzzSecret, "")
			if strings.Contains(message, part) && !strings.Contains(before+rest+after, part) {
				t.Errorf("%q shows %q", message, part)
			}
		}
	})
}

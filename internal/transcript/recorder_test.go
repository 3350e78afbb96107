// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const testSecret = "the-partner-key-of-the-tests"

func testOptions(t testing.TB) Options {
	t.Helper()
	return Options{
		Path: filepath.Join(t.TempDir(), "run.har"), Version: "1.2.3", CLIVersion: "1.9.0",
		Secrets: []string{testSecret}, Lasting: []string{testSecret},
	}
}

func open(t testing.TB, options Options) *Recorder {
	t.Helper()
	recorder, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	return recorder
}

// written is a transcript as it is read back.
type written struct {
	Log struct {
		head
		Entries []harEntry `json:"entries"`
	} `json:"log"`
}

func read(t testing.TB, path string) (written, string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found written
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatalf("it is no JSON: %s\n%s", err, text)
	}
	return found, string(text)
}

// answers is an upstream that answers one thing.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) { return a(request) }

func answer(status int, contentType, body string) answers {
	return func(request *http.Request) (*http.Response, error) {
		if request.Body != nil {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
	}
}

// send sends a request through a recorder and returns the body of the answer.
func send(t testing.TB, recorder *Recorder, system string, upstream http.RoundTripper, method, address, body string) string {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := recorder.Transport(system, upstream).RoundTrip(request)
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(response.Body)
	response.Body.Close()
	return string(text)
}

func TestSeveralProcessesWriteOneFile(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	upstream := answer(http.StatusOK, "application/json", `[{"id":"alder-finch","name":"Alder & Finch","isMapped":true}]`)
	const address = "https://app.usegradient.com/api/vendor-api/organization/accounts"
	for range 2 {
		recorder := open(t, options)
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if got := send(t, recorder, Gradient, upstream, http.MethodGet, address, ""); !strings.Contains(got, "Alder & Finch") {
					t.Errorf("the client gets %s", got)
				}
			})
		}
		group.Wait()
	}
	found, text := read(t, options.Path)
	if len(found.Log.Entries) != 10 || found.Log.Version != "1.2" || found.Log.Creator.Version != "1.2.3" || found.Log.Browser.Version != "1.9.0" {
		t.Errorf("%d entries in %s", len(found.Log.Entries), text)
	}
	first := found.Log.Entries[0]
	if first.Request.URL != address || first.Response.Status != http.StatusOK || !strings.Contains(first.Response.Content.Text, `"isMapped":true`) {
		t.Errorf("the first entry is %+v", first)
	}
	for _, entry := range found.Log.Entries {
		if entry.Response.Content.Text != first.Response.Content.Text {
			t.Errorf("two processes make other pseudonyms: %s and %s", first.Response.Content.Text, entry.Response.Content.Text)
		}
	}
	if info, err := os.Stat(options.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v (%v)", info.Mode(), err)
	}
}

func TestTheFileIsWholeAfterEveryExchange(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	recorder := open(t, options)
	if found, _ := read(t, options.Path); len(found.Log.Entries) != 0 {
		t.Error("it begins with entries")
	}
	for n := 1; n <= 3; n++ {
		send(t, recorder, Gradient, answer(200, "application/json", `{}`), http.MethodGet, "https://app.usegradient.com/api/vendor-api/", "")
		if found, _ := read(t, options.Path); len(found.Log.Entries) != n {
			t.Errorf("%d entries after %d exchanges", len(found.Log.Entries), n)
		}
	}
}

func TestFilesThatAreNotOurs(t *testing.T) {
	t.Parallel()
	for content, reason := range map[string]string{
		"hello\n": "no transcript of this provider",
		`{"log":{"version":"1.2","creator":{"name":"a browser"},"entries":[` + end:                       "no transcript of this provider",
		`{"log":{"version":"1.2","creator":{"name":"` + creator + `"},"_salt":"short","entries":[` + end: "no transcript of this provider",
	} {
		options := testOptions(t)
		if err := os.WriteFile(options.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(options)
		if unusable := (*UnusableError)(nil); !errors.As(err, &unusable) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v", content, err)
		}
		if after, _ := os.ReadFile(options.Path); string(after) != content {
			t.Errorf("%q is changed to %q", content, after)
		}
	}
	options := testOptions(t)
	open(t, options)
	whole, _ := os.ReadFile(options.Path)
	if err := os.WriteFile(options.Path, bytes.TrimSuffix(whole, []byte("}}\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(options); err == nil || !strings.Contains(err.Error(), "without its end") {
		t.Errorf("a file without its end: %v", err)
	}
	options.Path = t.TempDir()
	if _, err := Open(options); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a directory: %v", err)
	}
}

func TestFailuresAreRecorded(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	recorder := open(t, options)
	refused := answers(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("dial tcp: lookup gw.acme.test: no such host")
	})
	send(t, recorder, CloudRadial, refused, http.MethodGet, "https://gw.acme.test/acme/v2/odata/company", "")
	cut := answers(func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"value":[{"companyId":7,"na`), errReader{})
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	})
	send(t, recorder, CloudRadial, cut, http.MethodGet, "https://gw.acme.test/acme/v2/odata/company", "")
	found, text := read(t, options.Path)
	if len(found.Log.Entries) != 2 || strings.Contains(text, "acme") {
		t.Fatalf("wrote %s", text)
	}
	first, second := found.Log.Entries[0], found.Log.Entries[1]
	if first.Response.Status != 0 || !strings.Contains(first.Response.Error, "no such host") {
		t.Errorf("the failure is %+v", first.Response)
	}
	if !strings.HasSuffix(first.Request.URL, ".example/v2/odata/company") {
		t.Errorf("the address is %s", first.Request.URL)
	}
	if second.Response.Status != 200 || second.Response.Error == "" {
		t.Errorf("the cut answer is %+v", second.Response)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func TestASignInLeavesNoToken(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	recorder := open(t, options)
	const tenant, endpoint = "eb1be83f-738f-5a6f-85be-4cad7ce33fc4", "https://login.microsoftonline.com/eb1be83f-738f-5a6f-85be-4cad7ce33fc4/oauth2/v2.0/token"
	form := "client_id=5d2f7a11-0c0b-4f0e-8a39-3a4ab0d9a001&client_secret=" + testSecret + "&grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default+openid"
	send(t, recorder, Microsoft, answer(200, "application/json", `{"token_type":"Bearer","expires_in":3599,"access_token":"issued-token-0001"}`), http.MethodPost, endpoint, form)
	send(t, recorder, Microsoft, answer(400, "application/json", `{"error":"invalid_grant","error_codes":[65001],"suberror":"consent_required",`+
		`"error_description":"AADSTS65001: The user or administrator has not consented to use the application with ID '5d2f7a11-0c0b-4f0e-8a39-3a4ab0d9a001'.","trace_id":"5d2f7a11-0c0b-4f0e-8a39-3a4ab0d9a002"}`),
		http.MethodPost, endpoint, form)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/v1.0/subscribedSkus?$select=skuId", nil)
	request.Header.Set("Authorization", "Bearer issued-token-0001")
	response, err := recorder.Transport(Microsoft, answer(200, "application/json", `{"value":[]}`)).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	send(t, recorder, Microsoft, answer(200, "application/json", `{"value":"oidc-token-of-the-job"}`), http.MethodGet, "https://token.acme.test/repos/acme?audience=x", "")

	found, text := read(t, options.Path)
	for _, secret := range []string{testSecret, "issued-token", "oidc-token", "acme", tenant, "5d2f7a11"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	pseudonym := recorder.pseudonyms.Text(tenant)
	entries := found.Log.Entries
	if want := "https://login.microsoftonline.com/" + pseudonym + "/oauth2/v2.0/token"; entries[0].Request.URL != want {
		t.Errorf("the address is %s, want %s", entries[0].Request.URL, want)
	}
	if got := fmt.Sprint(entries[0].Request.PostData.Params); got != "[{grant_type client_credentials} {scope https://graph.microsoft.com/.default openid}]" {
		t.Errorf("the form is %s", got)
	}
	if got := entries[0].Response.Content.Text; got != `{"token_type":"Bearer","expires_in":3599}` {
		t.Errorf("the answer is %s", got)
	}
	if got := entries[1].Response.Content.Text; !strings.HasPrefix(got, `{"error":"invalid_grant","error_codes":[65001],"suberror":"consent_required",`+
		`"error_description":"AADSTS65001: The user or administrator has not consented to use the application with ID '`) {
		t.Errorf("the refusal is %s", got)
	}
	if entries[2].Tenant != pseudonym {
		t.Errorf("the read is of the tenant %q, want %s", entries[2].Tenant, pseudonym)
	}
	if entries[3].Response.Content.Text != "" || !strings.HasSuffix(entries[3].Request.URL, ".example/") {
		t.Errorf("the build server's token: %+v", entries[3])
	}
}

func TestTheTokenOfTheAzureCLINamesItsTenant(t *testing.T) {
	t.Parallel()
	recorder := open(t, testOptions(t))
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/v1.0/contracts", nil)
	// {"tid":"eb1be83f-738f-5a6f-85be-4cad7ce33fc4"}
	request.Header.Set("Authorization", "Bearer e30.eyJ0aWQiOiJlYjFiZTgzZi03MzhmLTVhNmYtODViZS00Y2FkN2NlMzNmYzQifQ.c2ln")
	if got, want := recorder.tenantOf(request), recorder.pseudonyms.Text("eb1be83f-738f-5a6f-85be-4cad7ce33fc4"); got != want {
		t.Errorf("the tenant is %q, want %q", got, want)
	}
}

func TestWhatDoesNotPassTheCheckIsLeftOut(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	recorder := open(t, options)
	for _, body := range []string{
		`{"status":"` + testSecret + `"}`,       // a field whose value is kept
		`{"name":"Quillon","status":"Quillon"}`, // a name in a field whose value is kept
		`{"category":"see quillon","name":"Quillon"}`,
	} {
		send(t, recorder, Gradient, answer(200, "application/json", body), http.MethodGet, "https://app.usegradient.com/api/vendor-api/", "")
	}
	found, text := read(t, options.Path)
	for i, entry := range found.Log.Entries {
		if !strings.HasPrefix(entry.Comment, "Left out") || entry.Response.Status != 200 {
			t.Errorf("entry %d is %+v", i, entry)
		}
	}
	if strings.Contains(text, testSecret) || strings.Contains(strings.ToLower(text), "quillon") || len(found.Log.Entries) != 3 {
		t.Errorf("wrote %s", text)
	}
}

func TestNilRecorderRecordsNothing(t *testing.T) {
	t.Parallel()
	var recorder *Recorder
	next := answer(200, "", "")
	if got := fmt.Sprintf("%T", recorder.Transport(Gradient, next)); got != "transcript.answers" {
		t.Errorf("the transport is %s", got)
	}
}

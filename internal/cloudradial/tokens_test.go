// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func TestTokenLifeCycle(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, nil)
	server.PutToken(sandbox.Token{Name: "My list", Value: "partner"})
	server.PutToken(sandbox.Token{CompanyID: 9, Name: "my list", Value: "nine"})
	want := []Token{{0, "My list", "partner"}, {9, "my list", "nine"}}
	list := func() []Token {
		t.Helper()
		tokens, err := client.tokens.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.SortedFunc(maps.Values(tokens), func(a, b Token) int {
			return cmp.Or(cmp.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.Name, b.Name))
		})
	}
	if got := list(); !slices.Equal(got, want) {
		t.Error(got)
	}
	for _, value := range []string{"a,b", ""} {
		if err := client.SetToken(t.Context(), Token{7, "My list", value}); err != nil {
			t.Fatal(err)
		}
		if got, found, err := client.readToken(t.Context(), 7, "My list"); err != nil || !found || got != (Token{7, "My list", value}) {
			t.Error(got, found, err)
		}
		if got, found, err := client.Token(t.Context(), 7, "My list"); err != nil || !found || got.Value != value {
			t.Error(got, found, err)
		}
	}
	if got := list(); len(got) != 3 || got[1] != (Token{7, "My list", ""}) {
		t.Error(got)
	}
	for range 2 { // the second one finds nothing
		if err := client.DeleteToken(t.Context(), 7, "My list"); err != nil {
			t.Error(err)
		}
	}
	if got := list(); !slices.Equal(got, want) {
		t.Error(got)
	}
	for _, name := range []string{"My list", "MY LIST"} {
		if got, found, err := client.readToken(t.Context(), 7, name); err != nil || found {
			t.Error(got, found, err)
		}
	}
	if got := fmt.Sprint(server.Tokens()); got != "[{0 My list partner 0} {9 my list nine 0}]" {
		t.Error(got)
	}
	lists := 0
	for _, request := range server.Requests() {
		switch {
		case request.Path == "/v2/odata/token":
			lists++
			if request.Query != "$orderby=companyId,name&$select=companyId,name,value&$top=200" {
				t.Error(request.Query)
			}
		case request.Path == "/v2/odata/token/$count":
		case request.Method == "POST":
			if !strings.HasPrefix(request.Body, `{"companyId":7,"token":"My list","value":`) {
				t.Error(request.Body)
			}
		case request.Query != "companyId=7":
			t.Errorf("%s %s?%s", request.Method, request.Path, request.Query)
		}
	}
	if lists != 1 {
		t.Errorf("%d lists", lists)
	}
}

func TestTokensAreReadPageByPage(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, nil)
	for i := range 401 {
		server.PutToken(sandbox.Token{CompanyID: 7 * (i % 2), Name: fmt.Sprint("T", i), Value: fmt.Sprint(i)})
	}
	tokens, err := client.tokens.Get(t.Context())
	if err != nil || len(tokens) != 401 || len(server.Requests()) != 4 {
		t.Error(len(tokens), len(server.Requests()), err)
	}
}

func TestTokenFailures(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, nil)
	if _, err := client.tokens.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`} {
		_, _, err := client.readToken(t.Context(), 7, name)
		for _, err := range []error{err, client.SetToken(t.Context(), Token{7, name, "v"}), client.DeleteToken(t.Context(), 7, name)} {
			if err == nil || !strings.Contains(err.Error(), "cannot be used as the name") {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	if got := len(server.Requests()); got != 2 {
		t.Errorf("%d requests", got)
	}
	// An upsert may be sent twice, a refused one is not.
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: "reset-after", Times: 1})
	if err := client.SetToken(t.Context(), Token{7, "A", "v"}); err != nil {
		t.Error(err)
	}
	if err := client.SetToken(t.Context(), Token{99, "A", "v"}); rest.Status(err) != 400 {
		t.Error(err)
	}
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "GET", Path: "/v2/token/", Status: 403, Times: 1})
	if err := client.SetToken(t.Context(), Token{7, "A", "w"}); rest.Status(err) != 403 || !strings.Contains(err.Error(), "cannot be read back") {
		t.Error(err)
	}
	if got, found, err := client.Token(t.Context(), 7, "A"); err != nil || !found || got.Value != "w" {
		t.Error("a write of unclear outcome leaves the old list:", got, found, err)
	}
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "GET", Path: "/v2/token/", Status: 404, Times: 1})
	if err := client.SetToken(t.Context(), Token{7, "A", "x"}); err == nil || !strings.Contains(err.Error(), "does not have it") {
		t.Error(err)
	}
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "GET", Path: "/v2/token/", Status: 200, Body: `{"companyId":7,"token":"A","value":"trimmed"}`, Times: 1})
	if err := client.SetToken(t.Context(), Token{7, "A", " trimmed "}); err == nil || !strings.Contains(err.Error(), "one of 7 characters, where 9 were sent") {
		t.Error(err)
	}
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "DELETE", Status: 403, Times: 1})
	if err := client.DeleteToken(t.Context(), 7, "A"); rest.Status(err) != 403 {
		t.Error(err)
	}
}

func TestTokenOfAnotherLevelIsNotTaken(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"data":{"companyId":7,"token":"A","value":"v"},"success":true,"message":null}`: true,
		`{"companyId":7,"token":"A","value":null}`:                                       true,
		`{"data":{"companyId":0,"token":"A","value":"v"},"success":true,"message":null}`: false,
		`{"data":{"companyId":7,"token":"a","value":"v"},"success":true,"message":null}`: false,
	} {
		if got, found, err := answering(t, http.StatusOK, "application/json", body).readToken(t.Context(), 7, "A"); err != nil || found != want || !found && got != (Token{}) {
			t.Errorf("%s: %+v, %v, %v", body, got, found, err)
		}
	}
	for _, body := range []string{"", `{"data":null,"success":true,"message":null}`, `{"token":"A"}`, `{"companyId":7}`, `{"companyId":-1,"token":"A"}`, `[]`} {
		if got, found, err := answering(t, http.StatusOK, "application/json", body).readToken(t.Context(), 7, "A"); rest.Status(err) != 200 || found {
			t.Errorf("%s: %+v, %v, %v", body, got, found, err)
		}
	}
	if _, _, err := answering(t, http.StatusNotFound, "text/html", "<html></html>").readToken(t.Context(), 7, "A"); rest.Status(err) != 404 {
		t.Error(err)
	}
}

func TestTokensThatComeTwiceAreAnError(t *testing.T) {
	t.Parallel()
	_, client := open(t, func(w http.ResponseWriter, _ string, _, _ int) {
		fmt.Fprint(w, `{"value":[{"companyId":7,"name":"A","value":"1"},{"companyId":7,"name":"A","value":"2"}]}`)
	})
	if got, err := client.tokens.Get(t.Context()); err == nil || !strings.Contains(err.Error(), `repeats companyId,name 7,"A"`) {
		t.Error(got, err)
	}
}

// A request about a token is about that one, whatever its name is.
func FuzzNewTokenRequest(f *testing.F) {
	for _, name := range []string{"Phone", "a/b", "..", "", "a?companyId=9", "a%2Fb", "#", "\x00", "é ", "\xff", "//evil.example/"} {
		f.Add(int64(7), name)
	}
	f.Fuzz(func(t *testing.T, company int64, name string) {
		if _, err := newTokenRequest("read", company, name); err != nil {
			return
		}
		var asked []*http.Request
		client := connectTo(t, func(request *http.Request) string {
			asked = append(asked, request)
			return fmt.Sprintf(`{"data":{"companyId":%d,"token":%s,"value":"v"},"success":true}`, company, inJSON(t, name))
		})
		token, found, err := client.readToken(t.Context(), company, name)
		if len(asked) != 1 {
			t.Fatalf("asked %d times: %v", len(asked), err)
		}
		last, segment := strings.LastIndex(asked[0].URL.EscapedPath(), "/"), asked[0].URL.EscapedPath()
		if back, err := url.PathUnescape(segment[last+1:]); err != nil || back != name || segment[:last] != tokenPath {
			t.Errorf("%q is asked for as %q", name, segment)
		}
		if query := asked[0].URL.RawQuery; query != "companyId="+strconv.FormatInt(company, 10) || asked[0].URL.Host != "portal.example" {
			t.Errorf("%q is asked for at %s", name, asked[0].URL)
		}
		if company >= 0 && utf8.ValidString(name) && (err != nil || !found || token != Token{company, name, "v"}) {
			t.Errorf("%+v, %v, %v", token, found, err)
		}
	})
}

// The value of a token may be secret, whatever CloudRadial says about it.
func TestNoTokenValueInErrors(t *testing.T) {
	t.Parallel()
	const value = "S3nsitiveTokenValue"
	for _, answer := range []string{`{"message":"the value S3nsitiveTokenValue is refused"}`, `{"message":"the value \"S3NSITIVEtokenvalue\" is refused"}`,
		`{"success":false,"message":"no S3nsitiveTokenValue"}`} {
		status := 400
		if strings.Contains(answer, "success") {
			status = 200
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(answer))
		}))
		client, err := New(Options{BaseURL: server.URL, PublicKey: "public", PrivateKey: "private-key-0123"})
		if err != nil {
			t.Fatal(err)
		}
		err = client.SetToken(t.Context(), Token{7, "Phone", value})
		server.Close()
		if err == nil || strings.Contains(strings.ToLower(err.Error()), strings.ToLower(value)) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// What we send reads back as what we meant, and the echo of a write is never about another account.
func FuzzAccountWrites(f *testing.F) {
	f.Add("1", "A", "d", []byte(`[{"_id":1,"name":"B"}]`))
	f.Add("a", "A", "", []byte(`[{"id":"b"},{"id":"a","id":"c"},{"id":"a","isMapped":true}]`))
	f.Add("é/\x00", "\u202e", "\"\\", []byte(`{"id":"","name":null}`))
	f.Add("a", "A", "d", []byte(` {"id":"a","name":1e400,"description":["x"]}`))
	f.Fuzz(func(t *testing.T, id, name, description string, answer []byte) {
		for _, text := range []string{id, name, description} {
			if id == "" || !utf8.ValidString(text) {
				return // no account, or none that Terraform can hold
			}
		}
		account := Account{ID: id, Name: name, Description: description}
		sent, err := json.Marshal([]wireNewAccount{{id, name, description}})
		if err != nil {
			t.Fatal(err)
		}
		if echoed, err := decodeCreatedAccounts(sent, []Account{account}); err != nil || !reflect.DeepEqual(echoed, []Account{account}) {
			t.Errorf("%s is read as %+v, %v", sent, echoed, err)
		}
		created, err := decodeCreatedAccounts(answer, []Account{account})
		if (err == nil) != (len(created) == 1) || err == nil && created[0].ID != id {
			t.Errorf("%s is about %+v, %v", answer, created, err)
		}
		updated, err := decodeUpdatedAccount(answer, account)
		if err == nil && updated.ID != id || err != nil && updated != (Account{}) {
			t.Errorf("%s is about %+v, %v", answer, updated, err)
		}
	})
}

// Only an object accepts a count, and not one that speaks of a failure.
func FuzzAccepted(f *testing.F) {
	for _, answer := range []string{`{}`, `{"status":201}`, `{"status":"404"}`, `{"statusCode":4e2,"status":201}`, `{"status":1e400}`, `[]`, `"ok"`, `{"status":{}}`} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		err := checkAccepted(answer, "a", 1)
		var object map[string]json.RawMessage
		if err == nil && json.Unmarshal(answer, &object) != nil {
			t.Errorf("%q accepts a count", answer)
		}
		if code := string(object["statusCode"]); err == nil && len(object) == 1 && (code == "404" || code == "500") {
			t.Errorf("%q accepts a count", answer)
		}
	})
}

// Whatever an id is, the request goes to the route that was meant, with the whole id as one segment.
func FuzzEscapeID(f *testing.F) {
	for _, id := range []string{"a", "a/b", "..", ".", "%2e%2e", "a?b#c", "\x00", "é", "a;b", "//evil.example", "@evil.example", "\xff", " "} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		escaped, err := escapeID(id)
		if err != nil {
			return
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://app.example/service/"+escaped+"/count", nil)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.Split(request.URL.EscapedPath(), "/")
		if len(path) != 4 || request.URL.Host != "app.example" || request.URL.RawQuery != "" || path[1] != "service" || path[3] != "count" {
			t.Fatalf("%q goes to %s", id, request.URL)
		}
		if back, err := url.PathUnescape(path[2]); err != nil || back != id || path[2] == "." || path[2] == ".." {
			t.Errorf("%q arrives as %q, %v", id, back, err)
		}
	})
}

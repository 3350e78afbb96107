// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestCreateAccount(t *testing.T) {
	t.Parallel()
	unclear := []reply{{status: 503}, {cut: true}, {status: 201, body: ""}, {status: 201, body: "[]"}, ok(`<html></html>`)}
	cases := map[string]struct {
		posts []reply
		reads []reply // after the first, which has no account
		sent  int
		read  int
		want  string // of the error
	}{
		"created":                  {[]reply{{status: 201, body: acme}}, nil, 1, 1, ""},
		"created with bare names":  {[]reply{{status: 200, body: `[{"id":"acme"}]`}}, nil, 1, 1, ""},
		"refused":                  {[]reply{{status: 400, body: `{"message":["id is bad"]}`}}, nil, 1, 1, "id is bad"},
		"not connected":            {[]reply{{status: 401}}, nil, 1, 1, "401"},
		"there, ours":              {[]reply{{status: 409, body: gone}}, []reply{ok(acme)}, 1, 2, ""},
		"there, another's":         {[]reply{{status: 409, body: gone}}, []reply{ok(otherName)}, 1, 2, `exists already, under the name "Acme Inc." instead of "Acme"`},
		"there, yet not listed":    {[]reply{{status: 409, body: gone}}, []reply{ok(noAccounts)}, 1, 2, "409"},
		"unclear, carried out":     {unclear[:1], []reply{ok(acme)}, 1, 2, ""},
		"cut, carried out":         {unclear[1:2], []reply{ok(acme)}, 1, 2, ""},
		"empty, carried out":       {unclear[2:3], []reply{ok(acme)}, 1, 2, ""},
		"unclear, another's":       {unclear[:1], []reply{ok(otherName)}, 1, 2, "under the name"},
		"unclear, then created":    {[]reply{unclear[0], unclear[1], {status: 201, body: acme}}, []reply{ok(noAccounts)}, 3, 3, ""},
		"unclear, then there":      {[]reply{unclear[3], {status: 409, body: gone}}, []reply{ok(noAccounts), ok(acme)}, 2, 3, ""},
		"unclear without end":      {unclear, []reply{ok(noAccounts)}, 3, 4, "cannot be used"},
		"unclear and not readable": {unclear[:1], []reply{{status: 401}}, 1, 2, "unknown whether account \"acme\" exists"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{
				postAccounts: tc.posts,
				getAccounts:  append([]reply{ok(noAccounts)}, tc.reads...),
			})
			if _, found, err := client.Account(t.Context(), "acme"); found || err != nil {
				t.Fatal(found, err)
			}
			got, err := client.CreateAccount(t.Context(), Account{ID: "acme", Name: "Acme", Description: "d"})
			if sent := s.count("POST"); sent != tc.sent {
				t.Errorf("sent %d times, want %d", sent, tc.sent)
			}
			if read := s.count("GET"); read != tc.read {
				t.Errorf("read %d times, want %d", read, tc.read)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || rest.Status(err) == 0 && !rest.Ambiguous(err) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || got != (Account{ID: "acme", Name: "Acme", Description: "d"}) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if ours := name != "there, ours"; client.CreatedAccount("acme") != ours {
				t.Errorf("created by this client: %t", !ours)
			}
			if held, found, err := client.Account(t.Context(), "acme"); !found || err != nil || held != got {
				t.Errorf("the shared list has %+v, %t, %v", held, found, err)
			}
			if read := s.count("GET"); read != tc.read {
				t.Errorf("read %d times in the end, want %d", read, tc.read)
			}
			if want := `POST /api/vendor-api/organization/accounts [{"id":"acme","name":"Acme","description":"d"}]`; s.count(want) != tc.sent {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

func TestCreateAccountRefusesBeforeItAsks(t *testing.T) {
	t.Parallel()
	_, client := play(t, nil)
	for _, account := range []Account{{ID: "a"}, {Name: "A"}} {
		if _, err := client.CreateAccount(t.Context(), account); err == nil {
			t.Errorf("%+v is accepted", account)
		}
	}
}

func TestUpdateAccount(t *testing.T) {
	t.Parallel()
	const patch = "PATCH /organization/accounts/a%2Fb"
	held := `[{"id":"x","name":"X"},{"id":"a/b","name":"Old","isMapped":true}]`
	cases := map[string]struct {
		patches []reply
		reads   []reply
		sent    int
		want    string
	}{
		"updated":              {[]reply{ok(`{"id":"a/b","name":"New","description":"d"}`)}, nil, 1, ""},
		"echo without id":      {[]reply{ok(`{"name":"New"}`)}, nil, 1, ""},
		"repeated":             {[]reply{{status: 500}, {cut: true}, ok(`{"id":"a/b"}`)}, nil, 3, ""},
		"empty, carried out":   {[]reply{{status: 204}}, []reply{ok(`[{"id":"a/b","name":"New","description":"d","isMapped":true}]`)}, 1, ""},
		"empty, not done":      {[]reply{{status: 204}}, []reply{ok(held)}, 1, "empty"},
		"another's":            {[]reply{ok(`{"id":"x","name":"New"}`)}, []reply{ok(held)}, 1, `about the account "x"`},
		"gone":                 {[]reply{{status: 404, body: `{"message":"no"}`}}, nil, 1, "404"},
		"unclear without end":  {[]reply{{status: 500}}, []reply{ok(held)}, 5, "500"},
		"unclear, carried out": {[]reply{{status: 500}}, []reply{ok(`[{"id":"a/b","name":"New","description":"d","isMapped":true}]`)}, 5, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{patch: tc.patches, getAccounts: append([]reply{ok(held)}, tc.reads...)})
			before, err := client.Accounts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.UpdateAccount(t.Context(), Account{ID: "a/b", Name: "New", Description: "d"})
			if sent := s.count("PATCH"); sent != tc.sent {
				t.Errorf("sent %d times, want %d", sent, tc.sent)
			}
			if before[1].Name != "Old" {
				t.Error("a list that was handed out has changed")
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			want := Account{ID: "a/b", Name: "New", Description: "d", IsMapped: pointer(true)}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if held, _, _ := client.Account(t.Context(), "a/b"); !reflect.DeepEqual(held, want) {
				t.Errorf("the shared list has %+v", held)
			}
			if s.count("PATCH /api/vendor-api/organization/accounts/a%2Fb {\"name\":\"New\",\"description\":\"d\"}") != tc.sent || s.count("GET") != 1+len(tc.reads) {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

// TestManyLookUpsAreCheap is not parallel: allocations are counted for the whole process.
func TestManyLookUpsAreCheap(t *testing.T) {
	var list strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&list, `,{"id":"a%d","name":"A"}`, i)
	}
	_, client := play(t, map[string][]reply{getAccounts: {ok("[" + list.String()[1:] + "]")}})
	for i := range 5000 { // a scan each would be 12 million comparisons, and copies of the list half a gigabyte
		if _, found, err := client.Account(t.Context(), fmt.Sprintf("a%d", i)); !found || err != nil {
			t.Fatal(i, found, err)
		}
	}
	if allocated := testing.AllocsPerRun(100, func() { client.Account(t.Context(), "a4999") }); allocated > 3 { //nolint:errcheck // checked above
		t.Errorf("a look-up allocates %v times", allocated)
	}
}

func TestAccountListsDoNotChange(t *testing.T) {
	t.Parallel()
	old := newAccountList([]Account{{ID: "a", Name: "A", IsMapped: pointer(true)}})
	changed, longer := old.replace(Account{ID: "a", Name: "B"}), old.replace(Account{ID: "b", Name: "B"})
	if got, _ := old.find("a"); got.Name != "A" || len(old.all) != 1 || len(old.index) != 1 {
		t.Errorf("the old list became %+v", old)
	}
	if got, _ := changed.find("a"); got.Name != "B" || got.IsMapped == nil || len(changed.all) != 1 {
		t.Errorf("changed to %+v", changed)
	}
	if got, found := longer.find("b"); !found || got.Name != "B" || len(longer.all) != 2 {
		t.Errorf("grown to %+v", longer)
	}
}

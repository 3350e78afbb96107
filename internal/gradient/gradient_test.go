package gradient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
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
		minWait: time.Millisecond, settle: time.Millisecond})
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

func TestEnumerations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		want   int
	}{"categories": {Categories, 7}, "subcategories": {Subcategories, 46}} {
		seen := map[string]bool{}
		for _, value := range tc.values {
			seen[value] = true
		}
		if len(seen) != tc.want || len(tc.values) != tc.want {
			t.Errorf("%d %s, want %d", len(seen), name, tc.want)
		}
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
			service, count, err := client.Service(t.Context(), "E3")
			if err != nil || count != 1 || service.ID != "s2" {
				t.Error(service, count, err)
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

func TestServiceCountsEqualNames(t *testing.T) {
	t.Parallel()
	_, client := play(t, map[string][]reply{getVendor: {ok(`{"data":{"skus":[{"id":"a","name":"E3"},{"id":"b","name":"E3"},{"id":"c","name":"e3"}]}}`)}})
	service, count, err := client.Service(t.Context(), "E3")
	if err != nil || service.ID != "a" || count != 2 {
		t.Error(service, count, err)
	}
}

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

func TestCancelledCreationsAreNotRepeated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, client := play(t, map[string][]reply{getAccounts: {ok(noAccounts)}, getVendor: {ok(vendorWithout)},
		postAccounts: {{status: 503}}, postService: {{status: 503}}})
	client.settle = time.Hour
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
	if s.count("POST") != 2 || s.count("GET") != 2 {
		t.Errorf("asked %q", s.asked)
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

func TestIDsThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	_, client := play(t, nil)
	for _, id := range []string{"", ".", ".."} {
		if _, err := client.UpdateAccount(t.Context(), Account{ID: id, Name: "N"}); err == nil {
			t.Errorf("account %q is accepted", id)
		}
		if err := client.SetUnitCount(t.Context(), id, "a", 1, false); err == nil {
			t.Errorf("service %q is accepted", id)
		}
	}
}

func TestCreateService(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		posts []reply
		reads []reply // after the first, which lacks the service
		sent  int
		read  int
		want  string
	}{
		"created":               {[]reply{{status: 201, body: bareWith}}, nil, 1, 1, ""},
		"refused":               {[]reply{{status: 400, body: `{"message":"bad category"}`}}, nil, 1, 1, "bad category"},
		"conflict, there":       {[]reply{{status: 409, body: gone}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"conflict, not there":   {[]reply{{status: 409, body: gone}}, []reply{ok(vendorWithout)}, 1, 2, "409"},
		"unclear, carried out":  {[]reply{{status: 504}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"cut, carried out":      {[]reply{{cut: true}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"wrapped, carried out":  {[]reply{ok(vendorWith)}, []reply{ok(vendorWith)}, 1, 2, ""},
		"lacking, carried out":  {[]reply{ok(`{"skus":[]}`)}, []reply{ok(vendorWith)}, 1, 2, ""},
		"unclear, then created": {[]reply{{status: 500}, {cut: true}, {status: 201, body: bareWith}}, []reply{ok(vendorWithout)}, 3, 3, ""},
		"unclear without end":   {[]reply{{status: 500}}, []reply{ok(vendorWithout)}, 3, 4, "500"},
		"unclear, not readable": {[]reply{{status: 500}}, []reply{ok(`{}`)}, 1, 2, "unknown whether service \"E3\" exists"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{postService: tc.posts, getVendor: append([]reply{ok(vendorWithout)}, tc.reads...)})
			got, err := client.CreateService(t.Context(), Service{Name: "E3", Description: "d", Category: "productivity", Subcategory: "other"})
			if sent, read := s.count("POST"), s.count("GET"); sent != tc.sent || read != tc.read {
				t.Errorf("sent %d and read %d times, want %d and %d", sent, read, tc.sent, tc.read)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || got.ID != "s2" {
				t.Fatalf("got %+v, %v", got, err)
			}
			if held, err := client.Services(t.Context()); err != nil || len(held) != 2 || held[1] != got {
				t.Errorf("the shared list has %+v, %v", held, err)
			}
			want := `POST /api/vendor-api/service {"name":"E3","description":"d","category":"productivity","subcategory":"other"}`
			if s.count(want) != tc.sent || s.count("GET") != tc.read {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

func TestAServiceIsNotCreatedTwice(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{postService: {{status: 201, body: bareWith}}, getVendor: {ok(vendorWithout)}})
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if got, err := client.CreateService(t.Context(), Service{Name: "E3"}); err != nil || got.ID != "s2" {
				t.Error(got, err)
			}
		})
	}
	wait.Wait()
	if s.count("POST") != 1 {
		t.Errorf("asked %q", s.asked)
	}
}

func TestSetStatus(t *testing.T) {
	t.Parallel()
	const inactive = `{"integrationId":"i","status":"inactive","name":"MSP"}`
	const pending = `{"integrationId":"i","status":"pending","name":"MSP"}`
	const patch, get = "PATCH /organization/status/pending", "GET /organization"
	cases := map[string]struct {
		patches    []reply
		reads      []reply
		sent, read int
		want       string
	}{
		"wrapped":              {[]reply{ok(`{"data":` + pending + `,"status":200,"message":"m"}`)}, nil, 1, 1, ""},
		"repeated":             {[]reply{{status: 502}, ok(pending)}, nil, 2, 1, ""},
		"empty, carried out":   {[]reply{{status: 204}}, []reply{ok(pending)}, 1, 2, ""},
		"empty, not done":      {[]reply{{status: 204}}, []reply{ok(inactive)}, 1, 2, "empty"},
		"refused":              {[]reply{{status: 400}}, nil, 1, 1, "400"},
		"unclear, carried out": {[]reply{{cut: true}}, []reply{ok(pending)}, 5, 2, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{patch: tc.patches, get: append([]reply{ok(inactive)}, tc.reads...)})
			if got, err := client.Integration(t.Context()); err != nil || got.Status != StatusInactive {
				t.Fatal(got, err)
			}
			got, err := client.SetStatus(t.Context(), StatusPending)
			if s.count("PATCH") != tc.sent || s.count("GET") != tc.read || s.count("PATCH /api/vendor-api/organization/status/pending {") != 0 {
				t.Errorf("asked %q", s.asked)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if held, _ := client.Integration(t.Context()); err != nil || got.Status != StatusPending || held != got || s.count("GET") != tc.read {
				t.Errorf("got %+v, %v; held %+v", got, err, held)
			}
		})
	}
}

func TestSetUnitCount(t *testing.T) {
	t.Parallel()
	const count = "POST /service/s%2F1/count"
	refusal := func(message string) reply {
		return reply{status: 404, body: fmt.Sprintf(`{"statusCode":404,"message":%q}`, message)}
	}
	cases := map[string]struct {
		replies   []reply
		sent      int
		want      string
		notMapped bool
	}{
		"accepted":            {[]reply{{status: 201, body: `{"status":201,"message":"Success - Created service unit count"}`}}, 1, "", false},
		"accepted in silence": {[]reply{{status: 201}}, 1, "", false},
		"repeated":            {[]reply{{status: 500}, {cut: true}, {status: 429}, {status: 201, body: `{}`}}, 4, "", false},
		"no account map":      {[]reply{refusal("No account map found with id: a")}, 1, "No account map", true},
		"service not mapped":  {[]reply{refusal("Unknown account, or service is not mapped")}, 1, "not mapped", true},
		"some other words":    {[]reply{refusal("Nope")}, 1, "Nope", true},
		"wrong address":       {[]reply{{status: 404, body: `{"statusCode":404,"message":"Cannot POST /api/vendor-api/service/s/count","error":"Not Found"}`}}, 1, "Cannot POST", false},
		"wrong vendor":        {[]reply{refusal("Vendor Profile Not Found")}, 1, "Vendor Profile", false},
		"a page":              {[]reply{{status: 404, body: `<html><title>Not here</title></html>`}}, 1, "Not here", false},
		"another server":      {[]reply{{status: 404, body: `404 page not found`}}, 1, "404 page", false},
		"a sign-in page":      {[]reply{ok(`<html></html>`)}, 1, "HTML page instead of JSON", false},
		"a refusal within":    {[]reply{ok(`{"status":404,"message":"no"}`)}, 1, "speaks of the status 404", false},
		"a list":              {[]reply{ok(`[]`)}, 1, "does not say that the count was accepted", false},
		"an anomaly":          {[]reply{{status: 403, body: `{"message":"Forbidden"}`}}, 1, "Forbidden", false},
		"an invalid id":       {[]reply{{status: 400, body: `{"message":"You have provided an invalid Id type"}`}}, 1, "invalid Id", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{count: tc.replies})
			err := client.SetUnitCount(t.Context(), "s/1", "a", 0, false)
			if sent := s.count(`POST /api/vendor-api/service/s%2F1/count {"accountId":"a","unitCount":0}`); sent != tc.sent || sent != len(s.asked) {
				t.Errorf("asked %q, want %d", s.asked, tc.sent)
			}
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if errors.Is(err, ErrNotMapped) != tc.notMapped {
				t.Errorf("not mapped: %v", err)
			}
			if tc.notMapped && rest.Status(err) != 404 {
				t.Errorf("no *rest.Error in %v", err)
			}
		})
	}
}

func TestSetUnitCountWithoutRebuild(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{"POST /service/s1/count?no_build=true": {{status: 201}}})
	if err := client.SetUnitCount(t.Context(), "s1", "a", 25, true); err != nil {
		t.Error(err)
	}
	if want := []string{`POST /api/vendor-api/service/s1/count?no_build=true {"accountId":"a","unitCount":25}`}; !reflect.DeepEqual(s.asked, want) {
		t.Errorf("asked %q", s.asked)
	}
	for _, bad := range []struct {
		account string
		units   int64
	}{{"", 1}, {"a", -1}} {
		if err := client.SetUnitCount(t.Context(), "s1", bad.account, bad.units, true); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if len(s.asked) != 1 {
		t.Errorf("asked %q", s.asked)
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
	changed, longer := old.with(Account{ID: "a", Name: "B"}), old.with(Account{ID: "b", Name: "B"})
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	groupID  = "9a70a2d1-24a5-4b10-a3b6-0d2a3c5e0001"
	spbID    = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
	exoID    = "4b9405b0-7788-4568-add1-99614e613b69"
	usersURL = "/v1.0/users"
)

// startGroup starts a sandbox with one tenant that has these users.
func startGroup(t *testing.T, switches map[string]string, users ...sandbox.Users) (*sandbox.Server, *Client) {
	t.Helper()
	tenant := sandbox.Tenant{ID: groupID, Name: "Harbor Group", Domains: []string{"harborgroup.example", "harbormarine.example"}, Users: users,
		SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 30}, {PartNumber: "EXCHANGESTANDARD", SKUID: exoID, Enabled: 5}}}
	server, err := sandbox.New(sandbox.Seed{Tenants: []sandbox.Tenant{tenant}}, sandbox.Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, mustClient(t, sandboxOptions(t, server))
}

// requestsTo returns the queries of the requests to a path.
func requestsTo(server *sandbox.Server, path string) []string {
	var queries []string
	for _, request := range server.Requests() {
		if request.Path == path {
			queries = append(queries, request.Query)
		}
	}
	return queries
}

func TestReadUsersCountsWhatIsAlike(t *testing.T) {
	t.Parallel()
	users := []sandbox.Users{
		{Domain: "HarborMarine.example", Count: 3, SKUs: []string{"SPB"}},
		{Domain: "harbormarine.example", Count: 2, SKUs: []string{"SPB", "EXCHANGESTANDARD"}, NoMail: true, NoType: true, NotGiven: []string{"EXCHANGESTANDARD"}},
		{Domain: "harborgroup.onmicrosoft.com", Mail: "Partner.example", Count: 1, SKUs: []string{"SPB"}, Guest: true, Disabled: true},
		{Count: 40},
	}
	want := []UserGroup{
		{NameDomain: "harborgroup.onmicrosoft.com", MailDomain: "partner.example", SKUIDs: []string{spbID}, Guest: true, Disabled: true, Users: 1},
		{NameDomain: "harbormarine.example", SKUIDs: []string{exoID, spbID}, Users: 2},
		{NameDomain: "harbormarine.example", MailDomain: "harbormarine.example", SKUIDs: []string{spbID}, Users: 3},
	}
	for _, setting := range []string{"", "graph-page-size=1", "graph-page-size=5", "graph-users-repeat=yes", "graph-users-error=listed"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			switches := map[string]string{}
			if name, value, set := strings.Cut(setting, "="); set {
				switches[name] = value
			}
			server, client := startGroup(t, switches, users...)
			result := client.ReadUsers(t.Context(), []string{"harborgroup.example"}, 0)["harborgroup.example"]
			if result.Err != nil {
				t.Fatal(result.Err)
			}
			if !reflect.DeepEqual(result.Users.Groups, want) || result.Users.Listed != 46 {
				t.Errorf("%d users, %+v", result.Users.Listed, result.Users.Groups)
			}
			if domains := []string{"harborgroup.example", "harbormarine.example"}; !slices.Equal(result.Users.Domains, domains) || result.Users.DomainsErr != nil {
				t.Errorf("the domains are %q, %v", result.Users.Domains, result.Users.DomainsErr)
			}
			first := requestsTo(server, usersURL)[0]
			if first != "$select=id,userPrincipalName,mail,userType,accountEnabled,assignedLicenses&$top=999" {
				t.Errorf("it asks for %s", first)
			}
		})
	}
}

// sharedLog is a log that several goroutines write.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *sharedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A large tenant takes one request for 999 users, each tenant is read once, and the sign-in serves the licenses too. The log has nobody's name.
func TestReadUsersOfALargeTenant(t *testing.T) {
	t.Parallel()
	server, client := startGroup(t, nil, sandbox.Users{Domain: "harbormarine.example", Count: 12_000, SKUs: []string{"SPB"}}, sandbox.Users{Count: 8_000})
	var log sharedLog
	ctx := tflogtest.RootLogger(t.Context(), &log)
	for range 2 {
		result := client.ReadUsers(ctx, []string{groupID, groupID}, 0)[groupID]
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		if len(result.Users.Groups) != 1 || result.Users.Groups[0].Users != 12_000 || result.Users.Listed != 20_000 {
			t.Errorf("%+v", result.Users)
		}
	}
	if n := len(requestsTo(server, usersURL)); n != 21 {
		t.Errorf("%d requests for 20,000 users", n)
	}
	if result := client.ReadLicenses(ctx, []string{groupID}, 0)[groupID]; result.Err != nil {
		t.Fatal(result.Err)
	}
	if n := len(requestsTo(server, "/"+groupID+"/oauth2/v2.0/token")); n != 1 {
		t.Errorf("%d sign-ins", n)
	}
	if text := log.String(); !strings.Contains(text, usersURL) || strings.Contains(text, "person") || strings.Contains(text, "harbormarine") {
		t.Errorf("the log names somebody, or says nothing:\n%.2000s", text)
	}
}

func TestReadUsersFailsWhole(t *testing.T) {
	t.Parallel()
	alike := []sandbox.Users{{Count: 12, SKUs: []string{"SPB"}}}
	for name, test := range map[string]struct {
		switches map[string]string
		fault    sandbox.Fault
		cause    Cause
		text     string
	}{
		"no permission": {switches: map[string]string{"graph-users": "403"}, cause: CausePermission, text: "the application permission User.Read.All"},
		"a page fails": {
			switches: map[string]string{"graph-page-size": "5"}, fault: sandbox.Fault{System: sandbox.Microsoft, Path: usersURL, Skip: 2, Status: 404, Body: `{"error":{"code":"ResourceNotFound","message":"gone"}}`},
			cause: CauseAnswer, text: "answered 404 Not Found",
		},
		"a page is cut off": {
			switches: map[string]string{"graph-page-size": "5"}, fault: sandbox.Fault{System: sandbox.Microsoft, Path: usersURL, Skip: 1, Status: 200, Body: `{"value":[{"userPrincipalName":"pat.person`},
			cause: CauseAnswer, text: "it is not JSON",
		},
		"a page leads elsewhere": {
			switches: map[string]string{"graph-page-size": "5", "graph-next-link-host": "foreign"}, cause: CauseAnswer, text: "where the token must not go",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := startGroup(t, test.switches, alike...)
			if test.fault.Status != 0 {
				server.Inject(test.fault)
			}
			result := client.ReadUsers(t.Context(), []string{groupID}, 0)[groupID]
			if result.Users != nil || result.Err == nil || result.Err.Cause != test.cause || !strings.Contains(result.Err.Message, test.text) || strings.Contains(result.Err.Message, "person") {
				t.Errorf("%+v, %v", result.Users, result.Err)
			}
		})
	}
}

// Without the fields that decide who pays, nothing is counted.
func TestReadUsersRefusesWhatIsIncomplete(t *testing.T) {
	t.Parallel()
	for row, text := range map[string]string{
		`{"userPrincipalName":"pat@a.example","assignedLicenses":[]}`:                        "user 0 of a page has no id",
		`{"id":"1","userPrincipalName":null,"assignedLicenses":[]}`:                          "has no userPrincipalName",
		`{"id":"1","userPrincipalName":"pat@a.example","assignedLicenses":null}`:             "has no assignedLicenses",
		`{"id":"1","userPrincipalName":"pat@a.example","assignedLicenses":[{"skuId":null}]}`: "has a license without skuId",
		`{"id":"1","userPrincipalName":{"pat":"pat@a.example"},"assignedLicenses":[]}`:       `"userPrincipalName" is a JSON object`,
		`{"id":"1","userPrincipalName":"pat@a.example","userPrincipalName":"pat@b.example"}`: "userPrincipalName",
	} {
		f := newFake(t)
		f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
			answerJSON(w, 200, `{"value":[`+row+`]}`)
			return true
		}
		result := f.client(t).ReadUsers(t.Context(), []string{tenantA}, 0)[tenantA]
		if result.Err == nil || result.Err.Cause != CauseAnswer || !strings.Contains(result.Err.Message, text) || strings.Contains(result.Err.Message, "pat@") {
			t.Errorf("%s: %v", row, result.Err)
		}
	}
}

// Graph's link to the next page can hold the name of a user. No log shows it.
func TestTheLogHidesWhereAPageBegins(t *testing.T) {
	t.Parallel()
	position := base64.RawURLEncoding.EncodeToString([]byte("D:pat.person@harbormarine.example)User_1"))
	f := newFake(t)
	f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		link := ""
		if !r.URL.Query().Has("$skiptoken") {
			link = fmt.Sprintf(`,"@odata.nextLink":"%s/v1.0/users?$skiptoken=%s"`, f.URL, position)
		}
		answerJSON(w, 200, `{"value":[]`+link+`}`)
		return r.URL.Path == usersURL
	}
	var log bytes.Buffer
	result := f.client(t).ReadUsers(tflogtest.RootLogger(t.Context(), &log), []string{tenantA}, 0)[tenantA]
	if result.Err != nil || !strings.Contains(log.String(), "$skiptoken=") || strings.Contains(log.String(), position) {
		t.Errorf("%v\n%s", result.Err, log.String())
	}
}

// The domains only serve a warning, so a tenant that does not give them is read all the same.
func TestReadUsersWithoutDomains(t *testing.T) {
	t.Parallel()
	for value, text := range map[string]string{"missing": "it has no verifiedDomains", "403": "the application permission Organization.Read.All"} {
		_, client := startGroup(t, map[string]string{"graph-verified-domains": value}, sandbox.Users{Count: 2, SKUs: []string{"SPB"}})
		result := client.ReadUsers(t.Context(), []string{groupID}, 0)[groupID]
		if result.Err != nil || result.Users.Domains != nil || result.Users.DomainsErr == nil || !strings.Contains(result.Users.DomainsErr.Message, text) {
			t.Errorf("%s: %+v, %v", value, result.Users, result.Err)
		}
	}
}

// Whatever users Graph lists, each counts at most once, in one group.
func FuzzUsers(f *testing.F) {
	for _, body := range []string{
		`{"value":[]}`, `{"value":null}`, `[]`, `{"value":[{"id":"1","userPrincipalName":"a@B.example","assignedLicenses":[{"skuId":"X"},{"skuId":"x"}]}]}`,
		`{"value":[{"id":"1","userPrincipalName":"a","assignedLicenses":[]},{"id":"1","userPrincipalName":"@","assignedLicenses":[{}]}],"@odata.nextLink":"x"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var page struct{ Value *[]wireUser }
		if json.Unmarshal([]byte(body), &page) != nil || page.Value == nil {
			return
		}
		tally := userTally{seen: map[string]bool{}, groups: map[string]*UserGroup{}}
		listed := int64(0)
		for _, user := range *page.Value {
			if tally.add(user) != nil {
				return
			}
			listed++
		}
		users := tally.users()
		held := int64(0)
		for _, group := range users.Groups {
			held += group.Users
			if len(group.SKUIDs) == 0 || !slices.IsSorted(group.SKUIDs) || group.NameDomain != strings.ToLower(group.NameDomain) {
				t.Errorf("%+v", group)
			}
		}
		if held > users.Listed || users.Listed > listed {
			t.Errorf("%d users in groups, %d of %d rows", held, users.Listed, listed)
		}
	})
}

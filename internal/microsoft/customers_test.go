// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	relationshipsPath = "/v1.0/tenantRelationships/delegatedAdminRelationships"
	contractsPath     = "/v1.0/contracts"
	denial            = `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`
	emptyList         = `{"value":[]}`
)

// lists makes the fake answer the two lists, each with that status and body.
func (f *fake) lists(relationshipsStatus int, relationships string, contractsStatus int, contracts string) {
	f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		switch r.URL.Path {
		case relationshipsPath:
			answerJSON(w, relationshipsStatus, relationships)
		case contractsPath:
			answerJSON(w, contractsStatus, contracts)
		default:
			return false
		}
		return true
	}
}

func mustReadCustomers(t *testing.T, client *Client, partner string) *Customers {
	t.Helper()
	customers, failed := client.ReadCustomers(t.Context(), partner)
	if failed != nil {
		t.Fatal(failed)
	}
	return customers
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestReadsTheCustomersOfAPartner(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	queries := map[string]string{}
	var mu sync.Mutex
	f.graph = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		mu.Lock()
		queries[r.URL.Path] = r.URL.Query().Encode()
		mu.Unlock()
		if r.URL.Path == contractsPath {
			answerJSON(w, 200, `{"value":[
				{"id":"k1","contractType":"ResellerPartner","customerId":"52EAAD04-13a2-4a2f-9ce8-93a294fadf36","defaultDomainName":"contoso.com","displayName":"Contoso of old"},
				{"customerId":"77777777-0000-4000-8000-000000000007","defaultDomainName":null,"displayName":"Tailspin"}]}`)
			return true
		}
		answerJSON(w, 200, `{"value":[
			{"@odata.type":"#microsoft.graph.delegatedAdminRelationship","id":"r1","displayName":"Contoso admin","duration":"P730D",
			 "customer":{"tenantId":"52eaad04-13A2-4a2f-9ce8-93a294fadf36","displayName":"Contoso Inc"},"status":"active","autoExtendDuration":"P180D",
			 "endDateTime":"2028-02-10T11:24:42.3148266Z"},
			{"displayName":"Old","customer":{"tenantId":"4b827261-d21f-4aa9-b7db-7fa1f56fb163","displayName":"Gone"},"status":"terminated",
			 "autoExtendDuration":"PT0S","endDateTime":"2021-10-29T16:57:20.2101088Z"},
			{"displayName":"MLT_x","customer":{"tenantId":"99999999-0000-4000-8000-000000000009","displayName":"Adatum"},"status":"somethingNew",
			 "autoExtendDuration":null,"endDateTime":null},
			{"@odata.type":"#microsoft.graph.resellerDelegatedAdminRelationship","displayName":"Offer","customer":null,"status":"created","isPartnerConsentPending":true},
			{"displayName":"Asked","customer":{"tenantId":"88888888-0000-4000-8000-000000000008","displayName":"Maybe"},"status":"approvalPending"},
			{"displayName":"Late","customer":{"tenantId":"88888888-0000-4000-8000-000000000008","displayName":"Maybe"},"status":"expired"}]}`)
		return true
	}
	got := mustReadCustomers(t, f.client(t), tenantA)
	want := &Customers{Tenants: []CustomerTenant{
		{ID: "99999999-0000-4000-8000-000000000009", Name: "Adatum", Relationship: &Relationship{Name: "MLT_x", Status: "somethingNew"}},
		{ID: "52eaad04-13a2-4a2f-9ce8-93a294fadf36", Name: "Contoso Inc", DefaultDomain: "contoso.com",
			Relationship: &Relationship{Name: "Contoso admin", Status: "active", End: at(t, "2028-02-10T11:24:42.3148266Z"), AutoExtend: 180}},
		{ID: "77777777-0000-4000-8000-000000000007", Name: "Tailspin"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	wantQueries := map[string]string{
		relationshipsPath: "%24select=displayName%2Ccustomer%2Cstatus%2CendDateTime%2CautoExtendDuration&%24top=300",
		contractsPath:     "%24select=customerId%2CdefaultDomainName%2CdisplayName",
	}
	if !reflect.DeepEqual(queries, wantQueries) {
		t.Errorf("queries %v, want %v", queries, wantQueries)
	}
}

func TestOneTenantOnceInTheListOfCustomers(t *testing.T) {
	t.Parallel()
	soon, late := at(t, "2026-12-01T00:00:00Z"), at(t, "2028-12-01T00:00:00Z")
	relationship := func(name, status string, end time.Time, extend int64) CustomerTenant {
		return CustomerTenant{ID: "a", Name: "By " + name, Relationship: &Relationship{Name: name, Status: status, End: end, AutoExtend: extend}}
	}
	contract := CustomerTenant{ID: "a", Name: "Copy", DefaultDomain: "a.example"}
	nameless := relationship("nameless", "active", late, 0)
	nameless.Name = ""
	cases := map[string]struct {
		relationships, contracts []CustomerTenant
		relationship, name       string
		domain                   string
	}{
		"the later end":                  {[]CustomerTenant{relationship("soon", "active", soon, 180), relationship("late", "active", late, 0)}, nil, "late", "By late", ""},
		"in any order":                   {[]CustomerTenant{relationship("late", "active", late, 0), relationship("soon", "active", soon, 180)}, nil, "late", "By late", ""},
		"extended, of equal ends":        {[]CustomerTenant{relationship("z", "active", soon, 0), relationship("y", "active", soon, 180)}, nil, "y", "By y", ""},
		"the active one":                 {[]CustomerTenant{relationship("ending", "terminating", late, 180), relationship("now", "active", soon, 0)}, nil, "now", "By now", ""},
		"the active one, first":          {[]CustomerTenant{relationship("now", "active", soon, 0), relationship("coming", "approved", time.Time{}, 0)}, nil, "now", "By now", ""},
		"with a contract":                {[]CustomerTenant{relationship("now", "active", soon, 0)}, []CustomerTenant{contract}, "now", "By now", "a.example"},
		"a name from the contract":       {[]CustomerTenant{nameless}, []CustomerTenant{contract}, "nameless", "Copy", "a.example"},
		"a name from the shorter one":    {[]CustomerTenant{relationship("soon", "active", soon, 0), nameless}, nil, "nameless", "By soon", ""},
		"two contracts, one of a domain": {nil, []CustomerTenant{{ID: "a", Name: "First"}, contract}, "", "First", "a.example"},
	}
	for name, c := range cases {
		got := mergeTenants(c.relationships, c.contracts)
		if len(got) != 1 || got[0].Name != c.name || got[0].DefaultDomain != c.domain {
			t.Errorf("%s: got %+v", name, got)
			continue
		}
		chosen := ""
		if got[0].Relationship != nil {
			chosen = got[0].Relationship.Name
		}
		if chosen != c.relationship {
			t.Errorf("%s: relationship %q, want %q", name, chosen, c.relationship)
		}
	}
	sorted := mergeTenants(nil, []CustomerTenant{{ID: "3", Name: "B"}, {ID: "2", Name: "B"}, {ID: "9", Name: "A"}})
	if sorted[0].ID != "9" || sorted[1].ID != "2" || sorted[2].ID != "3" {
		t.Errorf("order %+v", sorted)
	}
}

func TestCustomersFromWhatIsPermitted(t *testing.T) {
	t.Parallel()
	const relationships = `{"value":[{"displayName":"R","customer":{"tenantId":"r","displayName":"By GDAP"},"status":"active"}]}`
	const contracts = `{"value":[{"customerId":"c","displayName":"By contract"}]}`
	cases := map[string]struct {
		relationshipsStatus         int
		relationships               string
		contractsStatus             int
		contracts                   string
		ids                         string
		relationshipsNo, contractNo bool
	}{
		"both":                     {200, relationships, 200, contracts, "r c", false, false},
		"relationships only":       {200, relationships, 403, denial, "r", false, true},
		"contracts only":           {403, denial, 200, contracts, "c", true, false},
		"no relationships":         {200, emptyList, 200, contracts, "c", false, false},
		"nobody":                   {200, emptyList, 200, emptyList, "", false, false},
		"nobody, contracts unseen": {200, emptyList, 403, denial, "", false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.lists(c.relationshipsStatus, c.relationships, c.contractsStatus, c.contracts)
			got := mustReadCustomers(t, f.client(t), tenantB)
			ids := make([]string, 0, 2)
			for _, tenant := range got.Tenants {
				ids = append(ids, tenant.ID)
			}
			if strings.Join(ids, " ") != c.ids || got.RelationshipsDenied != c.relationshipsNo || got.ContractsDenied != c.contractNo {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestCustomersCannotBeRead(t *testing.T) {
	t.Parallel()
	relationship := func(fields string) string { return `{"value":[{"displayName":"Rel",` + fields + `}]}` }
	cases := map[string]struct {
		relationshipsStatus int
		relationships       string
		contractsStatus     int
		contracts           string
		cause               Cause
		text                string
	}{
		"neither is permitted":   {403, denial, 403, denial, CausePermission, "DelegatedAdminRelationship.Read.All, or Directory.Read.All"},
		"the app is unknown":     {401, `{"error":{"code":"Authorization_IdentityNotFound","message":"m"}}`, 200, emptyList, CauseConsent, "not known in the tenant"},
		"no such list":           {404, `{"error":{"code":"ResourceNotFound","message":"m"}}`, 200, emptyList, CauseAnswer, "404"},
		"contracts fail":         {200, emptyList, 400, `{"error":{"code":"BadRequest","message":"m"}}`, CauseAnswer, "read contracts"},
		"down":                   {503, `{}`, 200, emptyList, CauseUnavailable, "503"},
		"no list":                {200, `{}`, 200, emptyList, CauseAnswer, `no list in "value"`},
		"no list of contracts":   {200, emptyList, 200, `{"value":null}`, CauseAnswer, `no list in "value"`},
		"no status":              {200, relationship(`"customer":{"tenantId":"a"}`), 200, emptyList, CauseAnswer, "relationship 0 (Rel) has no status"},
		"no customer":            {200, relationship(`"status":"active","customer":null`), 200, emptyList, CauseAnswer, "no customer.tenantId"},
		"an end that is none":    {200, relationship(`"status":"active","customer":{"tenantId":"a"},"endDateTime":"soon"`), 200, emptyList, CauseAnswer, `endDateTime that is not a time: "soon"`},
		"an extension of months": {200, relationship(`"status":"active","customer":{"tenantId":"a"},"autoExtendDuration":"P6M"`), 200, emptyList, CauseAnswer, `"P6M"`},
		"a contract with nobody": {200, emptyList, 200, `{"value":[{"displayName":"X"}]}`, CauseAnswer, "contract 0 (X) has no customerId"},
		"a proxy's 403":          {403, `<html>no</html>`, 200, emptyList, CauseAnswer, "403"},
		"next page elsewhere":    {200, `{"value":[],"@odata.nextLink":"https://graph.example.invalid/x"}`, 200, emptyList, CauseAnswer, "the token must not go"},
		"contracts lead outside": {200, emptyList, 200, `{"value":[],"@odata.nextLink":"https://graph.example.invalid/x"}`, CauseAnswer, "the token must not go"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.lists(c.relationshipsStatus, c.relationships, c.contractsStatus, c.contracts)
			customers, failed := f.client(t).ReadCustomers(t.Context(), tenantB)
			if failed == nil || customers != nil {
				t.Fatalf("got %+v, %v", customers, failed)
			}
			if failed.Cause != c.cause || failed.Tenant != tenantB || !strings.Contains(failed.Message, c.text) || strings.ContainsAny(failed.Message, "\r\n") {
				t.Errorf("got %s: %s", failed.Cause, failed.Message)
			}
		})
	}
}

func TestCustomersOfNoTenantAreNotAskedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	_, failed := f.client(t).ReadCustomers(t.Context(), "organizations")
	if failed == nil || failed.Cause != CauseTenant || len(f.paths()) != 0 {
		t.Errorf("got %v after %v", failed, f.paths())
	}
}

func TestCustomersAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.lists(200, emptyList, 200, emptyList)
	client := f.client(t)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			partner := tenantB
			if i%2 == 0 {
				partner = strings.ToUpper(tenantB)
			}
			if _, failed := client.ReadCustomers(t.Context(), partner); failed != nil {
				t.Error(failed)
			}
		})
	}
	group.Wait()
	if f.count(relationshipsPath) != 1 || f.count(contractsPath) != 1 || f.count("/token") != 1 {
		t.Errorf("requests %q", f.paths())
	}
}

func TestARefusalOfCustomersIsKept(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.lists(403, denial, 403, denial)
	client := f.client(t)
	for range 3 {
		_, failed := client.ReadCustomers(t.Context(), tenantB)
		if refused := (*rest.Error)(nil); !errors.As(failed, &refused) || refused.Status != 403 {
			t.Fatalf("got %v", failed)
		}
	}
	if f.count(relationshipsPath) != 1 {
		t.Errorf("requests %q", f.paths())
	}
}

func TestParseDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"": 0, "P0D": 0, "PT0S": 0, "P180D": 180, "P1DT12H": 1, "P1DT24H": 2, "PT4320H": 180, "PT86399.9S": 0, "PT1440M": 1, "P2Y": -1, "P6M": -1, "P1W": -1,
		"P": -1, "PT": -1, "-P180D": -1, "180": -1, "P180": -1, "P99999999999999999999D": -1, "P180Dx": -1, "P1D\n": -1,
	} {
		got, err := parseDays(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d (%v), want %d", text, got, err, want)
		}
	}
}

func FuzzParseDays(f *testing.F) {
	for _, text := range []string{"P180D", "PT0S", "P1DT2H3M4.5S", "P", "PT4320H"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		days, err := parseDays(text)
		if days < 0 || err != nil && days != 0 {
			t.Errorf("%q: %d, %v", text, days, err)
		}
	})
}

// partnerSeed has a partner with two customers, in lists long enough for pages.
func partnerSeed() sandbox.Seed {
	return sandbox.Seed{
		Tenants: []sandbox.Tenant{seededTenant},
		Partner: sandbox.Partner{
			ID: "FC0E8FDC-338e-5699-a458-498c73d90f2d", Name: "We", Domains: []string{"we.example"},
			Relationships: []sandbox.Relationship{
				{Name: "MLT_old", Tenant: seededTenant.ID, Status: "expired", End: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
				{Name: "Invitation", Status: "created"},
				{Name: "Ours", Tenant: seededTenant.ID, End: time.Date(2027, 5, 6, 7, 8, 9, 1234500, time.UTC), AutoExtend: "P180D"},
				{Name: "Other", Tenant: "11111111-0000-4000-8000-000000000001", CustomerName: "Adatum", Status: "terminationRequested",
					End: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
			},
			Contracts: []sandbox.Contract{
				{Tenant: seededTenant.ID, Name: "Brightwater of old", Domain: "old.example"},
				{Tenant: "22222222-0000-4000-8000-000000000002", Name: "Contoso", Domain: "contoso.example"},
			},
		},
	}
}

func TestSandboxCustomers(t *testing.T) {
	t.Parallel()
	want := []CustomerTenant{
		{ID: "11111111-0000-4000-8000-000000000001", Name: "Adatum",
			Relationship: &Relationship{Name: "Other", Status: "terminationRequested", End: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}},
		{ID: seededTenant.ID, Name: "Brightwater Dental", DefaultDomain: "old.example",
			Relationship: &Relationship{Name: "Ours", Status: "active", End: time.Date(2027, 5, 6, 7, 8, 9, 1234500, time.UTC), AutoExtend: 180}},
		{ID: "22222222-0000-4000-8000-000000000002", Name: "Contoso", DefaultDomain: "contoso.example"},
	}
	for name, switches := range map[string]map[string]string{
		"one page":     nil,
		"many":         {"graph-page-size": "1"},
		"no extension": {"graph-no-extension": "P0D"},
		"no $top":      {"graph-top": "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := sandbox.New(partnerSeed(), sandbox.Options{Switches: switches})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			got := mustReadCustomers(t, mustClient(t, sandboxOptions(t, server)), "we.example")
			if !reflect.DeepEqual(got.Tenants, want) || got.RelationshipsDenied || got.ContractsDenied {
				t.Errorf("got\n%+v\nwant\n%+v", got, want)
			}
			for _, request := range server.Requests() {
				if request.Status != 200 {
					t.Errorf("%s %s?%s was answered %d", request.Method, request.Path, request.Query, request.Status)
				}
			}
		})
	}
}

func TestSandboxCustomersOfNoPartner(t *testing.T) {
	t.Parallel()
	server, err := sandbox.New(partnerSeed(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if got := mustReadCustomers(t, mustClient(t, sandboxOptions(t, server)), seededTenant.ID); len(got.Tenants) != 0 {
		t.Errorf("got %+v", got)
	}
}

// A partner of 3,000 relationships is read in ten pages.
func TestSandboxManyCustomers(t *testing.T) {
	t.Parallel()
	seed := sandbox.Seed{Partner: sandbox.Partner{ID: "fc0e8fdc-338e-5699-a458-498c73d90f2d"}}
	for i := range 3000 {
		seed.Partner.Relationships = append(seed.Partner.Relationships, sandbox.Relationship{
			Name: fmt.Sprintf("R %d", i), Tenant: fmt.Sprintf("%08d-0000-4000-8000-000000000000", i/2), End: time.Date(2027, 1, 1+i, 0, 0, 0, 0, time.UTC)})
	}
	server, err := sandbox.New(seed, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	got := mustReadCustomers(t, mustClient(t, sandboxOptions(t, server)), seed.Partner.ID)
	pages := 0
	for _, request := range server.Requests() {
		if request.Path == relationshipsPath {
			pages++
		}
	}
	if len(got.Tenants) != 1500 || pages != 10 {
		t.Errorf("%d tenants of %d pages", len(got.Tenants), pages)
	}
}

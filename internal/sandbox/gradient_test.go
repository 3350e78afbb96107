// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func start(t *testing.T, seed sandbox.Seed, options sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.New(seed, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client trusts the sandbox's certificate only.
func client(t *testing.T, s *sandbox.Server) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// vendor calls the vendor API with a valid token.
type vendor struct {
	t      *testing.T
	s      *sandbox.Server
	client *http.Client
	token  string
}

func newVendor(t *testing.T, s *sandbox.Server) *vendor {
	v := &vendor{t: t, s: s, client: client(t, s)}
	v.signIn(s.Credentials())
	return v
}

func (v *vendor) signIn(creds sandbox.Credentials) {
	v.token = base64.StdEncoding.EncodeToString([]byte(creds.GradientVendorKey + ":" + creds.GradientPartnerKey))
}

func (v *vendor) request(method, path, body string) *http.Request {
	v.t.Helper()
	r, err := http.NewRequest(method, v.s.URL()+"/api/vendor-api"+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if v.token != "" {
		r.Header.Set("GRADIENT-TOKEN", v.token)
	}
	return r
}

func (v *vendor) send(r *http.Request) (int, string, http.Header) {
	v.t.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(body)), answer.Header
}

// want compares the status and the whole body of an answer.
func (v *vendor) want(method, path, body string, status int, want string) {
	v.t.Helper()
	gotStatus, got, header := v.send(v.request(method, path, body))
	if gotStatus != status || got != want {
		v.t.Errorf("%s %s %s: got %d %s\nwant %d %s", method, path, body, gotStatus, got, status, want)
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		v.t.Errorf("%s %s: content type %q", method, path, header.Get("Content-Type"))
	}
}

// wantStatus compares the status of an answer, and checks that the body contains part.
func (v *vendor) wantStatus(method, path, body string, status int, part string) {
	v.t.Helper()
	gotStatus, got, _ := v.send(v.request(method, path, body))
	if gotStatus != status || !strings.Contains(got, part) {
		v.t.Errorf("%s %s %s: got %d %s\nwant %d and %s", method, path, body, gotStatus, got, status, part)
	}
}

// get decodes a successful answer.
func (v *vendor) get(path string, target any) {
	v.t.Helper()
	status, body, _ := v.send(v.request("GET", path, ""))
	if status != http.StatusOK {
		v.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), target); err != nil {
		v.t.Fatal(err)
	}
}

// The ids of services are the same in every run.
const (
	firstService  = "64f002000000000000000001"
	secondService = "64f002000000000000000002"
)

const (
	integrationHead = `{"organizationId":"64f001000000000000000001","name":"Bluebird Managed Services",` +
		`"vendorId":"64f003000000000000000001","vendorName":"Microsoft 365 Licenses","integrationId":"64f004000000000000000001",`
	never    = `"lastSyncedAt":"1900-06-18T17:11:28.553Z"}`
	counted  = `{"status":201,"message":"Success - Created service unit count"}`
	notFound = `{"statusCode":404,"message":"Unknown account, or service is not mapped"}`
	badID    = `{"statusCode":400,"message":"You have provided an invalid Id type"}`
	taken    = `{"statusCode":409,"message":"A resource with this Id already exists."}`
)

func noMap(id string) string {
	return `{"statusCode":404,"message":"No account map found with id: ` + id + `"}`
}

func badRequest(problem string) string {
	return `{"statusCode":400,"message":["` + problem + `"],"error":"Bad Request"}`
}

// oneOfEach has a mapped, an unmapped and an excluded account, and a mapped and an unmapped service.
func oneOfEach() sandbox.Seed {
	return sandbox.Seed{
		Accounts: []sandbox.Account{
			{ID: "1", Name: "Sample Account", Mapped: "mapped"},
			{ID: "2", Name: "Unmapped Account"},
			{ID: "3", Name: "Excluded Account", Mapped: "excluded"},
		},
		Services: []sandbox.Service{
			{Name: "Mapped Service", Mapped: "mapped"},
			{Name: "Unmapped Service"},
		},
		PSA: sandbox.PSA{Accounts: []string{"Sample Account", "PSA Account"}, Products: []string{"PSA Product"}},
	}
}

func TestGradientVendorIsWrapped(t *testing.T) {
	t.Parallel()
	v := newVendor(t, start(t, sandbox.Seed{}, sandbox.Options{}))
	want := `{"status":200,"data":{"_id":"64f003000000000000000001","name":"Microsoft 365 Licenses",` +
		`"description":"Microsoft 365 Licenses is a custom made vendor","integrationType":"custom","isDistributor":false,` +
		`"externalIntegrationStatus":"notIntegrated","mappingResponsibilities":["accounts","services"],` +
		`"modules":[{"variation":"billing"}],"organizationId":"64f001000000000000000001","attributes":[],"skus":[],` +
		`"createdAt":"2026-06-06T13:55:04.681Z","updatedAt":"2026-06-06T13:55:04.681Z","__v":0,"id":"64f003000000000000000001"},` +
		`"message":"Success - Retrieved Vendor"}`
	v.want("GET", "", "", 200, want)
	v.want("GET", "/", "", 200, want)
}

func TestGradientServices(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	v := newVendor(t, s)
	sku := `{"_id":"` + firstService + `","name":"Visio Plan 2","description":"Seats","category":"productivity",` +
		`"subcategory":"other","supportContact":"desk@msp.example","id":"` + firstService + `"}`
	body := `{"name":"Visio Plan 2","description":"Seats","category":"productivity","subcategory":"other","supportContact":"desk@msp.example"}`

	status, got, _ := v.send(v.request("POST", "/service", body))
	if status != 201 || !strings.HasPrefix(got, `{"_id":"64f003000000000000000001"`) || !strings.Contains(got, `"skus":[`+sku+`]`) {
		t.Errorf("create a service: got %d %s, want 201 and the bare vendor", status, got)
	}
	v.wantStatus("POST", "/service", body, 201, `"id":"`+secondService+`"`) // two services may have one name

	want := []sandbox.Service{
		{ID: firstService, Name: "Visio Plan 2", Description: "Seats", Category: "productivity", Subcategory: "other", SupportContact: "desk@msp.example"},
		{ID: secondService, Name: "Visio Plan 2", Description: "Seats", Category: "productivity", Subcategory: "other", SupportContact: "desk@msp.example"},
	}
	if got := s.Services(); !slices.Equal(got, want) {
		t.Errorf("services: %v", got)
	}
}

func TestGradientIntegrationIsBareAndItsStatusWrapped(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	v := newVendor(t, s)
	v.want("GET", "/organization", "", 200, integrationHead+`"status":"inactive",`+never)
	for _, status := range []string{"pending", "active", "inactive"} {
		v.want("PATCH", "/organization/status/"+status, "", 200,
			`{"status":200,"data":`+integrationHead+`"status":"`+status+`",`+never+`,"message":"Success - Updated Integration Status"}`)
		if s.Status() != status {
			t.Errorf("status is %s, want %s", s.Status(), status)
		}
	}
	for _, status := range []string{"Pending", "disabled", "error", "ready"} {
		v.want("PATCH", "/organization/status/"+status, "", 400,
			badRequest("status must be one of the following values: inactive, active, pending"))
	}
	if s.Status() != "inactive" {
		t.Errorf("a refused status was stored: %s", s.Status())
	}
}

func TestGradientAccounts(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	v := newVendor(t, s)
	v.want("GET", "/organization/accounts", "", 200, `[]`)
	v.want("POST", "/organization/accounts", `[{"id":"1","name":"Sample Account"},{"id":"b","name":"B","description":"two"},{"id":"c","name":"C"}]`, 201,
		`[{"id":"1","name":"Sample Account","description":"","mappingId":""},{"id":"b","name":"B","description":"two","mappingId":""},`+
			`{"id":"c","name":"C","description":"","mappingId":""}]`)
	v.want("POST", "/organization/accounts", `[{"id":"d","name":"D"},{"id":"b","name":"B"}]`, 409, taken)
	v.want("POST", "/organization/accounts", `[{"id":"e","name":"E"},{"id":"e","name":"E"}]`, 409, taken)
	s.MapAccounts("b")

	v.want("GET", "/organization/accounts", "", 200, `[{"id":"1","name":"Sample Account","description":"","mappingId":"","isMapped":false},`+
		`{"id":"b","name":"B","description":"two","mappingId":"64f005000000000000000001","isMapped":true},`+
		`{"id":"c","name":"C","description":"","mappingId":"","isMapped":false}]`)
	v.want("GET", "/organization/accounts?page=2", "", 400, badRequest("query property page should not exist"))
}

func TestGradientUpdatesAccounts(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	v.want("PATCH", "/organization/accounts/1", `{"name":"New Name"}`, 200, `{"id":"1","name":"New Name","description":""}`)
	v.want("PATCH", "/organization/accounts/1", `{"description":"text"}`, 200, `{"id":"1","name":"New Name","description":"text"}`)
	v.want("PATCH", "/organization/accounts/9", `{"name":"x"}`, 404, `{"statusCode":404,"message":"No account found with id: 9"}`)
	v.want("POST", "/organization/accounts", `[{"id":"a /b","name":"B"}]`, 201, `[{"id":"a /b","name":"B","description":"","mappingId":""}]`)
	v.want("PATCH", "/organization/accounts/a%20%2Fb", `{}`, 200, `{"id":"a /b","name":"B","description":""}`)
}

func TestGradientCounts(t *testing.T) {
	t.Parallel()
	count := "/service/" + firstService + "/count"
	bad := badRequest("unitCount must be a number not less than 0")
	for name, test := range map[string]struct {
		path, body string
		status     int
		want       string
		stored     map[string]float64 // counts of the account afterwards
	}{
		"accepted":           {count, `{"accountId":"1","unitCount":7}`, 201, counted, map[string]float64{"Mapped Service": 7}},
		"zero":               {count, `{"accountId":"1","unitCount":0}`, 201, counted, map[string]float64{"Mapped Service": 0}},
		"decimal":            {count, `{"accountId":"1","unitCount":1.25}`, 201, counted, map[string]float64{"Mapped Service": 1.25}},
		"no_build true":      {count + "?no_build=true", `{"accountId":"1","unitCount":7}`, 201, counted, map[string]float64{"Mapped Service": 7}},
		"no_build false":     {count + "?no_build=false", `{"accountId":"1","unitCount":7}`, 201, counted, map[string]float64{"Mapped Service": 7}},
		"excluded account":   {count, `{"accountId":"3","unitCount":7}`, 201, counted, map[string]float64{"Mapped Service": 7}},
		"unmapped account":   {count, `{"accountId":"2","unitCount":7}`, 404, noMap("2"), nil},
		"unknown account":    {count, `{"accountId":"9","unitCount":7}`, 404, noMap("9"), nil},
		"unmapped service":   {"/service/" + secondService + "/count", `{"accountId":"1","unitCount":7}`, 404, notFound, nil},
		"unknown service":    {"/service/64f0020000000000000000ff/count", `{"accountId":"1","unitCount":7}`, 404, notFound, nil},
		"service by name":    {"/service/Mapped%20Service/count", `{"accountId":"1","unitCount":7}`, 400, badID, nil},
		"negative":           {count, `{"accountId":"1","unitCount":-1}`, 400, bad, nil},
		"null":               {count, `{"accountId":"1","unitCount":null}`, 400, bad, nil},
		"text":               {count, `{"accountId":"1","unitCount":"7"}`, 400, bad, nil},
		"none":               {count, `{"accountId":"1"}`, 400, bad, nil},
		"no account":         {count, `{"unitCount":7}`, 400, badRequest("accountId must be a string"), nil},
		"account is number":  {count, `{"accountId":1,"unitCount":7}`, 400, badRequest("accountId must be a string"), nil},
		"period":             {count, `{"accountId":"1","unitCount":7,"date":"2026-11-01"}`, 400, badRequest("property date should not exist"), nil},
		"batch":              {count, `[{"accountId":"1","unitCount":7}]`, 400, badRequest("the body must be an object"), nil},
		"other no_build":     {count + "?no_build=1", `{"accountId":"1","unitCount":7}`, 400, badRequest("no_build must be one of the following values: false, true"), nil},
		"two no_build":       {count + "?no_build=true&no_build=true", `{"accountId":"1","unitCount":7}`, 400, badRequest("no_build must be one of the following values: false, true"), nil},
		"unknown query":      {count + "?noBuild=true", `{"accountId":"1","unitCount":7}`, 400, badRequest("query property noBuild should not exist"), nil},
		"both halves absent": {count, ``, 400, badRequest("Content-Type must be application/json"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, oneOfEach(), sandbox.Options{})
			v := newVendor(t, s)
			v.want("POST", test.path, test.body, test.status, test.want)
			var stored map[string]float64
			for _, counts := range s.UnitCounts() {
				stored = counts
			}
			if !maps.Equal(stored, test.stored) {
				t.Errorf("stored %v, want %v", stored, test.stored)
			}
			wantStatus := "inactive"
			if test.status == 201 {
				wantStatus = "active"
			}
			if s.Status() != wantStatus {
				t.Errorf("the integration is %s, want %s", s.Status(), wantStatus)
			}
		})
	}
}

func TestGradientCountMovesLastSynced(t *testing.T) {
	t.Parallel()
	v := newVendor(t, start(t, oneOfEach(), sandbox.Options{}))
	before := time.Now().Add(-time.Second)
	v.want("POST", "/service/"+firstService+"/count?no_build=true", `{"accountId":"1","unitCount":1}`, 201, counted)
	var integration struct{ LastSyncedAt time.Time }
	v.get("/organization", &integration)
	if integration.LastSyncedAt.Before(before) {
		t.Errorf("last synced at %v", integration.LastSyncedAt)
	}
}

func TestGradientCountsWithoutNoBuildRebuildTheBillingView(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	s.MapAccounts("2")
	v := newVendor(t, s)
	wantView := func(rebuilds int, want map[string]float64) {
		t.Helper()
		got := map[string]float64{}
		for account, counts := range s.BillingView() {
			got[account] = counts["Mapped Service"]
		}
		if s.Rebuilds() != rebuilds || !maps.Equal(got, want) {
			t.Errorf("after %d rebuilds: %v; want %d and %v", s.Rebuilds(), got, rebuilds, want)
		}
	}
	count := func(query, account string, status int) {
		t.Helper()
		v.wantStatus("POST", "/service/"+firstService+"/count"+query, `{"accountId":"`+account+`","unitCount":5}`, status, "")
	}
	count("?no_build=true", "1", 201)
	wantView(0, map[string]float64{})
	count("", "9", 404) // refused: no rebuild
	wantView(0, map[string]float64{})
	count("", "3", 201) // excluded: rebuilds the view, but is not in it
	wantView(1, map[string]float64{"1": 5})
	count("?no_build=true", "2", 201)
	wantView(1, map[string]float64{"1": 5})
	count("?no_build=false", "1", 201)
	wantView(2, map[string]float64{"1": 5, "2": 5})
	s.UnmapAccounts("1")
	wantView(2, map[string]float64{"2": 5})
	s.ExcludeServices("Mapped Service")
	wantView(2, map[string]float64{})
}

func TestGradientTokens(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	creds := s.Credentials()
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	unauthorized := `{"statusCode":401,"message":"Unauthorized"}`
	v := newVendor(t, s)
	good := v.token
	for name, token := range map[string]string{
		"none":          "",
		"scheme":        "Basic " + good,
		"partner first": encode(creds.GradientPartnerKey + ":" + creds.GradientVendorKey),
		"no colon":      encode(creds.GradientVendorKey + creds.GradientPartnerKey),
		"newline":       encode(creds.GradientVendorKey + ":" + creds.GradientPartnerKey + "\n"),
		"not encoded":   creds.GradientVendorKey + ":" + creds.GradientPartnerKey,
		"no partner":    encode(creds.GradientVendorKey + ":"),
	} {
		v.token = token
		v.want("GET", "/organization", "", 401, unauthorized)
		if t.Failed() {
			t.Fatalf("with token %q", name)
		}
	}
	v.token = encode("other:" + creds.GradientPartnerKey)
	v.want("GET", "/organization", "", 404, `{"statusCode":404,"message":"Vendor Profile Not Found"}`)
	v.want("GET", "", "", 404, `{"statusCode":404,"message":"Vendor Profile Not Found"}`)
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":1}`, 401, unauthorized)

	v.token = good
	s.RegenerateKey()
	v.want("GET", "/organization", "", 401, unauthorized)
	v.signIn(s.Credentials())
	v.wantStatus("GET", "/organization", "", 200, "")
}

func TestGradientUnknownRoutesNeedNoToken(t *testing.T) {
	t.Parallel()
	v := newVendor(t, start(t, oneOfEach(), sandbox.Options{}))
	v.token = ""
	for _, route := range []string{
		"DELETE /organization/accounts/1", "PUT /organization", "GET /service", "PATCH /service/" + firstService,
		"GET /service/" + firstService + "/count", "POST /organization/accounts/1", "GET /organization/accounts/",
		"PATCH /organization/status", "DELETE ", "DELETE /",
	} {
		method, path, _ := strings.Cut(route, " ")
		v.want(method, path, "", 404, `{"statusCode":404,"message":"Cannot `+method+` /api/vendor-api`+path+`","error":"Not Found"}`)
	}
}

func TestGradientDocumentedButNotSimulated(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	accounts := s.Accounts()
	for _, test := range []struct{ method, path, body, what, section string }{
		{"PATCH", "", `{"name":"n"}`, "PATCH /api/vendor-api", "gradient.md §3.2"},
		{"GET", "/service/" + firstService, "", "GET /api/vendor-api/service/" + firstService, "gradient.md §3.4"},
		{"POST", "/service/" + firstService + "/count", `{"clientOId":"64f0","unitCount":7}`, "the property clientOId", "gradient.md §3.6"},
		{"GET", "/organization/accounts?accountIds=a", "", "the query parameter accountIds", "gradient.md §3.9"},
		{"GET", "/organization/accounts?accountIds[]=1", "", "the query parameter accountIds[]", "gradient.md §3.9"},
		{"POST", "/organization/accounts", `[{"id":"7","name":"n","isArrears":true}]`, "the property isArrears", "gradient.md §3.10"},
		{"PATCH", "/organization/accounts/1", `{"isActive":false}`, "the property isActive", "gradient.md §3.11"},
		{"PATCH", "/organization/accounts/1", `{"id":"2"}`, "the property id", "gradient.md §3.11"},
		{"PATCH", "/organization/accounts", `[]`, "PATCH /api/vendor-api/organization/accounts", "gradient.md §3.12"},
		{"GET", "/organization/services", "", "GET /api/vendor-api/organization/services", "gradient.md §3.13"},
		{"POST", "/organization/services", `[]`, "POST /api/vendor-api/organization/services", "gradient.md §3.14"},
		{"GET", "/organization/clients", "", "GET /api/vendor-api/organization/clients", "gradient.md §3.17"},
		{"POST", "/alerting/1", `{}`, "POST /api/vendor-api/alerting/1", "gradient.md §3.18"},
		{"GET", "/alerting/debug/1", "", "GET /api/vendor-api/alerting/debug/1", "gradient.md §3.19"},
	} {
		v.want(test.method, test.path, test.body, 501, `{"contract":"`+test.section+`","message":"`+test.what+` is not simulated by this sandbox"}`)
	}
	if got := s.Accounts(); !slices.Equal(got, accounts) {
		t.Errorf("accounts %v", got)
	}
}

func TestGradientRefusesUndocumentedInput(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	service := func(change string) string {
		body := `{"name":"n","description":"d","category":"productivity","subcategory":"other"}`
		old, replacement, _ := strings.Cut(change, "=>")
		return strings.Replace(body, old, replacement, 1)
	}
	accountsBefore, servicesBefore := s.Accounts(), s.Services()
	for _, test := range []struct{ method, path, body, problem string }{
		{"POST", "/service", service(`"category":"productivity"=>"category":"Productivity"`), "category must be one of the following values: security, "},
		{"POST", "/service", service(`"other"=>"Other"`), "subcategory must be one of the following values: "},
		{"POST", "/service", service(`"description":"d",=>`), "description must be a string"},
		{"POST", "/service", service(`"name":"n"=>"name":""`), "name should not be empty"},
		{"POST", "/service", service(`"name":"n"=>"name":"n","id":"x"`), "property id should not exist"},
		{"POST", "/service", service(`}=>,"supportArticle":null}`), "supportArticle must be a string"},
		{"POST", "/service", "[" + service("") + "]", "the body must be an object"},
		{"POST", "/service", service(`}=>`), "unexpected end of JSON input"},
		{"POST", "/organization/accounts", `[{"id":7,"name":"n"}]`, "0.id must be a string"},
		{"POST", "/organization/accounts", `[{"id":"7","name":"n"},{"id":"8"}]`, "1.name must be a string"},
		{"POST", "/organization/accounts", `[{"id":"7","name":"n","isMapped":true}]`, "property 0.isMapped should not exist"},
		{"POST", "/organization/accounts", `[]`, "the body must be an array of objects that is not empty"},
		{"POST", "/organization/accounts", `null`, "the body must be an object"},
		{"POST", "/organization/accounts", `["7"]`, "the body must be an array of objects"},
		{"PATCH", "/organization/accounts/1", `{"mapped":true}`, "property mapped should not exist"},
		{"PATCH", "/organization/accounts/1", `[{"name":"n"}]`, "the body must be an object"},
		{"PATCH", "/organization/status/active", `{}`, "this route takes no body"},
		{"GET", "/organization?full=true", ``, "query property full should not exist"},
		{"GET", "/organization", `{}`, "this route takes no body"},
	} {
		v.wantStatus(test.method, test.path, test.body, 400, test.problem)
	}
	r := v.request("POST", "/service", service(""))
	r.Header.Set("Content-Type", "text/plain")
	if status, _, _ := v.send(r); status != 400 {
		t.Errorf("text/plain: got %d, want 400", status)
	}
	if !slices.Equal(s.Accounts(), accountsBefore) || !slices.Equal(s.Services(), servicesBefore) || s.Status() != "inactive" {
		t.Errorf("a refused request was carried out: %v %v %s", s.Accounts(), s.Services(), s.Status())
	}
}

func TestGradientRateLimit(t *testing.T) {
	t.Parallel()
	limited := `{"statusCode":429,"message":"Request limit reached (100 requests a second)"}`
	for value, header := range map[string]string{"none": "", "1s": "1"} {
		s := start(t, oneOfEach(), sandbox.Options{RateLimit: 2, Switches: map[string]string{"gradient-retry-after": value}})
		v := newVendor(t, s)
		// The third request must be refused if all are within a second. Try again on a machine that stalls.
		for {
			s.ClearRequests()
			v.send(v.request("GET", "/organization", ""))
			v.send(v.request("GET", "/organization", ""))
			status, body, got := v.send(v.request("POST", "/service", `{"name":"n"}`))
			requests := s.Requests()
			if status != 429 && requests[2].At.Sub(requests[0].At) > time.Second/2 {
				continue
			}
			if status != 429 || body != limited || got.Get("Retry-After") != header {
				t.Errorf("third request: %d %s, Retry-After %q; want 429, %q", status, body, got.Get("Retry-After"), header)
			}
			break
		}
		v.token = "another"
		v.wantStatus("GET", "/organization", "", 401, "")
	}
}

func TestGradientMapping(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	states := func() string {
		var texts []string
		for _, account := range s.Accounts() {
			texts = append(texts, account.ID+"="+account.Mapped)
		}
		for _, service := range s.Services() {
			texts = append(texts, service.Name+"="+service.Mapped)
		}
		return strings.Join(texts, " ")
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "1=mapped 2= 3=excluded Mapped Service=mapped Unmapped Service="},
		{func() { s.UnmapAccounts("1", "3"); s.UnmapServices() }, "1= 2= 3= Mapped Service= Unmapped Service="},
		{func() { s.AutoMatch() }, "1=mapped 2= 3= Mapped Service= Unmapped Service="},
		{func() { s.MapAccounts(); s.MapServices("Unmapped Service") }, "1=mapped 2=mapped 3=mapped Mapped Service= Unmapped Service=mapped"},
		{func() { s.ExcludeAccounts("1"); s.ExcludeServices() }, "1=excluded 2=mapped 3=mapped Mapped Service=excluded Unmapped Service=excluded"},
		{func() { s.AutoMatch() }, "1=excluded 2=mapped 3=mapped Mapped Service=excluded Unmapped Service=excluded"},
		{func() { s.Disconnect() }, "Mapped Service= Unmapped Service="},
	} {
		step.do()
		if got := states(); got != step.want {
			t.Fatalf("got %s\nwant %s", got, step.want)
		}
	}
}

func TestGradientMappingOfUnknownNamesPanics(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	for want, click := range map[string]func(){
		`sandbox: no account has the id "9"`:      func() { s.MapAccounts("1", "9") },
		`sandbox: no service is named "Nothing"`:  func() { s.UnmapServices("Nothing") },
		`sandbox: no service is named "nothing"`:  func() { s.ExcludeServices("nothing") },
		`sandbox: no account has the id "Sample"`: func() { s.ExcludeAccounts("Sample") },
	} {
		func() {
			defer func() {
				if got := recover(); got == nil || got.(error).Error() != want {
					t.Errorf("panics with %v, want %s", got, want)
				}
			}()
			click()
		}()
	}
}

func TestGradientDisconnectAndReconnect(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":1}`, 201, counted)
	s.Disconnect()
	v.wantStatus("GET", "/organization", "", 401, "")
	if len(s.Accounts()) != 0 || len(s.UnitCounts()) != 0 || len(s.Services()) != 2 || s.Status() != "inactive" {
		t.Errorf("after the disconnection: %v %v %v %s", s.Accounts(), s.UnitCounts(), s.Services(), s.Status())
	}
	s.RegenerateKey()
	v.signIn(s.Credentials())
	v.wantStatus("GET", "/organization", "", 401, "") // a new key does not reconnect
	s.Reconnect()
	v.wantStatus("GET", "/organization", "", 401, "")
	v.signIn(s.Credentials())
	v.wantStatus("GET", "/organization", "", 200, `"integrationId":"64f004000000000000000002","status":"inactive",`+never)
	v.want("GET", "/organization/accounts", "", 200, `[]`)
	v.wantStatus("GET", "", "", 200, `"id":"`+firstService+`"`)
}

func TestGradientSwitches(t *testing.T) {
	t.Parallel()
	type call struct {
		method, path, body string
		status             int
		part               string
	}
	count := "/service/" + firstService + "/count"
	one := func(units string) string { return `{"accountId":"1","unitCount":` + units + `}` }
	for _, test := range []struct {
		name, value string
		calls       []call
	}{
		{"gradient-account-shape", "2023", []call{
			{"GET", "/organization/accounts", "", 200, `[{"id":"1","name":"Sample Account","description":""},`}}},
		{"gradient-account-shape", "dynamic", []call{
			{"GET", "/organization/accounts", "", 200, `[{"id":"1","name":"Sample Account","description":"","isMapped":true},`}}},
		{"gradient-accounts-post-status", "200", []call{{"POST", "/organization/accounts", `[{"id":"a","name":"A"}]`, 200, `"id":"a"`}}},
		{"gradient-auto-match-new", "yes", []call{
			{"POST", "/organization/accounts", `[{"id":"a","name":"PSA Account"},{"id":"b","name":"psa account"}]`, 201, ""},
			{"GET", "/organization/accounts", "", 200, `{"id":"a","name":"PSA Account","description":"","mappingId":"64f005000000000000000004","isMapped":true}`},
			{"GET", "/organization/accounts", "", 200, `{"id":"b","name":"psa account","description":"","mappingId":"","isMapped":false}`},
			{"POST", "/service", `{"name":"PSA Product","description":"d","category":"other","subcategory":"other"}`, 201, ""},
			{"POST", "/service/64f002000000000000000003/count", one("1"), 201, ""}}},
		{"gradient-auto-match-new", "no", []call{
			{"POST", "/organization/accounts", `[{"id":"a","name":"PSA Account"}]`, 201, ""},
			{"GET", "/organization/accounts", "", 200, `{"id":"a","name":"PSA Account","description":"","mappingId":"","isMapped":false}`},
			{"POST", "/service", `{"name":"PSA Product","description":"d","category":"other","subcategory":"other"}`, 201, ""},
			{"POST", "/service/64f002000000000000000003/count", one("1"), 404, ""}}},
		{"gradient-count-while-inactive", "refuse", []call{
			{"POST", count, one("1"), 400, "Integration is inactive"},
			{"PATCH", "/organization/status/pending", "", 200, ""},
			{"POST", count, one("1"), 201, ""}}},
		{"gradient-duplicate-accounts", "partial", []call{
			{"POST", "/organization/accounts", `[{"id":"1","name":"Other"},{"id":"a","name":"A"}]`, 409, "already exists"},
			{"GET", "/organization/accounts", "", 200, `"id":"a"`},
			{"GET", "/organization/accounts", "", 200, `"Sample Account"`}}},
		{"gradient-duplicate-accounts", "upsert", []call{
			{"POST", "/organization/accounts", `[{"id":"1","name":"Other"},{"id":"a","name":"A"}]`, 201, `"id":"a"`},
			{"GET", "/organization/accounts", "", 200, `{"id":"1","name":"Other",`}}},
		{"gradient-duplicate-service", "409", []call{
			{"POST", "/service", `{"name":"Mapped Service","description":"d","category":"other","subcategory":"other"}`, 409, ""}}},
		{"gradient-excluded-count", "404", []call{{"POST", count, `{"accountId":"3","unitCount":1}`, 404, "id: 3"}}},
		{"gradient-excluded-is-mapped", "no", []call{{"GET", "/organization/accounts", "", 200, `{"id":"3","name":"Excluded Account","description":"","mappingId":"","isMapped":false}`}}},
		{"gradient-excluded-is-mapped", "yes", []call{{"GET", "/organization/accounts", "", 200, `{"id":"3","name":"Excluded Account","description":"","mappingId":"64f005000000000000000003","isMapped":true}`}}},
		{"gradient-first-count", "manual", []call{
			{"POST", count, one("1"), 201, ""},
			{"GET", "/organization", "", 200, `"status":"inactive"`}}},
		{"gradient-last-synced", "rebuild", []call{
			{"POST", count + "?no_build=true", one("1"), 201, ""},
			{"GET", "/organization", "", 200, never},
			{"POST", count, one("1"), 201, ""},
			{"GET", "/organization", "", 200, `"lastSyncedAt":"20`}}},
		{"gradient-never-synced", "null", []call{{"GET", "/organization", "", 200, `"lastSyncedAt":null}`}}},
		{"gradient-rename-matches", "yes", []call{
			{"PATCH", "/organization/accounts/2", `{"name":"PSA Account"}`, 200, ""},
			{"GET", "/organization/accounts", "", 200, `{"id":"2","name":"PSA Account","description":"","mappingId":"64f005000000000000000004","isMapped":true}`}}},
		{"gradient-rename-matches", "no", []call{
			{"PATCH", "/organization/accounts/2", `{"name":"PSA Account"}`, 200, ""},
			{"GET", "/organization/accounts", "", 200, `{"id":"2","name":"PSA Account","description":"","mappingId":"","isMapped":false}`}}},
		{"gradient-service-id-check", "off", []call{
			{"POST", "/service/visio/count", one("1"), 404, "service is not mapped"}}},
		{"gradient-unmapped-service-message", "account-map", []call{{"POST", "/service/" + secondService + "/count", one("1"), 404, noMap("1")}}},
		{"gradient-validation-message", "string", []call{
			{"POST", count, one("-1"), 400, `{"statusCode":400,"message":"unitCount must be a number not less than 0","error":"Bad Request"}`}}},
		{"gradient-zero-count", "refuse", []call{{"POST", count, one("0"), 400, "positive"}, {"POST", count, one("1"), 201, ""}}},
	} {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			t.Parallel()
			s := start(t, oneOfEach(), sandbox.Options{Switches: map[string]string{test.name: test.value}})
			v := newVendor(t, s)
			for _, c := range test.calls {
				v.wantStatus(c.method, c.path, c.body, c.status, c.part)
			}
		})
	}
}

func TestGradientNoBuildImmediate(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{Switches: map[string]string{"gradient-no-build": "immediate"}})
	newVendor(t, s).want("POST", "/service/"+firstService+"/count?no_build=true", `{"accountId":"1","unitCount":3}`, 201, counted)
	if s.BillingView()["1"]["Mapped Service"] != 3 || s.Rebuilds() != 0 {
		t.Errorf("%v after %d rebuilds", s.BillingView(), s.Rebuilds())
	}
}

func TestGradientUnmappedCounts(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"keep": 1, "drop": 0} {
		s := start(t, oneOfEach(), sandbox.Options{Switches: map[string]string{"gradient-unmapped-counts": value}})
		v := newVendor(t, s)
		for _, unmap := range []func(){func() { s.UnmapAccounts("1") }, func() { s.UnmapServices("Mapped Service") }} {
			s.MapAccounts("1")
			s.MapServices("Mapped Service")
			v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":3}`, 201, counted)
			unmap()
			if got := len(s.UnitCounts()["1"]); got != want {
				t.Errorf("%s: %d counts are left, want %d", value, got, want)
			}
		}
	}
}

func TestGradientIsMappedIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{Switches: map[string]string{"gradient-is-mapped": "false"}})
	v := newVendor(t, s)
	status, body, _ := v.send(v.request("GET", "/organization/accounts", ""))
	if status != 200 || strings.Contains(body, `"isMapped":true`) {
		t.Errorf("%d %s", status, body)
	}
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":3}`, 201, counted)
}

// What is behind a name changes by a control route, as support or another tool does it.
func TestControlReplaceAndDuplicate(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":3}`, 201, counted)
	_, before, _ := v.send(v.request("GET", "/organization/accounts", ""))
	control(t, s, "POST", "/replace", `{"accounts":["1"]}`, 200)
	if _, after, _ := v.send(v.request("GET", "/organization/accounts", "")); after == before || len(s.UnitCounts()["1"]) != 0 {
		t.Errorf("the account is still %s with %v", after, s.UnitCounts())
	}
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":3}`, 201, counted)
	control(t, s, "POST", "/replace", `{"services":["Mapped Service"]}`, 200)
	if s.Services()[0].ID == firstService || len(s.UnitCounts()["1"]) != 0 {
		t.Errorf("the service is still %+v with %v", s.Services()[0], s.UnitCounts())
	}
	held := s.Services()[0].ID
	control(t, s, "POST", "/duplicate", `{"services":["Mapped Service"]}`, 200)
	if got := s.Services(); got[0].Name != "Mapped Service" || got[0].ID == held || got[1].ID != held {
		t.Errorf("the services are %+v", got)
	}
	control(t, s, "POST", "/last-synced", `{"at":"2030-01-02T03:04:05Z"}`, 200)
	if _, body, _ := v.send(v.request("GET", "/organization", "")); !strings.Contains(body, "2030-01-02T03:04:05.000Z") {
		t.Errorf("the integration is %s", body)
	}
	control(t, s, "POST", "/last-synced", `{"at":"yesterday"}`, 400)
}

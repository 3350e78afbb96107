// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

var keys = psa.Credentials{
	ConnectWiseCompany: "acme", ConnectWisePublicKey: "public", ConnectWisePrivateKey: "private", ConnectWiseClientID: "client",
	AutotaskUsername: "user@acme.example", AutotaskSecret: "secret", AutotaskIntegrationCode: "code",
	HaloTenant: "acme", HaloClientID: "id", HaloClientSecret: "secret",
}

// today is the day of all tests.
var today = time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)

// office has an agreement of every kind that a PSA tells apart.
func office() psa.Customer {
	return psa.Customer{ID: 7, Identifier: "ACME", Name: "Acme & Sons", Agreements: []psa.Agreement{
		{Name: "Office", Starts: "2026-01-15", Lines: []psa.Line{
			{Product: "Premium", Quantity: 12, Included: 2},
			{Product: "Premium", Quantity: 5, Ends: "2026-10-31", Bill: "NoCharge"},
			{Product: "Backup", Quantity: 4, Calculated: 1},
		}},
		{Name: "Old", Starts: "2024-01-01", Ends: "2026-06-30", Cancelled: true, Lines: []psa.Line{{Product: "Premium", Quantity: 9}}},
		{Name: "Bundles", Starts: "2026-11-10", BilledTo: 8, Lines: []psa.Line{{Product: "Desk", Quantity: 3, Bundled: true}, {Text: true, Product: "Note"}}},
	}}
}

// client calls a PSA.
type client struct {
	t    *testing.T
	psa  *psa.PSA
	url  string
	head map[string]string
}

type setup struct {
	switches  map[string]string
	limit     int
	customers []psa.Customer
}

// start serves one of the PSAs. The head is that of its sign-in.
func start(t *testing.T, name string, with setup) *client {
	t.Helper()
	defaults := map[string]string{
		"connectwise-wrong-key": "404", "connectwise-cancelled-day": "billed", "connectwise-approval": "patch", "connectwise-effective": "at-once",
		"connectwise-product-condition": "works", "connectwise-limit": "none", "connectwise-unset-dates": "absent", "autotask-unknown-user": "500",
		"autotask-future-units": "given", "autotask-price": "extended", "autotask-refusal": "429", "autotask-hidden-contracts": "none",
		"halo-list-lines": "all-fields", "halo-calculated-quantity": "zero", "halo-page-size": "1000",
	}
	if with.customers == nil {
		with.customers = []psa.Customer{office(), {ID: 8, Identifier: "PAYER", Name: "Payer"}}
	}
	made, err := psa.New([]psa.Product{{Name: "Premium", Identifier: "M365-BP"}}, with.customers, psa.Options{
		Credentials: keys, Now: func() time.Time { return today }, Remember: func(string) {}, AutotaskLimit: with.limit,
		Switch: func(name string) string {
			if value, chosen := with.switches[name]; chosen {
				return value
			}
			return defaults[name]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := map[string]http.Handler{
		psa.ConnectWise: made.ConnectWiseHandler(), psa.Autotask: made.AutotaskHandler(), psa.HaloPSA: made.HaloHandler()}[name]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer made.Hold(r)()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := &client{t, made, server.URL, map[string]string{}}
	switch name {
	case psa.ConnectWise:
		c.head["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte("acme+public:private"))
		c.head["clientId"] = "client"
	case psa.Autotask:
		c.head = map[string]string{"UserName": "user@acme.example", "Secret": "secret", "ApiIntegrationCode": "code", "Content-Type": "application/json"}
	case psa.HaloPSA:
		c.head["Content-Type"] = "application/x-www-form-urlencoded"
		_, _, body := c.call("POST", "/auth/token?tenant=acme", "grant_type=client_credentials&client_id=id&client_secret=secret&scope=all")
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(body), &token); err != nil || token.AccessToken == "" {
			t.Fatalf("sign-in: %s", body)
		}
		c.head = map[string]string{"Authorization": "Bearer " + token.AccessToken}
	}
	return c
}

func (c *client) call(method, path, body string) (int, http.Header, string) {
	c.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = c.url + path
	}
	request, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range c.head {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// want calls and compares the status and a part of the answer. A part that begins with "!" must be missing.
func (c *client) want(method, path, body string, status int, parts ...string) string {
	c.t.Helper()
	got, _, text := c.call(method, path, body)
	if got != status {
		c.t.Errorf("%s %s: %d, want %d: %s", method, path, got, status, text)
	}
	for _, part := range parts {
		if missing, is := strings.CutPrefix(part, "!"); is == strings.Contains(text, strings.TrimPrefix(part, "!")) {
			c.t.Errorf("%s %s: %s\nmust %s %s", method, path, text, map[bool]string{true: "not have", false: "have"}[is], missing)
		}
	}
	return text
}

const connectwise = "/v4_6_release/apis/3.0"

func TestConnectWiseAgreementsAndAdditions(t *testing.T) {
	t.Parallel()
	c := start(t, psa.ConnectWise, setup{})
	c.want("GET", "/login/companyinfo/acme", "", 200, `"Codebase":"v4_6_release"`)
	c.want("GET", connectwise+"/system/info", "", 200, `"version"`)
	agreements := c.want("GET", connectwise+"/finance/agreements", "", 200, `"company":{"id":7,"identifier":"ACME","name":"Acme \u0026 Sons"}`,
		`"agreementStatus":"Cancelled"`, `"billToCompany":{"id":8`, `"cancelledFlag":true,"company"`)
	if !strings.Contains(agreements, `"id":1`) {
		t.Errorf("ids: %s", agreements)
	}
	c.want("GET", connectwise+"/finance/agreements?conditions="+url.QueryEscape("cancelledFlag = False and company/id = 7"), "", 200, "Office", "!Old")
	c.want("GET", connectwise+"/finance/agreements?conditions="+url.QueryEscape(`name in ("Old",'Bundles') and startDate < [2026-01-01T00:00:00Z]`), "", 200, "Old", "!Bundles")
	c.want("GET", connectwise+"/finance/agreements?conditions="+url.QueryEscape("nothing = 1"), "", 400, "InvalidObject")
	c.want("GET", connectwise+"/finance/agreements?conditions="+url.QueryEscape("id = 1 or id = 2"), "", 400)
	c.want("GET", connectwise+"/finance/agreements/1/additions?fields="+url.QueryEscape("id,quantity,product/identifier"), "", 200,
		`{"id":200,"product":{"identifier":"M365-BP"},"quantity":12}`)
	c.want("GET", connectwise+"/finance/agreements/1/additions", "", 200, `"billedQuantity":10`, `"lessIncluded":2`, `"billCustomer":"NoCharge"`,
		`"cancelledDate":"2026-10-31T00:00:00Z"`, `"effectiveDate":"2026-01-15T00:00:00Z"`, `!"cancelledDate":""`)
	c.want("GET", connectwise+"/finance/agreements/1/additions/count", "", 200, `{"count":3}`)
	c.want("GET", connectwise+"/finance/agreements/99/additions", "", 404)
	c.want("GET", connectwise+"/procurement/catalog?pageSize=1", "", 200, `"identifier":"M365-BP"`)
	c.want("GET", connectwise+"/system/reports/Addition", "", 501)
}

func TestConnectWisePages(t *testing.T) {
	t.Parallel()
	var customers []psa.Customer
	for i := range 5 {
		customers = append(customers, psa.Customer{ID: i + 1, Name: fmt.Sprint("C", i), Agreements: []psa.Agreement{{Name: fmt.Sprint("A", i), Starts: "2026-01-01"}}})
	}
	c := start(t, psa.ConnectWise, setup{customers: customers})
	for _, forward := range []bool{true, false} {
		if forward {
			c.head["pagination-type"] = "forward-only"
		} else {
			delete(c.head, "pagination-type")
		}
		next, names, pages := connectwise+"/finance/agreements?pageSize=2&fields=name", "", 0
		for ; next != ""; pages++ {
			_, header, body := c.call("GET", next, "")
			names += body
			next = ""
			for _, link := range strings.Split(header.Get("Link"), ", ") {
				if strings.HasSuffix(link, `rel="next"`) {
					next = link[1:strings.Index(link, ">")]
				}
			}
			if next != "" && strings.Contains(next, "pageId=") != forward {
				t.Errorf("forward-only %v: %s", forward, next)
			}
		}
		if want := `[{"name":"A0"},{"name":"A1"}][{"name":"A2"},{"name":"A3"}][{"name":"A4"}]`; names != want || pages != 3 {
			t.Errorf("forward-only %v: %d pages: %s", forward, pages, names)
		}
	}
	c.want("GET", connectwise+"/finance/agreements?pageSize=1001", "", 400)
	c.want("GET", connectwise+"/finance/agreements?orderBy=name", "", 400)
}

func TestConnectWiseRefusesKeysAndWrites(t *testing.T) {
	t.Parallel()
	for value, status := range map[string]int{"404": 404, "401": 401} {
		c := start(t, psa.ConnectWise, setup{switches: map[string]string{"connectwise-wrong-key": value}})
		for _, method := range []string{"POST", "PATCH", "DELETE"} {
			c.want(method, connectwise+"/finance/agreements/1/additions", "{}", 405)
		}
		if got := fmt.Sprint(c.psa.Violations()); got != "[POST "+connectwise+"/finance/agreements/1/additions PATCH "+connectwise+
			"/finance/agreements/1/additions DELETE "+connectwise+"/finance/agreements/1/additions]" {
			t.Errorf("violations: %s", got)
		}
		delete(c.head, "clientId")
		c.want("GET", connectwise+"/system/info", "", 401, "clientId")
		c.head["Authorization"] = "Basic x"
		c.want("GET", connectwise+"/system/info", "", status)
	}
}

func TestConnectWiseSwitches(t *testing.T) {
	t.Parallel()
	additions := connectwise + "/finance/agreements/1/additions"
	c := start(t, psa.ConnectWise, setup{switches: map[string]string{
		"connectwise-cancelled-day": "not-billed", "connectwise-unset-dates": "empty", "connectwise-product-condition": "refused"}})
	c.want("GET", additions, "", 200, `"cancelledDate":"2026-11-01T00:00:00Z"`, `"cancelledDate":""`)
	c.want("GET", additions+"?conditions="+url.QueryEscape("product/id = 700"), "", 400)
	c = start(t, psa.ConnectWise, setup{switches: map[string]string{"connectwise-limit": "60-a-minute"}})
	c.want("GET", additions+"?conditions="+url.QueryEscape("product/id = 700"), "", 200, "M365-BP", "!Backup")
	for range 59 {
		c.want("GET", connectwise+"/system/info", "", 200)
	}
	if status, header, _ := c.call("GET", additions, ""); status != 429 || header.Get("Retry-After") != "60" {
		t.Errorf("the 61st request: %d %s", status, header.Get("Retry-After"))
	}
}

func TestApprovalChangesConnectWise(t *testing.T) {
	t.Parallel()
	additions := connectwise + "/finance/agreements/1/additions"
	approve := func(effective string, switches map[string]string) *client {
		c := start(t, psa.ConnectWise, setup{switches: switches})
		if err := c.psa.Approve(7, "Premium", 15, effective); err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := approve("", nil)
	c.want("GET", additions, "", 200, `"quantity":15`, `!"quantity":12`)
	c = approve("", map[string]string{"connectwise-effective": "next-month"})
	c.want("GET", additions, "", 200, `"quantity":12`, `!"quantity":15`)
	c = approve("next-month", map[string]string{"connectwise-approval": "cancel-and-add"})
	c.want("GET", additions, "", 200, `"cancelledDate":"2026-11-30T00:00:00Z"`, `"effectiveDate":"2026-12-01T00:00:00Z"`, `"quantity":12`, `"quantity":15`)
	c = approve("", map[string]string{"connectwise-approval": "cancel-and-add", "connectwise-cancelled-day": "not-billed"})
	c.want("GET", additions, "", 200, `"cancelledDate":"2026-11-28T00:00:00Z"`, `"effectiveDate":"2026-11-28T00:00:00Z"`)
	if err := c.psa.Approve(7, "Basic", 1, ""); err == nil || !strings.Contains(err.Error(), "no card to approve") {
		t.Errorf("a card that does not exist: %v", err)
	}
	for day, want := range map[psa.Date]string{
		"2026-10-31": "map[Backup:4 Premium:17]", "2026-11-27": "map[Backup:4 Desk:3 Premium:12]", "2026-11-28": "map[Backup:4 Desk:3 Premium:15]"} {
		if got := fmt.Sprint(c.psa.Billed(psa.ConnectWise, day)[7]); got != want {
			t.Errorf("billed on %s: %s, want %s", day, got, want)
		}
	}
}

const autotask = "/zone7/atservicesrest/v1.0"

// inForce is a query of what is in force on a day.
func inForce(day string) string {
	return `{"filter":[{"op":"lte","field":"startDate","value":"` + day + `T23:59:59"},{"op":"gte","field":"endDate","value":"` + day + `T00:00:00"}]}`
}

func TestAutotaskZoneAndQueries(t *testing.T) {
	t.Parallel()
	c := start(t, psa.Autotask, setup{})
	c.want("GET", "/atservicesrest/versioninformation", "", 200, `{"apiVersions":["1.0"]}`)
	c.want("GET", "/atservicesrest/v1.0/zoneInformation?user=user@acme.example", "", 200, `"url":"`+c.url+`/zone7/atservicesrest/"`)
	c.want("GET", "/atservicesrest/v1.0/zoneInformation?user=other@acme.example", "", 500, `"errors"`)
	c.want("POST", "/atservicesrest/v1.0/Contracts/query", `{"filter":[{"op":"exist","field":"id"}]}`, 401, "another zone")
	c.want("POST", autotask+"/Contracts/query", `{"filter":[{"op":"eq","field":"contractType","value":7},{"op":"eq","field":"status","value":1}],"IncludeFields":["id","contractName"]}`,
		200, `"items":[{"contractName":"Office","id":1},{"contractName":"Bundles","id":7}]`, `"nextPageUrl":null`)
	c.want("POST", autotask+"/Companies/query", `{"filter":[{"op":"in","field":"id","value":[8,9]}]}`, 200, "Payer", "!Acme")
	c.want("POST", autotask+"/Services/query", `{"filter":[{"op":"or","items":[{"op":"eq","field":"sku","value":"M365-BP"},{"op":"beginsWith","field":"name","value":"Des"}]}]}`, 200, "Premium", "Desk", "!Backup")
	c.want("GET", autotask+"/Services/query?search="+url.QueryEscape(`{"filter":[{"op":"noteq","field":"name","value":"Premium"}]}`), "", 200, "Backup", "!Premium")
	c.want("POST", autotask+"/ContractServiceUnits/query/count", inForce("2026-11-28"), 200, `{"queryCount":2}`)
	for text, part := range map[string]string{
		`{}`: "filter is required", `{"filter":[{"op":"is","field":"id"}]}`: "no operator", `{"filter":[{"op":"eq","field":"quantity","value":1}]}`: "no field",
		`{"filters":[]}`: "unknown field", `{"filter":[{"op":"exist","field":"id"}],"IncludeFields":["seats"]}`: "no field"} {
		c.want("POST", autotask+"/ContractServiceUnits/query", text, 400, part)
	}
	c.want("POST", autotask+"/Tickets/query", `{"filter":[{"op":"exist","field":"id"}]}`, 400, "does not have the entity")
	c.want("GET", autotask+"/ThresholdInformation", "", 501)
	c.want("POST", autotask+"/ContractServiceAdjustments", "{}", 405)
	c.want("PATCH", autotask+"/Contracts", "{}", 405)
	if len(c.psa.Violations()) != 2 {
		t.Errorf("violations: %v", c.psa.Violations())
	}
	c.head["Secret"] = "wrong"
	c.want("POST", autotask+"/Contracts/query", `{"filter":[{"op":"exist","field":"id"}]}`, 401)
}

// units decodes the rows of an answer.
func units(t *testing.T, text string) (rows []struct {
	ID                 int `json:"id"`
	Units              int
	Price              float64
	StartDate, EndDate string
	ApproveAndPostDate *string
}) {
	t.Helper()
	var page struct{ Items json.RawMessage }
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(page.Items, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAutotaskUnits(t *testing.T) {
	t.Parallel()
	seats := psa.Customer{ID: 1, Name: "C", Agreements: []psa.Agreement{{Name: "A", Starts: "2026-01-15", Lines: []psa.Line{{Product: "P", Quantity: 11, Posted: true}}}}}
	read := func(c *client, day string) string {
		rows := units(t, c.want("POST", autotask+"/ContractServiceUnits/query", inForce(day), 200))
		text := ""
		for _, row := range rows {
			text += fmt.Sprintf("%d %s–%s %g %v;", row.Units, row.StartDate[:10], row.EndDate[:10], row.Price, row.ApproveAndPostDate != nil)
		}
		return text
	}
	c := start(t, psa.Autotask, setup{customers: []psa.Customer{seats}})
	if err := c.psa.Approve(1, "P", 14.4, ""); err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-11-28": "11 2026-11-01–2026-11-30 137.5 true;", "2026-12-01": "14 2026-12-01–2026-12-31 175 false;", "2026-01-14": ""} {
		if got := read(c, day); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	c = start(t, psa.Autotask, setup{customers: []psa.Customer{seats}, switches: map[string]string{"autotask-price": "per-unit", "autotask-future-units": "left-out"}})
	if err := c.psa.Approve(1, "P", 14, "at-once"); err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-11-27": "11 2026-11-01–2026-11-27 12.5 false;", "2026-11-28": "14 2026-11-28–2026-11-30 12.5 true;", "2026-12-01": ""} {
		if got := read(c, day); got != want {
			t.Errorf("at once, %s: %q, want %q", day, got, want)
		}
	}
	yearly := seats
	yearly.Agreements = []psa.Agreement{{Name: "A", Starts: "2025-03-01", Lines: []psa.Line{{Product: "P", Quantity: 5, Period: 5}}}}
	c = start(t, psa.Autotask, setup{customers: []psa.Customer{yearly}})
	if got := read(c, "2026-11-28"); got != "5 2026-03-01–2027-02-28 62.5 false;" {
		t.Errorf("yearly: %s", got)
	}
	c.want("POST", autotask+"/Services/query", `{"filter":[{"op":"eq","field":"periodType","value":5}]}`, 200, `"name":"P"`)
}

func TestAutotaskBundlesAndHiddenContracts(t *testing.T) {
	t.Parallel()
	all := `{"filter":[{"op":"exist","field":"id"}]}`
	c := start(t, psa.Autotask, setup{})
	c.want("POST", autotask+"/ContractServiceBundleUnits/query", inForce("2026-11-28"), 200, `"units":3`, `"serviceBundleID":`)
	c.want("POST", autotask+"/ServiceBundleServices/query", all, 200, `"serviceBundleID":`)
	c.want("POST", autotask+"/Contracts/query", all, 200, "Bundles", "Office")
	c = start(t, psa.Autotask, setup{switches: map[string]string{"autotask-hidden-contracts": "some"}})
	c.want("POST", autotask+"/Contracts/query", all, 200, "!Bundles", "Office")
	c.want("POST", autotask+"/ContractServiceBundleUnits/query", all, 200, `"items":[]`)
}

func TestAutotaskPages(t *testing.T) {
	t.Parallel()
	var customers []psa.Customer
	for i := range 501 {
		customers = append(customers, psa.Customer{ID: i + 1, Name: "C"})
	}
	c := start(t, psa.Autotask, setup{customers: customers})
	for _, method := range []string{"GET", "POST"} {
		var page struct {
			Items       []struct{ ID int }
			PageDetails struct{ NextPageURL *string }
		}
		text := c.want("POST", autotask+"/Companies/query", `{"filter":[{"op":"exist","field":"id"}],"IncludeFields":["id"]}`, 200)
		if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Items) != 500 || page.PageDetails.NextPageURL == nil {
			t.Fatalf("first page: %v %s", err, text)
		}
		c.want(method, *page.PageDetails.NextPageURL, "", 200, `"items":[{"id":501}]`, `"nextPageUrl":null`)
	}
	c.want("POST", autotask+"/Companies/query", `{"filter":[{"op":"exist","field":"id"}],"IncludeFields":["companyName"]}`, 400, "must have id")
}

func TestAutotaskLimits(t *testing.T) {
	t.Parallel()
	all := `{"filter":[{"op":"exist","field":"id"}]}`
	for value, status := range map[string]int{"429": 429, "500": 500} {
		c := start(t, psa.Autotask, setup{limit: 2, switches: map[string]string{"autotask-refusal": value}})
		c.want("POST", autotask+"/Contracts/query", all, 200)
		begin := time.Now()
		c.want("POST", autotask+"/Contracts/query", all, 200)
		if took := time.Since(begin); took < 500*time.Millisecond {
			t.Errorf("at half of the limit a request took %s", took)
		}
		c.want("POST", autotask+"/Contracts/query", all, status, "60 minutes")

		c = start(t, psa.Autotask, setup{switches: map[string]string{"autotask-refusal": value}})
		request := httptest.NewRequest("POST", autotask+"/Contracts/query", nil)
		first, second, third := c.psa.Hold(request), c.psa.Hold(request), c.psa.Hold(request)
		c.want("POST", autotask+"/Contracts/query", all, status, "threads")
		c.want("POST", autotask+"/Services/query", all, 200)
		first()
		c.want("POST", autotask+"/Contracts/query", all, 200)
		second()
		third()
	}
}

func TestHaloSignIn(t *testing.T) {
	t.Parallel()
	c := start(t, psa.HaloPSA, setup{})
	c.want("GET", "/api/authinfo", "", 200, `"auth_url":"`+c.url+`/auth"`, `"tenant_id":"acme"`)
	c.head = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	c.want("POST", "/auth/token?tenant=acme", "grant_type=client_credentials&client_id=id&client_secret=wrong&scope=all", 401, "invalid_client")
	c.want("POST", "/auth/token?tenant=other", "grant_type=client_credentials&client_id=id&client_secret=secret&scope=all", 401)
	c.want("POST", "/auth/token?tenant=acme", "grant_type=password", 400)
	c.want("GET", "/api/Client", "", 401, `"error"`)
	c.want("POST", "/api/RecurringInvoice", "[]", 405)
	if got := fmt.Sprint(c.psa.Violations()); got != "[POST /api/RecurringInvoice]" {
		t.Errorf("violations: %s", got)
	}
}

func TestHaloInvoices(t *testing.T) {
	t.Parallel()
	c := start(t, psa.HaloPSA, setup{})
	c.want("GET", "/api/RecurringInvoice", "", 200, `"record_count":3`, `"id":-1`, `!"lines"`)
	c.want("GET", "/api/RecurringInvoice?includelines=true&client_id=7&rinvoice_type=both", "", 200, `"qty_order":12`, `"item_code":"M365-BP"`, `"isgroupdesc":true`,
		`"is_bundled_line":true`, `"recurring_invoice_quantity_type":1`, `"enddate":"2026-10-31T00:00:00"`, `"enddate":"1899-12-30T00:00:00"`, `"disabled":true`, `!"qty_order":4`)
	c.want("GET", "/api/RecurringInvoice?client_ids=8,9", "", 200, `"invoices":[]`)
	c.want("GET", "/api/RecurringInvoice/-1", "", 200, `"client_name":"Acme \u0026 Sons"`, `"lines":[`)
	c.want("GET", "/api/RecurringInvoice/1", "", 404)
	c.want("GET", "/api/Client", "", 200, `"clients":[{"id":7,"inactive":false,"name":"Acme \u0026 Sons"`)
	c.want("GET", "/api/Item", "", 200, `"items":[{"id":700,"name":"Premium"}`)
	c.want("GET", "/api/ClientContract", "", 200, `"contracts":[`)
	c.want("GET", "/api/RecurringInvoice?search=x", "", 501)
	if err := c.psa.Approve(7, "Premium", 15, ""); err != nil {
		t.Fatal(err)
	}
	c.want("GET", "/api/RecurringInvoice/-1", "", 200, `"qty_order":15`)

	c = start(t, psa.HaloPSA, setup{switches: map[string]string{"halo-list-lines": "no-quantity-fields", "halo-calculated-quantity": "computed"}})
	c.want("GET", "/api/RecurringInvoice?includelines=true", "", 200, `"qty_order":4`, `"prorata_quantity"`, `!"recurring_invoice_quantity_type"`, `!"_is_calculated_line"`, `!"quantity_users"`)
	c.want("GET", "/api/RecurringInvoice/-1", "", 200, `"recurring_invoice_quantity_type":1`)
}

func TestHaloPages(t *testing.T) {
	t.Parallel()
	var customers []psa.Customer
	for i := range 101 {
		customers = append(customers, psa.Customer{ID: i + 1, Name: "C"})
	}
	c := start(t, psa.HaloPSA, setup{customers: customers, switches: map[string]string{"halo-page-size": "100"}})
	first := c.want("GET", "/api/Client?pageinate=true&page_size=1000&page_no=1", "", 200, `"record_count":101`, `"id":100,`)
	if strings.Count(first, `"id":`) != 100 {
		t.Errorf("first page: %s", first)
	}
	c.want("GET", "/api/Client?pageinate=true&page_size=1000&page_no=2", "", 200, `"clients":[{"id":101,`)
	c.want("GET", "/api/Client?pageinate=true&page_size=1000&page_no=3", "", 200, `"clients":[]`)
	c.want("GET", "/api/Client?pageinate=true", "", 400)
}

func TestCustomersAreChecked(t *testing.T) {
	t.Parallel()
	c := start(t, psa.ConnectWise, setup{})
	for part, customer := range map[string]psa.Customer{
		"positive id":  {Name: "C"},
		"is no date":   {ID: 1, Name: "C", Agreements: []psa.Agreement{{Starts: "1.11.2026"}}},
		"not start":    {ID: 1, Name: "C", Agreements: []psa.Agreement{{Name: "A"}}},
		"no product":   {ID: 1, Name: "C", Agreements: []psa.Agreement{{Starts: "2026-11-01", Lines: []psa.Line{{Quantity: 1}}}}},
		"customer 1: ": {ID: 1, Name: "C", Agreements: []psa.Agreement{{Starts: "2026-11-31"}}},
	} {
		if err := c.psa.Put(customer); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%+v: %v, want %q", customer, err, part)
		}
	}
	if err := c.psa.Remove(99); err == nil {
		t.Error("a customer that does not exist was removed")
	}
	if err := c.psa.Remove(8); err != nil || len(c.psa.Customers()) != 1 {
		t.Errorf("removed: %v, %v", err, c.psa.Customers())
	}
}

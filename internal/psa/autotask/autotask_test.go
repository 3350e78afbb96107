// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package autotask

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// upstream is a small Autotask: the rows of each entity as JSON objects. It looks at the dates of a filter and at ids, and at nothing else.
type upstream struct {
	*httptest.Server
	rows   map[string][]map[string]any
	zone   string // the answered address, that of this server when empty
	answer func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []string
	bodies   []query
}

func start(t *testing.T, u *upstream) *Client {
	t.Helper()
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	client, err := New(Options{BaseURL: u.URL, Username: "api@acme.example", Secret: "secret-0123456", IntegrationCode: "code-0123456", RequestsPerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests = append(u.requests, r.Method+" "+r.URL.Path)
	if u.answer != nil && u.answer(w, r) {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/zoneInformation") {
		if r.Header.Get("Secret") != "" || r.URL.Query().Get("user") != "api@acme.example" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		zone := u.zone
		if zone == "" {
			zone = u.URL + "/ATServicesRest/"
		}
		fmt.Fprintf(w, `{"zoneName":"Test","url":%q,"webUrl":"https://ww.example","ci":1}`, zone)
		return
	}
	if r.Header.Get("UserName") != "api@acme.example" || r.Header.Get("Secret") != "secret-0123456" || r.Header.Get("ApiIntegrationCode") != "code-0123456" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"errors":["The credentials are not valid"]}`)
		return
	}
	u.answerQuery(w, r)
}

func (u *upstream) answerQuery(w http.ResponseWriter, r *http.Request) {
	var body query
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	u.bodies = append(u.bodies, body)
	entity := strings.Split(strings.TrimPrefix(strings.ToLower(r.URL.Path), "/atservicesrest/v1.0/"), "/")[0]
	var found []map[string]any
	for name, rows := range u.rows {
		if strings.EqualFold(name, entity) {
			found = slices.DeleteFunc(slices.Clone(rows), func(row map[string]any) bool { return !matches(row, body.Filter) })
		}
	}
	if strings.HasSuffix(r.URL.Path, "/count") {
		fmt.Fprintf(w, `{"queryCount":%d}`, len(found))
		return
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("paging"))
	page, next := found[min(offset, len(found)):], "null"
	if len(page) > body.MaxRecords {
		page = page[:body.MaxRecords]
		next = strconv.Quote(fmt.Sprintf("%s/atservicesrest/V1.0/%s/query/next?paging=%d", u.URL, entity, offset+body.MaxRecords))
	}
	if page == nil {
		page = []map[string]any{}
	}
	items, _ := json.Marshal(page)
	fmt.Fprintf(w, `{"items":%s,"pageDetails":{"count":%d,"requestCount":%d,"prevPageUrl":null,"nextPageUrl":%s}}`, items, len(page), body.MaxRecords, next)
}

// matches looks at what says which rows are wanted: dates and lists of ids.
func matches(row map[string]any, filter []condition) bool {
	for _, c := range filter {
		held, _ := row[c.Field].(string)
		switch wanted := c.Value.(type) {
		case string:
			if c.Op == "lte" && held > wanted || c.Op == "gte" && held < wanted {
				return false
			}
		case []any:
			if !slices.Contains(wanted, any(float64(row[c.Field].(int)))) { //nolint:forcetypeassert // ids of these rows are ints
				return false
			}
		}
	}
	return true
}

type row = map[string]any

func with(fields row, changes row) row {
	for name, value := range changes {
		fields[name] = value
	}
	return fields
}

func contractRow(id, company int, changes row) row {
	return with(row{"id": id, "contractName": "Managed", "companyID": company, "contractType": 7, "status": 1, "endDate": "2030-12-31T00:00:00", "estimatedRevenue": 0}, changes)
}

// unitsRow is a row of service 501 in contract 1 for December.
func unitsRow(id, units int, changes row) row {
	return with(row{
		"id": id, "contractID": 1, "contractServiceID": 11, "serviceID": 501, "units": units, "price": 23.1 * float64(units), "cost": 20.0,
		"startDate": "2026-12-01T00:00:00", "endDate": "2026-12-31T00:00:00", "approveAndPostDate": nil,
	}, changes)
}

func november(id, units int, changes row) row {
	return unitsRow(id, units, with(row{"startDate": "2026-11-01T00:00:00", "endDate": "2026-11-30T00:00:00"}, changes))
}

// one has company 7 with contract 1, and these rows of units.
func one(units ...row) *upstream {
	return &upstream{rows: map[string][]row{
		"Contracts":            {contractRow(1, 7, nil)},
		"Companies":            {{"id": 7, "companyName": "Brightwater Dental"}},
		"Services":             {{"id": 501, "name": "Business Premium", "sku": "M365-BP", "externalID": "EXT", "internalID": nil, "unitPrice": 23.1}},
		"ContractServiceUnits": units,
	}}
}

const (
	today     = psa.Date("2026-11-28")
	nextMonth = psa.Date("2026-12-01")
)

func lines(t *testing.T, u *upstream, during psa.Period) []psa.Line {
	t.Helper()
	found, err := start(t, u).Lines(t.Context(), []string{"7"}, during)
	if err != nil || found["7"].Err != nil {
		t.Fatal(err, found["7"].Err)
	}
	return found["7"].Lines
}

func on(day psa.Date, of []psa.Line) []psa.Line {
	return slices.DeleteFunc(slices.Clone(of), func(line psa.Line) bool { return !line.InForce(day) })
}

// describe returns the quantity, the dates and the flags of each line.
func describe(of []psa.Line) string {
	var texts []string
	for _, line := range of {
		quantity := "?"
		if line.Quantity != nil {
			quantity = strconv.FormatFloat(*line.Quantity, 'f', -1, 64)
		}
		texts = append(texts, strings.Join(append([]string{quantity, string(line.Starts) + ".." + string(line.Ends)}, line.Flags...), " "))
	}
	return strings.Join(texts, "; ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// psa.md §3.4, point 1: rows exist for every period, those in force on the day count.
func TestSection34Point1TheRowOfTheDay(t *testing.T) {
	t.Parallel()
	rows := []row{
		unitsRow(100, 7, row{"startDate": "2026-10-01T00:00:00", "endDate": "2026-10-31T00:00:00"}), november(101, 8, nil), unitsRow(102, 9, nil),
		unitsRow(103, 10, row{"startDate": "2027-01-01T00:00:00", "endDate": "2027-01-31T00:00:00"}),
	}
	both := lines(t, one(rows...), psa.PeriodOf(today, nextMonth))
	expect(t, "in the period", describe(both), "8 2026-11-01..2026-11-30; 9 2026-12-01..2026-12-31")
	expect(t, "today", describe(on(today, both)), "8 2026-11-01..2026-11-30")
	expect(t, "next month", describe(on(nextMonth, both)), "9 2026-12-01..2026-12-31")
	u := one(rows...)
	expect(t, "one day only", describe(lines(t, u, psa.PeriodOf(nextMonth, nextMonth))), "9 2026-12-01..2026-12-31")
	expect(t, "the approval", string(start(t, one()).ApprovalDate(today)), string(nextMonth))
	expect(t, "the end of a year", string(psa.Date("2026-12-31").FirstOfNextMonth()), "2027-01-01")
	expect(t, "a period that an adjustment splits", describe(lines(t, one(
		unitsRow(101, 8, row{"endDate": "2026-12-14T00:00:00"}), unitsRow(102, 9, row{"startDate": "2026-12-15T00:00:00"}),
	), psa.PeriodOf("2026-12-14", "2026-12-15"))), "8 2026-12-01..2026-12-14; 9 2026-12-15..2026-12-31")
	expect(t, "periods with the same units are one line", describe(lines(t, one(november(101, 8, nil), unitsRow(102, 8, nil)), psa.PeriodOf(today, nextMonth))),
		"8 2026-11-01..2026-12-31")
}

// psa.md §3.4, point 2: price and cost are not read, so no basis of theirs can change the units (psa.md §7).
func TestSection34Point2NoMoney(t *testing.T) {
	t.Parallel()
	u := one(unitsRow(101, 11, nil))
	got := lines(t, u, psa.PeriodOf(nextMonth, nextMonth))
	expect(t, "lines", describe(got), "11 2026-12-01..2026-12-31")
	for _, body := range u.bodies {
		for _, field := range body.IncludeFields {
			if lower := strings.ToLower(field); strings.Contains(lower, "price") || strings.Contains(lower, "cost") || strings.Contains(lower, "revenue") {
				t.Errorf("the field %q is asked for", field)
			}
		}
		if !slices.Contains(body.IncludeFields, "id") {
			t.Errorf("a query without the id: %v", body.IncludeFields)
		}
	}
}

// psa.md §3.4, point 3: two contracts, and two lines of one service, add up.
func TestSection34Point3AllRowsOfACompany(t *testing.T) {
	t.Parallel()
	u := one(unitsRow(101, 8, nil), unitsRow(102, 2, row{"contractServiceID": 12}), unitsRow(103, 8, row{"contractServiceID": 13}),
		unitsRow(104, 5, row{"contractID": 2, "contractServiceID": 21}), unitsRow(105, 100, row{"contractID": 3, "contractServiceID": 31}))
	u.rows["Contracts"] = append(u.rows["Contracts"], contractRow(2, 7, row{"contractName": "Cloud", "billToCompanyID": 9}), contractRow(3, 8, nil))
	got := lines(t, u, psa.PeriodOf(nextMonth, nextMonth))
	expect(t, "lines", describe(got), "8 2026-12-01..2026-12-31; 2 2026-12-01..2026-12-31; 8 2026-12-01..2026-12-31; 5 2026-12-01..2026-12-31")
	expect(t, "agreement", got[3].Agreement, "Cloud (2), billed to company 9")
	if product := got[0].Product; product.ID != "501" || product.Name != "Business Premium" || !slices.Equal(product.Codes, []string{"M365-BP", "EXT"}) {
		t.Errorf("got %+v", product)
	}
}

// psa.md §3.4, point 4: 0 is a number. None is not.
func TestSection34Point4ZeroUnitsAreANumber(t *testing.T) {
	t.Parallel()
	got := lines(t, one(unitsRow(101, 0, nil), unitsRow(102, 0, row{"units": nil, "contractServiceID": 12})), psa.PeriodOf(nextMonth, nextMonth))
	expect(t, "lines", describe(got), "0 2026-12-01..2026-12-31; ? 2026-12-01..2026-12-31 unknown_quantity")
}

// psa.md §3.4, point 5: 400 customers with 8 lines each are read with 12 requests: the zone, contracts, companies, services, bundles, and 7 pages of units.
// When the day is in the next month, those of today come with them.
func TestSection34Point5NumberOfRequests(t *testing.T) {
	t.Parallel()
	for to, want := range map[psa.Date]int{today: 12, nextMonth: 18} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			u := &upstream{rows: map[string][]row{}}
			var ids []string
			for c := range 400 {
				ids = append(ids, strconv.Itoa(1000+c))
				u.rows["Contracts"] = append(u.rows["Contracts"], contractRow(1+c, 1000+c, nil))
				u.rows["Companies"] = append(u.rows["Companies"], row{"id": 1000 + c, "companyName": fmt.Sprint("Customer ", c)})
				for s := range 8 {
					of := row{"contractID": 1 + c, "contractServiceID": c*10 + s, "serviceID": 501 + s}
					u.rows["ContractServiceUnits"] = append(u.rows["ContractServiceUnits"], november(c*100+s+1, 3, of), unitsRow(c*100+s+51, 4, of))
				}
			}
			client := start(t, u)
			if customers, err := client.Customers(t.Context()); err != nil || len(customers) != 400 || customers[0].Name == "" {
				t.Fatal(err, customers)
			}
			found, err := client.Lines(t.Context(), ids, psa.PeriodOf(today, to))
			if err != nil || len(found) != 400 || len(on(to, found["1399"].Lines)) != 8 {
				t.Fatal(err, len(found), found["1399"])
			}
			if len(u.requests) != want {
				t.Errorf("%d requests, want %d", len(u.requests), want)
			}
		})
	}
}

// psa.md §3.4, point 6.
func TestSection34Point6PostedPeriods(t *testing.T) {
	t.Parallel()
	got := lines(t, one(november(101, 8, row{"approveAndPostDate": "2026-11-02T00:00:00"}), unitsRow(102, 8, nil)), psa.PeriodOf(today, nextMonth))
	expect(t, "lines", describe(got), "8 2026-11-01..2026-11-30 posted; 8 2026-12-01..2026-12-31")
}

// psa.md §3.4, point 7: units whose contract the user may not see are an error, because nobody can tell whose number lacks them.
func TestSection34Point7HiddenContracts(t *testing.T) {
	t.Parallel()
	u := one(unitsRow(101, 8, nil), unitsRow(102, 5, row{"contractID": 2}))
	_, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(nextMonth, nextMonth))
	if _, is := errors.AsType[*psa.IncompleteError](err); !is || !strings.Contains(err.Error(), "contract 2") {
		t.Errorf("got %v", err)
	}
	u = one(unitsRow(101, 8, nil))
	u.rows["Contracts"] = nil
	if customers, err := start(t, u).Customers(t.Context()); err != nil || len(customers) != 0 {
		t.Errorf("got %v, %v", customers, err)
	}
	// A company that the user may not see has no name, but it has a contract and lines.
	u = one(unitsRow(101, 8, nil))
	u.rows["Companies"] = nil
	if customers, err := start(t, u).Customers(t.Context()); err != nil || len(customers) != 1 || customers[0] != (psa.Customer{ID: "7"}) {
		t.Errorf("got %v, %v", customers, err)
	}
}

// A contract that is not among the listed ones, because it ended long ago, is looked up.
func TestContractsThatAreNotListed(t *testing.T) {
	t.Parallel()
	u := one(unitsRow(101, 8, row{"contractID": 2}))
	listed := false
	u.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/Contracts/query") || listed {
			return false
		}
		listed = true
		fmt.Fprint(w, `{"items":[{"id":1,"companyID":7,"status":1}],"pageDetails":{"nextPageUrl":null}}`)
		return true
	}
	u.rows["Contracts"] = []row{contractRow(2, 7, row{"status": 0})}
	expect(t, "lines", describe(lines(t, u, psa.PeriodOf(nextMonth, nextMonth))), "8 2026-12-01..2026-12-31 cancelled_agreement")
}

// psa.md §3.4, point 8: a yearly service has its seats once a year, and they are seats.
func TestSection34Point8ThePeriodDoesNotChangeTheNumber(t *testing.T) {
	t.Parallel()
	got := lines(t, one(unitsRow(101, 12, row{"startDate": "2026-03-01T00:00:00", "endDate": "2027-02-28T00:00:00"})), psa.PeriodOf(today, nextMonth))
	expect(t, "lines", describe(got), "12 2026-03-01..2027-02-28")
}

// psa.md §3.3: what is sold in a bundle has no row of its own, the bundle has.
func TestBundles(t *testing.T) {
	t.Parallel()
	u := one()
	bundle := unitsRow(101, 4, row{"serviceBundleID": 17})
	delete(bundle, "serviceID")
	delete(bundle, "contractServiceID")
	u.rows["ContractServiceBundleUnits"] = []row{bundle}
	got := lines(t, u, psa.PeriodOf(nextMonth, nextMonth))
	expect(t, "lines", describe(got), "4 2026-12-01..2026-12-31 bundle")
	expect(t, "product", got[0].Product.String(), "bundle:17")
}

// psa.md §8: where rows of the future are not given, the number of next month is unknown, not gone.
func TestFutureUnitsThatAreNotGiven(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows     []row
		contract row
		want     string
	}{
		"not given":               {[]row{november(101, 8, nil)}, nil, "? 2026-12-01.. unknown_quantity"},
		"the contract ends":       {[]row{november(101, 8, nil)}, row{"endDate": "2026-11-30T00:00:00"}, ""},
		"the contract is off":     {[]row{november(101, 8, nil)}, row{"status": 0}, ""},
		"given for another line":  {[]row{november(101, 8, nil), unitsRow(102, 3, row{"contractServiceID": 12})}, nil, "3 2026-12-01..2026-12-31"},
		"a yearly line beside it": {[]row{november(101, 8, nil), unitsRow(102, 3, row{"contractServiceID": 12, "startDate": "2026-01-01T00:00:00"})}, nil, "3 2026-01-01..2026-12-31; ? 2026-12-01.. unknown_quantity"},
	} {
		u := one(test.rows...)
		u.rows["Contracts"] = []row{contractRow(1, 7, test.contract)}
		expect(t, name, describe(on(nextMonth, lines(t, u, psa.PeriodOf(today, nextMonth)))), test.want)
	}
}

// A page that is lost, repeated or has errors is an error, never a smaller number.
func TestListsThatMayLackRows(t *testing.T) {
	t.Parallel()
	page := func(items, next string) string {
		return fmt.Sprintf(`{"items":[%s],"pageDetails":{"nextPageUrl":%s}}`, items, next)
	}
	text := func(of row) string { raw, _ := json.Marshal(of); return string(raw) }
	for name, test := range map[string]struct {
		status   int
		second   string
		wantList bool
	}{
		"the page fails":        {http.StatusBadRequest, `{"errors":["no"]}`, false},
		"errors with 200":       {http.StatusOK, `{"items":[],"errors":[{"message":"The query was cut","field":"id"}]}`, false},
		"no items":              {http.StatusOK, `{"pageDetails":{"nextPageUrl":null}}`, false},
		"a row twice":           {http.StatusOK, page(text(unitsRow(1, 1, nil)), "null"), true},
		"a row without an id":   {http.StatusOK, page(`{"contractID":1,"serviceID":501,"units":2,"startDate":"2026-12-01","endDate":"2026-12-31"}`, "null"), true},
		"a row without service": {http.StatusOK, page(`{"id":9000,"contractID":1,"startDate":"2026-12-01","endDate":"2026-12-31"}`, "null"), false},
		"another host":          {http.StatusOK, page("", `"https://elsewhere.example/atservicesrest/v1.0/x"`), false},
		"another path":          {http.StatusOK, page("", `"/other"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []row
			for id := range 501 {
				rows = append(rows, unitsRow(id+1, 1, row{"contractServiceID": id}))
			}
			u := one(rows...)
			u.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("paging") == "" {
					return false
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.second)
				return true
			}
			_, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(nextMonth, nextMonth))
			if _, isList := errors.AsType[*psa.IncompleteError](err); err == nil || isList != test.wantList || !isList && rest.Status(err) != test.status {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A full page that names no other is the end only if the query itself counts so many.
func TestAFullLastPage(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]int{"the end": 500, "not the end": 501} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []row
			for id := range 500 {
				rows = append(rows, unitsRow(id+1, 1, row{"contractServiceID": id}))
			}
			u := one(rows...)
			u.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/count") {
					return false
				}
				fmt.Fprintf(w, `{"queryCount":%d}`, count)
				return true
			}
			found, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(nextMonth, nextMonth))
			if _, isList := errors.AsType[*psa.IncompleteError](err); isList != (count != 500) || !isList && len(found["7"].Lines) != 500 {
				t.Errorf("got %v, %d lines", err, len(found["7"].Lines))
			}
		})
	}
}

// The secret goes to the host that was asked, or from one of Autotask's own to another of these (psa.md §3.1).
func TestZones(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ asked, answered, want string }{
		{"https://webservices.autotask.net", "https://webservices5.autotask.net/ATServicesRest/", "https://webservices5.autotask.net/ATServicesRest/v1.0"},
		{"https://webservices2.autotask.net", "https://WEBSERVICES14.autotask.net/atservicesrest", "https://WEBSERVICES14.autotask.net/atservicesrest/v1.0"},
		{"https://gateway.example:8443/at", "https://gateway.example:8443/zone/", "https://gateway.example:8443/zone/v1.0"},
		{"https://gateway.example", "https://webservices5.autotask.net/atservicesrest/", ""},
		{"https://gateway.example", "https://gateway.example:8443/", ""},
		{"https://webservices.autotask.net", "https://evil.example/atservicesrest/", ""},
		{"https://webservices.autotask.net", "https://webservices5.autotask.net.evil.example/", ""},
		{"https://webservices.autotask.net", "https://webservices5.autotask.net:8443/", ""},
		{"https://webservices.autotask.net", "https://xwebservices5.autotask.net/", ""},
		{"https://webservices.autotask.net", "http://webservices5.autotask.net/", ""},
		{"https://webservices.autotask.net", "https://user:password@webservices5.autotask.net/", ""},
		{"https://webservices.autotask.net", "", ""},
	} {
		got, err := zoneAddress(test.asked, test.answered)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s → %s: got %q, %v", test.asked, test.answered, got, err)
		}
	}
}

func TestAZoneElsewhereGetsNoSecret(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request went to another host") }))
	t.Cleanup(stranger.Close)
	u := one()
	u.zone = stranger.URL + "/atservicesrest/"
	_, err := start(t, u).Customers(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is not sent there") {
		t.Errorf("got %v", err)
	}
}

func TestWrongKeys(t *testing.T) {
	t.Parallel()
	u := one()
	start(t, u)
	for name, options := range map[string]Options{
		"secret": {BaseURL: u.URL, Username: "api@acme.example", Secret: "wrong-secret-01", IntegrationCode: "code-0123456", RequestsPerSecond: 1000},
		"user":   {BaseURL: u.URL, Username: "nobody@acme.example", Secret: "secret-0123456", IntegrationCode: "code-0123456", RequestsPerSecond: 1000},
	} {
		client, err := New(options)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Customers(t.Context())
		failed, is := errors.AsType[*rest.Error](err)
		if !is || !strings.Contains(NextStep(failed), "autotask.username") {
			t.Fatalf("%s: got %v", name, err)
		}
		if strings.Contains(err.Error(), options.Secret) || strings.Contains(err.Error(), options.IntegrationCode) || strings.Contains(err.Error(), url.QueryEscape(options.Username)) {
			t.Errorf("%s: the error shows a secret or the user: %v", name, err)
		}
	}
	for _, missing := range []Options{{Secret: "a", IntegrationCode: "b"}, {Username: "a", IntegrationCode: "b"}, {Username: "a", Secret: "b"}} {
		if _, err := New(missing); err == nil {
			t.Errorf("%+v: no error", missing)
		}
	}
	expect(t, "limit", NextStep(&rest.Error{Status: http.StatusTooManyRequests})[:10], "A database")
	expect(t, "another error", NextStep(&rest.Error{Status: http.StatusBadRequest}), "")
	expect(t, "system", client(t).System(), System)
}

// client has the default address.
func client(t *testing.T) *Client {
	t.Helper()
	made, err := New(Options{Username: "a", Secret: "b", IntegrationCode: "c"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []row{contractRow(1, 7, nil), unitsRow(1, 2, nil), unitsRow(1, 2, row{"units": "3.5", "serviceID": nil, "serviceBundleID": 4})} {
		raw, _ := json.Marshal(seed)
		f.Add(raw)
	}
	f.Add([]byte(`{"items":[{}],"errors":["x",{"message":"y"},3],"pageDetails":{"nextPageUrl":"http://x"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if wire, _, err := decodeContract(raw); err == nil && newContract(wire).company == "" {
			t.Errorf("%q: a contract without company", raw)
		}
		var page wirePage
		if json.Unmarshal(raw, &page) == nil && page.problem() == nil && page.Items == nil {
			t.Errorf("%q: a page without items", raw)
		}
		wire, _, err := decodeUnits(raw)
		if err != nil {
			return
		}
		line := run{wire}.line(contract{name: "c", active: true}, nil, nil)
		if line.Product.String() == "" || line.Starts == "" || line.Ends == "" || line.Quantity == nil != line.Has(psa.FlagUnknownQuantity) {
			t.Errorf("%q: %+v", raw, line)
		}
	})
}

// The pace alone keeps the limits of Autotask: 10,000 requests an hour, and three at the same time for an endpoint (psa.md §3.1).
func TestLimits(t *testing.T) {
	t.Parallel()
	if requestsPerSecond*3600 > 10_000 || maxInFlight > 3 {
		t.Errorf("%d requests a second, %d at the same time", requestsPerSecond, maxInFlight)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package connectwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// upstream is a small ConnectWise PSA: agreements and additions as JSON objects, forward-only pages.
type upstream struct {
	*httptest.Server
	agreements []string
	additions  map[int][]string // by agreement
	pageSize   int              // 0 for what is asked for
	answer     func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []string
}

func start(t *testing.T, u *upstream) *Client {
	t.Helper()
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	client, err := New(Options{
		BaseURL: u.URL, Company: "acme", PublicKey: "public", PrivateKey: "private-key-0123", ClientID: "11111111-2222-3333-4444-555555555555", RequestsPerSecond: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.requests = append(u.requests, r.Method+" "+r.URL.Path)
	u.mu.Unlock()
	if user, password, _ := r.BasicAuth(); user != "acme+public" || password != "private-key-0123" || r.Header.Get("clientId") == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if u.answer != nil && u.answer(w, r) {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v4_6_release/apis/3.0/finance/agreements")
	rows := u.agreements
	if path != "" {
		id, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/additions"))
		rows = u.additions[id]
	}
	u.page(w, r, rows)
}

// page answers the rows whose id is above pageId.
func (u *upstream) page(w http.ResponseWriter, r *http.Request, rows []string) {
	size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if u.pageSize > 0 {
		size = u.pageSize
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("pageId"))
	var page []string
	last, more := 0, false
	for _, row := range rows {
		var of struct {
			ID int `json:"id"`
		}
		_ = json.Unmarshal([]byte(row), &of)
		if of.ID <= after {
			continue
		}
		if len(page) == size {
			more = true
			break
		}
		page, last = append(page, row), of.ID
	}
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?pageSize=%d&pageId=%d>; rel="next", <%s%s>; rel="first"`, u.URL, r.URL.Path, size, last, u.URL, r.URL.Path))
	}
	fmt.Fprintf(w, "[%s]", strings.Join(page, ","))
}

// agreementJSON returns an active agreement of company 7, "Brightwater", with changes: field → JSON.
func agreementJSON(id int, changes map[string]string) string {
	return object(map[string]string{
		"id": strconv.Itoa(id), "name": `"Managed"`, "company": `{"id":7,"identifier":"Brightwater","name":"Brightwater Dental"}`, "agreementStatus": `"Active"`,
		"cancelledFlag": "false", "startDate": `"2020-01-01T00:00:00Z"`, "noEndingDateFlag": "true", "billingCycle": `{"id":2,"name":"Monthly"}`, "billAmount": `99.5`,
	}, changes)
}

// additionJSON returns a billable addition of 10 units of product M365 in agreement 1, with changes.
func additionJSON(id int, changes map[string]string) string {
	return object(map[string]string{
		"id": strconv.Itoa(id), "agreementId": "1", "product": `{"id":501,"identifier":"M365"}`, "quantity": "10", "billCustomer": `"Billable"`,
		"effectiveDate": `"2020-01-01T00:00:00Z"`, "unitPrice": "22.5",
	}, changes)
}

func object(fields, changes map[string]string) string {
	for name, value := range changes {
		fields[name] = value
	}
	var members []string
	for name, value := range fields {
		if value != "" {
			members = append(members, strconv.Quote(name)+":"+value)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

const today = psa.Date("2026-11-28")

// linesOn reads the lines of company 7 and returns those that are in force on a day.
func linesOn(t *testing.T, u *upstream, day psa.Date) []psa.Line {
	t.Helper()
	found, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, day))
	if err != nil || found["7"].Err != nil {
		t.Fatal(err, found["7"].Err)
	}
	return slices.DeleteFunc(found["7"].Lines, func(line psa.Line) bool { return !line.InForce(day) })
}

// describe returns quantity, billed quantity and flags of each line.
func describe(lines []psa.Line) string {
	var texts []string
	for _, line := range lines {
		number := func(n *float64) string {
			if n == nil {
				return "?"
			}
			return strconv.FormatFloat(*n, 'f', -1, 64)
		}
		texts = append(texts, strings.Join(append([]string{number(line.Quantity) + "/" + number(line.Billed)}, line.Flags...), " "))
	}
	return strings.Join(texts, "; ")
}

// one returns an upstream with one agreement and these additions.
func one(additions ...string) *upstream {
	return &upstream{agreements: []string{agreementJSON(1, nil)}, additions: map[int][]string{1: additions}}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// psa.md §2.4, point 1.
func TestSection24Point1AgreementsThatDoNotBill(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"active":             {nil, "10/10"},
		"cancelled":          {map[string]string{"cancelledFlag": "true", "dateCancelled": `"2026-11-01T00:00:00Z"`}, "10/10 cancelled_agreement"},
		"inactive":           {map[string]string{"agreementStatus": `"Inactive"`}, "10/10 cancelled_agreement"},
		"no status":          {map[string]string{"agreementStatus": ""}, "10/10"},
		"starts later":       {map[string]string{"startDate": `"2027-01-01T00:00:00Z"`}, ""},
		"ended":              {map[string]string{"noEndingDateFlag": "false", "endDate": `"2026-11-27T00:00:00Z"`}, "10/10 cancelled_agreement"},
		"ends today":         {map[string]string{"noEndingDateFlag": "false", "endDate": `"2026-11-28T00:00:00Z"`}, "10/10"},
		"an end that is not": {map[string]string{"endDate": `"2026-11-27T00:00:00Z"`}, "10/10"},
		"billed once":        {map[string]string{"billOneTimeFlag": "true"}, "10/10 one_time_agreement"},
		"one time":           {map[string]string{"oneTimeFlag": "true"}, "10/10 one_time_agreement"},
		"no billing cycle":   {map[string]string{"billingCycle": ""}, "10/10 no_billing_cycle"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := one(additionJSON(11, nil))
			u.agreements = []string{agreementJSON(1, test.changes)}
			expect(t, "lines", describe(linesOn(t, u, today)), test.want)
		})
	}
}

// psa.md §2.4, point 2: the dates decide, and they are days.
func TestSection24Point2TheDatesDecide(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to string
		want     string
	}{
		"open":                   {`"2026-01-01T00:00:00Z"`, "", "10/10"},
		"unset as empty texts":   {`""`, `""`, "10/10"},
		"unset as null":          {"null", "null", "10/10"},
		"effective today":        {`"2026-11-28T23:59:59Z"`, "", "10/10"},
		"effective tomorrow":     {`"2026-11-29T00:00:00Z"`, "", ""},
		"cancelled yesterday":    {`"2026-01-01T00:00:00Z"`, `"2026-11-27T00:00:00Z"`, ""},
		"cancelled on that day":  {`"2026-01-01T00:00:00Z"`, `"2026-11-28T00:00:00Z"`, "10/10 last_day"},
		"cancelled tomorrow":     {`"2026-01-01T00:00:00Z"`, `"2026-11-29T00:00:00Z"`, "10/10"},
		"a date without a time ": {`"2026-01-01"`, `"2026-12-31"`, "10/10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := one(additionJSON(11, map[string]string{"effectiveDate": test.from, "cancelledDate": test.to, "additionStatus": `"Cancelled"`, "agreementStatus": `"Expired"`}))
			expect(t, "lines", describe(linesOn(t, u, today)), test.want)
		})
	}
}

// An approval may cancel the old addition and add a new one. Their common day is not counted twice, however it is billed (psa.md §1, psa.md §8).
func TestSection24Point2AnAdditionThatReplacesAnother(t *testing.T) {
	t.Parallel()
	old := map[string]string{"cancelledDate": `"2026-12-01T00:00:00Z"`}
	next := map[string]string{"effectiveDate": `"2026-12-01T00:00:00Z"`, "quantity": "12"}
	expect(t, "the first", describe(linesOn(t, one(additionJSON(11, old), additionJSON(12, next)), "2026-12-01")), "12/12")
	expect(t, "the day before", describe(linesOn(t, one(additionJSON(11, old), additionJSON(12, next)), "2026-11-30")), "10/10")
	next["product"] = `{"id":502,"identifier":"M365-E3"}`
	expect(t, "another product", describe(linesOn(t, one(additionJSON(11, old), additionJSON(12, next)), "2026-12-01")), "10/10 last_day; 12/12")
	old["product"], next["product"] = `{"identifier":"M365"}`, `{"identifier":"M365-E3"}`
	expect(t, "another product, without ids", describe(linesOn(t, one(additionJSON(11, old), additionJSON(12, next)), "2026-12-01")), "10/10 last_day; 12/12")
	sameDay := map[string]string{"effectiveDate": `"2026-11-28T00:00:00Z"`, "cancelledDate": `"2026-11-28T00:00:00Z"`}
	expect(t, "begun and cancelled that day", describe(linesOn(t, one(additionJSON(11, sameDay), additionJSON(12, sameDay)), today)), "10/10 last_day; 10/10 last_day")
}

// psa.md §2.4, point 3.
func TestSection24Point3AllAdditionsOfAllAgreements(t *testing.T) {
	t.Parallel()
	u := &upstream{
		agreements: []string{agreementJSON(1, nil), agreementJSON(2, map[string]string{"name": `"Cloud"`}), agreementJSON(3, map[string]string{"company": `{"id":8,"name":"Other"}`})},
		additions: map[int][]string{
			1: {additionJSON(11, nil), additionJSON(12, map[string]string{"quantity": "-2"})},
			2: {additionJSON(21, map[string]string{"agreementId": "2", "quantity": "2.5"})},
			3: {additionJSON(31, map[string]string{"agreementId": "3", "quantity": "100"})},
		},
	}
	lines := linesOn(t, u, today)
	expect(t, "lines", describe(lines), "2.5/2.5; 10/10; -2/-2")
	expect(t, "agreement", lines[0].Agreement, "Cloud (2)")
	if want := 1 + 2; len(u.requests) != want {
		t.Errorf("%d requests, want %d: those of another customer are not read: %v", len(u.requests), want, u.requests)
	}
}

// psa.md §2.4, point 4.
func TestSection24Point4UnitsThatTheAgreementIncludes(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, map[string]string{"lessIncluded": "3"}), additionJSON(12, map[string]string{"lessIncluded": "3", "billedQuantity": "6"}),
		additionJSON(13, map[string]string{"quantity": "null"}))
	expect(t, "lines", describe(linesOn(t, u, today)), "10/7; 10/6; ?/? unknown_quantity")
}

// psa.md §2.4, point 5.
func TestSection24Point5LinesWithoutCharge(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, nil), additionJSON(12, map[string]string{"billCustomer": `"NoCharge"`}), additionJSON(13, map[string]string{"billCustomer": `"DoNotBill"`}))
	lines := linesOn(t, u, today)
	expect(t, "lines", describe(lines), "10/10; 10/10 no_charge; 10/10 no_charge")
	if lines[1].IsCharged() || !lines[0].IsCharged() {
		t.Error("the wrong lines are charged")
	}
	found, err := start(t, one(additionJSON(11, map[string]string{"billCustomer": `"Sometimes"`}))).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, today))
	if err = errors.Join(err, found["7"].Err); err == nil || !strings.Contains(err.Error(), "Sometimes") {
		t.Errorf("an unknown billCustomer: %v", err)
	}
}

// psa.md §2.4, point 6.
func TestSection24Point6TheCompanyOfTheAgreementWhoeverPays(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, nil))
	u.agreements = []string{agreementJSON(1, map[string]string{"billToCompany": `{"id":9,"name":"Holding"}`, "parentAgreement": `{"id":4,"name":"Parent"}`})}
	lines := linesOn(t, u, today)
	expect(t, "lines", describe(lines), "10/10")
	expect(t, "agreement", lines[0].Agreement, "Managed (1), billed to Holding")
}

// psa.md §2.4, point 7.
func TestSection24Point7ProductsByIdentifierAndID(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, nil))
	product := linesOn(t, u, today)[0].Product
	if product.ID != "501" || !slices.Equal(product.Codes, []string{"M365"}) || product.Name != "" {
		t.Errorf("got %+v", product)
	}
}

// psa.md §2.4, point 8: proration changes money, not the quantity.
func TestSection24Point8ProrationLeavesTheQuantity(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, map[string]string{"prorateCurrentPeriodFlag": "true", "extendedProratePrice": "3.1"}))
	expect(t, "lines", describe(linesOn(t, u, today)), "10/10")
}

// Lines that start later are given, and agreements that ended long ago are not asked for.
func TestWhatIsRead(t *testing.T) {
	t.Parallel()
	u := &upstream{
		agreements: []string{
			agreementJSON(1, nil),
			agreementJSON(2, map[string]string{"cancelledFlag": "true", "dateCancelled": `"2025-11-27T00:00:00Z"`}),
			agreementJSON(3, map[string]string{"cancelledFlag": "true", "dateCancelled": `"2025-11-28T00:00:00Z"`}),
			agreementJSON(4, map[string]string{"noEndingDateFlag": "false", "endDate": `"2024-12-31T00:00:00Z"`}),
			agreementJSON(5, map[string]string{"cancelledFlag": "true"}),
		},
		additions: map[int][]string{1: {additionJSON(11, map[string]string{"effectiveDate": `"2027-05-01T00:00:00Z"`})}},
	}
	found, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, today))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "lines", describe(found["7"].Lines), "10/10")
	slices.Sort(u.requests)
	const base = "GET /v4_6_release/apis/3.0/finance/agreements"
	if want := []string{base, base + "/1/additions", base + "/3/additions", base + "/5/additions"}; !slices.Equal(u.requests, want) {
		t.Errorf("got %q, want %q", u.requests, want)
	}
}

// One request for the list and one for each agreement (psa.md §2.3), each thousand agreements one more.
func TestNumberOfRequests(t *testing.T) {
	t.Parallel()
	u := &upstream{additions: map[int][]string{}}
	var ids []string
	for id := 1; id <= 400; id++ {
		ids = append(ids, strconv.Itoa(1000+id))
		u.agreements = append(u.agreements, agreementJSON(id, map[string]string{"company": fmt.Sprintf(`{"id":%d,"identifier":"C%d","name":"Customer %d"}`, 1000+id, id, id)}))
		for n := range 8 {
			u.additions[id] = append(u.additions[id], additionJSON(id*10+n, map[string]string{"agreementId": strconv.Itoa(id)}))
		}
	}
	client := start(t, u)
	customers, err := client.Customers(t.Context())
	if err != nil || len(customers) != 400 {
		t.Fatal(err, len(customers))
	}
	found, err := client.Lines(t.Context(), ids, psa.PeriodOf(today, today))
	if err != nil || len(found) != 400 || len(found["1400"].Lines) != 8 {
		t.Fatal(err, len(found))
	}
	if want := 1 + 400; len(u.requests) != want {
		t.Errorf("%d requests, want %d", len(u.requests), want)
	}
}

func additionsOf(n int) []string {
	var rows []string
	for id := 1; id <= n; id++ {
		rows = append(rows, additionJSON(id, nil))
	}
	return rows
}

// Pages are read to the end: of any size, with or without a link behind a full one (psa.md §2.2).
func TestPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows, size int
		noLinks    bool
		requests   int
	}{
		"one page":                     {rows: 3, requests: 2},
		"smaller pages than asked for": {rows: 7, size: 3, requests: 4},
		"a full page without a link":   {rows: 1500, noLinks: true, requests: 3},
		"exactly one full page":        {rows: 1000, noLinks: true, requests: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := one(additionsOf(test.rows)...)
			u.pageSize = test.size
			if test.noLinks {
				u.answer = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/additions") {
						return false
					}
					recorder := httptest.NewRecorder()
					u.page(recorder, r, u.additions[1])
					_, _ = w.Write(recorder.Body.Bytes())
					return true
				}
			}
			if got := len(linesOn(t, u, today)); got != test.rows {
				t.Errorf("%d lines, want %d", got, test.rows)
			}
			if len(u.requests) != test.requests {
				t.Errorf("%d requests, want %d", len(u.requests), test.requests)
			}
		})
	}
}

// A page that is lost, empty, repeated or of another agreement is an error, never a smaller number.
func TestListsThatMayLackRows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		second     func(w http.ResponseWriter)
		wantList   bool
		wantStatus int
	}{
		"the second page fails": {second: func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, wantStatus: http.StatusNotFound},
		"it is no list":         {second: func(w http.ResponseWriter) { fmt.Fprint(w, `{"code":"InvalidObject"}`) }, wantStatus: http.StatusOK},
		"it is null":            {second: func(w http.ResponseWriter) { fmt.Fprint(w, `null`) }, wantStatus: http.StatusOK},
		"it repeats rows":       {second: func(w http.ResponseWriter) { fmt.Fprint(w, "["+additionJSON(2, nil)+"]") }, wantList: true},
		"it has another's rows": {second: func(w http.ResponseWriter) {
			fmt.Fprint(w, "["+additionJSON(9, map[string]string{"agreementId": "5"})+"]")
		}, wantStatus: http.StatusOK},
		"a row without a product": {second: func(w http.ResponseWriter) { fmt.Fprint(w, "["+additionJSON(9, map[string]string{"product": ""})+"]") }, wantStatus: http.StatusOK},
		"it is empty and names another": {second: func(w http.ResponseWriter) {
			w.Header().Set("Link", `<http://elsewhere.example/x?pageId=9>; rel="next"`)
			fmt.Fprint(w, "[]")
		}, wantList: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := one(additionsOf(5)...)
			u.pageSize = 2
			u.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("pageId") != "2" {
					return false
				}
				test.second(w)
				return true
			}
			found, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, today))
			err = errors.Join(err, found["7"].Err)
			_, isList := errors.AsType[*psa.IncompleteError](err)
			if isList != test.wantList || rest.Status(err) != test.wantStatus {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A link to another host is not followed: only the number of its page is used (psa.md §2.2).
func TestLinksToOtherHostsAreNotFollowed(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request with the keys went to another host") }))
	t.Cleanup(stranger.Close)
	u := one(additionsOf(3)...)
	u.pageSize = 2
	u.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("pageId") == "" && strings.HasSuffix(r.URL.Path, "/additions") {
			w.Header().Set("Link", "<"+stranger.URL+`/finance/agreements/1/additions?pageId=2>; rel="next"`)
			fmt.Fprintf(w, "[%s,%s]", u.additions[1][0], u.additions[1][1])
			return true
		}
		return false
	}
	expect(t, "lines", describe(linesOn(t, u, today)), "10/10; 10/10; 10/10")
}

// A failure of one agreement concerns its customer, one of the keys all.
func TestWhomAnErrorConcerns(t *testing.T) {
	t.Parallel()
	for status, all := range map[int]bool{
		http.StatusNotFound: false, http.StatusForbidden: false, http.StatusBadRequest: false, http.StatusUnauthorized: true,
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			u := &upstream{
				agreements: []string{agreementJSON(1, nil), agreementJSON(2, map[string]string{"company": `{"id":8,"name":"Other"}`})},
				additions:  map[int][]string{1: {additionJSON(11, nil)}},
			}
			u.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/2/additions") {
					w.WriteHeader(status)
					return true
				}
				return false
			}
			found, err := start(t, u).Lines(t.Context(), []string{"7", "8"}, psa.PeriodOf(today, today))
			if (err != nil) != all {
				t.Fatalf("error of all: %v", err)
			}
			if !all && (len(found["7"].Lines) != 1 || found["8"].Err == nil) {
				t.Errorf("got %+v", found)
			}
		})
	}
}

// A wrong key answers 404 in the cloud, which must not read as "there is no such thing" (psa.md §2.1).
func TestWrongKeys(t *testing.T) {
	t.Parallel()
	u := one()
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	client, err := New(Options{BaseURL: u.URL, Company: "acme", PublicKey: "public", PrivateKey: "wrong-key-0123456", ClientID: "id", RequestsPerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Customers(t.Context())
	failed, is := errors.AsType[*rest.Error](err)
	if !is || failed.Status != http.StatusNotFound || !strings.Contains(NextStep(failed), "connectwise.private_key") {
		t.Fatalf("got %v", err)
	}
	for _, secret := range append(Credentials("acme", "public", "wrong-key-0123456"), "wrong-key-0123456") {
		if strings.Contains(err.Error()+NextStep(failed), secret) {
			t.Error("the error shows a secret")
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	full := Options{BaseURL: "https://api-na.myconnectwise.net/", Company: "a", PublicKey: "b", PrivateKey: "c", ClientID: "d"}
	for name, change := range map[string]func(*Options){
		"no company":     func(o *Options) { o.Company = "" },
		"no public key":  func(o *Options) { o.PublicKey = "" },
		"no private key": func(o *Options) { o.PrivateKey = "" },
		"no client id":   func(o *Options) { o.ClientID = "" },
		"plain http":     func(o *Options) { o.BaseURL = "http://api-na.myconnectwise.net" },
	} {
		options := full
		change(&options)
		if _, err := New(options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	client, err := New(full)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "base", client.rest.BaseURL(), "https://api-na.myconnectwise.net/v4_6_release/apis/3.0")
	expect(t, "base with a code base", apiOf("https://cw.example/v2025_1"), "https://cw.example/v2025_1/apis/3.0")
	expect(t, "whole base", apiOf("https://cw.example/v4_6_release/apis/3.0/"), "https://cw.example/v4_6_release/apis/3.0")
	expect(t, "approval", string(client.ApprovalDate(today)), string(today))
	expect(t, "system", client.System(), System)
}

// Amounts of money are neither asked for nor decoded (psa.md §7).
func TestNoMoney(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, nil))
	var mu sync.Mutex
	var fields []string
	u.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		fields = append(fields, strings.Split(r.URL.Query().Get("fields"), ",")...)
		return false
	}
	linesOn(t, u, today)
	for _, field := range fields {
		lower := strings.ToLower(field)
		if field == "" || strings.Contains(lower, "price") || strings.Contains(lower, "cost") || strings.Contains(lower, "amount") {
			t.Errorf("the field %q is asked for", field)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(agreementJSON(1, nil)))
	f.Add([]byte(additionJSON(11, map[string]string{"quantity": `"2.5"`, "cancelledDate": `""`})))
	f.Add([]byte(`{"id":"x","company":{"id":1e400},"product":null,"quantity":1e999}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := decodeAgreement(raw); err == nil && (a.customer.ID == "" || a.name == "") {
			t.Errorf("%q: an agreement without company or name", raw)
		}
		found, err := decodeAddition(raw)
		if err != nil {
			return
		}
		line := found.line(agreement{}, psa.PeriodOf(today, today))
		if line.Product.String() == "" || line.Quantity == nil != line.Has(psa.FlagUnknownQuantity) {
			t.Errorf("%q: %+v", raw, line)
		}
	})
}

// A limit is waited for, as long as Retry-After says (psa.md §2.2).
func TestLimit(t *testing.T) {
	t.Parallel()
	u := one(additionJSON(11, nil))
	limited := false
	var mu sync.Mutex
	u.answer = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if limited || !strings.HasSuffix(r.URL.Path, "/additions") {
			return false
		}
		limited = true
		w.Header().Set("Retry-After", "0.01")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error":"ConnectWiseAPI","message":"Too many requests"}`)
		return true
	}
	expect(t, "lines", describe(linesOn(t, u, today)), "10/10")
	if len(u.requests) != 3 {
		t.Errorf("%d requests, want 3", len(u.requests))
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package halopsa

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

// upstream is a small HaloPSA: recurring invoices as JSON objects.
type upstream struct {
	*httptest.Server
	list     []row
	whole    map[string]row // by id, for one invoice
	authInfo string         // the answer of authinfo; %s is this server
	most     int            // the largest page, 0 for 1000
	answer   func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []string
	tenant   string
}

type row = map[string]any

func start(t *testing.T, u *upstream) *Client {
	t.Helper()
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	return client(t, u, "")
}

func client(t *testing.T, u *upstream, tenant string) *Client {
	t.Helper()
	made, err := New(Options{BaseURL: u.URL + "/", Tenant: tenant, ClientID: "app-id", ClientSecret: "secret-0123456", RequestsPerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests = append(u.requests, r.Method+" "+r.URL.Path)
	if u.answer != nil && u.answer(w, r) {
		return
	}
	switch {
	case r.URL.Path == "/api/authinfo":
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if u.authInfo == "" {
			u.authInfo = `{"auth_url":"%s/auth","tenant_id":"acme"}`
		}
		fmt.Fprint(w, strings.ReplaceAll(u.authInfo, "%s", u.URL))
	case strings.HasSuffix(r.URL.Path, "/token"):
		u.tenant = r.URL.Query().Get("tenant")
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != "app-id" || r.FormValue("client_secret") != "secret-0123456" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, "refused "+r.FormValue("client_secret"))
			return
		}
		fmt.Fprint(w, `{"token_type":"Bearer","access_token":"token-0123456789","expires_in":3600}`)
	case r.Header.Get("Authorization") != "Bearer token-0123456789" || r.Method != http.MethodGet:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/api/RecurringInvoice":
		u.page(w, r)
	default:
		one, found := u.whole[strings.TrimPrefix(r.URL.Path, "/api/RecurringInvoice/")]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(one)
	}
}

func (u *upstream) page(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("page_size"))
	number, _ := strconv.Atoi(r.URL.Query().Get("page_no"))
	if u.most > 0 {
		size = min(size, u.most)
	}
	begin := min((number-1)*size, len(u.list))
	_ = json.NewEncoder(w).Encode(row{"record_count": len(u.list), "invoices": append([]row{}, u.list[begin:min(begin+size, len(u.list))]...)})
}

func with(fields, changes row) row {
	for name, value := range changes {
		if value == "absent" {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
	return fields
}

// invoiceRow is a recurring invoice of client 7.
func invoiceRow(id int, changes row, lines ...row) row {
	return with(row{
		"id": id, "client_id": 7, "client_name": "Brightwater Dental", "contract_ref": "CON-1", "total": 225.0, "disabled": false,
		"schedule": row{"startdate": "1899-12-30T00:00:00", "end_date": "1899-12-30T00:00:00", "disabled": false}, "lines": lines,
	}, changes)
}

// lineRow is a line of 10 units of item 501.
func lineRow(changes row) row {
	return with(row{
		"id": 1, "_itemid": 501, "item_code": "M365-BP", "nominal_code": "200", "item_shortdescription": "Business Premium", "qty_order": 10.0, "unit_price": 22.5,
		"isinactive": false, "onetimecharge": false, "isgroupdesc": false, "is_bundled_line": false, "_is_calculated_line": false,
		"recurring_invoice_quantity_type": 0, "startdate": "1899-12-30T00:00:00", "enddate": "1899-12-30T00:00:00",
	}, changes)
}

const today = psa.Date("2026-11-28")

func linesOn(t *testing.T, u *upstream, day psa.Date) []psa.Line {
	t.Helper()
	found, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, day))
	if err != nil || found["7"].Err != nil {
		t.Fatal(err, found["7"].Err)
	}
	return slices.DeleteFunc(found["7"].Lines, func(line psa.Line) bool { return !line.InForce(day) })
}

// describe returns the quantity and the flags of each line.
func describe(of []psa.Line) string {
	var texts []string
	for _, line := range of {
		quantity := "?"
		if line.Quantity != nil {
			quantity = strconv.FormatFloat(*line.Quantity, 'f', -1, 64)
		}
		texts = append(texts, strings.Join(append([]string{quantity}, line.Flags...), " "))
	}
	return strings.Join(texts, "; ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func one(lines ...row) *upstream { return &upstream{list: []row{invoiceRow(-94, nil, lines...)}} }

// psa.md §4.4, point 1: a line that HaloPSA calculates has no number to read, whatever its qty_order says.
func TestSection44Point1CalculatedLinesHaveNoNumber(t *testing.T) {
	t.Parallel()
	got := linesOn(t, one(
		lineRow(nil), lineRow(row{"recurring_invoice_quantity_type": 1, "qty_order": 0.0}), lineRow(row{"recurring_invoice_quantity_type": 2, "qty_order": 31.0}),
		lineRow(row{"recurring_invoice_quantity_type": 9}), lineRow(row{"_is_calculated_line": true}), lineRow(row{"qty_order": nil}), lineRow(row{"qty_order": 0.0}),
	), today)
	expect(t, "lines", describe(got), "10; ? calculated; ? calculated; ? calculated; ? calculated; ? unknown_quantity; 0")
}

// psa.md §4.4, point 2: such a line is flagged, so that nobody lets Gradient count it as well.
func TestSection44Point2CalculatedLinesAreFlagged(t *testing.T) {
	t.Parallel()
	got := linesOn(t, one(lineRow(row{"recurring_invoice_quantity_type": 1})), today)
	if !got[0].Has(psa.FlagCalculated) || got[0].Has(psa.FlagUnknownQuantity) || got[0].Billed != nil {
		t.Errorf("got %+v", got[0])
	}
}

// psa.md §4.4, point 3.
func TestSection44Point3LinesThatAreLeftOut(t *testing.T) {
	t.Parallel()
	got := linesOn(t, one(
		lineRow(row{"isinactive": true}), lineRow(row{"isgroupdesc": true, "recurring_invoice_quantity_type": "absent"}), lineRow(row{"startdate": "2026-12-01T00:00:00"}),
		lineRow(row{"enddate": "2026-11-27T00:00:00"}), lineRow(row{"qty_order": 1, "enddate": "2026-11-28T00:00:00", "startdate": "2026-11-28T00:00:00"}),
		lineRow(row{"qty_order": 2, "onetimecharge": true}), lineRow(row{"qty_order": 3, "prorata_next_invoice": true, "prorata_quantity": 5.0}),
	), today)
	expect(t, "lines", describe(got), "1; 2 one_time; 3")
	if got[1].IsCharged() {
		t.Error("what is charged once counts")
	}
}

// psa.md §4.4, point 4.
func TestSection44Point4BundledLinesCountAndAreFlagged(t *testing.T) {
	t.Parallel()
	got := linesOn(t, one(lineRow(row{"is_bundled_line": true})), today)
	expect(t, "lines", describe(got), "10 bundled")
	if !got[0].IsCharged() {
		t.Error("it does not count")
	}
}

// psa.md §4.4, point 5.
func TestSection44Point5SchedulesThatDoNotBill(t *testing.T) {
	t.Parallel()
	schedule := func(changes row) row {
		return row{"schedule": with(row{"startdate": "1899-12-30T00:00:00", "end_date": "1899-12-30T00:00:00", "disabled": false}, changes)}
	}
	for name, test := range map[string]struct {
		changes row
		want    string
	}{
		"open":             {nil, "10"},
		"disabled":         {row{"disabled": true}, "10 cancelled_agreement"},
		"schedule is off":  {schedule(row{"disabled": true}), "10 cancelled_agreement"},
		"ended":            {schedule(row{"end_date": "2026-11-27T00:00:00"}), "10 cancelled_agreement"},
		"ends today":       {schedule(row{"end_date": "2026-11-28T00:00:00"}), "10"},
		"begins tomorrow":  {schedule(row{"startdate": "2026-11-29T00:00:00"}), ""},
		"without schedule": {row{"schedule": nil}, "10"},
	} {
		u := &upstream{list: []row{invoiceRow(-94, test.changes, lineRow(nil))}}
		expect(t, name, describe(linesOn(t, u, today)), test.want)
	}
	// It ends between the two days.
	u := &upstream{list: []row{invoiceRow(-94, schedule(row{"end_date": "2026-11-30T00:00:00"}), lineRow(nil), lineRow(row{"enddate": "2026-11-29T00:00:00"}))}}
	expect(t, "on the day after", describe(linesOn(t, u, "2026-12-01")), "")
	expect(t, "on the last day", describe(linesOn(t, u, "2026-11-30")), "10")
}

// psa.md §4.4, point 6.
func TestSection44Point6TheClientWhoeverPays(t *testing.T) {
	t.Parallel()
	u := &upstream{list: []row{invoiceRow(-94, row{"client": row{"client_to_invoice_recurring": 9}}, lineRow(nil)), invoiceRow(-95, row{"client_id": 8, "client_name": "Other"}, lineRow(nil))}}
	got := linesOn(t, u, today)
	expect(t, "lines", describe(got), "10")
	expect(t, "agreement", got[0].Agreement, "CON-1 (recurring invoice -94)")
	if product := got[0].Product; product.ID != "501" || product.Name != "Business Premium" || !slices.Equal(product.Codes, []string{"M365-BP", "200"}) {
		t.Errorf("got %+v", product)
	}
	customers, err := start(t, u).Customers(t.Context())
	if err != nil || len(customers) != 2 || customers[1] != (psa.Customer{ID: "8", Name: "Other"}) {
		t.Errorf("got %v, %v", customers, err)
	}
}

// Where the list leaves out how quantities are made, each invoice is asked (psa.md §4.2); otherwise a list is one request a page.
func TestRequests(t *testing.T) {
	t.Parallel()
	bare := lineRow(row{"recurring_invoice_quantity_type": "absent", "_is_calculated_line": "absent"})
	u := &upstream{
		list: []row{invoiceRow(-94, nil, bare), invoiceRow(-95, row{"lines": "absent"}), invoiceRow(-96, nil, lineRow(row{"qty_order": 3}))},
		whole: map[string]row{
			"-94": invoiceRow(-94, nil, lineRow(row{"recurring_invoice_quantity_type": 1})), "-95": invoiceRow(-95, nil, lineRow(row{"qty_order": 4})),
		},
	}
	expect(t, "lines", describe(linesOn(t, u, today)), "? calculated; 4; 3")
	const list = "GET /api/RecurringInvoice"
	if want := []string{"GET /api/authinfo", "POST /auth/token", list, list + "/-94", list + "/-95"}; !slices.Equal(u.requests, want) {
		t.Errorf("got %q, want %q", u.requests, want)
	}
	// What even the invoice does not say is unknown.
	u = &upstream{list: []row{invoiceRow(-94, nil, bare)}, whole: map[string]row{"-94": invoiceRow(-94, nil, bare)}}
	expect(t, "lines", describe(linesOn(t, u, today)), "? unknown_quantity")
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rows, most, requests int }{
		"one page": {99, 0, 3}, "one full page": {100, 0, 3}, "two": {101, 0, 4}, "a smaller page than asked for": {101, 40, 5}, "none": {0, 0, 3},
	} {
		u := &upstream{most: test.most}
		for id := range test.rows {
			u.list = append(u.list, invoiceRow(-id-1, nil, lineRow(nil)))
		}
		if got := len(linesOn(t, u, today)); got != test.rows || len(u.requests) != test.requests {
			t.Errorf("%s: %d lines with %d requests", name, got, len(u.requests))
		}
	}
}

// A page that is lost, repeated, or shorter than the list counts is an error, never a smaller number.
func TestListsThatMayLackRows(t *testing.T) {
	t.Parallel()
	encode := func(count int, rows ...row) string {
		raw, _ := json.Marshal(row{"record_count": count, "invoices": rows})
		return string(raw)
	}
	for name, test := range map[string]struct {
		status   int
		second   string
		wantList bool
	}{
		"the page fails":      {http.StatusBadRequest, `{"error":"no"}`, false},
		"it is empty":         {http.StatusOK, `{"record_count":101,"invoices":[]}`, true},
		"it repeats an id":    {http.StatusOK, encode(101, invoiceRow(-1, nil, lineRow(nil))), true},
		"it has too many":     {http.StatusOK, encode(101, invoiceRow(-900, nil, lineRow(nil)), invoiceRow(-901, nil, lineRow(nil))), true},
		"it counts fewer":     {http.StatusOK, encode(50, invoiceRow(-900, nil, lineRow(nil))), true},
		"it has no list":      {http.StatusOK, `{"record_count":101}`, false},
		"it has no count":     {http.StatusOK, `{"invoices":[]}`, false},
		"it has no client":    {http.StatusOK, encode(101, invoiceRow(-900, row{"client_id": -1})), false},
		"it has no id":        {http.StatusOK, encode(101, invoiceRow(0, row{"id": nil})), false},
		"it has a wrong date": {http.StatusOK, encode(101, invoiceRow(-900, nil, lineRow(row{"enddate": "soon"}))), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &upstream{}
			for id := range 101 {
				u.list = append(u.list, invoiceRow(-id-1, nil, lineRow(nil)))
			}
			u.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("page_no") != "2" {
					return false
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.second)
				return true
			}
			_, err := start(t, u).Lines(t.Context(), []string{"7"}, psa.PeriodOf(today, today))
			if _, isList := errors.AsType[*psa.IncompleteError](err); err == nil || isList != test.wantList || !isList && rest.Status(err) != test.status {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An invoice that cannot be read whole concerns its client, a failure of the service all.
func TestInvoicesThatCannotBeCompleted(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]map[string]row{
		"it is gone": nil, "it is another": {"-94": invoiceRow(-95, nil, lineRow(nil))}, "it has no lines": {"-94": invoiceRow(-94, row{"lines": nil})},
		"it has no client": {"-94": invoiceRow(-94, row{"client_id": 0})},
	} {
		u := &upstream{list: []row{invoiceRow(-94, row{"lines": nil}), invoiceRow(-95, row{"client_id": 8}, lineRow(nil))}, whole: whole}
		found, err := start(t, u).Lines(t.Context(), []string{"7", "8"}, psa.PeriodOf(today, today))
		if gone := name == "it is gone"; err != nil || found["7"].Err == nil || gone != (rest.Status(found["7"].Err) == http.StatusNotFound) || found["8"].Err != nil {
			t.Errorf("%s: got %v, %+v", name, err, found)
		}
	}
	u := &upstream{list: []row{invoiceRow(-94, row{"lines": nil})}}
	u.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/-94") {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	if _, err := start(t, u).Customers(t.Context()); rest.Status(err) != http.StatusUnauthorized {
		t.Errorf("got %v", err)
	}
}

// The secret goes to the configured host only, whatever authinfo names (psa.md §4.1).
func TestWhereItSignsIn(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request went to another host") }))
	t.Cleanup(stranger.Close)
	for name, test := range map[string]struct{ info, tenant, wantPath, wantTenant string }{
		"as it says":        {`{"auth_url":"%s/oauth/","tenant_id":"acme"}`, "", "/oauth/token", "acme"},
		"a tenant is given": {`{"auth_url":"%s/auth","tenant_id":"acme"}`, "other", "/auth/token", "other"},
		"another host":      {`{"auth_url":"` + stranger.URL + `/auth","tenant_id":"acme"}`, "", "/auth/token", "acme"},
		"a longer host":     {`{"auth_url":"%s.evil.example/auth"}`, "", "/auth/token", ""},
		"nothing":           {`{}`, "", "/auth/token", ""},
	} {
		u := one(lineRow(nil))
		u.authInfo = test.info
		start(t, u)
		if _, err := client(t, u, test.tenant).Customers(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if u.requests[1] != "POST "+test.wantPath || u.tenant != test.wantTenant {
			t.Errorf("%s: %q for the tenant %q", name, u.requests[1], u.tenant)
		}
	}
	u := one(lineRow(nil))
	u.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/authinfo" {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	if _, err := start(t, u).Customers(t.Context()); err != nil {
		t.Errorf("without authinfo: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	u := one(lineRow(nil))
	start(t, u)
	wrong, err := New(Options{BaseURL: u.URL, ClientID: "app-id", ClientSecret: "wrong-secret-0123", RequestsPerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Customers(t.Context())
	failed, is := errors.AsType[*rest.Error](err)
	if !is || failed.Status != http.StatusUnauthorized || !strings.Contains(NextStep(failed), "halopsa.client_secret") || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("got %v", err)
	}
	for what, answer := range map[string]string{"no token": `{"token_type":"Bearer"}`, "a page": `<html><title>Sign in</title></html>`} {
		u.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/token") {
				return false
			}
			fmt.Fprint(w, answer)
			return true
		}
		if _, err := client(t, u, "").Customers(t.Context()); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if step := NextStep(&rest.Error{Status: http.StatusForbidden, URL: u.URL + "/api/RecurringInvoice"}); !strings.Contains(step, "permissions") {
		t.Errorf("got %q", step)
	}
	expect(t, "another error", NextStep(&rest.Error{Status: http.StatusBadRequest}), "")
	for _, missing := range []Options{{BaseURL: u.URL, ClientID: "a"}, {BaseURL: u.URL, ClientSecret: "a"}, {ClientID: "a", ClientSecret: "b"}} {
		if _, err := New(missing); err == nil {
			t.Errorf("%+v: no error", missing)
		}
	}
	made := client(t, u, "")
	expect(t, "approval", string(made.ApprovalDate(today)), "2026-12-01")
	expect(t, "system", made.System(), System)
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []row{invoiceRow(-94, nil, lineRow(nil)), invoiceRow(-94, row{"lines": nil, "schedule": nil})} {
		raw, _ := json.Marshal(seed)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := decodeInvoice(raw)
		if err != nil {
			return
		}
		if i.id == "" || i.customer.ID == "" || i.whole && !i.hasLines {
			t.Errorf("%q: %+v", raw, i)
		}
		for _, line := range i.psaLines(psa.PeriodOf(today, today)) {
			known := line.Quantity != nil
			if known == (line.Has(psa.FlagCalculated) || line.Has(psa.FlagUnknownQuantity)) {
				t.Errorf("%q: %+v", raw, line)
			}
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"crypto/rand"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// unsetDate is how HaloPSA writes that there is no date: psa.md §4.3.
const unsetDate = "1899-12-30T00:00:00"

// HaloHandler serves HaloPSA below /api and /auth.
func (p *PSA) HaloHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/authinfo", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, object{"auth_url": host(r) + "/auth", "tenant_id": p.options.Credentials.HaloTenant})
	})
	mux.HandleFunc("POST /auth/token", p.issueToken)
	mux.HandleFunc("GET /api/RecurringInvoice", p.halo(p.listInvoices))
	mux.HandleFunc("GET /api/RecurringInvoice/{id}", p.halo(p.showInvoice))
	mux.HandleFunc("GET /api/Client", p.halo(p.listClients))
	mux.HandleFunc("GET /api/Item", p.halo(p.listItems))
	mux.HandleFunc("GET /api/ClientContract", p.halo(p.listContracts))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p.violate(w, r)
			return
		}
		refuseHalo(w, http.StatusNotFound, "There is no "+r.URL.Path)
	})
	return mux
}

func refuseHalo(w http.ResponseWriter, status int, message string) {
	answer(w, status, object{"error": message})
}

// issueToken signs an application in: psa.md §4.1.
func (p *PSA) issueToken(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := p.options.Credentials
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case media != "application/x-www-form-urlencoded" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") == "":
		refuseHalo(w, http.StatusBadRequest, "invalid_request")
	case r.URL.Query().Get("tenant") != keys.HaloTenant || r.FormValue("client_id") != keys.HaloClientID ||
		r.FormValue("client_secret") != keys.HaloClientSecret:
		refuseHalo(w, http.StatusUnauthorized, "invalid_client")
	default:
		token := "halo-token-" + rand.Text() + rand.Text()
		p.tokens[token] = true
		p.options.Remember(token)
		answer(w, http.StatusOK, object{"token_type": "Bearer", "access_token": token, "expires_in": 3600, "scope": r.FormValue("scope")})
	}
}

// halo checks the token. The handler holds the lock.
func (p *PSA) halo(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || !p.tokens[token] {
			refuseHalo(w, http.StatusUnauthorized, "The token is missing or not valid")
			return
		}
		handle(w, r)
	}
}

func (p *PSA) listInvoices(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	withLines := query.Get("includelines") == "true"
	var wanted []string
	for _, name := range []string{"client_id", "client_ids"} {
		if text := query.Get(name); text != "" {
			wanted = append(wanted, strings.Split(text, ",")...)
		}
	}
	contract := query.Get("contract_id")
	var rows []object
	for _, agreement := range p.book.agreements() {
		if len(wanted) > 0 && !contains(wanted, agreement.customer.ID) || contract != "" && contract != strconv.Itoa(agreement.id) {
			continue
		}
		rows = append(rows, p.showRecurring(agreement, withLines, p.options.Switch("halo-list-lines") == "all-fields"))
	}
	p.haloList(w, r, "invoices", rows, "client_id", "client_ids", "contract_id", "includelines", "rinvoice_type")
}

func contains(ids []string, id int) bool {
	for _, text := range ids {
		if strings.TrimSpace(text) == strconv.Itoa(id) {
			return true
		}
	}
	return false
}

func (p *PSA) showInvoice(w http.ResponseWriter, r *http.Request) {
	for _, agreement := range p.book.agreements() {
		if strconv.Itoa(-agreement.id) == r.PathValue("id") {
			answer(w, http.StatusOK, p.showRecurring(agreement, true, true))
			return
		}
	}
	refuseHalo(w, http.StatusNotFound, "There is no such invoice")
}

func (p *PSA) listClients(w http.ResponseWriter, r *http.Request) {
	var rows []object
	for _, customer := range p.book.customers {
		rows = append(rows, object{"id": customer.ID, "name": customer.Name, "inactive": false, "toplevel_id": 1})
	}
	p.haloList(w, r, "clients", rows)
}

func (p *PSA) listItems(w http.ResponseWriter, r *http.Request) {
	var rows []object
	for _, product := range p.book.products {
		rows = append(rows, object{"id": product.id, "name": product.Name})
	}
	p.haloList(w, r, "items", rows)
}

func (p *PSA) listContracts(w http.ResponseWriter, r *http.Request) {
	var rows []object
	for _, agreement := range p.book.agreements() {
		rows = append(rows, object{"id": agreement.id, "ref": agreement.Name, "client_id": agreement.customer.ID, "client_name": agreement.customer.Name})
	}
	p.haloList(w, r, "contracts", rows)
}

// haloList answers a list or a page of it: psa.md §4.2. It knows the options for pages and these.
func (p *PSA) haloList(w http.ResponseWriter, r *http.Request, name string, rows []object, options ...string) {
	query := r.URL.Query()
	known := fieldsOf("pageinate page_size page_no " + strings.Join(options, " "))
	for option := range query {
		if !known[option] {
			unsimulated(w, "the option "+option+" of "+r.URL.Path, "psa.md §4.2")
			return
		}
	}
	total := len(rows)
	if query.Get("pageinate") == "true" {
		most, _ := strconv.Atoi(p.options.Switch("halo-page-size"))
		size, sizeErr := strconv.Atoi(query.Get("page_size"))
		number, numberErr := strconv.Atoi(query.Get("page_no"))
		if sizeErr != nil || numberErr != nil || size < 1 || number < 1 {
			refuseHalo(w, http.StatusBadRequest, "page_size and page_no must be positive numbers")
			return
		}
		size = min(size, most)
		start := min((number-1)*size, total)
		rows = rows[start:min(start+size, total)]
	}
	if rows == nil {
		rows = []object{}
	}
	answer(w, http.StatusOK, object{"record_count": total, name: rows})
}

// showRecurring shows an agreement as a recurring invoice: psa.md §4.3. Its id is negative.
func (p *PSA) showRecurring(a *heldAgreement, withLines, allFields bool) object {
	next := plainDay(p.today().firstOfNextMonth())
	payer := a.BilledTo
	row := object{
		"id": -a.id, "client_id": a.customer.ID, "client_name": a.customer.Name, "contract_id": a.id, "contract_ref": a.Name, "schedule_id": a.id,
		"schedule": object{
			"nextcreationdate": next, "lastcreated": plainDay(p.today().firstOfMonth()), "startdate": haloDate(a.Starts), "end_date": haloDate(a.Ends),
			"period": "month", "disabled": a.Cancelled,
		},
		"nextcreationdate": next, "period_start_date": next, "period_end_date": unsetDate, "lastcreated": plainDay(p.today().firstOfMonth()),
		"disabled": a.Cancelled, "total": 0, "currency_code": "USD",
		"client": object{"inactive": false, "toplevel_id": 1, "client_to_invoice_recurring": payer},
	}
	if withLines {
		lines := []object{}
		for i, line := range a.lines {
			lines = append(lines, p.showHaloLine(line, i+1, allFields))
		}
		row["lines"] = lines
	}
	return row
}

func (p *PSA) showHaloLine(line *heldLine, sequence int, allFields bool) object {
	quantity := line.quantity(HaloPSA, p.today())
	if line.Calculated != 0 && p.options.Switch("halo-calculated-quantity") == "zero" {
		quantity = 0
	}
	row := object{
		"id": line.id, "ihid": -line.agreement.id, "_itemid": line.product.id, "item_code": line.product.Identifier, "nominal_code": "",
		"item_shortdescription": line.Product, "qty_order": quantity, "unit_price": 12.5, "net_amount": 12.5 * quantity, "isinactive": line.Inactive,
		"onetimecharge": line.OneTime, "onetimechargeinvoiceid": 0, "startdate": haloDate(line.Starts), "enddate": haloDate(line.Ends), "autorenew": false,
		"is_bundled_line": line.Bundled, "group_id": 0, "isgroupdesc": line.Text, "is_meter": false, "_is_calculated_line": line.Calculated != 0,
		"recurring_invoice_quantity_type": line.Calculated, "quantity_users": []object{}, "quantity_assets": []object{},
		"quantity_licences": []object{}, "quantity_subscriptions": []object{}, "quantity_custom": 0, "prorata_next_invoice": false,
		"prorata_quantity": 0, "prorata_unit_price": 0, "prorata_data": []object{}, "item_internal_reference": "", "item_external_reference": "",
		"hide_on_pdf": false, "sequenceid": sequence,
	}
	if line.Text {
		row["_itemid"], row["item_code"], row["qty_order"] = 0, "", 0
	}
	for name := range row {
		if !allFields && (strings.Contains(name, "quantity_") || name == "_is_calculated_line") && !strings.HasPrefix(name, "prorata_") {
			delete(row, name)
		}
	}
	return row
}

func haloDate(d Date) string {
	if d == "" {
		return unsetDate
	}
	return plainDay(d)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// codebase is the path that leads to the tenant's version: psa.md §2.1.
const codebase = "/v4_6_release"

// ConnectWiseHandler serves ConnectWise PSA below /login and below /v4_6_release.
func (p *PSA) ConnectWiseHandler() http.Handler {
	mux := http.NewServeMux()
	const api = codebase + "/apis/3.0"
	mux.HandleFunc("GET /login/companyinfo/{company}", p.describeCompany)
	mux.HandleFunc("GET "+api+"/system/info", p.connectwise(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"version": "v2025.1"})
	}))
	mux.HandleFunc("GET "+api+"/finance/agreements", p.connectwise(p.listAgreements))
	mux.HandleFunc("GET "+api+"/finance/agreements/{id}/additions", p.connectwise(p.listAdditions))
	mux.HandleFunc("GET "+api+"/finance/agreements/{id}/additions/count", p.connectwise(p.countAdditions))
	mux.HandleFunc("GET "+api+"/procurement/catalog", p.connectwise(p.listCatalog))
	for _, path := range []string{"/finance/agreements/{id}", "/finance/agreements/{id}/additions/{addition}", "/system/reports", "/system/reports/{name}"} {
		mux.HandleFunc("GET "+api+path, p.connectwise(func(w http.ResponseWriter, r *http.Request) {
			unsimulated(w, r.Method+" "+r.URL.Path, "psa.md §2.3")
		}))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p.violate(w, r)
			return
		}
		refuseConnectWise(w, http.StatusNotFound, "NotFound", "There is no "+r.URL.Path)
	})
	return mux
}

func refuseConnectWise(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, object{"code": code, "message": message, "errors": nil})
}

func (p *PSA) describeCompany(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("company") != p.options.Credentials.ConnectWiseCompany {
		refuseConnectWise(w, http.StatusNotFound, "NotFound", "There is no such company")
		return
	}
	answer(w, http.StatusOK, object{"Codebase": strings.TrimPrefix(codebase, "/"), "SiteUrl": r.Host})
}

// connectwise checks the sign-in and the limit: psa.md §2.1 and §2.2. The handler holds the lock.
func (p *PSA) connectwise(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		keys := p.options.Credentials
		pair := keys.ConnectWiseCompany + "+" + keys.ConnectWisePublicKey + ":" + keys.ConnectWisePrivateKey
		switch {
		case r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)):
			if p.options.Switch("connectwise-wrong-key") == "401" {
				refuseConnectWise(w, http.StatusUnauthorized, "Unauthorized", "The request is not authenticated")
				return
			}
			refuseConnectWise(w, http.StatusNotFound, "ConnectWiseApi", "UserNotAuthenticated")
		case r.Header.Get("clientId") != keys.ConnectWiseClientID:
			refuseConnectWise(w, http.StatusUnauthorized, "Unauthorized", "The clientId is missing or not known")
		case p.options.Switch("connectwise-limit") == "60-a-minute" && !within(&p.connected, p.options.Now(), time.Minute, 60):
			left := p.connected[0].Add(time.Minute).Sub(p.options.Now())
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(left.Seconds()))))
			answer(w, http.StatusTooManyRequests, object{"error": "ConnectWiseAPI", "message": "Too many requests"})
		default:
			handle(w, r)
		}
	}
}

func (p *PSA) listAgreements(w http.ResponseWriter, r *http.Request) {
	var rows []object
	for _, agreement := range p.book.agreements() {
		rows = append(rows, p.showAgreement(agreement))
	}
	p.list(w, r, rows, agreementFields)
}

func (p *PSA) listAdditions(w http.ResponseWriter, r *http.Request) {
	if rows, found := p.additionsOf(w, r); found {
		p.list(w, r, rows, additionFields)
	}
}

func (p *PSA) countAdditions(w http.ResponseWriter, r *http.Request) {
	rows, found := p.additionsOf(w, r)
	if !found {
		return
	}
	matching, err := filter(rows, r.URL.Query().Get("conditions"), additionFields)
	if err != nil {
		refuseConnectWise(w, http.StatusBadRequest, "InvalidObject", err.Error())
		return
	}
	answer(w, http.StatusOK, object{"count": len(matching)})
}

// additionsOf returns the additions of the agreement that the path names. It answers what it refuses.
func (p *PSA) additionsOf(w http.ResponseWriter, r *http.Request) ([]object, bool) {
	if strings.Contains(r.URL.Query().Get("conditions"), "product/id") && p.options.Switch("connectwise-product-condition") == "refused" {
		refuseConnectWise(w, http.StatusBadRequest, "InvalidObject", "product/id cannot be used in conditions")
		return nil, false
	}
	for _, agreement := range p.book.agreements() {
		if strconv.Itoa(agreement.id) != r.PathValue("id") {
			continue
		}
		var rows []object
		for _, line := range agreement.lines {
			if !line.Text {
				rows = append(rows, p.showAdditions(line)...)
			}
		}
		sortByID(rows)
		return rows, true
	}
	refuseConnectWise(w, http.StatusNotFound, "NotFound", "Agreement "+r.PathValue("id")+" not found")
	return nil, false
}

func (p *PSA) listCatalog(w http.ResponseWriter, r *http.Request) {
	var rows []object
	for _, product := range p.book.products {
		rows = append(rows, object{
			"id": product.id, "identifier": product.Identifier, "description": product.Name, "customerDescription": product.Name,
			"productClass": "Agreement", "inactiveFlag": false, "vendorSku": "", "manufacturerPartNumber": "", "integrationXRef": "", "recurringFlag": true,
		})
	}
	p.list(w, r, rows, fieldsOf("id identifier description customerDescription productClass inactiveFlag vendorSku manufacturerPartNumber integrationXRef recurringFlag"))
}

// The fields of psa.md §2.3 that this sandbox has. It refuses others in conditions, as the API does with a name that it does not know.
var (
	agreementFields = fieldsOf("id name type company billToCompany parentAgreement agreementStatus cancelledFlag dateCancelled startDate endDate " +
		"noEndingDateFlag billingCycle billOneTimeFlag oneTimeFlag billStartDate nextInvoiceDate periodType prorateFlag invoicingCycle billAmount " +
		"customFields _info")
	additionFields = fieldsOf("id agreementId product description invoiceDescription quantity lessIncluded billedQuantity billCustomer unitPrice unitCost " +
		"extPrice extCost effectiveDate cancelledDate prorateCurrentPeriodFlag uom serialNumber sequenceNumber taxableFlag purchaseItemFlag invoiceGrouping " +
		"opportunity agreementStatus additionStatus")
)

func fieldsOf(names string) map[string]bool {
	fields := map[string]bool{}
	for _, name := range strings.Fields(names) {
		fields[name] = true
	}
	return fields
}

func (p *PSA) showAgreement(a *heldAgreement) object {
	status := "Active"
	switch {
	case a.Cancelled:
		status = "Cancelled"
	case a.Ends != "" && a.Ends < p.today():
		status = "Expired"
	}
	row := object{
		"id": a.id, "name": a.Name, "type": reference(1, "Managed Services"), "company": showCompany(a.customer),
		"billToCompany": showCompany(a.customer), "agreementStatus": status, "cancelledFlag": a.Cancelled, "startDate": midnight(a.Starts),
		"noEndingDateFlag": a.Ends == "", "billOneTimeFlag": a.OneTime, "oneTimeFlag": a.OneTime, "periodType": "Current",
		"_info": object{"lastUpdated": midnight(p.today())},
	}
	if payer := p.book.customer(a.BilledTo); payer != nil {
		row["billToCompany"] = showCompany(payer)
	}
	if !a.NoBillingCycle {
		row["billingCycle"] = reference(2, "Monthly")
	}
	for _, parent := range p.book.agreements() {
		if a.Parent != "" && parent.Name == a.Parent {
			row["parentAgreement"] = reference(parent.id, parent.Name)
		}
	}
	p.setDate(row, "endDate", a.Ends)
	cancelled := Date("")
	if a.Cancelled {
		cancelled = a.Ends
	}
	p.setDate(row, "dateCancelled", cancelled)
	return row
}

func showCompany(c *heldCustomer) object {
	return object{"id": c.ID, "identifier": c.Identifier, "name": c.Name}
}

// showAdditions returns the additions of a line: one with the quantity of today, or one for each quantity that it has had (psa.md §1).
func (p *PSA) showAdditions(line *heldLine) []object {
	if p.options.Switch("connectwise-approval") == "patch" {
		return []object{p.showAddition(line, line.id*100, span{line.Starts, line.Ends, line.quantity(ConnectWise, p.today())})}
	}
	var rows []object
	for i, span := range line.spans(ConnectWise) {
		rows = append(rows, p.showAddition(line, line.id*100+i, span))
	}
	return rows
}

func (p *PSA) showAddition(line *heldLine, id int, during span) object {
	bill := line.Bill
	if bill == "" {
		bill = "Billable"
	}
	row := object{
		"id": id, "agreementId": line.agreement.id,
		"product":     object{"id": line.product.id, "identifier": line.product.Identifier, "serializedFlag": false},
		"description": line.Product, "invoiceDescription": line.Product, "quantity": during.quantity, "lessIncluded": line.Included,
		"billedQuantity": during.quantity - line.Included, "billCustomer": bill, "unitPrice": 12.5, "unitCost": 10.0,
		"extPrice": 12.5 * during.quantity, "extCost": 10 * during.quantity, "effectiveDate": midnight(during.from),
		"prorateCurrentPeriodFlag": false, "sequenceNumber": id, "taxableFlag": true, "purchaseItemFlag": false, "agreementStatus": "Active",
		"additionStatus": "Active",
	}
	cancelled := during.to
	if cancelled != "" && p.options.Switch("connectwise-cancelled-day") == "not-billed" {
		cancelled = cancelled.addDays(1)
	}
	p.setDate(row, "cancelledDate", cancelled)
	return row
}

// setDate sets a date that may not be set: psa.md §2.4.
func (p *PSA) setDate(row object, name string, date Date) {
	switch {
	case date != "":
		row[name] = midnight(date)
	case p.options.Switch("connectwise-unset-dates") == "empty":
		row[name] = ""
	}
}

func midnight(d Date) string { return string(d) + "T00:00:00Z" }

// list answers a page of rows, which are in the order of their ids: psa.md §2.2.
func (p *PSA) list(w http.ResponseWriter, r *http.Request, rows []object, fields map[string]bool) {
	query, err := readListQuery(r)
	if err == nil {
		rows, err = filter(rows, query.conditions, fields)
	}
	if err != nil {
		refuseConnectWise(w, http.StatusBadRequest, "InvalidObject", err.Error())
		return
	}
	start := 0
	if query.forwardOnly {
		for start < len(rows) && rows[start]["id"].(int) <= query.pageID {
			start++
		}
	} else {
		start = min((query.page-1)*query.pageSize, len(rows))
	}
	end := min(start+query.pageSize, len(rows))
	if links := query.links(r, rows, start, end); links != "" {
		w.Header().Set("Link", links)
	}
	page := []object{}
	for _, row := range rows[start:end] {
		page = append(page, query.pick(row))
	}
	answer(w, http.StatusOK, page)
}

// listQuery is the checked query of a list.
type listQuery struct {
	conditions             string
	fields                 []string // nil for all
	page, pageSize, pageID int
	forwardOnly            bool
}

func readListQuery(r *http.Request) (listQuery, error) {
	query := listQuery{page: 1, pageSize: 25, forwardOnly: r.Header.Get("pagination-type") == "forward-only"}
	numbers := map[string]*int{"page": &query.page, "pageSize": &query.pageSize, "pageId": &query.pageID}
	values := r.URL.Query()
	for _, name := range sortedKeys(values) {
		text := values.Get(name)
		switch number, isNumber := numbers[name]; {
		case isNumber:
			var err error
			if *number, err = strconv.Atoi(text); err != nil || *number < 0 {
				return query, problem("%s must be a number", name)
			}
		case name == "conditions":
			query.conditions = text
		case name == "fields":
			query.fields = strings.Split(text, ",")
		case name == "orderBy" && text == "id" && !query.forwardOnly:
		default:
			return query, problem("this sandbox does not know %s=%s, see psa.md §2.2", name, text)
		}
	}
	if query.page == 0 || query.pageSize == 0 || query.pageSize > 1000 {
		return query, problem("page counts from 1, and pageSize is at most 1000")
	}
	return query, nil
}

// links returns the Link header of a page.
func (q listQuery) links(r *http.Request, rows []object, start, end int) string {
	link := func(relation, name string, value int) string {
		values := url.Values{}
		for key, given := range r.URL.Query() {
			if key != "page" && key != "pageId" {
				values[key] = given
			}
		}
		values.Set(name, strconv.Itoa(value))
		return fmt.Sprintf("<%s%s?%s>; rel=%q", host(r), r.URL.Path, values.Encode(), relation)
	}
	var links []string
	switch more := end < len(rows); {
	case q.forwardOnly && more:
		links = append(links, link("next", "pageId", rows[end-1]["id"].(int)))
	case q.forwardOnly:
	default:
		if more {
			links = append(links, link("next", "page", q.page+1), link("last", "page", (len(rows)+q.pageSize-1)/q.pageSize))
		}
		if start > 0 {
			links = append(links, link("prev", "page", q.page-1), link("first", "page", 1))
		}
	}
	return strings.Join(links, ", ")
}

// pick returns the fields of a row that the query asks for.
func (q listQuery) pick(row object) object {
	if q.fields == nil {
		return row
	}
	picked := object{}
	for _, field := range q.fields {
		path := strings.Split(strings.TrimSpace(field), "/")
		value, has := row[path[0]]
		if !has {
			continue
		}
		inner, nested := value.(object)
		if len(path) == 1 || !nested {
			picked[path[0]] = value
			continue
		}
		part, _ := picked[path[0]].(object)
		if part == nil {
			part = object{}
		}
		part[path[1]] = inner[path[1]]
		picked[path[0]] = part
	}
	return picked
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Paths of Autotask: the look-up has a host of its own, and so have the zones (psa.md §3.1). Here they differ by path.
const (
	lookUpPath = "/atservicesrest"
	zonePath   = "/zone7/atservicesrest"
)

const (
	autotaskPage    = 500 // most rows of a page: psa.md §3.2
	autotaskThreads = 3   // for an endpoint: psa.md §3.1
	autotaskHour    = 10000
)

// openEnd is the last day of a contract that has none. A contract in Autotask always has one.
const openEnd = Date("2099-12-31")

// autotaskState is what Autotask remembers.
type autotaskState struct {
	hits    []time.Time    // requests within the last hour
	running map[string]int // requests under way, by path
	rows    map[string][]object
	version int // of the book that the rows are made from
	day     Date
}

// AutotaskHandler serves Autotask below /atservicesrest and /zone7.
func (p *PSA) AutotaskHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+lookUpPath+"/versioninformation", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"apiVersions": []string{"1.0"}})
	})
	mux.HandleFunc("GET "+lookUpPath+"/v1.0/zoneInformation", p.findZone)
	const api = zonePath + "/v1.0"
	mux.HandleFunc("POST "+api+"/{entity}/query", p.autotaskRoute(p.postQuery))
	mux.HandleFunc("GET "+api+"/{entity}/query", p.autotaskRoute(p.getQuery))
	mux.HandleFunc("POST "+api+"/{entity}/query/count", p.autotaskRoute(p.countQuery))
	mux.HandleFunc("GET "+api+"/{entity}/query/next", p.autotaskRoute(p.nextPage))
	mux.HandleFunc("POST "+api+"/{entity}/query/next", p.autotaskRoute(p.nextPage))
	for _, path := range []string{"/ThresholdInformation", "/{entity}/entityInformation/fields", "/{entity}/{id}"} {
		mux.HandleFunc("GET "+api+path, p.autotaskRoute(func(w http.ResponseWriter, r *http.Request) {
			unsimulated(w, r.Method+" "+r.URL.Path, "psa.md §3.2")
		}))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch read := r.Method == http.MethodGet || strings.Contains(r.URL.Path, "/query"); {
		case !read:
			p.violate(w, r)
		case strings.HasPrefix(r.URL.Path, lookUpPath+"/v1.0/"):
			refuseAutotask(w, http.StatusUnauthorized, "This database is in another zone")
		default:
			refuseAutotask(w, http.StatusNotFound, "There is no "+r.URL.Path)
		}
	})
	return mux
}

func refuseAutotask(w http.ResponseWriter, status int, message string) {
	answer(w, status, object{"errors": []string{message}})
}

func (p *PSA) findZone(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("user") != p.options.Credentials.AutotaskUsername {
		status, _ := strconv.Atoi(p.options.Switch("autotask-unknown-user"))
		refuseAutotask(w, status, "The user is not known in any zone")
		return
	}
	answer(w, http.StatusOK, object{"zoneName": "Sandbox 7", "url": host(r) + zonePath + "/", "webUrl": host(r) + "/", "ci": 7})
}

// Hold counts a request to Autotask as under way until the result is called, because only a few threads may ask one endpoint.
func (p *PSA) Hold(r *http.Request) (done func()) {
	if !strings.HasPrefix(r.URL.Path, zonePath) {
		return func() {}
	}
	endpoint, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, zonePath+"/v1.0/"), "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.autotask.running[endpoint]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.autotask.running[endpoint]--
	}
}

// autotaskRoute checks the sign-in and the limits: psa.md §3.1. The handler holds the lock.
func (p *PSA) autotaskRoute(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.isHalfUsed() && !wait(r.Context(), 500*time.Millisecond) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		keys, sent := p.options.Credentials, r.Header
		refusal, _ := strconv.Atoi(p.options.Switch("autotask-refusal"))
		switch {
		case sent.Get("UserName") != keys.AutotaskUsername || sent.Get("Secret") != keys.AutotaskSecret ||
			sent.Get("ApiIntegrationCode") != keys.AutotaskIntegrationCode:
			refuseAutotask(w, http.StatusUnauthorized, "The credentials are not valid")
		case p.autotask.running[r.PathValue("entity")] > autotaskThreads:
			refuseAutotask(w, refusal, "The limit of threads for this endpoint is reached")
		case !within(&p.autotask.hits, p.options.Now(), time.Hour, p.hourlyLimit()):
			refuseAutotask(w, refusal, "The limit of requests within 60 minutes is reached")
		default:
			handle(w, r)
		}
	}
}

func (p *PSA) hourlyLimit() int {
	if p.options.AutotaskLimit > 0 {
		return p.options.AutotaskLimit
	}
	return autotaskHour
}

func (p *PSA) isHalfUsed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.autotask.hits) >= p.hourlyLimit()/2
}

// wait returns false when the client has gone in the meantime.
func wait(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// autotaskQuery is a query: psa.md §3.2.
type autotaskQuery struct {
	Filter        []clause `json:"filter"`
	IncludeFields []string `json:"IncludeFields,omitempty"`
	MaxRecords    int      `json:"MaxRecords,omitempty"`
	After         int      `json:"after,omitempty"` // of a link to the next page: the id of the last row before
}

// clause is a comparison, or a group of clauses.
type clause struct {
	Op    string   `json:"op"`
	Field string   `json:"field,omitempty"`
	Value any      `json:"value,omitempty"`
	Items []clause `json:"items,omitempty"`
}

func (p *PSA) postQuery(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		refuseAutotask(w, http.StatusBadRequest, "The query must be application/json")
		return
	}
	p.answerQuery(w, r, text)
}

func (p *PSA) getQuery(w http.ResponseWriter, r *http.Request) {
	p.answerQuery(w, r, []byte(r.URL.Query().Get("search")))
}

func (p *PSA) nextPage(w http.ResponseWriter, r *http.Request) {
	text, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("paging"))
	if err != nil {
		refuseAutotask(w, http.StatusBadRequest, "The link to the page is not whole")
		return
	}
	p.answerQuery(w, r, text)
}

func (p *PSA) answerQuery(w http.ResponseWriter, r *http.Request, text []byte) {
	query, rows, err := p.query(r.PathValue("entity"), text)
	if err != nil {
		refuseAutotask(w, http.StatusBadRequest, err.Error())
		return
	}
	size := min(query.MaxRecords, autotaskPage)
	if query.MaxRecords == 0 {
		size = autotaskPage
	}
	rows = slices.DeleteFunc(rows, func(row object) bool { return row["id"].(int) <= query.After })
	more := len(rows) > size
	if more && query.IncludeFields != nil && !slices.Contains(query.IncludeFields, "id") {
		refuseAutotask(w, http.StatusBadRequest, "IncludeFields must have id when there is more than one page")
		return
	}
	page := object{"count": min(len(rows), size), "requestCount": size, "prevPageUrl": nil, "nextPageUrl": nil}
	if more {
		rows = rows[:size]
		query.After = rows[size-1]["id"].(int)
		page["nextPageUrl"] = host(r) + zonePath + "/v1.0/" + r.PathValue("entity") + "/query/next?paging=" + url.QueryEscape(encodeQuery(query))
	}
	items := []object{}
	for _, row := range rows {
		items = append(items, include(row, query.IncludeFields))
	}
	answer(w, http.StatusOK, object{"items": items, "pageDetails": page})
}

func (p *PSA) countQuery(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		var rows []object
		if _, rows, err = p.query(r.PathValue("entity"), text); err == nil {
			answer(w, http.StatusOK, object{"queryCount": len(rows)})
			return
		}
	}
	refuseAutotask(w, http.StatusBadRequest, err.Error())
}

func encodeQuery(query autotaskQuery) string {
	text, err := json.Marshal(query)
	if err != nil {
		panic(err) // it came as JSON
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func include(row object, fields []string) object {
	if fields == nil {
		return row
	}
	picked := object{}
	for _, field := range fields {
		if value, has := row[field]; has {
			picked[field] = value
		}
	}
	return picked
}

// query returns the rows of an entity that a query finds, by id.
func (p *PSA) query(entity string, text []byte) (autotaskQuery, []object, error) {
	var query autotaskQuery
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&query); err != nil {
		return query, nil, problem("the query is not one: %w", err)
	}
	all, known := p.autotaskRows()[entity]
	switch {
	case !known:
		return query, nil, problem("this sandbox does not have the entity %q, see psa.md §3.3", entity)
	case len(query.Filter) == 0:
		return query, nil, problem("a filter is required")
	case alternatives(query.Filter) > 500:
		return query, nil, problem("a query has at most 500 OR conditions")
	}
	fields := fieldsOf(autotaskFields[entity])
	for _, name := range query.IncludeFields {
		if !fields[name] {
			return query, nil, problem("%s has no field %q", entity, name)
		}
	}
	var rows []object
	for _, row := range all {
		matches, err := matchesAll(row, query.Filter, fields)
		if err != nil {
			return query, nil, err
		}
		if matches {
			rows = append(rows, row)
		}
	}
	return query, rows, nil
}

// alternatives counts what is joined by OR.
func alternatives(clauses []clause) int {
	count := 0
	for _, c := range clauses {
		if list, is := c.Value.([]any); is {
			count += len(list)
		}
		if c.Op == "or" {
			count += len(c.Items)
		}
		count += alternatives(c.Items)
	}
	return count
}

func matchesAll(row object, clauses []clause, fields map[string]bool) (bool, error) {
	for _, c := range clauses {
		if matches, err := c.matches(row, fields); err != nil || !matches {
			return false, err
		}
	}
	return true, nil
}

func (c clause) matches(row object, fields map[string]bool) (bool, error) {
	switch c.Op {
	case "and":
		return matchesAll(row, c.Items, fields)
	case "or":
		for _, item := range c.Items {
			if matches, err := item.matches(row, fields); err != nil || matches {
				return matches, err
			}
		}
		return false, nil
	}
	if !fields[c.Field] {
		return false, problem("there is no field %q", c.Field)
	}
	held, wanted := dated(plain(row[c.Field])), dated(c.Value)
	switch c.Op {
	case "exist":
		return held != nil, nil
	case "notExist":
		return held == nil, nil
	case "in", "notIn":
		list, is := c.Value.([]any)
		if !is {
			return false, problem("%s takes a list", c.Op)
		}
		return slices.ContainsFunc(list, func(value any) bool { return held == dated(value) }) == (c.Op == "in"), nil
	case "beginsWith", "endsWith", "contains":
		text, _ := held.(string)
		part, _ := wanted.(string)
		return map[string]func(string, string) bool{
			"beginsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains}[c.Op](text, part), nil
	}
	operator, known := map[string]string{"eq": "=", "noteq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[c.Op]
	if !known {
		return false, problem("there is no operator %q", c.Op)
	}
	return compares(held, operator, wanted), nil
}

// dated returns a text that is a date as a time, so that texts compare as times do.
func dated(value any) any {
	text, is := value.(string)
	if !is {
		return value
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339} {
		if parsed, err := time.Parse(form, text); err == nil {
			return parsed.UTC().Format("2006-01-02T15:04:05")
		}
	}
	return text
}

// autotaskFields are the fields of psa.md §3.3.
var autotaskFields = map[string]string{
	"Contracts":        "id contractName companyID contractType status startDate endDate contractPeriodType billToCompanyID isDefaultContract",
	"ContractServices": "id contractID serviceID unitPrice unitCost internalDescription invoiceDescription quoteItemID",
	"ContractServiceUnits": "id contractID contractServiceID serviceID units price cost internalCurrencyPrice startDate endDate approveAndPostDate " +
		"vendorCompanyID organizationalLevelAssociationID",
	"ContractServiceBundles": "id contractID serviceBundleID unitPrice unitCost internalDescription invoiceDescription quoteItemID",
	"ContractServiceBundleUnits": "id contractID contractServiceBundleID serviceBundleID units price cost internalCurrencyPrice startDate endDate " +
		"approveAndPostDate organizationalLevelAssociationID",
	"ServiceBundleServices": "id serviceBundleID serviceID",
	"Services": "id name sku externalID internalID catalogNumberPartNumber manufacturerServiceProviderProductNumber invoiceDescription isActive periodType " +
		"unitPrice unitCost vendorCompanyID",
	"Companies": "id companyName companyType isActive",
}

// autotaskRows returns the rows of all entities. They are made again when the book or the day has changed.
func (p *PSA) autotaskRows() map[string][]object {
	state := &p.autotask
	if state.rows != nil && state.version == p.book.version && state.day == p.today() {
		return state.rows
	}
	state.rows, state.version, state.day = map[string][]object{}, p.book.version, p.today()
	for entity := range autotaskFields {
		state.rows[entity] = nil
	}
	periods := p.addContracts(state.rows)
	for _, product := range p.book.products {
		state.rows["Services"] = append(state.rows["Services"], object{
			"id": product.id, "name": product.Name, "sku": product.Identifier, "externalID": "", "internalID": "", "invoiceDescription": product.Name,
			"isActive": true, "periodType": max(2, periods[product.id]), "unitPrice": 12.5, "unitCost": 10.0,
		})
	}
	for _, customer := range p.book.customers {
		state.rows["Companies"] = append(state.rows["Companies"], object{
			"id": customer.ID, "companyName": customer.Name, "companyType": 1, "isActive": true,
		})
	}
	for _, rows := range state.rows {
		sortByID(rows)
	}
	return state.rows
}

// addContracts adds contracts, and what they have of services. It returns the period of each product that is not monthly.
func (p *PSA) addContracts(rows map[string][]object) map[int]int {
	periods := map[int]int{}
	agreements := p.book.agreements()
	if p.options.Switch("autotask-hidden-contracts") == "some" && len(agreements) > 0 {
		agreements = agreements[:len(agreements)-1]
	}
	add := func(entity string, row object) { rows[entity] = append(rows[entity], row) }
	for _, agreement := range agreements {
		status, payer := 1, any(nil)
		if agreement.Cancelled {
			status = 0
		}
		if agreement.BilledTo != 0 {
			payer = agreement.BilledTo
		}
		add("Contracts", object{
			"id": agreement.id, "contractName": agreement.Name, "companyID": agreement.customer.ID, "contractType": 7, "status": status,
			"startDate": plainDay(agreement.Starts), "endDate": plainDay(orOpen(agreement.Ends)), "contractPeriodType": "m", "billToCompanyID": payer,
			"isDefaultContract": false,
		})
		for _, line := range agreement.lines {
			if line.Text {
				continue
			}
			periods[line.product.id] = max(periods[line.product.id], line.Period)
			holder, kind := "ContractServices", "service"
			if line.Bundled {
				holder, kind = "ContractServiceBundles", "serviceBundle"
				add("ServiceBundleServices", object{"id": line.id, "serviceBundleID": line.product.id, "serviceID": line.product.id})
			}
			add(holder, object{
				"id": line.id, "contractID": agreement.id, kind + "ID": line.product.id, "unitPrice": 12.5, "unitCost": 10.0,
				"internalDescription": "", "invoiceDescription": line.Product,
			})
			for _, units := range p.unitRows(line, kind) {
				add(strings.TrimSuffix(holder, "s")+"Units", units)
			}
		}
	}
	return periods
}

// unitRows returns the rows of a line's units: one for each period, and where the quantity changes within a period, one for each quantity.
func (p *PSA) unitRows(line *heldLine, kind string) []object {
	var rows []object
	today := p.today()
	first, last := today.firstOfMonth().addDays(-62), today.addDays(370)
	if p.options.Switch("autotask-future-units") == "left-out" {
		last = today
	}
	months := map[int]int{3: 3, 4: 6, 5: 12}[line.Period]
	ends := earlier(line.Ends, line.agreement.Ends)
	for number, starts := 0, line.Starts.firstOfMonth(); starts <= last && starts <= ends; number++ {
		next := dateOf(starts.time().AddDate(0, max(1, months), 0))
		for i, during := range line.spans(Autotask) {
			from, to := later(starts, during.from), earlier(earlier(next.addDays(-1), during.to), ends)
			if from > to || to < first || from > last {
				continue
			}
			units := int(math.Round(during.quantity))
			basis := float64(units)
			if p.options.Switch("autotask-price") == "per-unit" {
				basis = 1
			}
			row := object{
				"id": line.id*10000 + number*10 + i, "contractID": line.agreement.id, "contract" + strings.ToUpper(kind[:1]) + kind[1:] + "ID": line.id,
				kind + "ID": line.product.id, "units": units, "price": 12.5 * basis, "cost": 10 * basis, "internalCurrencyPrice": 12.5 * basis,
				"startDate": plainDay(from), "endDate": plainDay(to), "approveAndPostDate": nil,
			}
			if line.Posted && from <= today && today <= to {
				row["approveAndPostDate"] = plainDay(from)
			}
			rows = append(rows, row)
		}
		starts = next
	}
	return rows
}

// plainDay is how Autotask writes a day. It is midnight, without a zone.
func plainDay(d Date) string { return string(d) + "T00:00:00" }

func orOpen(d Date) Date {
	if d == "" {
		return openEnd
	}
	return d
}

func earlier(a, b Date) Date { return min(orOpen(a), orOpen(b)) }

func later(a, b Date) Date { return max(a, b) }

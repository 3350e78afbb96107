package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// subscribedSKU is the Graph resource of that name.
type subscribedSKU struct {
	AccountID        string       `json:"accountId"`
	AccountName      string       `json:"accountName"`
	AppliesTo        string       `json:"appliesTo"`
	CapabilityStatus string       `json:"capabilityStatus"`
	ConsumedUnits    int          `json:"consumedUnits"`
	ID               string       `json:"id"`
	SKUID            string       `json:"skuId"`
	SKUPartNumber    string       `json:"skuPartNumber"`
	SubscriptionIDs  []string     `json:"subscriptionIds"`
	PrepaidUnits     prepaidUnits `json:"prepaidUnits"`
	ServicePlans     []struct{}   `json:"servicePlans"`
}

type prepaidUnits struct {
	Enabled   int `json:"enabled"`
	LockedOut int `json:"lockedOut"`
	Suspended int `json:"suspended"`
	Warning   int `json:"warning"`
}

// companySubscription is the Graph resource of that name.
type companySubscription struct {
	CommerceSubscriptionID *string    `json:"commerceSubscriptionId"`
	CreatedDateTime        *time.Time `json:"createdDateTime"`
	ID                     string     `json:"id"`
	IsTrial                bool       `json:"isTrial"`
	NextLifecycleDateTime  *time.Time `json:"nextLifecycleDateTime"`
	OwnerID                *string    `json:"ownerId"`
	OwnerTenantID          *string    `json:"ownerTenantId"`
	OwnerType              *string    `json:"ownerType"`
	ServiceStatus          []struct{} `json:"serviceStatus"`
	SKUID                  string     `json:"skuId"`
	SKUPartNumber          string     `json:"skuPartNumber"`
	Status                 string     `json:"status"`
	TotalLicenses          int        `json:"totalLicenses"`
}

func (s *Server) subscribedSKUs(t *Tenant) []any {
	accountID := t.ID
	if s.switchValue(switchGraphAccountID) == "zero" {
		accountID = "00000000-0000-0000-0000-000000000000"
	}
	var list []any
	for _, sku := range t.SKUs {
		ids := []string{}
		for _, subscription := range t.subscriptions(sku) {
			ids = append(ids, subscription.ID)
		}
		list = append(list, subscribedSKU{
			AccountID:        accountID,
			AccountName:      t.accountName(),
			AppliesTo:        cmp.Or(sku.AppliesTo, "User"),
			CapabilityStatus: cmp.Or(sku.Status, sku.capabilityStatus()),
			ConsumedUnits:    sku.Consumed,
			ID:               accountID + "_" + sku.SKUID,
			SKUID:            sku.SKUID,
			SKUPartNumber:    sku.PartNumber,
			SubscriptionIDs:  ids,
			PrepaidUnits:     prepaidUnits{sku.Enabled, sku.LockedOut, sku.Suspended, sku.Warning},
			ServicePlans:     []struct{}{},
		})
	}
	return list
}

// accountName is the initial domain without .onmicrosoft.com, as in a recorded answer.
func (t *Tenant) accountName() string {
	for _, domain := range t.Domains {
		if name, initial := strings.CutSuffix(domain, ".onmicrosoft.com"); initial {
			return name
		}
	}
	return t.Name
}

// capabilityStatus follows from the units: Enabled means that at least one is enabled.
func (sku SKU) capabilityStatus() string {
	switch {
	case sku.Enabled > 0:
		return "Enabled"
	case sku.Warning > 0:
		return "Warning"
	case sku.Suspended > 0:
		return "Suspended"
	case sku.LockedOut > 0:
		return "LockedOut"
	}
	return "Deleted"
}

func (t *Tenant) companySubscriptions() []any {
	var list []any
	for _, sku := range t.SKUs {
		for _, held := range t.subscriptions(sku) {
			commerce := madeUpID("commerce", held.ID)
			entry := companySubscription{
				CommerceSubscriptionID: &commerce,
				CreatedDateTime:        timeOrNull(held.Created),
				ID:                     held.ID,
				IsTrial:                held.Trial,
				NextLifecycleDateTime:  timeOrNull(held.NextLifecycle),
				ServiceStatus:          []struct{}{},
				SKUID:                  sku.SKUID,
				SKUPartNumber:          sku.PartNumber,
				Status:                 held.Status,
				TotalLicenses:          held.Seats,
			}
			if held.OwnerTenantID != "" {
				entry.OwnerTenantID = &held.OwnerTenantID
			}
			list = append(list, entry)
		}
	}
	return list
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// graphError is a refusal of Graph.
type graphError struct {
	status        int
	code, message string
}

// serveGraph answers the licence lists of customers and the customer lists of the partner.
func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request) {
	requestID := guid()
	clientRequestID := cmp.Or(r.Header.Get("client-request-id"), requestID)
	w.Header().Set("request-id", requestID)
	w.Header().Set("client-request-id", clientRequestID)
	answer, refusal := s.graph(r)
	if refusal == nil {
		writeBody(w, http.StatusOK, "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8", answer)
		return
	}
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeBody(w, refusal.status, "application/json", map[string]any{"error": map[string]any{
		"code":    refusal.code,
		"message": refusal.message,
		"innerError": map[string]string{
			"date":              time.Now().UTC().Format("2006-01-02T15:04:05"),
			"request-id":        requestID,
			"client-request-id": clientRequestID,
		},
	}})
}

// graphList is a page of a collection.
type graphList struct {
	Context  string `json:"@odata.context"`
	NextLink string `json:"@odata.nextLink,omitempty"`
	Value    []any  `json:"value"`
}

// graphCollection is one of the lists that are served.
type graphCollection struct {
	sample any // an empty member, for the names of its properties
	list   func(s *Server, t *Tenant) []any
	// denied tells that the application lacks the permission; nil when it never does.
	denied func(s *Server, t *Tenant) bool
	// maxTop is the documented limit of $top, 0 where none is.
	maxTop int
}

var graphCollections = map[string]graphCollection{
	"subscribedSkus": {sample: subscribedSKU{}, list: (*Server).subscribedSKUs},
	"directory/subscriptions": {
		sample: companySubscription{},
		list:   func(_ *Server, t *Tenant) []any { return t.companySubscriptions() },
		// LicenseAssignment.Read.All is not enough.
		denied: func(_ *Server, t *Tenant) bool { return t.NoSubscriptions },
	},
	"tenantRelationships/delegatedAdminRelationships": {
		sample: delegatedAdminRelationship{}, list: (*Server).relationships, denied: (*Server).relationshipsDenied, maxTop: 300,
	},
	"contracts": {sample: contract{}, list: (*Server).contracts, denied: (*Server).contractsDenied},
}

func (s *Server) graph(r *http.Request) (*graphList, *graphError) {
	name := strings.TrimPrefix(r.URL.Path, "/v1.0/")
	s.mu.Lock()
	defer s.mu.Unlock()
	tenant, refusal := s.caller(r)
	if refusal != nil {
		return nil, refusal
	}
	collection, known := graphCollections[name]
	if !known {
		return nil, badRequest("Resource not found for the segment '%s'.", name)
	}
	if r.Method != http.MethodGet {
		return nil, &graphError{http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."}
	}
	if collection.denied != nil && collection.denied(s, tenant) {
		return nil, denied()
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("The query is malformed.")
	}
	columns, refusal := s.checkGraphQuery(query, collection)
	if refusal != nil {
		return nil, refusal
	}
	answer := &graphList{Context: baseURL(r) + "/v1.0/$metadata#" + name}
	if columns != nil {
		answer.Context += "(" + strings.Join(columns, ",") + ")"
	}
	page, refusal := s.page(r, query, collection.list(s, tenant), s.pageSize(query, collection), answer)
	if refusal != nil {
		return nil, refusal
	}
	answer.Value = make([]any, 0, len(page))
	for _, member := range page {
		answer.Value = append(answer.Value, selected(member, columns))
	}
	return answer, nil
}

func badRequest(format string, args ...any) *graphError {
	return &graphError{http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...)}
}

func denied() *graphError {
	return &graphError{http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."}
}

// caller finds the tenant that the access token is for. The caller of this method holds mu.
func (s *Server) caller(r *http.Request) (*Tenant, *graphError) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, &graphError{http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty."}
	}
	issued, known := s.microsoft.tokens[token]
	if !known || time.Now().After(issued.expires) {
		return nil, &graphError{http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience, or the token is expired."}
	}
	tenant := s.microsoft.tenant(issued.tenantID)
	switch {
	case tenant == nil, tenant.NoConsent && issued.withoutConsent:
		return nil, &graphError{http.StatusUnauthorized, "Authorization_IdentityNotFound", "The identity of the calling application could not be established."}
	case tenant.NoConsent && s.switchValue(switchWithdrawnToken) == "refused":
		return nil, denied()
	}
	return tenant, nil
}

// checkGraphQuery refuses what the lists do not support and returns the properties of $select, nil without one.
func (s *Server) checkGraphQuery(query url.Values, collection graphCollection) ([]string, *graphError) {
	for option, given := range query {
		if len(given) != 1 {
			return nil, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", option)
		}
		switch {
		case option == "$select":
		case option == "$skiptoken" && s.pageSize(query, collection) > 0:
		case option == "$top" && collection.maxTop > 0:
			if top, err := strconv.Atoi(given[0]); err != nil || top < 1 || top > collection.maxTop {
				return nil, badRequest("The limit of '%d' for Top query has been exceeded, or it is no number: '%s'.", collection.maxTop, given[0])
			}
		case option == "$top" && s.switchValue(switchGraphTop) == "ignored":
		case option == "$filter":
			return nil, &graphError{http.StatusBadRequest, "Request_UnsupportedQuery", "Filtered searches against this resource are not supported."}
		default:
			return nil, &graphError{http.StatusBadRequest, "Request_UnsupportedQuery", fmt.Sprintf("The query option '%s' is not supported on this resource.", option)}
		}
	}
	if !query.Has("$select") {
		return nil, nil
	}
	known := members(collection.sample)
	columns := strings.Split(query.Get("$select"), ",")
	for _, column := range columns {
		if _, ok := known[column]; !ok {
			return nil, badRequest("Could not find a property named '%s'.", column)
		}
	}
	return columns, nil
}

// pageSize is after how many members a page ends, 0 for never: what $top asks for where it is documented, but no more than what is
// switched on.
func (s *Server) pageSize(query url.Values, collection graphCollection) int {
	size, err := strconv.Atoi(s.switchValue(switchGraphPageSize))
	if err != nil {
		size = 0 // off
	}
	if top, err := strconv.Atoi(query.Get("$top")); err == nil && collection.maxTop > 0 && (size == 0 || top < size) {
		size = top
	}
	return size
}

// page cuts the list, unless size is 0, and sets the link to the rest.
func (s *Server) page(r *http.Request, query url.Values, list []any, size int, answer *graphList) ([]any, *graphError) {
	if size == 0 {
		return list, nil
	}
	start := 0
	if token := query.Get("$skiptoken"); token != "" {
		var err error
		if start, err = strconv.Atoi(token); err != nil || start < 0 || start > len(list) {
			return nil, badRequest("The skip token is not valid.")
		}
	}
	end := min(start+size, len(list))
	if end < len(list) {
		host := baseURL(r)
		switch s.switchValue(switchGraphNextLink) {
		case "http":
			host = s.httpURL
		case "foreign":
			host = "https://graph.example.invalid"
		}
		query.Set("$skiptoken", strconv.Itoa(end))
		answer.NextLink = host + r.URL.Path + "?" + query.Encode()
	}
	return list[start:end], nil
}

// selected leaves only the columns, nil for all.
func selected(member any, columns []string) any {
	if columns == nil {
		return member
	}
	all := members(member)
	chosen := map[string]json.RawMessage{}
	for _, column := range columns {
		chosen[column] = all[column]
	}
	return chosen
}

// members are the properties of a resource by their JSON names.
func members(resource any) map[string]json.RawMessage {
	text, err := json.Marshal(resource)
	if err != nil {
		panic(err) // all resources are our own
	}
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(text, &properties); err != nil {
		panic(err)
	}
	return properties
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// subscribedSKU is the Graph resource of that name: microsoft.md §1.1.
type subscribedSKU struct {
	AccountID        string        `json:"accountId"`
	AccountName      string        `json:"accountName"`
	AppliesTo        string        `json:"appliesTo"`
	CapabilityStatus string        `json:"capabilityStatus"`
	ConsumedUnits    int           `json:"consumedUnits"`
	ID               string        `json:"id"`
	SKUID            string        `json:"skuId"`
	SKUPartNumber    string        `json:"skuPartNumber"`
	SubscriptionIDs  []string      `json:"subscriptionIds"`
	PrepaidUnits     prepaidUnits  `json:"prepaidUnits"`
	ServicePlans     []servicePlan `json:"servicePlans"`
}

// servicePlan is the Graph resource servicePlanInfo, with the undeclared type of recorded answers: microsoft.md §1.1.
type servicePlan struct {
	AppliesTo          string `json:"appliesTo"`
	ProvisioningStatus string `json:"provisioningStatus"`
	ServicePlanID      string `json:"servicePlanId"`
	ServicePlanName    string `json:"servicePlanName"`
	ServicePlanType    string `json:"servicePlanType"`
}

// servicePlans returns plans of a product. Their names and ids are invented, apart from the shape.
func (sku SKU) servicePlans() []servicePlan {
	name := cmp.Or(sku.PartNumber, sku.SKUID) + "_PLAN"
	return []servicePlan{{cmp.Or(sku.AppliesTo, "User"), "Success", deriveID("plan", sku.SKUID), name, name}}
}

type prepaidUnits struct {
	Enabled   int `json:"enabled"`
	LockedOut int `json:"lockedOut"`
	Suspended int `json:"suspended"`
	Warning   int `json:"warning"`
}

// companySubscription is the Graph resource of that name: microsoft.md §1.4.
type companySubscription struct {
	CommerceSubscriptionID *string       `json:"commerceSubscriptionId"`
	CreatedDateTime        *time.Time    `json:"createdDateTime"`
	ID                     string        `json:"id"`
	IsTrial                bool          `json:"isTrial"`
	NextLifecycleDateTime  *time.Time    `json:"nextLifecycleDateTime"`
	OwnerID                *string       `json:"ownerId"`
	OwnerTenantID          *string       `json:"ownerTenantId"`
	OwnerType              *string       `json:"ownerType"`
	ServiceStatus          []servicePlan `json:"serviceStatus"`
	SKUID                  string        `json:"skuId"`
	SKUPartNumber          string        `json:"skuPartNumber"`
	Status                 string        `json:"status"`
	TotalLicenses          int           `json:"totalLicenses"`
}

func (s *Server) listSubscribedSKUs(t *Tenant) []any {
	if t.HideSKUs {
		return nil
	}
	var list []any
	for _, sku := range t.SKUs {
		accountID := cmp.Or(sku.AccountID, t.ID)
		if s.switchValue(switchGraphAccountID) == "zero" {
			accountID = "00000000-0000-0000-0000-000000000000"
		}
		ids := []string{}
		if !sku.NoSubscriptionIDs && s.switchValue(switchGraphSubIDs) == "given" {
			for _, subscription := range t.listSubscriptions(sku) {
				ids = append(ids, subscription.ID)
			}
		}
		list = append(list, s.withNull(subscribedSKU{
			AccountID:        accountID,
			AccountName:      t.initialName(),
			AppliesTo:        cmp.Or(sku.AppliesTo, "User"),
			CapabilityStatus: s.spellStatus(cmp.Or(sku.Status, sku.deriveStatus())),
			ConsumedUnits:    s.consumed(t, sku),
			ID:               accountID + "_" + sku.SKUID,
			SKUID:            sku.SKUID,
			SKUPartNumber:    sku.PartNumber,
			SubscriptionIDs:  ids,
			PrepaidUnits:     prepaidUnits{sku.Enabled, sku.LockedOut, sku.Suspended, sku.Warning},
			ServicePlans:     sku.servicePlans(),
		}, sku.Null))
	}
	return list
}

// withNull returns a resource in which the properties of a seed and that of the switch are null.
func (s *Server) withNull(resource any, paths []string) any {
	known := jsonProperties(resource)
	switch name := s.switchValue(switchGraphNull); {
	case name == "dates" && known["createdDateTime"] != nil:
		paths = append(slices.Clone(paths), "createdDateTime", "nextLifecycleDateTime")
	case name == "lockedOut" && known["prepaidUnits"] != nil:
		return withoutLockedOut(withNulls(resource, paths))
	case known[strings.Split(name, ".")[0]] != nil:
		paths = append(slices.Clone(paths), name)
	}
	return withNulls(resource, paths)
}

// withoutLockedOut returns a SKU as old samples have it: microsoft.md §1.1.
func withoutLockedOut(resource any) any {
	properties := jsonProperties(resource)
	units := map[string]json.RawMessage{}
	if err := json.Unmarshal(properties["prepaidUnits"], &units); err != nil {
		panic(err) // an object or null
	}
	delete(units, "lockedOut")
	text, err := json.Marshal(units)
	if err != nil {
		panic(err)
	}
	properties["prepaidUnits"] = text
	return properties
}

// withNulls returns a resource in which the properties are null. A path such as prepaidUnits.enabled names a property of a property.
func withNulls(resource any, paths []string) any {
	if len(paths) == 0 {
		return resource
	}
	text, err := json.Marshal(resource)
	if err != nil {
		panic(err) // every resource can be encoded
	}
	var properties map[string]any
	if err := json.Unmarshal(text, &properties); err != nil {
		panic(err)
	}
	for _, path := range paths {
		held := properties
		name, inner, nested := strings.Cut(path, ".")
		if nested {
			held, _ = properties[name].(map[string]any)
			name = inner
		}
		if _, known := held[name]; !known {
			panic(fmt.Sprintf("sandbox: there is no property %q", path))
		}
		held[name] = nil
	}
	return properties
}

// initialName returns the initial domain without .onmicrosoft.com: microsoft.md §1.1.
func (t *Tenant) initialName() string {
	for _, domain := range t.Domains {
		if name, initial := strings.CutSuffix(domain, ".onmicrosoft.com"); initial {
			return name
		}
	}
	return t.Name
}

// deriveStatus returns the capabilityStatus that follows from the units: microsoft.md §1.1.
func (sku SKU) deriveStatus() string {
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

// listCompanySubscriptions lists the purchases. Those that no seed says more about were sold by the partner, as in Microsoft's published
// samples: microsoft.md §1.4.
func (s *Server) listCompanySubscriptions(t *Tenant) []any {
	if t.HideSubscriptions || s.switchValue(switchGraphSubs) == "empty" {
		return nil
	}
	var list []any
	for _, sku := range t.SKUs {
		for _, held := range t.listSubscriptions(sku) {
			if held.Unlisted {
				continue
			}
			commerce := deriveID("commerce", held.ID)
			entry := companySubscription{
				CommerceSubscriptionID: &commerce,
				CreatedDateTime:        inUTC(held.Created),
				ID:                     held.ID,
				IsTrial:                held.Trial || sku.Enabled >= poolSeats && s.switchValue(switchGraphFreeTrial) == "yes",
				NextLifecycleDateTime:  inUTC(held.NextLifecycle),
				ServiceStatus:          sku.servicePlans(),
				SKUID:                  sku.SKUID,
				SKUPartNumber:          sku.PartNumber,
				Status:                 held.Status,
				TotalLicenses:          held.Seats,
			}
			if s.switchValue(switchGraphIDCase) == "upper" {
				entry.SKUID = strings.ToUpper(entry.SKUID)
			}
			if owner := s.ownerOf(held); owner != "" {
				ownerID, ownerType := deriveID("user", owner), "User"
				entry.OwnerID, entry.OwnerTenantID, entry.OwnerType = &ownerID, &owner, &ownerType
			}
			list = append(list, s.withNull(entry, held.Null))
		}
	}
	if len(list) > 0 && s.switchValue(switchGraphSubs) == "incomplete" {
		list = list[:len(list)-1]
	}
	return list
}

// poolSeats is how many seats the pools of self-service products have at least: microsoft.md §7.
const poolSeats = 10_000

// distributor is the tenant that sells everything where the switch says so.
const distributor = "d157b070-0000-4000-8000-000000000001"

// ownerOf returns the tenant that sold a purchase, or "": microsoft.md §1.4.
func (s *Server) ownerOf(held Subscription) string {
	switch owner := s.switchValue(switchGraphOwner); {
	case owner == "null" || held.NoOwner:
		return ""
	case owner == "distributor":
		return distributor
	}
	return cmp.Or(held.OwnerTenantID, s.microsoft.partner.ID)
}

// spellStatus returns a capabilityStatus as the switch spells it: microsoft.md §1.1.
func (s *Server) spellStatus(status string) string {
	switch s.switchValue(switchGraphStatus) {
	case "lower":
		return strings.ToLower(status)
	case "other":
		return "Provisioned"
	}
	return status
}

func inUTC(at time.Time) *time.Time {
	at = at.UTC()
	return &at
}

// graphError is a refusal of Graph: microsoft.md §3.4.
type graphError struct {
	status        int
	code, message string
}

func (e *graphError) Error() string { return e.message }

func badRequest(format string, args ...any) error {
	return &graphError{http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...)}
}

func refusePermission() error {
	return &graphError{http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."}
}

// graphList is a page of a collection.
type graphList struct {
	Context  string `json:"@odata.context"`
	NextLink string `json:"@odata.nextLink,omitempty"`
	Value    []any  `json:"value"`
}

// later makes a member of a list when it is needed.
type later func() any

// graphCollection is a list below /v1.0/.
type graphCollection struct {
	section string
	sample  any // an empty member, for the names of its properties
	list    func(s *Server, t *Tenant) []any
	denied  func(s *Server, t *Tenant) bool                    // reports that the application lacks the permission; nil when it never does
	refused func(s *Server, t *Tenant, query url.Values) error // why the tenant does not offer the list; nil when it always does
	maxTop  int                                                // the documented limit of $top, 0 for none
	page    int                                                // the documented size of a page without $top, 0 for none
	columns []string                                           // the properties without $select, nil for all
	options []string                                           // documented; they answer 501
}

var graphCollections = map[string]graphCollection{
	"subscribedSkus": {section: "microsoft.md §1.1", sample: subscribedSKU{}, list: (*Server).listSubscribedSKUs},
	"directory/subscriptions": {
		section: "microsoft.md §1.4",
		sample:  companySubscription{},
		list:    (*Server).listCompanySubscriptions,
		denied:  func(_ *Server, t *Tenant) bool { return t.NoSubscriptions }, // LicenseAssignment.Read.All is not enough
		refused: (*Server).refuseSubscriptions,
	},
	"tenantRelationships/delegatedAdminRelationships": {
		section: "microsoft.md §2", sample: delegatedAdminRelationship{},
		list: (*Server).listRelationships, denied: (*Server).deniesRelationships,
		maxTop: 300, options: []string{"$filter", "$orderby", "$count"},
	},
	"contracts": {
		section: "microsoft.md §2", sample: contract{},
		list: (*Server).listContracts, denied: (*Server).deniesContracts,
		options: []string{"$filter"},
	},
}

// newGraphHandler serves the license lists of customers and the customer lists of the partner.
func (s *Server) newGraphHandler() http.Handler {
	routes := []route{
		{"GET /v1.0/", "microsoft.md §3.4", s.answerUnknownGraph},
		{"GET /v1.0/subscribedSkus/{id}", "microsoft.md §1.1", nil},
		{"GET /v1.0/tenantRelationships/delegatedAdminCustomers", "microsoft.md §2", nil},
		{"POST /v1.0/$batch", "microsoft.md §4", nil},
	}
	collections := maps.Clone(graphCollections)
	maps.Copy(collections, userCollections)
	for path, collection := range collections {
		routes = append(routes, route{"GET /v1.0/" + path, collection.section, func(w http.ResponseWriter, r *http.Request) {
			s.serveGraph(w, r, collection.section, func(t *Tenant) (any, error) { return s.listGraph(r, t, path, collection) })
		}})
	}
	return newMux(routes)
}

// answerUnknownGraph answers all other paths: microsoft.md §3.4. A path with a parenthesis calls a function or names a key.
func (s *Server) answerUnknownGraph(w http.ResponseWriter, r *http.Request) {
	for path, section := range map[string]string{
		"/v1.0/directory/subscriptions(":                             "microsoft.md §1.4",
		"/v1.0/tenantRelationships/findTenantInformationByTenantId(": "microsoft.md §2",
	} {
		if strings.HasPrefix(r.URL.Path, path) {
			refuseUnsimulated(w, r.Method+" "+r.URL.Path, section)
			return
		}
	}
	s.serveGraph(w, r, "", func(*Tenant) (any, error) {
		return nil, badRequest("Resource not found for the segment '%s'.", strings.TrimPrefix(r.URL.Path, "/v1.0/"))
	})
}

// serveGraph answers a caller with a valid token: microsoft.md §3.4.
func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request, section string, answer func(*Tenant) (any, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requestID := uuid.NewString()
	clientRequestID := cmp.Or(r.Header.Get("client-request-id"), requestID)
	w.Header().Set("request-id", requestID)
	w.Header().Set("client-request-id", clientRequestID)
	var list any
	tenant, err := s.findCaller(r)
	if err == nil {
		list, err = answer(tenant)
	}
	if err == nil {
		writeBody(w, http.StatusOK, "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8", list)
		return
	}
	refusal, is := errors.AsType[*graphError](err)
	if !is {
		refuseUnsimulated(w, err.Error(), section)
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

// findCaller finds the tenant that the access token is for. The caller of this method holds mu.
func (s *Server) findCaller(r *http.Request) (*Tenant, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, &graphError{http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty."}
	}
	issued, known := s.microsoft.tokens[token]
	if !known || time.Now().After(issued.expires) {
		return nil, &graphError{http.StatusUnauthorized, "InvalidAuthenticationToken",
			"Access token validation failure. Invalid audience, or the token is expired."}
	}
	tenant := s.microsoft.findTenant(issued.tenantID)
	switch {
	case tenant == nil, tenant.NoConsent && issued.withoutConsent:
		return nil, &graphError{http.StatusUnauthorized, "Authorization_IdentityNotFound",
			"The identity of the calling application could not be established."}
	case tenant.NoConsent && s.switchValue(switchWithdrawnToken) == "refused":
		return nil, refusePermission()
	}
	return tenant, nil
}

// listGraph makes a page of a collection. The caller of this method holds mu.
func (s *Server) listGraph(r *http.Request, t *Tenant, path string, collection graphCollection) (any, error) {
	if collection.denied != nil && collection.denied(s, t) {
		return nil, refusePermission()
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("The query is malformed.")
	}
	if collection.refused != nil {
		if err := collection.refused(s, t, query); err != nil {
			return nil, err
		}
	}
	columns, err := s.checkGraphQuery(query, collection)
	if err != nil {
		return nil, err
	}
	answer := &graphList{Context: baseURL(r) + "/v1.0/$metadata#" + path, Value: []any{}}
	if columns != nil {
		answer.Context += "(" + strings.Join(columns, ",") + ")"
	}
	if columns == nil {
		columns = collection.columns
	}
	members, err := s.cutPage(r, query, collection.list(s, t), s.pageSize(query, collection), answer)
	for _, member := range members {
		if made, is := member.(later); is {
			member = made()
		}
		answer.Value = append(answer.Value, selectProperties(member, columns))
	}
	return answer, err
}

// refuseSubscriptions returns why a tenant does not offer its list of subscriptions: microsoft.md §1.4.
func (s *Server) refuseSubscriptions(t *Tenant, query url.Values) error {
	switch status, err := strconv.Atoi(s.switchValue(switchGraphSubs)); {
	case err == nil && status == http.StatusForbidden:
		return refusePermission()
	case err == nil:
		return &graphError{status, "NotSupported", http.StatusText(status)}
	case t.SubscriptionsStatus != 0:
		return &graphError{t.SubscriptionsStatus, "NotSupported", http.StatusText(t.SubscriptionsStatus)}
	case query.Has("$select") && s.switchValue(switchGraphSubsSelect) == "refused":
		return &graphError{http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '$select' is not supported on this resource."}
	}
	return nil
}

// checkGraphQuery refuses options that a collection does not have, and returns the properties of $select, nil without one:
// microsoft.md §1.3.
func (s *Server) checkGraphQuery(query url.Values, collection graphCollection) ([]string, error) {
	for option, given := range query {
		if len(given) != 1 {
			return nil, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", option)
		}
		switch {
		case option == "$select":
		case option == "$skiptoken" && s.pageSize(query, collection) > 0:
		case option == "$top" && collection.maxTop > 0:
			if top, err := strconv.Atoi(given[0]); err != nil || top < 1 || top > collection.maxTop {
				return nil, badRequest("The limit of '%d' for Top query has been exceeded, or it is not a number: '%s'.", collection.maxTop, given[0])
			}
		case option == "$top" && s.switchValue(switchGraphTop) == "ignored":
		case slices.Contains(collection.options, option):
			return nil, unsimulated(option)
		case option == "$filter":
			return nil, &graphError{http.StatusBadRequest, "Request_UnsupportedQuery", "Filtered searches against this resource are not supported."}
		default:
			return nil, &graphError{http.StatusBadRequest, "Request_UnsupportedQuery",
				fmt.Sprintf("The query option '%s' is not supported on this resource.", option)}
		}
	}
	if !query.Has("$select") {
		return nil, nil
	}
	known := jsonProperties(collection.sample)
	columns := strings.Split(query.Get("$select"), ",")
	for _, column := range columns {
		if _, ok := known[column]; !ok {
			return nil, badRequest("Could not find a property named '%s'.", column)
		}
	}
	return columns, nil
}

// pageSize returns the number of members of a page, 0 for all: the $top of a collection that documents it, or its documented size, up to the
// value of the switch.
func (s *Server) pageSize(query url.Values, collection graphCollection) int {
	size, err := strconv.Atoi(s.switchValue(switchGraphPageSize))
	if err != nil {
		size = 0 // off
	}
	most := collection.page
	if top, err := strconv.Atoi(query.Get("$top")); err == nil && collection.maxTop > 0 {
		most = top
	}
	if most > 0 && (size == 0 || most < size) {
		size = most
	}
	return size
}

// cutPage cuts the list, unless size is 0, and sets the link to the rest: microsoft.md §1.3.
func (s *Server) cutPage(r *http.Request, query url.Values, list []any, size int, answer *graphList) ([]any, error) {
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

// selectProperties returns a resource with the columns only, or all of it when they are nil.
func selectProperties(member any, columns []string) any {
	if columns == nil {
		return member
	}
	all := jsonProperties(member)
	chosen := map[string]json.RawMessage{}
	for _, column := range columns {
		chosen[column] = all[column]
	}
	return chosen
}

// jsonProperties returns the properties of a resource by their JSON names.
func jsonProperties(resource any) map[string]json.RawMessage {
	text, err := json.Marshal(resource)
	if err != nil {
		panic(err) // every resource can be encoded
	}
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(text, &properties); err != nil {
		panic(err)
	}
	return properties
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// gradientBase is the root of the Gradient vendor API: gradient.md §1.
const gradientBase = "/api/vendor-api"

// The states of an integration: gradient.md §4.1.
const (
	statusInactive = "inactive"
	statusPending  = "pending"
	statusActive   = "active"
)

// The choices of a person for an account or a service: gradient.md §8.
const (
	unmapped = ""
	mapped   = "mapped"
	excluded = "excluded"
)

// neverSynced is the lastSyncedAt of an integration that never synced: gradient.md §3.7.
const neverSynced = "1900-06-18T17:11:28.553Z"

// gradientState is the state of Gradient. Server.mu guards it.
type gradientState struct {
	creds         Credentials
	connected     bool
	organization  string // id
	integrations  int    // number of connections so far; the last one is the current
	status        string
	lastSynced    time.Time // zero means never
	accounts      []*gradientAccount
	services      []*Service
	madeServices  int
	listedAt      map[string]time.Time // id of a service that is listed late → when
	madeMappings  int
	counts        map[string]map[string]float64 // account id → service id → units
	view          map[string]map[string]float64 // the counts at the last rebuild of the billing view
	rebuilds      int
	psa           PSA
	hits          map[string][]time.Time // token → accepted requests of the last second
	misses        int                    // counts in a row that are not mapped
	blockedUntil  time.Time              // after an anomaly
	vendorUpdated time.Time
}

type gradientAccount struct {
	Account
	mappingID string // of the last mapping; in answers only while mapped
}

func newGradientState(seed Seed, creds Credentials) *gradientState {
	g := &gradientState{
		creds:         creds,
		connected:     true,
		organization:  objectID(1, 1),
		integrations:  1,
		status:        seed.Status,
		listedAt:      map[string]time.Time{},
		counts:        map[string]map[string]float64{},
		view:          map[string]map[string]float64{},
		psa:           seed.PSA,
		hits:          map[string][]time.Time{},
		vendorUpdated: vendorCreated,
	}
	if g.status == "" {
		g.status = statusInactive
	}
	for _, account := range seed.Accounts {
		held := &gradientAccount{Account: account}
		g.accounts = append(g.accounts, held)
		g.setMapped(held, account.Mapped)
	}
	for _, service := range seed.Services {
		if service.Category == "" {
			service.Category = "productivity"
		}
		if service.Subcategory == "" {
			service.Subcategory = "other"
		}
		if service.Description == "" {
			service.Description = service.Name
		}
		g.addService(service)
	}
	return g
}

var vendorCreated = time.Date(2026, 6, 6, 13, 55, 4, 681e6, time.UTC)

// objectID makes an id in the form of MongoDB's, 24 hexadecimal digits. The same arguments give the same id.
func objectID(kind, number int) string { return fmt.Sprintf("64f0%02x%018x", kind, number) }

func (g *gradientState) addService(service Service) {
	g.madeServices++
	if service.ID == "" {
		service.ID = objectID(2, g.madeServices)
	}
	g.services = append(g.services, &service)
	g.vendorUpdated = time.Now()
}

// gradientSwitches are the unknowns of the Gradient contract. How the counts of two vendors for one PSA product add up is not among
// them, because the sandbox has one vendor.
var gradientSwitches = []Switch{
	{"gradient-account-id", "gradient.md §7.4", []string{"any", "short"}, SeenByWriting,
		"Whether a new account may have any id, or one of more than 20 characters is refused with 400."},
	{"gradient-account-shape", "gradient.md §3.9", []string{"2026", "dynamic", "2023"}, SeenByReading,
		"What GET accounts shows: isMapped and mappingId, only isMapped, or neither."},
	{"gradient-accounts-per-call", "gradient.md §3.10", []string{"any", "1"}, SeenByWriting,
		"How many accounts POST accounts takes at once; more are refused with 400."},
	{"gradient-accounts-post-status", "gradient.md §3.10", []string{"201", "200"}, SeenByWriting,
		"Status of a successful POST accounts."},
	{"gradient-anomaly", "gradient.md §6", []string{"never", "json", "empty", "html"}, SeenByWriting,
		"Whether five counts in a row that are not mapped are an anomaly: the token then gets 403 for an hour, with this body."},
	{"gradient-auto-match-new", "gradient.md §8", []string{"no", "yes"}, SeenByWriting,
		"Whether an account or service made after the first mapping is mapped at once when the PSA has its exact name."},
	{"gradient-count-while-inactive", "gradient.md §7.1", []string{"accept", "refuse"}, SeenByWriting,
		"Counts while the integration is inactive."},
	{"gradient-decimal-count", "gradient.md §7.6", []string{"accept", "refuse"}, SeenByWriting,
		"A unitCount that is no whole number."},
	{"gradient-duplicate-accounts", "gradient.md §3.10", []string{"atomic", "partial", "upsert"}, SeenByWriting,
		"POST accounts with an id that is taken: 409 and nothing stored, 409 with the others stored, or 201 and updated."},
	{"gradient-duplicate-service", "gradient.md §3.3", []string{"create", "409"}, SeenByWriting,
		"POST service with a name that is taken: a second service, or 409."},
	{"gradient-excluded-count", "gradient.md §12", []string{"accept", "404"}, SeenByWriting,
		"Counts for an excluded account or service; accepted ones stay hidden from the billing view."},
	{"gradient-excluded-is-mapped", "gradient.md §3.9", []string{"yes", "no"}, SeenByWriting,
		"Value of isMapped of an excluded account."},
	{"gradient-first-count", "gradient.md §7.1", []string{"activates", "manual"}, SeenByWriting,
		"Whether an accepted count makes the integration active."},
	{"gradient-is-mapped", "gradient.md §7.5", []string{"true", "false"}, SeenByWriting,
		"Whether isMapped is right; false, it says that no account is mapped, and counts are taken all the same."},
	{"gradient-last-synced", "gradient.md §3.7", []string{"count", "rebuild"}, SeenByWriting,
		"What moves lastSyncedAt: every accepted count, or only one without no_build."},
	{"gradient-never-synced", "gradient.md §3.7", []string{"1900", "null"}, SeenByReading,
		"Value of lastSyncedAt of an integration that never synced."},
	{"gradient-no-build", "gradient.md §6", []string{"next", "immediate", "service", "pair"}, SeenByWriting,
		"When counts sent with no_build become visible: at the next accepted count without it, at once, at the next one of their service, " +
			"or at the next one of their pair."},
	{"gradient-rename-matches", "gradient.md §3.11", []string{"no", "yes"}, SeenByWriting,
		"Whether renaming an unmapped account maps it when the PSA has the new name."},
	{"gradient-retry-after", "gradient.md §5", []string{"none", "1s", "fraction", "date"}, SeenByWriting,
		"Retry-After header of a 429: none, 1, 0.5, or the date of the next second but one."},
	{"gradient-service-id-check", "gradient.md §3.6", []string{"on", "off"}, SeenByWriting,
		"400 for a service id that is not 24 hexadecimal digits; off, it is unknown like any other."},
	{"gradient-service-list", "gradient.md §12", []string{"now", "late"}, SeenByWriting,
		"When a new service is listed, also in the answer to its creation: at once, or two seconds later."},
	{"gradient-service-name", "gradient.md §12", []string{"as-sent", "trimmed", "escaped", "cut", "nfd"}, SeenByWriting,
		"How the name of a new service is stored: also without white space at its ends, HTML-escaped, cut at 50 characters, or in Unicode NFD."},
	{"gradient-unauthorized-body", "gradient.md §2", []string{"json", "empty", "html"}, SeenByWrongKey,
		"Body of a 401."},
	{"gradient-unknown-status", "gradient.md §3.8", []string{"400", "404"}, SeenByWriting,
		"Answer to PATCH of a status that does not exist."},
	{"gradient-unmapped-counts", "gradient.md §8", []string{"keep", "drop"}, SeenByWriting,
		"Whether the counts of an account or a service survive when its mapping is removed."},
	{"gradient-unmapped-service-message", "gradient.md §3.6", []string{"own", "account-map", "cannot", "none", "empty"}, SeenByWriting,
		"404 for an unmapped service: its own message, that of an unmapped account, one that begins with Cannot, JSON without a message, " +
			"or no body."},
	{"gradient-validation-message", "gradient.md §5", []string{"list", "string", "none", "empty"}, SeenByWriting,
		"400 for a bad body or query: a list of texts, a text, JSON without a message, or no body."},
	{"gradient-wrong-vendor-key", "gradient.md §5", []string{"404", "401"}, SeenByWrongKey,
		"Answer to a vendor key that does not exist, with a right partner key."},
	{"gradient-zero-count", "gradient.md §7.6", []string{"accept", "refuse"}, SeenByWriting,
		"A unitCount of 0."},
}

// gradientCall is a request after the checks that need no state.
type gradientCall struct {
	id    string // from the path
	query url.Values
	items []map[string]any // the body; one element if it is an object
}

func (c gradientCall) text(field string) string {
	text, _ := c.items[0][field].(string)
	return text
}

// gradientRoute is a simulated route.
type gradientRoute struct {
	pattern string // its path is below gradientBase
	section string
	query   []parameter
	body    []field // empty means that the route takes no body
	list    bool    // the body is an array
	handle  func(*Server, gradientCall) (int, any)
}

var gradientRoutes = []gradientRoute{
	{pattern: "GET ", section: "gradient.md §3.1", handle: (*Server).getVendor},
	{pattern: "GET /{$}", section: "gradient.md §3.1", handle: (*Server).getVendor},
	{pattern: "POST /service", section: "gradient.md §3.3", body: serviceFields, handle: (*Server).createService},
	{pattern: "POST /service/{id}/count", section: "gradient.md §3.6", query: countParameters, body: countFields, handle: (*Server).setCount},
	{pattern: "GET /organization", section: "gradient.md §3.7", handle: (*Server).getIntegration},
	{pattern: "PATCH /organization/status/{id}", section: "gradient.md §3.8", handle: (*Server).updateStatus},
	{pattern: "GET /organization/accounts", section: "gradient.md §3.9", query: accountParameters, handle: (*Server).getAccounts},
	{pattern: "POST /organization/accounts", section: "gradient.md §3.10", body: newAccountFields, list: true,
		handle: (*Server).createAccounts},
	{pattern: "PATCH /organization/accounts/{id}", section: "gradient.md §3.11", body: accountFields, handle: (*Server).updateAccount},
}

// unsimulatedGradient are the documented routes that answer 501, with their sections. PATCH /service/{id} is not among them:
// gradient.md §3.5 counts it as removed.
var unsimulatedGradient = map[string]string{
	"PATCH ":                            "gradient.md §3.2",
	"PATCH /{$}":                        "gradient.md §3.2",
	"GET /service/{id}":                 "gradient.md §3.4",
	"PATCH /organization/accounts":      "gradient.md §3.12",
	"GET /organization/services":        "gradient.md §3.13",
	"POST /organization/services":       "gradient.md §3.14",
	"PATCH /organization/services/{id}": "gradient.md §3.15",
	"PATCH /organization/services":      "gradient.md §3.16",
	"GET /organization/clients":         "gradient.md §3.17",
	"POST /alerting/{id}":               "gradient.md §3.18",
	"GET /alerting/debug/{id}":          "gradient.md §3.19",
}

// newGradientHandler looks for the route before it looks at the token, as NestJS does: gradient.md §12.
func (s *Server) newGradientHandler() http.Handler {
	routes := []route{
		{gradientBase, "gradient.md §12", answerUnknownRoute},
		{gradientBase + "/", "gradient.md §12", answerUnknownRoute},
	}
	place := func(pattern string) string {
		method, path, _ := strings.Cut(pattern, " ")
		return method + " " + gradientBase + path
	}
	for _, served := range gradientRoutes {
		handle := func(w http.ResponseWriter, r *http.Request) { s.serveGradient(w, r, served) }
		routes = append(routes, route{place(served.pattern), served.section, handle})
	}
	for pattern, section := range unsimulatedGradient {
		routes = append(routes, route{place(pattern), section, nil})
	}
	return newMux(routes)
}

// answerUnknownRoute answers an unknown path and a method that a path does not have: gradient.md §12.
func answerUnknownRoute(w http.ResponseWriter, r *http.Request) {
	message := fmt.Sprintf("Cannot %s %s", r.Method, r.URL.RequestURI())
	writeBody(w, http.StatusNotFound, jsonUTF8, gradientError{http.StatusNotFound, message, "Not Found"})
}

// serveGradient checks a request and answers it. A refused request changes nothing.
func (s *Server) serveGradient(w http.ResponseWriter, r *http.Request, served gradientRoute) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := s.admit(r, served)
	if status == 0 {
		call, problems, err := readCall(r, served)
		if err != nil {
			refuseUnsimulated(w, err.Error(), served.section)
			return
		}
		if len(problems) > 0 {
			status, body = s.refuseInvalid(problems...)
		} else {
			status, body = served.handle(s, call)
		}
	}
	if status == http.StatusTooManyRequests {
		s.setRetryAfter(w, s.switchValue("gradient-retry-after"))
	}
	writeGradient(w, status, body)
}

// writeGradient writes an answer. A page of HTML and no body at all are possible too.
func writeGradient(w http.ResponseWriter, status int, body any) {
	switch body := body.(type) {
	case nil:
		w.WriteHeader(status)
	case htmlPage:
		writePage(w, status, string(body))
	default:
		writeBody(w, status, jsonUTF8, body)
	}
}

// admit checks the rate (gradient.md §6) and the token (gradient.md §2). Status 0 means that the request may go on.
func (s *Server) admit(r *http.Request, served gradientRoute) (status int, body any) {
	token := r.Header.Get("GRADIENT-TOKEN")
	if !s.underLimit(token, time.Now()) {
		return refuse(http.StatusTooManyRequests, "Request limit reached (100 requests a second)")
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(token)
	vendor, partner, split := strings.Cut(string(decoded), ":")
	g := s.gradient
	switch {
	case err != nil || !split || !g.connected || partner != g.creds.GradientPartnerKey:
		return s.refuseToken()
	case vendor == g.creds.GradientVendorKey && time.Now().Before(g.blockedUntil):
		return refuseIn(http.StatusForbidden, "Forbidden", s.switchValue("gradient-anomaly"))
	case vendor == g.creds.GradientVendorKey:
		return 0, nil
	case strings.HasSuffix(served.pattern, "/count"), // gradient.md §5 lists the 404 for the routes of vendor and organisation only
		s.switchValue("gradient-wrong-vendor-key") == "401":
		return s.refuseToken()
	}
	return refuse(http.StatusNotFound, "Vendor Profile Not Found")
}

func (s *Server) refuseToken() (int, any) {
	return refuseIn(http.StatusUnauthorized, "Unauthorized", s.switchValue("gradient-unauthorized-body"))
}

// htmlPage is the title of an answer that is a page.
type htmlPage string

// refuseIn refuses a request with a body of that form: json, empty or html.
func refuseIn(status int, message, form string) (int, any) {
	switch form {
	case "empty":
		return status, nil
	case "html":
		return status, htmlPage(message)
	}
	return refuse(status, message)
}

// underLimit counts a request against its token: gradient.md §6. Refused requests do not count, so that a client that goes on too
// fast still gets its share.
func (s *Server) underLimit(token string, now time.Time) bool {
	limit := s.options.RateLimit
	if limit == 0 {
		limit = 100
	}
	g := s.gradient
	for other, hits := range g.hits {
		g.hits[other] = slices.DeleteFunc(hits, func(hit time.Time) bool { return now.Sub(hit) >= time.Second })
	}
	maps.DeleteFunc(g.hits, func(_ string, hits []time.Time) bool { return len(hits) == 0 })
	if len(g.hits[token]) >= limit {
		return false
	}
	g.hits[token] = append(g.hits[token], now)
	return true
}

// gradientError is an error body: gradient.md §5. The only one known verbatim has no "error" key.
type gradientError struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message,omitempty"` // text, or a list of texts
	Error      string `json:"error,omitempty"`
}

func refuse(status int, message any) (int, any) {
	return status, gradientError{StatusCode: status, Message: message}
}

// refuseInvalid answers a request with a body or a query that is not in the contract: gradient.md §5.
func (s *Server) refuseInvalid(problems ...string) (int, any) {
	switch s.switchValue("gradient-validation-message") {
	case "string":
		return http.StatusBadRequest, gradientError{http.StatusBadRequest, strings.Join(problems, "; "), "Bad Request"}
	case "none":
		return refuse(http.StatusBadRequest, nil)
	case "empty":
		return http.StatusBadRequest, nil
	}
	return http.StatusBadRequest, gradientError{http.StatusBadRequest, problems, "Bad Request"}
}

// gradientEnvelope wraps the answers of the vendor and status routes: gradient.md §3.
type gradientEnvelope struct {
	Status  int    `json:"status"`
	Data    any    `json:"data,omitempty"`
	Message string `json:"message"`
}

func wrapAnswer(data any, message string) (int, any) {
	return http.StatusOK, gradientEnvelope{Status: http.StatusOK, Data: data, Message: message}
}

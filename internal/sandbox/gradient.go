package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// gradientBase is the root of the Gradient vendor API, which is a route itself.
const gradientBase = "/api/vendor-api"

// States of an integration that the vendor API knows.
const (
	statusInactive = "inactive"
	statusPending  = "pending"
	statusActive   = "active"
)

// What a person has done with an account or a service.
const (
	unmapped = ""
	mapped   = "mapped"
	excluded = "excluded"
)

// neverSynced is what Gradient's own sample shows as lastSyncedAt of an integration that never synced.
const neverSynced = "1900-06-18T17:11:28.553Z"

// gradientState is what Gradient holds; Server.mu guards it.
type gradientState struct {
	creds         Credentials
	connected     bool
	organization  string // id
	vendor        gradientVendor
	integrations  int // how many were connected so far; the last one counts
	status        string
	lastSynced    time.Time // zero means never
	accounts      []*gradientAccount
	services      []*Service
	madeServices  int
	madeMappings  int
	counts        map[string]map[string]float64 // account id → service id → units
	view          map[string]map[string]float64 // the counts as they were when the billing view was last made
	rebuilds      int
	psa           PSA
	hits          map[string][]time.Time // token → requests of the last second that were let through
	vendorUpdated time.Time
}

type gradientVendor struct {
	name, description, supportPage, portal string
}

type gradientAccount struct {
	Account
	inactive  bool
	mappingID string // of the last mapping; shown while mapped
}

func newGradientState(seed Seed, creds Credentials) *gradientState {
	g := &gradientState{
		creds:         creds,
		connected:     true,
		organization:  objectID(1, 1),
		vendor:        gradientVendor{name: "Microsoft 365 Licenses", description: "Microsoft 365 Licenses is a custom made vendor"},
		integrations:  1,
		status:        seed.Status,
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

// objectID makes an id of the shape that MongoDB gives: 24 hexadecimal digits. The same calls give the same ids.
func objectID(kind, number int) string { return fmt.Sprintf("64f0%02x%018x", kind, number) }

func (g *gradientState) addService(service Service) {
	g.madeServices++
	if service.ID == "" {
		service.ID = objectID(2, g.madeServices)
	}
	g.services = append(g.services, &service)
	g.vendorUpdated = time.Now()
}

// gradientCall is a request that passed all checks which do not depend on what Gradient holds.
type gradientCall struct {
	id    string // from the path
	query url.Values
	items []map[string]any // the body; one element if it is an object
}

func (c gradientCall) text(field string) string {
	text, _ := c.items[0][field].(string)
	return text
}

type gradientRoute struct {
	method  string
	path    string // {id} stands for any segment
	query   []string
	body    []field // empty means that the route takes no body
	list    bool    // the body is an array
	handler func(*Server, gradientCall) (int, any)
}

// gradientRoutes is the part of the contract that is current. Updating several accounts at once (12), services of an
// organisation (13 to 16), alerts (18, 19) and updating a service (5) are attested too thinly to be imitated: they answer
// 404 as unknown routes do, so that a client which needs them is noticed.
var gradientRoutes = []gradientRoute{
	{method: "GET", path: "", handler: (*Server).getVendor},
	{method: "PATCH", path: "", body: vendorFields, handler: (*Server).updateVendor},
	{method: "POST", path: "/service", body: serviceFields, handler: (*Server).createService},
	{method: "GET", path: "/service/{id}", handler: (*Server).getService},
	{method: "POST", path: "/service/{id}/count", query: []string{"no_build"}, body: countFields, handler: (*Server).setCount},
	{method: "GET", path: "/organization", handler: (*Server).getIntegration},
	{method: "PATCH", path: "/organization/status/{id}", handler: (*Server).updateStatus},
	{method: "GET", path: "/organization/accounts", query: []string{"accountIds", "accountIds[]", "returnUnmapped"}, handler: (*Server).getAccounts},
	{method: "POST", path: "/organization/accounts", body: newAccountFields, list: true, handler: (*Server).createAccounts},
	{method: "PATCH", path: "/organization/accounts/{id}", body: accountFields, handler: (*Server).updateAccount},
	{method: "GET", path: "/organization/clients", query: []string{"search", "previousId"}, handler: (*Server).getClients},
}

// serveGradient answers the vendor API. As in the framework that Gradient seems to use, an unknown route is found before the token is looked at.
func (s *Server) serveGradient(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := s.answerGradient(w.Header(), r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // into memory
}

func (s *Server) answerGradient(header http.Header, r *http.Request) (int, any) {
	route, id, found := findRoute(r)
	if !found {
		message := fmt.Sprintf("Cannot %s %s", r.Method, r.URL.RequestURI())
		return http.StatusNotFound, gradientError{http.StatusNotFound, message, "Not Found"}
	}
	token := r.Header.Get("GRADIENT-TOKEN")
	if !s.underLimit(token, time.Now()) {
		if s.switchValue("gradient-retry-after") == "1s" {
			header.Set("Retry-After", "1")
		}
		return refuse(http.StatusTooManyRequests, "Request limit reached (100 requests a second)")
	}
	if status, message := s.authenticate(token, route); status != 0 {
		return refuse(status, message)
	}
	items, problems := readBody(r, route, s.switchValue("gradient-accounts-object") == "accept")
	problems = append(problems, checkQuery(r.URL.RawQuery, route.query)...)
	if len(problems) > 0 {
		return s.invalid(problems...)
	}
	return route.handler(s, gradientCall{id: id, query: r.URL.Query(), items: items})
}

// findRoute compares the path as it was sent, so that an id may hold an escaped slash.
func findRoute(r *http.Request) (gradientRoute, string, bool) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), gradientBase)
	if path == "/" {
		path = ""
	}
	segments := strings.Split(path, "/")
	for _, route := range gradientRoutes {
		if route.method != r.Method {
			continue
		}
		if id, matches := matchSegments(strings.Split(route.path, "/"), segments); matches {
			return route, id, true
		}
	}
	return gradientRoute{}, "", false
}

func matchSegments(pattern, segments []string) (id string, matches bool) {
	if len(pattern) != len(segments) {
		return "", false
	}
	for i, segment := range segments {
		if pattern[i] == "{id}" {
			unescaped, err := url.PathUnescape(segment)
			if err != nil || unescaped == "" {
				return "", false
			}
			id = unescaped
		} else if pattern[i] != segment {
			return "", false
		}
	}
	return id, true
}

// underLimit counts a request against its token. Refused requests do not count, so a client that goes on too fast still
// gets its share.
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

// authenticate returns status 0 when the token is good. An unknown vendor half is told apart only where the contract lists
// that answer: on the routes of vendor and organisation.
func (s *Server) authenticate(token string, route gradientRoute) (status int, message string) {
	decoded, err := base64.StdEncoding.Strict().DecodeString(token)
	vendor, partner, split := strings.Cut(string(decoded), ":")
	g := s.gradient
	if err != nil || !split || !g.connected || partner != g.creds.GradientPartnerKey {
		return http.StatusUnauthorized, "Unauthorized"
	}
	if vendor != g.creds.GradientVendorKey {
		if strings.HasSuffix(route.path, "/count") {
			return http.StatusUnauthorized, "Unauthorized"
		}
		return http.StatusNotFound, "Vendor Profile Not Found"
	}
	return 0, ""
}

// gradientError is an error body. The only one known verbatim has no "error" key.
type gradientError struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message"` // text, or a list of texts
	Error      string `json:"error,omitempty"`
}

func refuse(status int, message string) (int, any) {
	return status, gradientError{StatusCode: status, Message: message}
}

// invalid is the answer to a request that is not in the contract.
func (s *Server) invalid(problems ...string) (int, any) {
	if s.switchValue("gradient-validation-message") == "string" {
		return http.StatusBadRequest, gradientError{http.StatusBadRequest, strings.Join(problems, "; "), "Bad Request"}
	}
	return http.StatusBadRequest, gradientError{http.StatusBadRequest, problems, "Bad Request"}
}

// gradientEnvelope is how the routes of vendor and status wrap their answers.
type gradientEnvelope struct {
	Status  int    `json:"status"`
	Data    any    `json:"data,omitempty"`
	Message string `json:"message"`
}

func wrapped(data any, message string) (int, any) {
	return http.StatusOK, gradientEnvelope{Status: http.StatusOK, Data: data, Message: message}
}

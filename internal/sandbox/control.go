package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// controlBase is the root of the control routes, which do what no API offers.
const controlBase = "/_sandbox"

// controlHeader is on every answer of a control route, so that it cannot be taken for an upstream's.
const controlHeader = "X-Sandbox"

type controlRoute struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Doc    string `json:"doc"`
	handle func(*Server, *http.Request) (any, error)
}

// controlRoutes is a function because one of the routes answers the list.
func controlRoutes() []controlRoute {
	return []controlRoute{
		{"GET", "/", "this list", listControl},
		{"GET", "/env", "the environment to export; ?format=shell gives export lines", showEnv},
		{"GET", "/state", "what Gradient holds: integration, accounts, services, unit counts, billing view, rebuilds", showState},
		{"GET", "/requests", "the requests to the upstreams so far; ?system=gradient and ?method=POST pick some", showRequests},
		{"DELETE", "/requests", "forget the requests so far", clearRequests},
		{"POST", "/faults", `inject a fault: {"system","method","path","skip","times","kind","status","body","header","delay"}`, injectFault},
		{"DELETE", "/faults", "remove all faults", clearFaults},
		{"POST", "/map", `map {"accounts":[ids],"services":[names]}; without a body: all of both`, setMapping((*Server).MapAccounts, (*Server).MapServices)},
		{"POST", "/unmap", "remove mappings; the body as for map", setMapping((*Server).UnmapAccounts, (*Server).UnmapServices)},
		{"POST", "/exclude", "exclude from the dashboard; the body as for map", setMapping((*Server).ExcludeAccounts, (*Server).ExcludeServices)},
		{"POST", "/automatch", "map the accounts and services whose names are exactly in the PSA", doAndConfirm((*Server).AutoMatch)},
		{"POST", "/disconnect", "disconnect the integration: accounts and mappings are deleted, the key is refused", doAndConfirm((*Server).Disconnect)},
		{"POST", "/reconnect", "connect it again, with a new key (see env) and a new integration id", doAndConfirm((*Server).Reconnect)},
		{"POST", "/regenerate-key", "make a new partner key (see env); the old key is refused", doAndConfirm((*Server).RegenerateKey)},
		{"GET", "/status", "the integration's status", showStatus},
		{"POST", "/status", `set the integration's status without the API: {"status":"pending"}`, setStatus},
		{"POST", "/seats", `set the enabled seats of a product: {"tenant","sku","seats"}`, setSeats},
		{"POST", "/sku", `add or replace a product of a tenant: {"tenant","sku","sku_id","enabled","consumed",…}`, putSKU},
		{"DELETE", "/sku", "remove a product of a tenant: ?tenant=…&sku=…", removeSKU},
		{"POST", "/tenant", `add or replace a tenant: {"id","name","domains","skus",…}`, putTenant},
		{"DELETE", "/tenant", "remove a tenant: ?tenant=…", removeTenant},
		{"POST", "/consent", `grant or withdraw a tenant's consent: {"tenant","granted":false}`, setConsent},
		{"POST", "/company", `add or replace a CloudRadial company: {"id","name","psa_key","psa_identifier","domains"}`, putCompany},
		{"DELETE", "/company", "remove a CloudRadial company: ?id=…", removeCompany},
		{"GET", "/tokens", "CloudRadial's tokens", showTokens},
		{"POST", "/token", `add or replace a token: {"company_id","name","value","type"}; company 0 is the partner level`, putToken},
		{"DELETE", "/token", "delete a token: ?company_id=…&name=…", removeToken},
		{"GET", "/assets", "CloudRadial's flexible assets and their types", showAssets},
		{"POST", "/asset", `set a trait of a flexible asset: {"id","trait","value"}; trait is the nameKey of the field`, editAsset},
		{"DELETE", "/asset", "delete a flexible asset: ?id=…", deleteAsset},
		{"POST", "/asset-type", `rename a flexible asset type: {"id","name"}`, renameAssetType},
		{"POST", "/asset-field", `rename a field, and with it its nameKey: {"type","trait","name"}`, renameTrait},
	}
}

// done is the answer of a route that has nothing to show.
var done = map[string]bool{"ok": true}

// text is answered as plain text, everything else as JSON.
type text string

func (s *Server) newControlHandler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range controlRoutes() {
		path := controlBase + route.Path
		if route.Path == "/" {
			path += "{$}"
		}
		mux.HandleFunc(route.Method+" "+path, func(w http.ResponseWriter, r *http.Request) {
			answer, err := route.handle(s, r)
			if err != nil {
				answerControl(w, http.StatusBadRequest, errorBody(err.Error()))
				return
			}
			answerControl(w, http.StatusOK, answer)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(controlHeader, "terraform-provider-cloudradial")
		if !isFromLoopback(r) {
			answerControl(w, http.StatusForbidden, errorBody("control routes answer requests from this machine only"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func errorBody(message string) any { return map[string]string{"error": message} }

func answerControl(w http.ResponseWriter, status int, answer any) {
	if plain, is := answer.(text); is {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, string(plain))
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(answer) // the client may have gone
}

func isFromLoopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// readJSON decodes the body into target. An empty body changes nothing. An unknown field is an error.
func readJSON(r *http.Request, target any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

// doAndConfirm makes a route of a method without arguments and results.
func doAndConfirm(do func(*Server)) func(*Server, *http.Request) (any, error) {
	return func(s *Server, _ *http.Request) (any, error) {
		do(s)
		return done, nil
	}
}

func listControl(*Server, *http.Request) (any, error) { return controlRoutes(), nil }

func showEnv(s *Server, r *http.Request) (any, error) {
	if r.URL.Query().Get("format") == "shell" {
		return text(Exports(s.Env())), nil
	}
	return s.Env(), nil
}

// Exports returns environment variables as export lines for a shell, sorted by name.
func Exports(env map[string]string) string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&lines, "export %s='%s'\n", name, strings.ReplaceAll(env[name], "'", `'\''`))
	}
	return lines.String()
}

func showState(s *Server, _ *http.Request) (any, error) {
	s.mu.Lock()
	integration, connected := s.describeIntegration(), s.gradient.connected
	s.mu.Unlock()
	return map[string]any{
		"integration":  integration,
		"connected":    connected,
		"accounts":     s.Accounts(),
		"services":     s.Services(),
		"unit_counts":  s.UnitCounts(),
		"billing_view": s.BillingView(),
		"rebuilds":     s.Rebuilds(),
	}, nil
}

// requestView is a [Request] without its headers, because they hold credentials.
type requestView struct {
	At     time.Time `json:"at"`
	System string    `json:"system"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query"`
	Body   string    `json:"body"`
	Status int       `json:"status"`
}

func showRequests(s *Server, r *http.Request) (any, error) {
	system, method := r.URL.Query().Get("system"), r.URL.Query().Get("method")
	views := []requestView{}
	for _, q := range s.Requests() {
		if (system == "" || system == q.System) && (method == "" || method == q.Method) {
			views = append(views, requestView{q.At, q.System, q.Method, q.Path, q.Query, q.Body, q.Status})
		}
	}
	return views, nil
}

func clearRequests(s *Server, _ *http.Request) (any, error) {
	s.ClearRequests()
	return done, nil
}

func injectFault(s *Server, r *http.Request) (any, error) {
	var body struct {
		Fault
		Delay string `json:"delay"` // as Go writes durations: 1.5s
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Delay != "" {
		delay, err := time.ParseDuration(body.Delay)
		if err != nil {
			return nil, err
		}
		body.Fault.Delay = delay
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	s.Inject(body.Fault)
	return done, nil
}

func clearFaults(s *Server, _ *http.Request) (any, error) {
	s.ClearFaults()
	return done, nil
}

// setMapping makes a route that maps, unmaps or excludes. Names that do not exist are refused.
func setMapping(accounts, services func(*Server, ...string)) func(*Server, *http.Request) (any, error) {
	return func(s *Server, r *http.Request) (any, error) {
		var body struct {
			Accounts []string `json:"accounts"`
			Services []string `json:"services"`
		}
		if err := readJSON(r, &body); err != nil {
			return nil, err
		}
		if err := s.checkNames(body.Accounts, body.Services); err != nil {
			return nil, err
		}
		all := body.Accounts == nil && body.Services == nil
		if all || len(body.Accounts) > 0 {
			accounts(s, body.Accounts...)
		}
		if all || len(body.Services) > 0 {
			services(s, body.Services...)
		}
		return done, nil
	}
}

func (s *Server) checkNames(accounts, services []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.gradient.checkAccounts(accounts), s.gradient.checkServices(services))
}

func (s *Server) checkTenant(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.microsoft.findTenant(name) == nil {
		return fmt.Errorf("there is no tenant %q", name)
	}
	return nil
}

func showStatus(s *Server, _ *http.Request) (any, error) {
	return map[string]string{"status": s.Status()}, nil
}

func setStatus(s *Server, r *http.Request) (any, error) {
	var body struct {
		Status string `json:"status"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	known := []string{statusInactive, statusPending, statusActive, "disabled", "error"}
	if !slices.Contains(known, body.Status) {
		return nil, fmt.Errorf("status must be one of %s", strings.Join(known, ", "))
	}
	s.SetStatus(body.Status)
	return done, nil
}

func setSeats(s *Server, r *http.Request) (any, error) {
	var body struct {
		Tenant string `json:"tenant"`
		SKU    string `json:"sku"`
		Seats  *int   `json:"seats"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Tenant == "" || body.SKU == "" || body.Seats == nil || *body.Seats < 0 {
		return nil, errors.New("tenant, sku and seats, which cannot be negative, are required")
	}
	if err := s.checkTenant(body.Tenant); err != nil {
		return nil, err
	}
	s.SetSeats(body.Tenant, body.SKU, *body.Seats)
	return done, nil
}

func putSKU(s *Server, r *http.Request) (any, error) {
	var body struct {
		Tenant string `json:"tenant"`
		SKU
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Tenant == "" || body.PartNumber == "" {
		return nil, errors.New("tenant and sku are required")
	}
	if err := s.checkTenant(body.Tenant); err != nil {
		return nil, err
	}
	s.PutSKU(body.Tenant, body.SKU)
	return done, nil
}

func removeSKU(s *Server, r *http.Request) (any, error) {
	tenant, sku := r.URL.Query().Get("tenant"), r.URL.Query().Get("sku")
	if tenant == "" || sku == "" {
		return nil, errors.New("tenant and sku are required in the query")
	}
	if err := s.checkTenant(tenant); err != nil {
		return nil, err
	}
	s.RemoveSKU(tenant, sku)
	return done, nil
}

func putTenant(s *Server, r *http.Request) (any, error) {
	var tenant Tenant
	if err := readJSON(r, &tenant); err != nil {
		return nil, err
	}
	if tenant.ID == "" {
		return nil, errors.New("id is required")
	}
	s.PutTenant(tenant)
	return done, nil
}

func removeTenant(s *Server, r *http.Request) (any, error) {
	tenant := r.URL.Query().Get("tenant")
	if err := s.checkTenant(tenant); err != nil {
		return nil, err
	}
	s.RemoveTenant(tenant)
	return done, nil
}

func setConsent(s *Server, r *http.Request) (any, error) {
	var body struct {
		Tenant  string `json:"tenant"`
		Granted *bool  `json:"granted"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Tenant == "" || body.Granted == nil {
		return nil, errors.New("tenant and granted are required")
	}
	if err := s.checkTenant(body.Tenant); err != nil {
		return nil, err
	}
	if *body.Granted {
		s.GrantConsent(body.Tenant)
	} else {
		s.WithdrawConsent(body.Tenant)
	}
	return done, nil
}

func putCompany(s *Server, r *http.Request) (any, error) {
	var company Company
	if err := readJSON(r, &company); err != nil {
		return nil, err
	}
	if company.ID <= 0 || company.Name == "" {
		return nil, errors.New("id, which is positive, and name are required")
	}
	s.PutCompany(company)
	return done, nil
}

func removeCompany(s *Server, r *http.Request) (any, error) {
	id, err := strconv.Atoi(r.URL.Query().Get("id"))
	if err != nil {
		return nil, errors.New("id is required in the query, a number")
	}
	s.mu.Lock()
	known := s.cloudradial.hasCompany(id)
	s.mu.Unlock()
	if !known {
		return nil, fmt.Errorf("there is no company %d", id)
	}
	s.RemoveCompany(id)
	return done, nil
}

func showTokens(s *Server, _ *http.Request) (any, error) { return s.Tokens(), nil }

func putToken(s *Server, r *http.Request) (any, error) {
	var token Token
	if err := readJSON(r, &token); err != nil {
		return nil, err
	}
	s.mu.Lock()
	known := s.cloudradial.hasCompany(token.CompanyID)
	s.mu.Unlock()
	if token.Name == "" || token.CompanyID != 0 && !known {
		return nil, errors.New("name, and a company_id that exists or is 0, are required")
	}
	s.PutToken(token)
	return done, nil
}

func removeToken(s *Server, r *http.Request) (any, error) {
	companyID, err := strconv.Atoi(r.URL.Query().Get("company_id"))
	if err != nil {
		return nil, errors.New("company_id is required in the query, a number")
	}
	name := r.URL.Query().Get("name")
	s.mu.Lock()
	_, known := s.cloudradial.tokens.held[tokenKey{companyID, name}]
	s.mu.Unlock()
	if !known {
		return nil, fmt.Errorf("company %d has no token %q", companyID, name)
	}
	s.RemoveToken(companyID, name)
	return done, nil
}

func showAssets(s *Server, _ *http.Request) (any, error) {
	return map[string]any{"types": s.AssetTypes(), "assets": s.Assets()}, nil
}

func editAsset(s *Server, r *http.Request) (any, error) {
	var body struct {
		ID    int     `json:"id"`
		Trait string  `json:"trait"`
		Value *string `json:"value"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body.Value == nil {
		return nil, errors.New("value is required")
	}
	return done, s.editAsset(body.ID, body.Trait, *body.Value)
}

func deleteAsset(s *Server, r *http.Request) (any, error) {
	id, err := strconv.Atoi(r.URL.Query().Get("id"))
	if err != nil {
		return nil, errors.New("id is required in the query, a number")
	}
	return done, s.deleteAsset(id)
}

func renameAssetType(s *Server, r *http.Request) (any, error) {
	var body struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	return done, s.renameAssetType(body.ID, body.Name)
}

func renameTrait(s *Server, r *http.Request) (any, error) {
	var body struct {
		Type  int    `json:"type"`
		Trait string `json:"trait"`
		Name  string `json:"name"`
	}
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	return done, s.renameTrait(body.Type, body.Trait, body.Name)
}

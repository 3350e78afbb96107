// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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
		{"GET", "/", "this list", show(func(*Server) any { return controlRoutes() })},
		{"GET", "/env", "the environment to export; ?format=shell gives export lines", showEnv},
		{"GET", "/state", "what Gradient holds: integration, accounts, services, unit counts, billing view, rebuilds", show(showState)},
		{"GET", "/requests", "the requests to the upstreams so far; ?system=gradient and ?method=POST pick some", showRequests},
		{"DELETE", "/requests", "forget the requests so far", do((*Server).ClearRequests)},
		{"POST", "/faults", `inject a fault: {"system","method","path","skip","times","kind","status","body","header","delay"}`, change(injectFault)},
		{"DELETE", "/faults", "remove all faults", do((*Server).ClearFaults)},
		{"POST", "/map", `map {"accounts":[ids],"services":[names]}; without a body: all of both`, setMapping((*Server).MapAccounts, (*Server).MapServices)},
		{"POST", "/unmap", "remove mappings; the body as for map", setMapping((*Server).UnmapAccounts, (*Server).UnmapServices)},
		{"POST", "/exclude", "exclude from the dashboard; the body as for map", setMapping((*Server).ExcludeAccounts, (*Server).ExcludeServices)},
		{"POST", "/replace", `make again, with other ids and mappings and without counts: {"accounts":[ids],"services":[names]}`, setMapping((*Server).ReplaceAccounts, (*Server).ReplaceServices)},
		{"POST", "/duplicate", `add a second service of the same name, first in the list: {"services":[names]}`, setMapping(func(*Server, ...string) {}, (*Server).DuplicateServices)},
		{"POST", "/automatch", "map the accounts and services whose names are exactly in the PSA", do((*Server).AutoMatch)},
		{"POST", "/approve", `a person approves cards in Gradient, which changes the PSA: {"account","service","effective":"at-once"}; without account and service: all`, change(approveCards)},
		{"GET", "/psa", "the customers of the PSA, what each of the three PSAs bills today (?on=2026-12-01), and what clients tried to write there", showBilled},
		{"POST", "/customer", `add or replace a customer of the PSA: {"id","identifier","name","agreements":[{"name","starts","lines":[{"product","quantity",…}]}]}`, change(putCustomer)},
		{"DELETE", "/customer", "remove a customer of the PSA: ?id=…", change(removeCustomer)},
		{"POST", "/disconnect", "disconnect the integration: accounts and mappings are deleted, the key is refused", do((*Server).Disconnect)},
		{"POST", "/reconnect", "connect it again, with a new key (see env) and a new integration id", do((*Server).Reconnect)},
		{"POST", "/regenerate-key", "make a new partner key (see env); the old key is refused", do((*Server).RegenerateKey)},
		{"GET", "/status", "the integration's status", show(showStatus)},
		{"POST", "/status", `set the integration's status without the API: {"status":"pending"}`, change(setStatus)},
		{"POST", "/last-synced", `set lastSyncedAt: {"at":"2026-11-28T03:00:00Z"}`, change(setLastSynced)},
		{"POST", "/seats", `set the enabled seats of a product: {"tenant","sku","seats"}`, change(setSeats)},
		{"POST", "/sku", `add or replace a product of a tenant: {"tenant","sku","sku_id","enabled","consumed",…}`, change(putSKU)},
		{"DELETE", "/sku", "remove a product of a tenant: ?tenant=…&sku=…", change(removeSKU)},
		{"POST", "/tenant", `add or replace a tenant: {"id","name","domains","skus",…}`, change(putTenant)},
		{"DELETE", "/tenant", "remove a tenant: ?tenant=…", change(removeTenant)},
		{"POST", "/consent", `grant or withdraw a tenant's consent: {"tenant","granted":false}`, change(setConsent)},
		{"POST", "/company", `add or replace a CloudRadial company: {"id","name","psa_key","psa_identifier","domains"}`, change(putCompany)},
		{"DELETE", "/company", "remove a CloudRadial company: ?id=…", change(removeCompany)},
		{"GET", "/tokens", "CloudRadial's tokens", show(func(s *Server) any { return s.Tokens() })},
		{"POST", "/token", `add or replace a token: {"company_id","name","value","type"}; company 0 is the partner level`, change(putToken)},
		{"DELETE", "/token", "delete a token: ?company_id=…&name=…", change(removeToken)},
		{"GET", "/assets", "CloudRadial's flexible assets and their types", show(showAssets)},
		{"POST", "/asset", `set a trait of a flexible asset: {"id","trait","value"}; trait is the nameKey of the field`, change(editAsset)},
		{"DELETE", "/asset", "delete a flexible asset: ?id=…", change(deleteAsset)},
		{"POST", "/asset-type", `rename a flexible asset type: {"id","name"}`, change(renameAssetType)},
		{"POST", "/asset-field", `rename a field, and with it its nameKey: {"type","trait","name"}`, change(renameTrait)},
	}
}

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

// show makes a route that answers a value.
func show(value func(*Server) any) func(*Server, *http.Request) (any, error) {
	return func(s *Server, _ *http.Request) (any, error) { return value(s), nil }
}

// do makes a route of a method without arguments and results.
func do(method func(*Server)) func(*Server, *http.Request) (any, error) {
	return change(func(s *Server, _ struct{}) error {
		method(s)
		return nil
	})
}

// change makes a route that changes the server. The error of impossible arguments is returned, or is the [mistake] with which a method
// panics.
func change[A any](apply func(*Server, A) error) func(*Server, *http.Request) (any, error) {
	return func(s *Server, r *http.Request) (answer any, err error) {
		var arguments A
		if err := readArguments(r, &arguments); err != nil {
			return nil, err
		}
		defer func() {
			switch caught := recover().(type) {
			case nil:
			case mistake:
				err = caught
			default:
				panic(caught)
			}
		}()
		return map[string]bool{"ok": true}, apply(s, arguments)
	}
}

// readArguments decodes the body, or the query of a DELETE, into target. Without a body target stays empty. An unknown name is an error.
func readArguments(r *http.Request, target any) error {
	body, err := io.ReadAll(r.Body)
	if r.Method == http.MethodDelete {
		query := map[string]string{}
		for name, values := range r.URL.Query() {
			query[name] = values[0]
		}
		body, err = json.Marshal(query)
	}
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

// queryNumber is a number in a query.
type queryNumber int

func (n *queryNumber) UnmarshalText(text []byte) error {
	number, err := strconv.Atoi(string(text))
	*n = queryNumber(number)
	return err
}

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

func showState(s *Server) any {
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
	}
}

func showRequests(s *Server, r *http.Request) (any, error) {
	system, method := r.URL.Query().Get("system"), r.URL.Query().Get("method")
	return slices.DeleteFunc(s.Requests(), func(q Request) bool {
		return system != "" && system != q.System || method != "" && method != q.Method
	}), nil
}

func showStatus(s *Server) any { return map[string]string{"status": s.Status()} }

func showAssets(s *Server) any { return map[string]any{"types": s.AssetTypes(), "assets": s.Assets()} }

func injectFault(s *Server, body struct {
	Fault
	Delay string `json:"delay"` // as Go writes durations: 1.5s
}) (err error) {
	if body.Delay != "" {
		body.Fault.Delay, err = time.ParseDuration(body.Delay)
	}
	if err == nil {
		s.Inject(body.Fault)
	}
	return err
}

// setMapping makes a route that maps, unmaps or excludes. Names that do not exist are refused.
func setMapping(accounts, services func(*Server, ...string)) func(*Server, *http.Request) (any, error) {
	return change(func(s *Server, body struct {
		Accounts []string `json:"accounts"`
		Services []string `json:"services"`
	}) error {
		if err := s.checkNames(body.Accounts, body.Services); err != nil {
			return err
		}
		all := body.Accounts == nil && body.Services == nil
		if all || len(body.Accounts) > 0 {
			accounts(s, body.Accounts...)
		}
		if all || len(body.Services) > 0 {
			services(s, body.Services...)
		}
		return nil
	})
}

func (s *Server) checkNames(accounts, services []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.gradient.checkAccounts(accounts), s.gradient.checkServices(services))
}

func setStatus(s *Server, body struct {
	Status string `json:"status"`
}) error {
	known := []string{statusInactive, statusPending, statusActive, "disabled", "error"}
	if !slices.Contains(known, body.Status) {
		return fmt.Errorf("status must be one of %s", strings.Join(known, ", "))
	}
	s.SetStatus(body.Status)
	return nil
}

func setLastSynced(s *Server, body struct {
	At time.Time `json:"at"`
}) error {
	s.SetLastSynced(body.At)
	return nil
}

func setSeats(s *Server, body struct {
	Tenant string `json:"tenant"`
	SKU    string `json:"sku"`
	Seats  *int   `json:"seats"`
}) error {
	if body.SKU == "" || body.Seats == nil || *body.Seats < 0 {
		return errors.New("tenant, sku and seats, which cannot be negative, are required")
	}
	s.SetSeats(body.Tenant, body.SKU, *body.Seats)
	return nil
}

func putSKU(s *Server, body struct {
	Tenant string `json:"tenant"`
	SKU
}) error {
	if body.PartNumber == "" {
		return errors.New("tenant and sku are required")
	}
	s.PutSKU(body.Tenant, body.SKU)
	return nil
}

func removeSKU(s *Server, query struct {
	Tenant string `json:"tenant"`
	SKU    string `json:"sku"`
}) error {
	if query.SKU == "" {
		return errors.New("tenant and sku are required in the query")
	}
	s.RemoveSKU(query.Tenant, query.SKU)
	return nil
}

func putTenant(s *Server, tenant Tenant) error {
	if tenant.ID == "" {
		return errors.New("id is required")
	}
	s.PutTenant(tenant)
	return nil
}

func removeTenant(s *Server, query struct {
	Tenant string `json:"tenant"`
}) error {
	s.RemoveTenant(query.Tenant)
	return nil
}

func setConsent(s *Server, body struct {
	Tenant  string `json:"tenant"`
	Granted *bool  `json:"granted"`
}) error {
	switch {
	case body.Granted == nil:
		return errors.New("tenant and granted are required")
	case *body.Granted:
		s.GrantConsent(body.Tenant)
	default:
		s.WithdrawConsent(body.Tenant)
	}
	return nil
}

func putCompany(s *Server, company Company) error {
	if company.ID <= 0 || company.Name == "" {
		return errors.New("id, which is positive, and name are required")
	}
	s.PutCompany(company)
	return nil
}

func removeCompany(s *Server, query struct {
	ID queryNumber `json:"id"`
}) error {
	s.RemoveCompany(int(query.ID))
	return nil
}

func putToken(s *Server, token Token) error {
	s.mu.Lock()
	known := token.CompanyID == 0 || s.cloudradial.hasCompany(token.CompanyID)
	s.mu.Unlock()
	if token.Name == "" || !known {
		return errors.New("name, and a company_id that exists or is 0, are required")
	}
	s.PutToken(token)
	return nil
}

func removeToken(s *Server, query struct {
	CompanyID queryNumber `json:"company_id"`
	Name      string      `json:"name"`
}) error {
	s.RemoveToken(int(query.CompanyID), query.Name)
	return nil
}

func editAsset(s *Server, body struct {
	ID    int     `json:"id"`
	Trait string  `json:"trait"`
	Value *string `json:"value"`
}) error {
	if body.Value == nil {
		return errors.New("value is required")
	}
	s.EditAsset(body.ID, body.Trait, *body.Value)
	return nil
}

func deleteAsset(s *Server, query struct {
	ID queryNumber `json:"id"`
}) error {
	s.DeleteAsset(int(query.ID))
	return nil
}

func renameAssetType(s *Server, body struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}) error {
	s.RenameAssetType(body.ID, body.Name)
	return nil
}

func renameTrait(s *Server, body struct {
	Type  int    `json:"type"`
	Trait string `json:"trait"`
	Name  string `json:"name"`
}) error {
	s.RenameTrait(body.Type, body.Trait, body.Name)
	return nil
}

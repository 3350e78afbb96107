// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"
)

// model is a second model of Gradient, for [TestRandomWalk]. It is written from internal/contracts/gradient.md alone, and knows neither the
// sandbox nor our client, so that no misunderstanding of theirs is in it.
type model struct {
	// What the contract leaves open: whether GET accounts shows isMapped and mappingId (gradient.md §3.9), whether isMapped is always false (gradient.md §12),
	// whether counts end with their mapping (gradient.md §8), whether counts are taken while inactive, and whether the first one activates (gradient.md §7.1).
	showsMapped, showsMapping, saysUnmapped, dropsUnmapped, refusesInactive, activates bool

	mu          sync.Mutex
	integration string
	status      string
	synced      time.Time
	accounts    []*modelAccount
	services    []*modelService
	counts      map[modelKey]int64
	former      map[string]string // service id that was replaced → name
	made        int               // ids so far
	night       bool              // GET accounts is empty
	troubles    []modelTrouble
	salt        uint64
	attempts    map[pair]int
	pushes      []modelPush // since the last clear
	unexpected  []string
}

type modelAccount struct {
	id      string // as Terraform has it
	stored  string // as Gradient spells it
	mapping string
	mapped  bool
}

type modelService struct {
	id, name string // the name as Gradient stores it
	mapped   bool
}

// modelKey is an account id and a service id.
type modelKey struct{ account, service string }

// modelPush is a count that arrived.
type modelPush struct {
	pair
	service  string // id
	units    int64
	stored   bool
	answered int // status; 0 is a cut connection
	mayEnd   bool
}

// modelTrouble is how counts fail.
type modelTrouble struct {
	name    string
	percent uint64
	once    bool // only the first attempt of a pair
	status  int  // 0 cuts the connection
	stores  bool
	body    string
}

var modelTroubles = []modelTrouble{
	{name: "400", status: 400, body: `{"statusCode":400,"message":"You have provided an invalid Id type"}`},
	{name: "403", status: 403, body: `{"statusCode":403,"message":"Forbidden"}`},
	{name: "429", status: 429, body: `{"statusCode":429,"message":"Request limit reached (100 requests a second)"}`},
	{name: "500", status: 500, body: `{"statusCode":500,"message":"Internal server error"}`},
	{name: "500 after", status: 500, stores: true, body: `{"statusCode":500,"message":"Internal server error"}`},
	{name: "reset"},
	{name: "reset after", stores: true},
	{name: "sign-in page", status: 200, body: "<html><body>Please sign in.</body></html>"},
	{name: "sign-in page after", status: 200, stores: true, body: "<html><body>Please sign in.</body></html>"},
}

func (m *model) id() string {
	m.made++
	return fmt.Sprintf("64f0aa%018x", m.made)
}

// serviceName is the name as Terraform has it.
func serviceName(stored string) string { return norm.NFC.String(stored) }

// newAccount returns an account that is not mapped. An id with an accent is stored in another Unicode form than the one that Terraform has.
func (m *model) newAccount(id string) *modelAccount {
	return &modelAccount{id: id, stored: norm.NFD.String(id), mapping: m.id()}
}

func (m *model) account(id string) *modelAccount {
	i := slices.IndexFunc(m.accounts, func(a *modelAccount) bool { return a.id == id })
	if i < 0 {
		return nil
	}
	return m.accounts[i]
}

func (m *model) service(id string) *modelService {
	i := slices.IndexFunc(m.services, func(s *modelService) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return m.services[i]
}

// has returns the count of a pair, added up over services of the same name.
func (m *model) has(p pair) (units int64) {
	for key, n := range m.counts {
		if s := m.service(key.service); key.account == p.account && s != nil && serviceName(s.name) == p.service {
			units += n
		}
	}
	return units
}

// pairs returns the pairs with a count above 0.
func (m *model) pairs() map[pair]int64 {
	all := map[pair]int64{}
	for key, n := range m.counts {
		if s := m.service(key.service); s != nil && n > 0 {
			all[pair{key.account, serviceName(s.name)}] += n
		}
	}
	return all
}

// drop deletes the counts that selected picks, and returns their pairs.
func (m *model) drop(selected func(modelKey) bool) (dropped []pair) {
	for key := range m.counts {
		if selected(key) {
			dropped = append(dropped, pair{key.account, serviceName(m.service(key.service).name)})
			delete(m.counts, key)
		}
	}
	return dropped
}

func (m *model) clear(troubles []modelTrouble, salt uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.troubles, m.salt, m.attempts, m.pushes = troubles, salt, map[pair]int{}, nil
}

// RoundTrip answers a request.
func (m *model) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		request.Body.Close() //nolint:errcheck // in memory
	}
	m.mu.Lock()
	if request.URL.RawQuery != "" { // no_build for example (gradient.md §6)
		m.unexpected = append(m.unexpected, request.Method+" "+request.URL.RequestURI())
	}
	status, answer := m.answer(request.Method, strings.TrimPrefix(request.URL.Path, "/api/vendor-api"), body)
	m.mu.Unlock()
	if status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: request}, nil
}

// CloseIdleConnections has nothing to close.
func (m *model) CloseIdleConnections() {}

func (m *model) answer(method, path string, body []byte) (int, []byte) {
	id, isCount := strings.CutPrefix(path, "/service/")
	id, ends := strings.CutSuffix(id, "/count")
	switch {
	case method == http.MethodGet && path == "/organization":
		synced := m.synced.UTC().Format(time.RFC3339Nano)
		if m.synced.IsZero() {
			synced = "1900-06-18T17:11:28.553Z"
		}
		return jsonAnswer(200, map[string]any{"organizationId": "org", "name": "An MSP", "vendorId": "vendor", "vendorName": "Ours",
			"integrationId": m.integration, "status": m.status, "lastSyncedAt": synced})
	case method == http.MethodGet && path == "/organization/accounts":
		return jsonAnswer(200, m.showAccounts())
	case method == http.MethodGet && (path == "" || path == "/"):
		return jsonAnswer(200, map[string]any{"status": 200, "message": "Success", "data": map[string]any{"id": "vendor", "skus": m.showServices()}})
	case method == http.MethodPost && isCount && ends:
		return m.takeCount(id, body)
	}
	m.unexpected = append(m.unexpected, method+" "+path)
	return jsonAnswer(404, map[string]any{"statusCode": 404, "message": "Cannot " + method + " " + path})
}

func jsonAnswer(status int, body any) (int, []byte) {
	text, err := json.Marshal(body)
	must(err)
	return status, text
}

func (m *model) showAccounts() []map[string]any {
	rows := []map[string]any{}
	if m.night {
		return rows
	}
	for _, a := range m.accounts {
		row := map[string]any{"id": a.stored, "name": "Account " + a.id, "description": ""}
		mapped := a.mapped && !m.saysUnmapped
		if m.showsMapped {
			row["isMapped"] = mapped
		}
		if m.showsMapping && mapped {
			row["mappingId"] = a.mapping
		}
		rows = append(rows, row)
	}
	return rows
}

func (m *model) showServices() []map[string]any {
	rows := []map[string]any{}
	for _, s := range m.services {
		rows = append(rows, map[string]any{"id": s.id, "_id": s.id, "name": s.name, "description": s.name, "category": "productivity", "subcategory": "other"})
	}
	return rows
}

// takeCount is gradient.md §3.6. A count above 0 and a zero are taken alike.
func (m *model) takeCount(serviceID string, body []byte) (int, []byte) {
	var count struct {
		AccountID string
		UnitCount *int64
	}
	if err := json.Unmarshal(body, &count); err != nil || count.UnitCount == nil || *count.UnitCount < 0 {
		m.unexpected = append(m.unexpected, fmt.Sprintf("count %s", body))
		return jsonAnswer(400, map[string]any{"statusCode": 400, "message": "unitCount must be a number"})
	}
	push := modelPush{pair: pair{norm.NFC.String(count.AccountID), serviceID}, service: serviceID, units: *count.UnitCount}
	s, a := m.service(serviceID), m.account(push.account)
	if s != nil {
		push.pair.service = serviceName(s.name)
	} else if name, was := m.former[serviceID]; was {
		push.pair.service = serviceName(name)
	}
	m.attempts[push.pair]++
	trouble, struck := m.strike(push)
	status, answer := trouble.status, []byte(trouble.body)
	switch {
	case struck && !trouble.stores:
	case m.status == "inactive" && m.refusesInactive:
		status, answer = jsonAnswer(400, map[string]any{"statusCode": 400, "message": "Integration is inactive"})
	case a == nil || a.stored != count.AccountID || !a.mapped || s == nil || !s.mapped:
		status, answer = jsonAnswer(404, map[string]any{"statusCode": 404, "message": "No account map found with id: " + count.AccountID})
	default:
		m.counts[modelKey{a.id, s.id}] = push.units
		m.synced = time.Now()
		push.stored = true
		if m.activates {
			m.status = "active"
		}
		if !struck {
			status, answer = jsonAnswer(201, map[string]any{"status": 201, "message": "Success - Created service unit count"})
		}
	}
	push.answered, push.mayEnd = status, status != 0 && status != 429 && status < 500
	m.pushes = append(m.pushes, push)
	return status, answer
}

// strike decides whether and how a count fails, from its content and how often it came.
func (m *model) strike(push modelPush) (modelTrouble, bool) {
	for i, trouble := range m.troubles {
		attempt := m.attempts[push.pair]
		if trouble.once && attempt > 1 {
			continue
		}
		hash := fnv.New64a()
		fmt.Fprintf(hash, "%d %d %d %v %d", m.salt, i, attempt, push.pair, push.units)
		if rand.New(rand.NewPCG(hash.Sum64(), 6)).Uint64N(100) < trouble.percent {
			tally(trouble.walkName())
			return trouble, true
		}
	}
	return modelTrouble{}, false
}

func (t modelTrouble) walkName() string { return "walk: " + t.name }

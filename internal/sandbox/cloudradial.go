// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"
)

// Names of the switches below.
const (
	switchUnauthorized = "unauthorized-body"
	switchKeySees      = "key-sees"
	switchNotFound     = "not-found-body"
	switchPageRows     = "page-rows"
	switchTopOver200   = "top-over-200"
	switchSkip         = "skip-option"
	switchCountOption  = "count-option"
	switchCountContent = "count-content"
	switchEnumerations = "enumerations"
	switchTokenValue   = "token-value-length"
	switchPredefined   = "predefined-tokens"
	switchSelect       = "flexible-select"
	switchTypeReply    = "flexible-type-reply"
	switchInlineFields = "flexible-inline-fields"
	switchIcon         = "flexible-icon"
	switchNameKey      = "flexible-name-key"
	switchAssetReply   = "flexible-asset-reply"
	switchBlankTraits  = "flexible-blank-traits"
	switchTraitNumbers = "flexible-trait-numbers"
	switchUpdate       = "flexible-update"
	switchTypeInUse    = "flexible-type-in-use"
	switchRepeatDelete = "repeat-delete"
)

// cloudradialSwitches are the unknowns of the CloudRadial contract.
var cloudradialSwitches = []Switch{
	{switchUnauthorized, "cloudradial.md §2", []string{"empty", "json", "html"}, SeenByWrongKey,
		"Body of a 401."},
	{switchKeySees, "cloudradial.md §2", []string{"all", "one-company", "no-company"}, SeenByReading,
		"What the key can see: all companies, the first company only, or none, so that the list of companies is refused with 403."},
	{switchNotFound, "cloudradial.md §5.4", []string{"json", "empty"}, SeenByReading,
		"Body of a 404 for something that does not exist."},
	{switchPageRows, "cloudradial.md §6", []string{"200", "100", "50", "5"}, SeenByReading,
		"Rows that a page of a list has at most, whatever $top says."},
	{switchTopOver200, "cloudradial.md §6", []string{"refused", "cut"}, SeenByReading,
		"Whether a $top over 200 is refused with 400, or gives a page of the usual size."},
	{switchSkip, "cloudradial.md §6", []string{"works", "ignored", "refused"}, SeenByReading,
		"Whether $skip works, is ignored, so that every page is the first one, or is refused with 400."},
	{switchCountOption, "cloudradial.md §6", []string{"total", "refused", "ignored"}, SeenByReading,
		"Whether $count=true adds the number of all rows to a list, is refused with 400, or changes nothing."},
	{switchCountContent, "cloudradial.md §5.1", []string{"text", "json"}, SeenByReading,
		"Content type of the number that /$count answers."},
	{switchEnumerations, "cloudradial.md §6", []string{"names", "numbers"}, SeenByReading,
		"Whether lists have the source of a domain and the kind of a field as names or as numbers."},
	{switchTokenValue, "cloudradial.md §7.2", []string{"any", "255"}, SeenByWriting,
		"Longest value of a token in characters; a longer one is refused with 400."},
	{switchPredefined, "cloudradial.md §7.2", []string{"hidden", "listed"}, SeenByReading,
		"Whether the API shows the predefined tokens of each company. It never lets them be made."},
	{switchSelect, "cloudradial.md §7.8", []string{"works", "400", "500"}, SeenByReading,
		"Whether the list of flexible assets takes $select, or answers 400, or 500 as the list of assessments does."},
	{switchTypeReply, "cloudradial.md §7.8", []string{"wrapped", "bare", "no-id", "empty"}, SeenByWriting,
		"Answer to the creation of a flexible asset type: the type in an envelope, bare, an envelope without it, or nothing."},
	{switchInlineFields, "cloudradial.md §7.8", []string{"works", "refused", "ignored"}, SeenByWriting,
		"Fields that come with a new flexible asset type: they are made, refused with 400 because they lack flexibleAssetTypeId, or ignored."},
	{switchIcon, "cloudradial.md §7.8", []string{"optional", "required"}, SeenByWriting,
		"Whether a new flexible asset type without an icon is refused with 400."},
	{switchNameKey, "cloudradial.md §7.8", []string{"dashes", "camel"}, SeenByWriting,
		"How the key of a field is made of its name: part-number, or partNumber."},
	{switchAssetReply, "cloudradial.md §7.8", []string{"wrapped", "bare", "no-id", "empty"}, SeenByWriting,
		"Answer to the creation of a flexible asset: the asset in an envelope, bare, an envelope without it, or nothing."},
	{switchBlankTraits, "cloudradial.md §7.8", []string{"kept", "dropped"}, SeenByWriting,
		"Whether a trait with an empty value is kept, or dropped, so that it cannot be replaced later."},
	{switchTraitNumbers, "cloudradial.md §7.8", []string{"text", "number"}, SeenByReading,
		"Whether traitsJson has the values of Number fields as text or as numbers."},
	{switchUpdate, "cloudradial.md §7.8", []string{"trait", "traits-json", "compatibility"}, SeenByWriting,
		"The one way in which an asset can be changed: replace /traits/<key> of a trait that it has, replace /traitsJson, or " +
			"PATCH /compatibility/flexible_assets/{id}. The other two are refused with 400. The last two replace all traits."},
	{switchTypeInUse, "cloudradial.md §7.8", []string{"refused", "removed"}, SeenByWriting,
		"Whether the deletion of a flexible asset type that has assets is refused with 400 or removes them."},
	{switchRepeatDelete, "cloudradial.md §5.2", []string{"404", "204"}, SeenByWriting,
		"Answer to the second deletion of a token, a flexible asset or a flexible asset type."},
}

// cloudradialState is the state of CloudRadial. Server.mu guards it.
type cloudradialState struct {
	publicKey, privateKey string
	started               time.Time
	companies             map[int]Company // without their domains
	domains               []*companyDomain
	lastCompany           int
	flexible              flexibleState
	tokens                tokenState
}

// companyDomain stays in the list after its deletion, with isDeleted.
type companyDomain struct {
	id, companyID      int
	name               string
	isDefault, deleted bool
	modified           time.Time
}

func newCloudRadialState(seed Seed, creds Credentials) *cloudradialState {
	state := &cloudradialState{
		publicKey:  creds.CloudRadialPublicKey,
		privateKey: creds.CloudRadialPrivateKey,
		started:    nowInSeconds(),
		companies:  map[int]Company{},
		flexible:   newFlexibleState(),
		tokens:     newTokenState(),
	}
	for _, company := range seed.Companies {
		state.putCompany(company)
	}
	return state
}

// nowInSeconds returns the time in UTC without fractions, as CloudRadial writes it.
func nowInSeconds() time.Time { return time.Now().UTC().Truncate(time.Second) }

// putCompany adds or replaces a company. Domains that are no longer given are deleted.
func (c *cloudradialState) putCompany(given Company) {
	if given.ID == 0 {
		given.ID = c.lastCompany + 1
	}
	c.lastCompany = max(c.lastCompany, given.ID)
	c.companies[given.ID] = given

	wanted := slices.Clone(given.Domains)
	for _, domain := range c.domains {
		if domain.companyID != given.ID || domain.deleted {
			continue
		}
		if i := slices.Index(wanted, domain.name); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
			domain.isDefault = domain.name == given.Domains[0]
			continue
		}
		domain.deleted, domain.modified = true, nowInSeconds()
	}
	for _, name := range wanted {
		c.domains = append(c.domains, &companyDomain{
			id: len(c.domains) + 1, companyID: given.ID, name: name, isDefault: name == given.Domains[0], modified: c.started,
		})
	}
}

func (c *cloudradialState) hasCompany(id int) bool {
	_, known := c.companies[id]
	return known
}

// PutCompany adds or replaces a CloudRadial company. A company without an id gets the next free one. Domains that the company
// had and that are no longer given stay listed with isDeleted, as in the API.
func (s *Server) PutCompany(company Company) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.putCompany(company)
}

// RemoveCompany removes a CloudRadial company with its tokens and flexible assets. Its domains stay listed with isDeleted. It panics
// when there is no such company.
func (s *Server) RemoveCompany(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cloudradial
	must(c.hasCompany(id), "there is no company %d", id)
	delete(c.companies, id)
	c.tokens.removeCompany(id)
	c.flexible.removeAssets(func(asset *Asset) bool { return asset.CompanyID == id })
	for _, domain := range c.domains {
		if domain.companyID == id && !domain.deleted {
			domain.deleted, domain.modified = true, nowInSeconds()
		}
	}
}

// companyRow is a company in its list: cloudradial.md §7.1.
type companyRow struct {
	CompanyID     int     `json:"companyId"`
	Name          string  `json:"name"`
	AgentFileName *string `json:"agentFileName"`
	DataAgentURL  *string `json:"dataAgentUrl"`
	PSAIdentifier *string `json:"psaIdentifier"`
	PSAKey        int     `json:"psaKey"`
	EndpointCount int     `json:"endpointCount"`
}

func (s *Server) companyRows() []listedRow {
	var rows []listedRow
	for _, id := range slices.Sorted(maps.Keys(s.cloudradial.companies)) {
		held := s.cloudradial.companies[id]
		row := companyRow{CompanyID: id, Name: held.Name, PSAKey: held.PSAKey}
		if held.PSAIdentifier != "" {
			row.PSAIdentifier = &held.PSAIdentifier
		}
		rows = append(rows, listedRow{company: id, show: func() any { return row }})
	}
	return rows
}

// domainRow is a domain in its list: cloudradial.md §7.4.
type domainRow struct {
	CompanyDomainID int       `json:"companyDomainId"`
	CompanyID       int       `json:"companyId"`
	Name            string    `json:"name"`
	Description     *string   `json:"description"`
	Registrar       *string   `json:"registrar"`
	HostingCompany  *string   `json:"hostingCompany"`
	ContactName     *string   `json:"contactName"`
	ContactEmail    *string   `json:"contactEmail"`
	ContactPhone    *string   `json:"contactPhone"`
	DateExpires     time.Time `json:"dateExpires"` // unknown: the year 1
	IsVerified      bool      `json:"isVerified"`
	IsOffice365     bool      `json:"isOffice365"`
	IsDefault       bool      `json:"isDefault"`
	Source          any       `json:"source"`
	DateCreated     time.Time `json:"dateCreated"`
	DateModified    time.Time `json:"dateModified"`
	IsDeleted       bool      `json:"isDeleted"`
}

// enumerationNumbers are the numbers of the names that lists have: cloudradial.md §6. Which number has which name is not published.
var enumerationNumbers = map[string]int{"Office365": 10, "Text": 1, "Textbox": 2, "Date": 3, "Number": 4, "Checkbox": 5, "Select": 6, "Tag": 7,
	"Upload": 8, "Percent": 9, "Header": 10}

// enumeration returns the value of an enumeration as lists have it.
func (s *Server) enumeration(name string) any {
	if s.switchValue(switchEnumerations) == "numbers" {
		return enumerationNumbers[name]
	}
	return name
}

// domainRows lists the domains with the flags that CloudRadial's Microsoft 365 sync sets.
func (s *Server) domainRows() []listedRow {
	var rows []listedRow
	for _, held := range s.cloudradial.domains {
		rows = append(rows, listedRow{company: held.companyID, show: func() any {
			return domainRow{
				CompanyDomainID: held.id, CompanyID: held.companyID, Name: held.name, IsVerified: true, IsOffice365: true, IsDefault: held.isDefault,
				Source: s.enumeration("Office365"), DateCreated: s.cloudradial.started, DateModified: held.modified, IsDeleted: held.deleted,
			}
		}})
	}
	return rows
}

// cloudradialRoutes are the routes of cloudradial.md. Those without a handler answer 501.
func (s *Server) cloudradialRoutes() []route {
	routes := []route{
		{"POST /v2/token", "cloudradial.md §7.2", s.postToken},
		{"GET /v2/token/{name}", "cloudradial.md §7.2", s.getToken},
		{"DELETE /v2/token/{name}", "cloudradial.md §7.2", s.deleteToken},
		{"POST /v2/flexible-asset-type", "cloudradial.md §7.8", s.createAssetType},
		{"DELETE /v2/flexible-asset-type/{id}", "cloudradial.md §7.8", s.deleteAssetType},
		{"POST /v2/flexible-asset-field", "cloudradial.md §7.8", s.createAssetField},
		{"POST /v2/flexible-asset", "cloudradial.md §7.8", s.createAsset},
		{"PATCH /v2/flexible-asset/{id}", "cloudradial.md §7.8", s.patchAsset},
		{"DELETE /v2/flexible-asset/{id}", "cloudradial.md §7.8", s.removeAsset},
		{"PATCH /compatibility/flexible_assets/{id}", "cloudradial.md §7.8", s.patchCompatible},

		{"GET /v2/odata/$metadata", "cloudradial.md §1", nil},
		{"POST /v2/company", "cloudradial.md §7.1", nil},
		{"GET /v2/company/{id}", "cloudradial.md §7.1", nil},
		{"PUT /v2/company/{id}", "cloudradial.md §7.1", nil},
		{"PATCH /v2/company/{id}", "cloudradial.md §7.1", nil},
		{"DELETE /v2/company/{id}", "cloudradial.md §7.1", nil},
		{"GET /v2/token", "cloudradial.md §7.2", nil},
		{"PUT /v2/token/{name}", "cloudradial.md §7.2", nil},
		{"PATCH /v2/token/{name}", "cloudradial.md §7.2", nil},
		{"POST /v2/domain", "cloudradial.md §7.4", nil},
		{"GET /v2/domain/{id}", "cloudradial.md §7.4", nil},
		{"PUT /v2/domain/{id}", "cloudradial.md §7.4", nil},
		{"PATCH /v2/domain/{id}", "cloudradial.md §7.4", nil},
		{"DELETE /v2/domain/{id}", "cloudradial.md §7.4", nil},
		{"GET /v2/flexible-asset-type/{id}", "cloudradial.md §7.8", nil},
		{"PATCH /v2/flexible-asset-type/{id}", "cloudradial.md §7.8", nil},
		{"GET /v2/flexible-asset-field/{id}", "cloudradial.md §7.8", nil},
		{"GET /v2/flexible-asset/{id}", "cloudradial.md §7.8", nil},
		{"/compatibility/", "cloudradial.md §7.8", nil},
		{"/api/beta/", "cloudradial.md §7.10", nil},
	}
	for name, list := range odataLists {
		routes = append(routes,
			route{"GET /v2/odata/" + name, list.section, func(w http.ResponseWriter, r *http.Request) { s.serveList(w, r, list) }},
			route{"GET /v2/odata/" + name + "/$count", list.section, func(w http.ResponseWriter, r *http.Request) { s.countList(w, r, list) }})
	}
	for section, names := range unsimulatedEntities {
		for _, name := range names {
			routes = append(routes,
				route{"GET /v2/odata/" + name, section, nil}, route{"GET /v2/odata/" + name + "/$count", section, nil},
				route{"/v2/" + name, section, nil}, route{"/v2/" + name + "/", section, nil})
		}
	}
	return routes
}

// unsimulatedEntities are the entities that answer 501, by section.
var unsimulatedEntities = map[string][]string{
	"cloudradial.md §7.3": {"companygroup", "companygroupcompany"},
	"cloudradial.md §7.5": {"user", "applicationuser"},
	"cloudradial.md §7.6": {"product"},
	"cloudradial.md §7.7": {"service", "serviceinstall"},
	"cloudradial.md §7.9": {"archiveitem", "article", "assessment", "catalog", "catalogquestion", "certificate", "course", "courseenrollment",
		"courselesson", "courselessonhistory", "endpoint", "endpointapplication", "feedback", "media", "menu", "quickstart"},
}

// newCloudRadialHandler checks the key before it looks at the path: cloudradial.md §2. A path that does not exist and a method
// that a path does not have are answered without a body: cloudradial.md §5.4.
func (s *Server) newCloudRadialHandler() http.Handler {
	mux := newMux(s.cloudradialRoutes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != s.cloudradial.publicKey || password != s.cloudradial.privateKey {
			s.refuseKey(w)
			return
		}
		if _, pattern := mux.Handler(r); pattern == "" {
			w = withoutBody{w}
		}
		mux.ServeHTTP(w, r)
	})
}

type withoutBody struct{ http.ResponseWriter }

func (withoutBody) Write(text []byte) (int, error) { return len(text), nil }

// refuseKey answers a wrong key: cloudradial.md §2.
func (s *Server) refuseKey(w http.ResponseWriter) {
	switch s.switchValue(switchUnauthorized) {
	case "json":
		writeEnvelope(w, http.StatusUnauthorized, nil, "The API key is not valid.")
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "<html><body><h1>401 Unauthorized</h1></body></html>")
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// apiMessage is an error in the words of the API.
type apiMessage string

func (m apiMessage) Error() string { return string(m) }

const jsonUTF8 = "application/json; charset=utf-8"

// readRequest reads a JSON body: cloudradial.md §3. It refuses a query, another media type and unknown
// fields.
func readRequest(w http.ResponseWriter, r *http.Request, request any) bool {
	if r.URL.RawQuery != "" {
		writeProblem(w, "$", "This route has no query options.")
		return false
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return false
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(request)
	if _, end := decoder.Token(); err == nil && end != io.EOF {
		err = errors.New("the body goes on after the JSON value")
	}
	if err != nil {
		writeProblem(w, "$", err.Error())
		return false
	}
	return true
}

// writeEnvelope writes the usual envelope: cloudradial.md §5.1. The message of a 4xx says what is wrong.
func writeEnvelope(w http.ResponseWriter, status int, data any, message string) {
	reply := struct {
		Data    any     `json:"data,omitempty"`
		Success bool    `json:"success"`
		Message *string `json:"message"`
	}{Data: data, Success: status < 400}
	if message != "" {
		reply.Message = &message
	}
	writeBody(w, status, jsonUTF8, reply)
}

// writeProblem writes a validation error: cloudradial.md §5.4.
func writeProblem(w http.ResponseWriter, field, message string) {
	writeBody(w, http.StatusBadRequest, "application/problem+json; charset=utf-8", map[string]any{
		"title":  "One or more validation errors occurred.",
		"status": http.StatusBadRequest,
		"errors": map[string][]string{field: {message}},
	})
}

// refuseMissing answers a request for something that does not exist: cloudradial.md §5.4.
func (s *Server) refuseMissing(w http.ResponseWriter, message string) {
	if s.switchValue(switchNotFound) == "empty" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeEnvelope(w, http.StatusNotFound, nil, message)
}

// sees reports whether the key belongs to a company or to all: cloudradial.md §2. The caller holds mu.
func (s *Server) sees(companyID int) bool {
	return s.switchValue(switchKeySees) != "one-company" || companyID == slices.Min(slices.Collect(maps.Keys(s.cloudradial.companies)))
}

// refuseCompany refuses a write for a company that does not belong to the key: cloudradial.md §2. The caller holds mu.
func (s *Server) refuseCompany(w http.ResponseWriter, companyID int) bool {
	if !s.cloudradial.hasCompany(companyID) || s.sees(companyID) {
		return false
	}
	writeEnvelope(w, http.StatusForbidden, nil, "The company does not belong to this key.")
	return true
}

// refuseDelete answers the deletion of something that does not exist, or that is deleted already: cloudradial.md §5.2.
func (s *Server) refuseDelete(w http.ResponseWriter, deleted bool, message string) {
	if deleted && s.switchValue(switchRepeatDelete) == "204" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.refuseMissing(w, message)
}

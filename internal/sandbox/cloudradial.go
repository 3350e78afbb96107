package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names of the switches below.
const (
	switchTopOver200   = "top-over-200"
	switchCountOption  = "count-option"
	switchCountType    = "count-content-type"
	switchCompanyReply = "company-reply"
	switchUnauthorized = "unauthorized-body"
)

// cloudradialSwitches are the unknowns of the CloudRadial contract.
var cloudradialSwitches = []Switch{
	{switchTopOver200, "clamp", []string{"clamp", "refused"}, "Whether $top over 200 is cut to 200 rows or refused with 400."},
	{switchCountOption, "refused", []string{"refused", "ignored", "total"}, "Whether $count=true is refused with 400, ignored, or answered with @odata.count."},
	{switchCountType, "text", []string{"text", "json"}, "Content type of /$count."},
	{switchCompanyReply, "wrapped", []string{"wrapped", "bare", "no-id", "empty"}, "What creating a company answers: the company in an envelope, bare, an envelope without it, or nothing."},
	{switchUnauthorized, "empty", []string{"empty", "json", "html"}, "Body of a 401."},
}

// cloudradialState is what CloudRadial holds. Domains are kept when they are deleted, the others are not.
type cloudradialState struct {
	publicKey, privateKey string
	started               time.Time
	companies             map[int]*company
	domains               []*companyDomain
	lastCompany           int
	flexible              flexibleState
	tokens                tokenState
}

// company has the settable fields of the API, by the names of its JSON.
type company struct {
	ID             int     `json:"companyId"`
	Name           string  `json:"name"`
	PartnerID      *int    `json:"partnerId"`
	PSAKey         int64   `json:"psaKey"`
	PSAIdentifier  *string `json:"psaIdentifier"`
	Territory      *string `json:"territory"`
	AccountManager *string `json:"accountManager"`
}

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
		started:    time.Now().UTC().Truncate(time.Second),
		companies:  map[int]*company{},
		flexible:   newFlexibleState(),
		tokens:     newTokenState(),
	}
	for _, given := range seed.Companies {
		state.put(given)
	}
	return state
}

// put adds or replaces a company; domains that are not given any more are deleted.
func (c *cloudradialState) put(given Company) {
	if given.ID == 0 {
		given.ID = c.lastCompany + 1
	}
	c.lastCompany = max(c.lastCompany, given.ID)
	held := &company{ID: given.ID, Name: given.Name, PSAKey: int64(given.PSAKey)}
	if given.PSAIdentifier != "" {
		held.PSAIdentifier = &given.PSAIdentifier
	}
	c.companies[given.ID] = held

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
		domain.deleted, domain.modified = true, time.Now().UTC()
	}
	for _, name := range wanted {
		c.domains = append(c.domains, &companyDomain{
			id: len(c.domains) + 1, companyID: given.ID, name: name, isDefault: name == given.Domains[0], modified: c.started,
		})
	}
}

// remove deletes a company with its tokens and flexible assets, and leaves its domains behind as deleted.
func (c *cloudradialState) remove(id int) {
	delete(c.companies, id)
	c.tokens.removeCompany(id)
	c.flexible.removeAssets(func(asset *Asset) bool { return asset.CompanyID == id })
	for _, domain := range c.domains {
		if domain.companyID == id && !domain.deleted {
			domain.deleted, domain.modified = true, time.Now().UTC()
		}
	}
}

// PutCompany adds or replaces a CloudRadial company; one without an id gets the next free one. Domains that it had and that are not
// given any more stay listed with isDeleted, as the API does.
func (s *Server) PutCompany(company Company) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.put(company)
}

// RemoveCompany removes a CloudRadial company with its tokens and flexible assets; its domains stay listed with isDeleted.
func (s *Server) RemoveCompany(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.remove(id)
}

var companyType = &entityType{"Company", []property{
	{"companyId", edmInt},
	{"name", edmString},
	{"agentFileName", edmString},
	{"dataAgentUrl", edmString},
	{"psaIdentifier", edmString},
	{"psaKey", edmInt},
	{"endpointCount", edmInt},
}}

func (c *cloudradialState) companyRows() []row {
	var rows []row
	for _, id := range slices.Sorted(maps.Keys(c.companies)) {
		held := c.companies[id]
		rows = append(rows, row{int64(held.ID), held.Name, nil, nil, textOrNull(held.PSAIdentifier), held.PSAKey, int64(0)})
	}
	return rows
}

var domainType = &entityType{"CompanyDomain", []property{
	{"companyDomainId", edmInt},
	{"companyId", edmInt},
	{"name", edmString},
	{"description", edmString},
	{"registrar", edmString},
	{"hostingCompany", edmString},
	{"contactName", edmString},
	{"contactEmail", edmString},
	{"contactPhone", edmString},
	{"dateExpires", edmDate},
	{"isVerified", edmBoolean},
	{"isOffice365", edmBoolean},
	{"isDefault", edmBoolean},
	{"source", edmString},
	{"dateCreated", edmDate},
	{"dateModified", edmDate},
	{"isDeleted", edmBoolean},
}}

// domainRows shows the domains as the Microsoft 365 sync leaves them: the expiry is not known, which the API writes as year 1.
func (c *cloudradialState) domainRows() []row {
	var rows []row
	for _, d := range c.domains {
		rows = append(rows, row{
			int64(d.id), int64(d.companyID), d.name, nil, nil, nil, nil, nil, nil,
			time.Time{}, true, true, d.isDefault, "Office365", c.started, d.modified, d.deleted,
		})
	}
	return rows
}

func textOrNull(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

// serveCloudRadial answers the part of the CloudRadial API that is served: companies, tokens and flexible assets, and the
// lists of them and of domains.
func (s *Server) serveCloudRadial(w http.ResponseWriter, r *http.Request) {
	if user, password, ok := r.BasicAuth(); !ok || !s.cloudradial.allows(user, password) {
		s.refuseKey(w)
		return
	}
	const odata = "/v2/odata/"
	switch path := r.URL.Path; {
	case len(path) > len(odata) && strings.EqualFold(path[:len(odata)], odata):
		s.serveOData(w, r, path[len(odata):])
	case path == "/v2/company":
		s.createCompany(w, r)
	case strings.HasPrefix(path, "/v2/company/"):
		s.serveCompany(w, r, strings.TrimPrefix(path, "/v2/company/"))
	case path == "/v2/token", strings.HasPrefix(path, "/v2/token/"):
		s.serveTokens(w, r)
	case strings.HasPrefix(path, "/v2/flexible-asset"):
		s.serveFlexible(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *cloudradialState) allows(user, password string) bool {
	return user == c.publicKey && password == c.privateKey
}

func (s *Server) refuseKey(w http.ResponseWriter) {
	switch s.switchValue(switchUnauthorized) {
	case "json":
		writeReply(w, http.StatusUnauthorized, nil, "The API key is not valid.")
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "<html><body><h1>401 Unauthorized</h1></body></html>")
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// companyRequest holds the fields that a caller may set. A body with another field is refused.
type companyRequest struct {
	Name           *string `json:"name"`
	PartnerID      *int    `json:"partnerId"`
	PSAKey         int64   `json:"psaKey"`
	PSAIdentifier  *string `json:"psaIdentifier"`
	Territory      *string `json:"territory"`
	AccountManager *string `json:"accountManager"`
}

func (request companyRequest) company(id int) *company {
	return &company{id, *request.Name, request.PartnerID, request.PSAKey, request.PSAIdentifier, request.Territory, request.AccountManager}
}

func readCompany(w http.ResponseWriter, r *http.Request) (request companyRequest, ok bool) {
	if !isJSON(w, r, "application/json") {
		return request, false
	}
	if err := decodeStrictly(r.Body, &request); err != nil {
		writeProblem(w, "$", err.Error())
		return request, false
	}
	if request.Name == nil || *request.Name == "" {
		writeProblem(w, "Name", "The Name field is required.")
		return request, false
	}
	return request, true
}

func (s *Server) createCompany(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		refuseMethod(w, http.MethodPost)
		return
	}
	request, ok := readCompany(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	s.cloudradial.lastCompany++
	created := request.company(s.cloudradial.lastCompany)
	s.cloudradial.companies[created.ID] = created
	s.mu.Unlock()
	switch s.switchValue(switchCompanyReply) {
	case "bare":
		writeBody(w, http.StatusOK, jsonUTF8, created)
	case "no-id":
		writeReply(w, http.StatusOK, nil, "Company created")
	case "empty":
		w.WriteHeader(http.StatusOK)
	default:
		writeReply(w, http.StatusOK, created, "Company created")
	}
}

func (s *Server) serveCompany(w http.ResponseWriter, r *http.Request, idText string) {
	id, err := strconv.Atoi(idText)
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var change func(*company) (*company, error)
	switch r.Method {
	case http.MethodGet:
		change = func(held *company) (*company, error) { return held, nil }
	case http.MethodPut:
		request, ok := readCompany(w, r)
		if !ok {
			return
		}
		change = func(*company) (*company, error) { return request.company(id), nil }
	case http.MethodPatch:
		operations, ok := readPatch(w, r)
		if !ok {
			return
		}
		change = func(held *company) (*company, error) { return patched(held, operations) }
	case http.MethodDelete:
		change = func(*company) (*company, error) { return nil, nil }
	default:
		refuseMethod(w, "GET, PUT, PATCH, DELETE")
		return
	}
	status, changed, message := s.changeCompany(id, change)
	writeReply(w, status, changed, message)
}

// changeCompany stores what change makes of a company, nil for removal, and says what to answer.
func (s *Server) changeCompany(id int, change func(*company) (*company, error)) (status int, changed *company, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, exists := s.cloudradial.companies[id]
	if !exists {
		return http.StatusNotFound, nil, "Company not found"
	}
	changed, err := change(held)
	if err != nil {
		return http.StatusBadRequest, nil, err.Error()
	}
	if changed == nil {
		s.cloudradial.remove(id)
		return http.StatusOK, nil, ""
	}
	s.cloudradial.companies[id] = changed
	return http.StatusOK, changed, ""
}

// patchOperation is one member of an RFC 6902 array; only replacements of a field are known to work.
type patchOperation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
	From  *string         `json:"from"`
}

func readPatch(w http.ResponseWriter, r *http.Request) (operations []patchOperation, ok bool) {
	if !isJSON(w, r, "application/json", "application/json-patch+json") {
		return nil, false
	}
	if err := decodeStrictly(r.Body, &operations); err != nil {
		writeReply(w, http.StatusBadRequest, nil, "The JSON patch document was malformed and could not be parsed.")
		return nil, false
	}
	return operations, true
}

// apiMessage is an error in the words of the API, which are sentences.
type apiMessage string

func (m apiMessage) Error() string { return string(m) }

// impossible is what the API says to an operation of a patch that it refuses.
func impossible(operation patchOperation) error {
	return apiMessage(fmt.Sprintf("The operation '%s' on the target location '%s' is not possible.", operation.Op, operation.Path))
}

// replaceFields carries out replacements of the fields, which are pointers by path. A refused one leaves them half changed.
func replaceFields(operations []patchOperation, fields map[string]any) error {
	for _, operation := range operations {
		field, known := fields[operation.Path]
		if operation.Op != "replace" || !known || operation.Value == nil {
			return impossible(operation)
		}
		if err := json.Unmarshal(operation.Value, field); err != nil {
			return apiMessage(fmt.Sprintf("The value at '%s' is invalid.", operation.Path))
		}
	}
	return nil
}

// patched applies the operations to a copy, so that a refused one changes nothing.
func patched(held *company, operations []patchOperation) (*company, error) {
	changed := *held
	fields := map[string]any{
		"/name":           &changed.Name,
		"/partnerId":      &changed.PartnerID,
		"/psaKey":         &changed.PSAKey,
		"/psaIdentifier":  &changed.PSAIdentifier,
		"/territory":      &changed.Territory,
		"/accountManager": &changed.AccountManager,
	}
	if err := replaceFields(operations, fields); err != nil {
		return nil, err
	}
	if changed.Name == "" {
		return nil, apiMessage("The Name field is required.")
	}
	return &changed, nil
}

const jsonUTF8 = "application/json; charset=utf-8"

// isJSON refuses a body of another media type with 415.
func isJSON(w http.ResponseWriter, r *http.Request, accepted ...string) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(accepted, mediaType) {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return false
	}
	return true
}

// decodeStrictly reads one JSON value and refuses fields that the target does not have.
func decodeStrictly(body io.Reader, target any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("there is something behind the JSON value")
	}
	return nil
}

// writeReply is writeEnvelope for a company, which may be nil.
func writeReply(w http.ResponseWriter, status int, data *company, message string) {
	if data == nil {
		writeEnvelope(w, status, nil, message)
		return
	}
	writeEnvelope(w, status, data, message)
}

// writeEnvelope writes the usual envelope of CloudRadial; a message of a 4xx says what is wrong.
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

// writeProblem writes a validation error in the shape of ASP.NET.
func writeProblem(w http.ResponseWriter, field, message string) {
	writeBody(w, http.StatusBadRequest, "application/problem+json; charset=utf-8", map[string]any{
		"title":  "One or more validation errors occurred.",
		"status": http.StatusBadRequest,
		"errors": map[string][]string{field: {message}},
	})
}

func refuseMethod(w http.ResponseWriter, allowed string) {
	w.Header().Set("Allow", allowed)
	w.WriteHeader(http.StatusMethodNotAllowed)
}

// writeBody writes a value as JSON, without the line break that an encoder adds.
func writeBody(w http.ResponseWriter, status int, contentType string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // all values are our own
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the recorder does not fail
}

// baseURL is this server as the caller spells it.
func baseURL(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

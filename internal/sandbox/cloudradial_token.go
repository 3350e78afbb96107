package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Token is a variable of CloudRadial's portal. Company 0 is the partner level.
type Token struct {
	CompanyID int    `json:"company_id"`
	Name      string `json:"name"`
	Value     string `json:"value"`
	Type      int    `json:"type"` // 0..4, whose names nobody has documented
}

// tokenKey identifies a token. Names are case-sensitive.
type tokenKey struct {
	companyID int
	name      string
}

// tokenState holds the tokens that a caller made, and remembers which were deleted.
type tokenState struct {
	held    map[tokenKey]Token
	deleted map[tokenKey]bool
}

func newTokenState() tokenState {
	return tokenState{map[tokenKey]Token{}, map[tokenKey]bool{}}
}

func (t *tokenState) put(token Token) { t.held[tokenKey{token.CompanyID, token.Name}] = token }

func (t *tokenState) remove(key tokenKey) {
	delete(t.held, key)
	t.deleted[key] = true
}

func (t *tokenState) removeCompany(id int) {
	maps.DeleteFunc(t.held, func(key tokenKey, _ Token) bool { return key.companyID == id })
}

func (t *tokenState) sorted() []Token {
	return slices.SortedFunc(maps.Values(t.held), func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.Name, b.Name))
	})
}

// predefinedTokens are computed by the portal: they are in no list, and nobody can make one.
var predefinedTokens = []string{
	"TicketId", "TicketSubject", "CompanyName", "CompanyPsaId", "CompanyTenantId", "UserEmail", "UserName", "UserOfficeId", "UserPsaId", "UserIsAdmin",
}

// Tokens are the tokens of all companies and of the partner level, by company and name.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cloudradial.tokens.sorted()
}

// PutToken adds or replaces a token, as a person does in the portal.
func (s *Server) PutToken(token Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.tokens.put(token)
}

// RemoveToken deletes a token, as a person does in the portal.
func (s *Server) RemoveToken(companyID int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.tokens.remove(tokenKey{companyID, name})
}

var tokenType = &entityType{"Token", []property{
	{"companyId", edmInt},
	{"name", edmString},
	{"companyName", edmString},
	{"partnerId", edmInt},
	{"value", edmString},
	{"type", edmInt},
}}

func (c *cloudradialState) tokenRows() []row {
	var rows []row
	for _, token := range c.tokens.sorted() {
		var companyName any
		if held := c.companies[token.CompanyID]; held != nil {
			companyName = held.Name
		}
		rows = append(rows, row{int64(token.CompanyID), token.Name, companyName, int64(1), token.Value, int64(token.Type)})
	}
	return rows
}

// tokenRequest holds the fields that a caller may set. A body with another field is refused.
type tokenRequest struct {
	CompanyID *int       `json:"companyId"`
	Token     *string    `json:"token"`
	Value     *string    `json:"value"`
	Type      variableID `json:"type"`
}

// variableID is the type of a token, a number from 0 to 4. "String" is the one name that is known to be sent.
type variableID int

func (v *variableID) UnmarshalJSON(data []byte) error {
	if string(data) == `"String"` {
		*v = 1
		return nil
	}
	number, err := strconv.Atoi(string(data))
	if err != nil || number < 0 || number > 4 {
		return apiMessage(fmt.Sprintf("The value %s is not a VariableType.", data))
	}
	*v = variableID(number)
	return nil
}

// tokenResponse is a token as all but the lists have it.
type tokenResponse struct {
	CompanyID int    `json:"companyId"`
	Token     string `json:"token"`
	Value     string `json:"value"`
	Type      int    `json:"type"`
}

func (t Token) response() tokenResponse { return tokenResponse{t.CompanyID, t.Name, t.Value, t.Type} }

// serveTokens answers /v2/token and /v2/token/{name}. Without a companyId it acts on the partner level.
func (s *Server) serveTokens(w http.ResponseWriter, r *http.Request) {
	name, hasName := strings.CutPrefix(r.URL.Path, "/v2/token/")
	if hasName && (name == "" || strings.Contains(name, "/")) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	companyID, ok := readCompanyID(w, r)
	if !ok {
		return
	}
	switch {
	case hasName:
		s.serveToken(w, r, tokenKey{companyID, name})
	case r.Method == http.MethodGet:
		s.listTokens(w, companyID)
	case r.Method == http.MethodPost:
		s.postToken(w, r)
	default:
		refuseMethod(w, "GET, POST")
	}
}

func readCompanyID(w http.ResponseWriter, r *http.Request) (id int, ok bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	given := query["companyId"]
	switch {
	case err != nil || len(given) > 1 || len(query) > len(given):
		writeProblem(w, "$", "Only one companyId is supported.")
		return 0, false
	case len(given) == 0:
		return 0, true
	}
	id, err = strconv.Atoi(given[0])
	if err != nil {
		writeProblem(w, "companyId", fmt.Sprintf("The value '%s' is not valid.", given[0]))
		return 0, false
	}
	return id, true
}

func (s *Server) listTokens(w http.ResponseWriter, companyID int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if companyID != 0 && s.cloudradial.companies[companyID] == nil {
		writeEnvelope(w, http.StatusNotFound, nil, "Company not found")
		return
	}
	tokens := []tokenResponse{}
	for _, token := range s.cloudradial.tokens.sorted() {
		if token.CompanyID == companyID {
			tokens = append(tokens, token.response())
		}
	}
	writeEnvelope(w, http.StatusOK, tokens, "")
}

// readToken reads a TokenRequest.
func (s *Server) readToken(w http.ResponseWriter, r *http.Request) (token Token, ok bool) {
	var request tokenRequest
	if !readRequest(w, r, &request) {
		return token, false
	}
	switch {
	case request.CompanyID == nil:
		writeProblem(w, "CompanyId", "The CompanyId field is required.")
	case request.Token == nil || *request.Token == "" || utf8.RuneCountInString(*request.Token) > 255:
		writeProblem(w, "Token", "The field Token must be a string with a minimum length of 1 and a maximum length of 255.")
	case slices.Contains(predefinedTokens, *request.Token):
		writeProblem(w, "Token", "The token is predefined.")
	case request.Value == nil:
		writeProblem(w, "Value", "The Value field is required.")
	default:
		return Token{*request.CompanyID, *request.Token, *request.Value, int(request.Type)}, true
	}
	return token, false
}

func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	token, ok := s.readToken(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token.CompanyID != 0 && s.cloudradial.companies[token.CompanyID] == nil {
		writeProblem(w, "CompanyId", "The company does not exist.")
		return
	}
	s.cloudradial.tokens.put(token)
	writeEnvelope(w, http.StatusCreated, token.response(), "")
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, key tokenKey) {
	var change func(Token) (Token, error)
	switch r.Method {
	case http.MethodGet, http.MethodDelete:
	case http.MethodPut:
		given, ok := s.readToken(w, r)
		if !ok {
			return
		}
		change = func(Token) (Token, error) { return Token{key.companyID, key.name, given.Value, given.Type}, nil }
	case http.MethodPatch:
		operations, ok := readPatch(w, r)
		if !ok {
			return
		}
		change = func(held Token) (Token, error) {
			given := variableID(held.Type)
			err := replaceFields(operations, map[string]any{"/value": &held.Value, "/type": &given})
			held.Type = int(given)
			return held, err
		}
	default:
		refuseMethod(w, "GET, PUT, PATCH, DELETE")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tokens := &s.cloudradial.tokens
	held, exists := tokens.held[key]
	switch {
	case !exists && r.Method == http.MethodDelete:
		s.refuseDelete(w, tokens.deleted[key], "Token not found")
	case !exists:
		writeEnvelope(w, http.StatusNotFound, nil, "Token not found")
	case r.Method == http.MethodGet:
		writeEnvelope(w, http.StatusOK, held.response(), "")
	case r.Method == http.MethodDelete:
		tokens.remove(key)
		w.WriteHeader(http.StatusNoContent)
	default:
		changed, err := change(held)
		if err != nil {
			writeEnvelope(w, http.StatusBadRequest, nil, err.Error())
			return
		}
		tokens.put(changed)
		w.WriteHeader(http.StatusNoContent)
	}
}

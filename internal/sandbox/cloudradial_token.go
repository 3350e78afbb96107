// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Token is a variable of CloudRadial's portal. Company 0 is the partner level.
type Token struct {
	CompanyID int    `json:"company_id"`
	Name      string `json:"name"`
	Value     string `json:"value"`
	Type      int    `json:"type"` // 0 to 4; their names are not documented
}

// tokenKey identifies a token. Names are case-sensitive.
type tokenKey struct {
	companyID int
	name      string
}

// tokenState holds the tokens, and remembers which were deleted.
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

func (t *tokenState) listTokens() []Token {
	return slices.SortedFunc(maps.Values(t.held), compareTokens)
}

func compareTokens(a, b Token) int {
	return cmp.Or(cmp.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.Name, b.Name))
}

// predefinedTokens are computed by the portal and cannot be created: cloudradial.md §7.2.
var predefinedTokens = []string{
	"TicketId", "TicketSubject", "CompanyName", "CompanyPsaId", "CompanyTenantId",
	"UserEmail", "UserName", "UserOfficeId", "UserPsaId", "UserIsAdmin",
}

// Tokens returns the tokens of all companies and of the partner level, by company and name.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cloudradial.tokens.listTokens()
}

// PutToken adds or replaces a token, as a person does in the portal.
func (s *Server) PutToken(token Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloudradial.tokens.put(token)
}

// RemoveToken deletes a token, as a person does in the portal. It panics when there is no such token.
func (s *Server) RemoveToken(companyID int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := tokenKey{companyID, name}
	_, exists := s.cloudradial.tokens.held[key]
	must(exists, "company %d has no token %q", companyID, name)
	s.cloudradial.tokens.remove(key)
}

// tokenRow is a token in its list, where its name is called name: cloudradial.md §7.2.
type tokenRow struct {
	CompanyID   int     `json:"companyId"`
	Name        string  `json:"name"`
	CompanyName *string `json:"companyName"`
	PartnerID   int     `json:"partnerId"`
	Value       string  `json:"value"`
	Type        int     `json:"type"`
}

// shownTokens are the tokens that the API shows, in the order of their list: cloudradial.md §7.2.
func (s *Server) shownTokens() []Token {
	c := s.cloudradial
	shown := c.tokens.listTokens()
	if s.switchValue(switchPredefined) == "hidden" {
		return shown
	}
	for _, company := range c.companies {
		for _, name := range predefinedTokens {
			shown = append(shown, Token{CompanyID: company.ID, Name: name})
		}
	}
	slices.SortFunc(shown, compareTokens)
	return shown
}

func (s *Server) tokenRows() []listedRow {
	var rows []listedRow
	for _, token := range s.shownTokens() {
		row := tokenRow{CompanyID: token.CompanyID, Name: token.Name, PartnerID: 1, Value: token.Value, Type: token.Type}
		if company, known := s.cloudradial.companies[token.CompanyID]; known {
			row.CompanyName = &company.Name
		}
		rows = append(rows, listedRow{company: token.CompanyID, show: func() any { return row }})
	}
	return rows
}

// tokenResponse is a token outside its list: cloudradial.md §7.2.
type tokenResponse struct {
	CompanyID int    `json:"companyId"`
	Token     string `json:"token"`
	Value     string `json:"value"`
	Type      int    `json:"type"`
}

func (t Token) toResponse() tokenResponse { return tokenResponse{t.CompanyID, t.Name, t.Value, t.Type} }

// readTokenKey reads which token a route with {name} is about. Without companyId that is a token of the partner level:
// cloudradial.md §7.2.
func readTokenKey(w http.ResponseWriter, r *http.Request) (key tokenKey, ok bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	given := query["companyId"]
	if err != nil || len(given) > 1 || len(query) > len(given) {
		writeProblem(w, "$", "The only query option is companyId, at most once.")
		return key, false
	}
	key.name = r.PathValue("name")
	if len(given) == 1 {
		if key.companyID, err = strconv.Atoi(given[0]); err != nil {
			writeProblem(w, "companyId", fmt.Sprintf("The value '%s' is not valid.", given[0]))
			return key, false
		}
	}
	return key, true
}

// getToken answers GET /v2/token/{name}: cloudradial.md §7.2.
func (s *Server) getToken(w http.ResponseWriter, r *http.Request) {
	key, ok := readTokenKey(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := s.shownTokens()
	i := slices.IndexFunc(shown, func(token Token) bool { return token.CompanyID == key.companyID && token.Name == key.name })
	if i < 0 || !s.sees(key.companyID) {
		s.refuseMissing(w, "Token not found")
		return
	}
	writeEnvelope(w, http.StatusOK, shown[i].toResponse(), "")
}

// deleteToken answers DELETE /v2/token/{name}: cloudradial.md §7.2.
func (s *Server) deleteToken(w http.ResponseWriter, r *http.Request) {
	key, ok := readTokenKey(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tokens := &s.cloudradial.tokens
	if s.refuseCompany(w, key.companyID) {
		return
	}
	if _, exists := tokens.held[key]; !exists {
		s.refuseDelete(w, tokens.deleted[key], "Token not found")
		return
	}
	tokens.remove(key)
	w.WriteHeader(http.StatusNoContent)
}

// postToken answers POST /v2/token, which creates or replaces: cloudradial.md §7.2.
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	var request struct {
		CompanyID *int    `json:"companyId"`
		Token     string  `json:"token"`
		Value     *string `json:"value"`
		Type      int     `json:"type"`
	}
	if !readRequest(w, r, &request) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if request.CompanyID != nil && s.refuseCompany(w, *request.CompanyID) {
		return
	}
	switch {
	case request.CompanyID == nil:
		writeProblem(w, "CompanyId", "The CompanyId field is required.")
	case *request.CompanyID != 0 && !s.cloudradial.hasCompany(*request.CompanyID):
		writeProblem(w, "CompanyId", "The company does not exist.")
	case request.Token == "" || utf8.RuneCountInString(request.Token) > 255:
		writeProblem(w, "Token", "The field Token must be a string with a minimum length of 1 and a maximum length of 255.")
	case slices.Contains(predefinedTokens, request.Token):
		writeProblem(w, "Token", "The token is predefined.")
	case request.Value == nil:
		writeProblem(w, "Value", "The Value field is required.")
	case s.switchValue(switchTokenValue) == "255" && utf8.RuneCountInString(*request.Value) > 255:
		writeProblem(w, "Value", "The field Value must be a string with a maximum length of 255.")
	case request.Type < 0 || request.Type > 4:
		writeProblem(w, "Type", fmt.Sprintf("The value %d is not a VariableType.", request.Type))
	default:
		token := Token{*request.CompanyID, request.Token, *request.Value, request.Type}
		s.cloudradial.tokens.put(token)
		writeEnvelope(w, http.StatusCreated, token.toResponse(), "")
	}
}

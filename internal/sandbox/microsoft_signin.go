// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// tokenLifetime is the lifetime of an access token without a policy.
const tokenLifetime = 3599 * time.Second

// issuedToken is an access token for a tenant.
type issuedToken struct {
	tenantID string
	expires  time.Time
	// withoutConsent reports that the tenant did not have the application when the token was issued.
	withoutConsent bool
}

// newSignInHandler serves sign-in: microsoft.md §3.1. Its paths begin with a tenant, so it gets every path that no other handler has.
func (s *Server) newSignInHandler() http.Handler {
	return newMux([]route{
		{"GET /common/discovery/instance", "microsoft.md §6.3", s.discoverInstance},
		{"GET /{tenant}/v2.0/.well-known/openid-configuration", "microsoft.md §6.3", s.describeTenant},
		{"POST /{tenant}/oauth2/v2.0/token", "microsoft.md §3.1", s.issueToken},
	})
}

// discoverInstance answers what a sign-in library asks first: microsoft.md §6.3.
func (s *Server) discoverInstance(w http.ResponseWriter, r *http.Request) {
	writeBody(w, http.StatusOK, jsonUTF8, map[string]any{
		"tenant_discovery_endpoint": baseURL(r) + "/common/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []map[string]any{{
			"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host},
		}},
	})
}

// describeTenant answers where a tenant's token endpoint is: microsoft.md §6.3.
func (s *Server) describeTenant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	tenant := s.microsoft.findTenant(r.PathValue("tenant"))
	s.mu.Unlock()
	if tenant == nil {
		s.refuseSignIn(w, r, unknownTenant(r.PathValue("tenant")))
		return
	}
	writeTenant(w, r, tenant.ID)
}

// writeTenant describes the sign-in of a tenant: microsoft.md §6.3.
func writeTenant(w http.ResponseWriter, r *http.Request, tenantID string) {
	root := baseURL(r) + "/" + tenantID
	writeBody(w, http.StatusOK, jsonUTF8, map[string]any{
		"issuer":                                root + "/v2.0",
		"token_endpoint":                        root + "/oauth2/v2.0/token",
		"authorization_endpoint":                root + "/oauth2/v2.0/authorize",
		"jwks_uri":                              root + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"code", "id_token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
	})
}

// signInError is a refusal of the token endpoint, in the words of Microsoft's list of error codes: microsoft.md §3.4.
type signInError struct {
	status int
	name   string
	code   int
	text   string
}

func unknownTenant(name string) *signInError {
	return &signInError{http.StatusBadRequest, "invalid_tenant", 90002,
		fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", name)}
}

// issueToken answers POST /{tenant}/oauth2/v2.0/token: microsoft.md §3.1.
func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		s.refuseSignIn(w, r, &signInError{http.StatusBadRequest, "invalid_request", 900144, "The request body must be a form."})
		return
	}
	noConsent := s.switchValue(switchNoConsent)
	s.mu.Lock()
	tenant, refusal := s.microsoft.signIn(r, r.PathValue("tenant"), noConsent, s.clock())
	token := ""
	if refusal == nil {
		token = s.microsoft.issue(tenant)
	}
	s.mu.Unlock()
	if refusal != nil {
		s.refuseSignIn(w, r, refusal)
		return
	}
	s.rememberSecret(token)
	writeToken(w, token)
}

// writeToken answers a sign-in: microsoft.md §3.1.
func writeToken(w http.ResponseWriter, token string) {
	writeBody(w, http.StatusOK, jsonUTF8, map[string]any{
		"token_type":     "Bearer",
		"expires_in":     int(tokenLifetime.Seconds()),
		"ext_expires_in": int(tokenLifetime.Seconds()),
		"access_token":   token,
	})
}

func (m *microsoftState) issue(tenant *Tenant) string {
	token := rand.Text() + rand.Text()
	m.tokens[token] = issuedToken{tenant.ID, time.Now().Add(tokenLifetime), tenant.NoConsent}
	return token
}

// signIn checks a request for a token in Microsoft's order: grant type, tenant, scope, application, proof, consent: microsoft.md §3.4.
func (m *microsoftState) signIn(r *http.Request, tenantName, noConsent string, now time.Time) (*Tenant, *signInError) {
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		return nil, &signInError{http.StatusBadRequest, "unsupported_grant_type", 70003,
			fmt.Sprintf("The app requested an unsupported grant type '%s'.", grant)}
	}
	tenant := m.findTenant(tenantName)
	if tenant == nil {
		return nil, unknownTenant(tenantName)
	}
	if refusal := checkScope(r); refusal != nil {
		return nil, refusal
	}
	clientID := r.PostForm.Get("client_id")
	notFound := &signInError{http.StatusBadRequest, "unauthorized_client", 700016,
		fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
			clientID, tenant.Name)}
	if !strings.EqualFold(clientID, m.clientID) {
		return nil, notFound
	}
	if refusal := m.checkProof(r, now); refusal != nil {
		return nil, refusal
	}
	if !tenant.NoConsent || noConsent == "graph" {
		return tenant, nil
	}
	if noConsent == "700016" {
		return nil, notFound
	}
	return nil, withoutConsent(noConsent, clientID)
}

// withoutConsent returns the refusal of a tenant that does not let the application in, by its number: microsoft.md §3.4.
func withoutConsent(number, clientID string) *signInError {
	switch number {
	case "7000112":
		return &signInError{http.StatusUnauthorized, "unauthorized_client", 7000112, fmt.Sprintf("Application '%s' is disabled.", clientID)}
	case "650052":
		return &signInError{http.StatusBadRequest, "invalid_client", 650052,
			"The app is trying to access a service that your organization lacks a service principal for."}
	case "53003":
		return &signInError{http.StatusBadRequest, "access_denied", 53003, "Access has been blocked by Conditional Access policies."}
	case "50076":
		return &signInError{http.StatusBadRequest, "interaction_required", 50076,
			"Due to a configuration change made by your administrator, you must use multi-factor authentication to access the resource."}
	case "5000224":
		return &signInError{http.StatusBadRequest, "invalid_request", 5000224, "Sorry, this resource is not available."}
	}
	return &signInError{http.StatusBadRequest, "invalid_grant", 65001,
		fmt.Sprintf("The user or administrator has not consented to use the application with ID '%s'. "+
			"Send an interactive authorization request for this user and resource.", clientID)}
}

// checkScope requires the scope of this server's Graph, and accepts the scopes that Microsoft's library adds.
func checkScope(r *http.Request) *signInError {
	want := baseURL(r) + "/.default"
	scopes := strings.Fields(r.PostForm.Get("scope"))
	for _, scope := range scopes {
		if scope != want && !slices.Contains([]string{"openid", "profile", "offline_access"}, scope) {
			return &signInError{http.StatusBadRequest, "invalid_resource", 500011,
				fmt.Sprintf("The resource principal named %s was not found in the tenant.", scope)}
		}
	}
	if !slices.Contains(scopes, want) {
		return &signInError{http.StatusBadRequest, "invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid."}
	}
	return nil
}

// checkProof checks the secret, or that an assertion is a JWT that has not expired. It does not verify the signature and the issuer.
func (m *microsoftState) checkProof(r *http.Request, now time.Time) *signInError {
	secret, assertion := r.PostForm.Get("client_secret"), r.PostForm.Get("client_assertion")
	switch {
	case secret != "" && assertion == "":
		if secret != m.clientSecret {
			return &signInError{http.StatusUnauthorized, "invalid_client", 7000215,
				"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID."}
		}
		return nil
	case secret == "" && assertion != "":
		if r.PostForm.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			return &signInError{http.StatusBadRequest, "invalid_request", 900144,
				"The request body must contain the following parameter: 'client_assertion_type'."}
		}
		return checkAssertion(assertion, now)
	}
	return &signInError{http.StatusUnauthorized, "invalid_client", 7000218,
		"The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
}

func checkAssertion(assertion string, now time.Time) *signInError {
	malformed := &signInError{http.StatusBadRequest, "invalid_request", 50027, "JWT token is invalid or malformed."}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return malformed
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Issuer  string  `json:"iss"`
		Subject string  `json:"sub"`
		Expires float64 `json:"exp"`
	}
	if !decodeJWTPart(parts[0], &header) || !decodeJWTPart(parts[1], &claims) ||
		header.Algorithm == "" || claims.Issuer == "" || claims.Subject == "" {
		return malformed
	}
	if claims.Expires != 0 && time.Unix(int64(claims.Expires), 0).Before(now) {
		return &signInError{http.StatusUnauthorized, "invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return nil
}

func decodeJWTPart(part string, target any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, target) == nil
}

// refuseSignIn writes a refusal in the form that the switches choose: microsoft.md §3.4.
func (s *Server) refuseSignIn(w http.ResponseWriter, r *http.Request, refusal *signInError) {
	trace, now := uuid.NewString(), s.clock().Format("2006-01-02 15:04:05Z")
	correlation := r.Header.Get("client-request-id")
	if correlation == "" {
		correlation = uuid.NewString()
	}
	w.Header().Set("x-ms-request-id", trace)
	answer := map[string]any{
		"error": refusal.name,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			refusal.code, refusal.text, trace, correlation, now),
		"error_codes":    []int{refusal.code},
		"timestamp":      now,
		"trace_id":       trace,
		"correlation_id": correlation,
		"error_uri":      fmt.Sprintf("%s/error?code=%d", baseURL(r), refusal.code),
	}
	if refusal.code == 65001 {
		answer["suberror"] = "consent_required"
	}
	switch s.switchValue(switchSignInNumbers) {
	case "strings":
		answer["error_codes"] = []string{strconv.Itoa(refusal.code)}
	case "text":
		delete(answer, "error_codes")
	}
	status := refusal.status
	if same, err := strconv.Atoi(s.switchValue(switchSignInStatus)); err == nil && status < 429 {
		status = same
	}
	writeBody(w, status, jsonUTF8, answer)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A sign-in is recorded as method, address and status, with the tenant as a pseudonym, and of a refusal also the error and its
// numbers. A token, an assertion or a secret is never looked at for the file (microsoft.md §3.1, microsoft.md §3.4).

var (
	tokenEndpoint = regexp.MustCompile(`^/([^/]+)/oauth2/(?:v2\.0/)?token$`)
	discovery     = regexp.MustCompile(`/(?:\.well-known/openid-configuration|common/discovery/instance)$`)
)

// isGraph reports whether a request of the Microsoft client goes to Graph.
func isGraph(address *url.URL) bool { return apiRoot[Microsoft].MatchString(address.Path) }

// signInFields are what is kept of an answer, and the fields of a form.
var (
	signInFields = set(`token_type expires_in error error_codes suberror error_description timestamp token_endpoint issuer trace_id correlation_id`)
	formFields   = []string{"grant_type", "scope"}
)

// addSignIn adds a request that gets a token, or says where one is got.
func (r *recording) addSignIn(x *exchange, entry *harEntry) {
	address := r.request.URL
	tenant := tokenEndpoint.FindStringSubmatch(address.Path)
	if tenant == nil && !discovery.MatchString(address.Path) {
		// Where a build server gives tokens says who its owner is.
		entry.setURL(address.Scheme + "://" + x.pseudonyms.host(address) + "/")
		return
	}
	answer := r.addToken(x, entry)
	if tenant != nil {
		r.transport.recorder.learn(answer.get("access_token"), x.replace(tenant[1]))
	}
}

// addToken adds a request for a token, and returns the object that was answered, if any.
func (r *recording) addToken(x *exchange, entry *harEntry) object {
	entry.setURL(x.address(r.transport.system, r.request.URL))
	if len(r.requestBody) > 0 {
		entry.Request.PostData = r.form(x)
	}
	if r.response == nil {
		return nil
	}
	value, err := parseJSON(r.body.Bytes())
	answer, isObject := value.(object)
	if err != nil || !isObject {
		entry.Response.Content.Text = x.body(r.response.Header.Get("Content-Type"), "", r.body.Bytes())
		return nil
	}
	entry.Response.Content.Text = formatJSON(x.signInAnswer(answer))
	return answer
}

// form keeps what kind of token was asked for.
func (r *recording) form(x *exchange) *harPost {
	post := &harPost{MimeType: "application/x-www-form-urlencoded", Params: []harPair{}}
	sent, err := url.ParseQuery(string(r.requestBody))
	if err != nil {
		return post
	}
	for _, name := range formFields {
		if value := sent.Get(name); value != "" {
			words := strings.Fields(value)
			for i, word := range words {
				if strings.Contains(word, "://") {
					words[i] = x.replace(word)
				}
			}
			post.Params = append(post.Params, harPair{name, strings.Join(words, " ")})
		}
	}
	return post
}

func (x *exchange) signInAnswer(answer object) object {
	kept := object{}
	for _, m := range answer {
		switch text, isText := m.value.(string); {
		case !signInFields()[m.name]:
		case isText && m.name == "error":
			kept = append(kept, member{m.name, x.kept(text)})
		default:
			kept = append(kept, member{m.name, x.value(m.name, m.value)})
		}
	}
	return kept
}

// learn remembers which tenant a token is for.
func (rec *Recorder) learn(token, tenant string) {
	if token == "" {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.tenants[hashOf(token)] = tenant
}

// tenantOf returns the pseudonym of the tenant that the token of a request is for: as the sign-in said, or as the token itself says,
// when the Azure CLI got it.
func (rec *Recorder) tenantOf(request *http.Request) string {
	token, isBearer := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
	if !isBearer {
		return ""
	}
	rec.mu.Lock()
	tenant := rec.tenants[hashOf(token)]
	rec.mu.Unlock()
	if tenant != "" {
		return tenant
	}
	return rec.pseudonyms.Text(claimedTenant(token))
}

// claimedTenant reads the tenant in a JWT without verifying it.
func claimedTenant(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Tenant string `json:"tid"`
	}
	if json.Unmarshal(text, &claims) != nil || !guidForm.MatchString(claims.Tenant) {
		return ""
	}
	return claims.Tenant
}

var tokenField = regexp.MustCompile(`"(?:access_token|id_token|refresh_token|client_assertion)"\s*:\s*"([^"\\]+)"`)

// tokensOf returns the tokens in an answer.
func tokensOf(body []byte) []string {
	var tokens []string
	for _, found := range tokenField.FindAllSubmatch(body, -1) {
		tokens = append(tokens, string(found[1]))
	}
	return tokens
}

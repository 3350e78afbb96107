// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Transcript holds the exchanges of a HAR 1.2 file, such as the provider writes when CLOUDRADIAL_TRANSCRIPT is set.
type Transcript struct{ entries []recorded }

// recorded is an entry of a HAR. Names with an underscore are the provider's own.
type recorded struct {
	Request struct {
		Method   string `json:"method"`
		URL      string `json:"url"`
		PostData *struct {
			Text string `json:"text"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  int `json:"status"`
		Headers []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"headers"`
		Content struct {
			Text string `json:"text"`
		} `json:"content"`
		Error string `json:"_error"`
	} `json:"response"`
	Tenant string `json:"_tenant"` // whose token a request to Graph had

	address *url.URL
}

// ParseTranscript reads a HAR.
func ParseTranscript(r io.Reader) (*Transcript, error) {
	var file struct {
		Log *struct {
			Entries []recorded `json:"entries"`
		} `json:"log"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("sandbox: the transcript is no JSON: %w", err)
	}
	if file.Log == nil {
		return nil, errors.New("sandbox: this is no transcript: it has no \"log\", as HAR has")
	}
	transcript := &Transcript{entries: file.Log.Entries}
	for i := range transcript.entries {
		entry := &transcript.entries[i]
		address, err := url.Parse(entry.Request.URL)
		if err != nil {
			return nil, fmt.Errorf("sandbox: entry %d of the transcript has no address: %w", i+1, err)
		}
		entry.address = address
	}
	return transcript, nil
}

// replay answers from a transcript. A request that was made several times gets the answers in their order, and the last one again when
// there are no more.
type replay struct {
	server *Server

	mu      sync.Mutex
	answers map[string][]*recorded // by key
	sameURL map[string]int         // how many entries have a method and a path
	tenants map[string]bool        // that are known from entries of Graph and of sign-ins
	tokens  map[string]string      // tenants by the token that was issued for them
}

func newReplay(server *Server, transcript *Transcript) *replay {
	r := &replay{server: server, answers: map[string][]*recorded{}, sameURL: map[string]int{}, tenants: map[string]bool{}, tokens: map[string]string{}}
	for i := range transcript.entries {
		entry := &transcript.entries[i]
		body := ""
		if entry.Request.PostData != nil {
			body = entry.Request.PostData.Text
		}
		path, tenant := entry.address.Path, strings.ToLower(entry.Tenant)
		if signInPath.MatchString(path) {
			path = strings.ToLower(path) // a tenant may be written in capitals
		}
		key := replayKey(tenant, entry.Request.Method, path, entry.address.RawQuery, body)
		r.answers[key] = append(r.answers[key], entry)
		r.sameURL[entry.Request.Method+" "+path]++
		r.tenants[tenant] = true
		if found := tokenPath.FindStringSubmatch(path); found != nil && entry.Response.Status == http.StatusOK {
			r.tenants[found[1]] = true
		}
	}
	return r
}

var (
	tokenPath  = regexp.MustCompile(`^/([^/]+)/oauth2/v2\.0/token$`)
	signInPath = regexp.MustCompile(`^/[^/]+/(?:oauth2/v2\.0/token|v2\.0/\.well-known/openid-configuration)$`)
)

// upstreams returns those of the ordinary sandbox, with answers from the transcript.
func (r *replay) upstreams(ordinary []upstream) []upstream {
	var replayed []upstream
	for _, u := range ordinary {
		u.handler = http.HandlerFunc(r.answer)
		if u.prefix == "" {
			u.handler = newMux([]route{
				{"GET /common/discovery/instance", "microsoft.md §6.3", r.server.discoverInstance},
				{"GET /{tenant}/v2.0/.well-known/openid-configuration", "microsoft.md §6.3", r.describeTenant},
				{"POST /{tenant}/oauth2/v2.0/token", "microsoft.md §3.1", r.issueToken},
				{"/", "microsoft.md §3.1", r.answer},
			})
		}
		replayed = append(replayed, u)
	}
	return replayed
}

// replayKey is the same for requests that are the same. The order in a query or a body does not matter, because the provider sorts by what
// the transcript replaced. Dates in a body do not matter either, because a later run sends its own.
func replayKey(tenant, method, path, query, body string) string {
	if values, err := url.ParseQuery(query); err == nil {
		query = values.Encode()
	}
	return strings.Join([]string{tenant, method, path, query, canonical(body)}, "\n")
}

func canonical(body string) string {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return body
	}
	return encode(ordered(value))
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // what was decoded can be encoded
	}
	return string(text)
}

var dateOnly = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// ordered sorts lists and removes dates.
func ordered(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = ordered(member)
		}
	case []any:
		for i, element := range value {
			value[i] = ordered(element)
		}
		slices.SortFunc(value, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
	case string:
		if dateOnly.MatchString(value) {
			return "date"
		}
	}
	return value
}

// take returns the next answer to a request, or nil.
func (r *replay) take(key string) *recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := r.answers[key]
	if len(left) == 0 {
		return nil
	}
	if len(left) > 1 {
		r.answers[key] = left[1:]
	}
	return left[0]
}

// answer answers a request to an API.
func (r *replay) answer(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	entry := r.take(replayKey(r.tenantOf(request), request.Method, request.URL.Path, request.URL.RawQuery, string(body)))
	if entry == nil {
		r.refuseUnrecorded(w, request)
		return
	}
	entry.send(w, request)
}

// tenantOf returns the tenant that the token of a request was issued for.
func (r *replay) tenantOf(request *http.Request) string {
	token, _ := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[token]
}

// refuseUnrecorded answers a request that the transcript does not have with 501, which no upstream sends.
func (r *replay) refuseUnrecorded(w http.ResponseWriter, request *http.Request) {
	what := request.Method + " " + request.URL.RequestURI()
	if tenant := r.tenantOf(request); tenant != "" {
		what += " in the tenant " + tenant
	}
	message := "the transcript has no answer to " + what
	if n := r.sameURL[request.Method+" "+request.URL.Path]; n > 0 {
		message += fmt.Sprintf("; it has %d to the same path with another query, body or tenant", n)
	}
	writeBody(w, http.StatusNotImplemented, jsonUTF8, map[string]string{"message": message})
}

// send sends the recorded answer. Where there was none, or not a whole one, it cuts the connection.
func (e *recorded) send(w http.ResponseWriter, request *http.Request) {
	if e.Response.Status == 0 || e.Response.Error != "" {
		panic(http.ErrAbortHandler)
	}
	dated := false
	for _, header := range e.Response.Headers {
		dated = dated || strings.EqualFold(header.Name, "Retry-After")
	}
	for _, header := range e.Response.Headers {
		// An old date would look like a wrong clock. Only a Retry-After is measured against it.
		if !strings.EqualFold(header.Name, "Date") || dated {
			w.Header().Add(header.Name, header.Value)
		}
	}
	// Links lead to this server, because a client refuses those to another host than it asked.
	origin := e.address.Scheme + "://" + e.address.Host + "/"
	w.WriteHeader(e.Response.Status)
	_, _ = w.Write(bytes.ReplaceAll([]byte(e.Response.Content.Text), []byte(origin), []byte(baseURL(request)+"/"))) // the recorder does not fail
}

// describeTenant answers as the recorded sign-in did, with addresses of this server.
func (r *replay) describeTenant(w http.ResponseWriter, request *http.Request) {
	tenant := strings.ToLower(request.PathValue("tenant"))
	entry := r.take(replayKey("", http.MethodGet, "/"+tenant+"/v2.0/.well-known/openid-configuration", "", ""))
	switch {
	case entry != nil && entry.Response.Status != http.StatusOK:
		entry.send(w, request)
		return
	case entry != nil:
		tenant = entry.describedTenant()
	case !r.tenants[tenant]:
		r.refuseUnrecorded(w, request)
		return
	}
	writeTenant(w, request, tenant)
}

// describedTenant returns the tenant in the address of the token endpoint.
func (e *recorded) describedTenant() string {
	var description struct {
		TokenEndpoint string `json:"token_endpoint"`
	}
	_ = json.Unmarshal([]byte(e.Response.Content.Text), &description) // then the tenant is empty, and its token is refused
	address, err := url.Parse(description.TokenEndpoint)
	if err != nil {
		return ""
	}
	return strings.Split(strings.TrimPrefix(address.Path, "/"), "/")[0]
}

// issueToken gives every credential a token where the recorded sign-in got one, and the recorded refusal where it got none.
func (r *replay) issueToken(w http.ResponseWriter, request *http.Request) {
	tenant := strings.ToLower(request.PathValue("tenant"))
	// The form is not compared, because a transcript does not have it.
	entry := r.take(replayKey("", http.MethodPost, "/"+tenant+"/oauth2/v2.0/token", "", ""))
	switch {
	case entry != nil && entry.Response.Status != http.StatusOK:
		entry.send(w, request)
		return
	case entry == nil && !r.tenants[tenant]:
		r.refuseUnrecorded(w, request)
		return
	}
	token := rand.Text() + rand.Text()
	r.mu.Lock()
	r.tokens[token] = tenant
	r.mu.Unlock()
	r.server.rememberSecret(token)
	writeToken(w, token)
}

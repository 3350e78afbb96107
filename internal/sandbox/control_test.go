// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// control calls a control route over plain HTTP and checks the status and the header of the answer.
func control(t *testing.T, s *sandbox.Server, method, path, body string, status int) string {
	t.Helper()
	r, err := http.NewRequest(method, s.HTTPURL()+"/_sandbox"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != status || answer.Header.Get("X-Sandbox") == "" {
		t.Errorf("%s %s %s: %s, X-Sandbox %q: %s", method, path, body, answer.Status, answer.Header.Get("X-Sandbox"), text)
	}
	return string(text)
}

func TestControlListsItsRoutes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	var routes []struct{ Method, Path, Doc string }
	if err := json.Unmarshal([]byte(control(t, s, "GET", "/", "", 200)), &routes); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, route := range routes {
		if route.Doc == "" {
			t.Errorf("%s %s is not described", route.Method, route.Path)
		}
		names = append(names, route.Method+" "+route.Path)
	}
	for _, name := range strings.Split("GET /|GET /env|GET /state|GET /requests|DELETE /requests|POST /faults|DELETE /faults|POST /map|POST /unmap|"+
		"POST /exclude|POST /replace|POST /duplicate|POST /automatch|POST /disconnect|POST /reconnect|POST /regenerate-key|GET /status|POST /status|POST /last-synced|POST /seats|POST /sku|"+
		"DELETE /sku|POST /tenant|DELETE /tenant|POST /consent|POST /company|DELETE /company|POST /asset-type", "|") {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not listed", name)
		}
	}
	control(t, s, "GET", "", "", 200)
	control(t, s, "DELETE", "/state", "", 405)
	control(t, s, "GET", "/nothing", "", 404)
	if len(s.Requests()) != 0 {
		t.Error("control routes were recorded")
	}
}

func TestControlAnswersThisMachineOnly(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	for remote, status := range map[string]int{"192.0.2.1:4711": 403, "127.0.0.1:4711": 200, "[::1]:4711": 200} {
		r := httptest.NewRequest("GET", "/_sandbox/env", nil)
		r.RemoteAddr = remote
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		if answer.Code != status {
			t.Errorf("from %s: %d, want %d", remote, answer.Code, status)
		}
	}
}

func TestControlShowsTheEnvironment(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	control(t, s, "POST", "/regenerate-key", "", 200)
	if got := control(t, s, "GET", "/env", "", 200); !strings.Contains(got, `"GRADIENT_PARTNER_API_KEY": "`+s.Credentials().GradientPartnerKey+`"`) {
		t.Errorf("environment: %s", got)
	}
	if got := control(t, s, "GET", "/env?format=shell", "", 200); !strings.Contains(got, "\nexport GRADIENT_BASE_URL='"+s.URL()+"'\n") {
		t.Errorf("environment: %s", got)
	}
	if got, want := sandbox.Exports(map[string]string{"B": "it's", "A": "$x"}), "export A='$x'\nexport B='it'\\''s'\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestControlMapping(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	want := func(accounts, services string) {
		t.Helper()
		var held, offered []string
		for _, account := range s.Accounts() {
			held = append(held, account.Mapped)
		}
		for _, service := range s.Services() {
			offered = append(offered, service.Mapped)
		}
		if got := strings.Join(held, ","); got != accounts {
			t.Errorf("accounts %s, want %s", got, accounts)
		}
		if got := strings.Join(offered, ","); got != services {
			t.Errorf("services %s, want %s", got, services)
		}
	}
	control(t, s, "POST", "/map", `{"accounts":["2"]}`, 200)
	want("mapped,mapped,excluded", "mapped,")
	control(t, s, "POST", "/map", `{"services":["Unmapped Service"],"accounts":[]}`, 200)
	want("mapped,mapped,excluded", "mapped,mapped")
	control(t, s, "POST", "/exclude", `{"accounts":["1"],"services":["Mapped Service"]}`, 200)
	want("excluded,mapped,excluded", "excluded,mapped")
	control(t, s, "POST", "/unmap", ``, 200)
	want(",,", ",")
	if got := control(t, s, "POST", "/map", `{"accounts":["1","9"],"services":["Nothing"]}`, 400); !strings.Contains(got, `no account has the id \"9\"\nno service is named \"Nothing\"`) {
		t.Errorf("unknown names: %s", got)
	}
	want(",,", ",")
	control(t, s, "POST", "/automatch", ``, 200)
	want("mapped,,", ",")
	control(t, s, "POST", "/map", `{}`, 200)
	want("mapped,mapped,mapped", "mapped,mapped")
}

func TestControlIntegration(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	control(t, s, "POST", "/status", `{"status":"error"}`, 200)
	if got := control(t, s, "GET", "/status", "", 200); !strings.Contains(got, `"status": "error"`) {
		t.Errorf("status: %s", got)
	}
	control(t, s, "POST", "/status", `{"status":"ready"}`, 400)

	v := newVendor(t, s)
	v.want("POST", "/service/"+firstService+"/count", `{"accountId":"1","unitCount":2}`, 201, counted)
	var state struct {
		Integration struct{ Status, IntegrationID string }
		Connected   bool
		Accounts    []sandbox.Account
		Services    []sandbox.Service
		UnitCounts  map[string]map[string]float64 `json:"unit_counts"`
		BillingView map[string]map[string]float64 `json:"billing_view"`
		Rebuilds    int
	}
	read := func() {
		t.Helper()
		if err := json.Unmarshal([]byte(control(t, s, "GET", "/state", "", 200)), &state); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if state.Integration.Status != "active" || !state.Connected || len(state.Accounts) != 3 || len(state.Services) != 2 || state.Rebuilds != 1 ||
		state.UnitCounts["1"]["Mapped Service"] != 2 || state.BillingView["1"]["Mapped Service"] != 2 {
		t.Errorf("state: %+v", state)
	}
	before := state.Integration.IntegrationID
	control(t, s, "POST", "/disconnect", "", 200)
	read()
	if state.Connected || len(state.Accounts) != 0 {
		t.Errorf("disconnected: %+v", state)
	}
	control(t, s, "POST", "/reconnect", "", 200)
	read()
	if !state.Connected || state.Integration.IntegrationID == before {
		t.Errorf("reconnected: %+v", state)
	}
}

func TestControlFaultsAndRequests(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	control(t, s, "POST", "/faults", `{"system":"gradient","path":"/organization$","status":503,"body":"{}","times":1,"delay":"20ms"}`, 200)
	began := time.Now()
	v.want("GET", "/organization", "", 503, `{}`)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the delay is missing: %v", took)
	}
	v.wantStatus("GET", "/organization", "", 200, "")
	control(t, s, "POST", "/faults", `{"system":"gradient"}`, 200)
	control(t, s, "DELETE", "/faults", "", 200)
	v.wantStatus("PATCH", "/organization/status/active", "", 200, "")
	for _, body := range []string{`{"system":"graph"}`, `{"system":"gradient","delay":"soon"}`, `{"system":"gradient","delay":1}`, `{"system":"gradient","count":1}`, `{`} {
		control(t, s, "POST", "/faults", body, 400)
	}

	got := control(t, s, "GET", "/requests?method=PATCH&system=gradient", "", 200)
	var requests []sandbox.Request
	if err := json.Unmarshal([]byte(got), &requests); err != nil {
		t.Fatal(err)
	}
	if len(requests) != 1 || requests[0].Path != "/api/vendor-api/organization/status/active" || requests[0].Status != 200 {
		t.Errorf("requests: %s", got)
	}
	if strings.Contains(got, v.token) {
		t.Error("a token is shown")
	}
	if got := control(t, s, "GET", "/requests?system=microsoft", "", 200); strings.TrimSpace(got) != "[]" {
		t.Errorf("requests: %s", got)
	}
	control(t, s, "DELETE", "/requests", "", 200)
	if len(s.Requests()) != 0 {
		t.Error("the requests are still there")
	}
}

// licenses signs in to a tenant and reads its products. The status is that of the first call that fails.
func licenses(t *testing.T, s *sandbox.Server, tenant string) (int, string) {
	t.Helper()
	creds := s.Credentials()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {creds.MicrosoftClientID}, "client_secret": {creds.MicrosoftClientSecret},
		"scope": {s.URL() + "/.default"},
	}
	trusting := client(t, s)
	answer, err := trusting.PostForm(s.URL()+"/"+tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, ""
	}
	r, err := http.NewRequest("GET", s.URL()+"/v1.0/subscribedSkus", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	answer, err = trusting.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestControlMicrosoft(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	want := func(status int, part string) {
		t.Helper()
		if got, body := licenses(t, s, "a.example"); got/100 != status/100 || !strings.Contains(body, part) {
			t.Errorf("%d %s, want %d and %s", got, body, status, part)
		}
	}
	want(400, "")
	control(t, s, "POST", "/tenant", `{"id":"6166cc92-27ba-5407-bab4-7354040e6fda","domains":["a.example"],"skus":[{"sku":"SPB","enabled":5}]}`, 200)
	want(200, `"enabled":5`)
	control(t, s, "POST", "/seats", `{"tenant":"a.example","sku":"SPB","seats":6}`, 200)
	want(200, `"enabled":6`)
	control(t, s, "POST", "/sku", `{"tenant":"a.example","sku":"VISIOCLIENT","enabled":2,"consumed":1}`, 200)
	want(200, `"VISIOCLIENT"`)
	control(t, s, "DELETE", "/sku?tenant=a.example&sku=SPB", "", 200)
	if _, body := licenses(t, s, "a.example"); strings.Contains(body, "SPB") {
		t.Errorf("SPB is still there: %s", body)
	}
	control(t, s, "POST", "/consent", `{"tenant":"a.example","granted":false}`, 200)
	want(400, "")
	control(t, s, "POST", "/consent", `{"tenant":"a.example","granted":true}`, 200)
	want(200, "")
	control(t, s, "DELETE", "/tenant?tenant=a.example", "", 200)
	want(400, "")

	for _, refused := range []string{
		`POST /seats {"tenant":"a.example","sku":"SPB"}`, `POST /seats {"tenant":"a.example","sku":"SPB","seats":-1}`,
		`POST /seats {"tenant":"a.example","sku":"SPB","seats":"6"}`, `POST /sku {"sku":"SPB"}`, `POST /tenant {"name":"n"}`,
		`POST /consent {"tenant":"a.example"}`, `DELETE /sku?tenant=a.example `, `DELETE /tenant `, `DELETE /tenant?tenant=b.example `,
		`POST /seats {"tenant":"b.example","sku":"SPB","seats":1}`, `POST /sku {"tenant":"b.example","sku":"SPB"}`,
		`POST /consent {"tenant":"b.example","granted":true}`, `DELETE /sku?tenant=b.example&sku=SPB `, `POST /tenant {"id":"a","users":1}`,
	} {
		parts := strings.SplitN(refused, " ", 3)
		control(t, s, parts[0], parts[1], parts[2], 400)
	}
}

func TestControlCompanies(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	companies := func() string {
		t.Helper()
		r, err := http.NewRequest("GET", s.HTTPURL()+"/v2/odata/company", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(s.Credentials().CloudRadialPublicKey, s.Credentials().CloudRadialPrivateKey)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	control(t, s, "POST", "/company", `{"id":7,"name":"Seven","psa_key":70,"psa_identifier":"SEVEN","domains":["seven.example"]}`, 200)
	if got := companies(); !strings.Contains(got, "Seven") {
		t.Errorf("companies: %s", got)
	}
	control(t, s, "DELETE", "/company?id=7", "", 200)
	if got := companies(); strings.Contains(got, "Seven") {
		t.Errorf("companies: %s", got)
	}
	control(t, s, "POST", "/company", `{"name":"None"}`, 400)
	control(t, s, "POST", "/company", `{"id":7,"name":"Seven","tenant":"x"}`, 400)
	control(t, s, "DELETE", "/company?id=seven", "", 400)
	control(t, s, "DELETE", "/company?id=7", "", 400)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const (
	northTenant = "11111111-aaaa-4aaa-8aaa-111111111111"
	southTenant = "22222222-bbbb-4bbb-8bbb-222222222222"
	premiumID   = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
)

// twoTenants has north, with a product that has a trial beside paid seats and a product in grace, and south, with a product without
// subscriptions.
func twoTenants() []Tenant {
	return []Tenant{
		{ID: strings.ToUpper(northTenant), Name: "North", Domains: []string{"north.example", "northwind.onmicrosoft.com"}, SKUs: []SKU{
			{PartNumber: "SPB", SKUID: premiumID, Enabled: 75, Consumed: 48, Subscriptions: []Subscription{
				{ID: "sub-trial", Status: "Enabled", Seats: 25, Trial: true, NextLifecycle: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)},
				{ID: "sub-lapsed", Status: "Suspended", Seats: 5},
				{ID: "sub-paid", Seats: 50, OwnerTenantID: southTenant, Created: time.Date(2025, 1, 15, 9, 30, 0, 0, time.FixedZone("", 3600))},
			}},
			{PartNumber: "EXTRA_FILE_STORAGE", AppliesTo: "Company", Warning: 10, Suspended: 2, LockedOut: 1},
		}},
		{ID: southTenant, Name: "South", Domains: []string{"south.example"}, SKUs: []SKU{{PartNumber: "SPB", SKUID: premiumID, Enabled: 3}}},
	}
}

// microsoftCaller calls a server over HTTPS and trusts its certificate.
type microsoftCaller struct {
	t      *testing.T
	server *Server
	client *http.Client
}

func startMicrosoft(t *testing.T, switches map[string]string) *microsoftCaller {
	t.Helper()
	return startMicrosoftWith(t, Seed{Tenants: twoTenants()}, switches)
}

func startMicrosoftWith(t *testing.T, seed Seed, switches map[string]string) *microsoftCaller {
	t.Helper()
	server, err := New(seed, Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &microsoftCaller{t, server, &http.Client{Transport: transport}}
}

func (c *microsoftCaller) do(method, url, body string, header map[string]string) (int, http.Header, map[string]any) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer map[string]any
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(text, &answer); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, url, err, text)
		}
	}
	return response.StatusCode, response.Header, answer
}

// form returns a valid request for a token, changed by the pairs. An empty value removes a field.
func (c *microsoftCaller) form(pairs ...string) url.Values {
	creds := c.server.Credentials()
	form := url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {creds.MicrosoftClientID},
		"client_secret": {creds.MicrosoftClientSecret},
		"scope":         {c.server.URL() + "/.default"},
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

func (c *microsoftCaller) requestToken(tenant string, form url.Values) (int, map[string]any) {
	c.t.Helper()
	status, _, answer := c.do("POST", c.server.URL()+"/"+tenant+"/oauth2/v2.0/token", form.Encode(),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	return status, answer
}

func (c *microsoftCaller) token(tenant string) string {
	c.t.Helper()
	status, answer := c.requestToken(tenant, c.form())
	if status != http.StatusOK {
		c.t.Fatalf("token for %s: %d %v", tenant, status, answer)
	}
	return answer["access_token"].(string)
}

// graph reads a path with a token.
func (c *microsoftCaller) graph(token, path string) (int, map[string]any) {
	c.t.Helper()
	status, _, answer := c.do("GET", c.server.URL()+"/v1.0/"+path, "", map[string]string{"Authorization": "Bearer " + token})
	return status, answer
}

// value reads a list that must exist.
func (c *microsoftCaller) value(token, path string) []map[string]any {
	c.t.Helper()
	status, answer := c.graph(token, path)
	if status != http.StatusOK {
		c.t.Fatalf("%s: %d %v", path, status, answer)
	}
	var list []map[string]any
	for _, member := range answer["value"].([]any) {
		list = append(list, member.(map[string]any))
	}
	return list
}

func (c *microsoftCaller) wantGraphError(token, path string, status int, code string) {
	c.t.Helper()
	gotStatus, answer := c.graph(token, path)
	body, _ := answer["error"].(map[string]any)
	if gotStatus != status || body["code"] != code {
		c.t.Errorf("%s: got %d %v, want %d %s", path, gotStatus, answer, status, code)
	}
}

func TestMicrosoftToken(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	seen := map[string]bool{}
	for _, tenant := range []string{northTenant, strings.ToUpper(northTenant), "north.example", "Northwind.OnMicrosoft.com"} {
		status, answer := c.requestToken(tenant, c.form("scope", "openid "+c.server.URL()+"/.default profile"))
		token, _ := answer["access_token"].(string)
		if status != 200 || len(token) < 40 || seen[token] || answer["token_type"] != "Bearer" || answer["expires_in"] != 3599.0 {
			t.Fatalf("%s: got %d %v", tenant, status, answer)
		}
		if !slices.Contains(c.server.Secrets(), token) {
			t.Error("an issued token is not among the secrets")
		}
		if account := c.value(token, "subscribedSkus")[0]["accountId"]; account != northTenant {
			t.Errorf("%s: the token is for %v", tenant, account)
		}
		seen[token] = true
	}
}

func TestMicrosoftTokenByAssertion(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	jwt := func(header, claims string) string { return part(header) + "." + part(claims) + "." + part("signature") }
	const bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	good := jwt(`{"alg":"RS256"}`, `{"iss":"https://token.actions.example","sub":"repo:x","aud":"api://AzureADTokenExchange"}`)
	for name, test := range map[string]struct {
		pairs  []string
		status int
		code   float64
	}{
		"good":             {[]string{"client_assertion", good}, 200, 0},
		"not expired":      {[]string{"client_assertion", jwt(`{"alg":"RS256"}`, `{"iss":"i","sub":"s","exp":4102444800}`)}, 200, 0},
		"expired":          {[]string{"client_assertion", jwt(`{"alg":"RS256"}`, `{"iss":"i","sub":"s","exp":1600000000}`)}, 401, 700024},
		"two parts":        {[]string{"client_assertion", "a.b"}, 400, 50027},
		"no base64":        {[]string{"client_assertion", "?.?.?"}, 400, 50027},
		"no algorithm":     {[]string{"client_assertion", jwt(`{}`, `{"iss":"i","sub":"s"}`)}, 400, 50027},
		"no issuer":        {[]string{"client_assertion", jwt(`{"alg":"RS256"}`, `{"sub":"s"}`)}, 400, 50027},
		"other type":       {[]string{"client_assertion", good, "client_assertion_type", "saml"}, 400, 900144},
		"secret as well":   {[]string{"client_assertion", good, "client_secret", "x"}, 401, 7000218},
		"neither":          {nil, 401, 7000218},
		"other client":     {[]string{"client_assertion", good, "client_id", "someone"}, 400, 700016},
		"without a client": {[]string{"client_assertion", good, "client_id", ""}, 400, 700016},
	} {
		form := c.form(append([]string{"client_secret", "", "client_assertion_type", bearer}, test.pairs...)...)
		status, answer := c.requestToken("north.example", form)
		codes, _ := answer["error_codes"].([]any)
		if status != test.status || test.code != 0 && (len(codes) != 1 || codes[0] != test.code) {
			t.Errorf("%s: got %d %v", name, status, answer)
		}
	}
}

func TestMicrosoftSignInErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		switches map[string]string
		tenant   string
		pairs    []string
		status   int
		error    string
		code     int
	}{
		"wrong secret":         {nil, northTenant, []string{"client_secret", "wrong"}, 401, "invalid_client", 7000215},
		"unknown tenant":       {nil, "unknown.example", nil, 400, "invalid_tenant", 90002},
		"no tenant":            {nil, "common", nil, 400, "invalid_tenant", 90002},
		"unknown client":       {nil, northTenant, []string{"client_id", "someone"}, 400, "unauthorized_client", 700016},
		"other grant":          {nil, northTenant, []string{"grant_type", "password"}, 400, "unsupported_grant_type", 70003},
		"other resource":       {nil, northTenant, []string{"scope", "https://graph.microsoft.com/.default"}, 400, "invalid_resource", 500011},
		"no scope":             {nil, northTenant, []string{"scope", ""}, 400, "invalid_scope", 70011},
		"no consent":           {nil, "south.example", nil, 400, "invalid_grant", 65001},
		"no service principal": {map[string]string{"no-consent": "700016"}, "south.example", nil, 400, "unauthorized_client", 700016},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startMicrosoft(t, test.switches)
			c.server.WithdrawConsent(southTenant)
			secrets := len(c.server.Secrets())
			form := c.form(test.pairs...)
			status, header, answer := c.do("POST", c.server.URL()+"/"+test.tenant+"/oauth2/v2.0/token", form.Encode(),
				map[string]string{"Content-Type": "application/x-www-form-urlencoded", "client-request-id": "mine"})
			description := fmt.Sprint(answer["error_description"])
			if status != test.status || answer["error"] != test.error || fmt.Sprint(answer["error_codes"]) != fmt.Sprint([]float64{float64(test.code)}) ||
				!strings.HasPrefix(description, fmt.Sprintf("AADSTS%d: ", test.code)) {
				t.Errorf("got %d %v", status, answer)
			}
			if answer["correlation_id"] != "mine" || answer["trace_id"] != header.Get("x-ms-request-id") || answer["timestamp"] == nil {
				t.Errorf("got %v with header %v", answer, header)
			}
			if len(c.server.Secrets()) != secrets {
				t.Error("a token was issued")
			}
			if secret := c.server.Credentials().MicrosoftClientSecret; strings.Contains(description, secret) {
				t.Error("the error contains the secret")
			}
			// After consent is granted again, sign-in works.
			c.server.GrantConsent("South.Example")
			c.token(southTenant)
		})
	}
}

func TestMicrosoftTokenRequiresAForm(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	status, _, answer := c.do("POST", c.server.URL()+"/"+northTenant+"/oauth2/v2.0/token", c.form().Encode(), map[string]string{"Content-Type": "application/json"})
	if status != 400 || answer["error"] != "invalid_request" {
		t.Errorf("got %d %v", status, answer)
	}
	// Credentials in the address are ignored, because an address ends up in logs.
	status, _, answer = c.do("POST", c.server.URL()+"/"+northTenant+"/oauth2/v2.0/token?"+c.form().Encode(), "", map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if status != 400 || answer["error"] != "unsupported_grant_type" {
		t.Errorf("got %d %v", status, answer)
	}
	if status, _, _ := c.do("GET", c.server.URL()+"/"+northTenant+"/oauth2/v2.0/token", "", nil); status != 405 {
		t.Errorf("GET: got %d", status)
	}
}

func TestMicrosoftDiscovery(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	status, _, answer := c.do("GET", c.server.URL()+"/north.example/v2.0/.well-known/openid-configuration", "", nil)
	root := c.server.URL() + "/" + northTenant
	if status != 200 || answer["issuer"] != root+"/v2.0" || answer["token_endpoint"] != root+"/oauth2/v2.0/token" ||
		answer["authorization_endpoint"] != root+"/oauth2/v2.0/authorize" {
		t.Errorf("got %d %v", status, answer)
	}
	status, _, answer = c.do("GET", c.server.URL()+"/unknown.example/v2.0/.well-known/openid-configuration", "", nil)
	if status != 400 || answer["error"] != "invalid_tenant" {
		t.Errorf("got %d %v", status, answer)
	}
	status, _, answer = c.do("GET", c.server.URL()+"/common/discovery/instance?api-version=1.1", "", nil)
	if metadata, _ := answer["metadata"].([]any); status != 200 || answer["tenant_discovery_endpoint"] == nil || len(metadata) != 1 {
		t.Errorf("got %d %v", status, answer)
	}
	for _, path := range []string{"/common/discovery/instance", "/north.example/v2.0/.well-known/openid-configuration"} {
		if status, _, _ := c.do("POST", c.server.URL()+path, "", nil); status != 405 {
			t.Errorf("POST %s: got %d", path, status)
		}
	}
}

func (c *microsoftCaller) credential(secret string) *azidentity.ClientSecretCredential {
	c.t.Helper()
	credential, err := azidentity.NewClientSecretCredential("north.example", c.server.Credentials().MicrosoftClientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.server.URL()},
			Transport: c.client,
			Retry:     policy.RetryOptions{MaxRetries: -1},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return credential
}

func TestMicrosoftSignInWithAzidentity(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	scope := policy.TokenRequestOptions{Scopes: []string{c.server.URL() + "/.default"}}
	token, err := c.credential(c.server.Credentials().MicrosoftClientSecret).GetToken(context.Background(), scope)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(token.ExpiresOn); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the token expires in %s", left)
	}
	if skus := c.value(token.Token, "subscribedSkus"); len(skus) != 2 {
		t.Errorf("got %v", skus)
	}
	_, err = c.credential("wrong").GetToken(context.Background(), scope)
	var refused *azidentity.AuthenticationFailedError
	if !errors.As(err, &refused) || refused.RawResponse.StatusCode != 401 || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("got %v", err)
	}
}

func premiumPlan() map[string]any {
	return map[string]any{"appliesTo": "User", "provisioningStatus": "Success", "servicePlanId": deriveID("plan", premiumID),
		"servicePlanName": "SPB_PLAN", "servicePlanType": "SPB_PLAN"}
}

func TestGraphSubscribedSKUs(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	skus := c.value(c.token(northTenant), "subscribedSkus")
	want := map[string]any{
		"accountId": northTenant, "accountName": "northwind", "appliesTo": "User", "capabilityStatus": "Enabled", "consumedUnits": 48.0,
		"id": northTenant + "_" + premiumID, "skuId": premiumID, "skuPartNumber": "SPB", "servicePlans": []any{premiumPlan()},
		"prepaidUnits":    map[string]any{"enabled": 75.0, "warning": 0.0, "suspended": 0.0, "lockedOut": 0.0},
		"subscriptionIds": []any{"sub-trial", "sub-lapsed", "sub-paid"},
	}
	if len(skus) != 2 || fmt.Sprint(skus[0]) != fmt.Sprint(want) {
		t.Fatalf("got  %v\nwant %v", skus, want)
	}
	storage := skus[1]
	if storage["appliesTo"] != "Company" || storage["capabilityStatus"] != "Warning" || len(storage["skuId"].(string)) != 36 ||
		fmt.Sprint(storage["prepaidUnits"]) != fmt.Sprint(map[string]any{"enabled": 0, "warning": 10, "suspended": 2, "lockedOut": 1}) {
		t.Errorf("got %v", storage)
	}
}

func TestGraphSubscriptions(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(northTenant)
	subscriptions := c.value(token, "directory/subscriptions")
	if len(subscriptions) != 6 {
		t.Fatalf("got %v", subscriptions)
	}
	delete(subscriptions[2], "commerceSubscriptionId")
	want := map[string]any{
		"createdDateTime": "2025-01-15T08:30:00Z", "id": "sub-paid", "isTrial": false, "nextLifecycleDateTime": "2026-01-15T08:30:00Z", "ownerId": deriveID("user", southTenant),
		"ownerType":     "User",
		"ownerTenantId": southTenant, "serviceStatus": []any{premiumPlan()}, "skuId": premiumID, "skuPartNumber": "SPB", "status": "Enabled", "totalLicenses": 50.0,
	}
	if fmt.Sprint(subscriptions[2]) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", subscriptions[2], want)
	}
	trial := subscriptions[0]
	if trial["isTrial"] != true || trial["nextLifecycleDateTime"] != "2026-12-24T00:00:00Z" || trial["createdDateTime"] == nil || trial["ownerTenantId"] != nil {
		t.Errorf("got %v", trial)
	}
	// A product without subscriptions gets one for each kind of seat, with dates, and their ids do not change.
	if subscriptions[3]["createdDateTime"] == nil || subscriptions[3]["nextLifecycleDateTime"] == nil {
		t.Errorf("got %v, want dates", subscriptions[3])
	}
	var madeUp, ids []string
	for _, subscription := range subscriptions[3:] {
		madeUp = append(madeUp, fmt.Sprint(subscription["status"], subscription["totalLicenses"]))
		ids = append(ids, subscription["id"].(string))
	}
	if !slices.Equal(madeUp, []string{"Warning10", "Suspended2", "LockedOut1"}) {
		t.Errorf("got %v", madeUp)
	}
	again := startMicrosoft(t, nil)
	if got := again.value(again.token(northTenant), "subscribedSkus")[1]["subscriptionIds"]; fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
	again.server.SetSeats(northTenant, "EXTRA_FILE_STORAGE", 1)
	if got := again.value(again.token(northTenant), "subscribedSkus")[1]["subscriptionIds"].([]any)[1:]; fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("after a purchase: got %v, want %v", got, ids)
	}
}

// A purchase that no seed says more about was sold by the partner.
func TestGraphOwners(t *testing.T) {
	t.Parallel()
	c := startMicrosoftWith(t, Seed{Tenants: twoTenants(), Partner: Partner{ID: "33333333-cccc-4ccc-8ccc-333333333333"}}, nil)
	c.server.PutSKU(northTenant, SKU{PartNumber: "DIRECT", Enabled: 1, Subscriptions: []Subscription{{ID: "direct", Seats: 1, NoOwner: true}}})
	got := map[string]any{}
	for _, subscription := range c.value(c.token(northTenant), "directory/subscriptions") {
		got[subscription["id"].(string)] = subscription["ownerTenantId"]
	}
	for id, want := range map[string]any{"sub-trial": "33333333-cccc-4ccc-8ccc-333333333333", "sub-paid": southTenant, "direct": nil} {
		if got[id] != want {
			t.Errorf("%s belongs to %v, want %v", id, got[id], want)
		}
	}
}

// Answers from which seats cannot be proved: microsoft.md §8.
func TestGraphIncompleteAnswers(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(southTenant)
	read := func(path string) map[string]any {
		t.Helper()
		list := c.value(token, path)
		if len(list) != 1 {
			t.Fatalf("%s: got %v", path, list)
		}
		return list[0]
	}
	held := SKU{PartNumber: "SPB", SKUID: premiumID, Enabled: 3, AccountID: northTenant, NoSubscriptionIDs: true,
		Null: []string{"consumedUnits", "prepaidUnits.warning", "skuPartNumber"},
		Subscriptions: []Subscription{
			{ID: "one", Seats: 2, Null: []string{"isTrial", "status", "totalLicenses"}}, {ID: "two", Seats: 1, Unlisted: true},
		}}
	c.server.PutSKU(southTenant, held)
	row := read("subscribedSkus")
	if row["accountId"] != northTenant || len(row["subscriptionIds"].([]any)) > 0 || row["consumedUnits"] != nil || row["skuPartNumber"] != nil ||
		fmt.Sprint(row["prepaidUnits"]) != fmt.Sprint(map[string]any{"enabled": 3, "warning": nil, "suspended": 0, "lockedOut": 0}) {
		t.Errorf("got %v", row)
	}
	purchase := read("directory/subscriptions")
	if purchase["id"] != "one" || purchase["isTrial"] != nil || purchase["status"] != nil || purchase["totalLicenses"] != nil {
		t.Errorf("got %v", purchase)
	}
	held.Null = []string{"prepaidUnits"}
	c.server.PutSKU(southTenant, held)
	if row := read("subscribedSkus?$select=prepaidUnits"); row["prepaidUnits"] != nil || len(row) != 1 {
		t.Errorf("got %v", row)
	}
	c.server.PutTenant(Tenant{ID: southTenant, HideSKUs: true, HideSubscriptions: true, SKUs: []SKU{held}})
	for _, path := range []string{"subscribedSkus", "directory/subscriptions"} {
		if list := c.value(token, path); len(list) > 0 {
			t.Errorf("%s: got %v", path, list)
		}
	}
	for _, status := range []int{400, 404, 501} {
		c.server.PutTenant(Tenant{ID: southTenant, SubscriptionsStatus: status})
		c.wantGraphError(token, "directory/subscriptions", status, "NotSupported")
	}
}

func TestGraphSubscriptionsRefuseSelect(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, map[string]string{"graph-subscriptions-select": "refused"})
	token := c.token(southTenant)
	c.wantGraphError(token, "directory/subscriptions?$select=id", 400, "Request_UnsupportedQuery")
	if list := c.value(token, "directory/subscriptions"); len(list) != 1 {
		t.Errorf("without $select: got %v", list)
	}
	if list := c.value(token, "subscribedSkus?$select=skuId"); len(list) != 1 {
		t.Errorf("subscribedSkus: got %v", list)
	}
}

func TestGraphSelect(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(southTenant)
	status, answer := c.graph(token, "subscribedSkus?$select=skuPartNumber,prepaidUnits")
	want := map[string]any{
		"@odata.context": c.server.URL() + "/v1.0/$metadata#subscribedSkus(skuPartNumber,prepaidUnits)",
		"value": []any{map[string]any{"skuPartNumber": "SPB",
			"prepaidUnits": map[string]any{"enabled": 3.0, "warning": 0.0, "suspended": 0.0, "lockedOut": 0.0}}},
	}
	if status != 200 || fmt.Sprint(answer) != fmt.Sprint(want) {
		t.Errorf("got %d %v\nwant %v", status, answer, want)
	}
	if list := c.value(token, "directory/subscriptions?%24select=totalLicenses"); fmt.Sprint(list) != "[map[totalLicenses:3]]" {
		t.Errorf("got %v", list)
	}
}

func TestGraphRefuses(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, map[string]string{"graph-top": "refused"})
	token := c.token(northTenant)
	for path, code := range map[string]string{
		"subscribedSkus?$filter=x":                        "Request_UnsupportedQuery",
		"subscribedSkus?$search=x":                        "Request_UnsupportedQuery",
		"subscribedSkus?$top=5":                           "Request_UnsupportedQuery",
		"subscribedSkus?$skiptoken=1":                     "Request_UnsupportedQuery",
		"directory/subscriptions?$filter=isTrial":         "Request_UnsupportedQuery",
		"subscribedSkus?$select=isTrial":                  "BadRequest",
		"directory/subscriptions?$select=id,prepaidUnits": "BadRequest",
		"subscribedSkus?$select=id&$select=id":            "BadRequest",
		"subscribedSkus?%zz":                              "BadRequest",
		"subscribedskus/":                                 "BadRequest",
		"subscribedSkuses":                                "BadRequest",
	} {
		c.wantGraphError(token, path, 400, code)
	}
	for _, token := range []string{"", "wrong", token[:30]} {
		c.wantGraphError(token, "subscribedSkus", 401, "InvalidAuthenticationToken")
		c.wantGraphError(token, "subscribedSkuses", 401, "InvalidAuthenticationToken")
	}
	status, _, _ := c.do("GET", c.server.URL()+"/v1.0/subscribedSkus", "", map[string]string{"Authorization": "Basic " + token})
	if status != 401 {
		t.Errorf("another scheme: got %d", status)
	}
	status, _, _ = c.do("POST", c.server.URL()+"/v1.0/subscribedSkus", "", map[string]string{"Authorization": "Bearer " + token})
	if status != 405 {
		t.Errorf("POST: got %d", status)
	}
}

func TestGraphDocumentedButNotSimulated(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(northTenant)
	for path, section := range map[string]string{
		"subscribedSkus/" + premiumID:                                           "microsoft.md §1.1",
		"directory/subscriptions(commerceSubscriptionId='x')":                   "microsoft.md §1.4",
		"tenantRelationships/delegatedAdminCustomers":                           "microsoft.md §2",
		"tenantRelationships/findTenantInformationByTenantId(tenantId='x')":     "microsoft.md §2",
		relationshipsPath + "?$filter=" + url.QueryEscape("status eq 'active'"): "microsoft.md §2",
		relationshipsPath + "?$orderby=status":                                  "microsoft.md §2",
		"contracts?$filter=x":                                                   "microsoft.md §2",
	} {
		status, answer := c.graph(token, path)
		if status != 501 || answer["contract"] != section || !strings.HasSuffix(fmt.Sprint(answer["message"]), " is not simulated by this sandbox") {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	status, _, answer := c.do("POST", c.server.URL()+"/v1.0/$batch", "{}", map[string]string{"Authorization": "Bearer " + token})
	if status != 501 || answer["contract"] != "microsoft.md §4" {
		t.Errorf("a batch: %d %v", status, answer)
	}
}

func TestGraphTopIgnored(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	if list := c.value(c.token(northTenant), "subscribedSkus?$top=1"); len(list) != 2 {
		t.Errorf("got %v", list)
	}
}

func TestGraphRequestIDs(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(northTenant)
	for _, authorization := range []string{"Bearer " + token, "Bearer wrong"} {
		_, header, answer := c.do("GET", c.server.URL()+"/v1.0/subscribedSkus", "", map[string]string{"Authorization": authorization, "client-request-id": "mine"})
		if len(header.Get("request-id")) != 36 || header.Get("client-request-id") != "mine" {
			t.Errorf("got %v", header)
		}
		if body, failed := answer["error"].(map[string]any); failed {
			inner, _ := body["innerError"].(map[string]any)
			if inner["request-id"] != header.Get("request-id") || inner["client-request-id"] != "mine" || inner["date"] == nil || body["message"] == "" {
				t.Errorf("got %v", answer)
			}
		}
	}
}

func TestGraphWithoutDirectoryPermission(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	tenant := twoTenants()[0]
	tenant.NoSubscriptions = true
	c.server.PutTenant(tenant)
	token := c.token(northTenant)
	c.wantGraphError(token, "directory/subscriptions", 403, "Authorization_RequestDenied")
	if list := c.value(token, "subscribedSkus"); len(list) != 2 {
		t.Errorf("got %v", list)
	}
}

func TestGraphAfterConsentWasWithdrawn(t *testing.T) {
	t.Parallel()
	refused := startMicrosoft(t, nil)
	token := refused.token(northTenant)
	refused.server.WithdrawConsent("north.example")
	refused.wantGraphError(token, "subscribedSkus", 403, "Authorization_RequestDenied")
	refused.value(refused.token(southTenant), "subscribedSkus")
	refused.server.GrantConsent(northTenant)
	refused.value(token, "subscribedSkus")

	works := startMicrosoft(t, map[string]string{"withdrawn-token": "works"})
	token = works.token(northTenant)
	works.server.WithdrawConsent(northTenant)
	works.value(token, "subscribedSkus")

	late := startMicrosoft(t, map[string]string{"no-consent": "graph", "withdrawn-token": "works"})
	late.server.WithdrawConsent(northTenant)
	late.wantGraphError(late.token(northTenant), "subscribedSkus", 401, "Authorization_IdentityNotFound")

	gone := startMicrosoft(t, nil)
	token = gone.token(northTenant)
	gone.server.RemoveTenant("north.example")
	gone.wantGraphError(token, "subscribedSkus", 401, "Authorization_IdentityNotFound")
	if status, answer := gone.requestToken(northTenant, gone.form()); status != 400 || answer["error"] != "invalid_tenant" {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestGraphPages(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, map[string]string{"graph-page-size": "2"})
	authorization := map[string]string{"Authorization": "Bearer " + c.token(northTenant)}
	next := c.server.URL() + "/v1.0/directory/subscriptions?$select=status"
	var seen []string
	for pages := 1; next != ""; pages++ {
		status, _, answer := c.do("GET", next, "", authorization)
		if status != 200 || pages > 3 {
			t.Fatalf("%s: %d %v", next, status, answer)
		}
		for _, member := range answer["value"].([]any) {
			seen = append(seen, fmt.Sprint(member))
		}
		next, _ = answer["@odata.nextLink"].(string)
		if next != "" && !strings.HasPrefix(next, c.server.URL()+"/v1.0/directory/subscriptions?") {
			t.Fatalf("the next link leads to %s", next)
		}
	}
	if !slices.Equal(seen, []string{
		"map[status:Enabled]", "map[status:Suspended]", "map[status:Enabled]", "map[status:Warning]", "map[status:Suspended]", "map[status:LockedOut]",
	}) {
		t.Errorf("got %v", seen)
	}
	c.wantGraphError(c.token(northTenant), "subscribedSkus?$skiptoken=99", 400, "BadRequest")
}

func TestGraphNextLinkToAnotherHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"http", "foreign"} {
		c := startMicrosoft(t, map[string]string{"graph-page-size": "1", "graph-next-link-host": host})
		want := map[string]string{"http": c.server.HTTPURL(), "foreign": "https://graph.example.invalid"}[host]
		_, answer := c.graph(c.token(northTenant), "subscribedSkus")
		if next := fmt.Sprint(answer["@odata.nextLink"]); next != want+"/v1.0/subscribedSkus?%24skiptoken=1" {
			t.Errorf("got %s", next)
		}
	}
}

func TestGraphSystemAccount(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, map[string]string{"graph-account-id": "zero"})
	sku := c.value(c.token(southTenant), "subscribedSkus")[0]
	if sku["accountId"] != "00000000-0000-0000-0000-000000000000" || sku["id"] != "00000000-0000-0000-0000-000000000000_"+premiumID {
		t.Errorf("got %v", sku)
	}
}

func TestMicrosoftSetSeats(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	north, south := c.token(northTenant), c.token(southTenant)
	seats := func(token string) string {
		var text []string
		for _, sku := range c.value(token, "subscribedSkus?$select=skuPartNumber,prepaidUnits") {
			text = append(text, fmt.Sprintf("%v=%v", sku["skuPartNumber"], sku["prepaidUnits"].(map[string]any)["enabled"]))
		}
		for _, subscription := range c.value(token, "directory/subscriptions") {
			if subscription["status"] == "Enabled" {
				text = append(text, fmt.Sprintf("%v:%v", subscription["isTrial"], subscription["totalLicenses"]))
			}
		}
		return strings.Join(text, " ")
	}
	for _, step := range []struct {
		token, tenant, sku string
		seats              int
		want               string
	}{
		{north, "north.example", "SPB", 80, "SPB=80 EXTRA_FILE_STORAGE=0 true:25 false:55"},
		{north, northTenant, premiumID, 30, "SPB=30 EXTRA_FILE_STORAGE=0 true:25 false:5"},
		{north, northTenant, "spb", 10, "SPB=10 EXTRA_FILE_STORAGE=0 true:25 false:0"},
		{north, northTenant, "EXTRA_FILE_STORAGE", 4, "SPB=10 EXTRA_FILE_STORAGE=4 true:25 false:0 false:4"},
		{south, southTenant, "SPB", 9, "SPB=9 false:9"},
		{south, southTenant, "SPB", 0, "SPB=0"},
		{south, southTenant, "NEW_PRODUCT", 6, "SPB=0 NEW_PRODUCT=6 false:6"},
	} {
		c.server.SetSeats(step.tenant, step.sku, step.seats)
		if got := seats(step.token); got != step.want {
			t.Errorf("%s to %d: got %q, want %q", step.sku, step.seats, got, step.want)
		}
	}
}

func TestMicrosoftSetSeatsWithoutPaidSubscription(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	c.server.PutSKU(southTenant, SKU{PartNumber: "SPB", Enabled: 25, Subscriptions: []Subscription{{ID: "trial", Seats: 25, Trial: true}}})
	c.server.SetSeats(southTenant, "SPB", 40)
	list := c.value(c.token(southTenant), "directory/subscriptions?$select=isTrial,totalLicenses,status")
	if fmt.Sprint(list) != "[map[isTrial:true status:Enabled totalLicenses:25] map[isTrial:false status:Enabled totalLicenses:15]]" {
		t.Errorf("got %v", list)
	}
}

func TestMicrosoftPutAndRemove(t *testing.T) {
	t.Parallel()
	c := startMicrosoft(t, nil)
	token := c.token(southTenant)
	parts := func() string {
		var text []string
		for _, sku := range c.value(token, "subscribedSkus") {
			text = append(text, fmt.Sprintf("%v/%v=%v", sku["skuPartNumber"], sku["skuId"].(string)[:4], sku["consumedUnits"]))
		}
		return strings.Join(text, " ")
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { c.server.PutSKU("south.example", SKU{PartNumber: "SPB", Enabled: 3, Consumed: 2}) }, "SPB/cbdc=2"},
		{func() { c.server.PutSKU(southTenant, SKU{PartNumber: "MCOPSTN5", SKUID: "AAAA", Consumed: 1}) }, "SPB/cbdc=2 MCOPSTN5/aaaa=1"},
		{func() { c.server.PutSKU(southTenant, SKU{PartNumber: "MCOPSTN5", SKUID: "bbbb"}) }, "SPB/cbdc=2 MCOPSTN5/aaaa=1 MCOPSTN5/bbbb=0"},
		{func() { c.server.PutSKU(southTenant, SKU{PartNumber: "MCOPSTN5", SKUID: "BBBB", Consumed: 7}) }, "SPB/cbdc=2 MCOPSTN5/aaaa=1 MCOPSTN5/bbbb=7"},
		{func() { c.server.RemoveSKU(southTenant, "aaaa") }, "SPB/cbdc=2 MCOPSTN5/bbbb=7"},
		{func() { c.server.RemoveSKU(southTenant, "spb") }, "MCOPSTN5/bbbb=7"},
		{func() { c.server.RemoveSKU(southTenant, "NOT_THERE") }, "MCOPSTN5/bbbb=7"},
		{func() { c.server.PutTenant(Tenant{ID: southTenant}) }, ""},
	} {
		step.do()
		if got := parts(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, `no tenant "unknown.example"`) {
			t.Errorf("a misspelt tenant: %s", said)
		}
	}()
	c.server.SetSeats("unknown.example", "SPB", 1)
}

func TestMicrosoftDoesNotChangeTheSeed(t *testing.T) {
	t.Parallel()
	seed := Seed{Tenants: twoTenants()}
	server, err := New(seed, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.SetSeats(northTenant, "SPB", 500)
	server.WithdrawConsent(northTenant)
	seed.Tenants[1].Domains[0] = "changed.example"
	server.WithdrawConsent("south.example") // panics when the sandbox did not copy the domain
	seed.Tenants[1].Domains[0] = "south.example"
	if got, want := fmt.Sprint(seed), fmt.Sprint(Seed{Tenants: twoTenants()}); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

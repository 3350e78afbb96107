// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// exchange is a request and what its answer must have.
type exchange struct {
	call   string // method and path, "POST /v2/token"
	body   string
	status int
	part   string // of the answer
}

// TestCloudRadialSwitches plays exchanges against a portal with one switch set. Type 1 has the fields product-name and purchased-seats.
func TestCloudRadialSwitches(t *testing.T) {
	t.Parallel()
	const (
		types  = "POST /v2/flexible-asset-type"
		assets = "POST /v2/flexible-asset"
		patch  = "PATCH /v2/flexible-asset/1"
		compat = "PATCH /compatibility/flexible_assets/1"
		set    = `[{"op":"replace","path":"/traits/product-name","value":"E5"}]`
		setAll = `[{"op":"replace","path":"/traitsJson","value":"{\"product-name\":\"E5\"}"}]`
		glue   = `{"data":{"type":"flexible-assets","id":1,"attributes":{"traits":{"product-name":"E5"}}}}`
		named  = `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"product-name":"E3","purchased-seats":""}}`
	)
	for setting, exchanges := range map[string][]exchange{
		"not-found-body=empty": {{"GET /v2/token/A?companyId=7", "", 404, ""}},
		"key-sees=one-company": {
			{"GET /v2/odata/company/$count", "", 200, "1"},
			{"GET /v2/odata/company", "", 200, `"value":[{"companyId":3,`},
			{"GET /v2/odata/domain", "", 200, `"value":[{"companyDomainId":3,`},
			{"POST /v2/token", `{"companyId":3,"token":"A","value":"x"}`, 201, `"companyId":3`},
			{"POST /v2/token", `{"companyId":7,"token":"A","value":"x"}`, 403, "does not belong to this key"},
			{"DELETE /v2/token/A?companyId=7", "", 403, "does not belong to this key"},
			{"GET /v2/token/A?companyId=7", "", 404, "not found"},
			{assets, named, 403, "does not belong to this key"},
			{patch, set, 403, "does not belong to this key"},
			{"DELETE /v2/flexible-asset/1", "", 403, "does not belong to this key"},
			{"GET /v2/odata/flexibleasset", "", 200, `"value":[]`},
		},
		"key-sees=no-company":       {{"GET /v2/odata/company", "", 403, "no access to companies"}, {"GET /v2/odata/domain", "", 200, "acme"}},
		"page-rows=5":               {{"GET /v2/odata/company?$top=200", "", 200, `"companyId":12`}},
		"top-over-200=cut":          {{"GET /v2/odata/company?$top=201", "", 200, `"companyId":12`}},
		"skip-option=ignored":       {{"GET /v2/odata/company?$skip=2", "", 200, `"companyId":3`}},
		"skip-option=refused":       {{"GET /v2/odata/company?$skip=2", "", 400, "'$skip' is not allowed"}},
		"count-option=total":        {{"GET /v2/odata/company?$count=true&$top=1", "", 200, `"@odata.count":3,"value":[{"companyId":3`}},
		"count-option=ignored":      {{"GET /v2/odata/company?$count=true", "", 200, `#Company","value":`}},
		"count-option=refused":      {{"GET /v2/odata/company?$count=true", "", 400, "'$count' is not allowed"}},
		"enumerations=numbers":      {{"GET /v2/odata/domain", "", 200, `"source":10`}, {"GET /v2/odata/flexibleassetfield", "", 200, `"kind":4`}},
		"token-value-length=255":    {{"POST /v2/token", `{"companyId":7,"token":"A","value":"` + strings.Repeat("x", 256) + `"}`, 400, "maximum length of 255"}},
		"predefined-tokens=listed":  {{"GET /v2/token/CompanyName?companyId=7", "", 200, `"token":"CompanyName"`}, {"GET /v2/odata/token/$count", "", 200, "30"}},
		"flexible-select=400":       {{"GET /v2/odata/flexibleasset?$select=id", "", 400, "'$select'"}, {"GET /v2/odata/flexibleasset", "", 200, "E3"}},
		"flexible-select=500":       {{"GET /v2/odata/flexibleasset?$select=id", "", 500, ""}, {"GET /v2/odata/company?$select=companyId", "", 200, "12"}},
		"flexible-inline-fields=":   {{types, `{"name":"T"}`, 200, `"id":2`}},
		"flexible-name-key=camel":   {{"POST /v2/flexible-asset-field", `{"flexibleAssetTypeId":1,"name":"Renewal Date (UTC)","kind":"Date"}`, 200, `"nameKey":"renewalDateUtc"`}},
		"flexible-blank-traits=":    {{assets, named, 200, `"purchased-seats":""`}},
		"flexible-icon=required":    {{types, `{"name":"T"}`, 400, "Icon"}, {types, `{"name":"T","icon":"cloud"}`, 200, `"icon":"cloud"`}},
		"flexible-update=":          {{patch, setAll, 400, "not possible"}, {compat, glue, 400, "cannot be changed"}, {patch, set, 200, ""}},
		"flexible-trait-numbers=":   {{"GET /v2/odata/flexibleasset", "", 200, `\"purchased-seats\":\"5\"`}},
		"cloudradial-throttle=none": {{"GET /v2/odata/company", "", 429, "Too many"}, {"GET /v2/odata/company", "", 200, "12"}, {"GET /v2/odata/domain", "", 429, ""}},
		"flexible-inline-fields=refused": {
			{types, `{"name":"T","fields":[{"name":"F","kind":"Text"}]}`, 400, "FlexibleAssetTypeId"}, {types, `{"name":"T"}`, 200, `"id":2`}},
		"flexible-inline-fields=ignored": {
			{types, `{"name":"T","fields":[{"name":"F","kind":"Text"}]}`, 200, `"id":2`},
			{"GET /v2/odata/flexibleassetfield?$filter=flexibleAssetTypeId%20eq%202", "", 200, `"value":[]`}},
		"flexible-blank-traits=dropped": {
			{assets, named, 200, `"traits":{"product-name":"E3"}`},
			{"PATCH /v2/flexible-asset/2", `[{"op":"replace","path":"/traits/purchased-seats","value":"1"}]`, 400, "not possible"}},
		"flexible-update=traits-json": {
			{patch, set, 400, "Only /traitsJson"}, {compat, glue, 400, "cannot be changed"}, {patch, setAll, 200, ""},
			{"GET /v2/odata/flexibleasset", "", 200, `"traitsJson":"{\"product-name\":\"E5\"}"`}},
		"flexible-update=compatibility": {
			{patch, set, 400, "cannot be changed"}, {patch, setAll, 400, "cannot be changed"}, {compat, glue, 200, ""},
			{"GET /v2/odata/flexibleasset", "", 200, `"name":"E5","resourceUrl":null,"traitsJson":"{\"product-name\":\"E5\"}"`}},
		"proxy-page=cloudradial-407": {{"GET /v2/odata/company", "", 407, "<title>Proxy Authentication Required"}},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			c := startCloudRadial(t, chosen(setting), threeCompanies...)
			c.server.cloudradial.flexible.types[1] = &AssetType{ID: 1, Name: "Licenses", Fields: []AssetField{
				{ID: 1, NameKey: "product-name", assetFieldRequest: assetFieldRequest{TypeID: 1, Name: "Product Name", Kind: "Text", UseForTitle: true}},
				{ID: 2, NameKey: "purchased-seats", assetFieldRequest: assetFieldRequest{TypeID: 1, Name: "Purchased (seats)", Kind: "Number"}},
			}}
			c.server.cloudradial.flexible.assets[1] = &Asset{ID: 1, TypeID: 1, CompanyID: 7, Traits: map[string]string{"product-name": "E3", "purchased-seats": "5"}}
			c.server.cloudradial.flexible.lastType, c.server.cloudradial.flexible.lastField, c.server.cloudradial.flexible.lastAsset = 1, 2, 1
			for _, e := range exchanges {
				method, path, _ := strings.Cut(e.call, " ")
				if status, _, body := c.call(method, path, e.body); status != e.status || !strings.Contains(body, e.part) || e.part == "" && status >= 400 && body != "" && status != 429 {
					t.Errorf("%s %s\n got %d %s\nwant %d %s", e.call, e.body, status, body, e.status, e.part)
				}
			}
		})
	}
}

// chosen returns the switches of a setting: "name=value", or the defaults for "name=".
func chosen(setting string) map[string]string {
	name, value, _ := strings.Cut(setting, "=")
	if value == "" {
		return nil
	}
	return map[string]string{name: value}
}

func TestCountIsOfTheFilteredRows(t *testing.T) {
	t.Parallel()
	for form, contentType := range map[string]string{"text": "text/plain", "json": "application/json; charset=utf-8"} {
		c := startFlexible(t, map[string]string{"count-content": form, "page-rows": "5"})
		for path, want := range map[string]string{
			"company/$count": "3", "flexibleasset/$count?$filter=flexibleAssetTypeId%20eq%201": "1", "flexibleasset/$count?$filter=flexibleAssetTypeId%20eq%202": "0",
		} {
			status, header, body := c.call("GET", "/v2/odata/"+path, "")
			if status != 200 || body != want || header.Get("Content-Type") != contentType {
				t.Errorf("%s: %d %s %v", path, status, body, header)
			}
		}
	}
}

func TestPagesHaveFewerRows(t *testing.T) {
	t.Parallel()
	companies := make([]Company, 12)
	for i := range companies {
		companies[i] = Company{ID: i + 1, Name: fmt.Sprint(i + 1)}
	}
	c := startCloudRadial(t, map[string]string{"page-rows": "5"}, companies...)
	for skip, want := range map[string]string{"0": "1 2 3 4 5", "5": "6 7 8 9 10", "10": "11 12", "15": ""} {
		if got := c.list("company", "$top", "200", "$skip", skip).column("companyId"); got != want {
			t.Errorf("from %s on: %s", skip, got)
		}
	}
}

// TestClockAndRetryAfter checks the Date header of every upstream, and that a dated Retry-After is of the same clock.
func TestClockAndRetryAfter(t *testing.T) {
	t.Parallel()
	for value, ahead := range map[string]time.Duration{"right": 0, "ahead": 10 * time.Minute, "behind": -10 * time.Minute} {
		c := startCloudRadial(t, map[string]string{"clock": value, "cloudradial-throttle": "date"}, threeCompanies...)
		_, header, _ := c.call("GET", "/v2/odata/company", "")
		date, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		if off := time.Until(date) - ahead; off.Abs() > time.Minute {
			t.Errorf("%s: the clock is off by %s", value, off)
		}
		if again, err := http.ParseTime(header.Get("Retry-After")); err != nil || again.Sub(date) < time.Second || again.Sub(date) > 3*time.Second {
			t.Errorf("%s: Retry-After %q, Date %q", value, header.Get("Retry-After"), header.Get("Date"))
		}
	}
}

// TestProxyAnswersForOneUpstream checks that a proxy's page comes in place of one upstream only.
func TestProxyAnswersForOneUpstream(t *testing.T) {
	t.Parallel()
	paths := map[string]string{"gradient": "/api/vendor-api/organization", "cloudradial": "/v2/odata/company", "sign-in": "/x/v2.0/.well-known/openid-configuration",
		"graph": "/v1.0/subscribedSkus"}
	for part := range paths {
		for _, status := range []int{200, 407} {
			c := startCloudRadial(t, map[string]string{"proxy-page": fmt.Sprintf("%s-%d", part, status)})
			for other, path := range paths {
				got, header, body := c.call("GET", path, "")
				isPage := got == status && strings.HasPrefix(header.Get("Content-Type"), "text/html") && strings.Contains(body, "<h1>")
				if isPage != (part == other) || isPage && (header.Get("Proxy-Authenticate") != "") != (status == 407) {
					t.Errorf("%s-%d: %s: %d %v %s", part, status, other, got, header, body)
				}
			}
		}
	}
}

func TestDrawSwitches(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 200 {
		drawn := DrawSwitches(random)
		if _, err := chooseSwitches(drawn); err != nil || len(drawn) != len(Switches) {
			t.Fatalf("%v, %v", drawn, err)
		}
		for name, value := range drawn {
			seen[name+"="+value] = true
		}
	}
	for _, known := range Switches {
		for _, value := range known.Values {
			if !seen[known.Name+"="+value] {
				t.Errorf("%s=%s was never drawn", known.Name, value)
			}
		}
	}
}

// gradientCaller calls the vendor API of a server over plain HTTP.
type gradientCaller struct {
	t      *testing.T
	server *Server
}

// call sends a request with these keys: "right", or "vendor" or "partner" for the one that is wrong.
func (c gradientCaller) call(method, path, body, keys string) (int, http.Header, string) {
	c.t.Helper()
	creds := c.server.Credentials()
	vendor, partner := creds.GradientVendorKey, creds.GradientPartnerKey
	switch keys {
	case "vendor":
		vendor = "wrong"
	case "partner":
		partner = "wrong"
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.server.HTTPURL()+gradientBase+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Gradient-Token", base64.StdEncoding.EncodeToString([]byte(vendor+":"+partner)))
	request.Header.Set("Content-Type", "application/json")
	if body == "" {
		request.Header.Del("Content-Type")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

// TestGradientSwitches plays exchanges against a vendor with a mapped and an unmapped service and a mapped account. The call is preceded by
// the key that is wrong, if one is.
func TestGradientSwitches(t *testing.T) {
	t.Parallel()
	const (
		count    = "right POST /service/64f002000000000000000001/count"
		unmapped = "right POST /service/64f002000000000000000002/count"
		accounts = "right POST /organization/accounts"
		five     = `{"accountId":"a","unitCount":5}`
		two      = `[{"id":"b","name":"B"},{"id":"c","name":"C"}]`
	)
	for setting, exchanges := range map[string][]exchange{
		"gradient-unauthorized-body=json":          {{"partner GET /organization", "", 401, `{"statusCode":401,"message":"Unauthorized"}`}},
		"gradient-unauthorized-body=empty":         {{"partner GET /organization", "", 401, ""}},
		"gradient-unauthorized-body=html":          {{"partner GET /organization", "", 401, "<title>Unauthorized"}},
		"gradient-wrong-vendor-key=404":            {{"vendor GET /organization", "", 404, "Vendor Profile Not Found"}},
		"gradient-wrong-vendor-key=401":            {{"vendor GET /organization", "", 401, "Unauthorized"}},
		"gradient-unmapped-service-message=cannot": {{unmapped, five, 404, `"message":"Cannot find service map with id: 64f002000000000000000002"`}},
		"gradient-unmapped-service-message=none":   {{unmapped, five, 404, `{"statusCode":404}`}},
		"gradient-unmapped-service-message=empty":  {{unmapped, five, 404, ""}},
		"gradient-validation-message=none":         {{count, `{}`, 400, `{"statusCode":400}`}},
		"gradient-validation-message=empty":        {{count, `{}`, 400, ""}},
		"gradient-unknown-status=400":              {{"right PATCH /organization/status/disabled", "", 400, "status must be"}},
		"gradient-unknown-status=404":              {{"right PATCH /organization/status/disabled", "", 404, "Not Found"}},
		"gradient-decimal-count=accept":            {{count, `{"accountId":"a","unitCount":2.5}`, 201, "Success"}},
		"gradient-decimal-count=refuse":            {{count, `{"accountId":"a","unitCount":2.5}`, 400, "integer"}, {count, five, 201, ""}},
		"gradient-accounts-per-call=any":           {{accounts, two, 201, `"id":"c"`}},
		"gradient-accounts-per-call=1":             {{accounts, two, 400, "no more than 1"}, {accounts, `{"id":"b","name":"B"}`, 201, `[{"id":"b"`}},
		"gradient-account-id=short": {
			{accounts, `[{"id":"b","name":"B"},{"id":"a-name-of-21-letters!","name":"B"}]`, 400, "20 characters"}, {"right GET /organization/accounts", "", 200, `"id":"a"`}},
		"gradient-is-mapped=true": {
			{count, `{"accountId":"a","clientOId":"","unitCount":5}`, 201, ""},
			{accounts, two, 201, ""},
			{"right GET /organization/accounts?returnUnmapped=True", "", 200, `"id":"b"`},
			{"right GET /organization/accounts?returnUnmapped=1", "", 200, `"id":"b"`},
			{"right GET /organization/accounts?returnUnmapped=false", "", 200, `"isMapped":true}]`},
			{"right GET /organization/accounts?returnUnmapped=maybe", "", 400, "returnUnmapped must be"},
		},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			c := gradientCaller{t, newTestServer(t, oneMapped(), Options{Switches: chosen(setting)})}
			for _, e := range exchanges {
				parts := strings.SplitN(e.call, " ", 3)
				status, _, body := c.call(parts[1], parts[2], e.body, parts[0])
				if status != e.status || !strings.Contains(body, e.part) || e.part == "" && status >= 400 && body != "" {
					t.Errorf("%s %s\n got %d %s\nwant %d %s", e.call, e.body, status, body, e.status, e.part)
				}
			}
		})
	}
}

func newTestServer(t *testing.T, seed Seed, options Options) *Server {
	t.Helper()
	server, err := New(seed, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func oneMapped() Seed {
	return Seed{Status: "pending", Accounts: []Account{{ID: "a", Name: "A", Mapped: "mapped"}},
		Services: []Service{{Name: "S", Mapped: "mapped"}, {Name: "T"}}}
}

// TestGradientAnomaly checks that five counts in a row that are not mapped block the token, and that one that is mapped starts anew.
func TestGradientAnomaly(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"json": `{"statusCode":403,"message":"Forbidden"}`, "empty": "", "html": "<title>Forbidden", "never": "organizationId"} {
		c := gradientCaller{t, newTestServer(t, oneMapped(), Options{Switches: map[string]string{"gradient-anomaly": form}})}
		for i := range 9 {
			service, expected := "64f002000000000000000002", 404
			if i == 4 {
				service, expected = "64f002000000000000000001", 201
			}
			if status, _, body := c.call("POST", "/service/"+service+"/count", `{"accountId":"a","unitCount":5}`, "right"); status != expected {
				t.Fatalf("%s: count %d: %d %s", form, i, status, body)
			}
		}
		if status, _, body := c.call("GET", "/organization", "", "right"); status != 200 {
			t.Errorf("%s: after four: %d %s", form, status, body)
		}
		c.call("POST", "/service/64f002000000000000000002/count", `{"accountId":"a","unitCount":5}`, "right")
		status, _, body := c.call("GET", "/organization", "", "right")
		if (status == 403) != (form != "never") || !strings.Contains(body, want) || want == "" && body != "" {
			t.Errorf("%s: after five: %d %s", form, status, body)
		}
	}
}

func TestGradientRetryAfter(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"none": "", "1s": "1", "fraction": "0.5", "date": " GMT"} {
		c := gradientCaller{t, newTestServer(t, oneMapped(), Options{RateLimit: 1, Switches: map[string]string{"gradient-retry-after": form}})}
		c.call("GET", "/organization", "", "right")
		status, header, _ := c.call("GET", "/organization", "", "right")
		if got := header.Get("Retry-After"); status != 429 || !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %d, %q", form, status, got)
		}
	}
}

// TestGradientShowsCountsWithoutBuild checks what of three counts with no_build a person sees after a fourth without it.
func TestGradientShowsCountsWithoutBuild(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{
		"next": "map[a:map[S:4 T:1] b:map[S:2]]", "immediate": "map[a:map[S:4 T:1] b:map[S:2]]",
		"service": "map[a:map[S:4] b:map[S:2]]", "pair": "map[a:map[S:4]]",
	} {
		seed := Seed{Status: "pending", Accounts: []Account{{ID: "a", Name: "A", Mapped: "mapped"}, {ID: "b", Name: "B", Mapped: "mapped"}},
			Services: []Service{{Name: "S", Mapped: "mapped"}, {Name: "T", Mapped: "mapped"}}}
		c := gradientCaller{t, newTestServer(t, seed, Options{Switches: map[string]string{"gradient-no-build": form}})}
		for _, count := range []string{"2 a 1 ?no_build=true", "1 b 2 ?no_build=true", "1 a 3 ?no_build=true", "1 a 4 "} {
			part := strings.SplitN(count, " ", 4)
			status, _, body := c.call("POST", "/service/64f00200000000000000000"+part[0]+"/count"+part[3], `{"accountId":"`+part[1]+`","unitCount":`+part[2]+`}`, "right")
			if status != 201 {
				t.Fatal(status, body)
			}
		}
		if got := fmt.Sprint(c.server.BillingView()); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

// graphRows reads a list of Graph for north.
func graphRows(t *testing.T, setting, path string) (int, []map[string]any) {
	t.Helper()
	c := startMicrosoft(t, chosen(setting))
	status, answer := c.graph(c.token(northTenant), path)
	var rows []map[string]any
	values, _ := answer["value"].([]any)
	for _, value := range values {
		rows = append(rows, value.(map[string]any))
	}
	return status, rows
}

func TestGraphSwitches(t *testing.T) {
	t.Parallel()
	const skus, subscriptions = "/subscribedSkus", "/directory/subscriptions"
	for _, tc := range []struct {
		setting, path string
		status        int
		rows          int
		want          func(row map[string]any) bool
	}{
		{"graph-subscriptions=whole", subscriptions, 200, 6, func(row map[string]any) bool {
			return row["serviceStatus"] != nil && row["commerceSubscriptionId"] != nil && row["createdDateTime"] != nil && row["nextLifecycleDateTime"] != nil
		}},
		{"graph-subscriptions=incomplete", subscriptions, 200, 5, nil},
		{"graph-subscriptions=empty", subscriptions, 200, 0, nil},
		{"graph-subscriptions=400", subscriptions, 400, 0, nil},
		{"graph-subscriptions=403", subscriptions, 403, 0, nil},
		{"graph-subscriptions=404", subscriptions, 404, 0, nil},
		{"graph-subscriptions=501", subscriptions, 501, 0, nil},
		{"graph-subscriptions=500", subscriptions, 500, 0, nil},
		{"graph-subscription-ids=empty", skus, 200, 2, func(row map[string]any) bool { return len(row["subscriptionIds"].([]any)) == 0 }},
		{"graph-id-case=upper", subscriptions, 200, 6, func(row map[string]any) bool { return row["skuId"] == strings.ToUpper(row["skuId"].(string)) }},
		{"graph-capability-status=lower", skus, 200, 2, func(row map[string]any) bool {
			return slices.Contains([]any{"enabled", "warning"}, row["capabilityStatus"])
		}},
		{"graph-capability-status=other", skus, 200, 2, func(row map[string]any) bool { return row["capabilityStatus"] == "Provisioned" }},
		{"graph-owner=distributor", subscriptions, 200, 6, func(row map[string]any) bool {
			return row["ownerTenantId"] == distributor && row["ownerType"] == "User"
		}},
		{"graph-owner=null", subscriptions, 200, 6, func(row map[string]any) bool { return row["ownerTenantId"] == nil && row["ownerType"] == nil }},
		{"graph-null=dates", subscriptions, 200, 6, func(row map[string]any) bool {
			return row["createdDateTime"] == nil && row["nextLifecycleDateTime"] == nil
		}},
		{"graph-null=dates", skus, 200, 2, func(row map[string]any) bool { return len(row["servicePlans"].([]any)) == 1 }},
		{"graph-null=skuId", skus, 200, 2, func(row map[string]any) bool { return row["skuId"] == nil }},
		{"graph-null=skuId", subscriptions, 200, 6, func(row map[string]any) bool { return row["skuId"] == nil }},
		{"graph-null=prepaidUnits", skus, 200, 2, func(row map[string]any) bool { return row["prepaidUnits"] == nil }},
		{"graph-null=prepaidUnits.enabled", skus, 200, 2, func(row map[string]any) bool {
			units := row["prepaidUnits"].(map[string]any)
			return units["enabled"] == nil && units["warning"] != nil
		}},
		{"graph-null=lockedOut", skus, 200, 2, func(row map[string]any) bool { return len(row["prepaidUnits"].(map[string]any)) == 3 }},
	} {
		status, rows := graphRows(t, tc.setting, tc.path)
		if status != tc.status || len(rows) != tc.rows {
			t.Errorf("%s: %s answers %d with %d rows, want %d with %d", tc.setting, tc.path, status, len(rows), tc.status, tc.rows)
		}
		for _, row := range rows {
			if tc.want != nil && !tc.want(row) {
				t.Errorf("%s: %s has %v", tc.setting, tc.path, row)
			}
		}
	}
}

// Each property that may be null is null in one of the lists, and in no list without the switch.
func TestGraphNulls(t *testing.T) {
	t.Parallel()
	for _, name := range nullableProperties {
		if name == "dates" || name == "lockedOut" {
			continue
		}
		outer, inner, nested := strings.Cut(name, ".")
		found := 0
		for _, path := range []string{"/subscribedSkus", "/directory/subscriptions"} {
			_, rows := graphRows(t, "graph-null="+name, path)
			for _, row := range rows {
				value, has := row[outer]
				if units, isObject := value.(map[string]any); nested && isObject {
					value, has = units[inner]
				} else if nested {
					continue
				}
				if has && value == nil {
					found++
				}
			}
			_, rows = graphRows(t, "graph-null=none", path)
			for _, row := range rows {
				if value, has := row[outer]; has && value == nil {
					t.Errorf("%s is null without the switch", name)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s is null nowhere", name)
		}
	}
}

func TestGraphFreePoolsMayBeTrials(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"no": false, "yes": true} {
		seed := Seed{Tenants: []Tenant{{ID: northTenant, SKUs: []SKU{{PartNumber: "FLOW_FREE", Enabled: 10_000}, {PartNumber: "SPB", Enabled: 5}}}}}
		c := startMicrosoftWith(t, seed, map[string]string{"graph-free-trial": value})
		_, answer := c.graph(c.token(northTenant), "/directory/subscriptions")
		rows := answer["value"].([]any)
		if rows[0].(map[string]any)["isTrial"] != want || rows[1].(map[string]any)["isTrial"] != false {
			t.Errorf("%s: %v", value, rows)
		}
	}
}

func TestSignInSwitches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		setting string
		status  int
		codes   string
		text    string
	}{
		{"no-consent=65001", 400, "[65001]", "AADSTS65001: "},
		{"no-consent=7000112", 401, "[7000112]", "AADSTS7000112: "},
		{"no-consent=650052", 400, "[650052]", "AADSTS650052: "},
		{"no-consent=53003", 400, "[53003]", "AADSTS53003: "},
		{"no-consent=50076", 400, "[50076]", "AADSTS50076: "},
		{"no-consent=5000224", 400, "[5000224]", "AADSTS5000224: "},
		{"sign-in-numbers=strings", 400, "[65001]", "AADSTS65001: "},
		{"sign-in-numbers=text", 400, "<nil>", "AADSTS65001: "},
		{"sign-in-status=401", 401, "[65001]", "AADSTS65001: "},
		{"sign-in-throttle=1s", 429, "[90055]", "AADSTS90055: "},
	} {
		c := startMicrosoft(t, chosen(tc.setting))
		c.server.WithdrawConsent(northTenant)
		status, answer := c.requestToken(northTenant, c.form())
		if status != tc.status || fmt.Sprintf("%.0f", answer["error_codes"]) != tc.codes && fmt.Sprint(answer["error_codes"]) != tc.codes || !strings.HasPrefix(answer["error_description"].(string), tc.text) {
			t.Errorf("%s: %d %v", tc.setting, status, answer)
		}
		if codes, isList := answer["error_codes"].([]any); isList {
			if _, isText := codes[0].(string); isText != (tc.setting == "sign-in-numbers=strings") {
				t.Errorf("%s: %v", tc.setting, codes)
			}
		}
	}
}

// TestGraphThrottle checks that Graph limits the first request for a path, says how long to wait, and answers the second.
func TestGraphThrottle(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"none": "", "1s": "1", "fraction": "0.5", "date": " GMT"} {
		c := startMicrosoft(t, map[string]string{"graph-throttle": form})
		authorization := map[string]string{"Authorization": "Bearer " + c.token(northTenant)}
		for _, path := range []string{"subscribedSkus", "directory/subscriptions"} {
			status, header, answer := c.do("GET", c.server.URL()+"/v1.0/"+path, "", authorization)
			if got := header.Get("Retry-After"); status != 429 || !strings.HasSuffix(got, want) || want == "" && got != "" || !strings.Contains(fmt.Sprint(answer), "TooManyRequests") {
				t.Errorf("%s, %s: %d %q %v", form, path, status, got, answer)
			}
			if status, _, answer := c.do("GET", c.server.URL()+"/v1.0/"+path, "", authorization); status != 200 {
				t.Errorf("%s, %s again: %d %v", form, path, status, answer)
			}
		}
	}
}

// TestNamesOfNewServices checks how a name is stored, in the answer to its creation and in the list.
func TestNamesOfNewServices(t *testing.T) {
	t.Parallel()
	const sent = "  Phones & Caf\u00e9s for all of the customers in the United Kingdom "
	for form, want := range map[string]string{
		"as-sent": sent, "trimmed": strings.TrimSpace(sent), "escaped": strings.ReplaceAll(sent, "&", "&amp;"), "cut": string([]rune(sent)[:50]),
		"nfd": strings.ReplaceAll(sent, "\u00e9", "e\u0301"),
	} {
		c := gradientCaller{t, newTestServer(t, oneMapped(), Options{Switches: map[string]string{"gradient-service-name": form}})}
		for _, call := range [][3]string{{"POST", "/service", `{"name":"` + sent + `","description":"d","category":"other","subcategory":"other"}`}, {"GET", "", ""}} {
			var answer struct{ SKUs []struct{ Name string } }
			_, _, body := c.call(call[0], call[1], call[2], "right")
			data := []byte(body)
			var wrapped struct{ Data json.RawMessage }
			if err := json.Unmarshal(data, &wrapped); err == nil && len(wrapped.Data) > 0 {
				data = wrapped.Data
			}
			if err := json.Unmarshal(data, &answer); err != nil || len(answer.SKUs) != 3 || answer.SKUs[2].Name != want {
				t.Errorf("%s, %s: %v %s, want the name %q", form, call[0], err, body, want)
			}
		}
	}
}

// TestTheListOfServicesLags checks that a new service is listed two seconds after its creation, and not in the answer to it.
func TestTheListOfServicesLags(t *testing.T) {
	t.Parallel()
	for form, listed := range map[string]bool{"now": true, "late": false} {
		c := gradientCaller{t, newTestServer(t, oneMapped(), Options{Switches: map[string]string{"gradient-service-list": form}})}
		for _, call := range [][3]string{{"POST", "/service", `{"name":"New","description":"d","category":"other","subcategory":"other"}`}, {"GET", "", ""}} {
			if _, _, body := c.call(call[0], call[1], call[2], "right"); strings.Contains(body, `"New"`) != listed {
				t.Errorf("%s, %s: %s", form, call[0], body)
			}
		}
		for id := range c.server.gradient.listedAt { // two seconds later
			c.server.gradient.listedAt[id] = time.Now()
		}
		if _, _, body := c.call("GET", "", "", "right"); !strings.Contains(body, `"New"`) {
			t.Errorf("%s: it is never listed: %s", form, body)
		}
	}
}

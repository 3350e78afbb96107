// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// cloudradialCaller calls a server with plain HTTP and valid keys.
type cloudradialCaller struct {
	t         *testing.T
	server    *Server
	user, key string
}

func startCloudRadial(t *testing.T, switches map[string]string, companies ...Company) *cloudradialCaller {
	t.Helper()
	server, err := New(Seed{Companies: companies}, Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	creds := server.Credentials()
	return &cloudradialCaller{t, server, creds.CloudRadialPublicKey, creds.CloudRadialPrivateKey}
}

// call sends a request. The body is JSON, or of the content type before a bar: "text/plain|body".
func (c *cloudradialCaller) call(method, path, body string) (int, http.Header, string) {
	c.t.Helper()
	contentType := "application/json"
	if before, after, found := strings.Cut(body, "|"); found {
		contentType, body = before, after
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.server.HTTPURL()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.SetBasicAuth(c.user, c.key)
	if body != "" {
		request.Header.Set("Content-Type", contentType)
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

// want compares the status and the whole body of an answer.
func (c *cloudradialCaller) want(method, path, body string, status int, want string) {
	c.t.Helper()
	if gotStatus, _, got := c.call(method, path, body); gotStatus != status || got != want {
		c.t.Errorf("%s %s %s\n got %d %s\nwant %d %s", method, path, body, gotStatus, got, status, want)
	}
}

type listAnswer struct {
	Context string           `json:"@odata.context"`
	Next    *string          `json:"@odata.nextLink"`
	Value   []map[string]any `json:"value"`
}

func (c *cloudradialCaller) list(name string, options ...string) listAnswer {
	c.t.Helper()
	query := url.Values{}
	for i := 0; i < len(options); i += 2 {
		query.Set(options[i], options[i+1])
	}
	status, _, body := c.call("GET", "/v2/odata/"+name+"?"+query.Encode(), "")
	if status != http.StatusOK {
		c.t.Fatalf("list %s %v: %d %s", name, options, status, body)
	}
	var list listAnswer
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		c.t.Fatal(err)
	}
	return list
}

// column joins one property of all rows.
func (l listAnswer) column(name string) string {
	values := []string{}
	for _, row := range l.Value {
		values = append(values, fmt.Sprint(row[name]))
	}
	return strings.Join(values, " ")
}

var threeCompanies = []Company{
	{ID: 7, Name: "Acme, Inc.", PSAKey: 4000000000, PSAIdentifier: "Acme", Domains: []string{"acme.example", "acme.test"}},
	{ID: 3, Name: "O'Neill & Sons", Domains: []string{"oneill.example"}},
	{ID: 12, Name: "acme labs", PSAKey: 5, PSAIdentifier: "LABS"},
}

func TestCloudRadialAuthentication(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{"empty": "", "json": `{"success":false,"message":"The API key is not valid."}`, "html": "<html><body><h1>401 Unauthorized</h1></body></html>"} {
		c := startCloudRadial(t, map[string]string{"unauthorized-body": body})
		good := *c
		c.key = "wrong"
		c.want("GET", "/v2/odata/company", "", 401, want)
		c.want("GET", "/v2/licences", "", 401, want)
		c.key, c.user = good.key, "wrong"
		c.want("DELETE", "/v2/company/1", "", 401, want)
		good.list("company")
	}
}

func TestCloudRadialUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for _, path := range []string{
		"/v2/odata/company(7)", "/v2/odata/company/7", "/v2/odata/", "/v2/odata/licence", "/v2/odata/server",
		"/v2/tokens", "/v2/flexible-assets", "/v2/company/7/licenses", "/v2/integration/gradient", "/v2/sync",
	} {
		c.want("GET", path, "", 404, "")
	}
	for _, call := range []string{
		"POST /v2/odata/company", "GET /v2/company", "POST /v2/company/7", "POST /v2/token/A", "DELETE /v2/token",
		"PUT /v2/flexible-asset/1", "PATCH /v2/flexible-asset-field/1", "DELETE /v2/flexible-asset-field/1", "GET /v2/flexible-asset",
	} {
		method, path, _ := strings.Cut(call, " ")
		status, header, body := c.call(method, path, "{}")
		if status != 405 || header.Get("Allow") == "" || body != "" {
			t.Errorf("%s: %d %v %s", call, status, header, body)
		}
	}
}

func TestCloudRadialDocumentedButNotSimulated(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for call, section := range map[string]string{
		"GET /v2/odata/$metadata":                                "cloudradial.md §1",
		"GET /v2/odata/company?$filter=companyId%20gt%207":       "cloudradial.md §6",
		"GET /v2/odata/company?$orderby=name%20desc":             "cloudradial.md §6",
		"GET /v2/odata/company?$expand=company":                  "cloudradial.md §6",
		"POST /v2/company":                                       "cloudradial.md §7.1",
		"GET /v2/company/7":                                      "cloudradial.md §7.1",
		"DELETE /v2/company/7":                                   "cloudradial.md §7.1",
		"GET /v2/token":                                          "cloudradial.md §7.2",
		"PATCH /v2/token/A":                                      "cloudradial.md §7.2",
		"GET /v2/odata/companygroup":                             "cloudradial.md §7.3",
		"DELETE /v2/companygroupcompany/1/2":                     "cloudradial.md §7.3",
		"PATCH /v2/domain/1":                                     "cloudradial.md §7.4",
		"GET /v2/odata/user?$select=userId":                      "cloudradial.md §7.5",
		"GET /v2/odata/product/$count":                           "cloudradial.md §7.6",
		"POST /v2/service":                                       "cloudradial.md §7.7",
		"GET /v2/flexible-asset-type/1":                          "cloudradial.md §7.8",
		"GET /v2/flexible-asset/1":                               "cloudradial.md §7.8",
		"POST /compatibility/flexible_assets":                    "cloudradial.md §7.8",
		"GET /v2/odata/endpoint":                                 "cloudradial.md §7.9",
		"GET /api/beta/company":                                  "cloudradial.md §7.10",
		"GET /v2/odata/flexibleasset?$filter=companyId%20eq%207": "cloudradial.md §6",
	} {
		method, path, _ := strings.Cut(call, " ")
		status, _, body := c.call(method, path, "")
		if status != 501 || !strings.Contains(body, "is not simulated by this sandbox") || !strings.Contains(body, `"contract":"`+section+`"`) {
			t.Errorf("%s: %d %s, want 501 and %s", call, status, body, section)
		}
	}
	if len(c.list("company").Value) != 3 {
		t.Error("a company is gone")
	}
}

func TestCloudRadialCompanyRows(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	c.want("GET", "/v2/odata/company", "", 200, `{"@odata.context":"`+c.server.HTTPURL()+`/v2/odata/$metadata#Company","value":[`+
		`{"companyId":3,"name":"O'Neill \u0026 Sons","agentFileName":null,"dataAgentUrl":null,"psaIdentifier":null,"psaKey":0,"endpointCount":0},`+
		`{"companyId":7,"name":"Acme, Inc.","agentFileName":null,"dataAgentUrl":null,"psaIdentifier":"Acme","psaKey":4000000000,"endpointCount":0},`+
		`{"companyId":12,"name":"acme labs","agentFileName":null,"dataAgentUrl":null,"psaIdentifier":"LABS","psaKey":5,"endpointCount":0}]}`)
	c.want("GET", "/v2/odata/company?$select=name,companyId&$top=1", "", 200,
		`{"@odata.context":"`+c.server.HTTPURL()+`/v2/odata/$metadata#Company","value":[{"companyId":3,"name":"O'Neill \u0026 Sons"}]}`)
}

func TestCloudRadialDomainRows(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	rows := c.list("domain", "$orderby", "companyDomainId").Value
	want := map[string]any{
		"companyDomainId": 1.0, "companyId": 7.0, "name": "acme.example", "description": nil, "registrar": nil, "hostingCompany": nil,
		"contactName": nil, "contactEmail": nil, "contactPhone": nil, "dateExpires": "0001-01-01T00:00:00Z", "isVerified": true,
		"isOffice365": true, "isDefault": true, "source": "Office365", "isDeleted": false,
		"dateCreated": rows[0]["dateCreated"], "dateModified": rows[0]["dateModified"],
	}
	if len(rows) != 3 || fmt.Sprint(rows[0]) != fmt.Sprint(want) || rows[1]["isDefault"] != false {
		t.Errorf("got %v\nwant first %v", rows, want)
	}
}

func TestCloudRadialRefusesQueries(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for query, want := range map[string]string{
		"$select=companyId,tenantId": "Could not find a property named 'tenantId' on type 'CloudRadial.Company'.",
		"$select=":                   "Could not find a property named '' on type 'CloudRadial.Company'.",
		"$top=-1":                    "Invalid value '-1' for $top query option found. The $top query option requires a non-negative integer value.",
		"$top=201":                   "The limit of '200' for Top query has been exceeded. The value from the incoming request is '201'.",
		"$skip=x":                    "Invalid value 'x' for $skip query option found. The $skip query option requires a non-negative integer value.",
		"$top=1&$top=2":              "Query option '$top' was specified more than once, but it must be specified at most once.",
		"companyId=7":                "The query parameter 'companyId' is not supported.",
		"%zz":                        "The query is malformed.",
	} {
		body, err := json.Marshal(map[string]any{"error": map[string]string{"code": "", "message": want}})
		if err != nil {
			t.Fatal(err)
		}
		c.want("GET", "/v2/odata/company?"+strings.ReplaceAll(query, " ", "%20"), "", 400, string(body))
	}
}

func TestCloudRadialListsStopAt200RowsWithoutNextLink(t *testing.T) {
	t.Parallel()
	companies := make([]Company, 450)
	for i := range companies {
		companies[i] = Company{ID: i + 1, Name: fmt.Sprintf("Company %d", i+1)}
	}
	c := startCloudRadial(t, nil, companies...)
	for _, page := range []struct {
		options []string
		want    int
	}{
		{nil, 200}, {[]string{"$top", "200"}, 200}, {[]string{"$top", "3"}, 3}, {[]string{"$top", "0"}, 0},
		{[]string{"$skip", "200"}, 200}, {[]string{"$skip", "400", "$top", "200"}, 50}, {[]string{"$skip", "450"}, 0}, {[]string{"$skip", "1000"}, 0},
	} {
		list := c.list("company", page.options...)
		if len(list.Value) != page.want || list.Next != nil {
			t.Errorf("%v: got %d rows, next %v; want %d rows only", page.options, len(list.Value), list.Next, page.want)
		}
	}
	if first := c.list("company", "$skip", "400").Value[0]["companyId"]; first != 401.0 {
		t.Errorf("the third page begins with %v", first)
	}
}

func TestCloudRadialPutAndRemoveCompany(t *testing.T) {
	t.Parallel()
	given := slices.Clone(threeCompanies)
	c := startCloudRadial(t, nil, given...)
	c.server.PutCompany(Company{ID: 7, Name: "Acme", Domains: []string{"acme.new", "acme.test"}})
	c.server.PutCompany(Company{Name: "Unnumbered"})
	c.server.RemoveCompany(3)
	if got := c.list("company").column("name"); got != "Acme acme labs Unnumbered" {
		t.Errorf("companies: %q", got)
	}
	if got := c.list("company").column("companyId"); got != "7 12 13" {
		t.Errorf("companies: %q", got)
	}
	if got, want := listDomains(c), "acme.example=deleted acme.test oneill.example=deleted acme.new=default"; got != want {
		t.Errorf("domains: %q, want %q", got, want)
	}
	c.server.PutCompany(Company{ID: 7, Name: "Acme", Domains: []string{"acme.test", "acme.new"}})
	if got, want := listDomains(c), "acme.example=deleted acme.test=default oneill.example=deleted acme.new"; got != want {
		t.Errorf("domains: %q, want %q", got, want)
	}
}

func listDomains(c *cloudradialCaller) string {
	var texts []string
	for _, row := range c.list("domain", "$orderby", "companyDomainId").Value {
		text := fmt.Sprint(row["name"])
		switch {
		case row["isDeleted"] == true:
			text += "=deleted"
		case row["isDefault"] == true:
			text += "=default"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

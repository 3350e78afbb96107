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

// cloudradialCaller calls a server with plain HTTP and good keys, unless a test changes them.
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

// call sends a request with a JSON body, or with the content type that precedes the body and a bar.
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

// want calls and compares status and body; an empty want means an empty body.
func (c *cloudradialCaller) want(method, path, body string, status int, want string) {
	c.t.Helper()
	if gotStatus, _, got := c.call(method, path, body); gotStatus != status || got != want {
		c.t.Errorf("%s %s %s\n got %d %s\nwant %d %s", method, path, body, gotStatus, got, status, want)
	}
}

type odataList struct {
	Context string           `json:"@odata.context"`
	Next    *string          `json:"@odata.nextLink"`
	Count   *int             `json:"@odata.count"`
	Value   []map[string]any `json:"value"`
}

func (c *cloudradialCaller) list(name string, options ...string) odataList {
	c.t.Helper()
	query := url.Values{}
	for i := 0; i < len(options); i += 2 {
		query.Set(options[i], options[i+1])
	}
	status, _, body := c.call("GET", "/v2/odata/"+name+"?"+query.Encode(), "")
	if status != http.StatusOK {
		c.t.Fatalf("list %s %v: %d %s", name, options, status, body)
	}
	var list odataList
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		c.t.Fatal(err)
	}
	return list
}

// column collects one property of the rows as text.
func (l odataList) column(name string) string {
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
		c.want("GET", "/v2/odata/company/$count", "", 401, want)
		c.want("GET", "/v2/licences", "", 401, want)
		c.key, c.user = good.key, "wrong"
		c.want("DELETE", "/v2/company/1", "", 401, want)
		good.want("GET", "/v2/odata/company/$count", "", 200, "0")
	}
}

func TestCloudRadialHasNothingElse(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for _, path := range []string{
		"/v2/odata/user", "/v2/odata/product/$count", "/v2/odata/company(7)", "/v2/odata/company/7", "/v2/odata/", "/v2/odata/licence",
		"/v2/tokens", "/v2/domain/1", "/v2/flexible-assets", "/v2/flexible-asset/x", "/v2/company/7/licenses", "/v2/company/x", "/v2/integration/gradient", "/v2/sync", "/compatibility/flexible_assets/1",
	} {
		c.want("GET", path, "", 404, "")
	}
	c.want("POST", "/v2/odata/company", "{}", 405, "")
	c.want("GET", "/v2/company", "", 405, "")
	c.want("POST", "/v2/company/7", `{"name":"x"}`, 405, "")
}

func TestCloudRadialCompanyRows(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	c.want("GET", "/v2/ODATA/Company", "", 200, `{"@odata.context":"`+c.server.HTTPURL()+`/v2/odata/$metadata#Company","value":[`+
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

func TestCloudRadialFilter(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for filter, want := range map[string]string{
		"companyId eq 7":                  "7",
		"companyId ne 7":                  "3 12",
		"companyId gt 7":                  "12",
		"companyId ge 7":                  "7 12",
		"companyId lt 7":                  "3",
		"companyId le 7":                  "3 7",
		"7 eq companyId":                  "7",
		"companyId eq -7":                 "",
		"psaKey eq 4000000000":            "7",
		"name eq 'O''Neill & Sons'":       "3",
		"name eq 'acme, inc.'":            "",
		"name gt 'O'":                     "3 12",
		"contains(tolower(name),'acme')":  "7 12",
		"contains(toupper(name), 'ACME')": "7 12",
		"startswith(name,'Acme') or endswith(name,'Sons')":     "3 7",
		"startswith(name,'Acme') eq false":                     "3 12",
		"not contains(name,'Acme')":                            "3 12",
		"not not (companyId eq 7)":                             "7",
		"psaIdentifier eq null":                                "3",
		"psaIdentifier ne null":                                "7 12",
		"psaIdentifier ne null and psaIdentifier ne ''":        "7 12",
		"null eq null":                                         "3 7 12",
		"psaIdentifier lt 'M'":                                 "7 12",
		"not (contains(psaIdentifier,'x') or companyId eq 99)": "7 12",
		"not contains(psaIdentifier,'x')":                      "7 12",
		"contains(psaIdentifier,'x') or companyId eq 3":        "3",
		"not (contains(psaIdentifier,'x') and companyId ne 3)": "3 7 12",
		"contains(psaIdentifier,'')":                           "7 12",
		"companyId eq 3 or companyId eq 7 and psaKey eq 0":     "3",
		"(companyId eq 3 or companyId eq 7) and psaKey gt 0":   "7",
		"companyId eq 3 and psaKey eq 9 or companyId eq 12":    "12",
		"true":  "3 7 12",
		"false": "",
	} {
		if got := c.list("company", "$filter", filter).column("companyId"); got != want {
			t.Errorf("%s: got %q, want %q", filter, got, want)
		}
		count := len(strings.Fields(want))
		c.want("GET", "/v2/odata/company/%24count?%24filter="+url.QueryEscape(filter), "", 200, fmt.Sprint(count))
	}
	for filter, want := range map[string]string{
		"isDeleted":                                            "",
		"isDeleted eq false and isDefault":                     "acme.example oneill.example",
		"dateExpires lt 2020-01-01T00:00:00Z":                  "acme.example acme.test oneill.example",
		"dateCreated lt 2020-01-01T00:00:00+02:00":             "",
		"source eq 'Office365' and not isDefault":              "acme.test",
		"isVerified gt false and companyId eq 3":               "oneill.example",
		"endswith(name,'.test') eq isOffice365":                "acme.test",
		"dateModified eq dateCreated and companyDomainId ge 3": "oneill.example",
	} {
		if got := c.list("domain", "$filter", filter, "$orderby", "companyDomainId").column("name"); got != want {
			t.Errorf("%s: got %q, want %q", filter, got, want)
		}
	}
}

func TestCloudRadialRefusesQueries(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for query, want := range map[string]string{
		"$filter=manager eq 'x'":                    "Could not find a property named 'manager' on type 'CloudRadial.Company'.",
		"$filter=Name eq 'x'":                       "Could not find a property named 'Name' on type 'CloudRadial.Company'.",
		"$filter=territory eq 'x'":                  "Could not find a property named 'territory' on type 'CloudRadial.Company'.",
		"$select=companyId,tenantId":                "Could not find a property named 'tenantId' on type 'CloudRadial.Company'.",
		"$select=":                                  "Could not find a property named '' on type 'CloudRadial.Company'.",
		"$orderby=size desc":                        "Could not find a property named 'size' on type 'CloudRadial.Company'.",
		"$orderby=name down":                        `Syntax error in the $orderby "name down".`,
		"$orderby=":                                 `Syntax error in the $orderby "".`,
		"$filter=companyId eq '7'":                  "A binary operator with incompatible types was detected. Found operand types 'Edm.Int32' and 'Edm.String' for operator kind 'eq'.",
		"$filter=name and true":                     "A binary operator with incompatible types was detected. Found operand types 'Edm.String' and 'Edm.Boolean' for operator kind 'and'.",
		"$filter=not name":                          "A unary operator with an incompatible type was detected. Found operand type 'Edm.String' for operator kind 'Not'.",
		"$filter=name":                              "The $filter expression must evaluate to a single boolean value.",
		"$filter=companyId in (3,7)":                `Syntax error at "in" in "companyId in (3,7)".`,
		"$filter=name eq 'x":                        `Syntax error at position 8 in "name eq 'x".`,
		"$filter=":                                  "Expression expected at the end of the filter.",
		"$filter=(true":                             `")" expected, "" found in the filter.`,
		"$filter=contains(name 'x')":                `"," expected, "'x'" found in the filter.`,
		"$filter=contains(companyId,'x')":           "No function signature for the function with name 'contains' matches the specified arguments.",
		"$filter=length(name) gt 3":                 "An unknown function with name 'length' was found.",
		"$filter=companyId eq 99999999999999999999": "Unrecognized literal '99999999999999999999' in the filter.",
		"$filter=" + strings.Repeat("(", 101) + "1": "The node count limit of '100' has been exceeded.",
		"$top=-1":                                   "Invalid value '-1' for $top query option found. The $top query option requires a non-negative integer value.",
		"$skip=x":                                   "Invalid value 'x' for $skip query option found. The $skip query option requires a non-negative integer value.",
		"$top=1&$top=2":                             "Query option '$top' was specified more than once, but it must be specified at most once.",
		"$count=true":                               "The query parameter '$count' is not supported.",
		"$expand=company":                           "The query parameter '$expand' is not supported.",
		"companyId=7":                               "The query parameter 'companyId' is not supported.",
		"%zz":                                       "The query is malformed.",
	} {
		body, err := json.Marshal(map[string]any{"error": map[string]string{"code": "", "message": want}})
		if err != nil {
			t.Fatal(err)
		}
		c.want("GET", "/v2/odata/company?"+strings.ReplaceAll(query, " ", "%20"), "", 400, string(body))
	}
}

func FuzzCloudRadialFilter(f *testing.F) {
	f.Add("contains(tolower(name),'acme') and not (psaKey ge 5 or psaIdentifier eq null)")
	f.Add("'''' eq name or -1 lt companyId")
	sample := row{int64(1), "name", nil, nil, nil, int64(0), int64(0)}
	f.Fuzz(func(t *testing.T, text string) {
		matches, err := parseFilter(companyType, text)
		if err != nil {
			return
		}
		negated, err := parseFilter(companyType, "not ("+text+")")
		if err == nil && matches(sample) && negated(sample) {
			t.Errorf("%q and its negation both match", text)
		}
	})
}

func TestCloudRadialOrder(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	for order, want := range map[string]string{
		"companyId desc":              "12 7 3",
		"psaIdentifier desc":          "12 7 3",
		"name":                        "7 3 12",
		"name asc":                    "7 3 12",
		"psaIdentifier":               "3 7 12",
		"endpointCount,psaKey desc":   "7 12 3",
		"endpointCount, companyId":    "3 7 12",
		"psaKey desc,companyId desc ": "7 12 3",
	} {
		if got := c.list("company", "$orderby", order).column("companyId"); got != want {
			t.Errorf("%s: got %q, want %q", order, got, want)
		}
	}
	if got := c.list("company", "$orderby", "companyId desc", "$skip", "1", "$top", "1").column("companyId"); got != "7" {
		t.Errorf("skip and top after the order: got %q", got)
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
		{nil, 200}, {[]string{"$top", "200"}, 200}, {[]string{"$top", "201"}, 200}, {[]string{"$top", "3"}, 3}, {[]string{"$top", "0"}, 0},
		{[]string{"$skip", "200"}, 200}, {[]string{"$skip", "400", "$top", "200"}, 50}, {[]string{"$skip", "450"}, 0}, {[]string{"$skip", "1000"}, 0},
	} {
		list := c.list("company", page.options...)
		if len(list.Value) != page.want || list.Next != nil || list.Count != nil {
			t.Errorf("%v: got %d rows, next %v, count %v; want %d rows only", page.options, len(list.Value), list.Next, list.Count, page.want)
		}
	}
	c.want("GET", "/v2/odata/company/$count?$top=3&$skip=440", "", 200, "450")
	if first := c.list("company", "$skip", "400").Value[0]["companyId"]; first != 401.0 {
		t.Errorf("the third page begins with %v", first)
	}
}

func TestCloudRadialTopOver200Refused(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, map[string]string{"top-over-200": "refused"}, threeCompanies...)
	c.want("GET", "/v2/odata/company?$top=201", "", 400,
		`{"error":{"code":"","message":"The limit of '200' for Top query has been exceeded. The value from the incoming request is '201'."}}`)
	if rows := c.list("company", "$top", "200").Value; len(rows) != 3 {
		t.Errorf("got %d rows", len(rows))
	}
}

func TestCloudRadialCounts(t *testing.T) {
	t.Parallel()
	text := startCloudRadial(t, nil, threeCompanies...)
	if _, header, body := text.call("GET", "/v2/odata/company/$count", ""); header.Get("Content-Type") != "text/plain; charset=utf-8" || body != "3" {
		t.Errorf("got %s %s", header.Get("Content-Type"), body)
	}
	asJSON := startCloudRadial(t, map[string]string{"count-content-type": "json", "count-option": "total"}, threeCompanies...)
	if _, header, body := asJSON.call("GET", "/v2/odata/Domain/$count", ""); header.Get("Content-Type") != "application/json; charset=utf-8" || body != "3" {
		t.Errorf("got %s %s", header.Get("Content-Type"), body)
	}
	if list := asJSON.list("company", "$count", "true", "$top", "1", "$filter", "companyId gt 3"); list.Count == nil || *list.Count != 2 || len(list.Value) != 1 {
		t.Errorf("got %+v", list)
	}
	if list := asJSON.list("company", "$count", "false"); list.Count != nil {
		t.Errorf("got %+v", list)
	}
	ignored := startCloudRadial(t, map[string]string{"count-option": "ignored"}, threeCompanies...)
	if list := ignored.list("company", "$count", "true"); list.Count != nil || len(list.Value) != 3 {
		t.Errorf("got %+v", list)
	}
}

func TestCloudRadialCompanyLife(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	c.want("POST", "/v2/company", `{"name":"New","psaKey":8,"territory":"North"}`, 200,
		`{"data":{"companyId":13,"name":"New","partnerId":null,"psaKey":8,"psaIdentifier":null,"territory":"North","accountManager":null},"success":true,"message":"Company created"}`)
	c.want("PATCH", "/v2/company/13", `[{"op":"replace","path":"/psaIdentifier","value":"NEW"},{"op":"replace","path":"/psaKey","value":9}]`, 200,
		`{"data":{"companyId":13,"name":"New","partnerId":null,"psaKey":9,"psaIdentifier":"NEW","territory":"North","accountManager":null},"success":true,"message":null}`)
	c.want("PATCH", "/v2/company/13", `application/json-patch+json|[{"op":"replace","path":"/name","value":"Newer"}]`, 200,
		`{"data":{"companyId":13,"name":"Newer","partnerId":null,"psaKey":9,"psaIdentifier":"NEW","territory":"North","accountManager":null},"success":true,"message":null}`)
	c.want("PUT", "/v2/company/13", `{"name":"Newest"}`, 200,
		`{"data":{"companyId":13,"name":"Newest","partnerId":null,"psaKey":0,"psaIdentifier":null,"territory":null,"accountManager":null},"success":true,"message":null}`)
	c.want("GET", "/v2/company/13", "", 200,
		`{"data":{"companyId":13,"name":"Newest","partnerId":null,"psaKey":0,"psaIdentifier":null,"territory":null,"accountManager":null},"success":true,"message":null}`)
	c.want("DELETE", "/v2/company/13", "", 200, `{"success":true,"message":null}`)
	for _, method := range []string{"GET", "DELETE"} {
		c.want(method, "/v2/company/13", "", 404, `{"success":false,"message":"Company not found"}`)
	}
	c.want("DELETE", "/v2/company/7", "", 200, `{"success":true,"message":null}`)
	if got := c.list("domain", "$filter", "isDeleted").column("name"); got != "acme.example acme.test" {
		t.Errorf("deleted domains: %q", got)
	}
}

func TestCloudRadialRefusesCompanyBodies(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	const badPatch = `{"success":false,"message":"The JSON patch document was malformed and could not be parsed."}`
	for _, refused := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/v2/company", `{}`, 400, "The Name field is required."},
		{"POST", "/v2/company", `{"name":""}`, 400, "The Name field is required."},
		{"POST", "/v2/company", `{"name":"x","tenantId":"y"}`, 400, "tenantId"},
		{"PUT", "/v2/company/7", `{"name":"x","companyId":7}`, 400, "companyId"},
		{"PUT", "/v2/company/7", `{"name":"x"}{}`, 400, "behind"},
		{"PUT", "/v2/company/7", `text/plain|{"name":"x"}`, 415, ""},
		{"PATCH", "/v2/company/7", `{"name":"x"}`, 400, badPatch},
		{"PATCH", "/v2/company/7", `text/plain|[]`, 415, ""},
		{"PATCH", "/v2/company/7", `[{"op":"replace","path":"/companyId","value":8}]`, 400, "/companyId"},
		{"PATCH", "/v2/company/7", `[{"op":"replace","path":"/psaKey","value":8},{"op":"remove","path":"/psaIdentifier"}]`, 400, "remove"},
		{"PATCH", "/v2/company/7", `[{"op":"replace","path":"/psaKey","value":"8"}]`, 400, "/psaKey"},
		{"PATCH", "/v2/company/7", `[{"op":"replace","path":"/name","value":""}]`, 400, "The Name field is required."},
		{"PATCH", "/v2/company/8", `[]`, 404, "Company not found"},
	} {
		status, _, body := c.call(refused.method, refused.path, refused.body)
		if status != refused.status || !strings.Contains(body, refused.want) {
			t.Errorf("%s %s %s: got %d %s", refused.method, refused.path, refused.body, status, body)
		}
	}
	if list := c.list("company", "$filter", "companyId eq 7 and name eq 'Acme, Inc.' and psaKey eq 4000000000"); len(list.Value) != 1 {
		t.Error("a refused change was carried out")
	}
	c.want("GET", "/v2/odata/company/$count", "", 200, "3")
}

func TestCloudRadialCompanyReplies(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		"bare":  `{"companyId":1,"name":"New","partnerId":null,"psaKey":0,"psaIdentifier":null,"territory":null,"accountManager":null}`,
		"no-id": `{"success":true,"message":"Company created"}`,
		"empty": "",
	} {
		c := startCloudRadial(t, map[string]string{"company-reply": reply})
		c.want("POST", "/v2/company", `{"name":"New"}`, 200, want)
		c.want("GET", "/v2/odata/company/$count", "", 200, "1")
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
	if got := c.list("domain", "$filter", "isDeleted").column("name"); got != "acme.example oneill.example" {
		t.Errorf("deleted domains: %q", got)
	}
	if got := c.list("domain", "$filter", "not isDeleted").column("name"); got != "acme.test acme.new" {
		t.Errorf("domains: %q", got)
	}
	c.server.PutCompany(Company{ID: 7, Name: "Acme", Domains: []string{"acme.test", "acme.new"}})
	if got := c.list("domain", "$filter", "not isDeleted and isDefault").column("name"); got != "acme.test" {
		t.Errorf("default domain: %q", got)
	}
}

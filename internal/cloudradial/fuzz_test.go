package cloudradial

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// answers is a transport that answers every request with what it returns, without a network.
type answers func(*http.Request) string

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a(request))), Request: request}, nil
}

func connectTo(t *testing.T, transport answers) *Client {
	t.Helper()
	client, err := New(Options{BaseURL: "https://portal.example", PublicKey: "pub", PrivateKey: "private-key", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Whatever a portal answers, over and over: a list ends, as rows that are all different or as an error, and is asked for at one place.
func FuzzPages(f *testing.F) {
	full := rows(companyFormat, 0, 200, 200)
	for _, body := range []string{
		`{"value":[]}`, `[]`, `null`, `{}`, `{"value":null}`, `{"value":[{"companyId":1}]}`, `{"value":[{"companyId":1},{"companyId":"1"}]}`,
		`{"value":[{"companyId":1e3}]}`, `{"value":[{"companyId":1e400}]}`, `{"value":[{"companyId":-1}]}`, `{"value":[{"companyId":9223372036854775808}]}`,
		`{"value":[],"@odata.nextLink":"https://portal.example/v2/odata/company?$skip=0"}`, `{"value":[],"@odata.nextLink":"https://evil.example/"}`,
		`{"value":[{"companyId":1,"companyid":2,"COMPANYID":null}],"value":[{"companyId":3}]}`, `{"data":[{"companyId":7}],"success":true}`,
		`{"data":[],"success":false,"message":"no"}`, `{"value":[{"companyId":1,"name":"\ud800\u0000\u202e"}]}`,
	} {
		f.Add([]byte(body), byte(0))
	}
	f.Add([]byte(full), byte(1))
	f.Add([]byte(`{"value":`+full+`,"@odata.nextLink":"x"}`), byte(2))
	f.Fuzz(func(t *testing.T, body []byte, after byte) {
		asked := 0
		client := connectTo(t, func(request *http.Request) string {
			asked++
			if request.URL.Host != "portal.example" {
				t.Errorf("the credentials go to %s", request.URL)
			}
			if skip := request.URL.Query().Get("$skip"); skip != strconv.Itoa((asked-1)*200) {
				t.Errorf("request %d skips %s", asked, skip)
			}
			if asked <= int(after%3) {
				return rows(companyFormat, 1_000_000+200*asked, 200, 2_000_000)
			}
			return string(body)
		})
		companies, err := client.Companies(t.Context())
		if asked > int(after%3)+2 {
			t.Errorf("asked %d times", asked)
		}
		if err != nil {
			if companies != nil || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "private-key") {
				t.Errorf("%v comes with %q", companies, err)
			}
			return
		}
		seen := map[int64]bool{}
		for _, company := range companies {
			if company.ID <= 0 || seen[company.ID] || !utf8.ValidString(company.Name+company.PSAIdentifier) {
				t.Errorf("company %+v", company)
			}
			seen[company.ID] = true
		}
	})
}

// A list that goes on for ever ends as an error, not as all the memory that there is.
func TestEndlessList(t *testing.T) {
	t.Parallel()
	asked := 0
	client := connectTo(t, func(*http.Request) string { return "[]" })
	always := func([]byte) ([]Company, error) {
		page := make([]Company, pageSize)
		for i := range page {
			page[i].ID = int64(asked*pageSize + i + 1)
		}
		asked++
		return page, nil
	}
	companies, err := readAll(t.Context(), client, collection{doing: "read the companies", path: "/v2/odata/company", key: "companyId"}, always)
	if companies != nil || err == nil || !strings.Contains(err.Error(), "more than 2500 pages") || asked != mostPages {
		t.Errorf("%d companies of %d pages, %v", len(companies), asked, err)
	}
}

// A page that is not full and links to another one would be taken for the last.
func TestAShortPageWithALinkIsNotTheLast(t *testing.T) {
	t.Parallel()
	client := connectTo(t, func(*http.Request) string {
		return `{"value":[{"companyId":1}],"@odata.nextLink":"https://portal.example/v2/odata/company?$skip=1"}`
	})
	if companies, err := client.Companies(t.Context()); err == nil || !strings.Contains(err.Error(), "not be read whole") {
		t.Errorf("%v, %v", companies, err)
	}
}

func FuzzDecodeAssetTypes(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":1,"name":"Microsoft 365 licenses","description":null}]}`), []byte(`[{"id":2,"flexibleAssetTypeId":1,"name":"SKU","nameKey":"sku","kind":"Text","order":1}]`))
	f.Add([]byte(`[{"id":"1"},{"id":0}]`), []byte(`{"value":[{"id":2,"flexibleAssetTypeId":1,"nameKey":"k","kind":{"a":1},"order":"9223372036854775807"}]}`))
	f.Add([]byte("[{\"id\":1,\"name\":\"\xff\"}]"), []byte("[{\"id\":2,\"flexibleAssetTypeId\":1,\"nameKey\":\"\xff\",\"kind\":[\"\xff\"],\"required\":true}]"))
	f.Fuzz(func(t *testing.T, types, fields []byte) {
		got, err := decodeAssetTypes(types)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, assetType := range got {
			if assetType.ID <= 0 || !utf8.ValidString(assetType.Name+assetType.Description) {
				t.Errorf("accepted %+v", assetType)
			}
		}
		found, err := decodeAssetFields(fields)
		if (err == nil) != (found != nil) {
			t.Errorf("%v comes with %v", found, err)
		}
		for _, row := range found {
			if row.typeID <= 0 || row.field.ID <= 0 || row.field.Key == "" || !utf8.ValidString(row.field.Name+row.field.Key+row.field.Kind) {
				t.Errorf("accepted %+v", row)
			}
		}
	})
}

func FuzzDecodeTokens(f *testing.F) {
	f.Add([]byte(`{"value":[{"companyId":0,"name":"Phone","value":"1"},{"companyId":7,"token":"Phone","value":null}]}`))
	f.Add([]byte(`[{"companyId":null,"name":"x"}]`))
	f.Add([]byte(`[{"companyId":-1,"name":"x"}]`))
	f.Add([]byte(`[{"companyId":"01","companyId":1e0,"name":"\ud800","token":"t","value":"@t"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeTokens(body)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, token := range got {
			if token.CompanyID < 0 || token.Name == "" || !utf8.ValidString(token.Name+token.Value) {
				t.Errorf("accepted %+v", token)
			}
			data, err := json.Marshal(map[string]any{"companyId": token.CompanyID, "token": token.Name, "value": token.Value})
			if err != nil {
				t.Fatal(err)
			}
			if again, err := decodeToken(data); err != nil || again != token {
				t.Errorf("%+v reads back as %+v, %v", token, again, err)
			}
		}
	})
}

// A request about a token is about that one, whatever its name is.
func FuzzTokenRequest(f *testing.F) {
	for _, name := range []string{"Phone", "a/b", "..", "", "a?companyId=9", "a%2Fb", "#", "\x00", "é ", "\xff", "//evil.example/"} {
		f.Add(int64(7), name)
	}
	f.Fuzz(func(t *testing.T, company int64, name string) {
		if _, err := tokenRequest("read", company, name); err != nil {
			return
		}
		var asked []*http.Request
		client := connectTo(t, func(request *http.Request) string {
			asked = append(asked, request)
			return fmt.Sprintf(`{"data":{"companyId":%d,"token":%s,"value":"v"},"success":true}`, company, inJSON(t, name))
		})
		token, found, err := client.Token(t.Context(), company, name)
		if len(asked) != 1 {
			t.Fatalf("asked %d times: %v", len(asked), err)
		}
		last, segment := strings.LastIndex(asked[0].URL.EscapedPath(), "/"), asked[0].URL.EscapedPath()
		if back, err := url.PathUnescape(segment[last+1:]); err != nil || back != name || segment[:last] != tokenPath {
			t.Errorf("%q is asked for as %q", name, segment)
		}
		if query := asked[0].URL.RawQuery; query != "companyId="+strconv.FormatInt(company, 10) || asked[0].URL.Host != "portal.example" {
			t.Errorf("%q is asked for at %s", name, asked[0].URL)
		}
		if company >= 0 && utf8.ValidString(name) && (err != nil || !found || token != Token{company, name, "v"}) {
			t.Errorf("%+v, %v, %v", token, found, err)
		}
	})
}

func inJSON(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What a write answers is understood or an error, and traits arrive as they were sent.
func FuzzAssetWrites(f *testing.F) {
	f.Add("sku", "SPB", []byte(`{"data":{"id":7},"success":true}`))
	f.Add("a/b~c", "\"\\", []byte(`{"flexibleAssetId":"7"}`))
	f.Add("", "\u2028<", []byte(`{"success":true,"message":"ok"}`))
	f.Add("k", "v", []byte(`{"success":false,"message":["x"]}`))
	f.Add("k", "v", []byte(`{"data":null,"success":true}`))
	f.Add("k", "v", []byte(` `))
	f.Add("k", "1e400", []byte(`{"id":1e400}`))
	f.Fuzz(func(t *testing.T, key, value string, answer []byte) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return
		}
		var sent string
		client := connectTo(t, func(request *http.Request) string {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				t.Error(err)
			}
			sent = string(body)
			return string(answer)
		})
		traits := map[string]string{key: value}
		created, err := client.CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7, Traits: traits})
		if err != nil && (created.ID != 0 || created.Traits != nil) || err == nil && (created.CompanyID != 7 || !maps.Equal(created.Traits, traits)) {
			t.Errorf("%s is understood as %+v, %v", answer, created, err)
		}
		var body struct{ Traits json.RawMessage }
		if err := json.Unmarshal([]byte(sent), &body); err != nil {
			t.Fatal(err)
		}
		if read, err := decodeTraits(string(body.Traits)); err != nil || !maps.Equal(read, traits) {
			t.Errorf("%q is sent as %s and read as %q, %v", traits, sent, read, err)
		}
		if err := client.UpdateAsset(t.Context(), 7, traits); err == nil && !json.Valid([]byte(sent)) {
			t.Errorf("sent %s", sent)
		}
	})
}

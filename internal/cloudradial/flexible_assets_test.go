// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// connectWith starts a sandbox with two companies, 7 and 9, and returns a client of it, over HTTP.
func connectWith(t *testing.T, switches map[string]string) (*sandbox.Server, *Client) {
	t.Helper()
	seed := sandbox.Seed{Companies: []sandbox.Company{{ID: 7, Name: "Seven"}, {ID: 9, Name: "Nine"}}}
	server, err := sandbox.New(seed, sandbox.Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	keys := server.Credentials()
	client, err := New(Options{BaseURL: server.HTTPURL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: keys.CloudRadialPrivateKey})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// calls are the requests so far, queries and bodies left out.
func calls(server *sandbox.Server) []string {
	var list []string
	for _, request := range server.Requests() {
		list = append(list, request.Method+" "+request.Path)
	}
	return list
}

var licenses = AssetType{Name: "O'Neill's Licenses", Description: "d", Fields: []AssetField{
	{Name: "Product Name", Kind: "Text", Order: 1, Required: true, UseForTitle: true},
	{Name: "Purchased", Kind: "Number", Order: 2, ShowInList: true},
}}

func create(t *testing.T, client *Client) AssetType {
	t.Helper()
	created, err := client.CreateAssetType(t.Context(), licenses)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func TestAssetTypeLifeCycle(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"wrapped", "bare", "no-id", "empty"} {
		server, client := connectWith(t, map[string]string{"flexible-type-reply": reply, "flexible-asset-reply": reply})
		if _, found, err := client.AssetType(t.Context(), licenses.Name); err != nil || found {
			t.Fatal(found, err)
		}
		created := create(t, client)
		want := AssetType{ID: 1, Name: licenses.Name, Description: "d", Fields: []AssetField{
			{1, "Product Name", "product-name", "Text", 1, true, true, false},
			{2, "Purchased", "purchased", "Number", 2, false, false, true},
		}}
		if !reflect.DeepEqual(created, want) {
			t.Errorf("%s: %+v", reply, created)
		}
		if !server.AssetTypes()[0].ShowInMenu {
			t.Error("it is not in the menu")
		}
		if err := client.AddAssetField(t.Context(), 1, AssetField{Name: "SKU", Kind: "Text", Order: 1}); err != nil {
			t.Fatal(err)
		}
		got, found, err := client.AssetType(t.Context(), licenses.Name)
		if err != nil || !found || len(got.Fields) != 3 || got.Fields[1].Key != "sku" {
			t.Errorf("%+v, %v, %v", got, found, err)
		}
		asset, err := client.CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7, Traits: map[string]string{"product-name": "E3", "purchased": "5"}})
		if wantID := map[string]int64{"wrapped": 1, "bare": 1}[reply]; err != nil || asset.ID != wantID {
			t.Errorf("%s: asset %+v, %v", reply, asset, err)
		}
		if err := client.DeleteAssetType(t.Context(), 1); rest.Status(err) != 400 {
			t.Error(err)
		}
		for range 2 { // the second one finds nothing
			if err := client.DeleteAsset(t.Context(), 1); err != nil {
				t.Error(err)
			}
		}
		for range 2 {
			if err := client.DeleteAssetType(t.Context(), 1); err != nil {
				t.Error(err)
			}
		}
		if len(server.AssetTypes()) != 0 || len(server.Assets()) != 0 {
			t.Error("something is left")
		}
	}
}

func TestAssetTypeOfUnclearOutcome(t *testing.T) {
	t.Parallel()
	posts := func(server *sandbox.Server) int {
		return len(slices.DeleteFunc(calls(server), func(call string) bool { return !strings.HasPrefix(call, "POST ") }))
	}
	for kind, exists := range map[string]bool{"reset-after": true, "after": true, "cut-off": true, "reset": false, "answer": false} {
		server, client := connectWith(t, nil)
		server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: kind, Times: 1})
		created, err := client.CreateAssetType(t.Context(), licenses)
		if exists != (err == nil) || exists != (created.ID == 1 && len(created.Fields) == 2) || posts(server) != 1 {
			t.Errorf("type, %s: %+v, %v after %d POSTs", kind, created, err, posts(server))
		}
		if !exists {
			create(t, client)
		}
		server.ClearRequests()
		server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: kind, Times: 1})
		if err := client.AddAssetField(t.Context(), 1, AssetField{Name: "SKU", Kind: "Text"}); exists != (err == nil) || posts(server) != 1 {
			t.Errorf("field, %s: %v after %d POSTs", kind, err, posts(server))
		}
		server.ClearRequests()
		server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: kind, Times: 1})
		_, err = client.CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7, Traits: map[string]string{"product-name": "E3"}})
		if !rest.Ambiguous(err) || posts(server) != 1 || exists != (len(server.Assets()) == 1) {
			t.Errorf("asset, %s: %v after %d POSTs", kind, err, posts(server))
		}
	}

	server, client := connectWith(t, nil)
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: "reset-after", Times: 1})
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "GET", Status: 403})
	if _, err := client.CreateAssetType(t.Context(), licenses); err == nil || !strings.Contains(err.Error(), "it is unknown whether") || !strings.Contains(err.Error(), "403") {
		t.Error(err)
	}
	if _, err := client.CreateAssetType(t.Context(), licenses); err == nil || !strings.Contains(err.Error(), "is created, but cannot be read") {
		t.Error(err)
	}
}

func TestAssetTypeNamesAreExact(t *testing.T) {
	t.Parallel()
	p, client := open(t, func(w http.ResponseWriter, path string, _, _ int) {
		if path == "/v2/odata/flexibleassetfield" { // a server that ignores the filter
			fmt.Fprint(w, `{"value":[{"id":1,"flexibleAssetTypeId":1,"name":"A","nameKey":"a","kind":1},{"id":2,"flexibleAssetTypeId":2,"name":"B","nameKey":"b","kind":"Text","order":null},
				{"id":3,"flexibleAssetTypeId":3,"name":"C","nameKey":"c"},{"id":4,"flexibleAssetTypeId":3,"name":"D","nameKey":"d"}]}`)
			return
		}
		fmt.Fprint(w, `{"value":[{"id":1,"name":"licenses"},{"id":2,"name":"Licenses"},{"id":3,"name":"Twice"},{"id":4,"name":"Twice"}]}`)
	})
	p.count = "4"
	got, found, err := client.AssetType(t.Context(), "Licenses")
	if want := (AssetType{ID: 2, Name: "Licenses", Fields: []AssetField{{ID: 2, Name: "B", Key: "b", Kind: "Text"}}}); err != nil || !found || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	if want := []string{"GET /v2/odata/flexibleassettype?$filter=name+eq+%27Licenses%27&$orderby=id&$top=200",
		"GET /v2/odata/flexibleassettype/$count?$filter=name+eq+%27Licenses%27",
		"GET /v2/odata/flexibleassetfield?$filter=flexibleAssetTypeId+eq+2&$orderby=id&$top=200",
		"GET /v2/odata/flexibleassetfield/$count?$filter=flexibleAssetTypeId+eq+2"}; !slices.Equal(p.asked, want) {
		t.Errorf("asked %q", p.asked)
	}
	if _, found, err := client.AssetType(t.Context(), "Twice"); err == nil || found || !strings.Contains(err.Error(), `2 flexible asset types named "Twice", with the ids 3 and 4`) {
		t.Error(found, err)
	}
	if _, found, err := client.AssetType(t.Context(), "LICENSES"); err != nil || found {
		t.Error(found, err)
	}
}

func TestAssetsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, map[string]string{"flexible-trait-numbers": "number"})
	create(t, client)
	other := licenses
	other.Name = "Other"
	if _, err := client.CreateAssetType(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for i := range 250 {
		asset := Asset{TypeID: int64(1 + i/201), CompanyID: int64(7 + i%2*2), Traits: map[string]string{"product-name": "E", "purchased": fmt.Sprint(i)}}
		if _, err := client.CreateAsset(t.Context(), asset); err != nil {
			t.Fatal(err)
		}
	}
	server.ClearRequests()
	assets, err := client.Assets(t.Context(), 1)
	if want := (Asset{ID: 201, TypeID: 1, CompanyID: 7, Name: "E", Traits: map[string]string{"product-name": "E", "purchased": "200"}}); err != nil ||
		len(assets) != 201 || !reflect.DeepEqual(assets[200], want) {
		t.Errorf("%d assets, %v", len(assets), err)
	}
	if got := len(server.Requests()); got != 3 {
		t.Errorf("%d requests", got)
	}
	if query := server.Requests()[2].Query; query != "$filter=flexibleAssetTypeId+eq+1&$orderby=id&$select=id,flexibleAssetTypeId,companyId,name,traitsJson&$skip=200&$top=200" {
		t.Error(query)
	}
}

func TestUpdateAsset(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, nil)
	create(t, client)
	if _, err := client.CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7, Traits: map[string]string{"product-name": "E3", "purchased": "5"}}); err != nil {
		t.Fatal(err)
	}
	server.ClearRequests()
	if err := client.UpdateAsset(t.Context(), Asset{ID: 1}, nil); err != nil || len(server.Requests()) != 0 {
		t.Error(err, calls(server))
	}
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Kind: "reset-after", Times: 1}) // it is repeated
	if err := client.UpdateAsset(t.Context(), Asset{ID: 1}, map[string]string{"purchased": "6"}); err != nil {
		t.Error(err)
	}
	if got := server.Assets()[0].Traits; !maps.Equal(got, map[string]string{"product-name": "E3", "purchased": "6"}) {
		t.Error(got)
	}
	if got := server.Requests(); len(got) != 2 || got[1].Body != `[{"op":"replace","path":"/traits/purchased","value":"6"}]` {
		t.Errorf("%+v", got)
	}
	if err := client.UpdateAsset(t.Context(), Asset{ID: 1}, map[string]string{"b~/c": "x", "a": ""}); rest.Status(err) != 400 {
		t.Error(err)
	}
	if got := server.Requests()[2].Body; got != `[{"op":"replace","path":"/traits/a","value":""},{"op":"replace","path":"/traits/b~0~1c","value":"x"}]` {
		t.Error(got)
	}
	if err := client.UpdateAsset(t.Context(), Asset{ID: 2}, map[string]string{"purchased": "6"}); rest.Status(err) != 404 {
		t.Error(err)
	}
}

// The ways to change an asset are tried in order, each after a 400, and the one that works is kept. What is not a 400 tries no other way.
func TestUpdateWays(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`PATCH /v2/flexible-asset/5 [{"op":"replace","path":"/traits/a","value":"new"}]`,
		`PATCH /v2/flexible-asset/5 [{"op":"replace","path":"/traitsJson","value":"{\"a\":\"new\",\"b\":\"kept\"}"}]`,
		`PATCH /compatibility/flexible_assets/5 {"data":{"type":"flexible-assets","id":5,"attributes":{"traits":{"a":"new","b":"kept"}}}}`,
	}
	for name, tc := range map[string]struct {
		status []int // of the ways, in order
		sent   int
		want   string
	}{
		"the first":                {[]int{200}, 1, ""},
		"the second":               {[]int{400, 204}, 2, ""},
		"the third":                {[]int{400, 400, 200}, 3, ""},
		"none":                     {[]int{400, 400, 400}, 3, "answered 400 refused 2 and 400 refused 3"},
		"the third does not exist": {[]int{400, 400, 404}, 3, "answered 400 refused 2 and 404 refused 3"},
		"the asset is gone":        {[]int{404}, 1, "404"},
		"the asset is gone, later": {[]int{400, 404}, 2, "404"},
		"the keys":                 {[]int{403}, 1, "403"},
		"an unclear outcome":       {[]int{400, 502}, 2, "502"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				client := connectWithAnswer(t, func(request *http.Request, body string) (int, string) {
					call := request.Method + " " + request.URL.Path + " " + body
					if len(sent) == 0 || sent[len(sent)-1] != call { // else it is a repetition
						sent = append(sent, call)
					}
					n := slices.Index(bodies, call)
					return tc.status[n], fmt.Sprintf(`{"success":true,"message":"refused %d"}`, n+1)
				})
				asset := Asset{ID: 5, Traits: map[string]string{"a": "old", "b": "kept"}}
				err := client.UpdateAsset(t.Context(), asset, map[string]string{"a": "new"})
				if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) || !slices.Equal(sent, bodies[:tc.sent]) {
					t.Errorf("%v, sent %q", err, sent)
				}
				sent = nil
				_ = client.UpdateAsset(t.Context(), asset, map[string]string{"a": "new"})
				if want := bodies[tc.sent-1 : tc.sent]; err == nil && !slices.Equal(sent, want) {
					t.Errorf("the way that worked is not kept: sent %q", sent)
				}
				if asset.Traits["a"] != "old" {
					t.Error("the caller's traits are changed")
				}
			})
		})
	}
}

// A type that is refused with its fields is created without, then with an icon that every portal knows, and then gets its fields.
func TestTypeRefusedWithFieldsOrIcon(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		refuses func(body string) bool
		posts   []string
		want    string
	}{
		"nothing": {func(string) bool { return false }, []string{"cloud, fields"}, ""},
		"fields":  {func(body string) bool { return strings.Contains(body, `"fields"`) }, []string{"cloud, fields", "cloud", "field", "field"}, ""},
		"the icon": {func(body string) bool { return strings.Contains(body, `"cloud"`) },
			[]string{"cloud, fields", "cloud", "router", "field", "field"}, ""},
		"all": {func(string) bool { return true }, []string{"cloud, fields", "cloud", "router"}, `"refused {"name"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posts, fields []string
			client := connectWithAnswer(t, func(request *http.Request, body string) (int, string) {
				switch {
				case request.Method == http.MethodGet && strings.HasSuffix(request.URL.Path, "/$count"):
					return 404, ""
				case request.URL.Query().Get("$skip") != "" && request.Method == http.MethodGet:
					return 200, "[]"
				case strings.HasSuffix(request.URL.Path, "/flexibleassettype"):
					return 200, `[{"id":1,"name":"L"}]`
				case strings.HasSuffix(request.URL.Path, "/flexibleassetfield"):
					return 200, "[" + strings.Join(fields, ",") + "]"
				case request.URL.Path == assetFieldPath:
					if !strings.Contains(body, `"flexibleAssetTypeId":1,`) {
						t.Errorf("a field is sent as %s", body)
					}
					posts = append(posts, "field")
					fields = append(fields, fmt.Sprintf(`{"id":%d,"flexibleAssetTypeId":1,"name":"F","nameKey":"f"}`, len(fields)+1))
					return 200, ""
				}
				var sent struct {
					Icon   string
					Fields []json.RawMessage
				}
				if err := json.Unmarshal([]byte(body), &sent); err != nil {
					t.Error(err)
				}
				what := sent.Icon
				if len(sent.Fields) > 0 {
					what += ", fields"
				}
				posts = append(posts, what)
				if tc.refuses(body) {
					return 400, `{"success":false,"message":` + inJSON(t, "refused "+body) + `}`
				}
				return 200, ""
			})
			wanted := AssetType{Name: "L", Icon: "cloud", Fields: []AssetField{{Name: "A", Kind: "Text"}, {Name: "B", Kind: "Text"}}}
			created, err := client.CreateAssetType(t.Context(), wanted)
			if !slices.Equal(posts, tc.posts) || (err == nil) != (tc.want == "") {
				t.Errorf("posted %q, %v", posts, err)
			}
			if err == nil && (created.ID != 1 || len(created.Fields) != len(fields)) {
				t.Errorf("created %+v", created)
			}
		})
	}
}

// answering is a client of a server that always answers the same.
func answering(t *testing.T, status int, contentType, body string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL, PublicKey: "pub", PrivateKey: "private-key"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestWritesThatDidNotSucceed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status            int
		contentType, body string
		want              string // of an update
		wantDelete        string
	}{
		{204, "", "", "", ""},
		{200, "", " \n", "", ""},
		{200, "application/json", `{"success":true,"message":null}`, "", ""},
		{200, "application/json", `{"data":null,"success":true,"message":null}`, "", ""},
		{200, "application/json", `{"id":1}`, "", ""},
		{200, "application/json", `true`, "", ""},
		{200, "application/json", `{"success":false,"message":"No such trait"}`, `it did not succeed: "No such trait"`, `"No such trait"`},
		{200, "application/json", `{"data":{"id":1},"success":false,"message":null}`, `it did not succeed: ""`, `did not succeed`},
		{200, "text/html", "<html><title>Sign in</title></html>", "HTML page instead of JSON", "HTML page instead of JSON"},
		{404, "", "", "404 Not Found", ""},
		{404, "application/json", `{"success":false,"message":"gone"}`, "gone", ""},
		{404, "text/html", "<html><title>IIS</title></html>", "IIS", "IIS"},
		{403, "application/json", `{"message":"The API key does not have access."}`, "403", "403"},
		{400, "application/problem+json", `{"title":"Bad Request","errors":{"Traits":["required"]}}`, `"Bad Request: Traits: required"`, "400"},
	} {
		client := answering(t, tc.status, tc.contentType, tc.body)
		for i, err := range []error{
			client.UpdateAsset(t.Context(), Asset{ID: 1}, map[string]string{"a": "b"}),
			client.DeleteAsset(t.Context(), 1), client.DeleteAssetType(t.Context(), 1), client.DeleteToken(t.Context(), 7, "A"),
		} {
			want := tc.wantDelete
			if i == 0 {
				want = tc.want
			}
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%d %s: %v, want %s", tc.status, tc.body, err, want)
			}
		}
	}
}

func TestCreateAssetReplies(t *testing.T) {
	t.Parallel()
	for body, id := range map[string]int64{
		`{"data":{"id":5,"flexibleAssetTypeId":1},"success":true,"message":null}`: 5,
		`{"data":{"flexibleAssetId":"6"},"success":true}`:                         6,
		`{"id":7}`: 7, `{"data":null,"success":true,"message":"x"}`: 0, `{"success":true,"message":"x"}`: 0, ``: 0, `{"flexibleAssetTypeId":3}`: 0,
	} {
		got, err := answering(t, 200, "application/json", body).CreateAsset(t.Context(), Asset{ID: 99, TypeID: 1, CompanyID: 7})
		if err != nil || got.ID != id || got.CompanyID != 7 {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{`[]`, `{"id":"x"}`, `{"success":false,"data":{"id":5}}`} {
		if got, err := answering(t, 200, "application/json", body).CreateAsset(t.Context(), Asset{TypeID: 1, CompanyID: 7}); !rest.Ambiguous(err) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestDecodeFlexibleRows(t *testing.T) {
	t.Parallel()
	const row = `[{"id":1,"flexibleAssetTypeId":2,"companyId":7,"name":null,"traitsJson":%s}]`
	for text, want := range map[string]map[string]string{
		`null`: {}, `""`: {}, `"{}"`: {}, `"null"`: {},
		`"{\"a\":\"x\",\"b\":5,\"c\":null,\"d\":1.50,\"e\":true,\"f\":[1]}"`: {"a": "x", "b": "5", "c": "", "d": "1.50", "e": "true", "f": "[1]"},
	} {
		got, err := decodeAssets(fmt.Appendf(nil, row, text))
		if err != nil || len(got) != 1 || !maps.Equal(got[0].Traits, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		`"x"`: "flexible asset 1 of its list, \"\": its traitsJson is not a JSON object", `"[]"`: "flexible asset 1 of its list, \"\": its traitsJson is not a JSON object", `{}`: "row 1 is not a flexible asset",
	} {
		if got, err := decodeAssets(fmt.Appendf(nil, row, text)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, body := range []string{`{}`, `[1]`, `[{"id":1}]`, `[{"id":1,"flexibleAssetTypeId":2,"nameKey":null}]`, `[{"id":1,"flexibleAssetTypeId":2,"companyId":0}]`} {
		if got, err := decodeAssets([]byte(body)); err == nil {
			t.Errorf("assets %s: %+v", body, got)
		}
		if got, err := decodeAssetFields([]byte(body)); err == nil {
			t.Errorf("fields %s: %+v", body, got)
		}
	}
	for _, body := range []string{`{}`, `[1]`, `[{"name":"x"}]`} {
		if got, err := decodeAssetTypes([]byte(body)); err == nil {
			t.Errorf("types %s: %+v", body, got)
		}
	}
}

func FuzzDecodeAssets(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":1,"flexibleAssetTypeId":2,"companyId":7,"name":"n","traitsJson":"{\"a\":\"x\",\"b\":5}"}]}`))
	f.Add([]byte(`[{"id":1,"flexibleAssetTypeId":2,"companyId":7,"traitsJson":"{\"a\":1e400,\"a\":null,\"\":{\"x\":\"\ud800\"}}"}]`))
	f.Add([]byte("[{\"id\":1,\"flexibleAssetTypeId\":2,\"companyId\":7,\"traitsJson\":\"{\\\"a\\\":[\\\"\xff\\\"]}\"}]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeAssets(body)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, asset := range got {
			if asset.ID <= 0 || asset.TypeID <= 0 || asset.CompanyID <= 0 || asset.Traits == nil {
				t.Errorf("accepted %+v", asset)
			}
			for key, value := range asset.Traits {
				if !utf8.ValidString(key + value) {
					t.Errorf("a trait is %q = %q", key, value)
				}
			}
		}
	})
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
		if err := client.UpdateAsset(t.Context(), Asset{ID: 7}, traits); err == nil && !json.Valid([]byte(sent)) {
			t.Errorf("sent %s", sent)
		}
	})
}

// A type is created while the types are read: the list and its count would contradict each other, so the one waits for the other.
func TestTypesAreNotReadWhileOneIsCreated(t *testing.T) {
	t.Parallel()
	server, client := connectWith(t, nil)
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "flexibleassettype$", Times: 1, Kind: "slow", Delay: 300 * time.Millisecond})
	read := make(chan error)
	go func() {
		_, _, err := client.AssetType(t.Context(), "X")
		read <- err
	}()
	for len(server.Requests()) == 0 { // the rows are chosen when the request arrives
		runtime.Gosched()
	}
	if _, err := client.CreateAssetType(t.Context(), AssetType{Name: "X"}); err != nil {
		t.Error(err)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
}

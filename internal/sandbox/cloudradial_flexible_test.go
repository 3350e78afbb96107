// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
)

const licenseType = `{"name":"Licenses","description":"d","icon":"cloud","showInMenu":true,"fields":[
	{"name":"Product Name","kind":"Text","order":1,"required":true,"useForTitle":true,"showInList":false},
	{"name":"Purchased (seats)","kind":"Number","order":2,"showInList":true}]}`

// startFlexible starts with type 1, which has the traits product-name and purchased-seats, and with asset 1 of company 7.
func startFlexible(t *testing.T, switches map[string]string) *cloudradialCaller {
	t.Helper()
	c := startCloudRadial(t, switches, threeCompanies...)
	if status, _, body := c.call("POST", "/v2/flexible-asset-type", licenseType); status != 200 {
		t.Fatal(status, body)
	}
	if status, _, body := c.call("POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"product-name":"E3","purchased-seats":"5"}}`); status != 200 {
		t.Fatal(status, body)
	}
	return c
}

func TestCloudRadialFlexibleLists(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	types := c.list("flexibleassettype", "$filter", "name eq 'Licenses'").Value
	if want := map[string]any{"id": 1.0, "name": "Licenses", "description": "d", "icon": "cloud", "showInMenu": true}; len(types) != 1 || !maps.Equal(types[0], want) {
		t.Errorf("types %v", types)
	}
	fields := c.list("flexibleassetfield", "$filter", "flexibleAssetTypeId eq 1").Value
	if len(fields) != 2 || fmt.Sprint(fields[1]) != fmt.Sprint(map[string]any{"id": 2.0, "flexibleAssetTypeId": 1.0, "name": "Purchased (seats)", "nameKey": "purchased-seats",
		"kind": "Number", "order": 2.0, "hint": nil, "defaultValue": nil, "required": false, "useForTitle": false, "showInList": true, "decimals": 0.0, "tagType": nil, "expiration": false}) {
		t.Errorf("fields %v", fields)
	}
	assets := c.list("flexibleasset", "$filter", "flexibleAssetTypeId eq 1").Value
	if want := map[string]any{"id": 1.0, "flexibleAssetTypeId": 1.0, "companyId": 7.0, "name": "E3", "resourceUrl": nil,
		"traitsJson": `{"product-name":"E3","purchased-seats":"5"}`}; len(assets) != 1 || !maps.Equal(assets[0], want) {
		t.Errorf("assets %v", assets)
	}
	if other := c.list("flexibleasset", "$filter", "flexibleAssetTypeId eq 2").Value; len(other) != 0 {
		t.Errorf("assets of another type: %v", other)
	}
	for _, name := range []string{"Licenses''", "licenses", "Licenses' or name ne '"} {
		if status, _, body := c.call("GET", "/v2/odata/flexibleassettype?$filter="+url.QueryEscape("name eq '"+name+"'"), ""); strings.Contains(body, `"id":1`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	c.want("GET", "/v2/odata/flexibleasset?$select=traits", "", 400, `{"error":{"code":"","message":"Could not find a property named 'traits' on type 'CloudRadial.FlexibleAsset'."}}`)

	c.server.RenameAssetType(1, "O'Neill")
	if got := c.list("flexibleassettype", "$filter", "name eq 'O''Neill'").column("id"); got != "1" {
		t.Errorf("a quote in the name: %q", got)
	}

	numbers := startFlexible(t, map[string]string{"flexible-trait-numbers": "number"})
	if got := numbers.list("flexibleasset").column("traitsJson"); got != `{"product-name":"E3","purchased-seats":5}` {
		t.Error(got)
	}
}

func TestCloudRadialFlexibleCreationReplies(t *testing.T) {
	t.Parallel()
	const typeJSON = `{"id":1,"name":"T","description":null,"icon":null,"showInMenu":false}`
	const assetJSON = `{"id":1,"flexibleAssetTypeId":1,"companyId":7,"name":"","resourceUrl":null,"traits":{}}`
	for shape, wrap := range map[string]func(string) string{
		"wrapped": func(data string) string { return `{"data":` + data + `,"success":true,"message":"Created"}` },
		"bare":    func(data string) string { return data },
		"no-id":   func(string) string { return `{"success":true,"message":"Created"}` },
		"empty":   func(string) string { return "" },
	} {
		c := startCloudRadial(t, map[string]string{"flexible-type-reply": shape, "flexible-asset-reply": shape}, threeCompanies...)
		c.want("POST", "/v2/flexible-asset-type", `{"name":"T"}`, 200, wrap(typeJSON))
		c.want("POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1}`, 200, wrap(assetJSON))
		if len(c.server.AssetTypes()) != 1 || len(c.server.Assets()) != 1 {
			t.Errorf("%s: %v, %v", shape, c.server.AssetTypes(), c.server.Assets())
		}
	}
}

func TestCloudRadialFlexibleRefusals(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	for _, tc := range []struct{ method, path, body, part string }{
		{"POST", "/v2/flexible-asset-type", `{"fields":[]}`, `"Name"`},
		{"POST", "/v2/flexible-asset-type", `{"name":"T","owner":"x"}`, "owner"},
		{"POST", "/v2/flexible-asset-type", `{"name":"T","fields":[{"name":"F"}]}`, "Kind"},
		{"POST", "/v2/flexible-asset-type", `{"name":"T","fields":[{"name":"F","kind":"Rocket"}]}`, "Kind"},
		{"POST", "/v2/flexible-asset-type", `{"name":"T","fields":[{"name":"F","kind":"Text"},{"name":"f ","kind":"Text"}]}`, "exists already"},
		{"POST", "/v2/flexible-asset-field", `{"flexibleAssetTypeId":9,"name":"F","kind":"Text"}`, "does not exist"},
		{"POST", "/v2/flexible-asset-field", `{"flexibleAssetTypeId":1,"name":"product name","kind":"Text"}`, "exists already"},
		{"POST", "/v2/flexible-asset", `{"companyId":99,"flexibleAssetTypeId":1,"traits":{}}`, "company does not exist"},
		{"POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":9,"traits":{}}`, "type does not exist"},
		{"POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"purchased-seats":"5"}}`, "'product-name' is required"},
		{"POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"product-name":"x","Product Name":"x"}}`, "does not exist"},
		{"POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"product-name":"x","purchased-seats":"many"}}`, "not a number"},
		{"POST", "/v2/flexible-asset", `{"companyId":7,"flexibleAssetTypeId":1,"traits":{"product-name":["x"]}}`, "invalid"},
		{"PATCH", "/v2/flexible-asset/1", `{"op":"replace","path":"/traits/product-name","value":"x"}`, "malformed"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traitsJson","value":"{}"}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traits","value":{"product-name":"x"}}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traits/sku","value":"x"}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"add","path":"/traits/product-name","value":"x"}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/companyId","value":3}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traits/product-name","value":"x"},{"op":"replace","path":"/traits/x","value":"x"}]`, "not possible"},
		{"PATCH", "/v2/flexible-asset/1", `[]{}`, "goes on"},
		{"POST", "/v2/flexible-asset?companyId=7", `{}`, "no query options"},
		{"DELETE", "/v2/flexible-asset-type/1", "", "has assets"},
	} {
		if status, _, body := c.call(tc.method, tc.path, tc.body); status != 400 || !strings.Contains(body, tc.part) {
			t.Errorf("%s %s %s: %d %s, want %s", tc.method, tc.path, tc.body, status, body, tc.part)
		}
	}
	c.want("PATCH", "/v2/flexible-asset/2", "[]", 404, `{"success":false,"message":"Flexible asset not found"}`)
	c.want("DELETE", "/v2/flexible-asset/x", "", 404, `{"success":false,"message":"Flexible asset not found"}`)
	c.want("POST", "/v2/flexible-asset", `text/plain|{}`, 415, "")
	if got := c.server.Assets(); len(c.server.AssetTypes()) != 1 || len(got) != 1 || got[0].Traits["product-name"] != "E3" || got[0].CompanyID != 7 {
		t.Errorf("a refused request changed something: %v", got)
	}
}

func TestCloudRadialFlexibleChanges(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	const ok = `{"success":true,"message":null}`
	c.want("PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traits/purchased-seats","value":"6"},{"op":"replace","path":"/traits/product-name","value":"E5"}]`, 200, ok)
	if got, want := fmt.Sprint(c.server.Assets()), "[{1 1 7 E5 <nil> map[product-name:E5 purchased-seats:6]}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Older assets do not have a field that is added later, so its trait cannot be replaced there.
	c.want("POST", "/v2/flexible-asset-field", `{"flexibleAssetTypeId":1,"name":"a/b","kind":"Text"}`, 200, `{"data":{"id":3,"nameKey":"a-b",`+
		`"flexibleAssetTypeId":1,"name":"a/b","kind":"Text","order":0,"hint":null,"defaultValue":null,"required":false,"useForTitle":false,"showInList":false},"success":true,"message":"Created"}`)
	if status, _, _ := c.call("PATCH", "/v2/flexible-asset/1", `[{"op":"replace","path":"/traits/a-b","value":"x"}]`); status != 400 {
		t.Error(status)
	}
	c.want("DELETE", "/v2/flexible-asset/1", "", 200, ok)
	c.want("DELETE", "/v2/flexible-asset/1", "", 404, `{"success":false,"message":"Flexible asset not found"}`)
	c.want("DELETE", "/v2/flexible-asset-type/1", "", 200, ok)
	c.want("DELETE", "/v2/flexible-asset-type/1", "", 404, `{"success":false,"message":"Flexible asset type not found"}`)

	other := startFlexible(t, map[string]string{"repeat-delete": "204", "flexible-type-in-use": "removed"})
	other.want("DELETE", "/v2/flexible-asset-type/1", "", 200, ok)
	other.want("DELETE", "/v2/flexible-asset-type/1", "", 204, "")
	other.want("DELETE", "/v2/flexible-asset/1", "", 204, "")
	other.want("DELETE", "/v2/flexible-asset/2", "", 404, `{"success":false,"message":"Flexible asset not found"}`)
}

func TestPortalChangesFlexibleAssets(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	c.server.EditAsset(1, "product-name", "E9")
	c.server.RenameTrait(1, "purchased-seats", "Bought Seats")
	c.server.RenameAssetType(1, "Seats")
	if got := c.server.Assets()[0]; got.Name != "E9" || !maps.Equal(got.Traits, map[string]string{"product-name": "E9", "bought-seats": "5"}) {
		t.Errorf("%+v", got)
	}
	if got := c.list("flexibleassettype").column("name"); got != "Seats" {
		t.Error(got)
	}
	if got := c.server.AssetTypes()[0].Fields[1]; got.Name != "Bought Seats" || got.NameKey != "bought-seats" {
		t.Errorf("%+v", got)
	}
	c.server.DeleteAsset(1)
	if got := c.server.Assets(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for name, mistake := range map[string]func(){
		"asset": func() { c.server.EditAsset(1, "product-name", "x") }, "deleted": func() { c.server.DeleteAsset(1) },
		"renamed type": func() { c.server.RenameAssetType(2, "x") },
		"type":         func() { c.server.RenameTrait(2, "product-name", "x") }, "field": func() { c.server.RenameTrait(1, "x", "y") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			mistake()
		}()
	}
}

func TestRemoveCompanyRemovesAssetsAndTokens(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	c.server.PutToken(Token{CompanyID: 7, Name: "Seats", Value: "5"})
	c.server.PutToken(Token{Name: "Seats", Value: "0"})
	c.server.RemoveCompany(7)
	if len(c.server.Assets()) != 0 || fmt.Sprint(c.server.Tokens()) != "[{0 Seats 0 0}]" {
		t.Error(c.server.Assets(), c.server.Tokens())
	}
}

func TestControlFlexibleAssetsAndTokens(t *testing.T) {
	t.Parallel()
	c := startFlexible(t, nil)
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/assets", "", 200},
		{"POST", "/asset", `{"id":1,"trait":"purchased-seats","value":"9"}`, 200},
		{"POST", "/asset", `{"id":1,"trait":"purchased-seats"}`, 400},
		{"POST", "/asset", `{"id":1,"trait":"x","value":"9"}`, 400},
		{"POST", "/asset-type", `{"id":1,"name":"Ours"}`, 200},
		{"POST", "/asset-type", `{"id":9,"name":"Ours"}`, 400},
		{"POST", "/asset-field", `{"type":1,"trait":"purchased-seats","name":"Seats"}`, 200},
		{"POST", "/asset-field", `{"type":1,"trait":"product-name","name":"Seats"}`, 400},
		{"DELETE", "/asset?id=2", "", 400},
		{"DELETE", "/asset", "", 400},
		{"POST", "/token", `{"company_id":7,"name":"A","value":"1"}`, 200},
		{"POST", "/token", `{"company_id":99,"name":"A","value":"1"}`, 400},
		{"POST", "/token", `{"company_id":7,"value":"1"}`, 400},
		{"POST", "/token", `{"name":"A","value":"0"}`, 200},
		{"GET", "/tokens", "", 200},
		{"DELETE", "/token?company_id=0&name=A", "", 200},
		{"DELETE", "/token?company_id=0&name=A", "", 400},
		{"DELETE", "/token?name=A", "", 400},
	} {
		if status, _, body := c.call(tc.method, controlBase+tc.path, tc.body); status != tc.status {
			t.Errorf("%s %s %s: %d %s", tc.method, tc.path, tc.body, status, body)
		}
	}
	if got := fmt.Sprint(c.server.Assets()[0].Traits, c.server.Tokens()); got != "map[product-name:E3 seats:9] [{7 A 1 0}]" {
		t.Error(got)
	}
	c.call("DELETE", controlBase+"/asset?id=1", "")
	if got := c.server.Assets(); len(got) != 0 {
		t.Error(got)
	}
}

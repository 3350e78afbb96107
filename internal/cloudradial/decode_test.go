// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

func TestDecodeCompanies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]Company{
		`{"@odata.context":"c","value":[]}`: {},
		`[]`:                                {},
		`{"value":[{"companyId":7,"name":"A","psaKey":19,"psaIdentifier":"acme","new":{}}]}`: {{7, "A", 19, "acme"}},
		`{"value":[{"companyId":7,"name":null,"psaKey":null,"psaIdentifier":null}]}`:         {{7, "", 0, ""}},
		`{"value":[{"companyId":"7","psaKey":"9007199254740993"}]}`:                          {{7, "", 9007199254740993, ""}},
		`{"data":[{"companyId":7}],"success":true,"message":null}`:                           {{ID: 7}},
		`[{"companyId":7}]`: {{ID: 7}},
	} {
		if got, err := decodeCompanies([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, %v", body, got, err)
		}
	}
	for body, want := range map[string]string{
		`null`:                            "it is not a list",
		`{}`:                              "it is not a list",
		`{"value":null}`:                  "it is not a list",
		`{"value":{}}`:                    "it is not a list",
		`{"data":[]}`:                     "it is not a list",
		`{"success":false,"message":"m"}`: `it says that it did not succeed: "m"`,
		`[1]`:                             "row 1 is not a company",
		`[{"companyId":1.5}]`:             "row 1 is not a company",
		`[{"companyId":"x"}]`:             "row 1 is not a company",
		`[{"companyId":1},{"name":"A"}]`:  `company 2 of its list, "A", has no companyId`,
		`[null]`:                          `company 1 of its list, "", has no companyId`,
	} {
		if got, err := decodeCompanies([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
	for body, want := range map[string]string{
		`{}`:                      "it is not a list",
		`[[]]`:                    "row 1 is not a domain",
		`[{"companyId":1}]`:       `domain 1 of its list, "", lacks companyDomainId or companyId`,
		`[{"companyDomainId":1}]`: `domain 1 of its list, "", lacks companyDomainId or companyId`,
	} {
		if got, err := decodeDomains([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
}

func FuzzDecodeCompanies(f *testing.F) {
	f.Add([]byte(`{"@odata.context":"c","value":[{"companyId":7,"name":"A","psaKey":19,"psaIdentifier":"acme"}]}`))
	f.Add([]byte(`{"data":[{"companyId":"7"}],"success":true}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := bounded(t, body, decodeCompanies)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, company := range got {
			if company.ID <= 0 {
				t.Errorf("accepted %+v", company)
			}
		}
	})
}

func FuzzDecodeDomains(f *testing.F) {
	f.Add([]byte(`{"value":[{"companyDomainId":1,"companyId":7,"name":"a.example","isDefault":true,"isDeleted":false}]}`))
	f.Add([]byte(`[{"companyDomainId":"1","companyId":1e400},{"companyDomainId":-1,"companyId":9223372036854775807}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := bounded(t, body, decodeDomains)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, row := range got {
			if row.id <= 0 || row.domain.CompanyID <= 0 {
				t.Errorf("accepted %+v", row)
			}
		}
	})
}

func FuzzDecodeAssetTypes(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":1,"name":"Microsoft 365 licenses","description":null}]}`), []byte(`[{"id":2,"flexibleAssetTypeId":1,"name":"SKU","nameKey":"sku","kind":"Text","order":1}]`))
	f.Add([]byte(`[{"id":"1"},{"id":0}]`), []byte(`{"value":[{"id":2,"flexibleAssetTypeId":1,"nameKey":"k","kind":{"a":1},"order":"9223372036854775807"}]}`))
	f.Add([]byte("[{\"id\":1,\"name\":\"\xff\"}]"), []byte("[{\"id\":2,\"flexibleAssetTypeId\":1,\"nameKey\":\"\xff\",\"kind\":[\"\xff\"],\"required\":true}]"))
	f.Fuzz(func(t *testing.T, types, fields []byte) {
		got, err := bounded(t, types, decodeAssetTypes)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, assetType := range got {
			if assetType.ID <= 0 || !utf8.ValidString(assetType.Name+assetType.Description) {
				t.Errorf("accepted %+v", assetType)
			}
		}
		found, err := bounded(t, fields, decodeAssetFields)
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
		got, err := bounded(t, body, decodeTokens)
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

// bounded decodes a body, and checks that this takes little memory.
func bounded[T any](t *testing.T, body []byte, decode func([]byte) (T, error)) (value T, err error) {
	t.Helper()
	resttest.CheckMemory(t, func() (answers, bytes int) {
		value, err = decode(body)
		return 1, len(body)
	})
	return value, err
}

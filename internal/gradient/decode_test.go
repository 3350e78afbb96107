// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

func pointer(b bool) *bool { return &b }

func TestDecodeIntegration(t *testing.T) {
	t.Parallel()
	const sample = `{"organizationId":"64","name":"AJ AT","vendorId":"69","vendorName":"API","integrationId":"d2","status":"pending","lastSyncedAt":"1900-06-18T17:11:28.553Z"}`
	want := Integration{ID: "d2", OrganizationID: "64", OrganizationName: "AJ AT", VendorID: "69", VendorName: "API", Status: StatusPending}
	synced := want
	synced.LastSyncedAt = time.Date(2026, 11, 22, 1, 2, 3, 4e6, time.UTC)
	at := func(value string) string {
		return strings.Replace(sample, `"1900-06-18T17:11:28.553Z"`, value, 1)
	}
	cases := map[string]struct {
		body    string
		wrapped bool
		want    Integration
	}{
		"bare":              {sample, false, want},
		"bare on a wrapped": {sample, true, want},
		"wrapped":           {`{"data":` + sample + `,"status":200,"message":"Success - Updated Integration Status"}`, true, want},
		"synced":            {at(`"2026-11-22T01:02:03.004Z"`), false, synced},
		"synced elsewhere":  {at(`"2026-11-22T02:02:03.004+01:00"`), false, synced},
		"never: null":       {at(`null`), false, want},
		"never: empty":      {at(`""`), false, want},
		"never: number":     {at(`0`), false, want},
		"never: 1999":       {at(`"1999-12-31T23:59:59Z"`), false, want},
		"never: absent":     {`{"organizationId":64,"name":"AJ AT","vendorId":69,"vendorName":"API","integrationId":"d2","status":"pending","new":{}}`, false, want},
	}
	for name, tc := range cases {
		decode := decodeIntegration
		if tc.wrapped {
			decode = decodeWrappedIntegration
		}
		if got, err := decode([]byte(tc.body)); err != nil || got != tc.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for body, want := range map[string]string{
		`[]`:                           "it is not an integration",
		`null`:                         "it lacks integrationId",
		`{}`:                           "it lacks integrationId",
		`{"integrationId":"d2"}`:       "it lacks the integration's status",
		`{"data":` + sample + `}`:      "it lacks integrationId", // this route is never wrapped
		`{"integrationId":{"x":"d2"}}`: "it is not an integration",
	} {
		if _, err := decodeIntegration([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("%s gives %v, want %s", body, err, want)
		}
	}
}

func TestDecodeAccounts(t *testing.T) {
	t.Parallel()
	cases := map[string][]Account{
		`[]`: {},
		`[{"id":"1","name":"Sample Account","description":""}]`:             {{ID: "1", Name: "Sample Account"}},
		`[{"id":"1","name":"A","isMapped":true,"mappingId":"x","new":[1]}]`: {{ID: "1", Name: "A", IsMapped: pointer(true), MappingID: "x"}},
		`[{"id":"1","name":"A","description":"d","isMapped":false}]`:        {{ID: "1", Name: "A", Description: "d", IsMapped: pointer(false)}},
		`[{"id":"1","name":"A","isMapped":null}]`:                           {{ID: "1", Name: "A"}},
		`[{"id":"1","name":"A","isMapped":"maybe"}]`:                        {{ID: "1", Name: "A"}},
		`[{"_id":"old","name":"A"},{"_id":"m","id":7,"description":null}]`:  {{ID: "old", Name: "A"}, {ID: "7"}},
	}
	for body, want := range cases {
		if got, err := decodeAccounts([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, %v", body, got, err)
		}
	}
	for body, want := range map[string]string{
		`null`:                               "it is not a list of accounts",
		`{}`:                                 "it is not a list of accounts",
		`{"data":[]}`:                        "it is not a list of accounts",
		`[1]`:                                "it is not a list of accounts",
		`[{"id":"1"},{"name":"Acme"}]`:       `account 2 of its list, "Acme", has no id`,
		`[{"id":"a\n::error::","name":"A"}]`: `account 1 of its list, "A", has control characters in its id`,
		`[null]`:                             `account 1 of its list, "", has no id`,
	} {
		if got, err := decodeAccounts([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
}

func TestDecodeVendor(t *testing.T) {
	t.Parallel()
	const vendor = `{"_id":"v","attributes":[],"__v":0,"skus":[{"_id":"s1","name":"A","description":"d","category":"productivity","subcategory":"other","supportArticle":null},{"id":"s2","_id":"old","name":"B"}]}`
	want := []Service{{ID: "s1", Name: "A", Description: "d", Category: "productivity", Subcategory: "other"}, {ID: "s2", Name: "B"}}
	for _, body := range []string{vendor, `{"status":200,"data":` + vendor + `,"message":"Success - Retrieved Vendor"}`} {
		if got, err := decodeVendor([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, %v", body, got, err)
		}
	}
	if got, err := decodeVendor([]byte(vendor)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("bare gives %+v, %v", got, err)
	}
	for body, want := range map[string]string{
		`[]`:            "it is not a vendor with a list of skus",
		`null`:          "it lacks the vendor's skus",
		`{"data":null}`: "it lacks the vendor's skus",
		`{"data":{}}`:   "it lacks the vendor's skus",
		`{"skus":null}`: "it lacks the vendor's skus",
		`{"skus":{}}`:   "it is not a vendor with a list of skus",
		`{"skus":[{"id":"a\u001b[2J","name":"A"}]}`: `sku 1 of its list, "A", has control characters in its id`,
		`{"skus":[{"name":"A"}]}`:                   `sku 1 of its list, "A", lacks an id or a name`,
		`{"skus":[{"id":"s"},{}]}`:                  `sku 1 of its list, "", lacks an id or a name`,
	} {
		if got, err := decodeVendor([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
}

func FuzzDecodeIntegration(f *testing.F) {
	f.Add([]byte(`{"data":{"integrationId":"d2","status":"pending","lastSyncedAt":"1900-06-18T17:11:28.553Z"}}`))
	f.Add([]byte(`{"integrationId":1,"status":"active","lastSyncedAt":"2026-01-01"}`))
	f.Add([]byte(`{"integrationId":"a","status":"active","lastSyncedAt":"9999-12-31T23:59:59-10:00"}`))
	f.Add([]byte(`{"integrationId":"a","status":"active","lastSyncedAt":"2000-01-01T00:00:00+10:00"}`))
	f.Add([]byte(`{"integrationId":"\ud800","integrationID":"b","status":"active","STATUS":null,"lastSyncedAt":1e400}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := bounded(t, body, decodeWrappedIntegration)
		if err != nil && got != (Integration{}) {
			t.Errorf("%+v comes with %v", got, err)
		}
		if err == nil && (got.ID == "" || got.Status == "") {
			t.Errorf("accepted as %+v", got)
		}
		if year := got.LastSyncedAt.Year(); !got.LastSyncedAt.IsZero() && (year < 2000 || year > 9999) {
			t.Errorf("last synced in the year %d", year)
		}
	})
}

func FuzzDecodeAccounts(f *testing.F) {
	f.Add([]byte(`[{"id":"1","name":"A","description":"d","isMapped":false},{"_id":2}]`))
	f.Add([]byte(`[{"id":1e999999,"name":1e400},{"id":"1","id":"","_id":"2"},{"id":"a/../b\u0000","isMapped":"true"},{"id":"1"}]`))
	f.Add([]byte("[{\"id\":\"\xff\",\"name\":\"\\ud800\"},null]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := bounded(t, body, decodeAccounts)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		list := newAccountList(got)
		for _, account := range got {
			if found, ok := list.find(account.ID); !ok || found.ID == "" || !utf8.ValidString(account.ID+account.Name+account.Description) {
				t.Errorf("accepted %+v", account)
			}
		}
	})
}

func FuzzDecodeVendor(f *testing.F) {
	f.Add([]byte(`{"data":{"skus":[{"_id":"s1","name":"A"},{"id":"s2","name":"B","description":null}]}}`))
	f.Add([]byte(`{"skus":[{"id":1e400,"name":-0}],"skus":[],"data":{"skus":null},"data":{}}`))
	f.Add([]byte(`{"data":"{","skus":[{"id":"s","name":"\u0000"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := bounded(t, body, decodeVendor)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, service := range got {
			if service.ID == "" || service.Name == "" {
				t.Errorf("accepted %+v", service)
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

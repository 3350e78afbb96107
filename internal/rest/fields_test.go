// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// decodeWith decodes a body as the answer of a client with these secrets.
func decodeWith(t *testing.T, body string, into any, secrets ...string) error {
	t.Helper()
	return answeredWith(t, secrets...).answered(&http.Response{StatusCode: 200, Header: http.Header{}}, []byte(body)).Decode(into)
}

// encoding/json takes the last of two fields, so 20 seats and 99 seats would be 99.
func TestFieldsThatComeTwice(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"enabled":20,"enabled":99}`:                          `"enabled" twice`,
		`{"enabled":20,"ENABLED":99}`:                          `"enabled" twice, the second time as "ENABLED"`,
		`{"value":[{"a":1},{"b":{"skuId":1,"\u017fkuId":2}}]}`: `"skuId" twice`,
		`[[{"a":null,"a":null}]]`:                              `"a" twice`,
		`{"a":{"b":1},"b":2,"c":[{"a":1},{"a":1}]}`:            "",
		`{"a":"a","b":["a","a",{"a":{}}]}`:                     "",
		`{"":1," ":2}`:                                         "",
	} {
		var into any
		err := decodeWith(t, body, &into)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}

// An object with many fields is compared in another way than one with few.
func TestManyFields(t *testing.T) {
	t.Parallel()
	var fields []string
	for i := range 3 * maxFew {
		fields = append(fields, fmt.Sprintf(`"field%d":{"a":[1,{"b":"}]\"{"}]}`, i))
	}
	var into any
	if err := decodeWith(t, "{"+strings.Join(fields, " ,\n")+"}", &into); err != nil {
		t.Error(err)
	}
	for _, twice := range []string{"FIELD0", "Field40", `\u0066ield71`, "\u017field1"} {
		err := decodeWith(t, "{"+strings.Join(fields, ",")+`,"sield1":1,"`+twice+`":1}`, &into)
		if err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", twice, err)
		}
	}
}

// Whatever valid JSON there is, it is walked through to its end, and what is refused is what encoding/json would not keep apart.
func FuzzInspectJSON(f *testing.F) {
	for _, body := range []string{`{"a":1,"A":2}`, `[]`, ` [ { } , "x" , 1e5 , null ] `, `{"a":{"b":[{"c":"\""}]},"b":true}`, `"\u0041"`, `1`, `{"\u0061":1,"a":2}`, `{"":1}`} {
		f.Add([]byte(body))
	}
	masker := NewMasker([]string{"a-secret-of-a-key"})
	f.Fuzz(func(t *testing.T, body []byte) {
		body = trimBody(body)
		if !json.Valid(body) {
			t.Skip("inspectJSON is called with valid JSON only")
		}
		i := &inspector{body: body, masker: masker}
		if err := i.value(); err == nil && i.at != len(body) {
			t.Errorf("%q is read up to %d of %d", body, i.at, len(body))
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil {
			return
		}
		names := map[string]bool{}
		for name := range fields {
			names[fold([]byte(name))] = true
		}
		if _, err := inspectJSON(body, masker); err == nil && len(names) != len(fields) {
			t.Errorf("%q has a field twice", body)
		}
	})
}

// What an upstream repeats in a name would get into the state.
func TestSecretsInDataAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "vk-SECRETvendor-0123456789"
	var got struct {
		Name   string
		Seats  int64
		Nested []map[string]string
	}
	err := decodeWith(t, `{"name":"MSP \u0076k-SECRETvendor-0123456789","seats":9007199254740993,"nested":[{"token":"dmstU0VDUkVUdmVuZG9yLTAxMjM0NTY3ODk="},{"a":"<b>"}]}`,
		&got, secret, "short")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "MSP ***" || got.Seats != 9007199254740993 || got.Nested[0]["token"] != "***" || got.Nested[1]["a"] != "<b>" {
		t.Errorf("decoded %+v", got)
	}
	if err := decodeWith(t, `{"name":"shortbread"}`, &got, secret, "short"); err != nil || got.Name != "shortbread" {
		t.Errorf("a short secret is cut out of the name %q, %v", got.Name, err)
	}
}

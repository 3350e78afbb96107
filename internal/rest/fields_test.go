package rest

import (
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

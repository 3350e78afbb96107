// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

var resultType = tftypes.Map{ElementType: tftypes.Map{ElementType: tftypes.Number}}

// Whatever arrives as arguments, the provider answers with an error or with unit counts.
func FuzzCallFunction(f *testing.F) {
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		f.Fatal(err)
	}
	for _, arguments := range [][3]string{
		{`{"acme/hq":{"SPB":{"sku_id":"x","purchased":1,"enabled":"2","entitled":3.0,"assigned":1e1}},"acme/lab":null}`,
			`{"one":{"account_id":"acme"}}`, `{"p":{"service":"Premium","skus":["spb"],"basis":null}}`},
		{`{"a":{"S":{"sku_id":null,"purchased":1e600000000,"enabled":1e1000000000,"entitled":-1e-600000000,"assigned":-0}}}`,
			`{"1":{"account_id":"a"}}`, `{"p":{"service":"T","skus":["S"],"basis":"enabled"}}`},
		{`{"a":{"S":{"sku_id":null,"purchased":"NaN","enabled":"Inf","entitled":"0x1p3","assigned":null}}}`, `null`, `{"p":null}`},
		{`{"a":{},"a":null,"` + "\xff" + `":{}}`, `{"1":{"account_id":"a"},"1":{"account_id":"b"}}`, `{}`},
		{`{}`, `[]`, `{"p":{"service":"T","skus":[null,"S","S"],"basis":"enabled","more":1}}`},
	} {
		f.Add(true, []byte(arguments[0]), []byte(arguments[1]), []byte(arguments[2]))
		f.Add(false, []byte(arguments[0]), []byte(arguments[1]), []byte(arguments[2]))
	}
	f.Fuzz(func(t *testing.T, asJSON bool, counts, companies, licenses []byte) {
		request := &tfprotov6.CallFunctionRequest{Name: "unit_counts"}
		for _, argument := range [][]byte{counts, companies, licenses} {
			value := &tfprotov6.DynamicValue{JSON: argument}
			if !asJSON {
				value = &tfprotov6.DynamicValue{MsgPack: packed(t, argument)}
			}
			request.Arguments = append(request.Arguments, value)
		}
		response, err := server.CallFunction(t.Context(), request)
		if err != nil || response.Error != nil {
			return
		}
		result, err := response.Result.Unmarshal(resultType)
		if err != nil {
			t.Fatal(err)
		}
		accounts := map[string]tftypes.Value{}
		if err := result.As(&accounts); err != nil || !result.IsFullyKnown() {
			t.Fatalf("%v, %v", result, err)
		}
	})
}

// packed is JSON as MessagePack, as Terraform sends it. Bytes that are no MessagePack at all come from nowhere: the plugin
// library allocates whatever length they announce.
func packed(t *testing.T, text []byte) []byte {
	t.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		t.Skip("no JSON")
	}
	data, err := msgpack.Marshal(value)
	if err != nil {
		t.Skip(err)
	}
	return data
}

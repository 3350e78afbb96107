// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

// hostile are answers to every tenant at once.
var hostile = map[string]resttest.Answer{
	"nothing over and over": {Status: 200, Begin: `{"value":[`, Repeat: `{},`, End: `{}]}`, Size: 64 << 20},
	"small rows":            {Status: 200, Begin: `{"value":[`, Repeat: `{"skuId":"x"},`, End: `{"skuId":"x"}]}`, Size: 64 << 20},
	"a row that is long":    {Status: 200, Begin: `{"value":[{"skuId":"`, Repeat: "x", End: `"}]}`, Size: 64 << 20},
	"a row that is deep":    {Status: 200, Begin: `{"value":[`, Repeat: `[`, End: ``, Size: 64 << 20},
	"many ids":              {Status: 200, Begin: `{"value":[{"skuId":"x","subscriptionIds":[`, Repeat: `"",`, End: `""]}]}`, Size: 64 << 20},
	"many fields":           {Status: 200, Begin: `{`, Repeat: `"@a":1,`, End: `"value":[]}`, Size: 64 << 20},
	"a long field":          {Status: 200, Begin: `{"@a":[`, Repeat: `{},`, End: `{}],"value":[]}`, Size: 64 << 20},
	"a bare list":           {Status: 200, Begin: ``, Repeat: `[`, End: ``, Size: 64 << 20},
	"words":                 {Status: 200, Begin: ``, Repeat: `word `, End: ``, Size: 64 << 20},
	"a long error":          {Status: 403, Begin: `{"error":{"message":"`, Repeat: "x", End: `"}}`, Size: 64 << 20},
	"an error of nothing":   {Status: 400, Begin: `{"errors":[`, Repeat: `{},`, End: `{}]}`, Size: 64 << 20},
	"a sign-in":             {Status: 200, Begin: `{`, Repeat: `"a":{},`, End: `"b":1}`, Size: 64 << 20, SignIn: true},
	"a refused sign-in":     {Status: 400, Begin: `{"error":"x","error_codes":[`, Repeat: `1,`, End: `2]}`, Size: 64 << 20, SignIn: true},
	"pages without end":     {Status: 200, Begin: `{"@odata.nextLink":"https://graph.invented.example/v1.0/subscribedSkus","value":[`, Repeat: `{"skuId":"` + strings.Repeat("0", 200) + `"},`, End: `{"skuId":"x"}]}`, Size: 100 << 10},
}

// A wrong answer takes little memory, also when sixteen tenants get it at once.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	resttest.CheckPeak(t, hostile, func(t *testing.T, answer resttest.Answer) {
		upstream := &invented{misbehave: func(r *http.Request, what, _ string) (*http.Response, error) {
			if answer.SignIn != (what == "token") {
				return nil, nil
			}
			return answer.To(r), nil
		}}
		for tenant, result := range upstream.client(t).ReadLicenses(t.Context(), tenantNames(DefaultConcurrentTenants), 0) {
			if result.Err == nil || len(result.Err.Message) > 5000 {
				t.Errorf("%s: %+v", tenant, result)
			}
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

// hostile are answers to every request.
var hostile = map[string]resttest.Answer{
	"nothing over and over": {Status: 200, Begin: `[`, Repeat: `{},`, End: `{}]`, Size: 64 << 20},
	"as large as it may be": {Status: 200, Begin: `[`, Repeat: `{},`, End: `{}]`, Size: 15 << 20},
	"accounts":              {Status: 200, Begin: `[`, Repeat: `{"id":"x","name":"y"},`, End: `{"id":"z"}]`, Size: 3 << 20},
	"long accounts":         {Status: 200, Begin: `[`, Repeat: `{"id":"x","name":"` + strings.Repeat("y", 200) + `"},`, End: `{"id":"z"}]`, Size: 15 << 20},
	"services":              {Status: 200, Begin: `{"skus":[`, Repeat: `{"id":"x","name":"y"},`, End: `{"id":"z"}]}`, Size: 15 << 20},
	"deep":                  {Status: 200, Begin: ``, Repeat: `[`, End: ``, Size: 15 << 20},
	"an error":              {Status: 400, Begin: `{"message":[`, Repeat: `"x",`, End: `"y"]}`, Size: 64 << 20},
}

// A wrong answer takes little memory, whichever list it is the answer to.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	resttest.CheckPeak(t, hostile, func(t *testing.T, answer resttest.Answer) {
		client, err := New(Options{BaseURL: "https://app.example", VendorKey: "vendor-key-of-ours", PartnerKey: "partner-key-of-ours", Transport: answer})
		if err != nil {
			t.Fatal(err)
		}
		_, noAccounts := client.Accounts(t.Context())
		_, noServices := client.Services(t.Context())
		_, noIntegration := client.Integration(t.Context())
		if noIntegration == nil || noAccounts == nil && noServices == nil {
			t.Errorf("%v, %v, %v", noAccounts, noServices, noIntegration)
		}
	})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

// hostile are answers to every request.
var hostile = map[string]resttest.Answer{
	"nothing over and over": {Status: 200, Begin: `{"value":[`, Repeat: `{},`, End: `{}]}`, Size: 64 << 20},
	"as large as it may be": {Status: 200, Begin: `{"value":[`, Repeat: `{},`, End: `{}]}`, Size: 15 << 20},
	"companies":             {Status: 200, Begin: `{"value":[`, Repeat: `{"companyId":1,"name":"y"},`, End: `{"companyId":2}]}`, Size: 3 << 20},
	"long companies":        {Status: 200, Begin: `{"value":[`, Repeat: `{"companyId":1,"name":"` + strings.Repeat("y", 200) + `"},`, End: `{"companyId":2}]}`, Size: 15 << 20},
	"an envelope":           {Status: 200, Begin: `{"success":true,"data":[`, Repeat: `{},`, End: `{}]}`, Size: 15 << 20},
	"deep":                  {Status: 200, Begin: ``, Repeat: `[`, End: ``, Size: 15 << 20},
	"an error":              {Status: 400, Begin: `{"errors":[`, Repeat: `"x",`, End: `"y"]}`, Size: 64 << 20},
}

// A wrong answer takes little memory.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	resttest.CheckPeak(t, hostile, func(t *testing.T, answer resttest.Answer) {
		client, err := New(Options{PublicKey: "public-key-of-ours", PrivateKey: "private-key-of-ours", BaseURL: "https://api.example", Transport: answer})
		if err != nil {
			t.Fatal(err)
		}
		if companies, err := client.Companies(t.Context()); err == nil {
			t.Errorf("%d companies", len(companies))
		}
	})
}

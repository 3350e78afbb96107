// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestCloudRadialTokenLifeCycle(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	const path = "/v2/token/My%20list?companyId=7"
	notFound := `{"success":false,"message":"Token not found"}`
	for _, value := range []string{"a,b", ""} { // creates, then replaces
		c.want("POST", "/v2/token", `{"companyId":7,"token":"My list","value":"`+value+`"}`, 201,
			`{"data":{"companyId":7,"token":"My list","value":"`+value+`","type":0},"success":true,"message":null}`)
	}
	c.want("POST", "/v2/token", `{"companyId":7,"token":"My list","value":"d","type":3}`, 201,
		`{"data":{"companyId":7,"token":"My list","value":"d","type":3},"success":true,"message":null}`)
	c.want("GET", path, "", 200, `{"data":{"companyId":7,"token":"My list","value":"d","type":3},"success":true,"message":null}`)
	c.want("GET", "/v2/odata/token", "", 200, `{"@odata.context":"`+c.server.HTTPURL()+`/v2/odata/$metadata#Token","value":[`+
		`{"companyId":7,"name":"My list","companyName":"Acme, Inc.","partnerId":1,"value":"d","type":3}]}`)
	c.want("GET", "/v2/token/my%20list?companyId=7", "", 404, notFound)
	c.want("DELETE", path, "", 204, "")
	c.want("DELETE", path, "", 404, notFound)
	c.want("GET", path, "", 404, notFound)

	again := startCloudRadial(t, map[string]string{"repeat-delete": "204"}, threeCompanies...)
	again.server.PutToken(Token{CompanyID: 7, Name: "A"})
	again.server.RemoveToken(7, "A")
	again.want("DELETE", "/v2/token/A?companyId=7", "", 204, "")
	again.want("DELETE", "/v2/token/B?companyId=7", "", 404, notFound)
}

func TestCloudRadialTokenWithoutCompanyID(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	c.server.PutToken(Token{CompanyID: 7, Name: "A", Value: "company"})
	c.want("POST", "/v2/token", `{"companyId":0,"token":"A","value":"partner"}`, 201,
		`{"data":{"companyId":0,"token":"A","value":"partner","type":0},"success":true,"message":null}`)
	c.want("GET", "/v2/token/A", "", 200, `{"data":{"companyId":0,"token":"A","value":"partner","type":0},"success":true,"message":null}`)
	c.want("DELETE", "/v2/token/A", "", 204, "")
	if got := fmt.Sprint(c.server.Tokens()); got != "[{7 A company 0}]" {
		t.Error(got)
	}
}

func TestCloudRadialTokenRefusals(t *testing.T) {
	t.Parallel()
	c := startCloudRadial(t, nil, threeCompanies...)
	long := strings.Repeat("ü", 256)
	for body, part := range map[string]string{
		`{"token":"A","value":"v"}`:                             "CompanyId",
		`{"companyId":7,"value":"v"}`:                           "Token",
		`{"companyId":7,"token":"","value":"v"}`:                "Token",
		`{"companyId":7,"token":"` + long + `","value":"v"}`:    "Token",
		`{"companyId":7,"token":"A"}`:                           "Value",
		`{"companyId":7,"token":"A","value":null}`:              "Value",
		`{"companyId":7,"token":"A","value":"v","type":5}`:      "VariableType",
		`{"companyId":7,"token":"A","value":"v","name":"A"}`:    "name",
		`{"companyId":99,"token":"A","value":"v"}`:              "company does not exist",
		`{"companyId":7,"token":"CompanyTenantId","value":"v"}`: "predefined",
		`text/plain|{"companyId":7,"token":"A","value":"v"}`:    "",
		`[]`: "$",
	} {
		status, _, answer := c.call("POST", "/v2/token", body)
		want := 400
		if part == "" {
			want = 415
		}
		if status != want || !strings.Contains(answer, part) {
			t.Errorf("%s: %d %s, want %s", body, status, answer, part)
		}
	}
	for _, path := range []string{"/v2/token/A?companyId=x", "/v2/token/A?company=7", "/v2/token/A?companyId=7&companyId=0"} {
		if status, _, answer := c.call("DELETE", path, ""); status != 400 {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
	c.want("GET", "/v2/token/CompanyName?companyId=7", "", 404, `{"success":false,"message":"Token not found"}`)
	c.want("GET", "/v2/token/a%2Fb?companyId=7", "", 404, `{"success":false,"message":"Token not found"}`)
	if got := c.server.Tokens(); len(got) != 0 {
		t.Error(got)
	}
}

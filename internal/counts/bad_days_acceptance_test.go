// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Sign-ins go wrong in every way at once. It is one message, grouped by cause, which names each key and tenant with what
// was asked and answered. They are null, and the tenant that answers has its numbers.
func TestSignInsGoWrongInEveryWay(t *testing.T) {
	t.Parallel()
	page := map[string]string{"Content-Type": "text/html"}
	oauth := func(code string, number int) string {
		return fmt.Sprintf(`{"error":%q,"error_description":"AADSTS%d: What is wrong.","error_codes":[%d],"trace_id":"trace-7"}`, code, number, number)
	}
	ways := []struct {
		key   string
		fault sandbox.Fault
		group string
		text  string
	}{
		{"anomaly", sandbox.Fault{Status: http.StatusForbidden, Body: "<html><title>Guest network</title></html>", Header: page},
			"The answer is not valid.", "answered 403 with text/html"},
		{"cut", sandbox.Fault{Kind: "cut-off"}, "Microsoft could not be reached or failed.", "unexpected EOF"},
		{"down", sandbox.Fault{Status: http.StatusServiceUnavailable}, "Microsoft could not be reached or failed.", "answered 503"},
		{"patience", sandbox.Fault{Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "3600"}},
			"Microsoft kept rate-limiting the provider", "answered 429"},
		{"policy", sandbox.Fault{Status: http.StatusBadRequest, Body: oauth("invalid_grant", 53003)},
			"A conditional access policy of the tenant blocks the application.", "AADSTS53003: What is wrong (trace id trace-7)"},
		{"proxy", sandbox.Fault{Status: http.StatusOK, Body: "<html><title>Guest network</title></html>", Header: page},
			"The answer is not valid.", "answered 200 with text/html"},
		{"reset", sandbox.Fault{Kind: "reset"}, "Microsoft could not be reached or failed.", "no usable answer"},
	}
	seed := sandbox.Seed{Tenants: []sandbox.Tenant{{ID: acmeID, Domains: []string{"fine.example"}, SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 9}}}}}
	tenants := "    fine = \"fine.example\"\n"
	id := func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
	for i, way := range ways {
		seed.Tenants = append(seed.Tenants, sandbox.Tenant{ID: id(i), Domains: []string{way.key + ".example"}})
		tenants += fmt.Sprintf("    %s = %q\n", way.key, way.key+".example")
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	for i, way := range ways {
		way.fault.System, way.fault.Path = sandbox.Microsoft, "^/"+id(i)+"/oauth2/" // discovery leads from the domain to the id
		s.Inject(way.fault)
	}
	w := providertest.NewWorkspace(t, reading(s, "  on_error = \"skip\"\n  tenants = {\n"+tenants+"  }"))
	out := w.Apply()
	if strings.Count(out.Text, "Warning:") != 1 {
		t.Errorf("want one warning:\n%s", out.Raw)
	}
	out.ExpectTexts(t, "Tenants skipped because they cannot be read: anomaly and 6 more")
	for _, way := range ways {
		if strings.Count(out.Text, way.group) != 1 {
			t.Errorf("%q is not there once:\n%s", way.group, out.Raw)
		}
		_, after, found := strings.Cut(out.Text, fmt.Sprintf("- %s: tenant %q: could not sign in:", way.key, way.key+".example"))
		if line, _, _ := strings.Cut(after, " - "); !found || !strings.Contains(line, way.text) {
			t.Errorf("%s: %q is missing in %q", way.key, way.text, line)
		}
	}
	got := held(t, w)
	counts := got["counts"].(map[string]any)
	providertest.ExpectJSON(t, "counts of the tenant that answers", counts["fine"], spbCount(10, 10, 10, 9, ""))
	for _, way := range ways {
		if value, there := counts[way.key]; !there || value != nil {
			t.Errorf("counts of %s are %v, want null", way.key, value)
		}
		if message, _ := got["errors"].(map[string]any)[way.key].(string); !strings.Contains(message, way.text) {
			t.Errorf("errors of %s are %q, want %q", way.key, message, way.text)
		}
	}
}

// Graph refuses or answers nonsense after a sign-in that went well: never an empty tenant, never zero.
func TestGraphGoesWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault sandbox.Fault
		texts []string
	}{
		"401": {sandbox.Fault{Status: 401, Body: `{"error":{"code":"Authorization_IdentityNotFound","message":"The identity could not be established."}}`},
			[]string{"The application has no consent in the tenant", "answered 401 Unauthorized", "Authorization_IdentityNotFound", "/acme.example/v2.0/adminconsent"}},
		"403": {sandbox.Fault{Status: 403, Body: `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges."}}`, Header: map[string]string{"Request-Id": "req-7"}},
			[]string{"Grant the application the permission Organization.Read.All", "answered 403 Forbidden", "Insufficient privileges.", "request id req-7", "/acme.example/v2.0/adminconsent"}},
		"404": {sandbox.Fault{Status: 404, Body: `{"error":{"code":"Request_ResourceNotFound","message":"No such resource."}}`},
			[]string{"The answer is not valid.", "answered 404 Not Found", "No such resource."}},
		"409": {sandbox.Fault{Status: 409, Body: `{"error":{"code":"Conflict","message":"Busy."}}`}, []string{"answered 409 Conflict", "Busy."}},
		"429 that asks for an hour": {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "3600"}},
			[]string{"Microsoft kept rate-limiting the provider", "lower microsoft.max_concurrent_tenants", "answered 429 Too Many Requests"}},
		"HTML": {sandbox.Fault{Status: 200, Body: "<html><title>Guest network</title></html>", Header: map[string]string{"Content-Type": "text/html"}},
			[]string{"The answer is not valid. If there is a proxy", "an HTML page instead of JSON", "Guest network"}},
		"no list": {sandbox.Fault{Status: 200, Body: `{}`}, []string{"The answer is not valid.", `no list in "value"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			test.fault.System, test.fault.Path = sandbox.Microsoft, "/subscribedSkus$"
			s.Inject(test.fault)
			out := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example" }`)).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, append(test.texts, "Licenses of 1 of 1 tenants cannot be read", `- acme: tenant "acme.example":`, "/v1.0/subscribedSkus")...)
		})
	}
}

// Two SKUs of one part number have keys of their own; totals add up by part number. A mapping of the part number counts the SKU whose
// id Microsoft's table has: the same name over another id is another product.
func TestTwoSKUsOfOnePartNumber(t *testing.T) {
	t.Parallel()
	const otherID = "cbdc14ab-0000-4000-8000-000000000007"
	seed := estate()
	seed.Tenants[0].SKUs = []sandbox.SKU{
		{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 12},
		{PartNumber: "SPB", SKUID: otherID, Enabled: 4, Consumed: 1},
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", beta = "beta.example" }
  with_details = true`)+calling("data.cloudradial_license_counts.m365.counts", `{ a = { account_id = "acme" }, b = { account_id = "beta" } }`, oneLicense))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{
		"acme": {
			"SPB/`+spbID+`": {"sku_id": "`+spbID+`", "product_name": "Microsoft 365 Business Premium", "purchased": 10, "active": 10, "enabled": 10, "entitled": 10,
				"assigned": 12, "flags": ["overassigned"]},
			"SPB/`+otherID+`": {"sku_id": "`+otherID+`", "product_name": "SPB", "purchased": 4, "active": 4, "enabled": 4, "entitled": 4, "assigned": 1,
				"flags": ["unknown_sku"]}},
		"beta": `+spbCount(5, 5, 5, 5, "")+`}`)
	providertest.ExpectJSON(t, "totals", got["totals"], `{"SPB": {"purchased": 19, "assigned": 18}}`)
	providertest.ExpectJSON(t, "units", got["units"], `{"acme": {"Premium": 10}, "beta": {"Premium": 5}}`)
	if details := got["details"].(map[string]any)["acme"].(map[string]any); len(details) != 2 || details["SPB/"+otherID] == nil {
		t.Errorf("details have the keys of %v", details)
	}
}

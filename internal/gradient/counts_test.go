// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestSetUnitCount(t *testing.T) {
	t.Parallel()
	const count = "POST /service/s%2F1/count"
	refusal := func(message string) reply {
		return reply{status: 404, body: fmt.Sprintf(`{"statusCode":404,"message":%q}`, message)}
	}
	cases := map[string]struct {
		replies   []reply
		sent      int
		want      string
		notMapped bool
	}{
		"accepted":            {[]reply{{status: 201, body: `{"status":201,"message":"Success - Created service unit count"}`}}, 1, "", false},
		"accepted in silence": {[]reply{{status: 201}}, 1, "", false},
		"repeated":            {[]reply{{status: 500}, {cut: true}, {status: 429}, {status: 201}}, 4, "", false},
		"no account map":      {[]reply{refusal("No account map found with id: a")}, 1, "No account map", true},
		"service not mapped":  {[]reply{refusal("Unknown account, or service is not mapped")}, 1, "not mapped", true},
		"cannot find a map":   {[]reply{refusal("Cannot find service map with id: s")}, 1, "Cannot find", true},
		"some other words":    {[]reply{refusal("Nope")}, 1, "Nope", true},
		"cannot post":         {[]reply{refusal("Cannot POST a count: the service is not mapped")}, 1, "Cannot POST a count", true},
		"wrong method":        {[]reply{{status: 404, body: `{"statusCode":404,"message":"Cannot PUT /x","error":"Not Found"}`}}, 1, "Cannot PUT", false},
		"wrong address":       {[]reply{{status: 404, body: `{"statusCode":404,"message":"Cannot POST /api/vendor-api/service/s/count","error":"Not Found"}`}}, 1, "Cannot POST", false},
		"wrong vendor":        {[]reply{refusal("Vendor Profile Not Found")}, 1, "Vendor Profile", false},
		"a page":              {[]reply{{status: 404, body: `<html><title>Not here</title></html>`}}, 1, "Not here", false},
		"an empty 404":        {[]reply{{status: 404}}, 1, "404", false},
		"another server":      {[]reply{{status: 404, body: `404 page not found`}}, 1, "404 page", false},
		"a sign-in page":      {[]reply{{status: 201, body: `<html></html>`}}, 1, "HTML page instead of JSON", false},
		"a refusal within":    {[]reply{{status: 201, body: `{"status":404,"message":"no"}`}}, 1, "reports the status 404", false},
		"a list":              {[]reply{{status: 201, body: `[]`}}, 1, "does not say that the count was accepted", false},
		"an anomaly":          {[]reply{{status: 403, body: `{"message":"Forbidden"}`}}, 1, "Forbidden", false},
		"an invalid id":       {[]reply{{status: 400, body: `{"message":"You have provided an invalid Id type"}`}}, 1, "invalid Id", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{count: tc.replies})
			err := client.SetUnitCount(t.Context(), "s/1", "a", 0)
			if sent := s.count(`POST /api/vendor-api/service/s%2F1/count {"accountId":"a","unitCount":0}`); sent != tc.sent || sent != len(s.asked) {
				t.Errorf("asked %q, want %d", s.asked, tc.sent)
			}
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if errors.Is(err, ErrNotMapped) != tc.notMapped {
				t.Errorf("not mapped: %v", err)
			}
			if tc.notMapped && rest.Status(err) != 404 {
				t.Errorf("no *rest.Error in %v", err)
			}
		})
	}
}

// Every push is plain, as all production callers send it (gradient.md §6).
func TestSetUnitCountIsPlain(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{"POST /service/s1/count": {{status: 201}}})
	if err := client.SetUnitCount(t.Context(), "s1", "a", 25); err != nil {
		t.Error(err)
	}
	if want := []string{`POST /api/vendor-api/service/s1/count {"accountId":"a","unitCount":25}`}; !reflect.DeepEqual(s.asked, want) {
		t.Errorf("asked %q", s.asked)
	}
	for _, bad := range []struct {
		account string
		units   int64
	}{{"", 1}, {"a", -1}} {
		if err := client.SetUnitCount(t.Context(), "s1", bad.account, bad.units); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if len(s.asked) != 1 {
		t.Errorf("asked %q", s.asked)
	}
}

// A count that is taken for accepted is never pushed again, so every answer that the contract does not have is unusable, and what
// Gradient holds then is unclear.
func TestOnlyTheAnswerOfTheContractAcceptsACount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		want   string // part of the error, empty when the count is accepted
	}{
		{201, `{"status":201,"message":"Success - Created service unit count"}`, ""},
		{201, ``, ""},
		{201, " \n", ""},
		{201, `{"status":200}`, ""},
		{201, `{"status":201,"data":{"accountId":"a","unitCount":25},"error":null,"errors":[],"success":true}`, ""},
		{200, `{}`, "only 201"},
		{202, `{}`, "only 201"},
		{204, ``, "only 201"},
		{200, ``, "only 201"},
		{200, `{"status":201}`, "only 201"},
		{200, `{"success":false}`, "only 201"},
		{200, `{"status":"error","message":"not stored"}`, "only 201"},
		{200, `{"errors":["x"]}`, "only 201"},
		{200, `{"status":201,"data":{"unitCount":1,"accountId":"zz"}}`, "only 201"},
		{201, `{}`, "status none"},
		{201, `{"STATUS":201}`, "status none"},
		{201, `{"status":null}`, "status null"},
		{201, `{"status":"201"}`, `status "201"`},
		{201, `{"status":404}`, "status 404"},
		{201, `{"status":300}`, "status 300"},
		{201, `{"status":199}`, "status 199"},
		{201, `{"status":"error","message":"not stored"}`, `status "error"`},
		{201, `{"statusCode":"400","message":"bad"}`, "status none"},
		{201, `{"status":201,"statusCode":"400"}`, `statusCode "400"`},
		{201, `{"status":201,"statusCode":400}`, "statusCode 400"},
		{201, `{"status":201,"success":false}`, "success: false"},
		{201, `{"status":201,"error":"no"}`, `error: "no"`},
		{201, `{"status":201,"errors":["x"]}`, "errors:"},
		{201, `{"status":201,"accountId":"zz"}`, `the account "zz"`},
		{201, `{"status":201,"data":{"unitCount":25,"accountId":"zz"}}`, `the account "zz"`},
		{201, `{"status":201,"data":{"unitCount":1,"accountId":"a"}}`, "about 1 units"},
		{201, `[]`, "does not say"},
		{201, `null`, "does not say"},
		{201, `201`, "does not say"},
		{201, `<html></html>`, "HTML page"},
	} {
		t.Run(fmt.Sprint(tc.status, tc.body), func(t *testing.T) {
			t.Parallel()
			_, client := play(t, map[string][]reply{"POST /service/s1/count": {{status: tc.status, body: tc.body}}})
			err := client.SetUnitCount(t.Context(), "s1", "a", 25)
			if tc.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !rest.Ambiguous(err) {
				t.Errorf("got %v, want %q, and that it is unclear", err, tc.want)
			}
		})
	}
}

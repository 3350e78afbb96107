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
		"repeated":            {[]reply{{status: 500}, {cut: true}, {status: 429}, {status: 201, body: `{}`}}, 4, "", false},
		"no account map":      {[]reply{refusal("No account map found with id: a")}, 1, "No account map", true},
		"service not mapped":  {[]reply{refusal("Unknown account, or service is not mapped")}, 1, "not mapped", true},
		"some other words":    {[]reply{refusal("Nope")}, 1, "Nope", true},
		"wrong address":       {[]reply{{status: 404, body: `{"statusCode":404,"message":"Cannot POST /api/vendor-api/service/s/count","error":"Not Found"}`}}, 1, "Cannot POST", false},
		"wrong vendor":        {[]reply{refusal("Vendor Profile Not Found")}, 1, "Vendor Profile", false},
		"a page":              {[]reply{{status: 404, body: `<html><title>Not here</title></html>`}}, 1, "Not here", false},
		"another server":      {[]reply{{status: 404, body: `404 page not found`}}, 1, "404 page", false},
		"a sign-in page":      {[]reply{ok(`<html></html>`)}, 1, "HTML page instead of JSON", false},
		"a refusal within":    {[]reply{ok(`{"status":404,"message":"no"}`)}, 1, "reports the status 404", false},
		"a list":              {[]reply{ok(`[]`)}, 1, "does not say that the count was accepted", false},
		"an anomaly":          {[]reply{{status: 403, body: `{"message":"Forbidden"}`}}, 1, "Forbidden", false},
		"an invalid id":       {[]reply{{status: 400, body: `{"message":"You have provided an invalid Id type"}`}}, 1, "invalid Id", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{count: tc.replies})
			err := client.SetUnitCount(t.Context(), "s/1", "a", 0, false)
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

func TestSetUnitCountWithoutRebuild(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{"POST /service/s1/count?no_build=true": {{status: 201}}})
	if err := client.SetUnitCount(t.Context(), "s1", "a", 25, true); err != nil {
		t.Error(err)
	}
	if want := []string{`POST /api/vendor-api/service/s1/count?no_build=true {"accountId":"a","unitCount":25}`}; !reflect.DeepEqual(s.asked, want) {
		t.Errorf("asked %q", s.asked)
	}
	for _, bad := range []struct {
		account string
		units   int64
	}{{"", 1}, {"a", -1}} {
		if err := client.SetUnitCount(t.Context(), "s1", bad.account, bad.units, true); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if len(s.asked) != 1 {
		t.Errorf("asked %q", s.asked)
	}
}

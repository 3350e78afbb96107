// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"strings"
	"testing"
)

func TestSetStatus(t *testing.T) {
	t.Parallel()
	const inactive = `{"integrationId":"i","status":"inactive","name":"MSP"}`
	const pending = `{"integrationId":"i","status":"pending","name":"MSP"}`
	const patch, get = "PATCH /organization/status/pending", "GET /organization"
	cases := map[string]struct {
		patches    []reply
		reads      []reply
		sent, read int
		want       string
	}{
		"wrapped":              {[]reply{ok(`{"data":` + pending + `,"status":200,"message":"m"}`)}, nil, 1, 1, ""},
		"repeated":             {[]reply{{status: 502}, ok(pending)}, nil, 2, 1, ""},
		"empty, carried out":   {[]reply{{status: 204}}, []reply{ok(pending)}, 1, 2, ""},
		"empty, not done":      {[]reply{{status: 204}}, []reply{ok(inactive)}, 1, 2, "empty"},
		"refused":              {[]reply{{status: 400}}, nil, 1, 1, "400"},
		"unclear, carried out": {[]reply{{cut: true}}, []reply{ok(pending)}, 5, 2, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{patch: tc.patches, get: append([]reply{ok(inactive)}, tc.reads...)})
			if got, err := client.Integration(t.Context()); err != nil || got.Status != StatusInactive {
				t.Fatal(got, err)
			}
			got, err := client.SetStatus(t.Context(), StatusPending)
			if s.count("PATCH") != tc.sent || s.count("GET") != tc.read || s.count("PATCH /api/vendor-api/organization/status/pending {") != 0 {
				t.Errorf("asked %q", s.asked)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if held, _ := client.Integration(t.Context()); err != nil || got.Status != StatusPending || held != got || s.count("GET") != tc.read {
				t.Errorf("got %+v, %v; held %+v", got, err, held)
			}
		})
	}
}

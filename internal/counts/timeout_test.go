// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"testing"
	"time"
)

func TestParseTimeout(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 0, "60": time.Minute, "60s": time.Minute, "1m30s": 90 * time.Second, "5s": 5 * time.Second, "4m": 4 * time.Minute} {
		if got, err := parseTimeout(text); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"4", "4.9s", "241", "1h", "-60s", "-60", "60 s", "x", "1.5", "99999999999999999999"} {
		if got, err := parseTimeout(text); err == nil {
			t.Errorf("%q is taken as %s", text, got)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"testing"
	"time"
)

func TestGradientRateLimitSlides(t *testing.T) {
	t.Parallel()
	s := &Server{options: Options{RateLimit: 2}, gradient: &gradientState{hits: map[string][]time.Time{}}}
	epoch := time.Now()
	for _, request := range []struct {
		token  string
		at     time.Duration
		passes bool
	}{
		{"a", 0, true},
		{"a", 900 * time.Millisecond, true},
		{"a", 950 * time.Millisecond, false},
		{"b", 950 * time.Millisecond, true}, // each token has its own second
		{"a", 999 * time.Millisecond, false},
		{"a", 1000 * time.Millisecond, true},  // the first is a second ago, and refused requests do not count
		{"a", 1100 * time.Millisecond, false}, // a window that restarts every second would accept this
		{"a", 1900 * time.Millisecond, true},
	} {
		if got := s.underLimit(request.token, epoch.Add(request.at)); got != request.passes {
			t.Errorf("%s at %v: %v, want %v", request.token, request.at, got, request.passes)
		}
	}
	s.underLimit("c", epoch.Add(time.Minute))
	if len(s.gradient.hits) != 1 {
		t.Errorf("tokens that are no longer used are kept: %v", s.gradient.hits)
	}
}

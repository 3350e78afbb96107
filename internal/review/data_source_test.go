// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review

import (
	"testing"
)

// What a person types into a portal is a number of seats, or none that anybody can read.
func TestParseSeats(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"10": 10, "\t7": 7, "0": 0, "2.5": 2.5, "10.0": 10} {
		if got := parseSeats(text); got == nil || *got != want {
			t.Errorf("%q: %v, want %g", text, got, want)
		}
	}
	for _, text := range []string{"", "ten", "10 seats", "NaN", "Inf", "1,000"} {
		if got := parseSeats(text); got != nil {
			t.Errorf("%q: %g, want none", text, *got)
		}
	}
}

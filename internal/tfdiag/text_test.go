// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"math/big"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// A number that takes hours to spell out would hang the plan that complains about it.
func TestNumberText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.5": "1.5", "-1": "-1", "-250000": "-250000", "3e9": "3000000000", "1e30": "1e+30", "0.1": "0.1", "1e1000000000": "+Inf",
		"1e400": "a number with hundreds of digits", "1e600000000": "a number with hundreds of digits",
		"-1e-600000000": "a number with hundreds of digits",
	} {
		number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		if got := tfdiag.NumberText(number); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

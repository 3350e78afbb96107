// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Each basis has a field of its own, and On reads the field that Of points to.
func TestEveryBasisHasItsField(t *testing.T) {
	t.Parallel()
	var seats billing.Seats
	for i, basis := range billing.Bases() {
		*basis.Of(&seats) = int64(i + 1)
	}
	for i, basis := range billing.Bases() {
		if got := seats.On(basis.Name); got != int64(i+1) {
			t.Errorf("%s is %d, want %d", basis.Name, got, i+1)
		}
		if basis.Description == "" || basis.Question == "" || !slices.Contains(billing.BasisNames(), string(basis.Name)) {
			t.Errorf("%q lacks its description or name", basis.Name)
		}
	}
	if got := seats.On(""); got != seats.Purchased || billing.Bases()[0].Name != billing.Purchased {
		t.Errorf("the default basis has %d seats, want the %d purchased", got, seats.Purchased)
	}
}

// The description has the question and the answer of each basis, one in a line, and ends with a full stop.
func TestDescribeBases(t *testing.T) {
	t.Parallel()
	lines := strings.Split(billing.DescribeBases(), "\n")
	if len(lines) != len(billing.Bases())+2 {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "  - ") || !strings.HasSuffix(line, ".") {
			t.Errorf("%q is not an entry of a list", line)
		}
		if i < len(billing.Bases()) {
			if basis := billing.Bases()[i]; !strings.Contains(line, basis.Question+" Counts "+basis.Description) {
				t.Errorf("%q does not describe %s", line, basis.Name)
			}
		}
	}
	if text := strings.Join(lines, " "); !strings.Contains(text, "suspended seats") || !strings.Contains(text, "`suspended_units`") {
		t.Errorf("%q says nothing of suspended seats", text)
	}
}

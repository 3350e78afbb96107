package billing_test

import (
	"slices"
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

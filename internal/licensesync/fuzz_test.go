package licensesync

import (
	"math/big"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// A configured number is the unit count that was written down, or an error.
func FuzzConfiguredCounts(f *testing.F) {
	for _, number := range []string{
		"0", "-0", "7", "-1", "1.5", "2147483647", "2147483648", "3e9", "9007199254740993", "1e400", "-1e400", "1e-400",
		"1e600000000", "-1e600000000", "1e-600000000", "1e1000000000", "-1e1000000000", "null",
	} {
		f.Add("acme", "Premium", number)
	}
	f.Add("", "", "1")
	f.Add("a\x00/b", "\xff\u202e\"\n", "12")
	f.Fuzz(func(t *testing.T, account, service, text string) {
		units := types.NumberNull()
		if number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven); err == nil {
			units = types.NumberValue(number)
		}
		configured := types.MapValueMust(servicesType, map[string]attr.Value{
			account: types.MapValueMust(types.NumberType, map[string]attr.Value{service: units}),
		})
		counts, err := countsOf(configured)
		if err != nil {
			if _, taken := counts[account][service]; taken || err.Error() == "" {
				t.Errorf("%s of %q and %q is taken as %v, and refused: %v", text, account, service, counts, err)
			}
			return
		}
		got := counts[account][service]
		if account == "" || service == "" || got < 0 || got > billing.MostSeats || number(got).ValueBigFloat().Cmp(units.ValueBigFloat()) != 0 {
			t.Fatalf("%s of %q and %q is taken as %d", text, account, service, got)
		}
		if again, err := countsOf(countsValue(counts)); err != nil || !reflect.DeepEqual(again, counts) {
			t.Errorf("%v is written and read as %v, %v", counts, again, err)
		}
	})
}

// What the state remembers reads back as it was written.
func FuzzBook(f *testing.F) {
	f.Add("a", "S", int64(3), "a", "T", int64(0), "b", "S", int64(7))
	f.Add("a", "S", int64(3), "a", "S", int64(4), "a", "S", int64(5))
	f.Add("a/b", "\"]", int64(2147483647), "\x00", "\u2028", int64(1), "ａ", "\xff", int64(2))
	f.Fuzz(func(t *testing.T, account, service string, units int64, refused, refusedService string, refusedUnits int64,
		kept, keptService string, keptUnits int64) {
		for _, text := range []string{account, service, refused, refusedService, kept, keptService} {
			if text == "" {
				return
			}
		}
		if min(units, refusedUnits, keptUnits) < 0 || max(units, refusedUnits, keptUnits) > billing.MostSeats {
			return
		}
		written := book{
			counts:   billing.Counts{account: {service: units}, kept + "/": nil, refused + "/": {}},
			unmapped: billing.Ledger{at(refused, refusedService): refusedUnits},
			held:     billing.Ledger{at(kept, keptService): keptUnits},
		}
		var m model
		m.write(written)
		read, err := m.book()
		if err != nil || !reflect.DeepEqual(read, written) {
			t.Errorf("%+v is written and read as %+v, %v", written, read, err)
		}
	})
}

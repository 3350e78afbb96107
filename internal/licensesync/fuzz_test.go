// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"reflect"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// The push history is read as it was written.
func FuzzPushState(f *testing.F) {
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
		written := pushState{
			counts:   billing.Counts{account: {service: units}, kept + "/": nil, refused + "/": {}},
			unmapped: billing.Ledger{at(refused, refusedService): refusedUnits},
			held:     billing.Ledger{at(kept, keptService): keptUnits},
		}
		var m model
		m.setPushState(written)
		read, err := m.pushState()
		if err != nil || !reflect.DeepEqual(read, written) {
			t.Errorf("%+v is written and read as %+v, %v", written, read, err)
		}
	})
}

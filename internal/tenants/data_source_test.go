// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tenants

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

func TestDaysCountFromNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)
	then := now.Add(30 * 24 * time.Hour)
	d := &microsoftTenants{now: func() time.Time { return now }}
	ending := func(id string, end time.Time, extend int64) microsoft.CustomerTenant {
		return microsoft.CustomerTenant{ID: id, Relationship: &microsoft.Relationship{Status: "active", End: end, AutoExtend: extend}}
	}
	all := []microsoft.CustomerTenant{
		ending("long past", then.AddDate(-1, 0, 0), 0),
		ending("a second before", then.Add(-time.Second), 0),
		ending("extended", then.Add(-time.Hour), 180),
		ending("on the dot", then, 0),
		ending("elsewhere on the dot", then.In(time.FixedZone("", -5*3600)), 0),
		ending("a moment after", then.Add(time.Nanosecond), 0),
		ending("not begun", time.Time{}, 0),
		{ID: "contract"},
	}
	if got := d.filter(all, types.Int64Null()); len(got) != len(all) {
		t.Errorf("%d tenants without a filter, want %d", len(got), len(all))
	}
	got := d.filter(all, types.Int64Value(30))
	want := []string{"long past", "a second before", "extended", "on the dot", "elsewhere on the dot"}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, tenant := range got {
		if tenant.ID != want[i] {
			t.Errorf("%d: got %s, want %s", i, tenant.ID, want[i])
		}
	}
}

func TestEveryCauseHasANextStep(t *testing.T) {
	t.Parallel()
	for _, cause := range []microsoft.Cause{microsoft.CauseConsent, microsoft.CauseTenant, microsoft.CauseCredential, microsoft.CausePolicy,
		microsoft.CausePermission, microsoft.CauseThrottled, microsoft.CauseUnavailable, microsoft.CauseAnswer} {
		if nextSteps[cause] == "" {
			t.Errorf("%s has none", cause)
		}
	}
}

func TestEndDateIsInUTC(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 1, 31, 22, 30, 0, 123456700, time.FixedZone("", -3*3600))
	item := encodeTenant(microsoft.CustomerTenant{ID: "x", Relationship: &microsoft.Relationship{Status: "active", End: end}})
	if got := item.EndDate.ValueString(); got != "2027-02-01T01:30:00Z" {
		t.Errorf("got %s", got)
	}
}

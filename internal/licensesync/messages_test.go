// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// manyAccounts is more than a diagnostic lists of what can be seen elsewhere.
const manyAccounts = 60

// pushesOfMany returns one push for each of many accounts.
func pushesOfMany(units int64, reason billing.Reason) []billing.Push {
	pushes := make([]billing.Push, manyAccounts)
	for i := range pushes {
		pushes[i] = push(fmt.Sprintf("account%02d", i), "S", units, reason)
	}
	return pushes
}

// expectOne fails the test unless there is one diagnostic, with the texts and this number of list lines.
func expectOne(t *testing.T, diags diag.Diagnostics, lines int, texts ...string) {
	t.Helper()
	if len(diags) != 1 {
		t.Fatalf("got %d diagnostics, want one: %v", len(diags), diags)
	}
	text := diags[0].Summary() + "\n" + diags[0].Detail()
	if got := strings.Count(text, "\n  - "); got != lines {
		t.Errorf("%d lines are listed, want %d:\n%s", got, lines, text)
	}
	for _, want := range texts {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

func TestRule12ManyInvalidCountsAreOneError(t *testing.T) {
	t.Parallel()
	accounts := map[string]attr.Value{}
	for i := range manyAccounts {
		accounts[fmt.Sprintf("account%02d", i)] = types.MapValueMust(types.NumberType, map[string]attr.Value{"S": types.NumberValue(big.NewFloat(1.5))})
	}
	_, err := shapes.DecodeUnitCounts(shapes.UnitCounts, types.MapValueMust(shapes.ServiceUnitsType, accounts))
	if err == nil {
		t.Fatal("counts of 1.5 are accepted")
	}
	expectOne(t, diag.Diagnostics{invalidCountsError(err)}, 11,
		"unit_counts is not valid", `unit_counts["account00"]["S"] is not a whole number: 1.5`, `unit_counts["account09"]["S"]`, "and 50 more")
}

func TestRule7ManyRefusedPairsAreOneWarning(t *testing.T) {
	t.Parallel()
	warn := model{OnUnmapped: types.StringValue(onUnmappedWarn)}
	refused := outcome{refused: pushesOfMany(3, billing.Changed)}
	expectOne(t, unmappedDiags(warn, false, decision{}, refused, upstream{}), 11,
		"Gradient refused 60 unit counts", "account09: S 3", "and 50 more", "The attribute unmapped has all of them")

	failed := refused
	failed.err = errors.New("cut off")
	diags := unmappedDiags(warn, true, decision{}, failed, upstream{})
	expectOne(t, diags, 11, "Gradient refused 60 unit counts")
	if strings.Contains(diags[0].Detail(), "The attribute unmapped") {
		t.Errorf("a create that failed has no state, but the warning points to it:\n%s", diags[0].Detail())
	}
}

func TestRule8ManyUnclearPushesAreOneError(t *testing.T) {
	t.Parallel()
	done := outcome{unclear: pushesOfMany(3, billing.Changed), err: errors.New("cut off")}
	d := decision{pushes: done.unclear}
	expectOne(t, diag.Diagnostics{pushFailedError(d, done, true)}, 11, "accepted 0 of 60 unit counts", "account09: S", "and 50 more")
}

func TestRule9ManyLostPairsAreOneWarning(t *testing.T) {
	t.Parallel()
	before, lost := pushState{held: billing.Ledger{}}, map[billing.Pair]loss{}
	for i := range manyAccounts {
		pair := at(fmt.Sprintf("account%02d", i), "S")
		before.held[pair], lost[pair] = 7, gone
	}
	up := upstream{accounts: map[string]gradient.Account{"other": {}}}
	expectOne(t, lostPairsWarnings(before, lost, up), 11, "accepted counts of 60 accounts gone", "account09: S 7", "and 50 more")
}

// What a plan does not show elsewhere must be listed in full, however long it is.
func TestRule1HiddenChangesAreListedInFull(t *testing.T) {
	t.Parallel()
	ledger, unknown := billing.Ledger{}, billing.Counts{}
	for _, push := range pushesOfMany(7, billing.Changed) {
		ledger[push.Pair] = push.Units
		unknown[push.Account] = nil
	}
	applied := &model{OnUnmapped: types.StringValue(onUnmappedWarn)}
	warnings := func(d decision) diag.Diagnostics {
		return warnAboutHiddenChanges(d, upstream{}, *applied, applied, false)
	}
	expectOne(t, warnings(decision{task: billing.Task{Ledger: ledger}, pushes: pushesOfMany(0, billing.Farewell)}), manyAccounts,
		"60 unit counts will be set to 0", "account59: S 7 -> 0")
	expectOne(t, warnings(decision{pushes: pushesOfMany(0, billing.Sweep)}), manyAccounts,
		"60 pairs that unit_counts lacks will be set to 0", "account59: S")
	expectOne(t, warnings(decision{task: billing.Task{Ledger: ledger, Desired: unknown}}), manyAccounts,
		"60 accounts with unknown counts", "account59: S 7")
}

// The warning is the only place that has the old numbers of zeros that Gradient refused.
func TestRule3RefusedZerosAreListedInFull(t *testing.T) {
	t.Parallel()
	diags := unmappedDiags(model{}, false, decision{}, outcome{refused: pushesOfMany(0, billing.Farewell)}, upstream{})
	expectOne(t, diags, manyAccounts, "60 pairs could not be set to 0", "account59: S")
}

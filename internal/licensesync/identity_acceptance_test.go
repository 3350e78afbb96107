// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// newWorkspaceWith is newWorkspace with switches of the sandbox: a name and a value each.
func newWorkspaceWith(t *testing.T, seed sandbox.Seed, switches map[string]string) *workspace {
	t.Helper()
	server := providertest.Start(t, seed, sandbox.Options{Switches: switches})
	return &workspace{Workspace: providertest.NewWorkspace(t, providertest.Block(server)), t: t, sandbox: server}
}

// What is behind a name changes between two runs, and Gradient then has no number (or an old one) where the state says that it accepted one.
func TestRule9WhatIsBehindANameChanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		switches map[string]string
		change   func(*workspace)
		pushed   string
		counts   string
	}{
		"a service has another id":   {nil, func(w *workspace) { w.sandbox.ReplaceServices("S") }, "a/S=5 b/S=7", "a/S=5 a/T=2 b/S=7"},
		"an account was made again":  {nil, func(w *workspace) { w.sandbox.ReplaceAccounts("a") }, "a/S=5 a/T=2", "a/S=5 a/T=2 b/S=7"},
		"a person mapped it again":   {map[string]string{"gradient-unmapped-counts": "drop"}, func(w *workspace) { w.sandbox.UnmapAccounts("b"); w.sandbox.MapAccounts("b") }, "b/S=7", "a/S=5 a/T=2 b/S=7"},
		"isMapped only, and service": {map[string]string{"gradient-account-shape": "dynamic"}, func(w *workspace) { w.sandbox.ReplaceServices("T") }, "a/T=2", "a/S=5 a/T=2 b/S=7"},
	} {
		for _, mode := range []string{"warn", "ignore"} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				w := newWorkspaceWith(t, estate(), test.switches)
				w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, fmt.Sprintf("on_unmapped = %q", mode))
				w.Apply()
				w.ExpectNoChanges()
				test.change(w)
				w.sandbox.ClearRequests()
				w.Run("plan", "-detailed-exitcode").Expect(t, 2, "must be pushed again")
				w.expectNoWrites()
				w.sandbox.ClearRequests()
				w.Apply()
				w.expectPushed(test.pushed)
				w.expectCounts(test.counts)
				w.ExpectNoChanges()
			})
		}
	}
}

// A duplicate that comes first must not take over the counts of the service that has them.
func TestRule9TheSyncStaysWithTheServiceThatHoldsTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.DuplicateServices("S", "T")
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`)
	w.Apply()
	w.expectCounts("a/S=6 b/S=7") // the counts of both services of a name are added up
	w.ExpectNoChanges()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7, New = 1 } }`)
	w.Write("mapping.tf", "")
	w.Apply() // New does not exist, and is listed
	w.sandbox.ClearRequests()
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.writeSync(`{ a = { S = 6 } }`)
	w.Run("apply", "-auto-approve").Expect(t, 1, "several services have the same name", `"S"`)
	w.expectPushed("")
}

// The account list is empty in the night in which a pair leaves the files.
func TestRule9AnEmptyAccountListForgetsNoFarewell(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 5 } }`, allowAll)
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodGet, Path: "/accounts$", Status: http.StatusOK, Body: "[]"})
	w.Run("apply", "-auto-approve").Expect(t, 0, "Gradient lists no accounts at all")
	w.sandbox.ClearFaults()
	w.Apply()
	w.expectCounts("a/S=5 a/T=0 b/S=0")
	w.ExpectNoChanges()
}

// A 201 is a better witness than isMapped.
func TestRule9IsMappedAgainstAnAcceptedCount(t *testing.T) {
	t.Parallel()
	w := newWorkspaceWith(t, estate(), map[string]string{"gradient-is-mapped": "false"})
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.ExpectNoChanges()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 }, b = { S = 8 } }`)
	w.Apply()
	w.expectPushed("b/S=8")
	w.ExpectNoChanges()
}

// The number moved back after a run that was cut, an older state or another tool: only lastSyncedAt tells.
func TestRule9CountsAfterOurLastPush(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`)
	w.Apply()
	const warning = "Gradient received counts after the last push"
	w.sandbox.SetLastSynced(time.Now().Add(50 * time.Minute))
	w.Run("plan", "-detailed-exitcode").ExpectNo(t, warning)
	w.sandbox.SetLastSynced(time.Now().Add(70 * time.Minute))
	w.Run("plan", "-detailed-exitcode").Expect(t, 0, warning, "A new value in triggers")
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 } }`, `triggers = { force = "1" }`)
	w.Apply()
	w.expectPushed("a/S=5")
}

// After a freeze the integration is pending, and stays so until it gets a count.
func TestRule9AFreezeThatEndedPushesOnce(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"activates", "manual"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			w := newWorkspaceWith(t, estate(), map[string]string{"gradient-first-count": first})
			w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
			w.Apply()
			w.sandbox.SetStatus("inactive")
			w.Apply()
			w.sandbox.SetStatus("pending")
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, "2 unit counts will be pushed again", "fell from active to pending")
			w.sandbox.ClearRequests()
			w.Apply()
			w.expectPushed("a/S=5 b/S=7")
			w.ExpectNoChanges()
		})
	}
}

// Terraform's strings are in NFC, and Gradient may have the same name in NFD.
func TestRule15NamesAreComparedInNFC(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Services[0].Name = norm.NFD.String("Café E5")
	w := newWorkspace(t, seed)
	w.writeSync(`{ a = { "Café E5" = 5 } }`)
	w.Apply()
	w.ExpectNoChanges()
	if held := w.sandbox.UnitCounts()["a"][norm.NFD.String("Café E5")]; held != 5 {
		t.Errorf("Gradient holds %v, want 5", held)
	}
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { "Café E5" = 6 } }`)
	w.Apply()
	w.ExpectNoChanges()
}

// A service that is made again between a plan and its apply takes the counts with it that the apply did not push.
func TestRule9AServiceMadeAgainAfterThePlan(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`, allowAll)
	w.Apply()
	w.sandbox.UnmapAccounts("b")
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, allowAll)
	w.Must("plan", "-out=saved")
	w.sandbox.ReplaceServices("S")
	w.Must("apply", "saved")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "must be pushed again", "a: S 5")
	w.sandbox.MapAccounts("b")
	w.Apply()
	w.expectCounts("a/S=5 b/S=7")
	w.ExpectNoChanges()
}

// An integration that is set up again between a plan and its apply is active again after the apply. What the apply did not push is pushed later.
func TestRule9AnIntegrationSetUpAgainAfterThePlan(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, allowAll)
	w.Must("plan", "-out=saved")
	w.sandbox.SetStatus("pending")
	w.Must("apply", "saved")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "2 unit counts will be pushed again", "fell from active to pending")
	w.Apply()
	w.ExpectNoChanges()
}

// Gradient's spelling of an account id is not Terraform's, and an apply with few changes reads no lists.
func TestRule15AnAccountIDKeepsGradientsSpelling(t *testing.T) {
	t.Parallel()
	decomposed := norm.NFD.String("café")
	seed := estate()
	seed.Accounts = append(seed.Accounts, sandbox.Account{ID: decomposed, Name: "Café", Mapped: "mapped"})
	w := newWorkspace(t, seed)
	for units := 3; units <= 4; units++ {
		w.writeSync(fmt.Sprintf(`{ "café" = { S = %d } }`, units), allowAll)
		w.Apply()
		w.expectCounts(fmt.Sprintf("%s/S=%d", decomposed, units))
	}
	w.ExpectNoChanges()
}

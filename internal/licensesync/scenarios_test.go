// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// A push with an unclear result is not refused, so "ignore" must push it again.
func TestIgnoreStillPushesWhatAFailureLeftUnclear(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
	w.Apply()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Status: http.StatusCreated, Body: "<html>Sign in</html>"})
	w.Run("apply", "-auto-approve").Expect(t, 1, "not clear", "a: S")
	w.sandbox.ClearFaults()
	w.sandbox.ClearRequests()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	w.Apply()
	w.expectPushed("a/S=6")
	w.expectCounts("a/S=6 b/S=7")
	w.ExpectNoChanges()
}

// After an import the ledger is empty, as on create.
func TestRule11ZeroMissingCoversTheFirstPushAfterAnImport(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	w.Apply()
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true")
	w.Must("import", "cloudradial_license_sync.m365", "any")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.sandbox.ClearRequests()
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "pairs that unit_counts lacks will be set to 0", "b: S, T")
	w.Apply()
	w.expectCounts("a/S=5 a/T=0 b/S=0 b/T=0 c/S=0 c/T=0")
	w.sandbox.ClearRequests()
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 } }`, "zero_missing = true")
	w.Apply()
	w.expectPushed("a/S=6")
}

// Gradient's answer to an empty name would stop every other push.
func TestRule12EmptyNamesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ "" = { S = 5 }, a = { "" = 1 } }`)
	w.Run("plan").Expect(t, 1, `unit_counts[""]`, `unit_counts["a"][""]`)
}

func TestNamesWithSpecialCharacters(t *testing.T) {
	t.Parallel()
	seed := estate()
	for _, name := range []string{`Microsoft 365: "Büro" & Co / 100 % – 日本`, "Line\nbreak"} {
		seed.Services = append(seed.Services, sandbox.Service{Name: name, Mapped: ""})
	}
	seed.Accounts = append(seed.Accounts, sandbox.Account{ID: "urn:acme/1", Name: "Acme: \"%s\"", Mapped: ""})
	w := newWorkspace(t, seed)
	w.writeSync(`{ a = { "Microsoft 365: \"Büro\" & Co / 100 % – 日本" = 5.0, "Line\nbreak" = 1e2 }, "urn:acme/1" = { S = 1 } }`)
	w.Apply().Expect(t, 0, "a (Company A): Line break 100, Microsoft 365: \"Büro\" & Co / 100 % – 日本 5", `urn:acme/1 (Acme: "%s", account not mapped): S 1`)
	w.sandbox.MapAccounts()
	w.sandbox.MapServices()
	w.Apply()
	w.ExpectNoChanges()
}

func TestUnknownSettingsAreDeferred(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("input.tf", `resource "terraform_data" "in" { input = { mode = "ignore", zero = false, percent = 100, force = {} } }`)
	settings := []string{"on_unmapped = terraform_data.in.output.mode", "zero_missing = terraform_data.in.output.zero",
		"guard = { max_decrease_percent = terraform_data.in.output.percent }", "triggers = terraform_data.in.output.force"}
	w.writeSync(`{ a = {}, b = {}, c = { S = 1 } }`, settings...)
	w.Apply()
	w.expectPushed("c/S=1")
	w.ExpectNoChanges()
	w.Write("input.tf", `resource "terraform_data" "in" { input = { mode = "error", zero = true, percent = 100, force = { a = "1" } } }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	w.Apply()
	w.expectPushed("a/S=0 a/T=0 b/S=0 b/T=0 c/S=1 c/T=0")
	w.ExpectNoChanges()
}

// A count that nobody maps must not keep the last number of another product billed, silently with on_unmapped = "ignore".
func TestRule3AFarewellDoesNotWaitForAnOldRefusal(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"warn", "ignore"} {
		for name, test := range map[string]struct{ before, after, counts string }{
			"of the account": {`{ a = { S = 5, T = 3 } }`, `{ a = { T = 3 } }`, "a/S=0"},
			"of the service": {`{ a = { S = 5 }, c = { S = 5 } }`, `{ c = { S = 5 } }`, "a/S=0"},
		} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				w := newWorkspace(t, estate())
				w.sandbox.UnmapServices("T")
				w.sandbox.UnmapAccounts("c")
				onUnmapped := fmt.Sprintf("on_unmapped = %q", mode)
				w.writeSync(test.before, onUnmapped, allowAll)
				w.Apply()
				w.writeSync(test.after, onUnmapped, allowAll)
				w.Apply()
				w.expectCounts(test.counts)
			})
		}
	}
}

// What a customer no longer has stays billed while Gradient refuses its successor. With "ignore" that plans nothing, so each plan says it.
func TestRule3AFarewellThatWaitsIsSaidWithIgnore(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.sandbox.UnmapServices("T")
	ignore := `on_unmapped = "ignore"`
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, ignore, allowAll)
	w.Apply()
	w.ExpectNoChanges().ExpectNo(t, "that nothing counts any more")
	w.writeSync(`{ a = { T = 9 }, b = { S = 7 } }`, ignore, allowAll)
	w.Apply()
	w.ExpectNoChanges().ExpectTexts(t, "1 unit count kept that nothing counts any more", "- a: S 5", "take it out of unit_counts")
	w.writeSync(`{ a = {}, b = { S = 7 } }`, ignore, allowAll)
	w.Apply()
	w.expectCounts("a/S=0 b/S=7")
	w.ExpectNoChanges().ExpectNo(t, "that nothing counts any more")
}

// A renamed service is mapped while another product of the account is not: the old number ends.
func TestRule3AFarewellWaitsForItsSuccessorOnly(t *testing.T) {
	t.Parallel()
	const ignore = `on_unmapped = "ignore"`
	for _, frozen := range []bool{false, true} {
		t.Run(fmt.Sprintf("frozen %v", frozen), func(t *testing.T) {
			t.Parallel()
			seed := estate()
			seed.Services = append(seed.Services, sandbox.Service{Name: "New", Category: "productivity", Subcategory: "other"})
			w := newWorkspace(t, seed)
			w.sandbox.UnmapServices("T")
			w.writeSync(`{ a = { S = 5, T = 3 } }`, ignore, allowAll)
			w.Apply()
			w.writeSync(`{ a = { New = 5, T = 3 } }`, ignore, allowAll)
			if frozen {
				w.sandbox.SetStatus("inactive")
				w.Apply()
				w.sandbox.SetStatus("active")
			}
			w.Apply()
			w.expectCounts("a/S=5")
			w.ExpectNoChanges()
			w.sandbox.MapServices("New")
			w.writeSync(`{ a = { New = 6, T = 3 } }`, ignore, allowAll)
			w.Apply()
			w.expectCounts("a/New=6 a/S=0")
			w.ExpectNoChanges()
		})
	}
}

// Gradient accepts a farewell also after it refused 25 counts that nobody has mapped.
func TestRule7AFarewellIsSentAfterManyRefusals(t *testing.T) {
	t.Parallel()
	seed := estate()
	var unmapped string
	for i := range 26 {
		id := fmt.Sprintf("x%02d", i)
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: id, Name: id})
		unmapped += ", " + id + " = { S = 1 }"
	}
	w := newWorkspace(t, seed)
	w.writeSync(`{ a = { S = 5, T = 3 }`+unmapped+` }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 5 }`+unmapped+` }`, allowAll)
	w.Apply()
	w.expectCounts("a/S=5 a/T=0")
}

// Gradient has no number of a pair that it never accepted, so nothing is owed when a mistake is corrected: it leaves no trace and no warning.
func TestRule3ACorrectedMistakeOwesNoFarewell(t *testing.T) {
	t.Parallel()
	for name, mistake := range map[string]string{
		"a service that does not exist":   `{ a = { S = 5, Typo = 2 } }`,
		"an account that does not exist":  `{ a = { S = 5 }, typo = { S = 2 } }`,
		"an account that was not mapped":  `{ a = { S = 5 }, c = { S = 2 } }`,
		"a mistake from the first run on": `{ b = { Typo = 2 } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.sandbox.UnmapAccounts("c")
			if !strings.Contains(name, "first run") {
				w.writeSync(`{ a = { S = 5 } }`, allowAll)
				w.Apply()
			}
			w.writeSync(mistake, allowAll)
			w.Apply().Expect(t, 0, "refused 1 unit count")
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, "has not accepted will be sent again") // the mark outlives a refresh
			w.writeSync(`{ a = { S = 6 } }`, allowAll)
			w.sandbox.ClearRequests()
			w.Apply().ExpectNo(t, "set to 0")
			w.expectPushed("a/S=6")
			if unmapped := w.Must("state", "show", "cloudradial_license_sync.m365"); !strings.Contains(unmapped.Text, "unmapped = []") {
				t.Errorf("the pair stays in unmapped:\n%s", unmapped.Raw)
			}
			w.ExpectNoChanges()
		})
	}
}

// A farewell is owed where an older number may have outlived its mapping.
func TestRule3AFarewellIsOwedForAnOlderNumber(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*workspace){
		"the account was unmapped": func(w *workspace) { w.sandbox.UnmapAccounts("c") },
		"the service was unmapped": func(w *workspace) { w.sandbox.UnmapServices("T") },
		"the state was lost": func(w *workspace) {
			w.Must("state", "rm", "cloudradial_license_sync.m365")
			w.sandbox.UnmapAccounts("c")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.writeSync(`{ a = { S = 5 }, c = { T = 2 } }`, allowAll)
			w.Apply()
			change(w)
			w.writeSync(`{ a = { S = 5 }, c = { T = 3 } }`, allowAll)
			w.Apply().Expect(t, 0, "refused 1 unit count")
			w.writeSync(`{ a = { S = 5 } }`, allowAll)
			w.Apply().Expect(t, 0, "1 pair could not be set to 0", "c: T", "sent again whenever")
			w.sandbox.MapAccounts()
			w.sandbox.MapServices()
			w.writeSync(`{ a = { S = 6 } }`, allowAll)
			w.Apply()
			w.expectCounts("a/S=6 c/T=0")
			w.ExpectNoChanges()
		})
	}
}

// What Gradient refuses in a destroy is not sent again.
func TestADestroyNamesTheZerosThatWereRefused(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, c = { T = 2 } }`, "zero_on_destroy = true")
	w.Apply()
	w.sandbox.UnmapAccounts("c")
	out := w.Must("destroy", "-auto-approve")
	out.Expect(t, 0, "1 pair could not be set to 0", "c: T 2 (not accepted) -> 0", "sends nothing again", "Check these pairs in Gradient")
	out.ExpectNo(t, "sent again")
	w.expectCounts("a/S=0 c/T=2")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
)

// approve is the guard with an approval, as a user pastes it.
func approve(code string) string { return fmt.Sprintf("guard = { approved = %q }", code) }

var approval = regexp.MustCompile(`guard = \{ .*approved = "([a-z2-7]{10})" \}`)

// codeIn returns the code that an error prints.
func codeIn(t *testing.T, output providertest.Output) string {
	t.Helper()
	found := approval.FindStringSubmatch(output.Text)
	if found == nil {
		t.Fatalf("no code is printed:\n%s", output.Text)
	}
	return found[1]
}

// planCode plans, which the guard must stop, and returns the code that approves the change.
func (w *workspace) planCode() string {
	w.t.Helper()
	w.sandbox.ClearRequests()
	stopped := w.Run("plan", "-detailed-exitcode")
	stopped.Expect(w.t, 1, "larger than the guard allows")
	w.expectNoWrites()
	return codeIn(w.t, stopped)
}

// secondEstate applies a configuration of another folder and state over the same integration.
func (w *workspace) secondEstate(configuration string) {
	w.t.Helper()
	providertest.NewWorkspace(w.t, providertest.BlockWithoutCloudRadial(w.sandbox)+configuration).Apply()
}

// Each limit stops a plan, and the code that it prints lets exactly this change pass.
func TestRule10EachLimitAndItsApproval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after string
		message       string
		counts        string // at the end
	}{
		"a fall of all units": {`{ a = { S = 19 }, b = { T = 19 } }`, `{ a = { S = 19 } }`,
			"units would fall by 19 of 38 (50 %, allowed are 20 %): b 19 -> 0", "a/S=19 b/T=0"},
		"a fall of a service": {`{ a = { S = 800 }, b = { T = 60 } }`, `{ a = { S = 800 }, b = { T = 40 } }`,
			`units of service "T" would fall by 20 of 60 (34 %, allowed are 20 %): b 60 -> 40`, "a/S=800 b/T=40"},
		"a rise of all units": {`{ a = { S = 10 }, b = { T = 10 } }`, `{ a = { S = 16 }, b = { T = 15 } }`,
			"units would rise by 11 of 20 (55 %, allowed are 50 %): a 10 -> 16, b 10 -> 15", "a/S=16 b/T=15"},
		"a fall of an account": {`{ a = { S = 800 }, b = { T = 49 } }`, `{ a = { S = 800 }, b = {} }`,
			"the units of an account would fall by more than 50 %: b 49 -> 0 (100 %)", "a/S=800 b/T=0"},
		"a rise of an account": {`{ a = { S = 800 }, b = { T = 20 } }`, `{ a = { S = 800 }, b = { T = 31 } }`,
			"the units of an account would rise by more than 50 %: b 20 -> 31 (55 %)", "a/S=800 b/T=31"},
		"a first value": {`{ a = { S = 800 }, b = {} }`, `{ a = { S = 800 }, b = { T = 1000000 } }`,
			"an account without units would get more than 1000: b 0 -> 1000000", "a/S=800 b/T=1e+06"},
		"a first value after zeros": {`{ a = { S = 800 }, b = { T = 0 } }`, `{ a = { S = 800 }, b = { T = 1001 } }`,
			"an account without units would get more than 1000: b 0 -> 1001", "a/S=800 b/T=1001"},
		"a first value of the first push": {"", `{ a = { S = 2147483647 } }`,
			"an account without units would get more than 1000: a 0 -> 2147483647", "a/S=2.147483647e+09"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			if test.before != "" {
				w.writeSync(test.before)
				w.Apply()
			}
			w.writeSync(test.after)
			code := w.planCode()
			w.Run("plan").Expect(t, 1, test.message, approve(code), "-refresh=false")
			w.writeSync(test.after, approve("aaaaaaaaaa"))
			w.Run("apply", "-auto-approve").Expect(t, 1, approve(code), `"aaaaaaaaaa", is that of another change`)
			w.expectPushed("")
			w.writeSync(test.after, approve(code))
			w.Apply()
			w.expectCounts(test.counts)
			w.ExpectNoChanges()
		})
	}
}

// An approval is for one change: it lets no other one pass, before or after, and it can stay in the files.
func TestRule10AnApprovalIsForOneChange(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 50 }, b = { S = 50 }, c = { T = 5 } }`)
	w.Apply()
	w.writeSync(`{ a = { S = 50 }, c = { T = 5 } }`)
	code := w.planCode()
	for _, other := range []string{`{ a = { S = 50 }, b = { S = 1 }, c = { T = 5 } }`, `{ b = { S = 50 }, c = { T = 5 } }`, `{ a = { S = 49 }, c = { T = 5 } }`} {
		w.writeSync(other, approve(code))
		if another := w.planCode(); another == code {
			t.Errorf("%s has the code of another change, %s", other, code)
		}
	}
	w.writeSync(`{ a = { S = 50 }, c = { T = 6 } }`, approve(code)) // a rise of one unit alarms nobody
	w.Apply()
	w.expectCounts("a/S=50 b/S=0 c/T=6")
	w.ExpectNoChanges()

	w.writeSync(`{ a = { S = 50 }, b = { S = 50 }, c = { T = 6 } }`, approve(code)) // b comes back
	w.Apply()
	w.writeSync(`{ a = { S = 20 }, b = { S = 50 }, c = { T = 6 } }`, approve(code))
	stale := w.Run("plan")
	stale.Expect(t, 1, "larger than the guard allows", fmt.Sprintf("%q, is that of another change", code))
	if codeIn(t, stale) == code {
		t.Error("a stale code approves another change")
	}
}

// An estate that lifts limits keeps them when the line of the message is pasted.
func TestRule10TheLineToPasteHasTheLimitsOfTheEstate(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	const limits = "max_decrease_percent = 30, max_increase_percent = 60, max_account_percent = 70, max_first_units = 40"
	w.writeSync(`{ a = { S = 41 } }`, "guard = { "+limits+" }")
	code := w.planCode()
	line := fmt.Sprintf("guard = { %s, approved = %q }", limits, code)
	w.Run("plan").Expect(t, 1, line)
	w.writeSync(`{ a = { S = 41 } }`, line)
	w.Apply()
	w.ExpectNoChanges()
}

// Null accounts are left out on both sides, and new accounts are no rise.
func TestRule10UnknownAndNewAccountsAreLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 50 }, b = { S = 50 } }`)
	w.Apply()
	w.writeSync(`{ a = { S = 45 }, b = null, c = { S = 400 } }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	w.writeSync(`{ a = { S = 39 }, b = null, c = { S = 400 } }`)
	w.Run("plan").Expect(t, 1, "units would fall by 11 of 50 (22 %, allowed are 20 %): a 50 -> 39")
}

// What was refused because nobody had mapped it is measured from, when it is mapped.
func TestRule10WhatWasRefusedIsTheBaseline(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.sandbox.UnmapAccounts("b")
	w.writeSync(`{ a = { S = 800 }, b = { S = 10 } }`)
	w.Apply()
	w.sandbox.MapAccounts("b")
	w.writeSync(`{ a = { S = 800 }, b = { S = 100000 } }`)
	w.planCode()
	w.writeSync(`{ a = { S = 800 }, b = { S = 10 } }`)
	w.Apply()
	w.expectCounts("a/S=800 b/S=10")
}

// For one night Gradient shows all accounts as not mapped. The numbers of the night before stay the baseline.
func TestRule10ANightOfUnmappedAccountsKeepsTheBaseline(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 100 }, b = { S = 50 } }`)
	w.Apply()
	w.sandbox.UnmapAccounts("a", "b", "c")
	w.writeSync(`{ a = { S = 3 }, b = { S = 1 } }`)
	w.Run("plan").Expect(t, 1, "units would fall by 146 of 150")
}

// With counts that are unknown at plan, only apply can check the guard. Its error has the code as well.
func TestRule10GuardIsCheckedAgainInApply(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("input.tf", `resource "terraform_data" "units" { input = 50 }`)
	w.writeSync(`{ a = { S = terraform_data.units.output } }`)
	w.Apply()
	w.expectCounts("a/S=50")
	w.sandbox.ClearRequests()
	w.Write("input.tf", `resource "terraform_data" "units" { input = 10 }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	stopped := w.Run("apply", "-auto-approve")
	stopped.Expect(t, 1, "larger than the guard allows")
	w.expectPushed("")
	w.writeSync(`{ a = { S = terraform_data.units.output } }`, approve(codeIn(t, stopped)))
	w.Apply()
	w.expectCounts("a/S=10")
	w.ExpectNoChanges()
}

// A saved plan with an approved change is stopped in apply when the change is another one by then.
func TestRule11ASweepIsCheckedWithTheAccountsOfTheApply(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.Must("plan", "-out=plan")
	w.secondEstate("resource \"cloudradial_company_mapping\" \"new\" {\n  company_id = 1\n  account_id = \"new\"\n  name = \"New\"\n}\n")
	w.sandbox.ClearRequests()
	w.Run("apply", "plan").Expect(t, 1, "larger than the guard allows", "new (services: 2)", "is that of another change")
	w.expectPushed("")
}

// Two estates use one integration. The second one must not set the counts of the first one to 0 without an approval, whatever the
// limits are, and an approval is for one sweep.
func TestRule11ASweepOfAnotherEstateNeedsAnApproval(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	const first = "resource \"cloudradial_license_sync\" \"first\" {\n  unit_counts = { a = { S = 1000 }, b = { S = 54 } }\n}\n"
	w.secondEstate(first)
	const counts = `{ c = { S = 54 } }`
	w.writeSync(counts, "zero_missing = true", allowAll)
	stopped := w.Run("apply", "-auto-approve")
	stopped.Expect(t, 1, "accounts that unit_counts does not name would be set to 0, whatever units they have: a (services: 2), b (services: 2)",
		"another tool, another configuration or another state", "5 pairs that unit_counts lacks will be set to 0", "a: S, T", "b: S, T", "c: T")
	w.expectCounts("a/S=1000 b/S=54")
	w.writeSync(`{ a = null, b = null, c = { S = 54 } }`, "zero_missing = true") // named, and unknown
	w.Apply()
	w.expectCounts("a/S=1000 b/S=54 c/S=54 c/T=0")
	w.ExpectNoChanges()

	w.writeSync(counts, "zero_missing = true", `triggers = { month = "2026-06" }`)
	june := w.planCode()
	w.writeSync(counts, "zero_missing = true", `triggers = { month = "2026-06" }`, approve(june))
	w.Apply()
	w.expectCounts("a/S=0 a/T=0 b/S=0 b/T=0 c/S=54 c/T=0")
	w.ExpectNoChanges()
	w.secondEstate(first)
	w.writeSync(counts, "zero_missing = true", `triggers = { month = "2026-07" }`, approve(june))
	if w.planCode() == june {
		t.Error("an approval of June is one of July")
	}
}

// A change of the guard alone is no diff: an approval is given for one run, and the next nightly plan does not have it.
func TestRule10AChangeOfTheGuardAloneIsNoDiff(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	const counts = `{ a = { S = 5 }, b = { S = 7 } }`
	w.writeSync(counts)
	w.Apply()
	w.sandbox.ClearRequests()
	for _, guard := range []string{allowAll, approve("aaaaaaaaaa"), "guard = {}", "", "guard = { max_first_units = 0, approved = null }"} {
		w.writeSync(counts, guard)
		w.ExpectNoChanges()
		w.Apply()
		w.ExpectNoChanges()
	}
	w.expectPushed("")
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, "guard = { max_first_units = 0 }")
	changed := w.Run("plan", "-detailed-exitcode")
	changed.Expect(t, 2, "cloudradial_license_sync.m365 will be updated")
	changed.ExpectNo(t, "max_first_units")
	w.Apply()
	w.ExpectNoChanges()
	w.Write("input.tf", `resource "terraform_data" "in" { input = 30 }`)
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, "guard = { max_decrease_percent = terraform_data.in.output }")
	w.Must("plan").ExpectNo(t, "cloudradial_license_sync.m365 will be updated")
	w.Apply()
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, "guard = { max_decrease_percent = terraform_data.in.output }", "zero_on_destroy = true")
	w.Apply()
	w.ExpectNoChanges()
}

// terraform destroy makes an ordinary plan first. The message says how to go on, and both ways work.
func TestRule10ADestroyIsStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(w *workspace, code string){
		"with -refresh=false": func(w *workspace, _ string) { w.Must("destroy", "-auto-approve", "-refresh=false") },
		"with the approval": func(w *workspace, code string) {
			w.writeSync(`{ a = { S = 50 } }`, approve(code))
			w.Must("destroy", "-auto-approve")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.writeSync(`{ a = { S = 50 }, b = { S = 50 } }`)
			w.Apply()
			w.writeSync(`{ a = { S = 50 } }`)
			stopped := w.Run("destroy", "-auto-approve")
			stopped.Expect(t, 1, "larger than the guard allows", "To continue a destroy", "-refresh=false")
			way(w, codeIn(t, stopped))
			w.expectCounts("a/S=50 b/S=50")
		})
	}
}

// A pipeline reads the code from the JSON of the plan.
func TestRule10TheCodeIsInTheJSONOfThePlan(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 50 }, b = { S = 50 } }`)
	w.Apply()
	w.writeSync(`{ a = { S = 50 } }`)
	code := w.planCode()
	stopped := w.Run("plan", "-json")
	found := false
	for line := range strings.Lines(stopped.Raw) {
		var event struct {
			Type       string `json:"type"`
			Diagnostic struct {
				Severity, Detail, Address string
			} `json:"diagnostic"`
		}
		if json.Unmarshal([]byte(line), &event) == nil && event.Diagnostic.Severity == "error" {
			found = found || event.Type == "diagnostic" && event.Diagnostic.Address == "cloudradial_license_sync.m365" &&
				strings.Contains(event.Diagnostic.Detail, approve(code))
		}
	}
	if !found {
		t.Errorf("no error of the JSON has %s:\n%s", approve(code), stopped.Raw)
	}
}

func TestRule10LimitsAreValidated(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	for guard, part := range map[string]string{
		"max_decrease_percent = 101": "between 0 and 100", "max_increase_percent = -1": "at least 0", "max_account_percent = -1": "at least 0",
		"max_first_units = -1": "at least 0", "max_account_percent = 1.5": "max_account_percent",
	} {
		w.writeSync(`{ a = { S = 5 } }`, "guard = { "+guard+" }")
		w.Run("plan").Expect(t, 1, "guard", part)
	}
}

// Terraform does not show the ledger of a tainted sync to the plan, so the guard stops the apply, before anything is sent. Nothing is forgotten.
func TestRule10ATaintedSyncIsGuardedInTheApply(t *testing.T) {
	t.Parallel()
	const tainted = "cloudradial_license_sync.m365"
	for name, after := range map[string]func(*workspace, string){
		"approved": func(w *workspace, code string) { w.writeSync(`{ a = { S = 100 }, b = { S = 10 } }`, approve(code)) },
		"untainted": func(w *workspace, _ string) {
			w.Must("untaint", tainted)
			w.writeSync(`{ a = { S = 100 }, b = { S = 10 } }`, approve(w.planCode()))
			w.sandbox.ClearRequests()
			w.Apply()
			w.expectPushed("a/S=100 b/S=10 b/T=0") // with the taint the ids are lost, and a may have been mapped anew since the last refresh
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.writeSync(`{ a = { S = 100 }, b = { S = 40, T = 2 } }`)
			w.Apply()
			w.Must("taint", tainted)
			w.writeSync(`{ a = { S = 100 }, b = { S = 10 } }`)
			var code string
			for range 2 { // it stays so
				w.sandbox.ClearRequests()
				stopped := w.Run("apply", "-auto-approve")
				stopped.Expect(t, 1, "larger than the guard allows", "b 42 -> 10", "the replaced sync is kept", "terraform untaint")
				w.expectNoWrites()
				code = codeIn(t, stopped)
			}
			after(w, code)
			w.Apply()
			w.Apply() // after a taint this plan shows the zero
			w.expectCounts("a/S=100 b/S=10 b/T=0")
			w.ExpectNoChanges()
		})
	}
}

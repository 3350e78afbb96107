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

// writeSyncs writes several syncs, by name.
func (w *workspace) writeSyncs(bodies map[string]string) {
	w.t.Helper()
	var text string
	for name, body := range bodies {
		text += fmt.Sprintf("resource \"cloudradial_license_sync\" %q {\n  guard = null\n  %s\n}\n", name, body)
	}
	w.Write("sync.tf", strings.ReplaceAll(text, "guard = null", allowAll))
}

func TestRule14TwoSyncsMustNotShareAPair(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 100 } }`, "two": `unit_counts = { a = { S = 7 }, b = { S = 5 } }`})
	w.Run("plan").Expect(t, 1, "1 pair in two license syncs", "a: S")
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 100 } }`})
	w.Apply()
	for _, second := range []string{`{ a = { S = 7 } }`, `{ a = { S = 100 } }`} { // the same number is the same mistake
		w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 100 } }`, "two": `unit_counts = ` + second})
		w.Run("plan").Expect(t, 1, "1 pair in two license syncs")
	}
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 100 } }`, "two": `unit_counts = { a = { T = 7 } }`})
	w.Apply()
	w.expectCounts("a/S=100 a/T=7")
	w.ExpectNoChanges()
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 100 } }`, "two": "unit_counts = { a = { T = 7 } }\n  zero_missing = true"})
	w.Run("plan").Expect(t, 1, "zero_missing with two license syncs")
}

// A customer moves from one sync to the other in one run.
func TestRule14AFarewellLeavesWhatAnotherSyncPushed(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 5 }, b = { S = 7 } }`, "two": `unit_counts = { c = { S = 1 } }`})
	w.Apply()
	w.writeSyncs(map[string]string{"one": "unit_counts = { a = { S = 5 } }\n  depends_on = [cloudradial_license_sync.two]", "two": `unit_counts = { b = { S = 7 }, c = { S = 1 } }`})
	w.Apply()
	w.expectCounts("a/S=5 b/S=7 c/S=1")
	w.ExpectNoChanges()
}

// The sync that takes a customer over was applied alone, or cannot read its tenant. A zero of the other one would be the last word.
func TestRule14AFarewellIsNotTheLastWord(t *testing.T) {
	t.Parallel()
	const before, after = "unit_counts = { a = { S = 5 }, b = { S = 7 } }", "unit_counts = { a = { S = 5 } }"
	for name, taken := range map[string]string{"applied alone": `{ S = 7 }`, "unknown": "null"} {
		for _, first := range []string{"one", "two"} {
			t.Run(name+", "+first, func(t *testing.T) {
				t.Parallel()
				w := newWorkspace(t, estate())
				w.writeSyncs(map[string]string{"one": before, "two": `unit_counts = { c = { S = 1 } }`})
				w.Apply()
				two := "unit_counts = { b = " + taken + ", c = { S = 1 } }"
				w.writeSyncs(map[string]string{"one": after, "two": two})
				if taken != "null" {
					w.Must("apply", "-auto-approve", "-target=cloudradial_license_sync.two")
				}
				order := map[string]string{first: "\n  depends_on = [cloudradial_license_sync." + map[string]string{"one": "two", "two": "one"}[first] + "]"}
				w.writeSyncs(map[string]string{"one": after + order["one"], "two": two + order["two"]})
				w.Run("plan").Expect(t, 1, "1 pair set to 0 that another license sync has", "b: S")
				w.writeSyncs(map[string]string{"one": after + order["one"], "two": strings.Replace(two, "null", "{ S = 7 }", 1) + "\n  triggers = { moved = \"b\" }" + order["two"]})
				w.Apply()
				w.expectCounts("a/S=5 b/S=7 c/S=1")
				w.ExpectNoChanges()
			})
		}
	}
}

// A customer moved to another sync that was applied alone. Then the first sync is removed with zero_on_destroy.
func TestRule14ADestroyLeavesWhatAnotherSyncHas(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	const one, two = "unit_counts = { a = { S = 5 }, b = { S = 7 } }\n  zero_on_destroy = true", "unit_counts = { b = { S = 7 } }"
	w.writeSyncs(map[string]string{"one": one})
	w.Apply()
	w.writeSyncs(map[string]string{"one": "unit_counts = { a = { S = 5 } }\n  zero_on_destroy = true", "two": two})
	w.Must("apply", "-auto-approve", "-target=cloudradial_license_sync.two")
	w.writeSyncs(map[string]string{"two": "unit_counts = { b = null }"})
	w.Run("plan").Expect(t, 1, "1 pair set to 0 that another license sync has", "b: S", "moved block", "-refresh=false")
	w.writeSyncs(map[string]string{"two": two})
	w.Run("plan", "-target=cloudradial_license_sync.one").Expect(t, 0, "b: S 7 -> 0", "not part of the run, because of -target", "new value in triggers")
	w.Run("plan", "-destroy").Expect(t, 0, "a: S 5 -> 0", "b: S 7 -> 0")
	w.sandbox.ClearRequests()
	w.Apply()
	if pushed := w.pushed(); pushed != "a/S=0" && pushed != "a/S=0 b/S=0 b/S=7" {
		t.Errorf("pushed %q, want the zero of a, and for b nothing or its count at the end", pushed)
	}
	w.expectCounts("a/S=0 b/S=7")
	w.ExpectNoChanges()
}

// A sync that is replaced or renamed with zero_on_destroy must not leave zeros behind.
func TestRule14ZeroOnDestroyWithASuccessor(t *testing.T) {
	t.Parallel()
	const counts = "unit_counts = { a = { S = 100 }, b = { S = 50 } }\n  zero_on_destroy = true"
	for name, run := range map[string]func(*workspace){
		"replaced": func(w *workspace) {
			w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
		},
		"tainted": func(w *workspace) {
			w.Must("taint", "cloudradial_license_sync.m365")
			w.Apply()
		},
		"create_before_destroy": func(w *workspace) {
			w.writeSyncs(map[string]string{"m365": counts + "\n  lifecycle { create_before_destroy = true }"})
			w.Apply()
			w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
		},
		"inherited create_before_destroy": func(w *workspace) {
			w.Write("dependant.tf", "resource \"terraform_data\" \"after\" {\n  input = cloudradial_license_sync.m365.last_pushed_at\n  lifecycle { create_before_destroy = true }\n}\n")
			w.Apply()
			w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
		},
		"renamed": func(w *workspace) {
			w.writeSyncs(map[string]string{"other": counts})
			w.Apply()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.writeSyncs(map[string]string{"m365": counts})
			w.Apply()
			run(w)
			w.expectCounts("a/S=100 b/S=50")
			w.ExpectNoChanges()
		})
	}
}

// What a replaced sync had accepted is not forgotten: its successor sends the zeros that a plan announced, and shows the others.
func TestRule14AReplacedSyncHandsOnItsLedger(t *testing.T) {
	t.Parallel()
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, estate())
		w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
		w.Apply()
		w.writeSync(`{ a = { S = 5 }, b = null }`, allowAll)
		w.Run("plan", "-replace=cloudradial_license_sync.m365").Expect(t, 0, "a: T 2 -> 0", "b: S 7")
		w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
		w.expectCounts("a/S=5 a/T=0 b/S=7")
		w.ExpectNoChanges()
		w.writeSync(`{ a = { S = 5 } }`, allowAll)
		w.Apply()
		w.expectCounts("a/S=5 a/T=0 b/S=0")
	})
	t.Run("tainted", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, estate())
		w.writeSync(`{ a = { S = 5, T = 2 } }`, allowAll)
		w.Apply()
		w.Must("taint", "cloudradial_license_sync.m365")
		w.writeSync(`{ a = { S = 5 } }`, allowAll)
		w.Apply().Expect(t, 0, "No plan has shown these zeros", "a: T 2 -> 0")
		w.expectCounts("a/S=5 a/T=2")
		w.Run("plan", "-detailed-exitcode").Expect(t, 2, "a: T 2 -> 0")
		w.Apply()
		w.expectCounts("a/S=5 a/T=0")
		w.ExpectNoChanges()
	})
	t.Run("create_before_destroy", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, estate())
		w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll, "lifecycle { create_before_destroy = true }")
		w.Apply()
		w.sandbox.UnmapServices("T") // Gradient keeps the 2
		w.writeSync(`{ a = { S = 5, T = 3, none = 4 }, b = { S = 7 } }`, allowAll, "lifecycle { create_before_destroy = true }")
		w.Apply()
		w.writeSync(`{ a = { S = 5 }, b = null }`, allowAll, "lifecycle { create_before_destroy = true }")
		w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365").Expect(t, 0, "2 unit counts left in Gradient", "a: T 3 (not accepted)", "b: S 7")
		w.expectCounts("a/S=5 a/T=2 b/S=7")
	})
}

// Terraform does not show the warnings of the second plan that a replacement needs, so the new sync pushes what the first one showed.
func TestRule1AReplacementPushesWhatItsPlanShows(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, "zero_missing = true", allowAll)
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, "zero_missing = true", approve(w.planCode()))
	w.Apply()
	w.sandbox.ClearRequests()
	w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
	w.expectPushed("")
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, "zero_missing = true", allowAll)
	w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
	w.expectPushed("a/S=6")
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, "triggers = { force = 1 }", allowAll)
	w.Run("plan", "-replace=cloudradial_license_sync.m365").Expect(t, 0, "2 unit counts will be pushed again")
	w.sandbox.ClearRequests()
	w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.m365")
	w.expectPushed("a/S=6 b/S=7")
	w.ExpectNoChanges()
}

// Each of two syncs that are replaced in one run takes its own ledger.
func TestRule14TwoReplacedSyncsTakeTheirOwnLedgers(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(w *workspace, address string){
		"replaced": func(*workspace, string) {},
		"tainted":  func(w *workspace, address string) { w.Must("taint", address) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const one, two = "cloudradial_license_sync.one", "cloudradial_license_sync.two"
			w := newWorkspace(t, estate())
			w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 5, T = 2 }, c = { S = 1 } }`, "two": `unit_counts = { b = { S = 7, T = 3 }, c = { T = 4 } }`})
			w.Apply()
			replace(w, one)
			replace(w, two)
			w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 5 }, c = { S = 1 } }`, "two": `unit_counts = { b = { S = 7 }, c = null }`})
			w.Must("apply", "-auto-approve", "-replace="+one, "-replace="+two)
			w.Apply() // after a taint this plan shows the zeros
			w.expectCounts("a/S=5 a/T=0 b/S=7 b/T=0 c/S=1 c/T=4")
			w.ExpectNoChanges()
		})
	}
}

// A sync that is new in the run in which another one is replaced takes nothing over, and sets no account to 0 whose counts are unknown.
func TestRule14ANewSyncBesideAReplacedOne(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSyncs(map[string]string{"one": `unit_counts = { a = { S = 5, T = 2 }, b = { S = 7 } }`})
	w.Apply()
	w.writeSyncs(map[string]string{
		"one": "unit_counts = { a = { S = 5 }, b = null }\n  depends_on = [cloudradial_license_sync.two]", "two": `unit_counts = { c = { S = 7 } }`,
	})
	w.Must("apply", "-auto-approve", "-replace=cloudradial_license_sync.one")
	w.expectCounts("a/S=5 a/T=0 b/S=7 c/S=7")
	w.ExpectNoChanges()
}

func TestRule14ASyncIsNotReplacedByOneWithOtherAccounts(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ b = { S = 7 } }`, allowAll)
	w.Run("plan", "-replace=cloudradial_license_sync.m365").Expect(t, 1, "replaced by one with other accounts")
	w.Apply()
	w.expectCounts("a/S=0 b/S=7")
	w.Must("taint", "cloudradial_license_sync.m365") // of which the plan sees nothing
	w.writeSync(`{ c = { S = 1 } }`, allowAll)
	w.Apply().Expect(t, 0, "1 unit count left in Gradient", "tainted", "b: S 7")
	w.expectCounts("a/S=0 b/S=7 c/S=1")
}

// The refusal of one pair must not hold up the others.
func TestRule8OneRefusedPairHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 6, T = 3 }, b = { S = 8 }, c = { S = 1 } }`, allowAll)
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Times: 1, Status: http.StatusUnprocessableEntity, Body: `{"statusCode":422,"message":"odd"}`})
	w.sandbox.ClearRequests()
	w.Run("apply", "-auto-approve").Expect(t, 1, "Not all unit counts were pushed", "422", "odd", "accepted 3 of 4 unit counts")
	if pushed := w.pushes(); len(pushed) != 4 {
		t.Errorf("pushed %q", pushed)
	}
	w.Apply()
	if pushed := w.pushes(); len(pushed) != 1 {
		t.Errorf("then pushed %q", pushed)
	}
	w.expectCounts("a/S=6 a/T=3 b/S=8 c/S=1")
	w.ExpectNoChanges()
}

// Nothing is mapped on the first run of a large estate.
func TestRule7AnUnmappedEstateIsListedAfterTwentyFiveRefusals(t *testing.T) {
	t.Parallel()
	seed := estate()
	var counts []string
	for i := range 40 {
		id := fmt.Sprintf("x%02d", i)
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: id, Name: id})
		counts = append(counts, id+" = { S = 1 }")
	}
	w := newWorkspace(t, seed)
	w.writeSync("{ " + strings.Join(counts, ", ") + " }")
	w.Apply().Expect(t, 0, "40 unit counts not accepted", "refused 25 counts in a row", "the other 15 were not sent")
	if pushed := w.pushes(); len(pushed) != 25 {
		t.Errorf("%d counts were sent, want 25", len(pushed))
	}
	w.sandbox.MapAccounts("x39") // one that was not sent has its turn in the next run
	w.Apply()
	if pushed := w.pushes(); len(pushed) != 40 {
		t.Errorf("%d counts were sent, want 40, because one was accepted", len(pushed))
	}
	w.expectCounts("x39/S=1")
	w.sandbox.MapAccounts()
	w.Apply()
	w.ExpectNoChanges()
}

func TestRule7IgnoreNoticesThatSomebodyMapped(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"2026", "dynamic"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			w := newWorkspaceWith(t, estate(), map[string]string{"gradient-account-shape": shape})
			w.sandbox.UnmapAccounts("b")
			w.sandbox.UnmapServices("T")
			w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 10 } }`, `on_unmapped = "ignore"`)
			w.Apply()
			w.ExpectNoChanges()
			w.sandbox.MapAccounts("b")
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, "b: S 10")
			w.Apply()
			w.expectCounts("a/S=5 b/S=10")
			w.ExpectNoChanges()
		})
	}
}

func TestRule4EveryPlanSaysWhoIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.writeSync(`{ a = { S = 5 }, b = null, c = null }`)
	w.Apply()
	for range 2 {
		w.Run("plan", "-detailed-exitcode").Expect(t, 0, "2 accounts with unknown counts", "b: S 7", "c: no count was accepted yet",
			"when the tenant can be read", "take its rows out")
	}
}

func TestRule13APlanWithoutNumbersSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("input.tf", `resource "terraform_data" "units" { input = { S = 5 } }`)
	w.writeSync(`{ a = terraform_data.units.output }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "this plan cannot show the unit counts", "depends_on")
	w.Apply()
	w.Run("plan", "-detailed-exitcode").ExpectNo(t, "this plan cannot show the unit counts")
}

func TestRule11TurningZeroMissingOnIsAFullPush(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.writeSync(`{ a = { S = 5 } }`)
	w.Run("plan").Expect(t, 0, "has received counts before", "If another state pushes to this integration", "stop here")
	w.Apply()
	w.expectCounts("a/S=5 b/S=7")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "5 pairs that unit_counts lacks will be set to 0", "1 unit count will be pushed again", "If another state pushes")
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=5 a/T=0 b/S=0 b/T=0 c/S=0 c/T=0")
	w.ExpectNoChanges()
}

// A zero of zero_missing that Gradient refuses is remembered like a farewell.
func TestRule3ARefusedZeroOfZeroMissingIsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { T = 25 }, c = { S = 1, T = 1 } }`)
	w.Apply()
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.sandbox.UnmapServices("T")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.Apply().Expect(t, 0, "3 pairs could not be set to 0", "b: T")
	w.ExpectNoChanges()
	w.sandbox.MapServices("T")
	w.writeSync(`{ a = { S = 6 } }`, "zero_missing = true", allowAll)
	w.Apply()
	w.expectCounts("a/S=6 a/T=0 b/S=0 b/T=0 c/S=0 c/T=0")
	w.ExpectNoChanges()
}

// zero_missing on a first run, when nothing is mapped, must not be lost.
func TestRule11ZerosThatWereNotSentAreSentLater(t *testing.T) {
	t.Parallel()
	seed := estate()
	for i := range 30 {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: fmt.Sprintf("x%02d", i), Name: fmt.Sprintf("x%02d", i), Mapped: "mapped"})
	}
	w := newWorkspace(t, seed)
	w.writeSync(`{ b = { S = 25 }, x20 = { T = 9 } }`)
	w.Apply() // an older tool's counts
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.sandbox.UnmapAccounts()
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true")
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.sandbox.ClearRequests()
	w.Apply().Expect(t, 0, "40 zeros not sent")
	if pushed := w.pushes(); len(pushed) != 26 {
		t.Errorf("%d counts were sent, want 26: the count and 25 zeros", len(pushed))
	}
	w.sandbox.MapAccounts()
	w.writeSync(`{ a = { S = 5 } }`, "zero_missing = true", approve(w.planCode()))
	w.Apply()
	for account, services := range w.sandbox.UnitCounts() {
		for service, units := range services {
			if want := map[string]float64{"a/S": 5}[account+"/"+service]; units != want {
				t.Errorf("Gradient holds %v of %s/%s, want %v", units, account, service, want)
			}
		}
	}
	w.ExpectNoChanges()
}

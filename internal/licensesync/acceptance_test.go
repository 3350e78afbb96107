// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// estate is an integration with the accounts a, b, c and the services S, T, all of them mapped.
func estate() sandbox.Seed {
	seed := sandbox.Seed{Status: "active"}
	for _, id := range []string{"a", "b", "c"} {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: id, Name: "Company " + strings.ToUpper(id), Mapped: "mapped"})
	}
	for _, name := range []string{"S", "T"} {
		seed.Services = append(seed.Services, sandbox.Service{Name: name, Description: name, Category: "productivity", Subcategory: "other", Mapped: "mapped"})
	}
	return seed
}

// workspace is a sandbox, and a folder with a license sync in it.
type workspace struct {
	*providertest.Workspace
	t       *testing.T
	sandbox *sandbox.Server
}

func newWorkspace(t *testing.T, seed sandbox.Seed) *workspace {
	t.Helper()
	server := providertest.Start(t, seed, sandbox.Options{})
	return &workspace{Workspace: providertest.NewWorkspace(t, providertest.Block(server)), t: t, sandbox: server}
}

// writeSync writes the resource with its unit counts and other lines.
func (w *workspace) writeSync(counts string, lines ...string) {
	w.t.Helper()
	w.Write("sync.tf", fmt.Sprintf("resource \"cloudradial_license_sync\" \"m365\" {\n  unit_counts = %s\n  %s\n}\n", counts, strings.Join(lines, "\n  ")))
}

const allowAll = "guard = { max_decrease_percent = 100, max_increase_percent = 100000, max_account_percent = 100000, max_first_units = 2147483647 }"

// pushes returns the pushes since the requests were cleared, and clears them: account/service=units, sorted.
func (w *workspace) pushes() []string {
	w.t.Helper()
	services := map[string]string{}
	for _, service := range w.sandbox.Services() {
		services[service.ID] = service.Name
	}
	var pushes []string
	for _, request := range w.sandbox.Requests() {
		if request.Method != http.MethodPost || !strings.HasSuffix(request.Path, "/count") {
			continue
		}
		var body struct {
			AccountID string `json:"accountId"`
			UnitCount int    `json:"unitCount"`
		}
		if err := json.Unmarshal([]byte(request.Body), &body); err != nil {
			w.t.Fatalf("push of %s: %s", request.Body, err)
		}
		segments := strings.Split(request.Path, "/")
		pushes = append(pushes, fmt.Sprintf("%s/%s=%d", body.AccountID, services[segments[len(segments)-2]], body.UnitCount))
		if request.Query != "" {
			w.t.Errorf("the push to %s has the query %q", request.Path, request.Query) // rule 6
		}
	}
	w.sandbox.ClearRequests()
	slices.Sort(pushes)
	return pushes
}

// pushed returns pushes in one line.
func (w *workspace) pushed() string {
	w.t.Helper()
	return strings.Join(w.pushes(), " ")
}

func (w *workspace) expectPushed(want string) {
	w.t.Helper()
	if got := w.pushed(); got != want {
		w.t.Errorf("pushed %q, want %q", got, want)
	}
}

// expectCounts compares the counts that Gradient has, as account/service=units.
func (w *workspace) expectCounts(want string) {
	w.t.Helper()
	var held []string
	for account, services := range w.sandbox.UnitCounts() {
		for service, units := range services {
			held = append(held, fmt.Sprintf("%s/%s=%v", account, service, units))
		}
	}
	slices.Sort(held)
	if got := strings.Join(held, " "); got != want {
		w.t.Errorf("Gradient holds %q, want %q", got, want)
	}
}

// expectNoWrites fails the test if Gradient got anything but GET requests.
func (w *workspace) expectNoWrites() {
	w.t.Helper()
	for _, request := range w.sandbox.Requests() {
		if request.System == sandbox.Gradient && request.Method != http.MethodGet {
			w.t.Errorf("a plan made %s %s", request.Method, request.Path)
		}
	}
}

func TestRule1ThePlanShowsWhatApplyPushes(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 }, c = {} }`)
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, `"S" = 5`, `"T" = 2`, `"S" = 7`)
	w.expectNoWrites()
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=5 a/T=2 b/S=7")
	w.expectCounts("a/S=5 a/T=2 b/S=7")
	w.ExpectNoChanges()
	w.expectPushed("")

	w.writeSync(`{ a = { S = 6, T = 2 }, b = { S = 7 }, c = {} }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, `"S" = 5 -> 6`)
	w.expectNoWrites()
}

func TestRule3APairThatIsNoLongerCountedIsSetToZero(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 } }`, allowAll)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "2 unit counts will be set to 0", "a: T 2 -> 0", "b: S 7 -> 0")
	w.Apply()
	w.expectPushed("a/T=0 b/S=0")
	w.expectCounts("a/S=5 a/T=0 b/S=0")
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 4 } }`, allowAll)
	w.Apply()
	w.expectPushed("a/S=4")
}

// The service is unmapped in the night in which a pair leaves the files (numbers that Gradient keeps must not be forgotten).
func TestRule3AFarewellThatIsRefusedIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*workspace){
		"404": func(w *workspace) { w.sandbox.UnmapServices("T") },
		"400": func(w *workspace) {
			w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Status: http.StatusBadRequest, Body: `{"statusCode":400,"message":"unitCount must be a positive number"}`})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, estate())
			w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
			w.Apply()
			refuse(w)
			w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, allowAll)
			w.Apply().Expect(t, 0, "1 pair could not be set to 0", "a: T 2 -> 0", name, "may keep the old number")
			w.sandbox.ClearRequests()
			w.ExpectNoChanges() // a refused zero alone is no reason for a plan
			w.expectPushed("")
			w.sandbox.ClearFaults()
			w.sandbox.MapServices("T")
			w.writeSync(`{ a = { S = 5 }, b = { S = 8 } }`, allowAll)
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, "1 zero will be sent again", "a: T")
			w.sandbox.ClearRequests()
			w.Apply()
			w.expectPushed("a/T=0 b/S=8")
			w.expectCounts("a/S=5 a/T=0 b/S=8")
			w.ExpectNoChanges()
		})
	}
}

// A renamed account and a renamed service bill nothing, unless the old numbers stay until the new ones are accepted.
func TestRule3ARenameKeepsTheOldNumberUntilTheNewIsAccepted(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Accounts[2].Mapped = "" // c, the new id of b
	seed.Services = append(seed.Services, sandbox.Service{Name: "New T", Mapped: ""})
	w := newWorkspace(t, seed)
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5, "New T" = 2 }, c = { S = 7 } }`, allowAll)
	w.Apply().Expect(t, 0, "billed nowhere until mapped", "a: T 2 -> 0", "b: S 7 -> 0")
	w.expectPushed("a/New T=2 c/S=7")
	w.expectCounts("a/S=5 a/T=2 b/S=7")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "2 unit counts will be set to 0", "This zero waits")
	w.Apply()
	w.expectCounts("a/S=5 a/T=2 b/S=7")
	w.sandbox.MapAccounts()
	w.sandbox.MapServices()
	w.Apply()
	w.expectCounts("a/New T=2 a/S=5 a/T=0 b/S=0 c/S=7")
	w.ExpectNoChanges()
}

func TestRule4AnUnknownAccountKeepsItsCounts(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 }, b = null }`)
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "1 account with unknown counts", "b: S 7")
	plan.ExpectNo(t, "known after apply")
	w.Apply()
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 }, b = null }`, `triggers = { force = "1" }`)
	w.Apply()
	w.expectPushed("a/S=6")
	w.expectCounts("a/S=6 b/S=7")
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, `triggers = { force = "1" }`)
	w.Apply()
	w.expectPushed("")
	w.writeSync(`{ a = { S = 6 }, b = null }`, `triggers = { force = "1" }`)
	w.Apply()
	w.writeSync(`{ a = { S = 6 } }`, `triggers = { force = "1" }`, allowAll)
	w.Apply()
	w.expectPushed("b/S=0")
	w.ExpectNoChanges()
}

func TestRule5OnlyDifferencesArePushedExceptOnTriggers(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5, T = 3 }, b = { S = 7 } }`)
	w.Apply()
	w.expectPushed("a/T=3")
	w.writeSync(`{ a = { S = 5, T = 3 }, b = { S = 7 } }`, `triggers = { force = "1" }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "3 unit counts will be pushed again")
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=5 a/T=3 b/S=7")
	w.ExpectNoChanges()
}

func TestRule6EveryPushIsPlain(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.sandbox.UnmapAccounts("c")
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 }, c = { S = 1 } }`)
	w.Apply()
	w.expectPushed("a/S=5 a/T=2 b/S=7 c/S=1") // each once, without a query
	if w.sandbox.Rebuilds() != 3 {
		t.Errorf("%d of 3 accepted counts updated the billing view", w.sandbox.Rebuilds())
	}
}

func TestRule7UnmappedPairsAreListedAndPlannedAgain(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Accounts[1].Mapped, seed.Services[1].Mapped = "", ""
	w := newWorkspace(t, seed)
	w.writeSync(`{ a = { S = 5, T = 2, "No such" = 3 }, b = { S = 7 }, x = { S = 1 } }`)
	w.Apply().Expect(t, 0, "Gradient refused 4 unit counts", "This is normal on a first run",
		"a (Company A): T 2", "b (Company B, account not mapped): S 7",
		"accounts do not exist in Gradient", "x: S", "services do not exist in Gradient", "a: No such")
	w.expectCounts("a/S=5")
	w.sandbox.ClearRequests()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	w.expectNoWrites()

	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	w.sandbox.MapAccounts()
	w.sandbox.MapServices()
	w.Apply()
	w.expectCounts("a/S=5 a/T=2 b/S=7")
	if pushed := w.pushed(); strings.Contains(pushed, "a/S=5") {
		t.Errorf("what Gradient had accepted was pushed again: %s", pushed)
	}
	w.ExpectNoChanges()
}

func TestRule7OnUnmapped(t *testing.T) {
	t.Parallel()
	t.Run("ignore accepts it, and pushes it along with other changes", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, estate())
		w.sandbox.UnmapAccounts("b")
		w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
		w.Apply().ExpectNo(t, "Gradient refused")
		w.ExpectNoChanges()
		w.Write("outputs.tf", `output "unmapped" { value = cloudradial_license_sync.m365.unmapped }`)
		w.Apply().Expect(t, 0, `"account_id" = "b"`, `"unit_count" = 7`)
		w.sandbox.MapAccounts("b")
		w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
		w.Apply()
		w.expectCounts("a/S=6 b/S=7")
		w.ExpectNoChanges()
	})
	t.Run("error fails, though not the create", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, estate())
		w.sandbox.UnmapAccounts("b")
		w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "error"`)
		w.Apply().Expect(t, 0, "Warning", "refused 1 unit count")
		w.writeSync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "error"`)
		w.Run("apply", "-auto-approve").Expect(t, 1, "Error", "refused 1 unit count", "b (Company B, account not mapped): S 7")
		w.expectCounts("a/S=6")
		w.sandbox.ClearRequests()
		w.sandbox.MapAccounts("b")
		w.Apply()
		w.expectPushed("b/S=7")
		w.ExpectNoChanges()
	})
}

func TestRule8AFailedUpdateRemembersWhatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 1 } }`, allowAll)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 6, T = 3 }, b = { S = 8, T = 2 }, c = { T = 9 } }`, allowAll, `triggers = { force = "1" }`)
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 3, Status: http.StatusForbidden, Body: `{"statusCode":403,"message":"Forbidden"}`})
	failed := w.Run("apply", "-auto-approve")
	failed.Expect(t, 1, "Not all unit counts were pushed", "403", "Forbidden", `unit_counts["`, "The state has what Gradient accepted")
	w.sandbox.ClearFaults()
	w.sandbox.ClearRequests()
	held := w.sandbox.UnitCounts()
	state := w.Must("show", "-json")
	for account, services := range held {
		for service, units := range services {
			if !strings.Contains(state.Raw, fmt.Sprintf(`%q:%v`, service, units)) {
				t.Errorf("%s/%s=%v is accepted and not in the state:\n%s", account, service, units, state.Raw)
			}
		}
	}
	w.Apply()
	w.expectCounts("a/S=6 a/T=3 b/S=8 b/T=2 c/S=0 c/T=9")
	w.ExpectNoChanges()
}

func TestRule8TheNextPlanShowsTheRestAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 1 } }`, allowAll)
	w.Apply()
	w.writeSync(`{ a = { S = 6, T = 3 }, b = { S = 8, T = 2 }, c = { S = 2 } }`, allowAll)
	w.sandbox.ClearRequests()
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 2, Status: http.StatusBadRequest, Body: `{"statusCode":400,"message":"You have provided an invalid Id type"}`})
	w.Run("apply", "-auto-approve").Expect(t, 1)
	w.sandbox.ClearFaults()
	w.sandbox.ClearRequests()
	accepted := 0
	for account, services := range w.sandbox.UnitCounts() {
		for service, units := range services {
			if units != map[string]float64{"a/S": 5, "a/T": 2, "b/S": 7, "b/T": 1, "c/S": 1}[account+"/"+service] {
				accepted++
			}
		}
	}
	w.Apply()
	if got := len(strings.Fields(w.pushed())); got != 5-accepted {
		t.Errorf("%d of 5 were accepted, and then %d pushed", accepted, got)
	}
	w.ExpectNoChanges()
}

func TestRule8AFailedCreateLeavesNoState(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 1, Status: http.StatusForbidden})
	w.Run("apply", "-auto-approve").Expect(t, 1, "A create that fails saves no state")
	if state := strings.TrimSpace(w.Must("state", "list").Raw); state != "" {
		t.Errorf("the state holds %q", state)
	}
	w.sandbox.ClearFaults()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "has received counts before", "zero_missing")
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=5 a/T=2 b/S=7")
	w.ExpectNoChanges()
}

func TestRule9RefreshDropsWhatGradientDeleted(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.UnmapAccounts("b")
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "known after apply")
	w.Apply()
	w.sandbox.MapAccounts("b")
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("b/S=7")
	w.ExpectNoChanges()
}

func TestRule9AReconnectedIntegrationHasAnEmptyLedger(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`, "zero_on_destroy = true")
	w.Apply()
	w.sandbox.Disconnect()
	w.Run("plan").Expect(t, 1, "401")
	w.sandbox.Reconnect()
	w.Write("main.tf", providertest.Block(w.sandbox))
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "another integration than before", `"S" = 5`, `"S" = 7`)
	w.Must("plan", "-destroy").ExpectNo(t, "set to 0")
}

func TestRule11ZeroMissing(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 3 } }`)
	w.Apply()
	w.Must("state", "rm", "cloudradial_license_sync.m365")
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "1" }`)
	w.writeSync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "1" }`, approve(w.planCode()))
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "3 pairs that unit_counts lacks will be set to 0", "a: T", "b: S, T")
	w.expectNoWrites()
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectPushed("a/S=5 a/T=0 b/S=0 b/T=0")
	w.expectCounts("a/S=5 a/T=0 b/S=0 b/T=0 c/S=3")
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "2" }`)
	w.writeSync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "2" }`, approve(w.planCode()))
	w.Apply()
	w.expectPushed("a/S=5 a/T=0 b/S=0 b/T=0")
}

// An account that this run creates has no old count, and no plan has announced a zero for it.
func TestRule11ZeroMissingLeavesNewAccountsAlone(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("mapping.tf", `
resource "cloudradial_company_mapping" "new" {
  company_id = 1
  account_id = "new"
  name       = "New"
}
`)
	w.sandbox.PutCompany(sandbox.Company{ID: 1, Name: "New"})
	w.writeSync(`{ a = { S = 5 }, b = {}, c = {}, new = { S = 1 } }`, "zero_missing = true", "depends_on = [cloudradial_company_mapping.new]")
	w.Apply()
	if pushed := w.pushed(); strings.Contains(pushed, "new/T=0") || !strings.Contains(pushed, "b/T=0") {
		t.Errorf("pushed %s", pushed)
	}
}

func TestRule12CountsAreWholeNumbers(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	for value, part := range map[string]string{
		"1.5": "is not a whole number: 1.5", "-1": "is out of range (0 to 2147483647): -1", "null": "is null",
		"3e9": "is out of range (0 to 2147483647): 3000000000", "1e400": "is out of range (0 to 2147483647): a number with hundreds of digits",
	} {
		w.writeSync(fmt.Sprintf(`{ a = { S = %s } }`, value))
		w.Run("plan").Expect(t, 1, `unit_counts["a"]["S"] `+part, "on sync.tf line 2")
	}
	w.Write("input.tf", `resource "terraform_data" "units" { input = 1.5 }`)
	w.writeSync(`{ a = { S = terraform_data.units.output } }`)
	w.Run("apply", "-auto-approve").Expect(t, 1, `unit_counts["a"]["S"] is not a whole number: 1.5`)
	w.expectNoWrites()
}

func TestAnInactiveIntegrationGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll, `on_unmapped = "ignore"`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.sandbox.SetStatus("inactive")
	w.ExpectNoChanges()
	w.writeSync(`{ a = { S = 6 }, b = { S = 7 }, c = { S = 1 } }`, allowAll, `on_unmapped = "ignore"`, `triggers = { force = "1" }`)
	w.Apply().Expect(t, 0, "the integration is inactive, nothing was pushed")
	w.expectPushed("")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2)
	w.Apply()
	w.expectPushed("")
	w.sandbox.SetStatus("active")
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "a: T 2 -> 0", "1 unit count will be pushed again")
	w.Apply()
	w.expectPushed("a/S=6 a/T=0 b/S=7 c/S=1")
	w.expectCounts("a/S=6 a/T=0 b/S=7 c/S=1")
	w.ExpectNoChanges()
}

func TestZeroOnDestroy(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, "zero_on_destroy = true")
	w.Apply()
	w.writeSync(`{ a = { S = 5, T = 2 }, b = null }`, "zero_on_destroy = true")
	w.Apply()
	w.sandbox.ClearRequests()
	w.Write("sync.tf", "")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "3 unit counts will be set to 0", "a: S 5 -> 0, T 2 -> 0", "b: S 7 -> 0")
	w.expectNoWrites()
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 1, Times: 1, Status: http.StatusForbidden})
	w.Run("apply", "-auto-approve").Expect(t, 1)
	w.Apply()
	w.expectCounts("a/S=0 a/T=0 b/S=0")
}

func TestDestroyForgets(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.Must("destroy", "-auto-approve").Expect(t, 0, "Gradient keeps the last counts", "1 unit count")
	w.expectPushed("")
}

func TestImportBeginsWithAnEmptyLedger(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`)
	w.Must("import", "cloudradial_license_sync.m365", "whatever")
	w.sandbox.ClearRequests()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, `"S" = 5`)
	w.Apply()
	w.expectPushed("a/S=5")
	w.ExpectNoChanges()
}

func TestUnknownCountsAreDeferred(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("input.tf", `resource "terraform_data" "units" { input = { S = 5 } }`)
	w.writeSync(`{ a = terraform_data.units.output, b = { S = 1 } }`)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "known after apply")
	w.Apply()
	w.expectCounts("a/S=5 b/S=1")
	w.ExpectNoChanges()
}

func TestANoChangePlanIsCheap(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.ExpectNoChanges()
	w.expectReads(map[string]int{"GET /api/vendor-api": 1, "GET /api/vendor-api/organization": 1, "GET /api/vendor-api/organization/accounts": 1})
}

// Plan and apply are two processes. The refresh of the plan keeps the service ids that the apply needs.
func TestAFewChangesReadTheListsOnce(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 } }`)
	w.Apply()
	w.sandbox.ClearRequests()
	w.writeSync(`{ a = { S = 5 }, b = { S = 6 } }`)
	w.sandbox.ClearRequests()
	w.Apply()
	w.expectReads(map[string]int{"GET /api/vendor-api": 1, "GET /api/vendor-api/organization": 2, "GET /api/vendor-api/organization/accounts": 1})
	w.expectPushed("b/S=6")
	w.writeSync(`{ a = { S = 5 }, b = { S = 6, T = 2 } }`) // a service that was not counted before
	w.Apply()
	w.expectPushed("b/T=2")
	w.sandbox.UnmapAccounts("b")
	w.writeSync(`{ a = { S = 4 }, b = { S = 6, T = 2 } }`)
	w.Apply().Expect(t, 0, "b (Company B, account not mapped): S 6, T 2")
}

// expectReads compares the requests since they were cleared, without the pushes.
func (w *workspace) expectReads(want map[string]int) {
	w.t.Helper()
	calls := map[string]int{}
	for _, request := range w.sandbox.Requests() {
		if !strings.HasSuffix(request.Path, "/count") {
			calls[request.Method+" "+request.Path]++
		}
	}
	if !reflect.DeepEqual(calls, want) {
		w.t.Errorf("the calls are %v, want %v", calls, want)
	}
}

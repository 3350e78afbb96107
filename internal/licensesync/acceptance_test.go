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

// estate is an integration whose accounts a, b, c and services S, T a person has mapped.
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

// rig is a sandbox and a folder with a sync in it.
type rig struct {
	*providertest.Workspace
	t       *testing.T
	sandbox *sandbox.Server
}

func newRig(t *testing.T, seed sandbox.Seed) *rig {
	t.Helper()
	server := providertest.Start(t, seed, sandbox.Options{})
	return &rig{Workspace: providertest.NewWorkspace(t, providertest.Block(server)), t: t, sandbox: server}
}

// sync writes the resource: its unit counts and other lines.
func (r *rig) sync(counts string, lines ...string) {
	r.t.Helper()
	r.Write("sync.tf", fmt.Sprintf("resource \"cloudradial_license_sync\" \"m365\" {\n  unit_counts = %s\n  %s\n}\n", counts, strings.Join(lines, "\n  ")))
}

const allowAll = "guard = { max_decrease_percent = 100, max_increase_percent = 100000 }"

// pushes returns what was pushed since the last call, as account/service=units, sorted; "!" marks one without no_build.
func (r *rig) pushes() []string {
	r.t.Helper()
	services := map[string]string{}
	for _, service := range r.sandbox.Services() {
		services[service.ID] = service.Name
	}
	var pushes []string
	for _, request := range r.sandbox.Requests() {
		if request.Method != http.MethodPost || !strings.HasSuffix(request.Path, "/count") {
			continue
		}
		var body struct {
			AccountID string `json:"accountId"`
			UnitCount int    `json:"unitCount"`
		}
		if err := json.Unmarshal([]byte(request.Body), &body); err != nil {
			r.t.Fatalf("push of %s: %s", request.Body, err)
		}
		segments := strings.Split(request.Path, "/")
		push := fmt.Sprintf("%s/%s=%d", body.AccountID, services[segments[len(segments)-2]], body.UnitCount)
		if request.Query != "no_build=true" {
			push += "!"
		}
		pushes = append(pushes, push)
	}
	r.sandbox.ClearRequests()
	slices.Sort(pushes)
	return pushes
}

// pushed is pushes without the marks, once each.
func (r *rig) pushed() string {
	r.t.Helper()
	pushes := r.pushes()
	for i, push := range pushes {
		pushes[i] = strings.TrimSuffix(push, "!")
	}
	return strings.Join(slices.Compact(pushes), " ")
}

func (r *rig) expectPushed(want string) {
	r.t.Helper()
	if got := r.pushed(); got != want {
		r.t.Errorf("pushed %q, want %q", got, want)
	}
}

// expectCounts compares what Gradient holds, as account/service=units.
func (r *rig) expectCounts(want string) {
	r.t.Helper()
	var held []string
	for account, services := range r.sandbox.UnitCounts() {
		for service, units := range services {
			held = append(held, fmt.Sprintf("%s/%s=%v", account, service, units))
		}
	}
	slices.Sort(held)
	if got := strings.Join(held, " "); got != want {
		r.t.Errorf("Gradient holds %q, want %q", got, want)
	}
}

// expectWrites fails when anything but GET was asked for.
func (r *rig) expectNoWrites() {
	r.t.Helper()
	for _, request := range r.sandbox.Requests() {
		if request.System == sandbox.Gradient && request.Method != http.MethodGet {
			r.t.Errorf("a plan made %s %s", request.Method, request.Path)
		}
	}
}

func expectText(t *testing.T, out providertest.Output, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out.Text, part) {
			t.Errorf("%q is not in:\n%s", part, out.Raw)
		}
	}
}

func expectNoText(t *testing.T, out providertest.Output, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(out.Text, part) {
			t.Errorf("%q is in:\n%s", part, out.Raw)
		}
	}
}

func (r *rig) expectExit(want int, args ...string) providertest.Output {
	r.t.Helper()
	out := r.Run(args...)
	if out.Code != want {
		r.t.Fatalf("%s exits with %d, want %d:\n%s", strings.Join(args, " "), out.Code, want, out.Raw)
	}
	return out
}

func TestRule1ThePlanShowsWhatApplyPushes(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 }, c = {} }`)
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, `"S" = 5`, `"T" = 2`, `"S" = 7`)
	r.expectNoWrites()
	r.sandbox.ClearRequests()
	r.Apply()
	r.expectPushed("a/S=5 a/T=2 b/S=7")
	r.expectCounts("a/S=5 a/T=2 b/S=7")
	r.ExpectNoChanges()
	r.expectPushed("")

	r.sync(`{ a = { S = 6, T = 2 }, b = { S = 7 }, c = {} }`)
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), `"S" = 5 -> 6`)
	r.expectNoWrites()
}

func TestRule3AGonePairIsSetToZeroAndForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 5 } }`, allowAll)
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "2 unit counts will be set to 0", "a: T 2 -> 0", "b: S 7 -> 0")
	r.Apply()
	r.expectPushed("a/T=0 b/S=0")
	r.expectCounts("a/S=5 a/T=0 b/S=0")
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 4 } }`, allowAll)
	r.Apply()
	r.expectPushed("a/S=4")
}

func TestRule3AFarewellThatIsRefusedIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll)
	r.Apply()
	r.sandbox.UnmapServices("T")
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`, allowAll)
	expectText(t, r.Apply(), "1 pair could not be set to 0 and is forgotten", "a: T")
	r.pushes()
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 5 }, b = { S = 8 } }`, allowAll)
	r.Apply()
	r.expectPushed("b/S=8")
}

func TestRule4AnUnknownAccountKeepsItsCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 5 }, b = null }`)
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "1 account with unknown counts", "b: S 7")
	expectNoText(t, plan, "known after apply")
	r.Apply()
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 6 }, b = null }`, `triggers = { force = "1" }`)
	r.Apply()
	r.expectPushed("a/S=6")
	r.expectCounts("a/S=6 b/S=7")
	r.sync(`{ a = { S = 6 }, b = { S = 7 } }`, `triggers = { force = "1" }`)
	r.Apply()
	r.expectPushed("")
	r.sync(`{ a = { S = 6 }, b = null }`, `triggers = { force = "1" }`)
	r.Apply()
	r.sync(`{ a = { S = 6 } }`, `triggers = { force = "1" }`, allowAll)
	r.Apply()
	r.expectPushed("b/S=0")
	r.ExpectNoChanges()
}

func TestRule5OnlyDifferencesArePushedExceptOnTriggers(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 5, T = 3 }, b = { S = 7 } }`)
	r.Apply()
	r.expectPushed("a/T=3")
	r.sync(`{ a = { S = 5, T = 3 }, b = { S = 7 } }`, `triggers = { force = "1" }`)
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "3 unit counts will be pushed again")
	r.pushes()
	r.Apply()
	r.expectPushed("a/S=5 a/T=3 b/S=7")
	r.ExpectNoChanges()
}

func TestRule6OnlyOnePushRebuilds(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sandbox.UnmapAccounts("c")
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 }, c = { S = 1 } }`)
	r.Apply()
	pushes := r.pushes()
	rebuilding := len(slices.DeleteFunc(slices.Clone(pushes), func(p string) bool { return !strings.HasSuffix(p, "!") }))
	if len(pushes) > 4+2 || rebuilding > 2 || r.sandbox.Rebuilds() != 1 {
		t.Errorf("4 pairs took the pushes %q and %d rebuilds", pushes, r.sandbox.Rebuilds())
	}
}

func TestRule7UnmappedPairsAreListedAndPlannedAgain(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Accounts[1].Mapped, seed.Services[1].Mapped = "", ""
	r := newRig(t, seed)
	r.sync(`{ a = { S = 5, T = 2, "No such" = 3 }, b = { S = 7 }, x = { S = 1 } }`)
	apply := r.Apply()
	expectText(t, apply, "Gradient did not take 4 unit counts", "On a first run this is normal", "a (Company A): T 2", "b (Company B, account not mapped): S 7",
		"accounts do not exist in Gradient", "x: S", "services do not exist in Gradient", "a: No such")
	r.expectCounts("a/S=5")
	r.pushes()
	r.expectExit(2, "plan", "-detailed-exitcode")
	r.expectNoWrites()

	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	r.sandbox.MapAccounts()
	r.sandbox.MapServices()
	r.Apply()
	r.expectCounts("a/S=5 a/T=2 b/S=7")
	if pushed := r.pushed(); strings.Contains(pushed, "a/S=5") {
		t.Errorf("what Gradient had accepted was pushed again: %s", pushed)
	}
	r.ExpectNoChanges()
}

func TestRule7OnUnmapped(t *testing.T) {
	t.Parallel()
	t.Run("ignore accepts it, and pushes it along with other changes", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, estate())
		r.sandbox.UnmapAccounts("b")
		r.sync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
		expectNoText(t, r.Apply(), "did not take")
		r.ExpectNoChanges()
		r.Write("outputs.tf", `output "unmapped" { value = cloudradial_license_sync.m365.unmapped }`)
		expectText(t, r.Apply(), `"account_id" = "b"`, `"unit_count" = 7`)
		r.sandbox.MapAccounts("b")
		r.sync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
		r.Apply()
		r.expectCounts("a/S=6 b/S=7")
		r.ExpectNoChanges()
	})
	t.Run("error fails, though not the create", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, estate())
		r.sandbox.UnmapAccounts("b")
		r.sync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "error"`)
		expectText(t, r.Apply(), "Warning", "did not take 1 unit count")
		r.sync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "error"`)
		expectText(t, r.expectExit(1, "apply", "-auto-approve"), "Error", "did not take 1 unit count", "b (Company B, account not mapped): S 7")
		r.expectCounts("a/S=6")
		r.pushes()
		r.sandbox.MapAccounts("b")
		r.Apply()
		r.expectPushed("b/S=7")
		r.ExpectNoChanges()
	})
}

func TestRule8AFailedUpdateRemembersWhatWasAccepted(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 1 } }`, allowAll)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 6, T = 3 }, b = { S = 8, T = 2 }, c = { T = 9 } }`, allowAll, `triggers = { force = "1" }`)
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 3, Status: http.StatusForbidden, Body: `{"statusCode":403,"message":"Forbidden"}`})
	failed := r.expectExit(1, "apply", "-auto-approve")
	expectText(t, failed, "Not all unit counts were pushed", "403", "Forbidden", `unit_counts["`, "The state says what Gradient has accepted")
	r.sandbox.ClearFaults()
	r.pushes()
	held := r.sandbox.UnitCounts()
	state := r.Must("show", "-json")
	for account, services := range held {
		for service, units := range services {
			if !strings.Contains(state.Raw, fmt.Sprintf(`%q:%v`, service, units)) {
				t.Errorf("%s/%s=%v is accepted and not in the state:\n%s", account, service, units, state.Raw)
			}
		}
	}
	r.Apply()
	r.expectCounts("a/S=6 a/T=3 b/S=8 b/T=2 c/S=0 c/T=9")
	r.ExpectNoChanges()
}

func TestRule8TheNextPlanShowsTheRestAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 1 } }`, allowAll)
	r.Apply()
	r.sync(`{ a = { S = 6, T = 3 }, b = { S = 8, T = 2 }, c = { S = 2 } }`, allowAll)
	r.pushes()
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 2, Status: http.StatusBadRequest, Body: `{"statusCode":400,"message":"You have provided an invalid Id type"}`})
	r.expectExit(1, "apply", "-auto-approve")
	r.sandbox.ClearFaults()
	r.pushes()
	accepted := 0
	for account, services := range r.sandbox.UnitCounts() {
		for service, units := range services {
			if units != map[string]float64{"a/S": 5, "a/T": 2, "b/S": 7, "b/T": 1, "c/S": 1}[account+"/"+service] {
				accepted++
			}
		}
	}
	r.Apply()
	if got := len(strings.Fields(r.pushed())); got != 5-accepted {
		t.Errorf("%d of 5 were accepted, and then %d pushed", accepted, got)
	}
	r.ExpectNoChanges()
}

func TestRule8AFailedCreateLeavesNoState(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 1, Status: http.StatusForbidden})
	expectText(t, r.expectExit(1, "apply", "-auto-approve"), "A create that fails is not remembered")
	if state := strings.TrimSpace(r.Must("state", "list").Raw); state != "" {
		t.Errorf("the state holds %q", state)
	}
	r.sandbox.ClearFaults()
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "has received counts before", "zero_missing")
	r.pushes()
	r.Apply()
	r.expectPushed("a/S=5 a/T=2 b/S=7")
	r.ExpectNoChanges()
}

func TestRule9RefreshDropsWhatGradientDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`)
	r.Apply()
	r.sandbox.UnmapAccounts("b")
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "known after apply")
	r.sandbox.MapAccounts("b")
	r.ExpectNoChanges()
	r.sandbox.UnmapAccounts("b")
	r.Apply()
	r.sandbox.MapAccounts("b")
	r.pushes()
	r.Apply()
	r.expectPushed("b/S=7")
	r.ExpectNoChanges()
}

func TestRule9AReconnectedIntegrationStartsAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`, "zero_on_destroy = true")
	r.Apply()
	r.sandbox.Disconnect()
	expectText(t, r.expectExit(1, "plan"), "401")
	r.sandbox.Reconnect()
	r.Write("main.tf", providertest.Block(r.sandbox))
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "another integration than before", `"S" = 5`, `"S" = 7`)
	expectNoText(t, r.Must("plan", "-destroy"), "set to 0")
}

func TestRule10Guard(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 50 }, b = { S = 50 } }`)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 50 } }`)
	expectText(t, r.expectExit(1, "plan"), "larger than the guard allows", "fall by 50 of 100 (50 %, allowed are 20 %): b 50 -> 0", "max_decrease_percent", "-refresh=false")
	expectText(t, r.expectExit(1, "destroy", "-auto-approve"), "larger than the guard allows")
	r.sync(`{ a = { S = 90 }, b = { S = 70 } }`)
	expectText(t, r.expectExit(1, "plan"), "rise by 60 of 100 (60 %, allowed are 50 %): a 50 -> 90, b 50 -> 70")
	r.sync(`{ a = { S = 50 }, b = null, c = { S = 400 } }`)
	r.expectExit(2, "plan", "-detailed-exitcode")
	r.expectNoWrites()
	r.sync(`{ a = { S = 50 } }`, "guard = { max_decrease_percent = 50 }")
	r.Apply()
	r.expectCounts("a/S=50 b/S=0")
	r.sync(`{ }`)
	expectText(t, r.Must("destroy", "-auto-approve", "-refresh=false"), "Gradient keeps the last counts")
}

// With counts that are unknown at plan, the guard can only speak in apply.
func TestRule10GuardIsCheckedAgainInApply(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.Write("input.tf", `resource "terraform_data" "units" { input = 50 }`)
	r.sync(`{ a = { S = terraform_data.units.output } }`)
	r.Apply()
	r.expectCounts("a/S=50")
	r.pushes()
	r.Write("input.tf", `resource "terraform_data" "units" { input = 10 }`)
	r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, r.expectExit(1, "apply", "-auto-approve"), "larger than the guard allows")
	r.expectPushed("")
}

func TestRule11ZeroMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7, T = 1 }, c = { S = 3 } }`)
	r.Apply()
	r.Must("state", "rm", "cloudradial_license_sync.m365")
	r.pushes()
	r.sync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "1" }`)
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "3 pairs that unit_counts lacks will be set to 0", "a: T", "b: S, T")
	r.expectNoWrites()
	r.pushes()
	r.Apply()
	r.expectPushed("a/S=5 a/T=0 b/S=0 b/T=0")
	r.expectCounts("a/S=5 a/T=0 b/S=0 b/T=0 c/S=3")
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 5 }, c = null }`, "zero_missing = true", `triggers = { force = "2" }`)
	r.Apply()
	r.expectPushed("a/S=5 a/T=0 b/S=0 b/T=0")
}

// What a run makes itself cannot hold an old count, and no plan has announced it.
func TestRule11ZeroMissingLeavesNewAccountsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.Write("mapping.tf", `
resource "cloudradial_company_mapping" "new" {
  company_id = 1
  account_id = "new"
  name       = "New"
}
`)
	r.sandbox.PutCompany(sandbox.Company{ID: 1, Name: "New"})
	r.sync(`{ a = { S = 5 }, new = { S = 1 } }`, "zero_missing = true", "depends_on = [cloudradial_company_mapping.new]")
	r.Apply()
	if pushed := r.pushed(); strings.Contains(pushed, "new/T=0") || !strings.Contains(pushed, "b/T=0") {
		t.Errorf("pushed %s", pushed)
	}
}

func TestRule12CountsAreWholeNumbers(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	for value, part := range map[string]string{
		"1.5": "is not a whole number: 1.5", "-1": "is out of range (0 to 2147483647): -1", "null": "is null",
		"3e9": "is out of range (0 to 2147483647): 3000000000", "1e400": "is out of range (0 to 2147483647): a number with hundreds of digits",
	} {
		r.sync(fmt.Sprintf(`{ a = { S = %s } }`, value))
		expectText(t, r.expectExit(1, "plan"), `unit_counts["a"]["S"] `+part, "on sync.tf line 2")
	}
	r.Write("input.tf", `resource "terraform_data" "units" { input = 1.5 }`)
	r.sync(`{ a = { S = terraform_data.units.output } }`)
	expectText(t, r.expectExit(1, "apply", "-auto-approve"), `unit_counts["a"]["S"] is not a whole number: 1.5`)
	r.expectNoWrites()
}

func TestAFrozenIntegrationGetsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, allowAll, `on_unmapped = "ignore"`)
	r.Apply()
	r.pushes()
	r.sandbox.SetStatus("inactive")
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 6 }, b = { S = 7 }, c = { S = 1 } }`, allowAll, `on_unmapped = "ignore"`, `triggers = { force = "1" }`)
	expectText(t, r.Apply(), "the integration is inactive, nothing was pushed")
	r.expectPushed("")
	r.expectExit(2, "plan", "-detailed-exitcode")
	r.Apply()
	r.expectPushed("")
	r.sandbox.SetStatus("active")
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "a: T 2 -> 0", "1 unit count will be pushed again")
	r.Apply()
	r.expectPushed("a/S=6 a/T=0 b/S=7 c/S=1")
	r.expectCounts("a/S=6 a/T=0 b/S=7 c/S=1")
	r.ExpectNoChanges()
}

func TestZeroOnDestroy(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`, "zero_on_destroy = true")
	r.Apply()
	r.sync(`{ a = { S = 5, T = 2 }, b = null }`, "zero_on_destroy = true")
	r.Apply()
	r.pushes()
	r.Write("sync.tf", "")
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "3 unit counts will be set to 0", "a: S 5 -> 0, T 2 -> 0", "b: S 7 -> 0")
	r.expectNoWrites()
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 1, Times: 1, Status: http.StatusForbidden})
	r.expectExit(1, "apply", "-auto-approve")
	r.Apply()
	r.expectCounts("a/S=0 a/T=0 b/S=0")
}

func TestDestroyForgets(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 } }`)
	r.Apply()
	r.pushes()
	expectText(t, r.Must("destroy", "-auto-approve"), "Gradient keeps the last counts", "1 unit count")
	r.expectPushed("")
}

func TestImportBeginsWithAnEmptyLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 } }`)
	r.Must("import", "cloudradial_license_sync.m365", "whatever")
	r.pushes()
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), `"S" = 5`)
	r.Apply()
	r.expectPushed("a/S=5")
	r.ExpectNoChanges()
}

func TestUnknownCountsAreDeferred(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.Write("input.tf", `resource "terraform_data" "units" { input = { S = 5 } }`)
	r.sync(`{ a = terraform_data.units.output, b = { S = 1 } }`)
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "known after apply")
	r.Apply()
	r.expectCounts("a/S=5 b/S=1")
	r.ExpectNoChanges()
}

func TestANoChangePlanIsCheap(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	r.Apply()
	r.sandbox.ClearRequests()
	r.ExpectNoChanges()
	r.expectReads(map[string]int{"GET /api/vendor-api": 1, "GET /api/vendor-api/organization": 1, "GET /api/vendor-api/organization/accounts": 1})
}

// Plan and apply are processes of their own. The lists that the plan read tell the apply all it needs.
func TestAFewChangesReadTheListsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`)
	r.Apply()
	r.pushes()
	r.sync(`{ a = { S = 5 }, b = { S = 6 } }`)
	r.sandbox.ClearRequests()
	r.Apply()
	r.expectReads(map[string]int{"GET /api/vendor-api": 1, "GET /api/vendor-api/organization": 2, "GET /api/vendor-api/organization/accounts": 1})
	r.expectPushed("b/S=6")
	r.sync(`{ a = { S = 5 }, b = { S = 6, T = 2 } }`) // a service that was not counted before
	r.Apply()
	r.expectPushed("b/T=2")
	r.sandbox.UnmapAccounts("b")
	r.sync(`{ a = { S = 4 }, b = { S = 6, T = 2 } }`)
	expectText(t, r.Apply(), "b (Company B, account not mapped): S 6, T 2")
}

// expectReads compares the calls since the requests were cleared, pushes aside.
func (r *rig) expectReads(want map[string]int) {
	r.t.Helper()
	calls := map[string]int{}
	for _, request := range r.sandbox.Requests() {
		if !strings.HasSuffix(request.Path, "/count") {
			calls[request.Method+" "+request.Path]++
		}
	}
	if !reflect.DeepEqual(calls, want) {
		r.t.Errorf("the calls are %v, want %v", calls, want)
	}
}

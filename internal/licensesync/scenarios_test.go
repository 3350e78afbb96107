package licensesync_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// A push of unclear outcome is no refusal: "ignore" must not leave it at that.
func TestIgnoreStillPushesWhatAFailureLeftUnclear(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
	r.Apply()
	r.sync(`{ a = { S = 6 }, b = { S = 7 } }`, `on_unmapped = "ignore"`)
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Status: http.StatusCreated, Body: "<html>Sign in</html>"})
	expectText(t, r.expectExit(1, "apply", "-auto-approve"), "not clear", "a: S")
	r.sandbox.ClearFaults()
	r.pushes()
	r.expectExit(2, "plan", "-detailed-exitcode")
	r.Apply()
	r.expectPushed("a/S=6")
	r.expectCounts("a/S=6 b/S=7")
	r.ExpectNoChanges()
}

// After an import nothing is known of what Gradient holds, as on a create.
func TestRule11ZeroMissingCoversTheFirstPushAfterAnImport(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5, T = 2 }, b = { S = 7 } }`)
	r.Apply()
	r.Must("state", "rm", "cloudradial_license_sync.m365")
	r.sync(`{ a = { S = 5 } }`, "zero_missing = true")
	r.Must("import", "cloudradial_license_sync.m365", "any")
	r.pushes()
	plan := r.expectExit(2, "plan", "-detailed-exitcode")
	expectText(t, plan, "pairs that unit_counts lacks will be set to 0", "b: S, T")
	r.Apply()
	r.expectCounts("a/S=5 a/T=0 b/S=0 b/T=0 c/S=0 c/T=0")
	r.pushes()
	r.ExpectNoChanges()
	r.sync(`{ a = { S = 6 } }`, "zero_missing = true")
	r.Apply()
	r.expectPushed("a/S=6")
}

// A key that is an empty text names nothing, and Gradient's answer to it would stop every other push.
func TestRule12EmptyNamesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ "" = { S = 5 }, a = { "" = 1 } }`)
	expectText(t, r.expectExit(1, "plan"), `unit_counts[""]`, `unit_counts["a"][""]`)
}

// Names come as people write them.
func TestNamesWithSpecialCharacters(t *testing.T) {
	t.Parallel()
	seed := estate()
	for _, name := range []string{`Microsoft 365: "Büro" & Co / 100 % – 日本`, "Line\nbreak"} {
		seed.Services = append(seed.Services, sandbox.Service{Name: name, Mapped: ""})
	}
	seed.Accounts = append(seed.Accounts, sandbox.Account{ID: "urn:acme/1", Name: "Acme: \"%s\"", Mapped: ""})
	r := newRig(t, seed)
	r.sync(`{ a = { "Microsoft 365: \"Büro\" & Co / 100 % – 日本" = 5.0, "Line\nbreak" = 1e3 }, "urn:acme/1" = { S = 1 } }`)
	expectText(t, r.Apply(), "a (Company A): Line break 1000, Microsoft 365: \"Büro\" & Co / 100 % – 日本 5", `urn:acme/1 (Acme: "%s", account not mapped): S 1`)
	r.sandbox.MapAccounts()
	r.sandbox.MapServices()
	r.Apply()
	r.ExpectNoChanges()
}

func TestUnknownSettingsAreDeferred(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.Write("input.tf", `resource "terraform_data" "in" { input = { mode = "ignore", zero = false, percent = 100, force = {} } }`)
	settings := []string{"on_unmapped = terraform_data.in.output.mode", "zero_missing = terraform_data.in.output.zero",
		"guard = { max_decrease_percent = terraform_data.in.output.percent }", "triggers = terraform_data.in.output.force"}
	r.sync(`{}`, settings...)
	r.Apply()
	r.expectPushed("")
	r.ExpectNoChanges()
	r.Write("input.tf", `resource "terraform_data" "in" { input = { mode = "error", zero = true, percent = 100, force = { a = "1" } } }`)
	r.expectExit(2, "plan", "-detailed-exitcode")
	r.Apply()
	r.expectPushed("a/S=0 a/T=0 b/S=0 b/T=0 c/S=0 c/T=0")
	r.ExpectNoChanges()
}

// Counts that were accepted with no_build show in the billing view only after a rebuild. A run that failed has made none,
// and what it left over may be gone from the files when the next one starts.
func TestRule6AFailedRunOwesARebuild(t *testing.T) {
	t.Parallel()
	r := newRig(t, estate())
	r.sync(`{ a = { S = 5 }, b = { S = 7 } }`)
	r.Apply()
	r.sync(`{ a = { S = 6 }, b = { S = 8 } }`)
	r.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/count$", Skip: 1, Status: http.StatusBadRequest})
	r.expectExit(1, "apply", "-auto-approve")
	r.sandbox.ClearFaults()
	held := r.sandbox.UnitCounts()
	r.sync(fmt.Sprintf(`{ a = { S = %v }, b = { S = %v } }`, held["a"]["S"], held["b"]["S"]))
	expectText(t, r.expectExit(2, "plan", "-detailed-exitcode"), "1 unit count will be pushed again", "billing view behind")
	r.expectExit(0, "apply", "-auto-approve")
	if view := r.sandbox.BillingView(); !reflect.DeepEqual(view, held) {
		t.Errorf("the billing view shows %v, and Gradient holds %v", view, held)
	}
	r.ExpectNoChanges()
}

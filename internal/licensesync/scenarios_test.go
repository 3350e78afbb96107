package licensesync_test

import (
	"net/http"
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

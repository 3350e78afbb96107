// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// night is an estate in CI: the scripts of examples/ci against a sandbox.
type night struct {
	*providertest.Workspace
	t       *testing.T
	sandbox *sandbox.Server
}

func newNight(t *testing.T) night {
	t.Helper()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
variable "approved" {
  type    = string
  default = null
}
`)
	const licenses = "licenses  = filebase64(\"licenses.csv\")\n"
	fromREADME(t, w, "estate", licenses, licenses+"approved  = var.approved\n")
	writeAsSpreadsheetsDo(t, w)
	return night{w, t, s}
}

// script runs a script of examples/ci for the workspace.
func (n night) script(name string, variables ...string) providertest.Output {
	n.t.Helper()
	path, err := filepath.Abs(examples + "ci/" + name)
	if err != nil {
		n.t.Fatal(err)
	}
	return n.Script(path, []string{"."}, variables)
}

// expect fails the test unless the script ended with the code, printed the last line, and the summary has the texts.
func (n night) expect(out providertest.Output, code int, last string, summary ...string) {
	n.t.Helper()
	lines := strings.Split(strings.TrimSpace(out.Raw), "\n")
	if got := lines[len(lines)-1]; out.Code != code || got != last {
		n.t.Fatalf("exit code %d and %q at the end, want %d and %q:\n%s", out.Code, got, code, last, out.Raw)
	}
	if len(summary) == 0 {
		return
	}
	text := strings.Join(strings.Fields(read(n.t, filepath.Join(n.Dir(), "summary.md"))), " ")
	for _, want := range summary {
		if !strings.Contains(text, want) {
			n.t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
}

// deployed is an estate whose first run is over.
func deployed(t *testing.T) night {
	t.Helper()
	n := newNight(t)
	n.expect(n.script("plan.sh", "FIRST_RUN=true"), 0, "drift=true", "### Billing has something to apply", `"Microsoft 365 E3" = 310`)
	n.expect(n.script("apply.sh"), 0, "The approved plan is applied.")
	n.sandbox.MapAccounts()
	n.sandbox.MapServices()
	n.expect(n.script("plan.sh"), 0, "drift=true")
	n.expect(n.script("apply.sh"), 0, "The approved plan is applied.")
	return n
}

func TestScriptsOfCI(t *testing.T) {
	t.Parallel()
	n := deployed(t)
	n.expect(n.script("plan.sh"), 0, "drift=false", "### Billing is in sync", "No changes.")

	n.sandbox.SetSeats("kestrelaviation.example", "SPE_E3", 320)
	n.expect(n.script("plan.sh"), 0, "drift=true", "310 -> 320")
	n.sandbox.SetSeats("kestrelaviation.example", "SPE_E3", 330)
	n.expect(n.script("apply.sh"), 0, "The approved plan is applied.")
	if got := n.sandbox.UnitCounts()["kestrel"]["Microsoft 365 E3"]; got != 320 {
		t.Errorf("Gradient has %v seats, but 320 were approved", got)
	}
	n.expect(n.script("plan.sh"), 0, "drift=true", "320 -> 330")
	n.Apply()
	n.expect(n.script("apply.sh"), 1, "Nothing was applied: the state has changed since the plan. Run the plan again, and approve what it shows now.")

	n.sandbox.SetSeats("kestrelaviation.example", "SPE_E3", 3)
	n.expect(n.script("plan.sh"), 1, "The plan failed, so nothing is known.", "330 -> 3", `guard = { approved = "`)
	code := approvalIn(t, read(t, filepath.Join(n.Dir(), "plan.txt")))
	n.expect(n.script("plan.sh", "TF_VAR_approved="+code), 0, "drift=true", "330 -> 3")
	n.sandbox.SetSeats("kestrelaviation.example", "SPE_E3", 330)

	n.sandbox.WithdrawConsent("kestrelaviation.example")
	n.expect(n.script("plan.sh"), 1, "The plan failed, so nothing is known.", "kestrel", "adminconsent")
	if _, err := os.Stat(filepath.Join(n.Dir(), "plan.tfplan")); err == nil {
		t.Error("a failed plan left a plan to apply")
	}
}

// approvalIn returns the code in guard = { approved = "code" }.
func approvalIn(t *testing.T, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, `guard = { approved = "`)
	code, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		t.Fatal("no code in:\n" + text)
	}
	return code
}

// A CLI that crashes or is killed has found nothing out, whatever its exit code is.
func TestScriptsOfCIWithoutTheirCLI(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	for _, test := range []struct{ end, last string }{
		{"exit 11", "The CLI ended with exit code 11, so nothing is known."},
		{"exit 130", "The CLI ended with exit code 130, so nothing is known."},
		{"kill -9 $$", "The CLI ended with exit code 137, so nothing is known."},
	} {
		stub := filepath.Join(t.TempDir(), "terraform")
		if err := os.WriteFile(stub, []byte("#!/bin/sh\n[ \"$1\" = state ] && exit 0\n"+test.end+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		n.expect(n.script("plan.sh", "FIRST_RUN=true", "TERRAFORM="+stub), 1, test.last, "### "+strings.TrimSuffix(test.last, "."))
	}
	if n.script("plan.sh", "FIRST_RUN=true", "TERRAFORM=false").Code != 1 {
		t.Error("a state that cannot be read is no error")
	}
	providertest.ExpectWrites(t, n.sandbox)
}

// Without a state every night is a first one: the guard has nothing to compare with, and what left the files keeps its count.
func TestScriptsOfCIWithoutAState(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	out := n.script("plan.sh")
	if out.Code != 1 || len(n.sandbox.Requests()) != 0 {
		t.Errorf("exit code %d and %d requests, want 1 and none", out.Code, len(n.sandbox.Requests()))
	}
	out.ExpectTexts(t, "The state has no license sync.", "FIRST_RUN=true", "the state was lost")
}

// The review is published, and the report shows the portal as it is afterwards.
func TestTheReviewScriptOfCI(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	n := night{providertest.NewWorkspace(t, providertest.Block(s)), t, s}
	fromREADME(t, n.Workspace, "review", "  psa       = filebase64(\"psa.csv\")\n", "")
	n.Write("report.tf", `
output "report_markdown" { value = module.review.report_markdown }
output "review_page" {
  value     = module.review.review_page
  sensitive = true
}`)
	writeAsSpreadsheetsDo(t, n.Workspace)
	if out := n.script("review.sh"); out.Code != 0 {
		t.Fatal(out.Raw)
	}
	report := read(t, filepath.Join(n.Dir(), "report.md"))
	if strings.Contains(report, "missing in cloudradial") || !strings.Contains(report, "AAD\\_PREMIUM") {
		t.Error(report)
	}
	if page := read(t, filepath.Join(n.Dir(), "review.html")); !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.Contains(page, "Kestrel Aviation Services") {
		t.Errorf("the page has %d bytes: %.200s", len(page), page)
	}
	s.WithdrawConsent("kestrelaviation.example")
	s.Disconnect()
	if out := n.script("review.sh"); out.Code != 1 {
		t.Errorf("exit code %d without Gradient", out.Code)
	}
	for _, file := range []string{"report.md", "review.html"} {
		if _, err := os.Stat(filepath.Join(n.Dir(), file)); err == nil {
			t.Errorf("a review that failed left the %s of an earlier one", file)
		}
	}
}

// The comment on a pull request is made once, and then updated.
func TestTheCommentScriptOfCI(t *testing.T) {
	t.Parallel()
	w := providertest.NewWorkspace(t, "")
	w.Write("summary.md", "### Billing\n")
	stubs := t.TempDir()
	calls := filepath.Join(stubs, "calls")
	// A gh that lists the comment 7 once there has been a POST.
	stub := "#!/bin/sh\necho \"$@\" >> " + calls + "\ncase \"$*\" in *--paginate*) grep -q POST " + calls + " && echo 7 || true;; esac\n"
	if err := os.WriteFile(filepath.Join(stubs, "gh"), []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(examples + "ci/comment.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--method POST repos/msp/billing/issues/12/comments -f body=<!-- billing review --> ### Billing",
		"--method PATCH repos/msp/billing/issues/comments/7 -f body=<!-- billing review --> ### Billing",
	} {
		out := w.Script(script, []string{"summary.md"}, []string{"PATH=" + stubs + ":" + os.Getenv("PATH"), "REPOSITORY=msp/billing", "NUMBER=12"})
		if said := strings.Join(strings.Fields(read(t, calls)), " "); out.Code != 0 || !strings.HasSuffix(said, want) {
			t.Fatalf("exit code %d, and gh was called with:\n%s\n%s", out.Code, said, out.Raw)
		}
	}
}

// In each template the scripts exist, actions are pinned by commit, and no job hands its keys to steps that do not need them.
func TestTemplatesOfCI(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^[a-z0-9/-]+@[0-9a-f]{40}$`)
	for _, name := range []string{"github-actions.yml", "gitlab-ci.yml", "azure-pipelines.yml"} {
		var template map[string]any
		text := read(t, examples+"ci/"+name)
		if err := yaml.Unmarshal([]byte(text), &template); err != nil {
			t.Errorf("%s: %s", name, err)
		}
		for _, script := range regexp.MustCompile(`ci/[a-z]+\.sh`).FindAllString(text, -1) {
			if info, err := os.Stat(examples + script); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s calls %s, which is no script", name, script)
			}
		}
		for _, script := range []string{"ci/plan.sh", "ci/apply.sh", "ci/review.sh"} {
			if !strings.Contains(text, script) {
				t.Errorf("%s does not call %s", name, script)
			}
		}
		jobs, _ := template["jobs"].(map[string]any)
		for job, of := range jobs {
			of := of.(map[string]any)
			if _, ok := of["env"]; ok {
				t.Errorf("%s: the job %s hands its environment to every action", name, job)
			}
			for _, step := range of["steps"].([]any) {
				if uses, ok := step.(map[string]any)["uses"].(string); ok && !pinned.MatchString(uses) {
					t.Errorf("%s: %s is not pinned by commit", name, uses)
				}
			}
		}
	}
}

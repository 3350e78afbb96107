// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/robert-nix/ansihtml"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/reviewpage/browsertest"
)

var screenshots = flag.Bool("screenshots", false, "write the screenshot of a plan to examples/estate")

// In a plan of the example estates for one seat at most ten lines are not about that seat. The others are the way to its number: the resource and
// the blocks of unit_counts around it.
func TestAPlanReadsWell(t *testing.T) {
	t.Parallel()
	for _, example := range []string{"estate", "whole-table"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			s, w := applied(t, examples+example)
			s.SetSeats("alderfinch.example", "SPB", 21)
			out := w.Must("plan")
			about, others := linesOfPlan(out.Raw)
			if changed := slices.DeleteFunc(about, func(line string) bool { return !strings.Contains(line, "18 -> 21") }); len(changed) != 2 {
				t.Errorf("%d lines show the seat, want one in the resource and one in the output:\n%s", len(changed), out.Raw)
			}
			if len(others) > 10 {
				t.Errorf("%d lines are not about the seat, want 10 at most:\n%s\n\nof\n\n%s", len(others), strings.Join(others, "\n"), out.Raw)
			}
			out.ExpectNo(t, "Warning: ", "kestrel", "tomap(null)")
			if example == "estate" {
				t.Run("guide", func(t *testing.T) { expectInGuide(t, out.Raw) })
				t.Run("screenshot", func(t *testing.T) { takePicture(t, w) })
			}
			w.Apply()
			w.ExpectNoChanges()

			// An account that becomes unknown, as with an empty tenant.
			edit(t, w, "companies.csv", "alderfinch.example", "")
			w.Must("plan").ExpectNo(t, "tomap(null)")
		})
	}
}

// expectInGuide fails the test unless the guide about plans shows this one.
func expectInGuide(t *testing.T, plan string) {
	guide := read(t, "../../templates/guides/reading-a-plan.md.tmpl")
	_, plan, _ = strings.Cut(plan, "will perform the following actions:\n")
	_, shown, _ := strings.Cut(guide, "```text\n")
	shown, _, _ = strings.Cut(shown, "```")
	for line := range strings.Lines(shown) {
		if !strings.Contains(line, "last_pushed_at") && !strings.Contains(plan, line) { // the time of a push
			t.Errorf("the guide shows %q, which is not in the plan:\n%s", line, plan)
		}
	}
}

// page is a terminal of 80 columns with the output of a command.
const page = `<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: #1e1e1e; color: #d4d4d4 }
pre { margin: 0; padding: 16px; font: 14px/1.35 monospace; width: max-content }
span[style*=olive] { color: #e5c07b !important } /* the library's yellow is hard to read on black */
</style><pre>%s</pre>`

// takePicture plans again, with the colours of a terminal, and looks at that in a browser.
func takePicture(t *testing.T, w *providertest.Workspace) {
	out := w.Script(providertest.CLI(t), []string{"plan"}, []string{"TF_CLI_ARGS="})
	out.Expect(t, 0)
	_, plan, found := strings.Cut(out.Raw, "will perform the following actions:")
	if !found {
		t.Fatalf("no plan in:\n%s", out.Raw)
	}
	p := browsertest.Open(t, fmt.Sprintf(page, ansihtml.ConvertToHTML([]byte("$ terraform plan\n\n"+strings.TrimSpace(plan)))))
	width, height := browsertest.Eval[int64](p, "document.querySelector('pre').offsetWidth"), browsertest.Eval[int64](p, "document.querySelector('pre').offsetHeight")
	png := p.Screenshot(width, height)
	if len(png) < 10_000 || len(png) > 100_000 {
		t.Errorf("the screenshot of %d x %d has %d bytes", width, height, len(png))
	}
	if *screenshots {
		if err := os.WriteFile(examples+"estate/plan.png", png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// linesOfPlan returns the lines of a plan of one seat: those on the way to the number, which are the resource and the blocks of unit_counts, and all
// others.
func linesOfPlan(text string) (about, others []string) {
	_, text, _ = strings.Cut(text, "will perform the following actions:")
	text, _, _ = strings.Cut(text, "Warning: ")
	indentOfBlock := -1
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		trimmed := strings.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		isFrame := strings.Contains(line, "cloudradial_license_sync") || line == "    }"
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "─"):
		case indentOfBlock >= 0:
			about = append(about, line)
			if trimmed == "}" && indent == indentOfBlock {
				indentOfBlock = -1
			}
		case strings.HasPrefix(trimmed, "~ unit_counts"):
			about, indentOfBlock = append(about, line), indent+len("~ ")
		case isFrame:
			about = append(about, line)
		default:
			others = append(others, line)
		}
	}
	return about, others
}

// The first plan of the example estate warns once of each thing, and not of what the same run mends; once everything is mapped, a sentence says
// that numbers are sent which the diff takes out of unmapped.
func TestTheWarningsOfTheExampleEstate(t *testing.T) {
	t.Parallel()
	n := newNight(t)
	first := n.Must("plan")
	first.ExpectNo(t, "inactive", "tomap(null)")
	if got := strings.Count(first.Text, "Warning: "); got != 2 { // services that stay, seats that nothing counts
		t.Errorf("%d warnings:\n%s", got, first.Raw)
	}
	first.ExpectTexts(t, "Services will be in Gradient for good (10)")
	n.Apply().ExpectNo(t, "inactive")
	n.sandbox.MapAccounts()
	n.sandbox.MapServices()
	n.Must("plan").ExpectTexts(t, "23 unit counts that Gradient has not accepted will be sent again", "they are sent, and nothing is removed")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/markdown"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Markdown returns the result on one page. Problems come first, the worst of them at the top.
func (r Result) Markdown() string {
	sections := []markdown.Section{r.problemSection(), r.factSection(), r.sandboxSection()}
	return markdown.Page(r.opening(), slices.DeleteFunc(sections, func(s markdown.Section) bool { return len(s.Lines) == 0 }))
}

func (r Result) opening() string {
	var text strings.Builder
	text.WriteString("## Preflight\n\n")
	counts := map[Severity]int{}
	for _, problem := range r.Problems {
		counts[problem.Severity]++
	}
	if r.Ready() {
		text.WriteString("**Ready: nothing that was found stops a license sync.**")
	} else {
		fmt.Fprintf(&text, "**Not ready: %s.**", stopping(counts[Error]))
	}
	if n := counts[Warning]; n > 0 {
		fmt.Fprintf(&text, " %s.", tfdiag.Count(n, "warning"))
	}
	if n := counts[Notice]; n > 0 {
		fmt.Fprintf(&text, " %s.", tfdiag.Count(n, "notice"))
	}
	text.WriteString(" Only reads and sign-ins were sent.\n\n| System | What it answers |\n|---|---|\n")
	for i, system := range []string{systemGradient, systemCloudRadial, systemMicrosoft} {
		fmt.Fprintf(&text, "| %s | %s |\n", title(system), markdown.EscapeLong(r.summaries[i]))
	}
	text.WriteString("\n" + r.next() + "\n")
	return text.String()
}

func stopping(n int) string {
	if n == 1 {
		return "1 problem stops a license sync"
	}
	return fmt.Sprintf("%d problems stop a license sync", n)
}

// next says what to do after the preflight.
func (r Result) next() string {
	if r.Ready() {
		return "Next: make the first mapping file with `examples/bootstrap`, then plan `examples/estate`."
	}
	return "Next: solve the problems from the top, and run the preflight again. Then make the first mapping file with `examples/bootstrap`, and plan " +
		"`examples/estate`."
}

// words says what the severities mean.
var words = map[Severity]string{Error: "Stops a sync", Warning: "Warning", Notice: "Notice"}

func (r Result) problemSection() markdown.Section {
	s := markdown.Section{Heading: "Problems", Where: "problems"}
	for _, problem := range r.Problems {
		line := fmt.Sprintf("- **%s**, %s, %s: %s. %s", words[problem.Severity], title(problem.System), markdown.Escape(problem.Subject),
			markdown.EscapeLong(problem.Summary), markdown.EscapeLong(problem.Detail))
		if problem.Remedy != "" {
			line += " _What to do:_ " + markdown.EscapeLong(problem.Remedy)
		}
		s.Lines = append(s.Lines, line+"\n")
	}
	return s
}

func (r Result) factSection() markdown.Section {
	s := markdown.Section{
		Heading: "What the answers look like", Where: "facts",
		Intro:  "Nothing here identifies the account.",
		Header: "| Fact | Answer |\n|---|---|\n",
	}
	for _, name := range slices.Sorted(maps.Keys(r.Facts)) {
		s.Lines = append(s.Lines, fmt.Sprintf("| %s | %s |\n", name, markdown.Escape(r.Facts[name])))
	}
	return s
}

func (r Result) sandboxSection() markdown.Section {
	flags := r.SandboxFlags()
	if flags == "" {
		return markdown.Section{}
	}
	return markdown.Section{
		Heading: "A sandbox that answers the same", Where: "sandbox_flags",
		Intro: "In an issue, give this line: a test can then answer as these systems do.",
		Lines: []string{"```sh\ngo run ./cmd/sandbox " + flags + "\n```\n"},
	}
}

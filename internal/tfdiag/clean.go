// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Line returns a text from outside, such as the name of an account, as one line for a message. Characters that control a terminal or turn
// the direction of text become spaces.
func Line(text string) string { return strings.Join(strings.Fields(strings.Map(visible, text)), " ") }

// visible returns a space for a character that a message must not have. What only joins or shapes letters stays, because names need it.
func visible(r rune) rune {
	if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
		return ' '
	}
	return r
}

var (
	// commandStart begins a command to the runner of GitHub at the beginning of a line. A CLI may break a line at any space.
	commandStart = regexp.MustCompile(`(^|\s)::`)
	// bracketCommand begins a command to the runners of GitHub, Azure DevOps and TeamCity anywhere in a line.
	bracketCommand = regexp.MustCompile(`##([A-Za-z]*)\[`)
)

// withoutCommands separates the characters that would make a text a command to a CI runner, which reads the output of the CLI.
func withoutCommands(text string) string {
	return bracketCommand.ReplaceAllString(commandStart.ReplaceAllString(text, "${1}: :"), "# #$1[")
}

// cleanSummary returns a summary on one line.
func cleanSummary(text string) string { return withoutCommands(Line(text)) }

// cleanDetail returns a detail with its lines. Texts from outside are on one line before they get into it, by [Line], [List] or %q.
func cleanDetail(text string) string {
	return withoutCommands(strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return visible(r)
	}, text))
}

func cleanAll(diagnostics []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		d.Summary, d.Detail = cleanSummary(d.Summary), cleanDetail(d.Detail)
	}
}

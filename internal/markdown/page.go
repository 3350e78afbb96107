// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package markdown writes reports that fit into a comment on a pull request: [Page] cuts their sections, and [Escape] makes names
// from outside safe.
package markdown

import (
	"fmt"
	"strings"
)

// Limit is the largest size of a report in bytes. A comment on GitHub holds 65,536 characters.
const Limit = 60_000

const (
	// share is the number of bytes that each section may take, even when the sections before it are long.
	share = 4_000
	// leftOutLimit is the space for the sentence that says how much a section leaves out.
	leftOutLimit = 200
)

// Section is a part of a report. It can be cut after any of its lines.
type Section struct {
	Heading string
	Intro   string // a sentence, may be empty
	Header  string // of the table, with its second line; empty for a list
	Lines   []string
	Where   string // the attribute that has them all
	Brief   bool   // takes no more than its share
}

// Page returns the opening and as much of the sections as fits into [Limit]. Each section that is cut says how much it leaves out.
func Page(opening string, sections []Section) string {
	var text strings.Builder
	text.WriteString(opening)
	space := Limit - text.Len()
	for i, s := range sections {
		kept := 0 // space for the sections that follow
		for _, later := range sections[i+1:] {
			kept += min(later.size(), share)
		}
		limit := space - kept
		if s.Brief {
			limit = min(limit, share)
		}
		cut := s.render(limit)
		text.WriteString(cut)
		space -= len(cut)
	}
	return text.String()
}

// start returns the section up to its first line.
func (s Section) start() string {
	text := fmt.Sprintf("\n### %s (%d)\n\n", s.Heading, len(s.Lines))
	if s.Intro != "" {
		text += s.Intro + "\n\n"
	}
	return text + s.Header
}

// size is the space in bytes that the whole section needs.
func (s Section) size() int {
	size := len(s.start()) + leftOutLimit
	for _, line := range s.Lines {
		size += len(line)
	}
	return size
}

// render returns as much of the section as fits into the space, in bytes, and says how much it leaves out.
func (s Section) render(space int) string {
	var text strings.Builder
	text.WriteString(s.start())
	for i, line := range s.Lines {
		if text.Len()+len(line)+leftOutLimit > space {
			fmt.Fprintf(&text, "\n_%d more are left out here for their length; `%s` has them all._\n", len(s.Lines)-i, s.Where)
			break
		}
		text.WriteString(line)
	}
	return text.String()
}

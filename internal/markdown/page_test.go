// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package markdown

import (
	"strings"
	"testing"
)

// A section is whole in the space that it asks for, and says what it leaves out in any smaller one.
func TestSectionsAreCutBetweenLines(t *testing.T) {
	t.Parallel()
	s := Section{
		Heading: "Unknown", Intro: "Nobody knows.", Header: "| Account |\n|---|\n", Lines: []string{"| acme |\n", "| beta |\n", "| gamma |\n"}, Where: "rows",
	}
	const start = "\n### Unknown (3)\n\nNobody knows.\n\n| Account |\n|---|\n"
	if got, want := s.render(s.size()), start+"| acme |\n| beta |\n| gamma |\n"; got != want {
		t.Errorf("got %q, want all of %q", got, want)
	}
	if got, want := s.render(s.size()-1), start+"| acme |\n| beta |\n\n_1 more are left out here for their length; `rows` has them all._\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for space := range s.size() {
		got := s.render(space)
		if size := len(got); size > max(space, len(start)+leftOutLimit) {
			t.Errorf("%d bytes in a space of %d", size, space)
		}
		if !strings.Contains(got, "more are left out") {
			t.Errorf("a space of %d is too small, and nothing says so: %q", space, got)
		}
	}
}

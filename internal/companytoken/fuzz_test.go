package companytoken

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// A name that is accepted is one segment of an address, visible and of bounded length.
func FuzzName(f *testing.F) {
	for _, name := range []string{"Phone", "@Phone", "a/b", "..", ".", "", " a", "a\u00a0", "ticketid", "TİCKETID", "a\x00", "\xff", "a?b#c%2F", strings.Repeat("é", 256)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if whyNot(name) != "" {
			return
		}
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, "@") || strings.ContainsFunc(name, unicode.IsControl) ||
			strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > longestName {
			t.Errorf("%q is accepted", name)
		}
	})
}

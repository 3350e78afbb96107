// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"A", "SupportPhone", "endpoint_list", "My list", "CompanyPhone", "TicketIds", "a@b", "100%", "Ünï", "...", strings.Repeat("ü", 255)} {
		if reason := nameProblem(name); reason != "" {
			t.Errorf("%q is refused: %s", name, reason)
		}
	}
	for name, part := range map[string]string{
		"": "needs a name", "@A": "without the @", "a/b": "a slash", `a\b`: "a slash", ".": "cannot be", "..": "cannot be", " a": "space", "a ": "space",
		"a\tb": "control characters", strings.Repeat("ü", 256): "at most 255",
		"TicketId": "@TicketId", "TicketSubject": "predefines", "CompanyName": "predefines", "CompanyPsaId": "predefines", "companytenantid": "@CompanyTenantId",
		"UserEmail": "predefines", "UserName": "predefines", "UserOfficeId": "predefines", "UserPsaId": "predefines", "USERISADMIN": "@UserIsAdmin",
	} {
		if reason := nameProblem(name); !strings.Contains(reason, part) {
			t.Errorf("%q: %q, want %q", name, reason, part)
		}
	}
}

// A name that is accepted is one segment of an address, visible and of bounded length.
func FuzzName(f *testing.F) {
	for _, name := range []string{"Phone", "@Phone", "a/b", "..", ".", "", " a", "a\u00a0", "ticketid", "TİCKETID", "a\x00", "\xff", "a?b#c%2F", strings.Repeat("é", 256)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if nameProblem(name) != "" {
			return
		}
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, "@") || strings.ContainsFunc(name, unicode.IsControl) ||
			strings.TrimSpace(name) != name || utf8.RuneCountInString(name) > longestName {
			t.Errorf("%q is accepted", name)
		}
	})
}

package companytoken

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"A", "SupportPhone", "endpoint_list", "My list", "CompanyPhone", "TicketIds", "a@b", "100%", "Ünï", "...", strings.Repeat("ü", 255)} {
		if reason := whyNot(name); reason != "" {
			t.Errorf("%q is refused: %s", name, reason)
		}
	}
	for name, part := range map[string]string{
		"": "needs a name", "@A": "without the @", "a/b": "no slash", `a\b`: "no slash", ".": "cannot be", "..": "cannot be", " a": "space", "a ": "space",
		"a\tb": "control", strings.Repeat("ü", 256): "at most 255",
		"TicketId": "@TicketId", "TicketSubject": "predefines", "CompanyName": "predefines", "CompanyPsaId": "predefines", "companytenantid": "@CompanyTenantId",
		"UserEmail": "predefines", "UserName": "predefines", "UserOfficeId": "predefines", "UserPsaId": "predefines", "USERISADMIN": "@UserIsAdmin",
	} {
		if reason := whyNot(name); !strings.Contains(reason, part) {
			t.Errorf("%q: %q, want %q", name, reason, part)
		}
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

func TestJudgeShared(t *testing.T) {
	t.Parallel()
	tenant := SharedTenant{Tenant{"group", "group.example"}, []string{"marine.example", "retial.example"}}
	known := []string{"marine.example", "retail.example"}
	refused := func(cause microsoft.Cause) *microsoft.TenantError {
		return &microsoft.TenantError{Cause: cause, Message: "it was refused"}
	}
	for name, test := range map[string]struct {
		result   microsoft.UsersResult
		severity Severity
		texts    []string
	}{
		"no permission": {microsoft.UsersResult{Err: refused(microsoft.CausePermission)}, Error, []string{"the users of the tenant of group cannot be read", "It was refused.", "User.Read.All", "https://consent"}},
		"down":          {microsoft.UsersResult{Err: refused(microsoft.CauseUnavailable)}, Error, []string{"usually temporary"}},
		"nobody":        {microsoft.UsersResult{Users: &microsoft.Users{}}, Error, []string{"lists no user"}},
		"no domains":    {microsoft.UsersResult{Users: &microsoft.Users{Listed: 1, DomainsErr: refused(microsoft.CausePermission)}}, Notice, []string{"the domains of the tenant of group cannot be read"}},
		"a typing mistake": {microsoft.UsersResult{Users: &microsoft.Users{Listed: 1, Domains: known}}, Warning,
			[]string{"the tenant of group has no domain retial.example", "The nearest domain that the tenant has is retail.example."}},
	} {
		found := newFindings(systemMicrosoft)
		judgeShared(tenant, test.result, "https://consent", found)
		if len(found.problems) != 1 || found.problems[0].Severity != test.severity {
			t.Errorf("%s: %+v", name, found.problems)
			continue
		}
		said := found.problems[0].Summary + found.problems[0].Detail + found.problems[0].Remedy
		for _, text := range test.texts {
			if !strings.Contains(said, text) {
				t.Errorf("%s: %s\nlacks %s", name, said, text)
			}
		}
	}
}

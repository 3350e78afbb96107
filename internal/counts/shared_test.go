// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

func TestDiagnoseShared(t *testing.T) {
	t.Parallel()
	members := func(key string, list ...member) shared { return shared{key: key, members: list} }
	for name, test := range map[string]struct {
		all  []shared
		want []string
	}{
		"right": {all: []shared{members("group", member{"marine", []string{"marine.example"}}, member{"retail/shared", []string{"retail.example", "retail.example"}})}},
		"two tenants, one company": {
			[]shared{members("group", member{"marine", []string{"a.example"}}), members("other", member{"marine", []string{"a.example"}})},
			[]string{`shared_tenants["group"] and shared_tenants["other"] both have the company "marine"`},
		},
		"no tenant":           {[]shared{members("nobody", member{"marine", nil})}, []string{`shared_tenants["nobody"] is no key of tenants`}},
		"no Microsoft 365":    {[]shared{members("phones", member{"marine", nil})}, []string{`tenants["phones"] is none`}},
		"a tenant of its own": {[]shared{members("group", member{"other", nil})}, []string{`"other" is a key of tenants and a company of shared_tenants["group"]`}},
		"one domain, two companies": {
			[]shared{members("group", member{"marine", []string{"a.example"}}, member{"retail", []string{"a.example", "b.example"}})},
			[]string{`The domain a.example stands under "marine" and "retail" of shared_tenants["group"]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := diagnoseShared(test.all, []string{"group", "other", "phones"}, []tenant{{"group", "group.example"}, {"other", ""}, {"phones", "none"}})
			if len(diags) != len(test.want) {
				t.Errorf("%v", diags)
			}
			for i, text := range test.want {
				if i < len(diags) && !strings.Contains(diags[i].Detail(), text) {
					t.Errorf("%s\nlacks %s", diags[i].Detail(), text)
				}
			}
		})
	}
}

func TestUsersFailure(t *testing.T) {
	t.Parallel()
	assigned := billing.TenantCounts{SKUs: []billing.Count{{Consumed: 3}, {Consumed: billing.Unknown}, {AppliesTo: "Company", Consumed: 9}}}
	nobody := microsoft.UsersResult{Users: &microsoft.Users{}}
	for name, test := range map[string]struct {
		result  microsoft.UsersResult
		counted billing.TenantCounts
		want    string
	}{
		"users":                     {microsoft.UsersResult{Users: &microsoft.Users{Listed: 1, Groups: []microsoft.UserGroup{{Users: 1}}}}, assigned, ""},
		"users without licenses":    {microsoft.UsersResult{Users: &microsoft.Users{Listed: 9}}, assigned, `users: tenant "t": Microsoft lists no license of any user, although 3 seats are assigned`},
		"and no seats":              {microsoft.UsersResult{Users: &microsoft.Users{Listed: 9}}, billing.TenantCounts{}, ""},
		"nobody, and nobody needed": {nobody, billing.TenantCounts{}, ""},
		"nobody, and seats":         {nobody, assigned, `users: tenant "t": Microsoft lists no user at all, although 3 seats are assigned`},
		"not read":                  {microsoft.UsersResult{}, assigned, "answer: its users were not read"},
		"refused":                   {microsoft.UsersResult{Err: &microsoft.TenantError{Cause: microsoft.CausePermission, Message: "no"}}, assigned, "users: no"},
		"down":                      {microsoft.UsersResult{Err: &microsoft.TenantError{Cause: microsoft.CauseUnavailable, Message: "no"}}, assigned, "unavailable: no"},
	} {
		got := ""
		if err := usersFailure("t", test.result, test.counted); err != nil {
			got = fmt.Sprintf("%s: %s", err.Cause, err.Message)
		}
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Domains that the tenant lacks are named with the nearest; without the tenant's domains nothing can be said of them.
func TestDiagnoseDomains(t *testing.T) {
	t.Parallel()
	all := []shared{{key: "group", members: []member{{"marine", []string{"harbormarin.example", "harborretail.example"}}}}, {key: "unread", members: []member{{"x", []string{"x.example"}}}}}
	tenants := []tenant{{"group", "g"}, {"unread", "u"}}
	users := map[string]microsoft.UsersResult{"g": {Users: &microsoft.Users{Domains: []string{"harborretail.example", "harbormarine.example"}}}}
	diags := diagnoseDomains(all, tenants, users)
	if len(diags) != 1 || diags[0].Summary() != "Domains that the tenant does not have: harbormarin.example" ||
		!strings.Contains(diags[0].Detail(), `harbormarin.example, of marine in shared_tenants["group"]; the nearest domain that the tenant has is harbormarine.example`) {
		t.Errorf("%v", diags)
	}
	users["g"].Users.DomainsErr = &microsoft.TenantError{Message: "it was refused"}
	diags = diagnoseDomains(all, tenants, users)
	if len(diags) != 1 || diags[0].Summary() != "Domains are not checked: group" || !strings.Contains(diags[0].Detail(), "group: it was refused") {
		t.Errorf("%v", diags)
	}
}

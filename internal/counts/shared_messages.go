// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// diagnoseShared reports what in shared_tenants would bill a seat twice or to nobody. tenants has the keys of tenants, and names their values
// where they are known.
func diagnoseShared(all []shared, keys []string, tenants []tenant) diag.Diagnostics {
	var diags diag.Diagnostics
	owners := map[string]string{} // member → key of its tenant
	for _, s := range all {
		at := sharedPath.AtMapKey(s.key)
		if !slices.Contains(keys, s.key) {
			diags.AddAttributeError(at, "Shared tenant without a tenant", fmt.Sprintf("shared_tenants[%q] is no key of tenants, so there is nothing to split. Add the "+
				"tenant to tenants under this key: it is the account that gets the remainder.", s.key))
		}
		if slices.ContainsFunc(tenants, func(t tenant) bool { return t.key == s.key && t.name == shapes.NoTenant }) {
			diags.AddAttributeError(at, "Shared tenant without a tenant", fmt.Sprintf("tenants[%q] is %s, which means that the company has no Microsoft 365, so there "+
				"is nothing to split. Write the tenant instead, or remove shared_tenants[%q].", s.key, shapes.NoTenant, s.key))
		}
		domains := map[string]string{}
		for _, m := range s.members {
			at := at.AtName("domains_by_account").AtMapKey(m.key)
			if other, twice := owners[m.key]; twice {
				diags.AddAttributeError(at, "Company shares two tenants under one key", fmt.Sprintf("shared_tenants[%q] and shared_tenants[%q] both have the company %q, "+
					"and a key has the counts of one tenant. Give one of them a label, such as %q: the seats of both then add up.", other, s.key, m.key, m.key+"/"+s.key))
			}
			owners[m.key] = s.key
			if slices.Contains(keys, m.key) {
				diags.AddAttributeError(at, "Company has a tenant and a part of another", fmt.Sprintf("%q is a key of tenants and a company of shared_tenants[%q], and a key "+
					"has the counts of one tenant. If it has both, give this one a label, such as %q: the seats of both then add up. If it has only the "+
					"shared tenant, remove it from tenants.", m.key, s.key, m.key+"/shared"))
			}
			for _, domain := range m.domains {
				if other, twice := domains[domain]; twice && other != m.key {
					diags.AddAttributeError(at, "Domain under two companies", fmt.Sprintf("The domain %s stands under %q and %q of shared_tenants[%q], so its users would be "+
						"billed twice. Keep it under one of them.", domain, other, m.key, s.key))
				}
				domains[domain] = m.key
			}
		}
	}
	return diags
}

// usersFailure returns why the users of a shared tenant are unknown, or nil.
func usersFailure(name string, result microsoft.UsersResult, counted billing.TenantCounts) *microsoft.TenantError {
	if err := result.Err; err != nil {
		if err.Cause == microsoft.CausePermission {
			return &microsoft.TenantError{Tenant: name, Cause: causeUsers, Message: err.Message, Err: err}
		}
		return err
	}
	if result.Users == nil {
		return &microsoft.TenantError{Tenant: name, Cause: microsoft.CauseAnswer, Message: "its users were not read"}
	}
	assigned := int64(0)
	for _, count := range counted.SKUs {
		if !strings.EqualFold(count.AppliesTo, "Company") {
			assigned += max(0, count.Consumed)
		}
	}
	if len(result.Users.Groups) > 0 || assigned <= 0 {
		return nil
	}
	lacks := "no user at all"
	if result.Users.Listed > 0 {
		lacks = "no license of any user"
	}
	return &microsoft.TenantError{Tenant: name, Cause: causeUsers, Message: fmt.Sprintf(
		"tenant %q: Microsoft lists %s, although %s assigned, so the list is not whole", name, lacks, seatsAre(assigned))}
}

func seatsAre(n int64) string {
	if n == 1 {
		return "1 seat is"
	}
	return fmt.Sprintf("%d seats are", n)
}

// diagnoseDomains warns about listed domains that their tenant does not have, and about tenants that do not show their domains.
func diagnoseDomains(all []shared, tenants []tenant, users map[string]microsoft.UsersResult) diag.Diagnostics {
	var wrong, unchecked []string
	for _, s := range all {
		i := slices.IndexFunc(tenants, func(t tenant) bool { return t.key == s.key })
		if i < 0 || users[tenants[i].name].Users == nil {
			continue
		}
		read := users[tenants[i].name].Users
		if read.DomainsErr != nil {
			unchecked = append(unchecked, fmt.Sprintf("%s: %s", s.key, read.DomainsErr.Message))
			continue
		}
		for _, m := range s.members {
			for _, domain := range m.domains {
				if !slices.Contains(read.Domains, domain) {
					wrong = append(wrong, fmt.Sprintf("%s, of %s in shared_tenants[%q]; the nearest domain that the tenant has is %s",
						domain, m.key, s.key, nearestDomain(domain, read.Domains)))
				}
			}
		}
	}
	var diags diag.Diagnostics
	if len(wrong) > 0 {
		diags.AddAttributeWarning(sharedPath, summaryOf("Domains that the tenant does not have", wrong), "No user of a tenant has a domain that the tenant does not have, so "+
			"these companies are not billed for it, and the users that you mean are billed to the key of the tenant. Check the spelling. The domains are:\n"+tfdiag.List(wrong))
	}
	if len(unchecked) > 0 {
		diags.AddAttributeWarning(sharedPath, summaryOf("Domains are not checked", unchecked), "Microsoft did not say which domains these tenants have, so a typing mistake "+
			"in domains_by_account does not show. The counts are right all the same, if the domains are:\n"+tfdiag.List(unchecked))
	}
	return diags
}

func summaryOf(text string, lines []string) string {
	name, _, _ := strings.Cut(lines[0], ",")
	name, _, _ = strings.Cut(name, ":")
	if more := len(lines) - 1; more > 0 {
		return fmt.Sprintf("%s: %s and %d more", text, name, more)
	}
	return text + ": " + name
}

func nearestDomain(domain string, known []string) string {
	distance := func(other string) int { return levenshtein.Distance(domain, other, nil) }
	return slices.MinFunc(known, func(a, b string) int { return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b)) })
}

// diagnoseOverassigned warns about SKUs of which the companies have more than the tenant.
func diagnoseOverassigned(all []shared, splits map[string]billing.Split) diag.Diagnostics {
	var lines []string
	for _, s := range all {
		for _, over := range splits[s.key].Overassigned {
			var users []string
			for _, account := range slices.Sorted(maps.Keys(over.Users)) {
				users = append(users, fmt.Sprintf("%s %d", account, over.Users[account]))
			}
			lines = append(lines, fmt.Sprintf("%s: the tenant of %s has %s; its users are of %s", over.Key, s.key, describeSeats(over), strings.Join(users, ", ")))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(sharedPath, summaryOf("More users than seats", lines), "The companies that share these tenants have more users "+
		"with a SKU than the tenant has seats, because more are assigned than were bought, the subscription has expired, or some are on trial or of another owner. "+
		"The remainder would be below zero. It is 0 with the flag overassigned_split, and the function unit_counts refuses a license mapping that "+
		"bills it, as long as the counts keep their flags. Buy the missing seats, take licenses from users, give the service the basis assigned, or leave the SKU out with exclude_skus:\n"+tfdiag.List(lines))}
}

func describeSeats(over billing.Overassigned) string {
	var parts []string
	for _, basis := range over.Lacking {
		parts = append(parts, fmt.Sprintf("%s %d", basis, over.Seats.On(basis)))
	}
	return strings.Join(parts, ", ")
}

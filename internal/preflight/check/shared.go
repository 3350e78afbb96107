// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// SharedTenant is a tenant that several companies share: its key, its GUID or domain in lower case, and the domains of the companies.
type SharedTenant struct {
	Tenant
	Domains []string
}

// checkShared reads the users and the domains of the shared tenants, as cloudradial_license_counts does, and returns the answers.
func checkShared(ctx context.Context, client *microsoft.Client, request Request, found *findings) map[string]microsoft.UsersResult {
	if len(request.Shared) == 0 {
		return nil
	}
	var names []string
	for _, tenant := range request.Shared {
		names = append(names, tenant.Name)
	}
	results := client.ReadUsers(ctx, names, 0)
	for _, tenant := range request.Shared {
		judgeShared(tenant, results[tenant.Name], client.AdminConsentURL(tenant.Name), found)
	}
	return results
}

// stateUsers adds the facts about those unknowns of domain-split.md §7 that one reading shows. Lag, and a license that a group could not give, show
// only to who knows the users; a user on two pages changes nothing.
func stateUsers(results map[string]microsoft.UsersResult, found *findings) {
	users, mail, domains := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, result := range results {
		switch {
		case result.Users == nil:
			if result.Err.Cause == microsoft.CausePermission {
				users["403"] = true
			}
			continue
		case result.Users.Listed == 0:
			users["empty"] = true
		default:
			users["whole"] = true
		}
		if form := domainsForm(result.Users.DomainsErr); form != "" {
			domains[form] = true
		}
		for _, group := range result.Users.Groups {
			mail[map[bool]string{true: "null", false: "given"}[group.MailDomain == ""]] = true
		}
	}
	if mail["given"] {
		delete(mail, "null") // some users have no mailbox
	}
	const unread = "no tenant that companies share was read"
	found.fact("graph-users", cmp.Or(only(users), notSeen(unread)))
	found.fact("graph-users-mail", cmp.Or(only(mail), notSeen("no user with a license was read")))
	found.fact("graph-verified-domains", cmp.Or(only(domains), notSeen(unread)))
}

// domainsForm says whether a tenant shows its domains. It is empty when the request failed.
func domainsForm(failed *microsoft.TenantError) string {
	switch {
	case failed == nil:
		return "given"
	case failed.Cause == microsoft.CausePermission:
		return "403"
	case rest.Status(failed) == 0 && failed.Cause == microsoft.CauseAnswer:
		return "missing"
	}
	return ""
}

func judgeShared(tenant SharedTenant, result microsoft.UsersResult, consentURL string, found *findings) {
	switch {
	case result.Err != nil:
		remedy := cures[result.Err.Cause]
		if result.Err.Cause == microsoft.CausePermission {
			remedy = strings.TrimSpace("Grant the application the application permission User.Read.All (Microsoft Graph), and have an administrator of the tenant " +
				"consent to it. Only tenants that several companies share need it. " + consentURL)
		}
		found.add(Error, tenant.Key, fmt.Sprintf("the users of the tenant of %s cannot be read", tenant.Key),
			capital(result.Err.Message)+". Without them the tenant cannot be split among the companies that share it.", remedy)
		return
	case result.Users.Listed == 0:
		found.add(Error, tenant.Key, fmt.Sprintf("Microsoft lists no user for the tenant of %s", tenant.Key),
			"A tenant without any user is not plausible. The list may be filtered.", "Check the permission User.Read.All and its consent.")
	case result.Users.DomainsErr != nil:
		found.add(Notice, tenant.Key, fmt.Sprintf("the domains of the tenant of %s cannot be read", tenant.Key),
			capital(result.Users.DomainsErr.Message)+". So a typing mistake in domains_by_account does not show.", "")
	}
	for _, domain := range tenant.Domains {
		if known := result.Users.Domains; len(known) > 0 && !slices.Contains(known, domain) {
			found.add(Warning, tenant.Key, fmt.Sprintf("the tenant of %s has no domain %s", tenant.Key, domain),
				fmt.Sprintf("Its users would be billed to %s. The nearest domain that the tenant has is %s.", tenant.Key, nearestDomain(domain, known)),
				"Check the spelling in domains_by_account.")
		}
	}
}

func nearestDomain(domain string, known []string) string {
	distance := func(other string) int { return levenshtein.Distance(domain, other, nil) }
	return slices.MinFunc(known, func(a, b string) int { return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b)) })
}

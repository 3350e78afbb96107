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
)

// SharedTenant is a tenant that several companies share: its key, its GUID or domain in lower case, and the domains of the companies.
type SharedTenant struct {
	Tenant
	Domains []string
}

// checkShared reads the users and the domains of the shared tenants, as cloudradial_license_counts does.
func checkShared(ctx context.Context, client *microsoft.Client, request Request, found *findings) {
	if len(request.Shared) == 0 {
		return
	}
	var names []string
	for _, tenant := range request.Shared {
		names = append(names, tenant.Name)
	}
	results := client.ReadUsers(ctx, names)
	for _, tenant := range request.Shared {
		judgeShared(tenant, results[tenant.Name], client.AdminConsentURL(tenant.Name), found)
	}
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

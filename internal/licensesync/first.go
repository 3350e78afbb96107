// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// What is said once, when a sync begins: nothing that this provider can read would show that it counts nothing, or that Gradient does not
// show what it accepted.

// warnAboutNothing returns plan warnings about counts in which there is nothing: no unit at all, or none of a service that has a license
// mapping. Usually the SKUs of the mappings are not those that the tenants hold.
func warnAboutNothing(counts billing.Counts, up upstream, mappedServices []string) diag.Diagnostics {
	units, known := map[string]int64{}, 0
	for _, services := range counts {
		if services != nil {
			known++
		}
		for service, n := range services {
			units[service] += n
		}
	}
	var none []string
	for _, service := range mappedServices {
		if units[service] == 0 {
			none = append(none, fmt.Sprintf("%q", service))
		}
	}
	const check = "Check the SKUs of the license mappings, and partner_tenant_ids and exclude_skus if they are set."
	var diags diag.Diagnostics
	switch {
	case known == 0:
	case len(units) == 0 || !slices.ContainsFunc(sortedKeys(units), func(service string) bool { return units[service] > 0 }):
		diags.AddAttributeWarning(unitCounts, up.syncName()+": no account has a unit",
			fmt.Sprintf("unit_counts has %s with known counts, and none of them has a unit of any service, so nothing would be billed. %s",
				tfdiag.Count(known, "account"), check))
	case len(none) > 0:
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+tfdiag.Count(len(none), "service")+" of which no account has a unit",
			"These services have a license mapping, and unit_counts has no unit of them, so nothing would be billed for them. If nobody holds these "+
				"products, all is well. "+check+"\n\n"+tfdiag.List(none))
	}
	return diags
}

// maxCards is how many cards a person is asked to look at.
const maxCards = 5

// warnAboutCards says which cards in Gradient must show which units, after the first push of which Gradient accepted a count. It lists the
// accounts, for their names, and does without when that fails.
func warnAboutCards(ctx context.Context, client *gradient.Client, up upstream, accepted []billing.Push) diag.Diagnostics {
	_ = up.readLists(ctx, client)
	largest := selectPushes(accepted, func(push billing.Push) bool { return push.Units > 0 })
	slices.SortFunc(largest, func(a, b billing.Push) int { return cmp.Or(cmp.Compare(b.Units, a.Units), a.Compare(b.Pair)) })
	largest = largest[:min(len(largest), maxCards)]
	if len(largest) == 0 {
		return nil
	}
	lines := make([]string, len(largest))
	for i, push := range largest {
		account := push.Account
		if listed, found := up.accounts[account]; found {
			account = fmt.Sprintf("%s (%s)", listed.Name, account)
		}
		lines[i] = fmt.Sprintf("%s, %s: Vendor Units %d", account, push.Service, push.Units)
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(unitCounts,
		up.syncName()+": look at "+tfdiag.Count(len(lines), "card")+" in Gradient",
		"Gradient accepted counts of this sync for the first time. Its API does not show what became of them, so look at it once: these cards "+
			"must show these units. If a card is missing or shows another number, do not approve anything before it is clear why; most often the "+
			"account or the service is mapped to another one of the PSA. This is said only once.\n\n"+tfdiag.List(lines))}
}

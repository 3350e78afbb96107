// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"fmt"
	"slices"
	"strings"
)

// Gates returns what a review can fail on: every [Status] but agree, and every finding.
func Gates() []string {
	var gates []string
	for _, known := range Statuses {
		if known.Status != statusAgree {
			gates = append(gates, string(known.Status))
		}
	}
	return append(gates, findings...)
}

// Gate is what was found for one of [Gates].
type Gate struct {
	Name  string
	Found []string // one line for each
	// Unchecked says why the review cannot tell. It is empty when it can.
	Unchecked string
}

// Gate returns what was found for a status or a finding. A row counts for every status that holds for it, not only for the most
// important one.
func (r Result) Gate(name string) Gate {
	gate := Gate{Name: name}
	for _, row := range r.Rows {
		if slices.Contains(row.holds, Status(name)) {
			gate.Found = append(gate.Found, fmt.Sprintf("%s, %s: %s", row.AccountID, row.Service, row.Reason))
		}
	}
	switch name {
	case findingUnmappedSKUs:
		for _, sku := range r.UnmappedSKUs {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%s): %s", sku.SKU, sku.ProductName, plural(int(sku.Purchased), "seat", "seats")))
		}
	case findingUnmappedCompanies:
		for _, company := range r.UnmappedCompanies {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%d)", company.Name, company.ID))
		}
		gate.Unchecked = uncheckedWhen(r.UnmappedCompanies == nil, "the companies of CloudRadial were not read: it is not configured")
	case findingUnmappedAccounts:
		for _, account := range r.UnmappedAccounts {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%s)", account.Name, account.ID))
		}
		gate.Unchecked = uncheckedWhen(r.UnmappedAccounts == nil, "the accounts of Gradient were not read: it is not configured")
	case findingUnreadableTenants:
		gate.Found = r.UnreadableTenants
	case findingFlagged:
		for _, count := range r.Flagged {
			gate.Found = append(gate.Found, count.Tenant+", "+count.SKU+": "+strings.Join(count.Flags, ", "))
		}
	default:
		gate.Unchecked = r.uncheckedStatus(Status(name))
	}
	return gate
}

// uncheckedStatus says why a status cannot occur. It returns "" when it can.
func (r Result) uncheckedStatus(status Status) string {
	for _, m := range missing {
		if m.status == status && !r.Compared[m.system] {
			return Systems[m.system] + " was not asked: " + arguments[m.system] + " is not given"
		}
	}
	if strings.HasPrefix(string(status), "psa_") && !r.hasLines {
		return "the lines of the PSA are not known: psa_lines is not given"
	}
	others := r.Compared[cloudRadial] || r.Compared[gradient] || r.Compared[psa]
	if status == statusDiffers && !others {
		return "no other system than Microsoft was asked: give psa_counts, gradient_counts or asset_type"
	}
	return uncheckedWhen(len(r.Rows) == 0, "nothing was compared, because no system gave any number")
}

func uncheckedWhen(unchecked bool, why string) string {
	if unchecked {
		return why
	}
	return ""
}

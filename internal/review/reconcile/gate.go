package reconcile

import (
	"fmt"
	"slices"
	"strings"
)

// Gates are what somebody can gate on: every status that is no agreement, and every finding.
func Gates() []string {
	var gates []string
	for _, known := range Statuses {
		if known.Status != Agree {
			gates = append(gates, string(known.Status))
		}
	}
	return append(gates, Findings...)
}

// Gate is what was found for one of Gates.
type Gate struct {
	Name  string
	Found []string // one line for each
	// Unchecked says why nobody can tell, and is empty otherwise.
	Unchecked string
}

// Gate tells what was found for a status or a finding. Every row counts of which the status holds, also when another one is
// more important.
func (r Result) Gate(name string) Gate {
	gate := Gate{Name: name}
	for _, row := range r.Rows {
		if slices.Contains(row.holds, Status(name)) {
			gate.Found = append(gate.Found, fmt.Sprintf("%s, %s: %s", row.AccountID, row.Service, row.Reason))
		}
	}
	switch name {
	case UnmappedSKUs:
		for _, sku := range r.UnmappedSKUs {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%s): %s", sku.SKU, sku.ProductName, plural(int(sku.Purchased), "seat", "seats")))
		}
	case UnmappedCompanies:
		for _, company := range r.UnmappedCompanies {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%d)", company.Name, company.ID))
		}
		gate.Unchecked = uncheckedWhen(r.UnmappedCompanies == nil, "the companies of CloudRadial were not read: it is not configured")
	case UnmappedAccounts:
		for _, account := range r.UnmappedAccounts {
			gate.Found = append(gate.Found, fmt.Sprintf("%s (%s)", account.Name, account.ID))
		}
		gate.Unchecked = uncheckedWhen(r.UnmappedAccounts == nil, "the accounts of Gradient were not read: it is not configured")
	case UnreadableTenants:
		gate.Found = r.UnreadableTenants
	case Flagged:
		for _, count := range r.Flagged {
			gate.Found = append(gate.Found, count.Tenant+", "+count.SKU+": "+strings.Join(count.Flags, ", "))
		}
	default:
		gate.Unchecked = r.uncheckedStatus(Status(name))
	}
	return gate
}

// uncheckedStatus says why a status cannot come up.
func (r Result) uncheckedStatus(status Status) string {
	for _, m := range missing {
		if m.status == status {
			return uncheckedWhen(!r.Compared[m.system], Systems[m.system]+" was not asked: "+arguments[m.system]+" is not given")
		}
	}
	others := r.Compared[CloudRadial] || r.Compared[Gradient] || r.Compared[PSA]
	return uncheckedWhen(status == Differs && !others, "no other system than Microsoft was asked: give psa_counts, gradient_counts or asset_type")
}

func uncheckedWhen(unchecked bool, why string) string {
	if unchecked {
		return why
	}
	return ""
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	accountsPath = path.Root("accounts")
	servicesPath = path.Root("services")
)

// diagnoseFailures reports the accounts whose lines could not be read: in one error or, when they may be skipped, in one warning.
func diagnoseFailures(r *reading, skip bool) diag.Diagnostics {
	if len(r.failed) == 0 {
		return nil
	}
	var lines []string
	asked := 0
	for _, a := range r.accounts {
		if a.name != "" {
			asked++
		}
		if err := r.failed[a.id]; err != nil {
			lines = append(lines, a.id+": "+tfdiag.Cause(err))
		}
	}
	report := tfdiag.List(lines)
	switch {
	case !skip:
		report += "\n\nThe numbers of these accounts are unknown, not zero. Correct the names in accounts, or set on_error = \"skip\": their counts are then null."
	case len(lines) == asked:
		report += "\n\nNo account could be read. This is an error whatever on_error says, because the cause is probably not in the accounts: check what the " +
			"credentials may see in " + r.system + "."
	default:
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(accountsPath, fmt.Sprintf("Accounts skipped because %s cannot be read for them (%d)", r.system, len(lines)),
			report+"\n\nTheir counts are null: unknown, not zero.")}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(accountsPath,
		fmt.Sprintf("%s cannot be read for %d of %s", r.system, len(lines), tfdiag.Count(asked, "account")), report)}
}

// diagnoseSame refuses two accounts that are one company, because both would be compared with its whole number.
func diagnoseSame(r *reading) diag.Diagnostics {
	same := r.sameCustomer()
	if len(same) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(accountsPath, "Accounts that are one company of "+r.system,
		"These accounts name the same company, so its whole number would count for each of them:\n\n"+tfdiag.List(same)+
			"\n\nName each company once.")}
}

// diagnoseTwice refuses a text that two services name.
func diagnoseTwice(services map[string][]string) diag.Diagnostics {
	first := map[string]string{}
	var twice []string
	for _, service := range slices.Sorted(maps.Keys(services)) {
		for _, text := range services[service] {
			if other, taken := first[text]; taken && other != service {
				twice = append(twice, fmt.Sprintf("%s: %s and %s", text, other, service))
				continue
			}
			first[text] = service
		}
	}
	return clash(twice)
}

// diagnoseClashes refuses a product that two services name, with different texts.
func diagnoseClashes(r *reading) diag.Diagnostics { return clash(r.clashes) }

func clash(products []string) diag.Diagnostics {
	if len(products) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(servicesPath, "Products that two services name",
		"The lines of a product count for one service only. These are named by two:\n\n"+tfdiag.List(products)+"\n\nRemove each from one of them.")}
}

// diagnoseUnused warns of services of which no company has a line: their products may be misspelled.
func diagnoseUnused(r *reading) diag.Diagnostics {
	if len(r.unused) == 0 || len(r.lines) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(servicesPath, fmt.Sprintf("Services without a line in %s (%d)", r.system, len(r.unused)),
		"No company of accounts has a line of these services:\n\n"+tfdiag.List(r.unused)+
			"\n\nThat may be so. Otherwise compare the spelling with the products in the PSA: capital letters and spaces count. The attribute unmapped lists the "+
			"products that no service names.")}
}

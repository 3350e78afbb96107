// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// forgotten is what everybody has to know who sees an action fail.
const forgotten = "Nothing remembers this: an action has no state, and the next plan does not show it. Invoke the action again, or use " +
	"cloudradial_license_sync, which plans again what was not accepted."

func totalError(attribute, which string, total, limit int64) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), fmt.Sprintf("unit_counts have %d units, %s than %s", total, which, attribute),
		fmt.Sprintf("All counts together have %d units, and %s is %d. Nothing was pushed. Look for an account that is missing or counted "+
			"twice. If the counts are right, change %s.", total, attribute, limit, attribute))
}

func inactiveActionError(up upstream) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(unitCounts, up.name()+": the integration is inactive, nothing was pushed",
		"Enable the integration first: cloudradial_gradient_integration with enabled = true. "+forgotten)
}

func otherCountsError(pairs []billing.Pair, up upstream) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(unitCounts, up.name()+": a license sync of this run has other counts",
		"A cloudradial_license_sync of this configuration counts these pairs with other numbers, and Gradient would keep the number that comes "+
			"last. Nothing was pushed. Give both the same unit_counts.\n\n"+tfdiag.List(servicesByAccount(pushesOfPairs(pairs))))
}

// name names the integration in summaries of the action.
func (u upstream) name() string {
	return fmt.Sprintf("Unit counts of %s (%s)", u.integration.OrganizationName, u.integration.ID)
}

// linesOfOutcome says in the progress what came of the push. Every refused pair is named.
func linesOfOutcome(done outcome, up upstream) []string {
	lines := []string{fmt.Sprintf("Gradient accepted %s.", tfdiag.Count(len(done.accepted), "unit count"))}
	if len(done.refused) > 0 {
		lines = append(lines, fmt.Sprintf("Gradient refused %s (404): ", tfdiag.Count(len(done.refused), "unit count"))+"\n"+
			listAll(unmappedByAccount(done.refused, up)))
	}
	return lines
}

// pushActionDiags returns the error about what was not accepted, and a warning about accounts with unknown counts.
func pushActionDiags(counts billing.Counts, d decision, done outcome, up upstream) (diags diag.Diagnostics) {
	var unknown []string
	for _, account := range sortedKeys(counts) {
		if counts[account] == nil {
			unknown = append(unknown, account)
		}
	}
	if len(unknown) > 0 {
		diags.AddAttributeWarning(unitCounts, up.name()+": "+tfdiag.Count(len(unknown), "account")+" with unknown counts",
			"Nothing was pushed for these accounts, and Gradient keeps billing the counts that it accepted last:\n\n"+tfdiag.List(unknown))
	}
	accepted := fmt.Sprintf("Gradient accepted %d of %s. ", len(done.accepted), tfdiag.Count(len(d.pushes), "unit count"))
	if refused := slices.Concat(done.refused, done.unsent); len(refused) > 0 {
		detail := accepted + forgotten
		if len(done.unsent) > 0 {
			detail = fmt.Sprintf("Gradient refused %d counts in a row and accepted none, so %d were not sent. ", maxRefusals, len(done.unsent)) + detail
		}
		diags.AddAttributeError(unitCounts, up.name()+": Gradient refused "+tfdiag.Count(len(refused), "unit count"),
			detail+"\n\n"+unmappedDetail(refused, false, "then invoke the action again", up))
	}
	if !done.isComplete() {
		detail := failureDetail(done) + "\n\n" + accepted + forgotten
		if len(done.unclear) > 0 {
			detail += " It is not clear whether Gradient accepted these:\n\n" + tfdiag.List(servicesByAccount(done.unclear))
		}
		diags.AddAttributeError(unitCounts, "Not all unit counts were pushed", detail)
	}
	return diags
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// unitCounts is where diagnostics about pairs stand, because deep paths lose the line number in most CLI versions.
var unitCounts = path.Root("unit_counts")

// syncName names the sync in summaries, because Terraform folds warnings of equal summary into one.
func (u upstream) syncName() string {
	return fmt.Sprintf("License sync of %s (%s)", u.integration.OrganizationName, u.integration.ID)
}

// name names the sync of a state, where Gradient was not asked.
func (m *model) name() string { return "License sync of integration " + m.ID.ValueString() }

// warnAboutHiddenChanges returns plan warnings for changes that Terraform's map diff hides or omits (rule 1). What a person has to
// review here is listed in full. turnedOn is true when this run switches the integration on.
func warnAboutHiddenChanges(d decision, up upstream, planned model, prior *model, turnedOn bool) diag.Diagnostics {
	var diags diag.Diagnostics
	warn := func(summary, detail string) {
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+summary, detail)
	}
	if held := heldByAccount(d.task); len(held) > 0 {
		warn(tfdiag.Count(len(held), "account")+" with unknown counts",
			"Nothing is pushed for these accounts, and Gradient keeps billing the counts that it accepted last:\n\n"+listAll(held)+"\n\n"+
				"An account has unknown counts when unit_counts has null for it: its tenant could not be read, or its row names no tenant. "+
				"This ends when the tenant can be read. If the account has no Microsoft 365 any more, write the word none as its tenant, or "+
				"take its rows out, and its counts are set to 0.")
	}
	if stay := d.staysBilled(); len(stay) > 0 {
		warn(tfdiag.Count(len(stay), "unit count")+" kept that nothing counts any more", "Gradient refuses the counts that replace these, and on_unmapped is "+
			"\"ignore\", so these are still billed:\n\n"+listAll(unitsByAccount(stay))+"\n\nMap the new account or service in Gradient. If the new one is not to be "+
			"billed, take it out of unit_counts, and the old count is set to 0.")
	}
	diags.Append(warnAboutPushes(d, up)...)
	if up.isInactive() && !turnedOn && len(d.pushes) > 0 {
		warn("the integration is inactive", "Nothing is pushed while it is inactive, so "+tfdiag.Count(len(d.pushes), "unit count")+
			" will wait. To push in this run, enable the integration first: cloudradial_gradient_integration with enabled = true, "+
			"and this resource depending on it.")
	}
	if prior.neverApplied() && !up.integration.LastSyncedAt.IsZero() {
		warn("the integration has received counts before", receivedBefore(up, planned.ZeroMissing.ValueBool()))
	}
	if pushed, late := prior.pushedBefore(up.integration.LastSyncedAt); late {
		warn("Gradient received counts after the last push", fmt.Sprintf("The last count of this state was accepted at %s, and Gradient last "+
			"received one at %s. Another state or another tool pushes to this integration, a run was cut off before its state was saved, or the "+
			"state was restored from an older copy. Gradient may have other counts than this state says. A new value in triggers pushes "+
			"everything and sets them right. A pair that is neither in unit_counts nor in this state keeps its count and continues to be billed: "+
			"zero_missing = true sets it to 0. It would also set the counts of another state to 0, so review the list in its plan.", showTime(pushed), showTime(up.integration.LastSyncedAt)))
	}
	return diags
}

// warnAboutPushes returns warnings about the pushes that the diff of unit_counts does not show, or shows badly.
func warnAboutPushes(d decision, up upstream) diag.Diagnostics {
	var diags diag.Diagnostics
	warn := func(summary, detail string) {
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+summary, detail)
	}
	if zeros := selectPushes(d.pushes, d.becomesZero); len(zeros) > 0 {
		warn(tfdiag.Count(len(zeros), "unit count")+" will be set to 0", listAll(d.changesByAccount(zeros))+"\n\n"+
			"This zero waits while Gradient refuses the count that replaces it: one of the same account, or the same number of the same "+
			"service.")
	}
	if owed := selectPushes(d.pushes, d.owesZero); len(owed) > 0 {
		warn(tfdiag.Count(len(owed), "zero")+" will be sent again", "Gradient refused to set these pairs to 0 before:\n\n"+
			tfdiag.List(servicesByAccount(owed)))
	}
	if refused := selectPushes(d.pushes, d.wasNotAccepted); len(refused) > 0 {
		warn(tfdiag.Count(len(refused), "unit count")+" that Gradient has not accepted will be sent again",
			"These are billed nowhere, or with an older count, until their account and service are mapped in Gradient. The diff shows them "+
				"in unmapped with \"-\" and \"-> null\", because what is still unmapped is known only after apply: they are sent, and nothing is "+
				"removed.\n\n"+listAll(unitsByAccount(refused)))
	}
	isRestored := func(push billing.Push) bool { return d.restored[push.Pair] }
	if restored := selectPushes(d.pushes, isRestored); len(restored) > 0 {
		warn(tfdiag.Count(len(restored), "unit count")+" will be pushed again after another sync", "Another cloudradial_license_sync of this "+
			"integration has these pairs too, and is destroyed with zero_on_destroy. They are pushed again, so that its zeros do not stay:\n\n"+
			listAll(unitsByAccount(restored)))
	}
	isAgain := func(push billing.Push) bool { return push.Reason == billing.Again && !isRestored(push) }
	if again := selectPushes(d.pushes, isAgain); len(again) > 0 {
		why := "the status of the integration fell from active to pending since the last push"
		if d.full {
			why = "this is a full push: triggers changed, zero_missing was turned on, or an earlier full push could not be made"
		}
		warn(tfdiag.Count(len(again), "unit count")+" will be pushed again", "Everything is pushed, including what Gradient has accepted "+
			"already, because "+why+". These numbers do not change.")
	}
	if sweep := selectPushes(d.pushes, hasReason(billing.Sweep)); len(sweep) > 0 {
		warn(tfdiag.Count(len(sweep), "pair")+" that unit_counts lacks will be set to 0",
			"zero_missing sets these accounts and services to 0, whatever count they have in Gradient. Their old numbers are not known, "+
				"because this state never pushed them and Gradient does not return counts. If another state pushes counts of its own to this "+
				"integration, they are set to 0 too:\n\n"+listAll(servicesByAccount(sweep)))
	}
	return diags
}

// receivedBefore says what to do about counts of which the state knows nothing.
func receivedBefore(up upstream, zeroMissing bool) string {
	detail := "Gradient last received a count at " + showTime(up.integration.LastSyncedAt) + ", and this state does not know which counts " +
		"it has. A pair that has a count there and is not in unit_counts keeps it, and continues to be billed.\n\n" +
		"If another state pushes to this integration, a colleague's or a second configuration's, stop here: one integration takes one " +
		"state. "
	if zeroMissing {
		return detail + "zero_missing sets the other state's counts to 0."
	}
	return detail + "If the counts are from an older tool or from a state that was lost, and unit_counts has all customers, " +
		"zero_missing = true sets every other pair to 0. It would also set the counts of another state to 0, so review the list in its plan."
}

func showTime(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 MST") }

// unknownCountsWarning says that a plan cannot show numbers, and why that happens (rule 13).
func unknownCountsWarning(up upstream) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(unitCounts, up.syncName()+": this plan cannot show the unit counts",
		"They are known only after apply, and apply pushes what it reads then, within the limits of the guard. Usually "+
			"cloudradial_license_counts, or the module that it is in, has depends_on, or refers to a resource that this plan changes. To review "+
			"the numbers, take the dependency away, or apply the other changes first (-target) and plan again.")
}

// sharedPairsError says that two syncs count the same pairs (rule 14).
func sharedPairsError(shared []billing.Pair, up upstream) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(unitCounts, up.syncName()+": "+tfdiag.Count(len(shared), "pair")+" in two license syncs",
		"Another cloudradial_license_sync of this integration has these pairs too, and each would overwrite the other's count. Take them out of "+
			"one of the two:\n\n"+tfdiag.List(servicesByAccount(pushesOfPairs(shared))))
}

// wipedPairsError says that the zeros of one sync would be the last word about pairs of another one (rule 14).
func wipedPairsError(wiped []billing.Pair, sync string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(unitCounts, sync+": "+tfdiag.Count(len(wiped), "pair")+" set to 0 that another license sync has",
		"These pairs leave one cloudradial_license_sync, or it is destroyed with zero_on_destroy, and they are set to 0. Another one of this "+
			"integration has them and pushes nothing for them in this run, so they would not be billed any more. If they moved to the other one, give "+
			"that one a new value in triggers, so that it pushes them in the same run. If their account has unknown counts there, leave it in its old "+
			"sync until it has counts; if the sync was renamed, use a moved block. To continue a destroy that is stopped here, use -refresh=false, "+
			"which plans no counts:\n\n"+
			tfdiag.List(servicesByAccount(pushesOfPairs(wiped))))
}

// nothingInCommonError says that apply could not tell which sync is replaced (rule 14).
func nothingInCommonError(up upstream) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(unitCounts, up.syncName()+": the sync is replaced by one with other accounts",
		"No account of the sync that is replaced is in unit_counts, so apply could not tell that this sync replaces it, and would leave its "+
			"counts in Gradient. Apply unit_counts without replacing the sync, for example without -replace, and replace it afterwards.")
}

func sweepOfTwoError(up upstream) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("zero_missing"), up.syncName()+": zero_missing with two license syncs",
		"There is another cloudradial_license_sync of this integration, and zero_missing would set the counts of the other one to 0. Set "+
			"zero_missing = false in both, or use one sync.")
}

func ambiguousServicesError(names []string, up upstream) diag.Diagnostic {
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = fmt.Sprintf("%q", name)
		for _, service := range up.services[name] {
			lines[i] += " " + service.ID
		}
	}
	return diag.NewAttributeErrorDiagnostic(unitCounts, up.syncName()+": several services have the same name",
		"It is not clear which of them takes the counts, and nothing was pushed. In Gradient, find out which one is mapped, and have its "+
			"support remove or rename the others; the API can do neither:\n\n"+tfdiag.List(lines))
}

// warnAboutDestroy returns plan warnings for a destroy, because its plan does not show what happens to the counts. left are the pairs that
// stay because another sync has them.
func warnAboutDestroy(d decision, state model, left map[billing.Pair]bool) (diags diag.Diagnostics) {
	if !state.ZeroOnDestroy.ValueBool() {
		diags.AddWarning(state.name()+": Gradient keeps the last counts",
			"Destroying the sync changes nothing in Gradient: "+tfdiag.Count(len(d.task.Ledger), "unit count")+" will stay there and continue "+
				"to be billed. To set them to 0, first apply zero_on_destroy = true.")
		return diags
	}
	isLeft := func(push billing.Push) bool { return left[push.Pair] }
	if zeros := selectPushes(d.pushes, func(push billing.Push) bool { return !isLeft(push) }); len(zeros) > 0 {
		diags.AddWarning(state.name()+": "+tfdiag.Count(len(zeros), "unit count")+" will be set to 0",
			"zero_on_destroy sets everything that Gradient has accepted to 0:\n\n"+listAll(d.changesByAccount(zeros))+"\n\n"+
				"What another cloudradial_license_sync of this integration counts in the same run keeps its count. One that is not part of the run, "+
				"because of -target or because it is in another state, cannot be seen. If it counts one of these pairs, give it a new value in triggers "+
				"after this run, so that it pushes the pair again.")
	}
	if kept := selectPushes(d.pushes, isLeft); len(kept) > 0 {
		diags.AddWarning(state.name()+": "+tfdiag.Count(len(kept), "unit count")+" left to another license sync",
			"zero_on_destroy does not set these to 0, because another cloudradial_license_sync of this integration has them:\n\n"+
				listAll(servicesByAccount(kept)))
	}
	return diags
}

// postponedWarning names the farewells that no plan announced.
func postponedWarning(farewells []billing.Push, ledger billing.Ledger, up upstream) diag.Diagnostic {
	d := decision{task: billing.Task{Ledger: ledger}}
	return diag.NewAttributeWarningDiagnostic(unitCounts, up.syncName()+": "+tfdiag.Count(len(farewells), "unit count")+" not set to 0 yet",
		"The sync was replaced, and the one before it had counts that unit_counts does not have. No plan has shown these zeros, so they were not "+
			"sent. They are in held_counts, and the next plan shows them:\n\n"+listAll(d.changesByAccount(farewells)))
}

// ledgerKeptWarning says what becomes of a sync that was destroyed to be replaced by one that the guard stopped.
func ledgerKeptWarning(up upstream) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(unitCounts, up.syncName()+": the replaced sync is kept",
		"The sync is replaced, and the guard could compare with its old counts only in this apply, because Terraform does not show them to the plan "+
			"of a tainted resource. The state keeps what Gradient has accepted, and the sync stays tainted. Run terraform untaint, so that the next plan "+
			"shows the change. If the guard did not stop the plan too, you can also approve the change and apply again.")
}

// notZeroedWarning names what a sync that was replaced leaves behind.
func notZeroedWarning(sync string, left, ledger billing.Ledger) diag.Diagnostic {
	return leftInGradient(sync, left, ledger, "The sync was replaced, and the new one does not count these pairs. They are not set to 0, because "+
		"the new one existed before the old one was destroyed.")
}

// abandonedWarning names what a tainted sync leaves behind, because nothing shows which sync replaces it.
func abandonedWarning(up upstream, left, ledger billing.Ledger) diag.Diagnostic {
	return leftInGradient(up.syncName(), left, ledger, "A tainted sync was destroyed, and the sync that was created has none of its accounts, so it "+
		"did not take these counts over. They are not set to 0, because no plan has shown these zeros.")
}

// leftToOthersWarning names what a sync leaves to another one that pushed nothing for it.
func leftToOthersWarning(up upstream, left, ledger billing.Ledger) diag.Diagnostic {
	return leftInGradient(up.syncName(), left, ledger, "Another cloudradial_license_sync of this integration has these accounts now, and pushed nothing for "+
		"them: their counts are unknown to it, or the guard stopped it. So they are not set to 0. It pushes them as soon as it can.")
}

// leftInGradient names counts that no state has any more. Gradient may have an older number of what is not in the ledger.
func leftInGradient(sync string, left, ledger billing.Ledger, why string) diag.Diagnostic {
	lines := linesByAccount(pushesOfLedger(left), accountID, func(push billing.Push) string {
		if _, accepted := ledger[push.Pair]; !accepted {
			return fmt.Sprintf("%s %d (not accepted)", push.Service, push.Units)
		}
		return fmt.Sprintf("%s %d", push.Service, push.Units)
	})
	return diag.NewWarningDiagnostic(sync+": "+tfdiag.Count(len(left), "unit count")+" left in Gradient", why+" Gradient continues to bill them, and it "+
		"may have an older number of those that it did not accept last. To set them to 0, add them to unit_counts with 0:\n\n"+listAll(lines))
}

// unmappedDiags returns what the user must know about the pairs that Gradient refused (rules 3 and 7). first is true on create.
func unmappedDiags(planned model, first bool, d decision, done outcome, up upstream) diag.Diagnostics {
	var diags diag.Diagnostics
	diags.Append(d.zeroDiags(done, up)...)
	refused := selectPushes(slices.Concat(done.refused, done.unsent), hasReason(billing.Changed, billing.Again))
	mode := planned.OnUnmapped.ValueString()
	if len(refused) == 0 || mode == onUnmappedIgnore {
		return diags
	}
	summary := up.syncName() + ": Gradient refused " + tfdiag.Count(len(refused), "unit count")
	detail := unmappedDetail(refused, first, "then apply again", up)
	if len(done.unsent) > 0 {
		summary = up.syncName() + ": " + tfdiag.Count(len(refused), "unit count") + " not accepted"
		detail = fmt.Sprintf("Gradient refused %d counts in a row and accepted none, so the other %d were not sent: nothing seems to be mapped "+
			"yet, and more refused requests could get the key blocked.\n\n", maxRefusals, len(done.unsent)) + detail
	}
	if saved := !first || done.isComplete(); saved {
		detail += "\n\nThe attribute unmapped has all of them, with their units."
	}
	if mode == onUnmappedError && !first {
		diags.AddAttributeError(unitCounts, summary, detail)
	} else {
		diags.AddAttributeWarning(unitCounts, summary, detail)
	}
	return diags
}

// zeroDiags returns warnings about the zeros that Gradient refused and the farewells that wait (rule 3).
func (d decision) zeroDiags(done outcome, up upstream) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(done.waiting) > len(d.postponed) {
		waiting := done.waiting[:len(done.waiting)-len(d.postponed)]
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+tfdiag.Count(len(waiting), "unit count")+" not set to 0 yet",
			"Gradient refused the counts that replace these, so the new ones are billed nowhere until mapped. The old ones stay until then, so "+
				"that the customer is not billed nothing. Map the new account or service in Gradient, then apply again. They are in "+
				"held_counts:\n\n"+listAll(d.changesByAccount(waiting)))
	}
	list := tfdiag.List
	if d.destroyed {
		list = listAll // no plan shows them again
	}
	if unsent := selectPushes(done.unsent, func(push billing.Push) bool { return push.Reason.Zeroes() }); len(unsent) > 0 {
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+tfdiag.Count(len(unsent), "zero")+" not sent",
			fmt.Sprintf("Gradient refused %d counts in a row and accepted none, so these pairs were not set to 0. %s:\n\n",
				maxRefusals, d.orForgotten("The next plan shows them again"))+list(d.changesByAccount(unsent)))
	}
	isNews := func(push billing.Push) bool { return push.Reason.Zeroes() && (d.destroyed || !d.owesZero(push)) }
	zeros := selectPushes(done.refused, isNews)
	if len(zeros) == 0 {
		return diags
	}
	detail := "Gradient answered 404, because the account or the service is not mapped"
	if done.zeroErr != nil {
		detail = "Gradient refused the zero (" + done.zeroErr.Error() + ")"
	}
	diags.AddAttributeWarning(unitCounts, up.syncName()+": "+tfdiag.Count(len(zeros), "pair")+" could not be set to 0",
		detail+". It may keep the old number and bill it again once the pair is mapped. "+
			d.orForgotten("The pairs are in unmapped with 0, and the zero is sent again whenever anything is pushed. Check them in Gradient")+
			":\n\n"+listAll(d.changesByAccount(zeros)))
	return diags
}

// orForgotten returns what becomes of a zero that Gradient does not have. A sync that is destroyed sends nothing again.
func (d decision) orForgotten(kept string) string {
	if !d.destroyed {
		return kept
	}
	return "The sync is destroyed and sends nothing again. Check these pairs in Gradient; to set one to 0 once it is mapped, push it with 0 from " +
		"another cloudradial_license_sync"
}

// unmappedDetail lists the pairs that a person must map, and apart from them those that a resource must create first. next is what to do
// once they are mapped.
func unmappedDetail(refused []billing.Push, first bool, next string, up upstream) string {
	var noAccount, noService, unmapped []billing.Push
	for _, push := range refused {
		_, account := up.accounts[push.Account]
		service := len(up.services[push.Service]) > 0
		switch {
		case up.listed && !account:
			noAccount = append(noAccount, push)
		case up.listed && !service:
			noService = append(noService, push)
		default:
			unmapped = append(unmapped, push)
		}
	}
	var parts []string
	if len(unmapped) > 0 {
		text := "The account or the service of these pairs is not mapped to the PSA, and Gradient does not store a count without a " +
			"mapping. Map them in Gradient (on the integration's card, under Configure), " + next + "."
		if first {
			text += " This is normal on a first run."
		}
		parts = append(parts, text+"\n\n"+tfdiag.List(unmappedByAccount(unmapped, up)))
	}
	if len(noAccount) > 0 {
		parts = append(parts, "These accounts do not exist in Gradient. Create them with cloudradial_company_mapping, or correct "+
			"the id.\n\n"+tfdiag.List(servicesByAccount(noAccount)))
	}
	if len(noService) > 0 {
		parts = append(parts, "These services do not exist in Gradient. Create them with cloudradial_license_mapping, or correct "+
			"the name.\n\n"+tfdiag.List(servicesByAccount(noService)))
	}
	return strings.Join(parts, "\n\n")
}

// pushFailedError says what stopped the push, and what the next run does (rule 8). saved is true when the state has what was accepted.
func pushFailedError(d decision, done outcome, saved bool) diag.Diagnostic {
	detail := failureDetail(done) + fmt.Sprintf("\n\nGradient accepted %d of %s. ",
		len(done.accepted), tfdiag.Count(len(d.pushes), "unit count"))
	if saved {
		detail += "The state has what Gradient accepted, so the next plan shows the rest."
	} else {
		detail += "A create that fails saves no state, so the next apply pushes everything again. That is safe."
	}
	if len(done.unclear) > 0 {
		detail += " It is not clear whether Gradient accepted these, so they are pushed again:\n\n" +
			tfdiag.List(servicesByAccount(done.unclear))
	}
	return diag.NewAttributeErrorDiagnostic(unitCounts, "Not all unit counts were pushed", detail)
}

// failureDetail says what stopped the push, or which pairs Gradient refused each for itself.
func failureDetail(done outcome) string {
	if done.err != nil {
		return tfdiag.Detail(done.err)
	}
	if len(done.failed) == 1 {
		return tfdiag.Detail(done.failed[0].err)
	}
	lines := make([]string, len(done.failed))
	for i, failure := range done.failed {
		lines[i] = failure.err.Error()
	}
	slices.Sort(lines)
	return "Gradient refused these counts, and the others were pushed:\n\n" + tfdiag.List(lines)
}

// notPushedError says that the push did not begin.
func notPushedError(err error) diag.Diagnostic {
	return tfdiag.Error("Unit counts cannot be pushed", err)
}

func inactiveWarning(d decision, up upstream) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(unitCounts, up.syncName()+": the integration is inactive, nothing was pushed",
		tfdiag.Count(len(d.pushes), "unit count")+" must wait, and will be planned again until the integration is enabled "+
			"(cloudradial_gradient_integration with enabled = true). Until then unmapped lists the new numbers, and "+
			"held_counts the accepted ones that they replace.")
}

func inactiveDestroyError() diag.Diagnostic {
	return diag.NewErrorDiagnostic("The counts cannot be set to 0 while the integration is inactive",
		"zero_on_destroy is set, and without the zeros the counts would continue to be billed. Enable the integration first, or "+
			"apply zero_on_destroy = false.")
}

func wrongIntegrationError(id string, up upstream) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The keys belong to another integration",
		fmt.Sprintf("The counts in the state were pushed to integration %s, but the keys belong to %s. Nothing was pushed. Plan "+
			"again with refresh: the plan shows everything that has to be pushed to the new integration.", id, up.integration.ID))
}

func newIntegrationWarning(id string, up upstream) diag.Diagnostic {
	return diag.NewWarningDiagnostic(up.syncName()+": the keys belong to another integration than before",
		fmt.Sprintf("The counts in the state were pushed to integration %s. Either it was disconnected and connected again in "+
			"Gradient, or these are the keys of another one. This resource has pushed nothing to this integration yet, so the plan "+
			"pushes everything again.", id))
}

// lostPairsWarnings lists the accepted counts that are none any more (rule 9). Those of accounts that are merely shown as not mapped are
// left to the plan.
func lostPairsWarnings(before pushState, lost map[billing.Pair]loss, up upstream) diag.Diagnostics {
	ledger := before.ledger()
	of := func(why loss) []string {
		rest := withoutPairs(ledger, func(pair billing.Pair) bool { return lost[pair] != why })
		return unitsByAccount(pushesOfLedger(rest))
	}
	var diags diag.Diagnostics
	if lines := of(gone); len(lines) > 0 {
		detail := "Gradient no longer lists their account or service. They are in unmapped and are pushed again, and set to 0 when they are " +
			"taken out of unit_counts:\n\n" + tfdiag.List(lines)
		if len(up.accounts) == 0 {
			detail = "Gradient lists no accounts at all. If the integration was disconnected in Gradient and connected again, its accounts " +
				"were deleted: the plan shows what is created and pushed again, and everything must be mapped again in Gradient.\n\n" + detail
		}
		diags.AddWarning(up.syncName()+": accepted counts of "+tfdiag.Count(len(lines), "account")+" gone from Gradient", detail)
	}
	if lines := of(replaced); len(lines) > 0 {
		diags.AddWarning(up.syncName()+": accepted counts of "+tfdiag.Count(len(lines), "account")+" must be pushed again",
			"Their service has another id than when it took the counts, their account was mapped again since then, or the ids are not known any "+
				"more. Gradient may have no count for them now:\n\n"+tfdiag.List(lines))
	}
	return diags
}

func pushesOfPairs(pairs []billing.Pair) []billing.Push {
	pushes := make([]billing.Push, len(pairs))
	for i, pair := range pairs {
		pushes[i] = billing.Push{Pair: pair}
	}
	return pushes
}

func pushesOfLedger(ledger billing.Ledger) []billing.Push {
	pushes := make([]billing.Push, 0, len(ledger))
	for pair, units := range ledger {
		pushes = append(pushes, billing.Push{Pair: pair, Units: units})
	}
	return pushes
}

// invalidCountsError lists the values of unit_counts that are not unit counts (rule 12).
func invalidCountsError(err error) diag.Diagnostic {
	return shapes.Diagnostic("unit_counts is not valid", err)
}

func unreadableStateError(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The state of the license sync cannot be read",
		err.Error()+". This is a bug in the provider, unless the state was edited by hand.")
}

// becomesZero reports whether a push is a 0 that replaces another number.
func (d decision) becomesZero(push billing.Push) bool {
	units, known := d.task.Ledger[push.Pair]
	if push.Reason == billing.Farewell {
		return !d.owesZero(push)
	}
	return push.Units == 0 && push.Reason == billing.Changed && known && units > 0
}

// owesZero reports whether a push is a zero that Gradient refused before.
func (d decision) owesZero(push billing.Push) bool {
	_, accepted := d.task.Ledger[push.Pair]
	return push.Reason == billing.Farewell && !accepted && d.before.owesZero(push.Pair)
}

// wasNotAccepted reports whether a push is of a counted pair that Gradient has refused before.
func (d decision) wasNotAccepted(push billing.Push) bool {
	_, refused := d.before.unmapped[push.Pair]
	return push.Reason == billing.Changed && refused
}

func hasReason(reasons ...billing.Reason) func(billing.Push) bool {
	return func(push billing.Push) bool { return slices.Contains(reasons, push.Reason) }
}

func selectPushes(pushes []billing.Push, selected func(billing.Push) bool) []billing.Push {
	return slices.DeleteFunc(slices.Clone(pushes), func(push billing.Push) bool { return !selected(push) })
}

// heldByAccount returns what Gradient keeps for accounts with unknown counts.
func heldByAccount(task billing.Task) []string {
	held := pushesOfLedger(task.Held())
	lines, withCounts := unitsByAccount(held), map[string]bool{}
	for _, push := range held {
		withCounts[push.Account] = true
	}
	for account, services := range task.Desired {
		if services == nil && !withCounts[account] {
			lines = append(lines, account+": no count was accepted yet")
		}
	}
	slices.Sort(lines)
	return lines
}

// changesByAccount returns old -> new of every push. The old number of a pair that is in unmapped is the one that was sent last.
func (d decision) changesByAccount(pushes []billing.Push) []string {
	return linesByAccount(pushes, accountID, func(push billing.Push) string {
		if units, known := d.task.Ledger[push.Pair]; known {
			return fmt.Sprintf("%s %d -> %d", push.Service, units, push.Units)
		}
		if units, refused := d.before.unmapped[push.Pair]; refused && units > 0 {
			return fmt.Sprintf("%s %d (not accepted) -> %d", push.Service, units, push.Units)
		}
		return fmt.Sprintf("%s -> %d", push.Service, push.Units)
	})
}

// unitsByAccount returns the services of the pushes with their units.
func unitsByAccount(pushes []billing.Push) []string {
	return linesByAccount(pushes, accountID, func(push billing.Push) string { return fmt.Sprintf("%s %d", push.Service, push.Units) })
}

// servicesByAccount returns the services of the pushes.
func servicesByAccount(pushes []billing.Push) []string {
	return linesByAccount(pushes, accountID, func(push billing.Push) string { return push.Service })
}

// unmappedByAccount returns the pushes with the names that Gradient shows, and says which account is not mapped, if Gradient tells.
func unmappedByAccount(pushes []billing.Push, up upstream) []string {
	name := func(account string) string {
		if !up.listed {
			return account
		}
		if up.showsMapped(account) == mappedNo {
			return fmt.Sprintf("%s (%s, account not mapped)", account, up.accounts[account].Name)
		}
		return fmt.Sprintf("%s (%s)", account, up.accounts[account].Name)
	}
	return linesByAccount(pushes, name, func(push billing.Push) string { return fmt.Sprintf("%s %d", push.Service, push.Units) })
}

func accountID(account string) string { return account }

// linesByAccount returns a line for each account: its name and what show says of each push.
func linesByAccount(pushes []billing.Push, name func(account string) string, show func(billing.Push) string) []string {
	byAccount := map[string][]string{}
	for _, push := range pushes {
		byAccount[push.Account] = append(byAccount[push.Account], show(push))
	}
	lines := make([]string, 0, len(byAccount))
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		slices.Sort(byAccount[account])
		lines = append(lines, name(account)+": "+strings.Join(byAccount[account], ", "))
	}
	return lines
}

// listAll is [tfdiag.List] without a limit, for numbers that a plan must show.
func listAll(lines []string) string {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString("\n  - " + tfdiag.Line(line))
	}
	return strings.TrimPrefix(text.String(), "\n")
}

package licensesync

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

// warnAboutHiddenChanges returns plan warnings for changes that Terraform's map diff hides or omits (rule 1). What a person has to
// review here is listed in full.
func warnAboutHiddenChanges(d decision, up upstream, planned model, prior *model) diag.Diagnostics {
	var diags diag.Diagnostics
	warn := func(summary, detail string) {
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+summary, detail)
	}
	if held := heldByAccount(d.task); len(held) > 0 {
		warn(tfdiag.Count(len(held), "account")+" with unknown counts",
			"Nothing is pushed for these accounts, and Gradient keeps the counts that it accepted last:\n\n"+listAll(held))
	}
	if zeros := selectPushes(d.pushes, becomesZero(d.task.Ledger)); len(zeros) > 0 {
		warn(tfdiag.Count(len(zeros), "unit count")+" will be set to 0", listAll(changesByAccount(zeros, d.task.Ledger)))
	}
	if again := selectPushes(d.pushes, hasReason(billing.Again)); len(again) > 0 {
		warn(tfdiag.Count(len(again), "unit count")+" will be pushed again", "Everything is pushed, including what Gradient has accepted already, because triggers changed or because a full push "+
			"could not be made while the integration was inactive. These numbers do not change.")
	}
	if sweep := selectPushes(d.pushes, hasReason(billing.Sweep)); len(sweep) > 0 {
		warn(tfdiag.Count(len(sweep), "pair")+" that unit_counts lacks will be set to 0",
			"zero_missing sets these accounts and services to 0, whatever count they have in Gradient:\n\n"+
				listAll(servicesByAccount(sweep)))
	}
	if up.isInactive() && len(d.pushes) > 0 {
		warn("the integration is inactive", "Nothing is pushed while it is inactive, so "+tfdiag.Count(len(d.pushes), "unit count")+
			" will wait. To push in this run, enable the integration first: cloudradial_gradient_integration with enabled = true, "+
			"and this resource depending on it.")
	}
	if prior.neverApplied() && !planned.ZeroMissing.ValueBool() && !up.integration.LastSyncedAt.IsZero() {
		warn("the integration has received counts before", "Gradient last received a count at "+
			up.integration.LastSyncedAt.UTC().Format("2006-01-02 15:04 MST")+", and this sync does not know which counts it has. A pair "+
			"that has a count there and is not in unit_counts keeps it, and continues to be billed. Set zero_missing = true to set those "+
			"pairs to 0.")
	}
	return diags
}

// warnAboutDestroy returns plan warnings for a destroy, because its plan does not show what happens to the counts.
func warnAboutDestroy(before pushState, state model) diag.Diagnostics {
	ledger := before.ledger()
	name := "License sync of integration " + state.ID.ValueString() + ": "
	if !state.ZeroOnDestroy.ValueBool() {
		return diag.Diagnostics{diag.NewWarningDiagnostic(name+"Gradient keeps the last counts",
			"Destroying the sync changes nothing in Gradient: "+tfdiag.Count(len(ledger), "unit count")+" will stay there and continue "+
				"to be billed. To set them to 0, first apply zero_on_destroy = true.")}
	}
	zeros := billing.Task{Ledger: ledger, Refused: before.unmapped}.Pushes()
	if len(zeros) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(name+tfdiag.Count(len(zeros), "unit count")+" will be set to 0",
		"zero_on_destroy sets everything that Gradient has accepted to 0:\n\n"+listAll(changesByAccount(zeros, ledger))+"\n\n"+
			"If another cloudradial_license_sync replaces this one in the same run, these zeros may be sent after its counts. To "+
			"prevent that, use a moved block, or first apply zero_on_destroy = false.")}
}

// guardError says by how much the change is larger than the guard allows, and how to allow it (rule 10).
func guardError(alarms []billing.Alarm) diag.Diagnostic {
	lines := make([]string, len(alarms))
	for i, alarm := range alarms {
		lines[i] = alarm.String()
	}
	return diag.NewAttributeErrorDiagnostic(unitCounts, "The change of unit counts is larger than the guard allows",
		"Nothing was pushed. Compared with what Gradient has accepted:\n\n"+tfdiag.List(lines)+"\n\n"+
			"If this is wrong, check the license counts and the mapping files. If it is right, allow it for one run with a higher limit, "+
			"guard = { max_decrease_percent = … } or max_increase_percent, best through a variable (-var). To continue a destroy that "+
			"is stopped here, use -refresh=false, which plans no counts, or a higher limit.")
}

// unmappedDiags returns what the user must know about the pairs that Gradient refused (rules 3 and 7). first is true on create.
func unmappedDiags(planned model, first bool, done outcome, up upstream) diag.Diagnostics {
	var diags diag.Diagnostics
	zeros := selectPushes(done.refused, hasReason(billing.Farewell))
	if len(zeros) > 0 {
		diags.AddAttributeWarning(unitCounts, up.syncName()+": "+tfdiag.Count(len(zeros), "pair")+" could not be set to 0",
			"Gradient answered 404, which means that it stores no count for them, so they are not pushed again. Check in Gradient's "+
				"billing view that they are gone:\n\n"+listAll(servicesByAccount(zeros))) // in full, because the state forgets them
	}
	refused := selectPushes(done.refused, hasReason(billing.Changed, billing.Again))
	mode := planned.OnUnmapped.ValueString()
	if len(refused) == 0 || mode == onUnmappedIgnore {
		return diags
	}
	summary, detail := up.syncName()+": Gradient refused "+tfdiag.Count(len(refused), "unit count"), unmappedDetail(refused, up)
	if saved := !first || done.err == nil; saved {
		detail += "\n\nThe attribute unmapped has all of them, with their units."
	}
	if mode == onUnmappedError && !first {
		diags.AddAttributeError(unitCounts, summary, detail)
	} else {
		diags.AddAttributeWarning(unitCounts, summary, detail)
	}
	return diags
}

// unmappedDetail lists the pairs that a person must map, and apart from them those that a resource must create first.
func unmappedDetail(refused []billing.Push, up upstream) string {
	var noAccount, noService, unmapped []billing.Push
	for _, push := range refused {
		_, account := up.accounts[push.Account]
		_, service := up.services[push.Service]
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
		parts = append(parts, "The account or the service of these pairs is not mapped to the PSA, and Gradient does not store a "+
			"count without a mapping. Map them in Gradient (on the integration's card, under Configure), then apply again. This is "+
			"normal on a first run.\n\n"+tfdiag.List(unmappedByAccount(unmapped, up)))
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
	detail := tfdiag.Detail(done.err) + fmt.Sprintf("\n\nBefore that, Gradient accepted %d of %s. ",
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

// deletedPairsWarning lists the accepted counts that Gradient deleted together with their account or service.
func deletedPairsWarning(deleted []billing.Pair, up upstream) diag.Diagnostic {
	pushes := make([]billing.Push, len(deleted))
	for i, pair := range deleted {
		pushes[i] = billing.Push{Pair: pair}
	}
	detail := "Their account or service no longer exists in Gradient, so the plan pushes them again:\n\n" +
		tfdiag.List(servicesByAccount(pushes))
	if len(up.accounts) == 0 {
		detail = "Gradient has no accounts at all any more. Probably the integration was disconnected in Gradient and connected " +
			"again, which deletes them. The plan shows what will be created and pushed again. Everything must then be mapped again " +
			"in Gradient.\n\n" + detail
	}
	return diag.NewWarningDiagnostic(up.syncName()+": "+tfdiag.Count(len(deleted), "accepted count")+" gone from Gradient", detail)
}

// invalidCountsError lists the values of unit_counts that are not unit counts (rule 12).
func invalidCountsError(err error) diag.Diagnostic {
	return shapes.Diagnostic("unit_counts is not valid", err)
}

func unreadableStateError(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The state of the license sync cannot be read",
		err.Error()+". This is a bug in the provider, unless the state was edited by hand.")
}

// becomesZero selects the pushes of a 0 that replaces another number.
func becomesZero(ledger billing.Ledger) func(billing.Push) bool {
	return func(push billing.Push) bool {
		units, known := ledger[push.Pair]
		return push.Units == 0 && push.Reason != billing.Sweep && (push.Reason == billing.Farewell || (known && units > 0))
	}
}

func hasReason(reasons ...billing.Reason) func(billing.Push) bool {
	return func(push billing.Push) bool { return slices.Contains(reasons, push.Reason) }
}

func selectPushes(pushes []billing.Push, selected func(billing.Push) bool) []billing.Push {
	return slices.DeleteFunc(slices.Clone(pushes), func(push billing.Push) bool { return !selected(push) })
}

// heldByAccount returns what Gradient keeps for accounts with unknown counts. An account that nothing was pushed for is left out.
func heldByAccount(task billing.Task) []string {
	held := task.Held()
	pushes := make([]billing.Push, 0, len(held))
	for pair, units := range held {
		pushes = append(pushes, billing.Push{Pair: pair, Units: units})
	}
	return linesByAccount(pushes, accountID, func(push billing.Push) string { return fmt.Sprintf("%s %d", push.Service, push.Units) })
}

// changesByAccount returns old -> new of every push.
func changesByAccount(pushes []billing.Push, ledger billing.Ledger) []string {
	return linesByAccount(pushes, accountID, func(push billing.Push) string {
		units, known := ledger[push.Pair]
		if !known {
			return fmt.Sprintf("%s -> %d", push.Service, push.Units)
		}
		return fmt.Sprintf("%s %d -> %d", push.Service, units, push.Units)
	})
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
		if up.showsUnmapped(billing.Pair{Account: account}) {
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
func listAll(lines []string) string { return "  - " + strings.Join(lines, "\n  - ") }

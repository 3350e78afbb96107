package licensesync

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// subject names the sync in summaries: Terraform folds warnings of equal summary, so each must say whose it is.
func (u upstream) subject() string {
	return fmt.Sprintf("License sync of %s (%s)", u.integration.OrganizationName, u.integration.ID)
}

// announce says what the diff of a map shows badly, and every number that it does not show at all.
func announce(d decision, up upstream, planned model, prior *model) diag.Diagnostics {
	var diags diag.Diagnostics
	warn := func(summary, detail string) {
		diags.AddAttributeWarning(path.Root("unit_counts"), up.subject()+": "+summary, detail)
	}
	if kept := unknownAccounts(d.task); len(kept) > 0 {
		warn(count(len(kept), "account")+" with unknown counts", "Nothing is pushed for these accounts, and Gradient keeps the counts that it accepted last:\n\n"+
			strings.Join(kept, "\n"))
	}
	if zeros := pushedFor(d.pushes, toZero(d.task.Ledger)); len(zeros) > 0 {
		warn(count(len(zeros), "unit count")+" will be set to 0", listPushes(zeros, d.task.Ledger))
	}
	if again := pushedFor(d.pushes, func(p billing.Push) bool { return p.Reason == billing.Again }); len(again) > 0 {
		why := "Everything is pushed, also what Gradient has accepted already: triggers changed, or an inactive integration kept an earlier " +
			"change of them waiting. The numbers stay the same."
		if !d.task.Full {
			why = "A run that failed left Gradient's billing view behind the counts that Gradient has accepted. Pushing one of them again " +
				"makes it rebuild. The number stays the same."
		}
		warn(count(len(again), "unit count")+" will be pushed again", why)
	}
	if swept := pushedFor(d.pushes, func(p billing.Push) bool { return p.Reason == billing.Sweep }); len(swept) > 0 {
		warn(count(len(swept), "pair")+" that unit_counts lacks will be set to 0", "zero_missing sets these accounts and services to 0, whatever "+
			"Gradient has for them now:\n\n"+listByAccount(swept))
	}
	if up.inactive() && len(d.pushes) > 0 {
		warn("the integration is inactive", "While it is inactive nothing is pushed: "+count(len(d.pushes), "unit count")+" will wait, unless this run enables the "+
			"integration first (cloudradial_gradient_integration with enabled = true, and this resource depending on it).")
	}
	if prior.begins() && !planned.ZeroMissing.ValueBool() && !up.integration.LastSyncedAt.IsZero() {
		warn("the integration has received counts before", fmt.Sprintf("Gradient says that it synced last at %s, and this sync knows nothing of it. Whatever was "+
			"pushed then for a pair that unit_counts lacks keeps its number, and is billed on. Set zero_missing = true to set those pairs to 0.",
			up.integration.LastSyncedAt.UTC().Format("2006-01-02 15:04 MST")))
	}
	return diags
}

// announceDestroy says what a destroy does, for its plan shows no counts.
func announceDestroy(before book, state model) diag.Diagnostics {
	ledger := before.ledger()
	summary := "License sync of integration " + state.ID.ValueString() + ": "
	if !state.ZeroOnDestroy.ValueBool() {
		return diag.Diagnostics{diag.NewWarningDiagnostic(summary+"Gradient keeps the last counts", "Destroying the sync forgets what was pushed and changes nothing in "+
			"Gradient: "+count(len(ledger), "unit count")+" will stay as they are, and be billed on. To set them to 0, apply zero_on_destroy = true first.")}
	}
	farewells := billing.Task{Ledger: ledger, Refused: before.unmapped}.Pushes()
	if len(farewells) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(summary+count(len(farewells), "unit count")+" will be set to 0",
		"zero_on_destroy sets everything that Gradient has accepted to 0:\n\n"+listPushes(farewells, ledger)+"\n\nIf another "+
			"cloudradial_license_sync takes over in the same run, these zeros may come after its counts: use a moved block, or apply "+
			"zero_on_destroy = false first.")}
}

func tooLarge(alarms []billing.Alarm) diag.Diagnostic {
	lines := make([]string, len(alarms))
	for i, alarm := range alarms {
		lines[i] = "  - " + alarm.String()
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("unit_counts"), "The change of unit counts is larger than the guard allows",
		"Nothing was pushed. Compared with what Gradient has accepted:\n\n"+strings.Join(lines, "\n")+"\n\n"+
			"If this is right, allow it for one run with a higher limit, guard = { max_decrease_percent = … } or max_increase_percent, best through a variable "+
			"(-var). If it is not, look at the license counts and the mapping files first. A destroy that is stopped here can go on with -refresh=false, "+
			"which plans no counts, or with a higher limit.")
}

// toMap says which counts Gradient refused because nobody mapped them, and what to do about it.
func toMap(planned model, first bool, done outcome, up upstream) diag.Diagnostics {
	var diags diag.Diagnostics
	gone := pushedFor(done.refused, func(p billing.Push) bool { return p.Reason == billing.Farewell })
	if len(gone) > 0 {
		diags.AddAttributeWarning(path.Root("unit_counts"), up.subject()+": "+count(len(gone), "pair")+" could not be set to 0 and is forgotten",
			"Gradient answered 404 to the 0, so it keeps no number for these pairs, as far as it says. Look whether their cards are gone from its billing "+
				"view:\n\n"+listByAccount(gone))
	}
	refused := pushedFor(done.refused, func(p billing.Push) bool { return p.Reason == billing.Changed || p.Reason == billing.Again })
	mode := planned.OnUnmapped.ValueString()
	if len(refused) == 0 || mode == onUnmappedIgnore {
		return diags
	}
	summary := up.subject() + ": Gradient did not take " + count(len(refused), "unit count")
	if mode == onUnmappedError && !first {
		diags.AddAttributeError(path.Root("unit_counts"), summary, todo(refused, up))
	} else {
		diags.AddAttributeWarning(path.Root("unit_counts"), summary, todo(refused, up))
	}
	return diags
}

// todo tells what only a person can map from what a resource has to create first.
func todo(refused []billing.Push, up upstream) string {
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
		parts = append(parts, "These pairs have an account or a service that nobody has mapped to the PSA. Gradient keeps no number for them. Map them in "+
			"Gradient (the integration's card, Configure), then apply again. On a first run this is normal.\n\n"+listUnmapped(unmapped, up))
	}
	if len(noAccount) > 0 {
		parts = append(parts, "These accounts do not exist in Gradient, so mapping cannot help: create them with cloudradial_company_mapping, or correct the id.\n\n"+
			listByAccount(noAccount))
	}
	if len(noService) > 0 {
		parts = append(parts, "These services do not exist in Gradient, so mapping cannot help: create them with cloudradial_license_mapping, or correct the name.\n\n"+
			listByAccount(noService))
	}
	return strings.Join(parts, "\n\n")
}

// failed says what stopped the push, and what is remembered of it.
func failed(d decision, done outcome, remembered bool) diag.Diagnostic {
	detail := tfdiag.Detail(done.err) + fmt.Sprintf("\n\n%d of %s accepted before that. ", len(done.accepted), count(len(d.pushes), "unit count"))
	if remembered {
		detail += "The state says what Gradient has accepted, so the next plan shows the rest."
	} else {
		detail += "A create that fails is not remembered: the next apply pushes everything again, which does no harm."
	}
	if len(done.unclear) > 0 {
		detail += " Whether Gradient took these is not clear, so they are pushed again:\n\n" + listByAccount(done.unclear)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("unit_counts"), "Not all unit counts were pushed", detail)
}

func frozenWarning(d decision, up upstream) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("unit_counts"), up.subject()+": the integration is inactive, nothing was pushed",
		count(len(d.pushes), "unit count")+" must wait, and will be planned again until the integration is enabled (cloudradial_gradient_integration with "+
			"enabled = true). Until then unmapped lists the numbers that are new, and held_counts what Gradient has accepted in their place.")
}

func frozenDestroy() diag.Diagnostic {
	return diag.NewErrorDiagnostic("The counts cannot be set to 0 while the integration is inactive",
		"zero_on_destroy asks for it, and forgetting the counts now would leave them billed. Enable the integration first, or apply zero_on_destroy = false.")
}

func stalePlan(id string, up upstream) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The key belongs to another integration",
		fmt.Sprintf("The counts in the state were pushed to integration %s, and the keys in use belong to %s. Nothing was pushed. Run an ordinary plan, "+
			"with refresh: it shows everything that has to be pushed to the new integration.", id, up.integration.ID))
}

func otherIntegration(id string, up upstream) diag.Diagnostic {
	return diag.NewWarningDiagnostic(up.subject()+": this is another integration than before",
		fmt.Sprintf("The counts in the state were pushed to integration %s, which the keys in use do not belong to any more: it was disconnected and connected "+
			"again in Gradient, or the keys are those of another one. Nothing is known to be accepted, so everything is planned to be pushed again.", id))
}

// goneUpstream says which accepted counts Gradient has deleted together with their account or service.
func goneUpstream(lost []billing.Pair, up upstream) diag.Diagnostic {
	pushes := make([]billing.Push, len(lost))
	for i, pair := range lost {
		pushes[i] = billing.Push{Pair: pair}
	}
	detail := "Their account or service does not exist in Gradient any more, so nothing is accepted for them:\n\n" + listByAccount(pushes)
	if len(up.accounts) == 0 {
		detail = "Gradient has no accounts at all any more: the integration was probably disconnected in Gradient and connected again, which deletes them. " +
			"The plan shows what will be made and pushed again; mapping has to be done again in Gradient.\n\n" + detail
	}
	return diag.NewWarningDiagnostic(up.subject()+": "+count(len(lost), "accepted count")+" gone from Gradient", detail)
}

// toZero selects what becomes 0 and is not 0 now.
func toZero(ledger billing.Ledger) func(billing.Push) bool {
	return func(push billing.Push) bool {
		units, known := ledger[push.Pair]
		return push.Units == 0 && push.Reason != billing.Sweep && (push.Reason == billing.Farewell || (known && units > 0))
	}
}

func pushedFor(pushes []billing.Push, selected func(billing.Push) bool) []billing.Push {
	return slices.DeleteFunc(slices.Clone(pushes), func(push billing.Push) bool { return !selected(push) })
}

// unknownAccounts lists what is kept for the accounts with unknown counts, an account a line. Where nothing was pushed
// there is nothing to say: the data source has named what it could not read.
func unknownAccounts(task billing.Task) []string {
	held := map[string][]string{}
	for pair, units := range task.Held() {
		held[pair.Account] = append(held[pair.Account], fmt.Sprintf("%s %d", pair.Service, units))
	}
	var lines []string
	for _, account := range slices.Sorted(maps.Keys(held)) {
		slices.Sort(held[account])
		lines = append(lines, fmt.Sprintf("  - %s: %s", account, strings.Join(held[account], ", ")))
	}
	return lines
}

// listPushes shows old -> new of every push, an account a line.
func listPushes(pushes []billing.Push, ledger billing.Ledger) string {
	return listAccounts(pushes, byID, func(push billing.Push) string {
		units, known := ledger[push.Pair]
		if !known {
			return fmt.Sprintf("%s -> %d", push.Service, push.Units)
		}
		return fmt.Sprintf("%s %d -> %d", push.Service, units, push.Units)
	})
}

// listByAccount names the services of every account, an account a line.
func listByAccount(pushes []billing.Push) string {
	return listAccounts(pushes, byID, func(push billing.Push) string { return push.Service })
}

// listUnmapped names account and service as a person finds them in Gradient, and says which account is unmapped if
// Gradient does.
func listUnmapped(pushes []billing.Push, up upstream) string {
	name := func(account string) string {
		if !up.listed {
			return account
		}
		if up.unmapped(billing.Pair{Account: account}) {
			return fmt.Sprintf("%s (%s, account not mapped)", account, up.accounts[account].Name)
		}
		return fmt.Sprintf("%s (%s)", account, up.accounts[account].Name)
	}
	return listAccounts(pushes, name, func(push billing.Push) string { return fmt.Sprintf("%s %d", push.Service, push.Units) })
}

// byID shows an account as the configuration names it.
func byID(account string) string { return account }

func listAccounts(pushes []billing.Push, name func(account string) string, show func(billing.Push) string) string {
	byAccount := map[string][]string{}
	for _, push := range pushes {
		byAccount[push.Account] = append(byAccount[push.Account], show(push))
	}
	lines := make([]string, 0, len(byAccount))
	for _, account := range accountsOf(pushes) {
		slices.Sort(byAccount[account])
		lines = append(lines, fmt.Sprintf("  - %s: %s", name(account), strings.Join(byAccount[account], ", ")))
	}
	return strings.Join(lines, "\n")
}

func accountsOf(pushes []billing.Push) []string {
	accounts := map[string]bool{}
	for _, push := range pushes {
		accounts[push.Account] = true
	}
	return slices.Sorted(maps.Keys(accounts))
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

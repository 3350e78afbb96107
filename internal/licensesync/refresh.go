// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// loss is why an accepted count is no longer one.
type loss int

const (
	notLost  loss = iota
	gone          // the account or the service is not listed any more
	replaced      // another service or another mapping has taken its place, or the ids are not known any more
	unmapped      // the account is shown as not mapped
)

// refreshState returns the push history and the memory, corrected by what Gradient shows (rule 9). It needs the lists. A count that is
// no longer accepted moves to unmapped, so that it is pushed again, and owes a farewell when it is no longer counted.
func refreshState(before pushState, state model, up upstream, known memory) (pushState, memory, diag.Diagnostics) {
	refreshed := memory{pending: known.pending, instance: known.instance, untaken: known.untaken}
	if refreshed.instance == "" {
		refreshed.instance = newInstance()
	}
	var diags diag.Diagnostics
	if !state.UnitCounts.IsNull() && state.ID.ValueString() != up.integration.ID {
		before, known.ids, refreshed.pending, refreshed.untaken = before.empty(), gradientIDs{}, pending{}, untaken{}
		diags.Append(newIntegrationWarning(state.ID.ValueString(), up))
	}
	lost := map[billing.Pair]loss{}
	for pair := range before.ledger() {
		if why := up.lossOf(pair, known.ids); why != notLost {
			lost[pair] = why
		}
	}
	after := before.moveToUnmapped(func(pair billing.Pair) bool { return lost[pair] != notLost })
	refreshed.ids = up.idsAfterRefresh(after, lost, known.ids)
	if known.ids.fellToPending(up.integration.Status) && len(after.ledger()) > 0 {
		refreshed.pending.Repush = true
	}
	return after, refreshed, append(diags, lostPairsWarnings(before, lost, up)...)
}

// lossOf returns why an accepted count is no longer one.
func (u upstream) lossOf(pair billing.Pair, known gradientIDs) loss {
	account, listed := u.accounts[pair.Account]
	services := u.services[pair.Service]
	if !listed || len(services) == 0 {
		return gone
	}
	note, noted := known.Accounts[pair.Account]
	bound := known.Services[pair.Service]
	shown := u.showsMapped(pair.Account)
	switch {
	case !noted, !slices.ContainsFunc(services, func(s gradient.Service) bool { return s.ID == bound }):
		return replaced
	case note.mappingID != "" && account.MappingID != "" && note.mappingID != account.MappingID:
		return replaced
	case note.accepted && shown == mappedYes:
		return replaced // what was accepted while it was not mapped may have gone elsewhere
	case shown == mappedNo && !note.accepted:
		return unmapped
	}
	return notLost
}

// idsAfterRefresh returns the ids of all that Gradient lists. An account or a service that changed since a count of it was refused is
// marked to be tried again.
func (u upstream) idsAfterRefresh(after pushState, lost map[billing.Pair]loss, known gradientIDs) gradientIDs {
	ids := gradientIDs{
		Integration: u.integration.ID, Services: map[string]string{}, Accounts: map[string]accountNote{},
		Active: u.integration.Status == gradient.StatusActive || known.Active && u.isInactive(),
	}
	refusedAccounts, refusedServices, replacedPairs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for pair := range after.unmapped {
		refusedAccounts[pair.Account], refusedServices[pair.Service] = true, true
		if lost[pair] == replaced {
			replacedPairs[pair.Account] = true
		}
	}
	for name := range u.services {
		id, err := u.serviceID(name, known)
		if err != nil {
			ids.Ambiguous = append(ids.Ambiguous, name)
			continue
		}
		ids.Services[name] = id
		if refusedServices[name] && (known.Services[name] != id || slices.Contains(known.Retry, name)) {
			ids.Retry = append(ids.Retry, name)
		}
	}
	slices.Sort(ids.Retry)
	slices.Sort(ids.Ambiguous)
	for id, account := range u.accounts {
		old, noted := known.Accounts[id]
		shown := u.showsMapped(id)
		note := accountNote{mappingID: account.MappingID, shown: shown, accepted: old.accepted && shown == mappedNo}
		if note.mappingID == "" && shown != mappedNo {
			note.mappingID = old.mappingID
		}
		appeared := !noted || old.retry || old.shown != mappedYes && shown == mappedYes
		note.retry = replacedPairs[id] || refusedAccounts[id] && appeared && shown != mappedNo
		ids.Accounts[id] = note
	}
	return ids
}

// afterPush returns the ids after a push. What the ledger was bound to before stays, because not every count of it was pushed again. When that
// is not known, as after a taint, it stays unknown for accounts with unknown counts, of which nothing was pushed: they may have been mapped anew.
func (k gradientIDs) afterPush(up upstream, task billing.Task, done outcome) gradientIDs {
	ids := k.clone()
	ids.Integration, ids.Active = up.integration.ID, up.integration.Status == gradient.StatusActive
	bound, boundServices := map[string]bool{}, map[string]bool{}
	for pair := range task.Ledger {
		bound[pair.Account], boundServices[pair.Service] = true, true
	}
	for name := range up.services {
		_, noted := ids.Services[name]
		if id, err := up.serviceID(name, k); err == nil && (!noted || !boundServices[name]) {
			ids.Services[name] = id
		}
	}
	for id, account := range up.accounts {
		if _, noted := ids.Accounts[id]; !bound[id] || !noted && !task.Desired.IsUnknown(id) {
			ids.Accounts[id] = accountNote{mappingID: account.MappingID, shown: up.showsMapped(id)}
		}
	}
	for _, push := range done.accepted {
		ids.noteAnswer(push, up, true)
	}
	for _, push := range done.refused {
		ids.noteAnswer(push, up, false)
	}
	return ids
}

// noteAnswer remembers what Gradient showed of the account when it accepted or refused a count.
func (k *gradientIDs) noteAnswer(push billing.Push, up upstream, accepted bool) {
	k.Retry = slices.DeleteFunc(k.Retry, func(name string) bool { return name == push.Service })
	note, noted := k.Accounts[push.Account]
	if !noted {
		return
	}
	note.retry = false
	if up.listed {
		note.shown = up.showsMapped(push.Account)
	}
	note.accepted = note.shown == mappedNo && (accepted || note.accepted)
	k.Accounts[push.Account] = note
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

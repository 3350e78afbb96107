// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import "maps"

// This file has the limits of the guard once more (rule 10), without package billing.

// checkGuard checks that the guard stops exactly the plans of an update that change too much, unless a person has approved a change.
func (w *walk) checkGuard(reviewed plan, c *command) {
	stored, exists := reviewed.state[w.address]
	change := reviewed.changes[w.address]
	isUpdate := exists && !stored.tainted && len(syncsOf(reviewed.state)) == 1
	if c.process.struck || !isUpdate || w.hidden || w.model.night || w.approved != "" && w.approved != notACode {
		return
	}
	stopped := w.code != ""
	if stopped {
		tally(walkGuarded)
	}
	alarming := w.alarms(unitsBefore(stored), w.counts)
	pushes := change.action == actionUpdate && !fields(change.after)["unmapped"].IsKnown()
	switch {
	case stopped && !alarming && !w.zeroMissing: // a sweep is stopped for other reasons
		w.fail("the guard stops a plan that changes little")
	case !stopped && alarming && pushes && !reviewed.failed:
		w.fail("the guard lets a plan pass that changes %v to %v", unitsBefore(stored), w.counts)
	}
}

// checkGuardOfApply checks that the guard stops an apply whose plan could not compare: the counts were not known, or the sync is tainted.
func (w *walk) checkGuardOfApply(reviewed plan, pushes []modelPush) {
	stored, exists := reviewed.state[w.address]
	change := reviewed.changes[w.address]
	if !exists || change.action == actionDelete || len(reviewed.changes) > 1 || len(pushes) == 0 || w.approved != "" && w.approved != notACode {
		return
	}
	hidden := w.hides(reviewed) && change.action == actionUpdate
	if before := unitsBefore(stored); (hidden || stored.tainted && !change.createFirst) && w.alarms(before, w.reviewed) && haveAccountInCommon(before, w.reviewed) {
		w.fail("the guard lets an apply pass that changes %v to %v", before, w.reviewed)
	}
}

func haveAccountInCommon(before map[pair]int64, counts map[string]map[string]int64) bool {
	for p := range before {
		if _, listed := counts[p.account]; listed {
			return true
		}
	}
	return false
}

// alarms reports whether the guard of the files stops a change.
func (w *walk) alarms(before map[pair]int64, counts map[string]map[string]int64) bool {
	return !w.wide && (exceedsGuard(before, counts) || w.exceedsFirst(before, counts))
}

// exceedsFirst reports whether an account that had no units gets too many.
func (w *walk) exceedsFirst(before map[pair]int64, counts map[string]map[string]int64) bool {
	for account, services := range counts {
		had, gets := int64(0), int64(0)
		for p, units := range before {
			if p.account == account {
				had += units
			}
		}
		for _, units := range services {
			gets += units
		}
		if had == 0 && w.first > 0 && gets > w.first {
			return true
		}
	}
	return false
}

// unitsBefore returns what Gradient has accepted, or else refused.
func unitsBefore(stored object) map[pair]int64 {
	before := unmappedUnits(stored.value)
	maps.Copy(before, ledgerIn(stored.value))
	return before
}

// sums are the units before and after a change, and by how much pairs fall and rise.
type sums struct{ from, to, fall, rise int64 }

func (s sums) plus(from, to int64) sums {
	return sums{s.from + from, s.to + to, s.fall + max(0, from-to), s.rise + max(0, to-from)}
}

// exceedsGuard reports whether counts exceed a default limit, other than the one for new accounts.
func exceedsGuard(before map[pair]int64, counts map[string]map[string]int64) bool {
	pairs, byAccount := map[pair]bool{}, map[string]sums{}
	for p := range before {
		pairs[p] = true
	}
	for account, services := range counts {
		for service := range services {
			pairs[pair{account, service}] = true
		}
	}
	for p := range pairs {
		services, listed := counts[p.account]
		if isUnknown := listed && services == nil; !isUnknown {
			byAccount[p.account] = byAccount[p.account].plus(before[p], services[p.service])
		}
	}
	byService, total := map[string]sums{}, sums{}
	for p := range pairs {
		if byAccount[p.account].from > 0 {
			from, to := before[p], counts[p.account][p.service]
			byService[p.service], total = byService[p.service].plus(from, to), total.plus(from, to)
		}
	}
	exceeds := total.fall*100 > 20*total.from || total.rise*100 > 50*total.from
	for _, s := range byService {
		exceeds = exceeds || s.from >= 50 && s.fall*100 > 20*s.from
	}
	for account, s := range byAccount {
		_, stays := counts[account]
		falls, rises := s.from >= 20 && (s.from-s.to)*100 > 50*s.from, (s.from >= 20 || s.to >= 50) && (s.to-s.from)*100 > 50*s.from
		exceeds = exceeds || stays && s.from > 0 && (falls || rises)
	}
	return exceeds
}

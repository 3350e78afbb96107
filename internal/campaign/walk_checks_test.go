// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// syncsOf returns the license syncs of a state, those included that are about to be destroyed.
func syncsOf(s state) (values []tftypes.Value) {
	for _, stored := range s {
		if stored.kind == syncKind {
			values = append(values, stored.value)
		}
	}
	return values
}

// knownTo returns the ledger of all syncs of a state, and the pairs that they list as not accepted.
func knownTo(s state) (ledger map[pair]int64, unmapped map[pair]bool) {
	ledger, unmapped = map[pair]int64{}, map[pair]bool{}
	for _, sync := range syncsOf(s) {
		for p, units := range ledgerIn(sync) {
			ledger[p] = units
		}
		for _, p := range unmappedOf(sync) {
			unmapped[p] = true
		}
	}
	return ledger, unmapped
}

// checkRefreshed compares the refreshed ledger with Gradient.
func (w *walk) checkRefreshed(reviewed plan) {
	if w.model.night {
		return
	}
	ledger, unmapped := knownTo(reviewed.state)
	for p, units := range ledger {
		if got := w.model.has(p); got != units && !w.lost[p] && !w.unseen[p] && !w.dropped[p] {
			w.fail("the refreshed state says that Gradient accepted %d of %v, and it has %d", units, p, got)
		}
	}
	for p, units := range w.model.pairs() {
		if _, known := ledger[p]; !known && !unmapped[p] && !w.lost[p] {
			w.fail("Gradient has %d of %v, and the refreshed state knows nothing of it", units, p)
		}
	}
}

// checkWarnings checks what the plan must say beside the diff.
func (w *walk) checkWarnings(reviewed plan) {
	change := reviewed.changes[w.address]
	if w.hides(reviewed) {
		if tally(walkHidden); !hasWarning(change.diags, "this plan cannot show the unit counts") {
			w.fail("the plan does not say that it cannot show the unit counts")
		}
		return
	}
	stored, exists := reviewed.state[w.address]
	if !exists || stored.tainted || change.action == actionDelete {
		return
	}
	pushed, err := time.Parse(time.RFC3339, text(fields(change.before)["last_pushed_at"]))
	late := err == nil && w.model.synced.After(pushed.Add(time.Hour))
	if said := hasWarning(change.diags, "received counts after the last push"); said != late {
		w.fail("the plan says that Gradient received counts after the last push: %t, want %t", said, late)
	} else if said {
		tally(walkSynced)
	}
	for p := range ledgerIn(stored.value) {
		if services, listed := w.counts[p.account]; listed && services == nil && !namesPair(change.diags, p) {
			w.fail("the plan does not say what becomes of %v, whose account is unknown", p)
		}
	}
}

// checkReasons checks that a plan pushes when it has a reason to, and not without.
func (w *walk) checkReasons(reviewed plan) {
	change, stored := reviewed.changes[w.address], reviewed.state[w.address]
	isUpdate := change.action == actionUpdate || change.action == actionNothing
	if !isUpdate || stored.tainted || len(reviewed.changes) > 1 || w.hides(reviewed) || w.model.night {
		return
	}
	pushes := change.action == actionUpdate && !fields(change.after)["unmapped"].IsKnown()
	if before, after := fields(change.before)["guard"], fields(change.after)["guard"]; change.action == actionUpdate && !before.IsNull() && !before.Equal(after) {
		w.fail("the plan changes the guard")
	}
	for _, p := range unmappedOf(change.before) {
		_, counted := w.reviewed[p.account][p.service]
		account := w.model.account(p.account)
		if counted && !pushes && w.shownNo[p] && account != nil && account.mapped && w.model.showsMapped && !w.model.saysUnmapped {
			w.fail("%v was refused, and is not pushed now that its account is mapped", p)
		}
	}
	ledger := ledgerIn(change.before)
	for p := range w.frozen {
		units, counted := w.reviewed[p.account][p.service]
		if accepted, has := ledger[p]; counted && !pushes && (!has || accepted != units) {
			w.fail("%v was not sent because the integration was inactive, and the plan does not push it", p)
		}
	}
	if w.repushes || w.active && w.model.status == "pending" {
		w.checkRepush(change)
	}
}

// checkRepush checks that everything is pushed once after the integration fell from active to pending.
func (w *walk) checkRepush(change change) {
	same := 0
	for p, units := range ledgerIn(change.before) {
		if now, counted := w.reviewed[p.account][p.service]; counted && now == units {
			same++
		}
	}
	if _, again := pairsIn(change.diags, "will be pushed again", ""); again < same {
		w.fail("the integration fell to pending, and of %d counts only %d are pushed again", same, again)
	} else if same > 0 {
		tally(walkRepushed)
	}
}

// rememberFall notes after an apply whether everything is still to be pushed again.
func (w *walk) rememberFall(reviewed plan, c *command, status string) {
	change := reviewed.changes[w.address]
	stored, exists := w.state[w.address]
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError && !strings.Contains(d.summary, "Gradient refused") })
	switch {
	case !exists || stored.tainted || change.action != actionUpdate && change.action != actionNothing || len(reviewed.changes) > 1:
		w.forgetNotes()
	case w.active && status == "pending" && failed && len(ledgerIn(change.before)) > 0:
		w.repushes = true
	case change.action == actionUpdate && !failed && !c.process.struck && status != "inactive":
		w.repushes = false
	}
}

// rememberFrozen notes the counts that an apply could not send because the integration is inactive.
func (w *walk) rememberFrozen(reviewed plan, c *command, status string) {
	change := reviewed.changes[w.address]
	stored, exists := w.state[w.address]
	pushes := change.action != actionNothing && !fields(change.after)["unmapped"].IsKnown()
	if status != "inactive" && pushes {
		w.frozen = map[pair]bool{} // they were sent, or refused
	}
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError })
	if status != "inactive" || !pushes || !exists || stored.tainted || failed || c.process.struck {
		return
	}
	before := unmappedUnits(change.before)
	for p, units := range unmappedUnits(stored.value) {
		_, counted := w.planned(change)[p.account][p.service]
		if old, was := before[p]; counted && (!was || old != units) {
			tally(walkFrozen)
			w.frozen[p] = true
		}
	}
}

// checkMoved checks that a plan of one integration pushes nothing to another one (rule 9).
func (w *walk) checkMoved(reviewed plan, c *command, pushes []modelPush) {
	if !w.moved {
		return
	}
	change := reviewed.changes[w.address]
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError })
	switch {
	case len(pushes) > 0:
		w.fail("the apply pushes %v to another integration than that of its plan", pushes)
	case change.action == actionUpdate && !w.hides(reviewed) && !fields(change.after)["unmapped"].IsKnown() && !failed && !c.process.struck:
		w.fail("the apply does not say that the integration is another one than that of its plan")
	}
}

// checkDestroyed checks that a destroy with zero_on_destroy names the counts that it leaves, because nothing sets them to 0 any more.
func (w *walk) checkDestroyed(reviewed plan, c *command) {
	if len(reviewed.config.nodes) > 0 || c.process.struck || len(syncsOf(w.state)) > 0 {
		return
	}
	for _, change := range reviewed.changes {
		zeroes, _ := plain(fields(change.before)["zero_on_destroy"]).(bool)
		if !zeroes {
			continue
		}
		for p, units := range unitsBefore(object{value: change.before}) {
			left := w.model.has(p)
			if left > 0 && !w.lost[p] && !w.unseen[p] && !w.dropped[p] && !namesPair(c.diags, p) {
				w.fail("%v had %d, and Gradient has %d of it after the destroy, which nothing says", p, units, left)
			}
		}
	}
}

// checkRefreshedAgain checks that a refresh that finds nothing new changes nothing, the private state included. Otherwise every run would write
// another state, and a plan that is being reviewed could not be applied.
func (w *walk) checkRefreshedAgain(reviewed plan) {
	w.state = reviewed.state
	again, _ := w.plan(end{})
	before, after := reviewed.state[w.address], again.state[w.address]
	if string(before.private) != string(after.private) || !before.value.Equal(after.value) {
		w.fail("a refresh that finds nothing new makes %s of %s", after.private, before.private)
	}
}

// checkErrors checks that an apply fails when refused counts are an error, and that it does not fail without a reason.
func (w *walk) checkErrors(reviewed plan, c *command, pushes []modelPush, calm bool) {
	change := reviewed.changes[w.address]
	mode, _ := plain(fields(change.after)["on_unmapped"]).(string)
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError })
	refused := slices.ContainsFunc(pushes, func(p modelPush) bool { return p.answered == 404 && p.units > 0 })
	switch {
	case c.process.struck || change.action != actionUpdate || len(reviewed.changes) > 1:
	case refused && mode == "error" && !failed:
		w.fail("Gradient refused counts, which on_unmapped says is an error, and the apply does not fail")
	case failed && calm && mode != "error" && w.code == "" && !w.moved && !w.hasDuplicates() && w.model.status != "inactive":
		w.fail("an apply fails without any trouble")
	}
}

func (w *walk) hasDuplicates() bool {
	seen := map[string]bool{}
	for _, s := range w.model.services {
		if seen[serviceName(s.name)] {
			return true
		}
		seen[serviceName(s.name)] = true
	}
	return false
}

// hides reports whether a plan does not show the counts.
func (w *walk) hides(reviewed plan) bool {
	change := reviewed.changes[w.address]
	return change.action != actionNothing && !fields(change.after)["unit_counts"].IsFullyKnown()
}

func hasWarning(diags []diagnostic, summary string) bool {
	return slices.ContainsFunc(diags, func(d diagnostic) bool { return !d.isError && strings.Contains(d.summary, summary) })
}

// namesPair reports whether a warning or an error lists a pair.
func namesPair(diags []diagnostic, p pair) bool {
	for _, d := range diags {
		for _, line := range strings.Split(d.detail, "\n") {
			if strings.HasPrefix(line, "  - "+p.account) && strings.Contains(line, p.service) {
				return true
			}
		}
	}
	return false
}

// namesLeft reports whether a warning says that a count stays that no state has any more.
func namesLeft(diags []diagnostic, p pair) bool {
	return slices.ContainsFunc(diags, func(d diagnostic) bool {
		return !d.isError && strings.Contains(d.summary, "left in Gradient") && namesPair([]diagnostic{d}, p)
	})
}

// pairsIn returns the pairs that the warnings of a summary list, and the number that the summary has.
func pairsIn(diags []diagnostic, summary, not string) (listed map[pair]bool, number int) {
	listed = map[pair]bool{}
	for _, d := range diags {
		if d.isError || !strings.Contains(d.summary, summary) || not != "" && strings.Contains(d.summary, not) {
			continue
		}
		if found := numbered.FindStringSubmatch(d.summary); found != nil {
			n, _ := strconv.Atoi(found[1])
			number += n
		}
		for _, account := range walkAccounts {
			for _, service := range walkServices {
				if p := (pair{account, service}); namesPair([]diagnostic{d}, p) {
					listed[p] = true
				}
			}
		}
	}
	return listed, number
}

var numbered = regexp.MustCompile(`: (\d+) `)

// checkAnnounced checks that the saved plan showed every push: an old and a new number in unit_counts, an entry of unmapped, or a warning that
// lists it or counts it.
func (w *walk) checkAnnounced(reviewed plan, pushes []modelPush) {
	again, allowedAgain := map[pair]bool{}, 0
	for _, change := range reviewed.changes {
		_, n := pairsIn(change.diags, "will be pushed again", "")
		allowedAgain += n
	}
	for _, push := range pushes {
		shown := false
		for _, change := range reviewed.changes {
			isTainted := reviewed.state[change.address].tainted
			isShown, isAgain := showsPush(change, isTainted, push)
			// After a taint the plan knows no number before, and what is created before the destroy knows no ledger.
			isShown = isShown || isAgain && (isTainted || change.action == actionReplace && change.createFirst)
			shown = shown || isShown
			if isAgain && !isShown {
				again[push.pair] = true
			}
		}
		w.checkSaidAgain(reviewed, push.pair)
		if shown {
			delete(again, push.pair)
		} else if !again[push.pair] {
			w.fail("%v is set to %d, which the plan does not show", push.pair, push.units)
		}
	}
	if len(again) > allowedAgain {
		w.fail("%d pairs are pushed again, and the plan says %d: %v", len(again), allowedAgain, again)
	}
}

// checkSaidAgain checks that an update says of a pair that Gradient refused before that it is sent again. A warning may leave out what comes
// after ten accounts.
func (w *walk) checkSaidAgain(reviewed plan, p pair) {
	change := reviewed.changes[w.address]
	refused := unmappedOf(change.before)
	if change.action == actionUpdate && len(reviewed.changes) == 1 && len(refused) <= 10 && slices.Contains(refused, p) && !namesPair(change.diags, p) {
		w.fail("%v was refused before and is sent again, and no warning says so", p)
	}
}

// showsPush reports whether a change shows a push, and whether it may be one of those that are pushed again. The plan of a tainted sync does
// not show which zeros the apply would send.
func showsPush(change change, isTainted bool, push modelPush) (shown, again bool) {
	zeros, _ := pairsIn(change.diags, "will be set to 0", "")
	owed, _ := pairsIn(change.diags, "will be sent again", "unit count")
	if change.action == actionNothing {
		return false, false
	}
	if push.units == 0 && (zeros[push.pair] || owed[push.pair]) {
		return true, false
	}
	if change.action == actionDelete {
		return false, false
	}
	planned, _ := plain(fields(change.after)["unit_counts"]).(map[string]any)
	prior, _ := plain(fields(change.before)["unit_counts"]).(map[string]any)
	units, counted := number(planned, push.pair)
	before, had := number(prior, push.pair)
	refused := slices.Contains(unmappedOf(change.before), push.pair)
	services, listed := planned[push.account]
	switch {
	case fields(change.after)["unmapped"].IsKnown():
		return false, false // the plan says that nothing is pushed
	case listed && services == nil:
		return false, false
	case !counted:
		return push.units == 0 && (had || refused) && !isTainted, false
	case units != push.units:
		return false, false
	}
	return change.action == actionCreate || !had || before != units || refused, true
}

// checkOnce checks that a count is sent again within a run only after an answer that asks for it.
func (w *walk) checkOnce(reviewed plan, pushes []modelPush) {
	isRename := len(reviewed.changes) > 1
	last := map[pair]modelPush{}
	for _, push := range pushes {
		before, sent := last[push.pair]
		switch {
		case !sent || !before.mayEnd:
		case isRename && before.units == 0 && (push.units == 0 || w.removeFirst): // each of the two syncs has its zeros
		default:
			w.fail("%v is set to %d and then to %d, though the first was answered with %d", push.pair, before.units, push.units, before.answered)
		}
		last[push.pair] = push
		for key, units := range w.model.counts {
			s := w.model.service(key.service)
			if s != nil && units > 0 && key.service != push.service && key.account == push.account && serviceName(s.name) == push.pair.service && push.stored {
				w.fail("%v goes to service %s, and %s of the same name holds its count", push.pair, push.service, key.service)
			}
		}
	}
}

// checkOthers checks that a count that is refused for itself, with 400, holds up no other.
func (w *walk) checkOthers(reviewed plan, c *command, pushes []modelPush) {
	change, sent, refused, accepted := reviewed.changes[w.address], map[pair]bool{}, false, false
	for _, push := range pushes {
		accepted = accepted || push.answered == 201
		if push.answered != 201 && push.answered != 404 && push.answered != 400 {
			return
		}
		sent[push.pair], refused = true, refused || push.answered == 400
	}
	mayStop := len(sent) >= mostRefusals || len(w.model.services) < len(walkServices) // a service that is missing is a refusal without a request
	if c.process.struck || !refused || change.action != actionUpdate || !accepted && mayStop {
		return
	}
	tally(walkRefused)
	prior, _ := plain(fields(change.before)["unit_counts"]).(map[string]any)
	for account, services := range w.planned(change) {
		for service, units := range services {
			p := pair{account, service}
			isListed := slices.ContainsFunc(w.model.services, func(s *modelService) bool { return serviceName(s.name) == service })
			if before, had := number(prior, p); isListed && (!had || before != units) && !sent[p] {
				w.fail("%v is not sent, because another count was refused", p)
			}
		}
	}
}

// planned returns the unit counts of a plan, without the accounts that are unknown.
func (w *walk) planned(change change) map[string]map[string]int64 {
	all := map[string]map[string]int64{}
	counts, _ := plain(fields(change.after)["unit_counts"]).(map[string]any)
	for account, services := range counts {
		all[account] = map[string]int64{}
		known, _ := services.(map[string]any)
		for service := range known {
			all[account][service], _ = number(counts, pair{account, service})
		}
	}
	return all
}

// checkFarewells checks that nothing was set to 0 whose successor Gradient refused in the same run: a renamed account or service must not be
// billed nothing (rule 3).
func (w *walk) checkFarewells(reviewed plan, pushes []modelPush) {
	change := reviewed.changes[w.address]
	if change.action != actionUpdate {
		return
	}
	prior, _ := plain(fields(change.before)["unit_counts"]).(map[string]any)
	ledger, last := ledgerIn(change.before), map[pair]modelPush{}
	for _, push := range pushes {
		last[push.pair] = push
	}
	for p, push := range last {
		_, had := number(prior, p)
		_, accepted := ledger[p]
		if push.units == 0 || push.answered == 201 || had || accepted {
			continue
		}
		for farewell, units := range ledger {
			zero, sent := last[farewell]
			like := farewell.account == p.account || farewell.service == p.service && units == push.units
			if like && sent && zero.stored && zero.units == 0 && units > 0 {
				if _, counted := w.planned(change)[farewell.account][farewell.service]; counted {
					continue
				}
				w.fail("%v was set to 0, though %v, which may replace it, was refused", farewell, p)
			}
		}
	}
}

// checkUnknownKept checks that the counts of an account that is unknown stay.
func (w *walk) checkUnknownKept(reviewed plan, before map[pair]int64) {
	if len(reviewed.config.nodes) == 0 {
		return // a destroy
	}
	for p, units := range before {
		services, listed := w.reviewed[p.account]
		if !listed || services != nil || w.model.has(p) == units || w.hides(reviewed) && removesFirst(reviewed, p) {
			continue
		}
		w.fail("account %s is unknown, and its %s went from %d to %d", p.account, p.service, units, w.model.has(p))
	}
}

// removesFirst reports whether a sync that is destroyed before its successor is created sets a pair to 0, as its plan says. It cannot know of
// the other one if no plan shows its counts.
func removesFirst(reviewed plan, p pair) bool {
	for _, change := range reviewed.changes {
		zeros, _ := pairsIn(change.diags, "will be set to 0", "")
		if reviewed.config.removeFirst && change.action == actionDelete && zeros[p] {
			return true
		}
	}
	return false
}

// remember compares the new state with the answers, and notes what the state cannot know.
func (w *walk) remember(reviewed plan, c *command, pushes []modelPush) {
	ledger, unmapped := knownTo(w.state)
	change := reviewed.changes[w.address]
	stored, exists := w.state[w.address]
	w.loseAllWithoutSync()
	if exists { // after an interrupted rename the old sync is still there
		maps.Copy(ledger, ledgerIn(stored.value))
	}
	last, mayBeStored := map[pair]modelPush{}, map[pair]bool{}
	for _, push := range pushes {
		last[push.pair] = push
		mayBeStored[push.pair] = mayBeStored[push.pair] || push.stored
	}
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError })
	shown := w.model.shownUnmapped()
	for p, push := range last {
		w.shownNo[p] = exists && push.answered == 404 && shown[p.account]
		units, accepted := ledger[p]
		switch {
		case !exists, change.action == actionReplace && change.createFirst && failed:
			w.lost[p] = true // a create that fails saves nothing, also beside an old object that stays
		case push.answered == 201:
			if units != push.units {
				w.fail("Gradient accepted %d of %v, and the state has %d", push.units, p, units)
			}
			delete(w.lost, p)
			delete(w.unseen, p)
			delete(w.dropped, p)
		case mayBeStored[p] && !unmapped[p] && push.units == 0:
			w.lost[p] = true
		case push.answered == 404 && accepted && !mayBeStored[p]:
			w.fail("Gradient refused %v, and the state has %d as accepted", p, units)
		case push.answered == 404 && !unmapped[p] && len(reviewed.changes) == 1:
			w.fail("Gradient refused %v, and the state does not list it", p)
		}
	}
	for _, sync := range syncsOf(w.state) {
		for p, units := range ledgerIn(sync) {
			if units != ledger[p] {
				w.lost[p] = true // the other one pushed it, of which this one cannot know
			}
		}
	}
	diags := c.diags
	for _, planned := range reviewed.changes {
		diags = append(slices.Clip(diags), planned.diags...)
	}
	for p, units := range w.model.pairs() {
		_, known := ledger[p]
		switch {
		case known || unmapped[p] || w.lost[p]:
		case namesLeft(diags, p), hasWarning(diags, "Gradient keeps the last counts"):
			tally(walkNamed)
			w.lost[p] = true
		default:
			w.fail("Gradient has %d of %v, and neither the state nor a warning has it", units, p)
		}
	}
}

// loseAllWithoutSync notes that a state without a sync knows nothing: its create failed, perhaps after the destroy of the one before.
func (w *walk) loseAllWithoutSync() {
	if len(syncsOf(w.state)) > 0 {
		return
	}
	for p := range w.model.pairs() {
		w.lost[p] = true
	}
}

// Results of a walk, for the report.
const (
	walkApproved  = "walk: a person approves what the guard stopped"
	walkSynced    = "walk: a plan warns that Gradient received other counts"
	walkRefused   = "walk: a count is refused for itself"
	walkNamed     = "walk: a warning names a count that stays"
	walkHidden    = "walk: a plan cannot show the counts"
	walkStopped   = "walk: a push stops because Gradient refuses everything"
	walkWiped     = "walk: a person renames the sync back"
	walkGuarded   = "walk: the guard stops a change"
	walkRepushed  = "walk: everything is pushed again after a freeze"
	walkTurns     = "walk: another push stops because Gradient refuses everything"
	walkDestroyed = "walk: the sync is destroyed"
	walkMoved     = "walk: the integration of a plan is another one when it is applied"
	walkFrozen    = "walk: a count waits for an inactive integration"
)

// checkWalkTallies checks that each kind of event happened in the walks from 1 on, see [checkTallies].
func checkWalkTallies(t *testing.T) {
	expected := []string{walkSynced, walkRefused, walkGuarded, walkRepushed, walkHidden, walkStopped, "walk: counts are dropped", "walk: an end with a sweep", "walk: an end with a full push",
		"walk: an end without a full push"}
	if *walks >= 1000 {
		expected = append(expected, walkNamed, walkTurns, walkWiped, walkDestroyed, walkMoved, walkFrozen) // rare
	}
	for _, h := range walkHappenings {
		if isRare := h.weight == 1; !isRare || *walks >= 1000 {
			expected = append(expected, h.name)
		}
	}
	for _, trouble := range modelTroubles {
		expected = append(expected, trouble.walkName())
	}
	for _, e := range []end{{soft: true}, {after: true}, {}} {
		expected = append(expected, "walk: "+e.name())
	}
	for _, name := range expected {
		if tallies[name] == 0 {
			t.Errorf("%q never happened", name)
		}
	}
}

// refusals is what the walk knows of runs that Gradient refused altogether.
type refusals struct {
	sent     map[pair]bool               // in the last run, if it was such a run and stopped
	planned  map[string]map[string]int64 // the counts of that run
	unmapped map[string]bool             // the accounts that Gradient showed as not mapped when the last plan was made
}

// mostRefusals is how many counts Gradient may refuse in a run, and how many zeros, while it accepts nothing (rule 7).
const mostRefusals = 25

// checkRefusals checks that a push stops when Gradient refuses everything, and that the next one begins with what was not sent (rule 7).
func (w *walk) checkRefusals(reviewed plan, c *command, pushes []modelPush) {
	last := w.refusals.sent
	w.refusals.sent = nil
	change := reviewed.changes[w.address]
	if change.action != actionUpdate && change.action != actionCreate || len(reviewed.changes) > 1 || c.process.struck {
		return
	}
	sent, counts, zeros := map[pair]bool{}, 0, 0
	planned := w.planned(change)
	for _, push := range pushes {
		if push.answered != 404 {
			return
		}
		if _, counted := planned[push.account][push.pair.service]; counted {
			counts++
		} else {
			zeros++
		}
		sent[push.pair] = true
	}
	if counts > mostRefusals || zeros > mostRefusals {
		w.fail("%d counts and %d zeros were sent, though Gradient accepted nothing", counts, zeros)
	}
	if max(counts, zeros) < mostRefusals {
		return
	}
	if tally(walkStopped); last != nil {
		w.checkTurns(change, last, sent)
	}
	w.refusals.sent, w.refusals.planned = sent, planned
}

// checkTurns checks that no pair that Gradient showed as not mapped was sent again before one that was not sent.
func (w *walk) checkTurns(change change, last, sent map[pair]bool) {
	refused, planned := unmappedOf(change.before), w.planned(change)
	for _, waited := range refused {
		_, counted := planned[waited.account][waited.service]
		_, wasCounted := w.refusals.planned[waited.account][waited.service]
		if !counted || !wasCounted || last[waited] || sent[waited] || !w.refusals.unmapped[waited.account] {
			continue
		}
		tally(walkTurns)
		for _, p := range refused {
			if _, isAlike := planned[p.account][p.service]; isAlike && last[p] && sent[p] && p.service == waited.service && w.refusals.unmapped[p.account] {
				w.fail("%v was sent twice, and %v not at all", p, waited)
			}
		}
	}
}

// shownUnmapped returns the accounts that are listed as not mapped.
func (m *model) shownUnmapped() map[string]bool {
	shown := map[string]bool{}
	for _, a := range m.accounts {
		shown[a.id] = m.showsMapped && !m.night && (!a.mapped || m.saysUnmapped)
	}
	return shown
}

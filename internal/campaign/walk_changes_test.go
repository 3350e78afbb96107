// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"
)

// walkHappening is an action of a person, a customer or another tool. It returns what it did, or "" when there was nothing to do.
type walkHappening struct {
	name   string
	weight int
	do     func(*walk) string
}

var walkHappenings = []walkHappening{
	{"walk: a number changes", 14, (*walk).changeNumber},
	{"walk: a pair is taken out", 5, (*walk).takePair},
	{"walk: an account is taken out", 4, (*walk).takeAccount},
	{"walk: an account is added", 5, (*walk).addAccount},
	{"walk: an account is renamed", 3, (*walk).renameAccount},
	{"walk: a service is renamed", 2, (*walk).renameService},
	{"walk: an account is unknown", 4, (*walk).makeUnknown},
	{"walk: an account is known again", 4, (*walk).makeKnown},
	{"walk: an account is mapped", 6, (*walk).mapOne},
	{"walk: an account is unmapped", 4, (*walk).unmapOne},
	{"walk: a service is mapped", 5, (*walk).mapService},
	{"walk: a service is unmapped", 3, (*walk).unmapService},
	{"walk: an account appears", 3, (*walk).appear},
	{"walk: a service appears", 1, (*walk).serviceAppears},
	{"walk: an account goes", 2, (*walk).disappear},
	{"walk: an account is mapped to another one", 2, (*walk).remap},
	{"walk: a service is made again", 2, (*walk).remake},
	{"walk: a service is there twice", 1, (*walk).duplicate},
	{"walk: a duplicate is removed", 2, (*walk).removeDuplicates},
	{"walk: freeze or thaw", 3, (*walk).freeze},
	{"walk: the integration is set up again", 3, (*walk).setUpAgain},
	{"walk: the integration is another one", 1, (*walk).reconnect},
	{"walk: triggers change", 2, (*walk).changeTriggers},
	{"walk: on_unmapped changes", 1, (*walk).changeOnUnmapped},
	{"walk: zero_missing changes", 1, (*walk).changeZeroMissing},
	{"walk: zero_on_destroy changes", 1, (*walk).changeZeroOnDestroy},
	{"walk: the account list is empty for a night", 1, (*walk).night},
	{"walk: another tool pushed", 1, (*walk).otherTool},
	{"walk: an older state is restored", 1, (*walk).restore},
	{"walk: the sync is renamed", 1, (*walk).renameSync},
	{"walk: the sync is tainted", 2, (*walk).taint},
	{"walk: the sync is untainted", 3, (*walk).untaint},
	{"walk: create_before_destroy changes", 1, (*walk).changeOrder},
	{"walk: the plan cannot know the counts", 1, (*walk).hide},
	{"walk: an approval of nothing is put in or taken out", 1, (*walk).changeApproval},
	{"walk: nothing is mapped any more", 1, (*walk).unmapAll},
	{"walk: most accounts are taken out", 1, (*walk).takeMost},
}

func (w *walk) happen() {
	w.model.night = false
	total := 0
	for _, h := range walkHappenings {
		total += h.weight
	}
	n := w.random.IntN(total)
	for _, h := range walkHappenings {
		if n -= h.weight; n < 0 {
			if what := h.do(w); what != "" {
				tally(h.name)
				w.log("%s: %s", h.name, what)
			}
			return
		}
	}
}

// someAccount returns an account of the files whose counts are known.
func (w *walk) someAccount() (string, bool) {
	return someOf(w, slices.DeleteFunc(slices.Sorted(maps.Keys(w.counts)), func(a string) bool { return w.counts[a] == nil }))
}

func someOf[T any](w *walk, from []T) (picked T, ok bool) {
	if len(from) == 0 {
		return picked, false
	}
	return pick(w.random, from), true
}

func (w *walk) changeNumber() string {
	account, ok := w.someAccount()
	if !ok {
		return ""
	}
	service := pick(w.random, walkServices)
	units := w.units()
	if w.chance(8) {
		units = 0
	}
	w.counts[account][service] = units
	return fmt.Sprintf("%s/%s=%d", account, service, units)
}

func (w *walk) takePair() string {
	account, ok := w.someAccount()
	service, has := someOf(w, slices.Sorted(maps.Keys(w.counts[account])))
	if !ok || !has {
		return ""
	}
	delete(w.counts[account], service)
	return account + "/" + service
}

func (w *walk) takeAccount() string {
	account, ok := someOf(w, slices.Sorted(maps.Keys(w.counts)))
	if ok {
		delete(w.counts, account)
	}
	return account
}

func (w *walk) free() (string, bool) {
	return someOf(w, slices.DeleteFunc(slices.Clone(w.accounts), func(a string) bool { _, has := w.counts[a]; return has }))
}

func (w *walk) addAccount() string {
	account, ok := w.free()
	if !ok {
		return ""
	}
	w.counts[account] = map[string]int64{pick(w.random, walkServices): w.units()}
	return fmt.Sprint(account, w.counts[account])
}

// renameAccount gives an account of the files another id, with the same numbers.
func (w *walk) renameAccount() string {
	from, ok := w.someAccount()
	to, free := w.free()
	if !ok || !free {
		return ""
	}
	w.counts[to] = w.counts[from]
	delete(w.counts, from)
	return from + " to " + to
}

// renameService moves the numbers of an account from one service to another.
func (w *walk) renameService() string {
	account, ok := w.someAccount()
	from, has := someOf(w, slices.Sorted(maps.Keys(w.counts[account])))
	to := pick(w.random, walkServices)
	if _, taken := w.counts[account][to]; !ok || !has || taken {
		return ""
	}
	w.counts[account][to] = w.counts[account][from]
	delete(w.counts[account], from)
	return account + ": " + from + " to " + to
}

func (w *walk) makeUnknown() string {
	account, ok := w.someAccount()
	if ok {
		w.counts[account] = nil
	}
	return account
}

func (w *walk) makeKnown() string {
	account, ok := someOf(w, slices.DeleteFunc(slices.Sorted(maps.Keys(w.counts)), func(a string) bool { return w.counts[a] != nil }))
	if ok {
		w.counts[account] = map[string]int64{pick(w.random, walkServices): w.units()}
	}
	return account
}

// mapAccount maps an account that is not mapped: it gets a new mapping.
func (w *walk) mapAccount(a *modelAccount) {
	if !a.mapped {
		a.mapped, a.mapping = true, w.model.id()
	}
}

func (w *walk) mapOne() string {
	a, ok := someOf(w, w.model.accounts)
	if !ok {
		return ""
	}
	w.mapAccount(a)
	return a.id
}

func (w *walk) unmapOne() string {
	a, ok := someOf(w, w.model.accounts)
	if !ok || !a.mapped {
		return ""
	}
	w.unmap(a)
	return a.id
}

func (w *walk) unmap(a *modelAccount) {
	a.mapped = false
	if w.model.dropsUnmapped {
		// It shows when the account is listed as not mapped, or later by another mappingId.
		w.dropCounts(func(key modelKey) bool { return key.account == a.id }, w.model.showsMapping && !w.model.saysUnmapped)
	}
}

// dropCounts deletes counts. shown says that the lists show why.
func (w *walk) dropCounts(selected func(modelKey) bool, shown bool) {
	for _, p := range w.model.drop(selected) {
		tally("walk: counts are dropped")
		w.unseen[p] = w.unseen[p] || !shown
	}
}

// forgetNotes forgets what the private state of the sync has, because it has another one now.
func (w *walk) forgetNotes() {
	w.active, w.repushes, w.shownNo, w.frozen = false, false, map[pair]bool{}, map[pair]bool{}
}

func (w *walk) mapService() string {
	s := pick(w.random, w.model.services)
	s.mapped = true
	return s.name
}

func (w *walk) unmapService() string {
	s := pick(w.random, w.model.services)
	s.mapped = false
	if w.model.dropsUnmapped {
		w.dropCounts(func(key modelKey) bool { return key.service == s.id }, false) // of services nothing is shown
	}
	return s.name
}

func (w *walk) appear() string {
	if w.zeroMissing && w.applying {
		return "" // its zeros are in no plan
	}
	for _, id := range w.accounts {
		if w.model.account(id) == nil {
			a := w.model.newAccount(id)
			a.mapped = w.chance(2)
			w.model.accounts = append(w.model.accounts, a)
			return id
		}
	}
	return ""
}

func (w *walk) serviceAppears() string {
	if w.zeroMissing && w.applying {
		return "" // its zeros are in no plan
	}
	for _, name := range walkServices {
		if !slices.ContainsFunc(w.model.services, func(s *modelService) bool { return serviceName(s.name) == name }) {
			w.model.services = append(w.model.services, &modelService{id: w.model.id(), name: norm.NFD.String(name), mapped: w.chance(2)})
			return name
		}
	}
	return ""
}

// changeApproval changes nothing but the guard.
func (w *walk) changeApproval() string {
	if w.approved == "" {
		w.approved = notACode
	} else {
		w.approved = ""
	}
	return w.approved
}

// disappear deletes an account and its counts, as Gradient does with all of them when an integration is disconnected.
func (w *walk) disappear() string {
	a, ok := someOf(w, w.model.accounts)
	if !ok {
		return ""
	}
	// When it appears again before the next refresh, only the mappingId shows it.
	w.dropCounts(func(key modelKey) bool { return key.account == a.id }, w.model.showsMapping && !w.model.saysUnmapped)
	w.model.accounts = slices.DeleteFunc(w.model.accounts, func(held *modelAccount) bool { return held == a })
	return a.id
}

// remap maps an account to another one of the PSA, which has no counts yet.
func (w *walk) remap() string {
	a, ok := someOf(w, w.model.accounts)
	if !ok || !a.mapped {
		return ""
	}
	a.mapping = w.model.id()
	w.dropCounts(func(key modelKey) bool { return key.account == a.id }, w.model.showsMapping && !w.model.saysUnmapped)
	return a.id
}

// remake gives a service another id behind the same name.
func (w *walk) remake() string {
	s := pick(w.random, w.model.services)
	w.dropCounts(func(key modelKey) bool { return key.service == s.id }, true)
	w.model.former[s.id] = s.name
	s.id = w.model.id()
	return s.name
}

func (w *walk) duplicate() string {
	s := pick(w.random, w.model.services)
	w.model.services = slices.Insert(w.model.services, 0, &modelService{id: w.model.id(), name: s.name, mapped: true})
	return s.name
}

// removeDuplicates is Gradient's support: it removes what has no counts.
func (w *walk) removeDuplicates() string {
	removed := ""
	for i := len(w.model.services) - 1; i >= 0; i-- {
		s := w.model.services[i]
		same := func(held *modelService) bool { return held != s && held.name == s.name }
		holds := false
		for key := range w.model.counts {
			holds = holds || key.service == s.id
		}
		if !holds && slices.ContainsFunc(w.model.services, same) {
			w.model.former[s.id] = s.name
			w.model.services = slices.Delete(w.model.services, i, i+1)
			removed += s.name + " "
		}
	}
	return removed
}

func (w *walk) freeze() string {
	switch {
	case w.model.status != "inactive":
		w.model.status = "inactive"
	case w.seldom.IntN(2) == 0:
		w.model.status = "active"
	default:
		w.model.status = "pending"
	}
	return w.model.status
}

// setUpAgain makes an active integration pending and without counts.
func (w *walk) setUpAgain() string {
	if w.model.status != "active" {
		return ""
	}
	w.model.status = "pending"
	for p := range w.model.pairs() {
		w.dropped[p] = true // they stay in the ledger, and everything is pushed again
	}
	w.dropCounts(func(modelKey) bool { return true }, w.active)
	return w.model.status
}

// reconnect disconnects in Gradient and connects again, with accounts of the same ids. Without a mappingId only the integration's id shows it.
func (w *walk) reconnect() string {
	if w.applying {
		return "" // see move
	}
	return w.connectAgain()
}

// move changes the integration between a plan and its apply, or the keys.
func (w *walk) move() {
	w.moved = true
	tally(walkMoved)
	w.log("before the apply the integration becomes another one: %s", w.connectAgain())
}

func (w *walk) connectAgain() string {
	m := w.model
	m.integration = "integration-" + m.id()
	m.status, m.synced, m.counts = "pending", time.Time{}, map[modelKey]int64{}
	for _, a := range m.accounts {
		a.mapping = m.id()
	}
	w.lost, w.unseen, w.dropped, w.refusals = map[pair]bool{}, map[pair]bool{}, map[pair]bool{}, refusals{}
	w.forgetNotes()
	return m.integration
}

func (w *walk) changeTriggers() string {
	w.triggers++
	return fmt.Sprint(w.triggers)
}

func (w *walk) changeOnUnmapped() string {
	w.onUnmapped = pick(w.random, []string{"warn", "error", "ignore"})
	return w.onUnmapped
}

func (w *walk) changeZeroMissing() string {
	w.zeroMissing = !w.zeroMissing
	return fmt.Sprint(w.zeroMissing)
}

func (w *walk) changeZeroOnDestroy() string {
	w.zeroOnDestroy = !w.zeroOnDestroy
	return fmt.Sprint(w.zeroOnDestroy)
}

func (w *walk) night() string {
	w.model.night = true
	return "until the next change"
}

// otherTool pushes a count, of which the state cannot know.
func (w *walk) otherTool() string {
	a, ok := someOf(w, w.model.accounts)
	s := pick(w.random, w.model.services)
	if !ok || !a.mapped || !s.mapped {
		return ""
	}
	units := w.units()
	w.model.counts[modelKey{a.id, s.id}] = units
	w.model.synced = time.Now()
	w.lost[pair{a.id, serviceName(s.name)}] = true
	return fmt.Sprintf("%s/%s=%d", a.id, s.name, units)
}

// restore takes an older copy of the state, as after a lost bucket.
func (w *walk) restore() string {
	older, ok := someOf(w, w.older)
	if !ok {
		return ""
	}
	w.state, w.refusals = older, refusals{}
	w.forgetNotes()
	for _, a := range w.accounts {
		for _, s := range walkServices {
			w.lost[pair{a, s}] = true
		}
	}
	return fmt.Sprintf("one of %d", len(w.older))
}

// renameSync changes the address without a moved block: Terraform creates one and destroys the other, in any order.
func (w *walk) renameSync() string {
	if w.applying {
		return ""
	}
	w.address = syncKind + "." + pick(w.random, []string{"m365", "other", "third"})
	w.removeFirst = w.chance(2)
	return fmt.Sprintf("%s, remove first %t", w.address, w.removeFirst)
}

// renameBack gives the sync the address that it has in the state.
func (w *walk) renameBack() {
	tally(walkWiped)
	for address, stored := range w.state {
		if stored.kind == syncKind {
			w.address = address
		}
	}
	w.log("the sync is renamed back to %s", w.address)
}

func (w *walk) taint() string { return w.setTainted(true) }

// untaint is what a person does about a tainted sync that the guard stops in the apply.
func (w *walk) untaint() string { return w.setTainted(false) }

func (w *walk) setTainted(tainted bool) string {
	stored, exists := w.state[w.address]
	if !exists || stored.tainted == tainted {
		return ""
	}
	stored.tainted = tainted
	w.state = maps.Clone(w.state)
	w.state[w.address] = stored
	return w.address
}

func (w *walk) changeOrder() string {
	w.createFirst = !w.createFirst
	return fmt.Sprint(w.createFirst)
}

// hide makes the counts depend on something that apply changes, or no longer.
func (w *walk) hide() string {
	w.hidden = !w.hidden
	return fmt.Sprint(w.hidden)
}

// unmapAll is what a person does who begins the mapping anew. It matters where there are many pairs.
func (w *walk) unmapAll() string {
	if !w.isLarge() {
		return ""
	}
	for _, a := range w.model.accounts {
		w.unmap(a)
	}
	return "all"
}

func (w *walk) takeMost() string {
	if !w.isLarge() {
		return ""
	}
	for _, account := range slices.Sorted(maps.Keys(w.counts)) {
		if !w.chance(6) {
			delete(w.counts, account)
		}
	}
	return fmt.Sprintf("%d are left", len(w.counts))
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// pair is the account and service of a unit count.
type pair struct{ account, service string }

// checkCounts compares the planned numbers with the tenants: an account is unknown, or its numbers are exactly right.
func (r *run) checkCounts(reviewed plan) {
	change := reviewed.sync()
	if change.kind == "" || change.action == actionDelete {
		return
	}
	counts, ok := plain(fields(change.after)["unit_counts"]).(map[string]any)
	if !ok {
		r.fail("the plan does not show the unit counts")
		return
	}
	errors, _ := plain(fields(reviewed.data)["errors"]).(map[string]any)
	for _, c := range r.estate.companies {
		account := c.accountID()
		services, listed := counts[account]
		if !listed {
			r.fail("the plan lacks account %s", account)
			continue
		}
		if services == nil {
			if !r.estate.unreadable(c) && !hasError(errors, account) {
				r.fail("account %s is unknown in the plan, and nothing says why", account)
			}
			continue
		}
		if r.estate.unreadable(c) {
			r.fail("account %s cannot be read and has the counts %v in the plan", account, services)
		}
		for _, s := range r.estate.services {
			for _, t := range c.tenants {
				if part := slices.IndexFunc(s.skus, func(part string) bool { return !r.estate.hasNumber(t, part, s.basis) }); part >= 0 {
					r.fail("Microsoft gives no number of %s in %s, and account %s has counts in the plan", s.skus[part], t.id, account)
				}
			}
			got, _ := services.(map[string]any)[s.name].(int64)
			if want := r.estate.wanted(c, s); int(got) != want {
				r.fail("the plan has %d for %s/%s, Microsoft has %d", got, account, s.name, want)
			}
		}
	}
	if len(counts) != len(r.estate.companies) {
		r.fail("the plan has accounts that are not in the files: %v", counts)
	}
}

// checkUncounted compares the uncounted seats of a plan with the tenants, and checks that the plan names those that changed.
func (r *run) checkUncounted(reviewed plan) {
	change := reviewed.sync()
	if change.kind == "" || change.action == actionDelete || !r.estate.uncounted {
		return
	}
	planned, _ := plain(fields(change.after)["uncounted_seats"]).(map[string]any)
	prior, _ := plain(fields(change.before)["uncounted_seats"]).(map[string]any)
	errors, _ := plain(fields(reviewed.data)["errors"]).(map[string]any)
	for _, c := range r.estate.companies {
		account := c.accountID()
		if hasError(errors, account) {
			continue
		}
		got, _ := planned[account].(map[string]any)
		want := r.estate.uncountedOf(c)
		for _, p := range products {
			seats, _ := got[p.part].(int64)
			if int(seats) != want[p.part] {
				r.fail("the plan has %d uncounted seats of %s/%s, Microsoft has %d", seats, account, p.part, want[p.part])
			}
			before, _ := number(prior, pair{account, p.part})
			if seats == 0 || seats == before {
				continue
			}
			if !namesSeats(change.diags, account, p.part) {
				r.fail("the plan does not say that nothing counts %d seats of %s/%s", seats, account, p.part)
			}
			tally(anUncounted)
		}
	}
}

// namesSeats reports whether a warning names an account and a product, or has so many lines that it may have left them out.
func namesSeats(diags []diagnostic, account, part string) bool {
	for _, d := range diags {
		if !strings.Contains(d.summary, "not counted by any license mapping") && !strings.Contains(d.summary, "more uncounted seats") {
			continue
		}
		lines := strings.Split(d.detail, "\n")
		if len(lines) > 10 || slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "  - "+account+": ") && strings.Contains(line, part)
		}) {
			return true
		}
	}
	return false
}

// hasError reports whether one of the account's tenants was skipped.
func hasError(errors map[string]any, account string) bool {
	for key := range errors {
		if name, _, _ := strings.Cut(key, "/"); name == account {
			return true
		}
	}
	return false
}

// announced is what a plan of the sync announces.
type announced struct {
	creates, destroy bool
	planned, prior   map[string]any
	unmapped         map[pair]bool
	again            bool // accepted numbers are pushed again
	zeros, swept     map[pair]bool
}

var countPath = regexp.MustCompile(`^/api/vendor-api/service/([^/]+)/count$`)

func (r *run) announcedBy(change change) announced {
	a := announced{creates: change.action == actionCreate || change.action == actionReplace, destroy: change.action == actionDelete,
		unmapped: map[pair]bool{}, zeros: map[pair]bool{}, swept: map[pair]bool{}}
	a.planned, _ = plain(fields(change.after)["unit_counts"]).(map[string]any)
	a.prior, _ = plain(fields(change.before)["unit_counts"]).(map[string]any)
	for _, p := range unmappedOf(change.before) {
		a.unmapped[p] = true
	}
	for _, d := range change.diags {
		switch {
		case d.isError:
		case strings.Contains(d.summary, "will be pushed again"):
			a.again = true
		case strings.Contains(d.summary, "that unit_counts lacks will be set to 0"):
			listed(d.detail, a.swept)
		case strings.Contains(d.summary, "will be set to 0"):
			listed(d.detail, a.zeros)
		}
	}
	return a
}

// listed reads the lines of a warning: account, services with or without numbers.
func listed(detail string, into map[pair]bool) {
	for _, line := range strings.Split(detail, "\n") {
		entry, is := strings.CutPrefix(line, "  - ")
		if !is {
			continue
		}
		account, services, _ := strings.Cut(entry, ": ")
		for _, s := range strings.Split(services, ", ") {
			name, _, _ := strings.Cut(s, " -> ")
			for _, known := range slices.Concat(serviceNames, removedNames) {
				if name == known || strings.HasPrefix(name, known+" ") {
					into[pair{account, known}] = true
				}
			}
		}
	}
}

// allows returns why a push is not allowed, or "".
func (a announced) allows(p pair, units int64) string {
	if a.destroy {
		if units == 0 && a.zeros[p] {
			return ""
		}
		return "the destroy did not announce it"
	}
	services, inFile := a.planned[p.account]
	if inFile && services == nil {
		return "the counts of the account are unknown"
	}
	planned, counted := number(a.planned, p)
	before, shown := number(a.prior, p)
	if !counted {
		switch {
		case units != 0:
			return "the plan does not count the pair, so only 0 may be pushed"
		case shown, a.unmapped[p], a.zeros[p], a.swept[p]:
			return ""
		}
		return "the plan does not mention this zero"
	}
	switch {
	case units != planned:
		return fmt.Sprintf("the plan has %d", planned)
	case a.creates, !shown, before != planned, a.unmapped[p], a.again:
		return ""
	}
	return "the plan does not show this push"
}

func number(counts map[string]any, p pair) (int64, bool) {
	services, _ := counts[p.account].(map[string]any)
	units, counted := services[p.service].(int64)
	return units, counted
}

// checkPushes compares every write with the plan that was reviewed.
func (r *run) checkPushes(reviewed plan, requests []sent) {
	a := r.announcedBy(reviewed.sync())
	accounts, services, renames := r.announcedObjects(reviewed)
	for _, request := range requests {
		if !request.isWrite() {
			continue
		}
		path := strings.TrimPrefix(request.path, "/api/vendor-api")
		switch {
		case countPath.MatchString(request.path):
			p, units := r.pushed(request)
			tally(aPush)
			r.tallyZero(a, p, units)
			if why := r.allowedBy(reviewed, p, units); why != "" {
				r.fail("%v was set to %d: %s", p, units, why)
			}
		case path == "/organization/accounts":
			var created []struct{ ID, Name string }
			must(json.Unmarshal([]byte(request.body), &created))
			for _, account := range created {
				if !slices.Contains(accounts, account.ID) {
					r.fail("account %s is created, which no plan shows", account.ID)
				}
			}
		case path == "/service":
			var created struct{ Name string }
			must(json.Unmarshal([]byte(request.body), &created))
			if !slices.Contains(services, created.Name) {
				r.fail("service %s is created, which no plan shows", created.Name)
			}
		case strings.HasPrefix(path, "/organization/accounts/"):
			if id := strings.TrimPrefix(path, "/organization/accounts/"); !slices.Contains(renames, id) {
				r.fail("account %s is changed, which no plan shows", id)
			}
		case strings.HasPrefix(path, "/organization/status/"):
			if reviewed.changes[integrationKind+".this"].action == actionNothing {
				r.fail("the status is set to %s, which no plan shows", path)
			}
		default:
			r.fail("an unknown write: %s %s", request.method, request.path)
		}
	}
}

// allowedBy returns why no change of a sync allows a push, or "".
func (r *run) allowedBy(reviewed plan, p pair, units int64) string {
	why := "the plan does not touch the sync"
	for _, change := range reviewed.changes {
		if change.kind != syncKind || change.action == actionNothing {
			continue
		}
		if why = r.announcedBy(change).allows(p, units); why == "" {
			return ""
		}
	}
	return why
}

// checkFreeze checks that nothing is pushed to an inactive integration, unless this run activates it first.
func (r *run) checkFreeze(status string, requests []sent) {
	for _, request := range requests {
		switch {
		case status != "inactive":
			return
		case strings.Contains(request.path, "/organization/status/"):
			status = ""
		case countPath.MatchString(request.path):
			r.fail("a count is pushed while the integration is inactive: %s", request.body)
		}
	}
}

// tallyZero counts the accepted zeros of pairs that are no longer planned.
func (r *run) tallyZero(a announced, p pair, units int64) {
	_, counted := number(a.planned, p)
	now, has := r.server.UnitCounts()[p.account][p.service]
	switch {
	case counted || units != 0 || !has || now != 0:
	case a.swept[p]:
		tally(aSweep)
	default:
		tally(aFarewell)
	}
}

// pushed reads a request for a count.
func (r *run) pushed(request sent) (pair, int64) {
	var body struct {
		AccountID string
		UnitCount int64
	}
	must(json.Unmarshal([]byte(request.body), &body))
	return pair{body.AccountID, r.serviceNamed(countPath.FindStringSubmatch(request.path)[1])}, body.UnitCount
}

func (r *run) serviceNamed(id string) string {
	for _, s := range r.server.Services() {
		if s.ID == id {
			return s.Name
		}
	}
	return cmp.Or(r.former[id], id)
}

// announcedObjects returns the accounts and services that the plan creates, and the accounts that it changes.
func (r *run) announcedObjects(reviewed plan) (accounts, services, changes []string) {
	for _, c := range reviewed.changes {
		if c.action == actionNothing || c.action == actionDelete {
			continue
		}
		after := fields(c.after)
		switch c.kind {
		case companyKind:
			account := text(after["account_id"])
			if c.action != actionUpdate {
				accounts = append(accounts, account)
			}
			changes = append(changes, account)
		case licenseKind:
			if c.action != actionUpdate {
				services = append(services, text(after["service"]))
			}
		case companiesKind:
			added, kept := rowsOf(c, "companies")
			accounts, changes = append(accounts, added...), append(append(changes, added...), kept...)
		case licensesKind:
			added, _ := rowsOf(c, "services")
			services = append(services, added...)
		}
	}
	return accounts, services, changes
}

// rowsOf returns the keys of a table that a plan adds, and those whose rows it changes.
func rowsOf(c change, attribute string) (added, changed []string) {
	before := fields(fields(c.before)[attribute])
	for key, row := range fields(fields(c.after)[attribute]) {
		old, had := before[key]
		switch {
		case c.action != actionUpdate || !had:
			added = append(added, key)
		case !old.Equal(row):
			changed = append(changed, key)
		}
	}
	return added, changed
}

func text(value tftypes.Value) string {
	s, _ := plain(value).(string)
	return s
}

// checkSynced checks that a plan says when another tool set counts.
func (r *run) checkSynced(reviewed plan) {
	change := reviewed.sync()
	stored, exists := reviewed.state[change.address]
	if !exists || stored.tainted || change.action == actionDelete {
		return
	}
	pushed, err := time.Parse(time.RFC3339, text(fields(change.before)["last_pushed_at"]))
	if err != nil || !r.synced.After(pushed.Add(time.Hour)) {
		return
	}
	tally(aForeignCount)
	if !hasWarning(change.diags, "received counts after the last push") {
		r.fail("the plan does not say that another tool set counts")
	}
}

// checkKept checks that the counts of an account that could not be read and is still in the files did not change.
func (r *run) checkKept(reviewed plan, before map[string]map[string]float64, connection int) {
	if r.connections != connection || !r.connected {
		return
	}
	planned, _ := plain(fields(reviewed.sync().after)["unit_counts"]).(map[string]any)
	now := r.server.UnitCounts()
	for account, services := range planned {
		if services != nil {
			continue
		}
		for name, units := range before[account] {
			if now[account][name] != units && !r.removesFirst(reviewed, pair{account, name}) {
				r.fail("account %s cannot be read, and its %s went from %v to %v", account, name, units, now[account][name])
			}
		}
	}
}

// removesFirst reports whether a sync that is removed before its successor is created has announced the zero: it cannot know of the other.
func (r *run) removesFirst(reviewed plan, p pair) bool {
	for _, change := range reviewed.changes {
		if change.kind == syncKind && change.action == actionDelete && r.announcedBy(change).zeros[p] {
			return true
		}
	}
	return false
}

// checkServices checks that no service was created twice.
func (r *run) checkServices() {
	seen := map[string]bool{}
	for _, s := range r.server.Services() {
		if seen[s.Name] && !r.duplicated[s.Name] {
			r.fail("service %s was created twice", s.Name)
		}
		seen[s.Name] = true
	}
}

// ledgerOf returns what Gradient has accepted according to the state.
func ledgerOf(s state) map[pair]int64 {
	ledger, _ := knownTo(s)
	return ledger
}

// ledgerIn returns what Gradient has accepted according to a sync.
func ledgerIn(sync tftypes.Value) map[pair]int64 {
	ledger := map[pair]int64{}
	add := func(attribute string) {
		counts, _ := plain(fields(sync)[attribute]).(map[string]any)
		for account, services := range counts {
			units, _ := services.(map[string]any)
			for name := range units {
				p := pair{account, name}
				ledger[p], _ = number(counts, p)
			}
		}
	}
	add("unit_counts")
	for _, p := range unmappedOf(sync) {
		delete(ledger, p)
	}
	add("held_counts")
	return ledger
}

// checkLedger checks after an apply of the sync that the state has exactly the numbers of Gradient.
func (r *run) checkLedger(reviewed plan, c *command, connection int) {
	action := reviewed.sync().action
	if r.connections != connection || !r.connected || action == actionNothing || action == "" {
		return
	}
	now := r.server.UnitCounts()
	for p, units := range ledgerOf(r.state) {
		if got, has := now[p.account][p.service]; !r.lost[p] && !r.stale[p] && (!has || int64(got) != units) {
			r.fail("the state says that Gradient accepted %d of %v, and it has %v", units, p, got)
		}
	}
	if len(syncsOf(r.state)) == 0 {
		return
	}
	if before := ledgerOf(reviewed.state); slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError && d.address == reviewed.sync().address }) &&
		!maps.Equal(before, ledgerOf(r.state)) {
		tally(halfWay)
	}
	known, unmapped := knownTo(r.state) // of what is unmapped it is unknown whether Gradient has it: it gets a number, or a zero
	diags := slices.Clone(c.diags)
	for _, change := range reviewed.changes {
		diags = append(diags, change.diags...)
	}
	for account, services := range now {
		for name, units := range services {
			p := pair{account, name}
			_, remembered := known[p]
			switch {
			case units == 0, remembered, unmapped[p], r.lost[p]:
			case namesLeft(diags, p), hasWarning(diags, "Gradient keeps the last counts"):
				tally(aNamedCount)
				r.lost[p] = true
			default:
				r.fail("Gradient has %v of %v, and neither the state nor a warning has it", units, p)
			}
		}
	}
}

// unmappedOf returns the pairs that a sync lists as not accepted.
func unmappedOf(sync tftypes.Value) []pair { return slices.Collect(maps.Keys(unmappedUnits(sync))) }

// unmappedUnits returns these pairs with the units that were to be set.
func unmappedUnits(sync tftypes.Value) map[pair]int64 {
	units := map[pair]int64{}
	for _, entry := range elements(fields(sync)["unmapped"]) {
		e := plain(entry).(map[string]any)
		units[pair{e["account_id"].(string), e["service"].(string)}] = e["unit_count"].(int64)
	}
	return units
}

// refusedZeros returns the zeros that Gradient refused, usually because the pair is not mapped: it may keep an older number.
func (r *run) refusedZeros() (refused []pair) {
	for _, request := range r.server.Requests() {
		if (request.Status == 404 || request.Status == 400) && countPath.MatchString(request.Path) && strings.Contains(request.Body, `"unitCount":0`) {
			p, _ := r.pushed(sent{method: request.Method, path: request.Path, body: request.Body})
			refused = append(refused, p)
		}
	}
	r.server.ClearRequests()
	return refused
}

// checkConverged compares Gradient with the tenants and the files. The counts of an account that is unknown stay as they were; the billing
// view, which is older until somebody pushes, shows what Gradient had of it.
func (r *run) checkConverged(countsBefore, viewBefore map[string]map[string]float64, isRebuilt bool) {
	now, view := r.server.UnitCounts(), r.server.BillingView()
	for _, account := range r.server.Accounts() {
		for _, s := range r.server.Services() {
			if r.lost[pair{account.ID, s.Name}] && !r.sweeps {
				continue
			}
			want, wantShown := 0, 0
			c, mapping := r.estate.company(account.ID), r.estate.service(s.Name)
			switch {
			case c != nil && r.estate.unreadable(c):
				want, wantShown = int(countsBefore[account.ID][s.Name]), int(viewBefore[account.ID][s.Name])
				if isRebuilt {
					wantShown = want
				}
			case c != nil && mapping != nil:
				want = r.estate.wanted(c, mapping)
				wantShown = want
			}
			if got := int(now[account.ID][s.Name]); got != want {
				r.fail("Gradient has %d for %s/%s in the end, want %d", got, account.ID, s.Name, want)
			}
			if got := int(view[account.ID][s.Name]); got != wantShown {
				r.fail("the billing view shows %d for %s/%s in the end, want %d", got, account.ID, s.Name, wantShown)
			}
		}
	}
	for _, c := range r.estate.companies {
		if !slices.ContainsFunc(r.server.Accounts(), func(a sandbox.Account) bool { return a.ID == c.accountID() }) {
			r.fail("account %s is missing in the end", c.accountID())
		}
	}
	for _, s := range r.estate.services {
		if !slices.ContainsFunc(r.server.Services(), func(held sandbox.Service) bool { return held.Name == s.name }) {
			r.fail("service %s is missing in the end", s.name)
		}
	}
}

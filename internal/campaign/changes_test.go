// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// happening is an action of a person, a customer or another tool. It returns what it did, or "" when there was nothing to do.
type happening struct {
	name   string
	weight int
	do     func(*run) string
}

// happenings has no cases that the documentation excludes:
//   - a sync with zero_missing that is created before the one that it replaces is destroyed: Terraform does not show its sweep;
//   - an account that another tool creates between a plan and its apply with zero_missing: its zeros are in no plan.
var happenings = []happening{
	{"seats change", 12, (*run).seatsChange},
	{"product bought or given back", 4, (*run).productChange},
	{"company added", 6, (*run).addCompany},
	{"company removed", 6, (*run).removeCompany},
	{"company renamed", 2, (*run).renameCompany},
	{"company described", 1, (*run).describeCompany},
	{"account id changed", 2, (*run).rekeyCompany},
	{"tenant moves", 2, (*run).moveTenant},
	{"tenant dropped from the file", 1, (*run).dropTenant},
	{"service added", 3, (*run).addService},
	{"service removed", 3, (*run).removeService},
	{"service renamed", 1, (*run).renameService},
	{"SKU moves", 3, (*run).moveSKU},
	{"basis changed", 2, (*run).changeBasis},
	{"consent withdrawn", 4, (*run).withdrawConsent},
	{"consent given", 2, (*run).giveConsent},
	{"lists of a tenant changed", 8, (*run).changeList},
	{"partner_tenant_ids changed", 1, (*run).changeOwners},
	{"uncounted_seats changed", 1, (*run).changeUncounted},
	{"key regenerated", 1, (*run).regenerateKey},
	{"key put into the files", 1, (*run).updateKey},
	{"disconnected", 2, (*run).disconnect},
	{"reconnected", 1, (*run).reconnect},
	{"accounts mapped", 6, (*run).mapAccounts},
	{"services mapped", 6, (*run).mapServices},
	{"account unmapped", 4, (*run).unmapAccount},
	{"service unmapped", 3, (*run).unmapService},
	{"account excluded", 1, (*run).excludeAccount},
	{"service excluded", 1, (*run).excludeService},
	{"auto-match", 1, (*run).autoMatch},
	{"triggers changed", 3, (*run).changeTriggers},
	{"enabled changed", 2, (*run).changeEnabled},
	{"status changed behind our back", 2, (*run).changeStatus},
	{"another tool pushes", 4, (*run).otherTool},
	{"on_error changed", 1, (*run).changeOnError},
	{"guard changed", 2, (*run).changeGuard},
	{"zero_missing changed", 1, (*run).changeZeroMissing},
	{"zero_on_destroy changed", 1, (*run).changeZeroOnDestroy},
	{"sync taken out or put back", 1, (*run).toggleSync},
	{"object forgotten", 1, (*run).forget},
	{"company gone from the portal", 1, (*run).leavePortal},
	{"companies to a table or back", 1, (*run).companyTable},
	{"licenses to a table or back", 1, (*run).licenseTable},
	{"account made again", 2, (*run).remakeAccount},
	{"service made again", 2, (*run).remakeService},
	{"service there twice", 1, (*run).duplicateService},
	{"account list empty for a night", 1, (*run).emptyNight},
	{"lastSyncedAt moved", 2, (*run).moveLastSynced},
	{"older state of the sync restored", 1, (*run).restoreState},
	{"sync replaced", 1, (*run).replaceSync},
	{"sync tainted", 1, (*run).taintSync},
	{"sync renamed", 1, (*run).renameSync},
	{"create_before_destroy changed", 1, (*run).changeOrder},
}

// happen runs a random happening, and returns what it did.
func (r *run) happen() {
	total := 0
	for _, h := range happenings {
		total += h.weight
	}
	n := r.random.IntN(total)
	for _, h := range happenings {
		if n -= h.weight; n < 0 {
			r.let(h)
			return
		}
	}
}

func (r *run) let(h happening) {
	if what := h.do(r); what != "" {
		tally(h.name)
		r.log("%s: %s", h.name, what)
	}
}

// repair does what a person would do about a cause that makes every run fail, after a random time.
func (r *run) repair() {
	if r.chance(3) {
		r.mapAll()
		r.log("a person maps everything")
	}
	if r.chance(2) {
		r.removeDuplicates()
	}
	for _, t := range r.tenants {
		if t.list == noNumbers && r.chance(2) {
			t.list = wholeList
			r.server.PutTenant(t.inSandbox())
		}
	}
	for _, h := range happenings {
		if slices.Contains([]string{"reconnected", "key put into the files", "consent given"}, h.name) && r.chance(2) {
			r.let(h)
		}
	}
}

// some picks an element of a list that may be empty.
func some[T any](r *run, from []T) (picked T, ok bool) {
	if len(from) == 0 {
		return picked, false
	}
	return pick(r.random, from), true
}

func (r *run) seatsChange() string {
	t := pick(r.random, r.tenants)
	p := pick(r.random, products)
	if _, held := t.skus[p.part]; !held {
		return ""
	}
	t.skus[p.part] = r.newSeats(p)
	r.server.PutTenant(t.inSandbox())
	return fmt.Sprintf("%s of %s: %+v", p.part, t.id, t.skus[p.part])
}

func (r *run) productChange() string {
	t := pick(r.random, r.tenants)
	p := pick(r.random, products)
	_, held := t.skus[p.part]
	if held {
		delete(t.skus, p.part)
	} else {
		t.skus[p.part] = r.newSeats(p)
	}
	r.server.PutTenant(t.inSandbox())
	return fmt.Sprintf("%s of %s: %+v", p.part, t.id, t.skus[p.part])
}

func (r *run) addCompany() string {
	candidates := slices.DeleteFunc(slices.Clone(r.pool), func(c *company) bool { return slices.Contains(r.estate.companies, c) })
	c, ok := some(r, candidates)
	if !ok || len(r.estate.companies) > 4 || r.taken(c.accountID()) {
		return ""
	}
	if c.name == "" && !r.estate.portalKeys {
		c.name = c.portalName()
	}
	r.estate.companies = append(r.estate.companies, c)
	return fmt.Sprintf("%s, %d tenants", c.accountID(), len(c.tenants))
}

// taken reports whether a company of the files has that account id.
func (r *run) taken(account string) bool { return r.estate.company(account) != nil }

func (r *run) removeCompany() string {
	c, ok := some(r, r.estate.companies)
	if !ok || len(r.estate.companies) < 2 {
		return ""
	}
	r.estate.companies = slices.DeleteFunc(r.estate.companies, func(held *company) bool { return held == c })
	return c.accountID()
}

func (r *run) renameCompany() string {
	c, ok := some(r, r.estate.companies)
	if !ok {
		return ""
	}
	c.name = fmt.Sprintf("Renamed %d.%d", c.id, r.random.IntN(100))
	return c.accountID() + " to " + c.name
}

func (r *run) describeCompany() string {
	c, ok := some(r, r.estate.companies)
	if !ok {
		return ""
	}
	c.description = fmt.Sprintf("description %d", r.random.IntN(100))
	return c.accountID()
}

func (r *run) rekeyCompany() string {
	c, ok := some(r, r.estate.companies)
	if !ok {
		return ""
	}
	before := c.accountID()
	c.account = fmt.Sprintf("slug-%d-%d", c.id, r.random.IntN(100))
	return before + " to " + c.account
}

func (r *run) moveTenant() string {
	from, ok := some(r, r.pool)
	to, _ := some(r, r.pool)
	if !ok || from == to || len(from.tenants) == 0 || len(to.tenants) > 2 {
		return ""
	}
	t := from.tenants[0]
	from.tenants = slices.Clone(from.tenants[1:])
	to.tenants = append(slices.Clone(to.tenants), t)
	return fmt.Sprintf("%s from %s to %s", t.id, from.accountID(), to.accountID())
}

func (r *run) dropTenant() string {
	c, ok := some(r, r.estate.companies)
	if !ok || len(c.tenants) == 0 {
		return ""
	}
	c.tenants = slices.Clone(c.tenants[1:])
	return c.accountID()
}

// freeSKUs returns the SKUs that no service of the files has.
func (r *run) freeSKUs() (free []string) {
	for _, p := range products {
		if !slices.ContainsFunc(r.estate.services, func(s *service) bool { return slices.Contains(s.skus, p.part) }) {
			free = append(free, p.part)
		}
	}
	return free
}

func (r *run) freeServiceName() (string, bool) {
	return some(r, slices.DeleteFunc(slices.Clone(serviceNames), func(name string) bool { return r.estate.service(name) != nil }))
}

func (r *run) addService() string {
	free := r.freeSKUs()
	name, ok := r.freeServiceName()
	if !ok || len(free) == 0 || len(r.estate.services) > 3 {
		return ""
	}
	r.random.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	r.services++
	s := &service{key: r.services, name: name, basis: pick(r.random, []string{"", "purchased", "active", "enabled", "entitled", "assigned"}),
		skus: free[:1+r.random.IntN(min(2, len(free)))], byID: r.chance(3)}
	r.estate.services = append(r.estate.services, s)
	return fmt.Sprintf("%s: %v on %q", s.name, s.skus, s.basis)
}

func (r *run) removeService() string {
	s, ok := some(r, r.estate.services)
	if !ok || len(r.estate.services) < 2 {
		return ""
	}
	r.estate.services = slices.DeleteFunc(r.estate.services, func(held *service) bool { return held == s })
	return s.name
}

func (r *run) renameService() string {
	s, ok := some(r, r.estate.services)
	name, free := r.freeServiceName()
	if !ok || !free {
		return ""
	}
	before := s.name
	s.name = name
	return before + " to " + name
}

func (r *run) moveSKU() string {
	from, ok := some(r, r.estate.services)
	to, _ := some(r, r.estate.services)
	switch {
	case !ok:
		return ""
	case from != to && len(from.skus) > 1:
		moved := from.skus[0]
		from.skus, to.skus = slices.Clone(from.skus[1:]), append(slices.Clone(to.skus), moved)
		return fmt.Sprintf("%s from %s to %s", moved, from.name, to.name)
	}
	added, free := some(r, r.freeSKUs())
	if !free {
		return ""
	}
	to.skus = append(slices.Clone(to.skus), added)
	return fmt.Sprintf("%s to %s", added, to.name)
}

func (r *run) changeBasis() string {
	s, ok := some(r, r.estate.services)
	if !ok {
		return ""
	}
	s.basis = pick(r.random, []string{"", "purchased", "active", "enabled", "entitled", "assigned"})
	return fmt.Sprintf("%s: %q", s.name, s.basis)
}

func (r *run) withdrawConsent() string {
	t := pick(r.random, r.tenants)
	t.noConsent = true
	r.server.WithdrawConsent(t.id)
	return t.id
}

func (r *run) giveConsent() string {
	for _, t := range r.tenants {
		if t.noConsent {
			t.noConsent = false
			r.server.GrantConsent(t.id)
			return t.id
		}
	}
	return ""
}

func (r *run) changeList() string {
	t := pick(r.random, r.tenants)
	t.list = pick(r.random, lists)
	if t.list == strangers && (r.estate.byDomain || r.zeroIDs) {
		t.list = wholeList // nothing but the rows says which tenant a domain is, and rows with zeros say it of none
	}
	r.server.PutTenant(t.inSandbox())
	return fmt.Sprintf("%s: %s", t.id, t.list)
}

func (r *run) changeOwners() string {
	r.estate.byOwner = !r.estate.byOwner
	return fmt.Sprint(r.estate.byOwner)
}

func (r *run) changeUncounted() string {
	r.estate.uncounted = !r.estate.uncounted
	return fmt.Sprint(r.estate.uncounted)
}

func (r *run) regenerateKey() string {
	if !r.connected {
		return ""
	}
	r.server.RegenerateKey()
	return "a new partner key"
}

func (r *run) updateKey() string {
	key := r.server.Credentials().GradientPartnerKey
	if r.estate.partnerKey == key {
		return ""
	}
	r.estate.partnerKey = key
	return "the provider block has the key of today"
}

func (r *run) disconnect() string {
	if !r.connected {
		return ""
	}
	r.connected, r.synced = false, time.Time{}
	r.server.Disconnect()
	return "accounts, counts and mappings are gone"
}

func (r *run) reconnect() string {
	if r.connected {
		return ""
	}
	r.connected = true
	r.connections++
	r.lost, r.stale, r.synced = map[pair]bool{}, map[pair]bool{}, time.Time{}
	r.server.Reconnect()
	if r.chance(2) {
		r.updateKey()
	}
	return "a new integration"
}

func (r *run) accountIDs() (ids []string) {
	for _, a := range r.server.Accounts() {
		ids = append(ids, a.ID)
	}
	return ids
}

func (r *run) upstreamServices() (names []string) {
	for _, s := range r.server.Services() {
		names = append(names, s.Name)
	}
	return names
}

func (r *run) mapAccounts() string { return r.click(r.accountIDs(), r.server.MapAccounts) }

func (r *run) mapServices() string { return r.click(r.upstreamServices(), r.server.MapServices) }

// click does something to one element of a list, or to all of them.
func (r *run) click(all []string, do func(...string)) string {
	one, ok := some(r, all)
	switch {
	case !ok:
		return ""
	case r.chance(3):
		do(one)
		return one
	}
	do()
	return "all"
}

func (r *run) clickOne(all []string, do func(...string)) string {
	one, ok := some(r, all)
	if ok {
		do(one)
	}
	return one
}

// unmapAccount takes the mapping of an account away. Without a mappingId a later refresh may not see that its counts were dropped.
func (r *run) unmapAccount() string {
	before := r.server.UnitCounts()
	return r.noteDrops(r.clickOne(r.accountIDs(), r.server.UnmapAccounts), before, r.shape == "2026")
}

func (r *run) unmapService() string {
	before := r.server.UnitCounts()
	return r.noteDrops(r.clickOne(r.upstreamServices(), r.server.UnmapServices), before, false)
}

// noteDrops notes the counts that are gone. shown says that the next refresh sees it.
func (r *run) noteDrops(what string, before map[string]map[string]float64, shown bool) string {
	now := r.server.UnitCounts()
	for account, services := range before {
		for name := range services {
			p := pair{account, name}
			if _, still := now[account][name]; still {
				continue
			}
			tally(aDrop)
			r.stale[p] = true
			r.lost[p] = r.lost[p] || !shown
		}
	}
	return what
}

const aDrop = "(a count was dropped by un-mapping or by a new mapping)"

// remakeAccount makes an account again behind its id.
func (r *run) remakeAccount() string {
	account, ok := some(r, r.server.Accounts())
	if !ok {
		return ""
	}
	before := r.server.UnitCounts()
	r.server.ReplaceAccounts(account.ID)
	return r.noteDrops(account.ID, before, r.shape == "2026" && account.Mapped == "mapped")
}

// remakeService makes a service again behind its name.
func (r *run) remakeService() string {
	s, ok := some(r, r.server.Services())
	if !ok || r.duplicated[s.Name] {
		return ""
	}
	before := r.server.UnitCounts()
	r.former[s.ID] = s.Name
	r.server.ReplaceServices(s.Name)
	return r.noteDrops(s.Name, before, true)
}

func (r *run) duplicateService() string {
	s, ok := some(r, r.server.Services())
	if !ok || r.duplicated[s.Name] || r.removed+len(r.duplicated) >= len(removedNames) {
		return ""
	}
	r.duplicated[s.Name] = true
	r.server.DuplicateServices(s.Name)
	return s.Name
}

// removedNames are the names that Gradient's support gives to duplicates.
var removedNames = []string{"Removed 1", "Removed 2", "Removed 3"}

// removeDuplicates is Gradient's support: it renames the duplicates, which are listed before the services that were there first.
func (r *run) removeDuplicates() string {
	renamed := ""
	for _, s := range r.server.Services() {
		if !r.duplicated[s.Name] {
			continue
		}
		renamed += s.Name + " "
		delete(r.duplicated, s.Name)
		before := s.Name
		s.Name, r.removed = removedNames[r.removed], r.removed+1
		for _, account := range r.server.Accounts() { // another tool may have pushed to either
			r.lost[pair{account.ID, s.Name}] = r.lost[pair{account.ID, before}]
		}
		r.server.PutService(s)
	}
	return renamed
}

func (r *run) emptyNight() string {
	r.night = true
	return "GET accounts answers []"
}

func (r *run) moveLastSynced() string {
	if !r.connected {
		return ""
	}
	r.synced = time.Now()
	r.server.SetLastSynced(r.synced)
	return "now"
}

// restoreState takes an older copy of the sync's state, as after a lost bucket. Only a sweep sets everything right then.
func (r *run) restoreState() string {
	older, ok := some(r, r.older)
	address := syncKind + "." + r.estate.syncName
	if _, exists := r.state[address]; !ok || !exists || !r.sweeps {
		return ""
	}
	r.state = maps.Clone(r.state)
	r.state[address] = older
	for _, account := range r.server.Accounts() {
		for _, s := range r.server.Services() {
			r.lost[pair{account.ID, s.Name}] = true
		}
	}
	return fmt.Sprintf("one of %d", len(r.older))
}

func (r *run) replaceSync() string {
	r.estate.replace = !r.estate.createFirst || !r.estate.zeroMissing
	return fmt.Sprint(r.estate.replace)
}

func (r *run) taintSync() string {
	address := syncKind + "." + r.estate.syncName
	stored, exists := r.state[address]
	if !exists {
		return ""
	}
	stored.tainted = true
	r.state = maps.Clone(r.state)
	r.state[address] = stored
	return address
}

// renameSync changes the name in the files without a moved block: one sync is created and the other one destroyed, in any order.
func (r *run) renameSync() string {
	r.estate.syncName = pick(r.random, []string{"m365", "renamed", "third"})
	r.estate.removeFirst = r.chance(2)
	return r.estate.syncName
}

func (r *run) changeOrder() string {
	r.estate.createFirst = !r.estate.createFirst
	return fmt.Sprint(r.estate.createFirst)
}

func (r *run) excludeAccount() string {
	return r.clickOne(r.accountIDs(), r.server.ExcludeAccounts)
}

func (r *run) excludeService() string {
	return r.clickOne(r.upstreamServices(), r.server.ExcludeServices)
}

func (r *run) autoMatch() string {
	r.server.AutoMatch()
	return "the mapping pages were opened"
}

func (r *run) changeTriggers() string {
	r.estate.triggers++
	return fmt.Sprint(r.estate.triggers)
}

func (r *run) changeEnabled() string {
	r.estate.disabled = !r.estate.disabled
	return fmt.Sprint(!r.estate.disabled)
}

func (r *run) changeStatus() string {
	if !r.connected {
		return ""
	}
	status := pick(r.random, []string{"inactive", "pending", "active"})
	r.server.SetStatus(status)
	return status
}

// otherTool pushes a count without the provider, as CIPP or a script does.
func (r *run) otherTool() string {
	account, ok := some(r, slices.DeleteFunc(r.server.Accounts(), func(a sandbox.Account) bool { return a.Mapped == "" }))
	s, found := some(r, slices.DeleteFunc(r.server.Services(), func(s sandbox.Service) bool { return s.Mapped == "" }))
	if !ok || !found || !r.connected {
		return ""
	}
	keys := r.server.Credentials()
	body, err := json.Marshal(map[string]any{"accountId": account.ID, "unitCount": 1 + r.random.IntN(90)})
	must(err)
	request, err := http.NewRequest(http.MethodPost, r.server.URL()+"/api/vendor-api/service/"+s.ID+"/count", bytes.NewReader(body))
	must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", otherTool)
	request.Header.Set("Gradient-Token", base64.StdEncoding.EncodeToString([]byte(keys.GradientVendorKey+":"+keys.GradientPartnerKey)))
	transport := r.net.transport()
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	must(err)
	response.Body.Close() //nolint:errcheck // nothing is read of it
	if response.StatusCode != http.StatusCreated {
		return ""
	}
	r.lost[pair{account.ID, s.Name}] = true
	return fmt.Sprintf("%s for %s/%s", body, account.ID, s.Name)
}

// otherTool is the user agent of the other tool, whose requests have no faults.
const otherTool = "other-tool"

func (r *run) changeOnError() string {
	r.estate.onError = pick(r.random, []string{"fail", "skip"})
	return r.estate.onError
}

func (r *run) changeGuard() string {
	e := r.estate
	if e.decrease == 100 {
		e.decrease, e.increase = pick(r.random, []int{0, 20, 60}), pick(r.random, []int{1, 50, 300})
	} else {
		e.decrease, e.increase = 100, 1_000_000
	}
	return fmt.Sprintf("%d %%, %d %%", e.decrease, e.increase)
}

func (r *run) changeZeroMissing() string {
	r.estate.zeroMissing = !r.estate.zeroMissing
	return fmt.Sprint(r.estate.zeroMissing)
}

func (r *run) changeZeroOnDestroy() string {
	r.estate.zeroOnDestroy = !r.estate.zeroOnDestroy
	return fmt.Sprint(r.estate.zeroOnDestroy)
}

func (r *run) toggleSync() string {
	if !r.sweeps && !r.estate.noSync {
		return ""
	}
	r.estate.noSync = !r.estate.noSync
	return fmt.Sprintf("out: %t", r.estate.noSync)
}

// forget is a removed block with destroy = false: the object leaves the state without a call of the provider.
func (r *run) forget() string {
	for _, address := range slices.Sorted(maps.Keys(r.state)) {
		stored := r.state[address]
		if stored.kind == syncKind && !r.sweeps || !r.chance(3) {
			continue
		}
		if stored.kind == syncKind {
			r.loseAll()
		}
		delete(r.state, address)
		return address
	}
	return ""
}

func (r *run) leavePortal() string {
	c, ok := some(r, r.pool)
	if !ok || c.gone {
		return ""
	}
	c.gone = true
	r.server.RemoveCompany(c.id)
	return c.portalName()
}

func (r *run) returnToPortal() {
	for _, c := range r.pool {
		if c.gone {
			c.gone = false
			r.server.PutCompany(sandbox.Company{ID: c.id, Name: c.portalName()})
		}
	}
}

// companyTable moves the company mappings into one resource or out of it, as the documentation says: the old form is forgotten, and the
// new one imported.
func (r *run) companyTable() string {
	ids := map[string]string{companiesAddress: "all"}
	if r.estate.companyTable {
		ids = map[string]string{}
		for _, c := range r.estate.companies {
			ids[companyAddress(c)] = fmt.Sprintf("%d/%s", c.id, c.accountID())
		}
	}
	r.estate.companyTable = !r.estate.companyTable
	r.takeOver(ids, companyKind, companiesKind, r.estate.companyTable)
	return fmt.Sprintf("table: %t", r.estate.companyTable)
}

func (r *run) licenseTable() string {
	ids := map[string]string{licensesAddress: "all"}
	if r.estate.licenseTable {
		ids = map[string]string{}
		for _, s := range r.estate.services {
			ids[licenseAddress(s)] = s.name
		}
	}
	r.estate.licenseTable = !r.estate.licenseTable
	r.takeOver(ids, licenseKind, licensesKind, r.estate.licenseTable)
	return fmt.Sprintf("table: %t", r.estate.licenseTable)
}

// takeOver forgets one form and imports the other. The next plan creates what Gradient does not have.
func (r *run) takeOver(ids map[string]string, row, table string, toTable bool) {
	from, to := table, row
	if toTable {
		from, to = row, table
	}
	maps.DeleteFunc(r.state, func(_ string, stored object) bool { return stored.kind == from })
	for _, address := range slices.Sorted(maps.Keys(ids)) {
		r.importInto(address, to, ids[address])
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// run is one seed: an estate, its events, and what the test knows about it.
type run struct {
	t      *testing.T
	random *rand.Rand
	seed   uint64
	net    *network
	server *sandbox.Server
	start  time.Time

	estate   *estate
	pool     []*company // those that may be customers
	tenants  []*tenant
	state    state
	parallel bool
	mayKill  bool
	// sweeps says that the last apply has zero_missing and pushes everything again. Then every count must be right; without it, all but the
	// lost ones.
	sweeps bool

	connected bool
	faults    *faults
	services  int // created so far
	// lost holds the pairs whose number in Gradient the state cannot know: another tool, a killed run or a failed create pushed them, or
	// their last zero was refused, so that an older number may appear again when they are mapped.
	lost map[pair]bool
	// connections counts the integrations so far. A new one deletes everything that Gradient held.
	connections int
	// stale holds the pairs whose count was dropped after the last plan, which the next refresh shows.
	stale map[pair]bool
	// former has the names of services by the ids that they had before, duplicated the names that several services have or had.
	former     map[string]string
	duplicated map[string]bool
	removed    int
	night      bool      // GET accounts is empty during this step
	synced     time.Time // when another tool set lastSyncedAt
	older      []object  // former states of the sync
	shape      string    // gradient-account-shape
	drops      bool      // counts end with their mapping
	zeroIDs    bool      // the rows of SKUs do not name their tenant
	// code approves what the guard stopped in the last command; empty if it stopped nothing.
	code string

	mu     sync.Mutex
	events []string
	wrong  []string
}

func (r *run) log(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf("%8s  ", time.Since(r.start).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// fail records a failed check.
func (r *run) fail(format string, args ...any) {
	r.log("WRONG "+format, args...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *run) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.wrong) > 0
}

// chance is true once in n times.
func (r *run) chance(n int) bool { return r.random.IntN(n) == 0 }

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// switches are unknown behaviours of the upstreams, with the values that the provider must support. It leaves out those that make the right
// counts impossible: an upstream that refuses zeros, and paging links that must not be followed.
var switches = map[string][]string{
	"gradient-account-shape":            {"2026", "dynamic", "2023"},
	"gradient-accounts-post-status":     {"201", "200"},
	"gradient-auto-match-new":           {"no", "yes"},
	"gradient-count-while-inactive":     {"accept", "refuse"},
	"gradient-duplicate-accounts":       {"atomic", "partial", "upsert"},
	"gradient-duplicate-service":        {"create", "409"},
	"gradient-excluded-count":           {"accept", "404"},
	"gradient-excluded-is-mapped":       {"yes", "no"},
	"gradient-first-count":              {"activates", "manual"},
	"gradient-last-synced":              {"count", "rebuild"},
	"gradient-never-synced":             {"1900", "null"},
	"gradient-no-build":                 {"next", "immediate"},
	"gradient-rename-matches":           {"no", "yes"},
	"gradient-retry-after":              {"none", "1s"},
	"gradient-unmapped-counts":          {"keep", "drop"},
	"gradient-unmapped-service-message": {"own", "account-map"},
	"gradient-validation-message":       {"list", "string"},
	"no-consent":                        {"65001", "700016", "graph"},
	"graph-page-size":                   {"off", "1", "2", "5"},
	"graph-account-id":                  {"tenant", "zero"},
}

var names = []string{"contoso", "fabrikam", "northwind", "tailspin", "", "wingtip", ""}

var serviceNames = []string{"M365 Business Premium", "Office 365 E3", "Seats (all)", "Security add-on", "Legacy", "Other"}

// begin draws an estate.
func begin(t *testing.T, seed uint64) *run {
	random := rand.New(rand.NewPCG(seed, 4))
	r := &run{t: t, random: random, seed: seed, net: newNetwork(), start: time.Now(), state: state{}, connected: true, lost: map[pair]bool{},
		stale: map[pair]bool{}, former: map[string]string{}, duplicated: map[string]bool{}}
	r.parallel, r.mayKill, r.sweeps = r.chance(2), r.chance(2), r.chance(2)
	world := sandbox.Seed{Status: pick(random, []string{"inactive", "inactive", "pending", "active"})}
	for i, account := range names {
		c := &company{id: 101 + i, account: account}
		if r.chance(2) {
			c.name = fmt.Sprintf("PSA company %d", c.id)
		}
		for range []int{0, 1, 1, 1, 1, 2}[random.IntN(6)] {
			c.tenants = append(c.tenants, r.newTenant())
		}
		r.pool = append(r.pool, c)
		world.Companies = append(world.Companies, sandbox.Company{ID: c.id, Name: c.portalName()})
		if r.chance(3) {
			world.PSA.Accounts = append(world.PSA.Accounts, c.name, c.portalName())
		}
	}
	for _, tenant := range r.tenants {
		world.Tenants = append(world.Tenants, tenant.inSandbox())
	}
	world.PSA.Products = serviceNames[:random.IntN(len(serviceNames))]
	chosen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(switches)) {
		chosen[name] = pick(random, switches[name])
	}
	r.shape, r.drops = chosen["gradient-account-shape"], chosen["gradient-unmapped-counts"] == "drop"
	r.zeroIDs = chosen["graph-account-id"] == "zero"
	var err error
	r.server, err = sandbox.New(world, sandbox.Options{Listener: r.net, Switches: chosen, Strike: r.strike})
	must(err)
	r.invent()
	return r
}

func (r *run) newTenant() *tenant {
	t := &tenant{id: fmt.Sprintf("5ca1ab1e-0000-4000-8000-0000000000%02d", len(r.tenants)+10), skus: map[string]seats{}, list: wholeList}
	for _, p := range products {
		if r.chance(2) {
			t.skus[p.part] = r.newSeats(p)
		}
	}
	r.tenants = append(r.tenants, t)
	return t
}

func (r *run) newSeats(p product) seats {
	if p == freeProduct {
		return seats{paid: 10000, assigned: r.random.IntN(20)}
	}
	var s seats
	for _, n := range []*int{&s.paid, &s.grace, &s.trial, &s.assigned} {
		if r.chance(2) {
			*n = r.random.IntN(60)
		}
	}
	for _, n := range []*int{&s.others, &s.suspended} {
		if r.chance(6) {
			*n = r.random.IntN(60)
		}
	}
	s.nobody = r.chance(2)
	return s
}

func (r *run) invent() {
	r.estate = &estate{syncName: "m365", partnerKey: r.server.Credentials().GradientPartnerKey, pace: pick(r.random, []int{5, 20, 100}), portalKeys: r.chance(3),
		byDomain: r.chance(4), companyTable: r.chance(2), licenseTable: r.chance(2), onError: pick(r.random, []string{"", "fail", "skip", "skip", "skip"}),
		onTrials:   pick(r.random, []string{"", "error", "count", "count"}),
		onUnmapped: pick(r.random, []string{"warn", "warn", "error", "ignore"}), decrease: 100, increase: 1_000_000}
	for range 2 + r.random.IntN(4) {
		r.addCompany()
	}
	for range 2 + r.random.IntN(3) {
		r.addService()
	}
	r.estate.byOwner, r.estate.uncounted = r.chance(3), r.chance(2)
	r.estate.byOwner = !r.estate.ownsNothing() && r.estate.byOwner
	r.log("seed %d: %d companies, %d services, tables %t and %t, pace %d, on_error %q, on_unmapped %q, parallel %t, sweep %t", r.seed, len(r.estate.companies),
		len(r.estate.services), r.estate.companyTable, r.estate.licenseTable, r.estate.pace, r.estate.onError, r.estate.onUnmapped, r.parallel, r.sweeps)
}

// start starts a command with its own provider, and its end.
func (r *run) command(end end) *command {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{transport: r.net.transport(), stop: stop, end: end}
	return &command{process: p, server: newServer(p), ctx: ctx, secrets: r.server.Secrets, parallel: r.parallel}
}

// finish ends a command and checks its results.
func (r *run) finish(c *command, name string) {
	c.process.exit()
	if c.process.struck {
		tally(c.process.end.name())
		r.log("%s: %s, after %d requests", name, c.process.end.name(), len(c.process.requests))
	}
	if c.process.killed() {
		return
	}
	r.code = ""
	for _, d := range c.diags {
		if found := approval.FindStringSubmatch(d.detail); found != nil {
			r.code = found[1]
		}
		if d.isError {
			r.log("%s: %s", name, clip(d.String()))
		}
	}
	for _, wrong := range c.wrong {
		r.fail("%s: %s", name, wrong)
	}
}

// approval is the line that the guard's error asks to paste.
var approval = regexp.MustCompile(`approved = "([a-z2-7]{10})"`)

// approve writes the code of the change that the guard stopped into the configuration.
func (r *run) approve() {
	r.log("a person approves the change: %s", r.code)
	r.estate.approved = r.code
}

func clip(text string) string {
	if len(text) > 400 {
		return text[:400] + "…"
	}
	return text
}

// plan is `terraform plan`.
func (r *run) plan(end end) (plan, bool) {
	c := r.command(end)
	reviewed := c.plan(r.estate.configuration(r.server), r.state)
	r.finish(c, "plan")
	for _, request := range c.process.requests {
		if request.isWrite() {
			r.fail("the plan writes: %s %s", request.method, request.path)
		}
	}
	if c.process.killed() {
		return reviewed, false
	}
	r.stale = map[pair]bool{}
	if !reviewed.failed {
		r.checkCounts(reviewed)
		r.checkUncounted(reviewed)
		r.checkSynced(reviewed)
	}
	r.log("plan: %s", r.summary(reviewed))
	return reviewed, !reviewed.failed && !c.process.struck
}

func (r *run) summary(p plan) string {
	if p.failed {
		tally("(a plan failed)")
		return "failed"
	}
	var parts []string
	for _, address := range slices.Sorted(maps.Keys(p.changes)) {
		if action := p.changes[address].action; action != actionNothing {
			parts = append(parts, action+" "+address)
		}
	}
	if len(parts) == 0 {
		tally("(a plan without changes)")
		return "no changes"
	}
	return strings.Join(parts, ", ")
}

// apply is `terraform apply` of a reviewed plan.
func (r *run) apply(reviewed plan, end end) {
	tally("(an apply)")
	before, connection, status := r.server.UnitCounts(), r.connections, r.server.Status()
	c := r.command(end)
	if stored, exists := r.state[reviewed.sync().address]; exists && !stored.tainted {
		r.older = append(r.older, stored)
	}
	c.apply(reviewed, func(s state) { r.state = s })
	r.finish(c, "apply")
	r.checkPushes(reviewed, c.process.requests)
	r.checkFreeze(status, c.process.requests)
	r.checkKept(reviewed, before, connection)
	r.checkServices()
	r.remember(reviewed, c)
	if !c.process.killed() {
		r.checkLedger(reviewed, c, connection)
	}
	r.log("apply: %d requests; Gradient has %v", len(c.process.requests), r.server.UnitCounts())
}

// remember updates lost after a command.
func (r *run) remember(reviewed plan, c *command) {
	sync := reviewed.sync()
	_, there := r.state[sync.address]
	created := sync.action == actionCreate || sync.action == actionReplace
	ledger, now := ledgerOf(r.state), r.server.UnitCounts()
	failed := slices.ContainsFunc(c.diags, func(d diagnostic) bool { return d.isError && d.address == sync.address })
	for _, request := range c.process.requests {
		if !countPath.MatchString(request.path) {
			continue
		}
		p, _ := r.pushed(request)
		remembered, accepted := ledger[p]
		switch {
		case c.process.killed():
			r.lost[p] = true
		case created && !there, sync.createFirst && sync.action == actionReplace && failed: // it saves nothing, though the old one stays
			tally(createFailed)
			r.lost[p] = true
		case accepted && float64(remembered) == now[p.account][p.service]:
			delete(r.lost, p)
		}
	}
	for _, p := range r.refusedZeros() {
		r.lost[p] = true
	}
	if len(syncsOf(r.state)) == 0 {
		r.loseAll()
	}
}

// loseAll updates lost when the sync is removed.
func (r *run) loseAll() {
	for account, services := range r.server.UnitCounts() {
		for name := range services {
			r.lost[pair{account, name}] = true
		}
	}
}

// The results of a command, for the report.
const (
	aPush         = "(a push)"
	aFarewell     = "(a farewell zero was accepted)"
	aSweep        = "(a pair was swept)"
	halfWay       = "(a push stopped half-way)"
	createFailed  = "(a create of the sync failed after pushes)"
	aReplacement  = "(an object was replaced)"
	aNamedCount   = "(a warning names a count that stays)"
	aForeignCount = "(a plan says that another tool set counts)"
	anUncounted   = "(a plan says that nothing counts some seats)"
	aCreateFirst  = "(a replacement was created before the old object was destroyed)"
	aTaint        = "(an object was tainted)"
)

// settle applies the estate, maps everything, and applies again.
func (r *run) settle() {
	r.log("the estate is set up")
	r.applyOnce()
	r.mapAll()
	r.applyOnce()
}

// converge ends all faults, does the manual steps that are left, and applies the last configuration.
func (r *run) converge() {
	r.log("the end: no faults any more, consent is given, everything is mapped")
	r.faults, r.night = nil, false
	r.estate.createFirst, r.estate.removeFirst, r.estate.replace = false, false, false
	r.removeDuplicates()
	if !r.connected {
		r.reconnect()
	}
	r.estate.partnerKey = r.server.Credentials().GradientPartnerKey
	for _, t := range r.tenants {
		if t.noConsent {
			t.noConsent = false
			r.server.GrantConsent(t.id)
		}
		if r.estate.unreadableTenant(t) || t.list == noNumbers {
			t.list = wholeList
			r.server.PutTenant(t.inSandbox())
		}
	}
	r.estate.byOwner = r.estate.byOwner && !r.estate.ownsNothing()
	r.estate.disabled, r.estate.noSync = false, false
	r.estate.decrease, r.estate.increase = 100, 1_000_000
	r.returnToPortal()
	r.settleNames()
	r.mapAll()
	r.applyOnce()
	r.mapAll()
	switch {
	case r.sweeps:
		tally("(an end with a sweep)")
		r.estate.zeroMissing = true
		r.estate.triggers++
	case r.estate.onUnmapped == "ignore":
		r.estate.triggers++ // otherwise earlier refusals are not pushed again
	}
	counts, view, rebuilds := r.server.UnitCounts(), r.server.BillingView(), r.server.Rebuilds()
	r.applyOnce()
	if r.failed() {
		return
	}
	r.checkConverged(counts, view, r.server.Rebuilds() > rebuilds)
	reviewed, ok := r.plan(end{})
	if !ok || !reviewed.isEmpty() {
		r.fail("the last plan is not empty: %s", r.summary(reviewed))
	}
}

func (r *run) mapAll() {
	r.server.MapAccounts()
	r.server.MapServices()
}

// applyOnce plans and applies without any fault: both must succeed. The first run may still have to list what is not mapped.
func (r *run) applyOnce() {
	if r.failed() {
		return
	}
	reviewed, ok := r.plan(end{})
	if !ok && r.code != "" {
		tally(anApproval)
		r.approve()
		reviewed, ok = r.plan(end{})
	}
	if !ok {
		r.fail("a plan fails without any fault")
		return
	}
	r.apply(reviewed, end{})
	if r.code != "" { // the guard stopped a tainted sync in the apply
		tally(anApproval)
		r.approve()
		r.applyOnce()
	}
}

const anApproval = "(a change that the guard stopped, and a person approved)"

// destroy is `terraform destroy`.
func (r *run) destroy() {
	tally("destroy")
	c := r.command(end{})
	everything := r.estate.configuration(r.server)
	everything.nodes, everything.data = nil, nil
	reviewed := c.plan(everything, r.state)
	r.finish(c, "destroy")
	r.log("plan of the destroy: %s", r.summary(reviewed))
	if !reviewed.failed {
		r.apply(reviewed, r.newEnd())
	}
}

// settleNames handles accounts that an interrupted run created and that the files have renamed since: they are imported, or the table's row
// takes their name.
func (r *run) settleNames() {
	for _, c := range r.estate.companies {
		i := slices.IndexFunc(r.server.Accounts(), func(a sandbox.Account) bool { return a.ID == c.accountID() })
		if i < 0 {
			continue
		}
		if r.estate.companyTable {
			rows := fields(fields(r.state[companiesAddress].value)["companies"])
			if _, managed := rows[c.accountID()]; !managed || r.state[companiesAddress].tainted {
				c.name = r.server.Accounts()[i].Name
			}
			continue
		}
		if _, managed := r.state[companyAddress(c)]; !managed {
			r.importInto(companyAddress(c), companyKind, fmt.Sprintf("%d/%s", c.id, c.accountID()))
		}
	}
}

// importInto is `terraform import`.
func (r *run) importInto(address, kind, id string) {
	command := r.command(end{})
	if imported, ok := command.importObject(r.estate.configuration(r.server).provider, address, kind, id); ok {
		r.state[address] = imported
		r.log("imported %s", address)
	}
	r.finish(command, "import")
}

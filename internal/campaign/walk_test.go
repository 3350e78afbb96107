// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/text/unicode/norm"
)

// walk is a random walk of one license sync: its files, its state, and the model of Gradient that it pushes to.
type walk struct {
	seed    uint64
	random  *rand.Rand
	seldom  *rand.Rand // decides what is rare, so that it changes nothing in the steps in which it does not happen
	start   time.Time
	model   *model
	state   state
	mayKill bool
	wide    bool  // the guard allows everything
	first   int64 // max_first_units of a guard that does not; 0 is the default

	accounts []string // that there may be; a large walk has more pairs than Gradient may refuse in a row (rule 7)

	counts        map[string]map[string]int64 // nil: unknown
	triggers      int
	onUnmapped    string
	zeroMissing   bool
	zeroOnDestroy bool
	approved      string
	address       string
	createFirst   bool
	removeFirst   bool
	hidden        bool // unit_counts are not known before apply
	applying      bool // a plan is saved and not yet applied
	moved         bool // since then the integration is another one

	code   string // approves what the guard stopped in the last plan
	wipes  bool   // the last plan failed because the zeros of a sync that goes would be the last word about pairs of the one that comes (rule 14)
	older  []state
	active bool // the last refresh that was saved saw an active integration
	// repushes is true from an apply that knows that the integration fell to pending until one that pushed everything.
	repushes bool
	reviewed map[string]map[string]int64 // the counts of the files when the last plan was made
	// shownNo are pairs that Gradient refused while it showed their account as not mapped. frozen are those that an apply could not send because
	// the integration was inactive.
	shownNo, frozen map[pair]bool
	// lost are pairs of which the state cannot know: a run that was killed, a create that failed or a state that was restored. unseen are
	// those whose count was dropped without anything that shows it. dropped are those that the integration lost when it was set up again.
	lost, unseen, dropped map[pair]bool

	refusals refusals

	mu     sync.Mutex
	events []string
	wrong  []string
}

// These are the accounts, of which only a large walk has all, and the services. What has an accent is stored in another Unicode form than
// the one that Terraform has.
var (
	walkAccounts = []string{"a", "b", "é", "c", "d", "f", "g", "h", "i", "j", "k", "l", "m", "n"}
	walkServices = []string{"Café seats", "Premium", "Backup"} // the catalogue may not have the last one yet
)

// Any sequence of changes, refusals and interruptions ends with the right counts, and no count is sent that the saved plan did not show.
func TestRandomWalk(t *testing.T) {
	schemas()
	if *onlyWalk != 0 {
		walkOnce(t, *onlyWalk, true)
		return
	}
	t.Run("seed", func(t *testing.T) {
		for i := range uint64(*walks) {
			t.Run(fmt.Sprint(*first+i), func(t *testing.T) {
				t.Parallel()
				walkOnce(t, *first+i, false)
			})
		}
	})
	if *show {
		report()
	}
	if *first == 1 && *walks >= 250 {
		checkWalkTallies(t)
	}
}

func walkOnce(t *testing.T, seed uint64, verbose bool) {
	synctest.Test(t, func(t *testing.T) {
		w := beginWalk(seed)
		w.live()
		time.Sleep(time.Hour) // lets background work end
		if verbose || len(w.wrong) > 0 {
			t.Logf("what happened:\n%s", strings.Join(w.events, "\n"))
		}
		if len(w.wrong) > 0 {
			t.Errorf("seed %d: %s\n\nreplay it with: go test ./internal/campaign -run TestRandomWalk -v -walk.seed=%d", seed, strings.Join(w.wrong, "\n"), seed)
		}
	})
}

func beginWalk(seed uint64) *walk {
	w := &walk{seed: seed, random: rand.New(rand.NewPCG(seed, 7)), start: time.Now(), state: state{}, counts: map[string]map[string]int64{}, address: syncAddress,
		lost: map[pair]bool{}, unseen: map[pair]bool{}, dropped: map[pair]bool{}, shownNo: map[pair]bool{}, frozen: map[pair]bool{}}
	w.seldom = rand.New(rand.NewPCG(seed, 8))
	w.zeroOnDestroy = w.seldom.IntN(3) == 0
	w.mayKill, w.wide, w.accounts = w.chance(2), w.chance(2), walkAccounts[:5]
	w.first = pick(w.random, []int64{0, 30})
	listed, counted, mapped := 3+w.random.IntN(3), 2+w.random.IntN(3), w.random.IntN(3) > 0
	if w.chance(12) {
		w.accounts, listed, counted, mapped = walkAccounts, len(walkAccounts), len(walkAccounts), w.chance(3)
	}
	w.approved = pick(w.random, []string{"", notACode})
	w.onUnmapped = pick(w.random, []string{"warn", "warn", "error", "ignore"})
	m := &model{showsMapped: !w.chance(4), showsMapping: !w.chance(3), saysUnmapped: w.chance(6), dropsUnmapped: w.chance(2), refusesInactive: w.chance(2),
		activates: !w.chance(5), integration: "integration-1", counts: map[modelKey]int64{}, former: map[string]string{}}
	m.showsMapping = m.showsMapping && m.showsMapped
	m.status = pick(w.random, []string{"pending", "active"})
	for _, id := range w.accounts[:listed] {
		a := m.newAccount(id)
		a.mapped = mapped && !w.chance(4)
		m.accounts = append(m.accounts, a)
	}
	catalogue := walkServices
	if w.chance(4) {
		catalogue = walkServices[:2]
	}
	for _, name := range catalogue {
		m.services = append(m.services, &modelService{id: m.id(), name: norm.NFD.String(name), mapped: !w.chance(4)})
	}
	w.model = m
	m.clear(nil, 0)
	for _, account := range w.accounts[:counted] {
		w.counts[account] = map[string]int64{}
		for _, service := range walkServices {
			if w.isLarge() || w.chance(2) {
				w.counts[account][service] = w.units()
			}
		}
	}
	w.log("%d accounts, mapped shown %t, mapping shown %t, says unmapped %t, un-mapping drops %t, on_unmapped %q, guard wide %t", len(w.accounts), m.showsMapped, m.showsMapping, m.saysUnmapped,
		m.dropsUnmapped, w.onUnmapped, w.wide)
	return w
}

func (w *walk) chance(n int) bool { return w.random.IntN(n) == 0 }

// isLarge reports whether there are more pairs than Gradient may refuse in a row (rule 7).
func (w *walk) isLarge() bool { return len(w.accounts) > 5 }

func (w *walk) units() int64 { return 1 + w.random.Int64N(40) }

func (w *walk) log(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, fmt.Sprintf("%10s  ", time.Since(w.start).Round(time.Second))+fmt.Sprintf(format, args...))
}

func (w *walk) fail(format string, args ...any) {
	w.log("WRONG "+format, args...)
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// live runs the steps of a walk and the last applies.
func (w *walk) live() {
	for step := range 4 + w.random.IntN(8) {
		w.random, w.seldom = rand.New(rand.NewPCG(w.seed, uint64(1000+step))), rand.New(rand.NewPCG(w.seed, uint64(2000+step)))
		time.Sleep(time.Duration(w.random.IntN(30)) * time.Hour)
		for range w.random.IntN(4) {
			w.happen()
		}
		w.step()
		if len(w.wrong) > 0 {
			return
		}
	}
	w.end()
}

func (w *walk) step() {
	if w.seldom.IntN(50) == 0 && len(w.state) > 0 {
		w.destroy()
		return
	}
	if w.seldom.IntN(40) == 0 {
		w.log("at once: %s, and %q is unknown", w.renameSync(), w.makeUnknown())
	}
	var end end
	if w.chance(6) {
		end = w.newEnd()
	}
	reviewed, ok := w.plan(end)
	if w.wipes && w.chance(2) {
		w.renameBack()
	}
	if !ok && w.code != "" && w.chance(2) {
		w.approve()
		reviewed, ok = w.plan(end)
	}
	if !ok || w.chance(8) {
		return
	}
	if w.chance(6) {
		w.log("before the apply:")
		w.applying = true
		w.happen()
		w.applying = false
	}
	if w.seldom.IntN(40) == 0 {
		w.move()
	}
	w.model.clear(w.newTroubles(), w.random.Uint64())
	w.apply(reviewed, w.newEnd())
	w.model.clear(nil, 0)
}

// destroy is `terraform destroy`.
func (w *walk) destroy() {
	files := w.configuration(false)
	files.nodes = nil
	reviewed, ok := w.planOf(files, end{})
	if !ok {
		return
	}
	tally(walkDestroyed)
	if w.seldom.IntN(5) == 0 {
		w.move()
	}
	w.model.clear(w.newTroubles(), w.random.Uint64())
	w.apply(reviewed, w.newEnd())
	w.model.clear(nil, 0)
}

// notACode approves nothing.
const notACode = "aaaaaaaaaa"

func (w *walk) approve() {
	tally(walkApproved)
	w.approved = w.code
}

func (w *walk) newEnd() end {
	switch {
	case w.mayKill && w.chance(5):
		return end{at: 1 + w.random.IntN(12), after: w.chance(2)}
	case w.chance(20):
		return end{at: 1 + w.random.IntN(12), after: w.chance(2), soft: true}
	}
	return end{}
}

func (w *walk) newTroubles() (troubles []modelTrouble) {
	for range []int{0, 0, 0, 1, 1, 2}[w.random.IntN(6)] {
		trouble := pick(w.random, modelTroubles)
		trouble.percent, trouble.once = pick(w.random, []uint64{10, 30, 30, 100}), w.chance(2)
		troubles = append(troubles, trouble)
	}
	return troubles
}

// configuration is what the files say.
func (w *walk) configuration(replace bool) configuration {
	counts := map[string]any{}
	for account, services := range w.counts {
		if services == nil {
			counts[account] = nil
			continue
		}
		units := map[string]any{}
		for service, n := range services {
			units[service] = n
		}
		counts[account] = units
	}
	guard := map[string]any{"approved": orNull(w.approved)}
	if w.first > 0 {
		guard["max_first_units"] = w.first
	}
	if w.wide {
		guard["max_decrease_percent"], guard["max_increase_percent"] = 100, 1_000_000
		guard["max_account_percent"], guard["max_first_units"] = 1_000_000, 1_000_000
	}
	values := map[string]any{"unit_counts": counts, "triggers": map[string]any{"force": strconv.Itoa(w.triggers)}, "on_unmapped": w.onUnmapped,
		"zero_missing": w.zeroMissing, "zero_on_destroy": w.zeroOnDestroy, "guard": guard}
	block := map[string]any{"gradient": map[string]any{"base_url": "https://gradient.example", "vendor_api_key": walkKey, "partner_api_key": walkKey,
		"requests_per_second": 50}}
	evaluate := fixed(values)
	if w.hidden {
		evaluate = func(c *command, _ map[string]tftypes.Value) (any, error) {
			if c.applies {
				return values, nil
			}
			return with(values, "unit_counts", unknown{}), nil
		}
	}
	return configuration{provider: block, removeFirst: w.removeFirst, nodes: []node{
		{address: w.address, kind: syncKind, last: true, config: evaluate, replace: replace, createFirst: w.createFirst},
	}}
}

const walkKey = "a-key-that-nothing-shows"

func (w *walk) command(end end) *command {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{transport: w.model, stop: stop, end: end}
	return &command{process: p, server: newServer(p), ctx: ctx, secrets: func() []string { return []string{walkKey} }}
}

func (w *walk) finish(c *command, name string) {
	c.process.exit()
	if c.process.struck {
		tally("walk: " + c.process.end.name())
		w.log("%s: %s", name, c.process.end.name())
	}
	for _, unexpected := range w.model.unexpected {
		w.fail("%s: a request that the sync must not make: %s", name, unexpected)
	}
	w.model.unexpected = nil
	if c.process.killed() {
		return
	}
	w.code, w.wipes = "", false
	for _, d := range c.diags {
		w.wipes = w.wipes || d.isError && strings.Contains(d.summary, "set to 0 that another license sync has")
		if found := approval.FindStringSubmatch(d.detail); found != nil {
			w.code = found[1]
		}
		w.log("%s: %s", name, clip(d.String()))
	}
	for _, wrong := range c.wrong {
		w.fail("%s: %s", name, wrong)
	}
}

// plan is `terraform plan`.
func (w *walk) plan(end end) (plan, bool) {
	// With create_before_destroy and zero_missing the new sync sweeps, which Terraform does not show.
	replace := w.chance(15) && len(w.older) > 0 && (!w.createFirst || !w.zeroMissing)
	return w.planOf(w.configuration(replace), end)
}

func (w *walk) planOf(files configuration, end end) (plan, bool) {
	c := w.command(end)
	w.model.clear(nil, 0)
	w.reviewed = map[string]map[string]int64{}
	for account, services := range w.counts {
		w.reviewed[account] = maps.Clone(services)
	}
	reviewed := c.plan(files, w.state)
	w.refusals.unmapped = w.model.shownUnmapped()
	w.finish(c, "plan")
	if pushes := w.model.pushes; len(pushes) > 0 {
		w.fail("the plan pushes %v", pushes)
	}
	w.checkGuard(reviewed, c)
	if c.process.killed() || reviewed.failed {
		w.log("plan failed")
		return reviewed, false
	}
	actions := []string{}
	for _, address := range slices.Sorted(maps.Keys(reviewed.changes)) {
		actions = append(actions, reviewed.changes[address].action+" "+address)
	}
	w.log("plan of %v, trigger %d: %s", w.counts, w.triggers, strings.Join(actions, ", "))
	w.checkRefreshed(reviewed)
	w.checkWarnings(reviewed)
	w.checkReasons(reviewed)
	return reviewed, !c.process.struck
}

// apply is `terraform apply` of a saved plan.
func (w *walk) apply(reviewed plan, end end) {
	tally("walk: an apply")
	before, status, calm := w.model.pairs(), w.model.status, len(w.model.troubles) == 0
	c := w.command(end)
	w.older = append(w.older, maps.Clone(w.state))
	c.apply(reviewed, func(s state) { w.state = s })
	w.finish(c, "apply")
	pushes := slices.Clone(w.model.pushes)
	for _, p := range pushes {
		w.log("  %s/%s=%d: %d", p.account, p.pair.service, p.units, p.answered)
	}
	if w.hides(reviewed) {
		w.refusals = refusals{}
	} else {
		w.checkAnnounced(reviewed, pushes)
		w.checkOthers(reviewed, c, pushes)
		w.checkFarewells(reviewed, pushes)
		w.checkRefusals(reviewed, c, pushes)
	}
	w.checkUnknownKept(reviewed, before)
	w.checkOnce(reviewed, pushes)
	w.checkGuardOfApply(reviewed, pushes)
	w.checkErrors(reviewed, c, pushes, calm)
	w.checkMoved(reviewed, c, pushes)
	w.checkDestroyed(reviewed, c)
	w.moved = false
	if status == "inactive" && len(pushes) > 0 {
		w.fail("the apply pushes while the integration is inactive")
	}
	if c.process.killed() {
		for _, p := range pushes {
			w.lost[p.pair] = true
		}
		w.loseAllWithoutSync()
		return
	}
	w.rememberFall(reviewed, c, status)
	w.rememberFrozen(reviewed, c, status)
	w.active = w.model.status == "active" && status == "active" || status == "inactive" && w.active
	w.remember(reviewed, c, pushes)
}

// end maps everything, ends all troubles, and applies until nothing is left to do. Then Gradient must have the right counts.
func (w *walk) end() {
	w.log("the end")
	m := w.model
	m.night = false
	for w.appear() != "" || w.serviceAppears() != "" { // everything in the files exists
	}
	for _, a := range m.accounts {
		w.mapAccount(a)
	}
	for _, s := range m.services {
		s.mapped = true
	}
	w.removeDuplicates()
	if m.status == "inactive" {
		m.status = "pending"
	}
	w.createFirst, w.removeFirst, w.zeroMissing, w.hidden = false, false, false, false
	_, exists := w.state[w.address] // a sync that was renamed takes nothing over
	switch {
	case len(w.lost) > 0, !exists:
		tally("walk: an end with a sweep")
		w.zeroMissing = true
		w.triggers++
	case slices.Contains(slices.Collect(maps.Values(w.unseen)), true) || w.owesZero() || w.onUnmapped == "ignore":
		tally("walk: an end with a full push")
		w.triggers++
	default:
		tally("walk: an end without a full push")
	}
	w.older = nil // no replacement
	kept := m.pairs()
	for range 4 {
		reviewed, ok := w.plan(end{})
		if w.wipes {
			w.renameBack()
			reviewed, ok = w.plan(end{})
		}
		for w.wipes && w.makeKnown() != "" { // a destroy failed, so there are two syncs, and neither may set the unknown account to 0
			reviewed, ok = w.plan(end{})
		}
		if !ok && w.code != "" {
			w.approve()
			reviewed, ok = w.plan(end{})
		}
		if !ok {
			w.fail("a plan fails without any trouble")
			return
		}
		if reviewed.isEmpty() {
			w.checkEnd(kept)
			w.checkRefreshedAgain(reviewed)
			return
		}
		w.apply(reviewed, end{})
		w.older = nil
		w.untaint()
		if len(w.wrong) > 0 {
			return
		}
		if w.code != "" { // the guard stopped a tainted sync in the apply
			w.approve()
		}
	}
	w.fail("four applies do not come to an empty plan")
}

// owesZero reports whether Gradient refused a zero, which is sent again when anything is pushed (rule 3).
func (w *walk) owesZero() bool {
	_, unmapped := knownTo(w.state)
	for p := range unmapped {
		if _, counted := w.counts[p.account][p.service]; !counted {
			return true
		}
	}
	return false
}

// checkEnd compares Gradient with the files.
func (w *walk) checkEnd(kept map[pair]int64) {
	for _, a := range w.model.accounts {
		for _, service := range walkServices {
			p := pair{a.id, service}
			services, listed := w.counts[a.id]
			want := services[service]
			if listed && services == nil {
				want = kept[p]
			}
			if got := w.model.has(p); got != want {
				w.fail("Gradient has %d of %v in the end, want %d", got, p, want)
			}
		}
	}
}

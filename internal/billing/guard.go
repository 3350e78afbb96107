// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
)

// Guard limits how much a push may change without an approval.
type Guard struct {
	// MaxDecreasePercent limits the fall of all units, and of those of each service with at least 50 units.
	MaxDecreasePercent int64
	// MaxIncreasePercent limits the rise of all units of the accounts that had any.
	MaxIncreasePercent int64
	// MaxAccountPercent limits the fall and the rise of each account that stays: the fall of one with at least 20 units, the rise
	// of one that has at least 20 units or would have at least 50.
	MaxAccountPercent int64
	// MaxFirstUnits limits the units of an account that had none.
	MaxFirstUnits int64
	// Approved is the [Code] of changes that may exceed the limits.
	Approved string
}

// Below these numbers of units a percentage says little.
const (
	serviceMinimum = 50
	accountMinimum = 20
	// grownMinimum is the number of units from which the rise of an account that had fewer than accountMinimum is checked.
	grownMinimum = 50
)

// mostNamed is how many accounts an alarm names.
const mostNamed = 10

// Alarm is a change that exceeds a limit of the [Guard].
type Alarm struct {
	// Text says what would change, by how much, and what is allowed.
	Text string
	// Accounts names those that change most, with their units, at most ten. More is the number of the others.
	Accounts []string
	More     int
	// Swept is true if the accounts are to be set to 0 by a sweep, so that their units before it are not known.
	Swept bool
	// changes are all changes that the alarm is about.
	changes []change
}

// String returns the alarm in one line.
func (a Alarm) String() string {
	text := a.Text + ": " + strings.Join(a.Accounts, ", ")
	if a.More > 0 {
		text += fmt.Sprintf(" and %d more", a.More)
	}
	return text
}

// change is what a task does to one pair.
type change struct {
	pair     Pair
	from, to int64
	// swept is true if a sweep sets the pair to 0. The units before it are unknown then, and occasion is that of the task.
	swept    bool
	occasion string
}

func (c change) before() int64 { return c.from }
func (c change) fall() int64   { return max(0, c.from-c.to) }
func (c change) rise() int64   { return max(0, c.to-c.from) }

// Check compares what the task would set with the units before it, and returns the changes that exceed a limit. The units before it are
// those that Gradient accepted, or else those that it refused, because these passed a check when they were pushed. Accounts with
// unknown counts are left out.
//
// Falls and rises of all units are added up apart, so that one customer's rise cannot hide another one's fall. An account that is not
// desired any more counts in the falls of all units and of the services only.
//
// A sweep always alarms if it reaches accounts that are not desired, because another tool or another state may push their counts, and if
// no account would keep a unit.
func (g Guard) Check(task Task) []Alarm {
	accounts := task.accountChanges()
	known, first := splitKnown(accounts)
	var alarms []Alarm
	add := func(alarm Alarm, exceeded bool) {
		if exceeded {
			alarms = append(alarms, alarm)
		}
	}
	changes := changesOf(known)
	add(checkSum("units", "fall", g.MaxDecreasePercent, changes, change.fall))
	add(checkSum("units", "rise", g.MaxIncreasePercent, changes, change.rise))
	add(g.checkAccounts("fall", known, accountChange.fall))
	add(g.checkAccounts("rise", known, accountChange.rise))
	add(g.checkFirst(first))
	add(checkSweep(task))
	byService := groupByService(changes)
	for _, service := range sortedKeys(byService) {
		if ofService := byService[service]; sum(ofService, change.before) >= serviceMinimum {
			add(checkSum(fmt.Sprintf("units of service %q", service), "fall", g.MaxDecreasePercent, ofService, change.fall))
		}
	}
	return alarms
}

// Allows reports whether the alarms stop nothing: there are none, or exactly these changes are approved.
func (g Guard) Allows(alarms []Alarm) bool { return len(alarms) == 0 || g.Approved == Code(alarms) }

// codeLength is the length of a code: 10 letters and digits of 5 bits.
const codeLength = 10

// Code returns the code that approves the alarms: a digest of every pair that they are about, with its units before and after. It does
// not depend on changes that raise no alarm, or on the limits. The code of a sweep also covers [Task.Occasion], because the units that a
// sweep deletes are unknown, and may be others the next time.
//
// A code has 50 bits. That another change has the same code by chance has a probability of 1 in 10^15. It is no signature: whoever
// can choose the changes and computes for long enough finds two with one code.
func Code(alarms []Alarm) string {
	changes := map[change]bool{}
	for _, alarm := range alarms {
		for _, c := range alarm.changes {
			changes[c] = true
		}
	}
	digest := sha256.New()
	for _, c := range slices.SortedFunc(maps.Keys(changes), change.compare) {
		c.writeTo(digest)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(digest.Sum(nil)))[:codeLength]
}

func (c change) compare(other change) int {
	return cmp.Or(c.pair.Compare(other.pair), cmp.Compare(c.from, other.from), cmp.Compare(c.to, other.to))
}

// writeTo writes the change in a form that no other change has. Quoted names contain no line break.
func (c change) writeTo(digest hash.Hash) {
	if c.swept {
		fmt.Fprintf(digest, "%q %q swept %q\n", c.pair.Account, c.pair.Service, c.occasion)
		return
	}
	fmt.Fprintf(digest, "%q %q %d %d\n", c.pair.Account, c.pair.Service, c.from, c.to)
}

// accountChange is what a task does to one account.
type accountChange struct {
	account  string
	from, to int64
	stays    bool // it is desired, though perhaps without units
	changes  []change
}

// fall is by how many units an account falls that is large enough to be checked.
func (a accountChange) fall() int64 {
	if a.from < accountMinimum {
		return 0
	}
	return max(0, a.from-a.to)
}

// rise is by how many units an account rises that is large enough to be checked, before or after.
func (a accountChange) rise() int64 {
	if a.from < accountMinimum && a.to < grownMinimum {
		return 0
	}
	return max(0, a.to-a.from)
}

// accountChanges returns what the task does to each account, sorted by account. Accounts with unknown counts are not in it.
func (t Task) accountChanges() []accountChange {
	before := maps.Clone(t.Ledger)
	if before == nil {
		before = Ledger{}
	}
	for pair, units := range t.Refused {
		if _, accepted := before[pair]; !accepted {
			before[pair] = units
		}
	}
	accounts := map[string]*accountChange{}
	add := func(pair Pair, from, to int64) {
		account := accounts[pair.Account]
		if account == nil {
			_, stays := t.Desired[pair.Account]
			account = &accountChange{account: pair.Account, stays: stays}
			accounts[pair.Account] = account
		}
		account.from += from
		account.to += to
		account.changes = append(account.changes, change{pair: pair, from: from, to: to})
	}
	for pair, from := range before {
		if !t.Desired.IsUnknown(pair.Account) {
			add(pair, from, t.Desired[pair.Account][pair.Service])
		}
	}
	for account, services := range t.Desired {
		for service, to := range services {
			pair := Pair{account, service}
			if _, known := before[pair]; !known {
				add(pair, 0, to)
			}
		}
	}
	sorted := make([]accountChange, 0, len(accounts))
	for _, account := range sortedKeys(accounts) {
		sorted = append(sorted, *accounts[account])
	}
	return sorted
}

// splitKnown separates the accounts that had units from those that had none. An account that had zeros had none.
func splitKnown(accounts []accountChange) (known, first []accountChange) {
	for _, account := range accounts {
		if account.from > 0 {
			known = append(known, account)
		} else {
			first = append(first, account)
		}
	}
	return known, first
}

// checkSum compares the sum of the changes, each measured by size, with the limit.
func checkSum(what, direction string, limit int64, changes []change, size func(change) int64) (alarm Alarm, exceeded bool) {
	from, by := sum(changes, change.before), sum(changes, size)
	if from == 0 || percent(by, from) <= limit {
		return Alarm{}, false
	}
	changes = slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return size(c) == 0 })
	text := fmt.Sprintf("%s would %s by %d of %d (%d %%, allowed are %d %%)", what, direction, by, from, percent(by, from), limit)
	return newAlarm(text, changedMost(changes, size), changes), true
}

// checkAccounts compares the change of each account that stays, measured by size, with the limit for accounts.
func (g Guard) checkAccounts(direction string, known []accountChange, size func(accountChange) int64) (alarm Alarm, exceeded bool) {
	var exceeding []accountChange
	for _, account := range known {
		if account.stays && percent(size(account), account.from) > g.MaxAccountPercent {
			exceeding = append(exceeding, account)
		}
	}
	if len(exceeding) == 0 {
		return Alarm{}, false
	}
	slices.SortStableFunc(exceeding, func(a, b accountChange) int { return cmp.Compare(size(b), size(a)) })
	lines := make([]string, len(exceeding))
	for i, account := range exceeding {
		lines[i] = fmt.Sprintf("%s %d -> %d (%d %%)", account.account, account.from, account.to, percent(size(account), account.from))
	}
	text := fmt.Sprintf("the units of an account would %s by more than %d %%", direction, g.MaxAccountPercent)
	return newAlarm(text, lines, changed(changesOf(exceeding))), true
}

// checkFirst compares the units of each account that had none with the limit for them.
func (g Guard) checkFirst(first []accountChange) (alarm Alarm, exceeded bool) {
	exceeding := slices.DeleteFunc(first, func(a accountChange) bool { return a.to <= g.MaxFirstUnits })
	if len(exceeding) == 0 {
		return Alarm{}, false
	}
	slices.SortStableFunc(exceeding, func(a, b accountChange) int { return cmp.Compare(b.to, a.to) })
	lines := make([]string, len(exceeding))
	for i, account := range exceeding {
		lines[i] = fmt.Sprintf("%s 0 -> %d", account.account, account.to)
	}
	text := fmt.Sprintf("an account without units would get more than %d", g.MaxFirstUnits)
	return newAlarm(text, lines, changed(changesOf(exceeding))), true
}

// checkSweep alarms if a sweep reaches accounts that are not desired, or if nothing would be left after it.
func checkSweep(task Task) (alarm Alarm, exceeded bool) {
	text := "accounts that unit_counts does not name would be set to 0, whatever units they have"
	nothingIsLeft := !task.hasUnits()
	if nothingIsLeft {
		text = "no unit would be left, because every other account and service would be set to 0, whatever units they have"
	}
	var changes []change
	services := map[string]int{}
	for _, push := range task.Pushes() {
		_, named := task.Desired[push.Account]
		if push.Reason == Sweep && (nothingIsLeft || !named) {
			changes = append(changes, change{pair: push.Pair, swept: true, occasion: task.Occasion})
			services[push.Account]++
		}
	}
	if len(changes) == 0 {
		return Alarm{}, false
	}
	lines := sortedKeys(services)
	for i, account := range lines {
		lines[i] = fmt.Sprintf("%s (services: %d)", account, services[account])
	}
	alarm = newAlarm(text, lines, changes)
	alarm.Swept = true
	return alarm, true
}

// hasUnits reports whether any account is to have units.
func (t Task) hasUnits() bool {
	for _, services := range t.Desired {
		for _, units := range services {
			if units != 0 {
				return true
			}
		}
	}
	return false
}

// newAlarm returns an alarm that names the first accounts.
func newAlarm(text string, accounts []string, changes []change) Alarm {
	n := min(mostNamed, len(accounts))
	return Alarm{Text: text, Accounts: accounts[:n], More: len(accounts) - n, changes: changes}
}

// changedMost describes the accounts that change, those that change most first.
func changedMost(changes []change, size func(change) int64) []string {
	total, from, to := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, c := range changes {
		total[c.pair.Account] += size(c)
		from[c.pair.Account] += c.from
		to[c.pair.Account] += c.to
	}
	accounts := sortedKeys(total)
	slices.SortStableFunc(accounts, func(a, b string) int { return cmp.Compare(total[b], total[a]) })
	for i, account := range accounts {
		accounts[i] = fmt.Sprintf("%s %d -> %d", account, from[account], to[account])
	}
	return accounts
}

// percent is the size of a change. It is a whole number, because floating point must not decide about an invoice, and rounded up, so
// that a change above the limit is never shown as the limit. from must not be 0.
func percent(by, from int64) int64 { return (by*100 + from - 1) / from }

func changesOf(accounts []accountChange) (changes []change) {
	for _, account := range accounts {
		changes = append(changes, account.changes...)
	}
	return changes
}

func changed(changes []change) []change {
	return slices.DeleteFunc(changes, func(c change) bool { return c.from == c.to })
}

func groupByService(changes []change) map[string][]change {
	byService := map[string][]change{}
	for _, c := range changes {
		byService[c.pair.Service] = append(byService[c.pair.Service], c)
	}
	return byService
}

func sum(changes []change, of func(change) int64) (total int64) {
	for _, c := range changes {
		total += of(c)
	}
	return total
}

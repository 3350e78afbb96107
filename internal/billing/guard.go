package billing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Guard limits how much a push may change without a review, in percent of the units in the ledger.
type Guard struct {
	MaxDecreasePercent int64
	MaxIncreasePercent int64
}

// serviceMinimum is the number of units from which the guard also checks a service on its own. Below it a percentage says little.
const serviceMinimum = 50

// mostNamed is how many accounts an alarm names.
const mostNamed = 10

// Alarm is a change that exceeds a limit of the [Guard].
type Alarm struct {
	// What changes: "units", or `units of service "…"`.
	What string
	// Direction is "fall" or "rise".
	Direction string
	// By is the size of the change, From the units before it. From is 0 for a sweep, when the units before it are not known.
	By, From int64
	// Limit is the percentage that is allowed.
	Limit int64
	// Accounts names those that change most, with their units, at most ten. More is the number of the others.
	Accounts []string
	More     int
}

// percent is the size of the change. It is a whole number, because floating point must not decide about an invoice, and rounded
// up, so that a change above the limit is never shown as the limit. From must not be 0.
func (a Alarm) percent() int64 { return (a.By*100 + a.From - 1) / a.From }

// String returns the change in one line.
func (a Alarm) String() string {
	accounts := strings.Join(a.Accounts, ", ")
	if a.More > 0 {
		accounts += fmt.Sprintf(" and %d more", a.More)
	}
	if a.From == 0 {
		return fmt.Sprintf("%s would %s to 0: %s", a.What, a.Direction, accounts)
	}
	return fmt.Sprintf("%s in the ledger would %s by %d of %d (%d %%, allowed are %d %%): %s",
		a.What, a.Direction, a.By, a.From, a.percent(), a.Limit, accounts)
}

// change is what a task does to one pair.
type change struct {
	pair     Pair
	from, to int64
}

func (c change) before() int64 { return c.from }
func (c change) fall() int64   { return max(0, c.from-c.to) }
func (c change) rise() int64   { return max(0, c.to-c.from) }

// Check compares what the task would set with the ledger, and returns the changes that exceed a limit: falls of all units, falls
// of each service with at least 50 units, rises of all units, and a sweep that would leave the integration without any unit, as
// the ledger cannot tell how many those were.
//
// Falls and rises are added up apart, so that one customer's rise cannot hide another one's fall. Rises count only for accounts
// that are in the ledger. Accounts with unknown counts do not count at all.
func (g Guard) Check(task Task) []Alarm {
	changes := task.changes()
	var alarms []Alarm
	add := func(alarm Alarm, exceeded bool) {
		if exceeded {
			alarms = append(alarms, alarm)
		}
	}
	add(checkChange("units", "fall", g.MaxDecreasePercent, changes, change.fall))
	for _, service := range servicesOf(changes) {
		ofService := changesOf(changes, service)
		if units := sum(ofService, change.before); units < serviceMinimum {
			continue
		}
		add(checkChange(fmt.Sprintf("units of service %q", service), "fall", g.MaxDecreasePercent, ofService, change.fall))
	}
	add(checkChange("units", "rise", g.MaxIncreasePercent, changes, change.rise))
	add(g.checkSweep(task))
	return alarms
}

// changes returns what the task does to each pair in the ledger, and to new pairs of the ledger's accounts. For a new pair that
// Gradient refused before, only the units above those of the refused push count, because these were checked then.
func (t Task) changes() []change {
	known := map[string]bool{}
	var changes []change
	for pair, from := range t.Ledger {
		if t.unknown(pair.Account) {
			continue
		}
		known[pair.Account] = true
		changes = append(changes, change{pair, from, t.Desired[pair.Account][pair.Service]})
	}
	for account, services := range t.Desired {
		for service, to := range services {
			pair := Pair{account, service}
			if _, counted := t.Ledger[pair]; !counted && known[account] {
				changes = append(changes, change{pair, 0, max(0, to-t.Refused[pair])})
			}
		}
	}
	return changes
}

// checkChange compares the sum of the changes, each measured by size, with the limit.
func checkChange(what, direction string, limit int64, changes []change, size func(change) int64) (alarm Alarm, exceeded bool) {
	from := sum(changes, change.before)
	if from == 0 {
		return Alarm{}, false
	}
	alarm = Alarm{What: what, Direction: direction, By: sum(changes, size), From: from, Limit: limit}
	if alarm.percent() <= limit {
		return Alarm{}, false
	}
	alarm.Accounts, alarm.More = firstOf(changedMost(changes, size))
	return alarm, true
}

// changedMost describes the accounts that change, those that change most first.
func changedMost(changes []change, size func(change) int64) []string {
	total, from, to := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, c := range changes {
		if n := size(c); n != 0 {
			total[c.pair.Account] += n
			from[c.pair.Account] += c.from
			to[c.pair.Account] += c.to
		}
	}
	accounts := sortedKeys(total)
	slices.SortStableFunc(accounts, func(a, b string) int { return cmp.Compare(total[b], total[a]) })
	for i, account := range accounts {
		accounts[i] = fmt.Sprintf("%s %d -> %d", account, from[account], to[account])
	}
	return accounts
}

// checkSweep alarms when a sweep sets pairs to 0 and nothing else has any unit.
func (g Guard) checkSweep(task Task) (alarm Alarm, exceeded bool) {
	swept := map[string]bool{}
	for _, push := range task.Pushes() {
		if push.Reason == Sweep {
			swept[push.Account] = true
		}
	}
	if len(swept) == 0 || task.hasUnits() || g.MaxDecreasePercent >= 100 {
		return Alarm{}, false
	}
	alarm = Alarm{What: "all units of the integration, whatever they are,", Direction: "fall", Limit: g.MaxDecreasePercent}
	alarm.Accounts, alarm.More = firstOf(sortedKeys(swept))
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

// firstOf returns the accounts that an alarm names, and the number of the others.
func firstOf(accounts []string) (named []string, more int) {
	n := min(mostNamed, len(accounts))
	return accounts[:n], len(accounts) - n
}

func servicesOf(changes []change) []string {
	services := map[string]bool{}
	for _, c := range changes {
		services[c.pair.Service] = true
	}
	return sortedKeys(services)
}

func changesOf(changes []change, service string) []change {
	var ofService []change
	for _, c := range changes {
		if c.pair.Service == service {
			ofService = append(ofService, c)
		}
	}
	return ofService
}

func sum(changes []change, of func(change) int64) (total int64) {
	for _, c := range changes {
		total += of(c)
	}
	return total
}

package billing

import (
	"fmt"
	"slices"
	"strings"
)

// Guard is how much a push may change before somebody has to look, in percent of the units in the ledger.
type Guard struct {
	MaxDecreasePercent int64
	MaxIncreasePercent int64
}

// serviceMinimum is the number of units from which on a service is watched on its own: below it a percentage says little.
const serviceMinimum = 50

// Alarm is a change that is larger than the guard allows.
type Alarm struct {
	// What changes: "units", or `units of service "…"`.
	What string
	// Direction is "fall" or "rise".
	Direction string
	// By is the number of units by which, From what they are now.
	By, From int64
	// Limit is the percentage that is allowed.
	Limit int64
	// Accounts are those that change most, with their units, at most ten, and More the number of the others.
	Accounts []string
	More     int
}

// Percent is the size of the change in whole numbers, since floating point must not decide about an invoice. It is rounded
// up, so that what exceeds a limit never looks allowed. From must not be 0.
func (a Alarm) Percent() int64 { return (a.By*100 + a.From - 1) / a.From }

// String is the change in one line.
func (a Alarm) String() string {
	accounts := strings.Join(a.Accounts, ", ")
	if a.More > 0 {
		accounts += fmt.Sprintf(" and %d more", a.More)
	}
	if a.From == 0 {
		return fmt.Sprintf("%s would %s to 0: %s", a.What, a.Direction, accounts)
	}
	return fmt.Sprintf("%s in the ledger would %s by %d of %d (%d %%, allowed are %d %%): %s",
		a.What, a.Direction, a.By, a.From, a.Percent(), a.Limit, accounts)
}

type change struct {
	pair     Pair
	from, to int64
}

// Check compares what the task would set with the ledger. Falls and rises are added up apart, so that one customer's
// rise cannot hide another one's fall. Rises count only for accounts that are in the ledger already, and accounts with
// unknown counts not at all. A sweep that would leave the integration without any unit alarms too, for there the
// ledger cannot tell how many there were.
func (g Guard) Check(task Task) []Alarm {
	changes := task.changes()
	var alarms []Alarm
	if alarm, loud := g.decrease("units", changes); loud {
		alarms = append(alarms, alarm)
	}
	for _, service := range services(changes) {
		ofService := slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return c.pair.Service != service })
		if sum(ofService, func(c change) int64 { return c.from }) < serviceMinimum {
			continue
		}
		if alarm, loud := g.decrease(fmt.Sprintf("units of service %q", service), ofService); loud {
			alarms = append(alarms, alarm)
		}
	}
	if alarm, loud := g.increase(changes); loud {
		alarms = append(alarms, alarm)
	}
	if alarm, loud := g.sweep(task); loud {
		alarms = append(alarms, alarm)
	}
	return alarms
}

// changes returns from → to of every pair in the ledger, and of the new pairs of its accounts: of those that Gradient
// refused before only what has come on top, for the rest was reviewed then.
func (t Task) changes() []change {
	known := map[string]bool{}
	var changes []change
	for pair, from := range t.Ledger {
		services, listed := t.Desired[pair.Account]
		if listed && services == nil {
			continue
		}
		known[pair.Account] = true
		changes = append(changes, change{pair, from, services[pair.Service]})
	}
	for account, services := range t.Desired {
		for service, to := range services {
			pair := Pair{account, service}
			if _, counted := t.Ledger[pair]; !counted && known[account] {
				changes = append(changes, change{pair, 0, max(0, to-t.Refused[pair])})
			}
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return a.pair.Compare(b.pair) })
	return changes
}

func (g Guard) decrease(what string, changes []change) (Alarm, bool) {
	return alarm(what, "fall", g.MaxDecreasePercent, changes, func(c change) int64 { return max(0, c.from-c.to) })
}

func (g Guard) increase(changes []change) (Alarm, bool) {
	return alarm("units", "rise", g.MaxIncreasePercent, changes, func(c change) int64 { return max(0, c.to-c.from) })
}

func alarm(what, direction string, limit int64, changes []change, by func(change) int64) (Alarm, bool) {
	from := sum(changes, func(c change) int64 { return c.from })
	total := sum(changes, by)
	found := Alarm{What: what, Direction: direction, By: total, From: from, Limit: limit}
	if from == 0 || found.Percent() <= limit {
		return Alarm{}, false
	}
	found.Accounts, found.More = largest(changes, by)
	return found, true
}

// largest names the accounts that change most, with their units.
func largest(changes []change, by func(change) int64) (names []string, more int) {
	total, from, to := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, c := range changes {
		if n := by(c); n > 0 {
			total[c.pair.Account] += n
			from[c.pair.Account] += c.from
			to[c.pair.Account] += c.to
		}
	}
	accounts := sortedKeys(total)
	slices.SortStableFunc(accounts, func(a, b string) int { return int(min(1, max(-1, total[b]-total[a]))) })
	for i, account := range accounts {
		if i == 10 {
			return names, len(accounts) - i
		}
		names = append(names, fmt.Sprintf("%s %d -> %d", account, from[account], to[account]))
	}
	return names, 0
}

func (g Guard) sweep(task Task) (Alarm, bool) {
	var zeros []string
	for _, push := range task.Pushes() {
		if push.Units > 0 {
			return Alarm{}, false
		}
		if push.Reason == Sweep && !slices.Contains(zeros, push.Account) {
			zeros = append(zeros, push.Account)
		}
	}
	for _, services := range task.Desired {
		for _, units := range services {
			if units > 0 {
				return Alarm{}, false
			}
		}
	}
	if len(zeros) == 0 || g.MaxDecreasePercent >= 100 {
		return Alarm{}, false
	}
	more := max(0, len(zeros)-10)
	return Alarm{What: "all units of the integration, whatever they are,", Direction: "fall", Limit: g.MaxDecreasePercent,
		Accounts: zeros[:len(zeros)-more], More: more}, true
}

func services(changes []change) []string {
	seen := map[string]bool{}
	for _, c := range changes {
		seen[c.pair.Service] = true
	}
	return sortedKeys(seen)
}

func sum(changes []change, of func(change) int64) (total int64) {
	for _, c := range changes {
		total += of(c)
	}
	return total
}

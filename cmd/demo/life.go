// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The company that leaves, and the changes of seats, with the names of the sandbox's seed.
const (
	leaver     = "harbor-point"
	leaverName = "Harbor Point Marina"
)

var purchases = []struct {
	tenant, sku, what string
	seats             int
}{
	{"alderfinch.example", "SPB", "Alder & Finch buys 3 more seats of Business Premium", 21},
	{"larkspurschool.example", "O365_BUSINESS_ESSENTIALS", "Larkspur gives back 4 of Business Basic", 26},
}

// life runs the steps of the demo.
type life struct {
	*stage
	out  io.Writer
	next plan       // the last plan
	made []plan     // all plans, the last one too
	sync syncValues // what the last apply left in state
	code string     // that the guard printed last
	page string     // the review as a file to look at, with the card that was forgotten
}

func (l *life) run(ctx context.Context) error {
	started := time.Now()
	seed := sandbox.DefaultSeed()
	l.say("\nAn MSP bills Microsoft 365 to %d companies. Microsoft has the seats, CloudRadial the companies, and Gradient", len(seed.Companies))
	l.say("passes the numbers on to the PSA for the invoice. A sandbox on this machine simulates all of them. The files are")
	l.say("those of examples/estate and examples/review. No account is needed, and nothing leaves this machine.")
	for i, step := range []struct {
		headline string
		run      func(context.Context) error
	}{
		{"The first plan reads Microsoft and shows every number that apply will push", l.firstPlan},
		{"Apply creates accounts and services in Gradient. No count is accepted yet, because nothing is mapped: this is normal", l.firstApply},
		{"Gradient has matched exact PSA names by itself; apply again lists what a person has to map", l.matched},
		{"The review, from the same files: the numbers published in CloudRadial, and what does not agree yet", l.reviewBefore},
		{"A person maps the rest in Gradient; apply again", l.mapped},
		{"The plan is empty, because the systems agree", l.emptyPlan},
		{"Seats change at Microsoft; the nightly plan exits 2 and shows old -> new", l.seatsChange},
		{"Apply pushes exactly those numbers", l.applyChanges},
		{"A customer renews into a product that no license mapping counts: the guard stops the plan, and one sentence says why", l.renewal},
		{"The product joins the license mapping in licenses.csv: the units stay, and nothing is pushed", l.renewalCounted},
		{"A customer sells a division, and the guard stops that plan too. It prints a code for this change alone", l.largeChange},
		{"The change is right, so somebody commits the code: this plan passes, and no other does", l.approve},
		{"Apply pushes exactly that number", l.applyChanges},
		{leaverName + " leaves: its row is deleted, and the plan sets its counts to zero", l.companyLeaves},
		{"Apply pushes the zeros; when they are approved in Gradient, billing ends", l.applyChanges},
		{"The plan is empty again", l.emptyPlan},
		{"What each system holds now", l.table},
		{"The review again: no number differs, and it lists the seats that nobody bills", l.reviewAfter},
		{"A person approves the cards in Gradient and forgets one. The review asks the PSA itself what it will bill, and shows that one", l.oneForgotten},
		{"That card is approved too: what was sent is what the next invoice has", l.onTheInvoice},
		{"Three companies of a group share one tenant: each has its users, the group the rest, and together they are the tenant", l.group},
	} {
		l.say("\n%d. %s", i+1, step.headline)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	l.say("\nDone in %s. All temporary files are removed. Next: README.md, \"A first look with real data\".", time.Since(started).Round(time.Second))
	return nil
}

func (l *life) say(format string, args ...any) { fmt.Fprintf(l.out, format+"\n", args...) }

// rows prints aligned columns, indented.
func (l *life) rows(rows [][]string) {
	table := tabwriter.NewWriter(l.out, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, "   "+strings.Join(row, "\t"))
	}
	_ = table.Flush()
}

// look plans, and checks that the plan writes nothing.
func (l *life) look(ctx context.Context) (err error) {
	l.server.ClearRequests()
	if l.next, err = l.plan(ctx); err != nil {
		return err
	}
	l.made = append(l.made, l.next)
	for _, request := range l.server.Requests() {
		if request.System != sandbox.Microsoft && request.Method != "GET" {
			return fmt.Errorf("the plan wrote: %s %s", request.Method, request.Path)
		}
	}
	return nil
}

// carryOut applies the last plan, and checks that it pushes only what the plan announced.
func (l *life) carryOut(ctx context.Context) (pushed map[pair]float64, err error) {
	l.server.ClearRequests()
	if l.sync, err = l.apply(ctx); err != nil {
		return nil, err
	}
	if pushed, err = l.pushes(); err != nil {
		return nil, err
	}
	announced := l.next.after.pairs()
	for _, pair := range sorted(pushed) {
		if pushed[pair] != announced[pair] { // a pair that is no longer planned is announced as zero
			return nil, fmt.Errorf("%s of %s: pushed %g, planned %g", pair.service, pair.account, pushed[pair], announced[pair])
		}
	}
	return pushed, nil
}

func (l *life) firstPlan(ctx context.Context) error {
	if err := l.look(ctx); err != nil {
		return err
	}
	if l.next.empty || len(l.next.after.pairs()) == 0 {
		return errors.New("the first plan shows no number")
	}
	var rows [][]string
	for _, account := range slices.Sorted(maps.Keys(l.next.after)) {
		rows = append(rows, []string{account, describe(l.next.after[account])})
	}
	l.rows(rows)
	l.say("   Flagged, please check:")
	l.rows(l.remarks())
	for _, warning := range l.next.warnings {
		if strings.Contains(warning.Summary, "not counted by any license mapping") {
			l.quoteDiagnostic(warning)
			return nil
		}
	}
	return errors.New("the first plan does not show the seats that no license mapping counts")
}

func describe(units map[string]float64) string {
	switch {
	case units == nil:
		return "unknown, so nothing is pushed, and never zero"
	case len(units) == 0:
		return "no Microsoft 365"
	}
	var parts []string
	for _, service := range slices.Sorted(maps.Keys(units)) {
		parts = append(parts, fmt.Sprintf("%s %g", service, units[service]))
	}
	return strings.Join(parts, " · ")
}

// remarks returns the counts with a flag.
func (l *life) remarks() [][]string {
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(l.next.licences)) {
		for _, sku := range slices.Sorted(maps.Keys(l.next.licences[key])) {
			count := l.next.licences[key][sku]
			if len(count.Flags) > 0 {
				rows = append(rows, []string{"  " + key, sku, strings.Join(count.Flags, ", "),
					fmt.Sprintf("enabled %g, assigned %g, purchased %g", count.Enabled, count.Assigned, count.Purchased)})
			}
		}
	}
	return rows
}

func (l *life) firstApply(ctx context.Context) error {
	if _, err := l.carryOut(ctx); err != nil {
		return err
	}
	all := len(l.next.after.pairs())
	if len(l.sync.Unmapped) != all || len(l.server.UnitCounts()) != 0 {
		return fmt.Errorf("%d of %d numbers are listed as unmapped", len(l.sync.Unmapped), all)
	}
	l.say("   Created %d accounts and %d services. Gradient refused %d numbers with 404. They are listed in `unmapped` and pushed again later.",
		len(l.server.Accounts()), len(l.server.Services()), all)
	return nil
}

func (l *life) matched(ctx context.Context) error {
	l.server.AutoMatch()
	if err := l.look(ctx); err != nil {
		return err
	}
	if _, err := l.carryOut(ctx); err != nil {
		return err
	}
	accepted := len(l.sync.UnitCounts.pairs()) - len(l.sync.Unmapped)
	if accepted == 0 || len(l.sync.Unmapped) == 0 {
		return fmt.Errorf("%d numbers were accepted, %d are unmapped", accepted, len(l.sync.Unmapped))
	}
	l.say("   %d numbers accepted. Still to map:", accepted)
	var rows [][]string
	for _, entry := range l.sync.Unmapped {
		rows = append(rows, []string{entry.AccountID, entry.Service, fmt.Sprintf("%g", entry.UnitCount)})
	}
	l.rows(rows)
	return nil
}

func (l *life) mapped(ctx context.Context) error {
	l.say("   The PSA has Cedar Grove as \"Cedar Grove Logistics Inc.\", and did not have Juniper Street.")
	l.server.MapAccounts()
	l.server.MapServices()
	if err := l.look(ctx); err != nil {
		return err
	}
	return l.applyChanges(ctx)
}

func (l *life) emptyPlan(ctx context.Context) error {
	if err := l.look(ctx); err != nil {
		return err
	}
	if !l.next.empty {
		return errors.New("the plan is not empty")
	}
	l.say("   No changes, exit code 0. Requests: %s.", calls(l.server.Requests()))
	return nil
}

// calls counts requests by system, without sign-ins to Microsoft.
func calls(requests []sandbox.Request) string {
	count := map[string]int{}
	for _, request := range requests {
		if request.System != sandbox.Microsoft || request.Method == "GET" {
			count[request.System]++
		}
	}
	return fmt.Sprintf("%d to Gradient, %d to CloudRadial, %d to Microsoft",
		count[sandbox.Gradient], count[sandbox.CloudRadial], count[sandbox.Microsoft])
}

func (l *life) seatsChange(ctx context.Context) error {
	for _, purchase := range purchases {
		l.server.SetSeats(purchase.tenant, purchase.sku, purchase.seats)
		l.say("   %s.", purchase.what)
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	return l.showChanges(len(purchases))
}

// showChanges prints the changes of the plan, old -> new, and checks their number.
func (l *life) showChanges(expected int) error {
	before, after := l.next.before.pairs(), l.next.after.pairs()
	changed := map[pair]string{}
	for pair, units := range before {
		if after[pair] != units {
			changed[pair] = fmt.Sprintf("%g -> %g", units, after[pair])
		}
	}
	for pair, units := range after {
		if _, known := before[pair]; !known {
			changed[pair] = fmt.Sprintf("new -> %g", units)
		}
	}
	if l.next.empty || len(changed) != expected {
		return fmt.Errorf("the plan changes %d numbers, not %d", len(changed), expected)
	}
	var rows [][]string
	for _, pair := range sorted(changed) {
		rows = append(rows, []string{pair.account, pair.service, changed[pair]})
	}
	l.rows(rows)
	for _, warning := range l.next.warnings {
		l.say("   Warning: %s", warning.Summary)
	}
	l.say("   Exit code 2.")
	return nil
}

// applyChanges applies the last plan, and checks that Gradient and the state then agree.
func (l *life) applyChanges(ctx context.Context) error {
	pushed, err := l.carryOut(ctx)
	if err != nil {
		return err
	}
	if len(l.sync.Unmapped) > 0 {
		return fmt.Errorf("%d numbers are still unmapped", len(l.sync.Unmapped))
	}
	if err := l.agree(); err != nil {
		return err
	}
	l.say("   Numbers pushed and accepted: %d.", len(pushed))
	return nil
}

// agree compares Gradient with the state. A zero in Gradient agrees with a pair that is not in the state.
func (l *life) agree() error {
	state, gradient := l.sync.UnitCounts.pairs(), counts(l.server.UnitCounts()).pairs()
	for pair, units := range state {
		if held, known := gradient[pair]; !known || held != units {
			return fmt.Errorf("%s of %s: the state has %g, Gradient %g", pair.service, pair.account, units, held)
		}
	}
	for pair, held := range gradient {
		if held != state[pair] {
			return fmt.Errorf("%s of %s: Gradient has %g, the state %g", pair.service, pair.account, held, state[pair])
		}
	}
	return nil
}

func (l *life) companyLeaves(ctx context.Context) error {
	leaving := len(l.sync.UnitCounts[leaver])
	if err := removeRow(filepath.Join(l.estate, "companies.csv"), leaver); err != nil {
		return err
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if _, there := l.next.after[leaver]; there {
		return fmt.Errorf("%s is still planned", leaver)
	}
	return l.showChanges(leaving)
}

// removeRow deletes the row of an account from a CSV file.
func removeRow(file, account string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(content), "\n")
	kept := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(line, ","+account+",") })
	if len(kept) != len(lines)-1 {
		return fmt.Errorf("%s has %d rows of %s", filepath.Base(file), len(lines)-len(kept), account)
	}
	return os.WriteFile(file, []byte(strings.Join(kept, "")), 0o600)
}

// table prints the seats of each company in each system.
func (l *life) table(context.Context) error {
	planned, gradient := l.sync.UnitCounts, counts(l.server.UnitCounts())
	rows := [][]string{{"company", "Microsoft", "to bill", "Gradient", ""}}
	accounts := l.server.Accounts()
	slices.SortFunc(accounts, func(a, b sandbox.Account) int { return strings.Compare(a.ID, b.ID) })
	for _, account := range accounts {
		units, listed := planned[account.ID]
		row := []string{account.ID, "-", "-", "-", ""}
		if held, known := gradient[account.ID]; known {
			row[3] = fmt.Sprintf("%g", sum(held))
		}
		switch {
		case !listed:
			row[4] = "has left; Gradient keeps the account, at zero"
		case units == nil:
			row[4] = "unknown"
		default:
			row[1], row[2] = fmt.Sprintf("%g", l.seats(account.ID)), fmt.Sprintf("%g", sum(units))
			if uncounted := l.sync.UncountedSeats[account.ID]; len(uncounted) > 0 {
				row[4] = "in no license mapping: " + describe(uncounted)
			}
		}
		rows = append(rows, row)
	}
	l.rows(rows)
	return nil
}

// seats returns the seats of a company at Microsoft.
func (l *life) seats(account string) (seats float64) {
	for key, skus := range l.next.licences {
		if id, _, _ := strings.Cut(key, "/"); id == account {
			for _, count := range skus {
				seats += count.Purchased
			}
		}
	}
	return seats
}

func sum(units map[string]float64) (total float64) {
	for _, n := range units {
		total += n
	}
	return total
}

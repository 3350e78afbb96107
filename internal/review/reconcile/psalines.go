// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// PSALine is a recurring line of the PSA that a number of it comes from, or that explains why it has another number.
type PSALine struct {
	AccountID, Service string
	Product, Agreement string
	Quantity           *float64 // nil when the PSA gave none
	Starts, Ends       string   // the first and the last day on which it is billed, as 2026-12-01; empty is open
	Flags              []string // as cloudradial_psa_counts gives them
}

// The flags of lines that matter here. The others are shown.
const (
	FlagNoCharge           = "no_charge"
	FlagCancelledAgreement = "cancelled_agreement"
	FlagOneTime            = "one_time"
	FlagLater              = "later" // it starts after today
	FlagEnded              = "ended" // it ended before today
)

func (l PSALine) has(flag string) bool { return slices.Contains(l.Flags, flag) }

// today stands for the day of the reading in place of a date.
const today = ""

// inForce reports whether the line is in force on a day.
func (l PSALine) inForce(day string) bool {
	if day == today {
		return !l.has(FlagLater) && !l.has(FlagEnded)
	}
	return l.Starts <= day && (l.Ends == "" || l.Ends >= day)
}

// psaLines are the lines of an account and a service.
type psaLines []PSALine

// days returns today and the later days on which a line starts, in order.
func (lines psaLines) days() []string {
	days := []string{today}
	for _, line := range lines {
		if line.has(FlagLater) {
			days = append(days, line.Starts)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// dayBilling is what lines bill on a day.
type dayBilling struct {
	charged, free, cancelled psaSum
}

// psaSum is the sum of some lines.
type psaSum struct {
	units   float64
	parts   []float64 // of each line
	unknown bool      // a line has no number
}

func (s psaSum) text() string {
	if s.unknown {
		return "an unknown number"
	}
	return Text(s.units)
}

func (s *psaSum) add(quantity *float64) {
	if quantity == nil {
		s.unknown = true
		return
	}
	s.units = rounded(s.units + *quantity)
	s.parts = append(s.parts, *quantity)
}

// on adds up the lines in force on a day. What is charged once is in none of the sums.
func (lines psaLines) on(day string) (b dayBilling) {
	for _, line := range lines {
		switch {
		case !line.inForce(day), line.has(FlagOneTime):
		case line.has(FlagCancelledAgreement):
			b.cancelled.add(line.Quantity)
		case line.has(FlagNoCharge):
			b.free.add(line.Quantity)
		default:
			b.charged.add(line.Quantity)
		}
	}
	return b
}

// finding is what the lines say about the PSA's number.
type finding struct {
	status Status
	text   string
	units  float64 // what the PSA bills from the later day on, for statusPSALater
}

// findPSA compares the lines of a pair with the number that was sent: that of Gradient or, where it has none, of Microsoft. It finds nothing when
// that number is billed today, when a number is not known, or when there is nothing to add to the number of the PSA.
func findPSA(lines psaLines, answers [len(Systems)]answer, tolerance float64) (finding, bool) {
	sent, known := sentUnits(answers)
	has, now := answers[psa], lines.on(today).charged
	fits := func(units float64) bool { return rounded(math.Abs(units-sent)) <= tolerance }
	agrees := has.kind == number && fits(has.units)
	if !known || has.kind != number && has.kind != none || !now.unknown && fits(now.units) {
		return finding{}, false
	}
	for _, day := range lines.days()[1:] {
		if later := lines.on(day).charged; !later.unknown && fits(later.units) {
			text := fmt.Sprintf("the PSA bills %s today and %s from %s on", now.text(), later.text(), day)
			return finding{statusPSALater, text, later.units}, true
		}
	}
	if agrees || now.unknown {
		return finding{}, false
	}
	for _, day := range lines.days() {
		if found, explained := lines.on(day).explain(fits, sent); explained {
			return found, true
		}
	}
	if has.kind == none {
		return finding{}, false
	}
	return finding{status: statusPSANotApproved, text: fmt.Sprintf("no line of the PSA has %s", Text(sent))}, true
}

// sentUnits returns the number that a person approves in Gradient.
func sentUnits(answers [len(Systems)]answer) (units float64, known bool) {
	for _, system := range []System{gradient, microsoft} {
		if answers[system].kind == number {
			return answers[system].units, true
		}
	}
	return 0, false
}

// explain returns why the lines of a day do not bill what was sent.
func (b dayBilling) explain(fits func(float64) bool, sent float64) (finding, bool) {
	switch {
	case b.charged.unknown: // nothing can be said of this day
	case slices.ContainsFunc(b.charged.parts, fits): // together they do not fit
		return finding{status: statusPSATwoLines, text: fmt.Sprintf("one of %d lines alone has %s", len(b.charged.parts), Text(sent))}, true
	case b.completes(b.free, fits):
		return finding{status: statusPSANoCharge, text: fmt.Sprintf("%s on lines without charge", plural(b.free.units, "unit is", "units are"))}, true
	case b.completes(b.cancelled, fits):
		return finding{status: statusPSACancelledAgreement, text: fmt.Sprintf("%s in a cancelled agreement", plural(b.cancelled.units, "unit is", "units are"))}, true
	}
	return finding{}, false
}

// completes reports whether lines that bring nothing in hold what is missing: together with those that are charged they have what was sent, or there
// is no other line.
func (b dayBilling) completes(others psaSum, fits func(float64) bool) bool {
	return len(others.parts) > 0 && (fits(rounded(b.charged.units+others.units)) || len(b.charged.parts) == 0)
}

// withPSA adds to what was judged what the lines of the PSA say.
func withPSA(holds []Status, reason string, lines psaLines, answers [len(Systems)]answer, tolerance float64) ([]Status, string) {
	found, isFound := findPSA(lines, answers, tolerance)
	if !isFound {
		return holds, reason
	}
	if found.status == statusPSALater {
		answers[psa] = answer{kind: number, units: found.units} // the others are compared with what will be billed
		holds, reason = judge(answers, tolerance)
		holds = append(slices.DeleteFunc(holds, func(s Status) bool { return s == statusAgree }), statusPSALater)
	} else {
		holds = append([]Status{found.status}, holds...)
	}
	return holds, strings.Join(slices.DeleteFunc([]string{found.text, reason}, func(text string) bool { return text == "" }), "; ")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

// psaTable is to be read, and checked by hand. Today is the 28th of November, and approvals take effect on the 1st of December at the latest.
// A number of the PSA is "" when it is not asked, "-" when it has none, and "?" when it is unknown. A line is its quantity (? is unknown), from which
// day on and until which, and its flags: "10", "10 from 12-01", "10 to 11-30", "10 no_charge".
var psaTable = []struct {
	name                string
	microsoft, gradient string
	psa                 string // in psa_counts
	lines               string
	status              string
	reason              string
}{
	// The PSA bills today what was sent.
	{"agrees now", "10", "10", "10", "10", "agree", ""},
	{"agrees now on two lines that belong together", "10", "10", "10", "6; 4", "agree", ""},
	{"agrees now, beside a line without charge", "10", "10", "10", "10; 3 no_charge", "agree", ""},
	{"agrees now with what was sent, and Microsoft has changed since", "12", "10", "10", "10", "differs",
		"Gradient is 2 below Microsoft; PSA is 2 below Microsoft"},

	// What was approved takes effect later. psa_counts may be of today or of that day.
	{"will agree, and psa_counts is of that day", "10", "10", "10", "8 to 11-30; 10 from 12-01", "psa_later", "the PSA bills 8 today and 10 from 2026-12-01 on"},
	{"will agree, and psa_counts is of today", "10", "10", "8", "8 to 11-30; 10 from 12-01", "psa_later", "the PSA bills 8 today and 10 from 2026-12-01 on"},
	{"will agree with a second line", "10", "", "8", "8; 2 from 12-15", "psa_later", "the PSA bills 8 today and 10 from 2026-12-15 on"},
	{"a new customer, who will be billed", "10", "10", "-", "10 from 12-01", "psa_later", "the PSA bills 0 today and 10 from 2026-12-01 on"},
	{"will agree with Gradient, and Microsoft has changed since", "12", "10", "8", "8 to 11-30; 10 from 12-01", "differs",
		"the PSA bills 8 today and 10 from 2026-12-01 on; Gradient is 2 below Microsoft; PSA is 2 below Microsoft"},

	// Nobody approved.
	{"approved nowhere", "10", "10", "8", "8", "psa_not_approved", "no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"approved nowhere, and another change comes", "10", "10", "8", "8 to 11-30; 9 from 12-01", "psa_not_approved", "no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"a farewell that nobody approved", "0", "0", "8", "8", "psa_not_approved", "no line of the PSA has 0; PSA is 8 above Microsoft"},
	{"the customer has no line", "10", "10", "-", "", "missing_in_psa", "PSA has no number"},

	// On two lines: a renewal that left the old line.
	{"billed twice", "10", "10", "20", "10; 10", "psa_two_lines", "one of 2 lines alone has 10; PSA is 10 above Microsoft"},
	{"billed with what was there before", "10", "10", "18", "8; 10", "psa_two_lines", "one of 2 lines alone has 10; PSA is 8 above Microsoft"},
	{"billed twice from December on", "10", "10", "18", "8; 10 from 12-01", "psa_two_lines", "one of 2 lines alone has 10; PSA is 8 above Microsoft"},

	// There, and not charged.
	{"on a line without charge", "10", "10", "-", "10 no_charge", "psa_no_charge", "10 units are on lines without charge; PSA has no number"},
	{"the rest is on a line without charge", "10", "10", "9", "9; 1 no_charge", "psa_no_charge", "1 unit is on lines without charge; PSA is 1 below Microsoft"},
	{"in a cancelled agreement", "10", "10", "-", "10 cancelled_agreement", "psa_cancelled_agreement", "10 units are in a cancelled agreement; PSA has no number"},
	{"some of it in a cancelled agreement", "10", "10", "6", "6; 4 cancelled_agreement", "psa_cancelled_agreement", "4 units are in a cancelled agreement; PSA is 4 below Microsoft"},
}

// further are the finer points.
var further = []struct{ name, microsoft, gradient, psa, lines, status, reason string }{
	{"the PSA's number is unknown", "10", "10", "?", "?", "unknown", "PSA is unknown (null)"},
	{"the PSA is not asked", "10", "10", "", "8", "agree", ""},
	{"nothing is known of what was sent", "?", "", "8", "8", "unknown", "Microsoft is unknown: no counts of acme"},
	{"Microsoft is unknown, and Gradient was sent a number", "?", "10", "8", "8", "psa_not_approved", "no line of the PSA has 10; Microsoft is unknown: no counts of acme; PSA is 2 below Gradient"},
	{"Microsoft is unknown, and what was sent comes later", "?", "10", "8", "8 to 11-30; 10 from 12-01", "unknown",
		"the PSA bills 8 today and 10 from 2026-12-01 on; Microsoft is unknown: no counts of acme"},
	{"Gradient is unknown", "10", "?", "8", "8", "psa_not_approved", "no line of the PSA has 10; Gradient is unknown (null); PSA is 2 below Microsoft"},
	{"today is unknown, and the day of psa_counts agrees", "10", "10", "10", "? to 11-30; 10 from 12-01", "psa_later",
		"the PSA bills an unknown number today and 10 from 2026-12-01 on"},
	{"today is unknown, and nothing else agrees", "10", "10", "8", "?; 8", "differs", "PSA is 2 below Microsoft"},
	{"today is unknown, and psa_counts agrees on an earlier day", "10", "10", "10", "?", "agree", ""},
	{"psa_counts is of a day on which it agrees, and no line shows that day", "10", "10", "10", "8", "agree", ""},
	{"billed today, and not on the later day of psa_counts", "10", "10", "8", "10 to 11-30; 8 from 12-01", "differs", "PSA is 2 below Microsoft"},
	{"within the tolerance today", "10", "10", "9", "9 tolerance", "agree", "within the tolerance: PSA is 1 below Microsoft"},
	{"the later day is beyond the tolerance", "10", "10", "7", "7 to 11-30 tolerance; 8 from 12-01", "psa_not_approved", "no line of the PSA has 10; PSA is 3 below Microsoft"},
	{"the later day is within the tolerance", "10", "10", "7", "7 to 11-30 tolerance; 9 from 12-01", "psa_later",
		"the PSA bills 7 today and 9 from 2026-12-01 on; within the tolerance: PSA is 1 below Microsoft"},
	{"the later day is above, within the tolerance", "10", "10", "7", "7 to 11-30 tolerance; 11 from 12-01", "psa_later",
		"the PSA bills 7 today and 11 from 2026-12-01 on; within the tolerance: PSA is 1 above Microsoft"},
	{"a line that ends on the later day still counts then", "10", "10", "8", "8 to 12-01; 10 from 12-01", "psa_two_lines", "one of 2 lines alone has 10; PSA is 2 below Microsoft"},
	{"the first later day that agrees", "10", "10", "8", "8; 1 from 12-05; 1 from 12-03; 1 from 12-09", "psa_later", "the PSA bills 8 today and 10 from 2026-12-05 on"},
	{"two lines that begin on the same later day", "10", "10", "8", "8; 1 from 12-03; 1 from 12-03", "psa_later", "the PSA bills 8 today and 10 from 2026-12-03 on"},
	{"what is charged once does not count", "10", "10", "8", "8; 2 one_time", "psa_not_approved", "no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"what ended does not count", "10", "10", "8", "8; 2 to 11-20 ended", "psa_not_approved", "no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"a negative line takes from the right one", "10", "10", "8", "10; -2", "psa_two_lines", "one of 2 lines alone has 10; PSA is 2 below Microsoft"},
	{"lines without charge that explain nothing", "10", "10", "8", "8; 5 no_charge", "psa_not_approved", "no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"nothing but a line without charge, of another number", "10", "10", "-", "7 no_charge", "psa_no_charge", "7 units are on lines without charge; PSA has no number"},
	{"nothing but a line without charge and without a number", "10", "10", "-", "? no_charge", "missing_in_psa", "PSA has no number"},
	{"a later line without charge", "10", "10", "8", "8; 2 no_charge from 12-01", "psa_no_charge", "2 units are on lines without charge; PSA is 2 below Microsoft"},
	{"a later day of which nothing is known", "10", "10", "8", "8; 2 no_charge from 12-01; ? from 12-01", "psa_not_approved",
		"no line of the PSA has 10; PSA is 2 below Microsoft"},
	{"0 was sent, and there is no line", "0", "0", "-", "", "agree", "0 units: PSA has no number"},
	{"0 was sent, and a line without charge stays", "0", "0", "-", "5 no_charge", "agree", "0 units: PSA has no number"},
	{"fractions", "0.3", "0.3", "0.1", "0.1; 0.2 from 12-01", "missing_in_microsoft",
		"the PSA bills 0.1 today and 0.3 from 2026-12-01 on; no company mapping has the account"},
	{"fractions on a line without charge", "0.3", "0.3", "0.1", "0.1; 0.2 no_charge", "psa_no_charge",
		"0.2 units are on lines without charge; no company mapping has the account; PSA is 0.2 below Gradient"},
}

// lineOf reads a line of the tables.
func lineOf(t *testing.T, text string) reconcile.PSALine {
	t.Helper()
	words := strings.Fields(text)
	line := reconcile.PSALine{AccountID: "acme", Service: "Premium", Product: "M365-BP", Agreement: "Cloud | 1"}
	if words[0] != "?" {
		var n float64
		if _, err := fmt.Sscan(words[0], &n); err != nil {
			t.Fatal(err)
		}
		line.Quantity = &n
	}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "from":
			i++
			line.Starts = "2026-" + words[i]
			if words[i] > "11-28" {
				line.Flags = append(line.Flags, reconcile.FlagLater)
			}
		case "to":
			i++
			line.Ends = "2026-" + words[i]
		case "tolerance":
		default:
			line.Flags = append(line.Flags, words[i])
		}
	}
	return line
}

// psaInput is one account with one service, of which Microsoft, Gradient and the PSA have these numbers.
func psaInput(t *testing.T, microsoft, gradient, psa, lines string) reconcile.Input {
	t.Helper()
	numbers := func(text string) reconcile.Numbers {
		switch text {
		case "":
			return nil
		case "-":
			return reconcile.Numbers{"acme": {}}
		case "?":
			return reconcile.Numbers{"acme": {"Premium": nil}}
		}
		return reconcile.Numbers{"acme": {"Premium": lineOf(t, text).Quantity}}
	}
	input := reconcile.Input{
		Counts:    map[string]map[string]reconcile.Count{"acme": nil},
		Companies: map[string]reconcile.Company{"1": {AccountID: "acme"}},
		Licenses:  map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}}},
		Gradient:  numbers(gradient), PSA: numbers(psa), PSALines: []reconcile.PSALine{},
	}
	if microsoft != "?" {
		seats := *lineOf(t, microsoft).Quantity
		// Seats are whole, so with a fraction no company mapping has the account, and Gradient alone has a number.
		input.Counts["acme"] = map[string]reconcile.Count{"SPB": seatsOf(spbID, int64(seats), 0)}
		if seats != float64(int64(seats)) {
			input.Companies, input.Counts = map[string]reconcile.Company{}, map[string]map[string]reconcile.Count{}
		}
	}
	for _, text := range strings.Split(lines, "; ") {
		if text != "" {
			input.PSALines = append(input.PSALines, lineOf(t, text))
		}
	}
	if strings.Contains(lines, "tolerance") {
		input.Tolerance = 1
	}
	return input
}

func TestStatesOfThePSA(t *testing.T) {
	t.Parallel()
	if len(psaTable) != 20 {
		t.Errorf("the table has %d rows", len(psaTable))
	}
	for _, test := range psaTable {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expectState(t, psaInput(t, test.microsoft, test.gradient, test.psa, test.lines), test.status, test.reason)
		})
	}
	for _, test := range further {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expectState(t, psaInput(t, test.microsoft, test.gradient, test.psa, test.lines), test.status, test.reason)
		})
	}
}

func expectState(t *testing.T, input reconcile.Input, status, reason string) {
	t.Helper()
	result := review(t, input)
	if len(result.Rows) != 1 {
		if len(result.Rows) == 0 && status == "agree" {
			return // nothing to bill, and nothing billed
		}
		t.Fatalf("%d rows", len(result.Rows))
	}
	row := result.Rows[0]
	if string(row.Status) != status || row.Reason != reason {
		t.Errorf("got %s: %q\nwant %s: %q", row.Status, row.Reason, status, reason)
	}
	agreement := status == "agree" || status == "psa_later"
	if result.InAgreement() != agreement {
		t.Errorf("in agreement: %t", result.InAgreement())
	}
	if different := len(result.Differences()) == 1; different != (!agreement && status != "unknown") {
		t.Errorf("a difference: %t", different)
	}
	for _, gate := range reconcile.Gates() {
		if strings.HasPrefix(gate, "psa_") && (result.Gate(gate).Unchecked != "" || len(result.Gate(gate).Found) > 0 != holds(status, reason, gate)) {
			t.Errorf("gate %s: %+v", gate, result.Gate(gate))
		}
	}
}

// holds reports whether a status of the PSA holds for a row: it is the row's, or its reason says so beside a more important one.
func holds(status, reason, gate string) bool {
	return status == gate || gate == "psa_later" && strings.HasPrefix(reason, "the PSA bills ")
}

// A row that differs for another reason stays a difference, and a state of the PSA does not hide that from fail_on.
func TestStatesOfThePSAStandBesideTheOthers(t *testing.T) {
	t.Parallel()
	result := review(t, psaInput(t, "10", "10", "20", "10; 10"))
	for _, status := range []string{"psa_two_lines", "differs"} {
		if len(result.Gate(status).Found) != 1 {
			t.Errorf("%s: %+v", status, result.Gate(status))
		}
	}
	result = review(t, psaInput(t, "12", "10", "8", "8 to 11-30; 10 from 12-01"))
	for _, status := range []string{"psa_later", "differs"} {
		if len(result.Gate(status).Found) != 1 {
			t.Errorf("%s: %+v", status, result.Gate(status))
		}
	}
	result = review(t, psaInput(t, "10", "10", "8", "8 to 11-30; 10 from 12-01"))
	if found := result.Gate("differs").Found; len(found) != 0 {
		t.Errorf("what is approved is a difference: %q", found)
	}
	if pairs := result.Pairs(); pairs["psa_later"] != 1 || pairs["psa_two_lines"] != 0 || len(pairs) != len(reconcile.Statuses) {
		t.Errorf("got %v", pairs)
	}
}

// Without the lines nothing is said of them, and a gate that needs them cannot be checked.
func TestWithoutTheLinesOfThePSA(t *testing.T) {
	t.Parallel()
	input := psaInput(t, "10", "10", "20", "10; 10")
	input.PSALines = nil
	result := review(t, input)
	if row := result.Rows[0]; row.Status != "differs" || row.Reason != "PSA is 10 above Microsoft" {
		t.Errorf("got %+v", row)
	}
	for _, gate := range reconcile.Gates() {
		if unchecked := result.Gate(gate).Unchecked == "the lines of the PSA are not known: psa_lines is not given"; unchecked != strings.HasPrefix(gate, "psa_") {
			t.Errorf("%s: %+v", gate, result.Gate(gate))
		}
	}
}

// Lines count for their own account and service only.
func TestLinesOfOtherPairs(t *testing.T) {
	t.Parallel()
	input := psaInput(t, "10", "10", "8", "8; 2 from 12-01; 2 from 12-01")
	input.PSALines[1].AccountID, input.PSALines[2].Service = "beta", "Basic"
	if got := review(t, input).Rows[0].Status; got != "psa_not_approved" {
		t.Errorf("got %s", got)
	}
}

// The report shows the lines behind each difference, with names from outside escaped, and no others.
func TestReportShowsTheLines(t *testing.T) {
	t.Parallel()
	text := review(t, psaInput(t, "10", "10", "20", "10; 10 from 11-01 to 12-31")).Markdown()
	for _, want := range []string{
		"### Lines of the PSA behind the differences (2)\n\n| Account | Service | Product | Agreement | Units | From | To | Flags |\n|---|---|---|---|---:|---|---|---|\n" +
			"| acme | Premium | M365-BP | Cloud \\| 1 | 10 |  |  |  |\n| acme | Premium | M365-BP | Cloud \\| 1 | 10 | 2026-11-01 | 2026-12-31 |  |\n",
		"| psa two lines | one of 2 lines alone has 10; PSA is 10 above Microsoft |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	text = review(t, psaInput(t, "10", "10", "-", "? no_charge")).Markdown()
	if want := "| M365-BP | Cloud \\| 1 | – |  |  | no\\_charge |\n"; !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	later := review(t, psaInput(t, "10", "10", "8", "8 to 11-30; 10 from 12-01")).Markdown()
	if strings.Contains(later, "Lines of the PSA") || !strings.Contains(later, "### Approved, and in effect later (1)\n") ||
		!strings.Contains(later, "**In agreement: 1 pair of account and service.**") {
		t.Errorf("got\n%s", later)
	}
	input := psaInput(t, "10", "10", "8", "8 to 11-30; 10 from 12-01")
	input.PSA["acme"]["Other"], input.Gradient["acme"]["Other"] = of(1), of(1)
	input.Licenses["o"] = billing.LicenseMapping{Service: "Other", SKUs: []string{"VISIOCLIENT"}}
	input.Counts["acme"]["VISIOCLIENT"] = seatsOf(visioID, 1, 1)
	input.PSALines = append(input.PSALines, reconcile.PSALine{AccountID: "acme", Service: "Other", Quantity: of(1)})
	if text := review(t, input).Markdown(); !strings.Contains(text, " 1 agree. 1 will agree when what is approved takes effect.") {
		t.Errorf("got\n%s", text)
	}
}

// Every status of the PSA is a gate, and the order is the one that the documentation says.
func TestStatusesOfThePSA(t *testing.T) {
	t.Parallel()
	var names []string
	for _, known := range reconcile.Statuses {
		if strings.HasPrefix(string(known.Status), "psa_") {
			names = append(names, string(known.Status))
		}
	}
	if want := []string{"psa_two_lines", "psa_no_charge", "psa_cancelled_agreement", "psa_not_approved", "psa_later"}; !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
}

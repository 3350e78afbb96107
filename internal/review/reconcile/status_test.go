// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

// One account and one service. In the columns a number is what the system says, "-" that it has none, "?" that its number is
// unknown, and nothing that it was not asked. "-" of Microsoft is a service that no license mapping has.
var workedStatuses = []struct {
	name                                  string
	microsoft, cloudRadial, gradient, psa string
	tolerance                             float64
	status                                reconcile.Status
	reason                                string
}{
	{"all say the same", "10", "10", "10", "10", 0, "agree", ""},
	{"the two that were asked say the same", "10", "", "", "10", 0, "agree", ""},

	{"the PSA bills too few", "10", "10", "10", "8", 0, "differs", "PSA is 2 below Microsoft"},
	{"the PSA bills too many", "10", "10", "10", "12", 0, "differs", "PSA is 2 above Microsoft"},
	{"nobody has followed", "10", "9", "9", "9", 0, "differs", "CloudRadial is 1 below Microsoft; Gradient is 1 below Microsoft; PSA is 1 below Microsoft"},
	{"billed for ever after the last seat went", "0", "", "5", "5", 0, "differs", "Gradient is 5 above Microsoft; PSA is 5 above Microsoft"},
	{"a zero that was accepted, and seats since", "3", "", "0", "", 0, "differs", "Gradient is 3 below Microsoft"},
	{"two differ while a third is unknown", "?", "", "5", "7", 0, "differs", "Microsoft is unknown: no counts of acme; PSA is 2 above Gradient"},
	{"two differ while a third has none", "10", "-", "8", "", 0, "differs", "CloudRadial has no row; Gradient is 2 below Microsoft"},
	{"a service that no license mapping has, and two numbers", "-", "", "5", "7", 0, "differs",
		"no license mapping has the service; PSA is 2 above Gradient"},

	{"within the tolerance", "10", "", "", "9", 1, "agree", "within the tolerance: PSA is 1 below Microsoft"},
	{"just beyond the tolerance", "10", "", "", "8", 1, "differs", "PSA is 2 below Microsoft"},
	{"each within it of Microsoft, but not of each other", "10", "", "8", "12", 2, "differs",
		"Gradient is 2 below Microsoft; PSA is 2 above Microsoft"},
	{"no tolerance makes up for a missing number", "1", "", "", "-", 5, "missing_in_psa", "PSA has no number"},

	{"half a unit is a difference", "10", "", "", "10.5", 0, "differs", "PSA is 0.5 above Microsoft"},
	{"half a unit is within half a unit", "10", "", "", "10.5", 0.5, "agree", "within the tolerance: PSA is 0.5 above Microsoft"},
	{"three tenths are within three tenths, however computers subtract", "10", "", "", "10.3", 0.3, "agree",
		"within the tolerance: PSA is 0.3 above Microsoft"},
	{"what is beyond four decimals is noise", "10", "", "", "10.00004", 0, "agree", ""},
	{"four decimals are not", "10", "", "", "10.0001", 0, "differs", "PSA is 0.0001 above Microsoft"},
	{"a credit in the PSA", "2", "", "", "-1", 0, "differs", "PSA is 3 below Microsoft"},

	{"the PSA does not bill it", "10", "10", "10", "-", 0, "missing_in_psa", "PSA has no number"},
	{"Gradient has accepted nothing", "10", "10", "-", "10", 0, "missing_in_gradient", "Gradient has no number"},
	{"CloudRadial does not show it", "10", "-", "10", "10", 0, "missing_in_cloudradial", "CloudRadial has no row"},
	{"nobody has it but Microsoft: the invoice comes first", "10", "-", "-", "-", 0, "missing_in_psa",
		"CloudRadial has no row; Gradient has no number; PSA has no number"},
	{"billed for a service that no license mapping has", "-", "", "", "5", 0, "missing_in_microsoft", "no license mapping has the service"},
	{"pushed for a service that no license mapping has, and never billed", "-", "", "5", "-", 0, "missing_in_microsoft",
		"no license mapping has the service; PSA has no number"},
	{"billed for such a service, and Gradient never got it", "-", "", "-", "5", 0, "missing_in_microsoft", "no license mapping has the service; Gradient has no number"},
	{"what is missing outweighs what is unknown", "?", "", "5", "-", 0, "missing_in_psa", "Microsoft is unknown: no counts of acme; PSA has no number"},

	{"a tenant that could not be read", "?", "", "10", "10", 0, "unknown", "Microsoft is unknown: no counts of acme"},
	{"an account that Gradient's numbers have as null", "10", "", "?", "10", 0, "unknown", "Gradient is unknown (null)"},
	{"a null of the PSA is not 0", "10", "", "", "?", 0, "unknown", "PSA is unknown (null)"},
	{"nor is it for seats that are 0", "0", "", "", "?", 0, "unknown", "PSA is unknown (null)"},
	{"a row in CloudRadial that somebody wrote a word into", "10", "?", "", "", 0, "unknown", "CloudRadial is unknown: no number in the row of SPB"},
	{"no number is known at all", "?", "", "", "?", 0, "unknown", "Microsoft is unknown: no counts of acme; PSA is unknown (null)"},
	{"nobody else was asked", "10", "", "", "", 0, "not_compared", ""},

	{"0 everywhere", "0", "0", "0", "0", 0, "agree", ""},
	{"0 is nothing to bill, so none may be missing", "0", "-", "0", "-", 0, "agree", "0 units: CloudRadial has no row; PSA has no number"},
	{"0 for a service that nobody counts", "-", "", "", "0", 0, "agree", "0 units: no license mapping has the service"},
}

func TestWorkedStatuses(t *testing.T) {
	t.Parallel()
	reached := map[reconcile.Status]bool{}
	for _, test := range workedStatuses {
		reached[test.status] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			result := review(t, oneSeat(t, test.microsoft, test.cloudRadial, test.gradient, test.psa, test.tolerance))
			if len(result.Rows) != 1 {
				t.Fatalf("%d rows, want one: %+v", len(result.Rows), result.Rows)
			}
			row := result.Rows[0]
			if row.Status != test.status || row.Reason != test.reason {
				t.Errorf("got %s (%q), want %s (%q)", row.Status, row.Reason, test.status, test.reason)
			}
			for system, cell := range []string{test.microsoft, test.cloudRadial, test.gradient, test.psa} {
				units, err := strconv.ParseFloat(cell, 64)
				if given := row.Units[system]; (given == nil) != (err != nil) || given != nil && reconcile.Text(*given) != reconcile.Text(units) {
					t.Errorf("%s is %v, want %q", reconcile.Systems[system], given, cell)
				}
			}
			wantAgreement := test.status == "agree"
			wantDifference := !wantAgreement && test.status != "unknown" && test.status != "not_compared"
			if result.InAgreement() != wantAgreement || len(result.Differences()) == 1 != wantDifference {
				t.Errorf("in agreement %v, differences %v", result.InAgreement(), result.Differences())
			}
		})
	}
	for _, known := range reconcile.Statuses {
		if !reached[known.Status] && !strings.HasPrefix(string(known.Status), "psa_") { // those have a table of their own
			t.Errorf("no worked example of %s", known.Status)
		}
	}
}

// oneSeat is the input that a line of workedStatuses stands for.
func oneSeat(t *testing.T, microsoft, cloudRadial, gradient, psa string, tolerance float64) reconcile.Input {
	t.Helper()
	input := reconcile.Input{
		Companies: map[string]reconcile.Company{"a": {AccountID: "acme", CompanyID: 7}},
		Licenses:  map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}}},
		Counts:    map[string]map[string]reconcile.Count{"acme": {}},
		Gradient:  numbers(t, gradient), PSA: numbers(t, psa), Tolerance: tolerance,
	}
	switch microsoft {
	case "-":
		input.Licenses = nil
	case "?":
		input.Counts["acme"] = nil
	default:
		seats, err := strconv.ParseInt(microsoft, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		input.Counts["acme"]["SPB"] = seatsOf(spbID, seats, seats)
	}
	if cloudRadial != "" {
		input.Published = map[int64][]reconcile.PublishedRow{}
	}
	if cloudRadial != "" && cloudRadial != "-" {
		input.Published[7] = []reconcile.PublishedRow{{SKU: "SPB", Purchased: units(cloudRadial)}}
	}
	return input
}

func numbers(t *testing.T, cell string) reconcile.Numbers {
	t.Helper()
	switch cell {
	case "":
		return nil
	case "-":
		return reconcile.Numbers{}
	}
	return reconcile.Numbers{"acme": {"Premium": units(cell)}}
}

// units is nil for what is no number.
func units(cell string) *float64 {
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return nil
	}
	return &n
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const visioID = "c5928f49-12ba-48f7-ada3-0d743a3601d5"

func TestUncountedSeats(t *testing.T) {
	t.Parallel()
	const e5NoTeams = "18a4bd3f-0b5b-4887-b04f-61dd0ee15f5e"
	of := func(id string, purchased, assigned int64) SKUCount {
		return SKUCount{SKUID: id, Seats: Seats{Purchased: purchased, Assigned: assigned}}
	}
	got, err := UncountedSeats(LicenseCounts{
		"acme":       {"SPB": of(spbID, 10, 10), "NEW_E5": of(e5NoTeams, 100, 90), "SUSPENDED": of("", 0, 5)},
		"beta/east":  {"NEW_E5": of(e5NoTeams, 2, 0), "VISIO": of(visioID, 1, 1)},
		"beta/west":  {"NEW_E5": of(e5NoTeams, 3, 0), "VISIO/" + visioID: of(visioID, 1, 1)},
		"gamma/east": {"NEW_E5": of(e5NoTeams, 7, 0)},
		"gamma/west": nil, // unknown
		"delta":      nil,
		"counted":    {"SPB": of(spbID, 10, 10), "VISIO": of(visioID, 5, 0)},
		"empty":      {},
	}, map[string]LicenseMapping{
		"premium": {Service: "Premium", SKUs: []string{"spb"}},
		"visio":   {Service: "Visio", SKUs: []string{visioID}, Basis: Assigned}, // counted, also where its basis counts none
	})
	want := Counts{"acme": {"NEW_E5": 100}, "beta": {"NEW_E5": 5}, "gamma": {"NEW_E5": 7}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// What is ambiguous for the unit counts is ambiguous here.
func TestUncountedSeatsOfAmbiguousMappings(t *testing.T) {
	t.Parallel()
	held := LicenseCounts{"acme": {"SPB": {SKUID: spbID, Seats: Seats{Purchased: 1}}}}
	for name, licenses := range map[string]map[string]LicenseMapping{
		"one SKU in two services":       {"a": {Service: "A", SKUs: []string{"SPB"}}, "b": {Service: "B", SKUs: []string{"spb"}}},
		"one held SKU by key and by id": {"a": {Service: "A", SKUs: []string{"RENAMED"}}, "b": {Service: "B", SKUs: []string{visioID}}},
	} {
		held["beta"] = map[string]SKUCount{"RENAMED": {SKUID: visioID}}
		_, err := UncountedSeats(held, licenses)
		var wrong *InputError
		if !errors.As(err, &wrong) || wrong.Argument != ArgumentLicenseMappings || !strings.Contains(wrong.Text, "counts towards two services") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What would be below 0 in a shared tenant is left out, because it is no number of seats.
func TestUncountedSeatsOfAnOverassignedRemainder(t *testing.T) {
	t.Parallel()
	counts := LicenseCounts{
		"group":  {"SPB": NewSKUCount(spbID, Seats{Enabled: 5}, []string{FlagOverassignedSplit})},
		"marine": {"SPB": NewSKUCount(spbID, Seats{Purchased: 7, Enabled: 7}, []string{"split"})},
	}
	got, err := UncountedSeats(counts, nil)
	if want := (Counts{"marine": {"SPB": 7}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

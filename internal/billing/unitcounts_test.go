// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

const (
	spbID = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46" // SPB, Microsoft 365 Business Premium
	guidA = "11111111-1111-1111-1111-111111111111"
	guidB = "22222222-2222-2222-2222-222222222222"
)

func seats(n int64) billing.SKUCount { return held("", n) }

func held(skuID string, purchased int64) billing.SKUCount {
	return billing.SKUCount{SKUID: skuID, Seats: billing.Seats{Purchased: purchased}}
}

// Rule 2.
func TestRule2UnitCounts(t *testing.T) {
	t.Parallel()
	all := billing.SKUCount{Seats: billing.Seats{Purchased: 1, Active: 5, Enabled: 2, Entitled: 3, Assigned: 4}}
	premium := billing.LicenseMapping{Service: "Premium", SKUs: []string{"SPB"}}
	for name, test := range map[string]struct {
		counts   billing.LicenseCounts
		licenses map[string]billing.LicenseMapping
		want     billing.Counts
	}{
		"the SKUs of a service are added up": {
			billing.LicenseCounts{"acme": {"SPB": seats(5), "SPB_NOTEAMS": seats(2), "OTHER": seats(9)}},
			map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB", "SPB_NOTEAMS"}}},
			billing.Counts{"acme": {"Premium": 7}},
		},
		"a count of 0 is left out, the account is not": {
			billing.LicenseCounts{"acme": {"SPB": seats(0)}},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": {}},
		},
		"an unknown tenant is unknown, not 0": {
			billing.LicenseCounts{"acme": nil, "beta": {"SPB": seats(3)}},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": nil, "beta": {"Premium": 3}},
		},
		"the tenants of one account are added up": {
			billing.LicenseCounts{"acme/east": {"SPB": seats(3)}, "acme/west": {"SPB": seats(4)}},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": {"Premium": 7}},
		},
		"one unknown tenant makes the account unknown": {
			billing.LicenseCounts{"acme/east": {"SPB": seats(3)}, "acme/west": nil},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": nil},
		},
		"a GUID in any case matches": {
			billing.LicenseCounts{"acme": {"SPB": held(spbID, 3)}},
			map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{strings.ToUpper(spbID)}}},
			billing.Counts{"acme": {"Premium": 3}},
		},
		"a part number in any case matches": {
			billing.LicenseCounts{"acme": {"SPB": seats(3)}},
			map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"spb"}}},
			billing.Counts{"acme": {"Premium": 3}},
		},
		"a part number stands for both SKUs that share it": {
			billing.LicenseCounts{"acme": {"X/" + guidA: held(guidA, 1), "X/" + guidB: held(guidB, 2)}},
			map[string]billing.LicenseMapping{"x": {Service: "X", SKUs: []string{"x"}}},
			billing.Counts{"acme": {"X": 3}},
		},
		"PART/<skuId> stands for one of them": {
			billing.LicenseCounts{"acme": {"X/" + guidA: held(guidA, 1), "X/" + guidB: held(guidB, 2)}},
			map[string]billing.LicenseMapping{"x": {Service: "X", SKUs: []string{"x/" + guidB}}},
			billing.Counts{"acme": {"X": 2}},
		},
		"PART/<skuId> stands for the same SKU where no other one shares its part number": {
			billing.LicenseCounts{"acme": {"X": held(guidB, 2)}, "beta": {"X": held(guidA, 1)}},
			map[string]billing.LicenseMapping{"x": {Service: "X", SKUs: []string{"X/" + strings.ToUpper(guidB)}}},
			billing.Counts{"acme": {"X": 2}, "beta": {}},
		},
		"a part number may hold a slash itself": {
			billing.LicenseCounts{"acme": {"O365_w/o Teams": held(guidA, 1), "X/Y/" + guidB: held(guidB, 2)}},
			map[string]billing.LicenseMapping{"o": {Service: "O", SKUs: []string{"O365_w/o Teams"}}, "x": {Service: "X", SKUs: []string{"X/Y"}}},
			billing.Counts{"acme": {"O": 1, "X": 2}},
		},
		"a SKU named twice by one mapping counts once": {
			billing.LicenseCounts{"acme": {"SPB": held(spbID, 3)}},
			map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB", spbID}}},
			billing.Counts{"acme": {"Premium": 3}},
		},
		"each mapping has its basis": {
			billing.LicenseCounts{"acme": {
				"A": all, "B": all,
				"C": all, "D": all,
				"E": all,
			}},
			map[string]billing.LicenseMapping{
				"1": {Service: "SA", SKUs: []string{"A"}, Basis: billing.Purchased}, "2": {Service: "SB", SKUs: []string{"B"}, Basis: billing.Enabled},
				"3": {Service: "SC", SKUs: []string{"C"}, Basis: billing.Entitled}, "4": {Service: "SD", SKUs: []string{"D"}, Basis: billing.Assigned},
				"5": {Service: "SE", SKUs: []string{"E"}, Basis: billing.Active},
			},
			billing.Counts{"acme": {"SA": 1, "SB": 2, "SC": 3, "SD": 4, "SE": 5}},
		},
		"a number that no mapping needs may be unknown": {
			billing.LicenseCounts{"acme": {"SPB": {Seats: billing.Seats{Purchased: 3, Assigned: billing.Unknown}}, "OTHER": seats(billing.Unknown)}},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": {"Premium": 3}},
		},
		"a needed number may be unknown where the account is": {
			billing.LicenseCounts{"acme/east": {"SPB": seats(billing.Unknown)}, "acme/west": nil},
			map[string]billing.LicenseMapping{"p": premium},
			billing.Counts{"acme": nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := billing.UnitCounts(test.counts, accountsOf(test.counts), test.licenses)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// accountsOf maps every account that has counts, under a map key that is not its id.
func accountsOf(counts billing.LicenseCounts) map[string]string {
	accounts := map[string]string{}
	for key := range counts {
		account, _, _ := strings.Cut(key, "/")
		accounts["row of "+account] = account
	}
	return accounts
}

// Rule 12: a number that Microsoft did not give is an error where it is billed, never 0.
func TestRule12AnUnknownNumberIsNotBilledAsZero(t *testing.T) {
	t.Parallel()
	for basis, name := range map[billing.Basis]string{"": "purchased", billing.Assigned: "assigned"} {
		counts := billing.LicenseCounts{"acme/east": {"SPB": {Seats: billing.Seats{Purchased: billing.Unknown, Assigned: billing.Unknown}}}}
		_, err := billing.UnitCounts(counts, accountsOf(counts), map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}, Basis: basis}})
		var refused *billing.InputError
		if !errors.As(err, &refused) || refused.Argument != billing.ArgumentLicenseCounts {
			t.Fatalf("got %v, want an error about the license counts", err)
		}
		for _, text := range []string{`license_counts["acme/east"]["SPB"].` + name + " has no number", `"Premium"`, "exclude_skus"} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%q lacks %s", err, text)
			}
		}
	}
}

// A remainder that would be below 0 is an error where a license mapping bills it, with the users of each company, and stops nothing elsewhere.
func TestRule12OverassignedRemainder(t *testing.T) {
	t.Parallel()
	const flag = billing.FlagOverassignedSplit
	count := func(enabled, n int64, flags ...string) billing.SKUCount {
		return billing.NewSKUCount(spbID, billing.Seats{Purchased: n, Active: n, Enabled: enabled, Entitled: n, Assigned: n}, flags)
	}
	const wayOut = ", or give the service the basis assigned"
	for name, test := range map[string]struct {
		group  billing.SKUCount
		basis  billing.Basis
		lacks  string // of the message, if that is an error
		units  int64
		wayOut bool
	}{
		"purchased":                      {count(5, 0, flag), "", "purchased", 0, true},
		"entitled":                       {count(5, 0, flag), billing.Entitled, "entitled", 0, true},
		"a number that is exact":         {count(5, 0, flag), billing.Enabled, "", 5, false},
		"assigned":                       {count(5, 0, flag), billing.Assigned, "", 0, false},
		"assigned, without other owners": {count(0, 0, "other_owner", flag), billing.Assigned, "assigned", 0, false},
		"nothing is left":                {count(0, 0), billing.Purchased, "", 0, false},
	} {
		counts := billing.LicenseCounts{
			"group":  {"SPB": test.group},
			"marine": {"SPB": count(11, 11, "split")}, "retail/shared": {"SPB/" + spbID: count(3, 3, "split", "trial")},
			"other":  {"SPB": count(9, 9)},
			"phones": {"MCOEV": billing.NewSKUCount("x", billing.Seats{Purchased: 70, Enabled: 70, Assigned: 70}, []string{"split"})},
		}
		units, err := billing.UnitCounts(counts, accountsOf(counts), map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}, Basis: test.basis}})
		if test.lacks == "" {
			if err != nil || units["group"]["Premium"] != test.units {
				t.Errorf("%s: %v, %v", name, units, err)
			}
			continue
		}
		want := `license_counts["group"]["SPB"].` + test.lacks + ` is 0 with the flag overassigned_split, and the service "Premium" bills it. `
		var refused *billing.InputError
		if !errors.As(err, &refused) || refused.Argument != billing.ArgumentLicenseCounts || !strings.HasPrefix(refused.Text, want) ||
			!strings.Contains(refused.Text, "Users with the SKU: marine 11, retail/shared 3. ") || strings.Contains(refused.Text, wayOut) != test.wayOut {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := billing.UnitCounts(counts, accountsOf(counts), nil); err != nil {
			t.Errorf("%s: a SKU that nothing bills: %v", name, err)
		}
		counts["group/unread"] = nil // what is unknown is held, and stops nothing
		if units, err := billing.UnitCounts(counts, accountsOf(counts), map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}}}); err != nil || units["group"] != nil {
			t.Errorf("%s: with an unknown tenant: %v, %v", name, units, err)
		}
	}
}

// Counts without the members' flags, or without their numbers, say so.
func TestOverassignedRemainderWithoutMembers(t *testing.T) {
	t.Parallel()
	seats := billing.Seats{Purchased: billing.Unknown, Assigned: 4}
	counts := billing.LicenseCounts{
		"group":  {"SPB": billing.NewSKUCount("", billing.Seats{}, []string{billing.FlagOverassignedSplit})},
		"marine": {"SPB": billing.NewSKUCount("", seats, []string{"split"})},
	}
	_, err := billing.UnitCounts(counts, map[string]string{"g": "group", "m": "marine"}, map[string]billing.LicenseMapping{"p": {Service: "Premium", SKUs: []string{"SPB"}}})
	if err == nil || !strings.Contains(err.Error(), "Users with the SKU: not given. ") {
		t.Error(err)
	}
}

func TestRule2Errors(t *testing.T) {
	t.Parallel()
	counts := billing.LicenseCounts{"acme": {"SPB": held(spbID, 3)}}
	acme := map[string]string{"row1": "acme"}
	for name, test := range map[string]struct {
		accounts map[string]string
		licenses map[string]billing.LicenseMapping
		argument billing.Argument
		names    []string
	}{
		"a mapped account without counts": {map[string]string{"row1": "acme", "row2": "beta"}, nil, billing.ArgumentLicenseCounts, []string{`"beta"`, `"row2"`}},
		"counts without a mapped account": {nil, nil, billing.ArgumentCompanyMappings, []string{`"acme"`}},
		"two mappings of one account":     {map[string]string{"row1": "acme", "row2": "acme"}, nil, billing.ArgumentCompanyMappings, []string{`"acme"`, `"row1"`, `"row2"`}},
		"one SKU in two services": {acme, map[string]billing.LicenseMapping{
			"a": {Service: "One", SKUs: []string{"SPB"}}, "b": {Service: "Two", SKUs: []string{"spb"}},
		}, billing.ArgumentLicenseMappings, []string{`"One"`, `"Two"`, `"spb"`}},
		"one SKU in two services, as GUID and as part number, without a seat": {acme, map[string]billing.LicenseMapping{
			"a": {Service: "One", SKUs: []string{"18181a46-0d4e-45cd-891e-60aabd171b4e"}}, "b": {Service: "Two", SKUs: []string{"STANDARDPACK"}},
		}, billing.ArgumentLicenseMappings, []string{`"One"`, `"Two"`}},
		"one SKU in two services, by a GUID that no table knows": {acme, map[string]billing.LicenseMapping{
			"a": {Service: "One", SKUs: []string{"NEW/" + guidA}}, "b": {Service: "Two", SKUs: []string{guidA}},
		}, billing.ArgumentLicenseMappings, []string{`"One"`, `"Two"`}},
		"one service in two mappings": {acme, map[string]billing.LicenseMapping{
			"a": {Service: "One", SKUs: []string{"A"}}, "b": {Service: "One", SKUs: []string{"B"}},
		}, billing.ArgumentLicenseMappings, []string{`"One"`, `"a"`, `"b"`}},
		"an unknown basis": {acme, map[string]billing.LicenseMapping{"a": {Service: "One", Basis: "sold"}}, billing.ArgumentLicenseMappings, []string{`"sold"`}},
		"an empty SKU":     {acme, map[string]billing.LicenseMapping{"a": {Service: "One", SKUs: []string{" "}}}, billing.ArgumentLicenseMappings, []string{`"a"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := billing.LicenseCounts{"acme": counts["acme"]}
			if strings.Contains(name, "no table knows") {
				counts["acme"] = map[string]billing.SKUCount{"NEW/" + guidA: held(guidA, 1)}
			}
			_, err := billing.UnitCounts(counts, test.accounts, test.licenses)
			var wrong *billing.InputError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want an InputError", err)
			}
			if wrong.Argument != test.argument {
				t.Errorf("argument %d is blamed, want %d", wrong.Argument, test.argument)
			}
			for _, name := range test.names {
				if !strings.Contains(wrong.Text, name) {
					t.Errorf("%q does not name %s", wrong.Text, name)
				}
			}
		})
	}
}

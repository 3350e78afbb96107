// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

const (
	spbID   = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46" // SPB
	phoneID = "e43b5b99-8dfb-405f-9987-dc307f34bcbd" // MCOEV
	e3ID    = "05e9a617-0261-4cee-bb44-138d3ef5d965" // SPE_E3
	visioID = "c5928f49-12ba-48f7-ada3-0d743a3601d5" // VISIOCLIENT
	guidA   = "11111111-1111-1111-1111-111111111111"
	guidB   = "22222222-2222-2222-2222-222222222222"
)

func review(t *testing.T, input reconcile.Input) reconcile.Result {
	t.Helper()
	result, err := reconcile.Reconcile(input)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func seatsOf(skuID string, purchased, assigned int64, flags ...string) reconcile.Count {
	return reconcile.Count{
		SKUCount: billing.SKUCount{SKUID: skuID, Seats: billing.Seats{Purchased: purchased, Enabled: purchased, Entitled: purchased, Assigned: assigned}},
		Flags:    flags,
	}
}

func held(purchased, assigned float64) reconcile.PublishedRow {
	return reconcile.PublishedRow{Purchased: &purchased, Assigned: &assigned}
}

func rowOf(sku string, row reconcile.PublishedRow) reconcile.PublishedRow {
	row.SKU = sku
	return row
}

func of(n float64) *float64 { return &n }

func flag(b bool) *bool { return &b }

// workedEstate is five customers:
//
//   - Acme has two tenants. Premium is 10 + 2 (without Teams) + 3 seats = 15. Phone counts assigned seats: 4.
//   - Beta's tenant cannot be read.
//   - Gamma has one of two tenants that cannot be read.
//   - Delta is in agreement. Its Visio is counted by no license mapping, and E3 is entitled, which CloudRadial does not hold.
//   - Omega is billed, and nobody mapped it.
func workedEstate() reconcile.Input {
	return reconcile.Input{
		Counts: map[string]map[string]reconcile.Count{
			"acme/east": {"SPB": seatsOf(spbID, 10, 9), "MCOEV": seatsOf(phoneID, 6, 4, "in_grace"), "VISIOCLIENT": seatsOf(visioID, 1, 1)},
			"acme/west": {"SPB_NOTEAMS": seatsOf(guidB, 2, 2), "SPB": seatsOf(spbID, 3, 3), "PROJECT_TRIAL": seatsOf("", 0, 1)},
			"beta":      nil,
			"gamma/a":   {"SPB": seatsOf(spbID, 5, 5)},
			"gamma/b":   nil,
			"delta": {
				"SPB":                    seatsOf(spbID, 4, 4),
				"VISIOCLIENT/" + visioID: seatsOf(visioID, 7, 2, "trial", "overassigned"),
				"TRIAL_ONLY":             seatsOf(e3ID, 0, 3, "trial"),
			},
		},
		Companies: map[string]reconcile.Company{
			"1": {AccountID: "acme", CompanyID: 1, Name: "Acme Ltd"},
			"2": {AccountID: "beta", CompanyID: 2},
			"3": {AccountID: "gamma"},
			"4": {AccountID: "delta", CompanyID: 4},
		},
		Licenses: map[string]billing.LicenseMapping{
			"premium": {Service: "Premium", SKUs: []string{"spb", "SPB_NOTEAMS"}},
			"phone":   {Service: "Phone", SKUs: []string{"MCOEV"}, Basis: billing.Assigned},
			"e3":      {Service: "E3", SKUs: []string{e3ID}, Basis: billing.Entitled},
		},
		Published: map[int64][]reconcile.PublishedRow{
			1: {rowOf("SPB", held(13, 12)), rowOf("SPB_NOTEAMS", held(2, 2)), rowOf("MCOEV", held(6, 5)), rowOf("VISIOCLIENT", held(1, 1))},
			2: {rowOf("SPB", held(8, 8))},
			4: {rowOf("spb", held(4, 4)), rowOf("SPE_E3", held(0, 3))},
			9: {rowOf("SPB", held(1, 1)), rowOf("MCOEV", held(1, 1))},
		},
		Gradient: reconcile.Numbers{
			"acme":  {"Premium": of(15), "Phone": of(4)},
			"beta":  nil,
			"gamma": {"Premium": of(5)},
			"delta": {"Premium": of(4)},
		},
		PSA: reconcile.Numbers{
			"acme":  {"Premium": of(14), "Phone": of(4)},
			"beta":  {"Premium": of(8)},
			"delta": {"Premium": of(4), "Backup": of(2)},
			"omega": {"Premium": of(3)},
		},
		PortalCompanies: []reconcile.PortalCompany{{9, "Iota"}, {4, "Delta GmbH"}, {2, "Beta"}, {1, "Acme in the portal"}, {8, "Theta"}},
		Accounts: []reconcile.Account{
			{"omega", "Omega Inc", flag(false)}, {"gamma", "Gamma SA", flag(true)}, {"delta", "Delta", nil}, {"beta", "Beta BV", flag(false)},
		},
		Notes: []string{"What the caller says."},
	}
}

// table writes rows as a billing person would.
func table(rows []reconcile.Row) []string {
	var lines []string
	for _, row := range rows {
		line := row.AccountID + " (" + row.AccountName + ") " + row.Service + ":"
		for _, n := range row.Units {
			if n == nil {
				line += " –"
			} else {
				line += " " + reconcile.Text(*n)
			}
		}
		lines = append(lines, line+", "+string(row.Status)+", "+row.Reason)
	}
	return lines
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func TestWorkedEstate(t *testing.T) {
	t.Parallel()
	result := review(t, workedEstate())
	want := []string{
		// account (name) service: Microsoft CloudRadial Gradient PSA, status, reason
		"acme (Acme Ltd) Phone: 4 5 4 4, differs, CloudRadial is 1 above Microsoft",
		"acme (Acme Ltd) Premium: 15 15 15 14, differs, PSA is 1 below Microsoft",
		"beta (Beta BV) Premium: – 8 – 8, unknown, Microsoft is unknown: no counts of beta; Gradient is unknown (null)",
		"delta (Delta) Backup: – – – 2, missing_in_microsoft, no license mapping has the service; Gradient has no number",
		"delta (Delta) Premium: 4 4 4 4, agree, ",
		"gamma (Gamma SA) Premium: – – 5 –, missing_in_psa, Microsoft is unknown: no counts of gamma/b; PSA has no number",
		"omega (Omega Inc) Premium: – – – 3, missing_in_microsoft, no company mapping has the account; Gradient has no number",
	}
	if got := table(result.Rows); !slices.Equal(got, want) {
		t.Errorf("rows:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var differences []string
	for i, row := range result.Rows {
		if row.Status != "agree" && row.Status != "unknown" {
			differences = append(differences, want[i])
		}
	}
	expect(t, "differences", table(result.Differences()), differences)
	expect(t, "in agreement", result.InAgreement(), false)
	expect(t, "pairs", result.Pairs(), map[reconcile.Status]int{
		"agree": 1, "differs": 2, "missing_in_microsoft": 2, "missing_in_psa": 1, "missing_in_gradient": 0, "missing_in_cloudradial": 0,
		"unknown": 1, "not_compared": 0, "psa_two_lines": 0, "psa_no_charge": 0, "psa_cancelled_agreement": 0, "psa_not_approved": 0, "psa_later": 0,
	})
	var sums []string
	for _, n := range result.Units() {
		sums = append(sums, reconcile.Text(*n))
	}
	expect(t, "units", sums, []string{"23", "32", "28", "35"}) // 4+15+4, 5+15+8+4, 4+15+4+5, 4+14+8+2+4+3
	expect(t, "unmapped SKUs", result.UnmappedSKUs, []reconcile.UnmappedSKU{
		{SKU: "VISIOCLIENT", SKUID: visioID, Purchased: 8, Tenants: map[string]int64{"acme/east": 1, "delta": 7}},
	})
	expect(t, "unmapped companies", result.UnmappedCompanies, []reconcile.PortalCompany{{8, "Theta"}, {9, "Iota"}})
	expect(t, "unmapped accounts", result.UnmappedAccounts, []reconcile.Account{{"beta", "Beta BV", flag(false)}, {"omega", "Omega Inc", flag(false)}})
	expect(t, "unreadable tenants", result.UnreadableTenants, []string{"beta", "gamma/b"})
	expect(t, "flagged", result.Flagged, []reconcile.FlaggedCount{
		{Tenant: "acme/east", AccountID: "acme", SKU: "MCOEV", SKUID: phoneID, Service: "Phone", Purchased: 6, Assigned: 4, Flags: []string{"in_grace"}},
		{Tenant: "delta", AccountID: "delta", SKU: "TRIAL_ONLY", SKUID: e3ID, Service: "E3", Assigned: 3, Flags: []string{"trial"}},
		{Tenant: "delta", AccountID: "delta", SKU: "VISIOCLIENT/" + visioID, SKUID: visioID, Purchased: 7, Assigned: 2,
			Flags: []string{"overassigned", "trial"}},
	})
	expect(t, "notes", result.Notes, []string{
		"What the caller says.",
		"These company mappings have no company_id, so their companies may be among those without a mapping: gamma.",
		"CloudRadial was not compared for accounts whose mapping has no company_id: gamma.",
		"CloudRadial has purchased and assigned seats only, so it was not compared for services on another basis: E3 (entitled).",
		"CloudRadial has rows of companies without a mapping (2). They were not compared.",
	})
}

// Two SKUs of a tenant share a part number, and CloudRadial has them under the keys of the counts.
func TestPublishedRowsMatchAsTheCountsDo(t *testing.T) {
	t.Parallel()
	input := reconcile.Input{
		Counts: map[string]map[string]reconcile.Count{"acme": {
			"X/" + guidA: seatsOf(guidA, 1, 0), "X/" + guidB: seatsOf(guidB, 2, 0), "SPB": seatsOf(spbID, 5, 0),
		}},
		Companies: map[string]reconcile.Company{"a": {AccountID: "acme", CompanyID: 1}},
		Licenses: map[string]billing.LicenseMapping{
			"a": {Service: "A", SKUs: []string{guidA}}, "b": {Service: "B", SKUs: []string{"x/" + guidB}}, "p": {Service: "P", SKUs: []string{strings.ToUpper(spbID)}},
		},
		Published: map[int64][]reconcile.PublishedRow{1: {rowOf("X/"+guidA, held(1, 0)), rowOf("X/"+guidB, held(2, 0)), rowOf("SPB", held(5, 0))}},
	}
	want := []string{"acme (acme) A: 1 1 – –, agree, ", "acme (acme) B: 2 2 – –, agree, ", "acme (acme) P: 5 5 – –, agree, "}
	expect(t, "rows", table(review(t, input).Rows), want)

	// The seats are gone, and the row is still there: Microsoft's table knows its id.
	delete(input.Counts["acme"], "SPB")
	want[2] = "acme (acme) P: 0 5 – –, differs, CloudRadial is 5 above Microsoft"
	expect(t, "rows", table(review(t, input).Rows), want)
}

func TestNothingIsAsked(t *testing.T) {
	t.Parallel()
	result := review(t, reconcile.Input{})
	if len(result.Rows) != 0 || result.InAgreement() || result.UnmappedCompanies != nil || result.UnmappedAccounts != nil {
		t.Errorf("got %+v", result)
	}
	for system, sum := range result.Units() {
		if (sum != nil) != (system == 0) {
			t.Errorf("units of %s: %v", reconcile.Systems[system], sum)
		}
	}
	result = review(t, reconcile.Input{Counts: map[string]map[string]reconcile.Count{"acme": nil}, Companies: map[string]reconcile.Company{"a": {AccountID: "acme"}}})
	if len(result.Rows) != 0 || result.InAgreement() {
		t.Errorf("an unreadable tenant passes for agreement: %+v", result)
	}
}

// Numbers that agree are no agreement while something is billed nowhere, and neither are no numbers at all.
func TestWhatIsNoAgreement(t *testing.T) {
	t.Parallel()
	const agreeing = "**Not in agreement: the numbers of 1 pair of account and service agree, but something is billed nowhere.**"
	account := func(id string, mapped *bool) []reconcile.Account {
		return []reconcile.Account{{ID: id, Name: "Acme", IsMapped: mapped}}
	}
	for name, test := range map[string]struct {
		change      func(*reconcile.Input)
		inAgreement bool
		opening     string // of the report
	}{
		"one pair agrees": {func(*reconcile.Input) {}, true, "**In agreement: 1 pair of account and service.**\n"},
		"paid seats that no license mapping counts": {func(i *reconcile.Input) {
			i.Counts["acme"]["SPE_E5"] = seatsOf(guidA, 500, 0)
		}, false, agreeing + " 500 purchased seats are in no license mapping and on no invoice.\n"},
		"one paid seat that no license mapping counts": {func(i *reconcile.Input) {
			i.Counts["acme"]["SPE_E5"] = seatsOf(guidA, 1, 0)
		}, false, agreeing + " 1 purchased seat is in no license mapping and on no invoice.\n"},
		"seats on trial that no license mapping counts": {func(i *reconcile.Input) {
			i.Counts["acme"]["SPE_E5"] = seatsOf(guidA, 0, 25, "trial")
		}, true, "**In agreement: 1 pair of account and service.**\n"},
		"an account that is not mapped in Gradient": {func(i *reconcile.Input) {
			i.Accounts = account("acme", flag(false))
		}, false, agreeing + " 1 account is not mapped in Gradient.\n"},
		"two of them": {func(i *reconcile.Input) {
			i.Accounts = append(account("acme", flag(false)), account("beta", flag(false))...)
			i.Companies["b"] = reconcile.Company{AccountID: "beta"}
			i.Counts["beta"] = map[string]reconcile.Count{}
		}, false, agreeing + " 2 accounts are not mapped in Gradient.\n"},
		"an account of which Gradient does not say": {func(i *reconcile.Input) {
			i.Accounts = account("acme", nil)
		}, true, "**In agreement: 1 pair of account and service.**\n"},
		"an account that is mapped": {func(i *reconcile.Input) {
			i.Accounts = account("acme", flag(true))
		}, true, "**In agreement: 1 pair of account and service.**\n"},
		"an account of a customer who left": {func(i *reconcile.Input) {
			i.Accounts = account("left", flag(false))
		}, true, "**In agreement: 1 pair of account and service.**\n"},
		"a tenant that could not be read": {func(i *reconcile.Input) {
			i.Companies["b"] = reconcile.Company{AccountID: "beta"}
			i.Counts["beta"] = nil
		}, false, "**Nothing is known to disagree, but not everything could be compared.** 1 tenant could not be read.\n"},
		"paid seats, and no pair": {func(i *reconcile.Input) {
			i.Counts["acme"] = map[string]reconcile.Count{"SPE_E5": seatsOf(guidA, 500, 0)}
			i.Gradient, i.PSA = reconcile.Numbers{}, reconcile.Numbers{}
		}, false, "**Nothing was compared: no system gave any number.** 500 purchased seats are in no license mapping"},
		"no seats, and no pair": {func(i *reconcile.Input) {
			i.Counts["acme"] = map[string]reconcile.Count{}
			i.Gradient, i.PSA = nil, reconcile.Numbers{}
		}, false, "**Nothing was compared: no system gave any number.**\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := oneSeat(t, "10", "", "10", "10", 0)
			test.change(&input)
			result := review(t, input)
			if result.InAgreement() != test.inAgreement {
				t.Errorf("in agreement: %v", result.InAgreement())
			}
			if text := result.Markdown(); !strings.HasPrefix(text, "## Licence reconciliation\n\n"+test.opening) {
				t.Errorf("got:\n%s\nwant it to open with:\n%s", text, test.opening)
			}
		})
	}
}

func TestInputsThatWouldBillWrongly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   func(*reconcile.Input)
		argument billing.Argument
		text     string
	}{
		"a mapped account without counts": {func(i *reconcile.Input) { delete(i.Counts, "delta") }, billing.ArgumentLicenseCounts, `account "delta" is mapped`},
		"counts without a mapped account": {func(i *reconcile.Input) { delete(i.Companies, "2") }, billing.ArgumentCompanyMappings, `belong to no mapped account`},
		"a SKU in two services": {func(i *reconcile.Input) {
			i.Licenses["again"] = billing.LicenseMapping{Service: "Again", SKUs: []string{spbID}}
		}, billing.ArgumentLicenseMappings, "counts towards two services"},
		"a company of two accounts": {func(i *reconcile.Input) {
			i.Companies["3"] = reconcile.Company{AccountID: "gamma", CompanyID: 2}
		}, billing.ArgumentCompanyMappings, `company 2 is mapped twice, by the company mappings "2" and "3"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := workedEstate()
			test.change(&input)
			_, err := reconcile.Reconcile(input)
			var wrong *billing.InputError
			if !errors.As(err, &wrong) || wrong.Argument != test.argument || !strings.Contains(wrong.Text, test.text) {
				t.Errorf("got %v, want an error of argument %d with %q", err, test.argument, test.text)
			}
		})
	}
	input := workedEstate()
	input.Published = nil
	input.Companies["3"] = reconcile.Company{AccountID: "gamma", CompanyID: 2}
	review(t, input) // nothing is compared by company, so nothing is compared twice
}

// A number that Microsoft did not give is neither 0 nor -1 in the report, and no seat that nobody bills.
func TestUnknownNumbers(t *testing.T) {
	t.Parallel()
	result := review(t, reconcile.Input{
		Counts: map[string]map[string]reconcile.Count{"acme": {
			"SPB": seatsOf("", billing.Unknown, 3, "suspended_units"), "VISIOCLIENT": seatsOf("", 0, billing.Unknown, "trial"),
		}},
		Companies: map[string]reconcile.Company{"1": {AccountID: "acme"}},
	})
	if len(result.UnmappedSKUs) > 0 {
		t.Errorf("unmapped: %+v", result.UnmappedSKUs)
	}
	report := result.Markdown()
	for _, line := range []string{"| acme | SPB |  | unknown | 3 | suspended\\_units |", "| acme | VISIOCLIENT |  | 0 | unknown | trial |"} {
		if !strings.Contains(report, line) {
			t.Errorf("%q is missing:\n%s", line, report)
		}
	}
}

// A row is gated by every status that holds, not only by the one that it shows.
func TestGates(t *testing.T) {
	t.Parallel()
	result := review(t, workedEstate())
	for name, want := range map[string][]string{
		"differs":                {"acme, Phone: CloudRadial is 1 above Microsoft", "acme, Premium: PSA is 1 below Microsoft"},
		"missing_in_microsoft":   {"delta, Backup: no license mapping has the service; Gradient has no number", "omega, Premium: no company mapping has the account; Gradient has no number"},
		"missing_in_gradient":    {"delta, Backup: no license mapping has the service; Gradient has no number", "omega, Premium: no company mapping has the account; Gradient has no number"},
		"missing_in_psa":         {"gamma, Premium: Microsoft is unknown: no counts of gamma/b; PSA has no number"},
		"missing_in_cloudradial": nil,
		"unknown": {"beta, Premium: Microsoft is unknown: no counts of beta; Gradient is unknown (null)",
			"gamma, Premium: Microsoft is unknown: no counts of gamma/b; PSA has no number"},
		"not_compared":       nil,
		"unmapped_skus":      {"VISIOCLIENT (): 8 seats"},
		"unmapped_companies": {"Theta (8)", "Iota (9)"},
		"unmapped_accounts":  {"Beta BV (beta)", "Omega Inc (omega)"},
		"unreadable_tenants": {"beta", "gamma/b"},
		"flagged": {"acme/east, MCOEV: in_grace", "delta, TRIAL_ONLY: trial",
			"delta, VISIOCLIENT/" + visioID + ": overassigned, trial"},
	} {
		if gate := result.Gate(name); !slices.Equal(gate.Found, want) || gate.Unchecked != "" {
			t.Errorf("%s: got %q %s, want %q", name, gate.Found, gate.Unchecked, want)
		}
	}
	if got := len(reconcile.Gates()); got != 12+5 {
		t.Errorf("%d gates, want the 12 above and the 5 of the lines of the PSA", got)
	}
}

// A gate that nobody looked at must not pass.
func TestGatesThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	result := review(t, reconcile.Input{})
	for name, want := range map[string]string{
		"differs":                "no other system than Microsoft was asked",
		"missing_in_psa":         "psa_counts is not given",
		"missing_in_gradient":    "gradient_counts is not given",
		"missing_in_cloudradial": "asset_type is not given",
		"unmapped_companies":     "CloudRadial were not read",
		"unmapped_accounts":      "Gradient were not read",
	} {
		if gate := result.Gate(name); !strings.Contains(gate.Unchecked, want) {
			t.Errorf("%s: %q lacks %q", name, gate.Unchecked, want)
		}
	}
	for _, name := range []string{"missing_in_microsoft", "unknown", "not_compared"} {
		if gate := result.Gate(name); gate.Unchecked != "nothing was compared, because no system gave any number" {
			t.Errorf("%s: %+v", name, gate)
		}
	}
	for _, name := range []string{"unmapped_skus", "unreadable_tenants", "flagged"} {
		if gate := result.Gate(name); gate.Unchecked != "" || len(gate.Found) > 0 {
			t.Errorf("%s: %+v", name, gate)
		}
	}
}

// A list of tenants in a reason has at most three names.
func TestReasonsNameThreeTenants(t *testing.T) {
	t.Parallel()
	for tenants, want := range map[int]string{
		3: "Microsoft is unknown: no counts of acme/0, acme/1, acme/2",
		5: "Microsoft is unknown: no counts of acme/0, acme/1, acme/2 and 2 more",
	} {
		input := oneSeat(t, "10", "", "", "10", 0)
		input.Counts = map[string]map[string]reconcile.Count{}
		for i := range tenants {
			input.Counts[fmt.Sprintf("acme/%d", i)] = nil
		}
		expect(t, "rows", table(review(t, input).Rows), []string{"acme (acme) Premium: – – – 10, unknown, " + want})
	}
}

// The key of a SKU that shares its part number is PART/<skuId>. The finding has the part number and the id apart.
func TestUnmappedSKUsOfOnePartNumber(t *testing.T) {
	t.Parallel()
	input := reconcile.Input{
		Counts:    map[string]map[string]reconcile.Count{"acme": {"X/" + guidA: seatsOf(guidA, 1, 0), "X/" + guidB: seatsOf(guidB, 2, 0)}},
		Companies: map[string]reconcile.Company{"a": {AccountID: "acme"}},
	}
	expect(t, "unmapped SKUs", review(t, input).UnmappedSKUs, []reconcile.UnmappedSKU{
		{SKU: "X", SKUID: guidB, Purchased: 2, Tenants: map[string]int64{"acme": 2}},
		{SKU: "X", SKUID: guidA, Purchased: 1, Tenants: map[string]int64{"acme": 1}},
	})
}

// When every mapping has its company and a basis that CloudRadial holds, and every row its company, there is nothing to note.
func TestNotesSayNothingAboutNothing(t *testing.T) {
	t.Parallel()
	input := oneSeat(t, "10", "10", "10", "10", 0)
	input.PortalCompanies = []reconcile.PortalCompany{{ID: 7, Name: "Acme"}}
	if notes := review(t, input).Notes; len(notes) != 0 {
		t.Errorf("got %q, want none", notes)
	}
}

func largeEstate(companies, services int) reconcile.Input {
	input := reconcile.Input{
		Counts: map[string]map[string]reconcile.Count{}, Companies: map[string]reconcile.Company{},
		Licenses: map[string]billing.LicenseMapping{}, Published: map[int64][]reconcile.PublishedRow{},
		Gradient: reconcile.Numbers{}, PSA: reconcile.Numbers{},
	}
	for s := range services {
		part := fmt.Sprintf("SKU_%02d", s)
		input.Licenses[part] = billing.LicenseMapping{Service: "Service " + part, SKUs: []string{part}}
	}
	for c := range companies {
		account := fmt.Sprintf("customer-%04d", c)
		input.Companies[account] = reconcile.Company{AccountID: account, CompanyID: int64(c + 1), Name: fmt.Sprintf("Customer %d | <Sons> & `Co`", c)}
		input.Counts[account] = map[string]reconcile.Count{}
		input.Gradient[account], input.PSA[account] = map[string]*float64{}, map[string]*float64{}
		for s := range services {
			part := fmt.Sprintf("SKU_%02d", s)
			seats := int64(c%50 + s + 1)
			input.Counts[account][part] = seatsOf(fmt.Sprintf("%08d-0000-4000-8000-000000000000", s), seats, seats, "unknown_sku")
			input.Counts[account]["OTHER_"+part] = seatsOf("", seats, seats)
			input.Published[int64(c+1)] = append(input.Published[int64(c+1)], rowOf(part, held(float64(seats), float64(seats))))
			input.Gradient[account]["Service "+part] = of(float64(seats))
			input.PSA[account]["Service "+part] = of(float64(seats + int64(c%2)))
		}
	}
	return input
}

// agreeing is a large estate in which nothing is to be done.
func agreeing() reconcile.Input {
	input := largeEstate(500, 20)
	input.PSA = nil
	for _, tenant := range input.Counts {
		for key, count := range tenant {
			count.Flags = nil
			tenant[key] = count
			if strings.HasPrefix(key, "OTHER_") {
				delete(tenant, key)
			}
		}
	}
	return input
}

func BenchmarkReconcile500CompaniesBy20Services(b *testing.B) {
	input := largeEstate(500, 20)
	for b.Loop() {
		result, err := reconcile.Reconcile(input)
		if err != nil || len(result.Rows) != 10_000 {
			b.Fatal(len(result.Rows), err)
		}
		result.Markdown()
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

func read() microsoft.Result { return microsoft.Result{Licenses: &microsoft.Licenses{}} }

func unread(name string, cause microsoft.Cause) microsoft.Result {
	return microsoft.Result{Err: &microsoft.TenantError{Tenant: name, Cause: cause, Message: "tenant " + name + ": refused"}}
}

func consentAt(name string) string { return "https://consent.example/" + name }

func TestDiagnoseFailures(t *testing.T) {
	t.Parallel()
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", "c.example"}, {"empty", ""}, {"no365", shapes.NoTenant}}
	for _, test := range []struct {
		name    string
		a, b    microsoft.Result
		c       microsoft.Result
		skip    bool
		want    diag.Severity
		summary string
		texts   []string // in this order
	}{
		{name: "all read", a: read(), b: read(), c: read()},
		{name: "two causes in one error, each group once, consent with its address",
			a:    unread("a.example", microsoft.CauseTenant),
			b:    unread("b.example", microsoft.CauseConsent),
			c:    unread("c.example", microsoft.CauseConsent),
			want: diag.SeverityError, summary: "Licenses of 3 of 3 tenants cannot be read",
			texts: []string{"has no consent in the tenant", "- b: tenant b.example: refused https://consent.example/b.example",
				"- c: tenant c.example: refused https://consent.example/c.example", "does not exist in this cloud", "- a: tenant a.example: refused\n\n",
				`on_error = "skip"`}},
		{name: "skip makes it a warning",
			a: read(), b: unread("b.example", microsoft.CauseConsent), c: unread("c.example", microsoft.CauseUnavailable), skip: true,
			want: diag.SeverityWarning, summary: "Tenants skipped because they cannot be read: b and 1 more",
			texts: []string{"- b: ", "https://consent.example/b.example", "- c: ", "null: unknown, not zero"}},
		{name: "skip of one names it",
			a: read(), b: read(), c: unread("c.example", microsoft.CausePolicy), skip: true,
			want: diag.SeverityWarning, summary: "Tenants skipped because they cannot be read: c", texts: []string{"conditional access"}},
		{name: "skip does not cover our credential",
			a: read(), b: read(), c: unread("c.example", microsoft.CauseCredential), skip: true,
			want: diag.SeverityError, summary: "Licenses of 1 of 3 tenants cannot be read",
			texts: []string{"own credential", "What to check stands at the end of each line", "- c: ", "whatever on_error says"}},
		{name: "skip does not cover that none can be read",
			a:    unread("a.example", microsoft.CauseUnavailable),
			b:    unread("b.example", microsoft.CauseUnavailable),
			c:    unread("c.example", microsoft.CauseThrottled),
			skip: true, want: diag.SeverityError, summary: "Licenses of 3 of 3 tenants cannot be read",
			texts: []string{"No tenant could be read"}},
		{name: "a tenant of which nothing is known was not read",
			a: read(), b: read(), c: microsoft.Result{}, want: diag.SeverityError, texts: []string{"- c: ", "nothing was read"}},
		{name: "a cause that has no name here is told all the same",
			a: read(), b: read(), c: unread("c.example", "flood"), want: diag.SeverityError, texts: []string{"- c: tenant c.example: refused"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			results := map[string]microsoft.Result{"a.example": test.a, "b.example": test.b, "c.example": test.c}
			diags := diagnoseFailures(tenants, results, test.skip, consentAt)
			if test.want == diag.SeverityInvalid {
				if len(diags) != 0 {
					t.Fatalf("got %v, want nothing", diags)
				}
				return
			}
			if len(diags) != 1 || diags[0].Severity() != test.want {
				t.Fatalf("got %v, want one of severity %v", diags, test.want)
			}
			if test.summary != "" && diags[0].Summary() != test.summary {
				t.Errorf("summary %q, want %q", diags[0].Summary(), test.summary)
			}
			rest := diags[0].Detail()
			for _, text := range test.texts {
				_, after, found := strings.Cut(rest, text)
				if !found {
					t.Fatalf("the detail lacks %q, or has it too early:\n%s", text, diags[0].Detail())
				}
				rest = after
			}
			if strings.Contains(diags[0].Detail(), "empty") || strings.Contains(diags[0].Detail(), "no365") {
				t.Errorf("the detail names the key without tenant:\n%s", diags[0].Detail())
			}
		})
	}
}

func TestEveryCauseIsExplained(t *testing.T) {
	t.Parallel()
	for _, cause := range []microsoft.Cause{
		microsoft.CauseConsent, microsoft.CauseTenant, microsoft.CauseCredential, microsoft.CausePolicy, microsoft.CausePermission,
		microsoft.CauseThrottled, microsoft.CauseUnavailable, microsoft.CauseAnswer, causeTrials,
	} {
		if i := causeIndex(cause); causes[i].cause != cause {
			t.Errorf("%s has no explanation", cause)
		}
	}
}

// answered is a tenant with one SKU.
func answered(sku microsoft.SubscribedSKU, subscriptions ...microsoft.Subscription) microsoft.Result {
	for _, subscription := range subscriptions {
		sku.SubscriptionIDs = append(sku.SubscriptionIDs, subscription.ID)
	}
	return microsoft.Result{Licenses: &microsoft.Licenses{SKUs: []microsoft.SubscribedSKU{sku}, Subscriptions: subscriptions}}
}

func spb(enabled int32) microsoft.SubscribedSKU {
	none := int32(0)
	return microsoft.SubscribedSKU{SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", PartNumber: "SPB", Enabled: &enabled, Warning: &none, Consumed: &none}
}

func bought(seats int32, owner string) microsoft.Subscription {
	no := false
	return microsoft.Subscription{ID: "s-" + owner, SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Status: "Enabled", IsTrial: &no,
		TotalLicenses: &seats, OwnerTenantID: owner}
}

func expectDiagnostics(t *testing.T, diags diag.Diagnostics, want ...string) {
	t.Helper()
	var got []string
	for _, d := range diags {
		got = append(got, d.Severity().String()+": "+d.Summary())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func expectDetail(t *testing.T, diags diag.Diagnostics, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if len(diags) == 0 || !strings.Contains(diags[0].Detail(), text) {
			t.Errorf("%q is missing in %v", text, diags)
		}
	}
}

func TestSettleGaps(t *testing.T) {
	t.Parallel()
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", "c.example"}, {"d", "d.example"}, {"e", shapes.NoTenant}}
	refusal := &microsoft.TenantError{Tenant: "b.example", Cause: microsoft.CausePermission, Message: "tenant b.example: 403"}
	readAll := func(partners ...string) *reading {
		refused := answered(spb(5))
		refused.Licenses.SubscriptionsErr = refusal
		return count(tenants, map[string]microsoft.Result{
			"a.example": answered(spb(5)), "b.example": refused, "c.example": answered(spb(5), bought(5, "x")), "d.example": unread("d.example", microsoft.CauseTenant),
		}, billing.CountOptions{PartnerTenantIDs: partners})
	}
	for name, test := range map[string]struct {
		r           *reading
		countTrials bool
		held        bool
	}{
		"error":                {readAll(), false, true},
		"count":                {readAll(), true, false},
		"count, with partners": {readAll("x"), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := test.r.settleGaps(test.countTrials)
			if !test.held {
				expectDiagnostics(t, diags, "Warning: Trials count as paid: a and 1 more")
				expectDetail(t, diags, `- a (a.example): SPB: it has seats, but names no subscription`, "- b: tenant b.example: 403", "trial_unknown")
				if test.r.results["a.example"].Err != nil || len(test.r.counted) != 3 {
					t.Errorf("results %v, counted %v", test.r.results, test.r.counted)
				}
				return
			}
			expectDiagnostics(t, diags)
			if len(test.r.counted) != 1 || test.r.results["c.example"].Err != nil {
				t.Errorf("counted %v, want c.example", test.r.counted)
			}
			for name, text := range map[string]string{"a.example": `tenant "a.example": SPB: it has seats, but names no subscription`, "b.example": refusal.Message} {
				if err := test.r.results[name].Err; err == nil || err.Cause != causeTrials || err.Message != text {
					t.Errorf("%s: %v", name, err)
				}
			}
			failures := diagnoseFailures(tenants, test.r.results, false, consentAt)
			expectDetail(t, failures, `on_trials_unknown = "count"`, "- b: tenant b.example: 403 https://consent.example/b.example")
			if strings.Contains(failures[0].Detail(), "consent.example/a.example") {
				t.Errorf("consent does not help a.example:\n%s", failures[0].Detail())
			}
		})
	}
}

func TestDescribeGaps(t *testing.T) {
	t.Parallel()
	gaps := []billing.Gap{{Key: "A", Reason: "no"}, {Key: "B"}, {Key: "C"}}
	if got := describeGaps(gaps[:1]); got != "A: no" {
		t.Error(got)
	}
	if got := describeGaps(gaps); got != "A: no (and 2 more SKUs)" {
		t.Error(got)
	}
}

func TestDiagnoseNoSKUs(t *testing.T) {
	t.Parallel()
	free := microsoft.SubscribedSKU{SKUID: "f30db892-07e9-47e9-837c-80727f46fd3d", PartNumber: "FLOW_FREE"}
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", ""}, {"d", shapes.NoTenant}, {"e", "e.example"}}
	for name, test := range map[string]struct {
		a, b microsoft.Result
		want []string
	}{
		"seats":                      {answered(spb(5), bought(5, "x")), answered(free), nil},
		"one without any SKU":        {read(), answered(spb(5), bought(5, "x")), []string{"Warning: Tenants without any SKU: a"}},
		"all without any SKU":        {read(), read(), []string{"Warning: Tenants without any SKU: a and 1 more"}},
		"no seat that counts":        {answered(free), answered(spb(0)), []string{"Warning: No tenant has a seat that counts"}},
		"neither":                    {read(), answered(free), []string{"Warning: Tenants without any SKU: a", "Warning: No tenant has a seat that counts"}},
		"a number that is not given": {read(), answered(microsoft.SubscribedSKU{SKUID: "x"}), []string{"Warning: Tenants without any SKU: a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := count(tenants, map[string]microsoft.Result{"a.example": test.a, "b.example": test.b, "e.example": unread("e.example", microsoft.CauseTenant)},
				billing.CountOptions{})
			diags := r.diagnoseNoSKUs()
			expectDiagnostics(t, diags, test.want...)
			if len(test.want) > 0 && strings.Contains(test.want[0], "any SKU") {
				expectDetail(t, diags, "- a (a.example)", "the word none", "unknown, not zero")
			}
		})
	}
}

func TestDiagnoseOwners(t *testing.T) {
	t.Parallel()
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", "c.example"}}
	results := map[string]microsoft.Result{
		"a.example": answered(spb(15), bought(10, "one"), bought(5, "two")),
		"b.example": answered(spb(8), bought(7, "two"), bought(1, "")),
		"c.example": answered(spb(0)),
	}
	for name, test := range map[string]struct {
		partners []string
		want     []string
		texts    []string
	}{
		"every owner counts":   {nil, nil, nil},
		"each tenant has some": {[]string{"two"}, nil, nil},
		"one tenant has none": {[]string{"one", "other"}, []string{"Warning: All seats belong to other owners: b"},
			[]string{"- b (b.example): 8 seats", "owners"}},
		"no tenant has any": {[]string{"other"}, []string{"Error: partner_tenant_ids own no seat"},
			[]string{"- no owner (bought directly): 1 seat in 1 tenant", "- one: 10 seats in 1 tenant", "- two: 12 seats in 2 tenants"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := count(tenants, maps.Clone(results), billing.CountOptions{PartnerTenantIDs: test.partners})
			diags := r.diagnoseOwners()
			expectDiagnostics(t, diags, test.want...)
			if test.want != nil {
				expectDetail(t, diags, test.texts...)
			}
			want := map[string]owner{"": {1, 1, test.partners == nil}, "one": {10, 1, r.counts("one")}, "two": {12, 2, r.counts("two")}}
			if got := r.owners(); !reflect.DeepEqual(got, want) {
				t.Errorf("owners %v, want %v", got, want)
			}
		})
	}
	r := count(tenants[2:], results, billing.CountOptions{PartnerTenantIDs: []string{"other"}})
	r.counted = map[string]billing.TenantCounts{"c.example": r.counted["c.example"]}
	expectDiagnostics(t, r.diagnoseOwners()) // no seat has an owner
}

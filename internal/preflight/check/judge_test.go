// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/markdown"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// judged is the result of one judgement.
func judged(judge func(*findings)) Result {
	found := newFindings(systemGradient)
	judge(found)
	return merge([]*findings{found})
}

// expectOnly fails the test unless the result has exactly one problem, of that severity and subject, with the texts.
func expectOnly(t *testing.T, result Result, severity Severity, subject string, texts ...string) {
	t.Helper()
	expectProblem(t, result, severity, subject, texts...)
	if len(result.Problems) != 1 {
		t.Errorf("%d problems, want 1: %+v", len(result.Problems), result.Problems)
	}
}

func accountsOf(mapped ...bool) []gradient.Account {
	var accounts []gradient.Account
	for _, is := range mapped {
		accounts = append(accounts, gradient.Account{ID: "a", Name: "A", IsMapped: &is})
	}
	return accounts
}

func TestJudgeGradient(t *testing.T) {
	t.Parallel()
	active := gradient.Integration{Status: gradient.StatusActive}
	for name, test := range map[string]struct {
		answers  *gradientAnswers
		severity Severity
		subject  string
		texts    []string
	}{
		"inactive":        {&gradientAnswers{integration: gradient.Integration{Status: gradient.StatusInactive}}, Notice, "integration", []string{"inactive"}},
		"another status":  {&gradientAnswers{integration: gradient.Integration{Status: "error"}}, Warning, "integration", []string{`the status "error"`}},
		"some not mapped": {&gradientAnswers{integration: active, accounts: accountsOf(true, false, true)}, Notice, "accounts", []string{"1 of 3 accounts"}},
		"none mapped and active": {&gradientAnswers{integration: active, accounts: accountsOf(false, false)}, Warning, "accounts",
			[]string{"no account is mapped, although the integration is active"}},
		"the same service twice": {&gradientAnswers{integration: active, services: []gradient.Service{{Name: "E3"}, {Name: "E5"}, {Name: "E3"}}}, Warning, "E3",
			[]string{`2 services named "E3"`}},
		"a service with a space": {&gradientAnswers{integration: active, services: []gradient.Service{{Name: "E3\u00a0"}}}, Warning, "E3\u00a0", []string{`"E3" has white space`}},
		"keys of a published vendor": {&gradientAnswers{integration: active, raw: &gradientFields{integrationType: "published"}}, Warning, vendorKeySetting,
			[]string{`"published"`, "Custom integration"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.answers.raw == nil {
				test.answers.raw = &gradientFields{}
			}
			expectOnly(t, judged(test.answers.judge), test.severity, test.subject, test.texts...)
		})
	}
	if result := judged((&gradientAnswers{integration: active, accounts: accountsOf(true), raw: &gradientFields{}}).judge); len(result.Problems) > 0 {
		t.Errorf("problems without a reason: %+v", result.Problems)
	}
}

func TestJudgeSight(t *testing.T) {
	t.Parallel()
	acme := cloudradial.Company{ID: 7, Name: "Acme"}
	see := func(companies ...cloudradial.Company) Result {
		return judged(func(f *findings) { judgeSight(companies, nil, f) })
	}
	expectOnly(t, see(acme), Warning, "companies", "one company only", `"Acme" (company_id 7)`)
	expectOnly(t, see(), Warning, "companies", "no company")
	if result := see(acme, cloudradial.Company{ID: 8}); len(result.Problems) > 0 {
		t.Errorf("problems without a reason: %+v", result.Problems)
	}
}

const (
	spb  = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
	flow = "f30db892-07e9-47e9-837c-80727f46fd3d"
	ours = "99999999-0000-4000-8000-00000000000a"
)

// held is a tenant with one purchase.
func held(skuID string, seats int32, owner string, change ...func(*microsoft.Licenses)) microsoft.Result {
	trial := false
	licenses := &microsoft.Licenses{
		TenantID:      "tenant of " + owner,
		SKUs:          []microsoft.SubscribedSKU{{SKUID: skuID, PartNumber: "PART", Enabled: &seats, SubscriptionIDs: []string{"s"}}},
		Subscriptions: []microsoft.Subscription{{ID: "s", SKUID: skuID, Status: "Enabled", TotalLicenses: &seats, OwnerTenantID: owner, IsTrial: &trial, CommerceID: "c"}},
	}
	for _, c := range change {
		c(licenses)
	}
	return microsoft.Result{Licenses: licenses}
}

func refused(cause microsoft.Cause) microsoft.Result {
	return microsoft.Result{Err: &microsoft.TenantError{Tenant: "x.example", Cause: cause, Message: `tenant "x.example": could not sign in (trace id 123)`}}
}

func TestJudgeLicenses(t *testing.T) {
	t.Parallel()
	subscription := func(change func(*microsoft.Subscription)) func(*microsoft.Licenses) {
		return func(l *microsoft.Licenses) { change(&l.Subscriptions[0]) }
	}
	for name, test := range map[string]struct {
		results  map[string]microsoft.Result
		partners []string
		severity Severity
		subject  string
		texts    []string
	}{
		"partners that own nothing": {map[string]microsoft.Result{"a": held(spb, 5, "other")}, []string{ours}, Error, partnersSetting,
			[]string{"own no seat of any tenant", "Other owns 5 seats in 1 tenant"}},
		"a tenant of which they own nothing": {map[string]microsoft.Result{"a": held(spb, 5, ours), "b": held(spb, 3, "other")}, []string{ours}, Warning, "b",
			[]string{"no seat of the tenant of b"}},
		"one of them owns nothing": {map[string]microsoft.Result{"a": held(spb, 5, ours)}, []string{ours, "z"}, Notice, partnersSetting, []string{"z owns no seat"}},
		"several owners": {map[string]microsoft.Result{"a": held(spb, 5, ours), "b": held(spb, 3, "")}, nil, Notice, partnersSetting,
			[]string{"2 owners", "Nobody owns 3 seats"}},
		"a list that is not whole": {map[string]microsoft.Result{"a": held(spb, 5, ours, func(l *microsoft.Licenses) { l.Subscriptions = nil })}, nil, Error, "a",
			[]string{"not whole", "PART: the list of subscriptions lacks", "on_trials_unknown"}},
		"a list that is denied": {map[string]microsoft.Result{"a": held(spb, 5, ours, func(l *microsoft.Licenses) {
			l.Subscriptions, l.SubscriptionsErr = nil, refused(microsoft.CausePermission).Err
		})}, nil, Error, "a", []string{"subscriptions of the tenant of a cannot be read", "Organization.Read.All", "consent at x.example"}},
		"no SKU": {map[string]microsoft.Result{"a": {Licenses: &microsoft.Licenses{TenantID: "t"}}}, nil, Warning, "a", []string{"lists no SKU", "none"}},
		"one tenant twice": {map[string]microsoft.Result{"a": held(spb, 5, ours), "b": held(spb, 5, ours)}, nil, Error, "b",
			[]string{"a and b are the same tenant"}},
		"paid that looks free": {map[string]microsoft.Result{"a": held(spb, 5, ours, subscription(func(s *microsoft.Subscription) { s.CommerceID = strings.ToUpper(spb) }))},
			nil, Warning, "SPB", []string{"hints that it is free", "exclude_skus"}},
		"free that looks paid": {map[string]microsoft.Result{"a": held(flow, 10000, ours)}, nil, Notice, "FLOW_FREE", []string{"left out as free", "include_free"}},
		"no consent": {map[string]microsoft.Result{"a": refused(microsoft.CauseConsent)}, nil, Error, "a",
			[]string{"cannot be read", `Tenant "x.example": could not sign in.`, "consent at x.example"}},
		"a policy":             {map[string]microsoft.Result{"a": refused(microsoft.CausePolicy)}, nil, Error, "a", []string{"must exempt it"}},
		"a refused credential": {map[string]microsoft.Result{"a": refused(microsoft.CauseCredential), "b": refused(microsoft.CauseCredential)}, nil, Error, "microsoft", []string{"2 tenants", "client secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := &licenseAnswers{results: test.results, consentURL: func(tenant string) string { return "consent at " + tenant }}
			for key := range test.results {
				answers.request.Tenants = append(answers.request.Tenants, Tenant{key, key})
			}
			slices.SortFunc(answers.request.Tenants, func(a, b Tenant) int { return strings.Compare(a.Key, b.Key) })
			answers.request.PartnerTenantIDs = test.partners
			expectOnly(t, judged(answers.judge), test.severity, test.subject, test.texts...)
		})
	}
	expectOnly(t, judged((&licenseAnswers{}).judge), Error, "tenants", "no tenant is given")
	whole := &licenseAnswers{request: Request{Tenants: []Tenant{{"a", "a"}}, PartnerTenantIDs: []string{ours}}, results: map[string]microsoft.Result{"a": held(spb, 5, ours)}}
	if result := judged(whole.judge); len(result.Problems) > 0 {
		t.Errorf("problems without a reason: %+v", result.Problems)
	}
}

func TestEveryCauseHasACure(t *testing.T) {
	t.Parallel()
	for _, cause := range []microsoft.Cause{microsoft.CauseConsent, microsoft.CauseTenant, microsoft.CauseCredential, microsoft.CausePolicy,
		microsoft.CausePermission, microsoft.CauseThrottled, microsoft.CauseUnavailable, microsoft.CauseAnswer} {
		if cures[cause] == "" {
			t.Errorf("%s has none", cause)
		}
	}
}

// Two reads are the same in any order, and differ in any number.
func TestSameLists(t *testing.T) {
	t.Parallel()
	read := func(seats ...int32) *microsoft.Licenses {
		l := &microsoft.Licenses{}
		for i := range seats {
			l.SKUs = append(l.SKUs, microsoft.SubscribedSKU{SKUID: string('a' + seats[i]), Enabled: &seats[i]})
		}
		return l
	}
	if !sameLists(read(1, 2), read(2, 1)) || sameLists(read(1, 2), read(1, 3)) || sameLists(read(1, 2), read(1)) {
		t.Error("the comparison of two reads is wrong")
	}
}

// network sees the smallest difference of the clocks, proxies on the way, and pages in the place of answers.
func TestNetwork(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	got := func(path string, status int, body string, header ...string) answer {
		a := answer{method: http.MethodGet, url: &url.URL{Path: path}, status: status, header: http.Header{}, body: []byte(body), received: now}
		for i := 0; i < len(header); i += 2 {
			a.header.Set(header[i], header[i+1])
		}
		return a
	}
	air := &network{}
	air.look(systemGradient, got("/organization", 200, "{}", "Date", now.Add(10*time.Minute).Format(http.TimeFormat), "Server", "edge", "X-Ratelimit", "9"))
	air.look(systemCloudRadial, got("/v2/odata/company", 200, "{}", "Date", now.Add(time.Hour).Format(http.TimeFormat))) // from a cache
	air.look(systemCloudRadial, got("/v2/odata/company", 200, "{}", "Date", now.Format(http.TimeFormat), "Via", "1.1 box"))
	air.look(systemMicrosoft, got("/v1.0/subscribedSkus", 200, "<html><title>Sign in</title></html>"))
	air.look(systemMicrosoft, got("/t/oauth2/v2.0/token", 429, "{}", "Retry-After", "0.5"))
	found := newFindings(systemMachine)
	air.judge(found)
	result := merge([]*findings{found})
	expectProblem(t, result, Warning, "clock", "behind that of Gradient", "10 minutes", "NTP")
	expectProblem(t, result, Notice, systemCloudRadial, "a proxy answers on the way to CloudRadial", "1.1 box")
	expectProblem(t, result, Error, partGraph, "a page came in place of the answer of Microsoft Graph", "200")
	if len(result.Problems) != 3 {
		t.Errorf("%d problems: %+v", len(result.Problems), result.Problems)
	}
	for name, want := range map[string]string{
		"clock": "ahead", "proxy-page": "graph-200", "gradient-server": "edge", "gradient-headers": "X-Ratelimit", "sign-in-throttle": "fraction",
		"gradient-throttle": "never", "graph-throttle": "not seen: it did not answer",
	} {
		if result.Facts[name] != want {
			t.Errorf("%s is %q, want %q", name, result.Facts[name], want)
		}
	}
}

func TestIDsAreLeftOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`answered 401: "no" (request id abc-1, 5 attempts)`:       `answered 401: "no"`,
		`invalid_grant: AADSTS65001 (trace id 11-22); consent`:    `invalid_grant: AADSTS65001; consent`,
		"It answered 503.\nThe request was sent 5 times.":         "It answered 503.",
		`"Fairhaven (stores)" has 3 attempts at a name (2 tries)`: `"Fairhaven (stores)" has 3 attempts at a name (2 tries)`,
	} {
		if got := withoutIDs(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Names from outside cannot become Markdown, and a report of many problems is cut with the worst at the top.
func TestReportIsSafeAndFits(t *testing.T) {
	t.Parallel()
	hostile := "a|b\n::error::x <img src=x> [l](http://evil) `c` @team \u202egnp"
	found := newFindings(systemGradient)
	found.summary = hostile
	found.fact("name", hostile)
	for range 400 {
		found.add(Notice, hostile, "the name "+hostile, strings.Repeat("detail ", 60)+hostile, hostile)
	}
	found.add(Error, "the worst", "it stops", "why", "what to do")
	text := merge([]*findings{found, newFindings(systemCloudRadial), newFindings(systemMicrosoft)}).Markdown()
	if len(text) > markdown.Limit {
		t.Errorf("%d bytes", len(text))
	}
	for _, bad := range []string{"<img", " [l](", "\n::error", "\u202e", "@team", "`c`"} {
		if strings.Contains(text, bad) {
			t.Errorf("the report has %q", bad)
		}
	}
	worst, first := strings.Index(text, "the worst"), strings.Index(text, "**Notice**")
	if worst < 0 || worst > first || !strings.Contains(text, "more are left out") || !strings.Contains(text, "**Not ready: 1 problem stops a license sync.**") {
		t.Errorf("the worst is at %d, the first notice at %d:\n%s", worst, first, text[:2000])
	}
}

// What is named in an issue is a fact only where the sandbox has that value.
func TestSandboxFlags(t *testing.T) {
	t.Parallel()
	result := Result{Facts: map[string]string{"page-rows": "37", "graph-top": "refused", "gradient-status": "active", "clock": "not seen: x", "count-option": "total"}}
	if got, want := result.SandboxFlags(), "-switch count-option=total -switch graph-top=refused"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTrimmedSettings(t *testing.T) {
	t.Parallel()
	expectOnly(t, judged(func(f *findings) { judgeTrimmed([]string{"private_key"}, f) }), Notice, "private_key", "white space", "Another program")
}

package counts

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

func read() microsoft.Result { return microsoft.Result{Licenses: &microsoft.Licenses{}} }

func unread(name string, cause microsoft.Cause) microsoft.Result {
	return microsoft.Result{Err: &microsoft.TenantError{Tenant: name, Cause: cause, Message: "tenant " + name + ": refused"}}
}

func consentAt(name string) string { return "https://consent.example/" + name }

func TestDiagnoseFailures(t *testing.T) {
	t.Parallel()
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", "c.example"}, {"none", ""}}
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
			texts: []string{"has no consent in the tenant", "- b: tenant b.example: refused\n    https://consent.example/b.example",
				"- c: tenant c.example: refused\n    https://consent.example/c.example", "does not exist in this cloud", "- a: tenant a.example: refused\n\n",
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
			texts: []string{"own credential", "ARM_CLIENT_SECRET", "- c: ", "whatever on_error says"}},
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
			if strings.Contains(diags[0].Detail(), "none") {
				t.Errorf("the detail names the key without tenant:\n%s", diags[0].Detail())
			}
		})
	}
}

func TestEveryCauseIsExplained(t *testing.T) {
	t.Parallel()
	for _, cause := range []microsoft.Cause{
		microsoft.CauseConsent, microsoft.CauseTenant, microsoft.CauseCredential, microsoft.CausePolicy, microsoft.CausePermission,
		microsoft.CauseThrottled, microsoft.CauseUnavailable, microsoft.CauseAnswer,
	} {
		if i := causeIndex(cause); causes[i].cause != cause {
			t.Errorf("%s has no explanation", cause)
		}
	}
}

func TestDiagnoseSubscriptions(t *testing.T) {
	t.Parallel()
	tenants := []tenant{{"a", "a.example"}, {"b", "b.example"}, {"c", "c.example"}, {"d", "d.example"}}
	denied := microsoft.Result{Licenses: &microsoft.Licenses{SubscriptionsDenied: true}}
	results := map[string]microsoft.Result{"a.example": denied, "b.example": read(), "c.example": denied, "d.example": unread("d.example", microsoft.CauseTenant)}
	diags := diagnoseSubscriptions(tenants, results, true)
	if len(diags) != 1 || diags[0].Severity() != diag.SeverityWarning {
		t.Fatalf("got %v, want one warning", diags)
	}
	for _, text := range []string{"- a (a.example)\n  - c (c.example)", "Organization.Read.All", "trial_unknown", "partner_tenant_ids has no effect"} {
		if !strings.Contains(diags[0].Detail(), text) {
			t.Errorf("the warning lacks %q:\n%s", text, diags[0].Detail())
		}
	}
	if diags[0].Summary() != "Trials cannot be told apart: a and 1 more" {
		t.Errorf("summary %q", diags[0].Summary())
	}
	diags = diagnoseSubscriptions(tenants, results, false)
	if len(diags) != 1 || strings.Contains(diags[0].Detail(), "partner_tenant_ids") {
		t.Errorf("got %v, want one warning that says nothing of partner_tenant_ids", diags)
	}
	if diags = diagnoseSubscriptions(tenants[1:2], results, true); len(diags) != 0 {
		t.Errorf("got %v for a tenant that was read whole", diags)
	}
}

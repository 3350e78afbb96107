package counts

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var tenantsPath = path.Root("tenants")

// causes says for each cause what is wrong and what to do. The one that affects all tenants comes first, and the last one stands
// for every cause that is not listed. microsoft.md §3.4 has the errors behind them.
var causes = []struct {
	cause microsoft.Cause
	text  string
}{
	{microsoft.CauseCredential, "Microsoft rejects the provider's own credential, which affects every tenant. Check microsoft.client_id and the client " +
		"secret, certificate or OIDC token (environment variables ARM_CLIENT_ID, ARM_CLIENT_SECRET, …). A secret may have expired."},
	{microsoft.CauseConsent, "The application has no consent in the tenant, or it is disabled there. An administrator of the tenant can consent at " +
		"this address:"},
	{microsoft.CausePermission, "Microsoft Graph denies the read. Grant the application the permission Organization.Read.All, then have an " +
		"administrator of the tenant consent to it at this address:"},
	{microsoft.CauseTenant, "The tenant does not exist in this cloud. Check the id or domain. If the tenant is in another cloud, for example GCC High, " +
		"set microsoft.environment (environment variable ARM_ENVIRONMENT):"},
	{microsoft.CausePolicy, "A conditional access policy of the tenant blocks the application. The tenant's administrator must exempt it:"},
	{microsoft.CauseThrottled, "Microsoft kept rate-limiting the provider even after the requested waits. Try again later, or lower " +
		"microsoft.max_concurrent_tenants:"},
	{microsoft.CauseUnavailable, "Microsoft could not be reached or failed. This is usually temporary. Try again later:"},
	{microsoft.CauseAnswer, "The answer is not valid. If there is a proxy between this machine and Microsoft, check it:"},
}

// diagnoseFailures reports the tenants that could not be read: in one error or, when they may be skipped, in one warning.
func diagnoseFailures(tenants []tenant, results map[string]microsoft.Result, skip bool, consentURL func(string) string) diag.Diagnostics {
	asked := 0
	credential := false
	var failed []tenant
	for _, t := range tenants {
		if t.name == "" {
			continue
		}
		asked++
		if err := failureOf(t, results); err != nil {
			failed = append(failed, t)
			credential = credential || err.Cause == microsoft.CauseCredential
		}
	}
	if len(failed) == 0 {
		return nil
	}
	report := listByCause(failed, results, consentURL)
	switch {
	case credential:
		report += "\n\nThis is an error whatever on_error says, because it affects every tenant."
	case !skip:
		report += "\n\nThe counts of a tenant that cannot be read are unknown, not zero. To continue without these tenants, set on_error = \"skip\": " +
			"their counts are then null, and the counts that were pushed for them before stay."
	case len(failed) == asked:
		report += "\n\nNo tenant could be read. This is an error whatever on_error says, because the cause is probably not in the tenants."
	default:
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(tenantsPath, summary("Tenants skipped because they cannot be read", failed),
			report+"\n\nTheir counts are null: unknown, not zero. The counts that were pushed for them before stay.")}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(tenantsPath,
		fmt.Sprintf("Licenses of %d of %d tenants cannot be read", len(failed), asked), report)}
}

// failureOf returns why a tenant could not be read, or nil. A tenant without a result was not read.
func failureOf(t tenant, results map[string]microsoft.Result) *microsoft.TenantError {
	result := results[t.name]
	if result.Err == nil && result.Licenses == nil {
		return &microsoft.TenantError{Tenant: t.name, Cause: microsoft.CauseAnswer, Message: "nothing was read"}
	}
	return result.Err
}

// listByCause lists the failures under their causes.
func listByCause(failed []tenant, results map[string]microsoft.Result, consentURL func(string) string) string {
	lines := make([][]string, len(causes))
	for _, t := range failed {
		err := failureOf(t, results)
		line := fmt.Sprintf("%s: %s", t.key, err.Message)
		if url := consentURL(t.name); url != "" && consentHelps(err) {
			line += "\n    " + url
		}
		i := causeIndex(err.Cause)
		lines[i] = append(lines[i], line)
	}
	var groups []string
	for i, cause := range causes {
		if len(lines[i]) > 0 {
			groups = append(groups, cause.text+"\n"+tfdiag.List(lines[i]))
		}
	}
	return strings.Join(groups, "\n\n")
}

func causeIndex(cause microsoft.Cause) int {
	for i, known := range causes {
		if known.cause == cause {
			return i
		}
	}
	return len(causes) - 1
}

// consentHelps reports whether an administrator of the tenant can solve the problem by consenting.
func consentHelps(err *microsoft.TenantError) bool {
	return err.Cause == microsoft.CauseConsent || err.Cause == microsoft.CausePermission
}

// skipReason returns in one line why a tenant is skipped.
func skipReason(t tenant, results map[string]microsoft.Result, consentURL func(string) string) string {
	err := failureOf(t, results)
	if url := consentURL(t.name); url != "" && consentHelps(err) {
		return err.Message + "; an administrator can consent at " + url
	}
	return err.Message
}

// diagnoseSubscriptions warns about tenants whose seats can be read but whose subscriptions cannot (microsoft.md §1.4).
func diagnoseSubscriptions(tenants []tenant, results map[string]microsoft.Result, partnersGiven bool) diag.Diagnostics {
	var denied []tenant
	var names []string
	for _, t := range tenants {
		if licenses := results[t.name].Licenses; licenses != nil && licenses.SubscriptionsDenied {
			denied = append(denied, t)
			names = append(names, fmt.Sprintf("%s (%s)", t.key, t.name))
		}
	}
	if len(denied) == 0 {
		return nil
	}
	effect := "Trials cannot be told apart there, so their seats count as purchased."
	if partnersGiven {
		effect += " partner_tenant_ids has no effect there."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(tenantsPath, summary("Trials cannot be told apart", denied),
		"The application may read the seats of these tenants, but not their subscriptions. "+effect+" All their counts have the flag trial_unknown. "+
			"Grant the application the permission Organization.Read.All, and have an administrator of each tenant consent to it:\n"+tfdiag.List(names))}
}

// diagnoseDuplicates reports keys that stand for the same tenant, which would bill its seats twice. identity returns an empty text
// for a tenant that it cannot identify. Two names, for example an id and a domain, may turn out to be one tenant only when it is
// read.
func diagnoseDuplicates(tenants []tenant, identity func(tenant) string) diag.Diagnostics {
	var diags diag.Diagnostics
	first := map[string]tenant{}
	for _, t := range tenants {
		id := identity(t)
		if id == "" {
			continue
		}
		if other, duplicate := first[id]; duplicate {
			diags.Append(sameTenant(t, other))
			continue
		}
		first[id] = t
	}
	return diags
}

func sameTenant(t, other tenant) diag.Diagnostic {
	name := t.name
	if other.name != t.name {
		name = fmt.Sprintf("%s, alias %s", other.name, t.name)
	}
	detail := fmt.Sprintf("tenants[%q] and tenants[%q] are the same tenant (%s), so its seats would be billed twice. Keep it under one key.",
		other.key, t.key, name)
	if billing.AccountOf(t.key) != billing.AccountOf(other.key) {
		detail += fmt.Sprintf(" If two accounts share the tenant, give the second account its own seats, if it has any, in the argument of the "+
			"function:\n\n"+
			"    provider::cloudradial::unit_counts(\n"+
			"      merge(data.cloudradial_license_counts.….counts, { %q = {} }),\n"+
			"      …", t.key)
	}
	return diag.NewAttributeErrorDiagnostic(tenantsPath.AtMapKey(t.key), "Tenant under two keys", detail)
}

// summary names the first tenant, because the CLI folds warnings with the same summary into one.
func summary(text string, tenants []tenant) string {
	if len(tenants) == 1 {
		return fmt.Sprintf("%s: %s", text, tenants[0].key)
	}
	return fmt.Sprintf("%s: %s and %d more", text, tenants[0].key, len(tenants)-1)
}

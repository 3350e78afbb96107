package counts

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// causes are what may be wrong with tenants, the one that concerns them all first, and what somebody can do about it.
var causes = []struct {
	cause microsoft.Cause
	text  string
}{
	{microsoft.CauseCredential, "Microsoft refuses our own credential, which concerns every tenant. Check microsoft.client_id and the secret, " +
		"certificate or OIDC token beside it (environment variables ARM_CLIENT_ID, ARM_CLIENT_SECRET, …): a secret may have expired."},
	{microsoft.CauseConsent, "The application has no consent in the tenant, or is disabled there. An administrator of the tenant consents at the address:"},
	{microsoft.CausePermission, "Microsoft Graph refuses the read. Give the application the permission Organization.Read.All, and have an " +
		"administrator of the tenant consent to it at the address:"},
	{microsoft.CauseTenant, "No such tenant in this cloud. Check the id or domain, and microsoft.environment (environment variable " +
		"ARM_ENVIRONMENT) if the tenant is in another one, for example GCC High:"},
	{microsoft.CausePolicy, "A conditional access policy of the tenant keeps the application out. Its administrator has to exempt it:"},
	{microsoft.CauseThrottled, "Microsoft was asked too often, also after the waits that it wanted. Try again later, or lower " +
		"microsoft.max_concurrent_tenants:"},
	{microsoft.CauseUnavailable, "Microsoft could not be reached or had trouble. This usually passes, try again later:"},
	{microsoft.CauseAnswer, "The answer cannot be understood. If a proxy stands in between, check what it does:"},
}

// judge says what the failures mean: one error about all of them or, when they may be skipped, one warning.
func judge(tenants []tenant, results map[string]microsoft.Result, skip bool, consentURL func(string) string) diag.Diagnostics {
	asked := 0
	credential := false
	var failed []tenant
	for _, t := range tenants {
		if t.name == "" {
			continue
		}
		asked++
		if err := failure(t, results); err != nil {
			failed = append(failed, t)
			credential = credential || err.Cause == microsoft.CauseCredential
		}
	}
	if len(failed) == 0 {
		return nil
	}
	report := describe(failed, results, consentURL)
	tenantsPath := path.Root("tenants")
	switch {
	case credential:
		report += "\n\nThis is an error whatever on_error says, for it is no tenant's fault."
	case !skip:
		report += "\n\nA tenant that cannot be read is unknown, not zero. To go on without it set on_error = \"skip\": its counts are then null, " +
			"and what was pushed for it before stays."
	case len(failed) == asked:
		report += "\n\nNo tenant could be read, and that is an error whatever on_error says: the cause is likely to be on our side."
	default:
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(tenantsPath, summary("Skipped, for they cannot be read", failed),
			report+"\n\nTheir counts are null: unknown, not zero. What was pushed for them before stays.")}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(tenantsPath,
		fmt.Sprintf("Licences of %d of %d tenants cannot be read", len(failed), asked), report)}
}

// failure is why a tenant could not be read, or nil. A tenant that the client says nothing about was not read.
func failure(t tenant, results map[string]microsoft.Result) *microsoft.TenantError {
	result := results[t.name]
	if result.Err == nil && result.Licenses == nil {
		return &microsoft.TenantError{Tenant: t.name, Cause: microsoft.CauseAnswer, Message: "nothing was read"}
	}
	return result.Err
}

// describe lists the failures by cause, with key and tenant of each.
func describe(failed []tenant, results map[string]microsoft.Result, consentURL func(string) string) string {
	lines := make([][]string, len(causes))
	for _, t := range failed {
		err := failure(t, results)
		line := fmt.Sprintf("  - %s: %s", t.key, err.Message)
		if url := consentURL(t.name); url != "" && curable(err) {
			line += "\n    " + url
		}
		i := causeIndex(err.Cause)
		lines[i] = append(lines[i], line)
	}
	var groups []string
	for i, cause := range causes {
		if len(lines[i]) > 0 {
			groups = append(groups, cause.text+"\n"+strings.Join(lines[i], "\n"))
		}
	}
	return strings.Join(groups, "\n\n")
}

// causeIndex finds a cause in causes; one that is not in it is as good as an answer that cannot be understood.
func causeIndex(cause microsoft.Cause) int {
	for i, known := range causes {
		if known.cause == cause {
			return i
		}
	}
	return len(causes) - 1
}

// curable tells whether an administrator of the tenant can help by consenting.
func curable(err *microsoft.TenantError) bool {
	return err.Cause == microsoft.CauseConsent || err.Cause == microsoft.CausePermission
}

// subscriptionsDenied warns of tenants whose seats were read but not the subscriptions behind them.
func subscriptionsDenied(tenants []tenant, results map[string]microsoft.Result, partnersGiven bool) diag.Diagnostics {
	var denied []tenant
	for _, t := range tenants {
		if licenses := results[t.name].Licenses; licenses != nil && licenses.SubscriptionsDenied {
			denied = append(denied, t)
		}
	}
	if len(denied) == 0 {
		return nil
	}
	var names []string
	for _, t := range denied {
		names = append(names, fmt.Sprintf("%s (%s)", t.key, t.name))
	}
	lost := "so trials cannot be told apart there: their seats count as purchased"
	if partnersGiven {
		lost += ", and partner_tenant_ids has no effect"
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("tenants"), summary("Trials cannot be told apart", denied),
		fmt.Sprintf("Microsoft lets the application read the seats of these tenants but not their subscriptions, %s. All their counts carry the flag "+
			"trial_unknown. Grant the application Organization.Read.All and its admin consent in: %s.", lost, strings.Join(names, ", ")))}
}

// summary names what a warning is about, for Terraform folds warnings of equal summary into one.
func summary(text string, tenants []tenant) string {
	if len(tenants) == 1 {
		return fmt.Sprintf("%s: %s", text, tenants[0].key)
	}
	return fmt.Sprintf("%s: %s and %d more", text, tenants[0].key, len(tenants)-1)
}

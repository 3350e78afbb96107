// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var tenantsPath = path.Root("tenants")

// causes says for each cause what is wrong and what to do. The one that affects all tenants comes first, and the last one stands
// for every cause that is not listed. microsoft.md §3.4 has the errors behind them.
var causes = []struct {
	cause microsoft.Cause
	text  string
}{
	{microsoft.CauseCredential, "Microsoft rejects the provider's own credential, which affects every tenant. What to check stands at the end of each line:"},
	{microsoft.CauseConsent, "The application has no consent in the tenant, or it is disabled there. An administrator of the tenant can consent at " +
		"this address:"},
	{microsoft.CausePermission, "Microsoft Graph denies the read. Grant the application the permission Organization.Read.All, then have an " +
		"administrator of the tenant consent to it at this address:"},
	{microsoft.CauseTenant, "The tenant does not exist in this cloud. Check the id or domain. If the tenant is in another cloud, for example GCC High, " +
		"set microsoft.environment (environment variable ARM_ENVIRONMENT):"},
	{microsoft.CausePolicy, "A conditional access policy of the tenant blocks the application. The tenant's administrator must exempt it:"},
	{microsoft.CauseUser, "The tenant does not let the user of the Azure CLI in, or wants a new sign-in of the user, for example with a second factor. Other " +
		"tenants are not affected:"},
	{microsoft.CauseThrottled, "Microsoft kept rate-limiting the provider even after the requested waits. Try again later, or lower " +
		"microsoft.max_concurrent_tenants:"},
	{microsoft.CauseUnavailable, "Microsoft could not be reached or failed. This is usually temporary. Try again later, or give a tenant that " +
		"takes long more time with tenant_timeout:"},
	{causeTrials, "The subscriptions of the tenant cannot be read whole, or Microsoft's two lists disagree about them, so a trial looks like paid seats: 25 paid seats and a trial of 10 would be " +
		"billed as 35. If Graph denies the read (403), grant the application the permission Organization.Read.All, then have an administrator of " +
		"the tenant consent to it at the address below; otherwise try again later. If you accept that trials are billed there, set " +
		"on_trials_unknown = \"count\": the seats then count as paid and have the flag trial_unknown. With partner_tenant_ids that is not " +
		"possible, because it is unknown who owns the seats:"},
	{causeUsers, "The users of a shared tenant are not given, so nothing says which company has which seats. Grant the application the permission " +
		"User.Read.All, then have an administrator of the tenant consent to it at the address below, or remove the tenant from shared_tenants:"},
	{microsoft.CauseAnswer, "The answer is not valid. If there is a proxy between this machine and Microsoft, check it:"},
}

// diagnoseFailures reports the tenants that could not be read: in one error or, when they may be skipped, in one warning.
func diagnoseFailures(tenants []tenant, results map[string]microsoft.Result, skip bool, consentURL func(string) string) diag.Diagnostics {
	asked := 0
	credential := false
	var failed []tenant
	for _, t := range tenants {
		if t.asked() == "" {
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
			line += " " + url
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
	if inner := (*microsoft.TenantError)(nil); errors.As(err.Err, &inner) {
		err = inner
	}
	return err.Cause == microsoft.CauseConsent || err.Cause == microsoft.CausePermission
}

// reason returns in one line why the counts of a tenant are unknown.
func (r *reading) reason(t tenant, consentURL func(string) string) string {
	if r.results[t.name].Licenses != nil {
		return fmt.Sprintf("tenant %q: Microsoft lists no SKU", t.name)
	}
	err := failureOf(t, r.results)
	if url := consentURL(t.name); url != "" && consentHelps(err) {
		return err.Message + "; an administrator can consent at " + url
	}
	return err.Message
}

// warnOfTrials warns about tenants whose trials count as paid.
func (r *reading) warnOfTrials(counted []tenant) diag.Diagnostics {
	if len(counted) == 0 {
		return nil
	}
	lines := make([]string, len(counted))
	for i, t := range counted {
		lines[i] = fmt.Sprintf("%s (%s): %s", t.key, t.name, describeGaps(r.counted[t.name].Gaps))
		if refused := r.results[t.name].Licenses.SubscriptionsErr; refused != nil {
			lines[i] = fmt.Sprintf("%s: %s", t.key, refused.Message)
		}
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(tenantsPath, summary("Trials count as paid", counted),
		"The subscriptions of these tenants cannot be read whole, or Microsoft's two lists disagree about them. Because of on_trials_unknown = \"count\" the seats of their trials count as paid. "+
			"These SKUs have the flag trial_unknown:\n"+tfdiag.List(lines))}
}

// diagnoseNoSKUs warns about tenants that answer with an empty list, and when no tenant has any seat.
func (r *reading) diagnoseNoSKUs() diag.Diagnostics {
	var diags diag.Diagnostics
	var empty, counted []tenant
	seats := false
	for _, t := range r.tenants {
		tenantCounts, known := r.counted[t.name]
		switch {
		case known:
			counted = append(counted, t)
			seats = seats || hasSeats(tenantCounts.SKUs)
		case r.results[t.name].Licenses != nil:
			empty = append(empty, t)
		}
	}
	if len(empty) > 0 {
		diags.AddAttributeWarning(tenantsPath, summary("Tenants without any SKU", empty),
			"Microsoft lists no SKU at all for these tenants. Their counts are null: unknown, not zero, because Microsoft lists a product for months "+
				"after it has ended. The counts that were pushed for them before stay. To bill such a company nothing, take its row out, or write the word "+
				shapes.NoTenant+" instead of its tenant:\n"+tfdiag.List(namesOf(empty)))
	}
	if len(counted) > 0 && !seats {
		diags.AddAttributeWarning(tenantsPath, "No tenant has a seat that counts",
			fmt.Sprintf("No SKU of %s has a seat that counts. Free SKUs, those of exclude_skus and, with partner_tenant_ids, the seats of other "+
				"owners are left out. If the customers have licenses, check these arguments and the tenants.", tfdiag.Count(len(counted), "tenant")))
	}
	return diags
}

// diagnoseOwners reports partner_tenant_ids that own nothing, and warns about tenants of which they own nothing.
func (r *reading) diagnoseOwners() diag.Diagnostics {
	if len(r.options.PartnerTenantIDs) == 0 {
		return nil
	}
	ours := false
	var lines []string
	owners := r.owners()
	for _, id := range slices.Sorted(maps.Keys(owners)) {
		held := owners[id]
		ours = ours || held.counted
		lines = append(lines, fmt.Sprintf("%s: %s in %s", ownerName(id), tfdiag.Count(int(held.seats), "seat"), tfdiag.Count(int(held.tenants), "tenant")))
	}
	if len(owners) > 0 && !ours {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("partner_tenant_ids"), "partner_tenant_ids own no seat",
			"The ids in partner_tenant_ids own no seat of any tenant, so nothing would be billed. The id must be that of the tenant that sold the "+
				"licenses: your own, or your distributor's if you buy from one. Correct the ids, or remove the argument to count the seats of all owners. "+
				"These are the owners:\n"+tfdiag.List(lines))}
	}
	var left []tenant
	var names []string
	for _, t := range r.tenants {
		seats, counts := int64(0), false
		for id, n := range r.counted[t.name].Owners {
			seats += n
			counts = counts || r.counts(id)
		}
		if seats > 0 && !counts {
			left = append(left, t)
			names = append(names, fmt.Sprintf("%s (%s): %s", t.key, t.name, tfdiag.Count(int(seats), "seat")))
		}
	}
	if len(left) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(tenantsPath, summary("All seats belong to other owners", left),
		"No seat of these tenants was sold by a tenant of partner_tenant_ids, so none counts. If you sold them, add the id of the distributor; the "+
			"attribute owners has all ids:\n"+tfdiag.List(names))}
}

func ownerName(id string) string {
	if id == "" {
		return "no owner (bought directly)"
	}
	return id
}

func namesOf(tenants []tenant) []string {
	names := make([]string, len(tenants))
	for i, t := range tenants {
		names[i] = fmt.Sprintf("%s (%s)", t.key, t.name)
	}
	return names
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
		detail += fmt.Sprintf(" If two companies share the tenant, shared_tenants splits its seats by the domains of the users: keep the tenant under %q, and name the "+
			"domains of %q in shared_tenants[%q].domains_by_account.", other.key, t.key, other.key)
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

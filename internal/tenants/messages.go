// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tenants

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Attributes that diagnostics are about.
var (
	partnerPath  = path.Root("partner_tenant_id")
	expiringPath = path.Root("expiring_within_days")
)

// nextSteps says for each cause what to do.
var nextSteps = map[microsoft.Cause]string{
	microsoft.CauseCredential: "Check microsoft.client_id and the client secret, certificate or OIDC token (environment variables ARM_CLIENT_ID, " +
		"ARM_CLIENT_SECRET, …). A secret may have expired.",
	microsoft.CauseConsent: "An administrator of the partner's own tenant must consent to the application.",
	microsoft.CausePermission: "Grant the application the application permission DelegatedAdminRelationship.Read.All (Microsoft Graph) or, to read only " +
		"contracts, Directory.Read.All. Then have an administrator of the partner's own tenant consent to it.",
	microsoft.CauseTenant: "Check partner_tenant_id. If the tenant is in another cloud, for example GCC High, set microsoft.environment (environment " +
		"variable ARM_ENVIRONMENT).",
	microsoft.CausePolicy:      "A conditional access policy of the tenant blocks the application. The tenant's administrator must exempt it.",
	microsoft.CauseUser:        "The tenant does not let the user of the Azure CLI in, or wants a new sign-in, for example with a second factor.",
	microsoft.CauseThrottled:   "Microsoft kept rate-limiting the provider even after the requested waits. Try again later.",
	microsoft.CauseUnavailable: "Microsoft could not be reached or failed. This is usually temporary. Try again later.",
	microsoft.CauseAnswer: "The answer is not valid. Check that partner_tenant_id is a partner's own tenant. If there is a proxy between this machine " +
		"and Microsoft, check it.",
}

// cannotRead says why nothing could be read, and what to do.
func cannotRead(failed *microsoft.TenantError, consentURL string) diag.Diagnostic {
	detail := tfdiag.Detail(errors.New(failed.Message)) + "\n\n" + nextSteps[failed.Cause]
	if failed.Cause == microsoft.CauseConsent || failed.Cause == microsoft.CausePermission {
		detail += consentAt(consentURL)
	}
	return diag.NewAttributeErrorDiagnostic(partnerPath, "Customer tenants cannot be read", detail)
}

// consentAt says where an administrator can consent. It is empty without an application.
func consentAt(url string) string {
	if url == "" {
		return ""
	}
	return " The administrator can consent at this address:\n\n  " + url
}

// diagnoseDenied says what is missing when one of the two lists cannot be read. Without relationships their ends are unknown, so
// expiring_within_days is an error: an empty list would say that none ends (microsoft.md §2).
func diagnoseDenied(customers *microsoft.Customers, wantsExpiring bool, consentURL string) diag.Diagnostics {
	var diags diag.Diagnostics
	const (
		noRelationships = "The application may read the partner's contracts, but not its relationships with customers. "
		noContracts     = "The application may read the partner's relationships with customers, but not its contracts. "
	)
	switch {
	case customers.RelationshipsDenied && wantsExpiring:
		diags.AddAttributeError(expiringPath, "Ends of relationships cannot be read", noRelationships+
			"Which relationships end cannot be determined. "+grant("DelegatedAdminRelationship.Read.All", consentURL))
	case customers.RelationshipsDenied:
		diags.AddAttributeWarning(partnerPath, "Relationships cannot be read", noRelationships+
			"Only tenants with a contract are listed, and their status and end are null. "+grant("DelegatedAdminRelationship.Read.All", consentURL))
	case customers.ContractsDenied && !wantsExpiring:
		diags.AddAttributeWarning(partnerPath, "Contracts cannot be read", noContracts+
			"Tenants without a relationship are missing, and default_domain is null. "+grant("Directory.Read.All", consentURL))
	}
	return diags
}

func grant(permission, consentURL string) string {
	return "Grant the application the application permission " + permission + " (Microsoft Graph), and have an administrator of the partner's own " +
		"tenant consent to it." + consentAt(consentURL)
}

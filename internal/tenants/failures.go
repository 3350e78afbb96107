package tenants

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// noTenants is the summary of every failure.
const noTenants = "Customer tenants cannot be read"

// nextSteps are what somebody can do about a failure.
var nextSteps = map[microsoft.Cause]string{
	microsoft.CauseCredential: "Check microsoft.client_id and the secret, certificate or OIDC token beside it (environment variables ARM_CLIENT_ID, " +
		"ARM_CLIENT_SECRET, …): a secret may have expired.",
	microsoft.CauseConsent: "An administrator of the partner's own tenant has to consent to the application there.",
	microsoft.CausePermission: "Give the application the application permission DelegatedAdminRelationship.Read.All (Microsoft Graph) or, to have the " +
		"contracts instead, Directory.Read.All, and have an administrator of the partner's own tenant consent to it.",
	microsoft.CauseTenant: "Check partner_tenant_id, and microsoft.environment (environment variable ARM_ENVIRONMENT) if the tenant is in another " +
		"cloud, for example GCC High.",
	microsoft.CausePolicy:      "A conditional access policy of the tenant keeps the application out. Its administrator has to exempt it.",
	microsoft.CauseThrottled:   "Microsoft was asked too often, also after the waits that it wanted. Try again later.",
	microsoft.CauseUnavailable: "Microsoft could not be reached or had trouble. This usually passes, try again later.",
	microsoft.CauseAnswer: "The answer cannot be understood. Check that partner_tenant_id is a partner's own tenant and, if a proxy stands in between, " +
		"what it does.",
}

// failure says why nothing could be read, and what to do.
func failure(failed *microsoft.TenantError, consentURL string) diag.Diagnostic {
	detail := tfdiag.Detail(errors.New(failed.Message)) + "\n\n" + nextSteps[failed.Cause]
	if failed.Cause == microsoft.CauseConsent || failed.Cause == microsoft.CausePermission {
		detail += consentAt(consentURL)
	}
	return diag.NewAttributeErrorDiagnostic(partnerPath, noTenants, detail)
}

// consentAt is where an administrator consents; empty when no application signs in.
func consentAt(url string) string {
	if url == "" {
		return ""
	}
	return " The address for it:\n\n  " + url
}

// denied says what is missing when one of the two lists cannot be read. Without relationships nobody knows what ends: an empty list
// would say that nothing does.
func denied(customers *microsoft.Customers, wantsExpiring bool, consentURL string) diag.Diagnostics {
	var diags diag.Diagnostics
	const grantRelationships = "Give the application the application permission DelegatedAdminRelationship.Read.All (Microsoft Graph), and have an " +
		"administrator of the partner's own tenant consent to it."
	switch {
	case customers.RelationshipsDenied && wantsExpiring:
		diags.AddAttributeError(expiringPath, "Ends of relationships cannot be read",
			"Microsoft lets the application read the partner's contracts but not its relationships with customers, so nobody knows which of them "+
				"end. "+grantRelationships+consentAt(consentURL))
	case customers.RelationshipsDenied:
		diags.AddAttributeWarning(partnerPath, "Relationships cannot be read",
			"Microsoft lets the application read the partner's contracts but not its relationships with customers. The tenants are those with a "+
				"contract, and their status and end are null. "+grantRelationships+consentAt(consentURL))
	case customers.ContractsDenied && !wantsExpiring:
		diags.AddAttributeWarning(partnerPath, "Contracts cannot be read",
			"Microsoft lets the application read the partner's relationships with customers but not its contracts. Tenants without a relationship "+
				"are missing, and default_domain is null. Give the application the application permission Directory.Read.All (Microsoft Graph), and "+
				"have an administrator of the partner's own tenant consent to it."+consentAt(consentURL))
	}
	return diags
}

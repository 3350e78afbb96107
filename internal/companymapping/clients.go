// Package companymapping says which CloudRadial company is which Gradient account: cloudradial_company_mapping for one company,
// cloudradial_company_mappings for all of them in a table.
package companymapping

import (
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this package needs from the provider.
type clients interface {
	tfbase.GradientClients
	tfbase.CloudRadialClients
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Claimed reports whether a resource did.
	Claimed(kind, id string) bool
	// Planned records that a resource of that type plans that object, or returns another type that does too.
	Planned(kind, id, resourceType string) (other string, twice bool)
	tfdiag.Teller
}

// accountKind is the kind of what is claimed.
const accountKind = "account"

// Types of the resources that company mappings are kept in.
const (
	companyMappingType  = "cloudradial_company_mapping"
	companyMappingsType = "cloudradial_company_mappings"
)

// Summaries of errors that concern every company.
const (
	noCloudRadial = "CloudRadial cannot be used"
	noAccounts    = "Gradient accounts cannot be read"
	noCompanies   = "CloudRadial companies cannot be read"
)

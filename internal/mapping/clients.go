// Package mapping says which CloudRadial company is which Gradient account, and which Microsoft 365 products count
// towards which Gradient service. It also shows what there is to map: companies, accounts and services.
package mapping

import (
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this room needs of the provider.
type clients interface {
	Gradient() (*gradient.Client, error)
	CloudRadial() (*cloudradial.Client, error)
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Claimed reports whether somebody did.
	Claimed(kind, id string) bool
	// Planned records that a resource of that type plans that object, or returns another type that does too.
	Planned(kind, id, resourceType string) (other string, twice bool)
	tfdiag.Teller
}

// Kinds of what is claimed.
const (
	accountKind = "account"
	serviceKind = "service"
)

// Types of the resources that mappings are kept in.
const (
	companyMappingType  = "cloudradial_company_mapping"
	companyMappingsType = "cloudradial_company_mappings"
	licenseMappingType  = "cloudradial_license_mapping"
	licenseMappingsType = "cloudradial_license_mappings"
)

// Summaries of what concerns a whole client.
const (
	noGradient    = "Gradient cannot be used"
	noCloudRadial = "CloudRadial cannot be used"
	noAccounts    = "Gradient accounts cannot be read"
	noServices    = "Gradient services cannot be read"
	noCompanies   = "CloudRadial companies cannot be read"
)

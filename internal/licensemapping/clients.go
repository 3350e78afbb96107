// Package licensemapping says which Microsoft 365 products count towards which Gradient service: cloudradial_license_mapping for
// one service, cloudradial_license_mappings for all of them in a table.
package licensemapping

import (
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this package needs from the provider.
type clients interface {
	tfbase.GradientClients
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Planned records that a resource of that type plans that object, or returns another type that does too.
	Planned(kind, id, resourceType string) (other string, twice bool)
	tfdiag.Reporter
}

// serviceKind is the kind of what is claimed.
const serviceKind = "service"

// Types of the resources that license mappings are kept in.
const (
	licenseMappingType  = "cloudradial_license_mapping"
	licenseMappingsType = "cloudradial_license_mappings"
)

// noServices is the summary of an error that concerns every service.
const noServices = "Gradient services cannot be read"

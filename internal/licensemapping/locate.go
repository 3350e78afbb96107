// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// locate finds the service of a mapping that is in the state, and says what is odd about it. named are the services of its name,
// withID finds the one of its id under any name. A mapping stays with its id as long as that has the name, or nothing else has it.
// id is empty after an import.
func (f form) locate(name, id string, named []gradient.Service, withID func() (gradient.Service, bool)) (gradient.Service, *tfdiag.RowProblem, bool) {
	var problem tfdiag.RowProblem
	i := slices.IndexFunc(named, func(service gradient.Service) bool { return service.ID == id })
	switch {
	case i >= 0 && len(named) == 1:
		return named[0], nil, true
	case i >= 0:
		problem = f.severalOfOneName(name, idsOf(named), id)
		return named[i], &problem, true
	case len(named) > 0 && id != "":
		problem = f.anotherID(name, id, idsOf(named))
		return named[0], &problem, true
	case len(named) > 1:
		problem = f.severalOfOneName(name, idsOf(named), named[0].ID)
		return named[0], &problem, true
	case len(named) == 1:
		return named[0], nil, true
	}
	if found, ok := withID(); ok && id != "" {
		problem = f.renamed(name, found.Name)
		return found, &problem, true
	}
	problem = gone(name)
	return gradient.Service{}, &problem, false
}

func idsOf(services []gradient.Service) []string {
	ids := make([]string, len(services))
	for i, service := range services {
		ids[i] = service.ID
	}
	return ids
}

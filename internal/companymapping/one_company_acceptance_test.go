// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Keys of one company make one error that says so, and not one for each of the others.
func TestKeysThatSeeOneCompany(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, thirty(), sandbox.Options{Switches: map[string]string{"key-sees": "one-company"}})
	const summary = "The CloudRadial keys see one company only"
	w := providertest.NewWorkspace(t, providertest.Block(s)+thirtyOwn)
	w.Run("plan").ExpectErrors(t, 1, "Error: "+summary, "Use a key pair of the partner", "If the portal has only this company, correct the company_id")
	w.Write("main.tf", providertest.Block(s)+companiesBlock(`{ for id in range(1, 31) : "c${id}" => { company_id = id } }`))
	w.Run("plan").ExpectErrors(t, 1, "Error: "+summary+" (29)", "- and 19 more")
	// Where the companies are only listed it is a warning.
	w.Write("main.tf", providertest.Block(s)+"data \"cloudradial_companies\" \"all\" {}\n")
	w.Run("plan").Expect(t, 0, "Warning: "+summary, "all is well")
	providertest.ExpectWrites(t, s)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The real CLI writes configuration from the queries in examples/, imports it by identity, and then plans nothing.
// TestGeneratedConfigurationPlansEmpty proves the same where the CLI is older.
func TestQueryWithTheCLI(t *testing.T) {
	t.Parallel()
	providertest.RequireTerraform(t, 14, "queries")
	s := providertest.Start(t, adoptable(), sandbox.Options{})
	s.PutToken(sandbox.Token{CompanyID: 0, Name: "Phone", Value: "555"})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	for _, kind := range []string{"company_mapping", "license_mapping", "company_token"} {
		w.Write(kind+".tfquery.hcl", read(t, examples+"list-resources/cloudradial_"+kind+"/list-resource.tfquery.hcl"))
	}
	w.Must("query", "-generate-config-out=adopted.tf").ExpectTexts(t, "account_id=brightwater Brightwater Dental", "@Phone of the partner level")
	w.Must("plan").ExpectTexts(t, "Plan: 4 to import, 0 to add, 0 to change, 0 to destroy")
	w.Apply()
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

// The real CLI imports by the identities in examples/.
func TestImportByIdentityWithTheCLI(t *testing.T) {
	t.Parallel()
	providertest.RequireCLI(t, 12, 12, "imports by identity")
	s := providertest.Start(t, adoptable(), sandbox.Options{})
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "SupportPhone", Value: "+1 555 0102"})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	for _, kind := range []string{"company_mapping", "license_mapping", "company_token", "gradient_integration"} {
		folder := examples + "resources/cloudradial_" + kind + "/"
		w.Write(kind+".tf", read(t, folder+"resource.tf")+read(t, folder+"import-by-identity.tf"))
	}
	w.Apply().ExpectTexts(t, "4 imported")
	w.ExpectNoChanges()
}

// The real CLI invokes the action of examples/, and shows its progress. In a lifecycle block it shows the error, and forgets it.
func TestActionWithTheCLI(t *testing.T) {
	t.Parallel()
	providertest.RequireTerraform(t, 14, "actions")
	s := providertest.Start(t, sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "alder", Name: "Alder", Mapped: "mapped"}},
		Services: []sandbox.Service{{Name: "Office", Mapped: "mapped"}},
	}, sandbox.Options{})
	s.SetStatus("active")
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_license_sync" "m365" {
  unit_counts = { alder = { Office = 1000 } }
}
`)
	w.Write("action.tf", read(t, examples+"actions/cloudradial_push_unit_counts/action.tf"))
	w.Apply()
	s.ClearRequests()
	w.Apply("-invoke=action.cloudradial_push_unit_counts.again").ExpectTexts(t, "Pushing 1 unit count to", "Gradient accepted 1 unit count.")
	if writes := providertest.WritePaths(s); len(writes) != 1 {
		t.Errorf("wrote %q", writes)
	}
	w.ExpectNoChanges()

	w.Write("trigger.tf", `
resource "terraform_data" "month" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.cloudradial_push_unit_counts.again]
    }
  }
}
`)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/count$", Times: 1, Status: 422, Body: "{}"})
	w.Run("apply", "-auto-approve").Expect(t, 1, "Not all unit counts were pushed", "accepted 0 of 1 unit count", "Nothing remembers this")
	w.ExpectNoChanges()
}

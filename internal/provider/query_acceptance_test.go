package provider_test

import (
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The real CLI writes configuration from a query, imports it by identity, and then plans nothing. TestGeneratedConfigurationPlansEmpty proves
// the same where the CLI is older.
func TestQueryWithTheCLI(t *testing.T) {
	t.Parallel()
	providertest.RequireTerraform(t, 14)
	s := providertest.Start(t, adoptable(), sandbox.Options{})
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "555"})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("adopt.tfquery.hcl", `
list "cloudradial_company_mapping" "accounts" {
  provider = cloudradial
  config {
    with_company = true
  }
}
list "cloudradial_license_mapping" "services" {
  provider = cloudradial
  config {
    with_skus = true
  }
}
list "cloudradial_company_token" "tokens" {
  provider = cloudradial
}
`)
	w.Must("query", "-generate-config-out=adopted.tf").ExpectTexts(t, "account_id=brightwater Brightwater Dental", "@Phone of company 102")
	w.Must("plan").ExpectTexts(t, "Plan: 4 to import, 0 to add, 0 to change, 0 to destroy")
	w.Apply()
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

// The real CLI invokes the action, shows its progress and its error, and forgets that it failed.
func TestActionWithTheCLI(t *testing.T) {
	t.Parallel()
	providertest.RequireTerraform(t, 14)
	s := providertest.Start(t, sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "alder", Name: "Alder", Mapped: "mapped"}},
		Services: []sandbox.Service{{Name: "Office", Mapped: "mapped"}},
	}, sandbox.Options{})
	s.SetStatus("active")
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
action "cloudradial_push_unit_counts" "this" {
  config {
    unit_counts = { alder = { Office = 7 } }
    min_units   = 1
    max_units   = 10
  }
}
resource "terraform_data" "month" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.cloudradial_push_unit_counts.this]
    }
  }
}
`)
	w.Must("apply", "-auto-approve", "-invoke=action.cloudradial_push_unit_counts.this").ExpectTexts(t, "Pushing 1 unit count to", "Gradient accepted 1 unit count.")
	s.UnmapAccounts("alder")
	w.Run("apply", "-auto-approve").Expect(t, 1, "Gradient refused 1 unit count", "Nothing remembers this")
	w.ExpectNoChanges()
}

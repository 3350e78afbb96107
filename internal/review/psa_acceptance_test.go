// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	sandboxpsa "github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// The same words on both sides: what the data source flags is what the review looks for.
func TestFlagsOfLines(t *testing.T) {
	t.Parallel()
	for ours, theirs := range map[string]string{
		reconcile.FlagNoCharge: psa.FlagNoCharge, reconcile.FlagCancelledAgreement: psa.FlagCancelledAgreement, reconcile.FlagOneTime: psa.FlagOneTime,
	} {
		if ours != theirs {
			t.Errorf("%q and %q", ours, theirs)
		}
	}
}

// billedEstate is the estate with what the PSA bills: Acme twice after a renewal, and Beta on a line of a cancelled agreement.
func billedEstate() sandbox.Seed {
	seed := estate()
	seed.PSA.Products = []string{"Premium", "Backup"}
	seed.PSA.Customers = []sandboxpsa.Customer{
		{ID: 41, Identifier: "ACME", Name: "Acme Ltd", Agreements: []sandboxpsa.Agreement{{
			Name: "Cloud", Starts: "2025-01-01",
			Lines: []sandboxpsa.Line{{Product: "Premium", Quantity: 8}, {Product: "Premium", Quantity: 10}, {Product: "Backup", Quantity: 3}},
		}}},
		{ID: 42, Identifier: "BETA", Name: "Beta BV", Agreements: []sandboxpsa.Agreement{
			{Name: "Old", Starts: "2025-01-01", Cancelled: true, Lines: []sandboxpsa.Line{{Product: "Premium", Quantity: 5}}},
			{Name: "New", Starts: "2025-01-01", Lines: []sandboxpsa.Line{{Product: "Backup", Quantity: 1}}},
		}},
	}
	return seed
}

// From the PSA to the report, with each of the three. Nothing is written, and no amount of money and no key gets into the state.
func TestFromThePSAToTheReport(t *testing.T) {
	t.Parallel()
	for _, name := range sandboxpsa.Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, billedEstate(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.BlockWith(s, providertest.PSA(s, name))+`
data "cloudradial_psa_counts" "this" {
  accounts = { acme = "41", beta = "Beta BV" }
  services = { Premium = null }
}
output "read" { value = { for name, value in data.cloudradial_psa_counts.this : name => value if contains(["counts", "unmapped", "errors"], name) } }
`+reviewing(`
  psa_counts = data.cloudradial_psa_counts.this.counts
  psa_lines  = data.cloudradial_psa_counts.this.lines
`))
			got := review(t, w)
			providertest.ExpectJSON(t, "rows", got["rows"], "["+
				row("acme", "Acme Ltd", "Premium", "10", "null", "null", "18", "psa_two_lines", "one of 2 lines alone has 10; PSA is 8 above Microsoft")+","+
				row("beta", "Beta BV", "Premium", "5", "null", "null", "null", "psa_cancelled_agreement", "5 units are in a cancelled agreement; PSA has no number")+"]")
			providertest.ExpectJSON(t, "what was read", outputOf(t, w, "read"), `{"counts": {"acme": {"Premium": 18}, "beta": {}}, "errors": {}, "unmapped": [
				{"account_id": "acme", "company": "Acme Ltd", "product": "Backup", "quantity": 3}, {"account_id": "beta", "company": "Beta BV", "product": "Backup", "quantity": 1}]}`)
			w.Must("output", "-raw", "report").ExpectTexts(t, "### Lines of the PSA behind the differences (3)", "| Acme Ltd | Premium | Premium | ", "cancelled\\_agreement")
			w.ExpectNoChanges()
			if wrote := s.Violations(); len(wrote) > 0 {
				t.Errorf("the provider wrote: %q", wrote)
			}
			expectNoSecret(t, w.Must("show", "-json").Raw, s.PSAEnv(name))
		})
	}
}

// expectNoSecret searches a state for keys and for every price of the sandbox.
func expectNoSecret(t *testing.T, state string, env map[string]string) {
	t.Helper()
	secrets := []string{"12.5", "unitPrice", "unit_price"}
	for variable, value := range env {
		if strings.Contains(variable, "SECRET") || strings.Contains(variable, "PRIVATE") || strings.Contains(variable, "CODE") {
			secrets = append(secrets, value)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(state, secret) {
			t.Errorf("the state has %q", secret)
		}
	}
}

func outputOf(t *testing.T, w *providertest.Workspace, name string) any {
	t.Helper()
	var value any
	if raw := w.Must("output", "-json", name).Raw; json.Unmarshal([]byte(raw), &value) != nil {
		t.Fatal(raw)
	}
	return value
}

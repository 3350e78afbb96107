package review_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The example works as it is printed, with files as people have them.
func TestTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/data-sources/cloudradial_reconciliation/data-source.tf")
	if err != nil {
		t.Fatal(err)
	}
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+string(example))
	w.Write("companies.csv", "company_id,account_id,psa_account,tenant\n1,acme,Acme Ltd,acme.example\n2,beta,Beta BV,beta.example\n")
	w.Write("licenses.csv", "service,sku\nPremium,SPB\nPremium,SPB_NOTEAMS\nVisio,VISIOCLIENT\n")
	w.Write("psa-export.csv", "account_id,service,quantity\nacme,Premium,10\nacme,Visio,1\nbeta,Premium,5\n")
	const state = `{"version": 4, "terraform_version": "1.8.5", "serial": 1, "lineage": "estate", "resources": [], "outputs": {"unit_counts": {
		"type": ["map", ["map", "number"]], "value": {"acme": {"Premium": 10, "Visio": 2}, "beta": {"Premium": 5}}}}}`
	folder := filepath.Join(filepath.Dir(w.Dir()), "estate")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "terraform.tfstate"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Apply()
	report := w.Must("output", "-raw", "report").Raw
	for _, text := range []string{
		"| Acme Ltd (acme) | Premium | 10 | – | 10 | 10 | missing in cloudradial | CloudRadial has no row |",
		"| Acme Ltd (acme) | Visio | 2 | – | 2 | 1 | differs | CloudRadial has no row; PSA is 1 below Microsoft |",
		"| Beta BV (beta) | Premium | 5 | – | 5 | 5 | missing in cloudradial | CloudRadial has no row |",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	expectOnlyReads(t, s)
}

// The output that the example asks of the estate leaves out what Gradient did not accept, and keeps what it accepted before.
func TestTheOutputOfTheEstate(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/data-sources/cloudradial_reconciliation/data-source.tf")
	if err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	for _, line := range strings.Split(string(example), "\n") {
		if code, commented := strings.CutPrefix(line, "#   "); commented {
			output.WriteString(code + "\n")
		}
	}
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
data "cloudradial_license_counts" "m365" {
  tenants  = { acme = "acme.example", beta = "beta.example" }
  on_error = "skip"
}
resource "cloudradial_company_mapping" "this" {
  for_each   = { acme = 1, beta = 2 }
  account_id = each.key
  company_id = each.value
}
resource "cloudradial_license_mapping" "this" {
  for_each = { Premium = "SPB", Visio = "VISIOCLIENT" }
  service  = each.key
  skus     = [each.value]
}
resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(data.cloudradial_license_counts.m365.counts, cloudradial_company_mapping.this,
    cloudradial_license_mapping.this)
}
`+output.String())
	accepted := func(want string) {
		t.Helper()
		w.Apply()
		var got any
		raw := w.Must("output", "-json", "unit_counts").Raw
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Fatalf("%s: %s", err, raw)
		}
		expectJSON(t, "unit_counts", got, want)
	}
	accepted(`{"acme": {}, "beta": {}}`)
	s.MapAccounts()
	s.MapServices("Premium")
	accepted(`{"acme": {"Premium": 10}, "beta": {"Premium": 5}}`)
	s.MapServices()
	s.WithdrawConsent("beta.example")
	accepted(`{"acme": {"Premium": 10, "Visio": 2}, "beta": {"Premium": 5}}`)
}

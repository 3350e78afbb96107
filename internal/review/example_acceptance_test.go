package review_test

import (
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

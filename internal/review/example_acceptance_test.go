// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review_test

import (
	"net/http"
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
	w.Write("psa-export.csv", "\ufeffaccount_id,service,quantity\nacme,Premium,7\nacme, Premium , 3 \nacme,Visio,\"$1,001.00\"\n,,\nbeta,Premium,\n")
	const state = `{"version": 4, "terraform_version": "1.8.5", "serial": 1, "lineage": "estate", "resources": [], "outputs": {"unit_counts": {
		"type": ["map", ["map", "number"]], "value": {"acme": {"Premium": 11, "Visio": 2}, "beta": {"Premium": 5, "Visio": 9}}},
		"not_accepted": {"type": ["map", ["map", "number"]], "value": {"acme": {"Premium": 10}, "beta": {"Visio": null}}}}}`
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
		"| Acme Ltd (acme) | Visio | 2 | – | 2 | 1001 | differs | CloudRadial has no row; PSA is 999 above Microsoft |",
		"| Beta BV (beta) | Premium | 5 | – | 5 | – | missing in cloudradial | CloudRadial has no row; PSA is unknown (null) |",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	providertest.ExpectWrites(t, s)
}

// The module examples/review reads the export of a PSA as it comes: several lines of one product, thousands separators, currency signs
// and spaces. An empty quantity is unknown. What is no number is an error that names the line.
func TestTheReviewOfAPSAExport(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	for name, file := range map[string]string{
		"review.tf": "review/main.tf", "variables.tf": "review/variables.tf", "terraform.tfvars": "review/terraform.tfvars",
		"companies.csv": "estate/companies.csv", "licenses.csv": "estate/licenses.csv",
	} {
		text, err := os.ReadFile("../../examples/" + file)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(name, strings.ReplaceAll(string(text), `"../../modules/`, `"./modules/`))
	}
	if err := os.CopyFS(filepath.Join(w.Dir(), "modules"), os.DirFS("../../modules")); err != nil {
		t.Fatal(err)
	}
	w.Must("get")
	w.Write("here.auto.tfvars", "estate = \".\"\npsa_file = \"psa.csv\"\n")
	const export = "\ufeffaccount_id,service,quantity\r\n" +
		"kestrel,Microsoft 365 E3,300\r\nkestrel, Microsoft 365 E3 , 10 \r\n" +
		"cedar-grove,Microsoft 365 E3,\"$1,086.00\"\r\ncedar-grove,Microsoft 365 F3,120 €\r\n" +
		"dunmore,Microsoft 365 Business Standard,\r\n,,\r\n,Managed Workstation,5\r\n"
	w.Write("psa.csv", export)
	w.Apply()
	report := w.Must("output", "-raw", "report_markdown").Raw
	for _, text := range []string{
		"| Kestrel Aviation Services (kestrel) | Microsoft 365 E3 | 310 | – | 310 | missing in cloudradial |",
		"| Microsoft 365 E3 | 86 | – | 1086 | differs | CloudRadial has no row; PSA is 1000 above Microsoft |",
		"| Microsoft 365 F3 | 120 | – | 120 | missing in cloudradial |",
		"| Dunmore Legal (dunmore) | Microsoft 365 Business Standard | 9 | – | – | missing in cloudradial | CloudRadial has no row; PSA is unknown (null) |",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	if strings.Contains(report, "Greenfield Farms | 107") {
		t.Errorf("companies.csv has Greenfield Farms, and the report calls it unmapped:\n%s", report)
	}
	for _, r := range s.Requests() {
		if r.System == sandbox.Gradient && r.Method != http.MethodGet {
			t.Errorf("the review asked Gradient for %s %s", r.Method, r.Path)
		}
	}

	w.Write("psa.csv", export+"kestrel,Visio Plan 2,1;5\r\nkestrel,Power BI Pro,n/a\r\n")
	w.Run("plan").ExpectErrors(t, 1, "column quantity", `"1;5" is not a quantity`, `"n/a" is not a quantity`)
}

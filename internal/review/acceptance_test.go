// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	spbID   = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
	visioID = "c5928f49-12ba-48f7-ada3-0d743a3601d5"
)

// estate is two customers with a tenant, one company more in CloudRadial, and one account in Gradient that nobody mapped.
func estate() sandbox.Seed {
	return sandbox.Seed{
		Status: "active",
		Companies: []sandbox.Company{
			{ID: 1, Name: "Acme Ltd"}, {ID: 2, Name: "Beta BV"}, {ID: 3, Name: "Gamma | SA"},
		},
		Accounts: []sandbox.Account{{ID: "acme", Name: "Acme Ltd", Mapped: "mapped"}, {ID: "old", Name: "Old Customer"}},
		Tenants: []sandbox.Tenant{
			{ID: "11111111-aaaa-4aaa-8aaa-111111111111", Name: "Acme", Domains: []string{"acme.example"}, SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 9},
				{PartNumber: "VISIOCLIENT", SKUID: visioID, Enabled: 2, Consumed: 3},
				{PartNumber: "FLOW_FREE", SKUID: "f30db892-07e9-47e9-837c-80727f46fd3d", Enabled: 10000, Consumed: 2},
			}},
			{ID: "22222222-bbbb-4bbb-8bbb-222222222222", Name: "Beta", Domains: []string{"beta.example"}, SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: spbID, Enabled: 5, Consumed: 5},
			}},
		},
	}
}

// reviewing is the files of an estate, its license counts, and a review with further arguments.
func reviewing(arguments string) string {
	return `
locals {
  # As csvdecode gives them: more columns than are wanted, and numbers as texts.
  companies = {
    acme = { account_id = "acme", company_id = "1", name = "Acme Ltd", tenant = "acme.example" }
    beta = { account_id = "beta", company_id = "2", name = "Beta BV", tenant = "beta.example" }
  }
  licenses = { Premium = { service = "Premium", skus = ["SPB"] } }
}

data "cloudradial_license_counts" "m365" {
  tenants  = { for id, company in local.companies : id => company.tenant }
  on_error = "skip"
}

data "cloudradial_reconciliation" "this" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.companies
  license_mappings = local.licenses
` + arguments + `
}

output "review" { value = { for name, value in data.cloudradial_reconciliation.this : name => value if name != "license_counts" } }
output "report" { value = data.cloudradial_reconciliation.this.report_markdown }
`
}

// publishing writes the licence table that a review with this asset_type reads.
const publishing = `
resource "cloudradial_license_publication" "this" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.companies
}
`

const withAssetType = `  asset_type = "Microsoft 365 Licenses"
`

// review applies and returns what the output of the review holds.
func review(t *testing.T, w *providertest.Workspace) map[string]any {
	t.Helper()
	w.Apply()
	var value map[string]any
	raw := w.Must("output", "-json", "review").Raw
	if err := json.Unmarshal([]byte(raw), &value); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	return value
}

func row(account, name, service, microsoft, cloudRadial, gradient, psa, status, reason string) string {
	return fmt.Sprintf(`{"account_id": %q, "account_name": %q, "service": %q, "microsoft": %s, "cloudradial": %s, "gradient": %s, "psa": %s,
		"status": %q, "reason": %q}`, account, name, service, microsoft, cloudRadial, gradient, psa, status, reason)
}

func TestAReviewOfFourSystems(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+reviewing("")+publishing)
	w.Apply()
	for _, asset := range s.Assets() {
		if asset.CompanyID == 2 {
			s.EditAsset(asset.ID, "purchased", "4")
		}
	}
	s.ClearRequests()

	w = providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType+`
  gradient_counts = { acme = { Premium = 10 }, beta = null }
  psa_counts      = { acme = { Premium = 9.5, Backup = 2 }, beta = { Premium = 5 } }
  tolerance       = 0.5
`))
	got := review(t, w)
	backup := row("acme", "Acme Ltd", "Backup", "null", "null", "null", "2", "missing_in_microsoft",
		"no license mapping has the service; Gradient has no number")
	beta := row("beta", "Beta BV", "Premium", "5", "4", "null", "5", "differs", "CloudRadial is 1 below Microsoft; Gradient is unknown (null)")
	providertest.ExpectJSON(t, "rows", got["rows"], "["+backup+","+
		row("acme", "Acme Ltd", "Premium", "10", "10", "10", "9.5", "agree", "within the tolerance: PSA is 0.5 below Microsoft")+","+beta+"]")
	providertest.ExpectJSON(t, "differences", got["differences"], "["+backup+","+beta+"]")
	providertest.ExpectJSON(t, "in_agreement", got["in_agreement"], "false")
	providertest.ExpectJSON(t, "summary", got["summary"], `{
		"pairs": {"agree": 1, "differs": 1, "missing_in_microsoft": 1, "missing_in_psa": 0, "missing_in_gradient": 0, "missing_in_cloudradial": 0,
			"unknown": 0, "not_compared": 0, "psa_two_lines": 0, "psa_no_charge": 0, "psa_cancelled_agreement": 0, "psa_not_approved": 0, "psa_later": 0},
		"units": {"microsoft": 15, "cloudradial": 14, "gradient": 10, "psa": 16.5}}`)
	providertest.ExpectJSON(t, "unmapped_skus", got["unmapped_skus"], `[{"sku": "VISIOCLIENT", "sku_id": "`+visioID+`", "product_name": "Visio Plan 2",
		"purchased": 2, "tenants": {"acme": 2}}]`)
	providertest.ExpectJSON(t, "unmapped_companies", got["unmapped_companies"], `[{"company_id": 3, "name": "Gamma | SA"}]`)
	providertest.ExpectJSON(t, "unmapped_accounts", got["unmapped_accounts"], `[{"account_id": "old", "name": "Old Customer"}]`)
	providertest.ExpectJSON(t, "unreadable_tenants", got["unreadable_tenants"], `[]`)
	providertest.ExpectJSON(t, "flagged", got["flagged"], `[{"tenant": "acme", "account_id": "acme", "sku": "VISIOCLIENT", "sku_id": "`+visioID+`",
		"product_name": "Visio Plan 2", "service": null, "purchased": 2, "assigned": 3, "flags": ["overassigned"]}]`)
	report, _ := got["report_markdown"].(string)
	for _, text := range []string{
		"**2 of 3 pairs of account and service do not agree.** 1 agree. 2 purchased seats are in no license mapping and on no " +
			"invoice. Tolerance: 0.5 units.",
		"| Beta BV (beta) | Premium | 5 | 4 | – | 5 | differs | CloudRadial is 1 below Microsoft; Gradient is unknown (null) |",
		`| Gamma \| SA | 3 |`, "| Old Customer | old |", "| VISIOCLIENT | Visio Plan 2 | 2 | acme: 2 |",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

// The review must be there exactly when seats changed, in the plan, whatever else is pending.
func TestTheReportIsKnownInAPlanWithChangedSeats(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType+`
  gradient_counts = { acme = { Premium = 10 }, beta = { Premium = 5 } }
`)+publishing+`
resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  account_id = each.key
  company_id = tonumber(each.value.company_id)
  name       = each.value.name
}
resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value.skus
}
resource "cloudradial_license_sync" "this" {
  unit_counts = provider::cloudradial::unit_counts(data.cloudradial_license_counts.m365.counts, cloudradial_company_mapping.this,
    cloudradial_license_mapping.this)
}
`)
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	s.SetSeats("acme.example", "SPB", 12)
	s.ClearRequests()
	w.Must("plan", "-out", "seats.tfplan")
	providertest.ExpectWrites(t, s)
	report := plannedReport(t, w)
	for _, text := range []string{
		"| Acme Ltd (acme) | Premium | 12 | 10 | 10 | differs | CloudRadial is 2 below Microsoft; Gradient is 2 below Microsoft |",
		"| Beta BV (beta) | Premium | 5 | 5 | 5 | agree |  |",
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the planned report lacks %q:\n%s", text, report)
		}
	}
}

// plannedReport is the output "report" of the plan in seats.tfplan, which must be known and change the two resources.
func plannedReport(t *testing.T, w *providertest.Workspace) string {
	t.Helper()
	var plan struct {
		OutputChanges   map[string]struct{ After, AfterUnknown any } `json:"output_changes"`
		ResourceChanges []struct {
			Type   string
			Change struct{ Actions []string }
		} `json:"resource_changes"`
	}
	raw := w.Must("show", "-json", "seats.tfplan").Raw
	if err := json.Unmarshal([]byte(raw), &plan); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	pending := map[string]bool{}
	for _, change := range plan.ResourceChanges {
		pending[change.Type] = pending[change.Type] || reflect.DeepEqual(change.Change.Actions, []string{"update"})
	}
	if !pending["cloudradial_license_sync"] || !pending["cloudradial_license_publication"] {
		t.Errorf("the plan changes neither the sync nor the publication: %v", pending)
	}
	report, known := plan.OutputChanges["report"].After.(string)
	if !known {
		t.Fatalf("the report is not known in the plan: %v", plan.OutputChanges["report"])
	}
	return report
}

// What is not configured is not asked; the findings about it are null, and the report says so.
func TestAReviewWithoutKeys(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	without := map[string]string{"public_key": "", "private_key": "", "gradient.vendor_api_key": "", "gradient.partner_api_key": ""}
	got := review(t, providertest.NewWorkspace(t, providertest.BlockWith(s, without)+reviewing(`
  psa_counts = { acme = { Premium = 10 }, beta = { Premium = 5 } }
`)))
	if got["unmapped_companies"] != nil || got["unmapped_accounts"] != nil {
		t.Errorf("unmapped companies %v and accounts %v, want null", got["unmapped_companies"], got["unmapped_accounts"])
	}
	providertest.ExpectJSON(t, "in_agreement", got["in_agreement"], "false")
	report, _ := got["report_markdown"].(string)
	for _, text := range []string{
		"**Not in agreement: the numbers of 2 pairs of account and service agree, but something is billed nowhere.** 2 purchased seats are in no " +
			"license mapping and on no invoice.", "| | Microsoft | PSA |",
		"- CloudRadial is not configured, so unmapped companies were not looked for.",
		"- Gradient is not configured, so unmapped accounts were not looked for.",
		`- CloudRadial was not compared: asset\_type is not given.`, `- Gradient was not compared: gradient\_counts is not given.`,
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report lacks %q:\n%s", text, report)
		}
	}
	for _, r := range s.Requests() {
		if r.System != sandbox.Microsoft {
			t.Errorf("%s was asked for %s", r.System, r.Path)
		}
	}
}

// Numbers that agree are no agreement while something is billed nowhere: a SKU that no license mapping counts, or an account that
// somebody has un-mapped in Gradient.
func TestAgreementWhileSeatsAreBilledNowhere(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Accounts = []sandbox.Account{{ID: "acme", Name: "Acme Ltd", Mapped: "mapped"}, {ID: "beta", Name: "Beta BV", Mapped: "mapped"}, {ID: "old", Name: "Old"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, "")
	reviewWith := func(exclude string, agreement bool, opening string) {
		t.Helper()
		configuration := providertest.Block(s) + reviewing(`  gradient_counts = { acme = { Premium = 10 }, beta = { Premium = 5 } }`)
		w.Write("main.tf", strings.Replace(configuration, `on_error = "skip"`, `exclude_skus = [`+exclude+`]`, 1))
		got := review(t, w)
		report, _ := got["report_markdown"].(string)
		if got["in_agreement"] != agreement || !strings.Contains(report, opening) {
			t.Errorf("in agreement: %v, want %v and %q:\n%s", got["in_agreement"], agreement, opening, report)
		}
	}
	reviewWith(``, false, "**Not in agreement: the numbers of 2 pairs of account and service agree, but something is billed nowhere.** 2 purchased seats")
	reviewWith(`"VISIOCLIENT"`, true, "**In agreement: 2 pairs of account and service.**")
	s.UnmapAccounts("beta")
	reviewWith(`"VISIOCLIENT"`, false, "but something is billed nowhere.** 1 account is not mapped in Gradient.")
}

// A tenant that cannot be read is unknown in every row, and named.
func TestAReviewWithATenantThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	s.WithdrawConsent("beta.example")
	got := review(t, providertest.NewWorkspace(t, providertest.Block(s)+reviewing(`
  psa_counts = { acme = { Premium = 10 }, beta = { Premium = 5 } }
`)))
	providertest.ExpectJSON(t, "rows", got["rows"], "["+row("acme", "Acme Ltd", "Premium", "10", "null", "null", "10", "agree", "")+","+
		row("beta", "Beta BV", "Premium", "null", "null", "null", "5", "unknown", "Microsoft is unknown: no counts of beta")+"]")
	providertest.ExpectJSON(t, "differences", got["differences"], "[]")
	providertest.ExpectJSON(t, "in_agreement", got["in_agreement"], "false")
	providertest.ExpectJSON(t, "unreadable_tenants", got["unreadable_tenants"], `["beta"]`)
}

// Before the first publication there is no asset type. That is a difference, not a failure.
func TestAReviewBeforeTheFirstPublication(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	got := review(t, providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType)))
	providertest.ExpectJSON(t, "rows", got["rows"], "["+row("acme", "Acme Ltd", "Premium", "10", "null", "null", "null", "missing_in_cloudradial", "CloudRadial has no row")+","+
		row("beta", "Beta BV", "Premium", "5", "null", "null", "null", "missing_in_cloudradial", "CloudRadial has no row")+"]")
	if report, _ := got["report_markdown"].(string); !strings.Contains(report, `no flexible asset type named "Microsoft 365 Licenses": nothing is published there yet`) {
		t.Errorf("the report does not say that there is no asset type:\n%s", report)
	}
}

func TestARowThatSomebodyEdited(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+reviewing("")+publishing)
	w.Apply()
	for _, asset := range s.Assets() {
		switch {
		case asset.CompanyID == 2:
			s.EditAsset(asset.ID, "purchased", "5 or so")
		case asset.Traits["sku"] == "SPB":
			s.EditAsset(asset.ID, "sku", " ")
		}
	}
	review := review(t, providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType)))
	providertest.ExpectJSON(t, "rows", review["rows"], "["+row("acme", "Acme Ltd", "Premium", "10", "null", "null", "null", "missing_in_cloudradial", "CloudRadial has no row")+","+
		row("beta", "Beta BV", "Premium", "5", "null", "null", "null", "unknown", "CloudRadial is unknown: no number in the row of SPB")+"]")
	if report, _ := review["report_markdown"].(string); !strings.Contains(report, "CloudRadial has rows without a SKU (1). They were not compared.") {
		t.Errorf("the report does not tell of the row without a SKU:\n%s", report)
	}

	s.RenameTrait(s.AssetTypes()[0].ID, "purchased", "Bought")
	out := providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType)).Run("plan")
	out.ExpectErrors(t, 1, "Published licenses cannot be read", `has no field "Purchased"`, "give it that name again")
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	const counts = `  psa_counts = { acme = { Premium = 9 } }
`
	for name, test := range map[string]struct {
		arguments string
		code      int
		texts     []string
	}{
		"what is there": {counts + `fail_on = ["unmapped_skus", "differs", "missing_in_psa"]`, 1, []string{
			"The review found what fail_on names", "differs (1): - acme, Premium: PSA is 1 below Microsoft",
			"missing_in_psa (1): - beta, Premium: PSA has no number", "unmapped_skus (1): - VISIOCLIENT (Visio Plan 2): 2 seats",
			"remove it from fail_on",
		}},
		"what is not there":             {counts + `fail_on = ["unreadable_tenants", "unknown", "missing_in_microsoft"]`, 0, nil},
		"nothing":                       {counts + `fail_on = []`, 0, nil},
		"what nobody looked at":         {`fail_on = ["missing_in_gradient"]`, 1, []string{"missing_in_gradient: cannot be determined: Gradient was not asked: gradient_counts is not given"}},
		"an account that is not mapped": {counts + `fail_on = ["unmapped_accounts"]`, 1, []string{"unmapped_accounts (1): - Old Customer (old)"}},
		"what is no status":             {`fail_on = ["agree"]`, 1, []string{"fail_on", `"unmapped_skus"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			providertest.NewWorkspace(t, providertest.Block(s)+reviewing(test.arguments)).Run("plan").ExpectErrors(t, test.code, test.texts...)
		})
	}
}

func TestErrorsOfAReview(t *testing.T) {
	t.Parallel()
	count := `{ sku_id = "x", product_name = "X", purchased = %s, enabled = 1, entitled = 1, assigned = 1, flags = [] }`
	for name, test := range map[string]struct {
		block, arguments string // arguments replace all of the review's
		texts            []string
	}{
		"a mapped account without counts": {"", `license_counts = {}
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = {}`, []string{"These numbers cannot be compared", `Account "acme" is mapped (company mapping "a") but has no license counts`, "in data"}},
		"no number of seats": {"", `license_counts = { acme = { X = ` + fmt.Sprintf(count, "null") + ` } }
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = { x = { service = "X", skus = ["X"] } }`, []string{`license_counts["acme"]["X"].purchased has no number`}},
		"what is left of a shared tenant is less than none": {"", `license_counts = { acme = { X = { sku_id = "x", purchased = 0, flags = ["overassigned_split"] } } }
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = { x = { service = "X", skus = ["X"] } }`, []string{`license_counts["acme"]["X"].purchased is 0 with the flag overassigned_split`}},
		"fewer than none": {"", `license_counts = { acme = { X = ` + fmt.Sprintf(count, "-1") + ` } }
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = {}`, []string{`license_counts["acme"]["X"].purchased is out of range (0 to 2147483647): -1`}},
		"many mistakes": {"", `license_counts = { acme = { X = ` + fmt.Sprintf(count, "1.5") + `, Y = null } }
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = {}`, []string{`license_counts["acme"]["X"].purchased is not a whole number: 1.5`, `license_counts["acme"]["Y"] is null`}},
		"a number out of range": {"", `license_counts = {}
			company_mappings = {}
			license_mappings = {}
			psa_counts       = { acme = { X = 1e30 } }`, []string{`psa_counts["acme"]["X"] is out of range (-2147483647 to 2147483647): 1e+30`}},
		"gates, and nothing that was compared": {"", `license_counts = { acme = {} }
			company_mappings = { a = { account_id = "acme" } }
			license_mappings = {}
			psa_counts       = {}
			fail_on          = ["not_compared", "missing_in_psa"]`, []string{
			"missing_in_psa: cannot be determined: nothing was compared, because no system gave any number.",
			"not_compared: cannot be determined: nothing was compared, because no system gave any number.",
		}},
		"a null mapping": {"", `license_counts = {}
			company_mappings = { a = null }
			license_mappings = {}`, []string{"company_mappings", "null"}},
		"a basis of nobody's": {"", `license_counts = {}
			company_mappings = {}
			license_mappings = { p = { service = "P", skus = ["SPB"], basis = "sold" } }`, []string{`license_mappings["p"].basis`, `"purchased"`}},
		"a negative tolerance": {"", `license_counts = {}
			company_mappings = {}
			license_mappings = {}
			tolerance        = -1`, []string{"tolerance", "at least 0"}},
		"published rows without keys": {"private_key", `license_counts = {}
			company_mappings = {}
			license_mappings = {}
			asset_type       = "Licenses"`, []string{"CloudRadial cannot be used", "CLOUDRADIAL_PRIVATE_KEY", "asset_type"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			block := providertest.Block(s)
			if test.block != "" {
				block = providertest.BlockWith(s, map[string]string{test.block: ""})
			}
			w := providertest.NewWorkspace(t, block+"data \"cloudradial_reconciliation\" \"this\" {\n"+test.arguments+"\n}\n")
			w.Run("plan").ExpectErrors(t, 1, test.texts...)
		})
	}
}

// A system that is configured and refuses is an error: the review would look better than the estate.
func TestAReviewOfSystemsThatRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault sandbox.Fault
		texts []string
	}{
		"companies": {sandbox.Fault{System: sandbox.CloudRadial, Path: "/company$", Status: http.StatusForbidden}, []string{"CloudRadial companies cannot be read", "403 Forbidden"}},
		"accounts":  {sandbox.Fault{System: sandbox.Gradient, Path: "/accounts$", Status: http.StatusForbidden}, []string{"Gradient accounts cannot be read", "403 Forbidden"}},
		"assets":    {sandbox.Fault{System: sandbox.CloudRadial, Path: "/flexibleassettype$", Status: http.StatusForbidden}, []string{"Published licenses cannot be read", "403 Forbidden", "asset_type"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			s.Inject(test.fault)
			providertest.NewWorkspace(t, providertest.Block(s)+reviewing(withAssetType)).Run("plan").ExpectErrors(t, 1, test.texts...)
		})
	}
}

// Whatever is not known yet defers the review to apply; nothing is asked meanwhile.
func TestUnknownArgumentsDeferTheReview(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]string{
		"counts of the PSA": `psa_counts = terraform_data.later.output == "later" ? { acme = { Premium = 10 } } : null`,
		"one count":         `gradient_counts = { acme = { Premium = length(terraform_data.later.output) + 5 }, beta = { Premium = 5 } }`,
		"tolerance":         `tolerance = length(terraform_data.later.output)`,
		"asset_type":        `asset_type = terraform_data.later.output`,
		"fail_on": `fail_on = terraform_data.later.output == "later" ? ["differs"] : []
  psa_counts = { acme = { Premium = 10 }, beta = { Premium = 5 } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+reviewing(arguments)+`
resource "terraform_data" "later" { input = "later" }
`)
			w.Must("plan").ExpectErrors(t, 0, "known after apply")
			for _, r := range s.Requests() {
				if r.System != sandbox.Microsoft {
					t.Errorf("%s was asked for %s during plan", r.System, r.Path)
				}
			}
			if rows, _ := review(t, w)["rows"].([]any); len(rows) != 2 {
				t.Errorf("%d rows, want 2", len(rows))
			}
		})
	}
}

// Keys that are not known yet are like none, but for what was asked for by name.
func TestAReviewWithKeysThatAreNotKnownYet(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	block := providertest.BlockWith(s, map[string]string{"private_key": "terraform_data.key.output", "gradient.partner_api_key": "terraform_data.key.output"}) + `
resource "terraform_data" "key" { input = "later" }
`
	out := providertest.NewWorkspace(t, block+reviewing("")).Must("plan")
	out.ExpectErrors(t, 0, "The settings of CloudRadial are not known yet", "The settings of Gradient are not known yet")
	providertest.NewWorkspace(t, block+reviewing(withAssetType)).Run("plan").ExpectErrors(t, 1, "CloudRadial cannot be used", "private_key", "-target")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const company = "cloudradial_company_mapping.this"

func companyBlock(arguments ...string) string {
	return "resource \"cloudradial_company_mapping\" \"this\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func companyValue(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(company, tfjsonpath.New(name), check)
}

func TestCompanyMappingLifeCycle(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           block + companyBlock(`company_id = 101`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectKnownValue(company, tfjsonpath.New("account_id"), knownvalue.StringExact("101")), plancheck.ExpectUnknownValue(company, tfjsonpath.New("name")), plancheck.ExpectUnknownValue(company, tfjsonpath.New("is_mapped"))),
				Check:            providertest.CheckWrites(s, `POST /organization/accounts [{"id":"101","name":"Alder \u0026 Finch Architects","description":""}]`),
			},
			{
				PreConfig:         func() { s.MapAccounts("101") },
				Config:            block + companyBlock(`company_id = 101`),
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{companyValue("is_mapped", knownvalue.Bool(true))},
				Check:             providertest.CheckWrites(s),
			},
			{
				Config:           block + companyBlock(`company_id = 101`, `name = "Alder Finch"`, `description = "since 2019"`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(company, plancheck.ResourceActionUpdate)),
				Check:            providertest.CheckWrites(s, `PATCH /organization/accounts/101 {"name":"Alder Finch","description":"since 2019"}`),
			},
			{
				// The account stays the same, so Gradient is not asked for anything.
				Config:           block + companyBlock(`company_id = 102`, `account_id = "101"`, `name = "Alder Finch"`, `description = "since 2019"`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(company, plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(company, tfjsonpath.New("is_mapped"), knownvalue.Bool(true))),
				Check:            providertest.CheckWrites(s),
			},
			{
				// The default of account_id follows company_id.
				Config:           block + companyBlock(`company_id = 102`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(company, plancheck.ResourceActionReplace)),
				Check:            providertest.CheckWrites(s, `POST /organization/accounts [{"id":"102","name":"Brightwater Dental","description":""}]`),
			},
			{
				Config:                               block + companyBlock(`company_id = 102`),
				ResourceName:                         company,
				ImportState:                          true,
				ImportStateId:                        "102",
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "account_id",
				ImportStateVerifyIgnore:              []string{"is_mapped"}, // null until it is read
			},
			{
				Config:          block + companyBlock(`company_id = 102`),
				ResourceName:    company,
				ImportState:     true,
				ImportStateKind: resource.ImportBlockWithID,
				ImportStateId:   "102/102",
			},
		},
	})
	providertest.ExpectWrites(t, s)
	if got := len(s.Accounts()); got != 2 {
		t.Errorf("Gradient holds %d accounts after destroy, want both", got)
	}
}

func TestCompanyRenamedUpstreamIsDrift(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s) + companyBlock(`company_id = 103`, `account_id = "cedar"`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{Config: block, Check: providertest.CheckWrites(s, `POST /organization/accounts [{"id":"cedar","name":"Cedar Grove Logistics","description":""}]`)},
			{
				PreConfig:        func() { s.PutCompany(sandbox.Company{ID: 103, Name: "Cedar Grove Logistics Inc."}) },
				Config:           block,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(company, plancheck.ResourceActionUpdate)),
				Check:            providertest.CheckWrites(s, `PATCH /organization/accounts/cedar {"name":"Cedar Grove Logistics Inc.","description":""}`),
			},
			{
				PreConfig: func() { s.PutCompany(sandbox.Company{ID: 103, Name: "Cedar Grove Logistics"}) },
				Config:    providertest.Block(s) + companyBlock(`company_id = 103`, `account_id = "cedar"`, `name = "Cedar Grove Logistics Inc."`),
				Check:     providertest.CheckWrites(s),
			},
		},
	})
}

func TestManyCompanyMappingsShareTheReads(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_company_mapping" "this" {
  for_each   = toset(["101", "102", "103"])
  company_id = tonumber(each.key)
}
`)
	w.Must("plan")
	providertest.ExpectWrites(t, s)
	w.Apply()
	s.ClearRequests()
	w.ExpectNoChanges()
	if got := providertest.Requests(s, sandbox.Gradient); len(got) != 1 {
		t.Errorf("Gradient was asked %q, want one read of the accounts", got)
	}
	if got := providertest.Requests(s, sandbox.CloudRadial); len(got) > 2 {
		t.Errorf("CloudRadial was asked %q, want one page and a count at most", got)
	}
}

func TestCompanyUnknownToCloudRadial(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+companyBlock(`company_id = 999`, `name = "Brightwater Dentl"`))
	w.Run("plan").Expect(t, 1, "Error: Company 999 is not in CloudRadial", "lists 3 companies", `nearest to "Brightwater Dentl" is "Brightwater Dental", with company_id 102`, `company_id = 999`)

	// Without a name, the slug tells what was meant.
	w.Write("main.tf", block+companyBlock(`company_id = 999`, `account_id = "cedar-grove"`))
	w.Run("plan").Expect(t, 1, `nearest to "cedar-grove" is "Cedar Grove Logistics", with company_id 103`)

	w.Write("main.tf", block+companyBlock(`company_id = 102`))
	w.Apply()
	w.Write("main.tf", block+companyBlock(`company_id = 998`, `account_id = "102"`))
	w.Run("plan").Expect(t, 1, "Error: Company 998 is not in CloudRadial", "with company_id 102")

	// One that was there before only warns, and never blocks destroy.
	w.Write("main.tf", block+companyBlock(`company_id = 102`))
	s.RemoveCompany(102)
	out := w.ExpectNoChanges()
	out.Expect(t, 0, "Warning: Company 102 is not in CloudRadial", "The mapping is older")
	s.ClearRequests()
	out = w.Must("destroy", "-auto-approve")
	out.Expect(t, 0, `Warning: Account "Brightwater Dental" (102) stays in Gradient`, "offboard")
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingWithoutCloudRadialKeys(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+companyBlock(`company_id = 999`))
	w.Run("plan").Expect(t, 1, "Error: Name is required without CloudRadial keys", "public_key (environment variable CLOUDRADIAL_PUBLIC_KEY)", "private_key (environment variable CLOUDRADIAL_PRIVATE_KEY)")

	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+companyBlock(`company_id = 999`, `name = "Anybody"`))
	w.Apply()
	if got := providertest.Requests(s, sandbox.CloudRadial); len(got) > 0 {
		t.Errorf("CloudRadial was asked %q", got)
	}
	// Managed already, it keeps the name that it has.
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+companyBlock(`company_id = 999`))
	w.ExpectNoChanges()

	half := providertest.BlockWith(s, map[string]string{"private_key": ""})
	w.Write("main.tf", half+companyBlock(`company_id = 998`, `name = "Anybody"`))
	w.Run("plan").Expect(t, 1, "Error: CloudRadial cannot be used", "private_key (environment variable CLOUDRADIAL_PRIVATE_KEY)")
}

func TestCompanyMappingWhenCloudRadialFails(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`))
	w.Apply()

	wrong := providertest.BlockWith(s, map[string]string{"private_key": `"not-the-key"`})
	w.Write("main.tf", wrong+companyBlock(`company_id = 101`))
	out := w.ExpectNoChanges()
	out.Expect(t, 0, "Warning: CloudRadial companies cannot be read", "401", "Are the keys swapped?", "CLOUDRADIAL_BASE_URL")
	out.ExpectNo(t, "not-the-key")

	w.Write("main.tf", wrong+companyBlock(`company_id = 102`))
	w.Run("plan").Expect(t, 1, "Error: CloudRadial companies cannot be read")
	w.Must("state", "list")
}

func TestAccountIDWithOtherCharacters(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`, `account_id = "alder finch/1"`))
	w.Run("plan").Expect(t, 1, "Error: Invalid Attribute Value Match", "account_id", "letters, digits, '.', '_' and '-' only")
}

func TestAccountIDUsedTwice(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	for _, second := range []string{"Brightwater Dental", "Alder & Finch Architects"} {
		account := "shared-" + second[:1]
		w := providertest.NewWorkspace(t, providertest.Block(s)+fmt.Sprintf(`
resource "cloudradial_company_mapping" "one" {
  company_id = 101
  account_id = %[1]q
}
resource "cloudradial_company_mapping" "two" {
  company_id = 102
  account_id = %[1]q
  name       = %[2]q
  depends_on = [cloudradial_company_mapping.one]
}
`, account, second))
		w.Run("apply", "-auto-approve").Expect(t, 1, "Error: Account id "+account+" is used twice", `company_id 101 and name "Alder & Finch Architects"`, fmt.Sprintf("company_id 102 and name %q", second))
	}
}

func TestAccountExistsUnderAnotherName(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "alder", Name: "Alder and Finch"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	mapping := companyBlock(`company_id = 101`, `account_id = "alder"`)
	w := providertest.NewWorkspace(t, providertest.Block(s)+mapping)
	w.Run("plan").Expect(t, 1, `Error: Account "Alder & Finch Architects" (alder) exists under another name`, `it is named "Alder and Finch"`, "import {", `id = "101/alder"`)
	providertest.ExpectWrites(t, s)

	// What the message says works.
	w.Write("main.tf", providertest.Block(s)+mapping+`
import {
  to = cloudradial_company_mapping.this
  id = "101/alder"
}
`)
	w.Apply().Expect(t, 0, "1 imported, 0 added, 1 changed")
	if got := s.Accounts()[0].Name; got != "Alder & Finch Architects" {
		t.Errorf("the account is named %q", got)
	}
}

// TestAccountIsAdopted is also what a run that was killed right after a create needs.
func TestAccountIsAdopted(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "101", Name: "Alder & Finch Architects"}, {ID: "102", Name: "Brightwater Dental", Description: "old"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`))
	w.Must("plan").Expect(t, 0, `Warning: Account "Alder & Finch Architects" (101) is adopted`)
	w.Apply().Expect(t, 0, `Warning: Account "Alder & Finch Architects" (101) is adopted`)
	providertest.ExpectWrites(t, s)
	w.ExpectNoChanges()

	// Another description is set.
	w.Write("more.tf", `
resource "cloudradial_company_mapping" "more" {
  company_id  = 102
  description = "new"
}
`)
	s.ClearRequests()
	w.Apply()
	if got := providertest.Writes(s); len(got) != 1 || got[0] != `PATCH /organization/accounts/102 {"name":"Brightwater Dental","description":"new"}` {
		t.Errorf("wrote %q", got)
	}
	w.ExpectNoChanges()
}

func TestAccountGoneIsRecreated(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	mappings := `
resource "cloudradial_company_mapping" "this" {
  for_each   = toset(["101", "102"])
  company_id = tonumber(each.key)
}
`
	w := providertest.NewWorkspace(t, providertest.Block(s)+mappings)
	w.Apply()

	s.Reconnect()
	w.Write("main.tf", providertest.Block(s)+mappings)
	out := w.Run("plan", "-detailed-exitcode")
	out.Expect(t, 2, `Warning: Account "Brightwater Dental" (102) is gone from Gradient`, `Warning: Account "Alder & Finch Architects" (101) is gone`, "Probably the integration was disconnected in Gradient and connected again", "Plan: 2 to add")
	w.Apply()
	w.ExpectNoChanges()
	if got := len(s.Accounts()); got != 2 {
		t.Errorf("Gradient holds %d accounts, want 2", got)
	}
}

func TestCreateThatGradientRefuses(t *testing.T) {
	t.Parallel()
	for status, texts := range map[int][]string{
		400: {"400 Bad Request", "name is too odd", "trying again will not help"},
		401: {"401 Unauthorized", "it was regenerated", "GRADIENT_PARTNER_API_KEY"},
		403: {"403 Forbidden", "talk to Gradient's support"},
		404: {"404 Not Found", "Check gradient.base_url"},
		409: {"409 Conflict", "Run the plan again"},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Times: 1, Status: status, Body: `{"message":["name is too odd"]}`})
			w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`))
			w.Run("apply", "-auto-approve").Expect(t, 1, append(texts, `Error: Account "Alder & Finch Architects" (101) is not created`,
				"Asked Gradient to create the account", "/api/vendor-api/organization/accounts")...)
			if got := len(providertest.Writes(s)); got != 1 {
				t.Errorf("a creation that was refused was sent %d times", got)
			}
			if out := w.Run("state", "list"); strings.Contains(out.Raw, "company_mapping") {
				t.Errorf("an account that does not exist is in the state:\n%s", out.Raw)
			}
			w.Apply()
			w.ExpectNoChanges()
		})
	}
}

func TestChangesThatGradientRefuses(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+companyBlock(`company_id = 101`))
	w.Apply()
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "PATCH", Times: 1, Status: 403, Body: `{"message":"Forbidden"}`})
	w.Write("main.tf", block+companyBlock(`company_id = 101`, `name = "Alder Finch"`))
	w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Account "Alder Finch" (101) is not changed`, `Asked Gradient to update the account "101"`, "403 Forbidden", "talk to Gradient's support")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, `"Alder & Finch Architects" -> "Alder Finch"`)
	w.Apply()
	w.ExpectNoChanges()
}

func TestCompanyWithoutAName(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 104}}}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 104`))
	w.Run("plan").Expect(t, 1, "Error: Company 104 has no name in CloudRadial", "Give the name of the account as it is in the PSA")
}

// TestAccountMadeByOthersMeanwhile appears between plan and apply.
func TestAccountMadeByOthersMeanwhile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"Alder & Finch Architects": `Warning: Account "Alder & Finch Architects" (alder) is adopted`,
		"Somebody else":            `Error: Account "Alder & Finch Architects" (alder) exists under another name`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`, `account_id = "alder"`))
			w.Must("plan", "-out=plan")
			other := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+companyBlock(`company_id = 1`, `account_id = "alder"`, fmt.Sprintf("name = %q", name)))
			other.Apply()
			s.ClearRequests()
			code := 0
			if strings.HasPrefix(text, "Error") {
				code = 1
			}
			w.Run("apply", "plan").Expect(t, code, text)
			providertest.ExpectWrites(t, s)
		})
	}
}

func TestCompanyMappingImportIDs(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "alder", Name: "Alder & Finch Architects"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`, `account_id = "alder"`))
	for _, id := range []string{"alder", "alder/101", "101/", "/alder", "101/al der", "101/a/b"} {
		w.Run("import", company, id).Expect(t, 1, "Error: Import id of a company mapping is not understood", "<company_id>/<account_id>")
	}
	w.Run("import", company, "101/nobody").Expect(t, 1, "Cannot import non-existent remote object")
	w.Must("import", company, "101/alder")
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingUnknownValues(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
variable "company" { type = number }
resource "terraform_data" "later" {
  triggers_replace = %q
  input = {
    company     = var.company
    account     = "slug"
    description = "text"
    key         = %q
  }
}
`, round, s.Credentials().CloudRadialPrivateKey)
	}
	fromData := companyBlock(`company_id = terraform_data.later.output.company`)
	all := companyBlock(`company_id = var.company`, `account_id = terraform_data.later.output.account`,
		`name = terraform_data.later.output.account`, `description = terraform_data.later.output.description`)
	unknownKey := providertest.BlockWith(s, map[string]string{"private_key": "terraform_data.later.output.key"})
	variables := config.Variables{"company": config.IntegerVariable(101)}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           later("first") + providertest.Block(s) + fromData,
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(company, tfjsonpath.New("account_id")), plancheck.ExpectUnknownValue(company, tfjsonpath.New("name"))),
				ConfigStateChecks: []statecheck.StateCheck{
					companyValue("account_id", knownvalue.StringExact("101")),
					companyValue("name", knownvalue.StringExact("Alder & Finch Architects")),
				},
			},
			{
				Config:            later("second") + providertest.Block(s) + all,
				ConfigVariables:   variables,
				ConfigStateChecks: []statecheck.StateCheck{companyValue("account_id", knownvalue.StringExact("slug"))},
			},
			{
				Config:          later("third") + unknownKey + companyBlock(`company_id = var.company`, `account_id = "slug"`, `description = "text"`),
				ConfigVariables: variables,
				// The company cannot be looked up at plan, so the name stays; apply knows the key, and then it would be another.
				ConfigPlanChecks:   providertest.BeforeApply(plancheck.ExpectResourceAction(company, plancheck.ResourceActionNoop)),
				ExpectNonEmptyPlan: true,
			},
			{
				Config:            later("third") + unknownKey + companyBlock(`company_id = var.company`, `account_id = "slug"`),
				ConfigVariables:   variables,
				ConfigStateChecks: []statecheck.StateCheck{companyValue("name", knownvalue.StringExact("Alder & Finch Architects"))},
			},
		},
	})
}

// TestKilledCreate cuts the answer to the creation of an account, which must not be made twice.
func TestKilledCreate(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/accounts$", Times: 1, Kind: "reset-after"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companyBlock(`company_id = 101`))
	w.Apply()
	w.ExpectNoChanges()
	if got := len(s.Accounts()); got != 1 {
		t.Errorf("Gradient holds %d accounts, want one", got)
	}
}

// portal is a CloudRadial portal of three companies.
func portal() sandbox.Seed {
	return sandbox.Seed{Companies: []sandbox.Company{
		{ID: 101, Name: "Alder & Finch Architects", PSAKey: 4101, PSAIdentifier: "ALDERFINCH", Domains: []string{"alderfinch.example", "alder.example"}},
		{ID: 102, Name: "Brightwater Dental", Domains: []string{"brightwater.example"}},
		{ID: 103, Name: "Cedar Grove Logistics"},
	}}
}

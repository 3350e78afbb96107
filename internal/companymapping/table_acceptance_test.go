// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const companiesTable = "cloudradial_company_mappings.this"

func companiesBlock(companies string) string {
	return "resource \"cloudradial_company_mappings\" \"this\" {\n  companies = " + companies + "\n}\n"
}

func companyIn(id, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("companies").AtMapKey(id).AtMapKey(attribute)
}

func unmanagedAre(ids ...string) knownvalue.Check {
	var checks []knownvalue.Check
	for _, id := range ids {
		checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"account_id": knownvalue.StringExact(id)}))
	}
	return knownvalue.ListExact(checks)
}

func TestCompanyMappingsLifeCycle(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "zz", Name: "Somebody else's"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	block := providertest.Block(s)
	two := `{ alder = { company_id = 101 }, "102" = { company_id = 102, name = "Brightwater", description = "since 2019" } }`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:            block + companiesBlock(two),
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectKnownValue(companiesTable, companyIn("alder", "account_id"), knownvalue.StringExact("alder")), plancheck.ExpectUnknownValue(companiesTable, companyIn("alder", "name")), plancheck.ExpectKnownValue(companiesTable, companyIn("alder", "description"), knownvalue.StringExact("")), plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("unmanaged")), plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("102"))),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre("zz"))},
				Check: providertest.CheckWrites(s, `POST /organization/accounts [{"id":"102","name":"Brightwater","description":"since 2019"},`+
					`{"id":"alder","name":"Alder \u0026 Finch Architects","description":""}]`),
			},
			{
				PreConfig:        func() { s.MapAccounts("alder") },
				Config:           block + companiesBlock(two),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(companiesTable, tfjsonpath.New("is_mapped"),
					knownvalue.MapExact(map[string]knownvalue.Check{"102": knownvalue.Bool(false), "alder": knownvalue.Bool(true)}))},
				Check: providertest.CheckWrites(s),
			},
			{
				// A name changes, company_id changes, a company comes and one goes.
				Config:           block + companiesBlock(`{ alder = { company_id = 102, name = "Alder" }, cedar = { company_id = 103 } }`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(companiesTable, plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre("102", "zz")), plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("alder"), knownvalue.Bool(true)), plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("is_mapped").AtMapKey("cedar"))),
				Check:            providertest.CheckWrites(s, `POST /organization/accounts [{"id":"cedar","name":"Cedar Grove Logistics","description":""}]`, `PATCH /organization/accounts/alder {"name":"Alder","description":""}`),
			},
			{
				// Gradient does not hold company_id.
				Config:           block + companiesBlock(`{ alder = { company_id = 101, name = "Alder" }, cedar = { company_id = 103 } }`),
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(companiesTable, plancheck.ResourceActionUpdate)),
				Check:            providertest.CheckWrites(s),
			},
		},
	})
	providertest.ExpectWrites(t, s)
	if got := len(s.Accounts()); got != 4 {
		t.Errorf("Gradient holds %d accounts after destroy, want all 4", got)
	}
}

// manyCompanies is a table of n accounts c000, c001 … whose names are given, so that CloudRadial need not know them.
func manyCompanies(n int) string {
	return companiesBlock(fmt.Sprintf(`{ for i in range(%d) : format("c%%03d", i) => { company_id = 1000 + i, name = format("Company %%03d", i) } }`, n))
}

// heldAccounts are the accounts in Gradient, "id name", by id.
func heldAccounts(s *sandbox.Server) []string {
	var held []string
	for _, account := range s.Accounts() {
		held = append(held, strings.TrimSpace(account.ID+" "+account.Name+" "+account.Description))
	}
	slices.Sort(held)
	return held
}

func asked(s *sandbox.Server, method string) (found int) {
	for _, request := range providertest.Requests(s, sandbox.Gradient) {
		if strings.HasPrefix(request, method) {
			found++
		}
	}
	return found
}

func TestCompanyMappingsShareTheReadsAndTheWrites(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(250))
	w.Must("plan", "-out=plan")
	providertest.ExpectWrites(t, s)
	s.ClearRequests()
	w.Must("apply", "plan")
	if posts, gets := asked(s, "POST"), asked(s, "GET"); posts != 3 || gets != 1 || len(s.Accounts()) != 250 {
		t.Errorf("%d POSTs and %d GETs made %d accounts, want 3 and 1 for 250", posts, gets, len(s.Accounts()))
	}
	s.ClearRequests()
	w.ExpectNoChanges()
	if got := providertest.Requests(s, sandbox.Gradient); !slices.Equal(got, []string{"GET /api/vendor-api/organization/accounts"}) {
		t.Errorf("a plan without changes asked %q", got)
	}
	if got := providertest.Requests(s, sandbox.CloudRadial); len(got) > 0 {
		t.Errorf("CloudRadial was asked %q", got)
	}
	// Without a refresh it sends no request.
	s.ClearRequests()
	w.Must("plan", "-detailed-exitcode", "-refresh=false")
	if got := providertest.Requests(s, sandbox.Gradient); len(got) > 0 {
		t.Errorf("a plan without changes and refresh asked %q", got)
	}
}

func TestCompanyMappingsAdopt(t *testing.T) {
	t.Parallel()
	var seed sandbox.Seed
	for i := range 12 {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: fmt.Sprintf("c%03d", i), Name: fmt.Sprintf("Company %03d", i)})
	}
	seed.Accounts[3].Description = "theirs"
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(13))
	out := w.Must("plan")
	out.Expect(t, 0, "Warning: Accounts are adopted (12)", "for example CIPP", `- "Company 000" (c000)`, `- "Company 009" (c009) - and 2 more`)
	out.ExpectNo(t, `(c010)`)
	w.Apply().Expect(t, 0, "Warning: Accounts are adopted (12)")
	if got := providertest.Writes(s); !slices.Equal(got, []string{
		`POST /organization/accounts [{"id":"c012","name":"Company 012","description":""}]`,
		`PATCH /organization/accounts/c003 {"name":"Company 003","description":""}`,
	}) {
		t.Errorf("wrote %q", got)
	}
	w.ExpectNoChanges()
}

func TestCompanyMappingsAccountUnderAnotherName(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "alder", Name: "Alder and Finch"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(`{ alder = { company_id = 101 }, b = { company_id = 102 } }`))
	w.Run("plan").Expect(t, 1, `Error: Account "Alder & Finch Architects" (alder) exists under another name`, `it is named "Alder and Finch"`, `apply once with name = "Alder and Finch" in companies["alder"]`)
	providertest.ExpectWrites(t, s)

	// What the message says works.
	w.Write("main.tf", providertest.Block(s)+companiesBlock(`{ alder = { company_id = 101, name = "Alder and Finch" }, b = { company_id = 102 } }`))
	w.Apply()
	w.Write("main.tf", providertest.Block(s)+companiesBlock(`{ alder = { company_id = 101 }, b = { company_id = 102 } }`))
	w.Apply()
	if got := heldAccounts(s); !slices.Equal(got, []string{"alder Alder & Finch Architects", "b Brightwater Dental"}) {
		t.Errorf("Gradient holds %q", got)
	}
	w.ExpectNoChanges()
}

// TestCompanyMappingsAccountsMadeMeanwhile creates accounts between plan and apply. They are never overwritten, not even where the API
// would do so.
func TestCompanyMappingsAccountsMadeMeanwhile(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []string{"atomic", "partial", "upsert"} {
		t.Run(duplicates, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{Switches: map[string]string{"gradient-duplicate-accounts": duplicates}})
			w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(4))
			w.Must("plan", "-out=plan")
			other := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+companiesBlock(`{
    c001 = { company_id = 1, name = "Company 001" }
    c002 = { company_id = 2, name = "Somebody else" }
    c900 = { company_id = 900, name = "Another tool's" }
  }`))
			other.Apply()
			w.Run("apply", "plan").Expect(t, 1, `Error: Account "Company 002" (c002) exists under another name`)
			s.ClearRequests()
			w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+strings.Replace(manyCompanies(4), `format("Company %03d", i)`, `i == 2 ? "Somebody else" : format("Company %03d", i)`, 1))
			w.Apply().Expect(t, 0, "Warning: Accounts are adopted (2)")
			if got := heldAccounts(s); !slices.Equal(got, []string{"c000 Company 000", "c001 Company 001", "c002 Somebody else", "c003 Company 003", "c900 Another tool's"}) {
				t.Errorf("Gradient holds %q", got)
			}
			w.ExpectNoChanges()
		})
	}
}

// TestCompanyMappingsOneRefused has Gradient refuse one account. The others stay, and the next apply creates the one that is left.
func TestCompanyMappingsOneRefused(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []string{"atomic", "partial", "upsert"} {
		t.Run(duplicates, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{Switches: map[string]string{"gradient-duplicate-accounts": duplicates}})
			// The batch of four, the half with c000 and c000 itself are refused.
			refusal := sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Times: 3, Status: 400, Body: `{"message":["name is too odd"]}`}
			s.Inject(refusal)
			w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(4))
			out := w.Run("apply", "-auto-approve")
			out.Expect(t, 1, `Error: Account "Company 000" (c000) is not created`, "name is too odd", "in resource \"cloudradial_company_mappings\" \"this\"")
			if strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("more than one error:\n%s", out.Raw)
			}
			if got := len(s.Accounts()); got != 3 {
				t.Errorf("Gradient holds %d accounts, want 3", got)
			}
			// The resource is tainted. Replacing it makes nothing twice.
			s.ClearRequests()
			w.Apply().Expect(t, 0, "Warning: Accounts are adopted (3)", "1 added, 0 changed, 1 destroyed")
			if got := providertest.Writes(s); !slices.Equal(got, []string{`POST /organization/accounts [{"id":"c000","name":"Company 000","description":""}]`}) {
				t.Errorf("wrote %q", got)
			}
			w.ExpectNoChanges()

			// In an update nothing is replaced.
			s.ClearFaults()
			refusal.Times = 2
			s.Inject(refusal)
			w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+manyCompanies(6))
			w.Run("apply", "-auto-approve").Expect(t, 1, `Error: Account "Company 004" (c004) is not created`)
			s.ClearRequests()
			w.Apply().Expect(t, 0, "0 added, 1 changed, 0 destroyed")
			if got := providertest.Writes(s); !slices.Equal(got, []string{`POST /organization/accounts [{"id":"c004","name":"Company 004","description":""}]`}) {
				t.Errorf("wrote %q", got)
			}
			w.ExpectNoChanges()
		})
	}
}

func TestCompanyMappingsStopWhenEverythingIsRefused(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Skip: 1, Times: 1, Status: 403, Body: `{"message":"Forbidden"}`})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(130))
	out := w.Run("apply", "-auto-approve")
	out.Expect(t, 1, "Error: Creation stopped: accounts are not created (30)", "talk to Gradient's support", `- "Company 100" (c100)`, "and 20 more")
	if strings.Count(out.Text, "Error:") != 1 || asked(s, "POST") != 2 {
		t.Errorf("%d POSTs, and more than one error:\n%s", asked(s, "POST"), out.Raw)
	}
	s.ClearRequests()
	w.Apply()
	if asked(s, "POST") != 1 || len(s.Accounts()) != 130 {
		t.Errorf("%d POSTs, %d accounts", asked(s, "POST"), len(s.Accounts()))
	}
	w.ExpectNoChanges()

	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPatch, Times: 1, Skip: 2, Status: 403, Body: `{"message":"Forbidden"}`})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPatch, Kind: "slow", Delay: 2 * time.Second}) // so the refusal arrives first
	renamed := providertest.BlockWithoutCloudRadial(s) + strings.Replace(manyCompanies(130), `"Company %03d"`, `"New %03d"`, 1)
	w.Write("main.tf", renamed)
	out = w.Run("apply", "-auto-approve")
	out.Expect(t, 1, "Error: Update stopped: accounts are not changed (", "talk to Gradient's support", "and 1")
	if strings.Count(out.Text, "Error:") != 1 || asked(s, "PATCH") > 20 {
		t.Errorf("%d PATCHes, and more than one error:\n%s", asked(s, "PATCH"), out.Raw)
	}
	s.ClearFaults()
	w.Apply()
	w.ExpectNoChanges()
	if got := s.Accounts()[129].Name; got != "New 129" {
		t.Errorf("the last account is named %q", got)
	}
}

// TestCompanyMappingsNoneCreated leaves nothing in the state that would have to be replaced.
func TestCompanyMappingsNoneCreated(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Times: 1, Status: 401, Body: `{}`})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(2))
	w.Run("apply", "-auto-approve").Expect(t, 1, "Error: Creation stopped: accounts are not created (2)", "it was regenerated")
	w.Apply().Expect(t, 0, "1 added, 0 changed, 0 destroyed")
	w.ExpectNoChanges()
}

func TestCompanyMappingsChangesThatGradientRefuses(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(3))
	w.Apply()
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPatch, Path: "/c001$", Times: 1, Status: 400, Body: `{"message":"odd"}`})
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+strings.Replace(manyCompanies(3), `"Company %03d"`, `"New %03d"`, 1))
	out := w.Run("apply", "-auto-approve")
	out.Expect(t, 1, `Error: Account "New 001" (c001) is not changed`, "400 Bad Request")
	if strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("more than one error:\n%s", out.Raw)
	}
	s.ClearRequests()
	w.Apply()
	if got := providertest.Writes(s); !slices.Equal(got, []string{`PATCH /organization/accounts/c001 {"name":"New 001","description":""}`}) {
		t.Errorf("wrote %q", got)
	}
	w.ExpectNoChanges()
}

func TestCompanyMappingsUnmanaged(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	output := `output "unmanaged" { value = cloudradial_company_mappings.this.unmanaged }
`
	w := providertest.NewWorkspace(t, block+companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)+output)
	w.Apply()
	providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+companyBlock(`company_id = 1`, `account_id = "x"`, `name = "X"`)).Apply()
	s.ClearRequests()
	w.Must("plan") // the resource has nothing to change
	w.Apply().Expect(t, 0, "0 added, 0 changed, 0 destroyed")
	w.Must("output", "unmanaged").Expect(t, 0, `"account_id" = "x"`, `"name" = "X"`)
	providertest.ExpectWrites(t, s)
	w.ExpectNoChanges()

	w.Write("main.tf", block+companiesBlock(`{ a = { company_id = 101 } }`)+output)
	w.Must("plan", "-out=plan").Expect(t, 0, `Warning: Account "Brightwater Dental" (b) stays in Gradient`, "offboard")
	out := w.Must("apply", "plan")
	out.Expect(t, 0, "stays in Gradient")
	w.Must("output", "unmanaged").Expect(t, 0, `"account_id" = "b"`, `"account_id" = "x"`)
	providertest.ExpectWrites(t, s)
	w.ExpectNoChanges()

	w.Must("destroy", "-auto-approve").Expect(t, 0, `Warning: Account "Alder & Finch Architects" (a) stays in Gradient`)
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingsAccountsGone(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	table := companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)
	w := providertest.NewWorkspace(t, providertest.Block(s)+table)
	w.Apply()
	s.Reconnect()
	w.Write("main.tf", providertest.Block(s)+table)
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "Warning: Accounts are gone from Gradient (2)", "Probably the integration was disconnected in Gradient", `- "Alder & Finch Architects" (a)`, "0 to add, 1 to change, 0 to destroy")
	w.Apply()
	w.ExpectNoChanges()
	if got := len(s.Accounts()); got != 2 {
		t.Errorf("Gradient holds %d accounts, want 2", got)
	}
}

func TestCompanyMappingsImport(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "a", Name: "Alder & Finch Architects", Description: "old", Mapped: "yes"}, {ID: "b", Name: "Brightwater"}, {ID: "x", Name: "X"}}
	seed.Accounts[0].Mapped = ""
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(`{
    a = { company_id = 101, description = "old" }
    b = { company_id = 102, name = "Brightwater" }
  }`))
	w.Must("import", companiesTable, "all")
	out := w.Run("plan", "-detailed-exitcode")
	out.Expect(t, 2, "0 to add, 1 to change", `Warning: Account "X" (x) stays in Gradient`)
	s.ClearRequests()
	w.Must("plan", "-refresh=false", "-out=plan")
	w.Must("apply", "plan")
	if got := providertest.Requests(s, sandbox.Gradient); len(got) > 0 {
		t.Errorf("Gradient was asked %q", got)
	}
	w.ExpectNoChanges()

	// An import block does the same, and a company that does not exist is found out.
	w = providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(`{ a = { company_id = 999, description = "old" } }`)+`
import {
  to = cloudradial_company_mappings.this
  id = "all"
}
`)
	w.Run("plan").Expect(t, 1, "Error: Company 999 is not in CloudRadial")
	w.Write("main.tf", strings.Replace(providertest.Block(s)+companiesBlock(`{ a = { company_id = 999, description = "old" } }`), "999", "101", 1)+`
import {
  to = cloudradial_company_mappings.this
  id = "all"
}
`)
	w.Apply().Expect(t, 0, "1 imported, 0 added, 1 changed, 0 destroyed")
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingsUnknownToCloudRadial(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, block+companiesBlock(`{ a = { company_id = 999, name = "Brightwater Dentl" }, cedar-grove = { company_id = 998 }, b = { company_id = 102 } }`))
	w.Run("plan").Expect(t, 1, "Error: Companies are not in CloudRadial (2)", `nearest to "Brightwater Dentl" is "Brightwater Dental", with company_id 102`,
		`- "Brightwater Dentl" (a): company_id 999, nearest is "Brightwater Dental" with company_id 102`, `- cedar-grove: company_id 998, nearest is "Cedar Grove Logistics"`)
	w.Write("main.tf", block+companiesBlock(`{ for i in range(13) : "a${i}" => { company_id = 900 + i } }`))
	out := w.Run("plan")
	out.Expect(t, 1, "Error: Companies are not in CloudRadial (13)", "- a10: company_id 910", "- and 3 more")
	if got := strings.Count(out.Text, "Error:"); got != 1 {
		t.Errorf("%d errors, want one for all", got)
	}

	two := block + companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)
	w.Write("main.tf", two)
	w.Apply()
	s.ClearRequests()
	s.RemoveCompany(102)
	w.ExpectNoChanges().Expect(t, 0, "Warning: Company 102 is not in CloudRadial", "The mapping is older")
	s.RemoveCompany(101)
	w.ExpectNoChanges().Expect(t, 0, "Warning: Companies are not in CloudRadial (2)", `- "Alder & Finch Architects" (a): company_id 101`)
	w.Must("destroy", "-auto-approve")
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingsWithoutCloudRadialKeys(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`))
	out := w.Run("plan")
	out.Expect(t, 1, "Error: Names are required without CloudRadial keys (2)", "public_key (environment variable CLOUDRADIAL_PUBLIC_KEY)")
	if strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("more than one error:\n%s", out.Raw)
	}
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+companiesBlock(`{ a = { company_id = 999, name = "Anybody" } }`))
	w.Apply()
	if got := providertest.Requests(s, sandbox.CloudRadial); len(got) > 0 {
		t.Errorf("CloudRadial was asked %q", got)
	}
	// Managed already, it keeps the name that it has.
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+companiesBlock(`{ a = { company_id = 999 } }`))
	w.ExpectNoChanges()

	// Refused keys are one warning if all companies are managed already, otherwise one error.
	wrong := providertest.BlockWith(s, map[string]string{"private_key": `"not-the-key"`})
	w.Write("main.tf", wrong+companiesBlock(`{ a = { company_id = 999 } }`))
	out = w.ExpectNoChanges()
	out.Expect(t, 0, "Warning: CloudRadial companies cannot be read", "401")
	out.ExpectNo(t, "not-the-key")
	w.Write("main.tf", wrong+companiesBlock(`{ a = { company_id = 999 }, b = { company_id = 101 }, c = { company_id = 102 } }`))
	out = w.Run("plan")
	out.Expect(t, 1, "Error: CloudRadial companies cannot be read")
	if strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("more than one error:\n%s", out.Raw)
	}
}

func TestCompanyMappingsThatAreInvalid(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	for companies, texts := range map[string][]string{
		`{ "alder finch/1" = { company_id = 101 } }`: {"Error: Invalid Attribute Value Match", `companies["alder finch/1"]`, "letters, digits, '.', '_' and '-' only"},
		`{ a = null }`: {"Error:", "companies"},
		`{ a = { company_id = 101, name = "" } }`:        {"Error: Invalid Attribute Value Length", "name"},
		`{ a = { name = "A" } }`:                         {`Error: Account "A" (a) has no company_id`},
		`{ a = { company_id = 101, account_id = "b" } }`: {"Error: Invalid Configuration for Read-Only Attribute"},
		`null`: {"Error: Missing Configuration for Required Attribute"},
	} {
		w := providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(companies))
		w.Run("plan").Expect(t, 1, texts...)
	}
	providertest.ExpectWrites(t, s)
}

func TestCompanyMappingsUnknownValues(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf(`
variable "company" { type = number }
resource "terraform_data" "later" {
  triggers_replace = %q
  input = {
    company     = var.company
    name        = "Cedar"
    description = "text"
    key         = %q
    row         = { company_id = 103, name = "Cedar", description = "text" }
    table       = { a = { company_id = 101 }, c = { company_id = 103, name = "Cedar", description = "text" } }
  }
}
`, round, s.Credentials().CloudRadialPrivateKey)
	}
	unknownKey := providertest.BlockWith(s, map[string]string{"private_key": "terraform_data.later.output.key"})
	variables := config.Variables{"company": config.IntegerVariable(101)}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           later("first") + providertest.Block(s) + companiesBlock(`terraform_data.later.output.table`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("companies"))),
				Check: providertest.CheckWrites(s, `POST /organization/accounts [{"id":"a","name":"Alder \u0026 Finch Architects","description":""},`+
					`{"id":"c","name":"Cedar","description":"text"}]`),
			},
			{
				Config:           later("second") + providertest.Block(s) + companiesBlock(`{ a = { company_id = var.company }, c = terraform_data.later.output.row }`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("companies").AtMapKey("c")), plancheck.ExpectKnownValue(companiesTable, companyIn("a", "name"), knownvalue.StringExact("Alder & Finch Architects")), plancheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre())),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config: later("third") + providertest.Block(s) + companiesBlock(`{
    a = { company_id = terraform_data.later.output.company }
    b = { company_id = 102, name = terraform_data.later.output.name }
    c = { company_id = 103, name = "Cedar", description = terraform_data.later.output.description }
  }`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectKnownValue(companiesTable, companyIn("a", "account_id"), knownvalue.StringExact("a")), plancheck.ExpectUnknownValue(companiesTable, companyIn("a", "name")), plancheck.ExpectUnknownValue(companiesTable, companyIn("b", "name")), plancheck.ExpectUnknownValue(companiesTable, companyIn("c", "description"))),
				Check:            providertest.CheckWrites(s, `POST /organization/accounts [{"id":"b","name":"Cedar","description":""}]`),
			},
			{
				Config: later("fourth") + unknownKey + companiesBlock(`{
    a = { company_id = 101 }
    c = { company_id = 103, name = "Cedar", description = "text" }
    d = { company_id = 102 }
  }`),
				ConfigVariables:  variables,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectKnownValue(companiesTable, companyIn("a", "name"), knownvalue.StringExact("Alder & Finch Architects")), plancheck.ExpectUnknownValue(companiesTable, companyIn("d", "name"))),
				Check:            providertest.CheckWrites(s, `POST /organization/accounts [{"id":"d","name":"Brightwater Dental","description":""}]`),
			},
		},
	})
}

// TestCompanyMappingsWithAnUnknownKey plans without Gradient, because its key is created in the same run.
func TestCompanyMappingsWithAnUnknownKey(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "a", Name: "Alder & Finch Architects"}, {ID: "x", Name: "X"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	later := func(round string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"key\" {\n  triggers_replace = %q\n  input = %q\n}\n", round, s.Credentials().GradientPartnerKey)
	}
	block := providertest.BlockWith(s, map[string]string{"gradient.partner_api_key": "terraform_data.key.output"})
	table := companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:            later("first") + block + table,
				ConfigPlanChecks:  providertest.BeforeApply(plancheck.ExpectUnknownValue(companiesTable, companyIn("a", "name")), plancheck.ExpectUnknownValue(companiesTable, tfjsonpath.New("unmanaged"))),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(companiesTable, tfjsonpath.New("unmanaged"), unmanagedAre("x"))},
				Check:             providertest.CheckWrites(s, `POST /organization/accounts [{"id":"b","name":"Brightwater Dental","description":""}]`),
			},
			{
				Config:           later("second") + block + table,
				ConfigPlanChecks: providertest.BeforeApply(plancheck.ExpectResourceAction(companiesTable, plancheck.ResourceActionNoop)),
				Check:            providertest.CheckWrites(s),
			},
		},
	})
}

// TestCompanyMappingsFitWhereMappingsAreWanted passes companies to the function and to other resources.
func TestCompanyMappingsFitWhereMappingsAreWanted(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)+`
locals {
  seats = { sku_id = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", product_name = "P", purchased = 3, enabled = 3, entitled = 3, assigned = 2, flags = [] }
  licenses = { Premium = { service = "Premium", skus = ["SPB"], basis = "purchased" } }
  counts   = { a = { SPB = local.seats }, b = {} }
}
output "units" {
  value = provider::cloudradial::unit_counts(local.counts, cloudradial_company_mappings.this.companies, local.licenses)
}
data "cloudradial_reconciliation" "this" {
  license_counts   = local.counts
  company_mappings = cloudradial_company_mappings.this.companies
  license_mappings = local.licenses
}
resource "cloudradial_license_publication" "this" {
  license_counts   = local.counts
  company_mappings = cloudradial_company_mappings.this.companies
}
output "rows" { value = data.cloudradial_reconciliation.this.rows[*].account_name }
`)
	w.Must("plan").Expect(t, 0, `+ units = { + a = { + Premium = 3 }`)
	w.Apply()
	w.Must("output", "rows").Expect(t, 0, `"Alder & Finch Architects"`)
	w.ExpectNoChanges()
}

const oneOwn = `
resource "cloudradial_company_mapping" "own" {
  for_each   = { a = 101, b = 102 }
  company_id = each.value
  account_id = each.key
}
`

// TestAccountInBothKindsOfMapping warns whichever is planned first, and only one of them creates the account.
func TestAccountInBothKindsOfMapping(t *testing.T) {
	t.Parallel()
	const fight = "in cloudradial_company_mapping and in cloudradial_company_mappings"
	table := companiesBlock(`{ a = { company_id = 101 }, c = { company_id = 103 } }`)
	after := func(first, block string) string {
		return strings.Replace(block, "{\n", "{\n  depends_on = ["+first+"]\n", 1)
	}
	for name, both := range map[string]string{
		"table second": oneOwn + after("cloudradial_company_mapping.own", table),
		"table first":  after(companiesTable, oneOwn) + table,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+both)
			w.Must("plan").Expect(t, 0, "Warning: Account", fight, `"Alder & Finch Architects" (a)`)
			w.Run("apply", "-auto-approve").Expect(t, 1, "Error: Account id a is used twice", "the cloudradial_company_mapping with company_id 101", "the cloudradial_company_mappings with company_id 101")
			if got := heldAccounts(s); len(got) != 3 {
				t.Errorf("Gradient holds %q", got)
			}
			// On the next run the accounts are adopted, and the warning stays.
			w.Apply().Expect(t, 0, fight)
			w.ExpectNoChanges().Expect(t, 0, fight)
			s.ClearRequests()
			w.Must("destroy", "-auto-approve").ExpectNo(t, fight)
			providertest.ExpectWrites(t, s)
		})
	}
}

// TestFromMappingsOfTheirOwnToTheTable goes there and back. Nothing is created again, and no warning says that an account is in both.
func TestFromMappingsOfTheirOwnToTheTable(t *testing.T) {
	t.Parallel()
	providertest.RequireCLI(t, 7, 10, "lifecycle in removed blocks")
	const fight = "in cloudradial_company_mapping and"
	s := providertest.Start(t, portal(), sandbox.Options{})
	table := companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)
	w := providertest.NewWorkspace(t, providertest.Block(s)+oneOwn)
	w.Apply()
	s.ClearRequests()

	w.Write("main.tf", providertest.Block(s)+table+`
removed {
  from = cloudradial_company_mapping.own
  lifecycle { destroy = false }
}
import {
  to = cloudradial_company_mappings.this
  id = "all"
}
`)
	out := w.Apply()
	out.Expect(t, 0, "1 imported, 0 added, 1 changed, 0 destroyed")
	out.ExpectNo(t, fight)
	w.Write("main.tf", providertest.Block(s)+table)
	w.ExpectNoChanges()

	w.Write("main.tf", providertest.Block(s)+oneOwn+`
removed {
  from = cloudradial_company_mappings.this
  lifecycle { destroy = false }
}
import {
  for_each = { a = 101, b = 102 }
  to       = cloudradial_company_mapping.own[each.key]
  id       = "${each.value}/${each.key}"
}
`)
	out = w.Apply()
	out.Expect(t, 0, "2 imported, 0 added, 0 changed, 0 destroyed")
	out.ExpectNo(t, fight)
	w.Write("main.tf", providertest.Block(s)+oneOwn)
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

// Without import and removed it works as well: one forgets, the other adopts.
func TestFromMappingsOfTheirOwnToTheTableWithoutAnImport(t *testing.T) {
	t.Parallel()
	const fight = "in cloudradial_company_mapping and"
	s := providertest.Start(t, portal(), sandbox.Options{})
	table := companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)
	w := providertest.NewWorkspace(t, providertest.Block(s)+oneOwn)
	w.Apply()
	s.ClearRequests()

	w.Write("main.tf", providertest.Block(s)+table)
	out := w.Apply()
	out.Expect(t, 0, "1 added, 0 changed, 2 destroyed", "Warning: Accounts are adopted (2)")
	out.ExpectNo(t, fight)
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)

	// A new table before the old one goes.
	w.Write("main.tf", providertest.Block(s)+strings.Replace(table, "{\n", "{\n  lifecycle {\n    create_before_destroy = true\n  }\n", 1))
	w.ExpectNoChanges()
	out = w.Apply("-replace=" + companiesTable)
	out.Expect(t, 0, "1 added, 0 changed, 1 destroyed")
	out.ExpectNo(t, fight)
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

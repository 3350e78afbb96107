// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// thirty are companies 1 to 30.
func thirty() sandbox.Seed {
	var seed sandbox.Seed
	for id := 1; id <= 30; id++ {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: id, Name: fmt.Sprintf("Customer %02d", id)})
	}
	return seed
}

const thirtyOwn = `
resource "cloudradial_company_mapping" "this" {
  for_each   = { for id in range(1, 31) : "c${id}" => id }
  company_id = each.value
  account_id = each.key
}
`

// A company is renamed between a plan and its apply, when the accounts are new and when they are managed.
func TestRule15SavedPlansOfCompanies(t *testing.T) {
	t.Parallel()
	for form, block := range map[string]string{
		"one by one": thirtyOwn,
		"table":      companiesBlock(`{ for id in range(1, 31) : "c${id}" => { company_id = id } }`),
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, thirty(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+block)
			nameOf := func(id string) string {
				for _, account := range s.Accounts() {
					if account.ID == id {
						return account.Name
					}
				}
				return ""
			}
			w.Must("plan", "-out=saved.tfplan").Expect(t, 0, "Warning: Accounts take their names from CloudRadial", "which is \"Customer ")
			s.PutCompany(sandbox.Company{ID: 7, Name: "Seventh"})
			w.Must("apply", "saved.tfplan")
			if got := len(s.Accounts()); got != 30 || nameOf("c7") != "Seventh" {
				t.Errorf("Gradient holds %d accounts, c7 is named %q", got, nameOf("c7"))
			}
			w.ExpectNoChanges()
			s.ClearRequests()

			s.PutCompany(sandbox.Company{ID: 8, Name: "Eighth"})
			w.Must("plan", "-out=saved.tfplan").Expect(t, 0, `"Customer 08" -> "Eighth"`)
			s.PutCompany(sandbox.Company{ID: 8, Name: "Number Eight"})
			s.PutCompany(sandbox.Company{ID: 9, Name: "Ninth"})
			w.Must("apply", "saved.tfplan")
			providertest.ExpectWrites(t, s, `PATCH /organization/accounts/c8 {"name":"Eighth","description":""}`)
			w.Apply()
			w.ExpectNoChanges()
			if nameOf("c8") != "Number Eight" || nameOf("c9") != "Ninth" {
				t.Errorf("c8 is named %q, c9 %q", nameOf("c8"), nameOf("c9"))
			}
		})
	}
}

// A company that is gone when apply needs its name is an error of its own words.
func TestRule15ACompanyIsGoneAtApply(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, thirty(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+companiesBlock(`{ for id in range(1, 31) : "c${id}" => { company_id = id } }`))
	w.Must("plan", "-out=saved.tfplan")
	s.RemoveCompany(7)
	s.PutCompany(sandbox.Company{ID: 8, Name: "Eight\x1b[2J"})
	out := w.Run("apply", "saved.tfplan")
	out.Expect(t, 1, "Error: Company 7 is not in CloudRadial", "Error: Account c8 has control characters in its name")
	out.ExpectNo(t, "bug in the provider")
	providertest.ExpectWrites(t, s)
}

func TestRule15NamesOfAccounts(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "old", Name: "Alder "}, {ID: "nord", Name: "Cafe\u0301 Nord", Description: ""}}
	seed.Companies = append(seed.Companies, sandbox.Company{ID: 104, Name: "Dunmore\u00a0"}, sandbox.Company{ID: 105, Name: "Two\nlines"})
	s := providertest.Start(t, seed, sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, "")
	for arguments, text := range map[string]string{
		`company_id = 101, name = "Alder "`:      `without them it is "Alder"`,
		`company_id = 101, name = "\u200bAlder"`: `"\u200bAlder"`,
		`company_id = 101, name = "A\nB"`:        "has control characters",
		`company_id = 104`:                       `without them it is "Dunmore"`,
		`company_id = 105`:                       "has control characters",
	} {
		w.Write("main.tf", block+companiesBlock("{ a = { "+arguments+" } }"))
		w.Run("plan").Expect(t, 1, "Error: Account ", text)
		w.Write("main.tf", block+companyBlock(strings.Split(arguments, ", ")...))
		w.Run("plan").Expect(t, 1, "Error: Account ", text)
	}
	for _, id := range []string{".", ".."} {
		w.Write("main.tf", block+companiesBlock(fmt.Sprintf("{ %q = { company_id = 101 } }", id)))
		w.Run("plan").Expect(t, 1, "and not be '.' or '..'")
		w.Write("main.tf", block+companyBlock(`company_id = 101`, fmt.Sprintf("account_id = %q", id)))
		w.Run("plan").Expect(t, 1, "and not be '.' or '..'")
	}
	// An account that is there keeps its name; one in NFD is the same name.
	w.Write("main.tf", block+companyBlock(`company_id = 101`, `account_id = "old"`, `name = "Alder "`))
	w.Must("import", company, "101/old")
	w.Run("plan", "-detailed-exitcode").Expect(t, 0, `Warning: Account "Alder " (old) has white space at an end of its name`)
	for _, nord := range []string{companyBlock(`company_id = 103`, `account_id = "nord"`, `name = "Caf\u00e9 Nord"`), companiesBlock(`{ nord = { company_id = 103, name = "Caf\u00e9 Nord" } }`)} {
		other := providertest.NewWorkspace(t, block+nord)
		other.Apply().Expect(t, 0, "is adopted")
		other.ExpectNoChanges()
	}
	providertest.ExpectWrites(t, s)
}

// Two accounts of one name, or of one company, warn: in a table, between resources, and between both.
func TestRule15TheSameNameOrCompanyTwice(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	const own = `
resource "cloudradial_company_mapping" "own" {
  for_each   = { a = 101, b = %d }
  company_id = each.value
  account_id = each.key
  name       = each.value == 101 && each.key == "b" ? "Alder, Finch Architects" : %s
}
`
	w := providertest.NewWorkspace(t, "")
	for block, texts := range map[string][]string{
		fmt.Sprintf(own, 102, `"Alder & Finch Architects"`):                                                      {"has the name of another account", `The account "`},
		fmt.Sprintf(own, 101, `"Alder & Finch Architects"`):                                                      {"Company 101 is mapped to two accounts"},
		companiesBlock(`{ a = { company_id = 101, name = "Alder" }, b = { company_id = 102, name = "Alder" } }`): {`Warning: Account "Alder" (b) has the name of another account`, `The account "a" has the same name`},
		companiesBlock(`{ a = { company_id = 101, name = "Alder" }, b = { company_id = 101, name = "Beta" } }`):  {"Warning: Company 101 is mapped to two accounts"},
		companiesBlock(`{ a = { company_id = 101 } }`) + companyBlock(`company_id = 101`, `account_id = "b"`):    {"Warning: Company 101 is mapped to two accounts", "has the name of another account"},
	} {
		w.Write("main.tf", providertest.Block(s)+block)
		w.Must("plan").Expect(t, 0, texts...)
	}
	w.Write("main.tf", providertest.Block(s)+companiesBlock(`{ a = { company_id = 101 }, b = { company_id = 102 } }`)+"\n")
	w.Must("plan").ExpectNo(t, "two accounts", "name of another")
}

// A new account beside one of the same name, in any case: mostly an account_id that was changed.
func TestRule15TheNameOfAnAccountThatIsThere(t *testing.T) {
	t.Parallel()
	seed := portal()
	seed.Accounts = []sandbox.Account{{ID: "alder", Name: "alder & finch architects"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	for _, block := range []string{companyBlock(`company_id = 101`, `account_id = "alder-legal"`), companiesBlock(`{ "alder-legal" = { company_id = 101 } }`)} {
		w := providertest.NewWorkspace(t, providertest.Block(s)+block)
		w.Must("plan").Expect(t, 0, "has the name of an account that is there", `Gradient has the account "alder", named "alder & finch architects"`)
	}
	providertest.ExpectWrites(t, s)
}

// The company of a mapping has an unlike name: the warning has the one whose name is like, if there is one.
func TestRule15TheCompanyOfAnotherName(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	block := providertest.Block(s)
	w := providertest.NewWorkspace(t, "")
	for form, row := range map[string]func(company int, name string) string{
		"one": func(id int, name string) string {
			return companyBlock(fmt.Sprintf("company_id = %d", id), `account_id = "a"`, fmt.Sprintf("name = %q", name))
		},
		"table": func(id int, name string) string {
			return companiesBlock(fmt.Sprintf("{ a = { company_id = %d, name = %q } }", id, name))
		},
	} {
		w.Write("main.tf", block+row(103, "Brightwater Dental"))
		w.Must("plan").Expect(t, 0, "Warning: Company 103 has another name than the account", `CloudRadial names company 103 "Cedar Grove Logistics"`, `is "Brightwater Dental", with company_id 102`)
		w.Write("main.tf", block+row(103, "Brightwater Dental, Inc."))
		w.Must("plan").Expect(t, 0, `is "Brightwater Dental", with company_id 102`)
		w.Write("main.tf", block+row(103, "Zephyr Holdings"))
		w.Must("plan").Expect(t, 0, "Warning: Company 103 has an unlike name", `"Zephyr Holdings"`)
		for _, name := range []string{"Cedar Grove Logistics", "Cedar Grove Logistics LLC", "cedar grove logistics"} {
			w.Write("main.tf", block+row(103, name))
			w.Must("plan").ExpectNo(t, "another name", "unlike name")
		}
		t.Log(form)
	}
	w.Write("main.tf", block+companiesBlock(`{ a = { company_id = 102, name = "Cedar Grove Logistics" }, b = { company_id = 103, name = "Brightwater Dental" }, z = { company_id = 101, name = "Zephyr" } }`))
	w.Must("plan").Expect(t, 0, "Warning: Companies have other names than their accounts (2)", "company_id 103", "Warning: Company 101 has an unlike name")
	w.Apply()
	w.Run("plan", "-detailed-exitcode").Expect(t, 0, "Warning: Companies have other names than their accounts (2)")
	w.ExpectNoChanges().ExpectNo(t, "unlike name")
	providertest.ExpectWritePaths(t, s, "POST /organization/accounts")

	// An account of one customer is given to another one: what a person mapped stays mapped.
	given := func(a string) string {
		return block + companiesBlock(`{ a = `+a+`, b = { company_id = 103, name = "Brightwater Dental" }, z = { company_id = 101, name = "Zephyr" } }`)
	}
	other := given(`{ company_id = 101, name = "Alder & Finch Architects" }`)
	w.Write("main.tf", other)
	w.Must("plan").ExpectNo(t, "changes its customer") // nobody has mapped it
	s.MapAccounts("a")
	w.Must("plan").Expect(t, 0, `Warning: Account "Alder & Finch Architects" (a) changes its customer`, `The account was "Cedar Grove Logistics" with company_id 102`)
	for _, same := range []string{`{ company_id = 103, name = "Cedar Grove Logistics LLC" }`, `{ company_id = 102, name = "Brightwater" }`, `{ company_id = 101, name = "Cedar Grove Logistics" }`} {
		w.Write("main.tf", given(same))
		w.Must("plan").ExpectNo(t, "changes its customer")
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// TestCompanyMappingsAskOnceWhatConcernsAll counts the requests of a creation that fails. A failure of one account does not stop the
// others; one that concerns all stops them.
func TestCompanyMappingsAskOnceWhatConcernsAll(t *testing.T) {
	t.Parallel()
	const oneFails, allFail = `Error: Account "Company 000" (c000) is not created`, "Error: Creation stopped: accounts are not created (250)"
	for name, test := range map[string]struct {
		fault     sandbox.Fault
		companies int
		posts     int
		held      int
		message   string
	}{
		// Four accounts, the two with c000, c000 alone; then c001, and the other two.
		"400": {sandbox.Fault{Status: 400, Times: 3}, 4, 5, 3, oneFails},
		"409": {sandbox.Fault{Status: 409, Times: 3}, 4, 5, 3, oneFails},
		"422": {sandbox.Fault{Status: 422, Times: 3}, 4, 5, 3, oneFails},
		// The address of the whole list.
		"404": {sandbox.Fault{Status: 404}, 250, 1, 0, allFail},
		"401": {sandbox.Fault{Status: 401}, 250, 1, 0, allFail},
		"402": {sandbox.Fault{Status: 402}, 250, 1, 0, allFail},
		"403": {sandbox.Fault{Status: 403}, 250, 1, 0, allFail},
		"429": {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "600"}}, 250, 1, 0, allFail},
		// Unclear: sent three times, with a look at the list in between.
		"503":              {sandbox.Fault{Status: 503}, 250, 3, 0, allFail},
		"a cut connection": {sandbox.Fault{Kind: "reset"}, 250, 3, 0, allFail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
			test.fault.System, test.fault.Method, test.fault.Body = sandbox.Gradient, http.MethodPost, `{"message":"no"}`
			s.Inject(test.fault)
			w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(test.companies))
			out := w.Run("apply", "-auto-approve")
			out.Expect(t, 1, test.message)
			if strings.Count(out.Text, "Error: ") != 1 {
				t.Errorf("more than one error:\n%s", out.Raw)
			}
			if posts, held := asked(s, "POST"), len(s.Accounts()); posts != test.posts || held != test.held {
				t.Errorf("%d POSTs made %d accounts, want %d and %d", posts, held, test.posts, test.held)
			}
			if test.message == allFail {
				out.ExpectFolded(t, "Error: Creation stopped: accounts are not created", 250)
			}
		})
	}
}

// TestCompanyMappingsStopChanges is the same for changes, of which ten are under way at the same time.
func TestCompanyMappingsStopChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault         sandbox.Fault
		least, most   int // PATCHes
		message, also string
	}{
		"400": {sandbox.Fault{Status: 400, Path: "/c007$"}, 30, 30, `Error: Account "New 007" (c007) is not changed`, ""},
		"404": {sandbox.Fault{Status: 404, Path: "/c007$"}, 30, 30, `Error: Account "New 007" (c007) is not changed`, ""},
		"402": {sandbox.Fault{Status: 402}, 1, 10, "Error: Update stopped: accounts are not changed (30)", "- and 20 more"},
		"403": {sandbox.Fault{Status: 403}, 1, 10, "Error: Update stopped: accounts are not changed (30)", "- and 20 more"},
		"429": {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "600"}}, 1, 10,
			"Error: Update stopped: accounts are not changed (30)", "- and 20 more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+manyCompanies(30))
			w.Apply()
			test.fault.System, test.fault.Method, test.fault.Body = sandbox.Gradient, http.MethodPatch, `{"message":"no"}`
			s.Inject(test.fault)
			s.ClearRequests()
			w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+strings.Replace(manyCompanies(30), `"Company %03d"`, `"New %03d"`, 1))
			out := w.Run("apply", "-auto-approve")
			out.Expect(t, 1, test.message, test.also)
			if got := asked(s, "PATCH"); got < test.least || got > test.most || strings.Count(out.Text, "Error: ") != 1 {
				t.Errorf("%d PATCHes, want %d to %d, and one error:\n%s", got, test.least, test.most, out.Raw)
			}
		})
	}
}

// sixty is a table of sixty companies c00 to c59, with these arguments, in which a verb takes the number.
func sixty(arguments string) string {
	var rows strings.Builder
	for i := range 60 {
		fmt.Fprintf(&rows, "    c%02d = { %s }\n", i, fmt.Sprintf(arguments, i))
	}
	return companiesBlock("{\n" + rows.String() + "  }")
}

// TestCompanyMappingsFoldWhatIsWrongAtPlan makes one mistake in sixty rows.
func TestCompanyMappingsFoldWhatIsWrongAtPlan(t *testing.T) {
	t.Parallel()
	var seed sandbox.Seed
	for i := range 60 {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: fmt.Sprintf("c%02d", i), Name: fmt.Sprintf("Company %02d", i)})
		seed.Companies = append(seed.Companies, sandbox.Company{ID: 200 + i})
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, "")
	for _, test := range []struct{ block, rows, kind string }{
		{providertest.BlockWithoutCloudRadial(s), sixty(`name = "Company %02d"`), "Error: Accounts have no company_id"},
		{providertest.BlockWithoutCloudRadial(s), sixty(`company_id = %d`), "Error: Names are required without CloudRadial keys"},
		{providertest.BlockWithoutCloudRadial(s), sixty(`company_id = 1, name = "Other %02d"`), "Error: Accounts exist under another name"},
		{providertest.Block(s), sixty(`company_id = 1%03d`), "Error: Companies are not in CloudRadial"},
		{providertest.Block(s), sixty(`company_id = 2%02d`), "Error: Companies have no name in CloudRadial"},
		{providertest.BlockWithoutCloudRadial(s), sixty(`company_id = 1, name = "Company %02d"`), "Warning: Accounts are adopted"},
	} {
		w.Write("main.tf", test.block+test.rows)
		out := w.Run("plan")
		if want := strings.HasPrefix(test.kind, "Error"); (out.Code == 1) != want {
			t.Errorf("%s: exit code %d:\n%s", test.kind, out.Code, out.Raw)
		}
		out.ExpectFolded(t, test.kind, 60)
	}
	providertest.ExpectWrites(t, s)
	w.Apply().ExpectFolded(t, "Warning: Accounts are adopted", 60)

	// Managed, a company that is gone is a warning.
	w.Write("main.tf", providertest.Block(s)+sixty(`company_id = 1, name = "Company %02d"`))
	w.Must("plan").ExpectFolded(t, "Warning: Companies are not in CloudRadial", 60)

	items := `
resource "cloudradial_company_mapping" "own" {
  for_each   = toset([for i in range(60) : format("c%02d", i)])
  company_id = 1
  account_id = each.key
  name       = replace(each.key, "c", "Company ")
}
`
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+items+
		strings.Replace(sixty(`company_id = 1, name = "Company %02d"`), "companies =", "depends_on = [cloudradial_company_mapping.own]\n  companies =", 1))
	w.Must("plan").ExpectFolded(t, "Warning: Accounts are in cloudradial_company_mapping and in cloudradial_company_mappings", 60)

	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+companiesBlock("{}"))
	w.Must("plan").ExpectFolded(t, "Warning: Accounts stay in Gradient", 60)
	s.Reconnect()
	w.Write("main.tf", providertest.BlockWithoutCloudRadial(s)+sixty(`company_id = 1, name = "Company %02d"`))
	w.Must("plan").ExpectFolded(t, "Warning: Accounts are gone from Gradient", 60)
}

// TestCompanyMappingsFoldWhatFailsAtApply has Gradient, or another mapping, refuse each of sixty rows.
func TestCompanyMappingsFoldWhatFailsAtApply(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.BlockWithoutCloudRadial(s)
	table := sixty(`company_id = 1, name = "Company %02d"`)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Status: 400, Body: `{"message":"odd"}`})
	w := providertest.NewWorkspace(t, block+table)
	w.Run("apply", "-auto-approve").ExpectFolded(t, "Error: Accounts are not created", 60)
	s.ClearFaults()
	w.Apply()

	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPatch, Status: 400, Body: `{"message":"odd"}`})
	w.Write("main.tf", block+sixty(`company_id = 1, name = "New %02d"`))
	w.Run("apply", "-auto-approve").ExpectFolded(t, "Error: Accounts are not changed", 60)

	other := providertest.NewWorkspace(t, block+table+`
resource "cloudradial_company_mappings" "other" {
  companies  = cloudradial_company_mappings.this.companies == null ? {} : { for i in range(60) : format("c%02d", i) => { company_id = 1, name = format("Company %02d", i) } }
  depends_on = [cloudradial_company_mappings.this]
}
`)
	other.Run("apply", "-auto-approve").ExpectFolded(t, "Error: Account ids are used twice", 60)
}

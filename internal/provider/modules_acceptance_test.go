// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const modules = "../../modules/"

// The tests that each module ships pass.
func TestModulesAgainstMocks(t *testing.T) {
	t.Parallel()
	providertest.RequireTerraform(t, 7, "files with mocks for tests")
	w := providertest.NewWorkspace(t, "")
	copyModules(t, w)
	for _, module := range []string{"estate", "review"} {
		t.Run(module, func(t *testing.T) {
			out := w.Must("-chdir=modules/"+module, "test")
			if !strings.Contains(out.Text, "Success!") || !strings.Contains(out.Text, "5 passed, 0 failed") {
				t.Error(out.Raw)
			}
		})
	}
}

// So do those against the sandbox.
func TestModulesAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	for _, module := range []string{"estate", "review"} {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
			w := providertest.NewWorkspace(t, "")
			copyModules(t, w)
			w.Write("modules/"+module+"/provider.tf", providertest.Block(s))
			w.Must("-chdir=modules/"+module, "test", "-test-directory=tests/sandbox").ExpectTexts(t, "Success!", "2 passed, 0 failed")
		})
	}
}

// copyModules copies the modules into the folder modules of a workspace.
func copyModules(t *testing.T, w *providertest.Workspace) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(w.Dir(), "modules"), os.DirFS(modules)); err != nil {
		t.Fatal(err)
	}
}

// placeModules copies the modules for an example that uses them.
func placeModules(t *testing.T, w *providertest.Workspace) {
	t.Helper()
	copyModules(t, w)
	w.Must("get")
}

// fromREADME writes the configuration that a module's README begins with, and the modules. In the configuration the text before is
// replaced with after.
func fromREADME(t *testing.T, w *providertest.Workspace, module, before, after string) {
	t.Helper()
	copyModules(t, w)
	_, text, found := strings.Cut(read(t, modules+module+"/README.md"), "```terraform\n")
	text, _, closed := strings.Cut(text, "```")
	if !found || !closed || strings.Count(text, before) != 1 {
		t.Fatalf("the README of %s does not begin with a configuration that has %q once", module, before)
	}
	text = strings.ReplaceAll(text, "github.com/msp-as-code/terraform-provider-cloudradial//", "./")
	w.Write("example.tf", strings.Replace(text, before, after, 1))
	w.Must("get")
}

// The files of the example estate, as spreadsheets save them: UTF-16 with tabs, and UTF-8 with a mark and semicolons.
func writeAsSpreadsheetsDo(t *testing.T, w *providertest.Workspace) {
	t.Helper()
	companies := read(t, examples+"estate/companies.csv")
	w.Write("companies.csv", providertest.UTF16(strings.ReplaceAll(companies, ",", "\t")))
	w.Write("licenses.csv", "\ufeff"+strings.ReplaceAll(read(t, examples+"estate/licenses.csv"), ",", ";"))
}

// From an empty folder, with each form of mappings: the first plan shows every number, and after the mapping in Gradient the plan is empty.
func TestTheModuleEstate(t *testing.T) {
	t.Parallel()
	estate, _ := applied(t, examples+"whole-table")
	want := estate.UnitCounts()
	for _, mappings := range []string{"tables", "items"} {
		t.Run(mappings, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			const licenses = "licenses  = filebase64(\"licenses.csv\")\n"
			fromREADME(t, w, "estate", licenses, licenses+"mappings = \""+mappings+"\"\n")
			writeAsSpreadsheetsDo(t, w)
			w.Must("plan").ExpectTexts(t, `+ "kestrel" = { + "Microsoft 365 E3" = 310`)
			providertest.ExpectWrites(t, s)
			w.Apply()
			s.MapAccounts()
			s.MapServices()
			w.Apply()
			w.ExpectNoChanges()
			if got := s.UnitCounts(); len(want) == 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("Gradient has %v, and %v without the module", got, want)
			}
		})
	}
}

// The review publishes, and once it has read what it published, agrees.
func TestTheModuleReview(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	fromREADME(t, w, "review", "  psa       = filebase64(\"psa.csv\")\n", "")
	writeAsSpreadsheetsDo(t, w)
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	w.Apply()
	w.ExpectNoChanges().ExpectNo(t, "missing in")
	report := w.Must("output", "-raw", "report")
	report.ExpectTexts(t, "AAD\\_PREMIUM")
	report.ExpectNo(t, "missing in", "differs")
}

// With the column domains in companies.csv, the module and the example bill each company of a group its users.
func TestEstatesWithASharedTenant(t *testing.T) {
	t.Parallel()
	const group = "201,harbor-group,Harbor Group,harborgroup.example,\n" +
		"202,harbor-marine,Harbor Marine,harbor-group,harbormarine.example\n203,harbor-retail,Harbor Retail,harbor-group,harborretail.example;harbor-shop.example\n"
	companies := read(t, examples+"estate/companies.csv") + group
	for name, prepare := range map[string]func(t *testing.T, w *providertest.Workspace){
		"module": func(t *testing.T, w *providertest.Workspace) {
			fromREADME(t, w, "estate", "licenses  = filebase64(\"licenses.csv\")\n", "licenses  = filebase64(\"licenses.csv\")\n")
		},
		"whole-table": func(t *testing.T, w *providertest.Workspace) {
			w.Write("estate.tf", read(t, examples+"whole-table/main.tf"))
			w.Write("variables.tf", read(t, examples+"whole-table/variables.tf"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := sandbox.DefaultSeed()
			seed.Companies = append(seed.Companies, sandbox.GroupSeed().Companies...)
			seed.Tenants = append(seed.Tenants, sandbox.GroupSeed().Tenants...)
			w := providertest.NewWorkspace(t, providertest.Block(providertest.Start(t, seed, sandbox.Options{})))
			prepare(t, w)
			w.Write("companies.csv", companies)
			w.Write("licenses.csv", read(t, examples+"estate/licenses.csv"))
			w.Must("plan").ExpectTexts(t, `+ "harbor-group" = { + "Exchange Online (Plan 1)" = 4 + "Microsoft 365 Business Premium" = 24 }`,
				`+ "harbor-marine" = { + "Microsoft 365 Business Premium" = 22 }`,
				`+ "harbor-retail" = { + "Exchange Online (Plan 1)" = 8 + "Microsoft 365 Business Premium" = 14 }`)
		})
	}
}

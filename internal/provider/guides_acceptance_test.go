// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	guides        = examples + "guides/"
	guideCompany  = "account_id,company_id,psa_account,tenant\nbrightwater,102,Brightwater Dental,brightwaterdental.example\n"
	guideLicenses = "service,sku\nMicrosoft 365 F3,SPE_F1\n"
)

// Each guide of examples/guides is here, or in a test that its comment names: what a guide shows must plan.
func TestTheGuides(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){
		"one-or-many": nil, // TestMovingBetweenOneAndMany
		"getting-started": func(t *testing.T) {
			// TestTheModuleEstate applies it.
			if !strings.Contains(read(t, modules+"estate/README.md"), read(t, guides+"getting-started/main.tf")) {
				t.Error("the README of the module estate shows another configuration")
			}
		},
		"guard": func(t *testing.T) {
			w := guideOf(t, "guard")
			w.Write("provider.tf", providertest.Block(providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})))
			w.Write("counts.json", `{}`)
			w.Must("plan", "-var=approved=k7m2q5xdab")
		},
		"shared-tenants":       testSharedTenantsGuide,
		"state-and-secrets":    testStateAndSecretsGuide,
		"authentication":       testAuthenticationGuide,
		"mapping-files":        testMappingFilesGuide,
		"adopting":             testAdoptingGuide,
		"several-integrations": testSeveralIntegrationsGuide,
	}
	folders, err := os.ReadDir(guides)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		test, ok := tests[folder.Name()]
		if !ok {
			t.Errorf("no test plans examples/guides/%s", folder.Name())
		}
		if test == nil {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// guideOf answers a folder with the configuration of a guide.
func guideOf(t *testing.T, name string) *providertest.Workspace {
	t.Helper()
	return providertest.NewWorkspace(t, read(t, guides+name+"/main.tf"))
}

func testSharedTenantsGuide(t *testing.T) {
	seed := sandbox.DefaultSeed()
	seed.Tenants = append(seed.Tenants, sandbox.GroupSeed().Tenants...)
	w := guideOf(t, "shared-tenants")
	w.Write("provider.tf", providertest.Block(providertest.Start(t, seed, sandbox.Options{})))
	out := w.Must("plan")
	out.Expect(t, 0, `SPB = 13`)
	out.ExpectNo(t, "Warning")
}

func testStateAndSecretsGuide(t *testing.T) {
	w := guideOf(t, "state-and-secrets")
	providertest.RequireCLI(t, 10, 11, "ephemeral variables")
	keys := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{}).Credentials()
	w.Must("plan", "-out=saved", "-var=vendor_api_key="+keys.GradientVendorKey, "-var=partner_api_key="+keys.GradientPartnerKey)
	w.Must("show", "-json", "saved").ExpectNo(t, keys.GradientVendorKey, keys.GradientPartnerKey)
}

func testAuthenticationGuide(t *testing.T) {
	blocks, err := fs.Glob(os.DirFS(guides), "authentication/*.tf")
	if err != nil || len(blocks) == 0 {
		t.Fatal(blocks, err)
	}
	w := providertest.NewWorkspace(t, "")
	for _, block := range blocks {
		w.Write("main.tf", read(t, guides+block))
		if out := w.Run("validate"); out.Code != 0 {
			t.Errorf("%s: %s", block, out.Raw)
		}
	}
}

func testMappingFilesGuide(t *testing.T) {
	w := guideOf(t, "mapping-files")
	w.Write("companies.csv", guideCompany)
	w.Write("licenses.csv", guideLicenses)
	w.Must("plan").Expect(t, 0, `"Brightwater Dental"`, `"SPE_F1"`)
	w.Write("companies.csv", guideCompany+"alder,11x,Alder & Finch,alderfinch.example\nbrightwater,103,Brightwater,brightwater.example\n"+
		"cedar,104,Cedar Point,brightwater dental.example\n")
	w.Run("plan").Expect(t, 1, quoted(t, "mapping-files", "line 3, column")...)
}

// quoted answers the lines of the block of a guide that begins like this: what the provider must say.
func quoted(t *testing.T, name, start string) []string {
	t.Helper()
	_, block, found := strings.Cut(read(t, "../../templates/guides/"+name+".md.tmpl"), "```text\n"+start)
	block, _, closed := strings.Cut(block, "\n```")
	if !found || !closed {
		t.Fatalf("the guide %s has no block that begins %q", name, start)
	}
	return strings.Split(start+block, "\n")
}

func testAdoptingGuide(t *testing.T) {
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	configuration := read(t, guides+"adopting/main.tf")
	before, _, found := strings.Cut(configuration, "import {")
	if !found {
		t.Fatal("the guide imports nothing")
	}
	for _, step := range []struct{ configuration, plan string }{{before, "2 to add"}, {configuration, "2 to import, 0 to add"}} {
		w := providertest.NewWorkspace(t, step.configuration)
		w.Write("provider.tf", providertest.Block(s))
		w.Write("companies.csv", guideCompany)
		w.Write("licenses.csv", guideLicenses)
		w.Apply().Expect(t, 0, step.plan)
		w.ExpectNoChanges()
	}
}

func testSeveralIntegrationsGuide(t *testing.T) {
	w := providertest.NewWorkspace(t, strings.ReplaceAll(read(t, guides+"several-integrations/main.tf"),
		"github.com/msp-as-code/terraform-provider-cloudradial//", "./"))
	if err := os.CopyFS(filepath.Join(w.Dir(), "modules"), os.DirFS(modules)); err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"north", "south"} {
		if err := os.Mkdir(filepath.Join(w.Dir(), region), 0o700); err != nil {
			t.Fatal(err)
		}
		w.Write(region+"/companies.csv", guideCompany)
		w.Write(region+"/licenses.csv", guideLicenses)
	}
	w.Must("get")
	w.Must("validate")
}

// A heading of the guide on troubleshooting is what a message says, so that a search finds it. The last chapter quotes the CLI.
func TestTroubleshootingQuotesMessages(t *testing.T) {
	t.Parallel()
	text, _, _ := strings.Cut(read(t, "../../templates/guides/troubleshooting.md.tmpl"), "## The CLI")
	source := sources(t)
	headings := 0
	for line := range strings.Lines(text) {
		message, ok := strings.CutPrefix(strings.TrimSpace(line), "### ")
		if !ok {
			continue
		}
		headings++
		if !strings.Contains(source, message) {
			t.Errorf("the guide explains %q, which no message says", message)
		}
	}
	if headings < 10 {
		t.Errorf("the guide has %d headings", headings)
	}
}

// sources answers all that the provider is built from.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		all.WriteString(read(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

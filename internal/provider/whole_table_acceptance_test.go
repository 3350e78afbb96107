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

// applied returns a sandbox to which an example was applied, before and after everything was mapped in Gradient.
func applied(t *testing.T, example string) (*sandbox.Server, *providertest.Workspace) {
	t.Helper()
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	files, err := filepath.Glob(example + "/*.csv")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	place(t, w, append(files, example+"/main.tf", example+"/variables.tf", example+"/terraform.tfvars")...)
	placeModules(t, w)
	out := w.Must("plan")
	_, sync, found := strings.Cut(out.Raw, "cloudradial_license_sync.m365 will be created")
	_, units, hasUnits := strings.Cut(sync, "unit_counts")
	units, _, closed := strings.Cut(units, "\n        }")
	if !found || !hasUnits || !closed || strings.Contains(units, "known after apply") || !strings.Contains(units, " = ") {
		t.Errorf("the first plan does not show every number:\n%s", out.Raw)
	}
	providertest.ExpectWrites(t, s)
	w.Apply()
	s.MapAccounts()
	s.MapServices()
	w.Apply()
	w.ExpectNoChanges()
	return s, w
}

// TestTheWholeTableExample pushes exactly the counts of the estate, with fewer requests.
func TestTheWholeTableExample(t *testing.T) {
	t.Parallel()
	estate, _ := applied(t, examples+"estate")
	tables, w := applied(t, examples+"whole-table")
	if got, want := tables.UnitCounts(), estate.UnitCounts(); len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("Gradient holds %v, and of the estate %v", got, want)
	}
	creations := 0
	for _, request := range providertest.Requests(tables, sandbox.Gradient) {
		if strings.HasPrefix(request, "POST ") && strings.HasSuffix(request, "/organization/accounts") {
			creations++
		}
	}
	if creations != 1 {
		t.Errorf("%d requests created accounts, want one", creations)
	}
	tables.ClearRequests()
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, tables)
	if got := providertest.Requests(tables, sandbox.Gradient); len(got) > 4 {
		t.Errorf("requests of a plan without changes: %q, want 4 at most", got)
	}
}

// TestTheExamplesHaveTheSameFiles checks that the two examples differ only in that one uses the module.
func TestTheExamplesHaveTheSameFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"companies.csv", "licenses.csv", "terraform.tf", "terraform.tfvars", "variables.tf"} {
		one, err := os.ReadFile(examples + "estate/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := os.ReadFile(examples + "whole-table/" + name); err != nil || string(one) != string(other) {
			t.Errorf("%s of examples/whole-table is not that of examples/estate (%v)", name, err)
		}
	}
}

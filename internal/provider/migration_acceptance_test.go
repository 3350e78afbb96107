// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	examples = "../../examples/"
	guide    = guides + "one-or-many/"
)

// form is how an estate keeps its mappings: its files, and the blocks that move the mappings there from the other form.
type form struct {
	files []string
	move  string
}

// TestMovingBetweenOneAndMany applies the HCL of the guide there and back: nothing is created, destroyed or pushed.
func TestMovingBetweenOneAndMany(t *testing.T) {
	t.Parallel()
	toTables, toItems := guide+"to-whole-tables.tf", guide+"to-one-by-one.tf"
	for name, test := range map[string]struct{ items, tables form }{
		"the guide": {
			form{[]string{guide + "estate.tf", guide + "one-by-one.tf"}, toItems},
			form{[]string{guide + "estate.tf", guide + "whole-tables.tf"}, toTables},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			providertest.RequireCLI(t, 7, 10, "lifecycle in removed blocks")
			place(t, w, estateTables(t)...)
			place(t, w, test.items.files...)
			w.Apply()
			s.MapAccounts()
			s.MapServices()
			w.Apply()
			w.ExpectNoChanges()

			before := upstreamOf(s)
			companies, services := managed(w, "cloudradial_company_mapping"), managed(w, "cloudradial_license_mapping")
			if companies == 0 || services == 0 || len(before.counts) == 0 {
				t.Fatal("nothing is mapped, or nothing was pushed")
			}
			takeOut(t, w, test.items.files...)
			toTablesSummary := "Plan: 2 to import, 0 to add, 2 to change, 0 to destroy"
			move(t, s, w, test.tables, toTablesSummary)
			takeOut(t, w, test.tables.files...)
			// The import proposes the SKUs of Microsoft's products of a service's name. They are right for six services.
			toItemsSummary := fmt.Sprintf("Plan: %d to import, 0 to add, %d to change, 0 to destroy", companies+services, services-6)
			move(t, s, w, test.items, toItemsSummary)
			if page := read(t, "../../docs/guides/one-or-many.md"); !strings.Contains(page, toTablesSummary+".") || !strings.Contains(page, toItemsSummary+".") {
				t.Errorf("the guide does not say %q and %q", toTablesSummary, toItemsSummary)
			}
			if after := upstreamOf(s); !reflect.DeepEqual(after, before) {
				t.Errorf("Gradient holds %v, want what it held before, %v", after, before)
			}
		})
	}
}

// move applies a form with its moving blocks, and then removes these blocks.
func move(t *testing.T, s *sandbox.Server, w *providertest.Workspace, to form, summary string) {
	t.Helper()
	s.ClearRequests()
	place(t, w, append(to.files, to.move)...)
	out := w.Run("plan", "-detailed-exitcode", "-out=move")
	out.Expect(t, 2, summary)
	out.ExpectNo(t, "for good", "adopted", "two license mappings", "in cloudradial_company_mapping and in", "will be destroyed")
	for _, change := range changesOf(t, w, "move") {
		actions := strings.Join(change.Change.Actions, ",")
		mapping := strings.Contains(change.Type, "_mapping")
		if !mapping && actions != "no-op" && actions != "read" || mapping && !slices.Contains([]string{"no-op", "update", "forget"}, actions) {
			t.Errorf("the plan says %s of %s", actions, change.Address)
		}
	}
	w.Must("apply", "move")
	w.ExpectNoChanges()
	takeOut(t, w, to.move)
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)
}

// estateTables returns the mapping files.
func estateTables(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(examples + "estate/*.csv")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	return files
}

// placed returns the path of an example's file in a workspace, which has a main.tf of its own.
func placed(w *providertest.Workspace, file string) string {
	name := filepath.Base(file)
	if strings.HasSuffix(name, ".tf") {
		name = "example-" + name
	}
	return filepath.Join(w.Dir(), name)
}

func place(t *testing.T, w *providertest.Workspace, files ...string) {
	t.Helper()
	for _, file := range files {
		text := strings.ReplaceAll(read(t, file), `"../../modules/`, `"./modules/`)
		if err := os.WriteFile(placed(w, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func takeOut(t *testing.T, w *providertest.Workspace, files ...string) {
	t.Helper()
	for _, file := range files {
		if err := os.Remove(placed(w, file)); err != nil {
			t.Fatal(err)
		}
	}
}

type upstream struct {
	accounts []sandbox.Account
	services []sandbox.Service
	counts   map[string]map[string]float64
}

func upstreamOf(s *sandbox.Server) upstream {
	return upstream{s.Accounts(), s.Services(), s.UnitCounts()}
}

// managed returns the number of instances of a type in the state.
func managed(w *providertest.Workspace, resourceType string) int {
	count := 0
	for _, address := range strings.Fields(w.Must("state", "list").Raw) {
		if strings.HasPrefix(address, resourceType+".") {
			count++
		}
	}
	return count
}

type resourceChange struct {
	Address string
	Type    string
	Change  struct{ Actions []string }
}

func changesOf(t *testing.T, w *providertest.Workspace, plan string) []resourceChange {
	t.Helper()
	var shown struct {
		ResourceChanges []resourceChange `json:"resource_changes"`
	}
	raw := w.Must("show", "-json", plan).Raw
	if err := json.Unmarshal([]byte(raw), &shown); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	return shown.ResourceChanges
}

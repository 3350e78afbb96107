// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// edit replaces a text that is once in a placed file of an example.
func edit(t *testing.T, w *providertest.Workspace, file, before, after string) {
	t.Helper()
	path := placed(w, file)
	text := read(t, path)
	if strings.Count(text, before) != 1 {
		t.Fatalf("%s has %q %d times, want once", file, before, strings.Count(text, before))
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// expectAccepted compares the outputs of an example estate with the counts in Gradient.
func expectAccepted(t *testing.T, s *sandbox.Server, w *providertest.Workspace) {
	t.Helper()
	var outputs struct {
		UnitCounts struct {
			Value map[string]map[string]float64
		} `json:"unit_counts"`
		NotAccepted struct {
			Value map[string]map[string]*float64
		} `json:"not_accepted"`
	}
	raw := w.Must("output", "-json").Raw
	if err := json.Unmarshal([]byte(raw), &outputs); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	got := positive(outputs.UnitCounts.Value)
	for account, services := range outputs.NotAccepted.Value {
		for service, units := range services {
			delete(got, [2]string{account, service})
			if units != nil && *units > 0 {
				got[[2]string{account, service}] = *units
			}
		}
	}
	if want := positive(s.UnitCounts()); len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("the outputs say %v, and Gradient holds %v", got, want)
	}
}

// positive leaves out what is 0.
func positive(counts map[string]map[string]float64) map[[2]string]float64 {
	units := map[[2]string]float64{}
	for account, services := range counts {
		for service, n := range services {
			if n > 0 {
				units[[2]string{account, service}] = n
			}
		}
	}
	return units
}

// The outputs of the example estates say what Gradient has accepted, also in a freeze, in which the new counts wait.
func TestTheOutputsOfTheExampleEstates(t *testing.T) {
	t.Parallel()
	const resource, setting = `resource "cloudradial_gradient_integration" "this" {}`, "  approved           = var.approved"
	for example, freeze := range map[string][2]string{
		"estate":      {setting, "  enabled = false\n" + setting},
		"whole-table": {resource, `resource "cloudradial_gradient_integration" "this" { enabled = false }`},
	} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			s, w := applied(t, examples+example)
			expectAccepted(t, s, w)
			edit(t, w, "main.tf", freeze[0], freeze[1])
			w.Apply()
			s.SetSeats("kestrelaviation.example", "SPE_E3", 320)
			s.SetSeats("alderfinch.example", "VISIOCLIENT", 0)
			s.ClearRequests()
			w.Apply()
			providertest.ExpectWrites(t, s)
			expectAccepted(t, s, w)
			edit(t, w, "main.tf", freeze[1], freeze[0])
			w.Apply()
			expectAccepted(t, s, w)

			// What Gradient refuses is not in it.
			s.UnmapServices("Microsoft 365 E3")
			s.SetSeats("kestrelaviation.example", "SPE_E3", 330)
			w.Apply()
			w.Must("output", "-json", "not_accepted").ExpectTexts(t, `"kestrel":{"Microsoft 365 E3":null}`)
			s.MapServices()
			w.Apply()
			expectAccepted(t, s, w)

			// An account whose counts are unknown keeps what was accepted.
			edit(t, w, "companies.csv", "kestrelaviation.example", "")
			w.Apply()
			expectAccepted(t, s, w)
		})
	}
}

// Seats that no mapping counts are in the first plan, and in the plan after they change.
func TestTheExampleEstatesShowUncountedSeats(t *testing.T) {
	t.Parallel()
	for _, example := range []string{"estate", "whole-table"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			s, w := applied(t, examples+example)
			w.Must("plan").ExpectNo(t, "not counted by any license mapping")
			s.SetSeats("kestrelaviation.example", "AAD_PREMIUM", 30)
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, "30 purchased seats not counted by any license mapping",
				"kestrel: Microsoft Entra ID P1 (AAD_PREMIUM), 30 seats (25 before)")
			s.ClearRequests()
			w.Apply()
			providertest.ExpectWrites(t, s)
			w.ExpectNoChanges()
		})
	}
}

// Blank rows of a spreadsheet do nothing. A row without its key is an error, because it would otherwise not be billed.
func TestRowsWithoutAKeyInTheExampleEstates(t *testing.T) {
	t.Parallel()
	for _, example := range []string{"estate", "whole-table"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			_, w := applied(t, examples+example)
			for file, rows := range map[string][2]string{
				"companies.csv": {",,,", "113,,Newco,newco.example"},
				"licenses.csv":  {",", ",AAD_PREMIUM"},
			} {
				saved := read(t, placed(w, file))
				w.Write(file, saved+"\n"+rows[0]+"\n"+rows[0]+"\n")
				w.ExpectNoChanges()
				w.Write(file, saved+rows[1]+"\n")
				if out := w.Run("plan"); out.Code != 1 {
					t.Errorf("%s: exit code %d for the row %q, want an error:\n%s", file, out.Code, rows[1], out.Raw)
				}
				w.Write(file, saved)
			}
			w.ExpectNoChanges()
		})
	}
}

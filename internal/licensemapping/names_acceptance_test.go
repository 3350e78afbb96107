// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// posts counts the creations of services.
func posts(s *sandbox.Server) int {
	n := 0
	for _, path := range providertest.WritePaths(s) {
		if strings.HasPrefix(path, "POST") {
			n++
		}
	}
	return n
}

// Whatever Gradient makes of a name, it is asked once, and no run makes another service.
func TestRule15AServiceIsCreatedOnce(t *testing.T) {
	t.Parallel()
	const long = "Microsoft 365 Business Premium for Charities and Schools in Europe"
	for name, test := range map[string]struct {
		switches map[string]string
		fault    *sandbox.Fault
		service  string
		stored   string // the name in the error, empty when the service is found
	}{
		"escaped":            {map[string]string{"gradient-service-name": "escaped"}, nil, "Phones & Lines", "Phones &amp; Lines"},
		"cut":                {map[string]string{"gradient-service-name": "cut"}, nil, long, long[:50]},
		"NFD":                {map[string]string{"gradient-service-name": "nfd"}, nil, "Caf\u00e9 E5", ""},
		"a list that lags":   {map[string]string{"gradient-service-list": "late"}, nil, "E5", ""},
		"reset, carried out": {nil, &sandbox.Fault{Kind: "reset-after", Times: 1}, "E5", ""},
		"500, carried out":   {nil, &sandbox.Fault{Kind: "after", Status: 500, Times: 1}, "E5", ""},
	} {
		for form, block := range map[string]string{
			"one":   licenseBlock(fmt.Sprintf("service = %q", test.service), `skus = ["SPB"]`),
			"table": licensesBlock(fmt.Sprintf("%q = { skus = [\"SPB\"] }", test.service)),
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{Switches: test.switches})
				if test.fault != nil {
					fault := *test.fault
					fault.System, fault.Method, fault.Path = sandbox.Gradient, http.MethodPost, "/service$"
					s.Inject(fault)
				}
				w := providertest.NewWorkspace(t, providertest.Block(s)+block)
				if test.stored == "" {
					w.Apply().ExpectNo(t, "Error")
					w.ExpectNoChanges()
				} else {
					w.Run("apply", "-auto-approve").Expect(t, 1, fmt.Sprintf("Gradient stored it as %q", test.stored))
					w.Must("state", "list").Expect(t, 0, "cloudradial_license_mapping")
					w.Run("apply", "-auto-approve").Expect(t, 1, fmt.Sprintf("Gradient stored it as %q", test.stored))
					w.Write("main.tf", providertest.Block(s)+strings.ReplaceAll(block, test.service, test.stored))
					w.Apply()
					w.ExpectNoChanges()
				}
				if sent, held := posts(s), len(s.Services()); sent != 1 || held != 1 {
					t.Errorf("%d POSTs, Gradient holds %d services, want 1 and 1", sent, held)
				}
			})
		}
	}
}

// A service that is in the catalogue in NFD is adopted, by one mapping and by a table, and unmanaged does not list it.
func TestRule15AServiceInNFDIsAdopted(t *testing.T) {
	t.Parallel()
	const nfc, nfd = "Caf\u00e9 E5", "Cafe\u0301 E5"
	for form, block := range map[string]string{
		"one":   licenseBlock(fmt.Sprintf("service = %q", nfc), `skus = ["SPB"]`),
		"table": licensesBlock(fmt.Sprintf("%q = { skus = [\"SPB\"] }", nfc)) + "output \"unmanaged\" { value = length(cloudradial_license_mappings.this.unmanaged) }\n",
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{{Name: nfd, Description: nfd}}}, sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+block)
			out := w.Apply()
			if form == "table" {
				out.Expect(t, 0, "unmanaged = 0")
			}
			w.ExpectNoChanges().ExpectNo(t, "Warning")
			held := s.Services()[0]
			held.Name, held.Description = nfc, nfc // and Gradient starts to answer in another form
			s.PutService(held)
			w.ExpectNoChanges().ExpectNo(t, "Warning")
			providertest.ExpectWrites(t, s)
		})
	}
}

// Another runner creates the service between the plan and its apply: it is adopted, not made twice.
func TestRule15TwoRunners(t *testing.T) {
	t.Parallel()
	for form, block := range map[string]string{
		"one":   licenseBlock(`service = "E5"`, `skus = ["SPB"]`),
		"table": licensesBlock(`"E5" = { skus = ["SPB"] }`),
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+block)
			w.Must("plan", "-out=saved.tfplan").Expect(t, 0, "for good")
			s.PutService(sandbox.Service{Name: "E5", Description: "of another runner", Category: "security", Subcategory: "other"})
			w.Must("apply", "saved.tfplan")
			w.ExpectNoChanges()
			providertest.ExpectWrites(t, s)
		})
	}
}

// The text of an adopted service changes between the plan and its apply.
func TestRule15SavedPlansOfServices(t *testing.T) {
	t.Parallel()
	held := sandbox.Service{Name: "S00", Description: "before", Category: "backup", Subcategory: "other"}
	for form, block := range map[string]string{
		"one":   licenseBlock(`service = "S00"`, `skus = ["SPB"]`),
		"table": sixty(`skus = ["SPB"]`),
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{held}}, sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s)+block)
			w.Must("plan", "-out=saved.tfplan")
			changed := s.Services()[0]
			changed.Description, changed.Category = "after", "security"
			s.PutService(changed)
			w.Must("apply", "saved.tfplan")
			w.ExpectNoChanges()
			// Also of one that is managed, beside another change.
			w.Write("main.tf", providertest.Block(s)+strings.ReplaceAll(block, `["SPB"]`, `["SPE_E3"]`))
			w.Must("plan", "-out=saved.tfplan")
			changed.Description = "once more"
			s.PutService(changed)
			w.Must("apply", "saved.tfplan")
			w.ExpectNoChanges()
		})
	}
}

// Characters that nobody sees are an error in a new name and a warning in an old one.
func TestRule15NamesOfServices(t *testing.T) {
	t.Parallel()
	old := sandbox.Service{Name: "Old ", Description: "Old", Category: "other", Subcategory: "other"}
	s := providertest.Start(t, sandbox.Seed{Services: []sandbox.Service{old}}, sandbox.Options{})
	w := providertest.NewWorkspace(t, "")
	for name, text := range map[string]string{
		`E5 `: `without them it is "E5"`, `\u00a0E5`: `"\u00a0E5"`, `E5\t`: `"E5\t"`, `E5\u200b`: `"E5\u200b"`, `A\nB`: "has control characters", `\u001b[2JA`: "has control characters",
		`Old `: `without them it is "Old"`,
	} {
		for _, block := range []string{licenseBlock(`service = "`+name+`"`, `skus = ["SPB"]`), licensesBlock(`"` + name + `" = { skus = ["SPB"] }`)} {
			w.Write("main.tf", providertest.Block(s)+block)
			w.Run("plan").Expect(t, 1, "Error: Service ", text)
		}
	}
	w.Write("main.tf", providertest.Block(s)+licenseBlock(`service = "Old "`, `skus = ["SPB"]`))
	w.Must("import", license, s.Services()[0].ID)
	w.Must("plan").Expect(t, 0, `Warning: Service "Old " has white space at an end`)
	w.Write("main.tf", providertest.Block(s)+licenseBlock(`service = "old "`, `skus = ["SPB"]`))
	w.Run("plan").Expect(t, 1, `Warning: Service "old " differs from another one in case only`)
	providertest.ExpectWrites(t, s)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// adoptable has what another tool left in Gradient, and tokens.
func adoptable() sandbox.Seed {
	return sandbox.Seed{
		Companies: []sandbox.Company{{ID: 101, Name: "Alder & Finch"}, {ID: 102, Name: "Brightwater Dental"}},
		Accounts: []sandbox.Account{
			{ID: "brightwater", Name: "Brightwater Dental"}, {ID: "101", Name: "Alder Finch Ltd", Description: "of CIPP"}, {ID: "dune", Name: "Dune Media"},
		},
		Services: []sandbox.Service{
			{Name: "Microsoft 365 Business Premium", Category: "infrastructure", Subcategory: "other", Description: "of CIPP", SupportContact: "help@msp.example"},
			{Name: "Office / E3", Category: "productivity", Subcategory: "other"},
		},
	}
}

func names(listed []providertest.Listed) string {
	var all []string
	for _, object := range listed {
		all = append(all, object.Name)
	}
	return strings.Join(all, ", ")
}

// What `terraform query -generate-config-out` writes plans empty after its import.
func TestGeneratedConfigurationPlansEmpty(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, adoptable(), sandbox.Options{})
	s.PutToken(sandbox.Token{CompanyID: 0, Name: "Phone", Value: "555"})
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Empty", Value: ""})
	p := providertest.NewProtocol(t, s, nil)
	for resource, test := range map[string]struct {
		filter map[string]any
		want   string
	}{
		"cloudradial_company_mapping": {map[string]any{"with_company": true}, "Alder Finch Ltd, Brightwater Dental"},
		"cloudradial_license_mapping": {map[string]any{"with_skus": true}, "Microsoft 365 Business Premium"},
		"cloudradial_company_token":   {nil, "@Phone of the partner level, @Empty of company 102"},
	} {
		listed := p.List(resource, test.filter, 0, true)
		if got := names(listed); got != test.want {
			t.Errorf("%s lists %q, want %q", resource, got, test.want)
		}
		for _, object := range listed {
			imported := p.Import(resource, "", object.Identity)
			if len(object.Diagnostics)+len(imported.Diagnostics) > 0 {
				t.Errorf("%s: %v, %v", object.Name, object.Diagnostics, imported.Diagnostics)
			}
			planned := p.Plan(resource, imported, p.GenerateConfig(resource, object.Object))
			if strings.Contains(strings.Join(planned.Diagnostics, ""), "error: ") {
				t.Errorf("%s: %v", object.Name, planned.Diagnostics)
			}
			if got, want := fmt.Sprint(planned.State), fmt.Sprint(imported.State); got != want {
				t.Errorf("the plan of %s is not empty: %s, want %s", object.Name, got, want)
			}
		}
	}
	providertest.ExpectWrites(t, s)
}

// The filters, the limit, and what is left out without a resource.
func TestListResources(t *testing.T) {
	t.Parallel()
	seed := adoptable()
	seed.Accounts = append(seed.Accounts, sandbox.Account{ID: "with space", Name: "Elm"})
	seed.Services = append(seed.Services, sandbox.Service{ID: "64f0020000000000000000aa", Name: "Twin"}, sandbox.Service{ID: "64f0020000000000000000bb", Name: "Twin"})
	s := providertest.Start(t, seed, sandbox.Options{})
	s.PutToken(sandbox.Token{CompanyID: 101, Name: "Phone", Value: "1"})
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "2"})
	p := providertest.NewProtocol(t, s, nil)
	for _, test := range []struct {
		resource string
		filter   map[string]any
		limit    int64
		want     string
		warning  string
	}{
		{"cloudradial_company_mapping", nil, 0, ", Alder Finch Ltd, Brightwater Dental, Dune Media", `"Elm" (with space)`},
		{"cloudradial_company_mapping", map[string]any{"with_company": false}, 0, ", Dune Media", "Elm"},
		{"cloudradial_company_mapping", map[string]any{"name_contains": "DENTAL"}, 0, "Brightwater Dental", ""},
		{"cloudradial_company_mapping", nil, 2, ", Alder Finch Ltd, Brightwater Dental", "Elm"},
		{"cloudradial_license_mapping", nil, 0, ", Microsoft 365 Business Premium, Office / E3", "Twin (64f0020000000000000000aa)"},
		{"cloudradial_license_mapping", map[string]any{"with_skus": false, "name_contains": "office"}, 0, "Office / E3", ""},
		{"cloudradial_company_token", map[string]any{"company_id": 102}, 0, "@Phone of company 102", ""},
		{"cloudradial_company_token", nil, 1, "@Phone of company 101", ""},
	} {
		listed := p.List(test.resource, test.filter, test.limit, false)
		if got := names(listed); got != test.want {
			t.Errorf("%s %v lists %q, want %q", test.resource, test.filter, got, test.want)
		}
		for _, object := range listed {
			if object.State != nil {
				t.Errorf("%s has a resource that was not asked for", object.Name)
			}
			if text := strings.Join(object.Diagnostics, ""); object.Name == "" && !strings.Contains(text, test.warning) || object.Name != "" && text != "" {
				t.Errorf("%s %q says %q, want %q", test.resource, object.Name, text, test.warning)
			}
		}
	}
	providertest.ExpectWrites(t, s)
}

// An upstream that cannot be read is an error, never a short list.
func TestListResourcesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for resource, system := range map[string]string{
		"cloudradial_company_mapping": sandbox.CloudRadial,
		"cloudradial_license_mapping": sandbox.Gradient,
		"cloudradial_company_token":   sandbox.CloudRadial,
	} {
		s := providertest.Start(t, adoptable(), sandbox.Options{})
		s.Inject(sandbox.Fault{System: system, Status: 403, Body: "{}"})
		listed := providertest.NewProtocol(t, s, nil).List(resource, nil, 0, true)
		if len(listed) != 1 || !strings.HasPrefix(strings.Join(listed[0].Diagnostics, ""), "error: ") {
			t.Errorf("%s lists %+v", resource, listed)
		}
	}
	s := providertest.Start(t, adoptable(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, map[string]string{"public_key": "", "private_key": ""})
	if got := p.List("cloudradial_company_mapping", nil, 0, true); len(got) != 4 || !strings.Contains(got[0].Diagnostics[0], "warning: Companies of CloudRadial are not known") {
		t.Errorf("without keys of CloudRadial: %+v", got)
	}
	if got := p.List("cloudradial_company_token", nil, 0, true); len(got) != 1 || !strings.HasPrefix(got[0].Diagnostics[0], "error: ") {
		t.Errorf("without keys of CloudRadial: %+v", got)
	}
}

// 1,000 accounts of 1,000 companies, and the services, take at most eight calls: two to Gradient, and to CloudRadial five pages of 200 and
// their count.
func TestQueryOfManyAccounts(t *testing.T) {
	t.Parallel()
	var seed sandbox.Seed
	for id := 1; id <= 1000; id++ {
		name := fmt.Sprintf("Customer %04d", id)
		seed.Companies = append(seed.Companies, sandbox.Company{ID: id, Name: name})
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: fmt.Sprintf("c%d", id), Name: name})
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	listed := p.List("cloudradial_company_mapping", map[string]any{"with_company": true}, 5000, true)
	p.List("cloudradial_license_mapping", nil, 5000, true)
	if len(listed) != 1000 || listed[999].State["company_id"] != 1000.0 {
		t.Errorf("%d accounts are listed", len(listed))
	}
	gradient, portal := providertest.Requests(s, sandbox.Gradient), providertest.Requests(s, sandbox.CloudRadial)
	if len(gradient) > 2 || len(gradient)+len(portal) > 8 {
		t.Errorf("asked Gradient %q and CloudRadial %q", gradient, portal)
	}
	t.Logf("calls: %d to Gradient, %d to CloudRadial", len(gradient), len(portal))
}

// A name that somebody else chose does not control the terminal.
func TestListedNamesAreClean(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Accounts: []sandbox.Account{{ID: "elm", Name: "Elm\u202e Ltd"}}}, sandbox.Options{})
	listed := providertest.NewProtocol(t, s, nil).List("cloudradial_company_mapping", nil, 0, true)
	if len(listed) != 1 || listed[0].Name != "Elm Ltd" || listed[0].State["name"] != "Elm\u202e Ltd" {
		t.Errorf("lists %+v", listed)
	}
}

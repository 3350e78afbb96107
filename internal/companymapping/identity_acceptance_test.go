// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const companyMapping = "cloudradial_company_mapping"

// accounts are in Gradient already: one whose name, one whose id and one whose nothing says which company it is.
func accounts() sandbox.Seed {
	seed := portal()
	seed.Accounts = []sandbox.Account{
		{ID: "brightwater", Name: "Brightwater Dental"}, {ID: "103", Name: "Cedar Grove"}, {ID: "dune", Name: "Dune Media", Description: "of CIPP"},
	}
	return seed
}

// An account is imported by its identity, and its company is found by name or id.
func TestCompanyMappingImportByIdentity(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, accounts(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	for account, want := range map[string]any{"brightwater": 102.0, "103": 103.0, "dune": nil} {
		imported := p.Import(companyMapping, "", map[string]any{"account_id": account})
		if len(imported.Diagnostics) > 0 {
			t.Fatalf("%s: %v", account, imported.Diagnostics)
		}
		if got := imported.State["company_id"]; got != want {
			t.Errorf("%s is company %v, want %v", account, got, want)
		}
		providertest.ExpectJSON(t, "identity", imported.Identity, `{"account_id":"`+account+`"}`)
	}
	if got := p.Import(companyMapping, "", map[string]any{"account_id": "a b"}).Diagnostics; len(got) != 1 || !strings.Contains(got[0], "must consist of letters") {
		t.Errorf("the import of an account id with a space says %v", got)
	}
	if got := p.Import(companyMapping, "", map[string]any{"account_id": "nobody"}); got.State != nil || strings.Contains(strings.Join(got.Diagnostics, ""), "identity data") {
		t.Errorf("the import of an account that is not there: %+v", got)
	}
	providertest.ExpectWrites(t, s)
}

// Without keys of CloudRadial, the configuration has to give the company.
func TestCompanyMappingImportByIdentityWithoutCloudRadial(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, accounts(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, map[string]string{"public_key": "", "private_key": ""})
	imported := p.Import(companyMapping, "", map[string]any{"account_id": "brightwater"})
	if imported.State["company_id"] != nil || len(imported.Diagnostics) > 0 {
		t.Errorf("imported %v, %v", imported.State, imported.Diagnostics)
	}
}

// Create, Update and Read set the identity, also where the state was written before there were identities, and where the account is gone.
func TestCompanyMappingIdentity(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	config := map[string]any{"company_id": 101, "account_id": "alder", "name": "Alder"}
	expect := func(what string, object providertest.Object, account string) {
		t.Helper()
		if strings.Contains(strings.Join(object.Diagnostics, ""), "error: ") {
			t.Fatalf("%s: %v", what, object.Diagnostics)
		}
		providertest.ExpectJSON(t, "identity after "+what, object.Identity, `{"account_id":"`+account+`"}`)
	}
	created := p.Apply(companyMapping, providertest.Object{}, config)
	expect("create", created, "alder")

	old := created
	old.Identity = nil
	expect("refresh of an old state", p.Refresh(companyMapping, old), "alder")
	config["company_id"] = 102 // in place
	updated := p.Apply(companyMapping, old, config)
	expect("update of an old state", updated, "alder")
	expect("refresh", p.Refresh(companyMapping, updated), "alder")

	elsewhere := p.Apply(companyMapping, providertest.Object{Identity: updated.Identity}, map[string]any{"company_id": 103})
	expect("replacement, which the CLI plans with the identity before", elsewhere, "103")

	empty := providertest.Start(t, portal(), sandbox.Options{})
	gone := providertest.NewProtocol(t, empty, nil).Refresh(companyMapping, old)
	if gone.State != nil {
		t.Errorf("an account that is gone: %v", gone.State)
	}
	expect("refresh of an account that is gone", gone, "alder")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const token = "cloudradial_company_token"

// Import, Create, Update and Read set the identity, also where the state was written before there were identities, and where the token is
// gone.
func TestTokenIdentity(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 101, Name: "Alder"}}}, sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	expect := func(what string, object providertest.Object, company string) {
		t.Helper()
		if strings.Contains(strings.Join(object.Diagnostics, ""), "error: ") {
			t.Fatalf("%s: %v", what, object.Diagnostics)
		}
		providertest.ExpectJSON(t, "identity after "+what, object.Identity, `{"company_id":`+company+`,"name":"Phone"}`)
	}
	s.PutToken(sandbox.Token{CompanyID: 0, Name: "Phone", Value: "555"})
	imported := p.Import(token, "", map[string]any{"company_id": 0, "name": "Phone"})
	expect("import by identity", imported, "0")
	providertest.ExpectJSON(t, "value", imported.State["value"], `"555"`)
	expect("import by id", p.Import(token, "0/Phone", nil), "0")
	if got := p.Import(token, "", map[string]any{"company_id": 0, "name": "@Phone"}).Diagnostics; len(got) != 1 || !strings.Contains(got[0], `"0/@Phone" is not`) {
		t.Errorf("the import of a name that cannot be says %v", got)
	}

	config := map[string]any{"company_id": 101, "name": "Phone", "value": "1"}
	created := p.Apply(token, providertest.Object{}, config)
	expect("create", created, "101")
	old := created
	old.Identity = nil
	config["value"] = "2"
	updated := p.Apply(token, old, config)
	expect("update of an old state", updated, "101")
	updated.Identity = nil
	expect("refresh of an old state", p.Refresh(token, updated), "101")

	s.RemoveToken(101, "Phone")
	gone := providertest.NewProtocol(t, s, nil).Refresh(token, old)
	if gone.State != nil {
		t.Errorf("a token that is gone: %v", gone.State)
	}
	expect("refresh of a token that is gone", gone, "101")
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func TestPublicationIdentity(t *testing.T) {
	t.Parallel()
	const kind = "cloudradial_license_publication"
	s := providertest.Start(t, portal(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	row := map[string]any{"product_name": "Microsoft 365 E3", "purchased": 10, "enabled": 10, "assigned": 8, "flags": []string{}}
	config := map[string]any{
		"license_counts":   map[string]any{"alder": map[string]any{"SPE_E3": row}},
		"company_mappings": map[string]any{"alder": map[string]any{"company_id": 101, "account_id": "alder"}},
	}
	created := p.Apply(kind, providertest.Object{}, config)
	owner, _ := created.State["id"].(string)
	expect := func(what string, object providertest.Object) {
		t.Helper()
		if strings.Contains(strings.Join(object.Diagnostics, ""), "error: ") || owner == "" {
			t.Fatalf("%s: %v", what, object.Diagnostics)
		}
		providertest.ExpectJSON(t, "identity after "+what, object.Identity, `{"asset_type":"Microsoft 365 Licenses","id":"`+owner+`"}`)
	}
	expect("create", created)
	old := created
	old.Identity = nil
	expect("refresh of an old state", p.Refresh(kind, old))
	row["purchased"] = 12
	expect("update of an old state", p.Apply(kind, old, config))
	expect("import by the whole identity", p.Import(kind, "", created.Identity))
	expect("import by identity", p.Import(kind, "", map[string]any{"id": owner}))
	expect("import by id", p.Import(kind, owner, nil))
	expect("import by name", p.Import(kind, "Microsoft 365 Licenses", nil))
	if got := p.Import(kind, "", map[string]any{"id": "tf-other"}).Diagnostics; len(got) != 1 || !strings.Contains(got[0], owner) {
		t.Errorf("the import of another publication says %v", got)
	}

	empty := providertest.Start(t, portal(), sandbox.Options{})
	gone := providertest.NewProtocol(t, empty, nil).Refresh(kind, old)
	if gone.State != nil {
		t.Errorf("a publication that is gone: %v", gone.State)
	}
	expect("refresh of a publication that is gone", gone)
}

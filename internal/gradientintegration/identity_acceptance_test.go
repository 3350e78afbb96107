// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradientintegration_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const integration = "cloudradial_gradient_integration"

func TestIntegrationIdentity(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	created := p.Apply(integration, providertest.Object{}, nil)
	id, _ := created.State["id"].(string)
	expect := func(what string, object providertest.Object) {
		t.Helper()
		if strings.Contains(strings.Join(object.Diagnostics, ""), "error: ") || id == "" {
			t.Fatalf("%s: %v", what, object.Diagnostics)
		}
		providertest.ExpectJSON(t, "identity after "+what, object.Identity, `{"id":"`+id+`"}`)
	}
	expect("create", created)
	old := created
	old.Identity = nil
	expect("update of an old state", p.Apply(integration, old, map[string]any{"enabled": false}))
	expect("refresh of an old state", p.Refresh(integration, old))
	expect("import by any id", p.Import(integration, "anything", nil))
	expect("import by identity", p.Import(integration, "", map[string]any{"id": id}))
	if got := p.Import(integration, "", map[string]any{"id": "another"}).Diagnostics; len(got) != 1 || !strings.Contains(got[0], id) {
		t.Errorf("the import of another integration says %v", got)
	}

	// The key of another integration is drift, not an error.
	other := old
	other.Identity, other.State["id"] = map[string]any{"id": "another"}, "another"
	expect("refresh with the key of another integration", p.Refresh(integration, other))
}

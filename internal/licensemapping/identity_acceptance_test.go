// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const licenseMapping = "cloudradial_license_mapping"

// catalogue has a service named as a product, one named as two products, and one named as none.
func catalogue() sandbox.Seed {
	return sandbox.Seed{Services: []sandbox.Service{
		{Name: "Microsoft 365 Business Premium", Category: "productivity", Subcategory: "other", Description: "of CIPP"},
		{Name: "Microsoft 365 Business Basic", Category: "infrastructure", Subcategory: "other"},
		{Name: "Office / E3", Category: "productivity", Subcategory: "other"},
	}}
}

// By identity and by id: the SKUs are those of Microsoft's products of exactly that name, and never anything else.
func TestLicenseMappingImportProposesSKUs(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, catalogue(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	for service, want := range map[string]string{
		"Microsoft 365 Business Premium": `["SPB"]`,
		"Microsoft 365 Business Basic":   `["O365_BUSINESS_ESSENTIALS","SMB_BUSINESS_ESSENTIALS"]`,
		"Office / E3":                    `null`,
	} {
		for form, imported := range map[string]providertest.Object{
			"identity": p.Import(licenseMapping, "", map[string]any{"service": service}),
			"id":       p.Import(licenseMapping, service, nil),
		} {
			if len(imported.Diagnostics) > 0 {
				t.Fatalf("%s by %s: %v", service, form, imported.Diagnostics)
			}
			providertest.ExpectJSON(t, "SKUs of "+service, imported.State["skus"], want)
			providertest.ExpectJSON(t, "basis", imported.State["basis"], `"purchased"`)
			providertest.ExpectJSON(t, "identity", imported.Identity, `{"service":"`+service+`"}`)
		}
	}
	for _, imported := range []providertest.Object{
		p.Import(licenseMapping, "", nil), p.Import(licenseMapping, "", map[string]any{"service": ""}),
	} {
		if len(imported.Diagnostics) != 1 || !strings.Contains(imported.Diagnostics[0], "The name of the service is empty") {
			t.Errorf("an import without a name says %v", imported.Diagnostics)
		}
	}
	providertest.ExpectWrites(t, s)
}

// What is imported stays empty in a state that has been refreshed before: the person has decided.
func TestLicenseMappingProposesOnlyAtImport(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, catalogue(), sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	imported := p.Import(licenseMapping, "Microsoft 365 Business Premium", nil)
	imported.State["skus"], imported.Identity = nil, nil // as an older version of the provider left it
	refreshed := p.Refresh(licenseMapping, imported)
	if refreshed.State["skus"] != nil || len(refreshed.Diagnostics) > 0 {
		t.Errorf("refreshed: %v, %v", refreshed.State, refreshed.Diagnostics)
	}
	providertest.ExpectJSON(t, "identity", refreshed.Identity, `{"service":"Microsoft 365 Business Premium"}`)
}

// Create, Update and Read set the identity, also where the state was written before there were identities, and where the service is gone.
func TestLicenseMappingIdentity(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	p := providertest.NewProtocol(t, s, nil)
	expect := func(what string, object providertest.Object) {
		t.Helper()
		if strings.Contains(strings.Join(object.Diagnostics, ""), "error: ") {
			t.Fatalf("%s: %v", what, object.Diagnostics)
		}
		providertest.ExpectJSON(t, "identity after "+what, object.Identity, `{"service":"Office"}`)
	}
	config := map[string]any{"service": "Office", "skus": []string{"SPB"}}
	created := p.Apply(licenseMapping, providertest.Object{}, config)
	expect("create", created)
	old := created
	old.Identity = nil
	expect("refresh of an old state", p.Refresh(licenseMapping, old))
	config["skus"] = []string{"SPE_E3"}
	expect("update of an old state", p.Apply(licenseMapping, old, config))
	expect("update", p.Apply(licenseMapping, created, config))

	empty := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	gone := providertest.NewProtocol(t, empty, nil).Refresh(licenseMapping, old)
	if gone.State != nil {
		t.Errorf("a service that is gone: %v", gone.State)
	}
	expect("refresh of a service that is gone", gone)
}

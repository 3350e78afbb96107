// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// notInModules has the arguments that a module does not set in a block that it wraps, with the reason.
var notInModules = map[string]string{
	"estate cloudradial_company_mapping.description":     "companies.csv has no such column",
	"estate cloudradial_license_mapping.support_article": "licenses.csv has no such column",
	"estate cloudradial_license_mapping.support_contact": "licenses.csv has no such column",
	"estate cloudradial_license_counts.include_free":     "nobody bills pools of 10,000 free seats",
	"estate cloudradial_license_counts.with_details":     "the module has no output of them",
	"review cloudradial_license_counts.include_free":     "it reads what the module estate reads",
	"review cloudradial_license_counts.with_details":     "the module has no output of them",
	"review cloudradial_companies.name_contains":         "the companies of the file are looked up by their ids",
	"review cloudradial_psa_counts.on":                   "counts are compared on the day on which an approval takes effect, the default",
	"review cloudradial_psa_counts.product_prefixes":     "it changes only what the module has no output of",
}

// What the provider can do, its modules can do, or there is a reason.
func TestModulesHaveEveryArgument(t *testing.T) {
	t.Parallel()
	schemas, err := provider.NewServer("test")().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	unused := maps.Clone(notInModules)
	blocks := 0
	for _, module := range []string{"estate", "review"} {
		for _, block := range blocksOf(t, filepath.Join(modules, module, "main.tf")) {
			kind := ""
			if len(block.Labels) > 0 {
				kind = block.Labels[0]
			}
			schema := schemas.ResourceSchemas[kind]
			if block.Type == "data" {
				schema = schemas.DataSourceSchemas[kind]
			}
			if schema == nil {
				continue
			}
			blocks++
			for _, attribute := range schema.Block.Attributes {
				argument := module + " " + kind + "." + attribute.Name
				_, set := block.Body.Attributes[attribute.Name]
				if set || !attribute.Required && !attribute.Optional {
					continue
				}
				if notInModules[argument] == "" {
					t.Errorf("%s is not set: give it a variable, or a reason in notInModules", argument)
				}
				delete(unused, argument)
			}
		}
	}
	if blocks < 10 || len(unused) > 0 {
		t.Errorf("%d blocks were looked at; notInModules has reasons for what is set, or is no argument: %v", blocks, unused)
	}
}

// blocksOf returns the blocks of a file.
func blocksOf(t *testing.T, file string) hclsyntax.Blocks {
	t.Helper()
	parsed, diags := hclparse.NewParser().ParseHCLFile(file)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return parsed.Body.(*hclsyntax.Body).Blocks //nolint:forcetypeassert // what the parser of the native syntax returns
}

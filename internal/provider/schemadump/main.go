// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command schemadump writes the schemas of the provider in the form of `terraform providers schema -json`, from which the docs are
// generated. A CLI would leave out what it does not know: an old one has no identities, list resources and actions.
package main

import (
	"context"
	"encoding/json"
	"log"
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// object is an object of JSON.
type object = map[string]any

func main() {
	schemas, err := dump(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(schemas); err != nil {
		log.Fatal(err)
	}
}

// dump answers the schemas that the provider's server describes.
func dump(ctx context.Context) (object, error) {
	server := provider.NewServer("docs")()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	return object{"format_version": "1.0", "provider_schemas": object{"cloudradial": object{
		"provider":                  schemaOf(schemas.Provider),
		"resource_schemas":          each(schemas.ResourceSchemas, schemaOf),
		"data_source_schemas":       each(schemas.DataSourceSchemas, schemaOf),
		"functions":                 each(schemas.Functions, functionOf),
		"resource_identity_schemas": each(identities.IdentitySchemas, identityOf),
		"list_resource_schemas":     each(schemas.ListResourceSchemas, schemaOf),
		"action_schemas":            each(schemas.ActionSchemas, func(a *tfprotov6.ActionSchema) object { return schemaOf(a.Schema) }),
	}}}, nil
}

func each[T any](all map[string]T, write func(T) object) object {
	written := object{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		written[name] = write(all[name])
	}
	return written
}

func schemaOf(schema *tfprotov6.Schema) object {
	block := object{"attributes": attributesOf(schema.Block.Attributes)}
	describe(block, schema.Block.Description, schema.Block.DescriptionKind)
	return object{"version": schema.Version, "block": block}
}

func attributesOf(attributes []*tfprotov6.SchemaAttribute) object {
	written := object{}
	for _, a := range attributes {
		attribute := object{
			"required": a.Required, "optional": a.Optional, "computed": a.Computed, "sensitive": a.Sensitive, "deprecated": a.Deprecated,
			"write_only": a.WriteOnly,
		}
		describe(attribute, a.Description, a.DescriptionKind)
		if a.NestedType != nil {
			attribute["nested_type"] = object{"attributes": attributesOf(a.NestedType.Attributes), "nesting_mode": nesting[a.NestedType.Nesting]}
		} else {
			attribute["type"] = a.Type
		}
		written[a.Name] = attribute
	}
	return written
}

var nesting = map[tfprotov6.SchemaObjectNestingMode]string{
	tfprotov6.SchemaObjectNestingModeSingle: "single",
	tfprotov6.SchemaObjectNestingModeList:   "list",
	tfprotov6.SchemaObjectNestingModeSet:    "set",
	tfprotov6.SchemaObjectNestingModeMap:    "map",
}

func describe(written object, description string, kind tfprotov6.StringKind) {
	written["description"], written["description_kind"] = description, "plain"
	if kind == tfprotov6.StringKindMarkdown {
		written["description_kind"] = "markdown"
	}
}

func identityOf(schema *tfprotov6.ResourceIdentitySchema) object {
	attributes := object{}
	for _, a := range schema.IdentityAttributes {
		attributes[a.Name] = object{
			"type": a.Type, "description": a.Description, "required_for_import": a.RequiredForImport, "optional_for_import": a.OptionalForImport,
		}
	}
	return object{"version": schema.Version, "attributes": attributes}
}

func functionOf(function *tfprotov6.Function) object {
	parameters := []object{}
	for _, p := range function.Parameters {
		parameters = append(parameters, object{"name": p.Name, "description": p.Description, "type": p.Type, "is_nullable": p.AllowNullValue})
	}
	return object{
		"summary": function.Summary, "description": function.Description, "return_type": function.Return.Type, "parameters": parameters,
		"deprecation_message": function.DeprecationMessage,
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// attribute is what the three kinds of schema have in common.
type attribute interface {
	GetMarkdownDescription() string
	IsSensitive() bool
}

var secretName = regexp.MustCompile(`secret|password|private_key|_api_key|client_certificate$|_token$`)

func lint(t *testing.T, where, name string, a attribute) {
	t.Helper()
	lintText(t, where+"."+name, a.GetMarkdownDescription())
	if secretName.MatchString(name) && !a.IsSensitive() {
		t.Errorf("%s.%s is a secret, but not sensitive", where, name)
	}
	switch nested := a.(type) {
	case providerschema.SingleNestedAttribute:
		lintAll(t, where+"."+name, nested.Attributes)
	case resourceschema.SingleNestedAttribute:
		lintAll(t, where+"."+name, nested.Attributes)
	case resourceschema.ListNestedAttribute:
		lintAll(t, where+"."+name, nested.NestedObject.Attributes)
	case resourceschema.MapNestedAttribute:
		lintAll(t, where+"."+name, nested.NestedObject.Attributes)
	case datasourceschema.SingleNestedAttribute:
		lintAll(t, where+"."+name, nested.Attributes)
	case datasourceschema.ListNestedAttribute:
		lintAll(t, where+"."+name, nested.NestedObject.Attributes)
	case datasourceschema.MapNestedAttribute:
		lintAll(t, where+"."+name, nested.NestedObject.Attributes)
	case resourceschema.SetNestedAttribute, datasourceschema.SetNestedAttribute, providerschema.SetNestedAttribute:
		t.Errorf("%s.%s is a set of objects, whose plans take quadratic time", where, name)
	}
}

func lintAll[A attribute](t *testing.T, where string, attributes map[string]A) {
	t.Helper()
	for name, a := range attributes {
		lint(t, where, name, a)
	}
}

func lintText(t *testing.T, where, text string) {
	t.Helper()
	if !strings.HasSuffix(text, ".") {
		t.Errorf("the description of %s does not end in a full stop: %q", where, text)
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := New("test")()
	var block provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &block)
	lintText(t, "provider", block.Schema.MarkdownDescription)
	lintAll(t, "provider", block.Schema.Attributes)

	for _, newResource := range p.Resources(ctx) {
		r := newResource()
		var metadata resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "cloudradial"}, &metadata)
		var schema resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &schema)
		lintText(t, metadata.TypeName, schema.Schema.MarkdownDescription)
		lintAll(t, metadata.TypeName, schema.Schema.Attributes)
		if _, ok := r.(resource.ResourceWithImportState); !ok {
			t.Errorf("%s cannot be imported", metadata.TypeName)
		}
	}
	for _, newDataSource := range p.DataSources(ctx) {
		d := newDataSource()
		var metadata datasource.MetadataResponse
		d.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "cloudradial"}, &metadata)
		var schema datasource.SchemaResponse
		d.Schema(ctx, datasource.SchemaRequest{}, &schema)
		lintText(t, "data "+metadata.TypeName, schema.Schema.MarkdownDescription)
		lintAll(t, "data "+metadata.TypeName, schema.Schema.Attributes)
	}
	for _, newList := range p.(provider.ProviderWithListResources).ListResources(ctx) {
		l := newList()
		var metadata resource.MetadataResponse
		l.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "cloudradial"}, &metadata)
		var schema list.ListResourceSchemaResponse
		l.ListResourceConfigSchema(ctx, list.ListResourceSchemaRequest{}, &schema)
		lintText(t, "list "+metadata.TypeName, schema.Schema.MarkdownDescription)
		lintAll(t, "list "+metadata.TypeName, schema.Schema.Attributes)
	}
	for _, newAction := range p.(provider.ProviderWithActions).Actions(ctx) {
		a := newAction()
		var metadata action.MetadataResponse
		a.Metadata(ctx, action.MetadataRequest{ProviderTypeName: "cloudradial"}, &metadata)
		var schema action.SchemaResponse
		a.Schema(ctx, action.SchemaRequest{}, &schema)
		lintText(t, "action "+metadata.TypeName, schema.Schema.MarkdownDescription)
		lintAll(t, "action "+metadata.TypeName, schema.Schema.Attributes)
	}
	for _, newFunction := range p.(provider.ProviderWithFunctions).Functions(ctx) {
		f := newFunction()
		var metadata function.MetadataResponse
		f.Metadata(ctx, function.MetadataRequest{}, &metadata)
		var definition function.DefinitionResponse
		f.Definition(ctx, function.DefinitionRequest{}, &definition)
		lintText(t, metadata.Name, definition.Definition.MarkdownDescription)
		for _, parameter := range definition.Definition.Parameters {
			lintText(t, metadata.Name+"."+parameter.GetName(), parameter.GetMarkdownDescription())
		}
	}
}

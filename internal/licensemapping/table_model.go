// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// tableModel is the model of a table.
type tableModel struct {
	Services   types.Map  `tfsdk:"services"`
	ServiceIDs types.Map  `tfsdk:"service_ids"`
	Unmanaged  types.List `tfsdk:"unmanaged"`
}

// unmanagedService is a service in Gradient that the table does not have.
type unmanagedService struct {
	ServiceID string `tfsdk:"service_id"`
	Name      string `tfsdk:"name"`
}

var (
	rowType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"service":         types.StringType,
		"skus":            types.SetType{ElemType: types.StringType},
		"basis":           types.StringType,
		"category":        types.StringType,
		"subcategory":     types.StringType,
		"description":     types.StringType,
		"support_article": types.StringType,
		"support_contact": types.StringType,
	}}
	unmanagedType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"service_id": types.StringType,
		"name":       types.StringType,
	}}
)

// entries returns the services by name. An entry that is not known yet is nil.
func (t tableModel) entries(ctx context.Context, diags *diag.Diagnostics) map[string]*entry {
	entries := make(map[string]*entry, len(t.Services.Elements()))
	for name, element := range t.Services.Elements() {
		object := element.(types.Object)
		entries[name] = nil
		if object.IsUnknown() || object.IsNull() { // validation refuses null
			continue
		}
		entries[name] = &entry{}
		diags.Append(object.As(ctx, entries[name], basetypes.ObjectAsOptions{})...)
	}
	return entries
}

// entriesValue is the reverse of entries.
func entriesValue(ctx context.Context, entries map[string]*entry, diags *diag.Diagnostics) types.Map {
	elements := make(map[string]attr.Value, len(entries))
	for name, row := range entries {
		if row == nil {
			elements[name] = types.ObjectUnknown(rowType.AttrTypes)
			continue
		}
		object, more := types.ObjectValueFrom(ctx, rowType.AttrTypes, row)
		diags.Append(more...)
		elements[name] = object
	}
	return types.MapValueMust(rowType, elements)
}

// missingFrom returns the names that others lacks, sorted.
func missingFrom(others, entries map[string]*entry) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(entries)), func(name string) bool {
		_, found := others[name]
		return found
	})
}

// unmanagedOf lists the services that are not in the table, neither by name nor by id.
func unmanagedOf(services []gradient.Service, entries map[string]*entry, ids map[string]attr.Value) []unmanagedService {
	managedIDs := make(map[string]bool, len(ids))
	for name := range ids {
		managedIDs[idOf(ids, name)] = true
	}
	var unmanaged []unmanagedService
	for _, service := range services {
		if _, managed := entries[service.Name]; !managed && !managedIDs[service.ID] {
			unmanaged = append(unmanaged, unmanagedService{service.ID, service.Name})
		}
	}
	return unmanaged
}

// unmanagedValue sorts them by name. Services of one name stay in the order of Gradient.
func unmanagedValue(unmanaged []unmanagedService) types.List {
	slices.SortStableFunc(unmanaged, func(a, b unmanagedService) int { return strings.Compare(a.Name, b.Name) })
	elements := make([]attr.Value, len(unmanaged))
	for i, service := range unmanaged {
		elements[i] = types.ObjectValueMust(unmanagedType.AttrTypes, map[string]attr.Value{
			"service_id": types.StringValue(service.ServiceID), "name": types.StringValue(service.Name),
		})
	}
	return types.ListValueMust(unmanagedType, elements)
}

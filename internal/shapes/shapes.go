// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package shapes decodes and encodes the maps that a configuration passes from one part of the provider to another:
// license_counts, company_mappings, license_mappings and unit counts. It is the only place that knows their Terraform types
// and the words for what is wrong with them.
//
// A decoder returns an [Error] that lists every wrong value. [Diagnostic] and [FuncError] report it.
package shapes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// The arguments that hold the shapes, as every resource, data source and function names them.
const (
	LicenseCounts   = "license_counts"
	CompanyMappings = "company_mappings"
	LicenseMappings = "license_mappings"
	UnitCounts      = "unit_counts"
	UncountedSeats  = "uncounted_seats"
)

// Count is an element of license_counts: the seats that a tenant has of a SKU. A decoder leaves empty what its type lacks.
type Count struct {
	billing.SKUCount
	ProductName string
	Flags       []string
}

// CompanyMapping is an element of company_mappings. CompanyID is 0 and Name is empty when they are null.
type CompanyMapping struct {
	AccountID string
	CompanyID int64
	Name      string
}

// Types of an element of license_counts. All numbers are types.Number, so that a fraction reaches our decoder and its message.
var (
	// CountType is the whole element, as the data source cloudradial_license_counts returns it.
	CountType = countType(append(billing.BasisNames(), "sku_id", "product_name", "flags")...)
	// PurchasedCountType is what the function uncounted_seats requires.
	PurchasedCountType = countType("sku_id", "purchased")
	// PublishedCountType is what the resource cloudradial_license_publication requires.
	PublishedCountType = countType("product_name", "purchased", "enabled", "assigned", "flags")
)

// Types of an element of company_mappings.
var (
	// BilledCompanyType is what the function unit_counts requires.
	BilledCompanyType = types.ObjectType{AttrTypes: map[string]attr.Type{"account_id": types.StringType}}
	// PublishedCompanyType is what the resource cloudradial_license_publication requires.
	PublishedCompanyType = types.ObjectType{AttrTypes: map[string]attr.Type{"account_id": types.StringType, "company_id": types.Int64Type}}
)

// LicenseMappingType is the type of an element of license_mappings.
var LicenseMappingType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"service": types.StringType,
	"skus":    types.SetType{ElemType: types.StringType},
	"basis":   types.StringType,
}}

// ServiceUnitsType is the type of an element of unit counts: service → number.
var ServiceUnitsType = types.MapType{ElemType: types.NumberType}

// countField is an attribute of a count. The description follows its name and type in a list.
type countField struct {
	name        string
	valueType   attr.Type
	description string
}

// countFields returns all attributes of a count, in the order of the documentation.
func countFields() []countField {
	fields := []countField{
		{"sku_id", types.StringType, "(String) the id of the SKU (GUID). Names and part numbers change, the id does not."},
		{"product_name", types.StringType, "(String) the name in Microsoft's table of " + billing.SKUTableDate + ", or the part number."},
	}
	for _, basis := range billing.Bases() {
		fields = append(fields, countField{string(basis.Name), types.NumberType, "(Number) " + basis.Description + "."})
	}
	return append(fields, countField{"flags", types.ListType{ElemType: types.StringType},
		"(List of String) what needs a second look, sorted: `trial` (some seats are on trial), `trial_unknown` (trials cannot be told from " +
			"paid seats), `in_grace` (seats have expired and are still usable), `suspended_units`, `overassigned` (more seats are assigned than are " +
			"active or in grace), `suspicious_pool` (10,000 seats or more, under 1 % of them assigned), `unknown_sku` (not in Microsoft's table), " +
			"`capacity_unit` (counts gigabytes or the like, not people), `other_owner` (some seats were bought elsewhere and are left out; whose seats the " +
			"users have is not known), `split` (the users of one company that shares a tenant, on every basis), `assigned_mismatch` (the users of a " +
			"shared tenant are not as many as its assigned seats), `overassigned_split` (the companies that share a tenant have more users than it has seats: " +
			"a 0 stands for less than nothing, and `unit_counts` refuses to bill it)."})
}

// DescribeCount returns a Markdown list of the attributes of a count, for the description of an attribute.
func DescribeCount() string {
	var lines strings.Builder
	for _, field := range countFields() {
		fmt.Fprintf(&lines, "  - `%s` %s\n", field.name, field.description)
	}
	return strings.TrimSuffix(lines.String(), "\n")
}

// countType returns the type of a count with the named attributes.
func countType(names ...string) types.ObjectType {
	picked := make(map[string]attr.Type, len(names))
	for _, field := range countFields() {
		if slices.Contains(names, field.name) {
			picked[field.name] = field.valueType
		}
	}
	return types.ObjectType{AttrTypes: picked}
}

// FullyKnown reports whether no value, nor any value inside it, is unknown.
func FullyKnown(values ...attr.Value) bool {
	for _, value := range values {
		if value.IsUnknown() {
			return false
		}
		switch value := value.(type) {
		case types.Map:
			if !allKnown(value.Elements()) {
				return false
			}
		case types.Object:
			if !allKnown(value.Attributes()) {
				return false
			}
		case types.List:
			if !FullyKnown(value.Elements()...) {
				return false
			}
		case types.Set:
			if !FullyKnown(value.Elements()...) {
				return false
			}
		}
	}
	return true
}

func allKnown(values map[string]attr.Value) bool {
	for _, value := range values {
		if !FullyKnown(value) {
			return false
		}
	}
	return true
}

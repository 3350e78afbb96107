// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

const (
	isUnknown     = "is not known yet"
	isNull        = "is null"
	isNullOrEmpty = "is null or empty"
)

// DecodeCompanyMappings reads company_mappings, objects with account_id and perhaps company_id and name.
func DecodeCompanyMappings(value types.Map) (map[string]CompanyMapping, error) {
	return decodeMappings(CompanyMappings, value, func(attributes map[string]attr.Value) (mapping CompanyMapping, field, problem string) {
		mapping.AccountID = text(attributes["account_id"])
		mapping.Name = text(attributes["name"])
		if id, has := attributes["company_id"].(types.Int64); has {
			mapping.CompanyID = id.ValueInt64()
		}
		if mapping.AccountID == "" {
			return mapping, "account_id", isNullOrEmpty
		}
		return mapping, "", ""
	})
}

// DecodeLicenseMappings reads license_mappings, objects with service, skus and basis. The SKUs are sorted, and the basis is empty
// when it is null.
func DecodeLicenseMappings(value types.Map) (map[string]billing.LicenseMapping, error) {
	return decodeMappings(LicenseMappings, value, func(attributes map[string]attr.Value) (mapping billing.LicenseMapping, field, problem string) {
		skus := attributes["skus"].(types.Set)
		mapping.Service = text(attributes["service"])
		mapping.Basis = billing.Basis(text(attributes["basis"]))
		switch {
		case mapping.Service == "":
			return mapping, "service", isNullOrEmpty
		case skus.IsNull():
			return mapping, "skus", isNull
		}
		for _, sku := range skus.Elements() {
			if sku.IsNull() {
				return mapping, "skus", "contains null"
			}
			mapping.SKUs = append(mapping.SKUs, text(sku))
		}
		slices.Sort(mapping.SKUs)
		return mapping, "", ""
	})
}

// decodeMappings reads a map of objects. Values that Terraform does not know yet are errors.
func decodeMappings[T any](
	argument string, value types.Map, decode func(attributes map[string]attr.Value) (mapping T, field, problem string),
) (map[string]T, error) {
	wrong := problems{argument: argument}
	elements := value.Elements()
	mappings := make(map[string]T, len(elements))
	for key, element := range elements {
		object, at := element.(types.Object), path.Root(argument).AtMapKey(key)
		switch {
		case !FullyKnown(object):
			wrong.add(at, isUnknown)
			continue
		case object.IsNull():
			wrong.add(at, isNull)
			continue
		}
		mapping, field, problem := decode(object.Attributes())
		if problem != "" {
			wrong.addIn(at, field, problem)
			continue
		}
		mappings[key] = mapping
	}
	return mappings, wrong.err()
}

// text returns a string. It is empty when the value is null or missing.
func text(value attr.Value) string {
	if value, has := value.(types.String); has {
		return value.ValueString()
	}
	return ""
}

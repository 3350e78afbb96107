// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

func countsValue(counts licenseCounts) types.Map {
	tenants := map[string]attr.Value{}
	for key, licenses := range counts {
		if licenses == nil {
			tenants[key] = types.MapNull(shapes.PublishedCountType)
			continue
		}
		skus := map[string]attr.Value{}
		for sku, l := range licenses {
			flags := []attr.Value{}
			for _, flag := range l.flags {
				flags = append(flags, types.StringValue(flag))
			}
			skus[sku] = types.ObjectValueMust(shapes.PublishedCountType.AttrTypes, map[string]attr.Value{
				"product_name": types.StringValue(l.product),
				"purchased":    shapes.EncodeSeats(l.purchased),
				"enabled":      shapes.EncodeSeats(l.enabled),
				"assigned":     shapes.EncodeSeats(l.assigned),
				"flags":        types.ListValueMust(types.StringType, flags),
			})
		}
		tenants[key] = types.MapValueMust(shapes.PublishedCountType, skus)
	}
	return types.MapValueMust(types.MapType{ElemType: shapes.PublishedCountType}, tenants)
}

func mappingsValue(mappings map[string]mapping) types.Map {
	elements := map[string]attr.Value{}
	for key, m := range mappings {
		elements[key] = types.ObjectValueMust(shapes.PublishedCompanyType.AttrTypes, map[string]attr.Value{
			"company_id": types.Int64Value(m.company), "account_id": types.StringValue(m.account),
		})
	}
	return types.MapValueMust(shapes.PublishedCompanyType, elements)
}

package publication

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func countsValue(counts licenseCounts) types.Map {
	tenants := map[string]attr.Value{}
	for key, licenses := range counts {
		if licenses == nil {
			tenants[key] = types.MapNull(licenseType)
			continue
		}
		skus := map[string]attr.Value{}
		for sku, l := range licenses {
			flags := []attr.Value{}
			for _, flag := range l.flags {
				flags = append(flags, types.StringValue(flag))
			}
			skus[sku] = types.ObjectValueMust(licenseType.AttrTypes, map[string]attr.Value{
				"product_name": types.StringValue(l.product),
				"purchased":    types.Int64Value(l.purchased),
				"enabled":      types.Int64Value(l.enabled),
				"assigned":     types.Int64Value(l.assigned),
				"flags":        types.ListValueMust(types.StringType, flags),
			})
		}
		tenants[key] = types.MapValueMust(licenseType, skus)
	}
	return types.MapValueMust(licensesType, tenants)
}

func mappingsValue(mappings map[string]mapping) types.Map {
	elements := map[string]attr.Value{}
	for key, m := range mappings {
		elements[key] = types.ObjectValueMust(mappingType.AttrTypes, map[string]attr.Value{
			"company_id": types.Int64Value(m.company), "account_id": types.StringValue(m.account),
		})
	}
	return types.MapValueMust(mappingType, elements)
}

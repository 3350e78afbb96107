// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

var (
	seatsType = types.ObjectType{AttrTypes: map[string]attr.Type{"purchased": types.Int64Type, "assigned": types.Int64Type}}
	skusType  = types.MapType{ElemType: seatsType}
)

type model struct {
	ID              types.String `tfsdk:"id"`
	LicenseCounts   types.Map    `tfsdk:"license_counts"`
	CompanyMappings types.Map    `tfsdk:"company_mappings"`
	AssetType       types.String `tfsdk:"asset_type"`
	AssetTypeID     types.Int64  `tfsdk:"asset_type_id"`
	FieldIDs        types.Map    `tfsdk:"field_ids"`
	Published       types.Map    `tfsdk:"published"`
	Drift           types.Map    `tfsdk:"drift"`
}

// table decodes the arguments. After an import they are null, and the table has no companies.
func (m model) table() (table, error) {
	counts, err := shapes.DecodeLicenseCounts(m.LicenseCounts, licenseOf)
	if err != nil {
		return table{}, err
	}
	companies, err := shapes.DecodeCompanyMappings(m.CompanyMappings)
	if err != nil {
		return table{}, err
	}
	mappings := make(map[string]mapping, len(companies))
	for key, company := range companies {
		mappings[key] = mapping{company.CompanyID, company.AccountID}
	}
	return tableOf(counts, mappings)
}

func licenseOf(count shapes.Count) license {
	return license{
		product: count.ProductName, purchased: count.Purchased, enabled: count.Enabled, assigned: count.Assigned, flags: count.Flags,
	}
}

func attributes(value attr.Value) map[string]attr.Value {
	object, ok := value.(types.Object)
	if !ok {
		return nil
	}
	return object.Attributes()
}

// integer returns an attribute as a number. It is not known when the value is null.
func integer(fields map[string]attr.Value, name string) number {
	value, ok := fields[name].(types.Int64)
	return number{value.ValueInt64(), ok && !value.IsNull() && !value.IsUnknown()}
}

func (n number) toValue() types.Int64 {
	if !n.known {
		return types.Int64Null()
	}
	return types.Int64Value(n.value)
}

func (p published) toValue() types.Map {
	accounts := make(map[string]attr.Value, len(p))
	for account, skus := range p {
		rows := make(map[string]attr.Value, len(skus))
		for sku, s := range skus {
			rows[sku] = types.ObjectValueMust(seatsType.AttrTypes, map[string]attr.Value{
				"purchased": s.purchased.toValue(), "assigned": s.assigned.toValue(),
			})
		}
		accounts[account] = types.MapValueMust(seatsType, rows)
	}
	return types.MapValueMust(skusType, accounts)
}

// publishedRows decodes published.
func (m model) publishedRows() published {
	p := published{}
	for account, element := range m.Published.Elements() {
		skus, ok := element.(types.Map)
		if !ok {
			continue
		}
		for sku, element := range skus.Elements() {
			fields := attributes(element)
			p.set(account, sku, seats{integer(fields, "purchased"), integer(fields, "assigned")})
		}
	}
	return p
}

func textMap(texts map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(texts))
	for key, text := range texts {
		elements[key] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, elements)
}

// knownFieldIDs decodes field_ids.
func (m model) knownFieldIDs() fieldIDs {
	ids := fieldIDs{}
	for name, element := range m.FieldIDs.Elements() {
		if id, ok := element.(types.Int64); ok {
			ids[name] = id.ValueInt64()
		}
	}
	return ids
}

func (ids fieldIDs) toValue() types.Map {
	elements := make(map[string]attr.Value, len(ids))
	for name, id := range ids {
		elements[name] = types.Int64Value(id)
	}
	return types.MapValueMust(types.Int64Type, elements)
}

// setObserved sets the computed values to what CloudRadial holds.
func (m *model) setObserved(s *sheet, t table) {
	m.AssetTypeID = types.Int64Value(s.typeID)
	m.FieldIDs = s.layout.ids.toValue()
	m.Published = publishedOf(s.rows, m.ID.ValueString(), t.accounts).toValue()
	m.Drift = textMap(t.driftOf(s.rows, m.ID.ValueString()))
}

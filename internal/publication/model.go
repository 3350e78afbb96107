package publication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

var (
	licenseType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"product_name": types.StringType,
		"purchased":    types.Int64Type,
		"enabled":      types.Int64Type,
		"assigned":     types.Int64Type,
		"flags":        types.ListType{ElemType: types.StringType},
	}}
	licensesType = types.MapType{ElemType: licenseType}
	mappingType  = types.ObjectType{AttrTypes: map[string]attr.Type{"company_id": types.Int64Type, "account_id": types.StringType}}
	seatsType    = types.ObjectType{AttrTypes: map[string]attr.Type{"purchased": types.Int64Type, "assigned": types.Int64Type}}
	skusType     = types.MapType{ElemType: seatsType}
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

// inputsKnown reports whether nothing in the arguments is unknown.
func (m model) inputsKnown(ctx context.Context) (bool, error) {
	for _, argument := range []types.Map{m.LicenseCounts, m.CompanyMappings} {
		value, err := argument.ToTerraformValue(ctx)
		if err != nil || !value.IsFullyKnown() {
			return false, err
		}
	}
	return true, nil
}

// table reads the arguments. Null ones, as after an import, give a table without companies.
func (m model) table() (table, error) {
	mappings := map[string]mapping{}
	for key, element := range m.CompanyMappings.Elements() {
		fields := attributes(element)
		mappings[key] = mapping{integer(fields, "company_id").value, text(fields, "account_id")}
	}
	counts := licenseCounts{}
	tenants := m.LicenseCounts.Elements()
	for _, key := range slices.Sorted(maps.Keys(tenants)) {
		tenant, ok := tenants[key].(types.Map)
		if !ok || tenant.IsNull() {
			counts[key] = nil
			continue
		}
		licenses, err := licensesOf(tenant)
		if err != nil {
			return table{}, &inputError{"license_counts", fmt.Sprintf("in license_counts[%q]%s", key, err)}
		}
		counts[key] = licenses
	}
	return tableOf(counts, mappings)
}

func licensesOf(tenant types.Map) (map[string]license, error) {
	licenses := map[string]license{}
	skus := tenant.Elements()
	for _, sku := range slices.Sorted(maps.Keys(skus)) {
		fields := attributes(skus[sku])
		l := license{product: text(fields, "product_name"), flags: texts(fields, "flags")}
		for name, into := range map[string]*int64{"purchased": &l.purchased, "enabled": &l.enabled, "assigned": &l.assigned} {
			n := integer(fields, name)
			if !n.known || n.value < 0 || n.value > billing.MostSeats {
				return nil, fmt.Errorf("[%q], %s is no number of seats: make the whole tenant null if its counts are unknown", sku, name)
			}
			*into = n.value
		}
		licenses[sku] = l
	}
	return licenses, nil
}

func attributes(value attr.Value) map[string]attr.Value {
	object, ok := value.(types.Object)
	if !ok {
		return nil
	}
	return object.Attributes()
}

func text(fields map[string]attr.Value, name string) string {
	value, _ := fields[name].(types.String)
	return value.ValueString()
}

func texts(fields map[string]attr.Value, name string) []string {
	list, _ := fields[name].(types.List)
	var all []string
	for _, element := range list.Elements() {
		if value, ok := element.(types.String); ok {
			all = append(all, value.ValueString())
		}
	}
	return all
}

// integer is unknown when the value is null.
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

// publishedBefore reads published of a state.
func (m model) publishedBefore() published {
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

func (m model) remembered() fieldIDs {
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

// show puts what CloudRadial holds into the model.
func (m *model) show(s *sheet, t table) {
	m.AssetTypeID = types.Int64Value(s.typeID)
	m.FieldIDs = s.fit.ids.toValue()
	m.Published = publishedOf(s.rows, m.ID.ValueString(), t.accounts).toValue()
	m.Drift = textMap(t.driftOf(s.rows, m.ID.ValueString()))
}

// wrongInput finds the argument that an error is about.
func wrongInput(err error) (attribute string) {
	var wrong *inputError
	if errors.As(err, &wrong) {
		return wrong.attribute
	}
	return "license_counts"
}

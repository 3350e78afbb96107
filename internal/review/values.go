package review

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

// fill sets the computed values. They are built by hand: reflection over thousands of rows takes seconds.
func (m *model) fill(result reconcile.Result) {
	m.Rows = listOf(rowObject, result.Rows, rowValue)
	m.Differences = listOf(rowObject, result.Differences(), rowValue)
	m.InAgreement = types.BoolValue(result.InAgreement())
	m.Summary = summaryValue(result)
	m.UnmappedSKUs = listOf(unmappedSKUObject, result.UnmappedSKUs, unmappedSKUValue)
	m.UnmappedCompanies = listOrNull(unmappedCompanyObject, result.UnmappedCompanies, unmappedCompanyValue)
	m.UnmappedAccounts = listOrNull(unmappedAccountObject, result.UnmappedAccounts, unmappedAccountValue)
	m.UnreadableTenants = textsOf(result.UnreadableTenants)
	m.Flagged = listOf(flaggedObject, result.Flagged, flaggedValue)
	m.ReportMarkdown = types.StringValue(result.Markdown())
}

func listOf[T any](object schema.NestedAttributeObject, items []T, value func(T) map[string]attr.Value) types.List {
	objectType := object.Type().(types.ObjectType)
	elements := make([]attr.Value, len(items))
	for i, item := range items {
		elements[i] = types.ObjectValueMust(objectType.AttrTypes, value(item))
	}
	return types.ListValueMust(objectType, elements)
}

// listOrNull is null for nil: nobody was asked.
func listOrNull[T any](object schema.NestedAttributeObject, items []T, value func(T) map[string]attr.Value) types.List {
	if items == nil {
		return types.ListNull(object.Type())
	}
	return listOf(object, items, value)
}

func rowValue(row reconcile.Row) map[string]attr.Value {
	values := map[string]attr.Value{
		"account_id":   types.StringValue(row.AccountID),
		"account_name": types.StringValue(row.AccountName),
		"service":      types.StringValue(row.Service),
		"status":       types.StringValue(string(row.Status)),
		"reason":       types.StringValue(row.Reason),
	}
	for system, units := range row.Units {
		values[reconcile.System(system).Key()] = types.Float64PointerValue(units)
	}
	return values
}

func summaryValue(result reconcile.Result) types.Object {
	pairs := map[string]attr.Value{}
	for status, n := range result.Pairs() {
		pairs[string(status)] = types.Int64Value(int64(n))
	}
	units := map[string]attr.Value{}
	for system, sum := range result.Units() {
		units[reconcile.System(system).Key()] = types.Float64PointerValue(sum)
	}
	objectType := object(summaryAttributes).Type().(types.ObjectType)
	return types.ObjectValueMust(objectType.AttrTypes, map[string]attr.Value{
		"pairs": types.MapValueMust(types.Int64Type, pairs),
		"units": types.MapValueMust(types.Float64Type, units),
	})
}

func unmappedSKUValue(sku reconcile.UnmappedSKU) map[string]attr.Value {
	tenants := map[string]attr.Value{}
	for key, seats := range sku.Tenants {
		tenants[key] = types.Int64Value(seats)
	}
	return map[string]attr.Value{
		"sku":          types.StringValue(sku.SKU),
		"sku_id":       types.StringValue(sku.SKUID),
		"product_name": types.StringValue(sku.ProductName),
		"purchased":    types.Int64Value(sku.Purchased),
		"tenants":      types.MapValueMust(types.Int64Type, tenants),
	}
}

func unmappedCompanyValue(company reconcile.PortalCompany) map[string]attr.Value {
	return map[string]attr.Value{"company_id": types.Int64Value(company.ID), "name": types.StringValue(company.Name)}
}

func unmappedAccountValue(account reconcile.Account) map[string]attr.Value {
	return map[string]attr.Value{"account_id": types.StringValue(account.ID), "name": types.StringValue(account.Name)}
}

func flaggedValue(count reconcile.FlaggedCount) map[string]attr.Value {
	service := types.StringNull()
	if count.Service != "" {
		service = types.StringValue(count.Service)
	}
	return map[string]attr.Value{
		"tenant":       types.StringValue(count.Tenant),
		"account_id":   types.StringValue(count.AccountID),
		"sku":          types.StringValue(count.SKU),
		"sku_id":       types.StringValue(count.SKUID),
		"product_name": types.StringValue(count.ProductName),
		"service":      service,
		"purchased":    types.Int64Value(count.Purchased),
		"assigned":     types.Int64Value(count.Assigned),
		"flags":        textsOf(count.Flags),
	}
}

func textsOf(texts []string) types.List {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, elements)
}

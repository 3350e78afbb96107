// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

type model struct {
	LicenseCounts   types.Dynamic `tfsdk:"license_counts"`
	CompanyMappings types.Map     `tfsdk:"company_mappings"`
	LicenseMappings types.Map     `tfsdk:"license_mappings"`
	AssetType       types.String  `tfsdk:"asset_type"`
	GradientCounts  types.Map     `tfsdk:"gradient_counts"`
	PSACounts       types.Map     `tfsdk:"psa_counts"`
	PSALines        types.List    `tfsdk:"psa_lines"`
	Tolerance       types.Float64 `tfsdk:"tolerance"`
	FailOn          types.Set     `tfsdk:"fail_on"`

	Rows              types.List   `tfsdk:"rows"`
	Differences       types.List   `tfsdk:"differences"`
	InAgreement       types.Bool   `tfsdk:"in_agreement"`
	Summary           types.Object `tfsdk:"summary"`
	UnmappedSKUs      types.List   `tfsdk:"unmapped_skus"`
	UnmappedCompanies types.List   `tfsdk:"unmapped_companies"`
	UnmappedAccounts  types.List   `tfsdk:"unmapped_accounts"`
	UnreadableTenants types.List   `tfsdk:"unreadable_tenants"`
	Flagged           types.List   `tfsdk:"flagged"`
	ReportMarkdown    types.String `tfsdk:"report_markdown"`
}

// input decodes the arguments.
func (m *model) input(diags *diag.Diagnostics) reconcile.Input {
	counts, err := shapes.DecodeLicenseCounts(m.LicenseCounts, func(count shapes.Count) reconcile.Count { return reconcile.Count(count) })
	addError(err, diags)
	mappings, err := shapes.DecodeCompanyMappings(m.CompanyMappings)
	addError(err, diags)
	licenses, err := shapes.DecodeLicenseMappings(m.LicenseMappings)
	addError(err, diags)
	gradient, err := shapes.DecodeReportedUnits("gradient_counts", m.GradientCounts)
	addError(err, diags)
	psa, err := shapes.DecodeReportedUnits("psa_counts", m.PSACounts)
	addError(err, diags)
	companies := make(map[string]reconcile.Company, len(mappings))
	for key, mapping := range mappings {
		companies[key] = reconcile.Company(mapping)
	}
	return reconcile.Input{
		Counts: counts, Companies: companies, Licenses: licenses, Gradient: gradient, PSA: psa, PSALines: decodeLines(m.PSALines),
		Tolerance: m.Tolerance.ValueFloat64(),
	}
}

// decodeLines reads psa_lines, by hand because reflection over thousands of objects takes seconds.
func decodeLines(value types.List) []reconcile.PSALine {
	if value.IsNull() {
		return nil
	}
	lines := make([]reconcile.PSALine, 0, len(value.Elements()))
	for _, element := range value.Elements() {
		fields := element.(types.Object).Attributes() //nolint:forcetypeassert // the schema says so
		text := func(name string) string { return fields[name].(types.String).ValueString() }
		line := reconcile.PSALine{
			AccountID: text("account_id"), Service: text("service"), Product: text("product"), Agreement: text("agreement"),
			Starts: text("effective_date"), Ends: text("cancelled_date"),
		}
		if quantity := fields["quantity"].(types.Number); !quantity.IsNull() {
			units, _ := quantity.ValueBigFloat().Float64()
			line.Quantity = &units
		}
		for _, flag := range fields["flags"].(types.List).Elements() {
			line.Flags = append(line.Flags, flag.(types.String).ValueString())
		}
		lines = append(lines, line)
	}
	return lines
}

func addError(err error, diags *diag.Diagnostics) {
	if err != nil {
		diags.Append(shapes.Diagnostic(cannotCompare, err))
	}
}

// failOn returns the names of the gates, sorted.
func (m *model) failOn(ctx context.Context, diags *diag.Diagnostics) []string {
	var names []string
	diags.Append(m.FailOn.ElementsAs(ctx, &names, false)...)
	slices.Sort(names)
	return names
}

// setComputed sets the computed values. It builds them by hand because reflection over thousands of rows takes seconds.
func (m *model) setComputed(result reconcile.Result) {
	m.Rows = encodeList(rowObject, result.Rows, encodeRow)
	m.Differences = encodeList(rowObject, result.Differences(), encodeRow)
	m.InAgreement = types.BoolValue(result.InAgreement())
	m.Summary = encodeSummary(result)
	m.UnmappedSKUs = encodeList(unmappedSKUObject, result.UnmappedSKUs, encodeUnmappedSKU)
	m.UnmappedCompanies = encodeListOrNull(unmappedCompanyObject, result.UnmappedCompanies, encodeUnmappedCompany)
	m.UnmappedAccounts = encodeListOrNull(unmappedAccountObject, result.UnmappedAccounts, encodeUnmappedAccount)
	m.UnreadableTenants = encodeTexts(result.UnreadableTenants)
	m.Flagged = encodeList(flaggedObject, result.Flagged, encodeFlagged)
	m.ReportMarkdown = types.StringValue(result.Markdown())
}

func encodeList[T any](object schema.NestedAttributeObject, items []T, value func(T) map[string]attr.Value) types.List {
	objectType := object.Type().(types.ObjectType)
	elements := make([]attr.Value, len(items))
	for i, item := range items {
		elements[i] = types.ObjectValueMust(objectType.AttrTypes, value(item))
	}
	return types.ListValueMust(objectType, elements)
}

// encodeListOrNull returns null for nil, which means that the system was not asked.
func encodeListOrNull[T any](object schema.NestedAttributeObject, items []T, value func(T) map[string]attr.Value) types.List {
	if items == nil {
		return types.ListNull(object.Type())
	}
	return encodeList(object, items, value)
}

func encodeRow(row reconcile.Row) map[string]attr.Value {
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

func encodeSummary(result reconcile.Result) types.Object {
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

func encodeUnmappedSKU(sku reconcile.UnmappedSKU) map[string]attr.Value {
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

func encodeUnmappedCompany(company reconcile.PortalCompany) map[string]attr.Value {
	return map[string]attr.Value{"company_id": types.Int64Value(company.ID), "name": types.StringValue(company.Name)}
}

func encodeUnmappedAccount(account reconcile.Account) map[string]attr.Value {
	return map[string]attr.Value{"account_id": types.StringValue(account.ID), "name": types.StringValue(account.Name)}
}

func encodeFlagged(count reconcile.FlaggedCount) map[string]attr.Value {
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
		"purchased":    encodeSeats(count.Purchased),
		"assigned":     encodeSeats(count.Assigned),
		"flags":        encodeTexts(count.Flags),
	}
}

// encodeSeats returns null for a number that Microsoft did not give.
func encodeSeats(n int64) types.Int64 {
	if n == billing.Unknown {
		return types.Int64Null()
	}
	return types.Int64Value(n)
}

func encodeTexts(texts []string) types.List {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, elements)
}

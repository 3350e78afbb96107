// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reviewpage

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// object makes an object from Go values: strings, numbers, bools, nil, lists and maps.
func object(values map[string]any) types.Object {
	attributes, of := map[string]attr.Value{}, map[string]attr.Type{}
	for name, value := range values {
		attributes[name] = made(value)
		of[name] = attributes[name].Type(nil) //nolint:staticcheck // no type of these needs a context
	}
	return types.ObjectValueMust(of, attributes)
}

func made(value any) attr.Value {
	switch value := value.(type) {
	case string:
		return types.StringValue(value)
	case int:
		return types.NumberValue(big.NewFloat(float64(value)))
	case bool:
		return types.BoolValue(value)
	case nil:
		return types.NumberNull()
	case []any:
		elements, of := make([]attr.Value, len(value)), make([]attr.Type, len(value))
		for i, element := range value {
			elements[i] = made(element)
			of[i] = elements[i].Type(nil) //nolint:staticcheck // as above
		}
		return types.TupleValueMust(of, elements)
	case map[string]any:
		return object(value)
	}
	return value.(attr.Value)
}

func call(t *testing.T, argument attr.Value) (string, *function.FuncError) {
	t.Helper()
	request := function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.DynamicValue(argument)})}
	response := function.RunResponse{Result: function.NewResultData(types.StringUnknown())}
	reviewPage{}.Run(t.Context(), request, &response)
	if response.Error != nil {
		return "", response.Error
	}
	return response.Result.Value().(types.String).ValueString(), nil
}

// dataSource is a small reconciliation, as Terraform hands it over.
func dataSource(changes map[string]any) attr.Value {
	pair := map[string]any{
		"account_id": "acme", "account_name": "Acme <b>", "service": "Premium", "microsoft": 12, "cloudradial": nil, "gradient": 12, "psa": 10,
		"status": "differs", "reason": "",
	}
	counts := types.MapValueMust(types.MapType{ElemType: shapes.PurchasedCountType}, map[string]attr.Value{
		"acme/uk": types.MapValueMust(shapes.PurchasedCountType, map[string]attr.Value{
			"SPB": types.ObjectValueMust(shapes.PurchasedCountType.AttrTypes, map[string]attr.Value{
				"sku_id": types.StringValue("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"), "purchased": types.NumberValue(big.NewFloat(12)),
			}),
		}),
	})
	values := map[string]any{
		"rows": []any{pair}, "differences": []any{pair}, "in_agreement": false, "tolerance": nil, "asset_type": "Licenses",
		"summary":            map[string]any{"units": map[string]any{"microsoft": 12, "cloudradial": nil, "gradient": 12, "psa": 10}},
		"unmapped_skus":      []any{map[string]any{"sku": "POWER_BI_PRO", "sku_id": "x", "product_name": "Power BI Pro", "purchased": 15}},
		"unmapped_companies": []any{map[string]any{"company_id": 110, "name": "Juniper"}},
		"unmapped_accounts":  []any{map[string]any{"account_id": "cedar", "name": "Cedar"}},
		"unreadable_tenants": []any{"dunmore"},
		"flagged":            []any{map[string]any{"tenant": "acme/uk", "product_name": "Visio", "flags": []any{"trial", "in_grace"}}},
		"license_counts":     counts,
		"psa_lines": []any{map[string]any{
			"account_id": "acme", "service": "Premium", "product": "M365-BP", "agreement": "Office (7)", "quantity": 10,
			"effective_date": "2026-12-01", "cancelled_date": nil, "flags": []any{"no_charge"},
		}},
		"company_mappings": types.MapValueMust(types.ObjectType{AttrTypes: map[string]attr.Type{"account_id": types.StringType, "company_id": types.Int64Type}},
			map[string]attr.Value{"acme": types.ObjectValueMust(map[string]attr.Type{"account_id": types.StringType, "company_id": types.Int64Type},
				map[string]attr.Value{"account_id": types.StringValue("acme"), "company_id": types.Int64Value(101)})}),
		"license_mappings": types.MapValueMust(shapes.LicenseMappingType, map[string]attr.Value{"premium": types.ObjectValueMust(
			shapes.LicenseMappingType.AttrTypes, map[string]attr.Value{
				"service": types.StringValue("Premium"), "basis": types.StringNull(),
				"skus": types.SetValueMust(types.StringType, []attr.Value{types.StringValue("SPB")}),
			})}),
	}
	for name, value := range changes {
		values[name] = value
		if value == missing {
			delete(values, name)
		}
	}
	return object(values)
}

// missing is the value of an attribute that the object does not have.
const missing = "missing"

// What would be below 0 in a shared tenant is shown as unknown.
func TestAnOverassignedRemainderIsUnknown(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"overassigned_split": "[0,0,null]", "overassigned": "[]"} {
		counts := map[string]any{"acme/uk": map[string]any{"SPB": map[string]any{"sku_id": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "purchased": 0, "flags": []any{flag}}}}
		text, err := call(t, dataSource(map[string]any{"license_counts": counts}))
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v, no %s in %s", flag, err, want, text)
		}
	}
}

func TestFunctionTakesTheDataSource(t *testing.T) {
	t.Parallel()
	text, err := call(t, dataSource(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"<!DOCTYPE html>", "1 of 1 pair disagree", `Acme \u003cb\u003e`, "SPB in the tenant acme/uk", "2 fewer than Microsoft", "not asked",
		"Power BI Pro (POWER_BI_PRO): 15 purchased seats", "Juniper (110)", "Cedar (cedar)", "<li>dunmore</li>", "M365-BP in Office (7) from 2026-12-01, no charge", "acme/uk, Visio: trial in_grace",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(text, "Acme <b>") {
		t.Error("a name is markup")
	}
}

func TestFunctionTakesAPartOfTheDataSource(t *testing.T) {
	t.Parallel()
	changes := map[string]any{}
	for _, name := range []string{
		"in_agreement", "tolerance", "asset_type", "unmapped_skus", "unmapped_companies", "unmapped_accounts", "unreadable_tenants", "flagged",
		"psa_lines", "license_counts", "company_mappings", "license_mappings",
	} {
		changes[name] = missing
	}
	if text, err := call(t, dataSource(changes)); err != nil || strings.Contains(text, "What nothing counts") {
		t.Errorf("%v", err)
	}
}

// A review that is read during apply is known only then.
func TestFunctionWaitsForWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, argument := range map[string]types.Dynamic{
		"nothing":    types.DynamicUnknown(),
		"no summary": types.DynamicValue(types.ObjectValueMust(map[string]attr.Type{"summary": types.StringType}, map[string]attr.Value{"summary": types.StringUnknown()})),
	} {
		response := function.RunResponse{Result: function.NewResultData(types.StringNull())}
		reviewPage{}.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{argument})}, &response)
		if response.Error != nil || !response.Result.Value().IsUnknown() {
			t.Errorf("%s: %v, %v", name, response.Result.Value(), response.Error)
		}
	}
}

func TestFunctionNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	bad := map[string]any{"account_id": "acme", "service": 3}
	for want, argument := range map[string]attr.Value{
		`reconciliation must be an object, and it is a string`:                                          types.StringValue("report"),
		`reconciliation has no attribute "rows": pass the whole data source`:                            dataSource(map[string]any{"rows": missing}),
		`reconciliation has no attribute "summary"`:                                                     dataSource(map[string]any{"summary": missing}),
		`reconciliation.rows must be a list, and it is a string`:                                        dataSource(map[string]any{"rows": "none"}),
		`reconciliation.rows[0].service must be a string, and it is a number`:                           dataSource(map[string]any{"rows": []any{bad}}),
		`reconciliation.rows[0] is null`:                                                                dataSource(map[string]any{"rows": []any{nil}}),
		`reconciliation.in_agreement must be true or false, and it is a number`:                         dataSource(map[string]any{"in_agreement": 1}),
		`reconciliation.summary.units.psa must be a number, and it is a string`:                         dataSource(map[string]any{"summary": map[string]any{"units": map[string]any{"psa": "ten"}}}),
		`reconciliation.unmapped_skus[0] must be an object, and it is a list`:                           dataSource(map[string]any{"unmapped_skus": []any{[]any{}}}),
		`reconciliation.license_counts is not a map`:                                                    dataSource(map[string]any{"license_counts": "none"}),
		`reconciliation.differences[0].microsoft must be a number, and it is true or false`:             dataSource(map[string]any{"differences": []any{map[string]any{"microsoft": true}}}),
		`reconciliation.flagged[0].flags[0] must be a string, and it is an object. Pass the whole data`: dataSource(map[string]any{"flagged": []any{map[string]any{"flags": []any{map[string]any{}}}}}),
	} {
		text, err := call(t, argument)
		if err == nil || !strings.Contains(err.Text, want) || err.FunctionArgument == nil {
			t.Errorf("%v (page of %d bytes)\nwant %s", err, len(text), want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("acme", "Premium", "differs", 12.5, true)
	f.Add("</script>", "\x00", "", -1.0, false)
	f.Fuzz(func(t *testing.T, name, service, status string, units float64, listed bool) {
		if math.IsNaN(units) || math.IsInf(units, 0) {
			t.Skip("Terraform has no such number")
		}
		pair := map[string]any{"account_id": name, "account_name": name, "service": service, "status": status, "reason": name, "psa": types.Float64Value(units)}
		differences := []any{}
		if listed {
			differences = append(differences, pair)
		}
		text, err := call(t, dataSource(map[string]any{"rows": []any{pair}, "differences": differences}))
		if err != nil || strings.Count(text, "</script>") != 2 || strings.Count(text, "<script") != 2 {
			t.Errorf("%v, %d scripts", err, strings.Count(text, "<script"))
		}
	})
}

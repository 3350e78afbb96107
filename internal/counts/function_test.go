// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

func mapValue(elementType attr.Type, elements map[string]attr.Value) types.Map {
	return types.MapValueMust(elementType, elements)
}

// countType is a count as a literal may be: without the numbers of the basis active, and without a name and flags.
var countType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"sku_id": types.StringType, "purchased": types.NumberType, "enabled": types.NumberType, "entitled": types.NumberType,
	"assigned": types.NumberType,
}}

// held is a count of which every number is n.
func held(n attr.Value) attr.Value {
	return types.ObjectValueMust(countType.AttrTypes, map[string]attr.Value{
		"sku_id": types.StringNull(), "purchased": n, "enabled": n, "entitled": n, "assigned": n})
}

func number(text string) attr.Value {
	value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return types.NumberValue(value)
}

func company(accountID attr.Value) attr.Value {
	return types.ObjectValueMust(shapes.BilledCompanyType.AttrTypes, map[string]attr.Value{"account_id": accountID})
}

func license(service, basis attr.Value, skus types.Set) attr.Value {
	return types.ObjectValueMust(shapes.LicenseMappingType.AttrTypes, map[string]attr.Value{"service": service, "basis": basis, "skus": skus})
}

func skus(texts ...attr.Value) types.Set { return types.SetValueMust(types.StringType, texts) }

// call runs the function on one tenant, one company and one license mapping.
func call(t *testing.T, counts types.Map, companies, licenses map[string]attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	req := function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{
		types.DynamicValue(counts), mapValue(shapes.BilledCompanyType, companies), mapValue(shapes.LicenseMappingType, licenses)})}
	resp := function.RunResponse{Result: function.NewResultData(types.MapUnknown(shapes.ServiceUnitsType))}
	unitCounts{}.Run(t.Context(), req, &resp)
	return resp.Result.Value(), resp.Error
}

func tenantCounts(skus map[string]attr.Value) types.Map {
	return mapValue(types.MapType{ElemType: countType}, map[string]attr.Value{"acme": mapValue(countType, skus)})
}

// Rule 2: what would bill wrongly is an error at the argument that is wrong.
func TestRule2FunctionErrors(t *testing.T) {
	t.Parallel()
	str := func(s string) attr.Value { return types.StringValue(s) }
	goodCounts := tenantCounts(map[string]attr.Value{"SPB": held(number("3"))})
	goodCompanies := map[string]attr.Value{"one": company(str("acme"))}
	goodLicenses := map[string]attr.Value{"p": license(str("Premium"), types.StringNull(), skus(str("SPB")))}
	for _, test := range []struct {
		name      string
		counts    types.Map
		companies map[string]attr.Value
		licenses  map[string]attr.Value
		argument  int64
		texts     []string
	}{
		{name: "fraction", counts: tenantCounts(map[string]attr.Value{"SPB": held(number("2.5"))}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"].purchased is not a whole number: 2.5`}},
		{name: "negative", counts: tenantCounts(map[string]attr.Value{"SPB": held(number("-1"))}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"].purchased is out of range (0 to 2147483647): -1`}},
		{name: "null number", counts: tenantCounts(map[string]attr.Value{"SPB": held(types.NumberNull())}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"].purchased`, "null"}},
		{name: "unknown number", counts: tenantCounts(map[string]attr.Value{"SPB": held(types.NumberUnknown())}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"].purchased is not known yet`}},
		{name: "a number that no seats can be", counts: tenantCounts(map[string]attr.Value{"SPB": held(number("1e30"))}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"].purchased`}},
		{name: "null count", counts: tenantCounts(map[string]attr.Value{"SPB": types.ObjectNull(countType.AttrTypes)}), argument: 0,
			texts: []string{`license_counts["acme"]["SPB"] is null`}},
		{name: "null account_id", companies: map[string]attr.Value{"one": company(types.StringNull())}, argument: 1,
			texts: []string{`company_mappings["one"].account_id`}},
		{name: "empty account_id", companies: map[string]attr.Value{"one": company(str(""))}, argument: 1,
			texts: []string{`company_mappings["one"].account_id`}},
		{name: "null company mapping", companies: map[string]attr.Value{"one": types.ObjectNull(shapes.BilledCompanyType.AttrTypes)}, argument: 1,
			texts: []string{`company_mappings["one"] is null`}},
		{name: "null service", licenses: map[string]attr.Value{"p": license(types.StringNull(), types.StringNull(), skus())}, argument: 2,
			texts: []string{`license_mappings["p"].service`}},
		{name: "null skus", licenses: map[string]attr.Value{"p": license(str("Premium"), types.StringNull(), types.SetNull(types.StringType))}, argument: 2,
			texts: []string{`license_mappings["p"].skus is null`}},
		{name: "null in skus", licenses: map[string]attr.Value{"p": license(str("Premium"), types.StringNull(), skus(types.StringNull()))}, argument: 2,
			texts: []string{`license_mappings["p"].skus`, "null"}},
		{name: "null license mapping", licenses: map[string]attr.Value{"p": types.ObjectNull(shapes.LicenseMappingType.AttrTypes)}, argument: 2,
			texts: []string{`license_mappings["p"] is null`}},
		{name: "unknown basis", licenses: map[string]attr.Value{"p": license(str("Premium"), str("bought"), skus(str("SPB")))}, argument: 2,
			texts: []string{"bought"}},
		{name: "two mappings of one account", companies: map[string]attr.Value{"one": company(str("acme")), "two": company(str("acme"))}, argument: 1,
			texts: []string{"acme", "one", "two"}},
		{name: "a mapped account without counts", companies: map[string]attr.Value{"one": company(str("acme")), "two": company(str("beta"))}, argument: 0,
			texts: []string{"beta", "two"}},
		{name: "counts without a mapped account", companies: map[string]attr.Value{}, argument: 1, texts: []string{"acme"}},
		{name: "one SKU in two services", licenses: map[string]attr.Value{
			"p": license(str("Premium"), types.StringNull(), skus(str("SPB"))),
			"q": license(str("Other"), types.StringNull(), skus(str("spb")))}, argument: 2, texts: []string{"Premium", "Other"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			counts, companies, licenses := goodCounts, goodCompanies, goodLicenses
			if len(test.counts.Elements()) > 0 {
				counts = test.counts
			}
			if test.companies != nil {
				companies = test.companies
			}
			if test.licenses != nil {
				licenses = test.licenses
			}
			_, err := call(t, counts, companies, licenses)
			if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != test.argument {
				t.Fatalf("got %+v, want an error at argument %d", err, test.argument)
			}
			for _, text := range test.texts {
				if !strings.Contains(err.Text, text) {
					t.Errorf("%q lacks %q", err.Text, text)
				}
			}
			if strings.HasSuffix(err.Text, ".") {
				t.Errorf("%q ends with a full stop, and Terraform adds one", err.Text)
			}
		})
	}
}

// Rule 2: null is unknown, and a basis that nobody gave is purchased.
func TestRule2FunctionResult(t *testing.T) {
	t.Parallel()
	count := types.ObjectValueMust(countType.AttrTypes, map[string]attr.Value{
		"sku_id": types.StringValue("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"), "purchased": number("1"), "enabled": number("2"),
		"entitled": number("3"), "assigned": number("4")})
	counts := mapValue(types.MapType{ElemType: countType}, map[string]attr.Value{
		"acme": mapValue(countType, map[string]attr.Value{"SPB": count}),
		"beta": types.MapNull(countType),
		"none": mapValue(countType, map[string]attr.Value{}),
	})
	companies := map[string]attr.Value{
		"1": company(types.StringValue("acme")), "2": company(types.StringValue("beta")), "3": company(types.StringValue("none"))}
	for _, test := range []struct {
		basis attr.Value
		want  int64
	}{
		{types.StringNull(), 1},
		{types.StringValue("purchased"), 1},
		{types.StringValue("enabled"), 2},
		{types.StringValue("entitled"), 3},
		{types.StringValue("assigned"), 4},
	} {
		t.Run(test.basis.String(), func(t *testing.T) {
			t.Parallel()
			got, err := call(t, counts, companies, map[string]attr.Value{
				"p": license(types.StringValue("Premium"), test.basis, skus(types.StringValue("spb")))})
			want := mapValue(shapes.ServiceUnitsType, map[string]attr.Value{
				"acme": mapValue(types.NumberType, map[string]attr.Value{"Premium": shapes.EncodeUnits(test.want)}),
				"beta": types.MapNull(types.NumberType),
				"none": mapValue(types.NumberType, map[string]attr.Value{}),
			})
			if err != nil || !got.Equal(want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"errors"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

func number(text string) types.Number {
	if text == "null" {
		return types.NumberNull()
	}
	value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return types.NumberValue(value)
}

// wrongNumbers are numbers that are not seats, and what the message says of them.
var wrongNumbers = map[string]string{
	"null":       "is null",
	"1.5":        "is not a whole number: 1.5",
	"1e-400":     "is not a whole number: a number with hundreds of digits",
	"-1":         "is out of range (0 to 2147483647): -1",
	"-0.5":       "is out of range (0 to 2147483647): -0.5",
	"2147483648": "is out of range (0 to 2147483647): 2147483648",
	"1e400":      "is out of range (0 to 2147483647): a number with hundreds of digits",
}

func TestDecodeUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0": 0, "-0": 0, "3e2": 300, "2147483647": 2147483647} {
		if got, err := DecodeUnits(number(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range wrongNumbers {
		if _, err := DecodeUnits(number(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := DecodeUnits(types.NumberUnknown()); err == nil || err.Error() != "is not known yet" {
		t.Errorf("unknown: %v", err)
	}
}

// countOf returns a count of the type with every number n.
func countOf(countType types.ObjectType, n types.Number) types.Object {
	attributes := map[string]attr.Value{}
	for name, attribute := range countType.AttrTypes {
		switch {
		case attribute.Equal(types.NumberType):
			attributes[name] = n
		case attribute.Equal(types.StringType):
			attributes[name] = types.StringValue("the " + name)
		default:
			attributes[name] = types.ListValueMust(types.StringType, []attr.Value{types.StringValue("trial")})
		}
	}
	return types.ObjectValueMust(countType.AttrTypes, attributes)
}

func licenseCounts(countType types.ObjectType, tenants map[string]types.Map) types.Map {
	elements := map[string]attr.Value{}
	for key, tenant := range tenants {
		elements[key] = tenant
	}
	return types.MapValueMust(types.MapType{ElemType: countType}, elements)
}

func asIs(count Count) Count { return count }

// An estate of thousands of companies has the same few numbers in every tenant.
func TestEncodeUnits(t *testing.T) {
	for _, n := range []int64{0, 1, 999, 1000, billing.MostSeats} {
		if got, err := DecodeUnits(EncodeUnits(n)); err != nil || got != n {
			t.Errorf("%d: got %d, %v", n, got, err)
		}
	}
	if made := testing.AllocsPerRun(10, func() { _ = EncodeUnits(7) }); made != 0 {
		t.Errorf("a small number takes %v allocations", made)
	}
}

func TestDecodeLicenseCounts(t *testing.T) {
	t.Parallel()
	seven := billing.SKUCount{SKUID: "the sku_id", Seats: billing.Seats{Purchased: 7, Active: 7, Enabled: 7, Entitled: 7, Assigned: 7}}
	for name, test := range map[string]struct {
		countType types.ObjectType
		want      Count
	}{
		"whole": {CountType, Count{seven, "the product_name", []string{"trial"}}},
		"purchased": {PurchasedCountType, Count{SKUCount: billing.SKUCount{SKUID: "the sku_id", Seats: billing.Seats{
			Purchased: 7, Active: billing.Unknown, Enabled: billing.Unknown, Entitled: billing.Unknown, Assigned: billing.Unknown}}}},
		"published": {PublishedCountType, Count{billing.SKUCount{Seats: billing.Seats{
			Purchased: 7, Active: billing.Unknown, Enabled: 7, Entitled: billing.Unknown, Assigned: 7}}, "the product_name", []string{"trial"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := DecodeLicenseCounts(licenseCounts(test.countType, map[string]types.Map{
				"acme/hq": types.MapValueMust(test.countType, map[string]attr.Value{"SPB": countOf(test.countType, number("7"))}),
				"beta":    types.MapNull(test.countType),
				"gamma":   types.MapValueMust(test.countType, nil),
			}), asIs)
			want := map[string]map[string]Count{"acme/hq": {"SPB": test.want}, "beta": nil, "gamma": {}}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
	if got, err := DecodeLicenseCounts(types.MapNull(types.MapType{ElemType: CountType}), asIs); err != nil || len(got) > 0 {
		t.Errorf("null: %v, %v", got, err)
	}
}

// The flags say whether a 0 is a number, and whose users a count is.
func TestDecodeCountsOfASharedTenant(t *testing.T) {
	t.Parallel()
	one := func(seats billing.Seats, flags ...string) types.Map {
		return EncodeTenantCounts([]billing.Count{{Key: "SPB", SKUID: "id", Seats: seats, Flags: flags}})
	}
	all := billing.Seats{Purchased: 7, Active: 7, Enabled: 7, Entitled: 7, Assigned: 7}
	got, err := DecodeLicenseCounts(licenseCounts(CountType, map[string]types.Map{
		"group": one(billing.Seats{Enabled: 2}, "overassigned_split"), "marine": one(all, "split"), "acme": one(billing.Seats{}),
	}), func(count Count) billing.SKUCount { return count.SKUCount })
	want := map[string]map[string]billing.SKUCount{
		"group": {"SPB": {SKUID: "id", Overassigned: []billing.Basis{billing.Purchased, billing.Active, billing.Entitled},
			Seats: billing.Seats{Purchased: billing.Unknown, Active: billing.Unknown, Enabled: 2, Entitled: billing.Unknown}}},
		"marine": {"SPB": {SKUID: "id", Split: true, Seats: all}}, "acme": {"SPB": {SKUID: "id"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// A literal is an object of objects, each with attributes of its own.
func TestDecodeLiteralLicenseCounts(t *testing.T) {
	t.Parallel()
	object := func(attributes map[string]attr.Value) attr.Value {
		attributeTypes := map[string]attr.Type{}
		for name, value := range attributes {
			attributeTypes[name] = value.Type(t.Context())
		}
		return types.ObjectValueMust(attributeTypes, attributes)
	}
	literal := types.DynamicValue(object(map[string]attr.Value{
		"acme": object(map[string]attr.Value{
			"SPB":   object(map[string]attr.Value{"sku_id": types.StringValue("id"), "purchased": number("3"), "assigned": types.StringValue("2")}),
			"VISIO": object(map[string]attr.Value{"purchased": types.DynamicNull(), "comment": types.BoolValue(true)}),
		}),
		"beta":  types.DynamicNull(),
		"gamma": object(map[string]attr.Value{}),
		"tuple": object(map[string]attr.Value{"SPB": object(map[string]attr.Value{"purchased": number("0"), "assigned": number("2"),
			"flags": types.TupleValueMust([]attr.Type{types.StringType}, []attr.Value{types.StringValue("overassigned_split")})})}),
		"set": object(map[string]attr.Value{"SPB": object(map[string]attr.Value{"purchased": number("3"), "assigned": number("2"),
			"flags": types.SetValueMust(types.StringType, []attr.Value{types.StringValue("split")})})}),
	}))
	unknown := billing.Seats{Purchased: billing.Unknown, Active: billing.Unknown, Enabled: billing.Unknown, Entitled: billing.Unknown, Assigned: billing.Unknown}
	spb := unknown
	spb.Purchased, spb.Assigned = 3, 2
	left := unknown
	left.Assigned = 2
	want := map[string]map[string]Count{
		"acme": {"SPB": {SKUCount: billing.SKUCount{SKUID: "id", Seats: spb}}, "VISIO": {SKUCount: billing.SKUCount{Seats: unknown}}},
		"beta": nil, "gamma": {},
		"tuple": {"SPB": {SKUCount: billing.SKUCount{Seats: left, Overassigned: []billing.Basis{billing.Purchased}}, Flags: []string{"overassigned_split"}}},
		"set":   {"SPB": {SKUCount: billing.SKUCount{Seats: spb, Split: true}, Flags: []string{"split"}}},
	}
	if got, err := DecodeLicenseCounts(literal, asIs); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := DecodeLicenseCounts(types.DynamicNull(), asIs); err != nil || len(got) > 0 {
		t.Errorf("null: %v, %v", got, err)
	}
	one := func(value attr.Value) attr.Value {
		return types.DynamicValue(object(map[string]attr.Value{"acme": object(map[string]attr.Value{"SPB": value})}))
	}
	for text, value := range map[string]attr.Value{
		"license_counts is not a map":                                              types.DynamicValue(types.StringValue("x")),
		`license_counts["acme"] is not a map of SKUs`:                              types.DynamicValue(object(map[string]attr.Value{"acme": number("1")})),
		`license_counts["acme"]["SPB"] is not an object with the numbers of a SKU`: one(number("1")),
		`license_counts["acme"]["SPB"] is not known yet`:                           one(types.DynamicUnknown()),
		`license_counts["acme"]["SPB"].purchased is not a number`:                  one(object(map[string]attr.Value{"purchased": types.StringValue("many")})),
		`license_counts["acme"]["SPB"].enabled is not a number`:                    one(object(map[string]attr.Value{"enabled": types.BoolValue(true)})),
		`license_counts["acme"]["SPB"].flags is not a list of texts`:               one(object(map[string]attr.Value{"flags": types.StringValue("trial")})),
		`license_counts["acme"]["SPB"].assigned is not known yet`:                  one(object(map[string]attr.Value{"assigned": types.StringUnknown()})),
		`license_counts["acme"]["SPB"].assigned is not a whole number: 1.5`:        one(object(map[string]attr.Value{"assigned": types.StringValue("1.5")})),
	} {
		_, err := DecodeLicenseCounts(value, asIs)
		expectError(t, err, LicenseCounts, text)
	}
}

// A field of the type that no decoder reads would be a number that silently counts as 0.
func TestEveryFieldIsReadAndWritten(t *testing.T) {
	t.Parallel()
	counts := []billing.Count{{Key: "SPB", SKUID: "id", ProductName: "Premium", Seats: billing.Seats{Purchased: 1, Active: billing.Unknown, Enabled: 2, Entitled: 3, Assigned: 4}, Flags: []string{"a", "b"}}}
	want := map[string]map[string]Count{"acme": {"SPB": {
		billing.SKUCount{SKUID: "id", Seats: billing.Seats{Purchased: 1, Active: billing.Unknown, Enabled: 2, Entitled: 3, Assigned: 4}}, "Premium", []string{"a", "b"},
	}}}
	got, err := DecodeLicenseCounts(licenseCounts(CountType, map[string]types.Map{"acme": EncodeTenantCounts(counts)}), asIs)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestWrongLicenseCounts(t *testing.T) {
	t.Parallel()
	tenant := func(count types.Object) types.Map {
		return types.MapValueMust(CountType, map[string]attr.Value{"SPB": count})
	}
	const at = `license_counts["acme"]["SPB"]`
	cases := map[string]struct {
		tenant types.Map
		want   string
	}{
		"a null count":      {tenant(types.ObjectNull(CountType.AttrTypes)), at + " is null: leave the SKU out if the tenant does not have it"},
		"an unknown count":  {tenant(types.ObjectUnknown(CountType.AttrTypes)), at + " is not known yet"},
		"an unknown number": {tenant(countOf(CountType, types.NumberUnknown())), at + ".purchased is not known yet"},
		"an unknown tenant": {types.MapUnknown(CountType), `license_counts["acme"] is not known yet`},
	}
	for text, want := range wrongNumbers {
		if text == "null" {
			continue // Microsoft did not give it
		}
		cases[text] = struct {
			tenant types.Map
			want   string
		}{tenant(countOf(CountType, number(text))), at + ".purchased " + want}
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := DecodeLicenseCounts(licenseCounts(CountType, map[string]types.Map{"acme": test.tenant}), asIs)
			expectError(t, err, LicenseCounts, test.want)
		})
	}
}

func expectError(t *testing.T, err error, argument string, want ...string) {
	t.Helper()
	var got *Error
	if !errors.As(err, &got) || got.Argument != argument || !slices.Equal(got.Problems, want) {
		t.Errorf("got %#v, want %s: %q", err, argument, want)
	}
}

func TestCompanyMappings(t *testing.T) {
	t.Parallel()
	published := func(accountID types.String, companyID types.Int64) attr.Value {
		return types.ObjectValueMust(PublishedCompanyType.AttrTypes, map[string]attr.Value{"account_id": accountID, "company_id": companyID})
	}
	billed := func(accountID types.String) attr.Value {
		return types.ObjectValueMust(BilledCompanyType.AttrTypes, map[string]attr.Value{"account_id": accountID})
	}
	decode := func(mapping attr.Value) (map[string]CompanyMapping, error) {
		return DecodeCompanyMappings(types.MapValueMust(mapping.Type(t.Context()), map[string]attr.Value{"a": mapping}))
	}
	acme := types.StringValue("acme")
	for name, test := range map[string]struct {
		mapping attr.Value
		want    CompanyMapping
	}{
		"with a company":      {published(acme, types.Int64Value(7)), CompanyMapping{AccountID: "acme", CompanyID: 7}},
		"with a null company": {published(acme, types.Int64Null()), CompanyMapping{AccountID: "acme"}},
		"without a company":   {billed(acme), CompanyMapping{AccountID: "acme"}},
	} {
		if got, err := decode(test.mapping); err != nil || got["a"] != test.want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, test.want)
		}
	}
	for _, test := range []struct {
		mapping attr.Value
		want    string
	}{
		{types.ObjectNull(BilledCompanyType.AttrTypes), `company_mappings["a"] is null`},
		{billed(types.StringUnknown()), `company_mappings["a"] is not known yet`},
		{billed(types.StringNull()), `company_mappings["a"].account_id is null or empty`},
		{billed(types.StringValue("")), `company_mappings["a"].account_id is null or empty`},
	} {
		_, err := decode(test.mapping)
		expectError(t, err, CompanyMappings, test.want)
	}
}

func TestLicenseMappings(t *testing.T) {
	t.Parallel()
	mapping := func(service, basis types.String, skus types.Set) attr.Value {
		return types.ObjectValueMust(LicenseMappingType.AttrTypes, map[string]attr.Value{"service": service, "basis": basis, "skus": skus})
	}
	skus := func(elements ...attr.Value) types.Set { return types.SetValueMust(types.StringType, elements) }
	premium, spb := types.StringValue("Premium"), types.StringValue("SPB")
	got, err := DecodeLicenseMappings(types.MapValueMust(LicenseMappingType, map[string]attr.Value{
		"p": mapping(premium, types.StringNull(), skus(spb, types.StringValue("ENTERPRISEPACK"))),
		"q": mapping(types.StringValue("Other"), types.StringValue("assigned"), skus()),
	}))
	want := map[string]billing.LicenseMapping{
		"p": {Service: "Premium", SKUs: []string{"ENTERPRISEPACK", "SPB"}},
		"q": {Service: "Other", Basis: billing.Assigned},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	_, err = DecodeLicenseMappings(types.MapValueMust(LicenseMappingType, map[string]attr.Value{
		"a": types.ObjectNull(LicenseMappingType.AttrTypes),
		"b": mapping(types.StringNull(), types.StringNull(), skus(spb)),
		"c": mapping(types.StringValue(""), types.StringNull(), skus(spb)),
		"d": mapping(premium, types.StringNull(), types.SetNull(types.StringType)),
		"e": mapping(premium, types.StringNull(), skus(types.StringNull())),
		"f": mapping(premium, types.StringNull(), skus(types.StringUnknown())),
	}))
	expectError(t, err, LicenseMappings, `license_mappings["a"] is null`, `license_mappings["b"].service is null or empty`,
		`license_mappings["c"].service is null or empty`, `license_mappings["d"].skus is null`, `license_mappings["e"].skus contains null`,
		`license_mappings["f"] is not known yet`)
}

func unitCounts(accounts map[string]attr.Value) types.Map {
	return types.MapValueMust(ServiceUnitsType, accounts)
}

func services(units map[string]attr.Value) attr.Value {
	return types.MapValueMust(types.NumberType, units)
}

func TestUnitCounts(t *testing.T) {
	t.Parallel()
	value := unitCounts(map[string]attr.Value{
		"acme": services(map[string]attr.Value{"S": number("5"), "T": types.NumberUnknown()}), "beta": types.MapNull(types.NumberType),
		"gamma": services(nil), "delta": types.MapUnknown(types.NumberType),
	})
	want := billing.Counts{"acme": {"S": 5}, "beta": nil, "gamma": {}}
	got, err := DecodeUnitCounts(UnitCounts, value)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if again, err := DecodeUnitCounts(UnitCounts, EncodeUnitCounts(want)); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("%v is encoded and decoded as %v, %v", want, again, err)
	}
	for _, none := range []types.Map{types.MapNull(ServiceUnitsType), types.MapUnknown(ServiceUnitsType)} {
		if got, err := DecodeUnitCounts(UnitCounts, none); err != nil || len(got) > 0 {
			t.Errorf("%s: got %v, %v", none, got, err)
		}
	}
}

func TestWrongUnitCounts(t *testing.T) {
	t.Parallel()
	for text, want := range wrongNumbers {
		if text == "null" {
			want += ": leave the pair out if nothing is billed, or make the whole account null if its counts are unknown"
		}
		_, err := DecodeUnitCounts("held_counts", unitCounts(map[string]attr.Value{"a": services(map[string]attr.Value{"S": number(text)})}))
		expectError(t, err, "held_counts", `held_counts["a"]["S"] `+want)
	}
	const emptyKey = " has an empty key: write the account id and the service name"
	_, err := DecodeUnitCounts(UnitCounts, unitCounts(map[string]attr.Value{
		"": services(map[string]attr.Value{"S": number("1")}), "a": services(map[string]attr.Value{"": number("1")}),
	}))
	expectError(t, err, UnitCounts, `unit_counts[""]["S"]`+emptyKey, `unit_counts["a"][""]`+emptyKey)
}

// What another system bills may be a fraction or a credit note, and a system that is not asked is not one without counts.
func TestReportedUnits(t *testing.T) {
	t.Parallel()
	got, err := DecodeReportedUnits("psa_counts", unitCounts(map[string]attr.Value{
		"acme": services(map[string]attr.Value{"S": number("2.5"), "T": number("-3"), "U": number("null")}), "beta": types.MapNull(types.NumberType),
	}))
	if err != nil || *got["acme"]["S"] != 2.5 || *got["acme"]["T"] != -3 {
		t.Fatalf("got %v, %v", got, err)
	}
	if unknown, has := got["acme"]["U"]; !has || unknown != nil {
		t.Errorf("null is %v, %t, want nil", unknown, has)
	}
	if unknown, has := got["beta"]; !has || unknown != nil {
		t.Errorf("a null account is %v, %t, want nil", unknown, has)
	}
	if got, err := DecodeReportedUnits("psa_counts", types.MapNull(ServiceUnitsType)); got != nil || err != nil {
		t.Errorf("null: %v, %v", got, err)
	}
	for text, shown := range map[string]string{"1e30": "1e+30", "-2147483648": "-2147483648", "1e400": "a number with hundreds of digits"} {
		_, err := DecodeReportedUnits("psa_counts", unitCounts(map[string]attr.Value{"a": services(map[string]attr.Value{"S": number(text)})}))
		expectError(t, err, "psa_counts", `psa_counts["a"]["S"] is out of range (-2147483647 to 2147483647): `+shown)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	one := Errorf(CompanyMappings, "company %d is mapped twice", 7)
	two := &Error{LicenseCounts, []string{"a is null", "b is null", "c is null"}}
	ofBilling := &billing.InputError{Argument: billing.ArgumentLicenseMappings, Text: `service "S" is mapped twice`}
	for _, test := range []struct {
		err          error
		argument     int64
		text, detail string
	}{
		{one, 1, "company 7 is mapped twice", "Company 7 is mapped twice."},
		{two, 0, "a is null (and 2 more problems)", "These values are wrong:\n\n  - a is null\n  - b is null\n  - c is null"},
		{Errorf(LicenseCounts, `license_counts["a"] is unknown`), 0, `license_counts["a"] is unknown`, `license_counts["a"] is unknown.`},
		{ofBilling, 2, `service "S" is mapped twice`, `Service "S" is mapped twice.`},
	} {
		if got := FuncError(test.err, inputs...); got.FunctionArgument == nil || *got.FunctionArgument != test.argument || got.Text != test.text {
			t.Errorf("function error %+v, want %q at %d", got, test.text, test.argument)
		}
		got := Diagnostic("Wrong", test.err)
		if at := got.(diag.DiagnosticWithPath).Path(); got.Detail() != test.detail || !at.Equal(path.Root(inputs[test.argument])) {
			t.Errorf("diagnostic %q at %s, want %q", got.Detail(), at, test.detail)
		}
	}
}

func TestFullyKnown(t *testing.T) {
	t.Parallel()
	hidden := types.StringUnknown()
	object := types.ObjectValueMust(map[string]attr.Type{"x": types.StringType}, map[string]attr.Value{"x": hidden})
	for _, unknown := range []attr.Value{
		hidden, object, types.MapUnknown(types.StringType), types.ListValueMust(types.StringType, []attr.Value{hidden}),
		types.SetValueMust(types.StringType, []attr.Value{hidden}), types.MapValueMust(object.Type(t.Context()), map[string]attr.Value{"a": object}),
	} {
		if FullyKnown(types.StringValue("a"), unknown) {
			t.Errorf("%s is known", unknown)
		}
	}
	known := unitCounts(map[string]attr.Value{"a": services(map[string]attr.Value{"S": number("null")}), "b": types.MapNull(types.NumberType)})
	if !FullyKnown(known, types.MapNull(ServiceUnitsType)) {
		t.Errorf("%s is unknown", known)
	}
}

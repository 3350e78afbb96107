package counts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// What the function needs of each argument. Terraform converts the data source's counts and the resources' for_each maps
// to these smaller objects.
var (
	skuCountType       = types.ObjectType{AttrTypes: withSeats(types.NumberType, map[string]attr.Type{"sku_id": types.StringType})}
	companyMappingType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"account_id": types.StringType,
	}}
	licenseMappingType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"service": types.StringType,
		"skus":    types.SetType{ElemType: types.StringType},
		"basis":   types.StringType,
	}}
)

type unitCounts struct{}

// NewUnitCountsFunction makes the function unit_counts.
func NewUnitCountsFunction() function.Function { return unitCounts{} }

func (unitCounts) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "unit_counts"
}

func (unitCounts) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Adds up licence counts to the unit counts that the PSA bills",
		MarkdownDescription: "For each mapped account and service: the sum, over the SKUs of the license mapping, of the number that its `basis` names. " +
			"Pairs of count 0 are left out, and an account of which any tenant is unknown (null) is null. SKUs match by part number, SKU id or " +
			"`PART/<skuId>`, ignoring case.\n\n" +
			"It is an error, for it would bill wrongly: a mapped account without counts, counts without a mapped account, two mappings of one " +
			"account or service, one SKU in two services.\n\n" +
			"Call it in the argument `unit_counts` of `cloudradial_license_sync`. Used in an output it makes `terraform plan -refresh-only` fail " +
			"when the list of companies has changed.",
		Parameters: []function.Parameter{
			function.MapParameter{
				Name: "license_counts",
				MarkdownDescription: "The `counts` of `cloudradial_license_counts`: key (account id, or account id/label) to SKU to `{sku_id, " +
					strings.Join(billing.BasisNames(), ", ") + "}`. A null inner map is a tenant whose counts are unknown.",
				ElementType: types.MapType{ElemType: skuCountType},
			},
			function.MapParameter{
				Name: "company_mappings",
				MarkdownDescription: "The company mappings, objects with `account_id`: the `for_each` map of `cloudradial_company_mapping` fits as it is, " +
					"and so does `companies` of `cloudradial_company_mappings`. The keys do not matter.",
				ElementType: companyMappingType,
			},
			function.MapParameter{
				Name: "license_mappings",
				MarkdownDescription: "The license mappings, objects with `service`, `skus` and `basis`: the `for_each` map of " +
					"`cloudradial_license_mapping` fits as it is, and so does `services` of `cloudradial_license_mappings`. The keys do not matter. A " +
					"null `basis` means `purchased`.",
				ElementType: licenseMappingType,
			},
		},
		Return: function.MapReturn{ElementType: types.MapType{ElemType: types.Int64Type}},
	}
}

func (unitCounts) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var licenseCounts, companyMappings, licenseMappings types.Map
	if resp.Error = req.Arguments.Get(ctx, &licenseCounts, &companyMappings, &licenseMappings); resp.Error != nil {
		return
	}
	units, err := addUp(licenseCounts, companyMappings, licenseMappings)
	if err != nil {
		resp.Error = functionError(err)
		return
	}
	resp.Error = resp.Result.Set(ctx, unitValues(units))
}

func addUp(licenseCounts, companyMappings, licenseMappings types.Map) (billing.Counts, error) {
	counts, err := licenseCountsOf(licenseCounts)
	if err != nil {
		return nil, err
	}
	accountIDs, err := accountIDsOf(companyMappings)
	if err != nil {
		return nil, err
	}
	licenses, err := licensesOf(licenseMappings)
	if err != nil {
		return nil, err
	}
	return billing.UnitCounts(counts, accountIDs, licenses)
}

// functionError puts an error at the argument that is wrong, where that is known.
func functionError(err error) *function.FuncError {
	var input *billing.InputError
	if errors.As(err, &input) {
		return function.NewArgumentFuncError(int64(input.Argument), input.Text)
	}
	return function.NewFuncError(err.Error())
}

func wrong(argument billing.Argument, format string, args ...any) error {
	return &billing.InputError{Argument: argument, Text: fmt.Sprintf(format, args...)}
}

func licenseCountsOf(value types.Map) (billing.LicenseCounts, error) {
	tenants := value.Elements()
	counts := make(billing.LicenseCounts, len(tenants))
	for _, key := range sortedKeys(tenants) {
		tenant := tenants[key].(types.Map)
		if tenant.IsNull() {
			counts[key] = nil
			continue
		}
		skus := tenant.Elements()
		counts[key] = make(map[string]billing.SKUCount, len(skus))
		for _, sku := range sortedKeys(skus) {
			count, err := skuCountOf(skus[sku].(types.Object), key, sku)
			if err != nil {
				return nil, err
			}
			counts[key][sku] = count
		}
	}
	return counts, nil
}

func skuCountOf(value types.Object, key, sku string) (billing.SKUCount, error) {
	if value.IsNull() {
		return billing.SKUCount{}, wrong(billing.ArgumentLicenseCounts, "license_counts[%q][%q] is null; leave an SKU out that is not held", key, sku)
	}
	attributes := value.Attributes()
	count := billing.SKUCount{SKUID: attributes["sku_id"].(types.String).ValueString()}
	for _, basis := range billing.Bases() {
		value := attributes[string(basis.Name)].(types.Number)
		units, ok := unitsOf(value)
		if !ok {
			return billing.SKUCount{}, wrong(billing.ArgumentLicenseCounts, "license_counts[%q][%q].%s is %s, which is no number of seats: it must be whole and not negative",
				key, sku, basis.Name, numberText(value))
		}
		*basis.Of(&count.Seats) = units
	}
	return count, nil
}

// unitsOf returns a whole number that is not negative, and whether it is one.
func unitsOf(value types.Number) (int64, bool) {
	if value.IsNull() || value.IsUnknown() || !value.ValueBigFloat().IsInt() {
		return 0, false
	}
	units, accuracy := value.ValueBigFloat().Int64()
	return units, accuracy == big.Exact && units >= 0 && units <= billing.MostSeats
}

func numberText(value types.Number) string {
	if value.IsNull() || value.IsUnknown() {
		return value.String()
	}
	return tfdiag.NumberText(value.ValueBigFloat())
}

func accountIDsOf(value types.Map) (map[string]string, error) {
	mappings := value.Elements()
	accountIDs := make(map[string]string, len(mappings))
	for _, key := range sortedKeys(mappings) {
		id, err := requiredText(mappings[key].(types.Object), "account_id", billing.ArgumentCompanyMappings, fmt.Sprintf("company_mappings[%q]", key))
		if err != nil {
			return nil, err
		}
		accountIDs[key] = id
	}
	return accountIDs, nil
}

func licensesOf(value types.Map) (map[string]billing.LicenseMapping, error) {
	mappings := value.Elements()
	licenses := make(map[string]billing.LicenseMapping, len(mappings))
	for _, key := range sortedKeys(mappings) {
		object, name := mappings[key].(types.Object), fmt.Sprintf("license_mappings[%q]", key)
		service, err := requiredText(object, "service", billing.ArgumentLicenseMappings, name)
		if err != nil {
			return nil, err
		}
		attributes := object.Attributes()
		set := attributes["skus"].(types.Set)
		if set.IsNull() {
			return nil, wrong(billing.ArgumentLicenseMappings, "%s.skus is null", name)
		}
		var skus []string
		for _, sku := range set.Elements() {
			text := sku.(types.String)
			if text.IsNull() {
				return nil, wrong(billing.ArgumentLicenseMappings, "%s.skus has a null in it", name)
			}
			skus = append(skus, text.ValueString())
		}
		slices.Sort(skus)
		basis := billing.Basis(attributes["basis"].(types.String).ValueString())
		licenses[key] = billing.LicenseMapping{Service: service, SKUs: skus, Basis: basis}
	}
	return licenses, nil
}

// requiredText reads a text of an object, of which neither may be null, nor the text empty.
func requiredText(object types.Object, attribute string, argument billing.Argument, name string) (string, error) {
	if object.IsNull() {
		return "", wrong(argument, "%s is null", name)
	}
	text := object.Attributes()[attribute].(types.String).ValueString()
	if text == "" {
		return "", wrong(argument, "%s.%s is null or empty", name, attribute)
	}
	return text, nil
}

func unitValues(units billing.Counts) types.Map {
	accounts := make(map[string]attr.Value, len(units))
	for account, services := range units {
		if services == nil {
			accounts[account] = types.MapNull(types.Int64Type)
			continue
		}
		numbers := make(map[string]attr.Value, len(services))
		for service, n := range services {
			numbers[service] = types.Int64Value(n)
		}
		accounts[account] = types.MapValueMust(types.Int64Type, numbers)
	}
	return types.MapValueMust(types.MapType{ElemType: types.Int64Type}, accounts)
}

func sortedKeys(elements map[string]attr.Value) []string {
	return slices.Sorted(maps.Keys(elements))
}

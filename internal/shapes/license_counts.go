// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"errors"
	"math/big"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// TenantKey validates a key of license_counts: an account id, or account_id/label. [billing.AccountOf] reads it.
var TenantKey = stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Za-z0-9._-]+(/[^/]+)?$`),
	"must be an account_id (letters, digits, dots, underscores, hyphens), or account_id/label for one of several tenants")

// DecodeLicenseCounts reads license_counts and converts every count. The value is a map of maps of objects, or an object of objects as
// literals are, whose elements may have any of the attributes of a count. The result is keyed by account or account/label, then by SKU.
// A tenant that is null is nil: its counts are unknown. A number that is null or missing is [billing.Unknown], and so is a 0 that
// [billing.NewSKUCount] takes for less than nothing. Values that Terraform does not know yet are errors; see [FullyKnown].
func DecodeLicenseCounts[T any](value attr.Value, convert func(Count) T) (map[string]map[string]T, error) {
	wrong := problems{argument: LicenseCounts}
	tenants, isMap := elementsOf(value)
	if !isMap {
		return nil, Errorf(LicenseCounts, "%s is not a map", LicenseCounts)
	}
	counts := make(map[string]map[string]T, len(tenants))
	for key, tenant := range tenants {
		at := path.Root(LicenseCounts).AtMapKey(key)
		skus, isMap := elementsOf(tenant)
		switch {
		case tenant.IsUnknown():
			wrong.add(at, isUnknown)
			continue
		case tenant.IsNull():
			counts[key] = nil
			continue
		case !isMap:
			wrong.add(at, "is not a map of SKUs")
			continue
		}
		counts[key] = make(map[string]T, len(skus))
		for sku, element := range skus {
			count, field, problem := decodeCount(element)
			if problem != "" {
				wrong.addIn(at.AtMapKey(sku), field, problem)
				continue
			}
			counts[key][sku] = convert(count)
		}
	}
	return counts, wrong.err()
}

// elementsOf returns the elements of a map or the attributes of an object. A null one has none.
func elementsOf(value attr.Value) (elements map[string]attr.Value, isMap bool) {
	switch value := value.(type) {
	case types.Map:
		return value.Elements(), true
	case types.Object:
		return value.Attributes(), true
	case types.Dynamic:
		if value.IsUnderlyingValueNull() || value.IsNull() {
			return nil, true
		}
		return elementsOf(value.UnderlyingValue())
	}
	return nil, false
}

// decodeCount reads a count, or says what is wrong with it. field is empty when that is not about a field.
func decodeCount(value attr.Value) (count Count, field, problem string) {
	attributes, isObject := elementsOf(value)
	switch {
	case value.IsUnknown():
		return count, "", isUnknown
	case value.IsNull():
		return count, "", "is null: leave the SKU out if the tenant does not have it"
	case !isObject:
		return count, "", "is not an object with the numbers of a SKU"
	}
	count.ProductName = text(attributes["product_name"])
	flags, err := decodeFlags(attributes["flags"])
	if err != nil {
		return count, "flags", err.Error()
	}
	count.Flags = flags
	var seats billing.Seats
	for _, basis := range billing.Bases() {
		name := string(basis.Name)
		n, err := decodeSeats(attributes[name])
		if err != nil {
			return count, name, err.Error()
		}
		*basis.Of(&seats) = n
	}
	count.SKUCount = billing.NewSKUCount(text(attributes["sku_id"]), seats, count.Flags)
	return count, "", ""
}

// decodeFlags reads the flags of a count, a list or, in a literal, a tuple. What it cannot read is an error, because a flag says which numbers must
// not be billed.
func decodeFlags(value attr.Value) ([]string, error) {
	if dynamic, is := value.(types.Dynamic); is {
		value = dynamic.UnderlyingValue()
	}
	if value == nil || value.IsNull() {
		return nil, nil
	}
	list, is := value.(interface{ Elements() []attr.Value })
	if !is || value.IsUnknown() {
		return nil, errors.New("is not a list of texts")
	}
	var flags []string
	for _, element := range list.Elements() {
		flag, is := element.(types.String)
		if !is || flag.IsNull() || flag.IsUnknown() {
			return nil, errors.New("is not a list of texts")
		}
		flags = append(flags, flag.ValueString())
	}
	return flags, nil
}

// decodeSeats reads a number of a count. One that is null or missing is [billing.Unknown]. A text that holds a number is read too,
// because Terraform converts it wherever a number is expected.
func decodeSeats(value attr.Value) (int64, error) {
	if value == nil || value.IsNull() {
		return billing.Unknown, nil
	}
	if value.IsUnknown() {
		return 0, errors.New(isUnknown)
	}
	switch value := value.(type) {
	case types.Number:
		return DecodeUnits(value)
	case types.String:
		if number, _, err := big.ParseFloat(value.ValueString(), 10, 512, big.ToNearestEven); err == nil {
			return DecodeUnits(types.NumberValue(number))
		}
	}
	return 0, errors.New("is not a number")
}

// EncodeTenantCounts returns an element of license_counts with the counts of one tenant, by [CountType].
func EncodeTenantCounts(counts []billing.Count) types.Map {
	elements := make(map[string]attr.Value, len(counts))
	for _, count := range counts {
		elements[count.Key] = encodeCount(Count{
			SKUCount:    billing.SKUCount{SKUID: count.SKUID, Seats: count.Seats},
			ProductName: count.ProductName,
			Flags:       count.Flags,
		})
	}
	return types.MapValueMust(CountType, elements)
}

// EncodeSeats returns a number of a count. It is null for [billing.Unknown].
func EncodeSeats(n int64) types.Number {
	if n == billing.Unknown {
		return types.NumberNull()
	}
	return EncodeUnits(n)
}

func encodeCount(count Count) types.Object {
	flags := make([]attr.Value, len(count.Flags))
	for i, flag := range count.Flags {
		flags[i] = types.StringValue(flag)
	}
	attributes := map[string]attr.Value{
		"sku_id":       types.StringValue(count.SKUID),
		"product_name": types.StringValue(count.ProductName),
		"flags":        types.ListValueMust(types.StringType, flags),
	}
	for _, basis := range billing.Bases() {
		attributes[string(basis.Name)] = EncodeSeats(*basis.Of(&count.Seats))
	}
	return types.ObjectValueMust(CountType.AttrTypes, attributes)
}

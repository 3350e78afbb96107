package shapes

import (
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

// DecodeLicenseCounts reads license_counts, whose elements may have any of the types of a count, and converts every count. The
// result is keyed by account or account/label, then by SKU. A tenant that is null is nil: its counts are unknown. Values that
// Terraform does not know yet are errors; see [FullyKnown].
func DecodeLicenseCounts[T any](value types.Map, convert func(Count) T) (map[string]map[string]T, error) {
	wrong := problems{argument: LicenseCounts}
	tenants := value.Elements()
	counts := make(map[string]map[string]T, len(tenants))
	for key, element := range tenants {
		tenant, at := element.(types.Map), path.Root(LicenseCounts).AtMapKey(key)
		switch {
		case tenant.IsUnknown():
			wrong.add(at, isUnknown)
			continue
		case tenant.IsNull():
			counts[key] = nil
			continue
		}
		skus := tenant.Elements()
		counts[key] = make(map[string]T, len(skus))
		for sku, element := range skus {
			count, field, problem := decodeCount(element.(types.Object))
			if problem != "" {
				wrong.addIn(at.AtMapKey(sku), field, problem)
				continue
			}
			counts[key][sku] = convert(count)
		}
	}
	return counts, wrong.err()
}

// decodeCount reads a count, or says what is wrong with it. field is empty when that is not about a field.
func decodeCount(value types.Object) (count Count, field, problem string) {
	switch {
	case value.IsUnknown():
		return count, "", isUnknown
	case value.IsNull():
		return count, "", "is null: leave the SKU out if the tenant does not have it"
	}
	attributes := value.Attributes()
	count.SKUID = text(attributes["sku_id"])
	count.ProductName = text(attributes["product_name"])
	count.Flags = texts(attributes["flags"])
	for _, basis := range billing.Bases() {
		name := string(basis.Name)
		number, has := attributes[name].(types.Number)
		if !has {
			continue
		}
		n, err := DecodeUnits(number)
		switch {
		case number.IsNull():
			return count, name, "is null: make the whole tenant null if its counts are unknown"
		case err != nil:
			return count, name, err.Error()
		}
		*basis.Of(&count.Seats) = n
	}
	return count, "", ""
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
		attributes[string(basis.Name)] = EncodeUnits(*basis.Of(&count.Seats))
	}
	return types.ObjectValueMust(CountType.AttrTypes, attributes)
}

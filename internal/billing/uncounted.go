// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

// UncountedSeats returns the purchased seats that no license mapping counts, by account and key of the SKU. Tenants and numbers that
// are unknown are left out, and so are SKUs without purchased seats and accounts without such SKUs.
//
// A SKU counts towards a mapping as in [UnitCounts], whatever the basis of the mapping is. The error is an [*InputError].
func UncountedSeats(counts LicenseCounts, licenses map[string]LicenseMapping) (Counts, error) {
	if err := checkLicenses(licenses); err != nil {
		return nil, err
	}
	byName := indexOf(licenses)
	result := Counts{}
	for _, key := range sortedKeys(counts) {
		account := AccountOf(key)
		for _, sku := range sortedKeys(counts[key]) {
			count := counts[key][sku]
			_, counted, err := byName.mappingOf(sku, count.SKUID)
			if err != nil {
				return nil, err
			}
			if counted || count.Purchased <= 0 { // 0 or unknown
				continue
			}
			if result[account] == nil {
				result[account] = map[string]int64{}
			}
			result[account][sku] += count.Purchased
		}
	}
	return result, nil
}

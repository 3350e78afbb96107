package billing

import (
	"fmt"
	"sort"
)

// Argument is the input of [UnitCounts] that is wrong. The values are in the order of the Terraform function's parameters.
type Argument int64

// The inputs of [UnitCounts].
const (
	ArgumentLicenseCounts Argument = iota
	ArgumentCompanyMappings
	ArgumentLicenseMappings
)

// InputError says why an input is refused: it is ambiguous, and would bill wrongly.
type InputError struct {
	Argument Argument
	Text     string
}

func (e *InputError) Error() string { return e.Text }

// UnitCounts adds up the seats of each service's SKUs, on the basis of its license mapping, for every mapped account.
//
// accountIDs are the account ids of the company mappings by map key, licenses the license mappings by map key. Services without
// units are left out of the result. An account is nil in it when any of its tenants is unknown. The error is an [*InputError].
func UnitCounts(counts LicenseCounts, accountIDs map[string]string, licenses map[string]LicenseMapping) (Counts, error) {
	tenants := keysByAccount(counts)
	if err := checkAccounts(tenants, accountIDs); err != nil {
		return nil, err
	}
	if err := checkLicenses(licenses); err != nil {
		return nil, err
	}
	byName := indexOf(licenses)
	result := make(Counts, len(tenants))
	for _, account := range sortedKeys(tenants) {
		units, err := accountUnits(counts, tenants[account], byName)
		if err != nil {
			return nil, err
		}
		result[account] = units
	}
	return result, nil
}

// keysByAccount groups the keys of the tenants by account.
func keysByAccount(counts LicenseCounts) map[string][]string {
	tenants := make(map[string][]string, len(counts))
	for _, key := range sortedKeys(counts) {
		account := AccountOf(key)
		tenants[account] = append(tenants[account], key)
	}
	return tenants
}

func checkAccounts(tenants map[string][]string, accountIDs map[string]string) error {
	mappings := make(map[string]string, len(accountIDs))
	for _, key := range sortedKeys(accountIDs) {
		account := accountIDs[key]
		if other, twice := mappings[account]; twice {
			return &InputError{ArgumentCompanyMappings, fmt.Sprintf(
				"account %q is mapped twice, by the company mappings %q and %q: its seats would be counted for both. Remove one; if they come from "+
					"cloudradial_company_mapping and cloudradial_company_mappings, keep the account in one of the two", account, other, key)}
		}
		mappings[account] = key
		if _, counted := tenants[account]; !counted {
			return &InputError{ArgumentLicenseCounts, fmt.Sprintf(
				"account %q is mapped (company mapping %q) but has no license counts: give it a tenant, or an empty one for unknown counts", account, key)}
		}
	}
	for _, account := range sortedKeys(tenants) {
		if _, mapped := mappings[account]; !mapped {
			return &InputError{ArgumentCompanyMappings, fmt.Sprintf(
				"license counts %q belong to no mapped account: there is no company mapping with the account_id %q", tenants[account][0], account)}
		}
	}
	return nil
}

// checkLicenses refuses two license mappings of one service or SKU. It compares the names of SKUs, and ids with Microsoft's
// table; other clashes show when a tenant holds the SKU.
func checkLicenses(licenses map[string]LicenseMapping) error {
	services := map[string]string{}
	claims := map[string]string{}
	for _, key := range sortedKeys(licenses) {
		mapping := licenses[key]
		if other, twice := services[mapping.Service]; twice {
			return &InputError{ArgumentLicenseMappings, fmt.Sprintf(
				"service %q is in two license mappings, %q and %q: put its SKUs into one. If they come from cloudradial_license_mapping and "+
					"cloudradial_license_mappings, keep the service in one of the two", mapping.Service, other, key)}
		}
		services[mapping.Service] = key
		if mapping.Basis != "" && !knownBasis(mapping.Basis) {
			return &InputError{ArgumentLicenseMappings, fmt.Sprintf("license mapping %q has the unknown basis %q", key, mapping.Basis)}
		}
		for _, sku := range mapping.SKUs {
			if fold(sku) == "" {
				return &InputError{ArgumentLicenseMappings, fmt.Sprintf("license mapping %q has an empty SKU", key)}
			}
			for _, name := range namesOf(sku) {
				if other, taken := claims[name]; taken && other != mapping.Service {
					return skuInTwoServices(sku, other, mapping.Service)
				}
				claims[name] = mapping.Service
			}
		}
	}
	return nil
}

// namesOf returns the names that a SKU of a mapping claims: its own, and for a skuId also the part number in Microsoft's table.
func namesOf(sku string) []string {
	name := fold(sku)
	if product, known := LookupSKU(sku); known && fold(product.SKUID) == name {
		return []string{name, fold(product.PartNumber)}
	}
	return []string{name}
}

func skuInTwoServices(sku, one, other string) error {
	return &InputError{ArgumentLicenseMappings, fmt.Sprintf(
		"SKU %q counts towards two services, %q and %q: each of its seats would be billed twice. Take it out of one of them", sku, one, other)}
}

// index has the license mappings by the folded names of their SKUs.
type index map[string]LicenseMapping

func indexOf(licenses map[string]LicenseMapping) index {
	byName := index{}
	for _, mapping := range licenses {
		for _, sku := range mapping.SKUs {
			byName[fold(sku)] = mapping
		}
	}
	return byName
}

// mappingOf returns the license mapping that counts a SKU. A mapping may name it by its key, its part number, its skuId or
// PART/<skuId>. The last differs from the key when only one SKU of the tenant has the part number.
func (i index) mappingOf(key, skuID string) (mapping LicenseMapping, found bool, err error) {
	part := PartNumberOf(key, skuID)
	for _, name := range []string{key, part, skuID, skuKey(part, skuID)} {
		other, named := i[fold(name)]
		if !named {
			continue
		}
		if found && other.Service != mapping.Service {
			return mapping, false, skuInTwoServices(key, mapping.Service, other.Service)
		}
		mapping, found = other, true
	}
	return mapping, found, nil
}

// accountUnits returns the units of one account by service, or nil when one of its tenants is unknown.
func accountUnits(counts LicenseCounts, keys []string, licenses index) (map[string]int64, error) {
	units := map[string]int64{}
	unknown := false
	for _, key := range keys {
		if counts[key] == nil {
			unknown = true
		}
		for _, sku := range sortedKeys(counts[key]) {
			count := counts[key][sku]
			mapping, found, err := licenses.mappingOf(sku, count.SKUID)
			if err != nil {
				return nil, err
			}
			if n := count.On(mapping.Basis); found && n > 0 {
				units[mapping.Service] += n
			}
		}
	}
	if unknown {
		return nil, nil
	}
	return units, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
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
	byIdentity := indexOf(licenses)
	result := make(Counts, len(tenants))
	for _, account := range sortedKeys(tenants) {
		units, err := accountUnits(counts, tenants[account], byIdentity)
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
				"account %q is mapped (company mapping %q) but has no license counts: give it a tenant, the word none if the company has no Microsoft 365, or an "+
					"empty one for unknown counts", account, key)}
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

// checkLicenses refuses two license mappings of one service or SKU. Two part numbers that Microsoft's table does not have may
// still be one SKU; that shows when a tenant holds it.
func checkLicenses(licenses map[string]LicenseMapping) error {
	services := map[string]string{}
	claimed := claims{}
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
			if err := claimed.add(sku, mapping.Service); err != nil {
				return err
			}
		}
	}
	for _, key := range sortedKeys(licenses) {
		for _, sku := range licenses[key].SKUs {
			if err := claimed.checkPart(sku, licenses[key].Service); err != nil {
				return err
			}
		}
	}
	return nil
}

// accountUnits returns the units of one account by service, or nil when one of its tenants is unknown.
func accountUnits(counts LicenseCounts, keys []string, licenses index) (map[string]int64, error) {
	units := map[string]int64{}
	unknown := slices.ContainsFunc(keys, func(key string) bool { return counts[key] == nil })
	for _, key := range keys {
		for _, sku := range sortedKeys(counts[key]) {
			count := counts[key][sku]
			mapping, found, err := licenses.mappingOf(sku, count.SKUID)
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
			n := count.On(mapping.Basis)
			if n == Unknown && !unknown {
				return nil, noNumber(counts, key, sku, mapping)
			}
			if n > 0 {
				units[mapping.Service] += n
			}
		}
	}
	if unknown {
		return nil, nil
	}
	return units, nil
}

// noNumber returns why a service cannot bill a SKU of a tenant.
func noNumber(counts LicenseCounts, key, sku string, mapping LicenseMapping) error {
	count, basis := counts[key][sku], cmp.Or(mapping.Basis, Purchased)
	number := fmt.Sprintf("license_counts[%q][%q].%s", key, sku, basis)
	if !slices.Contains(count.Overassigned, basis) {
		return &InputError{ArgumentLicenseCounts, fmt.Sprintf(
			"%s has no number, because Microsoft gave none, and the service %q bills it. Leave the SKU out with "+
				"exclude_skus, give the service another basis, or keep what was billed before: make license_counts[%q] null",
			number, mapping.Service, key)}
	}
	wayOut := ", or give the service the basis assigned"
	if basis == Assigned {
		wayOut = ""
	}
	return &InputError{ArgumentLicenseCounts, fmt.Sprintf(
		"%s is 0 with the flag %s, and the service %q bills it. The companies that share this tenant have more users with the SKU than seats were bought, so the sum "+
			"would be more than the tenant has. Users with the SKU: %s. The warning of cloudradial_license_counts says how many seats were bought. Buy the missing seats, "+
			"take licenses from users, leave the SKU out with exclude_skus%s",
		number, FlagOverassignedSplit, mapping.Service, describeMembers(counts, cmp.Or(count.SKUID, sku), basis), wayOut)}
}

// describeMembers lists the users with a SKU of all companies that share a tenant, because the counts do not say who shares which tenant.
func describeMembers(counts LicenseCounts, id string, basis Basis) string {
	var members []string
	for _, key := range sortedKeys(counts) {
		for _, sku := range sortedKeys(counts[key]) {
			count := counts[key][sku]
			if users := count.On(basis); count.Split && users != Unknown && strings.EqualFold(cmp.Or(count.SKUID, sku), id) {
				members = append(members, fmt.Sprintf("%s %d", key, users))
			}
		}
	}
	if members == nil {
		return "not given"
	}
	return strings.Join(members, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

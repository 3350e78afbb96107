// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import "fmt"

// index has the license mappings by what their SKUs stand for, see [identitiesOf].
type index map[string]LicenseMapping

func indexOf(licenses map[string]LicenseMapping) index {
	byIdentity := index{}
	for _, mapping := range licenses {
		for _, sku := range mapping.SKUs {
			for _, identity := range identitiesOf(sku) {
				byIdentity[identity] = mapping
			}
		}
	}
	return byIdentity
}

// identitiesOf returns what a SKU of a license mapping stands for. A skuId and PART/<skuId> stand for that id. A part number stands
// for the skuIds that Microsoft's table gives it, because tenants may hold the same product under another part number. Where the
// table has none, it stands for the part number itself, folded.
func identitiesOf(sku string) []string {
	key := lookupKey(sku)
	if ids := skuTable().ids[key]; len(ids) > 0 {
		return ids
	}
	return []string{key}
}

// mappingOf returns the license mapping that counts a SKU of a tenant.
func (i index) mappingOf(key, skuID string) (mapping LicenseMapping, found bool, err error) {
	identities := identitiesOf(key)
	if id := fold(skuID); isSKUID(id) {
		identities = []string{id}
		if part := fold(PartNumberOf(key, skuID)); len(skuTable().ids[part]) == 0 {
			identities = append(identities, part)
		}
	}
	for _, identity := range identities {
		other, named := i[identity]
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

// claims are the services that SKUs count towards, by what the SKUs stand for.
type claims map[string]string

// add refuses a SKU that counts towards another service already.
func (c claims) add(sku, service string) error {
	for _, identity := range identitiesOf(sku) {
		if other, taken := c[identity]; taken && other != service {
			return skuInTwoServices(sku, other, service)
		}
		c[identity] = service
	}
	return nil
}

// checkPart refuses PART/<skuId> beside PART in another service: PART stands for every id of that name.
func (c claims) checkPart(sku, service string) error {
	part, id := splitSKUKey(fold(sku))
	if other, taken := c[part]; taken && other != service && isSKUID(id) {
		return skuInTwoServices(sku, other, service)
	}
	return nil
}

func skuInTwoServices(sku, one, other string) error {
	return &InputError{ArgumentLicenseMappings, fmt.Sprintf(
		"SKU %q counts towards two services, %q and %q: each of its seats would be billed twice. Take it out of one of them", sku, one, other)}
}

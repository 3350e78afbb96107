// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"strings"

	"github.com/google/uuid"
)

// AccountOf returns the account id of a key of the [LicenseCounts]. The key is the account id, or account id/label where an
// account has several tenants. A label may hold slashes, an account id cannot.
func AccountOf(key string) string {
	account, _, _ := strings.Cut(key, "/")
	return account
}

// PartNumberOf returns the part number in a key of a tenant's counts. The key is the part number, or PART/<skuId> where two
// SKUs of the tenant share the part number. The id is compared in any case. A key that does not end in the id is a part number.
func PartNumberOf(key, skuID string) string {
	part, id := splitSKUKey(clean(key))
	if part == "" || id == "" || fold(id) != fold(skuID) {
		return key
	}
	return part
}

// skuKey is the inverse of [PartNumberOf].
func skuKey(partNumber, skuID string) string { return partNumber + "/" + skuID }

// splitSKUKey cuts PART/<skuId> at its last slash, because part numbers hold slashes too ("O365_w/o Teams Bundle_M3"). Whether
// the second half is an id is for the caller to check. It is empty when there is no slash.
func splitSKUKey(key string) (part, id string) {
	slash := strings.LastIndexByte(key, '/')
	if slash < 0 {
		return key, ""
	}
	return key[:slash], key[slash+1:]
}

// lookupKey is the form in which SKUs are compared: lower case, and of PART/<skuId> only the id.
func lookupKey(s string) string {
	key := fold(s)
	if _, id := splitSKUKey(key); isSKUID(id) {
		return id
	}
	return key
}

// isSKUID reports whether s is a GUID of 36 characters. uuid.Validate accepts three more forms.
func isSKUID(s string) bool {
	return len(s) == 36 && uuid.Validate(s) == nil
}

// fold is clean in lower case: the form in which names of SKUs are compared.
func fold(s string) string { return strings.ToLower(clean(s)) }

// clean trims s and replaces every run of white space with one space. No-break spaces count as white space.
func clean(s string) string { return strings.Join(strings.Fields(s), " ") }

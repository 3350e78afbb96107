// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import "regexp"

// NoTenant is what stands for the tenant of a company that has no Microsoft 365: its counts are known, and empty.
const NoTenant = "none"

const (
	guidPattern   = `[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`
	domainPattern = `([0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z][0-9A-Za-z-]*[0-9A-Za-z]`
)

// The forms of what mapping files and configurations name.
var (
	// AccountIDForm matches the id of an account in Gradient, which becomes part of URLs of its API: not "." and "..".
	AccountIDForm = regexp.MustCompile(`^(\.{0,2}[A-Za-z0-9_-][A-Za-z0-9._-]*|\.{3}[A-Za-z0-9._-]*)$`)
	// TenantForm matches a value of tenants: a GUID, a domain, [NoTenant] in any case, or nothing, with white space around it.
	TenantForm = regexp.MustCompile(`^\s*(|(?i:` + NoTenant + `)|` + guidPattern + `|` + domainPattern + `)\s*$`)
	// GUIDForm matches the id of a tenant.
	GUIDForm = regexp.MustCompile(`^` + guidPattern + `$`)
	// DomainForm matches a domain of a tenant. An international one must be in punycode.
	DomainForm = regexp.MustCompile(`^` + domainPattern + `$`)
)

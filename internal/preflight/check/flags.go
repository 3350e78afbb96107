// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"maps"
	"slices"
	"strings"
)

// switches are the switches of the sandbox that a fact can name, with their values. cmd/sandbox takes no other value.
var switches = map[string][]string{
	"cloudradial-throttle":       throttles,
	"clock":                      {"right", "ahead", "behind"},
	"count-content":              {"text", "json"},
	"count-option":               {"total", "refused", "ignored"},
	"enumerations":               {"names", "numbers"},
	"flexible-select":            {"works", "400", "500"},
	"flexible-trait-numbers":     {"text", "number"},
	"gradient-account-shape":     {"2026", "dynamic", "2023"},
	"gradient-never-synced":      {"1900", "null"},
	"gradient-unauthorized-body": {"json", "empty", "html"},
	"gradient-wrong-vendor-key":  {"404", "401"},
	"graph-account-id":           {"tenant", "zero"},
	"graph-capability-status":    {"usual", "lower", "other"},
	"graph-free-trial":           {"no", "yes"},
	"graph-id-case":              {"lower", "upper"},
	"graph-next-link-host":       {"same", "http", "foreign"},
	"graph-no-extension":         {"PT0S", "P0D"},
	"graph-no-partner":           {"empty", "denied"},
	"graph-null": {"none", "accountId", "appliesTo", "capabilityStatus", "commerceSubscriptionId", "consumedUnits", "dates", "isTrial", "lockedOut",
		"prepaidUnits", "prepaidUnits.enabled", "prepaidUnits.suspended", "prepaidUnits.warning", "skuId", "skuPartNumber", "status", "totalLicenses"},
	"graph-owner":                {"seller", "distributor", "null"},
	"graph-page-size":            {"off", "1", "2", "5"},
	"graph-subscription-ids":     {"given", "empty"},
	"graph-subscriptions":        {"whole", "incomplete", "empty", "400", "403", "404", "501", "500"},
	"graph-subscriptions-select": {"accepted", "refused"},
	"graph-throttle":             throttles,
	"graph-top":                  {"ignored", "refused"},
	"graph-users":                {"whole", "403", "empty"},
	"graph-users-mail":           {"given", "null"},
	"graph-verified-domains":     {"given", "missing", "403"},
	"key-sees":                   {"all", "one-company", "no-company"},
	"no-consent":                 {"65001", "700016", "graph", "7000112", "650052", "53003", "50076", "5000224"},
	"not-found-body":             {"json", "empty"},
	"page-rows":                  {"200", "100", "50", "5"},
	"predefined-tokens":          {"hidden", "listed"},
	"proxy-page": {"none", "gradient-200", "gradient-407", "cloudradial-200", "cloudradial-407", "sign-in-200", "sign-in-407", "graph-200",
		"graph-407"},
	"sign-in-numbers":   {"numbers", "strings", "text"},
	"sign-in-status":    {"usual", "400", "401"},
	"sign-in-throttle":  throttles,
	"skip-option":       {"works", "ignored", "refused"},
	"top-over-200":      {"refused", "cut"},
	"unauthorized-body": {"empty", "json", "html"},
}

var throttles = []string{"never", "none", "1s", "fraction", "date"}

// SandboxFlags returns the arguments with which cmd/sandbox answers as this account does, as far as the facts tell. It names every switch
// that was seen, also with its default, so that the line means the same when a default changes.
func (r Result) SandboxFlags() string {
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(switches)) {
		if value := r.Facts[name]; slices.Contains(switches[name], value) {
			flags = append(flags, "-switch "+name+"="+value)
		}
	}
	return strings.Join(flags, " ")
}

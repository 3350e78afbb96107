// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// causeTrials is the cause of a tenant whose trials are unknown and must not be billed as paid.
const causeTrials microsoft.Cause = "trials"

// tenant is an entry of tenants: its key, and the tenant's GUID or domain in lower case. The name may be empty or [shapes.NoTenant].
type tenant struct{ key, name string }

// asked returns the name that Microsoft is asked about, or an empty text.
func (t tenant) asked() string {
	if t.name == shapes.NoTenant {
		return ""
	}
	return t.name
}

// knownTenants returns the entries whose value is known, sorted by key.
func knownTenants(configured types.Map) []tenant {
	elements := configured.Elements()
	tenants := make([]tenant, 0, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		value, ok := elements[key].(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		tenants = append(tenants, tenant{key, strings.ToLower(strings.TrimSpace(value.ValueString()))})
	}
	return tenants
}

// reading is what was read of the tenants and counted. The maps are by the name of the tenant.
type reading struct {
	tenants []tenant
	options billing.CountOptions
	results map[string]microsoft.Result
	ids     map[string]string // GUIDs, where they are known
	// counted has the tenants whose counts are known. One without any SKU is not among them.
	counted map[string]billing.TenantCounts
	// splits has the shared tenants among them, by key.
	splits map[string]billing.Split
}

func count(tenants []tenant, results map[string]microsoft.Result, options billing.CountOptions) *reading {
	r := &reading{tenants: tenants, options: options, results: results, ids: map[string]string{}, counted: map[string]billing.TenantCounts{},
		splits: map[string]billing.Split{}}
	for name, result := range results {
		if result.Licenses == nil {
			continue
		}
		r.ids[name] = result.Licenses.TenantID
		if len(result.Licenses.SKUs) > 0 {
			r.counted[name] = billing.CountTenant(shapes.BillingTenant(result.Licenses), options)
		}
	}
	return r
}

// settleGaps deals with the tenants whose trials or owners are not proved. They are unreadable, unless their trials may count as paid.
// Seats whose owner is not proved never count.
func (r *reading) settleGaps(countTrials bool) diag.Diagnostics {
	var counted []tenant
	for _, t := range r.tenants {
		gaps := r.counted[t.name].Gaps
		if len(gaps) == 0 {
			continue
		}
		if countTrials && len(r.options.PartnerTenantIDs) == 0 {
			counted = append(counted, t)
			continue
		}
		r.results[t.name] = microsoft.Result{Err: unproved(t.name, gaps, r.results[t.name].Licenses.SubscriptionsErr)}
		delete(r.counted, t.name)
	}
	return r.warnOfTrials(counted)
}

// unproved returns the error of a tenant whose trials or owners are not proved. refused is why its list of subscriptions could not be
// read, or nil.
func unproved(name string, gaps []billing.Gap, refused *microsoft.TenantError) *microsoft.TenantError {
	if refused != nil {
		return &microsoft.TenantError{Tenant: name, Cause: causeTrials, Message: refused.Message, Err: refused}
	}
	return &microsoft.TenantError{Tenant: name, Cause: causeTrials, Message: fmt.Sprintf("tenant %q: %s", name, describeGaps(gaps))}
}

// describeGaps returns the first gap and the number of the others.
func describeGaps(gaps []billing.Gap) string {
	text := gaps[0].Key + ": " + gaps[0].Reason
	if more := len(gaps) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more SKUs)", more)
	}
	return text
}

// owner is what an owner has in all tenants.
type owner struct {
	seats, tenants int64
	counted        bool
}

// owners returns what each owner of subscriptions has in the tenants whose counts are known.
func (r *reading) owners() map[string]owner {
	owners := map[string]owner{}
	for _, counted := range r.counted {
		for id, seats := range counted.Owners {
			entry := owners[id]
			entry.seats += seats
			entry.tenants++
			entry.counted = r.counts(id)
			owners[id] = entry
		}
	}
	return owners
}

// counts reports whether the seats of an owner count.
func (r *reading) counts(owner string) bool {
	return len(r.options.PartnerTenantIDs) == 0 || slices.Contains(r.options.PartnerTenantIDs, owner)
}

// total is the seats of a SKU in all tenants, or billing.Unknown.
type total struct{ purchased, assigned int64 }

func (t *total) add(count billing.Count) {
	t.purchased = addSeats(t.purchased, count.Purchased)
	t.assigned = addSeats(t.assigned, count.Assigned)
}

func addSeats(a, b int64) int64 {
	if a == billing.Unknown || b == billing.Unknown {
		return billing.Unknown
	}
	return a + b
}

// hasSeats reports whether any SKU has a seat on any basis, or a number that Microsoft did not give.
func hasSeats(counts []billing.Count) bool {
	return slices.ContainsFunc(counts, func(count billing.Count) bool { return count.Seats != billing.Seats{} })
}

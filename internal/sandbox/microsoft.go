// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Names of the switches below.
const (
	switchNoConsent       = "no-consent"
	switchWithdrawnToken  = "withdrawn-token"
	switchSignInNumbers   = "sign-in-numbers"
	switchSignInStatus    = "sign-in-status"
	switchGraphPageSize   = "graph-page-size"
	switchGraphNextLink   = "graph-next-link-host"
	switchGraphTop        = "graph-top"
	switchGraphAccountID  = "graph-account-id"
	switchGraphIDCase     = "graph-id-case"
	switchGraphStatus     = "graph-capability-status"
	switchGraphNull       = "graph-null"
	switchGraphSubIDs     = "graph-subscription-ids"
	switchGraphSubs       = "graph-subscriptions"
	switchGraphSubsSelect = "graph-subscriptions-select"
	switchGraphOwner      = "graph-owner"
	switchGraphFreeTrial  = "graph-free-trial"
	switchGraphNoPartner  = "graph-no-partner"
	switchGraphNoExtend   = "graph-no-extension"
)

// microsoftSwitches are the unknowns of the Microsoft contract.
var microsoftSwitches = []Switch{
	{switchNoConsent, "microsoft.md §3.4", []string{"65001", "700016", "graph", "7000112", "650052", "53003", "50076", "5000224"}, SeenByReading,
		"Answer of a tenant without consent: this AADSTS number at sign-in, or a token that Graph then refuses with 401."},
	{switchWithdrawnToken, "microsoft.md §3.4", []string{"refused", "works"}, SeenByWriting,
		"Whether a token from before consent was withdrawn is refused by Graph with 403, or works until it expires."},
	{switchSignInNumbers, "microsoft.md §3.4", []string{"numbers", "strings", "text"}, SeenByReading,
		"How a refused sign-in says its AADSTS number: in error_codes as a number or as a string, or in the text only."},
	{switchSignInStatus, "microsoft.md §3.4", []string{"usual", "400", "401"}, SeenByReading,
		"Status of a refused sign-in: the usual one of its number, or the same for all."},
	{switchGraphPageSize, "microsoft.md §1.3", []string{"off", "1", "2", "5"}, SeenByReading,
		"Whether Graph pages its lists, and after how many members. No page size is documented."},
	{switchGraphNextLink, "microsoft.md §1.3", []string{"same", "http", "foreign"}, SeenByReading,
		"Where the link to the next page leads: this address, the plain HTTP address of the sandbox, or a host that does not exist. " +
			"A client must follow the first only. It shows with a page size."},
	{switchGraphTop, "microsoft.md §1.3", []string{"ignored", "refused"}, SeenByReading,
		"Whether $top on the licence lists is ignored or refused with 400. It is not documented."},
	{switchGraphAccountID, "microsoft.md §1.1", []string{"tenant", "zero"}, SeenByReading,
		"Whether accountId is the tenant id, or all zeros as for system subscriptions."},
	{switchGraphIDCase, "microsoft.md §1.4", []string{"lower", "upper"}, SeenByReading,
		"Whether skuId in directory/subscriptions is in lower or upper case."},
	{switchGraphStatus, "microsoft.md §1.1", []string{"usual", "lower", "other"}, SeenByReading,
		"How capabilityStatus is spelled: as documented, in lower case, or as a word that is not documented."},
	{switchGraphNull, "microsoft.md §1.1", append([]string{"none"}, nullableProperties...), SeenByReading,
		"Which property is null in every row of the licence lists, or missing in the case of lockedOut."},
	{switchGraphSubIDs, "microsoft.md §1.4", []string{"given", "empty"}, SeenByReading,
		"Whether subscriptionIds names the purchases of a product, or is empty."},
	{switchGraphSubs, "microsoft.md §1.4", []string{"whole", "incomplete", "empty", "400", "403", "404", "501", "500"}, SeenByReading,
		"Whether directory/subscriptions is whole, lacks the last purchase, is empty, or is refused with this status."},
	{switchGraphSubsSelect, "microsoft.md §1.4", []string{"accepted", "refused"}, SeenByReading,
		"Whether directory/subscriptions takes $select, or refuses it with 400. Its page does not name it."},
	{switchGraphOwner, "microsoft.md §1.4", []string{"seller", "distributor", "null"}, SeenByReading,
		"Who owns all purchases: who sold each according to the seed, a distributor, or nobody."},
	{switchGraphFreeTrial, "microsoft.md §8", []string{"no", "yes"}, SeenByReading,
		"Whether isTrial is true for products with pools of 10,000 seats and more."},
	{switchGraphNoPartner, "microsoft.md §2", []string{"empty", "denied"}, SeenByReading,
		"Answer of a tenant that is not a partner to relationships and contracts: an empty list, or 403."},
	{switchGraphNoExtend, "microsoft.md §2", []string{"PT0S", "P0D"}, SeenByReading,
		"How autoExtendDuration says that a relationship is not extended. Both are documented."},
}

// nullableProperties are the properties of the licence lists that may be null: microsoft.md §1.1, microsoft.md §1.4.
var nullableProperties = []string{"accountId", "appliesTo", "capabilityStatus", "commerceSubscriptionId", "consumedUnits", "dates", "isTrial",
	"lockedOut", "prepaidUnits", "prepaidUnits.enabled", "prepaidUnits.suspended", "prepaidUnits.warning", "skuId", "skuPartNumber", "status",
	"totalLicenses"}

// microsoftState is the state of Microsoft for all tenants. Server.mu guards it.
type microsoftState struct {
	clientID, clientSecret string
	tenants                []*Tenant
	partner                Partner
	tokens                 map[string]issuedToken
	skuIDs                 map[string]string // by part number, from the seeds
}

func newMicrosoftState(seed Seed, creds Credentials) *microsoftState {
	state := &microsoftState{
		clientID:     creds.MicrosoftClientID,
		clientSecret: creds.MicrosoftClientSecret,
		tokens:       map[string]issuedToken{},
		skuIDs:       map[string]string{},
	}
	for _, tenant := range slices.Concat(seed.Tenants, DefaultSeed().Tenants) {
		for _, sku := range tenant.SKUs {
			if sku.SKUID != "" {
				state.skuIDs[sku.PartNumber] = sku.SKUID
			}
		}
	}
	for _, tenant := range seed.Tenants {
		state.putTenant(tenant)
	}
	state.setPartner(seed.Partner)
	return state
}

// putTenant adds or replaces a tenant. It copies its argument.
func (m *microsoftState) putTenant(tenant Tenant) {
	tenant.ID = strings.ToLower(tenant.ID)
	tenant.Domains, tenant.Users = slices.Clone(tenant.Domains), slices.Clone(tenant.Users)
	skus := tenant.SKUs
	tenant.SKUs = nil
	for _, sku := range skus {
		tenant.SKUs = append(tenant.SKUs, m.withSKUID(sku))
	}
	if i := slices.IndexFunc(m.tenants, func(held *Tenant) bool { return held.ID == tenant.ID }); i >= 0 {
		m.tenants[i] = &tenant
		return
	}
	m.tenants = append(m.tenants, &tenant)
}

// withSKUID returns a copy of a SKU with its SKU id.
func (m *microsoftState) withSKUID(sku SKU) SKU {
	sku.Subscriptions, sku.Null = slices.Clone(sku.Subscriptions), slices.Clone(sku.Null)
	sku.SKUID = strings.ToLower(cmp.Or(sku.SKUID, m.skuIDs[sku.PartNumber], deriveID("sku", sku.PartNumber)))
	return sku
}

// findTenant finds a tenant by id or domain. It returns nil when there is none.
func (m *microsoftState) findTenant(name string) *Tenant {
	for _, tenant := range m.tenants {
		if strings.EqualFold(tenant.ID, name) || slices.ContainsFunc(tenant.Domains, func(d string) bool { return strings.EqualFold(d, name) }) {
			return tenant
		}
	}
	return nil
}

// findSKU returns the index of a product, by part number or SKU id, or -1.
func (t *Tenant) findSKU(name string) int {
	return slices.IndexFunc(t.SKUs, func(sku SKU) bool {
		return strings.EqualFold(sku.PartNumber, name) || strings.EqualFold(sku.SKUID, name)
	})
}

// deriveID returns a GUID that depends only on the arguments.
func deriveID(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(parts, "|"))).String()
}

// defaultCreated is the date of a purchase that no seed describes.
var defaultCreated = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// listSubscriptions returns the subscriptions of a product, or one for each kind of seat when it has none. Each has dates, as in every
// published sample.
func (t *Tenant) listSubscriptions(sku SKU) []Subscription {
	list := slices.Clone(sku.Subscriptions)
	if len(list) == 0 {
		for _, kind := range []Subscription{
			{Status: "Enabled", Seats: sku.Enabled},
			{Status: "Warning", Seats: sku.Warning},
			{Status: "Suspended", Seats: sku.Suspended},
			{Status: "LockedOut", Seats: sku.LockedOut},
		} {
			if kind.Seats > 0 {
				kind.ID = deriveID("subscription", t.ID, sku.SKUID, kind.Status)
				list = append(list, kind)
			}
		}
	}
	for i := range list {
		list[i].Status = cmp.Or(list[i].Status, "Enabled")
		list[i].ID = cmp.Or(list[i].ID, deriveID("subscription", t.ID, sku.SKUID, fmt.Sprint(i)))
		if list[i].Created.IsZero() {
			list[i].Created = defaultCreated
		}
		if list[i].NextLifecycle.IsZero() {
			list[i].NextLifecycle = list[i].Created.AddDate(1, 0, 0)
		}
	}
	return list
}

// setSeats buys or returns seats. The difference goes to the first paid active subscription, and to the next when that has too few.
func (sku *SKU) setSeats(seats int) {
	difference := seats - sku.Enabled
	sku.Enabled = seats
	if len(sku.Subscriptions) == 0 {
		return // listSubscriptions derives them from the enabled seats
	}
	for i := range sku.Subscriptions {
		subscription := &sku.Subscriptions[i]
		if subscription.Trial || cmp.Or(subscription.Status, "Enabled") != "Enabled" {
			continue
		}
		change := max(difference, -subscription.Seats)
		subscription.Seats += change
		difference -= change
	}
	if difference > 0 {
		sku.Subscriptions = append(sku.Subscriptions, Subscription{Seats: difference})
	}
}

// withTenant changes a tenant. It panics when there is no such tenant, so that a misspelled name shows.
func (s *Server) withTenant(name string, change func(*Tenant)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tenant := s.microsoft.findTenant(name)
	must(tenant != nil, "there is no tenant %q", name)
	change(tenant)
}

// PutTenant adds a tenant, or replaces the tenant with the same id.
func (s *Server) PutTenant(tenant Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.microsoft.putTenant(tenant)
}

// RemoveTenant removes a tenant, given by id or domain. It panics when there is no such tenant.
func (s *Server) RemoveTenant(tenant string) {
	s.withTenant(tenant, func(gone *Tenant) {
		s.microsoft.tenants = slices.DeleteFunc(s.microsoft.tenants, func(held *Tenant) bool { return held == gone })
	})
}

// PutSKU adds a product to a tenant, given by id or domain, or replaces the product with the same SKU id. A product without SKU id
// replaces the one with the same part number. It panics when there is no such tenant.
func (s *Server) PutSKU(tenant string, sku SKU) {
	s.withTenant(tenant, func(t *Tenant) {
		i := t.findSKU(cmp.Or(sku.SKUID, sku.PartNumber))
		sku = s.microsoft.withSKUID(sku)
		if i < 0 {
			t.SKUs = append(t.SKUs, sku)
			return
		}
		t.SKUs[i] = sku
	})
}

// RemoveSKU removes a product, given by part number or SKU id, from a tenant. It panics when there is no such tenant.
func (s *Server) RemoveSKU(tenant, partNumber string) {
	s.withTenant(tenant, func(t *Tenant) {
		if i := t.findSKU(partNumber); i >= 0 {
			t.SKUs = slices.Delete(t.SKUs, i, i+1)
		}
	})
}

// SetSeats sets the enabled seats of a product, given by part number or SKU id, as a purchase does: its paid active subscription changes
// too. A tenant without the product gets it. It panics when there is no such tenant.
func (s *Server) SetSeats(tenant, partNumber string, seats int) {
	s.withTenant(tenant, func(t *Tenant) {
		i := t.findSKU(partNumber)
		if i < 0 {
			t.SKUs = append(t.SKUs, s.microsoft.withSKUID(SKU{PartNumber: partNumber, Enabled: seats}))
			return
		}
		t.SKUs[i].setSeats(seats)
	})
}

// WithdrawConsent removes the application from a tenant, as its administrator does. It panics when there is no such tenant.
func (s *Server) WithdrawConsent(tenant string) {
	s.withTenant(tenant, func(t *Tenant) { t.NoConsent = true })
}

// GrantConsent adds the application to a tenant, as its administrator does. It panics when there is no such tenant.
func (s *Server) GrantConsent(tenant string) {
	s.withTenant(tenant, func(t *Tenant) { t.NoConsent = false })
}

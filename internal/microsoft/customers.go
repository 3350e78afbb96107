// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Customers are the customer tenants of a partner, ordered by name (microsoft.md §2).
type Customers struct {
	Tenants []CustomerTenant
	// RelationshipsDenied is true when the application may not read relationships. The tenants are then those with a contract.
	RelationshipsDenied bool
	// ContractsDenied is true when the application may not read contracts. The tenants are then those with a relationship.
	ContractsDenied bool
}

// CustomerTenant is a customer of a partner. Fields that neither list gives are empty.
type CustomerTenant struct {
	ID   string // lower case
	Name string
	// DefaultDomain is the contract's copy, made when the partnership began and never refreshed. Relationships have no domain
	// (microsoft.md §2).
	DefaultDomain string
	// Relationship is the one that lasts longest, nil when the tenant only has a contract.
	Relationship *Relationship
}

// Relationship is granular delegated admin privileges (GDAP) in a customer tenant, Graph's delegatedAdminRelationship
// (microsoft.md §2).
type Relationship struct {
	Name   string
	Status string
	// End is when it ends unless it is extended, zero before it has begun.
	End time.Time
	// AutoExtend is the number of days by which it is extended at its end, 0 when it is not.
	AutoExtend int64
}

// Statuses of relationships (microsoft.md §2).
const (
	statusActive          = "active"
	statusCreated         = "created"
	statusApprovalPending = "approvalPending"
	statusExpired         = "expired"
	statusTerminated      = "terminated"
)

// relationshipPageSize is the largest page of relationships. Relationships that have ended stay in the list, so there are many.
const relationshipPageSize = "300"

// ReadCustomers reads the customers of a partner tenant (GUID or domain), once per client: the tenants with a GDAP relationship
// that the customer has accepted and that has not ended, and those with a contract (microsoft.md §2). One of the two lists is
// enough. The application needs DelegatedAdminRelationship.Read.All, or Directory.Read.All for the contracts, in the partner
// tenant (microsoft.md §1.3).
func (c *Client) ReadCustomers(ctx context.Context, partnerTenant string) (*Customers, *TenantError) {
	return readOnce(ctx, c, c.customers, partnerTenant, doingCustomers, c.timeouts.customers, c.loadCustomers)
}

// loadCustomers signs in to the partner tenant and reads its two lists at the same time.
func (c *Client) loadCustomers(ctx context.Context, partner string) (*Customers, *TenantError) {
	g, failed := c.openGraph(ctx, partner, doingRelationships)
	if failed != nil {
		return nil, failed
	}
	var relationships, contracts []CustomerTenant
	var noRelationships, noContracts error
	var group sync.WaitGroup
	group.Go(func() { relationships, noRelationships = readRelationships(ctx, g) })
	group.Go(func() { contracts, noContracts = readContracts(ctx, g) })
	group.Wait()
	denied := func(err error) bool { return refusedByGraph(err, http.StatusForbidden) }
	switch { // in this order, so that the same failure of both lists always has the same message
	case noRelationships != nil && (!denied(noRelationships) || denied(noContracts)):
		return nil, c.newGraphError(ctx, partner, doingRelationships, noRelationships)
	case noContracts != nil && !denied(noContracts):
		return nil, c.newGraphError(ctx, partner, doingContracts, noContracts)
	}
	return &Customers{
		Tenants:             mergeTenants(relationships, contracts),
		RelationshipsDenied: noRelationships != nil,
		ContractsDenied:     noContracts != nil,
	}, nil
}

// readRelationships reads GET /v1.0/tenantRelationships/delegatedAdminRelationships (microsoft.md §2). It sends no $filter, because
// which properties that takes is not documented.
func readRelationships(ctx context.Context, g graph) ([]CustomerTenant, error) {
	query := url.Values{"$select": {selectRelationships}, "$top": {relationshipPageSize}}
	return readList(ctx, g, collection[wireRelationship, CustomerTenant]{doingRelationships, "/v1.0/tenantRelationships/delegatedAdminRelationships", query,
		maxCustomers, decodeRelationship})
}

// readContracts reads GET /v1.0/contracts (microsoft.md §2).
func readContracts(ctx context.Context, g graph) ([]CustomerTenant, error) {
	return readList(ctx, g, collection[wireContract, CustomerTenant]{doingContracts, "/v1.0/contracts", url.Values{"$select": {selectContracts}},
		maxCustomers, decodeContract})
}

// mergeTenants returns one entry for each tenant, ordered by name and id. The name of a relationship wins, because that of a
// contract is an old copy.
func mergeTenants(relationships, contracts []CustomerTenant) []CustomerTenant {
	byID := map[string]CustomerTenant{}
	for _, tenant := range slices.Concat(relationships, contracts) {
		held, known := byID[tenant.ID]
		if !known {
			byID[tenant.ID] = tenant
			continue
		}
		if lastsLonger(tenant.Relationship, held.Relationship) {
			held.Relationship = tenant.Relationship
			held.Name = cmp.Or(tenant.Name, held.Name)
		}
		held.Name = cmp.Or(held.Name, tenant.Name)
		held.DefaultDomain = cmp.Or(held.DefaultDomain, tenant.DefaultDomain)
		byID[tenant.ID] = held
	}
	tenants := make([]CustomerTenant, 0, len(byID))
	for _, tenant := range byID {
		tenants = append(tenants, tenant)
	}
	slices.SortFunc(tenants, func(a, b CustomerTenant) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return tenants
}

// lastsLonger compares two relationships of a tenant: an active one wins, then the later end, then the longer extension.
func lastsLonger(a, b *Relationship) bool {
	if a == nil || b == nil {
		return false // a contract: those come after the relationships
	}
	if (a.Status == statusActive) != (b.Status == statusActive) {
		return a.Status == statusActive
	}
	return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.AutoExtend, b.AutoExtend), cmp.Compare(a.Name, b.Name)) > 0
}

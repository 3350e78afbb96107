// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// SubscribedSKU is a product that a tenant holds, Graph's subscribedSku (microsoft.md §1.1). Its numbers are seats, and nil when Graph
// does not give them.
type SubscribedSKU struct {
	AccountID        string // the tenant's id; empty when Graph gives the all-zero one (microsoft.md §1.1)
	SKUID            string // lower case; empty when Graph gives none
	PartNumber       string // empty when Graph gives none, but not both
	AppliesTo        string // User or Company
	CapabilityStatus string
	Enabled          *int32
	Warning          *int32
	Suspended        *int32
	LockedOut        *int32
	Consumed         *int32   // assigned to users; may exceed Enabled (microsoft.md §1.5)
	SubscriptionIDs  []string // the [Subscription.ID] of its purchases
}

// Subscription is one purchase of a SKU, Graph's companySubscription (microsoft.md §1.4).
type Subscription struct {
	ID                    string
	CommerceID            string
	SKUID                 string // lower case; empty when Graph gives none
	PartNumber            string
	Status                string    // empty when Graph gives none
	IsTrial               *bool     // nil when Graph does not say
	TotalLicenses         *int32    // nil when Graph does not say
	OwnerTenantID         string    // the partner tenant that made the purchase, lower case; empty when Graph gives none
	CreatedDateTime       time.Time // zero when not given
	NextLifecycleDateTime time.Time // zero when not given
}

// Licenses is what one tenant holds.
type Licenses struct {
	// TenantID is the tenant's GUID, in lower case. It is empty when neither the sign-in nor the SKUs show it.
	TenantID string
	SKUs     []SubscribedSKU
	// Subscriptions is nil and SubscriptionsErr says why when the tenant does not offer the list, or denies it to the application
	// (microsoft.md §1.4). A list that was read can be incomplete: compare it with [SubscribedSKU.SubscriptionIDs].
	Subscriptions    []Subscription
	SubscriptionsErr *TenantError
}

// Result is the outcome for one tenant: either Licenses or Err is nil.
type Result struct {
	Licenses *Licenses
	Err      *TenantError
}

// loadLicenses signs in to the tenant and reads its two lists at the same time. When both fail, the error is that of the SKUs, so that the
// same failure always has the same message.
func (c *Client) loadLicenses(ctx context.Context, tenant string) (*Licenses, *TenantError) {
	g, failed := c.openGraph(ctx, tenant, doingSKUs)
	if failed != nil {
		return nil, failed
	}
	licenses := &Licenses{}
	var noSKUs, noSubscriptions *TenantError
	var group sync.WaitGroup
	group.Go(func() { noSKUs = c.loadSKUs(ctx, g, tenant, licenses) })
	group.Go(func() { noSubscriptions = c.loadSubscriptions(ctx, g, tenant, licenses) })
	group.Wait()
	if failed := cmp.Or(noSKUs, noSubscriptions); failed != nil {
		return nil, failed
	}
	c.holdSession(tenant, g)
	return licenses, nil
}

func (c *Client) loadSKUs(ctx context.Context, g graph, tenant string, licenses *Licenses) *TenantError {
	skus, err := readSKUs(ctx, g)
	if err == nil {
		licenses.SKUs = skus
		licenses.TenantID, err = findTenantID(g.tenantID, skus)
	}
	if err != nil {
		return c.newGraphError(ctx, tenant, doingSKUs, err)
	}
	return nil
}

// loadSubscriptions returns no error when the tenant does not offer the list, or denies it: it keeps that in the licenses.
func (c *Client) loadSubscriptions(ctx context.Context, g graph, tenant string, licenses *Licenses) *TenantError {
	subscriptions, err := readSubscriptions(ctx, g)
	if err == nil {
		licenses.Subscriptions = subscriptions
		return nil
	}
	failed := c.newGraphError(ctx, tenant, doingSubscriptions, err)
	if !refusedByGraph(err, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusNotImplemented) {
		return failed
	}
	licenses.SubscriptionsErr = failed
	return nil
}

func listOfSKUs(query url.Values) collection[wireSKU, SubscribedSKU] {
	return collection[wireSKU, SubscribedSKU]{doingSKUs, "/v1.0/subscribedSkus", query, maxLicences, decodeSKU}
}

func listOfSubscriptions(query url.Values) collection[wireSubscription, Subscription] {
	return collection[wireSubscription, Subscription]{doingSubscriptions, "/v1.0/directory/subscriptions", query, maxLicences, decodeSubscription}
}

// readSKUs reads GET /v1.0/subscribedSkus, which takes no other option than $select (microsoft.md §1.3).
func readSKUs(ctx context.Context, g graph) ([]SubscribedSKU, error) {
	skus, err := readList(ctx, g, listOfSKUs(url.Values{"$select": {selectSKUs}}))
	if err != nil {
		return nil, err
	}
	return skus, checkRepeats(skus, func(sku SubscribedSKU) string { return sku.AccountID + "_" + cmp.Or(sku.SKUID, sku.PartNumber) })
}

// findTenantID returns the id of the tenant whose SKUs these are. They are refused when they belong to another tenant than the one
// that was signed in to, or to several, because another tenant's seats would be billed (microsoft.md §1.1).
func findTenantID(signedInTo string, skus []SubscribedSKU) (string, error) {
	id := signedInTo
	for _, sku := range skus {
		switch {
		case sku.AccountID == "" || sku.AccountID == id:
		case id == "":
			id = sku.AccountID
		case id == signedInTo:
			return "", fmt.Errorf("the answer has rows of another tenant: %s has the accountId %s, but the tenant is %s",
				cmp.Or(sku.PartNumber, sku.SKUID), sku.AccountID, id)
		default:
			return "", fmt.Errorf("the answer has rows of two tenants: the accountId %s, and for %s %s", id, cmp.Or(sku.PartNumber, sku.SKUID), sku.AccountID)
		}
	}
	return id, nil
}

// readSubscriptions reads GET /v1.0/directory/subscriptions (microsoft.md §1.4). That it takes $select is not documented for the list,
// so after a 400 it is asked once without.
func readSubscriptions(ctx context.Context, g graph) ([]Subscription, error) {
	subscriptions, err := readList(ctx, g, listOfSubscriptions(url.Values{"$select": {selectSubscriptions}}))
	if refusedByGraph(err, http.StatusBadRequest) {
		subscriptions, err = readList(ctx, g, listOfSubscriptions(nil))
	}
	if err != nil {
		return nil, err
	}
	return subscriptions, checkRepeats(subscriptions, func(subscription Subscription) string { return subscription.ID })
}

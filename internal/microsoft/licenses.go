package microsoft

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
)

// SubscribedSKU is a product that a tenant holds, Graph's subscribedSku (microsoft.md §1.1). Its numbers are seats. Warning,
// Suspended and LockedOut are 0 when an answer lacks them.
type SubscribedSKU struct {
	AccountID        string // the tenant's id; empty when Graph gives the all-zero one (microsoft.md §1.1)
	SKUID            string // lower case
	PartNumber       string
	AppliesTo        string // User or Company
	CapabilityStatus string
	Enabled          int64
	Warning          int64
	Suspended        int64
	LockedOut        int64
	Consumed         int64 // assigned to users; may exceed Enabled (microsoft.md §1.5)
}

// Subscription is one purchase of a SKU, Graph's companySubscription (microsoft.md §1.4).
type Subscription struct {
	ID                    string
	CommerceID            string
	SKUID                 string // lower case
	PartNumber            string
	Status                string
	IsTrial               bool
	TotalLicenses         int64
	OwnerTenantID         string    // the partner tenant that made the purchase, lower case; empty when Graph gives none
	CreatedDateTime       time.Time // zero when not given
	NextLifecycleDateTime time.Time // zero when not given
}

// Licenses is what one tenant holds.
type Licenses struct {
	SKUs []SubscribedSKU
	// Subscriptions is nil and SubscriptionsDenied true when the application lacks the permission Organization.Read.All
	// (microsoft.md §1.3).
	Subscriptions       []Subscription
	SubscriptionsDenied bool
}

// Result is the outcome for one tenant: either Licenses or Err is nil.
type Result struct {
	Licenses *Licenses
	Err      *TenantError
}

// ReadLicenses reads the tenants (GUIDs or domains), MaxConcurrentTenants at a time and each once per client, with
// GET /v1.0/subscribedSkus (microsoft.md §1.1) and GET /v1.0/directory/subscriptions (microsoft.md §1.4). The result has an
// entry for every tenant. It ends early only when ctx does.
func (c *Client) ReadLicenses(ctx context.Context, tenants []string) map[string]Result {
	work := progress.Begin(ctx, "reading tenants", "read", len(tenants))
	defer work.End()
	results := make([]Result, len(tenants))
	var group sync.WaitGroup
	for i, tenant := range tenants {
		if c.slots.Acquire(ctx, 1) != nil {
			results[i].Err = c.newInterruptedError(ctx, tenant, doingLicenses)
			continue
		}
		group.Go(func() {
			defer c.slots.Release(1)
			licenses, failed := readOnce(ctx, c, c.licenses, tenant, doingLicenses, c.loadLicenses)
			results[i] = Result{Licenses: licenses, Err: failed}
			work.Did()
		})
	}
	group.Wait()
	byTenant := make(map[string]Result, len(tenants))
	for i, tenant := range tenants {
		byTenant[tenant] = results[i]
	}
	return byTenant
}

// loadLicenses signs in to the tenant and reads its two lists at the same time.
func (c *Client) loadLicenses(ctx context.Context, tenant string) (*Licenses, *TenantError) {
	g, failed := c.openGraph(ctx, tenant, doingSKUs)
	if failed != nil {
		return nil, failed
	}
	licenses := &Licenses{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		skus, err := readSKUs(groupCtx, g)
		if err != nil {
			return c.newGraphError(ctx, tenant, doingSKUs, err)
		}
		licenses.SKUs = skus
		return nil
	})
	group.Go(func() error {
		subscriptions, err := readSubscriptions(groupCtx, g)
		if refusedByGraph(err, http.StatusForbidden) {
			licenses.SubscriptionsDenied = true
			return nil
		}
		if err != nil {
			return c.newGraphError(ctx, tenant, doingSubscriptions, err)
		}
		licenses.Subscriptions = subscriptions
		return nil
	})
	if err := group.Wait(); err != nil {
		errors.As(err, &failed)
		return nil, failed
	}
	return licenses, nil
}

// readSKUs reads GET /v1.0/subscribedSkus, which takes no other option than $select (microsoft.md §1.3).
func readSKUs(ctx context.Context, g graph) ([]SubscribedSKU, error) {
	skus, err := readList(ctx, g, doingSKUs, "/v1.0/subscribedSkus", url.Values{"$select": {selectSKUs}}, decodeSKUs)
	if err != nil {
		return nil, err
	}
	return skus, checkRepeats(skus, func(sku SubscribedSKU) string { return sku.AccountID + "_" + sku.SKUID })
}

// readSubscriptions reads GET /v1.0/directory/subscriptions (microsoft.md §1.4).
func readSubscriptions(ctx context.Context, g graph) ([]Subscription, error) {
	subscriptions, err := readList(ctx, g, doingSubscriptions, "/v1.0/directory/subscriptions",
		url.Values{"$select": {selectSubscriptions}}, decodeSubscriptions)
	if err != nil {
		return nil, err
	}
	return subscriptions, checkRepeats(subscriptions, func(subscription Subscription) string { return subscription.ID })
}

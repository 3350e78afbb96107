package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// maxPages ends a list that links to itself. Tenants hold tens of SKUs and partners thousands of customers; no real licence list
// was ever seen to page.
const maxPages = 100

// What is read of each collection. serviceStatus and servicePlans are long and not needed.
const (
	selectSKUs          = "accountId,skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits"
	selectSubscriptions = "id,commerceSubscriptionId,createdDateTime,isTrial,nextLifecycleDateTime,ownerTenantId,skuId,skuPartNumber,status,totalLicenses"
)

const (
	doingSKUs          = "read subscribedSkus"
	doingSubscriptions = "read directory/subscriptions"
	doingRelationships = "read tenantRelationships/delegatedAdminRelationships"
	doingContracts     = "read contracts"
)

// permissions are the application permissions that each read needs, as Microsoft's permissions reference lists them.
var permissions = map[string]string{
	doingSKUs:          "Organization.Read.All",
	doingSubscriptions: "Organization.Read.All",
	doingRelationships: "DelegatedAdminRelationship.Read.All, or Directory.Read.All for the contracts instead",
}

// graph reads one tenant with one token.
type graph struct {
	client *rest.Client
	origin string // scheme and host: the only place the token may go to
}

// openGraph signs in to the tenant.
func (c *Client) openGraph(ctx context.Context, tenant, doing string) (graph, *TenantError) {
	token, failed := c.signIn(ctx, tenant)
	if failed != nil {
		return graph{}, failed
	}
	client, err := rest.New(rest.Config{
		System:    "Microsoft Graph",
		BaseURL:   c.environment.graph,
		Transport: c.options.Transport,
		UserAgent: c.options.UserAgent,
		Secrets:   append(c.options.secrets(), token),
		Authorize: bearer(token),
		MinWait:   c.waits.first,
		MaxWait:   c.waits.longest,
		Timeout:   c.waits.attempt,
	})
	if err != nil {
		return graph{}, c.graphError(ctx, tenant, doing, err)
	}
	return graph{client: client, origin: c.environment.graph}, nil
}

// readTenant signs in to the tenant and reads its two lists side by side.
func (c *Client) readTenant(ctx context.Context, tenant string) (*Licenses, *TenantError) {
	g, failed := c.openGraph(ctx, tenant, doingSKUs)
	if failed != nil {
		return nil, failed
	}
	licenses := &Licenses{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		skus, err := readList(groupCtx, g, doingSKUs, "/v1.0/subscribedSkus", url.Values{"$select": {selectSKUs}}, skusOf)
		if err == nil {
			err = checkRepeats(skus, func(sku SubscribedSKU) string { return sku.AccountID + "_" + sku.SKUID })
		}
		if err != nil {
			return c.graphError(ctx, tenant, doingSKUs, err)
		}
		licenses.SKUs = skus
		return nil
	})
	group.Go(func() error {
		subscriptions, err := readList(groupCtx, g, doingSubscriptions, "/v1.0/directory/subscriptions",
			url.Values{"$select": {selectSubscriptions}}, subscriptionsOf)
		if refusedByGraph(err, http.StatusForbidden) {
			licenses.SubscriptionsDenied = true
			return nil
		}
		if err == nil {
			err = checkRepeats(subscriptions, func(subscription Subscription) string { return subscription.ID })
		}
		if err != nil {
			return c.graphError(ctx, tenant, doingSubscriptions, err)
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

// refusedByGraph says whether Graph itself answered with that status. A page of something in between says nothing about permissions.
func refusedByGraph(err error, status int) bool {
	failed := (*rest.Error)(nil)
	return errors.As(err, &failed) && failed.Status == status && failed.JSON
}

// readList reads all pages of a collection. A page's entries are W as Graph writes them, and T as understood.
func readList[W, T any](ctx context.Context, g graph, doing, path string, query url.Values, understand func(page[W]) ([]T, error)) ([]T, error) {
	all := []T{}
	for range maxPages {
		response, err := g.client.Do(ctx, rest.Request{Doing: doing, Method: http.MethodGet, Path: path, Query: query})
		if err != nil {
			return nil, err
		}
		var answered page[W]
		if err := response.Decode(&answered); err != nil {
			return nil, err
		}
		items, err := understand(answered)
		if err != nil {
			return nil, response.Unusable(err)
		}
		all = append(all, items...)
		if answered.NextLink == "" {
			return all, nil
		}
		if path, query, err = g.follow(answered.NextLink); err != nil {
			return nil, response.Unusable(err)
		}
	}
	return nil, fmt.Errorf("the list of Microsoft Graph has more than %d pages", maxPages)
}

// follow takes a link to the next page apart, if it leads to the Graph that the token is for.
func (g graph) follow(link string) (string, url.Values, error) {
	address, err := url.Parse(link)
	if err != nil {
		return "", nil, errors.New("its link to the next page is no address")
	}
	if !strings.EqualFold(address.Scheme+"://"+address.Host, g.origin) || address.User != nil {
		return "", nil, fmt.Errorf("its link to the next page leads to %q, where the token must not go", address.Scheme+"://"+address.Host)
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return "", nil, errors.New("its link to the next page has a query that cannot be read")
	}
	return address.EscapedPath(), query, nil
}

// checkRepeats refuses a list that holds the same entry twice, as overlapping pages would: it would be counted twice. Entries
// without a key are not compared.
func checkRepeats[T any](items []T, key func(T) string) error {
	seen := map[string]bool{}
	for _, item := range items {
		k := key(item)
		if k != "" && seen[k] {
			return fmt.Errorf("the list of Microsoft Graph has %s twice", k)
		}
		seen[k] = true
	}
	return nil
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// maxPages ends a list that links to itself. Tenants hold tens of SKUs and partners thousands of customers, and no licence list
// has been seen to page (microsoft.md §1.3).
const maxPages = 100

// The properties that are read of each collection. They leave out serviceStatus and servicePlans, which are long (microsoft.md §1.4).
const (
	selectSKUs          = "accountId,skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits,subscriptionIds"
	selectSubscriptions = "id,commerceSubscriptionId,createdDateTime,isTrial,nextLifecycleDateTime,ownerTenantId,skuId," +
		"skuPartNumber,status,totalLicenses"
	selectRelationships = "displayName,customer,status,endDateTime,autoExtendDuration"
	selectContracts     = "customerId,defaultDomainName,displayName"
)

// What error messages say was being done.
const (
	doingLicenses      = "read licences"
	doingCustomers     = "read customers"
	doingSKUs          = "read subscribedSkus"
	doingSubscriptions = "read directory/subscriptions"
	doingRelationships = "read tenantRelationships/delegatedAdminRelationships"
	doingContracts     = "read contracts"
)

// permissions are the application permissions that each read needs (microsoft.md §1.3).
var permissions = map[string]string{
	doingSKUs:          "Organization.Read.All",
	doingSubscriptions: "Organization.Read.All",
	doingUsers:         "User.Read.All",
	doingOrganization:  "Organization.Read.All",
	doingRelationships: "DelegatedAdminRelationship.Read.All, or Directory.Read.All for the contracts instead",
}

// graph is a signed-in connection to Graph for one tenant.
type graph struct {
	client   *rest.Client
	origin   string // scheme and host, the only place that may get the token
	tenantID string // GUID of the tenant that issued the token; empty when the sign-in did not show it
}

// openGraph signs in to the tenant, unless a read with a sign-in of a moment ago has worked, and returns the connection.
func (c *Client) openGraph(ctx context.Context, tenant, doing string) (graph, *TenantError) {
	if held, found := c.heldSession(tenant); found {
		return held, nil
	}
	token, tenantID, failed := c.signIn(ctx, tenant)
	if failed != nil {
		return graph{}, failed
	}
	maxWait := c.timeouts.maxWait
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = min(maxWait, time.Until(deadline)) // a longer wait would be in vain
	}
	client, err := rest.New(rest.Config{
		System:    System,
		BaseURL:   c.environment.graph,
		Transport: c.options.Transport,
		UserAgent: c.options.UserAgent,
		Secrets:   []string{token},
		Masker:    c.masker,
		Authorize: authorizeWithToken(token),
		MinWait:   c.timeouts.firstWait,
		MaxWait:   maxWait,
		Timeout:   c.timeouts.attempt,
		MaxBody:   maxPageBytes,
	})
	if err != nil {
		return graph{}, c.newGraphError(ctx, tenant, doing, err)
	}
	return graph{client: client, origin: c.environment.graph, tenantID: tenantID}, nil
}

// refusedByGraph reports whether Graph itself answered with one of the statuses. A proxy's page says nothing about permissions.
func refusedByGraph(err error, statuses ...int) bool {
	failed := (*rest.Error)(nil)
	return errors.As(err, &failed) && slices.Contains(statuses, failed.Status) && failed.JSON
}

// The most bytes of a page and rows of a list. A tenant has tens of SKUs, of which Microsoft's table lists some 600; one row without $select
// has up to 20 KB. A partner has thousands of customers, and relationships that have ended stay in the list.
const (
	maxPageBytes  = 4 << 20
	maxLicences   = 2_000
	maxCustomers  = 50_000
	maxTextLength = 256 // of an id, a part number, or a name of a customer
)

// collection says how to read one list.
type collection[W, T any] struct {
	doing, path string
	query       url.Values
	maxRows     int
	// decode checks and converts row number i. It reports whether the row belongs into the list.
	decode func(i int, row W) (T, bool, error)
}

// readList reads all pages of a collection: it follows @odata.nextLink until there is none (microsoft.md §1.3).
func readList[W, T any](ctx context.Context, g graph, from collection[W, T]) ([]T, error) {
	all := []T{}
	path, query, rows := from.path, from.query, 0
	for range maxPages {
		var page []T
		before := rows
		response, err := g.client.DoList(ctx, rest.Request{Doing: from.doing, Method: http.MethodGet, Path: path, Query: query}, rest.List{
			Field:   "value",
			MaxRows: from.maxRows,
			Begin:   func() { page, rows = nil, before },
			Row: func(row []byte) error {
				var wire W
				if err := rest.DecodeRow(row, &wire); err != nil {
					return err
				}
				if rows++; rows > from.maxRows {
					return fmt.Errorf("with this page the list has more than %d rows", from.maxRows)
				}
				item, belongs, err := from.decode(rows-before-1, wire)
				if belongs {
					page = append(page, item)
				}
				return err
			},
		})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		next, err := response.TextField("@odata.nextLink")
		if err != nil {
			return nil, err
		}
		if next == "" {
			return all, nil
		}
		if path, query, err = g.parseNextLink(next); err != nil {
			return nil, response.Unusable(err)
		}
	}
	return nil, fmt.Errorf("the list of Microsoft Graph has more than %d pages", maxPages)
}

// checkTexts refuses a row that has a text of excessive length, because texts are kept.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxTextLength {
			return fmt.Errorf("a text in it is longer than %d bytes", maxTextLength)
		}
	}
	return nil
}

// parseNextLink returns the path and the query of a link to the next page. It refuses a link to another host, because that host
// would get the token (microsoft.md §1.3).
func (g graph) parseNextLink(link string) (string, url.Values, error) {
	address, err := url.Parse(link)
	if err != nil {
		return "", nil, errors.New("its link to the next page is not an address")
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

// checkRepeats refuses a list that has the same entry twice, because its seats would be counted twice. Entries without a key are
// not compared.
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

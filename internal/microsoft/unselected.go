// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// sessionTime is how long a sign-in is used again. Tokens live longer.
const sessionTime = 5 * time.Minute

// mostSessions is how many sign-ins are held for [Client.ReadUnselected], which reads one of the first tenants again. Each has a token, and an
// estate may have thousands of tenants.
const mostSessions = 16

// session is the connection of a sign-in.
type session struct {
	graph graph
	until time.Time
}

// heldSession returns the connection with which a tenant was read a moment ago.
func (c *Client) heldSession(tenant string) (graph, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held, found := c.sessions[strings.ToLower(tenant)]
	return held.graph, found && time.Now().Before(held.until)
}

func (c *Client) holdSession(tenant string, connection graph) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.sessions, func(_ string, held session) bool { return time.Now().After(held.until) })
	if len(c.sessions) >= mostSessions {
		return
	}
	c.sessions[strings.ToLower(tenant)] = session{connection, time.Now().Add(sessionTime)}
}

// ReadUnselected reads the two lists of [Client.ReadLicenses] without $select, for a comparison with what that returned. It asks for the
// SKUs with $top, which is not documented, and again without when that is refused (microsoft.md §1.3). Every call reads anew, with the
// sign-in of a read just before.
func (c *Client) ReadUnselected(ctx context.Context, tenant string) (*Licenses, *TenantError) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeouts.tenant, &timeoutError{"it", c.timeouts.tenant})
	defer cancel()
	g, failed := c.openGraph(ctx, tenant, doingSKUs)
	if failed != nil {
		return nil, failed
	}
	skus, err := readList(ctx, g, listOfSKUs(url.Values{"$top": {"999"}}))
	if refusedByGraph(err, http.StatusBadRequest) {
		skus, err = readList(ctx, g, listOfSKUs(nil))
	}
	if err != nil {
		return nil, c.newGraphError(ctx, tenant, doingSKUs, err)
	}
	subscriptions, err := readList(ctx, g, listOfSubscriptions(nil))
	if err != nil {
		return nil, c.newGraphError(ctx, tenant, doingSubscriptions, err)
	}
	return &Licenses{TenantID: g.tenantID, SKUs: skus, Subscriptions: subscriptions}, nil
}

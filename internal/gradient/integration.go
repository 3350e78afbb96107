// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Status is the state of an integration, as Gradient writes it.
type Status string

// The states of an integration (gradient.md §4.1). Gradient itself sets active, at the first count that it accepts
// (gradient.md §7.1).
const (
	StatusInactive Status = "inactive"
	StatusPending  Status = "pending"
	StatusActive   Status = "active"
)

// Integration is what connects one partner's organisation with one vendor (gradient.md §3.7).
type Integration struct {
	ID               string
	OrganizationID   string
	OrganizationName string
	VendorID         string
	VendorName       string
	Status           Status
	// LastSyncedAt is zero when the integration never synced. The API then says 1900 (gradient.md §3.7).
	LastSyncedAt time.Time
}

// Integration returns the integration that the keys belong to. It is read once per client, with GET /organization
// (gradient.md §3.7).
func (c *Client) Integration(ctx context.Context) (Integration, error) { return c.integration.Get(ctx) }

func (c *Client) readIntegration(ctx context.Context) (Integration, error) {
	request := rest.Request{Doing: "read the integration", Method: http.MethodGet, Path: "/organization"}
	return send(ctx, c, request, decodeIntegration)
}

// SetStatus sets the status of the integration and returns the integration as Gradient answers it, with
// PATCH /organization/status/{status} (gradient.md §3.8). After an unclear outcome it reads the integration again.
//
// It does not look at the present status. Callers must not lower an active integration (gradient.md §7.1).
func (c *Client) SetStatus(ctx context.Context, status Status) (Integration, error) {
	integration, err := send(ctx, c, rest.Request{
		Doing:      "set the integration's status to " + string(status),
		Method:     http.MethodPatch,
		Path:       "/organization/status/" + url.PathEscape(string(status)),
		Repeatable: true,
	}, decodeWrappedIntegration)
	if err != nil {
		return c.confirmStatus(ctx, status, err)
	}
	c.integration.Update(func(Integration) Integration { return integration })
	return integration, nil
}

// confirmStatus reads the integration after a change of unclear outcome. It returns err unless the status is set.
func (c *Client) confirmStatus(ctx context.Context, status Status, err error) (Integration, error) {
	if !rest.Ambiguous(err) {
		return Integration{}, err
	}
	c.integration.Forget()
	if ctx.Err() != nil {
		return Integration{}, err
	}
	integration, readErr := c.integration.Get(ctx)
	if readErr != nil || integration.Status != status {
		return Integration{}, err
	}
	return integration, nil
}

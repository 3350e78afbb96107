package gradient

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Status of an integration, as Gradient writes it.
type Status string

// The states that an integration can have now. Gradient makes it active itself, with the first count that it accepts.
const (
	StatusInactive Status = "inactive"
	StatusPending  Status = "pending"
	StatusActive   Status = "active"
)

// Integration is the partner's side of a custom integration.
type Integration struct {
	ID               string
	OrganizationID   string
	OrganizationName string
	VendorID         string
	VendorName       string
	Status           Status
	// LastSyncedAt is zero when the integration never synced: the API says 1900 then.
	LastSyncedAt time.Time
}

// Integration returns the integration that the partner key belongs to (shared read).
func (c *Client) Integration(ctx context.Context) (Integration, error) { return c.integration.Get(ctx) }

func (c *Client) readIntegration(ctx context.Context) (Integration, error) {
	request := rest.Request{Doing: "read the integration", Method: http.MethodGet, Path: "/organization"}
	return ask(ctx, c, request, decodeIntegration)
}

// SetStatus moves the integration to a status and returns what Gradient made of it. After an unclear outcome it reads the
// integration again.
func (c *Client) SetStatus(ctx context.Context, status Status) (Integration, error) {
	integration, err := ask(ctx, c, rest.Request{
		Doing:      "set the integration's status to " + string(status),
		Method:     http.MethodPatch,
		Path:       "/organization/status/" + url.PathEscape(string(status)),
		Repeatable: true,
	}, decodeWrappedIntegration)
	if err != nil {
		return c.setAfterAll(ctx, status, err)
	}
	c.integration.Update(func(Integration) Integration { return integration })
	return integration, nil
}

// setAfterAll looks whether a change of unclear outcome was carried out.
func (c *Client) setAfterAll(ctx context.Context, status Status, err error) (Integration, error) {
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// ErrNotMapped is returned for a unit count that Gradient answered with 404 and did not store, because the account or the
// service is not mapped in Gradient (gradient.md §3.6, gradient.md §7.6).
var ErrNotMapped = errors.New("account or service is not mapped")

// SetUnitCount sets how many units of a service an account has, with POST /service/{serviceId}/count (gradient.md §3.6).
// The number is absolute, so the request may be repeated (gradient.md §7.6). Nil means that Gradient has accepted the count. Any
// other answer of a success, an HTML page for example, gives an [*rest.Error] that is ambiguous.
//
// A 404 gives an error that wraps [ErrNotMapped] and the [*rest.Error], unless it says that the route or the vendor is
// unknown.
func (c *Client) SetUnitCount(ctx context.Context, serviceID, accountID string, units int64) error {
	service, err := escapeID(serviceID)
	if err != nil {
		return err
	}
	if accountID == "" || units < 0 {
		return fmt.Errorf("%d units cannot be set for account %q: give an account id and a number from 0 up", units, accountID)
	}
	response, err := c.rest.Do(ctx, rest.Request{
		Doing:      fmt.Sprintf("set the unit count of account %q", accountID),
		Method:     http.MethodPost,
		Path:       "/service/" + service + "/count",
		Repeatable: true,
		Body:       wireUnitCount{AccountID: accountID, UnitCount: units},
	})
	if isNotMapped(err) {
		return fmt.Errorf("%w: %w", ErrNotMapped, err)
	}
	if err != nil {
		return err
	}
	if response.Status != http.StatusCreated {
		return response.Unusable(errors.New("only 201 Created says that a count was accepted"))
	}
	if len(bytes.TrimSpace(response.Body)) == 0 {
		return nil // the status is documented, the exact body is not known
	}
	var answer json.RawMessage
	if err := response.Decode(&answer); err != nil {
		return err
	}
	if err := checkAccepted(answer, accountID, units); err != nil {
		return response.Unusable(err)
	}
	return nil
}

// unknownRoute is what the framework of the API says of a route that it does not have: the base URL is wrong. Nothing else that begins
// with "Cannot" means that, because the text about a service that is not mapped is unknown (gradient.md §5, gradient.md §12).
var unknownRoute = regexp.MustCompile(`^Cannot (GET|POST|PATCH|PUT|DELETE) /`)

// isNotMapped reports whether the error is the 404 of an unmapped pair. A 404 about the address has no JSON, because another server
// answered, or is about an [unknownRoute]; one about the vendor key says "Vendor Profile Not Found" (gradient.md §5).
func isNotMapped(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound || !e.JSON {
		return false
	}
	return !unknownRoute.MatchString(e.Message) && !strings.Contains(strings.ToLower(e.Message), "vendor profile not found")
}

package gradient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// ErrNotMapped marks a unit count that Gradient answered with 404: it keeps no number for an account or service that
// nobody mapped.
var ErrNotMapped = errors.New("account or service is not mapped")

// SetUnitCount sets the number of units of a service that an account has. noBuild spares the billing view a rebuild.
// A 404 gives an error that wraps ErrNotMapped and the *rest.Error, unless it says that the route or the vendor is
// unknown. The number is absolute, so sending it twice does no harm.
func (c *Client) SetUnitCount(ctx context.Context, serviceID, accountID string, units int64, noBuild bool) error {
	service, err := segment(serviceID)
	if err != nil {
		return err
	}
	if accountID == "" || units < 0 {
		return fmt.Errorf("%d units of account %q are no unit count", units, accountID)
	}
	request := rest.Request{
		Doing:      fmt.Sprintf("set the unit count of account %q", accountID),
		Method:     http.MethodPost,
		Path:       "/service/" + service + "/count",
		Repeatable: true,
		Body: struct {
			AccountID string `json:"accountId"`
			UnitCount int64  `json:"unitCount"`
		}{accountID, units},
	}
	if noBuild {
		request.Query = url.Values{"no_build": {"true"}}
	}
	response, err := c.rest.Do(ctx, request)
	if isNotMapped(err) {
		return fmt.Errorf("%w: %w", ErrNotMapped, err)
	}
	if err != nil {
		return err
	}
	if response.Status == http.StatusCreated && len(response.Body) == 0 {
		return nil // it says all that is needed
	}
	var answer json.RawMessage
	if err := response.Decode(&answer); err != nil {
		return err
	}
	if err := checkAccepted(answer); err != nil {
		return response.Unusable(err)
	}
	return nil
}

// isNotMapped tells the 404 about a pair from the 404 about the address: that has no JSON (another server answers),
// NestJS's "Cannot POST /…" (the base URL is wrong), or speaks of the vendor (the vendor key is).
func isNotMapped(err error) bool {
	var e *rest.Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound || !e.JSON {
		return false
	}
	message := strings.ToLower(e.Message)
	return !strings.HasPrefix(message, "cannot ") && !strings.Contains(message, "vendor profile not found")
}

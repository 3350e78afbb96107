package gradient

import (
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of Gradient in a [rest.Error].
const System = "Gradient"

// BaseURLSetting names the setting of [Options.BaseURL] in messages.
const BaseURLSetting = "gradient.base_url (environment variable GRADIENT_BASE_URL)"

// NextStep returns what the user can do about an error of the API (gradient.md §5), or "" for an error that is not special to
// Gradient.
func NextStep(err *rest.Error) string {
	switch err.Status {
	case http.StatusUnauthorized: // gradient.md §7.2
		return "Gradient no longer accepts the partner API key: it was regenerated, or the integration was disconnected in Gradient. " +
			"Generate a new key on the integration's card in Gradient, and set gradient.partner_api_key (environment variable " +
			"GRADIENT_PARTNER_API_KEY). When an integration is disconnected, Gradient deletes its accounts. Once it is connected again, " +
			"the plan shows what will be created and pushed again."
	case http.StatusForbidden:
		return "Gradient answers 403 when it sees an anomaly in how its API is used. Do not run this again before you talk to " +
			"Gradient's support."
	case http.StatusNotFound:
		if strings.Contains(strings.ToLower(err.Message), "vendor profile") {
			return "Gradient knows no vendor with this vendor API key. Check gradient.vendor_api_key (environment variable " +
				"GRADIENT_VENDOR_API_KEY). A custom integration has its own key, which you create with Generate API Tokens."
		}
	case http.StatusTooManyRequests: // gradient.md §6
		return "Gradient allows 100 requests a second; other programs may use a part of that. Lower gradient.requests_per_second " +
			"(environment variable GRADIENT_REQUESTS_PER_SECOND), and try again later."
	}
	return ""
}

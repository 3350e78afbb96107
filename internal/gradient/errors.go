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

// NextStep returns what the user can do about an error of the API (gradient.md §5). It is empty for an error that is not
// special to Gradient.
func NextStep(err *rest.Error) string {
	switch err.Status {
	case http.StatusUnauthorized: // gradient.md §7.2
		return "Gradient does not accept the partner API key any more: it was regenerated, or the integration was disconnected in " +
			"Gradient. Make a new key on the integration's card in Gradient and set gradient.partner_api_key (environment variable " +
			"GRADIENT_PARTNER_API_KEY). After a disconnect Gradient has deleted the integration's accounts; once it is connected " +
			"again, the plan shows what will be created and pushed again."
	case http.StatusForbidden:
		return "Gradient answers 403 when it sees an anomaly in how its API is used. Do not run this again before you talk to " +
			"Gradient's support."
	case http.StatusNotFound:
		if strings.Contains(strings.ToLower(err.Message), "vendor profile") {
			return "Gradient knows no vendor for the vendor API key. Check gradient.vendor_api_key (environment variable " +
				"GRADIENT_VENDOR_API_KEY): a custom integration has its own, made with Generate API Tokens."
		}
	case http.StatusTooManyRequests: // gradient.md §6
		return "Gradient allows 100 requests a second from all callers together, and kept refusing after the waits. Lower " +
			"gradient.requests_per_second (environment variable GRADIENT_REQUESTS_PER_SECOND) and try again."
	}
	return ""
}

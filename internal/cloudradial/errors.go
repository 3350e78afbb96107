package cloudradial

import (
	"net/http"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of CloudRadial in a [rest.Error].
const System = "CloudRadial"

// BaseURLSetting names the setting of [Options.BaseURL] in messages.
const BaseURLSetting = "base_url (environment variable CLOUDRADIAL_BASE_URL)"

// NextStep returns what the user can do about an error of the API (cloudradial.md §1, cloudradial.md §5.2). It is empty for an
// error that is not special to CloudRadial.
func NextStep(err *rest.Error) string {
	switch err.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "CloudRadial refuses wrong keys, keys that may not read this, and keys of another region. Check public_key " +
			"(environment variable CLOUDRADIAL_PUBLIC_KEY) and private_key (CLOUDRADIAL_PRIVATE_KEY), and that base_url " +
			"(CLOUDRADIAL_BASE_URL) is your region's, for example https://api.us.cloudradial.com or https://api.eu.cloudradial.com."
	case http.StatusNotFound:
		return "The API of another region answers 404, too. Check that base_url (environment variable CLOUDRADIAL_BASE_URL) is " +
			"your region's, for example https://api.us.cloudradial.com or https://api.eu.cloudradial.com."
	}
	return ""
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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
	case http.StatusUnauthorized: // gradient.md §2, gradient.md §7.2
		return unauthorizedStep
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

// unauthorizedStep begins with what is likeliest and changes nothing. A new key comes last, because it breaks what still works.
const unauthorizedStep = "Gradient does not accept these two keys together. White space around them was removed before they were sent. Check, in " +
	"this order:\n\n" +
	"  1. Are the keys swapped? gradient.vendor_api_key (environment variable GRADIENT_VENDOR_API_KEY) is the one of Generate API Tokens, " +
	"gradient.partner_api_key (environment variable GRADIENT_PARTNER_API_KEY) the one that the integration's card shows once.\n" +
	"  2. Are both of the same integration? A key of another integration, or of a test, does not fit.\n" +
	"  3. Is each key whole? A key that was copied in part looks valid.\n" +
	"  4. Does the environment have an older key than the one you mean? The provider block comes before the environment.\n" +
	"  5. If the keys have worked before: the partner key is no longer valid, because it was regenerated, or the integration was disconnected in " +
	"Gradient. Use the newest key. When an integration is disconnected, Gradient deletes its accounts. Once it is connected again, the plan shows " +
	"what will be created and pushed again.\n\n" +
	"Only if nothing of this helps, generate a new partner key on the integration's card. Gradient then refuses the old one at once, so everything " +
	"else that uses it, for example another runner or script, stops until it has the new key."

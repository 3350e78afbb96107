// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package autotask

import (
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// BaseURLSetting names the setting of [Options.BaseURL] in messages.
const BaseURLSetting = "autotask.base_url (environment variable AUTOTASK_BASE_URL)"

// NextStep returns what the user can do about an error of the API. It is empty for an error that is not special to Autotask.
func NextStep(err *rest.Error) string {
	refused := err.Status == http.StatusUnauthorized || err.Status == http.StatusForbidden
	switch {
	case strings.HasSuffix(err.URL, "/zoneInformation") && err.Status >= 400: // what an unknown user gets is not documented (psa.md §3.1)
		return "Autotask finds the zone by the user name. Check autotask.username (environment variable AUTOTASK_USERNAME): it is the user name of an API " +
			"user, and looks like a mail address. If Autotask is down, try again later."
	case refused:
		return "Check autotask.username (environment variable AUTOTASK_USERNAME), autotask.secret (AUTOTASK_SECRET) and autotask.integration_code " +
			"(AUTOTASK_INTEGRATION_CODE), which is the API tracking identifier of the same API user. Its security level must be API-only, with the right to " +
			"view contracts and companies of all customers."
	case err.Status == http.StatusTooManyRequests:
		return "A database of Autotask takes 10,000 requests an hour from all its integrations together. Wait, and see in Autotask's own report of the API " +
			"which integration uses them up."
	}
	return ""
}

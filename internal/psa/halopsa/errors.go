// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package halopsa

import (
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// BaseURLSetting names the setting of [Options.BaseURL] in messages.
const BaseURLSetting = "halopsa.base_url (environment variable HALOPSA_BASE_URL)"

// NextStep returns what the user can do about an error of the API. It is empty for an error that is not special to HaloPSA.
func NextStep(err *rest.Error) string {
	switch {
	case strings.HasSuffix(err.URL, "/token") && err.Status >= 400 && err.Status < 500 && err.Status != http.StatusTooManyRequests:
		return "Check halopsa.client_id (environment variable HALOPSA_CLIENT_ID), halopsa.client_secret (HALOPSA_CLIENT_SECRET) and halopsa.tenant " +
			"(HALOPSA_TENANT). The application must use the method Client ID and Secret (Services), and its permissions must have those to read contracts, " +
			"invoices, items and customers. Where HaloPSA signs in on another host than its own address, halopsa.base_url must be an address that serves both."
	case err.Status == http.StatusUnauthorized || err.Status == http.StatusForbidden:
		return "The application signed in, but may not read this. Give it the permissions to read contracts, invoices, items and customers, and its agent a " +
			"role that sees all customers."
	}
	return ""
}

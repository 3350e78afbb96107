// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package connectwise

import (
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// BaseURLSetting names the setting of [Options.BaseURL] in messages.
const BaseURLSetting = "connectwise.base_url (environment variable CONNECTWISE_BASE_URL)"

// NextStep returns what the user can do about an error of the API. It is empty for an error that is not special to ConnectWise PSA.
func NextStep(err *rest.Error) string {
	switch {
	case err.Status == http.StatusNotFound && strings.HasSuffix(err.URL, "/finance/agreements"): // psa.md §2.1
		return "ConnectWise PSA answers 404 where it does not know the company or the keys. " + refusedKeysStep
	case err.Status == http.StatusUnauthorized:
		return refusedKeysStep
	case err.Status == http.StatusForbidden:
		return "The security role of the API member does not allow this. It needs Finance, Agreements: Inquire, and Procurement, Product Catalog: " +
			"Inquire, at the level All. It needs no right to add, edit or delete."
	}
	return ""
}

const refusedKeysStep = "Check, in this order:\n\n" +
	"  1. connectwise.base_url (environment variable CONNECTWISE_BASE_URL): the host of the API of your region begins with api-, for example " +
	"https://api-na.myconnectwise.net.\n" +
	"  2. connectwise.company (CONNECTWISE_COMPANY): what people type as company when they sign in.\n" +
	"  3. connectwise.public_key (CONNECTWISE_PUBLIC_KEY) and connectwise.private_key (CONNECTWISE_PRIVATE_KEY): both of the same API member, " +
	"which is still active.\n" +
	"  4. connectwise.client_id (CONNECTWISE_CLIENT_ID): the clientId of your own integration, from developer.connectwise.com."

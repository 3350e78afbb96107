// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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
	case http.StatusUnauthorized:
		return refusedKeysStep
	case http.StatusForbidden: // cloudradial.md §2
		return "A pair of keys that belongs to one company may not read or change anything else. " + refusedKeysStep
	case http.StatusNotFound:
		return "The API of another region answers 404, too. Check that base_url (environment variable CLOUDRADIAL_BASE_URL) is " +
			"your region's, for example https://api.us.cloudradial.com or https://api.eu.cloudradial.com."
	}
	return ""
}

// refusedKeysStep begins with what is likeliest. A new pair comes last, because other programs may use the old one.
const refusedKeysStep = "CloudRadial does not accept these keys here. White space around them was removed before they were sent. Check, in this " +
	"order:\n\n" +
	"  1. Are the keys swapped? private_key (environment variable CLOUDRADIAL_PRIVATE_KEY) is the one that the portal showed once, " +
	"public_key (environment variable CLOUDRADIAL_PUBLIC_KEY) the other.\n" +
	"  2. Is base_url (environment variable CLOUDRADIAL_BASE_URL) your region's? Keys of one region are unknown in the others. Examples are https://api.us.cloudradial.com " +
	"and https://api.eu.cloudradial.com.\n" +
	"  3. Are both of the same pair, and whole? A key that was copied in part looks valid.\n" +
	"  4. Is the pair one of API v2, and still in the portal's list?\n\n" +
	"Only if nothing of this helps, create a new pair, and delete the old one when nothing else uses it."

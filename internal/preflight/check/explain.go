// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// explain returns what happened and what to do about it.
func explain(err error) (detail, remedy string) {
	detail, remedy = tfdiag.Parts(err)
	if advice := adviceOnProxy(err); advice != "" {
		remedy = advice
	}
	return detail, remedy
}

// adviceOnProxy says what to do when a proxy failed or answered in place of the system. It is empty for every other error.
func adviceOnProxy(err error) string {
	if failed, found := errors.AsType[*rest.ProxyError](err); found {
		return failed.Advice()
	}
	if rest.Status(err) == http.StatusProxyAuthRequired {
		return "A proxy that the environment does not name asks for a user and a password. Ask whoever runs the network to let this machine through, or name " +
			"the proxy with both in the environment variable HTTPS_PROXY."
	}
	return ""
}

// refusesKey reports whether a system does not take the key. A 403 with a page comes from a firewall in front of it.
func refusesKey(err error) bool {
	failed, found := errors.AsType[*rest.Error](err)
	return found && (failed.Status == http.StatusUnauthorized || failed.Status == http.StatusForbidden && failed.JSON)
}

var varying = regexp.MustCompile(` \((?:(?:trace|request) id [^,)]+)?(?:, )?(?:\d+ attempts)?\)|\s*The request was sent \d+ times\.`)

// withoutIDs removes ids of requests and numbers of attempts, because they differ from run to run.
func withoutIDs(text string) string { return varying.ReplaceAllString(text, "") }

// isMissing reports whether an error says that settings are not given.
func isMissing(err error) bool {
	_, missing := errors.AsType[*tfdiag.MissingError](err)
	return missing
}

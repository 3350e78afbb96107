// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/autotask"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/connectwise"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/halopsa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const cancelledHint = "The run was cancelled. Apply again to finish what is left."

// advice is what a client knows about its own errors.
type advice struct {
	nextStep       func(*rest.Error) string // empty when the error is not special to the system
	baseURLSetting string
}

// adviceOf is by [rest.Error].System.
var adviceOf = map[string]advice{
	gradient.System:    {gradient.NextStep, gradient.BaseURLSetting},
	cloudradial.System: {cloudradial.NextStep, cloudradial.BaseURLSetting},
	autotask.System:    {autotask.NextStep, autotask.BaseURLSetting},
	connectwise.System: {connectwise.NextStep, connectwise.BaseURLSetting},
	halopsa.System:     {halopsa.NextStep, halopsa.BaseURLSetting},
}

// nextStep says what the user can do about a failed request.
func nextStep(e *rest.Error) string {
	if errors.Is(e.Err, context.Canceled) {
		return cancelledHint
	}
	known := ""
	if a, ok := adviceOf[e.System]; ok {
		known = a.nextStep(e)
	}
	refused := e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	switch {
	case notFromAPI(e) && refused && known != "": // what a refusal of the API looks like is not known (cloudradial.md §2)
		return "Either a proxy, a sign-in page or another server answered instead of the API: check " + baseURLSetting(e.System) + ". " +
			"Or the API itself answers with a page. " + known
	case notFromAPI(e):
		return "This is not the API's answer: a proxy, a sign-in page or another server answered instead. Check " + baseURLSetting(e.System) + "."
	case known != "":
		return known
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return "The rate limit of " + e.System + " is reached. Wait some minutes, or as long as its Retry-After says, and try again."
	case e.Status >= 500:
		return "The problem is on " + e.System + "'s side and usually passes. Try again later. If it persists, send the request and its " +
			"time to " + e.System + "'s support."
	case refused:
		return "Check the credentials of " + e.System + " and their permissions."
	case e.Status == http.StatusNotFound:
		return "Check " + baseURLSetting(e.System) + ", and that the requested object still exists."
	case e.Status == http.StatusConflict:
		return "An object with this id already exists. Run the plan again: it reads what exists now."
	case e.Status == 0:
		return unreachable(e)
	}
	return e.System + " refuses this request, so trying again will not help. Check the values in it."
}

// notFromAPI reports whether an HTML page, or an unusable success, came in place of the API's JSON.
func notFromAPI(e *rest.Error) bool {
	isPage := strings.Contains(strings.ToLower(e.Header.Get("Content-Type")), "text/html")
	return isPage && e.Status < 500 || e.Status >= 200 && e.Status < 400
}

func unreachable(e *rest.Error) string {
	if proxy := (*rest.ProxyError)(nil); errors.As(e.Err, &proxy) {
		return proxy.Advice()
	}
	var authority x509.UnknownAuthorityError
	if errors.As(e.Err, &authority) {
		return "Its certificate is not signed by an authority that this machine trusts. If a proxy inspects the traffic, set " +
			"ca_certificate_file (environment variable CLOUDRADIAL_CA_CERTIFICATE_FILE) to a file with the proxy's certificate."
	}
	return "Check " + baseURLSetting(e.System) + " and the network, and try again."
}

func baseURLSetting(system string) string {
	if known, ok := adviceOf[system]; ok {
		return known.baseURLSetting
	}
	return "the address of " + system + " in the provider block"
}

package check

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// explain returns what happened and what to do about it.
func explain(err error) (detail, remedy string) {
	if needsProxyPassword(err) {
		detail, _ = tfdiag.Parts(err)
		return detail, "A proxy asks for a user and a password. Put both into the address of the proxy, in the environment variable HTTPS_PROXY, or " +
			"take the host out of the proxy with NO_PROXY."
	}
	return tfdiag.Parts(err)
}

// needsProxyPassword reports whether a proxy answered 407 in place of the system. For https, net/http gives only the text of the status.
func needsProxyPassword(err error) bool {
	return rest.Status(err) == http.StatusProxyAuthRequired ||
		err != nil && strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// refusesKey reports whether a system does not take the key. A 403 with a page comes from a firewall in front of it.
func refusesKey(err error) bool {
	failed, found := errors.AsType[*rest.Error](err)
	return found && (failed.Status == http.StatusUnauthorized || failed.Status == http.StatusForbidden && failed.JSON)
}

var ids = regexp.MustCompile(`(?:trace|request) id [^,)]+(?:, )?`)

// withoutIDs removes ids of requests, because they differ in every run.
func withoutIDs(text string) string {
	return strings.ReplaceAll(ids.ReplaceAllString(text, ""), " ()", "")
}

// isMissing reports whether an error says that settings are not given.
func isMissing(err error) bool {
	_, missing := errors.AsType[*tfdiag.MissingError](err)
	return missing
}

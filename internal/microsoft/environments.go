// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Environments are the names of clouds that [Options] accept (microsoft.md §3.2).
var Environments = []string{"public", "global", "usgovernment", "usgovernmentl4", "usgovernmentl5", "dod", "china"}

// environment is a cloud of Microsoft (microsoft.md §3.2).
type environment struct {
	authority string // scheme and host of the sign-in
	graph     string // scheme and host of Graph
	// audience is what a federated assertion must be issued for.
	audience string
	// overridden is true when the authority is not one that Microsoft publishes. Instance discovery is off then.
	overridden bool
}

var (
	publicCloud = environment{
		authority: "https://login.microsoftonline.com",
		graph:     "https://graph.microsoft.com",
		audience:  "api://AzureADTokenExchange",
	}
	usGovernmentL4 = environment{
		authority: "https://login.microsoftonline.us",
		graph:     "https://graph.microsoft.us",
		audience:  "api://AzureADTokenExchangeUSGov",
	}
	usGovernmentL5 = environment{
		authority: "https://login.microsoftonline.us",
		graph:     "https://dod-graph.microsoft.us",
		audience:  "api://AzureADTokenExchangeUSGov",
	}
	china = environment{
		authority: "https://login.chinacloudapi.cn",
		graph:     "https://microsoftgraph.chinacloudapi.cn",
		audience:  "api://AzureADTokenExchangeChina",
	}
)

// signInHosts has the names of each cloud's sign-in service. The service uses one for another: China's answers as
// login.partner.microsoftonline.cn (microsoft.md §3.2).
var signInHosts = [][]string{
	{publicCloud.authority, "https://login.windows.net", "https://login.microsoft.com", "https://sts.windows.net"},
	{usGovernmentL4.authority, "https://login.usgovcloudapi.net"},
	{china.authority, "https://login.partner.microsoftonline.cn"},
}

// isSameSignIn reports whether both are the sign-in service of one cloud.
func isSameSignIn(one, other string) bool {
	return one == other || slices.ContainsFunc(signInHosts, func(hosts []string) bool {
		return slices.Contains(hosts, one) && slices.Contains(hosts, other)
	})
}

// newEnvironment returns the cloud of that name, DefaultEnvironment when empty, with the hosts that replace its own.
func newEnvironment(name, authorityHost, graphEndpoint string) (environment, error) {
	var env environment
	switch strings.ToLower(cmp.Or(name, DefaultEnvironment)) {
	case "public", "global":
		env = publicCloud
	case "usgovernment", "usgovernmentl4":
		env = usGovernmentL4
	case "usgovernmentl5", "dod":
		env = usGovernmentL5
	case "china":
		env = china
	default:
		return env, fmt.Errorf("environment %q is not one of %s", name, strings.Join(Environments, ", "))
	}
	if authorityHost != "" {
		origin, err := parseHTTPSOrigin(authorityHost)
		if err != nil {
			return env, fmt.Errorf("authority_host %w", err)
		}
		env.authority, env.overridden = origin, true
	}
	if graphEndpoint != "" {
		origin, err := parseHTTPSOrigin(graphEndpoint)
		if err != nil {
			return env, fmt.Errorf("msgraph_endpoint %w", err)
		}
		env.graph = origin
	}
	return env, nil
}

// parseHTTPSOrigin returns the scheme and host of an address that has nothing else. It must be https, because credentials go there.
// The error does not repeat the address, because it may have a password.
func parseHTTPSOrigin(raw string) (string, error) {
	address, err := url.Parse(raw)
	if err != nil || address.Host == "" {
		return "", errors.New("must be an address such as https://example.com")
	}
	if address.Scheme != "https" {
		return "", fmt.Errorf("must be https, not %q", address.Scheme)
	}
	if strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.Fragment != "" || address.User != nil {
		return "", errors.New("must be https:// and a host, without path, query or user")
	}
	return "https://" + strings.ToLower(address.Host), nil
}

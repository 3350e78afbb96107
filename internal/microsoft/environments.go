package microsoft

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Environments lists the accepted names of clouds.
var Environments = []string{"public", "global", "usgovernment", "usgovernmentl4", "usgovernmentl5", "dod", "china"}

// environment is where a cloud signs in and where its Graph is, as the Graph page on national clouds lists them.
type environment struct {
	authority string // scheme and host, like graph
	graph     string
	// audience is what a federated assertion must be issued for.
	audience string
	// overridden says that the authority is not one that Microsoft publishes.
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

// newEnvironment finds the cloud of that name, public when empty, and applies the overrides of its hosts.
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
		origin, err := httpsOrigin(authorityHost)
		if err != nil {
			return env, fmt.Errorf("authority_host %w", err)
		}
		env.authority, env.overridden = origin, true
	}
	if graphEndpoint != "" {
		origin, err := httpsOrigin(graphEndpoint)
		if err != nil {
			return env, fmt.Errorf("msgraph_endpoint %w", err)
		}
		env.graph = origin
	}
	return env, nil
}

// httpsOrigin returns the scheme and host of an address that has nothing else. Credentials go there, so it must be https. The
// address is not repeated in the error, for it may hold a password.
func httpsOrigin(raw string) (string, error) {
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

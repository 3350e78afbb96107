package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// assertionSource gets the token of another issuer that Entra accepts in place of a secret (microsoft.md §3.1). It is called for
// every tenant.
type assertionSource func(context.Context) (string, error)

// newAssertionSource returns the source that is configured. A request URL comes first, because it gives a new token for every
// tenant and a static token expires after minutes (microsoft.md §3.3).
func newAssertionSource(options Options, audience string, timeouts timeouts) (assertionSource, error) {
	if err := checkSameToken(options); err != nil {
		return nil, err
	}
	switch {
	case options.OIDCRequestURL != "" && options.OIDCRequestToken == "":
		return nil, errors.New("oidc_request_url is set without oidc_request_token")
	case options.OIDCRequestURL != "":
		return newRequestedSource(options, audience, timeouts)
	case options.OIDCTokenFilePath != "":
		return func(context.Context) (string, error) { return readTokenFile(options.OIDCTokenFilePath) }, nil
	case options.OIDCToken != "":
		return func(context.Context) (string, error) { return strings.TrimSpace(options.OIDCToken), nil }, nil
	}
	return nil, errors.New("use_oidc is set without a token: set oidc_request_url and oidc_request_token, oidc_token_file_path, or oidc_token")
}

// checkSameToken refuses a token and a token file that differ, as the azuread provider does (microsoft.md §3.3).
func checkSameToken(options Options) error {
	if options.OIDCToken == "" || options.OIDCTokenFilePath == "" {
		return nil
	}
	token, err := readTokenFile(options.OIDCTokenFilePath)
	if err != nil {
		return err
	}
	if token != strings.TrimSpace(options.OIDCToken) {
		return errors.New("oidc_token and oidc_token_file_path are both set, to different tokens")
	}
	return nil
}

// readTokenFile reads the file every time, because its writer replaces the token before it expires.
func readTokenFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("oidc_token_file_path cannot be read: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", errors.New("oidc_token_file_path is an empty file")
	}
	return token, nil
}

// newRequestedSource returns a source that requests tokens from the CI system, as GitHub Actions provides them (microsoft.md §3.3).
func newRequestedSource(options Options, audience string, timeouts timeouts) (assertionSource, error) {
	address, err := url.Parse(options.OIDCRequestURL)
	if err != nil || address.Scheme != "https" || address.Host == "" || address.User != nil {
		return nil, errors.New("oidc_request_url must be an https address")
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return nil, errors.New("oidc_request_url has a query that cannot be read")
	}
	query.Set("audience", audience)
	client, err := rest.New(rest.Config{
		System:    "the OIDC token endpoint of oidc_request_url",
		BaseURL:   "https://" + address.Host,
		Transport: options.Transport,
		UserAgent: options.UserAgent,
		Secrets:   options.secrets(),
		Masker:    options.Masker,
		Authorize: authorizeWithToken(options.OIDCRequestToken),
		MinWait:   timeouts.firstWait,
		MaxWait:   timeouts.maxWait,
		Timeout:   timeouts.attempt,
	})
	if err != nil {
		return nil, fmt.Errorf("oidc_request_url: %w", err)
	}
	return func(ctx context.Context) (string, error) {
		response, err := client.Do(ctx, rest.Request{
			Doing:  "request an OIDC token",
			Method: http.MethodGet,
			Path:   address.EscapedPath(),
			Query:  query,
		})
		if err != nil {
			return "", err
		}
		var answer wireOIDCToken
		// The error of the decoder is not shown, because it could quote the token.
		if json.Unmarshal(response.Body, &answer) != nil || answer.Value == "" {
			return "", errors.New("the OIDC token endpoint of oidc_request_url answered without a token in \"value\"")
		}
		return answer.Value, nil
	}, nil
}

// wireOIDCToken is the answer to a request for an OIDC token (microsoft.md §3.3).
type wireOIDCToken struct {
	Value string `json:"value"`
}

// authorizeWithToken returns a function that adds the bearer token to a request.
func authorizeWithToken(token string) func(*http.Request) error {
	return func(request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

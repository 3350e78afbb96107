// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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
		return nil, fmt.Errorf("%s is set without %s", options.name("oidc_request_url"), options.name("oidc_request_token"))
	case options.OIDCRequestURL != "":
		return newRequestedSource(options, audience, timeouts)
	case options.OIDCTokenFilePath != "":
		return func(context.Context) (string, error) { return readTokenFile(options) }, nil
	case options.OIDCToken != "":
		return func(context.Context) (string, error) { return strings.TrimSpace(options.OIDCToken), nil }, nil
	}
	return nil, fmt.Errorf("%s is set without a token: set oidc_request_url and oidc_request_token, oidc_token_file_path, or oidc_token. In GitHub "+
		"Actions the job needs permissions: id-token: write; in Azure DevOps set ado_pipeline_service_connection_id, and SYSTEM_ACCESSTOKEN to "+
		"$(System.AccessToken)", options.name("use_oidc"))
}

// checkSameToken refuses a token and a token file that differ, as the azuread provider does (microsoft.md §3.3).
func checkSameToken(options Options) error {
	if options.OIDCToken == "" || options.OIDCTokenFilePath == "" {
		return nil
	}
	token, err := readTokenFile(options)
	if err != nil {
		return err
	}
	if token != strings.TrimSpace(options.OIDCToken) {
		return fmt.Errorf("%s and %s are both set, to different tokens", options.name("oidc_token"), options.name("oidc_token_file_path"))
	}
	return nil
}

// readTokenFile reads the file every time, because its writer replaces the token before it expires.
func readTokenFile(options Options) (string, error) {
	content, err := os.ReadFile(options.OIDCTokenFilePath)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", options.name("oidc_token_file_path"), err)
	}
	token := strings.TrimSpace(strings.TrimPrefix(string(content), "\ufeff"))
	if token == "" {
		return "", fmt.Errorf("%s is an empty file", options.name("oidc_token_file_path"))
	}
	return token, nil
}

// checkRequestURL refuses an address to which the request token must not go.
func checkRequestURL(options Options) error {
	address, err := url.Parse(options.OIDCRequestURL)
	if err != nil || address.Scheme != "https" || address.Host == "" || address.User != nil {
		return fmt.Errorf("%s must be an https address", options.name("oidc_request_url"))
	}
	return nil
}

// newRequestedSource returns a source that requests tokens from the CI system, as GitHub Actions provides them (microsoft.md §3.3).
func newRequestedSource(options Options, audience string, timeouts timeouts) (assertionSource, error) {
	if err := checkRequestURL(options); err != nil {
		return nil, err
	}
	address, err := url.Parse(options.OIDCRequestURL)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%s has a query that cannot be read", options.name("oidc_request_url"))
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
		return nil, fmt.Errorf("%s: %w", options.name("oidc_request_url"), err)
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

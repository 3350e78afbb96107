// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package halopsa reads recurring invoices from HaloPSA. Start at [New]. It never writes.
//
// The facts that it relies on are cited as psa.md with a section. Errors of the API are of type [*rest.Error].
package halopsa

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of the PSA in a [rest.Error].
const System = "HaloPSA"

// HaloPSA answers 429 at a limit that is not published (psa.md §4.1).
const (
	requestsPerSecond = 5
	maxInFlight       = 2
)

// Options configure a [Client]. BaseURL, ClientID and ClientSecret are required.
type Options struct {
	// BaseURL is the host, for example https://example.halopsa.com.
	BaseURL string
	// Tenant is the one of a hosted HaloPSA. By default it is the one that HaloPSA names.
	Tenant                 string
	ClientID, ClientSecret string
	// RequestsPerSecond is the pace, 0 for the default.
	RequestsPerSecond int
	// Transport carries the requests. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker
}

// Client reads from one HaloPSA. It reads the recurring invoices once.
type Client struct {
	options  Options
	bare     *rest.Client // without a token
	invoices *rest.Shared[[]invoice]
}

var _ psa.Reader = (*Client)(nil)

// New returns a client. It sends no request.
func New(options Options) (*Client, error) {
	if options.ClientID == "" || options.ClientSecret == "" {
		return nil, errors.New("the client id and the client secret of HaloPSA are both needed")
	}
	options.BaseURL = strings.TrimSuffix(strings.TrimRight(options.BaseURL, "/"), "/api")
	client := &Client{options: options}
	bare, err := rest.New(client.config(""))
	if err != nil {
		return nil, err
	}
	client.bare = bare
	client.invoices = rest.NewShared(client.readInvoices)
	return client, nil
}

// config returns that of a client which sends the token, or of one without a token.
func (c *Client) config(token string) rest.Config {
	return rest.Config{
		System:            System,
		BaseURL:           c.options.BaseURL,
		Transport:         c.options.Transport,
		UserAgent:         c.options.UserAgent,
		RequestsPerSecond: cmp.Or(c.options.RequestsPerSecond, requestsPerSecond),
		MaxInFlight:       maxInFlight,
		Authorize: func(request *http.Request) error {
			if token != "" {
				request.Header.Set("Authorization", "Bearer "+token)
			}
			return nil
		},
		Secrets: []string{c.options.ClientSecret, token},
		Masker:  c.options.Masker,
	}
}

// System implements [psa.Reader].
func (c *Client) System() string { return System }

// ApprovalDate implements [psa.Reader]: approved changes are for the first of the next month by default (psa.md §1).
func (c *Client) ApprovalDate(today psa.Date) psa.Date { return today.FirstOfNextMonth() }

// signIn gets a token and returns a client that sends it (psa.md §4.1).
func (c *Client) signIn(ctx context.Context) (*rest.Client, error) {
	path, tenant, err := c.tokenEndpoint(ctx)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if tenant != "" {
		query.Set("tenant", tenant)
	}
	response, err := c.bare.Do(ctx, rest.Request{
		Doing: "sign in", Method: http.MethodPost, Path: path, Query: query, Repeatable: true,
		Form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {c.options.ClientID}, "client_secret": {c.options.ClientSecret},
			"scope": {"read:contracts read:invoices read:items read:customers"},
		},
	})
	if err != nil {
		return nil, err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := response.Decode(&token); err != nil {
		return nil, err
	}
	if token.AccessToken == "" {
		return nil, response.Unusable(errors.New("it has no access token"))
	}
	return rest.New(c.config(token.AccessToken))
}

// tokenEndpoint asks HaloPSA where it signs in and for which tenant. The secret goes to no other host than the configured one: where HaloPSA names
// another, or does not answer the question, the usual path there is taken (psa.md §4.1).
func (c *Client) tokenEndpoint(ctx context.Context) (path, tenant string, err error) {
	const usual = "/auth/token"
	response, err := c.bare.Do(ctx, rest.Request{Doing: "find out where to sign in", Method: http.MethodGet, Path: "/api/authinfo"})
	if rest.Status(err) >= 400 && rest.Status(err) < 500 {
		return usual, c.options.Tenant, nil
	}
	if err != nil {
		return "", "", err
	}
	var info struct {
		AuthURL  string   `json:"auth_url"`
		TenantID psa.Text `json:"tenant_id"`
	}
	if err := response.Decode(&info); err != nil {
		return "", "", err
	}
	tenant = cmp.Or(c.options.Tenant, string(info.TenantID))
	below, same := strings.CutPrefix(strings.TrimRight(info.AuthURL, "/"), c.options.BaseURL)
	if !same || !strings.HasPrefix(below, "/") {
		return usual, tenant, nil
	}
	return below + "/token", tenant, nil
}

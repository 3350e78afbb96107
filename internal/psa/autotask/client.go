// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package autotask reads contracts and their units from Autotask PSA. Start at [New]. It never writes.
//
// The facts that it relies on are cited as psa.md with a section. Errors of the API are of type [*rest.Error].
package autotask

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of the PSA in a [rest.Error].
const System = "Autotask"

// DefaultBaseURL is where the zone of a user is looked up (psa.md §3.1).
const DefaultBaseURL = "https://webservices.autotask.net"

// A database takes 10,000 requests an hour from all integrations together, and an integration may have three under way at an endpoint. Two a
// second are 7,200 an hour (psa.md §3.1).
const (
	requestsPerSecond = 2
	maxInFlight       = 3
)

// Options configure a [Client]. The user name, the secret and the integration code are required.
type Options struct {
	// BaseURL is where the zone is looked up, [DefaultBaseURL] when empty.
	BaseURL          string
	Username, Secret string
	// IntegrationCode is the API tracking identifier.
	IntegrationCode string
	// RequestsPerSecond is the pace, 0 for the default.
	RequestsPerSecond int
	// Transport carries the requests. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker
}

// Client reads from one Autotask database. It reads the contracts, the companies and the services once each.
type Client struct {
	options   Options
	lookup    *rest.Client // without credentials
	zone      *rest.Shared[*rest.Client]
	contracts *rest.Shared[map[string]contract]
	companies *rest.Shared[map[string]string]
	services  *rest.Shared[map[string]psa.Product]
}

var _ psa.Reader = (*Client)(nil)

// New returns a client. It sends no request.
func New(options Options) (*Client, error) {
	if options.Username == "" || options.Secret == "" || options.IntegrationCode == "" {
		return nil, errors.New("the user name, the secret and the integration code of Autotask are all needed")
	}
	options.BaseURL = strings.TrimRight(cmp.Or(options.BaseURL, DefaultBaseURL), "/")
	client := &Client{options: options}
	lookup, err := rest.New(client.config(options.BaseURL, nil))
	if err != nil {
		return nil, err
	}
	client.lookup = lookup
	client.zone = rest.NewShared(client.findZone)
	client.contracts = rest.NewShared(func(ctx context.Context) (map[string]contract, error) {
		return client.readContracts(ctx, psa.DateOf(time.Now()).YearBefore())
	})
	client.services = rest.NewShared(client.readServices)
	client.companies = rest.NewShared(client.readCompanies)
	return client, nil
}

func (c *Client) config(address string, authorize func(*http.Request) error) rest.Config {
	return rest.Config{
		System:            System,
		BaseURL:           address,
		Transport:         c.options.Transport,
		UserAgent:         c.options.UserAgent,
		RequestsPerSecond: cmp.Or(c.options.RequestsPerSecond, requestsPerSecond),
		MaxInFlight:       maxInFlight,
		Authorize:         authorize,
		Secrets:           []string{c.options.Secret, c.options.IntegrationCode},
		Masker:            c.options.Masker,
	}
}

// System implements [psa.Reader].
func (c *Client) System() string { return System }

// ApprovalDate implements [psa.Reader]: Autotask applies an approved change on the first of the next month (psa.md §1).
func (c *Client) ApprovalDate(today psa.Date) psa.Date { return today.FirstOfNextMonth() }

// apiPath is where the API of a zone begins (psa.md §0).
const apiPath = "/atservicesrest/v1.0"

// findZone asks for the zone of the user, without credentials, and returns the client of it (psa.md §3.1).
func (c *Client) findZone(ctx context.Context) (*rest.Client, error) {
	response, err := c.lookup.Do(ctx, rest.Request{
		Doing: "look up the zone of the user", Method: http.MethodGet, Path: apiPath + "/zoneInformation", Query: url.Values{"user": {c.options.Username}},
	})
	if err != nil {
		return nil, err
	}
	var zone struct {
		URL string `json:"url"`
	}
	if err := response.Decode(&zone); err != nil {
		return nil, err
	}
	address, err := zoneAddress(c.options.BaseURL, zone.URL)
	if err != nil {
		return nil, response.Unusable(err)
	}
	return rest.New(c.config(address, func(request *http.Request) error {
		request.Header.Set("UserName", c.options.Username)
		request.Header.Set("Secret", c.options.Secret)
		request.Header.Set("ApiIntegrationCode", c.options.IntegrationCode)
		return nil
	}))
}

// zoneHost are the hosts of Autotask's zones (psa.md §0).
var zoneHost = regexp.MustCompile(`^(?i:webservices\d{0,3}\.autotask\.net)$`)

// zoneAddress returns the address of the API in the zone that was answered. The secret is sent there, so it must be the host that was asked or, if
// that is one of Autotask's own, another one of these.
func zoneAddress(asked, answered string) (string, error) {
	if err := rest.CheckBaseURL(answered); err != nil {
		return "", fmt.Errorf("the address of the zone %w", err)
	}
	from, errFrom := url.Parse(asked)
	to, errTo := url.Parse(answered)
	if err := errors.Join(errFrom, errTo); err != nil {
		return "", errors.New("the address of the zone is not a URL")
	}
	same := from.Scheme == to.Scheme && strings.EqualFold(from.Host, to.Host)
	known := to.Scheme == "https" && zoneHost.MatchString(from.Host) && zoneHost.MatchString(to.Host)
	if !same && !known {
		return "", fmt.Errorf("it says that the zone is at %s, which is neither the host that was asked nor, as that is, one of Autotask's own. The "+
			"secret is not sent there", to.Host)
	}
	return strings.TrimRight(answered, "/") + "/v1.0", nil
}

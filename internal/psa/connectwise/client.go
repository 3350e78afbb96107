// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package connectwise reads agreements and their additions from ConnectWise PSA (Manage). Start at [New]. It never writes.
//
// The facts that it relies on are cited as psa.md with a section. Errors of the API are of type [*rest.Error].
package connectwise

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of the PSA in a [rest.Error].
const System = "ConnectWise PSA"

// ConnectWise documents no limit, and notes about it disagree (psa.md §2.2).
const (
	requestsPerSecond = 5
	maxInFlight       = 4
)

// Options configure a [Client]. All but the last four are required.
type Options struct {
	// BaseURL is the host, for example https://api-na.myconnectwise.net, with or without the code base behind it (psa.md §2.1).
	BaseURL string
	// Company is what people type as company when they sign in.
	Company               string
	PublicKey, PrivateKey string
	// ClientID names the integration (psa.md §2.1).
	ClientID string
	// RequestsPerSecond is the pace, 0 for the default.
	RequestsPerSecond int
	// Transport carries the requests. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker
}

// Credentials returns what the keys are sent as (psa.md §2.1). Each is as secret as the private key.
func Credentials(company, publicKey, privateKey string) []string {
	pair := userOf(company, publicKey) + ":" + privateKey
	return []string{pair, base64.StdEncoding.EncodeToString([]byte(pair))}
}

func userOf(company, publicKey string) string { return company + "+" + publicKey }

// Client reads from one ConnectWise PSA. It reads the list of agreements once.
type Client struct {
	rest       *rest.Client
	agreements *rest.Shared[[]agreement]
}

var _ psa.Reader = (*Client)(nil)

// New returns a client. It sends no request.
func New(options Options) (*Client, error) {
	if options.Company == "" || options.PublicKey == "" || options.PrivateKey == "" || options.ClientID == "" {
		return nil, errors.New("the company, the public key, the private key and the client id of ConnectWise PSA are all needed")
	}
	upstream, err := rest.New(rest.Config{
		System:            System,
		BaseURL:           apiOf(options.BaseURL),
		Transport:         options.Transport,
		UserAgent:         options.UserAgent,
		RequestsPerSecond: cmp.Or(options.RequestsPerSecond, requestsPerSecond),
		MaxInFlight:       maxInFlight,
		Authorize: func(request *http.Request) error {
			request.SetBasicAuth(userOf(options.Company, options.PublicKey), options.PrivateKey)
			request.Header.Set("Clientid", options.ClientID)
			request.Header.Set("Accept", "application/vnd.connectwise.com+json; version=2025.1")
			request.Header.Set("Pagination-Type", "forward-only") // pages stay whole while rows are added (psa.md §2.2)
			return nil
		},
		Secrets: append([]string{options.PrivateKey}, Credentials(options.Company, options.PublicKey, options.PrivateKey)...),
		Masker:  options.Masker,
	})
	if err != nil {
		return nil, err
	}
	client := &Client{rest: upstream}
	client.agreements = rest.NewShared(client.readAgreements)
	return client, nil
}

// apiOf returns the address of the API. v4_6_release leads to the version that the tenant has (psa.md §2.1).
func apiOf(base string) string {
	base = strings.TrimRight(base, "/")
	address, err := url.Parse(base)
	switch {
	case err != nil || strings.HasSuffix(base, "/apis/3.0"):
		return base
	case address.Path == "":
		return base + "/v4_6_release/apis/3.0"
	}
	return base + "/apis/3.0"
}

// System implements [psa.Reader].
func (c *Client) System() string { return System }

// ApprovalDate implements [psa.Reader]: ConnectWise applies an approved change at once (psa.md §1).
func (c *Client) ApprovalDate(today psa.Date) psa.Date { return today }

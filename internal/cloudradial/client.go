// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package cloudradial is a client of the CloudRadial partner API v2: companies, their domains, tokens and flexible assets.
//
// Start at [New]. [Client.Companies] and [Client.Domains] read what the portal has. [Client.SetToken] and
// [Client.DeleteToken] write the variables of texts, and [Client.CreateAssetType] and [Client.CreateAsset] begin with flexible
// assets, the only place in which licence counts can be published. The API has no licence counts of its own
// (cloudradial.md §9).
//
// Errors of the API are of type [*rest.Error]. The facts that the client relies on are cited as cloudradial.md with a section.
package cloudradial

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// DefaultBaseURL is the API of the US region. Each region has its own (cloudradial.md §1).
const DefaultBaseURL = "https://api.us.cloudradial.com"

// maxInFlight is how many requests wait for CloudRadial at the same time. No limit is published (cloudradial.md §8).
const maxInFlight = 2

// Options configure a [Client]. The two keys are required.
type Options struct {
	// BaseURL is the region's API, [DefaultBaseURL] when empty.
	BaseURL string
	// PublicKey and PrivateKey are a v2 pair. A pair that belongs to one company sees only that company (cloudradial.md §2).
	PublicKey  string
	PrivateKey string
	// Transport carries the requests. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker
}

// Credentials returns what the keys are sent as: the pair, and the base64 of it, which is the Authorization header (cloudradial.md §2). Each is
// as secret as the private key.
func Credentials(publicKey, privateKey string) []string {
	pair := publicKey + ":" + privateKey
	return []string{pair, base64.StdEncoding.EncodeToString([]byte(pair))}
}

// Client calls the API of one portal. It reads the companies, the domains and the tokens once each and keeps what it writes
// up to date in them. Its methods may be called from several goroutines.
type Client struct {
	rest      *rest.Client
	companies *rest.Shared[[]Company]
	domains   *rest.Shared[[]Domain]
	tokens    *rest.Shared[tokenList]

	rows          sync.RWMutex              // keeps lists from being read while this client creates or deletes rows, see readAssetRows
	refusesSelect sync.Map                  // the paths of the lists that refuse $select
	updateWay     atomic.Pointer[updateWay] // the one that has worked, nil before
}

// New returns a client. It sends no request.
func New(options Options) (*Client, error) {
	if options.PublicKey == "" || options.PrivateKey == "" {
		return nil, errors.New("the CloudRadial public key and private key are both needed")
	}
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	upstream, err := rest.New(rest.Config{
		System:    System,
		BaseURL:   options.BaseURL,
		Transport: options.Transport,
		UserAgent: options.UserAgent,
		Authorize: func(request *http.Request) error {
			request.SetBasicAuth(options.PublicKey, options.PrivateKey) // cloudradial.md §2
			return nil
		},
		MaxInFlight: maxInFlight,
		Secrets:     append([]string{options.PrivateKey}, Credentials(options.PublicKey, options.PrivateKey)...),
		Masker:      options.Masker,
	})
	if err != nil {
		return nil, err
	}
	client := &Client{rest: upstream}
	client.companies = rest.NewShared(client.readCompanies)
	client.domains = rest.NewShared(client.readDomains)
	client.tokens = rest.NewShared(client.readTokens)
	return client, nil
}

// send sends a request about one object. It returns the object that the answer has, nil when it has none.
func (c *Client) send(ctx context.Context, request rest.Request) (json.RawMessage, *rest.Response, error) {
	if request.Method == http.MethodPost || request.Method == http.MethodDelete {
		c.rows.RLock()
		defer c.rows.RUnlock()
	}
	response, err := c.rest.Do(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	if len(strings.TrimSpace(string(response.Body))) == 0 {
		return nil, response, nil // most writes answer 204 (cloudradial.md §5.1)
	}
	var body json.RawMessage
	if err := response.Decode(&body); err != nil {
		return nil, nil, err
	}
	data, err := unwrap(body)
	if err != nil {
		return nil, nil, response.Unusable(err)
	}
	return data, response, nil
}

// delete sends a DELETE. An object that does not exist counts as deleted: what a second DELETE answers is not known
// (cloudradial.md §5.2).
func (c *Client) delete(ctx context.Context, request rest.Request) error {
	request.Method, request.Repeatable = http.MethodDelete, true
	if _, _, err := c.send(ctx, request); err != nil && !isNotFound(err) {
		return err
	}
	return nil
}

// isNotFound reports whether CloudRadial answered 404. A 404 with an HTML page comes from something in between, because those of
// the API have JSON or no body (cloudradial.md §5.4).
func isNotFound(err error) bool {
	var failed *rest.Error
	if !errors.As(err, &failed) || failed.Status != http.StatusNotFound {
		return false
	}
	mediaType, _, _ := mime.ParseMediaType(failed.Header.Get("Content-Type"))
	return mediaType != "text/html"
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package gradient is a client of the Gradient MSP vendor API ("Synthesize"), which takes the unit counts that Gradient
// compares with the PSA.
//
// Start at [New]. A [Client] works on one integration: [Client.Integration] and [Client.SetStatus] on the integration itself,
// [Client.Accounts] and [Client.CreateAccounts] on the customers, [Client.Services] and [Client.CreateService] on what is
// billed, and [Client.SetUnitCount] pushes one count. The API deletes nothing, renames no service and never gives a count
// back (gradient.md §3, gradient.md §7.3, gradient.md §7.6).
//
// Errors of the API are of type [*rest.Error]. The facts that the client relies on are cited as gradient.md with a section.
package gradient

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// What Options leave out, and the limit that they must keep to.
const (
	// DefaultBaseURL is the only public host (gradient.md §1).
	DefaultBaseURL = "https://app.usegradient.com"
	// DefaultRequestsPerSecond is far below the limit, because known callers are slow and Gradient blocks keys with unusual traffic
	// (gradient.md §6).
	DefaultRequestsPerSecond = 10
	// RequestsPerSecondLimit is what Gradient allows before it answers 429 (gradient.md §6).
	RequestsPerSecondLimit = 100
)

const (
	apiPath = "/api/vendor-api" // of every route (gradient.md §1)
	// maxSends is how often a creation of accounts with an unclear outcome is sent. The list is read again before each repetition.
	maxSends = 3
	// defaultSettleDelay is the pause before that read: an upstream that gave up waiting may still be at work.
	defaultSettleDelay = time.Second
)

// Options configure a [Client]. The two keys are required.
type Options struct {
	// BaseURL is the host, [DefaultBaseURL] when empty. The client adds /api/vendor-api.
	BaseURL string
	// VendorKey and PartnerKey are those of a custom integration (gradient.md §2).
	VendorKey  string
	PartnerKey string
	// RequestsPerSecond is the most that is sent in any second, retries included: 1 to [RequestsPerSecondLimit], or 0 for
	// [DefaultRequestsPerSecond].
	RequestsPerSecond int
	// Transport carries the requests. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker

	minWait     time.Duration // of rest.Config, for tests
	settleDelay time.Duration // likewise
}

// Client calls the API for one integration. It reads the integration, the accounts and the services once each and keeps what
// it writes up to date in them. Its methods may be called from several goroutines.
type Client struct {
	rest        *rest.Client
	settleDelay time.Duration
	integration *rest.Shared[Integration]
	accounts    *rest.Shared[accountList]
	services    *rest.Shared[[]Service]
	// creatingService is held while a service is created: two at once could create the same service twice, and no service can
	// be deleted (gradient.md §7.3).
	creatingService chan struct{}
	servicesReadAt  time.Time // the last time that CreateService read the catalogue; guarded by creatingService
	raced           bool      // a creation of this client made a duplicate; guarded by creatingService

	requestsPerSecond int // at most
	createdAccounts   idSet
	createdServices   serviceSet
}

// New returns a client. It sends no request.
func New(options Options) (*Client, error) {
	options, err := completeOptions(options)
	if err != nil {
		return nil, err
	}
	credentials := Credentials(options.VendorKey, options.PartnerKey)
	token := credentials[1]
	upstream, err := rest.New(rest.Config{
		System:    System,
		BaseURL:   strings.TrimRight(options.BaseURL, "/") + apiPath,
		Transport: options.Transport,
		UserAgent: options.UserAgent,
		Authorize: func(request *http.Request) error {
			request.Header.Set("Gradient-Token", token)
			return nil
		},
		RequestsPerSecond: options.RequestsPerSecond,
		MaxInFlight:       MaxInFlight(options.RequestsPerSecond),
		Secrets:           append([]string{options.VendorKey, options.PartnerKey}, credentials...),
		Masker:            options.Masker,
		MinWait:           options.minWait,
	})
	if err != nil {
		return nil, err
	}
	client := &Client{
		rest:              upstream,
		settleDelay:       options.settleDelay,
		creatingService:   make(chan struct{}, 1),
		requestsPerSecond: options.RequestsPerSecond,
	}
	client.integration = rest.NewShared(client.readIntegration)
	client.accounts = rest.NewShared(client.readAccounts)
	client.services = rest.NewShared(client.readServices)
	return client, nil
}

// Credentials returns what the keys are sent as: the pair, and the base64 of it, which is the Gradient-Token header without a scheme word
// (gradient.md §2). Each is as secret as the keys.
func Credentials(vendorKey, partnerKey string) []string {
	pair := vendorKey + ":" + partnerKey
	return []string{pair, base64.StdEncoding.EncodeToString([]byte(pair))}
}

// completeOptions checks the options and fills in the defaults.
func completeOptions(options Options) (Options, error) {
	if options.VendorKey == "" || options.PartnerKey == "" {
		return Options{}, errors.New("the Gradient vendor key and partner key are both needed")
	}
	if options.RequestsPerSecond == 0 {
		options.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if options.RequestsPerSecond < 1 || options.RequestsPerSecond > RequestsPerSecondLimit {
		return Options{}, fmt.Errorf("%d requests per second are not within 1 to %d", options.RequestsPerSecond, RequestsPerSecondLimit)
	}
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	if options.settleDelay == 0 {
		options.settleDelay = defaultSettleDelay
	}
	return options, nil
}

// MaxInFlight returns how many requests of the client may wait for Gradient at the same time.
func (c *Client) MaxInFlight() int { return MaxInFlight(c.requestsPerSecond) }

// MaxInFlight returns how many requests wait for Gradient at the same time, at most, for a rate: 4 at the default, because known callers
// send one after the other (gradient.md §6), and enough to keep a higher rate while an answer takes 0.4 seconds.
func MaxInFlight(requestsPerSecond int) int { return min(max(requestsPerSecond*2/5, 4), 32) }

// CreatedAccount reports whether this client created the account with that id.
func (c *Client) CreatedAccount(id string) bool { return c.createdAccounts.has(id) }

// CreatedService reports whether this client created the service with that id.
func (c *Client) CreatedService(id string) bool { return c.createdServices.has(id) }

// idSet holds ids. It may be used from several goroutines.
type idSet struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (s *idSet) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	s.ids[id] = true
}

func (s *idSet) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

// serviceSet holds services by id. It may be used from several goroutines.
type serviceSet struct {
	mu       sync.Mutex
	services []Service
}

func (s *serviceSet) add(service Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = append(s.services, service)
}

func (s *serviceSet) has(id string) bool {
	return slices.ContainsFunc(s.all(), func(service Service) bool { return service.ID == id })
}

// all returns the services in the order in which they were added.
func (s *serviceSet) all() []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.services[:len(s.services):len(s.services)]
}

// send sends a request and decodes the answer.
func send[T any](ctx context.Context, c *Client, request rest.Request, decode func([]byte) (T, error)) (T, error) {
	var none T
	response, err := c.rest.Do(ctx, request)
	if err != nil {
		return none, err
	}
	var raw json.RawMessage
	if err := response.Decode(&raw); err != nil {
		return none, err
	}
	value, err := decode(raw)
	if err != nil {
		return none, response.Unusable(err)
	}
	return value, nil
}

// escapeID escapes an id for a path (gradient.md §1). It refuses dots alone: servers and proxies resolve them to another route.
func escapeID(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", fmt.Errorf("%q cannot be used as an id", id)
	}
	return url.PathEscape(id), nil
}

// waitToSettle waits before a list is read again, or until ctx ends.
func (c *Client) waitToSettle(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

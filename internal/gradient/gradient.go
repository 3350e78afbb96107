// Package gradient is a client of the Gradient MSP vendor API ("Synthesize"): the integration, its accounts, its
// services and their unit counts.
package gradient

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// What Options leave out, and the limit that they must keep to.
const (
	// DefaultBaseURL is the only public host (gradient.md §1).
	DefaultBaseURL = "https://app.usegradient.com"
	// DefaultRequestsPerSecond is far below the limit, because Gradient blocks keys with unusual traffic (gradient.md §6).
	DefaultRequestsPerSecond = 20
	// RequestsPerSecondLimit is what Gradient allows before it answers 429 (gradient.md §6).
	RequestsPerSecondLimit = 100
)

const (
	apiPath = "/api/vendor-api"
	// mostSends is how often a creation of unclear outcome is sent, reading the list in between.
	mostSends = 3
	// defaultSettle is the pause before that read: an upstream that gave up waiting may still be at work.
	defaultSettle = time.Second
)

// Options configure a Client.
type Options struct {
	// BaseURL is the host part, DefaultBaseURL when empty; /api/vendor-api is added to it.
	BaseURL    string
	VendorKey  string
	PartnerKey string
	// RequestsPerSecond paces everything that is sent: 1..100, or 0 for 20.
	RequestsPerSecond int
	Transport         http.RoundTripper
	UserAgent         string

	minWait time.Duration // of rest.Config, for tests
	settle  time.Duration // likewise
}

// Client talks to one integration. Whole lists (integration, accounts, services) are read once and written through.
type Client struct {
	rest        *rest.Client
	settle      time.Duration
	integration *rest.Shared[Integration]
	accounts    *rest.Shared[accountList]
	services    *rest.Shared[[]Service]
	// creating is held while a service is created: two creations at once could make a service twice, for good.
	creating chan struct{}

	requestsPerSecond          int
	madeAccounts, madeServices made
}

// New returns a client. It makes no call.
func New(options Options) (*Client, error) {
	if options.VendorKey == "" || options.PartnerKey == "" {
		return nil, errors.New("the Gradient vendor key and partner key are both needed")
	}
	if options.RequestsPerSecond == 0 {
		options.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if options.RequestsPerSecond < 1 || options.RequestsPerSecond > RequestsPerSecondLimit {
		return nil, fmt.Errorf("%d requests per second are not within 1 to %d", options.RequestsPerSecond, RequestsPerSecondLimit)
	}
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	if options.settle == 0 {
		options.settle = defaultSettle
	}
	pair := options.VendorKey + ":" + options.PartnerKey
	token := base64.StdEncoding.EncodeToString([]byte(pair))
	upstream, err := rest.New(rest.Config{
		System:    "Gradient",
		BaseURL:   strings.TrimRight(options.BaseURL, "/") + apiPath,
		Transport: options.Transport,
		UserAgent: options.UserAgent,
		Authorize: func(request *http.Request) error {
			request.Header.Set("Gradient-Token", token)
			return nil
		},
		RequestsPerSecond: options.RequestsPerSecond,
		Secrets:           []string{options.VendorKey, options.PartnerKey, pair},
		MinWait:           options.minWait,
	})
	if err != nil {
		return nil, err
	}
	client := &Client{
		rest: upstream, settle: options.settle, creating: make(chan struct{}, 1), requestsPerSecond: options.RequestsPerSecond,
	}
	client.integration = rest.NewShared(client.readIntegration)
	client.accounts = rest.NewShared(client.readAccounts)
	client.services = rest.NewShared(client.readServices)
	return client, nil
}

// ask sends a request and decodes its answer.
func ask[T any](ctx context.Context, c *Client, request rest.Request, decode func([]byte) (T, error)) (T, error) {
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

// segment escapes an id for a path. Servers and proxies resolve dots, which would be another route.
func segment(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", fmt.Errorf("%q cannot be used as an id", id)
	}
	return url.PathEscape(id), nil
}

// pause waits before something is read again. It ends early with ctx.
func (c *Client) pause(ctx context.Context) {
	timer := time.NewTimer(c.settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

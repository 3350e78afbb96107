// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package rest is the HTTP client for JSON APIs on which the clients of Gradient, CloudRadial and Microsoft Graph are built.
//
// Start with [New] and [Client.Do]. Do sends a [Request] and returns a [Response], or an [*Error] that says what was asked and what
// came back. On the way it
//   - waits for its turn, so that the upstream's rate limit is kept ([Config].RequestsPerSecond; the hard part, in pace.go), and until
//     few enough others wait for an answer ([Config].MaxInFlight),
//   - retries after 429, and after failures when the request is safe to repeat (retry.go),
//   - masks secrets in logs and errors ([Masker]).
//
// [Systemic] and [Ambiguous] tell callers what an error means for the rest of their work. [Shared] holds the result of a read for
// the lifetime of the process.
package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/semaphore"
)

// maxAttempts is the most times a repeatable request is sent. In a client with RequestsPerSecond, attempts that are answered with 429 do
// not count: a request is retried at least maxAttempts times, and until every answer to the client has been a 429 for MaxWait.
const maxAttempts = 5

// The defaults of [Config].
const (
	defaultMinWait = 500 * time.Millisecond
	defaultMaxWait = 2 * time.Minute
	defaultTimeout = 60 * time.Second
	defaultMaxBody = 16 << 20
)

// Config describes one upstream API.
type Config struct {
	// System is the upstream's name in errors and logs, for example "Gradient".
	System string
	// BaseURL is the address to which every request path is appended, see [CheckBaseURL].
	BaseURL string
	// Transport sends the requests. Nil means [NewTransport](nil).
	Transport http.RoundTripper
	// UserAgent is the User-Agent header of every request.
	UserAgent string
	// Authorize adds credentials to a request. It is called for every attempt; an error ends the request without a retry.
	Authorize func(*http.Request) error
	// RequestsPerSecond is the most requests within any second, retries included. After a 429 the client sends fewer for a while.
	// Zero means no limit.
	RequestsPerSecond int
	// MaxInFlight is the most requests that wait for an answer at the same time. Zero means no limit.
	MaxInFlight int
	// Secrets are masked in logs and errors, in the forms that [NewMasker] lists.
	Secrets []string
	// Masker masks more secrets, those of other systems for example. Nil means none.
	Masker *Masker
	// MinWait is the longest wait before the second attempt; it doubles with each further one. Zero means 500 ms. A client with
	// RequestsPerSecond pauses for MinWait after a 429 without Retry-After.
	MinWait time.Duration
	// MaxWait is the longest wait between two attempts. A longer Retry-After ends the request. Zero means 2 minutes.
	MaxWait time.Duration
	// Timeout limits one attempt, including its body. Zero means 60 seconds.
	Timeout time.Duration
	// MaxBody is the largest body that is accepted, in bytes. Zero means 16 MiB.
	MaxBody int64
}

// Client sends requests to one upstream. It is safe for concurrent use.
type Client struct {
	config Config
	base   string
	masker *Masker
	pace   *pace
	slots  *semaphore.Weighted // one for each request that waits for an answer
}

// New returns a client, or the error of [CheckBaseURL].
func New(config Config) (*Client, error) {
	if err := CheckBaseURL(config.BaseURL); err != nil {
		return nil, fmt.Errorf("%s: the base URL %w", config.System, err)
	}
	config = withDefaults(config)
	return &Client{
		config: config,
		base:   strings.TrimRight(config.BaseURL, "/"),
		masker: config.Masker.With(config.Secrets...),
		pace:   newPace(config.RequestsPerSecond, config.MinWait),
		slots:  semaphore.NewWeighted(int64(config.MaxInFlight)),
	}, nil
}

func withDefaults(config Config) Config {
	if config.Transport == nil {
		config.Transport = NewTransport(nil)
	}
	config.MinWait = cmp.Or(config.MinWait, defaultMinWait)
	config.MaxWait = cmp.Or(config.MaxWait, defaultMaxWait)
	config.Timeout = cmp.Or(config.Timeout, defaultTimeout)
	config.MaxBody = cmp.Or(config.MaxBody, defaultMaxBody)
	config.MaxInFlight = cmp.Or(config.MaxInFlight, math.MaxInt)
	return config
}

// BaseURL returns the address to which request paths are appended, without a slash at its end.
func (c *Client) BaseURL() string { return c.base }

// Request is one call of an API.
type Request struct {
	// Doing is the purpose of the request for error messages, in the infinitive: "set the unit count".
	Doing string
	// Method, Path and Query form the request line. The caller escapes path segments.
	Method string
	Path   string
	Query  url.Values
	// Body is sent as JSON. Nil means no body.
	Body any
	// Form is sent as the body instead, as a sign-in of OAuth 2.0 wants it.
	Form url.Values
	// Repeatable says that the request may be sent again when its outcome is unclear. GET is always repeatable. After a 429, or
	// when no connection could be made, every request is retried, because the upstream did nothing.
	Repeatable bool
	// Secrets are masked in the logs and errors of this request, too: values in its body that may be secret.
	Secrets []string
}

// Do sends the request, with retries, and returns its 2xx answer, or an [*Error].
func (c *Client) Do(ctx context.Context, request Request) (*Response, error) {
	return c.newCall(request).do(ctx)
}

// do sends the request of the call.
func (c *call) do(ctx context.Context) (*Response, error) {
	config := c.client.config
	httpRequest, err := c.build(tflog.NewSubsystem(ctx, c.log, tflog.WithRootFields(), tflog.WithLevelFromEnv("TF_LOG_PROVIDER_CLOUDRADIAL", c.log)))
	if err != nil {
		return nil, c.failed(err)
	}
	retrying := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: c, CheckRedirect: refuseRedirect},
		RetryMax:     math.MaxInt, // checkRetry counts the attempts
		RetryWaitMin: config.MinWait,
		RetryWaitMax: config.MaxWait,
		CheckRetry:   c.checkRetry,
		Backoff:      c.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	response, err := retrying.Do(httpRequest)
	if response == nil {
		return nil, c.failed(rootCause(ctx, err))
	}
	defer response.Body.Close()
	body, readErr := io.ReadAll(response.Body) // from memory, see attempt.do
	if readErr != nil {
		return nil, c.failed(readErr)
	}
	// A 2xx is a success even when ctx has ended meanwhile: the upstream did what was asked.
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, c.refused(response, body, err)
	}
	return c.answered(response, body), nil
}

func (c *Client) newCall(request Request) *call {
	masker := c.masker
	if len(request.Secrets) > 0 {
		masker = masker.With(request.Secrets...)
	}
	return &call{client: c, request: request, log: c.logSubsystem(), masker: masker}
}

// logSubsystem returns the name of the tflog subsystem.
func (c *Client) logSubsystem() string {
	return strings.ReplaceAll(strings.ToLower(c.config.System), " ", "_")
}

// refuseRedirect makes a redirect the answer, because credentials must not be sent to its target.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// rootCause returns the error of ctx if it has ended, and otherwise err without the URL that net/http adds.
func rootCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err // drop the URL: its query may hold private data
	}
	return err
}

// build returns the HTTP request without credentials.
func (c *call) build(ctx context.Context) (*retryablehttp.Request, error) {
	address, err := url.Parse(c.client.base + c.request.Path)
	if err != nil {
		return nil, errors.New("the request path does not make a URL")
	}
	// These need no escaping in a query, and OData's options are easier to read without.
	address.RawQuery = strings.NewReplacer("%24", "$", "%2C", ",").Replace(c.request.Query.Encode())
	var body any
	if c.request.Body != nil {
		encoded, err := json.Marshal(c.request.Body)
		if err != nil {
			return nil, fmt.Errorf("the request body: %w", err)
		}
		body = encoded
	}
	if c.request.Form != nil {
		body = []byte(c.request.Form.Encode())
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, c.request.Method, address.String(), body)
	if err != nil {
		return nil, rootCause(ctx, err)
	}
	if c.client.config.UserAgent != "" {
		request.Header.Set("User-Agent", c.client.config.UserAgent)
	}
	request.Header.Set("Accept", "application/json")
	if c.request.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.request.Form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request, nil
}

// Package rest is what the API clients share: retries of what is safe to repeat, pacing, shared reads, redacted
// logs and one error type.
package rest

import (
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
)

// The defaults of Config.
const (
	defaultAttempts = 5
	defaultMinWait  = 500 * time.Millisecond
	defaultMaxWait  = 2 * time.Minute
	defaultTimeout  = 60 * time.Second
	defaultMaxBody  = 32 << 20
)

// Config describes one upstream API.
type Config struct {
	// System is the upstream's name in errors and logs, for example "Gradient".
	System string
	// BaseURL is the address every request path is joined to.
	BaseURL string
	// Transport carries the requests. Nil means NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
	// Authorize adds credentials to a request. It is called for every attempt. Its error ends the request.
	Authorize func(*http.Request) error
	// RequestsPerSecond is the most that is sent in any second, retries included. A 429 slows the client down for a while.
	// Zero means unpaced.
	RequestsPerSecond int
	// Secrets are masked wherever they turn up in logs and error texts, as they are, in base64 and escaped for a URL.
	Secrets []string
	// Attempts is the number of times a repeatable request is sent at most. Zero means 5. The 429s of a paced client do not
	// count: they are repeated at least as often, and until nothing else has come back to the client for MaxWait.
	Attempts int
	// MinWait is the longest first wait between attempts; it doubles with each one. Zero means 500 ms. A paced client rests that
	// long after a 429 that does not say for how long.
	MinWait time.Duration
	// MaxWait caps one wait between attempts. A Retry-After beyond it ends the request. Zero means 2 minutes.
	MaxWait time.Duration
	// Timeout bounds one attempt, body included. Zero means 60 seconds.
	Timeout time.Duration
	// MaxBody is the largest answer that is read, in bytes. Zero means 32 MiB.
	MaxBody int64
}

// Client sends requests to one upstream.
type Client struct {
	config Config
	base   string
	masker *Masker
	pace   *pace
}

// New checks the base URL (CheckBaseURL) and returns a client.
func New(config Config) (*Client, error) {
	if err := CheckBaseURL(config.BaseURL); err != nil {
		return nil, fmt.Errorf("%s: the base URL %w", config.System, err)
	}
	config = withDefaults(config)
	return &Client{
		config: config,
		base:   strings.TrimRight(config.BaseURL, "/"),
		masker: NewMasker(config.Secrets),
		pace:   newPace(config.RequestsPerSecond, config.MinWait),
	}, nil
}

func withDefaults(config Config) Config {
	if config.Transport == nil {
		config.Transport = NewTransport(nil)
	}
	if config.Attempts == 0 {
		config.Attempts = defaultAttempts
	}
	if config.MinWait == 0 {
		config.MinWait = defaultMinWait
	}
	if config.MaxWait == 0 {
		config.MaxWait = defaultMaxWait
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.MaxBody == 0 {
		config.MaxBody = defaultMaxBody
	}
	return config
}

// Request is one call of an API.
type Request struct {
	// Doing says what is asked for, in the infinitive: "set the unit count".
	Doing string
	// Method, Path and Query form the request line. Path segments must be escaped already.
	Method string
	Path   string
	Query  url.Values
	// Body is sent as JSON when not nil.
	Body any
	// Repeatable says that sending it again after an unclear outcome does no harm. A GET always is. A 429 and a
	// connection that was never made are repeated for every request, since the upstream did nothing.
	Repeatable bool
	// Header is added to the request.
	Header http.Header
}

// Do sends the request and returns its 2xx answer, or an *Error.
func (c *Client) Do(ctx context.Context, request Request) (*Response, error) {
	call := &call{client: c, request: request, log: c.logSubsystem()}
	httpRequest, err := call.build(tflog.NewSubsystem(ctx, call.log, tflog.WithRootFields()))
	if err != nil {
		return nil, call.failed(err)
	}
	retrying := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: call, CheckRedirect: refuseRedirect},
		RetryMax:     math.MaxInt, // CheckRetry counts
		RetryWaitMin: c.config.MinWait,
		RetryWaitMax: c.config.MaxWait,
		CheckRetry:   call.checkRetry,
		Backoff:      call.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	response, err := retrying.Do(httpRequest)
	if response == nil {
		return nil, call.failed(ended(ctx, err))
	}
	defer response.Body.Close()
	body, readErr := io.ReadAll(response.Body) // it is in memory already
	if readErr != nil {
		return nil, call.failed(readErr)
	}
	// A 2xx counts even when the caller's context has ended meanwhile: the upstream did what was asked.
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, call.refused(response, body, err)
	}
	return call.answered(response, body), nil
}

// logSubsystem is the upstream's name as a name of a logger.
func (c *Client) logSubsystem() string {
	return strings.ReplaceAll(strings.ToLower(c.config.System), " ", "_")
}

// refuseRedirect hands a redirect back as the answer: credentials must not travel to where it points.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// ended prefers the reason for which the caller's context ended to what that broke.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err // without the URL, whose query is nobody's business
	}
	return err
}

// build makes the HTTP request, credentials aside.
func (c *call) build(ctx context.Context) (*retryablehttp.Request, error) {
	address, err := url.Parse(c.client.base + c.request.Path)
	if err != nil {
		return nil, errors.New("the request path does not make a URL")
	}
	// These need no escaping in a query, and OData's options are written and read with them.
	address.RawQuery = strings.NewReplacer("%24", "$", "%2C", ",").Replace(c.request.Query.Encode())
	var body any
	if c.request.Body != nil {
		encoded, err := json.Marshal(c.request.Body)
		if err != nil {
			return nil, fmt.Errorf("the request body: %w", err)
		}
		body = encoded
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, c.request.Method, address.String(), body)
	if err != nil {
		return nil, ended(ctx, err)
	}
	if c.client.config.UserAgent != "" {
		request.Header.Set("User-Agent", c.client.config.UserAgent)
	}
	request.Header.Set("Accept", "application/json")
	if c.request.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range c.request.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	return request, nil
}

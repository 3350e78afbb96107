// Package rest is what the API clients share: retries of what is safe to repeat, pacing, shared reads, redacted
// logs and one error type.
package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
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
	// Authorize adds credentials to a request. It is called for every attempt.
	Authorize func(*http.Request) error
	// RequestsPerSecond paces every attempt, retries included. Zero means unpaced.
	RequestsPerSecond int
	// Secrets are masked wherever they turn up in logs and error texts.
	Secrets []string
	// Attempts is the number of times a repeatable request is sent at most. Zero means 5.
	Attempts int
	// MaxWait caps one wait between attempts, whatever Retry-After says. Zero means 2 minutes.
	MaxWait time.Duration
	// Timeout bounds one attempt, body included. Zero means 60 seconds.
	Timeout time.Duration
}

// Client sends requests to one upstream.
type Client struct{ config Config }

// New checks the base URL (CheckBaseURL) and returns a client.
func New(config Config) (*Client, error) { return &Client{config: config}, nil }

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

// Response is a 2xx answer, read whole (up to a cap).
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends the request and returns its 2xx answer, or an *Error.
func (c *Client) Do(ctx context.Context, request Request) (*Response, error) {
	return nil, errors.New("not built yet")
}

// Error is a request that did not succeed: what was asked of which system, and what came back.
type Error struct {
	System string
	Doing  string
	Method string
	// URL is without query and without user information.
	URL string
	// Status is 0 when there was no (whole) HTTP answer.
	Status int
	// Message is the upstream's own words, cut to a readable length, secrets masked.
	Message string
	// RequestID is the upstream's id of the request, empty when it gave none.
	RequestID string
	// Attempts is how often it was sent.
	Attempts int
	// Err is the cause when there was no usable answer: a reset, a time-out, a body that is no JSON.
	Err error
	// Sent is false when the upstream cannot have seen the request.
	Sent   bool
	Header http.Header
}

func (e *Error) Error() string { return e.System + ": " + e.Message }
func (e *Error) Unwrap() error { return e.Err }

// Ambiguous reports whether the upstream may have carried out the request although it failed: a 5xx, a reset, a
// time-out or an unreadable answer after it was sent.
func (e *Error) Ambiguous() bool { return false }

// Status returns the HTTP status of the *Error in err's chain, or 0.
func Status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

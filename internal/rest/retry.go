package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// checkRetry decides whether a request is sent again. Returning an error ends it with that error.
func (c *call) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err == nil && !c.repeatStatus(response.StatusCode) {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return c.repeatFailure(err), nil
	}
	limit := c.client.config.MaxWait
	if wait, ok := retryAfter(response.Header, time.Now()); ok && wait > limit {
		return false, fmt.Errorf("it asks to wait %s before the next try, which is longer than the limit of %s", wait.Round(time.Second), limit)
	}
	return true, nil
}

// repeatStatus: a 429 did nothing, so everything is repeated; after these 5xx only what does no harm twice.
func (c *call) repeatStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return c.repeatable()
	}
	return false
}

// repeatFailure: what was never sent is repeated, whatever it is; what was cut in the middle only when it does no harm
// twice.
func (c *call) repeatFailure(err error) bool {
	if isFinal(err) {
		return false
	}
	var unsent *unsentError
	return errors.As(err, &unsent) || c.repeatable()
}

func (c *call) repeatable() bool { return c.request.Repeatable || c.request.Method == http.MethodGet }

// isFinal reports failures that stay until somebody changes the configuration.
func isFinal(err error) bool {
	var final *finalError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var plain tls.RecordHeaderError
	return errors.As(err, &final) || errors.As(err, &certificate) || errors.As(err, &authority) ||
		errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &plain)
}

// backoff is the wait before the next attempt: what the upstream asks for, or a doubling time with jitter.
func backoff(shortest, longest time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if wait, ok := retryAfter(response.Header, time.Now()); ok && wait > 0 {
			return min(wait, longest)
		}
	}
	wait := float64(shortest) * math.Pow(2, float64(attempt))
	wait = min(wait, float64(longest))
	return time.Duration(wait/2 + rand.Float64()*wait/2)
}

// retryAfter reads the header as seconds, fractions included (Graph and some proxies send them), or as an HTTP date.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds < 0 {
			return 0, false
		}
		const century = 100 * 365 * 24 * 3600
		return time.Duration(min(seconds, century) * float64(time.Second)), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

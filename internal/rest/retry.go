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
		return c.attemptsLeft() && c.repeatFailure(err), nil
	}
	limit := c.client.config.MaxWait
	if wait, ok := retryAfter(response.Header, time.Now()); ok && wait > limit {
		return false, fmt.Errorf("it asks to wait %s before the next try, which is longer than the limit of %s", wait.Round(time.Second), limit)
	}
	if c.wasLimited() {
		return c.patient()
	}
	return c.attemptsLeft(), nil
}

// attemptsLeft leaves the 429s of a paced client out: they are no failures.
func (c *call) attemptsLeft() bool { return c.attempts-c.limited < c.client.config.Attempts }

// wasLimited reports whether the last attempt showed that the pace is too high, which the pace has learned by now.
func (c *call) wasLimited() bool {
	return c.client.pace.limit > 0 && c.status == http.StatusTooManyRequests
}

// patient says whether to try again after a 429 of a paced client. Many requests share the pace, so one of them may be
// refused often while all goes well.
func (c *call) patient() (bool, error) {
	refused := c.client.pace.refusedSince(c.limitedSince)
	if c.limited < c.client.config.Attempts || refused < c.client.config.MaxWait {
		return true, nil
	}
	return false, fmt.Errorf("it has answered nothing else for %s, however slowly it was asked", refused.Round(time.Second))
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

// backoff is the wait before the next attempt, which waits for its turn then: the pace rests after a 429.
func (c *call) backoff(shortest, longest time.Duration, _ int, response *http.Response) time.Duration {
	if c.wasLimited() {
		return 0
	}
	return backoff(shortest, longest, c.attempts-c.limited-1, response)
}

// backoff is what the upstream asks for, or a doubling time with jitter.
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

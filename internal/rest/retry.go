// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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

// checkRetry is the retryablehttp.CheckRetry of a call. An error ends the call.
func (c *call) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err == nil && !c.retryStatus(response.StatusCode) {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return c.attemptsLeft() && c.retryFailure(err), nil
	}
	limit := c.client.config.MaxWait
	if wait, ok := RetryAfter(response.Header, time.Now()); ok && wait > limit {
		return false, fmt.Errorf("it asks to wait %s before the next request, longer than the limit of %s", wait.Round(time.Second), limit)
	}
	if c.wasLimited() {
		return c.retryLimited()
	}
	return c.attemptsLeft(), nil
}

// attemptsLeft reports whether another attempt is allowed. The 429s of a paced client do not count, because they are not failures.
func (c *call) attemptsLeft() bool { return c.attempts-c.limited < maxAttempts }

// wasLimited reports whether the last attempt of a paced client was answered with 429. The pace has slowed down by now.
func (c *call) wasLimited() bool {
	return c.client.pace.limit > 0 && c.status == http.StatusTooManyRequests
}

// retryLimited decides whether a paced client retries after a 429. One request may be limited often while others get through, because
// they share the pace. So it gives up only when all requests of the client have been limited for Config.MaxWait.
func (c *call) retryLimited() (bool, error) {
	duration := c.client.pace.limitedFor(c.limitedSince)
	if c.limited < maxAttempts || duration < c.client.config.MaxWait {
		return true, nil
	}
	return false, fmt.Errorf("it answered 429 for %s, even to fewer requests per second", duration.Round(time.Second))
}

// retryStatus reports whether to retry after a status: after a 429 always, because the upstream did nothing, and after some 5xx when
// the request is repeatable.
func (c *call) retryStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return c.repeatable()
	}
	return false
}

// retryFailure reports whether to retry after a failure: always when nothing was sent, and otherwise when the request is repeatable.
func (c *call) retryFailure(err error) bool {
	return !isFinal(err) && (is[*unsentError](err) || c.repeatable())
}

func (c *call) repeatable() bool { return c.request.Repeatable || c.request.Method == http.MethodGet }

// isFinal reports whether a failure persists until the configuration changes, such as an untrusted certificate.
func isFinal(err error) bool {
	if failed, found := errors.AsType[*ProxyError](err); found && failed.isLasting() {
		return true
	}
	return is[*finalError](err) || is[*tls.CertificateVerificationError](err) || is[x509.UnknownAuthorityError](err) ||
		is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err) || is[tls.RecordHeaderError](err)
}

// is reports whether an error of type E is in the chain of err.
func is[E error](err error) bool {
	_, found := errors.AsType[E](err)
	return found
}

// backoff is the retryablehttp.Backoff of a call. After a 429 the pause of the pace takes its place.
func (c *call) backoff(minWait, maxWait time.Duration, _ int, response *http.Response) time.Duration {
	if c.wasLimited() {
		return 0
	}
	return backoff(minWait, maxWait, c.attempts-c.limited-1, response)
}

// backoff returns what the upstream asks for, or an exponential wait with jitter.
func backoff(minWait, maxWait time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if wait, ok := RetryAfter(response.Header, time.Now()); ok && wait > 0 {
			return min(wait, maxWait)
		}
	}
	wait := float64(minWait) * math.Pow(2, float64(attempt))
	wait = min(wait, float64(maxWait))
	return time.Duration(wait/2 + rand.Float64()*wait/2)
}

// RetryAfter returns how long the Retry-After header asks to wait: seconds, which may have a fraction (Graph and some proxies send one), or an
// HTTP date. A date is compared with the Date of the same answer, because the clock of this machine may differ from the upstream's.
func RetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds < 0 {
			return 0, false
		}
		const century = 100 * 365 * 24 * 3600
		return time.Duration(min(seconds, century) * float64(time.Second)), true
	}
	if at, err := http.ParseTime(value); err == nil {
		if sent, err := http.ParseTime(header.Get("Date")); err == nil {
			now = sent
		}
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

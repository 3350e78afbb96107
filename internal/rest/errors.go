// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Error describes a request that failed. Every failure of [Client.Do] and [Response.Decode] is one.
type Error struct {
	// System, Doing and Method are those of [Config] and [Request].
	System string
	Doing  string
	Method string
	// URL is the address without its query, which may hold private data.
	URL string
	// Status is the HTTP status of the last attempt, 0 without a complete answer. It is 2xx when the answer could not be used.
	Status int
	// Message is the upstream's own error message on one line, truncated, with secrets masked.
	Message string
	// RequestID is the upstream's id of the request, empty when it gave none.
	RequestID string
	// Attempts is how often the request was sent.
	Attempts int
	// Err is the cause when there was no usable answer: a connection reset, a timeout, a body that is not JSON. Secrets are masked
	// in its text.
	Err error
	// Sent is false when the upstream cannot have seen the request.
	Sent bool
	// Header is that of the answer, nil without one.
	Header http.Header
	// JSON reports whether the body was JSON. If not, the answer may come from a proxy rather than from the API.
	JSON bool

	unclear bool // an earlier attempt may have been carried out
}

// Error returns one line with the request and the answer.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: could not %s: %s %s", e.System, e.Doing, e.Method, e.URL)
	switch {
	case e.Status >= 200 && e.Status < 300:
		fmt.Fprintf(&text, " answered %s, but the answer cannot be used", statusText(e.Status))
	case e.Status != 0:
		fmt.Fprintf(&text, " answered %s", statusText(e.Status))
	case e.Sent:
		text.WriteString(" got no complete answer")
	default:
		text.WriteString(" was not sent")
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %q", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&text, ": %s", e.Err)
	}
	var facts []string
	if e.RequestID != "" {
		facts = append(facts, "request id "+e.RequestID)
	}
	if e.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if len(facts) > 0 {
		fmt.Fprintf(&text, " (%s)", strings.Join(facts, ", "))
	}
	return text.String()
}

// Unwrap returns the cause, for example [context.Canceled].
func (e *Error) Unwrap() error { return e.Err }

// Ambiguous reports whether the upstream may have carried out the request although it failed: after it was sent came a 5xx, a
// reset, a timeout or an answer that cannot be used.
func (e *Error) Ambiguous() bool {
	if e.unclear {
		return true
	}
	return e.Sent && (e.Status == 0 || e.Status >= 500 || e.Status >= 200 && e.Status < 300)
}

// Status returns the HTTP status of the first [*Error] in the chain of err, or 0.
func Status(err error) int {
	if e, found := errors.AsType[*Error](err); found {
		return e.Status
	}
	return 0
}

// Ambiguous calls [Error.Ambiguous] on the first [*Error] in the chain of err. It returns false without one.
func Ambiguous(err error) bool {
	e, found := errors.AsType[*Error](err)
	return found && e.Ambiguous()
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// failed returns the error of a call that ended without an answer. It has the status of the last attempt: when the caller cancels in
// the pause after a 429, that status shows that nothing was carried out.
func (c *call) failed(err error) *Error {
	e := c.newError()
	e.Status = c.status
	e.Err = c.maskError(err)
	return e
}

// refused returns the error of a call whose answer has a status other than 2xx. cause says why it was not retried; it may be nil.
func (c *call) refused(response *http.Response, body []byte, cause error) *Error {
	e := c.newError()
	e.Sent = true
	e.Status = response.StatusCode
	e.Header = response.Header
	e.RequestID = c.readable(requestID(response.Header), maxMessage)
	e.JSON = sniff(body) == kindJSON
	e.Message = c.message(response, body)
	e.Err = c.maskError(cause)
	return e
}

func (c *call) newError() *Error {
	return &Error{
		System:   c.client.config.System,
		Doing:    c.request.Doing,
		Method:   c.request.Method,
		URL:      c.masker.Mask(c.client.base + c.request.Path),
		Attempts: c.attempts,
		Sent:     c.sent,
		unclear:  c.unclear,
	}
}

// message returns the error message in the answer, with its Retry-After, or the target of a redirect.
func (c *call) message(response *http.Response, body []byte) string {
	text := c.readable(messageOf(body), maxMessage)
	if location := response.Header.Get("Location"); response.StatusCode < 400 && location != "" {
		return "redirects to " + c.readable(targetOf(location), maxMessage) + "; redirects are not followed"
	}
	if wait := response.Header.Get("Retry-After"); wait != "" {
		return strings.TrimSpace(text + " (Retry-After: " + c.readable(wait, maxMessage) + ")")
	}
	return text
}

// targetOf returns the target of a redirect without query and user information.
func targetOf(location string) string {
	address, err := url.Parse(location)
	if err != nil {
		return "an invalid URL"
	}
	target := address.Path // not escaped, so that a secret in it is recognised and masked
	if address.Host != "" {
		target = "//" + address.Host + target
	}
	if address.Scheme != "" {
		target = address.Scheme + ":" + target
	}
	return target
}

// requestID returns the upstream's id of the request, from the first of the headers in use that is set.
func requestID(header http.Header) string {
	for _, name := range []string{"Request-Id", "X-Request-Id", "X-Ms-Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "Cf-Ray"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// Systemic reports whether requests for other rows of a table would fail for the same reason: the keys are refused, the rate limit is
// reached, the service is down or unreachable, or the run was cancelled. The caller then sends no more of them. Systemic returns false
// for an error that concerns one row: a 400, 404, 409, 410, 413 or 422, a 500 to a request that was sent once, and any error that is
// not an [*Error].
func Systemic(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, found := errors.AsType[*Error](err)
	if !found {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return false
	case http.StatusInternalServerError:
		return e.Attempts > 1
	}
	return true
}

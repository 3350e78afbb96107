package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Error is a request that did not succeed: what was asked of which system, and what came back.
type Error struct {
	System string
	Doing  string
	Method string
	// URL is without query and without user information.
	URL string
	// Status is that of the last attempt, 0 when it had no (whole) HTTP answer. It is 2xx when the answer could not be used.
	Status int
	// Message is the upstream's own words, cut to a readable length, secrets masked.
	Message string
	// RequestID is the upstream's id of the request, empty when it gave none.
	RequestID string
	// Attempts is how often it was sent.
	Attempts int
	// Err is the cause when there was no usable answer: a reset, a time-out, a body that is no JSON. Its text has the
	// secrets masked.
	Err error
	// Sent is false when the upstream cannot have seen the request.
	Sent   bool
	Header http.Header
	// JSON says that the answer was a JSON document, so it came from the API and not from something in between.
	JSON bool

	// unclear remembers an earlier attempt that may have been carried out.
	unclear bool
}

// Error is one line: what was asked of which system, and what it answered.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: could not %s: %s %s", e.System, e.Doing, e.Method, e.URL)
	switch {
	case e.Status >= 200 && e.Status < 300:
		fmt.Fprintf(&text, " answered %s, but the answer cannot be used", statusText(e.Status))
	case e.Status != 0:
		fmt.Fprintf(&text, " answered %s", statusText(e.Status))
	case e.Sent:
		text.WriteString(" got no whole answer")
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

// Unwrap returns the cause, for example context.Canceled.
func (e *Error) Unwrap() error { return e.Err }

// Ambiguous reports whether the upstream may have carried out the request although it failed: a 5xx, a reset, a
// time-out or an unreadable answer after it was sent.
func (e *Error) Ambiguous() bool {
	if e.unclear {
		return true
	}
	return e.Sent && (e.Status == 0 || e.Status >= 500 || e.Status >= 200 && e.Status < 300)
}

// Status returns the HTTP status of the *Error in err's chain, or 0.
func Status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// Ambiguous reports whether err's chain has an *Error that is Ambiguous.
func Ambiguous(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Ambiguous()
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// failed is the error of a call that got no HTTP answer in the end. What an attempt before that was answered, such as a 429
// when the caller leaves in the pause after it, tells whether anything was carried out.
func (c *call) failed(err error) *Error {
	e := c.newError()
	e.Status = c.status
	e.Err = c.client.maskError(err)
	return e
}

// refused is the error of a call that was answered with a status other than 2xx. cause says why it was not repeated,
// if that needs saying.
func (c *call) refused(response *http.Response, body []byte, cause error) *Error {
	e := c.newError()
	e.Sent = true
	e.Status = response.StatusCode
	e.Header = response.Header
	e.RequestID = c.client.readable(requestID(response.Header), messageLength)
	e.JSON = sniff(body) == kindJSON
	e.Message = c.message(response, body)
	e.Err = c.client.maskError(cause)
	return e
}

func (c *call) newError() *Error {
	return &Error{
		System:   c.client.config.System,
		Doing:    c.request.Doing,
		Method:   c.request.Method,
		URL:      c.client.mask(c.client.base + c.request.Path),
		Attempts: c.attempts,
		Sent:     c.sent,
		unclear:  c.unclear,
	}
}

// message is what the answer says: its own words, where it redirects to, or for how long it asks to wait.
func (c *call) message(response *http.Response, body []byte) string {
	text := c.client.readable(messageOf(body), messageLength)
	if location := response.Header.Get("Location"); response.StatusCode < 400 && location != "" {
		return "redirects to " + c.client.readable(hostOf(location), messageLength) + "; redirects are not followed"
	}
	if wait := response.Header.Get("Retry-After"); wait != "" {
		return strings.TrimSpace(text + " (Retry-After: " + c.client.readable(wait, messageLength) + ")")
	}
	return text
}

func hostOf(location string) string {
	address, err := url.Parse(location)
	if err != nil {
		return "an address that is no URL"
	}
	where := address.Path // not escaped again, or a secret in it would be half escaped
	if address.Host != "" {
		where = "//" + address.Host + where
	}
	if address.Scheme != "" {
		where = address.Scheme + ":" + where
	}
	return where
}

// requestID is the upstream's id of the request, under the names that are in use.
func requestID(header http.Header) string {
	for _, name := range []string{"Request-Id", "X-Request-Id", "X-Ms-Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "Cf-Ray"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// Systemic reports whether the next row of a table would fail for the same reason: the keys are refused, the rate limit is reached,
// the service is down or cannot be reached, or the run was cancelled. The caller then stops, and asks for no other row. It reports
// false for what concerns one row alone: an answer of 400, 404, 409, 410, 413 or 422, a 500 to a request that is not repeated, and an
// error that did not come from a request.
func Systemic(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var e *Error
	if !errors.As(err, &e) {
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// call is one Request over all its attempts. It is the transport of its own http.Client.
type call struct {
	client   *Client
	request  Request
	log      string
	masker   *Masker
	attempts int
	status   int // of the answer to the last attempt, 0 without one
	// limited counts the attempts of a paced client that were answered with 429, the first of them at limitedSince.
	limited      int
	limitedSince time.Time
	sent         bool // an attempt may have reached the upstream
	unclear      bool // the upstream may have carried an attempt out

	list    *List                      // what the answer is read into; nil to keep its body
	fields  map[string]json.RawMessage // beside the list
	listErr error                      // why it cannot be used
}

// RoundTrip makes one attempt: it adds the credentials, waits for a turn, sends, and reads the whole body within the time limit.
func (c *call) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	request = request.Clone(ctx)
	if c.client.config.Authorize != nil {
		if err := c.client.config.Authorize(request); err != nil {
			return nil, &finalError{err}
		}
	}
	if err := c.client.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer c.client.slots.Release(1)
	turn, err := c.client.pace.wait(ctx)
	if err != nil {
		return nil, err
	}
	c.attempts++
	c.status = 0
	start := time.Now()
	attempt := newAttempt(ctx, c.client, turn)
	defer attempt.end()
	response, err := attempt.do(request, c)
	c.sent = c.sent || attempt.wasSent(err)
	c.unclear = c.unclear || err != nil && attempt.wasSent(err) || err == nil && response.StatusCode >= 500
	c.logAttempt(ctx, request, response, err, time.Since(start))
	if err != nil && !attempt.wasSent(err) {
		return nil, &unsentError{err}
	}
	if err == nil {
		c.recordOutcome(ctx, turn, response)
	}
	return response, err
}

// recordOutcome tells the pace about an answer.
func (c *call) recordOutcome(ctx context.Context, turn *turn, response *http.Response) {
	c.status = response.StatusCode
	pace, limited := c.client.pace, c.status == http.StatusTooManyRequests
	pace.recordAnswer(turn, limited)
	if !limited {
		return
	}
	if pace.limit > 0 {
		if c.limited == 0 {
			c.limitedSince = time.Now()
		}
		c.limited++
	}
	wait, _ := RetryAfter(response.Header, time.Now())
	if wait > c.client.config.MaxWait {
		wait = 0 // this request fails rather than wait that long, and the others need not wait either
	}
	if perSecond := pace.slowDown(turn, wait); perSecond > 0 {
		tflog.SubsystemInfo(ctx, c.log, "rate limited, slowing down", map[string]any{"requests_per_second": math.Round(perSecond*10) / 10})
	}
}

func (c *call) logAttempt(ctx context.Context, request *http.Request, response *http.Response, err error, took time.Duration) {
	fields := map[string]any{
		"method":      request.Method,
		"url":         lazy(func() string { return c.masker.Mask(request.URL.Redacted()) }),
		"attempt":     c.attempts,
		"duration_ms": took.Milliseconds(),
	}
	if err != nil {
		fields["error"] = lazy(func() string { return c.readable(err.Error(), maxReason) })
		tflog.SubsystemDebug(ctx, c.log, "request failed", fields)
		return
	}
	fields["status"] = response.StatusCode
	if id := requestID(response.Header); id != "" {
		fields["request_id"] = lazy(func() string { return c.readable(id, maxMessage) })
	}
	tflog.SubsystemDebug(ctx, c.log, "request answered", fields)
}

// lazy is a text that is made when the log shows it. To search a text for a token takes longer than most requests, and most runs write no log.
type lazy func() string

// MarshalText returns the text.
func (l lazy) MarshalText() ([]byte, error) { return []byte(l()), nil }

// attempt is one attempt of a call.
type attempt struct {
	client        *Client
	turn          *turn
	ctx           context.Context // ends with the caller's, or when the attempt takes too long
	end           context.CancelFunc
	connRequested atomic.Bool // the transport looked for a connection
	connReady     atomic.Bool // and found one, so the request may have been sent
}

func newAttempt(ctx context.Context, client *Client, turn *turn) *attempt {
	a := &attempt{client: client, turn: turn}
	a.ctx, a.end = context.WithTimeoutCause(ctx, client.config.Timeout, timeoutError{client.config.Timeout})
	return a
}

func (a *attempt) do(request *http.Request, c *call) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GetConn: func(string) { a.connRequested.Store(true) }, GotConn: a.gotConnection}
	request = request.WithContext(httptrace.WithClientTrace(a.ctx, trace))
	response, err := a.client.config.Transport.RoundTrip(request)
	if err != nil {
		return nil, a.causeOf(err)
	}
	defer response.Body.Close()
	read := a.readBody
	if isSuccess := response.StatusCode >= 200 && response.StatusCode <= 299; c.list != nil && isSuccess {
		read = c.readRows
	} else if !isSuccess {
		response.Body = beginning{io.LimitReader(response.Body, maxErrorBody), response.Body}
	}
	body, tooLong, err := read(response.Body)
	if tooLong {
		return nil, &finalError{fmt.Errorf("the answer is larger than %d bytes", a.client.config.MaxBody)}
	}
	// What follows a 429 or a 5xx depends on the status alone, so it may be cut off.
	statusSuffices := response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500
	if err != nil && (!statusSuffices || a.ctx.Err() != nil) {
		return nil, a.causeOf(fmt.Errorf("the answer was cut off: %w", err))
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// beginning is a part of a body.
type beginning struct {
	io.Reader
	io.Closer
}

// readBody reads a whole body, unless it is too long.
func (a *attempt) readBody(from io.Reader) (body []byte, tooLong bool, err error) {
	body, err = io.ReadAll(io.LimitReader(from, a.client.config.MaxBody+1))
	return body, int64(len(body)) > a.client.config.MaxBody, err
}

// readRows reads the list of the call. The body that it returns is the beginning only.
func (c *call) readRows(from io.Reader) (head []byte, tooLong bool, err error) {
	reader := readList(from, c.client.config.MaxBody, c.list, c.masker)
	c.listErr = reader.read()
	c.fields = reader.fields
	return reader.source.head, reader.source.long, reader.source.err
}

// causeOf returns why the attempt was ended, if it was, and otherwise err.
func (a *attempt) causeOf(err error) error {
	return cmp.Or(context.Cause(a.ctx), err)
}

// gotConnection runs when the transport has a connection, before it writes the request to it. It runs once more when the transport
// finds a kept-alive connection closed and takes another one.
func (a *attempt) gotConnection(httptrace.GotConnInfo) {
	a.client.pace.recordSending(a.turn)
	a.connReady.Store(true)
}

// wasSent reports whether the upstream may have seen the request. It is false only when dialling failed, or when the transport looked
// for a connection and got none.
func (a *attempt) wasSent(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return false
	}
	return a.connReady.Load() || !a.connRequested.Load()
}

// timeoutError ends an attempt that takes longer than Config.Timeout. The caller's own deadline is another error.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("it took longer than %s", e.after) }
func (e timeoutError) Timeout() bool { return true }

// finalError is a failure that another attempt would only repeat.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// unsentError is a failure before anything was sent.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

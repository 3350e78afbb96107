package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// turnExpiry is the age at which a turn can no longer be used. Requests that waited for a slow TLS handshake would otherwise all
// go out when it ends.
const turnExpiry = 10 * time.Millisecond

// call is one Request over all its attempts. It is the transport of its own http.Client.
type call struct {
	client   *Client
	request  Request
	log      string
	attempts int
	status   int // of the answer to the last attempt, 0 without one
	// limited counts the attempts of a paced client that were answered with 429, the first of them at limitedSince.
	limited      int
	limitedSince time.Time
	sent         bool // an attempt may have reached the upstream
	unclear      bool // the upstream may have carried an attempt out
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
	turn, err := c.client.pace.wait(ctx)
	if err != nil {
		return nil, err
	}
	c.attempts++
	c.status = 0
	start := time.Now()
	attempt := newAttempt(ctx, c.client, turn)
	defer attempt.end()
	response, err := attempt.do(request)
	c.sent = c.sent || attempt.wasSent(err)
	c.unclear = c.unclear || err != nil && attempt.wasSent(err) || err == nil && response.StatusCode >= 500
	c.logAttempt(ctx, request, response, err, time.Since(start))
	if err != nil && !attempt.wasSent(err) {
		return nil, &unsentError{err}
	}
	if err == nil {
		c.recordOutcome(ctx, attempt.lastTurn(), response)
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
	wait, _ := retryAfter(response.Header, time.Now())
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
		"url":         c.client.mask(request.URL.Redacted()),
		"attempt":     c.attempts,
		"duration_ms": took.Milliseconds(),
	}
	if err != nil {
		fields["error"] = c.client.readable(err.Error(), maxReason)
		tflog.SubsystemDebug(ctx, c.log, "request failed", fields)
		return
	}
	fields["status"] = response.StatusCode
	if id := requestID(response.Header); id != "" {
		fields["request_id"] = c.client.readable(id, maxMessage)
	}
	tflog.SubsystemDebug(ctx, c.log, "request answered", fields)
}

// attempt is one attempt of a call.
//
// It starts with a turn, but may not send at once, or send more than once: the connection may need a handshake first, and the
// transport sends a request again by itself when it finds a kept-alive connection closed. Each sending needs a turn that was given
// just now, so gotConnection, which runs right before a request is written, waits for another one where needed.
type attempt struct {
	client *Client
	ctx    context.Context // ends with the caller's, or when the attempt takes too long
	caller context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer

	mu            sync.Mutex
	turn          *turn // of the last sending
	turnUsed      bool  // the first turn was used, or has expired
	connRequested bool  // the transport looked for a connection
	connReady     bool  // and found one, so the request may have been sent
}

func newAttempt(ctx context.Context, client *Client, turn *turn) *attempt {
	a := &attempt{client: client, caller: ctx, turn: turn}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(client.config.Timeout, a.timeOut)
	return a
}

func (a *attempt) timeOut() { a.cancel(timeoutError{a.client.config.Timeout}) }

func (a *attempt) end() {
	a.timer.Stop()
	a.cancel(nil)
}

func (a *attempt) do(request *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GetConn: func(string) { a.mark(&a.connRequested) }, GotConn: a.gotConnection}
	request = request.WithContext(httptrace.WithClientTrace(a.ctx, trace))
	response, err := a.client.config.Transport.RoundTrip(request)
	if err != nil {
		return nil, a.causeOf(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, a.client.config.MaxBody+1))
	if int64(len(body)) > a.client.config.MaxBody {
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

// causeOf returns why the attempt was ended, if it was, and otherwise err.
func (a *attempt) causeOf(err error) error {
	if a.caller.Err() != nil {
		return a.caller.Err()
	}
	if cause := context.Cause(a.ctx); cause != nil {
		return cause
	}
	return err
}

// gotConnection runs when the transport has a connection, before it writes the request to it.
func (a *attempt) gotConnection(info httptrace.GotConnInfo) {
	if !a.useTurn() && a.client.pace.limit > 0 {
		a.timer.Stop() // the time limit is for the upstream, not for our own wait
		turn, err := a.client.pace.wait(a.caller)
		a.timer.Reset(a.client.config.Timeout)
		if err != nil {
			a.cancel(err)
			closeUnused(info.Conn)
			return
		}
		a.replaceTurn(turn)
	}
	a.mark(&a.connReady)
}

// useTurn uses the first turn, and reports whether that was possible.
func (a *attempt) useTurn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	usable := !a.turnUsed && time.Since(a.turn.at) < turnExpiry
	a.turnUsed = true
	return usable
}

func (a *attempt) replaceTurn(turn *turn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn = turn
}

func (a *attempt) lastTurn() *turn {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.turn
}

func (a *attempt) mark(flag *bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*flag = true
}

// wasSent reports whether the upstream may have seen the request. It is false only when dialling failed, or when the transport looked
// for a connection and got none.
func (a *attempt) wasSent(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.connReady || !a.connRequested
}

// closeUnused closes a connection, because the transport would send the request on it although the caller has gone. An HTTP/2
// connection stays open: its transport checks the context itself, and other requests share the connection.
func closeUnused(connection net.Conn) {
	if secure, ok := connection.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		return
	}
	connection.Close() //nolint:errcheck // there is nothing to do about it
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

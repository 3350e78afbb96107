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

// staleAfter is how old a turn to send may be when the connection for it stands. An older one is lost and another is
// waited for: requests that waited for a slow handshake would otherwise go out together.
const staleAfter = 10 * time.Millisecond

// call is one Request on its way, over all its attempts. It is the transport of its own http.Client.
type call struct {
	client   *Client
	request  Request
	log      string
	attempts int
	status   int // what the last attempt was answered with; 0 when it was not
	// limited is the number of attempts of a paced client that were answered with 429, the first of them at limitedSince.
	limited      int
	limitedSince time.Time
	// sent says that an attempt may have reached the upstream, unclear that one may have been carried out.
	sent    bool
	unclear bool
}

// RoundTrip makes one attempt: credentials, pacing, and the body read whole within the time limit.
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
		c.learn(ctx, attempt.lastTurn(), response)
	}
	return response, err
}

// learn tells the pace what came back.
func (c *call) learn(ctx context.Context, turn *turn, response *http.Response) {
	c.status = response.StatusCode
	pace, limited := c.client.pace, c.status == http.StatusTooManyRequests
	pace.answer(turn, limited)
	if !limited {
		return
	}
	if pace.limit > 0 {
		if c.limited == 0 {
			c.limitedSince = time.Now()
		}
		c.limited++
	}
	asked, _ := retryAfter(response.Header, time.Now())
	if asked > c.client.config.MaxWait {
		asked = 0 // this request will not wait for that, nor need the others
	}
	if perSecond := pace.slowDown(turn, asked); perSecond > 0 {
		tflog.SubsystemInfo(ctx, c.log, "asked too often, slowing down", map[string]any{"requests_per_second": math.Round(perSecond*10) / 10})
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
		fields["error"] = c.client.readable(err.Error(), reasonLength)
		tflog.SubsystemDebug(ctx, c.log, "request failed", fields)
		return
	}
	fields["status"] = response.StatusCode
	if id := requestID(response.Header); id != "" {
		fields["request_id"] = c.client.readable(id, messageLength)
	}
	tflog.SubsystemDebug(ctx, c.log, "request answered", fields)
}

// attempt is one sending of a request.
type attempt struct {
	client *Client
	ctx    context.Context // ends with the caller's, or when the attempt takes too long
	caller context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer

	mu     sync.Mutex
	turn   *turn // the last one
	used   bool  // a connection stood for it
	asked  bool  // a connection was asked for
	usable bool  // and stood, so the request may have gone out
}

func newAttempt(ctx context.Context, client *Client, turn *turn) *attempt {
	a := &attempt{client: client, caller: ctx, turn: turn}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(client.config.Timeout, a.giveUp)
	return a
}

func (a *attempt) giveUp() { a.cancel(timeoutError{a.client.config.Timeout}) }

func (a *attempt) end() {
	a.timer.Stop()
	a.cancel(nil)
}

func (a *attempt) do(request *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GetConn: func(string) { a.mark(&a.asked) }, GotConn: a.gotConnection}
	request = request.WithContext(httptrace.WithClientTrace(a.ctx, trace))
	response, err := a.client.config.Transport.RoundTrip(request)
	if err != nil {
		return nil, a.reason(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, a.client.config.MaxBody+1))
	if int64(len(body)) > a.client.config.MaxBody {
		return nil, &finalError{fmt.Errorf("the answer is larger than %d bytes", a.client.config.MaxBody)}
	}
	// How a 429 or a 5xx goes on depends on its status alone.
	decided := response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500
	if err != nil && (!decided || a.ctx.Err() != nil) {
		return nil, a.reason(fmt.Errorf("the answer was cut off: %w", err))
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// reason prefers why the attempt was ended to what that broke.
func (a *attempt) reason(err error) error {
	if a.caller.Err() != nil {
		return a.caller.Err()
	}
	if cause := context.Cause(a.ctx); cause != nil {
		return cause
	}
	return err
}

// gotConnection runs when a connection stands, before anything is written to it. The transport repeats some requests
// itself when a kept connection turns out to be closed; each of them needs a turn of its own.
func (a *attempt) gotConnection(info httptrace.GotConnInfo) {
	if !a.useTurn() && a.client.pace.limit > 0 {
		a.timer.Stop()
		turn, err := a.client.pace.wait(a.caller)
		a.timer.Reset(a.client.config.Timeout)
		if err != nil {
			a.cancel(err)
			dropUnused(info.Conn)
			return
		}
		a.renew(turn)
	}
	a.mark(&a.usable)
}

// useTurn uses the turn, if there is one that is fresh.
func (a *attempt) useTurn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	fresh := !a.used && time.Since(a.turn.at) < staleAfter
	a.used = true
	return fresh
}

// renew replaces the turn by one that is used at once.
func (a *attempt) renew(turn *turn) {
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

// wasSent reports whether the upstream may have seen the request. Only a transport that is asked for a connection and
// gets none is sure not to have sent anything.
func (a *attempt) wasSent(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.usable || !a.asked
}

// dropUnused closes a connection on which the transport would send a request that nobody waits for any more. HTTP/2
// looks at the context itself, and other requests share the connection.
func dropUnused(connection net.Conn) {
	if secure, ok := connection.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		return
	}
	connection.Close() //nolint:errcheck // it is of no use any more
}

// timeoutError says that an attempt took too long. It is not the caller's deadline.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("it took longer than %s", e.after) }
func (e timeoutError) Timeout() bool { return true }

// finalError is a failure that another attempt would only repeat.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// unsentError is a failure before the upstream could see anything.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

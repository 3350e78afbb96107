// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// network connects providers and sandbox within the process, without the machine's network, so that testing/synctest can use fake time.
type network struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newNetwork() *network {
	return &network{calls: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.calls:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return address("127.0.0.1:4433") }

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case n.calls <- theirs:
		return ours, nil
	case <-n.closed:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// transport returns a transport on this network, without proxy and TLS.
func (n *network) transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = n.dial
	transport.DialTLSContext = n.dial
	transport.MaxIdleConnsPerHost = 100
	return transport
}

// sent is a request of a process.
type sent struct {
	method, path, query, body string
	at                        time.Time
}

func (s sent) isWrite() bool {
	isUpstream := strings.HasPrefix(s.path, "/api/vendor-api") || strings.HasPrefix(s.path, "/v2/") || strings.HasPrefix(s.path, "/compatibility/")
	return isUpstream && s.method != http.MethodGet
}

// end is the kill or interrupt of a process.
type end struct {
	at     int  // the number of the request, from 1; 0 is never
	writes bool // count only those that write
	after  bool // the upstream carries it out first
	soft   bool // Ctrl-C: the process may finish its work
}

// process is one run of the CLI with its provider. All its requests go through here. After a kill it sends nothing, and its results are
// ignored.
type process struct {
	transport interface {
		http.RoundTripper
		CloseIdleConnections()
	}
	end  end
	stop context.CancelFunc

	mu       sync.Mutex
	requests []sent
	counted  int
	dead     bool
	struck   bool // the end came
}

var errDead = errors.New("the process is dead")

func (p *process) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, err
	}
	last, err := p.record(sent{request.Method, request.URL.Path, request.URL.RawQuery, body, time.Now()})
	if err != nil {
		return nil, err
	}
	if last && !p.end.after {
		p.die()
		if !p.end.soft {
			return nil, errDead
		}
	}
	response, err := p.transport.RoundTrip(request)
	if last && p.end.after {
		p.die()
		if !p.end.soft {
			if err == nil {
				response.Body.Close() //nolint:errcheck // it will not be read
			}
			return nil, errDead
		}
	}
	return response, err
}

// record records a request and reports whether the end comes with it.
func (p *process) record(request sent) (last bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false, errDead
	}
	p.requests = append(p.requests, request)
	if !p.end.writes || request.isWrite() {
		p.counted++
	}
	last = p.end.at > 0 && !p.struck && p.counted == p.end.at
	p.struck = p.struck || last
	return last, nil
}

// die ends the process, or asks it to end.
func (p *process) die() {
	p.mu.Lock()
	p.dead = p.dead || !p.end.soft
	p.mu.Unlock()
	p.stop()
}

// exit ends the process: later requests of its background work are dropped.
func (p *process) exit() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.stop()
	p.transport.CloseIdleConnections()
	synctest.Wait() // requests that were sent before arrive now
}

// killed reports whether the results of the process are ignored.
func (p *process) killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck && !p.end.soft
}

func readBody(request *http.Request) (string, error) {
	if request.Body == nil {
		return "", nil
	}
	if request.GetBody == nil {
		body, err := io.ReadAll(request.Body)
		request.Body = io.NopCloser(strings.NewReader(string(body)))
		return string(body), err
	}
	copied, err := request.GetBody()
	if err != nil {
		return "", err
	}
	defer copied.Close() //nolint:errcheck // in memory
	body, err := io.ReadAll(copied)
	return string(body), err
}

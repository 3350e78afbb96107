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

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// network joins providers and sandbox within the process, so that time can be made up (testing/synctest): nothing waits for the
// machine's own network.
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

// transport is the provider's own, on that network.
func (n *network) transport() *http.Transport {
	transport := rest.NewTransport(nil).(*http.Transport)
	transport.Proxy = nil
	transport.DialContext = n.dial
	transport.DialTLSContext = n.dial // the sandbox answers as if something had taken the TLS off
	return transport
}

// sent is a request that a process has made.
type sent struct {
	method, path, query, body string
	at                        time.Time
}

func (s sent) isWrite() bool {
	return strings.HasPrefix(s.path, "/api/vendor-api") && s.method != http.MethodGet
}

// end is how a process ends before its time.
type end struct {
	at     int  // the number of the request, from 1; 0 is never
	writes bool // count only those that write
	after  bool // the upstream carries it out first
	soft   bool // Ctrl-C: the process may say goodbye
}

// process is one run of the CLI with its provider: everything it sends goes through here. Once it is dead nothing leaves it, and
// nothing that it says counts.
type process struct {
	transport *http.Transport
	end       end
	stop      context.CancelFunc

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
				response.Body.Close() //nolint:errcheck // nobody will read it
			}
			return nil, errDead
		}
	}
	return response, err
}

// record notes a request and tells whether the end comes with it.
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

// exit is the end that every process comes to: what it left running in the background does not get through any more.
func (p *process) exit() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.stop()
	p.transport.CloseIdleConnections()
	synctest.Wait() // what had left it already arrives now, or never
}

// killed reports whether nothing that the process says counts.
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

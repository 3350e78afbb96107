package sandbox

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// Server is a running sandbox. Its methods are what the control routes under /_sandbox/ do. They may be called from
// several goroutines, and while requests are being served.
type Server struct {
	options  Options
	url      string
	httpURL  string
	caFile   string
	switches map[string]string

	upstreams []upstream
	control   http.Handler
	servers   []*http.Server
	serving   sync.WaitGroup // listeners and requests

	mu          sync.Mutex // guards all below, and what the upstreams hold
	closed      bool
	requests    []*Request
	faults      []*activeFault
	gradient    *gradientState
	cloudradial *cloudradialState
	microsoft   *microsoftState

	secretsMu sync.Mutex // its own lock, so that secrets can be handed out with or without mu
	secrets   []string
}

// New starts a server on loopback. Close stops it. It fails on a seed that contradicts itself, an unknown switch or
// value of a switch, and an address that cannot be listened on.
func New(seed Seed, options Options) (*Server, error) {
	switches, err := chooseSwitches(options.Switches)
	if err != nil {
		return nil, err
	}
	if err := seed.check(); err != nil {
		return nil, err
	}
	if options.RateLimit < 0 || options.Latency < 0 {
		return nil, errors.New("sandbox: rate limit and latency cannot be negative")
	}
	creds := newCredentials()
	s := &Server{
		options:     options,
		switches:    switches,
		gradient:    newGradientState(seed, creds),
		cloudradial: newCloudRadialState(seed, creds),
		microsoft:   newMicrosoftState(seed, creds),
	}
	s.upstreams, s.control = s.newUpstreams(), s.newControlHandler()
	s.handOut(creds.CloudRadialPrivateKey)
	s.handOut(base64.StdEncoding.EncodeToString([]byte(creds.CloudRadialPublicKey + ":" + creds.CloudRadialPrivateKey)))
	s.handOut(creds.MicrosoftClientSecret)
	s.handOutGradient(creds)
	if err := s.listen(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// newCredentials makes credentials so long and so random that a search for them in a log has no false hits.
func newCredentials() Credentials {
	return Credentials{
		GradientVendorKey:     secret("gradient-vendor"),
		GradientPartnerKey:    secret("gradient-partner"),
		CloudRadialPublicKey:  secret("cloudradial-public"),
		CloudRadialPrivateKey: secret("cloudradial-private"),
		MicrosoftClientID:     guid(),
		MicrosoftClientSecret: secret("microsoft-client"),
	}
}

func secret(kind string) string { return kind + "-" + rand.Text() + rand.Text() }

func guid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// listen makes the certificate and starts to serve both addresses, or serves the listener that the options give.
func (s *Server) listen() error {
	if listener := s.options.Listener; listener != nil {
		s.url = "https://" + listener.Addr().String()
		s.serve(listener, nil, behindTLS(s))
		return nil
	}
	certificate, authority, err := newCertificate()
	if err != nil {
		return err
	}
	if s.caFile, err = writeTemporary(authority); err != nil {
		return err
	}
	secure, err := listenOn(s.options.Addr)
	if err != nil {
		return err
	}
	plain, err := listenOn(s.options.HTTPAddr)
	if err != nil {
		return errors.Join(err, secure.Close())
	}
	s.url, s.httpURL = "https://"+reachable(secure), "http://"+reachable(plain)

	s.serve(secure, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, s)
	s.serve(plain, nil, s)
	return nil
}

// behindTLS lets plain requests look as if something before us had taken the TLS off.
func behindTLS(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.TLS = &tls.ConnectionState{}
		handler.ServeHTTP(w, r)
	})
}

func listenOn(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return listener, nil
}

// reachable is the address under which a client on this machine finds the listener, also when it listens everywhere.
func reachable(listener net.Listener) string {
	address := listener.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", address.Port)
	}
	return address.String()
}

func writeTemporary(pem []byte) (string, error) {
	file, err := os.CreateTemp("", "sandbox-ca-*.pem")
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	_, err = file.Write(pem)
	return file.Name(), errors.Join(err, file.Close())
}

func (s *Server) serve(listener net.Listener, config *tls.Config, handler http.Handler) {
	server := &http.Server{
		Handler:           handler,
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // connections that clients cut are what a sandbox is for
	}
	s.servers = append(s.servers, server)
	s.serving.Go(func() {
		if config != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	})
}

// Close stops the server, waits until nothing is being served any more and removes what it wrote.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, server := range s.servers {
		_ = server.Close() // ends the delays of requests that are being answered, too
	}
	s.serving.Wait()
	if s.caFile != "" {
		_ = os.Remove(s.caFile)
	}
}

// URL is the HTTPS address, under which all three upstreams are.
func (s *Server) URL() string { return s.url }

// HTTPURL is the plain HTTP address. It serves the same; Microsoft's sign-in libraries refuse it.
func (s *Server) HTTPURL() string { return s.httpURL }

// CAFile is the PEM file of the certificate that the sandbox made for itself.
func (s *Server) CAFile() string { return s.caFile }

// Credentials returns what the sandbox accepts now; RegenerateKey changes it. While the integration is disconnected the
// Gradient partner key is the last one, which is refused.
func (s *Server) Credentials() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.creds
}

// Env is the environment to export for a provider that is to talk to the sandbox.
func (s *Server) Env() map[string]string {
	creds := s.Credentials()
	return map[string]string{
		"CLOUDRADIAL_BASE_URL":                s.url,
		"CLOUDRADIAL_PUBLIC_KEY":              creds.CloudRadialPublicKey,
		"CLOUDRADIAL_PRIVATE_KEY":             creds.CloudRadialPrivateKey,
		"GRADIENT_BASE_URL":                   s.url,
		"GRADIENT_VENDOR_API_KEY":             creds.GradientVendorKey,
		"GRADIENT_PARTNER_API_KEY":            creds.GradientPartnerKey,
		"ARM_CLIENT_ID":                       creds.MicrosoftClientID,
		"ARM_CLIENT_SECRET":                   creds.MicrosoftClientSecret,
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": s.url,
		"ARM_MSGRAPH_ENDPOINT":                s.url,
		"CLOUDRADIAL_CA_CERTIFICATE_FILE":     s.caFile,
	}
}

// Secrets returns every secret in use, tokens that were handed out and keys that are no longer valid included: what must
// turn up nowhere. Public keys and client ids are no secrets.
func (s *Server) Secrets() []string {
	s.secretsMu.Lock()
	defer s.secretsMu.Unlock()
	return slices.Clone(s.secrets)
}

// handOut remembers a secret for Secrets. It may be called with or without mu.
func (s *Server) handOut(secret string) {
	s.secretsMu.Lock()
	defer s.secretsMu.Unlock()
	if !slices.Contains(s.secrets, secret) {
		s.secrets = append(s.secrets, secret)
	}
}

// handOutGradient remembers the keys and the token that is built from them, for a log of headers would show the latter.
func (s *Server) handOutGradient(creds Credentials) {
	s.handOut(creds.GradientVendorKey)
	s.handOut(creds.GradientPartnerKey)
	s.handOut(base64.StdEncoding.EncodeToString([]byte(creds.GradientVendorKey + ":" + creds.GradientPartnerKey)))
}

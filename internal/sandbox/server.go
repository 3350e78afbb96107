// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// Server is a running sandbox. Its methods may be called from several goroutines and while requests are served.
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

	mu          sync.Mutex // guards the fields below and the state of the upstreams
	closed      bool
	requests    []*Request
	faults      []*activeFault
	lastAsked   map[string]time.Time // method and path → the last request
	gradient    *gradientState
	cloudradial *cloudradialState
	microsoft   *microsoftState

	psa *psa.PSA // has a lock of its own

	secretsMu sync.Mutex // a lock of its own, because secrets are issued with and without mu
	secrets   []string
}

// New starts a server; [Server.Close] stops it. The error is about a seed that contradicts itself, an unknown switch or value of a
// switch, or an address that is not free.
func New(seed Seed, options Options) (*Server, error) {
	switches, err := chooseSwitches(options.Switches)
	if err != nil {
		return nil, err
	}
	if err := seed.check(); err != nil {
		return nil, err
	}
	if options.RateLimit < 0 || options.AutotaskLimit < 0 || options.Latency < 0 {
		return nil, errors.New("sandbox: limits and latency cannot be negative")
	}
	creds := newCredentials()
	s := &Server{
		options:     options,
		switches:    switches,
		lastAsked:   map[string]time.Time{},
		gradient:    newGradientState(seed, creds),
		cloudradial: newCloudRadialState(seed, creds),
		microsoft:   newMicrosoftState(seed, creds),
	}
	if s.psa, err = s.newPSA(seed, creds.PSA); err != nil {
		return nil, err
	}
	s.upstreams, s.control = s.newUpstreams(), s.newControlHandler()
	if options.Replay != nil {
		s.upstreams = newReplay(s, options.Replay).upstreams(s.upstreams)
	}
	s.rememberSecret(creds.CloudRadialPrivateKey)
	s.rememberSecret(base64.StdEncoding.EncodeToString([]byte(creds.CloudRadialPublicKey + ":" + creds.CloudRadialPrivateKey)))
	s.rememberSecret(creds.MicrosoftClientSecret)
	s.rememberGradientSecrets(creds)
	if err := s.listen(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// newCredentials makes long random credentials, so that a search for them in a log has no false hits.
func newCredentials() Credentials {
	return Credentials{
		GradientVendorKey:     newSecret("gradient-vendor"),
		GradientPartnerKey:    newSecret("gradient-partner"),
		CloudRadialPublicKey:  newSecret("cloudradial-public"),
		CloudRadialPrivateKey: newSecret("cloudradial-private"),
		MicrosoftClientID:     uuid.NewString(),
		MicrosoftClientSecret: newSecret("microsoft-client"),
		PSA:                   newPSACredentials(),
	}
}

// mistake is what a method panics with when a test or a control route asks for something impossible.
type mistake struct{ error }

func mustSucceed(err error) {
	if err != nil {
		panic(mistake{fmt.Errorf("sandbox: %w", err)})
	}
}

// must panics with a [mistake] unless the condition holds.
func must(holds bool, otherwise string, args ...any) {
	if !holds {
		panic(mistake{fmt.Errorf("sandbox: "+otherwise, args...)})
	}
}

func newSecret(kind string) string { return kind + "-" + rand.Text() + rand.Text() }

// listen serves the listener of the options, or both addresses with a new certificate.
func (s *Server) listen() error {
	if listener := s.options.Listener; listener != nil {
		s.url, s.httpURL = "https://"+listener.Addr().String(), "http://"+listener.Addr().String()
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
	s.url, s.httpURL = "https://"+clientAddress(secure), "http://"+clientAddress(plain)

	s.serve(secure, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, s)
	s.serve(plain, nil, s)
	return nil
}

// behindTLS makes plain requests look as if a proxy had removed the TLS.
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

// clientAddress returns the address of a listener for a client on this machine, also when it listens on all interfaces.
func clientAddress(listener net.Listener) string {
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
		ErrorLog:          log.New(io.Discard, "", 0), // connections that clients cut are normal here
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

// Close stops the server, waits for the requests in progress and removes the CA file.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, server := range s.servers {
		_ = server.Close() // also ends the delays of requests in progress
	}
	s.serving.Wait()
	if s.caFile != "" {
		_ = os.Remove(s.caFile)
	}
}

// URL returns the HTTPS address of all upstreams.
func (s *Server) URL() string { return s.url }

// HTTPURL returns the plain HTTP address of the same upstreams. Microsoft's sign-in libraries refuse plain HTTP.
func (s *Server) HTTPURL() string { return s.httpURL }

// CAFile returns the path of the sandbox's certificate, in PEM.
func (s *Server) CAFile() string { return s.caFile }

// Credentials returns the credentials that the sandbox accepts now; [Server.RegenerateKey] changes them. While the integration is
// disconnected, the Gradient partner key is the last one, which is refused.
func (s *Server) Credentials() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.creds
}

// Env returns the environment variables that point a provider at the sandbox. For a PSA, of which a provider has one at most, add [Server.PSAEnv].
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

// Secrets returns every secret so far, with issued tokens and invalid keys. A test searches state, plan and logs for them. Public keys
// and client ids are not secrets.
func (s *Server) Secrets() []string {
	s.secretsMu.Lock()
	defer s.secretsMu.Unlock()
	return slices.Clone(s.secrets)
}

// rememberSecret adds a secret to Secrets. It may be called with or without mu.
func (s *Server) rememberSecret(secret string) {
	s.secretsMu.Lock()
	defer s.secretsMu.Unlock()
	if !slices.Contains(s.secrets, secret) {
		s.secrets = append(s.secrets, secret)
	}
}

// rememberGradientSecrets adds the keys and the token that is built from them, because a log of headers would show the token.
func (s *Server) rememberGradientSecrets(creds Credentials) {
	s.rememberSecret(creds.GradientVendorKey)
	s.rememberSecret(creds.GradientPartnerKey)
	s.rememberSecret(base64.StdEncoding.EncodeToString([]byte(creds.GradientVendorKey + ":" + creds.GradientPartnerKey)))
}

// newCertificate makes a self-signed certificate for loopback, and its PEM form for clients to trust. The key stays in memory.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("sandbox: make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "terraform-provider-cloudradial sandbox"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:              []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("sandbox: make a certificate: %w", err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority, nil
}

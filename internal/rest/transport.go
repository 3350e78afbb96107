package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// NewTransport returns a transport with bounded waits and the environment's proxies. It trusts the system's roots when roots
// is nil, and otherwise roots alone: pools cannot be joined, so one with more begins as x509.SystemCertPool.
func NewTransport(roots *x509.CertPool) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxy
	transport.DialContext = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = 15 * time.Second
	transport.ResponseHeaderTimeout = defaultTimeout
	transport.MaxIdleConnsPerHost = 100
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return transport
}

// proxy is the environment's, with an error that does not show the address: it may hold a password.
func proxy(request *http.Request) (*url.URL, error) {
	address, err := http.ProxyFromEnvironment(request)
	if err != nil {
		return nil, errors.New("the proxy address in the environment (HTTPS_PROXY or HTTP_PROXY) is no valid URL")
	}
	return address, nil
}

// CheckBaseURL says what is wrong with a base URL: it must be an absolute http(s) URL without query, fragment or user
// information, with its path escaped, and https unless the host is loopback. The error does not repeat the URL, which may hold a password.
func CheckBaseURL(raw string) error {
	address, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case address.Scheme != "https" && address.Scheme != "http":
		return errors.New("must begin with https://")
	case address.Hostname() == "":
		return errors.New("has no host")
	case address.User != nil:
		return errors.New("must not hold a user name or password")
	case strings.Contains(raw, "?"):
		return errors.New("must not have a query")
	case strings.Contains(raw, "#"):
		return errors.New("must not have a fragment")
	case address.RawPath != "" && address.EscapedPath() != address.RawPath:
		// Beside it, what is escaped in the path of a request would not stay so.
		return errors.New("has a path with spaces or other characters that must be escaped")
	case address.Scheme == "http" && !isLoopback(address.Hostname()):
		return errors.New("must begin with https://; plain http is only for loopback")
	}
	return nil
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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

// NewTransport returns a transport with timeouts that uses the proxies of the environment. It trusts only roots, or the system's
// certificates when roots is nil. To trust more than those, start with [x509.SystemCertPool].
func NewTransport(roots *x509.CertPool) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxy
	transport.DialContext = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = 15 * time.Second
	transport.ResponseHeaderTimeout = defaultTimeout
	transport.MaxIdleConnsPerHost = 100
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	transport.OnProxyConnectResponse = checkProxyAnswer
	return proxyTransport{transport}
}

// proxy returns the proxy of the environment. Its error does not show the address, which may hold a password.
func proxy(request *http.Request) (*url.URL, error) {
	address, err := http.ProxyFromEnvironment(request)
	if err != nil {
		return nil, errors.New("the proxy address in the environment (HTTPS_PROXY or HTTP_PROXY) is not a valid URL")
	}
	return address, nil
}

// CheckBaseURL returns an error unless raw is an absolute URL with an escaped path and without query, fragment or user information. It
// must be https, or http to a loopback address. The error does not show the URL, which may hold a password.
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
		// URL.EscapedPath ignores an invalid raw path, so the escapes in the path of a request would be lost as well.
		return errors.New("has a path with spaces or other characters that must be escaped")
	case address.Scheme == "http" && !isLoopback(address.Hostname()):
		return errors.New("must begin with https://; http is allowed only for loopback addresses")
	}
	return nil
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

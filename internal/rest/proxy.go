// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
)

// ProxyError is a failure of the proxy that the environment names. The upstream did not get the request.
type ProxyError struct {
	// Variable is the environment variable that names the proxy, and Address its address without user and password.
	Variable string
	Address  string
	// Status is what the proxy answered, 0 when it could not be reached. Err is why then.
	Status int
	Err    error
}

func (e *ProxyError) Error() string {
	where := fmt.Sprintf("the proxy %s (environment variable %s)", e.Address, e.Variable)
	if e.Status != 0 {
		return where + " answered " + statusText(e.Status)
	}
	return fmt.Sprintf("%s could not be reached: %s", where, e.Err)
}

// Unwrap returns the cause, nil when the proxy answered.
func (e *ProxyError) Unwrap() error { return e.Err }

// Advice says what the user can do.
func (e *ProxyError) Advice() string {
	text := "The proxy is the problem, not the service behind it. Check the address in " + e.Variable
	if e.Status == http.StatusProxyAuthRequired {
		text = "The proxy wants a user and a password. Put them into " + e.Variable + " (http://user:password@host:port)"
	}
	return text + ", or name the hosts that need no proxy in NO_PROXY."
}

// isLasting reports whether the proxy would answer the same again.
func (e *ProxyError) isLasting() bool { return e.Status >= 400 && e.Status < 500 }

// newProxyError returns an error about the proxy that requests over TLS use.
func newProxyError(address *url.URL, status int, err error) *ProxyError {
	e := &ProxyError{Variable: "https_proxy", Status: status, Err: err}
	if os.Getenv("HTTPS_PROXY") != "" {
		e.Variable = "HTTPS_PROXY"
	}
	if address != nil {
		e.Address = address.Scheme + "://" + address.Host
	}
	return e
}

// checkProxyAnswer is the OnProxyConnectResponse of a transport.
func checkProxyAnswer(_ context.Context, address *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return newProxyError(address, answer.StatusCode, nil)
}

// proxyTransport tells failures of the proxy from those of the upstream.
type proxyTransport struct{ *http.Transport }

func (t proxyTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.Transport.RoundTrip(request)
	var failed *net.OpError
	if err != nil && errors.As(err, &failed) && failed.Op == "proxyconnect" {
		address, _ := t.Proxy(request)
		return nil, newProxyError(address, 0, failed.Err)
	}
	return response, err
}

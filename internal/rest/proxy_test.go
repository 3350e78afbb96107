// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// throughProxy returns a client whose requests go through the proxy.
func throughProxy(t *testing.T, proxy string) *Client {
	t.Helper()
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	transport := NewTransport(nil)
	transport.(proxyTransport).Proxy = http.ProxyURL(address)
	return connect(t, Config{BaseURL: "https://api.example", Transport: transport})
}

// The proxy's failure names the proxy and its variable, and never its password.
func TestProxyFailures(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "set")
	for status, want := range map[int]struct {
		attempts int
		advice   string
	}{407: {1, "wants a user and a password"}, 403: {1, "Check the address in HTTPS_PROXY"}, 502: {5, "NO_PROXY"}} {
		asked := 0
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.WriteHeader(status)
		}))
		_, err := throughProxy(t, strings.Replace(proxy.URL, "http://", "http://me:hidden@", 1)).Do(t.Context(), Request{Method: "POST", Body: 1})
		proxy.Close()
		var failed *ProxyError
		if !errors.As(err, &failed) || failed.Status != status || asked != want.attempts || asError(t, err).Sent {
			t.Errorf("%d: asked %d times, %v", status, asked, err)
			continue
		}
		for _, text := range []string{"the proxy " + proxy.URL, "environment variable HTTPS_PROXY", statusText(status)} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("no %q in %v", text, err)
			}
		}
		if !strings.Contains(failed.Advice(), want.advice) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%v; %s", err, failed.Advice())
		}
	}
}

func TestProxyThatCannotBeReached(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client := throughProxy(t, "http://"+address)
	client.config.MinWait = time.Nanosecond
	_, err = client.Do(t.Context(), Request{Method: "GET"})
	var failed *ProxyError
	if !errors.As(err, &failed) || asError(t, err).Sent || !strings.Contains(err.Error(), "the proxy http://"+address+" (environment variable https_proxy) could not be reached") {
		t.Errorf("got %v", err)
	}
}

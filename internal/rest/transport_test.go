// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestNewTransportTrustsTheRootsItIsGiven(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := connect(t, Config{BaseURL: server.URL, Transport: NewTransport(roots)})
	if _, err := client.Do(t.Context(), Request{Method: "GET"}); err != nil {
		t.Errorf("with its certificate: %v", err)
	}

	client = connect(t, Config{BaseURL: server.URL, MinWait: time.Hour}) // a retry would take hours
	_, err := client.Do(t.Context(), Request{Method: "GET"})
	var authority x509.UnknownAuthorityError
	if e := asError(t, err); !errors.As(err, &authority) || e.Attempts != 1 || e.Sent {
		t.Errorf("without it: %v", err)
	}
}

func TestNewTransportRefusesOldTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // that is the point
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := connect(t, Config{BaseURL: server.URL, Transport: NewTransport(roots)})
	if _, err := client.Do(t.Context(), Request{Method: "GET"}); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
}

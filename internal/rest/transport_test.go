package rest

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRootsFromFile(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := RootsFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	client := connect(t, Config{BaseURL: server.URL, Transport: NewTransport(roots)})
	if _, err := client.Do(t.Context(), Request{Method: "GET"}); err != nil {
		t.Errorf("with its certificate: %v", err)
	}

	client = connect(t, Config{BaseURL: server.URL, MinWait: time.Hour})
	_, err = client.Do(t.Context(), Request{Method: "GET"})
	var authority x509.UnknownAuthorityError
	if e := asError(t, err); !errors.As(err, &authority) || e.Attempts != 1 || e.Sent {
		t.Errorf("without it: %v", err)
	}

	for name, content := range map[string]string{"none": "", "no PEM": "x"} {
		file := filepath.Join(t.TempDir(), "bad.pem")
		if content != "" {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := RootsFromFile(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

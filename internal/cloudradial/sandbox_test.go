// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"crypto/x509"
	"fmt"
	"os"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// connect starts a sandbox and returns a client of it, over HTTPS.
func connect(t *testing.T, seed sandbox.Seed, privateKey string) (*sandbox.Server, *Client) {
	t.Helper()
	server, err := sandbox.New(seed, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys := server.Credentials()
	if privateKey == "" {
		privateKey = keys.CloudRadialPrivateKey
	}
	client, err := New(Options{BaseURL: server.URL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: privateKey, Transport: rest.NewTransport(roots)})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func TestSandboxLists(t *testing.T) {
	t.Parallel()
	var seed sandbox.Seed
	for id := range 450 {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: 1000 - id, Name: fmt.Sprintf("Company %d", 1000-id), PSAKey: id,
			Domains: []string{fmt.Sprintf("d%d.example", 1000-id)}})
	}
	server, client := connect(t, seed, "")
	for range 2 {
		companies, err := client.Companies(t.Context())
		if err != nil || len(companies) != 450 || companies[0] != (Company{ID: 551, Name: "Company 551", PSAKey: 449}) {
			t.Fatalf("%d companies, %v", len(companies), err)
		}
		domains, err := client.Domains(t.Context())
		if err != nil || len(domains) != 450 || domains[0].CompanyID != 551 || domains[0].Name != "d551.example" {
			t.Fatalf("%d domains, %v", len(domains), err)
		}
	}
	if got := len(server.Requests()); got != 8 {
		t.Errorf("%d requests", got)
	}
}

func TestSandboxRefusesAWrongKey(t *testing.T) {
	t.Parallel()
	_, client := connect(t, sandbox.Seed{}, "wrong")
	if _, err := client.Companies(t.Context()); rest.Status(err) != 401 {
		t.Error(err)
	}
}

func TestSandboxCutOffPageIsReadAgain(t *testing.T) {
	t.Parallel()
	server, client := connect(t, sandbox.DefaultSeed(), "")
	server.Inject(sandbox.Fault{System: sandbox.CloudRadial, Kind: "cut-off", Times: 1})
	companies, err := client.Companies(t.Context())
	if err != nil || len(companies) != len(sandbox.DefaultSeed().Companies) {
		t.Errorf("%d companies, %v", len(companies), err)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// start starts a sandbox and returns it with what reaches it.
func start(t *testing.T, seed sandbox.Seed, options sandbox.Options) (*sandbox.Server, *reach) {
	t.Helper()
	server, err := sandbox.New(seed, options)
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
	return server, reachOf(server, rest.NewTransport(roots))
}

// reach is the options of the three clients. A test changes them before it makes Systems of them.
type reach struct {
	gradient    gradient.Options
	cloudradial cloudradial.Options
	microsoft   microsoft.Options
}

func reachOf(server *sandbox.Server, transport http.RoundTripper) *reach {
	keys := server.Credentials()
	return &reach{
		gradient.Options{BaseURL: server.URL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey, RequestsPerSecond: 100,
			Transport: transport},
		cloudradial.Options{BaseURL: server.URL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: keys.CloudRadialPrivateKey, Transport: transport},
		microsoft.Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret, AuthorityHost: server.URL(),
			GraphEndpoint: server.URL(), Transport: transport},
	}
}

func (r *reach) systems() Systems {
	return Systems{
		Gradient:    func() (gradient.Options, error) { return r.gradient, nil },
		CloudRadial: func() (cloudradial.Options, error) { return r.cloudradial, nil },
		Microsoft:   func() (microsoft.Options, error) { return r.microsoft, nil },
	}
}

// tenantsOf returns every tenant of a seed, under its domain.
func tenantsOf(seed sandbox.Seed) []Tenant {
	var tenants []Tenant
	for _, tenant := range seed.Tenants {
		tenants = append(tenants, Tenant{tenant.Domains[0], tenant.Domains[0]})
	}
	return tenants
}

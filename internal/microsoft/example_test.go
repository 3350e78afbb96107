// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Read the SKUs of one tenant.
func Example() {
	server, err := sandbox.New(sandbox.Seed{Tenants: []sandbox.Tenant{{
		ID:      "6166cc92-27ba-5407-bab4-7354040e6fda",
		Name:    "Brightwater Dental",
		Domains: []string{"brightwater.example"},
		SKUs: []sandbox.SKU{
			{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 37, Consumed: 35},
			{PartNumber: "EXCHANGESTANDARD", SKUID: "4b9405b0-7788-4568-add1-99614e613b69", Enabled: 5, Consumed: 5},
		},
	}}}, sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	// Sign-in is https only, so the client must trust the sandbox's certificate.
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	credentials := server.Credentials()
	client, err := microsoft.New(microsoft.Options{
		ClientID:      credentials.MicrosoftClientID,
		ClientSecret:  credentials.MicrosoftClientSecret,
		AuthorityHost: server.URL(),
		GraphEndpoint: server.URL(),
		Transport:     rest.NewTransport(roots),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	results := client.ReadLicenses(context.Background(), []string{"brightwater.example", "unknown.example"}, 0)
	for _, sku := range results["brightwater.example"].Licenses.SKUs {
		fmt.Printf("%s: %d of %d assigned\n", sku.PartNumber, *sku.Consumed, *sku.Enabled)
	}
	fmt.Println("unknown.example:", results["unknown.example"].Err.Cause)
	// Output:
	// SPB: 35 of 37 assigned
	// EXCHANGESTANDARD: 5 of 5 assigned
	// unknown.example: tenant
}

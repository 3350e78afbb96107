// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial_test

import (
	"context"
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// List the companies of a portal.
func Example() {
	server, err := sandbox.New(sandbox.Seed{Companies: []sandbox.Company{
		{ID: 1002, Name: "Harbor Legal", PSAKey: 7},
		{ID: 1001, Name: "Brightwater Dental"},
	}}, sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	keys := server.Credentials()
	client, err := cloudradial.New(cloudradial.Options{
		BaseURL:    server.HTTPURL(),
		PublicKey:  keys.CloudRadialPublicKey,
		PrivateKey: keys.CloudRadialPrivateKey,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	companies, err := client.Companies(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, company := range companies {
		fmt.Println(company.ID, company.Name, company.PSAKey)
	}
	// Output:
	// 1001 Brightwater Dental 0
	// 1002 Harbor Legal 7
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Read the accounts and push one unit count. Gradient refuses the count until a person has mapped the account and the service.
func Example() {
	server, err := sandbox.New(sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "1001", Name: "Brightwater Dental"}},
		Services: []sandbox.Service{{
			Name: "Microsoft 365 E3", Description: "Per user", Category: "productivity", Subcategory: "other",
		}},
	}, sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	keys := server.Credentials()
	client, err := gradient.New(gradient.Options{
		BaseURL:    server.HTTPURL(),
		VendorKey:  keys.GradientVendorKey,
		PartnerKey: keys.GradientPartnerKey,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	accounts, err := client.Accounts(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, account := range accounts {
		fmt.Println(account.ID, account.Name)
	}
	services, err := client.ServicesNamed(ctx, "Microsoft 365 E3")
	if err != nil || len(services) != 1 {
		fmt.Println("want one service:", services, err)
		return
	}
	err = client.SetUnitCount(ctx, services[0].ID, "1001", 25)
	fmt.Println("not mapped:", errors.Is(err, gradient.ErrNotMapped))

	server.MapAccounts("1001")
	server.MapServices("Microsoft 365 E3")
	if err := client.SetUnitCount(ctx, services[0].ID, "1001", 25); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("units:", server.UnitCounts()["1001"]["Microsoft 365 E3"])
	// Output:
	// 1001 Brightwater Dental
	// not mapped: true
	// units: 25
}

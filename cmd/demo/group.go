// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// groupOutputs is the rest of the configuration of the guide about shared tenants.
const groupOutputs = `
terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

provider "cloudradial" {}

output "seats" {
  value = { for key, skus in data.cloudradial_license_counts.m365.counts : key => skus["SPB"].purchased }
}
`

// group reads a tenant that three companies share, with the configuration of the guide.
func (l *life) group(ctx context.Context) error {
	tenant := sandbox.GroupSeed().Tenants[0]
	l.server.PutTenant(tenant)
	if err := os.WriteFile(filepath.Join(l.shared, "outputs.tf"), []byte(groupOutputs), 0o600); err != nil {
		return err
	}
	if _, _, err := l.terraformIn(ctx, l.shared, "apply", "-auto-approve", "-no-color"); err != nil {
		return err
	}
	stdout, _, err := l.terraformIn(ctx, l.shared, "output", "-json", "seats")
	if err != nil {
		return err
	}
	var seats map[string]int
	if err := json.Unmarshal(stdout, &seats); err != nil {
		return err
	}
	sum := 0
	var rows [][]string
	for _, company := range []struct{ account, what string }{
		{"harbor-marine", "users of harbormarine.example"},
		{"harbor-retail", "users of harborretail.example and harbor-shop.example"},
		{"harbor-group", "the rest: seats that nobody has, guests, other domains"},
	} {
		sum += seats[company.account]
		rows = append(rows, []string{company.account, strconv.Itoa(seats[company.account]), company.what})
	}
	l.rows(rows)
	if bought := tenant.SKUs[0].Enabled; sum != bought {
		return fmt.Errorf("the companies have %d seats together, the tenant %d", sum, bought)
	}
	return nil
}

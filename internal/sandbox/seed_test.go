// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"encoding/csv"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// TestDefaultSeedHasEveryCase checks the comments of the seed.
func TestDefaultSeedHasEveryCase(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	if len(seed.Companies) != 12 || len(seed.Accounts) != 0 || len(seed.Services) != 0 || seed.Status != "inactive" {
		t.Errorf("%d companies, %d accounts, %d services, %s", len(seed.Companies), len(seed.Accounts), len(seed.Services), seed.Status)
	}
	cases := map[string]int{}
	see := func(name string, seen bool) {
		if seen {
			cases[name]++
		}
	}
	for _, tenant := range seed.Tenants {
		for _, sku := range tenant.SKUs {
			see("free", sku.PartNumber == "FLOW_FREE" && sku.Enabled == 10000)
			see("grace", sku.Enabled == 0 && sku.Warning > 0 && sku.Status == "Warning")
			see("bought again", sku.Enabled > 0 && sku.Warning > 0)
			see("over-assigned", sku.Consumed > sku.Enabled && sku.Enabled > 0)
			see("suspended", sku.Suspended > 0 && sku.Status == "Suspended")
			active := 0
			for _, subscription := range sku.Subscriptions {
				see("trial", subscription.Trial && subscription.Seats == 25 && sku.Enabled > 25)
				see("other owner", subscription.OwnerTenantID == "b3ef67f7-c692-5760-a415-492d5bd09e2b")
				see("distributor", subscription.OwnerTenantID == "0d6f6e57-8a3c-5e0b-9f0c-2b7a44d1c9e3")
				see("bought directly", subscription.NoOwner)
				if subscription.Status == "Enabled" {
					active += subscription.Seats
				}
			}
			if len(sku.Subscriptions) > 0 && active != sku.Enabled {
				t.Errorf("%s %s: %d seats enabled, %d in subscriptions", tenant.Name, sku.PartNumber, sku.Enabled, active)
			}
		}
	}
	for _, company := range seed.Companies {
		domains := 0
		for _, tenant := range seed.Tenants {
			if slices.Contains(company.Domains, tenant.Domains[0]) {
				domains++
			}
		}
		see("no tenant", domains == 0)
		see("two tenants", domains == 2)
		see("differs by Inc.", slices.Contains(seed.PSA.Accounts, company.Name+" Inc."))
		see("not in the PSA", !slices.ContainsFunc(seed.PSA.Accounts, func(name string) bool { return strings.HasPrefix(name, company.Name) }))
	}
	for _, name := range []string{"trial", "grace", "bought again", "over-assigned", "suspended", "other owner", "distributor", "bought directly",
		"no tenant", "two tenants", "differs by Inc.", "not in the PSA"} {
		if cases[name] != 1 {
			t.Errorf("%s: %d, want 1", name, cases[name])
		}
	}
	if cases["free"] < 2 {
		t.Error("too few free products")
	}
}

// TestDefaultSeedUsesMicrosoftsIDs compares the seed with the provider's table of product names.
func TestDefaultSeedUsesMicrosoftsIDs(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../billing/skus.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range sandbox.DefaultSeed().Tenants {
		for _, sku := range tenant.SKUs {
			if !slices.ContainsFunc(rows, func(row []string) bool { return row[0] == sku.SKUID && row[1] == sku.PartNumber }) {
				t.Errorf("%s is not %s", sku.PartNumber, sku.SKUID)
			}
		}
	}
}

func TestDefaultSeedAutoMatchMapsMost(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	for _, company := range seed.Companies {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: company.PSAIdentifier, Name: company.Name})
	}
	s := start(t, seed, sandbox.Options{})
	s.AutoMatch()
	var unmapped []string
	for _, account := range s.Accounts() {
		if account.Mapped == "" {
			unmapped = append(unmapped, account.ID)
		}
	}
	if want := []string{"CEDARGROVE", "JUNIPER"}; !slices.Equal(unmapped, want) {
		t.Errorf("unmapped: %v, want %v", unmapped, want)
	}
}

func TestParseSeed(t *testing.T) {
	t.Parallel()
	want := sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "1", Name: "One", Mapped: "mapped"}},
		Tenants:  []sandbox.Tenant{{ID: "t", SKUs: []sandbox.SKU{{PartNumber: "SPB", Enabled: 3}}}},
		Status:   "active",
	}
	for name, text := range map[string]string{
		"yaml": "accounts:\n  - {id: '1', name: One, mapped: mapped}\ntenants:\n  - id: t\n    skus: [{sku: SPB, enabled: 3}]\nstatus: active\n",
		"json": `{"accounts":[{"id":"1","name":"One","mapped":"mapped"}],"tenants":[{"id":"t","skus":[{"sku":"SPB","enabled":3}]}],"status":"active"}`,
	} {
		got, err := sandbox.ParseSeed(strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := sandbox.ParseSeed(strings.NewReader("# nothing\n")); err != nil || !reflect.DeepEqual(got, sandbox.Seed{}) {
		t.Errorf("an empty seed: %+v, %v", got, err)
	}
	for text, part := range map[string]string{
		"companys: []": "field companys not found",
		"tenants: [{id: t, skus: [{sku: SPB, seats: 3}]}]": "field seats not found",
		"status: ready":                  "status cannot be",
		"companies: [{id: 1}, {id: 1}]":  "used twice",
		"companies: [{id: one, name: n}": "",
	} {
		if _, err := sandbox.ParseSeed(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q", text, err, part)
		}
	}
}

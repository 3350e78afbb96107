// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	// tenantLatency is the latency of every answer while tenants are read.
	tenantLatency = 100 * time.Millisecond
	// tenantsAtOnce is the default of max_concurrent_tenants.
	tenantsAtOnce = 16
	// stepsOfTenant is the number of successive calls for a tenant: endpoints, a token, then the lists side by side.
	stepsOfTenant = 3
)

const countsOnly = `
data "cloudradial_license_counts" "m365" {
  tenants = { for r in csvdecode(file("${path.module}/companies.csv")) : r.account_id => r.tenant }
}
`

// measureTenants reads many tenants and nothing else.
func measureTenants(ctx context.Context, b *bench) error {
	n := b.size.tenants
	e, err := b.newEstate(sandbox.Seed{Tenants: tenantsOf(n, pushedServices)}, sandbox.Options{Latency: tenantLatency},
		map[string]string{"main.tf": providerBlock + countsOnly, "companies.csv": companiesCSV(n)})
	if err != nil {
		return err
	}
	defer e.close()
	b.say("tenants: reading %d", n)
	read, err := e.run(ctx, noChanges, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	arrivals := timesOf(e.server.Requests(), isMicrosoft)
	if len(arrivals) < n*stepsOfTenant {
		return fmt.Errorf("%d tenants were read with %d calls", n, len(arrivals))
	}
	took, ideal := arrivals[len(arrivals)-1].Sub(arrivals[0])+tenantLatency, idealRead(n)
	b.add(line{what: fmt.Sprintf("Reading %d tenants, %s of latency, %d at once", n, tenantLatency, tenantsAtOnce), figure: seconds(took),
		against: "ideal for endpoints, then token, then lists side by side: " + seconds(ideal),
		ratio:   ratio(took, ideal), goal: atMost(took.Seconds()/ideal.Seconds(), 1.2, "1.2 ×"), cost: read})
	return measurePreflight(ctx, b, took)
}

const preflightOnly = `
data "cloudradial_preflight" "this" {
  tenants = { for r in csvdecode(file("${path.module}/companies.csv")) : r.account_id => r.tenant }
}
`

// measurePreflight checks the same tenants with the other two systems, and compares that with reading their counts.
func measurePreflight(ctx context.Context, b *bench, counted time.Duration) error {
	n := b.size.tenants
	e, err := b.newEstate(sandbox.Seed{Tenants: tenantsOf(n, pushedServices)}, sandbox.Options{Latency: tenantLatency},
		map[string]string{"main.tf": providerBlock + preflightOnly, "companies.csv": companiesCSV(n)})
	if err != nil {
		return err
	}
	defer e.close()
	b.say("tenants: preflight of %d", n)
	checked, err := e.run(ctx, noChanges, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	arrivals := timesOf(e.server.Requests(), func(sandbox.Request) bool { return true })
	if len(arrivals) < n*stepsOfTenant {
		return fmt.Errorf("the preflight of %d tenants sent %d requests", n, len(arrivals))
	}
	took := arrivals[len(arrivals)-1].Sub(arrivals[0]) + tenantLatency
	b.add(line{what: fmt.Sprintf("Preflight of %d tenants, %s of latency", n, tenantLatency), figure: seconds(took),
		against: "reading their counts: " + seconds(counted), ratio: ratio(took, counted),
		goal: atMost(took.Seconds()/counted.Seconds(), 1.2, "1.2 ×"), cost: checked})
	return nil
}

func isMicrosoft(request sandbox.Request) bool { return request.System == sandbox.Microsoft }

// idealRead returns the time in which n tenants can be read if only the latency of successive calls takes time.
func idealRead(n int) time.Duration {
	rounds := (n + tenantsAtOnce - 1) / tenantsAtOnce
	return time.Duration(rounds*stepsOfTenant) * tenantLatency
}

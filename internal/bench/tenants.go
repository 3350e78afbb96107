package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	// tenantLatency is the latency of every answer while tenants are read.
	tenantLatency = 100 * time.Millisecond
	// tenantsAtOnce is the default of max_concurrent_tenants.
	tenantsAtOnce = 8
	// leastSteps is the least number of successive calls for a tenant in any client: a token, then the lists side by side.
	leastSteps = 2
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
	read, err := e.plan(ctx)
	if err != nil {
		return err
	}
	requests := e.server.Requests()
	arrivals := timesOf(requests, isMicrosoft)
	if len(arrivals) < n*leastSteps {
		return fmt.Errorf("%d tenants were read with %d calls", n, len(arrivals))
	}
	took := arrivals[len(arrivals)-1].Sub(arrivals[0]) + tenantLatency
	steps := stepsOf(requests)
	what := fmt.Sprintf("Reading %d tenants, %s of latency, %d at once", n, tenantLatency, tenantsAtOnce)
	own, least := idealRead(n, len(steps)), idealRead(n, leastSteps)
	b.add(
		line{what: what, figure: seconds(took), against: fmt.Sprintf("ideal for %s: %s", strings.Join(steps, ", then "), seconds(own)),
			ratio: times(took.Seconds(), own.Seconds()), goal: atMost(took.Seconds()/own.Seconds(), 1.2, "1.2 ×"), cost: read},
		line{what: what, figure: seconds(took), against: "ideal for the least that any client needs, a token, then the lists: " + seconds(least),
			ratio: times(took.Seconds(), least.Seconds())},
	)
	return nil
}

func isMicrosoft(request sandbox.Request) bool { return request.System == sandbox.Microsoft }

// stepsOf returns the kinds of successive calls for each tenant, from the record of calls.
func stepsOf(requests []sandbox.Request) []string {
	var steps []string
	for _, step := range []struct{ name, suffix string }{
		{"endpoints", "/openid-configuration"}, {"token", "/token"}, {"lists side by side", "/subscribedSkus"},
	} {
		for _, request := range requests {
			if isMicrosoft(request) && strings.HasSuffix(request.Path, step.suffix) {
				steps = append(steps, step.name)
				break
			}
		}
	}
	return steps
}

// idealRead returns the time in which n tenants can be read if only the latency of successive calls takes time.
func idealRead(n, steps int) time.Duration {
	rounds := (n + tenantsAtOnce - 1) / tenantsAtOnce
	return time.Duration(rounds*steps) * tenantLatency
}

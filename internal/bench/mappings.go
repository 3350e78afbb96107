// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// companiesFile reads the mapping file, as in the examples.
const companiesFile = `
locals {
  companies = { for r in csvdecode(file("${path.module}/companies.csv")) : r.account_id => r }
}
`

const wholeTable = `
resource "cloudradial_company_mappings" "this" {
  companies = { for id, r in local.companies : id => { company_id = tonumber(r.company_id), name = r.psa_account } }
}
`

const perItem = `
resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  company_id = tonumber(each.value.company_id)
  account_id = each.key
  name       = each.value.psa_account
}
`

// terraformData has as many resources as perItem, but makes no request: it shows the cost of the CLI itself.
const terraformData = `
resource "terraform_data" "this" {
  for_each = local.companies
  input    = { company_id = tonumber(each.value.company_id), name = each.value.psa_account }
}
`

// way is one way to configure the same mapping file.
type way struct{ name, configuration string }

var ways = []way{
	{"as many terraform_data", companiesFile + terraformData}, // without a provider
	{"per item", providerBlock + companiesFile + perItem},
	{"whole table", providerBlock + companiesFile + wholeTable},
}

// The sizes with a target.
const (
	perItemGoal    = 1000 // companies
	wholeTableGoal = 5000
)

// measureMappings applies a mapping file in each of the ways, and plans it again.
func measureMappings(ctx context.Context, b *bench) error {
	for _, n := range b.size.companies {
		if err := b.measureWays(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// measureWays applies once in each way, because after that everything exists.
func (b *bench) measureWays(ctx context.Context, n int) error {
	var estates []*estate
	var applies []cost
	for _, way := range ways {
		e, err := b.newEstate(sandbox.Seed{Companies: companiesOf(n)}, sandbox.Options{},
			map[string]string{"main.tf": way.configuration, "companies.csv": companiesCSV(n)})
		if err != nil {
			return err
		}
		defer e.close()
		b.say("mappings: %s companies, %s, the first apply", grouped(n), way.name)
		apply, err := e.apply(ctx)
		if err != nil {
			return err
		}
		if made := len(e.server.Accounts()); apply.calls.gradient > 0 && made != n {
			return fmt.Errorf("%s: there are %d accounts, not %d", way.name, made, n)
		}
		estates, applies = append(estates, e), append(applies, apply)
	}
	b.add(firstApplies(n, applies)...)
	b.say("mappings: %s companies, plans", grouped(n))
	planned, err := plans(ctx, estates)
	if err != nil {
		return err
	}
	b.add(noChangePlans(n, planned)...)
	return nil
}

// firstApplies returns the lines for the first apply of n companies in each of the ways.
func firstApplies(n int, costs []cost) []line {
	lines := compared(fmt.Sprintf("First apply of %s companies", grouped(n)), costs)
	whole := len(lines) - 1
	if n == wholeTableGoal {
		share := costs[whole].wall.Seconds() / costs[whole-1].wall.Seconds()
		lines[whole].goal = atMost(share, 1.0/20, "1/20")
		calls := costs[whole].calls.gradient
		lines = append(lines, line{what: lines[whole].what + ": Gradient calls", figure: fmt.Sprint(calls),
			against: "per item: " + grouped(costs[whole-1].calls.gradient), goal: atMost(calls, 60, "60")})
	}
	return lines
}

// noChangePlans returns the lines for a plan without changes.
func noChangePlans(n int, costs []cost) []line {
	lines := compared(fmt.Sprintf("No-change plan of %s companies", grouped(n)), costs)
	if n == perItemGoal {
		lines[1].goal = atMost(costs[1].wall.Seconds()/costs[0].wall.Seconds(), 1.25, "1.25 ×")
	}
	return lines
}

// compared returns a line for each way, compared with the way before it.
func compared(what string, costs []cost) []line {
	var lines []line
	for i, way := range ways {
		l := line{what: what + ", " + way.name, figure: seconds(costs[i].wall), cost: costs[i]}
		if i > 0 {
			l.against = ways[i-1].name + ": " + seconds(costs[i-1].wall)
			l.ratio = ratio(costs[i].wall, costs[i-1].wall)
		}
		lines = append(lines, l)
	}
	return lines
}

func ratio(a, b time.Duration) string { return times(a.Seconds(), b.Seconds()) }

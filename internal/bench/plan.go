// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const integrationOnly = `
resource "cloudradial_gradient_integration" "this" {}
`

const servicesTable = `
resource "cloudradial_license_mappings" "this" {
  services = { for r in csvdecode(file("${path.module}/licenses.csv")) : r.service => { skus = [r.sku] } }
}
`

// syncFromMicrosoft is the part of an estate that reads and pushes the counts.
const syncFromMicrosoft = `
data "cloudradial_license_counts" "m365" {
  tenants = { for id, r in local.companies : id => r.tenant }
}
resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mappings.this.companies,
    cloudradial_license_mappings.this.services,
  )
}
`

const (
	emptyEstate  = providerBlock + integrationOnly
	tablesEstate = emptyEstate + companiesFile + wholeTable + servicesTable
	literalSync  = tablesEstate + literalCounts
	wholeEstate  = tablesEstate + syncFromMicrosoft
)

// The sizes for which there are targets, in companies and services.
const (
	planGoalCompanies   = 1000
	planGoalServices    = 5
	memoryGoalServices  = 20
	planGoalSeconds     = 5.0
	memoryGoalMegabytes = 300.0
)

// parts holds the costs of no-change plans. Each plan contains the one before it.
type parts struct {
	companies, services    int
	empty, tables, literal cost
	whole                  cost
}

func (p parts) counts() int { return p.companies * p.services }

func (p parts) String() string {
	return fmt.Sprintf("%s companies × %d services", grouped(p.companies), p.services)
}

// measurePlan plans complete estates without changes, and parts of them, to show where the time goes.
func measurePlan(ctx context.Context, b *bench) error {
	empty, err := b.measureEmpty(ctx)
	if err != nil {
		return err
	}
	b.add(line{what: "No-change plan of the integration alone", figure: seconds(empty.wall), cost: empty})
	measured := map[int]parts{} // of the estate before, by number of services
	for _, companies := range b.size.estates {
		var fewer *parts
		for _, services := range b.size.services {
			p, err := b.measureEstate(ctx, companies, services)
			if err != nil {
				return err
			}
			p.empty = empty
			b.add(planLines(p)...)
			b.add(memoryLine(p, measured[services]))
			if fewer != nil {
				b.add(growthLine(*fewer, p))
			}
			measured[services], fewer = p, &p
		}
	}
	return nil
}

func (b *bench) measureEmpty(ctx context.Context) (cost, error) {
	b.say("plan: the integration alone")
	e, err := b.newEstate(sandbox.Seed{}, sandbox.Options{}, map[string]string{"main.tf": emptyEstate})
	if err != nil {
		return cost{}, err
	}
	defer e.close()
	if _, err := e.apply(ctx); err != nil {
		return cost{}, err
	}
	return e.plan(ctx)
}

// measureEstate plans the tables, then the tables with counts from a file, then the complete estate.
func (b *bench) measureEstate(ctx context.Context, companies, services int) (parts, error) {
	p := parts{companies: companies, services: services}
	b.say("plan: %s, making the estate", p)
	seed := sandbox.Seed{Companies: companiesOf(companies), Tenants: tenantsOf(companies, services)}
	e, err := b.newEstate(seed, sandbox.Options{}, map[string]string{"main.tf": tablesEstate,
		"companies.csv": companiesCSV(companies), "licenses.csv": licensesCSV(services)})
	if err != nil {
		return p, err
	}
	defer e.close()
	if err := e.mapEverything(ctx); err != nil {
		return p, err
	}
	b.say("plan: %s, the tables alone", p)
	if p.tables, err = e.plan(ctx); err != nil {
		return p, err
	}
	if err := e.accept(ctx, unitCounts(companies, services)); err != nil {
		return p, err
	}
	b.say("plan: %s, with counts from a file", p)
	if p.literal, err = e.plan(ctx); err != nil {
		return p, err
	}
	if err := e.write("main.tf", wholeEstate); err != nil {
		return p, err
	}
	b.say("plan: %s, with counts from Microsoft", p)
	p.whole, err = e.plan(ctx)
	return p, err
}

// mapEverything creates accounts and services, maps them in Gradient, and refreshes the state.
func (e *estate) mapEverything(ctx context.Context) error {
	if _, err := e.apply(ctx); err != nil {
		return err
	}
	e.server.MapAccounts()
	e.server.MapServices()
	_, err := e.apply(ctx)
	return err
}

// accept edits the state as if Gradient had accepted all counts. Only those of one company are pushed, because 100,000 would take 17
// minutes. A plan that then has changes fails.
func (e *estate) accept(ctx context.Context, counts map[string]map[string]int) error {
	one := map[string]map[string]int{accountID(1): counts[accountID(1)]}
	if err := errors.Join(e.write("main.tf", literalSync), e.write("counts.json", asJSON(one))); err != nil {
		return err
	}
	if _, err := e.apply(ctx); err != nil {
		return err
	}
	text, err := os.ReadFile(e.path("terraform.tfstate"))
	if err != nil {
		return err
	}
	if text, err = replaceCounts(text, counts); err != nil {
		return err
	}
	return errors.Join(e.write("terraform.tfstate", string(text)), e.write("counts.json", asJSON(counts)))
}

// replaceCounts replaces unit_counts of the sync in a state.
func replaceCounts(state []byte, counts any) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(state, &document); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	resources, _ := document["resources"].([]any)
	for _, resource := range resources {
		resource, _ := resource.(map[string]any)
		if resource["type"] != "cloudradial_license_sync" {
			continue
		}
		instances, _ := resource["instances"].([]any)
		for _, instance := range instances {
			instance, _ := instance.(map[string]any)
			if attributes, ok := instance["attributes"].(map[string]any); ok {
				attributes["unit_counts"] = counts
				return json.Marshal(document)
			}
		}
	}
	return nil, errors.New("the state has no cloudradial_license_sync")
}

// planLines returns the lines for a plan and its parts.
func planLines(p parts) []line {
	what := fmt.Sprintf("No-change plan of %s", p)
	beyond := p.whole.wall - p.empty.wall
	whole := line{what: what, figure: seconds(p.whole.wall), against: "the integration alone: " + seconds(p.empty.wall),
		ratio: seconds(beyond) + " beyond", cost: p.whole}
	if p.companies == planGoalCompanies && p.services == planGoalServices {
		whole.goal = atMost(beyond.Seconds(), planGoalSeconds, "5 s beyond")
	}
	return []line{
		whole,
		{what: what + ": counts from a file instead of Microsoft", figure: seconds(p.literal.wall), against: "all: " + seconds(p.whole.wall),
			ratio: ratio(p.literal.wall, p.whole.wall), cost: p.literal},
		{what: what + ": the tables of mappings alone", figure: seconds(p.tables.wall), against: "all: " + seconds(p.whole.wall),
			ratio: ratio(p.tables.wall, p.whole.wall), cost: p.tables},
	}
}

// memoryLine compares the provider's memory with that for fewer companies, if those were measured.
func memoryLine(p, fewer parts) line {
	l := line{what: fmt.Sprintf("Peak memory of the provider, %s", p), figure: megabytes(p.whole.peak)}
	if p.whole.peak == 0 {
		l.figure = "not measured"
		return l
	}
	if fewer.whole.peak > 0 {
		larger := float64(p.companies) / float64(fewer.companies)
		grown := float64(p.whole.peak) / float64(fewer.whole.peak)
		l.against = fmt.Sprintf("%s: %s", fewer, megabytes(fewer.whole.peak))
		l.ratio = fmt.Sprintf("%.3g ×", grown)
		if p.services == memoryGoalServices {
			l.goal = atMost(grown, larger, fmt.Sprintf("%.3g × (linear)", larger))
		}
	} else if p.companies == planGoalCompanies && p.services == memoryGoalServices {
		l.goal = atMost(float64(p.whole.peak)/1e6, memoryGoalMegabytes, "300 MB")
	}
	return l
}

// growthLine shows how the provider's time for the sync grows with the counts.
func growthLine(fewer, more parts) line {
	few, many := sync(fewer), sync(more)
	factor := float64(more.counts()) / float64(fewer.counts())
	return line{
		what:    fmt.Sprintf("CPU of the provider for the sync alone, %s counts from a file", grouped(more.counts())),
		figure:  fmt.Sprintf("%.2f s", many),
		against: fmt.Sprintf("%s counts: %.2f s", grouped(fewer.counts()), few),
		ratio:   fmt.Sprintf("%.3g × the time for %.3g × the counts", many/few, factor),
	}
}

// sync returns the CPU time of the provider for the sync with counts from a file, in seconds.
func sync(p parts) float64 { return (p.literal.provider - p.tables.provider).Seconds() }

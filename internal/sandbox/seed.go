// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed seed.yaml
var defaultSeed []byte

//go:embed seed_group.yaml
var groupSeed []byte

// DefaultSeed returns the MSP of seed.yaml.
func DefaultSeed() Seed { return mustParse("seed.yaml", defaultSeed) }

// GroupSeed returns the group of seed_group.yaml: three companies that share one tenant. It can be added to the MSP of [DefaultSeed].
func GroupSeed() Seed { return mustParse("seed_group.yaml", groupSeed) }

func mustParse(name string, text []byte) Seed {
	seed, err := ParseSeed(bytes.NewReader(text))
	if err != nil {
		panic("sandbox: " + name + ": " + err.Error()) // embedded, and tested
	}
	return seed
}

// ParseSeed reads a seed in YAML or JSON. An unknown key is an error, because it is probably a typing mistake.
func ParseSeed(r io.Reader) (Seed, error) {
	decoder := yaml.NewDecoder(r)
	decoder.KnownFields(true)
	var seed Seed
	if err := decoder.Decode(&seed); err != nil && !errors.Is(err, io.EOF) {
		return Seed{}, err
	}
	return seed, seed.check()
}

// check returns what no upstream could hold.
func (seed Seed) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if !slices.Contains([]string{"", statusInactive, statusPending, statusActive}, seed.Status) {
		problem("status cannot be %q", seed.Status)
	}
	states := []string{unmapped, mapped, excluded}
	accounts := map[string]bool{}
	for _, account := range seed.Accounts {
		if account.ID == "" || accounts[account.ID] {
			problem("account id %q is empty or used twice", account.ID)
		}
		accounts[account.ID] = true
		if !slices.Contains(states, account.Mapped) {
			problem("account %s cannot be %q", account.ID, account.Mapped)
		}
	}
	for _, service := range seed.Services {
		if service.Name == "" || !slices.Contains(states, service.Mapped) {
			problem("service %q has no name, or cannot be %q", service.Name, service.Mapped)
		}
	}
	companies := map[int]bool{}
	for _, company := range seed.Companies {
		if company.ID <= 0 || companies[company.ID] {
			problem("company id %d is not positive or used twice", company.ID)
		}
		companies[company.ID] = true
	}
	tenants := map[string]bool{}
	names := func(id string, domains []string) {
		for _, name := range append([]string{id}, domains...) {
			if name == "" || tenants[name] {
				problem("tenant id or domain %q is empty or used twice", name)
			}
			tenants[name] = true
		}
	}
	for _, tenant := range seed.Tenants {
		names(tenant.ID, tenant.Domains)
	}
	if partner := seed.Partner; partner.ID != "" {
		names(partner.ID, partner.Domains)
	} else if len(partner.Relationships) > 0 || len(partner.Contracts) > 0 {
		problem("partner has customers but no id")
	}
	problems = append(problems, seed.Partner.check())
	return errors.Join(problems...)
}

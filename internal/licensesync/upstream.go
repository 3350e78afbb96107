// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// upstream is what Gradient shows of the integration, from the reads that all resources of a run share. Accounts and services are
// empty until readLists. Ids and names are in Unicode NFC, as all of Terraform's strings are (rule 15); the client gives names in it.
type upstream struct {
	integration gradient.Integration
	listed      bool
	accounts    map[string]gradient.Account   // by id
	services    map[string][]gradient.Service // by name, which several can have
}

// readUpstream reads the integration, and with lists also its accounts and services.
func readUpstream(ctx context.Context, client *gradient.Client, lists bool) (up upstream, err error) {
	up.integration, err = client.Integration(ctx)
	if err == nil && lists {
		err = up.readLists(ctx, client)
	}
	return up, err
}

// readLists reads accounts and services, unless they were read before.
func (u *upstream) readLists(ctx context.Context, client *gradient.Client) error {
	if u.listed {
		return nil
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		return err
	}
	services, err := client.Services(ctx)
	if err != nil {
		return err
	}
	u.accounts = make(map[string]gradient.Account, len(accounts))
	for _, account := range accounts {
		u.accounts[norm.NFC.String(account.ID)] = account
	}
	u.services = make(map[string][]gradient.Service, len(services))
	for _, service := range services {
		u.services[service.Name] = append(u.services[service.Name], service)
	}
	u.listed = true
	return nil
}

func (u upstream) isInactive() bool { return u.integration.Status == gradient.StatusInactive }

// showsMapped returns whether Gradient shows an account as mapped. A missing isMapped means unknown (gradient.md §3.9).
func (u upstream) showsMapped(account string) mapped {
	shown := u.accounts[account].IsMapped
	switch {
	case shown == nil:
		return mappedUnknown
	case *shown:
		return mappedYes
	}
	return mappedNo
}

// pairsToSweep returns a function that lists the pairs for zero_missing (rule 11): every account with every service that the refresh
// saw, so that apply sets what the plan announced. Without a refresh it is what Gradient lists now, except what this run created: that
// has no old count.
func (u upstream) pairsToSweep(client *gradient.Client, known gradientIDs) func() []billing.Pair {
	if known.cover(u.integration.ID) {
		return known.pairs
	}
	return func() (pairs []billing.Pair) {
		for account := range u.accounts {
			for name, services := range u.services {
				if !client.CreatedAccount(account) && !slices.ContainsFunc(services, func(s gradient.Service) bool { return client.CreatedService(s.ID) }) {
					pairs = append(pairs, billing.Pair{Account: account, Service: name})
				}
			}
		}
		return pairs
	}
}

// errAmbiguous is the error of a service whose name several services have, none of which holds the ledger.
var errAmbiguous = errors.New("several services of Gradient have this name")

// serviceID returns the id of a service: the one that holds the ledger if it is still there, else the only one of that name.
func (u upstream) serviceID(name string, known gradientIDs) (string, error) {
	bound, isBound := known.Services[name]
	if !u.listed {
		if !isBound {
			return "", fmt.Errorf("service %q: %w", name, errNoService)
		}
		return bound, nil
	}
	services := u.services[name]
	switch {
	case slices.ContainsFunc(services, func(s gradient.Service) bool { return s.ID == bound }):
		return bound, nil
	case len(services) == 0:
		return "", fmt.Errorf("service %q: %w", name, errNoService)
	case len(services) > 1:
		return "", fmt.Errorf("service %q: %w", name, errAmbiguous)
	}
	return services[0].ID, nil
}

// ambiguousServices returns the services of the pushes for which [upstream.serviceID] cannot decide, sorted.
func (u upstream) ambiguousServices(known gradientIDs, pushes []billing.Push) []string {
	found := map[string]bool{}
	for _, push := range pushes {
		if _, err := u.serviceID(push.Service, known); errors.Is(err, errAmbiguous) {
			found[push.Service] = true
		}
	}
	return sortedKeys(found)
}

// countSetter returns the function that sets the count of one pair in Gradient.
func (u upstream) countSetter(client *gradient.Client, known gradientIDs) setCount {
	return func(ctx context.Context, push billing.Push) error {
		id, err := u.serviceID(push.Service, known)
		if err != nil {
			return err
		}
		account := push.Account
		if listed, found := u.accounts[account]; found {
			account = listed.ID // in the spelling that Gradient has
		}
		return client.SetUnitCount(ctx, id, account, push.Units)
	}
}

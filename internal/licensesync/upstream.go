package licensesync

import (
	"context"
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// upstream is what Gradient shows of the integration, from the reads that all resources of a run share. Accounts and services are
// empty until readLists.
type upstream struct {
	integration gradient.Integration
	listed      bool
	accounts    map[string]gradient.Account // by id
	services    map[string]gradient.Service // by name; the first one of each name
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
		u.accounts[account.ID] = account
	}
	u.services = make(map[string]gradient.Service, len(services))
	for _, service := range services {
		if _, twice := u.services[service.Name]; !twice {
			u.services[service.Name] = service
		}
	}
	u.listed = true
	return nil
}

func (u upstream) isInactive() bool { return u.integration.Status == gradient.StatusInactive }

// lacks reports whether the account or the service of a pair does not exist in Gradient.
func (u upstream) lacks(pair billing.Pair) bool {
	_, account := u.accounts[pair.Account]
	_, service := u.services[pair.Service]
	return !account || !service
}

// showsUnmapped reports whether Gradient shows the account of a pair as not mapped. A missing isMapped means unknown
// (gradient.md §3.9).
func (u upstream) showsUnmapped(pair billing.Pair) bool {
	mapped := u.accounts[pair.Account].IsMapped
	return mapped != nil && !*mapped
}

// pairsToSweep returns a function that lists every account with every service, except those that this run created: they have no
// old count, and no plan has announced them (rule 11).
func (u upstream) pairsToSweep(client *gradient.Client) func() []billing.Pair {
	return func() (pairs []billing.Pair) {
		for account := range u.accounts {
			for _, service := range u.services {
				if !client.CreatedAccount(account) && !client.CreatedService(service.ID) {
					pairs = append(pairs, billing.Pair{Account: account, Service: service.Name})
				}
			}
		}
		return pairs
	}
}

// serviceIDsOf returns the ids of the services that unit_counts names.
func (u upstream) serviceIDsOf(state pushState) serviceIDs {
	known := serviceIDs{Integration: u.integration.ID, IDs: map[string]string{}}
	for _, services := range state.counts {
		for name := range services {
			if service, found := u.services[name]; found {
				known.IDs[name] = service.ID
			}
		}
	}
	return known
}

// useServiceIDs reports whether the id of every service to push is known. It takes the ids from private state if they are all there.
func (u *upstream) useServiceIDs(known serviceIDs, pushes []billing.Push) bool {
	if u.listed {
		return true
	}
	if known.Integration != u.integration.ID {
		return false
	}
	services := make(map[string]gradient.Service, len(known.IDs))
	for _, push := range pushes {
		id, found := known.IDs[push.Service]
		if !found {
			return false
		}
		services[push.Service] = gradient.Service{ID: id, Name: push.Service}
	}
	u.services = services
	return true
}

// countSetter returns the function that sets the count of one pair in Gradient.
func (u upstream) countSetter(client *gradient.Client) setCount {
	return func(ctx context.Context, push billing.Push) error {
		service, found := u.services[push.Service]
		if !found {
			return fmt.Errorf("service %q: %w", push.Service, errNoService)
		}
		return client.SetUnitCount(ctx, service.ID, push.Account, push.Units)
	}
}

package licensesync

import (
	"context"
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// upstream is what Gradient shows of the integration, from the reads that the whole process shares.
type upstream struct {
	integration gradient.Integration
	accounts    map[string]gradient.Account // by id
	services    map[string]gradient.Service // by name, the first of each
}

func readUpstream(ctx context.Context, client *gradient.Client) (upstream, error) {
	up := upstream{accounts: map[string]gradient.Account{}, services: map[string]gradient.Service{}}
	var err error
	if up.integration, err = client.Integration(ctx); err != nil {
		return up, err
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		return up, err
	}
	for _, account := range accounts {
		up.accounts[account.ID] = account
	}
	services, err := client.Services(ctx)
	if err != nil {
		return up, err
	}
	for _, service := range services {
		if _, twice := up.services[service.Name]; !twice {
			up.services[service.Name] = service
		}
	}
	return up, nil
}

func (u upstream) inactive() bool { return u.integration.Status == gradient.StatusInactive }

// gone reports whether a pair's account or service does not exist, so that nothing can be stored for it.
func (u upstream) gone(pair billing.Pair) bool {
	_, account := u.accounts[pair.Account]
	_, service := u.services[pair.Service]
	return !account || !service
}

// unmapped reports whether Gradient says that nobody mapped the pair's account. It may not say; then nobody knows.
func (u upstream) unmapped(pair billing.Pair) bool {
	mapped := u.accounts[pair.Account].IsMapped
	return mapped != nil && !*mapped
}

// pairs lists all accounts × services that were there before this run: what it made itself cannot hold an old count, and
// no plan has announced it.
func (u upstream) pairs(client *gradient.Client) func() []billing.Pair {
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

// setter sets the count of a pair by the ids that Gradient knows.
func (u upstream) setter(client *gradient.Client) setCount {
	return func(ctx context.Context, push billing.Push, noBuild bool) error {
		service, found := u.services[push.Service]
		if !found {
			return fmt.Errorf("service %q: %w", push.Service, errNoService)
		}
		return client.SetUnitCount(ctx, service.ID, push.Account, push.Units, noBuild)
	}
}

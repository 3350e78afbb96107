package licensesync

import (
	"context"
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// upstream is what Gradient shows of the integration, from the reads that the whole process shares. Accounts and services
// are there once they were listed.
type upstream struct {
	integration gradient.Integration
	listed      bool
	accounts    map[string]gradient.Account // by id
	services    map[string]gradient.Service // by name, the first of each
}

func readIntegration(ctx context.Context, client *gradient.Client) (up upstream, err error) {
	up.integration, err = client.Integration(ctx)
	return up, err
}

// list reads accounts and services.
func (u *upstream) list(ctx context.Context, client *gradient.Client) error {
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

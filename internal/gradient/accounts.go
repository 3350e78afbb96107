// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const accountsPath = "/organization/accounts"

// Account is a customer of the partner. The vendor chooses its id (gradient.md §3.10, gradient.md §7.4).
type Account struct {
	ID string
	// Name is what Gradient compares with the names in the PSA to map the account by itself (gradient.md §8).
	Name        string
	Description string
	// IsMapped is nil when the API does not say: older versions do not (gradient.md §7.5).
	IsMapped *bool
	// MappingID is the id of the account's mapping: another one after a person mapped the account anew. Empty when the account is not
	// mapped, or when the API does not say (gradient.md §3.9, gradient.md §8).
	MappingID string
}

// accountList is an immutable list with an index. A write makes a new one.
type accountList struct {
	all   []Account
	index map[string]int // by id
}

func newAccountList(all []Account) accountList {
	index := make(map[string]int, len(all))
	for i, account := range all {
		index[account.ID] = i
	}
	return accountList{all, index}
}

func (l accountList) find(id string) (Account, bool) {
	i, ok := l.index[id]
	if !ok {
		return Account{}, false
	}
	return l.all[i], true
}

// replace returns a list with these accounts added, or in place of those with their ids. Where an account does not say
// whether it is mapped, what the list says stays.
func (l accountList) replace(accounts ...Account) accountList {
	all, index := slices.Clone(l.all), l.index
	if slices.ContainsFunc(accounts, func(account Account) bool { _, known := l.find(account.ID); return !known }) {
		index = maps.Clone(l.index)
	}
	for _, account := range accounts {
		i, known := index[account.ID]
		if !known {
			index[account.ID] = len(all)
			all = append(all, account)
			continue
		}
		if account.IsMapped == nil {
			account.IsMapped, account.MappingID = all[i].IsMapped, all[i].MappingID
		}
		all[i] = account
	}
	return accountList{all, index}
}

// Accounts returns all accounts in the order of the API. They are read once per client, with GET /organization/accounts,
// which has no pages (gradient.md §3.9).
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	list, err := c.accounts.Get(ctx)
	return slices.Clone(list.all), err
}

// Account returns the account with that id from the list of [Client.Accounts], and whether there is one.
func (c *Client) Account(ctx context.Context, id string) (Account, bool, error) {
	list, err := c.accounts.Get(ctx)
	if err != nil {
		return Account{}, false, err
	}
	account, found := list.find(id)
	return account, found, nil
}

func (c *Client) readAccounts(ctx context.Context) (accountList, error) {
	request := rest.Request{Doing: "read the accounts", Method: http.MethodGet, Path: accountsPath}
	all, err := send(ctx, c, request, decodeAccounts)
	return newAccountList(all), err
}

// UpdateAccount changes the name and the description of the account with account.ID, with
// PATCH /organization/accounts/{accountId} (gradient.md §3.11). After an unclear outcome it reads the accounts again.
func (c *Client) UpdateAccount(ctx context.Context, account Account) (Account, error) {
	id, err := escapeID(account.ID)
	if err != nil {
		return Account{}, err
	}
	updated, err := send(ctx, c, rest.Request{
		Doing:      fmt.Sprintf("update the account %q", account.ID),
		Method:     http.MethodPatch,
		Path:       accountsPath + "/" + id,
		Repeatable: true,
		Body:       wireAccountUpdate{Name: account.Name, Description: account.Description},
	}, func(body []byte) (Account, error) { return decodeUpdatedAccount(body, account) })
	if err != nil {
		return c.confirmUpdate(ctx, account, err)
	}
	c.accounts.Update(func(list accountList) accountList {
		list = list.replace(updated)
		updated, _ = list.find(updated.ID) // with the mapping that was known
		return list
	})
	return updated, nil
}

// confirmUpdate reads the accounts after an update of unclear outcome. It returns err unless the account is updated.
func (c *Client) confirmUpdate(ctx context.Context, account Account, err error) (Account, error) {
	if !rest.Ambiguous(err) {
		return Account{}, err
	}
	c.accounts.Forget()
	if ctx.Err() != nil {
		return Account{}, err
	}
	existing, found, readErr := c.Account(ctx, account.ID)
	if readErr != nil || !found || existing.Name != account.Name || existing.Description != account.Description {
		return Account{}, err
	}
	return existing, nil
}

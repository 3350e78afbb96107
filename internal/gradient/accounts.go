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

// Account is a customer, under the id that the vendor chose.
type Account struct {
	ID          string
	Name        string
	Description string
	// IsMapped is nil when the API does not say.
	IsMapped *bool
}

// accountList is never changed: what a write answers makes a new one.
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

// with returns a list that has the accounts. A mapping that the write's answer did not tell stays as it was read.
func (l accountList) with(accounts ...Account) accountList {
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
			account.IsMapped = all[i].IsMapped
		}
		all[i] = account
	}
	return accountList{all, index}
}

// Accounts returns all accounts in the order of the API (shared read).
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	list, err := c.accounts.Get(ctx)
	return slices.Clone(list.all), err
}

// Account returns the account of that id from the shared read.
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
	all, err := ask(ctx, c, request, decodeAccounts)
	return newAccountList(all), err
}

// UpdateAccount changes the name and description of the account with account.ID. After an unclear outcome it reads the
// accounts again.
func (c *Client) UpdateAccount(ctx context.Context, account Account) (Account, error) {
	id, err := segment(account.ID)
	if err != nil {
		return Account{}, err
	}
	updated, err := ask(ctx, c, rest.Request{
		Doing:      fmt.Sprintf("update the account %q", account.ID),
		Method:     http.MethodPatch,
		Path:       accountsPath + "/" + id,
		Repeatable: true,
		Body: struct {
			Name        string `json:"name"`
			Description string `json:"description"`
		}{account.Name, account.Description},
	}, func(body []byte) (Account, error) { return decodeUpdated(body, account) })
	if err != nil {
		return c.updatedAfterAll(ctx, account, err)
	}
	c.accounts.Update(func(list accountList) accountList {
		list = list.with(updated)
		updated, _ = list.find(updated.ID) // with the mapping that was known
		return list
	})
	return updated, nil
}

// updatedAfterAll looks whether an update of unclear outcome was carried out.
func (c *Client) updatedAfterAll(ctx context.Context, account Account, err error) (Account, error) {
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

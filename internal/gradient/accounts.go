package gradient

import (
	"context"
	"errors"
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

// with returns a list that has the account. A mapping that the write's answer did not tell stays as it was read.
func (l accountList) with(account Account) accountList {
	i, ok := l.index[account.ID]
	if !ok {
		index := maps.Clone(l.index)
		index[account.ID] = len(l.all)
		return accountList{append(slices.Clone(l.all), account), index}
	}
	if account.IsMapped == nil {
		account.IsMapped = l.all[i].IsMapped
	}
	all := slices.Clone(l.all)
	all[i] = account
	return accountList{all, l.index}
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

// CreateAccount creates an account. After an unclear outcome (or a 409) it reads the accounts again: an account of
// that id and name counts as created, one of another name is an error. When there is none after an unclear outcome, it is
// sent again, at most twice: a second creation of an id is refused, so that does no harm.
func (c *Client) CreateAccount(ctx context.Context, account Account) (Account, error) {
	if account.ID == "" || account.Name == "" {
		return Account{}, errors.New("a Gradient account needs an id and a name")
	}
	for sends := 1; ; sends++ {
		created, err := c.postAccount(ctx, account)
		if err == nil {
			c.madeAccounts.add(created.ID)
			c.accounts.Update(func(list accountList) accountList { return list.with(created) })
			return created, nil
		}
		conflict := rest.Status(err) == http.StatusConflict
		if !conflict && !rest.Ambiguous(err) {
			return Account{}, err
		}
		c.accounts.Forget()
		if !conflict {
			c.pause(ctx)
		}
		if ctx.Err() != nil {
			return Account{}, err
		}
		existing, found, readErr := c.Account(ctx, account.ID)
		switch {
		case readErr != nil:
			return Account{}, fmt.Errorf("it is unknown whether account %q exists now: %w; and then: %w", account.ID, err, readErr)
		case found && existing.Name == account.Name:
			if !conflict || sends > 1 { // a first send of unclear outcome is what a later one collides with
				c.madeAccounts.add(existing.ID)
			}
			return existing, nil
		case found:
			return Account{}, fmt.Errorf("account %q exists already, under the name %q instead of %q: %w",
				account.ID, existing.Name, account.Name, err)
		case conflict || sends == mostSends:
			return Account{}, err
		}
	}
}

type accountBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (c *Client) postAccount(ctx context.Context, account Account) (Account, error) {
	return ask(ctx, c, rest.Request{
		Doing:  fmt.Sprintf("create the account %q", account.ID),
		Method: http.MethodPost,
		Path:   accountsPath,
		Body:   []accountBody{{account.ID, account.Name, account.Description}},
	}, func(body []byte) (Account, error) { return decodeCreated(body, account) })
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

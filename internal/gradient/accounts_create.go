// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// maxAccountsPerRequest is how many accounts one request creates. The API publishes no limit (gradient.md §3.10). 100 keeps
// small what one lost answer leaves unclear.
const maxAccountsPerRequest = 100

// TakenError is returned for an account whose id belongs to an account of another name.
type TakenError struct {
	Existing Account
	Wanted   string // the name that should have been created
	Err      error  // the answer to the creation, nil when it was not sent
}

func (e *TakenError) Error() string {
	text := fmt.Sprintf("account %q exists already, under the name %q instead of %q", e.Existing.ID, e.Existing.Name, e.Wanted)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the answer to the creation.
func (e *TakenError) Unwrap() error { return e.Err }

// CreateAccount creates one account, as [Client.CreateAccounts] does.
func (c *Client) CreateAccount(ctx context.Context, account Account) (Account, error) {
	created, failed, err := c.CreateAccounts(ctx, []Account{account})
	if err != nil {
		return Account{}, err
	}
	if err := failed[account.ID]; err != nil {
		return Account{}, err
	}
	return created[0], nil
}

// CreateAccounts creates accounts with different ids, 100 in a request, with POST /organization/accounts (gradient.md §3.10).
// It sends no account that the list has, because the API may overwrite it: an account of that id and name counts as created,
// one of another name fails with a [*TakenError].
//
// After a 409 or an unclear outcome it reads the list again and sends what is missing, three times at most. If Gradient then
// still refuses the content (400, 409, 413, 422), it sends halves of the batch, so that only the account at fault fails.
//
// failed has an error for each account that cannot be created. Any other refusal, a failure that is [rest.Systemic] and the end
// of ctx are returned as stopped: the accounts that are neither in created nor in failed are then not created, as far as is known.
func (c *Client) CreateAccounts(ctx context.Context, accounts []Account) (created []Account, failed map[string]error, stopped error) {
	run := &creation{client: c, failed: map[string]error{}}
	for batch := range slices.Chunk(run.checkAccounts(accounts), maxAccountsPerRequest) {
		if err := run.create(ctx, batch); err != nil {
			return run.created, run.failed, err
		}
	}
	return run.created, run.failed, nil
}

// creation is one call of CreateAccounts.
type creation struct {
	client  *Client
	created []Account
	failed  map[string]error
}

// checkAccounts returns the accounts that can be sent. It fails the others.
func (r *creation) checkAccounts(accounts []Account) []Account {
	complete := make([]Account, 0, len(accounts))
	for _, account := range accounts {
		if account.ID == "" || account.Name == "" {
			r.failed[account.ID] = errors.New("a Gradient account needs an id and a name")
			continue
		}
		complete = append(complete, account)
	}
	return complete
}

// create creates a batch. Its error stops the whole creation.
func (r *creation) create(ctx context.Context, batch []Account) error {
	missing, existing, err := r.compareWithList(ctx, batch, nil)
	if err != nil {
		return err
	}
	r.addCreated(existing, false)
	unclear := false // whether a failed request may have been carried out
	for sends := 1; len(missing) > 0; sends++ {
		refusal := r.post(ctx, missing)
		if refusal == nil {
			return nil
		}
		ambiguous := rest.Ambiguous(refusal)
		if !ambiguous && rest.Status(refusal) != http.StatusConflict {
			return r.createHalves(ctx, missing, refusal)
		}
		unclear = unclear || ambiguous
		left, existing, err := r.compareWithNewList(ctx, missing, refusal)
		if err != nil {
			return err
		}
		// One of several that a 409 refuses was there before. When none is missing now, the others were stored all the same.
		r.addCreated(existing, unclear || len(left) == 0 && len(missing) > 1)
		stuck := !ambiguous && len(left) == len(missing)
		if len(left) > 0 && (stuck || sends == maxSends) {
			return r.createHalves(ctx, left, refusal)
		}
		missing = left
	}
	return nil
}

// compareWithList returns which accounts the list lacks and which it has. It fails those that have another name there.
func (r *creation) compareWithList(ctx context.Context, accounts []Account, refusal error) (missing, existing []Account, err error) {
	list, err := r.client.accounts.Get(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, account := range accounts {
		listed, found := list.find(account.ID)
		switch {
		case !found:
			missing = append(missing, account)
		case listed.Name == account.Name:
			existing = append(existing, listed)
		default:
			r.failed[account.ID] = &TakenError{Existing: listed, Wanted: account.Name, Err: refusal}
		}
	}
	return missing, existing, nil
}

// compareWithNewList reads the list again first, after a refusal that leaves open what exists.
func (r *creation) compareWithNewList(ctx context.Context, accounts []Account, refusal error) (missing, existing []Account, err error) {
	r.client.accounts.Forget()
	if rest.Ambiguous(refusal) {
		r.client.waitToSettle(ctx, r.client.settleDelay)
	}
	if ctx.Err() != nil {
		return nil, nil, refusal
	}
	missing, existing, err = r.compareWithList(ctx, accounts, refusal)
	if err != nil {
		return nil, nil, fmt.Errorf("it is unknown whether %s now: %w; and reading it again failed: %w",
			describeExistence(accounts), refusal, err)
	}
	return missing, existing, nil
}

// addCreated adds accounts to the result. byThisClient says that this client created them.
func (r *creation) addCreated(accounts []Account, byThisClient bool) {
	r.created = append(r.created, accounts...)
	for _, account := range accounts {
		if byThisClient {
			r.client.createdAccounts.add(account.ID)
		}
	}
}

// createHalves goes on after a refusal that stays. It sends halves of the batch if the refusal is about the content.
func (r *creation) createHalves(ctx context.Context, batch []Account, refusal error) error {
	switch rest.Status(refusal) {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		if rest.Systemic(refusal) || !rest.Ambiguous(refusal) {
			return refusal
		}
		for _, account := range batch {
			r.failed[account.ID] = refusal
		}
		return nil
	}
	if len(batch) == 1 {
		r.failed[batch[0].ID] = refusal
		return nil
	}
	half := len(batch) / 2
	if err := r.create(ctx, batch[:half]); err != nil {
		return err
	}
	return r.create(ctx, batch[half:])
}

// post sends the creation once, always as an array (gradient.md §3.10).
func (r *creation) post(ctx context.Context, accounts []Account) error {
	body := make([]wireNewAccount, 0, len(accounts))
	for _, account := range accounts {
		body = append(body, wireNewAccount{ID: account.ID, Name: account.Name, Description: account.Description})
	}
	created, err := send(ctx, r.client, rest.Request{
		Doing:  "create " + describe(accounts),
		Method: http.MethodPost,
		Path:   accountsPath,
		Body:   body,
	}, func(body []byte) ([]Account, error) { return decodeCreatedAccounts(body, accounts) })
	if err != nil {
		return err
	}
	r.client.accounts.Update(func(list accountList) accountList { return list.replace(created...) })
	r.addCreated(created, true)
	return nil
}

func describe(accounts []Account) string {
	if len(accounts) == 1 {
		return fmt.Sprintf("the account %q", accounts[0].ID)
	}
	return fmt.Sprintf("%d accounts, %q to %q", len(accounts), accounts[0].ID, accounts[len(accounts)-1].ID)
}

func describeExistence(accounts []Account) string {
	if len(accounts) == 1 {
		return fmt.Sprintf("account %q exists", accounts[0].ID)
	}
	return describe(accounts) + ", exist"
}

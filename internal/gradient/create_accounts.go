package gradient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// mostAccounts is how many accounts one request creates at most. The API documents no limit; 100 keeps small what one lost
// answer leaves unclear.
const mostAccounts = 100

// TakenError says that the id of an account that should be created belongs to one of another name.
type TakenError struct {
	Existing Account
	Wanted   string // the name
	Err      error  // what the creation was answered, nil when it was not sent
}

func (e *TakenError) Error() string {
	text := fmt.Sprintf("account %q exists already, under the name %q instead of %q", e.Existing.ID, e.Existing.Name, e.Wanted)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the creation was answered.
func (e *TakenError) Unwrap() error { return e.Err }

// CreateAccount is CreateAccounts for one account.
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

// CreateAccounts creates accounts of different ids, 100 a request. What the shared list has is never sent, for the API may
// overwrite it: an account of that id and name counts as created, one of another name fails with a *TakenError.
//
// After a 409 or an unclear outcome it reads the list again and sends what is missing, three times at most. What is then
// still refused for its content (400, 409, 413, 422) is sent in halves, so that only the account at fault fails. failed has
// an error for each account that cannot be created. Any other refusal, or the end of ctx, is returned as stopped: then the
// accounts that are neither in created nor in failed are not created, as far as is known.
func (c *Client) CreateAccounts(ctx context.Context, accounts []Account) (created []Account, failed map[string]error, stopped error) {
	run := &creation{client: c, failed: map[string]error{}}
	for batch := range slices.Chunk(run.complete(accounts), mostAccounts) {
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

// complete returns the accounts that can be sent, and fails the others.
func (r *creation) complete(accounts []Account) []Account {
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
	missing, there, err := r.look(ctx, batch, nil)
	if err != nil {
		return err
	}
	r.take(there, false)
	unclear := false // whether a send may have been carried out though it failed
	for sends := 1; len(missing) > 0; sends++ {
		refusal := r.send(ctx, missing)
		if refusal == nil {
			return nil
		}
		ambiguous := rest.Ambiguous(refusal)
		if !ambiguous && rest.Status(refusal) != http.StatusConflict {
			return r.divide(ctx, missing, refusal)
		}
		unclear = unclear || ambiguous
		left, there, err := r.lookAgain(ctx, missing, refusal)
		if err != nil {
			return err
		}
		// One of several that a 409 refuses was there before. When none is missing now, the others were stored all the same.
		r.take(there, unclear || len(left) == 0 && len(missing) > 1)
		stuck := !ambiguous && len(left) == len(missing)
		if len(left) > 0 && (stuck || sends == mostSends) {
			return r.divide(ctx, left, refusal)
		}
		missing = left
	}
	return nil
}

// look finds in the shared list which of the accounts are there already. It fails those that are there under another name.
func (r *creation) look(ctx context.Context, accounts []Account, refusal error) (missing, there []Account, err error) {
	list, err := r.client.accounts.Get(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, account := range accounts {
		existing, found := list.find(account.ID)
		switch {
		case !found:
			missing = append(missing, account)
		case existing.Name == account.Name:
			there = append(there, existing)
		default:
			r.failed[account.ID] = &TakenError{Existing: existing, Wanted: account.Name, Err: refusal}
		}
	}
	return missing, there, nil
}

// lookAgain is look in a new list, after a refusal that leaves open what is there.
func (r *creation) lookAgain(ctx context.Context, accounts []Account, refusal error) (missing, there []Account, err error) {
	r.client.accounts.Forget()
	if rest.Ambiguous(refusal) {
		r.client.pause(ctx)
	}
	if ctx.Err() != nil {
		return nil, nil, refusal
	}
	missing, there, err = r.look(ctx, accounts, refusal)
	if err != nil {
		return nil, nil, fmt.Errorf("it is unknown whether %s now: %w; and then: %w", exist(accounts), refusal, err)
	}
	return missing, there, nil
}

// take notes accounts as created, and whether this client made them.
func (r *creation) take(accounts []Account, ours bool) {
	r.created = append(r.created, accounts...)
	for _, account := range accounts {
		if ours {
			r.client.madeAccounts.add(account.ID)
		}
	}
}

// divide goes on after a refusal that stands: with halves of the batch, if it is about what an account is made of.
func (r *creation) divide(ctx context.Context, batch []Account, refusal error) error {
	switch rest.Status(refusal) {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		if !rest.Ambiguous(refusal) {
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

type accountBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// send sends the creation once.
func (r *creation) send(ctx context.Context, accounts []Account) error {
	body := make([]accountBody, 0, len(accounts))
	for _, account := range accounts {
		body = append(body, accountBody{account.ID, account.Name, account.Description})
	}
	created, err := ask(ctx, r.client, rest.Request{
		Doing:  "create " + several(accounts),
		Method: http.MethodPost,
		Path:   accountsPath,
		Body:   body,
	}, func(body []byte) ([]Account, error) { return decodeCreated(body, accounts) })
	if err != nil {
		return err
	}
	r.client.accounts.Update(func(list accountList) accountList { return list.with(created...) })
	r.take(created, true)
	return nil
}

func several(accounts []Account) string {
	if len(accounts) == 1 {
		return fmt.Sprintf("the account %q", accounts[0].ID)
	}
	return fmt.Sprintf("%d accounts, %q to %q", len(accounts), accounts[0].ID, accounts[len(accounts)-1].ID)
}

func exist(accounts []Account) string {
	if len(accounts) == 1 {
		return fmt.Sprintf("account %q exists", accounts[0].ID)
	}
	return several(accounts) + ", exist"
}

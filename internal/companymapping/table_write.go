// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// writer brings Gradient to the wanted mappings: the rows of a table, or one mapping.
type writer struct {
	clients clients
	form    form
	diags   *diag.Diagnostics

	client   *gradient.Client
	problems tfdiag.Rows
	wanted   map[string]mapping
	// kept is what the state has to hold at the end.
	kept map[string]mapping
	// Ids of accounts to create or adopt, and to change.
	added, changed []string
}

// write brings Gradient from before to wanted, and returns what the state has to hold then. A row that fails does not stop the
// others. It reports false, and has changed nothing, when the client cannot be made or the accounts cannot be read.
func (w *writer) write(ctx context.Context, before, wanted map[string]mapping, at path.Path) (kept map[string]mapping, ok bool) {
	w.wanted, w.kept = wanted, map[string]mapping{}
	w.resolveNames(ctx, before)
	w.compare(before)
	if !w.begin(ctx) {
		return nil, false
	}
	w.add(ctx)
	w.change(ctx)
	w.diags.Append(w.problems.Diagnostics(at)...)
	return w.kept, true
}

// compare finds what differs in Gradient. A change of company_id is one of the state only.
func (w *writer) compare(before map[string]mapping) {
	for _, id := range slices.Sorted(maps.Keys(w.wanted)) {
		row := w.wanted[id]
		old, managed := before[id]
		switch {
		case !managed:
			w.added = append(w.added, id)
		case row.account() != old.account():
			w.kept[id] = old
			w.changed = append(w.changed, id)
		default:
			w.keep(row, old.IsMapped)
		}
	}
}

// begin gets the client and, to find what is there already, the accounts.
func (w *writer) begin(ctx context.Context) bool {
	if len(w.added)+len(w.changed) == 0 {
		return true
	}
	var ok bool
	if w.client, ok = tfbase.Gradient(w.clients, w.diags); !ok || len(w.added) == 0 {
		return ok
	}
	if _, _, err := w.client.Account(ctx, w.added[0]); err != nil {
		w.diags.Append(tfdiag.Error(noAccounts, err))
		return false
	}
	return true
}

// add adopts the accounts that are there, and creates the others.
func (w *writer) add(ctx context.Context) {
	var missing []gradient.Account
	for _, id := range w.added {
		row := w.wanted[id]
		owner := w.form.owner(row)
		if other, ok := w.clients.Claim(accountKind, id, owner); !ok {
			w.problems.Add(w.form.usedTwice(row, other, owner))
			continue
		}
		found, exists, err := w.client.Account(ctx, id)
		switch {
		case err != nil:
			w.problems.Add(w.form.notCreated(row, err))
		case exists:
			w.adopt(row, found)
		default:
			missing = append(missing, row.account())
		}
	}
	if len(missing) > 0 {
		w.create(ctx, missing)
	}
}

// adopt takes over an account that is there already. It may be one that an interrupted run of ours created.
func (w *writer) adopt(row mapping, found gradient.Account) {
	w.problems.Add(w.form.exists(row, found))
	if found.Name != row.Name.ValueString() {
		return
	}
	if found.Description != row.Description.ValueString() {
		row.Description = types.StringValue(found.Description)
		w.changed = append(w.changed, found.ID)
	}
	w.keep(row, types.BoolPointerValue(found.IsMapped))
}

// keep puts a row into the state, with isMapped if the plan does not say.
func (w *writer) keep(row mapping, isMapped types.Bool) {
	if row.IsMapped.IsUnknown() {
		row.IsMapped = isMapped
	}
	w.kept[row.AccountID.ValueString()] = row
}

// create creates accounts that are missing, a hundred a request.
func (w *writer) create(ctx context.Context, missing []gradient.Account) {
	created, failed, cause := w.client.CreateAccounts(ctx, missing)
	for _, account := range created {
		row := w.wanted[account.ID]
		if !w.client.CreatedAccount(account.ID) { // another tool created it after the plan
			w.adopt(row, account)
			continue
		}
		w.keep(row, types.BoolPointerValue(account.IsMapped))
	}
	var left []tfdiag.RowProblem
	for _, account := range missing {
		row, err := w.wanted[account.ID], failed[account.ID]
		_, done := w.kept[account.ID]
		var taken *gradient.TakenError
		switch {
		case errors.As(err, &taken):
			w.problems.Add(w.form.exists(row, taken.Existing))
		case err != nil:
			w.problems.Add(w.form.notCreated(row, err))
		case !done && cause != nil:
			left = append(left, w.form.notCreated(row, cause))
		}
	}
	w.problems.AddStopped("Creation stopped: accounts are not created", cause, left)
}

// changesAtOnce is how many accounts are changed at the same time: as many as Terraform changes of resources of their own.
const changesAtOnce = 10

// change sets the name and description of the accounts that differ, until one fails for a reason that concerns all.
func (w *writer) change(ctx context.Context) {
	updated, errs := make([]gradient.Account, len(w.changed)), make([]error, len(w.changed))
	group, stopped := errgroup.WithContext(ctx)
	group.SetLimit(changesAtOnce)
	for i, id := range w.changed {
		group.Go(func() error {
			if errs[i] = context.Cause(stopped); errs[i] == nil {
				updated[i], errs[i] = w.client.UpdateAccount(ctx, w.wanted[id].account())
			}
			if rest.Systemic(errs[i]) {
				return errs[i]
			}
			return nil
		})
	}
	cause := group.Wait()
	var left []tfdiag.RowProblem
	for i, id := range w.changed {
		row := w.wanted[id]
		switch {
		case errs[i] == nil:
			w.keep(row, types.BoolPointerValue(updated[i].IsMapped))
		case rest.Systemic(errs[i]):
			left = append(left, w.form.notChanged(row, cause))
		default:
			w.problems.Add(w.form.notChanged(row, errs[i]))
		}
	}
	w.problems.AddStopped("Update stopped: accounts are not changed", cause, left)
}

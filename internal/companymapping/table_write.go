package companymapping

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// companyTableWriting brings Gradient to the wanted rows. kept is what the state has to hold then.
type companyTableWriting struct {
	clients clients
	client  *gradient.Client
	diags   *diag.Diagnostics

	wanted, kept map[string]companyModel
	// Ids of accounts to change, and to create or adopt.
	changed, added []string
}

// write brings Gradient from the state to the plan, and returns what the state has to be then. It reports false when it could
// not even begin.
func (r *companyTable) write(ctx context.Context, planned, state companyTableModel, diags *diag.Diagnostics) (companyTableModel, bool) {
	w := &companyTableWriting{clients: r.Clients, diags: diags, wanted: planned.rows(), kept: map[string]companyModel{}}
	w.compare(state.rows())
	if len(w.changed)+len(w.added) > 0 && !w.begin(ctx) {
		return companyTableModel{}, false
	}
	w.add(ctx)
	w.change(ctx)
	unmanaged := planned.Unmanaged
	if unmanaged.IsUnknown() {
		unmanaged = r.unmanaged(ctx, w.kept)
	}
	return companyTableOf(w.kept, unmanaged), true
}

// unmanaged lists the accounts that are not among the rows, or is null when they cannot be read; then the next refresh does.
func (r *companyTable) unmanaged(ctx context.Context, rows map[string]companyModel) types.List {
	client, err := r.Clients.Gradient()
	if err != nil {
		return types.ListNull(unmanagedAccountType)
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		return types.ListNull(unmanagedAccountType)
	}
	return unmanagedAccounts(accounts, rows)
}

// compare finds what differs. What Gradient does not hold differs in the state only.
func (w *companyTableWriting) compare(before map[string]companyModel) {
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
			w.kept[id] = row
		}
	}
}

func (w *companyTableWriting) begin(ctx context.Context) bool {
	var err error
	if w.client, err = w.clients.Gradient(); err != nil {
		w.diags.Append(tfdiag.Error("Gradient cannot be used", err))
		return false
	}
	if _, err = w.client.Accounts(ctx); err != nil {
		w.diags.Append(tfdiag.Error(noAccounts, err))
		return false
	}
	return true
}

// add creates the accounts that are not there, and adopts those that are.
func (w *companyTableWriting) add(ctx context.Context) {
	var missing []gradient.Account
	for _, id := range w.added {
		row := w.wanted[id]
		owner := row.owner(companyMappingsType)
		if other, ok := w.clients.Claim(accountKind, id, owner); !ok {
			w.diags.Append(usedTwice(atCompany(id), id, other, owner))
			continue
		}
		found, exists, err := w.client.Account(ctx, id)
		switch {
		case err != nil:
			w.diags.Append(tfdiag.Error(noAccounts, err))
			return
		case exists:
			w.adopt(row, found)
		default:
			missing = append(missing, row.account())
		}
	}
	w.create(ctx, missing)
}

// adopt takes over an account that is there already. Nothing tells it from one that a cut run of ours made.
func (w *companyTableWriting) adopt(row companyModel, found gradient.Account) {
	if found.Name != row.Name.ValueString() {
		w.diags.Append(takenInTable(row, found))
		return
	}
	if found.Description != row.Description.ValueString() {
		row.Description = types.StringValue(found.Description)
		w.changed = append(w.changed, found.ID)
	}
	w.keep(row, found)
}

// keep puts a row into the state.
func (w *companyTableWriting) keep(row companyModel, account gradient.Account) {
	if row.IsMapped.IsUnknown() {
		row.IsMapped = types.BoolPointerValue(account.IsMapped)
	}
	w.kept[row.AccountID.ValueString()] = row
}

func (w *companyTableWriting) create(ctx context.Context, missing []gradient.Account) {
	created, failed, stopped := w.client.CreateAccounts(ctx, missing)
	adopted := map[string]companyModel{}
	for _, account := range created {
		row := w.wanted[account.ID]
		if w.client.CreatedAccount(account.ID) {
			w.keep(row, account)
			continue
		}
		adopted[account.ID] = row // it came since the plan looked
		w.adopt(row, account)
	}
	if len(adopted) > 0 {
		w.diags.Append(adoptedInTable(adopted))
	}
	left := map[string]companyModel{}
	for _, account := range missing {
		row, err := w.wanted[account.ID], failed[account.ID]
		var taken *gradient.TakenError
		switch {
		case errors.As(err, &taken):
			w.diags.Append(takenInTable(row, taken.Existing))
		case err != nil:
			w.diags.Append(tfdiag.AttributeError(atCompany(account.ID), fmt.Sprintf("Account %s is not created", label(row)), err))
		case w.kept[account.ID].AccountID.IsNull():
			left[account.ID] = row
		}
	}
	if stopped != nil {
		w.diags.Append(leftUndone("created", left, stopped))
	}
}

// changesAtOnce is as many as Terraform makes at once of resources of their own.
const changesAtOnce = 10

// change sets name and description of the accounts that differ, until one fails for a reason that concerns all.
func (w *companyTableWriting) change(ctx context.Context) {
	errs := make([]error, len(w.changed))
	group, stopped := errgroup.WithContext(ctx)
	group.SetLimit(changesAtOnce)
	for i, id := range w.changed {
		group.Go(func() error {
			if errs[i] = context.Cause(stopped); errs[i] == nil {
				_, errs[i] = w.client.UpdateAccount(ctx, w.wanted[id].account())
			}
			if errs[i] == nil || concernsOne(errs[i]) {
				return nil
			}
			return errs[i]
		})
	}
	cause := group.Wait()
	left := map[string]companyModel{}
	for i, id := range w.changed {
		row := w.wanted[id]
		switch {
		case errs[i] == nil:
			row.IsMapped = w.kept[id].IsMapped
			w.kept[id] = row
		case concernsOne(errs[i]):
			w.diags.Append(tfdiag.AttributeError(atCompany(id), fmt.Sprintf("Account %s is not changed", label(row)), errs[i]))
		default:
			left[id] = row
		}
	}
	if cause != nil {
		w.diags.Append(leftUndone("changed", left, cause))
	}
}

// concernsOne reports whether the next account may fare better: what failed is about this one, or has no clear cause.
func concernsOne(err error) bool {
	switch rest.Status(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		return true
	}
	return rest.Ambiguous(err)
}

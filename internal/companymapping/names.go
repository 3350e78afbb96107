// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/matching"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// A name that the configuration leaves out is that of the company in CloudRadial. Terraform plans again during apply and requires
// the same values, so a plan must not look it up: for an account that is managed the refresh has recorded it in private state, which
// belongs to the plan, and for a new one it is known after apply.

// namesKey is the key of the recorded names in private state: the names of companies by account id, where they are not the account's.
const namesKey = "company_names"

// privateState is the private state of a resource, as the framework gives it.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type writablePrivateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// recordCompanyNames records the names of the companies of rows that are managed. Without CloudRadial it keeps what was recorded
// before; the plan says why it cannot be read.
func recordCompanyNames(ctx context.Context, clients clients, rows map[string]mapping, private writablePrivateState, diags *diag.Diagnostics) {
	client, err := clients.CloudRadial()
	if err != nil {
		return
	}
	names := map[string]string{}
	for id, row := range rows {
		if row.CompanyID.IsNull() {
			continue // imported as a table
		}
		company, found, err := client.Company(ctx, row.CompanyID.ValueInt64())
		if err != nil {
			return
		}
		if found && company.Name != "" && company.Name != row.Name.ValueString() {
			names[id] = company.Name
		}
	}
	encoded, _ := json.Marshal(names) //nolint:errchkjson // a map of strings
	diags.Append(private.SetKey(ctx, namesKey, encoded)...)
}

// companyNames returns the recorded names.
func companyNames(ctx context.Context, private privateState, diags *diag.Diagnostics) map[string]string {
	encoded, more := private.GetKey(ctx, namesKey)
	diags.Append(more...)
	names := map[string]string{}
	if len(encoded) > 0 && json.Unmarshal(encoded, &names) != nil {
		return nil
	}
	return names
}

// resolveNames gives the rows without a name that of their company. It takes out those that have none, with a problem.
func (w *writer) resolveNames(ctx context.Context, before map[string]mapping) {
	portal := &portal{clients: w.clients}
	for _, id := range slices.Sorted(maps.Keys(w.wanted)) {
		row := w.wanted[id]
		if !row.Name.IsUnknown() {
			continue
		}
		company, found, ok := portal.company(ctx, row.CompanyID.ValueInt64(), diag.SeverityError)
		var problem tfdiag.RowProblem
		switch {
		case ok && found && company.Name != "":
			row.Name = types.StringValue(company.Name)
			w.wanted[id] = row
			continue
		case ok && found:
			problem = w.form.companyNameless(diag.SeverityError, row)
		case ok:
			problem = w.form.companyUnknown(diag.SeverityError, row, portal.suggest(ctx, row.AccountID.ValueString()))
		case portal.noKeys != nil:
			problem = w.form.nameRequired(row, portal.noKeys)
		default:
			problem = w.form.problem(diag.SeverityError, row, "name", "is not created", "are not created", portal.problem.Detail(), "")
		}
		w.problems.Add(problem)
		delete(w.wanted, id)
		if old, managed := before[id]; managed {
			w.kept[id] = old
		}
	}
}

// checkName refuses a new name that has invisible characters, and warns about one that is there.
func (f form) checkName(isNew bool, m mapping) []tfdiag.RowProblem {
	var problems []tfdiag.RowProblem
	name, severity := m.Name.ValueString(), diag.SeverityWarning
	if isNew {
		severity = diag.SeverityError
	}
	if clean := gradient.CleanName(name); clean != name {
		problems = append(problems, f.blank(severity, m, clean))
	}
	if isNew && gradient.HasControl(name) {
		problems = append(problems, f.control(m))
	}
	return problems
}

// checkTwice warns about a second account of the same name or company, of any mapping of this run.
func (f form) checkTwice(clients clients, m mapping) []tfdiag.RowProblem {
	var problems []tfdiag.RowProblem
	account := m.AccountID.ValueString()
	if name := m.Name.ValueString(); name != "" {
		if other, twice := clients.Planned(nameKind, name, account); twice {
			problems = append(problems, f.sameName(m, other))
		}
	}
	if !m.CompanyID.IsUnknown() && !m.CompanyID.IsNull() {
		if other, twice := clients.Planned(companyKind, strconv.FormatInt(m.CompanyID.ValueInt64(), 10), account); twice {
			problems = append(problems, f.sameCompanyTwice(m, other))
		}
	}
	return problems
}

// candidate is a row whose company may be the wrong one.
type candidate struct {
	row mapping
	// settled says that the row was there before: that no company has its name is then no news.
	settled bool
}

// findUnlike warns about accounts whose company has an unlike name in CloudRadial, with the company whose name is like.
func (p *portal) findUnlike(ctx context.Context, form form, candidates map[string]candidate) []tfdiag.RowProblem {
	if p.client == nil {
		return nil
	}
	companies, err := p.client.Companies(ctx)
	if err != nil {
		return nil
	}
	byID, byName := map[int64]cloudradial.Company{}, map[string]cloudradial.Company{}
	for _, company := range companies {
		byID[company.ID], byName[company.Name] = company, company
	}
	unlike := map[string]string{}
	better := map[string]cloudradial.Company{}
	for id, c := range candidates {
		own, name := byID[c.row.CompanyID.ValueInt64()], c.row.Name.ValueString()
		exact, found := byName[name]
		switch {
		case own.Name == "" || own.Name == name:
		case found:
			better[id] = exact
		case !alike(name, own.Name):
			unlike[id] = name
		}
	}
	maps.Copy(better, likely(unlike, companies))
	var problems []tfdiag.RowProblem
	for _, id := range slices.Sorted(maps.Keys(candidates)) {
		c := candidates[id]
		own := byID[c.row.CompanyID.ValueInt64()]
		if other, found := better[id]; found {
			problems = append(problems, form.otherCompany(c.row, own, other))
		} else if _, found := unlike[id]; found && !c.settled {
			problems = append(problems, form.unlikeCompany(c.row, own))
		}
	}
	return problems
}

// alike reports whether two names may be those of one company.
func alike(one, other string) bool {
	return len(matching.Match(map[string]string{"": one}, map[string]string{"": other}).UnmatchedLeft) == 0
}

// likely returns the companies whose names are like those of the accounts, by account.
func likely(accounts map[string]string, companies []cloudradial.Company) map[string]cloudradial.Company {
	found := map[string]cloudradial.Company{}
	if len(accounts) == 0 {
		return found
	}
	byKey, names := map[string]cloudradial.Company{}, map[string]string{}
	for _, company := range companies {
		key := strconv.FormatInt(company.ID, 10)
		byKey[key], names[key] = company, company.Name
	}
	result := matching.Match(accounts, names)
	for _, pair := range result.Likely {
		found[pair.Left] = byKey[pair.Right]
	}
	for account, all := range result.Ambiguous {
		found[account] = byKey[all[0].Right]
	}
	return found
}

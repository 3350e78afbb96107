// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Summaries of errors that concern every mapping.
const (
	noAccounts  = "Gradient accounts cannot be read"
	noCompanies = "CloudRadial companies cannot be read"
)

// form is the resource that a mapping is written in. Messages point there.
type form struct {
	resourceType string
	// at returns the path of an attribute of the mapping.
	at func(m mapping, attribute string) path.Path
	// howToKeep says how to take over an account that has another name in Gradient.
	howToKeep func(m mapping, found gradient.Account) string
}

var item = form{
	resourceType: itemType,
	at:           func(_ mapping, attribute string) path.Path { return path.Root(attribute) },
	howToKeep: func(m mapping, found gradient.Account) string {
		return fmt.Sprintf("import it; the next plan then renames it:\n\n"+
			"import {\n  to = %s.this # the address of this resource\n  id = \"%d/%s\"\n}", itemType, m.CompanyID.ValueInt64(), found.ID)
	},
}

var table = form{
	resourceType: tableType,
	at:           func(m mapping, _ string) path.Path { return tablePath.AtMapKey(m.AccountID.ValueString()) },
	howToKeep: func(_ mapping, found gradient.Account) string {
		return fmt.Sprintf("apply once with name = %q in companies[%q], which adopts it, and then with the new name, which renames it.", found.Name, found.ID)
	},
}

// nowhere is for messages about mappings that may not be in the configuration.
var nowhere = form{at: func(mapping, string) path.Path { return path.Empty() }}

var tablePath = path.Root("companies")

// foldEach returns the same problem of each row, as one diagnostic.
func foldEach(rows map[string]mapping, problem func(mapping) tfdiag.RowProblem) diag.Diagnostics {
	var problems tfdiag.Rows
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		problems.Add(problem(rows[id]))
	}
	return problems.Diagnostics(tablePath)
}

// problem returns a problem of an account. one follows the account's name, many follows "Accounts": "is adopted", "are adopted".
func (f form) problem(severity diag.Severity, m mapping, attribute, one, many, detail, short string) tfdiag.RowProblem {
	return tfdiag.RowProblem{
		Severity: severity,
		Kind:     "Accounts " + many,
		Path:     f.at(m, attribute),
		Row:      m.label(),
		Summary:  fmt.Sprintf("Account %s %s", m.label(), one),
		Detail:   detail,
		Short:    short,
	}
}

func (f form) noCompanyID(m mapping) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, m, "company_id", "has no company_id", "have no company_id",
		"The argument company_id is required. Give the id of the company in CloudRadial.", "")
}

const inBoth = "in " + itemType + " and in " + tableType

func (f form) inBothTypes(m mapping) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, m, "account_id", "is "+inBoth, "are "+inBoth,
		"Both resources set name and description, and overwrite each other when they differ. The function unit_counts refuses an account that is "+
			"in both. Keep each account in one of the two.", "")
}

// exists is about an account that Gradient has already: a warning when it has the planned name, otherwise an error.
func (f form) exists(m mapping, found gradient.Account) tfdiag.RowProblem {
	if found.Name == m.Name.ValueString() {
		return f.problem(diag.SeverityWarning, m, "account_id", "is adopted", "are adopted",
			"Gradient already has an account with this id and name, and Terraform manages it from now on. If another tool manages it as well, for "+
				"example CIPP, switch that tool's sync off first.", "")
	}
	return f.problem(diag.SeverityError, m, "account_id", "exists under another name", "exist under another name",
		fmt.Sprintf("Gradient already has an account %q, but it is named %q, not %q. If it is another customer, choose another account id. "+
			"If it is the same customer, %s", found.ID, found.Name, m.Name.ValueString(), f.howToKeep(m, found)),
		fmt.Sprintf("named %q in Gradient", found.Name))
}

func (f form) usedTwice(m mapping, other, owner string) tfdiag.RowProblem {
	id := m.AccountID.ValueString()
	return tfdiag.RowProblem{
		Severity: diag.SeverityError, Kind: "Account ids are used twice", Path: f.at(m, "account_id"), Row: m.label(),
		Summary: fmt.Sprintf("Account id %s is used twice", id),
		Detail: fmt.Sprintf("Two company mappings have the account_id %q: %s, and %s. Their unit counts would overwrite each other. Give each "+
			"its own account_id, or remove one.", id, other, owner),
		Short: "also in " + other,
	}
}

// owner names the mapping in messages about another one.
func (f form) owner(m mapping) string {
	return fmt.Sprintf("the %s with company_id %d and name %q", f.resourceType, m.CompanyID.ValueInt64(), m.Name.ValueString())
}

func (f form) notCreated(m mapping, err error) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, m, "account_id", "is not created", "are not created", tfdiag.Detail(err), tfdiag.Cause(err))
}

func (f form) notChanged(m mapping, err error) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, m, "name", "is not changed", "are not changed", tfdiag.Detail(err), tfdiag.Cause(err))
}

func gone(m mapping, others int) tfdiag.RowProblem {
	detail := "Gradient has no account of this integration at all. Probably the integration was disconnected in Gradient and connected again, which " +
		"deletes every account and its mapping. The plan shows what will be created and pushed again. After that, map the accounts in Gradient."
	if others > 0 {
		detail = fmt.Sprintf("Gradient still lists %s of this integration. The plan creates again whatever is still in the configuration.",
			tfdiag.Count(others, "other account"))
	}
	return nowhere.problem(diag.SeverityWarning, m, "", "is gone from Gradient", "are gone from Gradient", detail, "")
}

func stays(m mapping) tfdiag.RowProblem {
	return nowhere.problem(diag.SeverityWarning, m, "", "stays in Gradient", "stay in Gradient",
		"Gradient's API cannot delete an account. Terraform forgets it, and Gradient goes on billing the last unit counts that it received. To offboard "+
			"a customer, take its rows out of the mapping files and apply: the license sync sets its counts to 0. Approve that billing in Gradient. "+
			"Only then unmap or exclude the account there, because Gradient takes no count for an account that is not mapped.", "")
}

// companyProblem is problem for the company of a mapping.
func (f form) companyProblem(severity diag.Severity, m mapping, attribute, one, many, detail, short string) tfdiag.RowProblem {
	problem := f.problem(severity, m, attribute, one, many, detail, short)
	problem.Kind = "Companies " + many
	problem.Summary = fmt.Sprintf("Company %d %s", m.CompanyID.ValueInt64(), one)
	return problem
}

func (f form) companyUnknown(severity diag.Severity, m mapping, hint suggestion) tfdiag.RowProblem {
	if hint.only && severity == diag.SeverityError {
		return f.oneCompanyOnly(severity, m, hint.company)
	}
	id := m.CompanyID.ValueInt64()
	detail := fmt.Sprintf("CloudRadial lists %s, but none with company_id %d.", tfdiag.Count(hint.listed, "company"), id)
	short := fmt.Sprintf("company_id %d", id)
	if hint.wanted != "" {
		detail += fmt.Sprintf(" The company whose name is nearest to %q is %q, with company_id %d.", hint.wanted, hint.company.Name, hint.company.ID)
		short += fmt.Sprintf(", nearest is %q with company_id %d", hint.company.Name, hint.company.ID)
	}
	if severity == diag.SeverityWarning {
		detail += " The mapping is older, so it stays as it is. If the customer has left, take its rows out of the mapping files."
	} else {
		detail += " The data source cloudradial_companies lists them all."
	}
	return f.companyProblem(severity, m, "company_id", "is not in CloudRadial", "are not in CloudRadial", detail, short)
}

// oneCompanyOnly has the same summary and detail for every mapping, so that it is said once.
func (f form) oneCompanyOnly(severity diag.Severity, m mapping, only cloudradial.Company) tfdiag.RowProblem {
	problem := f.companyProblem(severity, m, "company_id", "", "", cloudradial.DescribeOnly(only, "correct the company_id"), fmt.Sprintf("company_id %d", m.CompanyID.ValueInt64()))
	problem.Kind, problem.Summary = cloudradial.OneCompanyOnly, cloudradial.OneCompanyOnly
	return problem
}

func (f form) companyNameless(severity diag.Severity, m mapping) tfdiag.RowProblem {
	return f.companyProblem(severity, m, "name", "has no name in CloudRadial", "have no name in CloudRadial",
		"Give the name of the account as it is in the PSA.", "")
}

func (f form) nameRequired(m mapping, missing *tfdiag.MissingError) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityError, m, "name", "", "", "The default of name is the company's name in CloudRadial, which cannot be read without "+
		"keys. Give the name of the account as it is in the PSA, or configure CloudRadial.\n\n"+tfdiag.Detail(missing), "")
	problem.Kind = "Names are required without CloudRadial keys"
	problem.Summary = "Name is required without CloudRadial keys"
	return problem
}

func (f form) blank(severity diag.Severity, m mapping, clean string) tfdiag.RowProblem {
	name := m.Name.ValueString()
	return f.problem(severity, m, "name", "has white space at an end of its name", "have white space at an end of their names",
		fmt.Sprintf("The name is %+q, with characters at an end that cannot be seen: without them it is %q. It would never match the account in the PSA. Give "+
			"the name without them; in a CSV file, trim the column.", name, clean), fmt.Sprintf("%+q instead of %q", name, clean))
}

func (f form) control(m mapping) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityError, m, "name", "has control characters in its name", "have control characters in their names",
		fmt.Sprintf("The name is %+q. A name must be one line of visible characters. Give it as it is in the PSA.", m.Name.ValueString()), "")
	problem.Row = fmt.Sprintf("%+q (%s)", m.Name.ValueString(), m.AccountID.ValueString())
	problem.Summary = fmt.Sprintf("Account %s has control characters in its name", m.AccountID.ValueString())
	return problem
}

func (f form) sameName(m mapping, other string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, m, "name", "has the name of another account", "have the names of other accounts",
		fmt.Sprintf("The account %q has the same name. Gradient maps accounts to the PSA by name, so both would be billed to one customer of the PSA. Give each "+
			"account the name of its own PSA account, or put the tenants of one customer under one account.", other), fmt.Sprintf("also %q", other))
}

func (f form) nameInGradient(m mapping, other gradient.Account) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, m, "name", "has the name of an account that is there", "have the names of accounts that are there",
		fmt.Sprintf("Gradient has the account %q, named %q, which may differ in case only. A new account_id makes another account, which a person has to map in "+
			"Gradient before its unit counts are taken. If it is the same customer, keep the account_id.", other.ID, other.Name),
		fmt.Sprintf("%q is named %q", other.ID, other.Name))
}

func (f form) sameCompanyTwice(m mapping, other string) tfdiag.RowProblem {
	return f.companyProblem(diag.SeverityWarning, m, "company_id", "is mapped to two accounts", "are mapped to two accounts",
		fmt.Sprintf("The account %q has the same company_id. A company of CloudRadial is one customer, so one of the two is probably a mistake.", other),
		fmt.Sprintf("also %q", other))
}

func (f form) otherCompany(m mapping, own, other cloudradial.Company) tfdiag.RowProblem {
	return f.companyProblem(diag.SeverityWarning, m, "company_id", "has another name than the account", "have other names than their accounts",
		fmt.Sprintf("The account is named %q, and CloudRadial names company %d %q. The company that goes with the account's name is %q, with company_id %d. With the wrong "+
			"company, one customer's portal shows the licenses of another one.", m.Name.ValueString(), own.ID, own.Name, other.Name, other.ID),
		fmt.Sprintf("company %d is %q, company %d is %q", own.ID, own.Name, other.ID, other.Name))
}

func (f form) unlikeCompany(m mapping, own cloudradial.Company) tfdiag.RowProblem {
	return f.companyProblem(diag.SeverityWarning, m, "company_id", "has an unlike name", "have unlike names",
		fmt.Sprintf("The account is named %q, and CloudRadial names company %d %q. No company has a name like the account's. If they are the same customer, all is well; this is "+
			"said only while the mapping is new or changed.", m.Name.ValueString(), own.ID, own.Name), fmt.Sprintf("company %d is %q", own.ID, own.Name))
}

func (f form) otherCustomer(m, before mapping) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, m, "account_id", "changes its customer", "change their customers",
		fmt.Sprintf("The account was %q with company_id %d, and becomes %q with company_id %d. Gradient's API cannot map an account, so the account stays mapped to the customer of the "+
			"PSA that it has now, as far as is known: the units of %[3]q would be billed to %[1]q. Give another customer an account_id of its own, and remove that of a customer who "+
			"has left, so that its counts are set to 0. If it is the same customer, all is well.",
			before.Name.ValueString(), before.CompanyID.ValueInt64(), m.Name.ValueString(), m.CompanyID.ValueInt64()),
		fmt.Sprintf("was %q with company_id %d", before.Name.ValueString(), before.CompanyID.ValueInt64()))
}

// takeTheirNames is the kind of [form.namesAtApply].
const takeTheirNames = "Accounts take their names from CloudRadial"

// namesAtApply says which names apply takes from CloudRadial.
func (f form) namesAtApply(m mapping) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, m, "name", "takes its name from CloudRadial", "take their names from CloudRadial",
		fmt.Sprintf("The configuration gives no name, so apply takes the company's name in CloudRadial, which is %q now. To review the name in the plan, give it in "+
			"the configuration.", m.Name.ValueString()), "")
}

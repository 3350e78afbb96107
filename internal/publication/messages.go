// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Summaries of errors about CloudRadial as a whole.
const (
	cannotRead  = "The license publication cannot be read"
	noCompanies = "CloudRadial companies cannot be read"
	notWritten  = "not all rows are written"
	notRemoved  = "not everything is removed"
)

func subject(name string) string { return fmt.Sprintf("License publication %q: ", name) }

// planWarnings returns warnings about accounts that published does not show in the plan.
func planWarnings(t table, planned model) diag.Diagnostics {
	var diags diag.Diagnostics
	var unknown []string
	for company := range t.unknown {
		unknown = append(unknown, t.accounts[company])
	}
	slices.Sort(unknown)
	name := subject(planned.AssetType.ValueString())
	if len(unknown) > 0 {
		diags.AddAttributeWarning(path.Root("license_counts"), name+tfdiag.Count(len(unknown), "account")+" with unknown counts",
			"Their rows in CloudRadial stay as they are:\n\n"+tfdiag.List(unknown))
	}
	if len(t.unmapped) > 0 {
		diags.AddAttributeWarning(path.Root("company_mappings"), name+tfdiag.Count(len(t.unmapped), "account")+" without a company",
			"They have license counts, but no company mapping, so nothing is published for them:\n\n"+tfdiag.List(t.unmapped))
	}
	return diags
}

// badInput reports arguments that cannot be published, one diagnostic for each kind of mistake.
func badInput(err error) diag.Diagnostics {
	var wrong *inputError
	if !errors.As(err, &wrong) {
		return diag.Diagnostics{shapes.Diagnostic("The licenses cannot be published as they are given", err)}
	}
	diags := mistakeErrors(path.Root("company_mappings"), wrong.mappings)
	diags.Append(mistakeErrors(path.Root("license_counts"), wrong.counts)...)
	return diags
}

func mistakeErrors(argument path.Path, mistakes []mistake) diag.Diagnostics {
	var rows tfdiag.Rows
	for _, m := range mistakes {
		rows.Add(tfdiag.RowProblem{
			Severity: diag.SeverityError, Kind: m.kind, Path: argument.AtMapKey(m.key), Row: m.row, Summary: m.summary, Detail: m.advice,
		})
	}
	return rows.Diagnostics(argument)
}

func withoutCompanyID(key string) mistake {
	return mistake{
		key: key, row: strconv.Quote(key),
		kind:    "Company mappings without a company_id",
		summary: fmt.Sprintf("Company mapping %q has no company_id", key),
		advice:  "Every element of company_mappings needs a company_id above 0. Add it, or remove the element.",
	}
}

func accountMappedTwice(key, account string, one, other int64) mistake {
	return mistake{
		key: key, row: fmt.Sprintf("%q: companies %d and %d", account, one, other),
		kind:    "Accounts are mapped to two companies",
		summary: fmt.Sprintf("Account %q is mapped to the companies %d and %d", account, one, other),
		advice:  "Both companies would show the account's seats. Remove one of the two mappings.",
	}
}

func companyMappedTwice(key string, company int64, one, other string) mistake {
	return mistake{
		key: key, row: fmt.Sprintf("company %d: %q and %q", company, one, other),
		kind:    "Companies are mapped to two accounts",
		summary: fmt.Sprintf("Company %d is mapped to the accounts %q and %q", company, one, other),
		advice:  "The rows of the two accounts would overwrite each other. Remove one of the two mappings.",
	}
}

func withoutCounts(account string, company int64) mistake {
	return mistake{
		key: account, row: fmt.Sprintf("%q (company %d)", account, company),
		kind:    "Accounts without license counts",
		summary: fmt.Sprintf("Account %q (company %d) has no license counts", account, company),
		advice: "Every account of company_mappings needs an element in license_counts. Add its tenant, with null if its counts are unknown, or " +
			"remove the mapping.",
	}
}

func brokenState(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The state of the license publication cannot be read",
		err.Error()+". Either the provider has a bug, or the state was edited by hand.")
}

func noCompany(company int64, account string) tfdiag.RowProblem {
	return tfdiag.RowProblem{
		Severity: diag.SeverityError,
		Kind:     "Companies are not in CloudRadial",
		Path:     path.Root("company_mappings"),
		Row:      fmt.Sprintf("company %d (account %q)", company, account),
		Summary:  fmt.Sprintf("Company %d (account %q) is not in CloudRadial", company, account),
		Detail:   "Check company_id. The data source cloudradial_companies lists every company that the keys can see.",
	}
}

// oneCompanyOnly is noCompany for keys that see one company.
func oneCompanyOnly(company int64, account string, only cloudradial.Company) tfdiag.RowProblem {
	problem := noCompany(company, account)
	problem.Kind, problem.Summary, problem.Detail = cloudradial.OneCompanyOnly, cloudradial.OneCompanyOnly, cloudradial.DescribeOnly(only, "correct the company_id")
	return problem
}

func cannotUse(name string, err error) diag.Diagnostic {
	var problem *layoutError
	if !errors.As(err, &problem) {
		return tfdiag.AttributeError(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q cannot be used", name), err)
	}
	var lines []string
	for _, missing := range problem.missing {
		lines = append(lines, fmt.Sprintf("it has no field %q", missing))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q does not fit", name),
		fmt.Sprintf("CloudRadial's type %q (id %d) cannot hold license tables:\n\n%s\n\n"+
			"CloudRadial can neither change nor delete a field, so nothing was changed. If a field was renamed in the portal, rename it back. If the "+
			"type has another purpose, choose another name with asset_type.", name, problem.id, tfdiag.List(append(lines, problem.inTheWay...))))
}

func otherOwnerError(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"Nothing was written, because two publications would undo each other's work. "+ownerHelp(name, others))
}

func otherOwnerWarning(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"The apply will fail, unless this run removes these rows first, as a replacement does. "+ownerHelp(name, others))
}

// resumed reports rows of a create that was cut short.
func resumed(name, owner string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The rows of the flexible asset type %q are taken over", name),
		fmt.Sprintf("The create of a publication (%s) was cut short, so no state has it. This resource takes over its rows and writes the others.", owner))
}

func ownerHelp(name string, others []string) string {
	id := name + "/" + others[0]
	if name == defaultAssetType {
		id = others[0]
	}
	return fmt.Sprintf("Its rows have these owners:\n\n%s\n\nIf that is a publication in another state or resource, choose another asset_type here, or destroy "+
		"that publication first. If it is this publication, after a crash or a lost state, import it:\n\n"+
		"import {\n  to = cloudradial_license_publication.this # the address of this resource\n  id = %q\n}\n\n"+
		"If the field Owner was edited by hand, empty it in the portal.", tfdiag.List(others), id)
}

func declaredTwice(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("Two publications use the flexible asset type %q", name),
		"They would undo each other's work. Put all companies into one publication, or give each publication its own asset_type.")
}

// refreshWarnings reports what the refresh found and the state does not show.
func refreshWarnings(s *sheet, state model) diag.Diagnostics {
	var diags diag.Diagnostics
	name := state.AssetType.ValueString()
	if len(s.layout.renamed) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"fields were renamed in the portal",
			"The publication finds them by their ids and goes on with the new names:\n\n"+tfdiag.List(s.layout.renamed))
	}
	if others := otherOwners(s.rows, state.ID.ValueString()); len(others) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"there are rows of another publication",
			"This publication writes nothing while they exist. "+ownerHelp(name, others))
	}
	return diags
}

func typeMissing(name string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(subject(name)+"the flexible asset type is gone",
		"CloudRadial no longer has a flexible asset type of this name, nor its rows. If the publication is in the configuration, the plan creates it again.")
}

func typeRenamed(name string, id int64, rows int) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), subject(name)+"the flexible asset type was renamed",
		fmt.Sprintf("CloudRadial no longer has a type of this name, but the type with the id %d still holds %s. Rename it back in the portal. To "+
			"use another name, rename it back first and then change asset_type: that moves the publication.", id, tfdiag.Count(rows, "row")))
}

func stalePlan(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), subject(name)+"the flexible asset type changed since the plan",
		"Nothing was written. Plan again.")
}

// notDone reports what a run left undone: err stopped it, for which summary is the summary, and failures concern one row each.
func notDone(name, summary string, err error, failures []rowFailure) diag.Diagnostics {
	var rows tfdiag.Rows
	for _, f := range failures {
		rows.Add(tfdiag.RowProblem{
			Severity: diag.SeverityError,
			Kind:     subject(name) + "CloudRadial refused rows",
			Path:     path.Root("license_counts"),
			Row:      f.row,
			Summary:  fmt.Sprintf("%sthe row %s is not %s", subject(name), f.row, f.action),
			Detail:   tfdiag.Detail(f.err) + "\n\nThe other rows are not affected. The next apply tries this row again.",
			Short:    tfdiag.Cause(f.err),
		})
	}
	diags := rows.Diagnostics(path.Root("license_counts"))
	if err != nil {
		diags.Append(tfdiag.Error(subject(name)+summary, err))
	}
	return diags
}

func partlyCreated() diag.Diagnostic {
	return diag.NewWarningDiagnostic("The license publication is created in part",
		"The state has the rows that are written. Terraform marks the resource as tainted, so the next apply would remove them and start again. "+
			"To keep them, run terraform untaint with the address of the resource: the next apply then writes only the rest.")
}

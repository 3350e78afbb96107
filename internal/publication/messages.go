package publication

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

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

// announce returns plan warnings about accounts of which the diff of published shows nothing.
func announce(t table, planned model) diag.Diagnostics {
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
		err.Error()+". This is a bug of the provider, or somebody edited the state.")
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

func cannotUse(name string, err error) diag.Diagnostic {
	var problem *misfit
	if !errors.As(err, &problem) {
		return tfdiag.AttributeError(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q cannot be used", name), err)
	}
	var lines []string
	for _, missing := range problem.missing {
		lines = append(lines, fmt.Sprintf("it has no field %q", missing))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q does not fit", name),
		fmt.Sprintf("CloudRadial's type %q (id %d) cannot hold license tables:\n\n%s\n\n"+
			"CloudRadial can neither change nor delete a field, so nothing was changed. If somebody renamed a field in the portal, name it back. If the "+
			"type is another one, choose another name with asset_type.", name, problem.id, tfdiag.List(append(lines, problem.inTheWay...))))
}

func taken(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"Nothing was written, for two publications would undo each other's work. "+whose(name, others))
}

func takenSoon(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"Unless this run removes them first, as a replacement does, the apply will be refused. "+whose(name, others))
}

// takenOver says that rows are there which a run left that was cut short.
func takenOver(name, owner string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The rows of the flexible asset type %q are taken over", name),
		fmt.Sprintf("A publication (%s) began to write them and never came to its end, so no state can know it. It goes on here.", owner))
}

func whose(name string, others []string) string {
	id := name + "/" + others[0]
	if name == defaultAssetType {
		id = others[0]
	}
	return fmt.Sprintf("Its rows have these owners:\n\n%s\n\nIf that is a publication in another state or resource, choose another asset_type here, or destroy "+
		"that one first. If it was this one, before a crash or with a lost state, take it over:\n\n"+
		"import {\n  to = cloudradial_license_publication.this # the address of this resource\n  id = %q\n}\n\n"+
		"If a person wrote something else into the field Owner, empty it in the portal.", tfdiag.List(others), id)
}

func twoInOne(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("Two publications use the flexible asset type %q", name),
		"They would undo each other's work. Put all companies into one, or give each its own asset_type.")
}

// observed says what a refresh found that the state does not show.
func observed(s *sheet, state model) diag.Diagnostics {
	var diags diag.Diagnostics
	name := state.AssetType.ValueString()
	if len(s.fit.renamed) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"fields were renamed in the portal",
			"They are still the same fields, so the rows are kept up to date under the new names:\n\n"+tfdiag.List(s.fit.renamed))
	}
	if others := otherOwners(s.rows, state.ID.ValueString()); len(others) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"there are rows of another publication",
			"As long as they are there, this one writes nothing. "+whose(name, others))
	}
	return diags
}

func typeGone(name string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(subject(name)+"the flexible asset type is gone",
		"CloudRadial has no flexible asset type of this name any more, nor rows of it. As long as the publication is in the configuration, the plan creates it again.")
}

func typeRenamed(name string, id int64, rows int) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), subject(name)+"the flexible asset type was renamed",
		fmt.Sprintf("CloudRadial has no type of this name any more, but the type of id %d still holds %s. Name it back in the portal. To give it another "+
			"name, name it back first, then change asset_type: the publication moves there.", id, tfdiag.Count(rows, "row")))
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

func halfDone() diag.Diagnostic {
	return diag.NewWarningDiagnostic("The license publication is created in part",
		"The state has the rows that are written. Terraform marks the resource as tainted, so the next apply would remove them and begin anew; "+
			"terraform untaint with the address of the resource keeps them, and the next apply writes the rest.")
}

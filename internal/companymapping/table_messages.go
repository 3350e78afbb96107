package companymapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func atCompany(accountID string) path.Path { return path.Root("companies").AtMapKey(accountID) }

// countedAccounts is for summaries: "3 accounts", or the only one by its id.
func countedAccounts(rows map[string]companyModel) string {
	return tfdiag.NameOrCount(slices.Sorted(maps.Keys(rows)), "account")
}

// listedAccounts lists the first of them by id.
func listedAccounts(rows map[string]companyModel) string {
	var labels []string
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		labels = append(labels, labelOf(id, rows[id]))
	}
	return tfdiag.List(labels)
}

// labelOf is label for a row of a table, which may not be known yet.
func labelOf(id string, row companyModel) string {
	if row.Name.ValueString() == "" {
		return id
	}
	return fmt.Sprintf("%q (%s)", row.Name.ValueString(), id)
}

func adoptedInTable(rows map[string]companyModel) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("companies"), "Adopted: "+countedAccounts(rows),
		"Gradient has accounts of these ids and names already, so this table takes them over. "+otherTools+"\n\n"+listedAccounts(rows))
}

func takenInTable(row companyModel, found gradient.Account) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(atCompany(found.ID), fmt.Sprintf("Account %s exists under another name", label(row)),
		fmt.Sprintf("Gradient has an account %q already, but it is named %q, not %q. If it is another customer, choose another key for this one. "+
			"If it is the same, apply once with name = %q in companies[%q], which adopts it, and then with the new name, which renames it.",
			found.ID, found.Name, row.Name.ValueString(), found.Name, found.ID))
}

func accountsGone(rows map[string]companyModel, left int) diag.Diagnostic {
	summary := "Gone from Gradient: " + countedAccounts(rows)
	if left == 0 {
		return diag.NewWarningDiagnostic(summary, reconnected+"\n\n"+listedAccounts(rows))
	}
	return diag.NewWarningDiagnostic(summary, fmt.Sprintf("Gradient does not list these accounts any more, though it lists %d others. As long as they "+
		"are in the configuration, the plan creates them again.\n\n%s", left, listedAccounts(rows)))
}

func accountsStay(rows map[string]companyModel) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Forgotten, but still in Gradient: "+countedAccounts(rows),
		"Gradient's API deletes no account, so these are only forgotten, and what Gradient bills for each is the last unit counts that it was sent. "+
			offboarding+"\n\n"+listedAccounts(rows))
}

// leftUndone is about what a refusal of everything, or a cancelled run, has left.
func leftUndone(done string, rows map[string]companyModel, cause error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("companies"), fmt.Sprintf("Not %s: %s", done, countedAccounts(rows)),
		tfdiag.Detail(cause)+"\n\nThat concerns every account, so no other was tried. Apply again once it is mended. What is left:\n\n"+listedAccounts(rows))
}

func listedProblems(problems []companyTableProblem) string {
	var lines []string
	for _, problem := range problems {
		lines = append(lines, problem.summary+": account "+labelOf(problem.accountID, problem.row))
	}
	return tfdiag.List(lines)
}

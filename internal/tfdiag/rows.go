// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// RowProblem is a problem of one row of a table. [Rows] turns problems of the same kind and severity into one diagnostic.
type RowProblem struct {
	// Severity is diag.SeverityError or diag.SeverityWarning.
	Severity diag.Severity
	// Kind is the summary for several rows, without their number: "Accounts are not created".
	Kind string
	// Path is the row's attribute path. The diagnostic is placed there when no other row has the problem.
	Path path.Path
	// Row names the row in a list: `"Contoso" (contoso)`.
	Row string
	// Summary is the summary when no other row has the problem: `Account "Contoso" (contoso) is not created`.
	Summary string
	// Detail says what is wrong and what to do.
	Detail string
	// Short is the cause in a few words, for a list of rows whose details differ. It may be empty.
	Short string
}

// Diagnostic returns the problem as a diagnostic of its own.
func (p RowProblem) Diagnostic() diag.Diagnostic {
	return newDiagnostic(p.Severity, p.Path, p.Summary, p.Detail)
}

// Rows collects the problems of a table's rows, so that the same mistake in sixty rows gives one diagnostic.
type Rows struct {
	problems []RowProblem
}

// Add adds the problem of a row.
func (r *Rows) Add(problem RowProblem) { r.problems = append(r.problems, problem) }

// AddStopped adds the problems of the rows that are left after a failure that concerns them all ([rest.Systemic]): several become
// one diagnostic of that kind, which says that the provider stopped.
func (r *Rows) AddStopped(kind string, cause error, left []RowProblem) {
	for _, problem := range left {
		if len(left) > 1 {
			problem.Kind = kind
		}
		if len(left) > 1 && !errors.Is(cause, context.Canceled) {
			problem.Detail += "\n\nThe other rows would fail in the same way, so the provider stopped here. Fix this, then apply again."
		}
		r.Add(problem)
	}
}

// Diagnostics returns one diagnostic for each kind of problem, in the order in which the kinds were added. table is the path of
// diagnostics about several rows.
func (r *Rows) Diagnostics(table path.Path) diag.Diagnostics {
	type key struct {
		severity diag.Severity
		kind     string
	}
	var order []key
	byKind := map[key][]RowProblem{}
	for _, problem := range r.problems {
		k := key{problem.Severity, problem.Kind}
		if byKind[k] == nil {
			order = append(order, k)
		}
		byKind[k] = append(byKind[k], problem)
	}
	var diags diag.Diagnostics
	for _, k := range order {
		diags.Append(fold(table, byKind[k]))
	}
	return diags
}

// fold returns one diagnostic for problems of one kind.
func fold(table path.Path, problems []RowProblem) diag.Diagnostic {
	first := problems[0]
	if len(problems) == 1 {
		return first.Diagnostic()
	}
	summary := fmt.Sprintf("%s (%d)", first.Kind, len(problems))
	rows, sameDetail := make([]string, len(problems)), true
	for i, problem := range problems {
		rows[i] = problem.Row
		sameDetail = sameDetail && problem.Detail == first.Detail
	}
	if sameDetail {
		return newDiagnostic(first.Severity, table, summary, first.Detail+"\n\n"+List(rows))
	}
	for i, problem := range problems {
		if problem.Short != "" {
			rows[i] += ": " + problem.Short
		}
	}
	return newDiagnostic(first.Severity, table, summary, fmt.Sprintf("%s\n\nThis is about %s. All rows with this problem:\n\n%s",
		first.Detail, first.Row, List(rows)))
}

func newDiagnostic(severity diag.Severity, at path.Path, summary, detail string) diag.Diagnostic {
	if severity == diag.SeverityWarning {
		return diag.NewAttributeWarningDiagnostic(at, summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(at, summary, detail)
}

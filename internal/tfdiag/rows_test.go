// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func rowProblem(i int, detail, short string) tfdiag.RowProblem {
	id := fmt.Sprintf("c%02d", i)
	return tfdiag.RowProblem{
		Severity: diag.SeverityError, Kind: "Accounts are not created", Path: path.Root("companies").AtMapKey(id), Row: id,
		Summary: "Account " + id + " is not created", Detail: detail, Short: short,
	}
}

func TestRowsFoldProblemsOfOneKind(t *testing.T) {
	t.Parallel()
	var rows tfdiag.Rows
	for i := range 60 {
		rows.Add(rowProblem(i, "Gradient says no.", ""))
	}
	warning := rowProblem(3, "It exists.", "")
	warning.Severity, warning.Kind = diag.SeverityWarning, "Accounts are adopted"
	rows.Add(warning)
	diags := rows.Diagnostics(path.Root("companies"))
	if len(diags) != 2 || diags.ErrorsCount() != 1 {
		t.Fatalf("diagnostics %v, want one error and one warning", diags)
	}
	if got := diags[0].Summary(); got != "Accounts are not created (60)" {
		t.Errorf("summary %q", got)
	}
	if got := diags[0].Detail(); !strings.HasPrefix(got, "Gradient says no.\n\n  - c00\n") || !strings.HasSuffix(got, "\n  - c09\n  - and 50 more") {
		t.Errorf("detail %q", got)
	}
	if at := diags[0].(diag.DiagnosticWithPath).Path(); !at.Equal(path.Root("companies")) {
		t.Errorf("the error stands at %s", at)
	}
	if at := diags[1].(diag.DiagnosticWithPath).Path(); !at.Equal(warning.Path) || diags[1].Summary() != warning.Summary {
		t.Errorf("the warning %v stands at %s", diags[1], at)
	}
}

func TestRowsWithDifferentDetails(t *testing.T) {
	t.Parallel()
	var rows tfdiag.Rows
	rows.Add(rowProblem(1, "Gradient says: one.", "one"))
	rows.Add(rowProblem(2, "Gradient says: two.", "two"))
	diags := rows.Diagnostics(path.Root("companies"))
	want := "Gradient says: one.\n\nThis is about c01. All rows with this problem:\n\n  - c01: one\n  - c02: two"
	if len(diags) != 1 || diags[0].Detail() != want {
		t.Errorf("diagnostics %v, want one with the detail %q", diags, want)
	}
}

func TestListAndCount(t *testing.T) {
	t.Parallel()
	texts := strings.Split("abcdefghijk", "")
	if got := tfdiag.List(texts[:10]); strings.Contains(got, "more") || strings.Count(got, "\n") != 9 {
		t.Errorf("ten texts: %q", got)
	}
	if got := tfdiag.List(texts); !strings.HasSuffix(got, "  - j\n  - and 1 more") {
		t.Errorf("eleven texts: %q", got)
	}
	for want, got := range map[string]string{
		"1 account": tfdiag.Count(1, "account"), "0 accounts": tfdiag.Count(0, "account"), "2 companies": tfdiag.Count(2, "company"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRowsThatAreLeft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		left  int
		cause error
		want  string // summary and detail
	}{
		{"none", 0, errors.New("402"), ""},
		{"one", 1, errors.New("402"), "Account c00 is not created: No."},
		{"two", 2, errors.New("402"), "Creation stopped (2): No.\n\nThe other rows would fail in the same way, so the provider stopped here. " +
			"Fix this, then apply again.\n\n  - c00\n  - c01"},
		{"cancelled", 2, fmt.Errorf("creating: %w", context.Canceled), "Creation stopped (2): No.\n\n  - c00\n  - c01"},
	} {
		var left []tfdiag.RowProblem
		for i := range test.left {
			left = append(left, rowProblem(i, "No.", ""))
		}
		var rows tfdiag.Rows
		rows.AddStopped("Creation stopped", test.cause, left)
		var got string
		for _, found := range rows.Diagnostics(path.Root("companies")) {
			got += found.Summary() + ": " + found.Detail()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

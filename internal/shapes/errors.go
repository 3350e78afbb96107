// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Error says what is wrong with an argument.
type Error struct {
	// Argument is the attribute or parameter, for example [LicenseCounts].
	Argument string
	// Problems are sentences without a full stop, sorted. Each names the value that it is about.
	Problems []string
}

// Errorf returns an [Error] with one problem.
func Errorf(argument, format string, args ...any) error {
	return &Error{Argument: argument, Problems: []string{fmt.Sprintf(format, args...)}}
}

// Error returns the first problem and the number of the others.
func (e *Error) Error() string {
	if more := len(e.Problems) - 1; more > 0 {
		return fmt.Sprintf("%s (and %s)", e.Problems[0], tfdiag.Count(more, "more problem"))
	}
	return e.Problems[0]
}

// Diagnostic returns an error at the argument that err is about. It stands at the whole argument, and the text names the value,
// because most CLI versions show no line for a path into a map.
func Diagnostic(summary string, err error) diag.Diagnostic {
	problem, ok := asError(err)
	if !ok {
		return tfdiag.Error(summary, err)
	}
	detail := "These values are wrong:\n\n" + tfdiag.List(problem.Problems)
	if len(problem.Problems) == 1 {
		detail = problem.sentence()
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(problem.Argument), summary, detail)
}

// sentence returns the first problem as a sentence. A name such as unit_counts["acme"] stays in lower case.
func (e *Error) sentence() string {
	text := e.Problems[0]
	if !strings.HasPrefix(text, e.Argument) {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text + "."
}

// FuncError returns the error of a function with these parameters. Terraform adds the full stop.
func FuncError(err error, parameters ...string) *function.FuncError {
	if problem, ok := asError(err); ok {
		if i := slices.Index(parameters, problem.Argument); i >= 0 {
			return function.NewArgumentFuncError(int64(i), problem.Error())
		}
	}
	return function.NewFuncError(err.Error())
}

// inputs are the arguments in the order of [billing.Argument].
var inputs = []string{LicenseCounts, CompanyMappings, LicenseMappings}

// asError finds the [Error] in err. An error of billing about its input becomes one.
func asError(err error) (*Error, bool) {
	var input *billing.InputError
	if errors.As(err, &input) {
		return &Error{Argument: inputs[input.Argument], Problems: []string{input.Text}}, true
	}
	var problem *Error
	return problem, errors.As(err, &problem)
}

// problems collects what is wrong with an argument.
type problems struct {
	argument string
	found    []string
}

func (p *problems) add(at path.Path, text string) { p.found = append(p.found, at.String()+" "+text) }

// addIn adds a problem of a field of the object at a path, or of the object itself.
func (p *problems) addIn(at path.Path, field, text string) {
	if field != "" {
		at = at.AtName(field)
	}
	p.add(at, text)
}

// err returns an [Error], or nil when nothing is wrong.
func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	slices.SortFunc(p.found, strings.Compare)
	return &Error{Argument: p.argument, Problems: p.found}
}

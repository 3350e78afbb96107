// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package tfdiag turns errors into Terraform diagnostics. [Error] is the way for one error, [Rows] the one for the rows of a table.
//
// The detail of a failed request says what was asked of which system, what it answered, and what to do next. The advice that is
// special to a system comes from its client, the general one from hints.go.
package tfdiag

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// ErrUnknown is the error of a client when a provider setting is not known yet. Resources then defer to apply.
var ErrUnknown = errors.New("the provider configuration is not known yet")

// Setting is a provider attribute with its environment variables.
type Setting struct {
	Attribute string   // gradient.partner_api_key
	Env       []string // GRADIENT_PARTNER_API_KEY
}

// MissingError lists the settings that a system needs and that are not set.
type MissingError struct {
	System  string
	Missing []Setting
}

func (e *MissingError) Error() string { return e.System + " is not configured" }

// Error returns an error diagnostic with the [Detail] of err.
func Error(summary string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, Detail(err))
}

// AttributeError is [Error] at an attribute.
func AttributeError(p path.Path, summary string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(p, summary, Detail(err))
}

// Reporter remembers which errors were reported for one provider block.
type Reporter interface {
	// Reported reports whether text was reported before, and remembers it.
	Reported(text string) bool
}

// AddOnce adds an error that every resource would repeat, such as a missing key, unless another resource has reported it. Use it only in
// reads and plans, which may go on after it: the first report makes the run fail.
func AddOnce(diags *diag.Diagnostics, reporter Reporter, problem diag.Diagnostic) {
	if !reporter.Reported(problem.Summary() + "\n" + problem.Detail()) {
		diags.Append(problem)
	}
}

// Detail returns the detail of a diagnostic about err. Use it for warnings, and for diagnostics about several errors.
func Detail(err error) string {
	happened, next := Parts(err)
	if next == "" {
		return happened
	}
	return happened + "\n\n" + next
}

// Parts returns the two parts of [Detail]: what happened, and what to do next. The second is empty where there is no advice.
func Parts(err error) (happened, next string) {
	var missing *MissingError
	if errors.As(err, &missing) {
		return missingDetail(missing), ""
	}
	if errors.Is(err, ErrUnknown) {
		return sentence(err.Error()), "Give the provider block values that are known when Terraform plans, for example " +
			"variables or environment variables, or first apply what they depend on (terraform apply -target=…)."
	}
	var failed *rest.Error
	if errors.As(err, &failed) {
		return contextOf(err, failed) + requestDetail(failed), nextStep(failed)
	}
	if errors.Is(err, context.Canceled) {
		return cancelledHint, ""
	}
	return sentence(err.Error()), ""
}

func missingDetail(missing *MissingError) string {
	var text strings.Builder
	fmt.Fprintf(&text, "This needs %s, but the provider is not configured for it. Set these in the provider block or in the "+
		"environment:\n", missing.System)
	for _, setting := range missing.Missing {
		fmt.Fprintf(&text, "\n  - %s", setting.Attribute)
		if len(setting.Env) > 0 {
			fmt.Fprintf(&text, " (environment variable %s)", strings.Join(setting.Env, " or "))
		}
	}
	return text.String()
}

// contextOf returns what callers of the client have put before its error.
func contextOf(err error, failed *rest.Error) string {
	before, _, _ := strings.Cut(err.Error(), failed.Error())
	before = strings.TrimRight(before, ": \n")
	if before == "" {
		return ""
	}
	return sentence(before) + "\n\n"
}

func requestDetail(e *rest.Error) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Asked %s to %s (%s %s).\n%s", e.System, e.Doing, e.Method, e.URL, answer(e))
	if e.Attempts > 1 {
		fmt.Fprintf(&text, "\nThe request was sent %d times.", e.Attempts)
	}
	return text.String()
}

// answer says what came back: the status, the upstream's message and its id of the request.
func answer(e *rest.Error) string {
	var text strings.Builder
	switch {
	case e.Status != 0:
		fmt.Fprintf(&text, "It answered %d %s", e.Status, http.StatusText(e.Status))
	case e.Sent:
		text.WriteString("It gave no complete answer")
	default:
		text.WriteString("It could not be reached")
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %q", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&text, ": %s", e.Err)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request id %s)", e.RequestID)
	}
	return sentence(text.String())
}

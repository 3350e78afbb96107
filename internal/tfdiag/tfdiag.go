// Package tfdiag is what the Terraform rooms share: the one way from an error to a diagnostic.
package tfdiag

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// ErrUnknown says that a provider setting is not known yet, so no client can be made: resources defer then.
var ErrUnknown = errors.New("the provider configuration is not known yet")

// Setting is a provider attribute and the environment variables that it falls back to.
type Setting struct {
	Attribute string   // gradient.partner_api_key
	Env       []string // GRADIENT_PARTNER_API_KEY
}

// MissingError says which settings somebody has to give before a system can be used.
type MissingError struct {
	System  string
	Missing []Setting
}

func (e *MissingError) Error() string { return e.System + " is not configured" }

// Error turns an error into a diagnostic: what was asked of which system, what it answered and what to do next.
func Error(summary string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, Detail(err))
}

// AttributeError is Error at an attribute.
func AttributeError(p path.Path, summary string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(p, summary, Detail(err))
}

// Teller remembers what was said with one provider block.
type Teller interface {
	// Told reports whether that was said before, and remembers that it is said now.
	Told(text string) bool
}

// AddOnce adds an error that every resource would repeat, a missing key for example, unless another one has said it: the
// run fails by that. Only for reads and plans of resources, which may go on without.
func AddOnce(diags *diag.Diagnostics, teller Teller, problem diag.Diagnostic) {
	if !teller.Told(problem.Summary() + "\n" + problem.Detail()) {
		diags.Append(problem)
	}
}

// Detail is the text of Error, for warnings and for diagnostics about more than one error.
func Detail(err error) string {
	var missing *MissingError
	if errors.As(err, &missing) {
		return missingDetail(missing)
	}
	if errors.Is(err, ErrUnknown) {
		return sentence(err.Error()) + " Give the provider block values that are known when Terraform plans, for example " +
			"variables or environment variables, or apply what they come from first (terraform apply -target=…)."
	}
	var failed *rest.Error
	if errors.As(err, &failed) {
		return around(err, failed) + requestDetail(failed)
	}
	if errors.Is(err, context.Canceled) {
		return "The run was cancelled. Apply again to finish what is left."
	}
	return sentence(err.Error())
}

func missingDetail(missing *MissingError) string {
	var text strings.Builder
	fmt.Fprintf(&text, "This needs %s, and the provider is not configured for it. Give these settings in the provider block or "+
		"in the environment:\n", missing.System)
	for _, setting := range missing.Missing {
		fmt.Fprintf(&text, "\n  - %s", setting.Attribute)
		if len(setting.Env) > 0 {
			fmt.Fprintf(&text, " (environment variable %s)", strings.Join(setting.Env, " or "))
		}
	}
	return text.String()
}

// around is what the callers of the client said around its error.
func around(err error, failed *rest.Error) string {
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
	fmt.Fprintf(&text, "\n\n%s", nextStep(e))
	return text.String()
}

// answer says what came back: status, the upstream's own words and its id of the request.
func answer(e *rest.Error) string {
	var text strings.Builder
	switch {
	case e.Status != 0:
		fmt.Fprintf(&text, "It answered %d %s", e.Status, http.StatusText(e.Status))
	case e.Sent:
		text.WriteString("It gave no whole answer")
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

// nextStep says what somebody can do about it.
func nextStep(e *rest.Error) string {
	if errors.Is(e.Err, context.Canceled) {
		return "The run was cancelled. Apply again to finish what is left."
	}
	if unreadable(e) {
		return "That is not the API's answer: a proxy, a sign-in page or another server stands in between. Check " +
			baseURLSetting(e.System) + "."
	}
	if known, ok := advices[e.System]; ok {
		if step := known.nextStep(e); step != "" {
			return step
		}
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return "It was asked too often, also after the waits that it wanted. Wait a while and try again."
	case e.Status >= 500:
		return "The trouble is on " + e.System + "'s side and usually passes. Try again later; if it stays, give its support the " +
			"request and its time."
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return "Check the credentials of " + e.System + " and what they may do."
	case e.Status == http.StatusNotFound:
		return "Check " + baseURLSetting(e.System) + ", and that what was asked for still exists."
	case e.Status == http.StatusConflict:
		return "Something of that id exists already. Run the plan again: it reads what is there now."
	case e.Status == 0:
		return unreachable(e)
	}
	return "The request was refused as it stands, so trying again will not help: check the values it was made of."
}

// unreadable reports whether a page came back in place of the API's JSON.
func unreadable(e *rest.Error) bool {
	isPage := strings.Contains(strings.ToLower(e.Header.Get("Content-Type")), "text/html")
	return isPage && e.Status < 500 || e.Status >= 200 && e.Status < 400
}

func unreachable(e *rest.Error) string {
	var authority x509.UnknownAuthorityError
	if errors.As(e.Err, &authority) {
		return "Its certificate is not signed by an authority that this machine trusts. If a proxy inspects the traffic, give its " +
			"certificate in ca_certificate_file (environment variable CLOUDRADIAL_CA_CERTIFICATE_FILE)."
	}
	return "Check " + baseURLSetting(e.System) + " and the network, and try again."
}

// advice is what a client knows about its own errors.
type advice struct {
	nextStep       func(*rest.Error) string
	baseURLSetting string
}

// advices are those of the clients, by rest.Error.System.
var advices = map[string]advice{
	gradient.System:    {gradient.NextStep, gradient.BaseURLSetting},
	cloudradial.System: {cloudradial.NextStep, cloudradial.BaseURLSetting},
}

func baseURLSetting(system string) string {
	if known, ok := advices[system]; ok {
		return known.baseURLSetting
	}
	return "the address of " + system + " in the provider block"
}

// sentence makes a Go error's text a sentence.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

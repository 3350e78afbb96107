// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// System is the name of Graph in a [rest.Error].
const System = "Microsoft Graph"

// Cause is a group of reasons for which a tenant cannot be read (microsoft.md §3.4).
type Cause string

// The causes that users can tell apart and act on.
const (
	CauseConsent     Cause = "consent"     // consent is missing or withdrawn, or the application disabled: AdminConsentURL helps
	CauseTenant      Cause = "tenant"      // there is no such tenant, or it is in another cloud
	CauseCredential  Cause = "credential"  // our own credential is refused, which concerns every tenant
	CausePolicy      Cause = "policy"      // Conditional Access blocks the sign-in
	CauseUser        Cause = "user"        // the tenant wants more of the Azure CLI's user, or does not know the user
	CausePermission  Cause = "permission"  // Graph refuses the read
	CauseThrottled   Cause = "throttled"   // 429, also after the waits
	CauseUnavailable Cause = "unavailable" // 5xx, reset, timeout, cancelled
	CauseAnswer      Cause = "answer"      // the answer cannot be understood, or is another tenant's
)

// TenantError is returned for a tenant that could not be read.
type TenantError struct {
	Tenant string
	Cause  Cause
	// Message is one line: what was asked, what was answered, and what to do. It has no secrets.
	Message string
	Err     error
}

func (e *TenantError) Error() string { return e.Message }

// Unwrap returns the error behind it, for example a [*rest.Error], or nil.
func (e *TenantError) Unwrap() error { return e.Err }

// classifySignIn returns the cause of a refused sign-in: from the HTTP status, then from a known AADSTS number, then from the
// OAuth error (microsoft.md §3.4).
func classifySignIn(status int, refusal wireOAuthError) Cause {
	if cause := classifyStatus(status); cause != "" {
		return cause
	}
	switch refusal.Code {
	case "temporarily_unavailable", "server_error":
		return CauseUnavailable
	case "invalid_tenant":
		return CauseTenant
	}
	if known := refusal.lookUp(); known.cause != "" {
		return known.cause
	}
	switch refusal.Code {
	case "invalid_client":
		return CauseCredential
	case "unauthorized_client", "invalid_grant", "consent_required", "access_denied":
		return CauseConsent
	case "interaction_required":
		return CausePolicy
	case "invalid_resource":
		return CauseTenant
	}
	return CauseAnswer
}

// classifyStatus returns the cause of a status that means the same in every answer, and "" for the others.
func classifyStatus(status int) Cause {
	switch {
	case status == http.StatusTooManyRequests:
		return CauseThrottled
	case status == http.StatusRequestTimeout || status >= 500:
		return CauseUnavailable
	}
	return ""
}

// newSignInError returns the error of a sign-in that brought no token. err is azidentity's, which is shown only when there was no answer, because it
// prints bodies.
func (c *Client) newSignInError(tenant string, last answer, err error) *TenantError {
	const doing = "sign in"
	failed := func(cause Cause, inner error, text, hint string) *TenantError {
		return &TenantError{Tenant: tenant, Cause: cause, Err: inner, Message: c.formatMessage(tenant, doing, text, c.fillIn(hint, tenant, last.header))}
	}
	switch {
	case last.assertionErr != nil:
		return failed(classifyAssertion(last.assertionErr), last.assertionErr, c.readable(last.assertionErr.Error()), adviseProxy(last.assertionErr))
	case errors.As(last.err, new(*foreignHostError)):
		return failed(CauseCredential, last.err, last.err.Error(), "check authority_host and environment, and whether a proxy answers in Microsoft's place")
	case last.err != nil:
		return failed(CauseUnavailable, last.err, "Microsoft Entra ID gave no usable answer: "+c.readable(last.err.Error()), adviseProxy(last.err))
	case last.status == 0 && c.options.UseMSI:
		return failed(CauseCredential, nil, c.readable(describeIdentityError(err).Error()), "check "+wordCredential)
	case last.status == 0:
		return failed(CauseCredential, nil, "the credential cannot be used: "+c.readable(err.Error()), "check "+wordCredential)
	case last.azureDevOps:
		return c.newAzureDevOpsError(tenant, last)
	}
	refusal := decodeOAuthError(last.body)
	text := fmt.Sprintf("Microsoft Entra ID answered %d", last.status)
	switch {
	case refusal.Code != "":
		text += " " + c.readable(refusal.Code)
	case last.status < 300:
		text += " with " + describeContent(last.header) + " that is not an answer to a sign-in"
	default:
		text += " with " + describeContent(last.header)
	}
	if refusal.Description != "" {
		text += ": " + c.readable(cutToSentence(c.mask(refusal.Description)))
	}
	if id := cmp.Or(refusal.TraceID, last.header.Get("x-ms-request-id")); id != "" {
		text += " (trace id " + c.readable(id) + ")"
	}
	cause, hint := classifySignIn(last.status, refusal), refusal.lookUp().hint
	if hint == "" && cause == CauseCredential {
		hint = "check " + wordCredential + " and " + wordClientID
	}
	return failed(cause, nil, text, hint)
}

// newAzureDevOpsError returns the error of a request for an OIDC token that Azure DevOps did not grant.
func (c *Client) newAzureDevOpsError(tenant string, last answer) *TenantError {
	text := fmt.Sprintf("Azure DevOps answered %d to the request for an OIDC token", last.status)
	var refusal struct {
		Message string `json:"message"`
	}
	switch {
	case last.status == http.StatusOK:
		text += ", without a token in \"oidcToken\""
	case json.Unmarshal(last.body, &refusal) == nil && refusal.Message != "":
		text += ": " + c.readable(refusal.Message)
	}
	return &TenantError{Tenant: tenant, Cause: cmp.Or(classifyStatus(last.status), CauseCredential), Message: c.formatMessage(tenant, "sign in", text,
		fmt.Sprintf("check %s and %s, and that the pipeline may use the service connection", c.options.name("ado_pipeline_service_connection_id"),
			c.options.name("oidc_request_token")))}
}

// adviseProxy returns what to do when a proxy is the cause, and "" otherwise.
func adviseProxy(err error) string {
	if proxy := (*rest.ProxyError)(nil); errors.As(err, &proxy) {
		return strings.TrimSuffix(proxy.Advice(), ".")
	}
	return ""
}

// classifyAssertion returns CauseUnavailable or CauseThrottled for an OIDC endpoint that is down or busy, and CauseCredential
// otherwise.
func classifyAssertion(err error) Cause {
	if failed := (*rest.Error)(nil); errors.As(err, &failed) {
		if failed.Status == 0 {
			return CauseUnavailable
		}
		if cause := classifyStatus(failed.Status); cause != "" {
			return cause
		}
	}
	return CauseCredential
}

// newCLIError returns the error of a sign-in with the Azure CLI, which gives nothing but text. What it says about a tenant concerns that tenant only:
// a number that is not known may be any policy.
func (c *Client) newCLIError(tenant string, err error) *TenantError {
	text := c.readable(errorLine(c.mask(err.Error())))
	known := aadsts{cause: CauseCredential}
	if numbers := numbersIn(err.Error()); len(numbers) > 0 {
		known = meaningOf(numbers)
		if known.cause == "" {
			known = aadsts{CauseUser, hintCLITenant}
		}
	}
	switch {
	case errors.Is(err, errNoCLI):
		known.hint = "install the Azure CLI, or set client_id and client_secret (or another credential) instead"
	case strings.Contains(text, "az login") && strings.Contains(known.hint, "az login"):
		known.hint = "" // az has said it
	}
	return &TenantError{Tenant: tenant, Cause: known.cause,
		Message: c.formatMessage(tenant, "sign in with the Azure CLI", text, c.fillIn(known.hint, tenant, nil))}
}

// newGraphError returns the error of a failed read of Graph.
func (c *Client) newGraphError(ctx context.Context, tenant, doing string, err error) *TenantError {
	failed := (*rest.Error)(nil)
	answered := errors.As(err, &failed) && classifyStatus(failed.Status) != ""
	if ctx.Err() != nil && (!answered || isCancelled(ctx)) {
		return c.newInterruptedError(ctx, tenant, doing)
	}
	if failed == nil {
		return &TenantError{Tenant: tenant, Cause: CauseAnswer, Err: err, Message: c.formatMessage(tenant, doing, err.Error(), "")}
	}
	cause, hint := CauseAnswer, ""
	switch {
	case failed.Status == 0:
		cause, hint = CauseUnavailable, adviseProxy(err)
	case classifyStatus(failed.Status) != "":
		cause = classifyStatus(failed.Status)
	case refusedByGraph(err, http.StatusUnauthorized, http.StatusForbidden):
		cause, hint = c.classifyRefusal(failed, doing)
	}
	return &TenantError{Tenant: tenant, Cause: cause, Err: err, Message: c.formatMessage(tenant, "", err.Error(), c.fillIn(hint, tenant, failed.Header))}
}

// classifyRefusal returns why Graph answered 401 or 403, and what to do (microsoft.md §3.4).
func (c *Client) classifyRefusal(failed *rest.Error, doing string) (Cause, string) {
	said := strings.ToLower(failed.Message + " " + failed.Header.Get("Www-Authenticate"))
	contains := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(said, text) })
	}
	switch {
	case contains("lifetime validation failed", "token is expired", "token has expired", "token is not yet valid"):
		return CauseCredential, "the token is fresh, and Graph takes it for expired: " + wordClock
	case contains("claimschallengerequired", "insufficient_claims", "continuous access evaluation", "tokencreatedwithoutdatedpolicies", "locationcondition"):
		if c.options.usesCLI() {
			return CauseUser, hintCLITenant
		}
		return CausePolicy, hintPolicy + ", so consent does not help"
	case failed.Status == http.StatusUnauthorized:
		// Entra gives tokens for tenants in which the application has no service principal. Graph refuses them (microsoft.md §3.4).
		return CauseConsent, "the application is not known in the tenant"
	}
	return CausePermission, "the application needs the application permission " + permissions[doing] + ", with an administrator's consent"
}

// newInterruptedError returns the error of a read that was cancelled or took too long.
func (c *Client) newInterruptedError(ctx context.Context, tenant, doing string) *TenantError {
	text := "cancelled"
	if !isCancelled(ctx) {
		text = "not done in time"
	}
	if late := (*timeoutError)(nil); errors.As(context.Cause(ctx), &late) {
		text += ": " + late.Error()
	}
	return &TenantError{Tenant: tenant, Cause: CauseUnavailable, Err: ctx.Err(), Message: c.formatMessage(tenant, doing, text, "")}
}

func isCancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// jwt matches a token or an assertion, whole or cut off.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]*)*`)

// maxMessage is how many characters of an upstream's text a message has at most.
const maxMessage = 2000

// formatMessage returns one line without secrets: the tenant, what was done (empty when the text says it), the answer, and what
// to do.
func (c *Client) formatMessage(tenant, doing, text, hint string) string {
	// Tokens are masked before and after escapes are undone, because either form may hold one.
	text = maskTokens(c.masker.Readable(maskTokens(text), maxMessage))
	if doing != "" {
		text = "could not " + doing + ": " + text
	}
	line := fmt.Sprintf("tenant %q: %s", tenant, strings.TrimSuffix(text, "."))
	if hint != "" {
		line += "; " + hint
	}
	return line
}

// mask replaces secrets and tokens. Mask a text before you cut it, or half a secret stays.
func (c *Client) mask(text string) string { return maskTokens(c.masker.Mask(text)) }

func maskTokens(text string) string { return jwt.ReplaceAllString(text, "***") }

// readable returns a text of an upstream as a few lines of a terminal, without secrets.
func (c *Client) readable(text string) string {
	const most = 300
	return maskTokens(c.masker.Readable(maskTokens(text), most))
}

// cutToSentence returns the first sentence of an AADSTS text. The rest is advice for developers, trace ids and times.
func cutToSentence(text string) string {
	line := cutToLine(text)
	if sentence, _, found := strings.Cut(line, ". "); found {
		return sentence
	}
	return strings.TrimSuffix(line, ".")
}

func cutToLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// describeContent returns the media type of an answer.
func describeContent(header http.Header) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "an unknown kind of document"
	}
	return kind
}

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
	"strconv"
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

// wireOAuthError is Entra's answer to a refused sign-in (microsoft.md §3.4).
type wireOAuthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	Numbers     []int  `json:"error_codes"` // the AADSTS numbers
	TraceID     string `json:"trace_id"`
}

// decodeOAuthError returns an empty error when the body is something else.
func decodeOAuthError(body []byte) wireOAuthError {
	var parsed wireOAuthError
	if err := json.Unmarshal(body, &parsed); err != nil {
		return wireOAuthError{}
	}
	return parsed
}

// aadsts is the meaning of an AADSTS number: it tells apart what shares an OAuth error.
type aadsts struct {
	cause Cause
	hint  string
}

const (
	hintApplication = "if no tenant can be read, check client_id"
	hintCloud       = "check environment: the tenant seems to be in another cloud"
	hintFederated   = "no federated credential of the application matches the OIDC token: " +
		"check its issuer, subject and audience (a new one takes some minutes)"
	hintPolicy   = "a Conditional Access policy of the tenant blocks the application"
	hintCLILogin = "sign in again with az login"
	hintCLIUser  = "the user of the Azure CLI has no access to this tenant"
)

// aadstsNumbers has the numbers of microsoft.md §3.4. Microsoft may change them, so an unknown number is not an error: the
// HTTP status and the OAuth error decide then.
var aadstsNumbers = map[int]aadsts{
	65001:   {CauseConsent, ""},
	650056:  {CauseConsent, "the application asks for no permission of Microsoft Graph: add Organization.Read.All"},
	90094:   {CauseConsent, ""},
	90099:   {CauseConsent, ""},
	700011:  {CauseConsent, hintApplication},
	700016:  {CauseConsent, hintApplication},
	70001:   {CauseConsent, hintApplication},
	7000112: {CauseConsent, "the application is disabled in the tenant"},

	90002:   {CauseTenant, "check the tenant's id or domain, and environment"},
	900023:  {CauseTenant, "check the tenant's id or domain"},
	5000224: {CauseTenant, "the tenant may have been deleted"},
	90038:   {CauseTenant, hintCloud},
	900382:  {CauseTenant, hintCloud},

	70002:   {CauseCredential, "check client_secret"},
	7000215: {CauseCredential, "check client_secret: it must be the secret's value, not its id"},
	7000222: {CauseCredential, "client_secret has expired: make a new one"},
	700024:  {CauseCredential, "the assertion has expired: oidc_request_url gives a fresh one for each tenant"},
	700027:  {CauseCredential, "the certificate is not one that is registered for the application"},
	70021:   {CauseCredential, hintFederated},
	700211:  {CauseCredential, hintFederated},
	700212:  {CauseCredential, hintFederated},
	700213:  {CauseCredential, hintFederated},
	700082:  {CauseCredential, hintCLILogin},
	70008:   {CauseCredential, hintCLILogin},
	50173:   {CauseCredential, hintCLILogin},
	70043:   {CauseCredential, hintCLILogin},

	50020: {CausePermission, hintCLIUser},
	50177: {CausePermission, hintCLIUser},

	53003:  {CausePolicy, hintPolicy},
	530034: {CausePolicy, hintPolicy},
	53011:  {CausePolicy, hintPolicy},

	90006: {CauseUnavailable, ""},
	90012: {CauseUnavailable, ""},
	90024: {CauseUnavailable, ""},
	90033: {CauseUnavailable, ""},
	50196: {CauseUnavailable, ""},
	90055: {CauseThrottled, ""},
}

// lookUp returns the meaning of the first known number, or an empty one.
func (e wireOAuthError) lookUp() aadsts {
	for _, number := range e.Numbers {
		if meaning, ok := aadstsNumbers[number]; ok {
			return meaning
		}
	}
	return aadsts{}
}

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

// newSignInError returns the error of a sign-in that brought no token.
func (c *Client) newSignInError(tenant string, last answer) *TenantError {
	const doing = "sign in"
	switch {
	case last.assertionErr != nil:
		return &TenantError{Tenant: tenant, Cause: classifyAssertion(last.assertionErr), Err: last.assertionErr,
			Message: c.formatMessage(tenant, doing, last.assertionErr.Error(), "")}
	case last.err != nil:
		return &TenantError{Tenant: tenant, Cause: CauseUnavailable, Err: last.err,
			Message: c.formatMessage(tenant, doing, "Microsoft Entra ID gave no usable answer: "+last.err.Error(), "")}
	case last.status == 0:
		return &TenantError{Tenant: tenant, Cause: CauseCredential, Message: c.formatMessage(tenant, doing, "the credential cannot be used", "")}
	}
	refusal := decodeOAuthError(last.body)
	text := fmt.Sprintf("Microsoft Entra ID answered %d", last.status)
	switch {
	case refusal.Code != "":
		text += " " + shorten(c.mask(refusal.Code))
	case last.status < 300:
		text += " with " + describeContent(last.header) + " that is not an answer to a sign-in"
	default:
		text += " with " + describeContent(last.header)
	}
	if refusal.Description != "" {
		text += ": " + shorten(cutToSentence(c.mask(refusal.Description)))
	}
	if id := cmp.Or(refusal.TraceID, last.header.Get("x-ms-request-id")); id != "" {
		text += " (trace id " + shorten(c.mask(id)) + ")"
	}
	return &TenantError{Tenant: tenant, Cause: classifySignIn(last.status, refusal),
		Message: c.formatMessage(tenant, doing, text, refusal.lookUp().hint)}
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

var aadstsInText = regexp.MustCompile(`AADSTS(\d+)`)

// newCLIError returns the error of a sign-in with the Azure CLI, which gives nothing but text.
func (c *Client) newCLIError(tenant string, err error) *TenantError {
	// Cut off what azidentity adds to the text of az.
	text, _, _ := strings.Cut(cutToLine(c.mask(err.Error())), " To troubleshoot, visit ")
	text = shorten(strings.TrimPrefix(text, "AzureCLICredential: "))
	known := aadsts{cause: CauseCredential}
	if found := aadstsInText.FindStringSubmatch(err.Error()); found != nil {
		number, _ := strconv.Atoi(found[1])
		if meaning, ok := aadstsNumbers[number]; ok {
			known = meaning
		}
	}
	if strings.Contains(text, "executable not found on path") {
		known.hint = "install the Azure CLI, or set client_id and client_secret (or another credential) instead"
	}
	return &TenantError{Tenant: tenant, Cause: known.cause, Message: c.formatMessage(tenant, "sign in with the Azure CLI", text, known.hint)}
}

// newGraphError returns the error of a failed read of Graph.
func (c *Client) newGraphError(ctx context.Context, tenant, doing string, err error) *TenantError {
	if ctx.Err() != nil {
		return c.newInterruptedError(ctx, tenant, doing)
	}
	failed := (*rest.Error)(nil)
	if !errors.As(err, &failed) {
		return &TenantError{Tenant: tenant, Cause: CauseAnswer, Err: err, Message: c.formatMessage(tenant, doing, err.Error(), "")}
	}
	cause, hint := CauseAnswer, ""
	switch {
	case failed.Status == 0:
		cause = CauseUnavailable
	case classifyStatus(failed.Status) != "":
		cause = classifyStatus(failed.Status)
	case refusedByGraph(err, http.StatusUnauthorized):
		// Entra gives tokens for tenants in which the application has no service principal. Graph refuses them (microsoft.md §3.4).
		cause, hint = CauseConsent, "the application is not known in the tenant"
	case refusedByGraph(err, http.StatusForbidden):
		cause, hint = CausePermission, "the application needs the application permission "+permissions[doing]+", with an administrator's consent"
	}
	return &TenantError{Tenant: tenant, Cause: cause, Err: err, Message: c.formatMessage(tenant, "", err.Error(), hint)}
}

// newInterruptedError returns the error of a read that was cancelled or took too long.
func (c *Client) newInterruptedError(ctx context.Context, tenant, doing string) *TenantError {
	text := "cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text = "not done in time"
	}
	return &TenantError{Tenant: tenant, Cause: CauseUnavailable, Err: ctx.Err(), Message: c.formatMessage(tenant, doing, text, "")}
}

// jwt matches a token or an assertion, whole or cut off.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]*)*`)

// maxTextLength is how many characters of an upstream's text a message has at most.
const maxTextLength = 2000

// formatMessage returns one line without secrets: the tenant, what was done (empty when the text says it), the answer, and what
// to do.
func (c *Client) formatMessage(tenant, doing, text, hint string) string {
	// Tokens are masked before and after escapes are undone, because either form may hold one.
	text = maskTokens(c.masker.Readable(maskTokens(text), maxTextLength))
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

// shorten cuts a text to a few lines of a terminal.
func shorten(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
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

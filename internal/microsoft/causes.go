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

// oauthError is Entra's answer to a refused sign-in.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	Numbers     []int  `json:"error_codes"` // the AADSTS numbers
	TraceID     string `json:"trace_id"`
}

// parseOAuthError returns an empty one when the body is something else.
func parseOAuthError(body []byte) oauthError {
	var parsed oauthError
	if err := json.Unmarshal(body, &parsed); err != nil {
		return oauthError{}
	}
	return parsed
}

// aadsts is what a number of Microsoft's list adds to the status and OAuth error of a refusal.
type aadsts struct {
	cause Cause
	hint  string
}

const (
	hintApplication = "if no tenant can be read, check client_id"
	hintCloud       = "check environment: the tenant seems to be in another cloud"
	hintFederated   = "no federated credential of the application matches the OIDC token: check its issuer, subject and audience (a new one takes some minutes)"
	hintPolicy      = "a Conditional Access policy of the tenant blocks the application"
	hintCLILogin    = "sign in again with az login"
	hintCLIUser     = "the user of the Azure CLI has no access to this tenant"
)

// aadstsNumbers are those that Microsoft documents or administrators report. Microsoft may change the numbers, so a refusal is understood without them too; they only
// tell apart what shares an OAuth error.
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

func (e oauthError) known() aadsts {
	for _, number := range e.Numbers {
		if meaning, ok := aadstsNumbers[number]; ok {
			return meaning
		}
	}
	return aadsts{}
}

// causeOfSignIn classifies a refused sign-in: by HTTP status, then by AADSTS number where one is known, then by OAuth error.
func causeOfSignIn(status int, refusal oauthError) Cause {
	if cause := causeOfStatus(status); cause != "" {
		return cause
	}
	switch refusal.Code {
	case "temporarily_unavailable", "server_error":
		return CauseUnavailable
	case "invalid_tenant":
		return CauseTenant
	}
	if known := refusal.known(); known.cause != "" {
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

// causeOfStatus knows the statuses that mean the same everywhere; the others give "".
func causeOfStatus(status int) Cause {
	switch {
	case status == http.StatusTooManyRequests:
		return CauseThrottled
	case status == http.StatusRequestTimeout || status >= 500:
		return CauseUnavailable
	}
	return ""
}

// signInError says why Entra gave no token.
func (c *Client) signInError(tenant string, last answer) *TenantError {
	const doing = "sign in"
	switch {
	case last.assertionErr != nil:
		return &TenantError{Tenant: tenant, Cause: causeOfAssertion(last.assertionErr), Err: last.assertionErr,
			Message: c.message(tenant, doing, last.assertionErr.Error(), "")}
	case last.err != nil:
		return &TenantError{Tenant: tenant, Cause: CauseUnavailable, Err: last.err,
			Message: c.message(tenant, doing, "Microsoft Entra ID gave no usable answer: "+last.err.Error(), "")}
	case last.status == 0:
		return &TenantError{Tenant: tenant, Cause: CauseCredential, Message: c.message(tenant, doing, "the credential cannot be used", "")}
	}
	refusal := parseOAuthError(last.body)
	text := fmt.Sprintf("Microsoft Entra ID answered %d", last.status)
	switch {
	case refusal.Code != "":
		text += " " + shorten(c.mask(refusal.Code))
	case last.status < 300:
		text += " with " + mediaType(last.header) + " that is no answer to a sign-in"
	default:
		text += " with " + mediaType(last.header)
	}
	if refusal.Description != "" {
		text += ": " + shorten(firstSentence(c.mask(refusal.Description)))
	}
	if id := cmp.Or(refusal.TraceID, last.header.Get("x-ms-request-id")); id != "" {
		text += " (trace id " + shorten(c.mask(id)) + ")"
	}
	return &TenantError{Tenant: tenant, Cause: causeOfSignIn(last.status, refusal), Message: c.message(tenant, doing, text, refusal.known().hint)}
}

// causeOfAssertion tells an OIDC endpoint that is down from one that refuses us, which concerns every tenant.
func causeOfAssertion(err error) Cause {
	if failed := (*rest.Error)(nil); errors.As(err, &failed) {
		if failed.Status == 0 {
			return CauseUnavailable
		}
		if cause := causeOfStatus(failed.Status); cause != "" {
			return cause
		}
	}
	return CauseCredential
}

var aadstsInText = regexp.MustCompile(`AADSTS(\d+)`)

// cliError says why the Azure CLI gave no token. It only speaks in text.
func (c *Client) cliError(tenant string, err error) *TenantError {
	// Without azidentity's own words around what az says.
	text, _, _ := strings.Cut(firstLine(c.mask(err.Error())), " To troubleshoot, visit ")
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
	return &TenantError{Tenant: tenant, Cause: known.cause, Message: c.message(tenant, "sign in with the Azure CLI", text, known.hint)}
}

// graphError says why a read of Graph failed.
func (c *Client) graphError(ctx context.Context, tenant, doing string, err error) *TenantError {
	if ctx.Err() != nil {
		return c.interrupted(ctx, tenant, doing)
	}
	failed := (*rest.Error)(nil)
	if !errors.As(err, &failed) {
		return &TenantError{Tenant: tenant, Cause: CauseAnswer, Err: err, Message: c.message(tenant, doing, err.Error(), "")}
	}
	cause, hint := CauseAnswer, ""
	switch {
	case failed.Status == 0:
		cause = CauseUnavailable
	case causeOfStatus(failed.Status) != "":
		cause = causeOfStatus(failed.Status)
	case refusedByGraph(err, http.StatusUnauthorized):
		// Entra issues tokens for tenants in which the application has no service principal; Graph then refuses them.
		cause, hint = CauseConsent, "the application is not known in the tenant"
	case refusedByGraph(err, http.StatusForbidden):
		cause, hint = CausePermission, "the application needs the application permission "+permissions[doing]+", with an administrator's consent"
	}
	return &TenantError{Tenant: tenant, Cause: cause, Err: err, Message: c.message(tenant, "", err.Error(), hint)}
}

// interrupted is for a read that its context ended.
func (c *Client) interrupted(ctx context.Context, tenant, doing string) *TenantError {
	text := "cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text = "not done in time"
	}
	return &TenantError{Tenant: tenant, Cause: CauseUnavailable, Err: ctx.Err(), Message: c.message(tenant, doing, text, "")}
}

// jwt matches what could be a token or an assertion, whole or cut off.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]*)*`)

// longestText is the most characters of a message that come from elsewhere.
const longestText = 2000

// message is one line without secrets: which tenant, what was asked (empty when the text says it), what came back, what to do.
func (c *Client) message(tenant, doing, text, hint string) string {
	// What looks like a token is masked before and after escapes are undone.
	text = maskTokens(c.masker.Readable(maskTokens(text), longestText))
	if doing != "" {
		text = "could not " + doing + ": " + text
	}
	line := fmt.Sprintf("tenant %q: %s", tenant, strings.TrimSuffix(text, "."))
	if hint != "" {
		line += "; " + hint
	}
	return line
}

// mask replaces secrets, and whatever looks like a token. It comes before any cutting, or half a secret would stay.
func (c *Client) mask(text string) string { return maskTokens(c.masker.Mask(text)) }

func maskTokens(text string) string { return jwt.ReplaceAllString(text, "***") }

// shorten leaves what fits on a few lines of a terminal.
func shorten(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// firstSentence cuts an AADSTS text: what follows is advice for developers, trace ids and times.
func firstSentence(text string) string {
	line := firstLine(text)
	if sentence, _, found := strings.Cut(line, ". "); found {
		return sentence
	}
	return strings.TrimSuffix(line, ".")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// mediaType is the kind of document that was answered.
func mediaType(header http.Header) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "an unknown kind of document"
	}
	return kind
}

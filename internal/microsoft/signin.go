// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// telemetryID is in the User-Agent of sign-ins. azcore allows 24 characters.
const telemetryID = "terraform-cloudradial"

// signInAttempts is how often a sign-in request is sent at most.
const signInAttempts = 4

// maxSignInAnswer, in bytes, is far more than Entra's longest document.
const maxSignInAnswer = 64 << 10

// getRecorded gets an assertion and records a failure in the exchange, because azidentity only keeps its text.
func (source assertionSource) getRecorded(ctx context.Context) (string, error) {
	assertion, err := source(ctx)
	if err != nil {
		exchangeOf(ctx).set(answer{assertionErr: err})
	}
	return assertion, err
}

// newPipelineOptions configures the requests of azidentity.
func newPipelineOptions(options Options, env environment, timeouts timeouts) policy.ClientOptions {
	transport := &signInTransport{client: &http.Client{Transport: options.Transport, CheckRedirect: keepRedirect}, authority: env.authority}
	if options.ADOPipelineServiceConnectionID != "" {
		transport.azureDevOps, _, _ = strings.Cut(options.OIDCRequestURL, "?")
	}
	return policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: env.authority + "/"},
		Telemetry: policy.TelemetryOptions{ApplicationID: telemetryID},
		Transport: transport,
		Retry: policy.RetryOptions{
			MaxRetries:    signInAttempts - 1,
			TryTimeout:    timeouts.attempt,
			RetryDelay:    timeouts.firstWait,
			MaxRetryDelay: timeouts.maxWait,
			ShouldRetry:   shouldRetrySignIn,
		},
	}
}

// keepRedirect makes a redirect the answer. Following it would send the secret to another host.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// shouldRetrySignIn reports whether a sign-in request is sent again. Requesting a token twice does no harm.
func shouldRetrySignIn(response *http.Response, err error) bool {
	if err != nil {
		return !errors.As(err, new(*tls.CertificateVerificationError)) && !errors.Is(err, errAnswerTooLong) && !errors.As(err, new(*foreignHostError))
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return true
	}
	switch classifySignIn(response.StatusCode, decodeOAuthError(body)) {
	case CauseThrottled, CauseUnavailable:
		return true
	}
	return false
}

// signInTransport sends azidentity's requests. It reads each answer to its end, so that a cut-off one fails, records it in the
// exchange, and rewrites Retry-After for azcore.
type signInTransport struct {
	client      *http.Client
	authority   string // scheme and host, the only place that may get the secret
	azureDevOps string // the address for OIDC tokens, empty without Azure DevOps
}

// foreignHostError is returned for a request to a host that the configuration does not name. Microsoft's answer about a tenant names the
// address for its tokens, and a wrong one would get the secret.
type foreignHostError struct{ host, authority string }

func (e *foreignHostError) Error() string {
	return fmt.Sprintf("the sign-in was led to %q, but the credential is for %q only, so nothing was sent there", e.host, e.authority)
}

// check refuses a request to another host. Instance discovery, which sends no secret, may also ask the public cloud (microsoft.md §6.3).
func (t *signInTransport) check(address *url.URL) error {
	origin := strings.ToLower(address.Scheme + "://" + address.Host)
	switch {
	case isSameSignIn(origin, t.authority):
		return nil
	case address.Path == "/common/discovery/instance" && origin == publicCloud.authority:
		return nil
	case t.isAzureDevOps(address):
		return nil
	}
	return &foreignHostError{origin, t.authority}
}

func (t *signInTransport) isAzureDevOps(address *url.URL) bool {
	return t.azureDevOps != "" && address.Scheme+"://"+address.Host+address.Path == t.azureDevOps
}

var errAnswerTooLong = errors.New("the answer is too long to be one of Microsoft Entra ID")

func (t *signInTransport) Do(request *http.Request) (*http.Response, error) {
	exchange := exchangeOf(request.Context())
	if err := t.check(request.URL); err != nil {
		exchange.set(answer{err: err})
		return nil, err
	}
	request, err := copyBody(request)
	if err != nil {
		return nil, err
	}
	response, err := t.client.Do(request)
	if err != nil {
		exchange.set(answer{err: err})
		return nil, err
	}
	response.Body = &limitedBody{body: response.Body, left: maxSignInAnswer}
	body, err := runtime.Payload(response)
	if err != nil {
		exchange.set(answer{err: err})
		return nil, err
	}
	exchange.set(answer{status: response.StatusCode, header: response.Header, body: body, azureDevOps: t.isAzureDevOps(request.URL)})
	exchange.setTenantID(request.URL.Path)
	rewriteRetryAfter(response.Header)
	if t.isAzureDevOps(request.URL) && response.StatusCode == http.StatusOK && !hasOIDCToken(body) {
		return nil, errNoOIDCToken
	}
	return response, nil
}

// copyBody gives the attempt a body of its own. azcore rewinds one reader for every attempt, and the transport of an abandoned
// attempt may still be reading from it.
func copyBody(request *http.Request) (*http.Request, error) {
	if request.Body == nil {
		return request, nil
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	request.Body = io.NopCloser(bytes.NewReader(body))
	return request, nil
}

// rewriteRetryAfter adds Retry-After in milliseconds, because azcore ignores fractions of a second (microsoft.md §4) and compares a date with the
// clock of this machine.
func rewriteRetryAfter(header http.Header) {
	if wait, ok := rest.RetryAfter(header, time.Now()); ok && wait > 0 && wait < 24*time.Hour {
		header.Set("Retry-After-Ms", strconv.FormatInt(int64(math.Ceil(float64(wait)/float64(time.Millisecond))), 10))
	}
}

// errNoOIDCToken is the error of an answer of Azure DevOps that has no token.
var errNoOIDCToken = errors.New("answered without a token in \"oidcToken\"")

// hasOIDCToken reports whether an answer of Azure DevOps has a token. azidentity would send an empty one to Entra.
func hasOIDCToken(body []byte) bool {
	var answer struct {
		Token string `json:"oidcToken"`
	}
	return json.Unmarshal(body, &answer) == nil && answer.Token != ""
}

// limitedBody returns an error when the body is longer than left bytes.
type limitedBody struct {
	body io.ReadCloser
	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if b.left -= n; b.left < 0 {
		return n, errAnswerTooLong
	}
	return n, err
}

func (b *limitedBody) Close() error { return b.body.Close() }

// answer is the outcome of the last request of a sign-in: an HTTP answer, a failure to get one, or no assertion to send.
type answer struct {
	status       int
	header       http.Header
	body         []byte
	err          error
	assertionErr error
	azureDevOps  bool // it is the answer of Azure DevOps to the request for an OIDC token
}

// exchange holds the last answer of one sign-in. azidentity's own errors are not shown, because they print bodies, which may be
// half of a token.
type exchange struct {
	mu       sync.Mutex
	last     answer
	tenantID string // from the address of the token endpoint, which has the tenant's GUID also when a domain was asked for
}

// tokenPath matches the path of a tenant's token endpoint (microsoft.md §3.1).
var tokenPath = regexp.MustCompile(`(?i)^/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/oauth2/`)

// setTenantID keeps the tenant's GUID when the path is that of a token endpoint.
func (e *exchange) setTenantID(path string) {
	found := tokenPath.FindStringSubmatch(path)
	if found == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tenantID = strings.ToLower(found[1])
}

func (e *exchange) getTenantID() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tenantID
}

func (e *exchange) set(a answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = a
}

func (e *exchange) get() answer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

type exchangeKey struct{}

// exchangeOf returns the exchange that signIn put into the context, or an unused one.
func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{}
}

// signIn returns an access token for Graph in the tenant, with the scope of Graph's root (microsoft.md §3.1, microsoft.md §3.2), and
// the GUID of the tenant. The GUID is empty when a domain was given and the sign-in did not show it.
func (c *Client) signIn(ctx context.Context, tenant string) (token, tenantID string, failed *TenantError) {
	credential, err := c.newCredential(tenant)
	if err != nil {
		return "", "", &TenantError{Tenant: tenant, Cause: CauseCredential, Err: err, Message: c.formatMessage(tenant, "sign in", err.Error(), "")}
	}
	e := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, e)
	access, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.environment.graph + "/.default"}})
	switch {
	case err == nil && c.isIdentityItself():
		return c.checkOwnTenant(tenant, access.Token)
	case err == nil && isGUID(tenant):
		return access.Token, strings.ToLower(tenant), nil
	case err == nil:
		return access.Token, e.getTenantID(), nil
	case ctx.Err() != nil && (isCancelled(ctx) || classifyStatus(e.get().status) == ""):
		return "", "", c.newInterruptedError(ctx, tenant, "sign in")
	case c.options.usesCLI():
		return "", "", c.newCLIError(tenant, err)
	}
	return "", "", c.newSignInError(tenant, e.get(), err)
}

// isIdentityItself reports whether the client signs in as a managed identity, not as an application that trusts one.
func (c *Client) isIdentityItself() bool { return c.options.UseMSI && !c.options.usesApplication() }

// checkOwnTenant refuses a token of a managed identity for another tenant than its own. Azure ignores which tenant was asked for, so the
// licences of our own tenant would count as the customer's (microsoft.md §3.1).
func (c *Client) checkOwnTenant(tenant, token string) (string, string, *TenantError) {
	own := tenantOfToken(token)
	if own != "" && strings.EqualFold(own, tenant) {
		return token, own, nil
	}
	text := "a managed identity reads its own tenant only"
	if own != "" {
		text += ", which is " + own
	}
	if !isGUID(tenant) {
		text += ", and it must be named by its GUID"
	}
	return "", "", &TenantError{Tenant: tenant, Cause: CauseCredential, Message: c.formatMessage(tenant, "sign in", text,
		"for customers set client_id to an application, and msi_client_id to a user-assigned identity that is a federated credential of it")}
}

// tenantOfToken returns the claim tid of an access token, empty when it has none.
func tenantOfToken(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	var tenant struct {
		ID string `json:"tid"`
	}
	if err != nil || json.Unmarshal(claims, &tenant) != nil || !isGUID(tenant.ID) {
		return ""
	}
	return strings.ToLower(tenant.ID)
}

// secrets returns the values that no message may contain.
func (o Options) secrets() []string {
	var secrets []string
	for _, secret := range []string{o.ClientSecret, o.ClientCertificate, o.ClientCertificatePassword, o.OIDCToken, o.OIDCRequestToken} {
		if secret = strings.TrimSpace(secret); secret != "" {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

package microsoft

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// telemetryID is in the User-Agent of sign-ins. azcore allows 24 characters.
const telemetryID = "terraform-cloudradial"

// signInAttempts is how often a sign-in request is sent at most.
const signInAttempts = 4

// maxSignInAnswer, in bytes, is far more than Entra's longest document.
const maxSignInAnswer = 1 << 20

// newCredential returns the credential of one tenant. A credential for all tenants would sign in to one at a time
// (microsoft.md §6.3).
type newCredential func(tenant string) (azcore.TokenCredential, error)

// chooseCredential returns the first way to sign in that is configured. It tries no other, because a chain hides which one failed
// (microsoft.md §3.3).
func chooseCredential(options Options, env environment, timeouts timeouts) (newCredential, error) {
	client := newPipelineOptions(options.Transport, env, timeouts)
	usesApplication := options.ClientCertificate != "" || options.ClientCertificatePath != "" || options.ClientSecret != "" || options.UseOIDC
	if usesApplication && options.ClientID == "" {
		return nil, errors.New("client_id is not set")
	}
	switch {
	case options.ClientCertificate != "" || options.ClientCertificatePath != "":
		cert, err := loadCertificate(options)
		if err != nil {
			return nil, err
		}
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientCertificateCredential(tenant, options.ClientID, cert.chain, cert.key,
				&azidentity.ClientCertificateCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
		}, nil
	case options.ClientSecret != "":
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientSecretCredential(tenant, options.ClientID, options.ClientSecret,
				&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
		}, nil
	case options.UseOIDC:
		source, err := newAssertionSource(options, env.audience, timeouts)
		if err != nil {
			return nil, err
		}
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientAssertionCredential(tenant, options.ClientID, source.getRecorded,
				&azidentity.ClientAssertionCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
		}, nil
	case options.UseCLI:
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
		}, nil
	}
	return nil, errors.New("no way to sign in is configured: set client_id with client_secret, client_certificate, " +
		"client_certificate_path or use_oidc, or set use_cli to sign in as the user of the Azure CLI")
}

// getRecorded gets an assertion and records a failure in the exchange, because azidentity only keeps its text.
func (source assertionSource) getRecorded(ctx context.Context) (string, error) {
	assertion, err := source(ctx)
	if err != nil {
		exchangeOf(ctx).set(answer{assertionErr: err})
	}
	return assertion, err
}

// newPipelineOptions configures the requests of azidentity.
func newPipelineOptions(transport http.RoundTripper, env environment, timeouts timeouts) policy.ClientOptions {
	return policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: env.authority + "/"},
		Telemetry: policy.TelemetryOptions{ApplicationID: telemetryID},
		Transport: &signInTransport{client: &http.Client{
			Transport: transport,
			// Following a redirect would send the secret to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}},
		Retry: policy.RetryOptions{
			MaxRetries:    signInAttempts - 1,
			TryTimeout:    timeouts.attempt,
			RetryDelay:    timeouts.firstWait,
			MaxRetryDelay: timeouts.maxWait,
			ShouldRetry:   shouldRetrySignIn,
		},
	}
}

// shouldRetrySignIn reports whether a sign-in request is sent again. Requesting a token twice does no harm.
func shouldRetrySignIn(response *http.Response, err error) bool {
	if err != nil {
		return !errors.As(err, new(*tls.CertificateVerificationError)) && !errors.Is(err, errAnswerTooLong)
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
type signInTransport struct{ client *http.Client }

var errAnswerTooLong = errors.New("the answer is too long to be one of Microsoft Entra ID")

func (t *signInTransport) Do(request *http.Request) (*http.Response, error) {
	exchange := exchangeOf(request.Context())
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
	exchange.set(answer{status: response.StatusCode, header: response.Header, body: body})
	exchange.setTenantID(request.URL.Path)
	rewriteRetryAfter(response.Header)
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

// rewriteRetryAfter adds Retry-After in milliseconds, because azcore ignores fractions of a second (microsoft.md §4).
func rewriteRetryAfter(header http.Header) {
	seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64)
	if err != nil || !(seconds > 0 && seconds < 24*60*60) {
		return // azcore understands a date
	}
	header.Set("Retry-After-Ms", strconv.FormatInt(int64(math.Ceil(seconds*1000)), 10))
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
	if c.usesCLI() { // a program, which no request timeout ends
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeouts.attempt)
		defer cancel()
	}
	access, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.environment.graph + "/.default"}})
	switch {
	case err == nil && isGUID(tenant):
		return access.Token, strings.ToLower(tenant), nil
	case err == nil:
		return access.Token, e.getTenantID(), nil
	case ctx.Err() != nil:
		return "", "", c.newInterruptedError(ctx, tenant, "sign in")
	case c.usesCLI():
		return "", "", c.newCLIError(tenant, err)
	}
	return "", "", c.newSignInError(tenant, e.get())
}

// usesCLI reports whether the client signs in with the Azure CLI: no application credential is set.
func (c *Client) usesCLI() bool {
	o := c.options
	return o.ClientCertificate == "" && o.ClientCertificatePath == "" && o.ClientSecret == "" && !o.UseOIDC
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

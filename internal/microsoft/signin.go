package microsoft

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// telemetryID stands in the User-Agent of sign-ins; azcore allows 24 characters.
const telemetryID = "terraform-cloudradial"

// signInAttempts is how often a request of a sign-in is sent at most.
const signInAttempts = 4

// maxSignInAnswer is far more than Entra's longest document.
const maxSignInAnswer = 1 << 20

// newCredential makes the credential of one tenant. One shared by all tenants would do one sign-in at a time.
type newCredential func(tenant string) (azcore.TokenCredential, error)

// chooseCredential picks the one configured way to sign in. There is no chain: what is not configured is not tried.
func chooseCredential(options Options, env environment, waits waits) (newCredential, error) {
	client := pipelineOptions(options.Transport, env, waits)
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
		source, err := newAssertionSource(options, env.audience, waits)
		if err != nil {
			return nil, err
		}
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientAssertionCredential(tenant, options.ClientID, source.recorded,
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

// recorded leaves the source's error in the exchange, for azidentity only hands on its text.
func (source assertionSource) recorded(ctx context.Context) (string, error) {
	assertion, err := source(ctx)
	if err != nil {
		exchangeOf(ctx).set(answer{assertionErr: err})
	}
	return assertion, err
}

// pipelineOptions configures the requests that azidentity makes.
func pipelineOptions(transport http.RoundTripper, env environment, waits waits) policy.ClientOptions {
	return policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: env.authority + "/"},
		Telemetry: policy.TelemetryOptions{ApplicationID: telemetryID},
		Transport: &signInTransport{client: &http.Client{
			Transport: transport,
			// A redirected sign-in would send the secret on to wherever the redirect says.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}},
		Retry: policy.RetryOptions{
			MaxRetries:    signInAttempts - 1,
			TryTimeout:    waits.attempt,
			RetryDelay:    waits.first,
			MaxRetryDelay: waits.longest,
			ShouldRetry:   transientSignIn,
		},
	}
}

// transientSignIn says whether a request of a sign-in is worth repeating. Asking for a token twice does no harm.
func transientSignIn(response *http.Response, err error) bool {
	if err != nil {
		return !errors.As(err, new(*tls.CertificateVerificationError)) && !errors.Is(err, errAnswerTooLong)
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return true
	}
	switch causeOfSignIn(response.StatusCode, parseOAuthError(body)) {
	case CauseThrottled, CauseUnavailable:
		return true
	}
	return false
}

// signInTransport carries azidentity's requests. It reads each answer whole, so that a cut-off one counts as failed, notes it in
// the exchange, and makes Retry-After readable for azcore.
type signInTransport struct{ client *http.Client }

var errAnswerTooLong = errors.New("the answer is too long to be one of Microsoft Entra ID")

func (t *signInTransport) Do(request *http.Request) (*http.Response, error) {
	exchange := exchangeOf(request.Context())
	request, err := ownBody(request)
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
	exactRetryAfter(response.Header)
	return response, nil
}

// ownBody gives the attempt a body of its own. azcore sends one reader with every attempt and rewinds it, while the
// transport of an attempt that was given up may still be reading from it.
func ownBody(request *http.Request) (*http.Request, error) {
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

// exactRetryAfter rewrites Retry-After as milliseconds, for azcore ignores a fraction.
func exactRetryAfter(header http.Header) {
	seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64)
	if err != nil || !(seconds > 0 && seconds < 24*60*60) {
		return // a date is understood, the rest is no time to wait for
	}
	header.Set("Retry-After-Ms", strconv.FormatInt(int64(math.Ceil(seconds*1000)), 10))
}

// limitedBody fails when the body is longer than expected, instead of ending early.
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

// answer is what the last request of a sign-in brought: an HTTP answer, no (whole) answer, or no assertion to send.
type answer struct {
	status       int
	header       http.Header
	body         []byte
	err          error
	assertionErr error
}

// exchange holds the last answer of one sign-in. azidentity's own errors are no use for messages: they print whole bodies,
// which after a cut-off answer can be half of a token.
type exchange struct {
	mu   sync.Mutex
	last answer
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

// exchangeOf returns the exchange that signIn put into the context.
func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{}
}

// signIn gets an access token for Graph in the tenant.
func (c *Client) signIn(ctx context.Context, tenant string) (string, *TenantError) {
	credential, err := c.credential(tenant)
	if err != nil {
		return "", &TenantError{Tenant: tenant, Cause: CauseCredential, Err: err, Message: c.message(tenant, "sign in", err.Error(), "")}
	}
	e := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, e)
	if c.usesCLI() { // which makes no request that could time out
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.waits.attempt)
		defer cancel()
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.environment.graph + "/.default"}})
	if err == nil {
		return token.Token, nil
	}
	if ctx.Err() != nil {
		return "", c.interrupted(ctx, tenant, "sign in")
	}
	if c.usesCLI() {
		return "", c.cliError(tenant, err)
	}
	return "", c.signInError(tenant, e.get())
}

// usesCLI says whether no application credential is set.
func (c *Client) usesCLI() bool {
	o := c.options
	return o.ClientCertificate == "" && o.ClientCertificatePath == "" && o.ClientSecret == "" && !o.UseOIDC
}

// secrets are the values that may turn up in no message.
func (o Options) secrets() []string {
	var secrets []string
	for _, secret := range []string{o.ClientSecret, o.ClientCertificate, o.ClientCertificatePassword, o.OIDCToken, o.OIDCRequestToken} {
		if secret = strings.TrimSpace(secret); secret != "" {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

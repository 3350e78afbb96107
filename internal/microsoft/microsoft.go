// Package microsoft signs in to customer tenants and reads their licences from Microsoft Graph.
package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/progress"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Options configure a Client. Exactly one way to sign in is used: certificate, then secret, then OIDC, then the CLI.
type Options struct {
	ClientID                  string
	ClientSecret              string
	ClientCertificate         string // base64 PKCS#12
	ClientCertificatePath     string // PKCS#12 or PEM
	ClientCertificatePassword string
	UseOIDC                   bool
	OIDCToken                 string
	OIDCTokenFilePath         string
	OIDCRequestURL            string
	OIDCRequestToken          string
	UseCLI                    bool
	// Environment is one of Environments. AuthorityHost and GraphEndpoint override its hosts (https only).
	Environment          string
	AuthorityHost        string
	GraphEndpoint        string
	MaxConcurrentTenants int
	Transport            http.RoundTripper
	UserAgent            string
}

// What Options leave out, and the limit that a configuration should keep to (microsoft.md §4).
const (
	DefaultEnvironment       = "public"
	DefaultConcurrentTenants = 8
	ConcurrentTenantsLimit   = 32
)

// waits are the times that bound a read.
type waits struct {
	attempt time.Duration // one request, body included
	tenant  time.Duration // all of a tenant's requests, retries and waits between them included
	first   time.Duration // the first wait between attempts when the answer names none; it grows
	longest time.Duration // a Retry-After beyond it ends the read
}

var defaultWaits = waits{attempt: 60 * time.Second, tenant: 270 * time.Second, first: 800 * time.Millisecond, longest: 3 * time.Minute}

// Client reads licences of many tenants with one application.
type Client struct {
	options     Options
	environment environment
	waits       waits
	credential  newCredential
	masker      *rest.Masker
	slots       *semaphore.Weighted // one for each tenant being read, over all calls of ReadLicenses

	mu        sync.Mutex
	tenants   map[string]*rest.Shared[*Licenses]  // by tenant in lower case
	customers map[string]*rest.Shared[*Customers] // by partner tenant in lower case
}

// New returns a client. It makes no call, and fails when no way to sign in is configured.
func New(options Options) (*Client, error) {
	return newClient(options, defaultWaits)
}

func newClient(options Options, waits waits) (*Client, error) {
	env, err := newEnvironment(options.Environment, options.AuthorityHost, options.GraphEndpoint)
	if err != nil {
		return nil, err
	}
	if options.Transport == nil {
		options.Transport = rest.NewTransport(nil)
	}
	if options.MaxConcurrentTenants <= 0 {
		options.MaxConcurrentTenants = DefaultConcurrentTenants
	}
	credential, err := chooseCredential(options, env, waits)
	if err != nil {
		return nil, err
	}
	// What is wrong with a key shows when a credential is made of it, which needs no call.
	if _, err := credential("common"); err != nil {
		return nil, fmt.Errorf("the credential cannot be used: %w", err)
	}
	return &Client{
		options:     options,
		environment: env,
		waits:       waits,
		credential:  credential,
		masker:      rest.NewMasker(options.secrets()),
		slots:       semaphore.NewWeighted(int64(options.MaxConcurrentTenants)),
		tenants:     map[string]*rest.Shared[*Licenses]{},
		customers:   map[string]*rest.Shared[*Customers]{},
	}, nil
}

// SubscribedSKU is a product that a tenant holds: Graph's subscribedSku, in seats. Older numbers that an answer lacks (warning, suspended, locked out) are 0.
type SubscribedSKU struct {
	AccountID        string // the tenant's id; empty when Graph gives the all-zero one
	SKUID            string // lower case
	PartNumber       string
	AppliesTo        string
	CapabilityStatus string
	Enabled          int64
	Warning          int64
	Suspended        int64
	LockedOut        int64
	Consumed         int64
}

// Subscription is one purchase of a SKU: Graph's companySubscription.
type Subscription struct {
	ID                    string
	CommerceID            string
	SKUID                 string // lower case
	PartNumber            string
	Status                string
	IsTrial               bool
	TotalLicenses         int64
	OwnerTenantID         string    // lower case
	CreatedDateTime       time.Time // zero when not given
	NextLifecycleDateTime time.Time // zero when not given
}

// Licenses is what one tenant holds.
type Licenses struct {
	SKUs []SubscribedSKU
	// Subscriptions is nil and SubscriptionsDenied true when the application lacks Organization.Read.All.
	Subscriptions       []Subscription
	SubscriptionsDenied bool
}

// Cause groups the reasons for which a tenant cannot be read.
type Cause string

// The causes that people can tell apart and act on.
const (
	CauseConsent     Cause = "consent"     // consent missing or withdrawn, or the app disabled: AdminConsentURL helps
	CauseTenant      Cause = "tenant"      // no such tenant, or another cloud
	CauseCredential  Cause = "credential"  // our own credential: concerns every tenant
	CausePolicy      Cause = "policy"      // conditional access
	CausePermission  Cause = "permission"  // Graph refuses the read
	CauseThrottled   Cause = "throttled"   // 429 without end
	CauseUnavailable Cause = "unavailable" // 5xx, reset, time-out, cancelled
	CauseAnswer      Cause = "answer"      // an answer that cannot be understood
)

// TenantError says why one tenant could not be read.
type TenantError struct {
	Tenant string
	Cause  Cause
	// Message is what was asked and answered, in one line, without secrets.
	Message string
	Err     error
}

func (e *TenantError) Error() string { return e.Message }
func (e *TenantError) Unwrap() error { return e.Err }

// Result is the outcome for one tenant: Licenses or Err.
type Result struct {
	Licenses *Licenses
	Err      *TenantError
}

// ReadLicenses reads the tenants (GUIDs or domains), MaxConcurrentTenants at a time, each once per process. The result has
// every tenant asked for. It ends early only when ctx does.
func (c *Client) ReadLicenses(ctx context.Context, tenants []string) map[string]Result {
	work := progress.Begin(ctx, "reading tenants", "read", len(tenants))
	defer work.End()
	results := make([]Result, len(tenants))
	var group sync.WaitGroup
	for i, tenant := range tenants {
		if c.slots.Acquire(ctx, 1) != nil {
			results[i].Err = c.interrupted(ctx, tenant, "read licences")
			continue
		}
		group.Go(func() {
			defer c.slots.Release(1)
			results[i] = c.read(ctx, tenant)
			work.Did()
		})
	}
	group.Wait()
	byTenant := make(map[string]Result, len(tenants))
	for i, tenant := range tenants {
		byTenant[tenant] = results[i]
	}
	return byTenant
}

func (c *Client) read(ctx context.Context, tenant string) Result {
	licenses, failed := readOnce(ctx, c, c.tenants, tenant, "read licences", c.readTenant)
	return Result{Licenses: licenses, Err: failed}
}

// tenantName matches GUIDs and domains. Other names (common, organizations) would sign in to no tenant in particular.
var tenantName = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+)$`)

// readOnce reads a tenant, or waits for and returns what another caller reads of it: reads has the one read of each tenant.
func readOnce[T any](ctx context.Context, c *Client, reads map[string]*rest.Shared[*T], tenant, doing string,
	load func(ctx context.Context, tenant string) (*T, *TenantError)) (*T, *TenantError) {
	if !tenantName.MatchString(tenant) {
		return nil, &TenantError{Tenant: tenant, Cause: CauseTenant,
			Message: c.message(tenant, doing, "this is neither a tenant's GUID nor a domain", "")}
	}
	value, err := shared(c, reads, strings.ToLower(tenant), load).Get(ctx)
	if err == nil {
		return value, nil
	}
	if failed := (*TenantError)(nil); errors.As(err, &failed) {
		renamed := *failed
		renamed.Tenant = tenant
		return nil, &renamed
	}
	return nil, c.interrupted(ctx, tenant, doing)
}

// shared returns the one read of a tenant.
func shared[T any](c *Client, reads map[string]*rest.Shared[*T], tenant string,
	load func(ctx context.Context, tenant string) (*T, *TenantError)) *rest.Shared[*T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reads[tenant] == nil {
		reads[tenant] = rest.NewShared(func(ctx context.Context) (*T, error) {
			ctx, cancel := context.WithTimeout(ctx, c.waits.tenant)
			defer cancel()
			value, failed := load(ctx, tenant)
			if failed != nil {
				return nil, failed
			}
			return value, nil
		})
	}
	return reads[tenant]
}

// AdminConsentURL is where an administrator of the tenant grants the application its permissions. It is empty
// when the Azure CLI's user signs in, for there is no application then.
func (c *Client) AdminConsentURL(tenant string) string {
	if c.usesCLI() {
		return ""
	}
	return c.environment.authority + "/" + url.PathEscape(tenant) + "/v2.0/adminconsent?client_id=" + url.QueryEscape(c.options.ClientID) +
		"&scope=" + c.environment.graph + "/.default"
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package microsoft is a client of Microsoft Graph that reads licences from many customer tenants with one application.
//
// Start at [New]. [Client.ReadLicenses] reads the SKUs and subscriptions of customer tenants, [Client.ReadUsers] how many of their users hold
// what, [Client.ReadCustomers] the customer tenants of a partner, and [Client.AdminConsentURL] is where a tenant's administrator lets the application in.
//
// A tenant that cannot be read is a [*TenantError] with a [Cause], never an empty list. The facts that the client relies on
// are cited as microsoft.md with a section.
package microsoft

import (
	"cmp"
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

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// What Options leave out, and the limit that a configuration should keep to.
const (
	// DefaultEnvironment is the cloud of nearly all tenants (microsoft.md §3.2).
	DefaultEnvironment = "public"
	// DefaultConcurrentTenants and ConcurrentTenantsLimit stay far below Graph's own limits (microsoft.md §4).
	DefaultConcurrentTenants = 16
	ConcurrentTenantsLimit   = 32
)

// Options configure a [Client]. They have the names of the azuread provider (microsoft.md §3.3).
//
// One way to sign in is used, the first that is configured: certificate, secret, OpenID Connect, AKS workload identity, managed identity,
// Azure CLI (microsoft.md §3.1).
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
	// ADOPipelineServiceConnectionID makes OIDC request its token from Azure DevOps.
	ADOPipelineServiceConnectionID string
	// UseAKSWorkloadIdentity signs in as ClientID with the token in OIDCTokenFilePath.
	UseAKSWorkloadIdentity bool
	// UseMSI signs in with a managed identity: as the identity ClientID, or as the application ClientID with the token of the identity
	// MSIClientID.
	UseMSI      bool
	MSIClientID string
	// Environment is one of [Environments], [DefaultEnvironment] when empty.
	Environment string
	// AuthorityHost and GraphEndpoint replace the environment's hosts. They must be https.
	AuthorityHost string
	GraphEndpoint string
	// MaxConcurrentTenants is how many tenants are read at the same time, [DefaultConcurrentTenants] when 0.
	MaxConcurrentTenants int
	// Transport carries all requests, sign-ins too. Nil means rest.NewTransport(nil).
	Transport http.RoundTripper
	// UserAgent is sent with every request to Graph.
	UserAgent string
	// Names has by attribute, such as client_secret, what messages call an option. One that is not in it is called by its attribute.
	Names map[string]string
	// Masker masks the secrets of other systems, which no message may show either. Nil means none.
	Masker *rest.Masker
}

// name returns what messages call an option.
func (o Options) name(attribute string) string {
	return cmp.Or(o.Names[attribute], attribute)
}

// timeouts bound the reading of a tenant.
type timeouts struct {
	attempt   time.Duration // one request, body included
	tenant    time.Duration // all requests of a tenant, with their retries and the waits between them
	customers time.Duration // likewise, for the lists of a partner, which are long
	firstWait time.Duration // the first wait between attempts when the answer names none; it grows
	maxWait   time.Duration // a longer Retry-After ends the read
}

// defaultTimeouts let a request that hangs be repeated within the time of its tenant. Waits may be of minutes, because Graph asks for
// them (microsoft.md §4), where the time of the tenant allows that.
var defaultTimeouts = timeouts{
	attempt:   20 * time.Second,
	tenant:    DefaultTenantTimeout,
	customers: 270 * time.Second,
	firstWait: 800 * time.Millisecond,
	maxWait:   3 * time.Minute,
}

// Client reads tenants with one application. It reads each tenant once. Its methods may be called from several goroutines.
type Client struct {
	options       Options
	environment   environment
	timeouts      timeouts
	newCredential newCredential
	masker        *rest.Masker
	slots         *semaphore.Weighted // one for each tenant being read, over all calls of ReadLicenses and ReadUsers

	mu        sync.Mutex
	licenses  map[string]*rest.Shared[*Licenses]  // by tenant in lower case
	customers map[string]*rest.Shared[*Customers] // by partner tenant in lower case
	users     map[string]*rest.Shared[*Users]     // by tenant in lower case
	sessions  map[string]session                  // by tenant in lower case
}

// New returns a client. It sends no request. It fails when no way to sign in is configured, or when a key cannot be used.
func New(options Options) (*Client, error) {
	return newClient(options, defaultTimeouts)
}

func newClient(options Options, timeouts timeouts) (*Client, error) {
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
	newCredential, err := chooseCredential(options, env, timeouts)
	if err != nil {
		return nil, err
	}
	// A key that cannot be used shows when a credential is made with it, which sends no request.
	if _, err := newCredential("common"); err != nil {
		return nil, fmt.Errorf("the credential cannot be used: %w", err)
	}
	return &Client{
		options:       options,
		environment:   env,
		timeouts:      timeouts,
		newCredential: newCredential,
		masker:        options.Masker.With(options.secrets()...),
		slots:         semaphore.NewWeighted(int64(options.MaxConcurrentTenants)),
		licenses:      map[string]*rest.Shared[*Licenses]{},
		customers:     map[string]*rest.Shared[*Customers]{},
		users:         map[string]*rest.Shared[*Users]{},
		sessions:      map[string]session{},
	}, nil
}

// AdminConsentURL returns the address at which an administrator of the tenant grants the application its permissions
// (microsoft.md §3.1). It is empty when the client signs in as the user of the Azure CLI or as a managed identity, because there is no
// application then.
func (c *Client) AdminConsentURL(tenant string) string {
	if !c.options.usesApplication() {
		return ""
	}
	return c.environment.authority + "/" + url.PathEscape(tenant) + "/v2.0/adminconsent?client_id=" + url.QueryEscape(c.options.ClientID) +
		"&scope=" + c.environment.graph + "/.default"
}

// tenantName matches GUIDs and domains. The names common and organizations would sign in to no tenant in particular.
var tenantName = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+)$`)

// isGUID reports whether a tenant is named by its GUID.
func isGUID(tenant string) bool {
	return tenantName.MatchString(tenant) && !strings.Contains(tenant, ".")
}

// readOnce returns what reads has of the tenant. The first caller loads it and the others wait.
func readOnce[T any](ctx context.Context, c *Client, reads map[string]*rest.Shared[*T], tenant, doing string,
	timeout time.Duration, load func(ctx context.Context, tenant string) (*T, *TenantError)) (*T, *TenantError) {
	if !tenantName.MatchString(tenant) {
		return nil, &TenantError{Tenant: tenant, Cause: CauseTenant,
			Message: c.formatMessage(tenant, doing, "this is neither a tenant's GUID nor a domain", "")}
	}
	value, err := sharedRead(c, reads, strings.ToLower(tenant), timeout, load).Get(ctx)
	if err == nil {
		return value, nil
	}
	if failed := (*TenantError)(nil); errors.As(err, &failed) {
		renamed := *failed
		renamed.Tenant = tenant
		return nil, &renamed
	}
	return nil, c.newInterruptedError(ctx, tenant, doing)
}

// sharedRead returns the read of the tenant in reads, and adds it when it is missing.
func sharedRead[T any](c *Client, reads map[string]*rest.Shared[*T], tenant string,
	timeout time.Duration, load func(ctx context.Context, tenant string) (*T, *TenantError)) *rest.Shared[*T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reads[tenant] == nil {
		reads[tenant] = rest.NewShared(func(ctx context.Context) (*T, error) {
			ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{"it", timeout})
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

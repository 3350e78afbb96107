// Package microsoft signs in to customer tenants and reads their licences from Microsoft Graph.
package microsoft

import (
	"context"
	"errors"
	"net/http"
	"time"
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

// Environments lists the accepted names of clouds.
var Environments = []string{"public", "global", "usgovernment", "usgovernmentl4", "usgovernmentl5", "dod", "china"}

// Client reads licences of many tenants with one application.
type Client struct{ options Options }

// New returns a client. It makes no call, and fails when no way to sign in is configured.
func New(options Options) (*Client, error) { return &Client{options: options}, nil }

// SubscribedSKU is a product that a tenant holds: contract §1.1. Missing numbers are 0.
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

// Subscription is one purchase of a SKU: contract §1.4.
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

// The causes of contract §3.4.
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
	results := map[string]Result{}
	for _, tenant := range tenants {
		results[tenant] = Result{Err: &TenantError{Tenant: tenant, Err: errors.New("not built yet")}}
	}
	return results
}

// AdminConsentURL is where an administrator of the tenant grants the application its permissions.
func (c *Client) AdminConsentURL(tenant string) string { return "" }

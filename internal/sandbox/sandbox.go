// Package sandbox serves the three upstreams (Gradient, CloudRadial, Microsoft) on loopback, stateful and held to what
// is publicly known of them. It shares no code with the clients, so that it cannot inherit their misunderstandings.
//
// A test starts a server with New, points the provider at it through Env, and looks at what came of it:
//
//	server, err := sandbox.New(sandbox.DefaultSeed(), sandbox.Options{})
//	…
//	defer server.Close()
//	server.MapAccounts()           // what a person does in Gradient
//	server.SetSeats(tenant, "SPB", 40) // what a purchase does at Microsoft
//	server.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/count$", Kind: "reset-after", Times: 1})
//	server.UnitCounts()            // what Gradient has accepted
//	server.Requests()              // what it took
//
// The program in cmd/sandbox does the same for people and scripts, who find the methods as control routes under /_sandbox/;
// GET /_sandbox/ lists them.
//
// It is strict: a route, method, query parameter or property that is not in an upstream's contract is refused, so that a
// client's mistake shows here and not on an invoice. Where nobody outside knows what an upstream does, a switch decides;
// see Switches. What is documented too thinly to be imitated, such as Gradient's alerts and services of an organisation, is
// not there at all.
//
// Requests are kept until ClearRequests, for a test wants all of them: a sandbox that runs for weeks grows.
package sandbox

import (
	"net"
	"net/http"
	"time"
)

// Options tune a server. The zero value is what the contracts suggest.
type Options struct {
	// Latency is added to every answer.
	Latency time.Duration
	// RateLimit is the number of Gradient requests that a token may make in any sliding second. Zero means 100. Refused
	// requests do not count.
	RateLimit int
	// Switches pick another answer where the contracts say that the real one is unknown; see Switches.
	Switches map[string]string
	// Addr is the HTTPS address to listen on. Empty means a free port on loopback. HTTPAddr likewise for plain HTTP.
	Addr     string
	HTTPAddr string
	// Listener is served in place of both addresses: plain HTTP, though the sandbox answers as if it were behind TLS. It lets a test
	// keep everything in its own process. There is no certificate then.
	Listener net.Listener
	// Strike is asked about every request to an upstream, before the injected faults: an answer with a Kind is the fault that strikes
	// it. Requests are asked about one at a time, in order of arrival.
	Strike func(Request) Fault
}

// Names of the upstreams in requests and faults.
const (
	Gradient    = "gradient"
	CloudRadial = "cloudradial"
	Microsoft   = "microsoft"
)

// Request is a call that an upstream got. Control routes are not recorded.
type Request struct {
	At     time.Time
	System string
	Method string
	Path   string // as sent, decoded
	Query  string // raw
	Body   string
	Status int // what was answered; 0 when the connection was cut
	Header http.Header
}

// Fault makes an upstream misbehave. The first one that matches a request and is neither skipping nor used up strikes it.
type Fault struct {
	System string `json:"system"` // one of the three
	Method string `json:"method"` // empty means any
	Path   string `json:"path"`   // regular expression on the path, empty means any
	Skip   int    `json:"skip"`   // matching requests let through first
	Times  int    `json:"times"`  // how often it strikes, 0 means until ClearFaults
	// Kind is "answer" (the default: nothing is carried out), "after" (carried out, then this answer), "reset" (the
	// connection is cut before anything is carried out), "reset-after" (carried out, then cut), "cut-off" (carried out, the body ends in the middle) or
	// "slow" (Delay, then the true answer).
	Kind   string            `json:"kind"`
	Status int               `json:"status"` // 500 when 0
	Body   string            `json:"body"`
	Header map[string]string `json:"header"`
	// Delay is what the client waits before it sees anything, whatever the kind. What is carried out is carried out on arrival.
	Delay time.Duration `json:"delay"`
}

// SKU is what a tenant of the sandbox holds of a product.
type SKU struct {
	PartNumber    string         `json:"sku" yaml:"sku"`
	SKUID         string         `json:"sku_id" yaml:"sku_id"`
	AppliesTo     string         `json:"applies_to" yaml:"applies_to"` // User when empty
	Status        string         `json:"status" yaml:"status"`         // capabilityStatus, Enabled when empty
	Enabled       int            `json:"enabled" yaml:"enabled"`
	Warning       int            `json:"warning" yaml:"warning"`
	Suspended     int            `json:"suspended" yaml:"suspended"`
	LockedOut     int            `json:"locked_out" yaml:"locked_out"`
	Consumed      int            `json:"consumed" yaml:"consumed"`
	Subscriptions []Subscription `json:"subscriptions" yaml:"subscriptions"`
}

// Subscription is a purchase behind a SKU. When a SKU lists none, one Enabled subscription of its enabled seats is made up.
type Subscription struct {
	ID            string    `json:"id" yaml:"id"`
	Status        string    `json:"status" yaml:"status"`
	Seats         int       `json:"seats" yaml:"seats"`
	Trial         bool      `json:"trial" yaml:"trial"`
	OwnerTenantID string    `json:"owner_tenant_id" yaml:"owner_tenant_id"`
	Created       time.Time `json:"created" yaml:"created"`
	NextLifecycle time.Time `json:"next_lifecycle" yaml:"next_lifecycle"`
}

// Tenant is a Microsoft customer tenant.
type Tenant struct {
	ID        string   `json:"id" yaml:"id"` // GUID
	Name      string   `json:"name" yaml:"name"`
	Domains   []string `json:"domains" yaml:"domains"`       // the first is the default one
	NoConsent bool     `json:"no_consent" yaml:"no_consent"` // sign-in answers AADSTS65001
	// NoSubscriptions answers 403 on /directory/subscriptions (LicenseAssignment.Read.All only).
	NoSubscriptions bool  `json:"no_subscriptions" yaml:"no_subscriptions"`
	SKUs            []SKU `json:"skus" yaml:"skus"`
}

// Partner is the MSP's own tenant, and what Microsoft has written down there about customers. Without an id there is no such tenant.
type Partner struct {
	ID            string         `json:"id" yaml:"id"` // GUID
	Name          string         `json:"name" yaml:"name"`
	Domains       []string       `json:"domains" yaml:"domains"`
	Relationships []Relationship `json:"relationships" yaml:"relationships"`
	Contracts     []Contract     `json:"contracts" yaml:"contracts"`
	// NoRelationships answers 403 on the relationships (no DelegatedAdminRelationship.Read.All), NoContracts on the contracts (no
	// Directory.Read.All).
	NoRelationships bool `json:"no_relationships" yaml:"no_relationships"`
	NoContracts     bool `json:"no_contracts" yaml:"no_contracts"`
}

// Relationship is granular delegated admin privileges (GDAP) of the partner in a customer tenant.
type Relationship struct {
	Name         string    `json:"name" yaml:"name"`
	Tenant       string    `json:"tenant" yaml:"tenant"`               // id of the customer's tenant; empty before a customer has accepted it
	CustomerName string    `json:"customer_name" yaml:"customer_name"` // the tenant's when empty
	Status       string    `json:"status" yaml:"status"`               // active when empty
	End          time.Time `json:"end" yaml:"end"`                     // none before it has begun
	AutoExtend   string    `json:"auto_extend" yaml:"auto_extend"`     // P180D, or none when empty
}

// Contract is the partnership with a customer, with copies from when it began.
type Contract struct {
	Tenant string `json:"tenant" yaml:"tenant"` // id of the customer's tenant
	Name   string `json:"name" yaml:"name"`     // the tenant's when empty
	Domain string `json:"domain" yaml:"domain"` // the tenant's default one when empty
	Type   string `json:"type" yaml:"type"`     // ResellerPartner when empty
}

// Company is a CloudRadial company with its domains.
type Company struct {
	ID            int      `json:"id" yaml:"id"`
	Name          string   `json:"name" yaml:"name"`
	PSAKey        int      `json:"psa_key" yaml:"psa_key"`
	PSAIdentifier string   `json:"psa_identifier" yaml:"psa_identifier"`
	Domains       []string `json:"domains" yaml:"domains"`
}

// Account is a Gradient account as the sandbox holds it. Mapped is what a person did in the Gradient UI: "", "mapped" or "excluded".
type Account struct {
	ID          string `json:"id" yaml:"id"`
	Name        string `json:"name" yaml:"name"`
	Description string `json:"description" yaml:"description"`
	Mapped      string `json:"mapped" yaml:"mapped"`
}

// Service is a Gradient vendor service as the sandbox holds it.
type Service struct {
	ID             string `json:"id" yaml:"id"`
	Name           string `json:"name" yaml:"name"`
	Description    string `json:"description" yaml:"description"`
	Category       string `json:"category" yaml:"category"`
	Subcategory    string `json:"subcategory" yaml:"subcategory"`
	SupportArticle string `json:"support_article" yaml:"support_article"`
	SupportContact string `json:"support_contact" yaml:"support_contact"`
	Mapped         string `json:"mapped" yaml:"mapped"`
}

// PSA holds the names that exact auto-match compares with when a person opens the mapping pages.
type PSA struct {
	Accounts []string `json:"accounts" yaml:"accounts"`
	Products []string `json:"products" yaml:"products"`
}

// Seed is the state that a sandbox starts with.
type Seed struct {
	Companies []Company `json:"companies" yaml:"companies"`
	Tenants   []Tenant  `json:"tenants" yaml:"tenants"`
	Accounts  []Account `json:"accounts" yaml:"accounts"`
	Services  []Service `json:"services" yaml:"services"`
	PSA       PSA       `json:"psa" yaml:"psa"`
	Partner   Partner   `json:"partner" yaml:"partner"`
	// Status of the integration: inactive when empty.
	Status string `json:"status" yaml:"status"`
}

// Credentials are what the sandbox accepts.
type Credentials struct {
	GradientVendorKey, GradientPartnerKey       string
	CloudRadialPublicKey, CloudRadialPrivateKey string
	MicrosoftClientID, MicrosoftClientSecret    string
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package sandbox simulates Gradient, CloudRadial, Microsoft and three PSAs on loopback. It holds state, and it follows what is publicly known of
// their APIs, which is in internal/contracts. It shares no code with the clients, so that a misunderstanding in a client shows.
//
// A test starts a server with [New], points the provider at it with [Server.Env], and then looks at the outcome:
//
//	server, err := sandbox.New(sandbox.DefaultSeed(), sandbox.Options{})
//	…
//	defer server.Close()
//	server.MapAccounts()               // a person maps all accounts in Gradient
//	server.SetSeats(tenant, "SPB", 40) // a customer buys seats at Microsoft
//	server.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/count$", Kind: "reset-after", Times: 1})
//	server.UnitCounts()                // the counts that Gradient has accepted
//	server.ApproveCard(account, service, "") // a person approves a card: the PSA bills the number
//	server.Requests()                  // the requests that all of them got
//
// The program in cmd/sandbox offers the same methods to people and scripts, as control routes below /_sandbox/; GET /_sandbox/ lists
// them.
//
// # What is simulated
//
//   - Gradient: the vendor and its services (read, create), the integration and its status, accounts (read, create, rename, describe),
//     unit counts, the rate limit.
//   - CloudRadial: the lists of companies, domains, tokens and flexible assets, with the query options that the client sends; creating,
//     reading and deleting a token; creating flexible asset types, fields and assets, changing traits in three ways, deleting types and assets.
//   - Microsoft: sign-in of an application with a secret or an assertion, instance discovery, subscribedSkus, directory/subscriptions,
//     delegatedAdminRelationships, contracts.
//   - ConnectWise PSA, Autotask, HaloPSA: what they bill, in a package of its own, [psa]. They only answer reads.
//   - Between: clocks that differ, a proxy that answers in an upstream's place.
//   - All: faults, delays, and what a person does in the three portals.
//
// # What is not simulated
//
// The sandbox answers 501 with a message of its own and the section of the contract to what a contract describes and no client of
// this repository sends, so that the answer cannot be taken for the API's:
//
//   - Gradient: changing the vendor, a single service, a choice of accounts, isActive, isArrears and new ids of accounts, clientOId
//     instead of accountId, changing several accounts at once, services of an organization, PSA clients, alerts.
//   - CloudRadial: writes of companies and domains, single companies and domains, the list and the changes of tokens by name, changes of
//     flexible asset types, $expand, $search, other filters and orders, $metadata, all other entities, the rest of /compatibility and
//     /api/beta.
//   - Microsoft: a single SKU or subscription, $filter, $orderby and $count on the partner's lists, organization,
//     delegatedAdminCustomers, tenant information, batches.
//
// Partner Center and the portals themselves do not exist here, and an assertion is not verified against a certificate. Paths
// are case-sensitive.
//
// # Strictness and unknowns
//
// A path, method, query option or property that is in no contract is refused, so that a client's mistake shows here and not on an
// invoice. Where no public source says what an API does, a [Switch] decides; [Switches] lists them, and [DrawSwitches] draws a setting.
//
// Requests are kept until [Server.ClearRequests], so a sandbox that runs for weeks grows.
package sandbox

import (
	"net"
	"net/http"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// Options tune a server. The zero value follows the contracts.
type Options struct {
	// Latency is added to every answer.
	Latency time.Duration
	// RateLimit is the number of Gradient requests that a token may make in any sliding second. Zero means 100. Refused
	// requests do not count.
	RateLimit int
	// AutotaskLimit is the number of requests to Autotask in any 60 minutes. Zero means 10,000.
	AutotaskLimit int
	// Switches select another answer where the real one is unknown, by [Switch.Name].
	Switches map[string]string
	// Addr is the HTTPS address to listen on. Empty means a free port on loopback. HTTPAddr is the same for plain HTTP.
	Addr     string
	HTTPAddr string
	// Listener is served instead of both addresses. It speaks plain HTTP, but the sandbox answers as if it were behind TLS. A test can
	// so keep everything in its own process. There is no certificate then.
	Listener net.Listener
	// Replay answers every request to an upstream from a transcript, whatever the seed and the switches say. Every credential of
	// Microsoft can sign in, and no key is checked.
	Replay *Transcript
	// Strike is called with every request to an upstream, one at a time and in order of arrival. A result with a Kind is the fault
	// that strikes the request; injected faults come after it.
	Strike func(Request) Fault
}

// Names of the upstreams in requests and faults.
const (
	Gradient    = "gradient"
	CloudRadial = "cloudradial"
	Microsoft   = "microsoft"
)

// Request is a request to an upstream. Requests to control routes are not recorded.
type Request struct {
	At     time.Time   `json:"at"`
	System string      `json:"system"`
	Method string      `json:"method"`
	Path   string      `json:"path"`  // as sent, decoded
	Query  string      `json:"query"` // raw
	Body   string      `json:"body"`
	Status int         `json:"status"` // of the answer; 0 when the connection was cut
	Header http.Header `json:"-"`      // holds credentials
}

// Fault makes an upstream misbehave. The first fault that matches a request, has skipped enough and is not used up strikes it.
type Fault struct {
	System string `json:"system"` // one of the names above, or of the PSAs in [psa.Names]
	Method string `json:"method"` // empty means any
	Path   string `json:"path"`   // regular expression on the path, empty means any
	Skip   int    `json:"skip"`   // number of matching requests to let through first
	Times  int    `json:"times"`  // number of requests to strike; 0 means until ClearFaults
	// Kind is one of:
	//   - "answer", the default: the request is not carried out and gets Status, Body and Header
	//   - "after": the request is carried out and gets Status, Body and Header
	//   - "reset": the connection is cut and the request is not carried out
	//   - "reset-after": the request is carried out, then the connection is cut
	//   - "cut-off": the request is carried out, and the body of the true answer ends in the middle
	//   - "slow": the request is carried out and gets the true answer after Delay
	Kind   string            `json:"kind"`
	Status int               `json:"status"` // 500 when 0
	Body   string            `json:"body"`
	Header map[string]string `json:"header"`
	// Delay is the time that the client waits, for every kind. A request that is carried out is carried out on arrival.
	Delay time.Duration `json:"delay"`
}

// SKU is a product that a tenant holds: microsoft.md §1.1.
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
	// AccountID is the accountId of the row when it is not the tenant's, for example that of another tenant.
	AccountID string `json:"account_id" yaml:"account_id"`
	// NoSubscriptionIDs leaves subscriptionIds empty.
	NoSubscriptionIDs bool `json:"no_subscription_ids" yaml:"no_subscription_ids"`
	// Null are the properties that the row has null: "consumedUnits", "prepaidUnits", "prepaidUnits.enabled", "skuPartNumber", …
	Null []string `json:"null" yaml:"null"`
}

// Subscription is a purchase behind a SKU: microsoft.md §1.4. A SKU without subscriptions gets one for each kind of seat.
type Subscription struct {
	ID     string `json:"id" yaml:"id"`
	Status string `json:"status" yaml:"status"` // Enabled when empty
	Seats  int    `json:"seats" yaml:"seats"`
	Trial  bool   `json:"trial" yaml:"trial"`
	// OwnerTenantID is the tenant of the partner that sold it. Empty means the MSP's own ([Seed.Partner]).
	OwnerTenantID string    `json:"owner_tenant_id" yaml:"owner_tenant_id"`
	NoOwner       bool      `json:"no_owner" yaml:"no_owner"` // no partner sold it
	Created       time.Time `json:"created" yaml:"created"`
	NextLifecycle time.Time `json:"next_lifecycle" yaml:"next_lifecycle"`
	Unlisted      bool      `json:"unlisted" yaml:"unlisted"` // the list of subscriptions lacks it
	// Null are the properties that the list has null: "isTrial", "status", "totalLicenses", "skuId", …
	Null []string `json:"null" yaml:"null"`
}

// Tenant is a customer's Microsoft tenant.
type Tenant struct {
	ID        string   `json:"id" yaml:"id"` // GUID
	Name      string   `json:"name" yaml:"name"`
	Domains   []string `json:"domains" yaml:"domains"`       // the first is the default domain
	NoConsent bool     `json:"no_consent" yaml:"no_consent"` // sign-in answers AADSTS65001
	// NoSubscriptions answers 403 on /directory/subscriptions (LicenseAssignment.Read.All only).
	NoSubscriptions bool `json:"no_subscriptions" yaml:"no_subscriptions"`
	// SubscriptionsStatus is the status with which /directory/subscriptions is refused instead, such as 400, 404 or 501.
	SubscriptionsStatus int `json:"subscriptions_status" yaml:"subscriptions_status"`
	// HideSKUs and HideSubscriptions make the answer an empty list, although there are some.
	HideSKUs          bool  `json:"hide_skus" yaml:"hide_skus"`
	HideSubscriptions bool  `json:"hide_subscriptions" yaml:"hide_subscriptions"`
	SKUs              []SKU `json:"skus" yaml:"skus"`
	// Users are the users; without any they follow from the assigned seats. With them, a product without Consumed has as many assigned seats
	// as users. NoUsers answers 403 on /users (no User.Read.All).
	Users   []Users `json:"users" yaml:"users"`
	NoUsers bool    `json:"no_users" yaml:"no_users"`
}

// Partner is the MSP's own tenant with its lists of customers: microsoft.md §2. Without an id there is no such tenant.
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

// Relationship gives the partner granular delegated admin privileges (GDAP) in a customer's tenant.
type Relationship struct {
	Name         string    `json:"name" yaml:"name"`
	Tenant       string    `json:"tenant" yaml:"tenant"`               // id of the customer's tenant; empty until the customer accepts
	CustomerName string    `json:"customer_name" yaml:"customer_name"` // the tenant's when empty
	Status       string    `json:"status" yaml:"status"`               // active when empty
	End          time.Time `json:"end" yaml:"end"`                     // zero until it begins
	AutoExtend   string    `json:"auto_extend" yaml:"auto_extend"`     // P180D; no extension when empty
}

// Contract is the partnership with a customer. Its name and domain are copies from the time when it began.
type Contract struct {
	Tenant string `json:"tenant" yaml:"tenant"` // id of the customer's tenant
	Name   string `json:"name" yaml:"name"`     // the tenant's when empty
	Domain string `json:"domain" yaml:"domain"` // the tenant's default domain when empty
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

// Account is an account in Gradient. Mapped is the choice of a person in the Gradient UI: "", "mapped" or "excluded".
type Account struct {
	ID          string `json:"id" yaml:"id"`
	Name        string `json:"name" yaml:"name"`
	Description string `json:"description" yaml:"description"`
	Mapped      string `json:"mapped" yaml:"mapped"`
}

// Service is a service of the vendor in Gradient. Mapped is as in [Account].
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

// PSA is what the MSP's PSA has. [Server.AutoMatch] compares with the names of accounts and products. Customers are what it bills.
type PSA struct {
	Accounts []string `json:"accounts" yaml:"accounts"`
	Products []string `json:"products" yaml:"products"`
	// Identifiers are the codes of products, by their names. A product without one has its name.
	Identifiers map[string]string `json:"identifiers" yaml:"identifiers"`
	Customers   []psa.Customer    `json:"customers" yaml:"customers"`
}

// Seed is the state at the start of a sandbox.
type Seed struct {
	Companies []Company `json:"companies" yaml:"companies"`
	Tenants   []Tenant  `json:"tenants" yaml:"tenants"`
	Accounts  []Account `json:"accounts" yaml:"accounts"`
	Services  []Service `json:"services" yaml:"services"`
	PSA       PSA       `json:"psa" yaml:"psa"`
	Partner   Partner   `json:"partner" yaml:"partner"`
	// Status of the Gradient integration; inactive when empty.
	Status string `json:"status" yaml:"status"`
}

// Credentials are the credentials that the sandbox accepts.
type Credentials struct {
	GradientVendorKey, GradientPartnerKey       string
	CloudRadialPublicKey, CloudRadialPrivateKey string
	MicrosoftClientID, MicrosoftClientSecret    string
	PSA                                         psa.Credentials
}

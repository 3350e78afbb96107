// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradientintegration"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/licensemapping"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/licensesync"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/preflight/check"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// Clients makes the clients of one provider block, each when it is first needed. It is the ProviderData of every resource and data source.
type Clients struct {
	gradient    func() (*gradient.Client, error)
	cloudRadial func() (*cloudradial.Client, error)
	microsoft   func() (*microsoft.Client, error)
	psa         func() (psa.Reader, error)
	systems     check.Systems

	syncRuns licensesync.Runs

	mu       sync.Mutex
	claims   map[object]string // owner
	planned  map[object]string // owner
	reported map[string]bool
}

// object is an object of an upstream: an account, for example.
type object struct{ kind, id string }

// newClients returns clients that send through these transports. A system without one gets its client's default.
func newClients(s settings, through transports, userAgent string) *Clients {
	systems := check.Systems{
		Gradient: func() (gradient.Options, error) { return s.gradientOptions(through[transcript.Gradient], userAgent) },
		CloudRadial: func() (cloudradial.Options, error) {
			return s.cloudRadialOptions(through[transcript.CloudRadial], userAgent)
		},
		Microsoft: func() (microsoft.Options, error) { return s.microsoftOptions(through[transcript.Microsoft], userAgent) },
		Trimmed:   s.trimmedNames(),
	}
	return &Clients{
		gradient:    sync.OnceValues(func() (*gradient.Client, error) { return newClient(systems.Gradient, gradient.New) }),
		cloudRadial: sync.OnceValues(func() (*cloudradial.Client, error) { return newClient(systems.CloudRadial, cloudradial.New) }),
		microsoft:   sync.OnceValues(func() (*microsoft.Client, error) { return newClient(systems.Microsoft, microsoft.New) }),
		psa:         sync.OnceValues(func() (psa.Reader, error) { return s.newPSA(through, userAgent) }),
		systems:     systems,
		claims:      map[object]string{},
		planned:     map[object]string{},
		reported:    map[string]bool{},
	}
}

// newClient makes a client from its options.
func newClient[O, C any](options func() (O, error), construct func(O) (*C, error)) (*C, error) {
	given, err := options()
	if err != nil {
		return nil, err
	}
	return construct(given)
}

// Gradient returns the client of the Gradient vendor API. It returns a [*tfdiag.MissingError] when settings are missing, and an error
// that wraps [tfdiag.ErrUnknown] when they are not known yet.
func (c *Clients) Gradient() (*gradient.Client, error) { return c.gradient() }

// CloudRadial returns the client of the CloudRadial API; with the errors of [Clients.Gradient].
func (c *Clients) CloudRadial() (*cloudradial.Client, error) { return c.cloudRadial() }

// Microsoft returns the client of Microsoft Graph; with the errors of [Clients.Gradient].
func (c *Clients) Microsoft() (*microsoft.Client, error) { return c.microsoft() }

// PSA returns the client of the PSA that is configured; with the errors of [Clients.Gradient].
func (c *Clients) PSA() (psa.Reader, error) { return c.psa() }

// Systems returns what the preflight makes clients of its own from.
func (c *Clients) Systems() check.Systems { return c.systems }

// SyncRuns returns what the license syncs of this process know of each other.
func (c *Clients) SyncRuns() *licensesync.Runs { return &c.syncRuns }

// Claim records that owner creates the object of that kind and id in this process. If another owner has claimed it, Claim returns that
// owner and false.
func (c *Clients) Claim(kind, id, owner string) (other string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := object{kind, id}
	if other, taken := c.claims[key]; taken {
		return other, false
	}
	c.claims[key] = owner
	return "", true
}

// Claimed reports whether the object of that kind and id was claimed in this process.
func (c *Clients) Claimed(kind, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, taken := c.claims[object{kind, id}]
	return taken
}

// Planned records that owner plans the object of that kind and id: a type of resources plans an account, an account plans the use of a
// name. If another owner has planned it before, Planned returns that owner and true.
func (c *Clients) Planned(kind, id, owner string) (other string, twice bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := object{kind, id}
	if first, planned := c.planned[key]; planned {
		return first, first != owner
	}
	c.planned[key] = owner
	return "", false
}

// PlannedServices returns the services that license mappings have planned, sorted.
func (c *Clients) PlannedServices() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var services []string
	for planned := range c.planned {
		if planned.kind == licensemapping.ServiceKind {
			services = append(services, planned.id)
		}
	}
	slices.Sort(services)
	return services
}

// PlannedOn reports whether this plan switches the integration on, or leaves it on.
func (c *Clients) PlannedOn(integration string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, planned := c.planned[object{gradientintegration.OnKind, integration}]
	return planned
}

// Reported implements [tfdiag.Reporter].
func (c *Clients) Reported(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.reported[text]
	c.reported[text] = true
	return before
}

// checkGiven returns an error when a required setting is missing, or when a required or used one is not known yet.
func checkGiven(system string, required, used []setting) error {
	var missing []tfdiag.Setting
	for _, s := range required {
		if !s.given() {
			missing = append(missing, s.missing())
		}
	}
	if len(missing) > 0 {
		return &tfdiag.MissingError{System: system, Missing: missing}
	}
	var unknown []string
	for _, s := range append(required, used...) {
		if s.unknown {
			unknown = append(unknown, s.attribute.String())
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("%w: %s", tfdiag.ErrUnknown, strings.Join(unknown, ", "))
	}
	return nil
}

func (s settings) gradientOptions(transport http.RoundTripper, userAgent string) (gradient.Options, error) {
	err := checkGiven(gradient.System, []setting{s.vendorKey, s.partnerKey},
		[]setting{s.gradientBaseURL, s.requestsPerSecond, s.caCertificateFile})
	if err != nil {
		return gradient.Options{}, err
	}
	return gradient.Options{
		BaseURL:           s.gradientBaseURL.value,
		VendorKey:         s.vendorKey.value,
		PartnerKey:        s.partnerKey.value,
		RequestsPerSecond: s.requestsPerSecond.number(),
		Masker:            s.masker,
		Transport:         transport,
		UserAgent:         userAgent,
	}, nil
}

func (s settings) cloudRadialOptions(transport http.RoundTripper, userAgent string) (cloudradial.Options, error) {
	err := checkGiven(cloudradial.System, []setting{s.publicKey, s.privateKey}, []setting{s.baseURL, s.caCertificateFile})
	if err != nil {
		return cloudradial.Options{}, err
	}
	return cloudradial.Options{
		BaseURL:    s.baseURL.value,
		PublicKey:  s.publicKey.value,
		PrivateKey: s.privateKey.value,
		Masker:     s.masker,
		Transport:  transport,
		UserAgent:  userAgent,
	}, nil
}

func (s settings) microsoftOptions(transport http.RoundTripper, userAgent string) (microsoft.Options, error) {
	if err := checkGiven(microsoft.System, nil, s.ofMicrosoft()); err != nil {
		return microsoft.Options{}, err
	}
	way, err := s.chooseSignIn()
	if err != nil {
		return microsoft.Options{}, err
	}
	if err := checkGiven(microsoft.System, way.required, nil); err != nil {
		return microsoft.Options{}, err
	}
	options := microsoft.Options{
		Environment:          s.environment.value,
		AuthorityHost:        s.authorityHost.value,
		GraphEndpoint:        s.graphEndpoint.value,
		MaxConcurrentTenants: s.maxConcurrentTenants.number(),
		Names:                s.namesFor(way),
		Masker:               s.masker,
		Transport:            transport,
		UserAgent:            userAgent,
	}
	way.configure(&options)
	return options, nil
}

// number returns the value, which check has validated, or 0 when it is not given: the client then uses its default.
func (s setting) number() int {
	n, _ := strconv.Atoi(s.value)
	return n
}

// flag returns the value, or byDefault when it is not given.
func (s setting) flag(byDefault bool) bool {
	if flag, err := strconv.ParseBool(s.value); err == nil {
		return flag
	}
	return byDefault
}

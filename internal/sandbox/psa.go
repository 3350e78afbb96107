// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// psaSwitches are the unknowns of the contract of the PSAs.
var psaSwitches = []Switch{
	{"connectwise-wrong-key", "psa.md §2.1", []string{"404", "401"}, SeenByWrongKey,
		"Status with which ConnectWise refuses a wrong company or key."},
	{"connectwise-cancelled-day", "psa.md §2.4", []string{"billed", "not-billed"}, SeenByWriting,
		"Whether cancelledDate of an addition is the last day that is billed, or the first that is not. Only an invoice shows which."},
	{"connectwise-approval", "psa.md §1", []string{"patch", "cancel-and-add"}, SeenByWriting,
		"What an approval in Gradient does to an addition in ConnectWise: its quantity changes, or it is cancelled and another one begins."},
	{"connectwise-effective", "psa.md §1", []string{"at-once", "next-month"}, SeenByWriting,
		"Whether an approval changes ConnectWise at once or from the first of the next month."},
	{"connectwise-product-condition", "psa.md §2.2", []string{"works", "refused"}, SeenByReading,
		"Whether product/id in the conditions on additions works or is refused with 400."},
	{"connectwise-limit", "psa.md §2.2", []string{"none", "60-a-minute"}, SeenByReading,
		"Whether ConnectWise answers 429 to more than 60 requests in a minute, with Retry-After in seconds."},
	{"connectwise-unset-dates", "psa.md §2.4", []string{"absent", "empty"}, SeenByReading,
		"Whether dates that are not set are absent or empty texts in ConnectWise."},
	{"autotask-unknown-user", "psa.md §3.1", []string{"500", "404", "401"}, SeenByWrongKey,
		"Status with which Autotask refuses the look-up of the zone of a user whom it does not know."},
	{"autotask-future-units", "psa.md §3.4", []string{"given", "left-out"}, SeenByReading,
		"Whether ContractServiceUnits has rows of future periods."},
	{"autotask-price", "psa.md §3.4", []string{"extended", "per-unit"}, SeenByReading,
		"Whether price and cost of a row of ContractServiceUnits are those of the row or of one unit."},
	{"autotask-refusal", "psa.md §3.1", []string{"429", "500"}, SeenByReading,
		"Status with which Autotask refuses a request beyond a limit: 10,000 in 60 minutes, three at a time for an endpoint."},
	{"autotask-hidden-contracts", "psa.md §3.4", []string{"none", "some"}, SeenByReading,
		"Whether the user's security level hides a contract, the last one, so that its rows are missing without an error."},
	{"halo-list-lines", "psa.md §4.2", []string{"all-fields", "no-quantity-fields"}, SeenByReading,
		"Whether the lines in HaloPSA's list of recurring invoices have all fields, or lack those that say whether a quantity is calculated."},
	{"halo-calculated-quantity", "psa.md §4.4", []string{"zero", "computed"}, SeenByReading,
		"Whether qty_order of a line that HaloPSA calculates is 0 or what it would bill today."},
	{"halo-page-size", "psa.md §4.2", []string{"1000", "100"}, SeenByReading,
		"The largest page_size of HaloPSA. A larger one gives a page of this size."},
}

// newPSACredentials makes credentials for the three PSAs.
func newPSACredentials() psa.Credentials {
	return psa.Credentials{
		ConnectWiseCompany:      "saltmarsh",
		ConnectWisePublicKey:    newSecret("connectwise-public"),
		ConnectWisePrivateKey:   newSecret("connectwise-private"),
		ConnectWiseClientID:     uuid.NewString(),
		AutotaskUsername:        "readback-" + newSecret("user")[:16] + "@saltmarsh-it.example",
		AutotaskSecret:          newSecret("autotask-secret"),
		AutotaskIntegrationCode: newSecret("autotask-code"),
		HaloTenant:              "saltmarsh",
		HaloClientID:            uuid.NewString(),
		HaloClientSecret:        newSecret("halo-client"),
	}
}

func (s *Server) newPSA(seed Seed, keys psa.Credentials) (*psa.PSA, error) {
	var products []psa.Product
	for _, name := range seed.PSA.Products {
		products = append(products, psa.Product{Name: name, Identifier: seed.PSA.Identifiers[name]})
	}
	for _, secret := range []string{keys.ConnectWisePrivateKey, keys.AutotaskSecret, keys.AutotaskIntegrationCode, keys.HaloClientSecret} {
		s.rememberSecret(secret)
	}
	made, err := psa.New(products, seed.PSA.Customers, psa.Options{
		Credentials: keys, Switch: s.switchValue, Now: s.clock, Remember: s.rememberSecret, AutotaskLimit: s.options.AutotaskLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return made, nil
}

// PSAEnv returns the environment variables that point a provider at one of the PSAs, in addition to [Server.Env].
func (s *Server) PSAEnv(name string) map[string]string {
	keys := s.Credentials().PSA
	switch name {
	case psa.ConnectWise:
		return map[string]string{
			"CONNECTWISE_BASE_URL": s.url, "CONNECTWISE_COMPANY": keys.ConnectWiseCompany, "CONNECTWISE_PUBLIC_KEY": keys.ConnectWisePublicKey,
			"CONNECTWISE_PRIVATE_KEY": keys.ConnectWisePrivateKey, "CONNECTWISE_CLIENT_ID": keys.ConnectWiseClientID,
		}
	case psa.Autotask:
		return map[string]string{
			"AUTOTASK_BASE_URL": s.url, "AUTOTASK_USERNAME": keys.AutotaskUsername, "AUTOTASK_SECRET": keys.AutotaskSecret,
			"AUTOTASK_INTEGRATION_CODE": keys.AutotaskIntegrationCode,
		}
	case psa.HaloPSA:
		return map[string]string{
			"HALOPSA_BASE_URL": s.url, "HALOPSA_TENANT": keys.HaloTenant, "HALOPSA_CLIENT_ID": keys.HaloClientID,
			"HALOPSA_CLIENT_SECRET": keys.HaloClientSecret,
		}
	}
	panic(mistake{fmt.Errorf("sandbox: no PSA is named %q, only %s", name, strings.Join(psa.Names, ", "))})
}

// ApproveCard approves the card of an account and a service in Gradient, which takes the number of the billing view to the PSA: psa.md §1.
// effective is "at-once" or "next-month", or empty for what Gradient says of each PSA. It panics when there is no such card.
func (s *Server) ApproveCard(accountID, service, effective string) {
	mustSucceed(s.approve(accountID, service, effective))
}

func (s *Server) approve(accountID, service, effective string) error {
	quantity, counted := s.BillingView()[accountID][service]
	if !counted {
		return fmt.Errorf("gradient shows no count of %q for the account %q", service, accountID)
	}
	customer, found := s.CustomerOf(accountID)
	if !found {
		return fmt.Errorf("the PSA has no customer for the account %q", accountID)
	}
	return s.psa.Approve(customer.ID, service, quantity, effective)
}

// ApproveCards approves the wanted cards: those counts of the billing view for which the PSA has a line. It returns their number.
func (s *Server) ApproveCards(effective string, wanted func(accountID, service string) bool) int {
	approved := 0
	for account, services := range s.BillingView() {
		for service := range services {
			if wanted(account, service) && s.approve(account, service, effective) == nil {
				approved++
			}
		}
	}
	return approved
}

// CustomerOf returns the customer of the PSA to whom a person maps an account: the one of its name, or else of the identifier that the
// company of its name has in CloudRadial.
func (s *Server) CustomerOf(accountID string) (psa.Customer, bool) {
	s.mu.Lock()
	name, identifier := "", ""
	if account := s.gradient.findAccount(accountID); account != nil {
		name = account.Name
	}
	for _, company := range s.cloudradial.companies {
		if company.Name == name {
			identifier = company.PSAIdentifier
		}
	}
	s.mu.Unlock()
	customers := s.psa.Customers()
	i := slices.IndexFunc(customers, func(c psa.Customer) bool { return c.Name == name })
	if i < 0 && identifier != "" {
		i = slices.IndexFunc(customers, func(c psa.Customer) bool { return c.Identifier == identifier })
	}
	if i < 0 {
		return psa.Customer{}, false
	}
	return customers[i], true
}

// PutCustomer adds a customer of the PSA, or replaces the one of its id.
func (s *Server) PutCustomer(customer psa.Customer) { mustSucceed(s.psa.Put(customer)) }

// RemoveCustomer removes a customer of the PSA. It panics when there is none of that id.
func (s *Server) RemoveCustomer(id int) { mustSucceed(s.psa.Remove(id)) }

// Billed returns what a PSA bills on a day: customer id → product → quantity.
func (s *Server) Billed(name string, on psa.Date) map[int]map[string]float64 {
	return s.psa.Billed(name, on)
}

// Violations returns what clients tried to write to a PSA, which the provider must only read.
func (s *Server) Violations() []string { return s.psa.Violations() }

func approveCards(s *Server, body struct {
	Account   string `json:"account"`
	Service   string `json:"service"`
	Effective string `json:"effective"`
}) error {
	known := []string{psa.EffectiveDefault, psa.EffectiveAtOnce, psa.EffectiveNextMonth}
	if !slices.Contains(known, body.Effective) {
		return errors.New("effective must be at-once or next-month")
	}
	if (body.Account == "") != (body.Service == "") {
		return errors.New("account and service belong together")
	}
	if body.Account == "" {
		s.ApproveCards(body.Effective, func(string, string) bool { return true })
		return nil
	}
	return s.approve(body.Account, body.Service, body.Effective)
}

func putCustomer(s *Server, customer psa.Customer) error { return s.psa.Put(customer) }

func removeCustomer(s *Server, query struct {
	ID queryNumber `json:"id"`
}) error {
	return s.psa.Remove(int(query.ID))
}

// showBilled answers what each PSA bills today, or on the day of the query.
func showBilled(s *Server, r *http.Request) (any, error) {
	on := s.psa.Today()
	if text := r.URL.Query().Get("on"); text != "" {
		on = psa.Date(text)
		if err := on.Check(); err != nil {
			return nil, err
		}
	}
	billed := map[string]any{"on": on, "customers": s.psa.Customers(), "violations": s.psa.Violations()}
	for _, name := range psa.Names {
		billed[name] = s.psa.Billed(name, on)
	}
	return billed, nil
}

package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// MapAccounts and MapServices do what a person does in the Gradient UI; with no names: all that there are. They and their
// like panic on an account or a service that does not exist, for a person could not have clicked it.
func (s *Server) MapAccounts(ids ...string) { s.setAccounts(mapped, ids) }

// UnmapAccounts removes the mapping of accounts. Counts that were accepted before are kept.
func (s *Server) UnmapAccounts(ids ...string) { s.setAccounts(unmapped, ids) }

// ExcludeAccounts takes accounts off the dashboard.
func (s *Server) ExcludeAccounts(ids ...string) { s.setAccounts(excluded, ids) }

// MapServices maps services, by name.
func (s *Server) MapServices(names ...string) { s.setServices(mapped, names) }

// UnmapServices removes the mapping of services.
func (s *Server) UnmapServices(names ...string) { s.setServices(unmapped, names) }

// ExcludeServices takes services off the dashboard.
func (s *Server) ExcludeServices(names ...string) { s.setServices(excluded, names) }

func (s *Server) setAccounts(state string, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.gradient.knownAccounts(ids); err != nil {
		panic("sandbox: " + err.Error())
	}
	for _, account := range s.gradient.accounts {
		if len(ids) == 0 || slices.Contains(ids, account.ID) {
			s.gradient.setMapped(account, state)
		}
	}
}

func (s *Server) setServices(state string, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.gradient.knownServices(names); err != nil {
		panic("sandbox: " + err.Error())
	}
	for _, service := range s.gradient.services {
		if len(names) == 0 || slices.Contains(names, service.Name) {
			service.Mapped = state
		}
	}
}

func (g *gradientState) knownAccounts(ids []string) error {
	var problems []error
	for _, id := range ids {
		if g.account(id) == nil {
			problems = append(problems, fmt.Errorf("no account has the id %q", id))
		}
	}
	return errors.Join(problems...)
}

func (g *gradientState) knownServices(names []string) error {
	var problems []error
	for _, name := range names {
		if !slices.ContainsFunc(g.services, func(service *Service) bool { return service.Name == name }) {
			problems = append(problems, fmt.Errorf("no service is named %q", name))
		}
	}
	return errors.Join(problems...)
}

func (g *gradientState) setMapped(account *gradientAccount, state string) {
	if account.Mapped == unmapped || account.mappingID == "" {
		g.madeMappings++
		account.mappingID = objectID(5, g.madeMappings)
	}
	account.Mapped = state
}

// autoMatch maps an account that nobody decided about when the PSA has exactly its name.
func (g *gradientState) autoMatch(account *gradientAccount) {
	if account.Mapped == unmapped && slices.Contains(g.psa.Accounts, account.Name) {
		g.setMapped(account, mapped)
	}
}

// AutoMatch maps accounts and services whose names equal a PSA name, character for character. Excluded ones stay excluded.
func (s *Server) AutoMatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gradient
	for _, account := range g.accounts {
		g.autoMatch(account)
	}
	for _, service := range g.services {
		if service.Mapped == unmapped && slices.Contains(g.psa.Products, service.Name) {
			service.Mapped = mapped
		}
	}
}

// Disconnect deletes the accounts with their mappings and counts, unmaps the services and makes the key invalid.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gradient
	g.connected = false
	g.status = statusInactive
	g.lastSynced = time.Time{}
	g.accounts = nil
	g.counts = map[string]map[string]float64{}
	g.view = map[string]map[string]float64{}
	for _, service := range g.services {
		service.Mapped = unmapped
	}
}

// Reconnect connects again: a new key (see Credentials) and a new integration id, inactive, without accounts. An integration
// that is still connected is disconnected first.
func (s *Server) Reconnect() {
	s.Disconnect()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradient.integrations++
	s.newPartnerKey()
}

// RegenerateKey makes the partner key invalid and issues a new one. All else is kept. It does not reconnect.
func (s *Server) RegenerateKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	connected := s.gradient.connected
	s.newPartnerKey()
	s.gradient.connected = connected
}

func (s *Server) newPartnerKey() {
	s.gradient.creds.GradientPartnerKey = secret("gradient-partner")
	s.gradient.connected = true
	s.handOutGradient(s.gradient.creds)
}

// Status is the integration's state: inactive, pending or active.
func (s *Server) Status() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.status
}

// SetStatus changes the state behind the API's back, also to what the API of today does not know.
func (s *Server) SetStatus(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradient.status = status
}

// Accounts lists the accounts that Gradient holds, in the order in which they were made.
func (s *Server) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	accounts := []Account{}
	for _, account := range s.gradient.accounts {
		accounts = append(accounts, account.Account)
	}
	return accounts
}

// Services lists the vendor's services, in the order in which they were made.
func (s *Server) Services() []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	services := []Service{}
	for _, service := range s.gradient.services {
		services = append(services, *service)
	}
	return services
}

// UnitCounts returns every count that Gradient has accepted: account id → service name → units. It includes what the
// billing view does not show, see BillingView. Services of one name are added up.
func (s *Server) UnitCounts() map[string]map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.named(s.gradient.counts, func(*gradientAccount, *Service) bool { return true })
}

// BillingView returns the counts that a person sees: what was accepted up to the last call without no_build, and what is
// mapped now.
func (s *Server) BillingView() map[string]map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.named(s.gradient.view, func(account *gradientAccount, service *Service) bool {
		return account.Mapped == mapped && service.Mapped == mapped
	})
}

// Rebuilds is how often the billing view was made anew: the accepted counts without no_build.
func (s *Server) Rebuilds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.rebuilds
}

// named turns counts by service id into counts by service name.
func (g *gradientState) named(counts map[string]map[string]float64, include func(*gradientAccount, *Service) bool) map[string]map[string]float64 {
	result := map[string]map[string]float64{}
	for accountID, units := range counts {
		for serviceID, count := range units {
			service := g.service(serviceID)
			if !include(g.account(accountID), service) {
				continue
			}
			if result[accountID] == nil {
				result[accountID] = map[string]float64{}
			}
			result[accountID][service.Name] += count
		}
	}
	return result
}

func cloneCounts(counts map[string]map[string]float64) map[string]map[string]float64 {
	clone := map[string]map[string]float64{}
	for account, units := range counts {
		clone[account] = maps.Clone(units)
	}
	return clone
}

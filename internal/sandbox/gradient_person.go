// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// MapAccounts maps accounts, as a person does in the Gradient UI; without ids, all accounts. Like the five methods below it panics on
// an account or a service that does not exist.
func (s *Server) MapAccounts(ids ...string) { s.setAccounts(mapped, ids) }

// UnmapAccounts removes the mapping of accounts. The switch gradient-unmapped-counts says whether their counts are kept.
func (s *Server) UnmapAccounts(ids ...string) { s.setAccounts(unmapped, ids) }

// ExcludeAccounts excludes accounts from the dashboard.
func (s *Server) ExcludeAccounts(ids ...string) { s.setAccounts(excluded, ids) }

// MapServices maps services, by name.
func (s *Server) MapServices(names ...string) { s.setServices(mapped, names) }

// UnmapServices removes the mapping of services.
func (s *Server) UnmapServices(names ...string) { s.setServices(unmapped, names) }

// ExcludeServices excludes services from the dashboard.
func (s *Server) ExcludeServices(names ...string) { s.setServices(excluded, names) }

func (s *Server) setAccounts(state string, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustSucceed(s.gradient.checkAccounts(ids))
	for _, account := range s.gradient.accounts {
		if len(ids) == 0 || slices.Contains(ids, account.ID) {
			s.gradient.setMapped(account, state)
			if state == unmapped && s.switchValue("gradient-unmapped-counts") == "drop" {
				delete(s.gradient.counts, account.ID)
			}
		}
	}
}

func (s *Server) setServices(state string, names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustSucceed(s.gradient.checkServices(names))
	for _, service := range s.gradient.services {
		if len(names) == 0 || slices.Contains(names, service.Name) {
			service.Mapped = state
			if state == unmapped && s.switchValue("gradient-unmapped-counts") == "drop" {
				s.gradient.dropCounts(service.ID)
			}
		}
	}
}

func (g *gradientState) dropCounts(serviceID string) {
	for _, units := range g.counts {
		delete(units, serviceID)
	}
}

// ReplaceAccounts makes accounts again under the same ids, mapped as before by a new mapping and without counts: gradient.md §8. Like the
// two methods below it panics on an account or a service that does not exist.
func (s *Server) ReplaceAccounts(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustSucceed(s.gradient.checkAccounts(ids))
	for _, id := range ids {
		account := s.gradient.findAccount(id)
		account.mappingID = ""
		s.gradient.setMapped(account, account.Mapped)
		delete(s.gradient.counts, id)
	}
}

// ReplaceServices gives services new ids behind the same names, without counts.
func (s *Server) ReplaceServices(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gradient
	mustSucceed(g.checkServices(names))
	for _, service := range g.services {
		if slices.Contains(names, service.Name) {
			g.dropCounts(service.ID)
			g.madeServices++
			service.ID = objectID(2, g.madeServices)
		}
	}
}

// DuplicateServices adds a mapped service of the same name for each of these, before all others in the list: gradient.md §3.3.
func (s *Server) DuplicateServices(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gradient
	mustSucceed(g.checkServices(names))
	for _, name := range names {
		g.addService(Service{Name: name, Description: name, Category: "productivity", Subcategory: "other", Mapped: mapped})
		last := len(g.services) - 1
		g.services = append([]*Service{g.services[last]}, g.services[:last]...)
	}
}

// SetLastSynced sets lastSyncedAt, as a count of another tool does: gradient.md §3.7.
func (s *Server) SetLastSynced(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradient.lastSynced = at
}

func (g *gradientState) checkAccounts(ids []string) error {
	var problems []error
	for _, id := range ids {
		if g.findAccount(id) == nil {
			problems = append(problems, fmt.Errorf("no account has the id %q", id))
		}
	}
	return errors.Join(problems...)
}

func (g *gradientState) checkServices(names []string) error {
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

// autoMatch maps an unmapped account when the PSA has exactly its name: gradient.md §8.
func (g *gradientState) autoMatch(account *gradientAccount) {
	if account.Mapped == unmapped && slices.Contains(g.psa.Accounts, account.Name) {
		g.setMapped(account, mapped)
	}
}

// AutoMatch maps unmapped accounts and services with exactly the name of one in the PSA.
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

// Disconnect deletes the accounts with their mappings and counts, unmaps the services and makes the key invalid: gradient.md §7.2.
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

// Reconnect disconnects, then connects with a new key (see [Server.Credentials]) and a new integration id, inactive and without accounts.
func (s *Server) Reconnect() {
	s.Disconnect()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradient.integrations++
	s.renewPartnerKey()
}

// RegenerateKey replaces the partner key and changes nothing else. It does not reconnect: gradient.md §7.2.
func (s *Server) RegenerateKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	connected := s.gradient.connected
	s.renewPartnerKey()
	s.gradient.connected = connected
}

func (s *Server) renewPartnerKey() {
	s.gradient.creds.GradientPartnerKey = newSecret("gradient-partner")
	s.gradient.connected = true
	s.rememberGradientSecrets(s.gradient.creds)
}

// Status returns the status of the integration.
func (s *Server) Status() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.status
}

// SetStatus sets the status of the integration without the API, also to a status that the API no longer accepts.
func (s *Server) SetStatus(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradient.status = status
}

// Accounts returns the accounts in the order of their creation.
func (s *Server) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	accounts := []Account{}
	for _, account := range s.gradient.accounts {
		accounts = append(accounts, account.Account)
	}
	return accounts
}

// Services returns the services of the vendor in the order of their creation.
func (s *Server) Services() []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	services := []Service{}
	for _, service := range s.gradient.services {
		services = append(services, *service)
	}
	return services
}

// UnitCounts returns the last accepted counts: account id → service name → units. Services of the same name are added up. Some of them
// may be missing in [Server.BillingView].
func (s *Server) UnitCounts() map[string]map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.nameCounts(s.gradient.counts, func(*gradientAccount, *Service) bool { return true })
}

// BillingView returns the counts that a person sees, as UnitCounts does: those accepted up to the last call without no_build, of
// accounts and services that are mapped now.
func (s *Server) BillingView() map[string]map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.nameCounts(s.gradient.view, func(account *gradientAccount, service *Service) bool {
		return account.Mapped == mapped && service.Mapped == mapped
	})
}

// Rebuilds returns the number of rebuilds of the billing view, one for each accepted count without no_build.
func (s *Server) Rebuilds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradient.rebuilds
}

// nameCounts returns counts by service name instead of service id.
func (g *gradientState) nameCounts(
	counts map[string]map[string]float64, include func(*gradientAccount, *Service) bool,
) map[string]map[string]float64 {
	result := map[string]map[string]float64{}
	for accountID, units := range counts {
		for serviceID, count := range units {
			service := g.findService(serviceID)
			if service == nil || g.findAccount(accountID) == nil || !include(g.findAccount(accountID), service) {
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

// PutService adds a service, or replaces the one of its id, as Gradient's support may: the API can do neither to an existing one.
func (s *Server) PutService(service Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.gradient.services {
		if held.ID == service.ID {
			*held = service
			return
		}
	}
	s.gradient.addService(service)
}

package sandbox

import "net/http"

// microsoftSwitches are the unknowns of the Microsoft contract.
var microsoftSwitches = []Switch{}

// microsoftState is what the Microsoft upstream holds; Server.mu guards it.
type microsoftState struct{}

func newMicrosoftState(seed Seed, creds Credentials) *microsoftState { return &microsoftState{} }

// serveMicrosoft answers /v1.0/… and the sign-in paths. The caller does not hold mu; the body has been read and can be read again.
func (s *Server) serveMicrosoft(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}

// PutTenant adds or replaces a tenant, PutSKU a product of a tenant (by id or domain), RemoveSKU and RemoveTenant remove.
func (s *Server) PutTenant(tenant Tenant)             {}
func (s *Server) RemoveTenant(tenant string)          {}
func (s *Server) PutSKU(tenant string, sku SKU)       {}
func (s *Server) RemoveSKU(tenant, partNumber string) {}

// SetSeats sets the enabled seats of a product, as a purchase does.
func (s *Server) SetSeats(tenant, partNumber string, seats int) {}

// WithdrawConsent and GrantConsent are what an administrator of the tenant does.
func (s *Server) WithdrawConsent(tenant string) {}
func (s *Server) GrantConsent(tenant string)    {}

package sandbox

import "net/http"

const gradientBase = "/api/vendor-api"

// States of an integration that the vendor API knows.
const (
	statusInactive = "inactive"
	statusPending  = "pending"
	statusActive   = "active"
)

// What a person has done with an account or a service.
const (
	unmapped = ""
	mapped   = "mapped"
	excluded = "excluded"
)

var gradientSwitches = []Switch{}

type gradientState struct {
	creds Credentials
}

func newGradientState(seed Seed, creds Credentials) *gradientState {
	return &gradientState{creds: creds}
}

func (s *Server) serveGradient(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}

// MapAccounts and MapServices do what a person does in the Gradient UI; with no names: all that there are.
func (s *Server) MapAccounts(ids ...string)       {}
func (s *Server) UnmapAccounts(ids ...string)     {}
func (s *Server) ExcludeAccounts(ids ...string)   {}
func (s *Server) MapServices(names ...string)     {}
func (s *Server) UnmapServices(names ...string)   {}
func (s *Server) ExcludeServices(names ...string) {}

// AutoMatch maps accounts and services whose names equal a PSA name, character for character.
func (s *Server) AutoMatch() {}

// Disconnect deletes the accounts and their mappings and makes the key invalid; Reconnect issues a new one (see Credentials), with a
// new integration id, inactive.
func (s *Server) Disconnect() {}
func (s *Server) Reconnect()  {}

// RegenerateKey makes the partner key invalid and issues a new one.
func (s *Server) RegenerateKey() {}

// Status is the integration's state; SetStatus changes it behind the API's back.
func (s *Server) Status() string          { return "" }
func (s *Server) SetStatus(status string) {}

// Accounts, Services and UnitCounts show what Gradient holds. UnitCounts: account id → service name → units, excluded ones too.
func (s *Server) Accounts() []Account                       { return nil }
func (s *Server) Services() []Service                       { return nil }
func (s *Server) UnitCounts() map[string]map[string]float64 { return nil }

// Rebuilds is how often the billing view was made anew.
func (s *Server) Rebuilds() int { return 0 }

package sandbox

import "net/http"

// cloudradialSwitches are the unknowns of the CloudRadial contract.
var cloudradialSwitches = []Switch{}

// cloudradialState is what the CloudRadial upstream holds; Server.mu guards it.
type cloudradialState struct{}

func newCloudRadialState(seed Seed, creds Credentials) *cloudradialState { return &cloudradialState{} }

// serveCloudRadial answers /v2/… and /compatibility/…. The caller does not hold mu; the body has been read and can be read again.
func (s *Server) serveCloudRadial(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}

// PutCompany adds or replaces a CloudRadial company, RemoveCompany removes one.
func (s *Server) PutCompany(company Company) {}
func (s *Server) RemoveCompany(id int)       {}

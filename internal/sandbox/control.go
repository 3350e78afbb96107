package sandbox

import "net/http"

const controlBase = "/_sandbox"

func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package endtoend

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const manyServices = `
resource "cloudradial_license_mappings" "this" {
  services = { for i in range(30) : format("Service %02d", i) => { skus = ["SKU_${i}"] } }
}
`

// TestCtrlCWhileServicesAreCreated, while Gradient has made the sixth and not answered yet: what was made is kept, what is not
// created is one error, and none is created twice, because none can be removed.
func TestCtrlCWhileServicesAreCreated(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sandbox.Seed{}, sandbox.Options{}, manyServices)
	e.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Path: "/service$", Skip: 5, Times: 1, Kind: "slow", Delay: time.Hour})
	out := e.signalWhen(func() bool { return len(e.sandbox.Services()) == 6 }, interrupt, "apply", "-auto-approve")
	if made := len(e.sandbox.Services()); made != 6 {
		t.Fatalf("Gradient holds %d services after Ctrl-C, want the six that it took:\n%s", made, out)
	}
	if !strings.Contains(out, "services are not created (25)") || !strings.Contains(out, "The run was cancelled") || !strings.Contains(out, "- and 15 more") {
		t.Errorf("it does not say what is not created:\n%s", out)
	}
	if state := e.run(0, "state", "show", "cloudradial_license_mappings.this"); !strings.Contains(state, `"Service 04" = {`) || strings.Contains(state, `"Service 05" = {`) {
		t.Errorf("the state does not have what was made:\n%s", state)
	}
	e.run(0, "apply", "-auto-approve")
	e.run(0, "plan", "-detailed-exitcode")
	names := map[string]bool{}
	for _, service := range e.sandbox.Services() {
		if names[service.Name] {
			t.Errorf("%s is there twice", service.Name)
		}
		names[service.Name] = true
	}
	if len(names) != 30 {
		t.Errorf("Gradient holds %d services, want 30", len(names))
	}
}

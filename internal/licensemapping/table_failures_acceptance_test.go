// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// TestLicenseMappingsAskOnceWhatConcernsAll counts the requests of a creation that fails. A failure of one service does not stop the
// others; one that concerns all stops them.
func TestLicenseMappingsAskOnceWhatConcernsAll(t *testing.T) {
	t.Parallel()
	const oneFails, allFail = `Error: Service "A" is not created`, "Error: Creation stopped: services are not created (4)"
	list := `Fix this, then apply again. - "A" - "B" - "C" - "D"`
	for name, test := range map[string]struct {
		fault         sandbox.Fault
		posts         int
		message, also string
		held          []string
	}{
		"400": {sandbox.Fault{Status: 400, Times: 1}, 4, oneFails, "", []string{"B", "C", "D"}},
		"404": {sandbox.Fault{Status: 404, Times: 1}, 4, oneFails, "", []string{"B", "C", "D"}},
		"409": {sandbox.Fault{Status: 409, Times: 1}, 4, oneFails, "", []string{"B", "C", "D"}},
		"422": {sandbox.Fault{Status: 422, Times: 1}, 4, oneFails, "", []string{"B", "C", "D"}},
		"401": {sandbox.Fault{Status: 401}, 1, allFail, list, nil},
		"402": {sandbox.Fault{Status: 402}, 1, allFail, list, nil},
		"403": {sandbox.Fault{Status: 403}, 1, allFail, list, nil},
		"429": {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "600"}}, 1, allFail, list, nil},
		// Unclear: looked for, and not sent again.
		"503":              {sandbox.Fault{Status: 503}, 1, allFail, list, nil},
		"a cut connection": {sandbox.Fault{Kind: "reset"}, 1, allFail, list, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
			test.fault.System, test.fault.Method, test.fault.Body = sandbox.Gradient, http.MethodPost, `{"message":"no"}`
			s.Inject(test.fault)
			w := providertest.NewWorkspace(t, providertest.Block(s)+licensesBlock(fourServices))
			out := w.Run("apply", "-auto-approve")
			out.Expect(t, 1, test.message, test.also)
			if posts := len(providertest.Writes(s)); posts != test.posts || strings.Count(out.Text, "Error: ") != 1 {
				t.Errorf("%d POSTs, want %d, and one error:\n%s", posts, test.posts, out.Raw)
			}
			expectHeld(t, s, test.held...)
		})
	}
}

// sixtyNames are "S00" to "S59".
func sixtyNames() []string {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("S%02d", i))
	}
	return names
}

// sixty is a table of these services, with the same arguments each.
func sixty(arguments string) string {
	var rows []string
	for _, name := range sixtyNames() {
		rows = append(rows, fmt.Sprintf("%q = { %s }", name, arguments))
	}
	return licensesBlock(rows...)
}

// TestLicenseMappingsFoldWhatIsWrongAtPlan makes one mistake in sixty rows.
func TestLicenseMappingsFoldWhatIsWrongAtPlan(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	var once, more sandbox.Seed
	for _, name := range sixtyNames() {
		service := sandbox.Service{Name: name, Category: "backup", Subcategory: "other", Description: name}
		once.Services = append(once.Services, service)
		more.Services = append(more.Services, service, service)
	}
	full, twice := providertest.Start(t, once, sandbox.Options{}), providertest.Start(t, more, sandbox.Options{})
	w := providertest.NewWorkspace(t, "")
	for _, test := range []struct {
		server     *sandbox.Server
		rows, kind string
	}{
		{s, sixty(`basis = "assigned"`), "Error: Services have no SKUs"},
		{s, sixty(`skus = ["SPB"]`), "Warning: Services will be in Gradient for good"},
		{s, sixty(`skus = ["SPBB"]`), "Warning: Services have SKUs that Microsoft's table does not list"},
		{s, sixty(`skus = ["FLOW_FREE"]`), "Warning: Services have free SKUs"},
		{full, sixty(`skus = ["SPB"], category = "security"`), "Warning: Services differ from the configuration"},
		{twice, sixty(`skus = ["SPB"]`), "Error: Services have the same name in Gradient"},
		{full, sixty(`skus = ["SPB"]`), "1 to add"},
	} {
		w.Write("main.tf", providertest.Block(test.server)+test.rows)
		out := w.Run("plan")
		if want := strings.HasPrefix(test.kind, "Error"); (out.Code == 1) != want {
			t.Errorf("%s: exit code %d:\n%s", test.kind, out.Code, out.Raw)
		}
		if test.kind == "1 to add" {
			out.Expect(t, 0, test.kind)
			continue
		}
		out.ExpectFolded(t, test.kind, 60)
	}
	w.Apply()
	providertest.ExpectWrites(t, full)
	for _, service := range once.Services {
		full.PutService(service)
	}
	w.Must("plan").ExpectFolded(t, "Warning: Services have the same name in Gradient", 60)

	w.Write("main.tf", providertest.Block(full)+licensesBlock())
	w.Must("plan").ExpectFolded(t, "Warning: Services stay in Gradient", 60)
	w.Write("main.tf", providertest.Block(s)+sixty(`skus = ["SPB"]`))
	w.Must("plan").ExpectFolded(t, "Warning: Services are gone from Gradient", 60)
	providertest.ExpectWrites(t, s)
}

// TestLicenseMappingsFoldWhatFailsAtApply has Gradient, or another mapping, refuse each of sixty rows.
func TestLicenseMappingsFoldWhatFailsAtApply(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{}, sandbox.Options{})
	block := providertest.Block(s)
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: http.MethodPost, Status: 400, Body: `{"message":"odd"}`})
	w := providertest.NewWorkspace(t, block+sixty(`skus = ["SPB"]`))
	w.Run("apply", "-auto-approve").ExpectFolded(t, "Error: Services are not created", 60)
	s.ClearFaults()

	w.Write("main.tf", block+strings.Replace(sixty(`skus = ["SPB"]`), "services =", "depends_on = [cloudradial_license_mapping.own]\n  services =", 1)+`
resource "cloudradial_license_mapping" "own" {
  for_each = toset([for i in range(60) : format("S%02d", i)])
  service  = each.key
  skus     = ["SPE_E3"]
}
`)
	out := w.Run("apply", "-auto-approve")
	out.ExpectFolded(t, "Error: Services are in two license mappings", 60)
	out.ExpectFolded(t, "Warning: Services are in two license mappings", 60)
	if got := len(s.Services()); got != 60 {
		t.Errorf("Gradient holds %d services, want 60", got)
	}
}

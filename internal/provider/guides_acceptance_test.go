package provider_test

import (
	"os"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Each guide of examples/guides is here, or in a test that its comment names: what a guide shows must plan.
func TestTheGuides(t *testing.T) {
	t.Parallel()
	guides := map[string]func(t *testing.T, w *providertest.Workspace, s *sandbox.Server){
		"one-or-many": nil, // TestMovingBetweenOneAndMany
		"getting-started": func(t *testing.T, _ *providertest.Workspace, _ *sandbox.Server) {
			// TestTheModuleEstate applies it.
			if !strings.Contains(read(t, modules+"estate/README.md"), read(t, examples+"guides/getting-started/main.tf")) {
				t.Error("the README of the module estate shows another configuration")
			}
		},
		"guard": func(t *testing.T, w *providertest.Workspace, s *sandbox.Server) {
			w.Write("provider.tf", providertest.Block(s))
			w.Write("counts.json", `{}`)
			w.Must("plan", "-var=approved=k7m2q5xdab")
		},
		"state-and-secrets": func(t *testing.T, w *providertest.Workspace, s *sandbox.Server) {
			skipBefore(t, w, 10, 11, "ephemeral variables")
			keys := s.Credentials()
			w.Must("plan", "-out=saved", "-var=vendor_api_key="+keys.GradientVendorKey, "-var=partner_api_key="+keys.GradientPartnerKey)
			w.Must("show", "-json", "saved").ExpectNo(t, keys.GradientVendorKey, keys.GradientPartnerKey)
		},
	}
	folders, err := os.ReadDir(examples + "guides")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		test, ok := guides[folder.Name()]
		if !ok {
			t.Errorf("no test plans examples/guides/%s", folder.Name())
		}
		if test == nil {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, read(t, examples+"guides/"+folder.Name()+"/main.tf"))
			test(t, w, providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{}))
		})
	}
}

package publication_test

import (
	"os"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The example as it is printed, from Microsoft to CloudRadial: seats that change, and a tenant that cannot be read for a while.
func TestTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/resources/cloudradial_license_publication/resource.tf")
	if err != nil {
		t.Fatal(err)
	}
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+string(example))
	w.Apply()
	w.ExpectNoChanges()
	published := rows(s)
	if len(published) < 3 {
		t.Fatalf("CloudRadial has %q", published)
	}

	s.WithdrawConsent("brightwaterdental.example")
	s.ClearRequests()
	w.Apply().Expect(t, 0, "1 account with unknown counts", "stay as they are: - brightwater")
	providertest.ExpectWritePaths(t, s)
	expectRows(t, s, published...)

	s.GrantConsent("brightwaterdental.example")
	s.SetSeats("cedargrove.example", "SPE_E3", 77)
	s.ClearRequests()
	w.Apply().Expect(t, 0, "-> 77")
	if wrote := providertest.WritePaths(s); len(wrote) != 1 {
		t.Errorf("wrote %q", wrote)
	}
	w.ExpectNoChanges()
	w.Must("destroy", "-auto-approve")
	expectRows(t, s)
}

package gradient_test

import (
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func TestTheClientKnowsWhatItCreated(t *testing.T) {
	t.Parallel()
	server, err := sandbox.New(sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "old", Name: "Old"}},
		Services: []sandbox.Service{{Name: "Old", Description: "Old", Category: "other", Subcategory: "other"}},
	}, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	keys := server.Credentials()
	client, err := gradient.New(gradient.Options{
		BaseURL: server.HTTPURL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey, RequestsPerSecond: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAccount(t.Context(), gradient.Account{ID: "new", Name: "New"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAccount(t.Context(), gradient.Account{ID: "old", Name: "Old"}); err != nil {
		t.Fatal(err)
	}
	created, err := client.CreateService(t.Context(), gradient.Service{Name: "New", Description: "New", Category: "other", Subcategory: "other"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.CreateService(t.Context(), gradient.Service{Name: "Old", Description: "Old", Category: "other", Subcategory: "other"})
	if err != nil {
		t.Fatal(err)
	}
	if !client.CreatedAccount("new") || client.CreatedAccount("old") {
		t.Error("only the account new was created")
	}
	if !client.CreatedService(created.ID) || client.CreatedService(found.ID) {
		t.Error("only the service New was created")
	}
}

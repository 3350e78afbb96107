// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"crypto/x509"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// connect starts a sandbox and returns a client of it, over HTTPS.
func connect(t *testing.T, seed sandbox.Seed, options sandbox.Options) (*sandbox.Server, *Client) {
	t.Helper()
	server, err := sandbox.New(seed, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, clientOf(t, server)
}

func clientOf(t *testing.T, server *sandbox.Server) *Client {
	t.Helper()
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys := server.Credentials()
	client, err := New(Options{BaseURL: server.URL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey,
		RequestsPerSecond: 100, Transport: rest.NewTransport(roots), minWait: time.Millisecond, settleDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestSandboxLife goes once through the life of an integration.
func TestSandboxLife(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]map[string]string{
		"defaults":   nil,
		"2023":       {"gradient-account-shape": "2023", "gradient-accounts-post-status": "200", "gradient-never-synced": "null"},
		"dynamic":    {"gradient-account-shape": "dynamic", "gradient-validation-message": "string"},
		"other 404s": {"gradient-unmapped-service-message": "account-map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := connect(t, sandbox.Seed{}, sandbox.Options{Switches: switches})
			ctx := t.Context()
			integration, err := client.Integration(ctx)
			if err != nil || integration.ID == "" || integration.Status != StatusInactive || !integration.LastSyncedAt.IsZero() {
				t.Fatal(integration, err)
			}
			if accounts, err := client.Accounts(ctx); err != nil || len(accounts) != 0 {
				t.Fatal(accounts, err)
			}
			if integration, err = client.SetStatus(ctx, StatusPending); err != nil || integration.Status != StatusPending || server.Status() != "pending" {
				t.Fatal(integration, err)
			}
			account, err := client.CreateAccount(ctx, Account{ID: "acme", Name: "Acme", Description: "d"})
			if err != nil || account.Name != "Acme" || account.Description != "d" {
				t.Fatal(account, err)
			}
			account.Name = "Acme Inc."
			if account, err = client.UpdateAccount(ctx, account); err != nil || account.Name != "Acme Inc." || account.Description != "d" {
				t.Fatal(account, err)
			}
			service, err := client.CreateService(ctx, Service{Name: "E3", Description: "d", Category: "productivity", Subcategory: "other", SupportContact: "c"})
			if err != nil || service.ID == "" || service.Name != "E3" || service.SupportContact != "c" {
				t.Fatal(service, err)
			}
			held, heldErr := client.Accounts(ctx)
			fresh, freshErr := clientOf(t, server).Accounts(ctx)
			if heldErr != nil || freshErr != nil || len(held) != 1 || held[0].Name != fresh[0].Name || len(fresh) != 1 {
				t.Errorf("held %+v %v, fresh %+v %v", held, heldErr, fresh, freshErr)
			}
			services, err := clientOf(t, server).Services(ctx)
			if mine, _ := client.Services(ctx); err != nil || !reflect.DeepEqual(services, mine) {
				t.Errorf("held %+v, fresh %+v %v", mine, services, err)
			}

			if err := client.SetUnitCount(ctx, service.ID, "acme", 7); !errors.Is(err, ErrNotMapped) || rest.Status(err) != 404 {
				t.Errorf("before the mapping: %v", err)
			}
			server.MapAccounts()
			if err := client.SetUnitCount(ctx, service.ID, "acme", 7); !errors.Is(err, ErrNotMapped) {
				t.Errorf("before the service is mapped: %v", err)
			}
			server.MapServices()
			if err := client.SetUnitCount(ctx, service.ID, "acme", 7); err != nil {
				t.Error(err)
			}
			if err := client.SetUnitCount(ctx, service.ID, "acme", 0); err != nil {
				t.Error(err)
			}
			if got, want := server.UnitCounts(), map[string]map[string]float64{"acme": {"E3": 0}}; !reflect.DeepEqual(got, want) {
				t.Errorf("counts %v", got)
			}
			again := clientOf(t, server)
			if integration, err = again.Integration(ctx); err != nil || integration.Status != StatusActive || time.Since(integration.LastSyncedAt) > time.Hour {
				t.Error(integration, err)
			}
			accounts, err := again.Accounts(ctx)
			if err != nil || len(accounts) != 1 || (accounts[0].IsMapped == nil) != (name == "2023") || accounts[0].IsMapped != nil && !*accounts[0].IsMapped {
				t.Errorf("%+v %v", accounts, err)
			}
		})
	}
}

// TestSandboxBadDays has the upstream fail while something is created, carried out or not.
func TestSandboxBadDays(t *testing.T) {
	t.Parallel()
	const accounts, service, count = "organization/accounts$", "/service$", "/count$"
	for name, fault := range map[string]sandbox.Fault{
		"429":                {Times: 2, Status: 429, Header: map[string]string{"Retry-After": "0.01"}},
		"503":                {Times: 1, Status: 503},
		"503, carried out":   {Times: 1, Kind: "after", Status: 503},
		"reset":              {Times: 1, Kind: "reset"},
		"reset, carried out": {Times: 1, Kind: "reset-after"},
		"cut off":            {Times: 1, Kind: "cut-off"},
		"a page":             {Times: 1, Kind: "after", Status: 200, Body: "<html><title>Proxy</title></html>", Header: map[string]string{"Content-Type": "text/html"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := connect(t, sandbox.Seed{Status: "pending"}, sandbox.Options{})
			fault.System, fault.Method = sandbox.Gradient, "POST"
			for _, path := range []string{accounts, service, count} {
				fault.Path = path
				server.Inject(fault)
			}
			ctx := t.Context()
			if _, err := client.CreateAccount(ctx, Account{ID: "acme", Name: "Acme"}); err != nil {
				t.Error(err)
			}
			wanted := Service{Name: "E3", Description: "E3", Category: "productivity", Subcategory: "other"}
			made, err := client.CreateService(ctx, wanted)
			if len(server.Services()) == 0 { // what was not carried out is an error, because a creation is never repeated
				if !rest.Ambiguous(err) {
					t.Errorf("got %v", err)
				}
				made, err = client.CreateService(ctx, wanted)
			}
			if err != nil {
				t.Fatal(err)
			}
			server.MapAccounts()
			server.MapServices()
			err = client.SetUnitCount(ctx, made.ID, "acme", 3)
			if unreadable := name == "a page"; (err != nil) != unreadable || rest.Ambiguous(err) != unreadable {
				t.Error(err)
			}
			if got := server.UnitCounts()["acme"]["E3"]; got != 3 || len(server.Accounts()) != 1 || len(server.Services()) != 1 {
				t.Errorf("count %v, accounts %v, services %v", got, server.Accounts(), server.Services())
			}
		})
	}
}

func TestSandboxAdoptsAndRefuses(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []string{"atomic", "partial"} {
		server, client := connect(t, sandbox.Seed{Status: "pending"}, sandbox.Options{Switches: map[string]string{"gradient-duplicate-accounts": duplicates}})
		other := clientOf(t, server)
		if _, err := client.Accounts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := other.CreateAccount(t.Context(), Account{ID: "acme", Name: "Acme"}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.CreateAccount(t.Context(), Account{ID: "acme", Name: "Acme"}); err != nil {
			t.Errorf("%s: the same name: %v", duplicates, err)
		}
		var taken *TakenError
		if _, err := client.CreateAccount(t.Context(), Account{ID: "acme", Name: "ACME"}); !errors.As(err, &taken) || taken.Existing.Name != "Acme" {
			t.Errorf("%s: another name: %v", duplicates, err)
		}
		if got := server.Accounts(); len(got) != 1 || got[0].Name != "Acme" {
			t.Errorf("%s: %+v", duplicates, got)
		}
	}
}

func TestSandboxDisconnected(t *testing.T) {
	t.Parallel()
	server, client := connect(t, sandbox.Seed{Status: "active"}, sandbox.Options{})
	server.RegenerateKey()
	if _, err := client.Integration(t.Context()); rest.Status(err) != 401 {
		t.Error(err)
	}
	if _, err := clientOf(t, server).Integration(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSandboxAcceptsEveryCategory checks the two enumerations against the sandbox's own.
func TestSandboxAcceptsEveryCategory(t *testing.T) {
	t.Parallel()
	server, client := connect(t, sandbox.Seed{}, sandbox.Options{})
	for i, subcategory := range Subcategories {
		service := Service{Name: subcategory, Description: "d", Category: Categories[i%len(Categories)], Subcategory: subcategory}
		if _, err := client.CreateService(t.Context(), service); err != nil {
			t.Error(err)
		}
	}
	if got := len(server.Services()); got != 46 {
		t.Errorf("%d services", got)
	}
}

func TestSandboxIsNeverAskedTooOften(t *testing.T) {
	t.Parallel()
	const limit, pushes = 100, 250
	const most = limit * 5 / 4 // a busy machine holds requests up on their way
	server, client := connect(t, sandbox.Seed{Status: "pending"}, sandbox.Options{RateLimit: most, Latency: 30 * time.Millisecond})
	if _, err := client.CreateAccount(t.Context(), Account{ID: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	service, err := client.CreateService(t.Context(), Service{Name: "E3", Description: "E3", Category: "productivity", Subcategory: "other"})
	if err != nil {
		t.Fatal(err)
	}
	server.MapAccounts()
	server.MapServices()
	var group errgroup.Group
	group.SetLimit(50)
	start := time.Now()
	for units := range pushes {
		group.Go(func() error { return client.SetUnitCount(t.Context(), service.ID, "acme", int64(units)) })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("took %s", took)
	}
	for _, request := range server.Requests() {
		if request.Status == 429 {
			t.Fatalf("asked more than %d times in a second", most)
		}
	}
}

func TestTheClientKnowsWhatItCreated(t *testing.T) {
	t.Parallel()
	_, client := connect(t, sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "old", Name: "Old"}},
		Services: []sandbox.Service{{Name: "Old", Description: "Old", Category: "other", Subcategory: "other"}},
	}, sandbox.Options{})
	if _, err := client.CreateAccount(t.Context(), Account{ID: "new", Name: "New"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAccount(t.Context(), Account{ID: "old", Name: "Old"}); err != nil {
		t.Fatal(err)
	}
	created, err := client.CreateService(t.Context(), Service{Name: "New", Description: "New", Category: "other", Subcategory: "other"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.CreateService(t.Context(), Service{Name: "Old", Description: "Old", Category: "other", Subcategory: "other"})
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

// Two runners that create the same services at the same time make duplicates, which nothing can remove: at least one of the two says so in
// the same run, and creates no more.
func TestTwoRunnersSayWhichServicesAreDuplicates(t *testing.T) {
	t.Parallel()
	server, first := connect(t, sandbox.Seed{}, sandbox.Options{Latency: 5 * time.Millisecond})
	names := []string{"A", "B", "C", "D", "E", "F", "G", "H"}
	said := make([]map[string]bool, 2)
	var group errgroup.Group
	for i, client := range []*Client{first, clientOf(t, server)} {
		said[i] = map[string]bool{}
		group.Go(func() error {
			for _, name := range names {
				_, err := client.CreateService(t.Context(), Service{Name: name, Description: name, Category: "other", Subcategory: "other"})
				if duplicate, is := errors.AsType[*DuplicateError](err); is {
					said[i][duplicate.Name] = true
				} else if err != nil && !errors.Is(err, ErrOtherRun) {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for _, service := range server.Services() {
		made[service.Name]++
	}
	duplicates := 0
	for _, name := range names {
		if made[name] > 1 {
			duplicates++
		}
		if made[name] > 1 && !said[0][name] && !said[1][name] {
			t.Errorf("nobody says that %s is there %d times", name, made[name])
		}
	}
	if duplicates > 2 || len(made) != len(names) {
		t.Errorf("%d of %d are duplicates: the runners went on", duplicates, len(made))
	}
}

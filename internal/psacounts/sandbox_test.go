// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/autotask"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/connectwise"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/halopsa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	sandboxpsa "github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// The sandbox and the clients were written from the same contract, and by different hands.

func startSandbox(t *testing.T, seed sandbox.Seed, options sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.New(seed, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// readerOf returns a client of one of the sandbox's PSAs, without a pace.
func readerOf(t *testing.T, s *sandbox.Server, name string) psa.Reader {
	t.Helper()
	return readerThrough(t, s, name, nil)
}

// readerThrough is [readerOf] with a recorder of what is asked and answered.
func readerThrough(t *testing.T, s *sandbox.Server, name string, recorder *transcript.Recorder) psa.Reader {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	env, transport, pace := s.PSAEnv(name), recorder.Transport(name, rest.NewTransport(roots)), 1000
	var reader psa.Reader
	switch name {
	case sandboxpsa.Autotask:
		reader, err = autotask.New(autotask.Options{
			BaseURL: env["AUTOTASK_BASE_URL"], Username: env["AUTOTASK_USERNAME"], Secret: env["AUTOTASK_SECRET"], IntegrationCode: env["AUTOTASK_INTEGRATION_CODE"],
			RequestsPerSecond: pace, Transport: transport,
		})
	case sandboxpsa.ConnectWise:
		reader, err = connectwise.New(connectwise.Options{
			BaseURL: env["CONNECTWISE_BASE_URL"], Company: env["CONNECTWISE_COMPANY"], PublicKey: env["CONNECTWISE_PUBLIC_KEY"],
			PrivateKey: env["CONNECTWISE_PRIVATE_KEY"], ClientID: env["CONNECTWISE_CLIENT_ID"], RequestsPerSecond: pace, Transport: transport,
		})
	default:
		reader, err = halopsa.New(halopsa.Options{
			BaseURL: env["HALOPSA_BASE_URL"], Tenant: env["HALOPSA_TENANT"], ClientID: env["HALOPSA_CLIENT_ID"], ClientSecret: env["HALOPSA_CLIENT_SECRET"],
			RequestsPerSecond: pace, Transport: transport,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

// countSandbox reads every customer of the sandbox by id, and counts every product.
func countSandbox(t *testing.T, s *sandbox.Server, seed sandbox.Seed, name string, on psa.Date) (*reading, error) {
	t.Helper()
	var accounts []account
	for _, customer := range seed.PSA.Customers {
		accounts = append(accounts, account{strconv.Itoa(customer.ID), strconv.Itoa(customer.ID)})
	}
	services := map[string][]string{}
	for _, customer := range seed.PSA.Customers {
		for _, agreement := range customer.Agreements {
			for _, line := range agreement.Lines {
				identifier := seed.PSA.Identifiers[line.Product]
				if identifier == "" {
					identifier = line.Product
				}
				services[line.Product] = []string{identifier}
			}
		}
	}
	r, err := read(t.Context(), readerOf(t, s, name), accounts, psa.DateOf(time.Now()), on)
	if err == nil {
		r.count(services, nil)
	}
	return r, err
}

// Every PSA, with each value of each of its switches, gives what it bills, or no number. It never gives a smaller one.
func TestEverySwitchGivesTheBilledNumberOrNone(t *testing.T) {
	t.Parallel()
	today := psa.DateOf(time.Now())
	days := []psa.Date{today, today.FirstOfNextMonth()}
	settings := map[string]string{} // name=value → PSA
	for _, s := range sandbox.Switches {
		for _, name := range sandboxpsa.Names {
			if strings.HasPrefix(s.Name, strings.TrimSuffix(name, "psa")) {
				for _, value := range s.Values {
					settings[s.Name+"="+value] = name
				}
			}
		}
	}
	if len(settings) != 2*14+3 {
		t.Fatalf("%d settings", len(settings))
	}
	without := map[string]string{ // what has no number, and on which days
		"autotask-hidden-contracts=some": "4120", "autotask-future-units=left-out": "next month",
	}
	for _, setting := range slices.Sorted(maps.Keys(settings)) {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			seed := sandbox.DefaultSeed()
			name, value, _ := strings.Cut(setting, "=")
			s := startSandbox(t, seed, sandbox.Options{Switches: map[string]string{name: value}})
			for i, on := range days {
				r, err := countSandbox(t, s, seed, settings[setting], on)
				if err != nil {
					t.Fatal(err)
				}
				billed := s.Billed(settings[setting], sandboxpsa.Date(on))
				for _, a := range r.accounts {
					id, _ := strconv.Atoi(a.id)
					counts := r.counts[a.id]
					if counts == nil {
						if without[setting] != a.id {
							t.Errorf("%s has no counts on %s: %v", a.id, on, r.failed[a.id])
						}
						continue
					}
					unknown := 0
					for product, want := range billed[id] {
						switch got := counts[product]; {
						case got == nil:
							unknown++
						case *got != want:
							t.Errorf("%s has %v of %s on %s, want %v", a.id, *got, product, on, want)
						}
					}
					if expected := without[setting] == "next month" && i == 1; unknown > 0 != expected || len(counts) != len(billed[id]) {
						t.Errorf("%s on %s: %d of %d are unknown, %d are billed", a.id, on, unknown, len(counts), len(billed[id]))
					}
				}
			}
			if wrote := s.Violations(); len(wrote) > 0 {
				t.Errorf("the client wrote: %q", wrote)
			}
		})
	}
}

// An approval reaches the numbers on the day on which it takes effect, however the PSA stores it.
func TestApprovalsArrive(t *testing.T) {
	t.Parallel()
	today := psa.DateOf(time.Now())
	for name, switches := range map[string]map[string]string{
		"autotask": nil, "halopsa": nil, "connectwise": nil,
		"connectwise, cancelled and added":   {"connectwise-approval": "cancel-and-add"},
		"connectwise, the day is not billed": {"connectwise-approval": "cancel-and-add", "connectwise-cancelled-day": "not-billed"},
		"connectwise, next month":            {"connectwise-approval": "cancel-and-add", "connectwise-effective": "next-month"},
		"connectwise, next month, the day is not billed": {
			"connectwise-approval": "cancel-and-add", "connectwise-effective": "next-month", "connectwise-cancelled-day": "not-billed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			system, _, _ := strings.Cut(name, ",")
			const product = "Microsoft 365 Business Premium"
			seed := sandbox.DefaultSeed()
			seed.Status = "active"
			seed.Accounts = []sandbox.Account{{ID: "brightwater", Name: "Brightwater Dental", Mapped: "mapped"}}
			seed.Services = []sandbox.Service{{ID: "64f002000000000000000001", Name: product, Mapped: "mapped"}}
			s := startSandbox(t, seed, sandbox.Options{Switches: switches})
			approveOne(t, s, product)
			for _, on := range []psa.Date{today, today.FirstOfNextMonth()} {
				r, err := countSandbox(t, s, seed, system, on)
				if err != nil {
					t.Fatal(err)
				}
				want := s.Billed(system, sandboxpsa.Date(on))[4102][product]
				if got := r.counts["4102"][product]; got == nil || *got != want {
					t.Errorf("%s: got %v, want %v", on, got, want)
				}
			}
		})
	}
}

// approveOne has 15 units of Premium for Brightwater in Gradient, as the provider would send them, and approves the card.
func approveOne(t *testing.T, s *sandbox.Server, product string) {
	t.Helper()
	keys := s.Credentials()
	request, err := http.NewRequest(http.MethodPost, s.HTTPURL()+"/api/vendor-api/service/64f002000000000000000001/count", strings.NewReader(`{"accountId":"brightwater","unitCount":15}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("GRADIENT-TOKEN", base64.StdEncoding.EncodeToString([]byte(keys.GradientVendorKey+":"+keys.GradientPartnerKey)))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusCreated {
		t.Fatal(err, answer)
	}
	s.ApproveCard("brightwater", product, "")
}

// A limit that is reached, and a wrong key, are errors of all.
func TestLimitsAndKeys(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	today := psa.DateOf(time.Now())
	s := startSandbox(t, seed, sandbox.Options{AutotaskLimit: 3, Switches: map[string]string{"autotask-refusal": "500"}})
	if _, err := countSandbox(t, s, seed, "autotask", today); rest.Status(err) != http.StatusInternalServerError {
		t.Errorf("got %v", err)
	}
}

// A transcript of a PSA names nobody and has no key. Quantities, dates and the words of the API stay.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	today := psa.DateOf(time.Now())
	for name, kept := range map[string][]string{
		transcript.Autotask:    {"/ContractServiceUnits/query", `units`, `startDate`, "zoneInformation?user="},
		transcript.ConnectWise: {"/apis/3.0/finance/agreements/", `quantity`, `Billable`},
		transcript.HaloPSA:     {"/api/RecurringInvoice?includelines=true", `qty_order`, "/auth/token?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSandbox(t, seed, sandbox.Options{})
			env := s.PSAEnv(name)
			var keys []string
			for variable, value := range env {
				if !strings.HasSuffix(variable, "_URL") {
					keys = append(keys, value)
				}
			}
			path := filepath.Join(t.TempDir(), "run.har")
			recorder, err := transcript.Open(transcript.Options{Path: path, Secrets: keys, Lasting: keys})
			if err != nil {
				t.Fatal(err)
			}
			r, err := read(t.Context(), readerThrough(t, s, name, recorder), []account{{"brightwater", "4102"}}, today, today)
			if err != nil || len(r.lines["brightwater"]) == 0 {
				t.Fatal(err, r)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			hidden := slices.Concat(keys, []string{"halo-token", "Bearer ", "Basic "})
			for _, customer := range seed.PSA.Customers {
				hidden = append(hidden, customer.Name, customer.Identifier, customer.Agreements[0].Name, fmt.Sprintf(":%d,", customer.ID), fmt.Sprintf(":%d}", customer.ID))
			}
			for _, one := range hidden {
				if strings.Contains(text, one) {
					t.Errorf("it has %q", one)
				}
			}
			for _, one := range append(kept, "127.0.0.1") {
				if !strings.Contains(text, one) {
					t.Errorf("it has no %q", one)
				}
			}
			if strings.Contains(text, "left-out") {
				t.Error("an exchange is left out")
			}
		})
	}
}

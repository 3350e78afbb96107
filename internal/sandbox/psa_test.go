// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// billable is one mapped account with a count in Gradient, and its customer in the PSA under another name.
func billable(t *testing.T) *sandbox.Server {
	t.Helper()
	seed := sandbox.Seed{
		Status:    "active",
		Companies: []sandbox.Company{{ID: 1, Name: "Acme", PSAIdentifier: "ACME"}},
		Accounts:  []sandbox.Account{{ID: "a", Name: "Acme", Mapped: "mapped"}, {ID: "b", Name: "Other", Mapped: "mapped"}},
		Services:  []sandbox.Service{{ID: "64f002000000000000000001", Name: "Premium", Mapped: "mapped"}},
		PSA: sandbox.PSA{Customers: []psa.Customer{{ID: 41, Identifier: "ACME", Name: "Acme Inc.", Agreements: []psa.Agreement{
			{Name: "A", Starts: "2026-01-01", Lines: []psa.Line{{Product: "Premium", Quantity: 3}}}}}}},
	}
	s := start(t, seed, sandbox.Options{})
	keys := s.Credentials()
	for _, account := range []string{"a", "b"} {
		request, err := http.NewRequest("POST", s.HTTPURL()+"/api/vendor-api/service/64f002000000000000000001/count", strings.NewReader(`{"accountId":"`+account+`","unitCount":5}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("GRADIENT-TOKEN", base64.StdEncoding.EncodeToString([]byte(keys.GradientVendorKey+":"+keys.GradientPartnerKey)))
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != 201 {
			t.Fatalf("count: %d %s", answer.StatusCode, text)
		}
	}
	return s
}

func TestControlApprovesCards(t *testing.T) {
	t.Parallel()
	s := billable(t)
	billed := func(name string) float64 { return s.Billed(name, "2026-11-28")[41]["Premium"] }
	for part, body := range map[string]string{
		"shows no count":  `{"account":"a","service":"Basic"}`,
		"has no customer": `{"account":"b","service":"Premium"}`,
		"belong together": `{"account":"a"}`,
		"effective must":  `{"effective":"tomorrow"}`,
	} {
		if got := control(t, s, "POST", "/approve", body, 400); !strings.Contains(got, part) {
			t.Errorf("%s: %s", body, got)
		}
	}
	control(t, s, "POST", "/approve", `{"account":"a","service":"Premium","effective":"next-month"}`, 200)
	if billed(psa.ConnectWise) != 3 {
		t.Errorf("an approval from next month on bills %g now", billed(psa.ConnectWise))
	}
	control(t, s, "POST", "/approve", `{"effective":"at-once"}`, 200)
	today := psa.Date(s.Requests()[0].At.UTC().Format("2006-01-02"))
	if got := s.Billed(psa.Autotask, today)[41]["Premium"]; got != 5 {
		t.Errorf("an approval at once bills %g", got)
	}
	for wanted, want := range map[string]int{"a": 1, "b": 0} { // b has no customer in the PSA
		if n := s.ApproveCards("", func(account, _ string) bool { return account == wanted }); n != want {
			t.Errorf("%d cards of %s were approved", n, wanted)
		}
	}
	if got := control(t, s, "GET", "/psa?on=2030-01-01", "", 200); !strings.Contains(got, `"Premium": 5`) || !strings.Contains(got, `"on": "2030-01-01"`) {
		t.Errorf("PSA: %s", got)
	}
	control(t, s, "GET", "/psa?on=tomorrow", "", 400)
	control(t, s, "POST", "/customer", `{"id":42,"name":"New","agreements":[{"name":"A","starts":"2026-01-01","lines":[{"product":"Basic","quantity":2}]}]}`, 200)
	if got := s.Billed(psa.HaloPSA, today)[42]["Basic"]; got != 2 {
		t.Errorf("a new customer is billed %g", got)
	}
	control(t, s, "DELETE", "/customer?id=42", "", 200)
	control(t, s, "DELETE", "/customer?id=42", "", 400)
}

// The customers of the built-in MSP are the accounts of its PSA, and what they are billed are its products.
func TestSeedBillsItsAccounts(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	var names []string
	for _, customer := range seed.PSA.Customers {
		names = append(names, customer.Name)
		for _, agreement := range customer.Agreements {
			for _, line := range agreement.Lines {
				if !slices.Contains(seed.PSA.Products, line.Product) {
					t.Errorf("%s is billed %q, which is no product", customer.Name, line.Product)
				}
			}
		}
	}
	if !slices.Equal(names, seed.PSA.Accounts) {
		t.Errorf("customers %q, accounts %q", names, seed.PSA.Accounts)
	}
	for _, company := range seed.Companies {
		i := slices.IndexFunc(seed.PSA.Customers, func(c psa.Customer) bool { return c.ID == company.PSAKey })
		if i >= 0 && seed.PSA.Customers[i].Identifier != company.PSAIdentifier {
			t.Errorf("%s is %s in the PSA", company.Name, seed.PSA.Customers[i].Identifier)
		}
	}
}

// A client that writes to a PSA is refused, and the write is remembered beside the request.
func TestPSARemembersWrites(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	for _, path := range []string{"/v4_6_release/apis/3.0/finance/agreements", "/zone7/atservicesrest/v1.0/Contracts", "/api/RecurringInvoice"} {
		answer, err := http.Post(s.HTTPURL()+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != 405 || !slices.Contains(s.Violations(), "POST "+path) {
			t.Errorf("POST %s: %d, violations %q", path, answer.StatusCode, s.Violations())
		}
	}
	if got := s.Requests()[0].System; got != psa.ConnectWise {
		t.Errorf("recorded as %s", got)
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestEnumerations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		want   int
	}{"categories": {Categories, 7}, "subcategories": {Subcategories, 46}} {
		seen := map[string]bool{}
		for _, value := range tc.values {
			seen[value] = true
		}
		if len(seen) != tc.want || len(tc.values) != tc.want {
			t.Errorf("%d %s, want %d", len(seen), name, tc.want)
		}
	}
}

func TestServicesOfOneName(t *testing.T) {
	t.Parallel()
	_, client := play(t, map[string][]reply{getVendor: {ok(`{"data":{"skus":[{"id":"a","name":"E3"},{"id":"b","name":"E3"},{"id":"c","name":"e3"}]}}`)}})
	named, err := client.ServicesNamed(t.Context(), "E3")
	if err != nil || len(named) != 2 || named[0].ID != "a" || named[1].ID != "b" {
		t.Error(named, err)
	}
	if service, found, err := client.ServiceWithID(t.Context(), "c"); !found || err != nil || service.Name != "e3" {
		t.Error(service, found, err)
	}
	if _, found, _ := client.ServiceWithID(t.Context(), "d"); found {
		t.Error("an id that is not there is found")
	}
}

// A creation is asked for once, whatever the answer is (rule 15).
func TestCreateService(t *testing.T) {
	t.Parallel()
	newAs := func(names ...string) reply {
		body := `{"skus":[{"id":"s1","name":"Other"}`
		for i, name := range names {
			body += fmt.Sprintf(`,{"id":"s%d","name":%q}`, i+2, name)
		}
		return reply{status: 201, body: body + "]}"}
	}
	unclear := reply{status: 500}
	cases := map[string]struct {
		post  reply
		reads []reply // after the first, which lacks the service
		read  int     // how often the catalogue is read
		want  string
	}{
		"created":                       {newAs("E3"), nil, 1, ""},
		"created, wrapped":              {ok(vendorWith), nil, 1, ""},
		"created beside another one":    {reply{status: 201, body: `{"skus":[{"id":"s3","name":"New"},{"id":"s2","name":"E3"}]}`}, nil, 1, ""},
		"created, twice":                {newAs("E3", "E3"), nil, 1, `Gradient has 2 services named "E3", with the ids s2, s3`},
		"stored under another name":     {newAs("e 3"), nil, 1, `Gradient stored it as "e 3", with the id s2`},
		"the answer lags":               {reply{status: 201, body: `{"skus":[{"id":"s1","name":"Other"}]}`}, []reply{ok(vendorWithout), ok(vendorWithout), ok(vendorWith)}, 4, ""},
		"the answer lags, another name": {reply{status: 201, body: `{"skus":[]}`}, []reply{ok(`{"data":{"skus":[{"id":"s1","name":"Other"},{"id":"s2","name":"e-3"}]}}`)}, 2, `Gradient stored it as "e-3"`},
		"never listed":                  {reply{status: 201, body: `{"skus":[]}`}, []reply{ok(vendorWithout)}, 5, "does not list it; it is not created again"},
		"refused":                       {reply{status: 400, body: `{"message":"bad category"}`}, nil, 1, "bad category"},
		"conflict, there":               {reply{status: 409, body: gone}, []reply{ok(vendorWith)}, 2, ""},
		"conflict, not there":           {reply{status: 409, body: gone}, []reply{ok(vendorWithout)}, 2, "409"},
		"conflict, not readable":        {reply{status: 409, body: gone}, []reply{ok(`{}`)}, 2, "reading the services again failed"},
		"unclear, carried out":          {reply{status: 504}, []reply{ok(vendorWith)}, 2, ""},
		"unclear, carried out late":     {reply{status: 504}, []reply{ok(vendorWithout), ok(vendorWith)}, 3, ""},
		"unclear, another name":         {unclear, []reply{ok(`{"data":{"skus":[{"id":"s1","name":"Other"},{"id":"s2","name":"New"}]}}`)}, 3, "500"},
		"cut, carried out":              {reply{cut: true}, []reply{ok(vendorWith)}, 2, ""},
		"not an answer, carried out":    {ok(`{}`), []reply{ok(vendorWith)}, 2, ""},
		"unclear without end":           {unclear, []reply{ok(vendorWithout)}, 3, "500"},
		"unclear, not readable":         {unclear, []reply{ok(`{}`)}, 2, `unknown whether service "E3" exists`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{postService: {tc.post}, getVendor: append([]reply{ok(vendorWithout)}, tc.reads...)})
			got, err := client.CreateService(t.Context(), Service{Name: "E3", Description: "d", Category: "productivity", Subcategory: "other"})
			if sent, read := s.count("POST"), s.count("GET"); sent != 1 || read != tc.read {
				t.Errorf("sent %d and read %d times, want 1 and %d", sent, read, tc.read)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || got.ID != "s2" {
				t.Fatalf("got %+v, %v", got, err)
			}
			// A service that a 409 refused to create is another caller's.
			if ours := name != "conflict, there"; client.CreatedService(got.ID) != ours {
				t.Errorf("created by this client: %v, want %v", !ours, ours)
			}
			if held, err := client.ServicesNamed(t.Context(), "E3"); err != nil || len(held) != 1 || held[0] != got {
				t.Errorf("the shared list has %+v, %v", held, err)
			}
			want := `POST /api/vendor-api/service {"name":"E3","description":"d","category":"productivity","subcategory":"other"}`
			if s.count(want) != 1 || s.count("GET") != tc.read {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

// What Gradient may have made of a name keeps it from being created again, in this run and in each later one.
func TestStoredFormsAreNotCreatedAgain(t *testing.T) {
	t.Parallel()
	const long = "Microsoft 365 Business Premium for Charities and Schools"
	for name, test := range map[string]struct {
		held   Service
		wanted string
		blocks bool
	}{
		"escaped":                    {Service{Name: "Phones &amp; Lines"}, "Phones & Lines", true},
		"trimmed":                    {Service{Name: "E5"}, "E5\u00a0", true},
		"white space made one space": {Service{Name: "Microsoft 365 E5"}, "Microsoft  365\u00a0E5", true},
		"cut in a word":              {Service{Name: long[:38]}, long, true},
		"cut between words":          {Service{Name: long[:30], Description: long}, long, true},
		"cut and escaped":            {Service{Name: "A &amp; B", Description: "A &amp; B &amp; C"}, "A & B & C", true},
		"a shorter name":             {Service{Name: "Microsoft 365 Business", Description: "Microsoft 365 Business"}, "Microsoft 365 Business Premium", false},
		"a short name":               {Service{Name: "Micro"}, "Microsoft", false},
		"an old one with a space":    {Service{Name: "E5 "}, "E5", false},
		"another case":               {Service{Name: "e5"}, "E5", false},
		"another name":               {Service{Name: "E3"}, "E5", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.held.ID = "s1"
			if got := test.held.IsStoredForm(Service{Name: test.wanted}); got != test.blocks {
				t.Fatalf("%t, want %t", got, test.blocks)
			}
			if !test.blocks {
				return
			}
			list, _ := json.Marshal(map[string]any{"data": map[string]any{"skus": []any{map[string]string{"id": "s1", "name": test.held.Name, "description": test.held.Description}}}}) //nolint:errchkjson // plain strings
			s, client := play(t, map[string][]reply{getVendor: {ok(string(list))}})
			_, err := client.CreateService(t.Context(), Service{Name: test.wanted})
			var stored *StoredAsError
			if !errors.As(err, &stored) || stored.Stored.ID != "s1" || s.count("POST") != 0 {
				t.Errorf("got %v after %q", err, s.asked)
			}
		})
	}
}

// Another runner may have created the service since the catalogue was read for the plan.
func TestTheCatalogueIsReadRightBeforeACreation(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{getVendor: {ok(vendorWithout), ok(vendorWith)}})
	if services, err := client.Services(t.Context()); err != nil || len(services) != 1 {
		t.Fatal(services, err)
	}
	if got, err := client.CreateService(t.Context(), Service{Name: "E3"}); err != nil || got.ID != "s2" || s.count("POST") != 0 || client.CreatedService("s2") {
		t.Errorf("got %v, %v after %q", got, err, s.asked)
	}
}

// A list that lags behind does not make this client forget what it created.
func TestALaggingListKeepsWhatWasCreated(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{postService: {{status: 201, body: bareWith}}, getVendor: {ok(vendorWithout)}})
	for range 2 {
		if got, err := client.CreateService(t.Context(), Service{Name: "E3"}); err != nil || got.ID != "s2" {
			t.Fatal(got, err)
		}
		client.services.Forget()
	}
	if services, err := client.Services(t.Context()); err != nil || len(services) != 2 || s.count("POST") != 1 {
		t.Errorf("%v, %v after %q", services, err, s.asked)
	}
}

// Gradient may hold another form of a name than Terraform, which turns each string into NFC.
func TestNamesAreReadInNFC(t *testing.T) {
	t.Parallel()
	const nfd, nfc = "Cafe\u0301", "Caf\u00e9"
	s, client := play(t, map[string][]reply{getVendor: {ok(`{"data":{"skus":[{"id":"s1","name":"` + nfd + `","description":"` + nfd + `"}]}}`)},
		getAccounts: {ok(`[{"id":"a","name":"` + nfd + `","description":"` + nfd + `"}]`)}})
	if got, err := client.CreateService(t.Context(), Service{Name: nfc}); err != nil || got.ID != "s1" || got.Description != nfc || s.count("POST") != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := client.CreateAccount(t.Context(), Account{ID: "a", Name: nfc}); err != nil || got.Description != nfc || s.count("POST") != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNamesThatNobodyCanSee(t *testing.T) {
	t.Parallel()
	for name, clean := range map[string]string{
		"E5": "E5", "E5 ": "E5", "\u00a0E5\t": "E5", "\u200bE5\ufeff": "E5", "A B": "A B", "\u2028E5": "E5", " \u00ad ": "",
	} {
		if got := CleanName(name); got != clean {
			t.Errorf("%+q is cleaned to %+q, want %+q", name, got, clean)
		}
	}
	for name, want := range map[string]bool{"E5": false, "Zoë & Co. KG": false, "a\nb": true, "\x1b[31m": true, "a\u2028b": true, "\u202eabc": true, "a\x07": true} {
		if got := HasControl(name); got != want {
			t.Errorf("%+q has a control character: %t, want %t", name, got, want)
		}
	}
}

func TestAServiceIsNotCreatedTwice(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{postService: {{status: 201, body: bareWith}}, getVendor: {ok(vendorWithout)}})
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if got, err := client.CreateService(t.Context(), Service{Name: "E3"}); err != nil || got.ID != "s2" {
				t.Error(got, err)
			}
		})
	}
	wait.Wait()
	if s.count("POST") != 1 {
		t.Errorf("asked %q", s.asked)
	}
}

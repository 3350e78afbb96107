// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

func TestPrivateStateIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := gradientIDs{Integration: "i", Active: true, Services: map[string]string{"S": "s1"}, Retry: []string{"S"}, Ambiguous: []string{"T"}, Accounts: map[string]accountNote{
		"a": {mappingID: "m:1", shown: mappedYes}, "b": {shown: mappedNo, accepted: true}, "c": {shown: mappedUnknown, retry: true},
	}}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got gradientIDs
	if err := json.Unmarshal(raw, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{`{"accounts":{"a":""}}`, `{"accounts":{"a":":m"}}`} {
		if json.Unmarshal([]byte(bad), &got) == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// Every apply and refresh writes it, and the state of some backends is limited.
func TestPrivateStateIsSmall(t *testing.T) {
	t.Parallel()
	mapped := true
	up := upstream{integration: gradient.Integration{ID: "64f004000000000000000001"}, listed: true, accounts: map[string]gradient.Account{}, services: map[string][]gradient.Service{}}
	for i := range 1000 {
		id := fmt.Sprintf("customer-with-a-long-name-%04d", i)
		up.accounts[id] = gradient.Account{ID: id, IsMapped: &mapped, MappingID: fmt.Sprintf("64f005%018x", i)}
	}
	for i := range 50 {
		name := fmt.Sprintf("Microsoft 365 Business Premium (no Teams) %02d", i)
		up.services[name] = []gradient.Service{{ID: fmt.Sprintf("64f002%018x", i), Name: name}}
	}
	refused := pushState{unmapped: billing.Ledger{}} // all of them, before anybody has mapped anything
	for account := range up.accounts {
		for service := range up.services {
			refused.unmapped[at(account, service)] = 1
		}
	}
	raw, err := json.Marshal([]any{
		up.idsAfterRefresh(pushState{}, map[billing.Pair]loss{}, gradientIDs{}), untaken{}.afterPush(pushState{}, refused, outcome{}),
	})
	if each := len(raw) / 1050; err != nil || each >= 100 {
		t.Errorf("%d bytes for each account and service, %v", each, err)
	}
}

// Rule 3: what is untaken owes no farewell, so nothing may be that Gradient accepted, or may have accepted.
func TestRule3WhatIsUntaken(t *testing.T) {
	t.Parallel()
	refused := func(pairs ...billing.Pair) pushState {
		state := pushState{counts: billing.Counts{}, unmapped: billing.Ledger{}}
		for _, pair := range pairs {
			state.unmapped[pair] = 1
		}
		return state
	}
	ledger := pushState{counts: billing.Counts{"a": {"S": 1}}}
	for name, test := range map[string]struct {
		known         untaken
		before, after pushState
		done          outcome
		want          untaken
	}{
		"refused on the first push":  {after: refused(at("a", "S")), want: untaken{Accounts: []string{"a"}, Services: []string{"S"}}},
		"refused again":              {known: untaken{Accounts: []string{"a"}}, before: refused(at("a", "S")), after: refused(at("a", "S")), want: untaken{Accounts: []string{"a"}}},
		"refused, and not new":       {before: refused(at("a", "S")), after: refused(at("a", "S"))},
		"not refused any more":       {known: untaken{Accounts: []string{"a"}, Services: []string{"S"}}, before: refused(at("a", "S"))},
		"the account has a count":    {before: ledger, after: refused(at("a", "T")), want: untaken{Services: []string{"T"}}},
		"the service has a count":    {before: ledger, after: refused(at("b", "S")), want: untaken{Accounts: []string{"b"}}},
		"the account takes another":  {after: refused(at("a", "T")), done: outcome{accepted: []billing.Push{push("a", "S", 1, billing.Changed)}}, want: untaken{Services: []string{"T"}}},
		"it is unclear":              {after: refused(at("a", "S")), done: outcome{unclear: []billing.Push{push("a", "S", 1, billing.Changed)}}},
		"refused in another way":     {after: refused(at("a", "S")), done: outcome{failed: []failure{{Push: push("a", "S", 1, billing.Changed)}}}},
		"the farewell of another is": {known: untaken{Accounts: []string{"a"}}, before: refused(at("a", "S"), at("a", "T")), after: refused(at("a", "S")), done: outcome{accepted: []billing.Push{push("a", "T", 0, billing.Farewell)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.known.afterPush(test.before, test.after, test.done)
			if !slices.Equal(got.Accounts, test.want.Accounts) || !slices.Equal(got.Services, test.want.Services) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

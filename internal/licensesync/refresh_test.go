// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

func TestRule9LossOf(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	bound := func(note accountNote) gradientIDs {
		return gradientIDs{Services: map[string]string{"S": "s1"}, Accounts: map[string]accountNote{"a": note}}
	}
	for name, test := range map[string]struct {
		account  gradient.Account
		services []gradient.Service
		known    gradientIDs
		want     loss
	}{
		"nothing changed":                       {gradient.Account{IsMapped: &yes, MappingID: "m1"}, []gradient.Service{{ID: "s1"}}, bound(accountNote{mappingID: "m1"}), notLost},
		"another mapping":                       {gradient.Account{IsMapped: &yes, MappingID: "m2"}, []gradient.Service{{ID: "s1"}}, bound(accountNote{mappingID: "m1"}), replaced},
		"the mapping is not shown any more":     {gradient.Account{}, []gradient.Service{{ID: "s1"}}, bound(accountNote{mappingID: "m1"}), notLost},
		"the mapping is shown for once":         {gradient.Account{IsMapped: &yes, MappingID: "m1"}, []gradient.Service{{ID: "s1"}}, bound(accountNote{}), notLost},
		"another service":                       {gradient.Account{}, []gradient.Service{{ID: "s2"}}, bound(accountNote{}), replaced},
		"a second service":                      {gradient.Account{}, []gradient.Service{{ID: "s2"}, {ID: "s1"}}, bound(accountNote{}), notLost},
		"no service":                            {gradient.Account{}, nil, bound(accountNote{}), gone},
		"not mapped":                            {gradient.Account{IsMapped: &no}, []gradient.Service{{ID: "s1"}}, bound(accountNote{}), unmapped},
		"not mapped, and accepted all the same": {gradient.Account{IsMapped: &no}, []gradient.Service{{ID: "s1"}}, bound(accountNote{accepted: true}), notLost},
		"mapped after that":                     {gradient.Account{IsMapped: &yes}, []gradient.Service{{ID: "s1"}}, bound(accountNote{accepted: true}), replaced},
		"lost ids":                              {gradient.Account{}, []gradient.Service{{ID: "s1"}}, gradientIDs{}, replaced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := upstream{accounts: map[string]gradient.Account{"a": test.account}, services: map[string][]gradient.Service{"S": test.services}}
			if got := up.lossOf(at("a", "S"), test.known); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
			if got := up.lossOf(billing.Pair{Account: "b", Service: "S"}, test.known); got != gone {
				t.Errorf("an account that is not listed: got %d", got)
			}
		})
	}
}

// A taint loses the ids of the ledger. What the successor did not push must not be bound to a mapping that may be a new one.
func TestRule9ATaintBindsHeldCountsToNothing(t *testing.T) {
	t.Parallel()
	yes, ofA := true, at("a", "S")
	up := upstream{
		accounts: map[string]gradient.Account{"a": {IsMapped: &yes, MappingID: "m2"}}, services: map[string][]gradient.Service{"S": {{ID: "s1"}}}, listed: true,
	}
	before := gradientIDs{Services: map[string]string{"S": "s1"}, Accounts: map[string]accountNote{"a": {mappingID: "m1", shown: mappedYes}}}
	accepted := outcome{accepted: []billing.Push{push("a", "S", 5, billing.Changed)}}
	for name, test := range map[string]struct {
		known   gradientIDs
		desired billing.Counts
		done    outcome
		want    loss
	}{
		"unknown, and the ids are lost":  {gradientIDs{}, billing.Counts{"a": nil}, outcome{}, replaced},
		"unknown, and bound before":      {before, billing.Counts{"a": nil}, outcome{}, replaced},
		"pushed again":                   {gradientIDs{}, billing.Counts{"a": {"S": 5}}, accepted, notLost},
		"counted, and not pushed, bound": {before, billing.Counts{"a": {"S": 5}}, outcome{}, replaced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := test.known.afterPush(up, billing.Task{Ledger: billing.Ledger{ofA: 5}, Desired: test.desired}, test.done)
			if got := up.lossOf(ofA, ids); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

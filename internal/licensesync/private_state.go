// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/text/unicode/norm"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// Keys of private state. When they are lost, counts are pushed or lists are read once more; no count is lost.
const (
	pendingKey  = "pending"
	idsKey      = "ids"
	instanceKey = "instance"
	untakenKey  = "untaken"
	// destroyKey is in the private state of a plan that destroys the sync, and not in that of a plan that replaces it. It has the pairs
	// that the destroy leaves to another sync.
	destroyKey = "destroy"
)

// pending is what an earlier run or the refresh left to do and the ledger does not show.
type pending struct {
	// Inactive is true when counts were not pushed because the integration was inactive.
	Inactive bool `json:"inactive,omitempty"`
	// Full is true when a full push (rule 5) is pending.
	Full bool `json:"full,omitempty"`
	// Repush is true when everything is pushed once because the integration fell from active to pending (rule 9).
	Repush bool `json:"repush,omitempty"`
	// Next and NextZero are the first count and the first zero that the last run did not send because Gradient refused everything. The next
	// run begins with them (rule 7).
	Next     *billing.Pair `json:"next,omitempty"`
	NextZero *billing.Pair `json:"next_zero,omitempty"`
	// Awaited are the refused pairs for which farewells wait (rule 3).
	Awaited []billing.Pair `json:"awaited,omitempty"`
}

// gradientIDs are Gradient's own ids of what the ledger names, so that a count is bound to the service and the mapping that accepted it
// (rule 9), and so that an apply with few changes reads no lists. The refresh writes them for everything that Gradient lists.
type gradientIDs struct {
	Integration string `json:"integration"`
	// Active is true when the integration was active at our last look, or before it became inactive.
	Active   bool                   `json:"active,omitempty"`
	Services map[string]string      `json:"services"` // service name → id
	Accounts map[string]accountNote `json:"accounts"` // account id → what Gradient showed
	// Retry lists the services that appeared after a count of theirs was refused.
	Retry []string `json:"retry,omitempty"`
	// Ambiguous lists the names that several services have, none of which holds the ledger.
	Ambiguous []string `json:"ambiguous,omitempty"`
}

// accountNote is what Gradient showed of an account.
type accountNote struct {
	mappingID string
	shown     mapped
	// accepted is true when a count was accepted although Gradient showed the account as not mapped.
	accepted bool
	// retry is true when the account was mapped after a count of it was refused, so that it is worth to push again.
	retry bool
}

// mapped is whether Gradient shows an account as mapped.
type mapped byte

const (
	mappedUnknown mapped = '?'
	mappedYes     mapped = 'y'
	mappedNo      mapped = 'n'
)

// MarshalText writes the note in a few bytes, because an integration can have thousands of accounts: "y:" and the mapping's id.
func (n accountNote) MarshalText() ([]byte, error) {
	text := string(rune(n.shown))
	if n.accepted {
		text += "a"
	}
	if n.retry {
		text += "r"
	}
	return []byte(text + ":" + n.mappingID), nil
}

// UnmarshalText reads what [accountNote.MarshalText] wrote.
func (n *accountNote) UnmarshalText(text []byte) error {
	flags, mappingID, found := strings.Cut(string(text), ":")
	if !found || flags == "" {
		return fmt.Errorf("%q is not a note about an account", text)
	}
	*n = accountNote{mappingID: mappingID, shown: mapped(flags[0]), accepted: strings.Contains(flags, "a"), retry: strings.Contains(flags, "r")}
	return nil
}

// cover reports whether these are the ids of all that an integration has.
func (k gradientIDs) cover(integration string) bool {
	return k.Integration == integration && len(k.Accounts) > 0
}

// isKnown reports whether the ids of every pair are known. An account id that has several forms in Unicode has to be read again, because
// Gradient must get its own spelling (rule 15).
func (k gradientIDs) isKnown(integration string, pushes []billing.Push) bool {
	return k.Integration == integration && !slices.ContainsFunc(pushes, func(push billing.Push) bool {
		_, account := k.Accounts[push.Account]
		_, service := k.Services[push.Service]
		return !account || !service || !norm.NFD.IsNormalString(push.Account)
	})
}

// retries reports whether something changed in Gradient since a count of the pair was refused.
func (k gradientIDs) retries(pair billing.Pair) bool {
	return k.Accounts[pair.Account].retry || slices.Contains(k.Retry, pair.Service)
}

// ambiguousIn returns the services of the pushes that are ambiguous, sorted.
func (k gradientIDs) ambiguousIn(pushes []billing.Push) []string {
	return slices.DeleteFunc(slices.Clone(k.Ambiguous), func(name string) bool {
		return !slices.ContainsFunc(pushes, func(push billing.Push) bool { return push.Service == name })
	})
}

// pairs returns every account with every service.
func (k gradientIDs) pairs() []billing.Pair {
	pairs := make([]billing.Pair, 0, len(k.Accounts)*len(k.Services))
	for account := range k.Accounts {
		for service := range k.Services {
			pairs = append(pairs, billing.Pair{Account: account, Service: service})
		}
	}
	return pairs
}

// fellToPending reports whether an integration that was active is pending now.
func (k gradientIDs) fellToPending(status gradient.Status) bool {
	return k.Active && status == gradient.StatusPending
}

func (k gradientIDs) clone() gradientIDs {
	clone := k
	clone.Services, clone.Accounts, clone.Retry = maps.Clone(k.Services), maps.Clone(k.Accounts), slices.Clone(k.Retry)
	if clone.Services == nil {
		clone.Services = map[string]string{}
	}
	if clone.Accounts == nil {
		clone.Accounts = map[string]accountNote{}
	}
	return clone
}

// memory is the private state of a sync.
type memory struct {
	pending  pending
	ids      gradientIDs
	instance string // names the sync within a run, because a provider is not told addresses
	untaken  untaken
	// left are the pairs that a destroy leaves to another sync. It is nil unless the sync is destroyed.
	left []billing.Pair
}

// as returns the memory of a sync for the one that replaces it.
func (m memory) as(instance string) memory {
	return memory{instance: instance, ids: m.ids, pending: m.pending, untaken: m.untaken}
}

// untaken are the accounts and services of refused pairs of which Gradient never accepted a count. So it has no number of their pairs, and
// they owe no farewell (rule 3): most of them are mistakes that were corrected. When it is lost, farewells are sent.
type untaken struct {
	Accounts []string `json:"accounts,omitempty"`
	Services []string `json:"services,omitempty"`
}

// of returns the pairs of which no number was accepted.
func (u untaken) of(pairs billing.Ledger) map[billing.Pair]bool {
	accounts, services, found := setOf(u.Accounts), setOf(u.Services), map[billing.Pair]bool{}
	for pair := range pairs {
		if accounts[pair.Account] || services[pair.Service] {
			found[pair] = true
		}
	}
	return found
}

// afterPush returns what is untaken after a run. An account or service is, when the run refused a count of it, and it is new or was untaken
// before.
func (u untaken) afterPush(before, after pushState, done outcome) untaken {
	known := before.pairs()
	taken := slices.Concat(done.accepted, done.unclear, pushesOfLedger(before.ledger()), pushesOfLedger(after.ledger()))
	for _, failure := range done.failed {
		taken = append(taken, failure.Push)
	}
	return untaken{
		Accounts: namesOf(after.unmapped, known, taken, u.Accounts, func(pair billing.Pair) string { return pair.Account }),
		Services: namesOf(after.unmapped, known, taken, u.Services, func(pair billing.Pair) string { return pair.Service }),
	}
}

// namesOf returns the accounts or services of the refused pairs that are new or untaken, and not taken.
func namesOf(refused, known billing.Ledger, taken []billing.Push, untaken []string, nameOf func(billing.Pair) string) []string {
	isOld, isTaken, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for pair := range known {
		isOld[nameOf(pair)] = true
	}
	for _, name := range untaken {
		isOld[name] = false
	}
	for _, push := range taken {
		isTaken[nameOf(push.Pair)] = true
	}
	for pair := range refused {
		if name := nameOf(pair); !isOld[name] && !isTaken[name] {
			names[name] = true
		}
	}
	return sortedKeys(names)
}

func newInstance() string { return rand.Text() }

// privateState is the part of the framework's private state that this package uses.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readMemory(ctx context.Context, private privateState) (memory, diag.Diagnostics) {
	var read memory
	var diags diag.Diagnostics
	for key, target := range map[string]any{pendingKey: &read.pending, idsKey: &read.ids, instanceKey: &read.instance, untakenKey: &read.untaken, destroyKey: &read.left} {
		raw, problems := private.GetKey(ctx, key)
		diags.Append(problems...)
		if len(raw) == 0 {
			continue
		}
		if err := json.Unmarshal(raw, target); err != nil {
			diags.Append(unreadableStateError(err))
		}
	}
	return read, diags
}

func writeMemory(ctx context.Context, private privateState, written memory) (diags diag.Diagnostics) {
	for key, value := range map[string]any{pendingKey: written.pending, idsKey: written.ids, instanceKey: written.instance, untakenKey: written.untaken} {
		diags.Append(writePrivate(ctx, private, key, value)...)
	}
	return diags
}

// hasPrivate reports whether a key of private state is set.
func hasPrivate(ctx context.Context, private privateState, key string) bool {
	raw, _ := private.GetKey(ctx, key)
	return len(raw) > 0
}

// writePrivate writes a key of private state.
func writePrivate(ctx context.Context, private privateState, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{unreadableStateError(err)}
	}
	return private.SetKey(ctx, key, raw)
}

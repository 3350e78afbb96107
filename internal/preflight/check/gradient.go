// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// The settings of Gradient in problems.
const (
	vendorKeySetting  = "gradient.vendor_api_key"
	partnerKeySetting = "gradient.partner_api_key"
)

// gradientAnswers are the answers of Gradient to the reads of the other resources.
type gradientAnswers struct {
	integration gradient.Integration
	services    []gradient.Service
	accounts    []gradient.Account
	raw         *gradientFields
}

// gradientFields is what only the JSON of the answers says. It is used from several goroutines.
type gradientFields struct {
	mu              sync.Mutex
	lastSyncedAt    json.RawMessage // nil when the field is missing
	integrationType string
	accountFields   map[string]bool
	refusal         string // what the body of a 401 is, empty without one
	unknownVendor   bool   // a 404 says that the vendor is unknown
}

func (f *gradientFields) look(got answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case got.status == http.StatusUnauthorized:
		f.refusal = bodyKind(got.body)
	case got.status == http.StatusNotFound:
		f.unknownVendor = strings.Contains(strings.ToLower(string(got.body)), "vendor profile")
	case got.status != http.StatusOK:
	case strings.HasSuffix(got.url.Path, "/organization"):
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(got.body, &fields) // what is no object has no fields
		f.lastSyncedAt = fields["lastSyncedAt"]
	case strings.HasSuffix(got.url.Path, "/organization/accounts"):
		f.accountFields = fieldsOfRows(got.body)
	default:
		var vendor struct {
			Data struct {
				IntegrationType string `json:"integrationType"`
			} `json:"data"`
		}
		_ = json.Unmarshal(got.body, &vendor) // as above
		f.integrationType = vendor.Data.IntegrationType
	}
}

// bodyKind says what a body is.
func bodyKind(body []byte) string {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return "empty"
	case json.Valid(body):
		return "json"
	case body[0] == '<':
		return "html"
	}
	return "text"
}

// fieldsOfRows returns the names that the objects of a JSON array have. The array may be cut off.
func fieldsOfRows(body []byte) map[string]bool {
	names := map[string]bool{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		return names
	}
	for decoder.More() {
		var row map[string]json.RawMessage
		if decoder.Decode(&row) != nil {
			break
		}
		for name := range row {
			names[name] = true
		}
	}
	return names
}

// checkGradient reads what every resource of Gradient reads: the integration, the services and the accounts.
func checkGradient(ctx context.Context, options func() (gradient.Options, error), air *network, found *findings) {
	answers := &gradientAnswers{raw: &gradientFields{}}
	defer func() { answers.raw.state(found) }()
	configured, err := options()
	if err != nil {
		found.unconfigured(Error, gradient.System, err)
		return
	}
	configured.Transport = watched(configured.Transport, air, systemGradient, answers.raw.look)
	client, err := gradient.New(configured)
	if err != nil {
		found.failed(Error, systemGradient, "Gradient cannot be used", err)
		return
	}
	if answers.integration, err = client.Integration(ctx); err != nil {
		found.summary = "cannot be read"
		judgeGradientKeys(err, takesSwappedKeys(ctx, configured, err), found)
		return
	}
	if answers.services, err = client.Services(ctx); err != nil {
		found.failed(Error, "services", "the services of Gradient cannot be read", err)
	}
	if answers.accounts, err = client.Accounts(ctx); err != nil {
		found.failed(Error, "accounts", "the accounts of Gradient cannot be read", err)
	}
	answers.judge(found)
}

// unconfigured adds that a system has no usable settings.
func (f *findings) unconfigured(severity Severity, name string, err error) {
	f.summary = "not configured"
	summary := name + " is not configured"
	if !isMissing(err) {
		summary = "the settings of " + name + " cannot be used"
		f.summary = "settings cannot be used"
		severity = Error
	}
	f.failed(severity, f.system, summary, err)
}

// takesSwappedKeys reports whether Gradient takes the keys the other way round. It asks only after a refusal.
func takesSwappedKeys(ctx context.Context, options gradient.Options, refusal error) bool {
	if !refusesKey(refusal) && !isUnknownVendor(refusal) {
		return false
	}
	options.VendorKey, options.PartnerKey = options.PartnerKey, options.VendorKey
	client, err := gradient.New(options)
	if err != nil {
		return false
	}
	_, err = client.Integration(ctx)
	return err == nil
}

// isUnknownVendor reports whether Gradient knows no vendor with the vendor key (gradient.md §5).
func isUnknownVendor(err error) bool {
	return rest.Status(err) == http.StatusNotFound && strings.Contains(strings.ToLower(err.Error()), "vendor profile")
}

// judgeGradientKeys adds why the integration cannot be read (gradient.md §5).
func judgeGradientKeys(err error, swapped bool, found *findings) {
	detail, remedy := explain(err)
	switch {
	case swapped:
		found.add(Error, vendorKeySetting, "the two keys of Gradient are swapped",
			"Gradient refuses the keys as they are, and takes them the other way round.",
			"Exchange the values of "+vendorKeySetting+" (environment variable GRADIENT_VENDOR_API_KEY) and "+partnerKeySetting+
				" (GRADIENT_PARTNER_API_KEY).")
	case isUnknownVendor(err):
		found.add(Error, vendorKeySetting, "Gradient does not know the vendor key",
			detail+" A wrong partner key is answered with 401, so the vendor key is the wrong half.", remedy)
	case rest.Status(err) == http.StatusUnauthorized:
		found.add(Error, partnerKeySetting, "Gradient does not take the keys",
			detail+" The preflight has tried them the other way round too. Both keys must belong to the same integration.", remedy)
	default:
		found.add(Error, "integration", "the integration of Gradient cannot be read", detail, remedy)
	}
}

// judge adds what the answers say.
func (a *gradientAnswers) judge(found *findings) {
	mapped, unmapped := 0, 0
	for _, account := range a.accounts {
		switch {
		case account.IsMapped == nil:
		case *account.IsMapped:
			mapped++
		default:
			unmapped++
		}
	}
	synced := "never synced"
	if !a.integration.LastSyncedAt.IsZero() {
		synced = "last synced at " + a.integration.LastSyncedAt.Format(time.RFC3339)
	}
	found.summary = fmt.Sprintf("vendor %s of %s, status %s, %s, %s, %s, %d of them mapped", a.integration.VendorName, a.integration.OrganizationName,
		a.integration.Status, synced, tfdiag.Count(len(a.services), "service"), tfdiag.Count(len(a.accounts), "account"), mapped)
	found.fact("gradient-status", string(a.integration.Status))
	found.fact("gradient-is-mapped-share", mappedShare(mapped, unmapped, len(a.accounts)))
	a.judgeStatus(mapped, unmapped, found)
	a.judgeServices(found)
}

func mappedShare(mapped, unmapped, all int) string {
	switch {
	case all == 0:
		return "not seen: there is no account yet"
	case mapped+unmapped == 0:
		return "not given"
	}
	return fmt.Sprintf("%d of %d mapped", mapped, all)
}

// judgeStatus judges the integration's status, and what isMapped says about the accounts (gradient.md §7.1, gradient.md §7.5).
func (a *gradientAnswers) judgeStatus(mapped, unmapped int, found *findings) {
	status := a.integration.Status
	switch status {
	case gradient.StatusInactive:
		found.add(Notice, "integration", "the integration is inactive",
			"That is so after its keys were made, and after somebody has disconnected it or set enabled = false.",
			"The first apply of cloudradial_gradient_integration makes it ready. While it is inactive, nothing is pushed.")
	case gradient.StatusPending, gradient.StatusActive:
	default:
		found.add(Warning, "integration", fmt.Sprintf("the integration has the status %q", status),
			"The provider knows inactive, pending and active. Whether counts are accepted in another status is not known.",
			"Look at the integration's card in Gradient, and ask Gradient's support what the status means.")
	}
	switch {
	case unmapped == 0:
	case mapped == 0 && status == gradient.StatusActive:
		found.add(Warning, "accounts", "Gradient says that no account is mapped, although the integration is active",
			"An integration becomes active with the first count that is accepted, and only a count of a mapped account is. So either all mappings "+
				"were removed, or isMapped is not right for this integration.",
			"Look at the accounts in Gradient. If they are mapped there, isMapped cannot be relied on; the license sync then goes by the counts that "+
				"were accepted.")
	default:
		found.add(Notice, "accounts", fmt.Sprintf("%d of %d accounts are not mapped in Gradient", unmapped, len(a.accounts)),
			"Gradient answers their counts with 404 and does not store them. That is normal before somebody has mapped them.",
			"Map them in Gradient, or exclude those that are not billed.")
	}
	if kind := a.raw.integrationType; kind != "" && kind != "custom" {
		found.add(Warning, vendorKeySetting, fmt.Sprintf("the vendor key belongs to an integration of the type %q", kind),
			"The provider needs the keys of a Custom integration. Services of a published vendor are shared by all its partners.",
			"Create a Custom integration, Billing only, in Gradient, and use its two keys.")
	}
}

// judgeServices looks for names that no license mapping can use.
func (a *gradientAnswers) judgeServices(found *findings) {
	byName := map[string]int{}
	for _, service := range a.services {
		byName[service.Name]++
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if n := byName[name]; n > 1 {
			found.add(Warning, name, fmt.Sprintf("Gradient has %d services named %q", n, name),
				"A license mapping finds its service by the name, so with this one it stops with an error. Gradient's API can neither rename nor remove a "+
					"service.",
				"Ask Gradient's support to remove all but one, or use another name.")
		}
		if clean := gradient.CleanName(name); clean != name {
			found.add(Warning, name, fmt.Sprintf("the name of the service %q has white space at an end", clean),
				"The name in the PSA most probably has none, and then Gradient does not match the two by itself.",
				"Map the service by hand in Gradient. To use it in a license mapping, ask Gradient's support to correct its name.")
		}
	}
}

// state adds the facts about the unknowns of gradient.md that the answers show.
func (f *gradientFields) state(found *findings) {
	found.fact("gradient-account-shape", f.accountShape())
	found.fact("gradient-never-synced", f.neverSynced())
	found.fact("gradient-integration-type", cmp.Or(f.integrationType, notSeen("no answer says it")))
	found.fact("gradient-unauthorized-body", cmp.Or(f.refusal, notSeen("the keys were not refused")))
	found.fact("gradient-wrong-vendor-key", notSeen("the vendor key is right, or the partner key is wrong too"))
	if f.unknownVendor {
		found.fact("gradient-wrong-vendor-key", "404")
	}
	for _, name := range []string{"gradient-status", "gradient-is-mapped-share"} {
		if _, known := found.facts[name]; !known {
			found.fact(name, notSeen("Gradient was not read"))
		}
	}
}

// accountShape is the version of the API that the fields of an account tell (gradient.md §3.9).
func (f *gradientFields) accountShape() string {
	switch {
	case len(f.accountFields) == 0:
		return notSeen("there is no account yet")
	case f.accountFields["mappingId"]:
		return "2026"
	case f.accountFields["isMapped"]:
		return "dynamic"
	}
	return "2023"
}

// neverSynced is how Gradient says that an integration never synced (gradient.md §3.7).
func (f *gradientFields) neverSynced() string {
	var text string
	switch {
	case f.lastSyncedAt == nil:
		return notSeen("no answer has lastSyncedAt")
	case string(f.lastSyncedAt) == "null":
		return "null"
	case json.Unmarshal(f.lastSyncedAt, &text) == nil && strings.HasPrefix(text, "19"):
		return "1900"
	}
	return notSeen("the integration has synced")
}

// notSeen is the value of a fact that the answers do not show.
func notSeen(why string) string { return "not seen: " + why }

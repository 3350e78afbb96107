// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const pushUnitCounts = "cloudradial_push_unit_counts"

// pushed is the configuration of an action that pushes these counts, whatever their total.
func pushed(counts map[string]any) map[string]any {
	return map[string]any{"unit_counts": counts, "min_units": 0, "max_units": 1000000}
}

func twoAccounts() sandbox.Seed {
	return sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "alder", Name: "Alder", Mapped: "mapped"}, {ID: "birch", Name: "Birch"}},
		Services: []sandbox.Service{{ID: "64f0020000000000000000aa", Name: "Office", Mapped: "mapped"}, {ID: "64f0020000000000000000bb", Name: "Backup", Mapped: "mapped"}},
	}
}

// The action pushes everything, plainly and once, and names what was refused: in the progress, and in an error that says that it is forgotten.
func TestRule16ActionPushesAll(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, twoAccounts(), sandbox.Options{})
	s.SetStatus("active")
	p := providertest.NewProtocol(t, s, nil)
	progress, problems := p.Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 7, "Backup": 0}, "gone": nil}))
	if text := strings.Join(progress, "|"); text != "Pushing 2 unit counts to "+organization(t, s)+".|Gradient accepted 2 unit counts." {
		t.Errorf("progress is %q", text)
	}
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "warning: ") || !strings.Contains(problems[0], "1 account with unknown counts") || !strings.Contains(problems[0], "- gone") {
		t.Errorf("says %q", problems)
	}
	for range 2 { // again and again
		if _, problems = p.Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 7}})); len(problems) > 0 {
			t.Errorf("says %q", problems)
		}
	}
	if writes := providertest.Writes(s); len(writes) != 4 || strings.Contains(strings.Join(writes, ""), "no_build") {
		t.Errorf("wrote %q", writes)
	}
	s.ClearRequests()

	progress, problems = p.Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 8, "Nope": 1}, "birch": map[string]any{"Office": 3}}))
	text := strings.Join(progress, "|")
	if !strings.Contains(text, "accepted 1 unit count") || !strings.Contains(text, "birch (Birch, account not mapped): Office 3") || !strings.Contains(text, "Nope 1") {
		t.Errorf("progress is %q", text)
	}
	if len(problems) != 1 {
		t.Fatalf("says %q", problems)
	}
	for _, want := range []string{"error: ", "Gradient refused 2 unit counts", "accepted 1 of 3", "Nothing remembers this", "birch", "Nope", "do not exist in Gradient"} {
		if !strings.Contains(problems[0], want) {
			t.Errorf("%q is missing in %q", want, problems[0])
		}
	}
	if got := fmt.Sprint(s.UnitCounts()); got != "map[alder:map[Backup:0 Office:8]]" {
		t.Errorf("Gradient has %s", got)
	}
}

// Nothing is sent when the total is not the expected one, the counts are none, the integration is off or the push fails for all.
func TestRule16ActionStops(t *testing.T) {
	t.Parallel()
	alder := map[string]any{"alder": map[string]any{"Office": 7}}
	for name, test := range map[string]struct {
		config map[string]any
		status string
		want   string
	}{
		"too few":  {map[string]any{"unit_counts": alder, "min_units": 8, "max_units": 10}, "active", "unit_counts have 7 units, fewer than min_units"},
		"too many": {map[string]any{"unit_counts": alder, "min_units": 0, "max_units": 6}, "active", "unit_counts have 7 units, more than max_units"},
		"no limit": {map[string]any{"unit_counts": alder, "min_units": 0}, "active", "max_units"},
		"negative": {pushed(map[string]any{"alder": map[string]any{"Office": -1}}), "active", "unit_counts is not valid"},
		"inactive": {pushed(alder), "inactive", "the integration is inactive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, twoAccounts(), sandbox.Options{})
			s.SetStatus(test.status)
			_, problems := providertest.NewProtocol(t, s, nil).Invoke(pushUnitCounts, test.config)
			if text := strings.Join(problems, ""); !strings.HasPrefix(text, "error: ") || !strings.Contains(text, test.want) {
				t.Errorf("says %q, want %q", text, test.want)
			}
			providertest.ExpectWrites(t, s)
		})
	}
	s := providertest.Start(t, twoAccounts(), sandbox.Options{})
	s.SetStatus("active")
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Method: "POST", Path: "/count$", Status: 403, Body: "{}"})
	_, problems := providertest.NewProtocol(t, s, nil).Invoke(pushUnitCounts, pushed(alder))
	if text := strings.Join(problems, ""); !strings.Contains(text, "Not all unit counts were pushed") || !strings.Contains(text, "accepted 0 of 1") || !strings.Contains(text, "Nothing remembers") {
		t.Errorf("a refusal of all says %q", text)
	}
}

// The action must not push other numbers than a sync of the same run.
func TestRule16ActionBesideASync(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, twoAccounts(), sandbox.Options{})
	s.SetStatus("active")
	p := providertest.NewProtocol(t, s, nil)
	created := p.Apply("cloudradial_license_sync", providertest.Object{}, map[string]any{"unit_counts": map[string]any{"alder": map[string]any{"Office": 7}}})
	if created.State == nil {
		t.Fatal(created.Diagnostics)
	}
	s.ClearRequests()
	_, problems := p.Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 8}}))
	if text := strings.Join(problems, ""); !strings.Contains(text, "a license sync of this run has other counts") || !strings.Contains(text, "alder: Office") {
		t.Errorf("says %q", text)
	}
	providertest.ExpectWrites(t, s)
	if _, problems := p.Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 7, "Backup": 2}})); len(problems) > 0 {
		t.Errorf("says %q", problems)
	}
}

// To a sync of an earlier run, an action is another tool: the plan warns when its push is more than an hour later.
func TestRule16SyncSeesTheAction(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, twoAccounts(), sandbox.Options{})
	s.SetStatus("active")
	config := map[string]any{"unit_counts": map[string]any{"alder": map[string]any{"Office": 7}}}
	before := providertest.NewProtocol(t, s, nil).Apply("cloudradial_license_sync", providertest.Object{}, config)
	before.State["last_pushed_at"] = time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	s.SetLastSynced(time.Now().Add(-2 * time.Hour))
	plan := func() string {
		p := providertest.NewProtocol(t, s, nil)
		return strings.Join(p.Plan("cloudradial_license_sync", p.Refresh("cloudradial_license_sync", before), config).Diagnostics, "")
	}
	const late = "Gradient received counts after the last push"
	if text := plan(); strings.Contains(text, late) {
		t.Errorf("before the action, the plan says %q", text)
	}
	if _, problems := providertest.NewProtocol(t, s, nil).Invoke(pushUnitCounts, pushed(map[string]any{"alder": map[string]any{"Office": 8}})); len(problems) > 0 {
		t.Fatal(problems)
	}
	if text := plan(); !strings.Contains(text, late) || !strings.Contains(text, "triggers") {
		t.Errorf("after the action, the plan says %q", text)
	}
}

func organization(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	integration := providertest.NewProtocol(t, s, nil).Import("cloudradial_gradient_integration", "any", nil)
	name, _ := integration.State["organization_name"].(string)
	return name
}

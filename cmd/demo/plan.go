// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	syncAddress   = "module.estate.cloudradial_license_sync.m365"
	countsAddress = "module.estate.data.cloudradial_license_counts.m365"
	planFile      = "next.tfplan"
)

// counts holds unit counts: account → service → units. The inner map is nil when the account's counts are unknown.
type counts map[string]map[string]float64

// pair is an account and a service.
type pair struct{ account, service string }

// pairs returns the counts by pair.
func (c counts) pairs() map[pair]float64 {
	result := map[pair]float64{}
	for account, units := range c {
		for service, n := range units {
			result[pair{account, service}] = n
		}
	}
	return result
}

// sorted returns the pairs in the order of the output.
func sorted[V any](numbers map[pair]V) []pair {
	return slices.SortedFunc(maps.Keys(numbers), func(a, b pair) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.service, b.service))
	})
}

type diagnostic struct {
	Severity, Summary, Detail string
}

// plan is a plan of the CLI.
type plan struct {
	empty         bool // exit code 0
	before, after counts
	warnings      []diagnostic
	licences      licences
}

// licences holds the counts of the data source: key → SKU → numbers.
type licences map[string]map[string]struct {
	Purchased float64  `json:"purchased"`
	Enabled   float64  `json:"enabled"`
	Assigned  float64  `json:"assigned"`
	Flags     []string `json:"flags"`
}

type syncValues struct {
	UnitCounts     counts `json:"unit_counts"`
	UncountedSeats counts `json:"uncounted_seats"` // account → SKU → seats
	Unmapped       []struct {
		AccountID string  `json:"account_id"`
		Service   string  `json:"service"`
		UnitCount float64 `json:"unit_count"`
	} `json:"unmapped"`
}

type values struct {
	RootModule struct {
		ChildModules []struct {
			Resources []struct {
				Address string          `json:"address"`
				Values  json.RawMessage `json:"values"`
			} `json:"resources"`
		} `json:"child_modules"`
	} `json:"root_module"`
}

// read decodes the values of one resource of the module estate or review.
func (v values) read(address string, into any) error {
	for _, module := range v.RootModule.ChildModules {
		for _, resource := range module.Resources {
			if resource.Address == address {
				return json.Unmarshal(resource.Values, into)
			}
		}
	}
	return fmt.Errorf("there is no %s", address)
}

func (s *stage) plan(ctx context.Context) (plan, error) {
	log, code, err := s.terraform(ctx, "plan", "-json", "-detailed-exitcode", "-out="+planFile)
	if err != nil {
		return plan{}, err
	}
	shown, _, err := s.terraform(ctx, "show", "-json", planFile)
	if err != nil {
		return plan{}, err
	}
	var document struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Change  struct {
				Before, After *syncValues
			} `json:"change"`
		} `json:"resource_changes"`
		PriorState struct {
			Values values `json:"values"`
		} `json:"prior_state"`
	}
	// Only the sync has unit_counts. In other resources they stay empty.
	if err := json.Unmarshal(shown, &document); err != nil {
		return plan{}, fmt.Errorf("plan: %w", err)
	}
	result := plan{empty: code == 0, warnings: warnings(log)}
	for _, change := range document.ResourceChanges {
		if change.Address != syncAddress {
			continue
		}
		if change.Change.Before != nil {
			result.before = change.Change.Before.UnitCounts
		}
		if change.Change.After != nil {
			result.after = change.Change.After.UnitCounts
		}
	}
	var data struct {
		Counts licences `json:"counts"`
	}
	if err := document.PriorState.Values.read(countsAddress, &data); err != nil {
		return plan{}, err
	}
	result.licences = data.Counts
	return result, nil
}

// apply applies the last plan, and returns the values of the sync in the state.
func (s *stage) apply(ctx context.Context) (syncValues, error) {
	if _, _, err := s.terraform(ctx, "apply", "-json", planFile); err != nil {
		return syncValues{}, err
	}
	shown, _, err := s.terraform(ctx, "show", "-json")
	if err != nil {
		return syncValues{}, err
	}
	var state struct {
		Values values `json:"values"`
	}
	if err := json.Unmarshal(shown, &state); err != nil {
		return syncValues{}, fmt.Errorf("state: %w", err)
	}
	var sync syncValues
	return sync, state.Values.read(syncAddress, &sync)
}

// diagnostics returns the diagnostics in the JSON log of the CLI.
func diagnostics(log []byte) []diagnostic {
	var found []diagnostic
	for line := range bytes.Lines(log) {
		var entry struct {
			Type       string     `json:"type"`
			Diagnostic diagnostic `json:"diagnostic"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Type == "diagnostic" {
			found = append(found, entry.Diagnostic)
		}
	}
	return found
}

// warnings returns the warnings of the provider, without the CLI's about development overrides.
func warnings(log []byte) []diagnostic {
	return slices.DeleteFunc(diagnostics(log), func(d diagnostic) bool {
		return d.Severity != "warning" || strings.Contains(d.Summary, "development overrides")
	})
}

func errorsIn(log []byte) []diagnostic {
	return slices.DeleteFunc(diagnostics(log), func(d diagnostic) bool { return d.Severity != "error" })
}

func complaints(log []byte) string {
	var b strings.Builder
	for _, d := range errorsIn(log) {
		fmt.Fprintf(&b, "%s\n%s\n", d.Summary, d.Detail)
	}
	return b.String()
}

// pushes returns the counts that were sent to Gradient since the requests were cleared, by the names of their services.
func (s *stage) pushes() (map[pair]float64, error) {
	names := map[string]string{}
	for _, service := range s.server.Services() {
		names[service.ID] = service.Name
	}
	pushed := map[pair]float64{}
	for _, request := range s.server.Requests() {
		id, isCount := strings.CutSuffix(request.Path, "/count")
		if request.System != sandbox.Gradient || request.Method != http.MethodPost || !isCount {
			continue
		}
		var body struct {
			AccountID string  `json:"accountId"`
			UnitCount float64 `json:"unitCount"`
		}
		if err := json.Unmarshal([]byte(request.Body), &body); err != nil {
			return nil, fmt.Errorf("a count that is not JSON: %w", err)
		}
		pushed[pair{body.AccountID, names[path.Base(id)]}] = body.UnitCount
	}
	return pushed, nil
}

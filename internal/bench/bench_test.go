// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// tinySize is the size with which the tests check that every section works. Its figures mean nothing.
var tinySize = size{
	companies: []int{5},
	estates:   []int{5},
	services:  []int{1, 2},
	repeats:   2,
	pushed:    5,
	changed:   2,
	tenants:   5,
	starts:    2,
}

// Each section runs once, for its own size.
func TestEverySectionRuns(t *testing.T) {
	t.Parallel()
	program := providertest.CLI(t)
	var out, progress bytes.Buffer
	if err := run(t.Context(), program, "", tinySize, &out, &progress); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), progress.String())
	}
	for _, want := range []string{
		"| Provider CPU from start to schema served (median of 2) | ",
		"| First apply of 5 companies, as many terraform_data | ",
		"| First apply of 5 companies, per item | ",
		"| First apply of 5 companies, whole table | ",
		"| No-change plan of 5 companies, whole table | ",
		"| No-change plan of the integration alone | ",
		"| No-change plan of 5 companies × 1 services | ",
		" beyond |  |  | 3 Gradient, 2 CloudRadial, 20 Microsoft | ",
		"| No-change plan of 5 companies × 2 services: counts from a file instead of Microsoft | ",
		"| No-change plan of 5 companies × 2 services: the tables of mappings alone | ",
		"| Peak memory of the provider, 5 companies × 2 services | ",
		"| CPU of the provider for the sync alone, 10 counts from a file | ",
		"| Full push of 25 counts, 50ms of latency | ",
		"| Full push of 25 counts, 50ms of latency: answers 429 | 0 |  |  | ≤ 0 | yes | ",
		"| Delta of 2 counts among 25: the apply | ",
		" | 2 pushes, 4 Gradient | ",
		"| Delta of 2 counts among 25: requests of the apply to Gradient | 6 |  |  | ≤ 8 | yes | ",
		"| Reading 5 tenants, 100ms of latency, 16 at once | ",
		"ideal for endpoints, then token, then lists side by side: 0.30 s",
		" | 20 Microsoft | ",
		"| Preflight of 5 tenants, 100ms of latency | ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

func TestUnknownSection(t *testing.T) {
	t.Parallel()
	if _, err := choose("push,pull"); err == nil || !strings.Contains(err.Error(), `no section "pull"`) {
		t.Error(err)
	}
	if chosen, err := choose("tenants, push"); err != nil || len(chosen) != 2 || chosen[0].name != "tenants" {
		t.Error(chosen, err)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	got := count([]sandbox.Request{
		{System: sandbox.Gradient, Method: http.MethodPost, Path: "/api/vendor-api/service/1/count", Status: http.StatusCreated},
		{System: sandbox.Gradient, Method: http.MethodPost, Path: "/api/vendor-api/service/1/count", Status: http.StatusTooManyRequests},
		{System: sandbox.Gradient, Method: http.MethodPost, Path: "/api/vendor-api/service"},
		{System: sandbox.Gradient, Method: http.MethodGet, Path: "/api/vendor-api"},
		{System: sandbox.CloudRadial, Method: http.MethodGet, Path: "/v2/company"},
		{System: sandbox.Microsoft, Method: http.MethodPost, Path: "/x/oauth2/v2.0/token"},
		{System: "", Method: http.MethodGet, Path: "/nowhere"},
	})
	if want := (calls{pushes: 2, gradient: 2, cloudradial: 1, microsoft: 1, throttled: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if text := (calls{pushes: 1234567, microsoft: 1}).String(); text != "1,234,567 pushes, 1 Microsoft" {
		t.Error(text)
	}
}

// at returns times, given in milliseconds after a fixed start.
func at(milliseconds ...int) []time.Time {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var times []time.Time
	for _, ms := range milliseconds {
		times = append(times, start.Add(time.Duration(ms)*time.Millisecond))
	}
	return times
}

func TestRate(t *testing.T) {
	t.Parallel()
	if got := rate(at(0, 10, 20, 30, 40)); got != 100 {
		t.Error(got)
	}
	if got := rate(at(5)); got != 0 {
		t.Error(got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, walls := range map[time.Duration][]time.Duration{5: {9, 1, 5}, 2: {4, 1, 3, 2}} {
		var runs []cost
		for _, wall := range walls {
			runs = append(runs, cost{wall: wall})
		}
		if got := median(runs).wall; got != want {
			t.Errorf("the median of %d is %d", walls, got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := markdown([]line{
		{what: "A", figure: "1.00 s", against: "B: 2.00 s", ratio: times(1, 2), goal: atMost(0.5, 0.6, "0.6 ×"),
			cost: cost{wall: time.Second, provider: 2 * time.Second, core: 30 * time.Millisecond, peak: 45e6, calls: calls{gradient: 3}}},
		{what: "C", figure: "7", goal: atLeast(7, 8, "8")},
		{what: "D", figure: "1", cost: cost{wall: time.Second, provider: time.Second}},
		{what: "E", figure: "1", cost: cost{wall: time.Second, core: 1500 * time.Millisecond}},
	})
	want := `| A | 1.00 s | B: 2.00 s | 0.5 × | ≤ 0.6 × | yes | 3 Gradient | 45 MB, 2.00 s | 30.0 ms |
| C | 7 |  |  | ≥ 8 | **no** |  |  |  |
| D | 1 |  |  |  |  |  | not measured, 1.00 s | 0.0 ms |
| E | 1 |  |  |  |  |  | none | 1.50 s |
`
	if _, rows, _ := strings.Cut(got, "--: |\n"); rows != want {
		t.Errorf("%s\nwant\n%s", rows, want)
	}
}

func TestReplaceCounts(t *testing.T) {
	t.Parallel()
	const state = `{"resources":[{"type":"terraform_data","instances":[{"attributes":{"id":"x"}}]},` +
		`{"type":"cloudradial_license_sync","instances":[{"attributes":{"id":"y","unit_counts":{"a":{"S":1}}}}]}],"version":4}`
	got, err := replaceCounts([]byte(state), map[string]map[string]int{"a": {"S": 1}, "b": {"S": 2}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"resources":[{"instances":[{"attributes":{"id":"x"}}],"type":"terraform_data"},` +
		`{"instances":[{"attributes":{"id":"y","unit_counts":{"a":{"S":1},"b":{"S":2}}}}],"type":"cloudradial_license_sync"}],"version":4}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if _, err := replaceCounts([]byte(`{"resources":[]}`), nil); err == nil {
		t.Error("no error although the state has no sync")
	}
}

func TestMemoryLine(t *testing.T) {
	t.Parallel()
	estate := func(companies, services int, megabytes int64) parts {
		return parts{companies: companies, services: services, whole: cost{peak: megabytes * 1e6}}
	}
	for _, c := range []struct {
		p, fewer parts
		want     string
	}{
		{estate(1000, 20, 301), parts{}, "301 MB (≤ 300 MB: NOT met)"},
		{estate(1000, 5, 301), parts{}, "301 MB"},
		{estate(5000, 20, 1000), estate(1000, 20, 200), "1000 MB (≤ 5 × (linear): met)"},
		{estate(5000, 20, 1001), estate(1000, 20, 200), "1001 MB (≤ 5 × (linear): NOT met)"},
		{estate(5000, 20, 0), estate(1000, 20, 200), "not measured"},
	} {
		l := memoryLine(c.p, c.fewer)
		if got := l.figure + l.verdict(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestTargetsOfMappings(t *testing.T) {
	t.Parallel()
	costs := []cost{{wall: 100 * time.Second}, {wall: 124 * time.Second}, {wall: 6 * time.Second, calls: calls{gradient: 61}}}
	var targets []string
	for _, l := range append(noChangePlans(1000, costs), firstApplies(5000, costs)...) {
		if l.goal.target != "" {
			targets = append(targets, l.what+l.verdict())
		}
	}
	want := []string{
		"No-change plan of 1,000 companies, per item (≤ 1.25 ×: met)",
		"First apply of 5,000 companies, whole table (≤ 1/20: met)",
		"First apply of 5,000 companies, whole table: Gradient calls (≤ 60: NOT met)",
	}
	if !slices.Equal(targets, want) {
		t.Errorf("%q\nwant\n%q", targets, want)
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for duration, want := range map[time.Duration]string{
		49900 * time.Microsecond:  "49.9 ms",
		123456 * time.Microsecond: "0.12 s",
		12345 * time.Millisecond:  "12.3 s",
		123456 * time.Millisecond: "123 s",
	} {
		if got := seconds(duration); got != want {
			t.Errorf("%s: %s, want %s", duration, got, want)
		}
	}
}

func TestIdealRead(t *testing.T) {
	t.Parallel()
	if got := idealRead(200); got != 3900*time.Millisecond {
		t.Error(got)
	}
	if got := idealRead(17); got != 600*time.Millisecond { // the seventeenth has to wait for one of the first sixteen
		t.Error(got)
	}
}

func TestIsAccepted(t *testing.T) {
	t.Parallel()
	push := sandbox.Request{System: sandbox.Gradient, Method: http.MethodPost, Path: "/api/vendor-api/service/1/count", Status: http.StatusCreated}
	refused := push
	refused.Status = http.StatusTooManyRequests
	if !isAccepted(push) || isAccepted(refused) {
		t.Error("a push counts when it was accepted, and only then")
	}
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	runs  = flag.Int("campaign.runs", shortRuns, "how many seeds to run")
	first = flag.Uint64("campaign.first", 1, "the first of them")
	only  = flag.Uint64("campaign.seed", 0, "the one seed to run, with all its events; 0 runs many")
	show  = flag.Bool("campaign.report", false, "print how often everything happened")

	walks    = flag.Int("walk.runs", shortWalks, "how many random walks to run, from -campaign.first on")
	onlyWalk = flag.Uint64("walk.seed", 0, "the one random walk to run, with all its events; 0 runs many")
)

var (
	tallyMu sync.Mutex
	tallies = map[string]int{}
)

// tally counts the events of all seeds.
func tally(name string) {
	tallyMu.Lock()
	defer tallyMu.Unlock()
	tallies[name]++
}

// TestMain removes the provider's settings from the environment.
func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		for _, prefix := range []string{"CLOUDRADIAL_", "GRADIENT_", "AUTOTASK_", "CONNECTWISE_", "HALOPSA_", "ARM_", "ACTIONS_ID_TOKEN_", "AZURE_", "TF_"} {
			if strings.HasPrefix(name, prefix) {
				must(os.Unsetenv(name))
			}
		}
	}
	debug.SetGCPercent(400) // most values are short-lived
	os.Exit(m.Run())
}

// After any changes and faults, applying the last configuration brings exactly the right counts to Gradient. Nothing is pushed that no plan
// showed, and the counts of a tenant that cannot be read stay.
func TestCampaign(t *testing.T) {
	schemas()
	if *only != 0 {
		replay(t, *only, true)
		return
	}
	start := time.Now()
	t.Run("seed", func(t *testing.T) {
		for i := range uint64(*runs) {
			t.Run(fmt.Sprint(*first+i), func(t *testing.T) {
				t.Parallel()
				replay(t, *first+i, false)
			})
		}
	})
	if *show {
		fmt.Printf("%d seeds in %s\n", *runs, time.Since(start).Round(time.Millisecond))
		report()
	}
	if *first == 1 && *runs >= 160 {
		checkTallies(t)
	}
}

// replay runs one seed, in synctest's fake time.
func replay(t *testing.T, seed uint64, verbose bool) {
	synctest.Test(t, func(t *testing.T) {
		r := begin(t, seed)
		r.live()
		r.server.Close()
		time.Sleep(time.Hour) // lets background work end
		if verbose || r.failed() {
			t.Logf("what happened:\n%s", strings.Join(r.events, "\n"))
		}
		if r.failed() {
			t.Errorf("seed %d: %s\n\nreplay it with: go test ./internal/campaign -run TestCampaign -v -campaign.seed=%d",
				seed, strings.Join(r.wrong, "\n"), seed)
		}
	})
}

// live runs the steps of an estate, and the final apply.
func (r *run) live() {
	if !r.chance(3) {
		r.settle()
	}
	for step := range 4 + r.random.IntN(6) {
		// Each step has its own random source, so that a different result of one step does not change the next.
		r.random = rand.New(rand.NewPCG(r.seed, uint64(100+step)))
		time.Sleep(time.Duration(r.random.IntN(20)) * time.Hour)
		r.night, r.estate.replace = false, false
		for range r.random.IntN(4) {
			r.happen()
		}
		r.repair()
		r.step()
		if r.failed() {
			return
		}
	}
	r.converge()
}

// step is one command, or a plan and its apply.
func (r *run) step() {
	r.faults = r.newFaults()
	defer func() { r.faults = nil }()
	if r.sweeps && r.chance(25) {
		r.destroy()
		return
	}
	reviewed, ok := r.plan(r.newEnd())
	if r.code != "" && r.chance(2) {
		r.approve()
	}
	if !ok || r.chance(6) {
		return
	}
	r.faults = r.newFaults()
	if r.chance(8) {
		r.log("before the apply:")
		r.happen()
	}
	r.apply(reviewed, r.newEnd())
}

func report() {
	for _, name := range slices.SortedFunc(maps.Keys(tallies), func(a, b string) int { return tallies[b] - tallies[a] }) {
		fmt.Printf("%8d  %s\n", tallies[name], name)
	}
}

// checkTallies checks that each kind of event happened in the seeds from 1 on, of which it is known. Other seeds may lack what is rare.
func checkTallies(t *testing.T) {
	var expected []string
	for _, h := range happenings {
		expected = append(expected, h.name)
	}
	for _, f := range troubles {
		expected = append(expected, f.name)
	}
	for _, e := range []end{{soft: true}, {after: true}, {}} {
		expected = append(expected, e.name())
	}
	expected = append(expected, aPush, aFarewell, aSweep, halfWay, aReplacement, anApproval, aForeignCount, aDrop, anUncounted, hangingTenant, signInOutage)
	if *runs >= 1000 {
		expected = append(expected, createFailed, aTaint, aCreateFirst, aNamedCount) // these are rare
	}
	for _, name := range expected {
		if tallies[name] == 0 {
			t.Errorf("%q never happened", name)
		}
	}
}

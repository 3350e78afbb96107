// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// Rule 14: a pair was moved to another sync, which was applied alone. When the first sync is removed with zero_on_destroy, and planned after the
// other one, its plan says that it leaves the pair, and the apply does so without calling the other one.
func TestRule14TheDestroyLeavesWhatItsPlanSays(t *testing.T) {
	schemas()
	synctest.Test(t, func(t *testing.T) {
		w := beginWalk(1)
		w.model = &model{showsMapped: true, status: "active", integration: "integration-1", counts: map[modelKey]int64{}, former: map[string]string{},
			accounts: []*modelAccount{{id: "a", stored: "a", mapped: true}, {id: "b", stored: "b", mapped: true}}, services: []*modelService{{id: "1", name: "Premium", mapped: true}}}
		w.model.clear(nil, 0)
		premium := func(units map[string]int64) map[string]any {
			counts := map[string]any{}
			for account, n := range units {
				counts[account] = map[string]any{"Premium": n}
			}
			return map[string]any{"unit_counts": counts, "zero_on_destroy": true}
		}
		all := state{}
		run := func(known state, name string, units map[string]int64) plan {
			files := configuration{provider: w.configuration(false).provider, removeFirst: true, nodes: []node{
				{address: syncKind + "." + name, kind: syncKind, last: true, config: fixed(premium(units))},
			}}
			c := w.command(end{})
			reviewed := c.plan(files, known)
			w.finish(c, "plan")
			c = w.command(end{})
			c.apply(reviewed, func(after state) {
				maps.DeleteFunc(all, func(address string, _ object) bool { _, had := known[address]; return had })
				maps.Copy(all, after)
			})
			w.finish(c, "apply")
			return reviewed
		}
		run(state{}, "one", map[string]int64{"a": 5, "b": 7})
		run(state{}, "two", map[string]int64{"b": 7}) // -target
		reviewed := run(maps.Clone(all), "two", map[string]int64{"b": 7})
		time.Sleep(time.Hour) // lets background work end
		if diags := reviewed.changes[syncKind+".one"].diags; !hasWarning(diags, "1 unit count left to another license sync") {
			t.Errorf("the plan of the destroy says %v", diags)
		}
		for account, want := range map[string]int64{"a": 0, "b": 7} {
			if got := w.model.has(pair{account, "Premium"}); got != want {
				t.Errorf("Gradient has %d of %s, want %d", got, account, want)
			}
		}
		if len(all) != 1 || len(w.wrong) > 0 {
			t.Errorf("%d syncs are left; wrong: %v", len(all), w.wrong)
		}
	})
}

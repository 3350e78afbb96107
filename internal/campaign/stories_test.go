// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// story has what a random walk meets too rarely: a few runs with several syncs.
type story struct {
	*walk
	t *testing.T
}

// premium has unit counts of the service Premium; with nil an account is unknown.
type premium map[string]any

// tell runs a story in made-up time. In Gradient the accounts a and b and the services Premium and Backup are mapped.
func tell(t *testing.T, happens func(*story)) {
	schemas()
	synctest.Test(t, func(t *testing.T) {
		w := beginWalk(1)
		w.model = &model{showsMapped: true, status: "active", integration: "integration-1", counts: map[modelKey]int64{}, former: map[string]string{},
			accounts: []*modelAccount{{id: "a", stored: "a", mapped: true}, {id: "b", stored: "b", mapped: true}},
			services: []*modelService{{id: "1", name: "Premium", mapped: true}, {id: "2", name: "Backup", mapped: true}}}
		w.model.clear(nil, 0)
		happens(&story{w, t})
		time.Sleep(time.Hour) // lets background work end
		if len(w.wrong) > 0 {
			t.Errorf("wrong: %v", w.wrong)
		}
	})
}

// sync is the configuration of a sync.
func (p premium) sync(more map[string]any) map[string]any {
	counts := map[string]any{}
	for account, n := range p {
		counts[account] = nil
		if n != nil {
			counts[account] = map[string]any{"Premium": n}
		}
	}
	return with(more, "unit_counts", counts)
}

// planned plans files with these syncs, by name. known is the state that the run has, which is a part of it with -target. Those in hidden
// have counts that are known only in the apply.
func (s *story) planned(known state, syncs map[string]map[string]any, hidden ...string) plan {
	files := configuration{provider: s.configuration(false).provider, removeFirst: s.removeFirst}
	for _, name := range slices.Sorted(maps.Keys(syncs)) {
		files.nodes = append(files.nodes, node{address: syncKind + "." + name, kind: syncKind, last: true,
			config: func(c *command, _ map[string]tftypes.Value) (any, error) {
				if !c.applies && slices.Contains(hidden, name) {
					return with(syncs[name], "unit_counts", unknown{}), nil
				}
				return syncs[name], nil
			}})
	}
	c := s.command(end{})
	reviewed := c.plan(files, known)
	s.finish(c, "plan")
	return reviewed
}

// applied applies a plan, and returns what the apply said.
func (s *story) applied(reviewed plan) []diagnostic {
	s.model.clear(nil, 0)
	c := s.command(end{})
	c.apply(reviewed, func(after state) {
		maps.DeleteFunc(s.state, func(address string, _ object) bool { _, had := reviewed.state[address]; return had })
		maps.Copy(s.state, after)
	})
	s.finish(c, "apply")
	return c.diags
}

// run plans and applies the files, with the whole state.
func (s *story) run(syncs map[string]map[string]any) {
	s.applied(s.planned(maps.Clone(s.state), syncs))
}

// expect checks the counts of Premium.
func (s *story) expect(want map[string]int64) {
	s.t.Helper()
	for account, units := range want {
		if got := s.model.has(pair{account, "Premium"}); got != units {
			s.t.Errorf("Gradient has %d of %s, want %d", got, account, units)
		}
	}
}

// says reports whether a summary has a text.
func says(diags []diagnostic, text string) bool {
	return slices.ContainsFunc(diags, func(d diagnostic) bool { return strings.Contains(d.summary, text) })
}

var zeroes = map[string]any{"zero_on_destroy": true}

// wide adds a guard that lets any fall pass.
func wide(more map[string]any) map[string]any {
	return with(more, "guard", map[string]any{"max_decrease_percent": 100})
}

// Rule 14: a pair was moved to another sync, which was applied alone. When the first sync is removed with zero_on_destroy, and planned after the
// other one, its plan says that it leaves the pair, and the apply does so without calling the other one.
func TestRule14TheDestroyLeavesWhatItsPlanSays(t *testing.T) {
	tell(t, func(s *story) {
		s.removeFirst = true
		two := map[string]map[string]any{"two": premium{"b": 7}.sync(zeroes)}
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(zeroes)})
		s.applied(s.planned(state{}, two)) // -target
		reviewed := s.planned(maps.Clone(s.state), two)
		s.applied(reviewed)
		if diags := reviewed.changes[syncKind+".one"].diags; !hasWarning(diags, "1 unit count left to another license sync") {
			t.Errorf("the plan of the destroy says %v", diags)
		}
		s.expect(map[string]int64{"a": 0, "b": 7})
		if len(s.state) != 1 {
			t.Errorf("%d syncs are left", len(s.state))
		}
	})
}

// Rule 14: the sync that takes an account over cannot read its tenant. The zeros of the one that is removed would be the last word, so its plan
// is an error, also when it is planned after the other one.
func TestRule14ADestroyIsNotPlannedBesideAnUnknownAccount(t *testing.T) {
	tell(t, func(s *story) {
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(zeroes)})
		reviewed := s.planned(s.state, map[string]map[string]any{"two": premium{"a": 5, "b": nil}.sync(zeroes)})
		if !reviewed.failed || !s.wipes {
			t.Errorf("the plan of the destroy says %v", reviewed.changes[syncKind+".one"].diags)
		}
	})
}

// Rule 14: as before, but no plan could know it, because the counts are known only in the apply. The unknown account keeps its count, and a warning names it.
func TestRule14ADestroyLeavesAnAccountThatIsUnknownInTheApply(t *testing.T) {
	tell(t, func(s *story) {
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(zeroes)})
		reviewed := s.planned(maps.Clone(s.state), map[string]map[string]any{"two": premium{"a": 5, "b": nil}.sync(zeroes)}, "two")
		diags := s.applied(reviewed)
		s.expect(map[string]int64{"a": 5, "b": 7})
		if !namesLeft(diags, pair{"b", "Premium"}) {
			t.Errorf("the apply says %v", diags)
		}
	})
}

// Rule 14: the guard stops the other sync in the apply, so it takes nothing over. Nothing is set to 0, and a warning names what stays.
func TestRule14ADestroyLeavesWhatBelongsToASyncThatIsStopped(t *testing.T) {
	tell(t, func(s *story) {
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(zeroes)})
		first := map[string]any{"guard": map[string]any{"max_first_units": 4}}
		reviewed := s.planned(maps.Clone(s.state), map[string]map[string]any{"two": premium{"a": 5, "b": nil}.sync(first)}, "two")
		diags := s.applied(reviewed)
		s.expect(map[string]int64{"a": 5, "b": 7})
		if !namesLeft(diags, pair{"a", "Premium"}) || !namesLeft(diags, pair{"b", "Premium"}) {
			t.Errorf("the apply says %v", diags)
		}
	})
}

// A destroy sends a zero also for what Gradient has not accepted, because it may have an older number. The plan shows it.
func TestRule1ADestroyShowsTheZerosOfRefusedPairs(t *testing.T) {
	tell(t, func(s *story) {
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(zeroes)})
		s.model.account("b").mapped = false // Gradient keeps its 7
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 8}.sync(zeroes)})
		s.model.account("b").mapped = true
		reviewed := s.planned(maps.Clone(s.state), nil)
		if diags := reviewed.changes[syncKind+".one"].diags; !namesPair(diags, pair{"b", "Premium"}) {
			t.Errorf("the plan of the destroy says %v", diags)
		}
		s.applied(reviewed)
		s.expect(map[string]int64{"a": 0, "b": 0})
	})
}

// Rule 3: Gradient refuses a zero, and once more when the sync is destroyed. Nothing sends it again, so the destroy names it.
func TestRule3ADestroyNamesTheZerosThatGradientRefusesAgain(t *testing.T) {
	tell(t, func(s *story) {
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(wide(zeroes))})
		s.model.account("b").mapped = false // Gradient keeps its 7
		s.run(map[string]map[string]any{"one": premium{"a": 5}.sync(wide(zeroes))})
		diags := s.applied(s.planned(maps.Clone(s.state), nil))
		if len(s.state) != 0 || !namesPair(diags, pair{"b", "Premium"}) {
			t.Errorf("%d syncs are left, and the apply says %v", len(s.state), diags)
		}
	})
}

// Rule 7: "ignore" leaves out what Gradient has refused. What waited for an inactive integration was never sent, so it is sent as soon as the
// integration is active.
func TestRule7IgnoreSendsWhatWaitedForAnInactiveIntegration(t *testing.T) {
	tell(t, func(s *story) {
		ignore := map[string]any{"on_unmapped": "ignore"}
		s.run(map[string]map[string]any{"one": premium{"a": 5}.sync(ignore)})
		s.model.status = "inactive"
		for range 2 {
			s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(ignore)})
			s.expect(map[string]int64{"a": 5, "b": 0})
		}
		s.model.status = "active"
		s.run(map[string]map[string]any{"one": premium{"a": 5, "b": 7}.sync(ignore)})
		s.expect(map[string]int64{"a": 5, "b": 7})
	})
}

// Rule 9: a plan of one integration is applied with the keys of another one, which has accounts of the same ids. Neither counts nor the zeros of
// a destroy go there.
func TestRule9APlanOfAnotherIntegrationPushesNothing(t *testing.T) {
	for name, next := range map[string]map[string]map[string]any{
		"update": {"one": premium{"a": 6, "b": 7}.sync(zeroes)}, "destroy": nil, "create": {"one": premium{"a": 5}.sync(zeroes), "two": premium{"b": 7}.sync(zeroes)},
	} {
		t.Run(name, func(t *testing.T) {
			tell(t, func(s *story) {
				s.run(map[string]map[string]any{"one": premium{"a": 5}.sync(zeroes)})
				reviewed := s.planned(maps.Clone(s.state), next)
				s.model.integration = "integration-2"
				if diags := s.applied(reviewed); name != "create" && !says(diags, "The keys belong to another integration") {
					t.Errorf("the apply says %v", diags)
				}
				if len(s.model.pushes) > 0 || len(s.state) != 1 {
					t.Errorf("pushed %v, and the state has %d syncs", s.model.pushes, len(s.state))
				}
			})
		})
	}
}

// Rule 10: a plan that cannot show the counts is applied, and there is nothing to push. The guard has changed, which must not be a diff that only one of
// the two plans has.
func TestRule10AChangeOfTheGuardBesideHiddenCounts(t *testing.T) {
	tell(t, func(s *story) {
		limits := func(most int, units premium) map[string]map[string]any {
			return map[string]map[string]any{"one": units.sync(map[string]any{"guard": map[string]any{"max_first_units": most}})}
		}
		s.run(limits(10, premium{"a": 5}))
		for _, most := range []int{200, 50} {
			reviewed := s.planned(maps.Clone(s.state), limits(most, premium{"a": 5}), "one")
			if diags := s.applied(reviewed); len(s.model.pushes) > 0 || says(diags, "guard") {
				t.Errorf("pushed %v, and the apply says %v", s.model.pushes, diags)
			}
		}
		// The guard of the configuration is the one that counts, in the plan and in the apply.
		for _, hidden := range [][]string{nil, {"one"}} {
			reviewed := s.planned(maps.Clone(s.state), limits(50, premium{"a": 5, "b": 60}), hidden...)
			if !reviewed.failed {
				s.applied(reviewed)
			}
			if s.code == "" {
				t.Errorf("the guard lets the change pass, hidden: %v", hidden)
			}
		}
		s.applied(s.planned(maps.Clone(s.state), limits(60, premium{"a": 5, "b": 60}), "one"))
		s.expect(map[string]int64{"a": 5, "b": 60})
	})
}

// Rule 9: a refresh that finds nothing new changes nothing, the private state included. Otherwise a run without changes would write another state,
// and a plan that is being reviewed could not be applied any more.
func TestRule9ARefreshWithoutNewsLeavesTheStateAsItIs(t *testing.T) {
	tell(t, func(s *story) {
		files := map[string]map[string]any{"one": premium{"a": 5}.sync(map[string]any{})}
		s.run(files)
		s.run(files) // the first refresh after a push may note what Gradient shows now
		before := s.state[syncKind+".one"]
		after := s.planned(s.state, files).state[syncKind+".one"]
		if !after.value.Equal(before.value) || string(after.private) != string(before.private) {
			t.Errorf("a refresh made\n%s of\n%s", after.private, before.private)
		}
	})
}

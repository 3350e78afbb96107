// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package matching proposes which names of two lists are the same company, and is the data source that shows it,
// cloudradial_company_matches.
package matching

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Result is what Match proposes. Each left key is in exactly one of Exact, Likely, Ambiguous and UnmatchedLeft.
type Result struct {
	Exact          map[string]string      // left key → right key: the same name, character for character
	Likely         []Pair                 // sorted by left key
	Ambiguous      map[string][]Candidate // left key → all that it may be, best first: a person decides
	UnmatchedLeft  []string               // left keys, sorted
	UnmatchedRight []string               // right keys that are nowhere above, sorted
}

// Pair is two names that are likely the same company.
type Pair struct {
	Left, Right string // keys
	Score       float64
	Reason      Reason
}

// Candidate is a right name that a left one may be.
type Candidate struct {
	Right  string // key
	Score  float64
	Reason Reason
}

// Match compares two lists of names, each key → name. A name is given to no more than one name of the other list: where
// two come into question equally, neither gets it.
func Match(left, right map[string]string) Result {
	g := newGraph(parseAll(left), parseAll(right))
	result := Result{Exact: map[string]string{}, Ambiguous: map[string][]Candidate{}}
	exact := g.mutual(same)
	for l, r := range exact {
		result.Exact[g.left[l].key] = g.right[r].key
	}
	g.remove(exact)
	likely := g.mutual(alike)
	listed := map[int]bool{}
	for _, r := range exact {
		listed[r] = true
	}
	for l, n := range g.left {
		if _, ok := exact[l]; ok {
			continue
		}
		if r, ok := likely[l]; ok {
			found := g.edges[l][r]
			result.Likely = append(result.Likely, Pair{n.key, g.right[r].key, found.score, found.reason})
			listed[r] = true
			continue
		}
		if len(g.edges[l]) == 0 {
			result.UnmatchedLeft = append(result.UnmatchedLeft, n.key)
			continue
		}
		result.Ambiguous[n.key] = g.candidates(l)
		for r := range g.edges[l] {
			listed[r] = true
		}
	}
	for r, n := range g.right {
		if !listed[r] {
			result.UnmatchedRight = append(result.UnmatchedRight, n.key)
		}
	}
	return result
}

// parseAll sorts by key, so that the result does not depend on the order of a map.
func parseAll(names map[string]string) []*name {
	parsed := make([]*name, 0, len(names))
	for _, key := range slices.Sorted(maps.Keys(names)) {
		parsed = append(parsed, parse(key, names[key]))
	}
	return parsed
}

// graph holds the relations between two lists, by index. Unrelated names have none.
type graph struct {
	left, right []*name
	edges       []map[int]relation // left → right → relation
}

func newGraph(left, right []*name) *graph {
	byKey := map[string][]int{}
	for r, n := range right {
		for key := range blocks(n) {
			byKey[key] = append(byKey[key], r)
		}
	}
	g := &graph{left, right, make([]map[int]relation, len(left))}
	for l, n := range left {
		g.edges[l] = map[int]relation{}
		seen := map[int]bool{}
		for key := range blocks(n) {
			for _, r := range byKey[key] {
				if seen[r] {
					continue
				}
				seen[r] = true
				if found := compare(n, right[r]); found.tier != unrelated {
					g.edges[l][r] = found
				}
			}
		}
	}
	return g
}

// blocks returns keys of which related names share at least one, so that only names that share one are compared.
func blocks(n *name) map[string]struct{} {
	keys := map[string]struct{}{"case " + n.folded: {}}
	add := func(kind, key string) { keys[kind+" "+key] = struct{}{} }
	for _, s := range n.spellings {
		add("whole", s.whole)
		add("stem", s.stem)
		add("words", s.sorted)
		add("words", s.expanded)
		for _, i := range s.shorter {
			add("words", i.sorted)
		}
		if len(s.words) > mostWords {
			continue
		}
		for i, w := range s.words {
			if length := utf8.RuneCountInString(w); length < swappedWord-1 || length > longestWord {
				continue
			}
			rest := replaced(s.words, i, i+1, "")
			add("typo", rest+"|"+w)
			for from, r := range w {
				add("typo", rest+"|"+w[:from]+w[from+utf8.RuneLen(r):])
			}
		}
	}
	return keys
}

// mutual returns the pairs, left → right, of that tier or a better one in which each is the only best of the other.
func (g *graph) mutual(worst tier) map[int]int {
	bestOfRight := map[int]best{}
	for _, edges := range g.edges {
		for r, found := range edges {
			bestOfRight[r] = bestOfRight[r].with(found.tier)
		}
	}
	pairs := map[int]int{}
	for l, edges := range g.edges {
		var bestOfLeft best
		for _, found := range edges {
			bestOfLeft = bestOfLeft.with(found.tier)
		}
		for r, found := range edges {
			only := best{found.tier, 1}
			if found.tier <= worst && bestOfLeft == only && bestOfRight[r] == only {
				pairs[l] = r
			}
		}
	}
	return pairs
}

// best is the best tier of some relations, and how many are of it.
type best struct {
	tier  tier
	count int
}

func (b best) with(t tier) best {
	switch {
	case b.count == 0 || t < b.tier:
		return best{t, 1}
	case t == b.tier:
		return best{t, b.count + 1}
	}
	return b
}

// remove takes the names of these pairs out.
func (g *graph) remove(pairs map[int]int) {
	taken := map[int]bool{}
	for l, r := range pairs {
		g.edges[l] = nil
		taken[r] = true
	}
	for _, edges := range g.edges {
		maps.DeleteFunc(edges, func(r int, _ relation) bool { return taken[r] })
	}
}

// candidates returns all that a left name may be, best first.
func (g *graph) candidates(l int) []Candidate {
	var all []Candidate
	for r, found := range g.edges[l] {
		all = append(all, Candidate{g.right[r].key, found.score, found.reason})
	}
	slices.SortFunc(all, func(a, b Candidate) int {
		if a.Score != b.Score {
			if a.Score > b.Score {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Right, b.Right)
	})
	return all
}

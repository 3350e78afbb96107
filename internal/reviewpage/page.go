// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reviewpage

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

// Parts of every page. The template escapes what it is given, apart from style and script, which are ours.
var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
	//go:embed page.html.tmpl
	layout string

	pageTemplate = template.Must(template.New("page").Parse(layout))
)

// policy allows the style and the script of the page by their hashes, and nothing else.
var policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(style), hash(script))

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// maxBars is the number of customers with a bar.
const maxBars = 12

// page is what the template shows.
type page struct {
	Policy, Headline, Explanation string
	Style                         template.CSS
	Script                        template.JS
	Totals                        []total
	Bars                          []bar
	MoreBars                      string
	Findings                      []shownFinding
	Statuses                      []status
	Data                          data
}

type total struct{ Key, Name, Sum, Delta, From, Source string }

type bar struct {
	Name, Label, Units string
	Apart, Gap         int // thousandths of the width
}

type shownFinding struct {
	Title, Hint string
	Items       []string
	Open        bool
}

// status is a status as the page names it. Open says that its rows disagree.
type status struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Meaning string `json:"meaning"`
	Tone    string `json:"tone"`
	Open    bool   `json:"open"`
}

// data is what the script draws the table from. Rows name accounts and so on by their place in the lists, because names are long.
type data struct {
	Systems   []system  `json:"systems"`
	Accounts  []account `json:"accounts"`
	Services  []string  `json:"services"`
	Statuses  []status  `json:"statuses"`
	Origins   []string  `json:"origins"`
	Rows      [][]any   `json:"rows"`
	Tolerance float64   `json:"tolerance"`
}

type system struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Asked  bool   `json:"asked"`
	Source string `json:"source"`
}

type account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// sources say where the numbers of a system come from: in a few words, within a sentence, and as one. By reconcile.System.
var sources = [len(reconcile.Systems)]struct{ short, within, sentence string }{
	{"seats in the customers' tenants", "Microsoft's seats, counted by the license mappings:",
		"The seats in the customers' Microsoft tenants, counted by the license mappings as the function unit_counts does."},
	{"rows that are published", "the rows published in CloudRadial",
		"The rows that are published in CloudRadial, on the basis of the license mapping."},
	{"counts that it has accepted", "the counts that Gradient has accepted (gradient_counts)",
		"The counts that Gradient has accepted, as the argument gradient_counts has them. Gradient shows them to the person who approves cards."},
	{"units that it bills", "what the PSA bills (psa_counts)",
		"What the PSA bills, as the argument psa_counts has it: read from the PSA, or from an export of it."},
}

// render returns the page of a review.
func render(found review) (string, error) {
	statuses := statusesOf(found)
	p := page{
		Policy: policy, Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // both are files of this package
		Headline: headline(found), Explanation: explanation(found, statuses), Totals: totals(found), Statuses: statuses,
		Data: makeData(found, statuses),
	}
	p.Bars, p.MoreBars = bars(found)
	for i, f := range found.findings {
		p.Findings = append(p.Findings, shownFinding{f.title, f.hint, f.items, i == 0 && len(f.items) <= 20})
	}
	var text strings.Builder
	err := pageTemplate.Execute(&text, p)
	return text.String(), err
}

// statusesOf returns all statuses in their order, and behind them those that only the rows have.
func statusesOf(found review) []status {
	var all []status
	for _, known := range reconcile.Statuses {
		all = append(all, status{Key: string(known.Status), Meaning: strings.ReplaceAll(known.Meaning, "`", "")})
	}
	for _, r := range found.rows {
		i := slices.IndexFunc(all, func(s status) bool { return s.Key == r.status })
		if i < 0 {
			all, i = append(all, status{Key: r.status}), len(all)
		}
		all[i].Open = all[i].Open || found.differences[r.pair]
	}
	for i := range all {
		all[i].Label, all[i].Tone = label(all[i].Key), tone(all[i])
	}
	return all
}

// label returns a status in words, with the names of systems as they are written.
func label(key string) string {
	words := strings.Split(key, "_")
	for i, word := range words {
		for _, name := range reconcile.Systems {
			if strings.EqualFold(word, name) {
				words[i] = name
			}
		}
	}
	if words[0] == reconcile.Systems[3] {
		words[0] += ":"
	}
	return strings.Join(words, " ")
}

func tone(s status) string {
	switch {
	case s.Key == "agree" || s.Key == "psa_later":
		return "calm"
	case s.Key == "differs":
		return "apart"
	case s.Open, strings.HasPrefix(s.Key, "missing"):
		return "gap"
	}
	return "quiet"
}

func headline(found review) string {
	n, apart := len(found.rows), len(found.differences)
	switch {
	case n == 0:
		return "There is nothing to compare"
	case apart > 0:
		return fmt.Sprintf("%s of %s disagree", formatCount(apart), counted(n, "pair"))
	case found.inAgreement:
		return fmt.Sprintf("All %s agree", counted(n, "pair"))
	}
	return fmt.Sprintf("None of %s disagrees, and the review is not complete", counted(n, "pair"))
}

// explanation says what the headline leaves out.
func explanation(found review, statuses []status) string {
	counts := map[string]int{}
	for _, r := range found.rows {
		counts[r.status]++
	}
	text := "A pair is a customer and a product."
	var parts []string
	for _, s := range statuses {
		if counts[s.Key] > 0 {
			parts = append(parts, s.Label+" "+formatCount(counts[s.Key]))
		}
	}
	if len(parts) > 0 {
		text += " By status: " + strings.Join(parts, ", ") + "."
	}
	return text
}

func totals(found review) []total {
	var all []total
	for i, name := range reconcile.Systems {
		t := total{Key: reconcile.System(i).Key(), Name: name, Sum: "–", From: "not asked", Source: sources[i].sentence}
		if sum := found.units[i]; sum != nil {
			t.Sum, t.From = formatUnits(sum), sources[i].short
			if base := found.units[0]; i > 0 && base != nil {
				t.Delta = delta(*sum-*base) + " Microsoft"
			}
		}
		all = append(all, t)
	}
	return all
}

func delta(difference float64) string {
	switch size := math.Abs(difference); {
	case size < 0.00005:
		return "the same as"
	case difference < 0:
		return formatUnits(&size) + " fewer than"
	default:
		return formatUnits(&size) + " more than"
	}
}

// bars returns the customers whose systems are furthest apart, and a sentence about the others.
func bars(found review) ([]bar, string) {
	type sum struct {
		id, name   string
		apart, gap float64
	}
	byAccount := map[string]*sum{}
	var sums []*sum
	for _, r := range found.rows {
		if !found.differences[r.pair] {
			continue
		}
		s := byAccount[r.account]
		if s == nil {
			s = &sum{id: r.account, name: r.name}
			byAccount[r.account], sums = s, append(sums, s)
		}
		if low, high := r.span(); high-low > found.tolerance {
			s.apart += high - low
		} else {
			s.gap += high
		}
	}
	slices.SortFunc(sums, func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.apart+b.gap, a.apart+a.gap), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	var shown []bar
	more, left := 0, 0.0
	for i, s := range sums {
		units := s.apart + s.gap
		if i >= maxBars {
			more, left = more+1, left+units
			continue
		}
		most := max(sums[0].apart+sums[0].gap, 1)
		shown = append(shown, bar{
			Name: s.name, Units: formatUnits(&units), Apart: width(s.apart, most), Gap: width(s.gap, most),
			Label: fmt.Sprintf("numbers differ by %s, %s are missing in a system", formatUnits(&s.apart), formatUnits(&s.gap)),
		})
	}
	if more == 0 {
		return shown, ""
	}
	return shown, fmt.Sprintf("%s, %s units apart together, are in the table below.", counted(more, "more customer"), formatUnits(&left))
}

// width returns a part in thousandths, and at least a visible one.
func width(part, whole float64) int {
	if part <= 0 {
		return 0
	}
	return max(4, int(math.Round(1000*part/whole)))
}

// span returns the smallest and the largest number of a row.
func (r row) span() (low, high float64) {
	first := true
	for _, units := range r.units {
		if units == nil {
			continue
		}
		if first {
			low, high, first = *units, *units, false
		}
		low, high = min(low, *units), max(high, *units)
	}
	return low, high
}

func makeData(found review, statuses []status) data {
	d := data{Statuses: statuses, Tolerance: found.tolerance, Rows: [][]any{}, Accounts: []account{}, Services: []string{}, Origins: []string{}}
	for i, name := range reconcile.Systems {
		d.Systems = append(d.Systems, system{reconcile.System(i).Key(), name, found.units[i] != nil, sources[i].within})
	}
	accounts, services, origins := places[account]{}, places[string]{}, places[string]{}
	for _, r := range found.rows {
		rank := slices.IndexFunc(statuses, func(s status) bool { return s.Key == r.status })
		shown := []any{accounts.of(account{r.account, r.name}), services.of(r.service), r.units, rank, r.reason}
		var from [][]any
		for _, origin := range found.origins[r.account][r.service] {
			from = append(from, []any{0, origins.of(describe(origin)), units(origin.Units)})
		}
		if id, known := found.companies[r.account]; known && found.assetType != "" && r.units[1] != nil {
			from = append(from, []any{1, origins.of(fmt.Sprintf("in the rows of %q, company %g", found.assetType, id)), r.units[1]})
		}
		for _, line := range found.psaLines[r.pair] {
			from = append(from, []any{3, origins.of(line.text), line.quantity})
		}
		if from != nil {
			shown = append(shown, from)
		}
		d.Rows = append(d.Rows, shown)
	}
	d.Accounts, d.Services, d.Origins = append(d.Accounts, accounts.list...), append(d.Services, services.list...), append(d.Origins, origins.list...)
	return d
}

func describe(origin reconcile.Origin) string {
	product := origin.SKU
	if origin.ProductName != "" && origin.ProductName != origin.SKU {
		product = origin.ProductName + " (" + origin.SKU + ")"
	}
	return product + " in the tenant " + origin.Tenant
}

// units returns null for a number that Microsoft did not give.
func units(n int64) any {
	if n == billing.Unknown {
		return nil
	}
	return n
}

// places gives each value its place in a list.
type places[T comparable] struct {
	list []T
	at   map[T]int
}

func (p *places[T]) of(value T) int {
	if p.at == nil {
		p.at = map[T]int{}
	}
	i, known := p.at[value]
	if !known {
		i = len(p.list)
		p.at[value], p.list = i, append(p.list, value)
	}
	return i
}

var english = message.NewPrinter(language.English)

func formatUnits(n *float64) string {
	if n == nil {
		return "unknown"
	}
	return english.Sprint(number.Decimal(*n, number.MaxFractionDigits(4)))
}

func formatCount(n int) string { return english.Sprint(number.Decimal(n)) }

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return formatCount(n) + " " + noun + "s"
}

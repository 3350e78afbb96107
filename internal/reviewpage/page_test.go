// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reviewpage

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/reviewpage/browsertest"
)

// line makes a row: units of the four systems, NaN-free, "-" for none.
func line(account, name, service, status, units string) row {
	r := row{pair: pair{account, service}, name: name, status: status}
	for i, text := range strings.Fields(units) {
		if text != "-" {
			var number float64
			if _, err := fmt.Sscan(text, &number); err != nil {
				panic(err)
			}
			r.units[i] = &number
		}
	}
	return r
}

// smallReview has a row of each kind.
func smallReview() review {
	found := review{
		differences: map[pair]bool{},
		rows: []row{
			line("alder", "Alder & Finch", "Business Premium", "agree", "18 18 18 18"),
			line("alder", "Alder & Finch", "Visio", "differs", "3 3 3 5"),
			line("brightwater", "Brightwater", "Business Premium", "missing_in_psa", "1200 1200 1200 -"),
			line("cedar", "Cedar Grove", "Microsoft 365 E3", "unknown", "- 86 86 86"),
			line("cedar", "Cedar Grove", "Visio", "differs", "10.5 10.5 7 7"),
		},
		findings: []finding{{"SKUs that no license mapping counts", "Seats.", []string{"Power BI Pro (POWER_BI_PRO): 15 purchased seats"}}},
		origins:  reconcile.Origins{"alder": {"Visio": {{Tenant: "alder", SKU: "VISIOCLIENT", ProductName: "Visio Plan 2", Units: 3}}}},
	}
	for _, r := range found.rows {
		if r.status == "differs" || r.status == "missing_in_psa" {
			found.differences[r.pair] = true
		}
		for i, units := range r.units {
			if units != nil {
				sum := *units
				if found.units[i] != nil {
					sum += *found.units[i]
				}
				found.units[i] = &sum
			}
		}
	}
	return found
}

func show(t *testing.T, found review) string {
	t.Helper()
	text, err := render(found)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func open(t *testing.T, found review) *browsertest.Page {
	t.Helper()
	return browsertest.Open(t, show(t, found))
}

// cells returns the texts of a column of the table, joined.
func cells(p *browsertest.Page, column int) string {
	return browsertest.Eval[string](p, fmt.Sprintf(`[...document.querySelectorAll("#rows tr.pair")].map(r => r.children[%d].firstChild.textContent).join("|")`, column))
}

func shownText(p *browsertest.Page) string {
	return browsertest.Eval[string](p, `document.getElementById("shown").textContent`)
}

// choose sets a field and tells the page, as a person does.
func choose(p *browsertest.Page, id, value string) {
	p.Run(fmt.Sprintf(`(() => { const f = document.getElementById(%q); f.value = %q; f.dispatchEvent(new Event(f.type === "search" ? "input" : "change")); })()`, id, value))
}

func TestPageShowsTheReview(t *testing.T) {
	t.Parallel()
	p := open(t, smallReview())
	text := browsertest.Eval[string](p, "document.body.innerText")
	for _, part := range []string{
		"3 of 5 pairs disagree.", "By status: differs 2, missing in PSA 1, unknown 1, agree 1.",
		"1,231.5", "1,115.5 fewer than Microsoft", "Power BI Pro (POWER_BI_PRO)", "5 of 5 pairs.",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q:\n%s", part, text)
		}
	}
	// The most important status first, then by customer.
	if got := cells(p, 0); got != "Alder & Finch|Cedar Grove|Brightwater|Cedar Grove|Alder & Finch" {
		t.Errorf("customers: %s", got)
	}
	// A missing number is not 0, and the distance stands beside a number that is off.
	if got := browsertest.Eval[string](p, `document.querySelector("#rows").innerText`); !strings.Contains(got, "–") || !strings.Contains(got, "+2") || !strings.Contains(got, "−3.5") {
		t.Errorf("numbers: %s", got)
	}
	if got := browsertest.Eval[string](p, `[...document.querySelectorAll(".bars tbody tr")].map(r => r.children[0].textContent + " " + r.children[2].textContent).join("|")`); got !=
		"Brightwater 1,200|Cedar Grove 3.5|Alder & Finch 2" {
		t.Errorf("bars: %s", got)
	}
	if requests, problems := p.Requests(), p.Problems(); len(requests)+len(problems) > 0 {
		t.Errorf("requests %q, problems %q", requests, problems)
	}
}

func TestPageSaysWhereNumbersComeFrom(t *testing.T) {
	t.Parallel()
	p := open(t, smallReview())
	p.Click(`[aria-label="Sources of Visio for Alder & Finch"]`)
	got := browsertest.Eval[string](p, `document.querySelector("tr.sources").innerText`)
	for _, part := range []string{"3 from Microsoft's seats", "3 Visio Plan 2 (VISIOCLIENT) in the tenant alder", "5 from what the PSA bills (psa_counts)"} {
		if !strings.Contains(got, part) {
			t.Errorf("sources lack %q: %s", part, got)
		}
	}
	if state := browsertest.Eval[string](p, `document.querySelector("button.open").getAttribute("aria-expanded")`); state != "true" {
		t.Errorf("aria-expanded is %s", state)
	}
	p.Click(`button.open[aria-expanded=true]`)
	if n := browsertest.Eval[int](p, `document.querySelectorAll("tr.sources").length`); n != 0 {
		t.Errorf("%d sources are shown", n)
	}
}

func TestPageFilters(t *testing.T) {
	t.Parallel()
	p := open(t, smallReview())
	for _, test := range []struct{ id, value, products, shown string }{
		{"customer", "ALDER", "Visio|Business Premium", "2 of 5 pairs."},
		{"service", "Visio", "Visio", "1 of 5 pairs."},
		{"status", "agree", "", "No pair fits these filters."},
		{"customer", "", "", "No pair fits these filters."},
		{"status", "*", "Visio|Visio", "2 of 5 pairs."},
		{"service", "", "Visio|Visio|Business Premium", "3 of 5 pairs."},
		{"status", "missing_in_psa", "Business Premium", "1 of 5 pairs."},
	} {
		choose(p, test.id, test.value)
		if got, shown := cells(p, 1), shownText(p); got != test.products || shown != test.shown {
			t.Errorf("%s = %q: %s, %s; want %s, %s", test.id, test.value, got, shown, test.products, test.shown)
		}
	}
	p.Click("#clear")
	if got := shownText(p); got != "5 of 5 pairs." {
		t.Errorf("without filters: %s", got)
	}
}

func TestPageSorts(t *testing.T) {
	t.Parallel()
	p := open(t, smallReview())
	press := func(column string) string { // with the keyboard
		button := fmt.Sprintf(`th[data-column=%s] button`, column)
		p.PressEnter(button)
		return browsertest.Eval[string](p, `[...document.querySelectorAll("th[aria-sort]")].map(h => h.dataset.column + " " + h.getAttribute("aria-sort")).join()`)
	}
	for _, test := range []struct {
		column, state string
		cell          int
		want          string
	}{
		{"microsoft", "microsoft ascending", 2, "3|10.5|18|1,200|–"},
		{"microsoft", "microsoft descending", 2, "1,200|18|10.5|3|–"}, // a missing number comes last again
		{"service", "service ascending", 1, "Business Premium|Business Premium|Microsoft 365 E3|Visio|Visio"},
		{"account", "account ascending", 0, "Alder & Finch|Alder & Finch|Brightwater|Cedar Grove|Cedar Grove"},
		{"account", "account descending", 0, "Cedar Grove|Cedar Grove|Brightwater|Alder & Finch|Alder & Finch"},
		{"psa", "psa ascending", 5, "5|7|18|86|–"},
		{"status", "status ascending", 6, "differs|differs|missing in PSA|unknown|agree"},
	} {
		state := press(test.column)
		if got := cells(p, test.cell); got != test.want || state != test.state {
			t.Errorf("%s: %s, %s; want %s, %s", test.column, state, got, test.state, test.want)
		}
	}
}

func TestPagePrints(t *testing.T) {
	t.Parallel()
	p := open(t, largeReview(30, 20))
	if got := shownText(p); got != "600 of 600 pairs, the first 200 shown." {
		t.Errorf("on the screen: %s", got)
	}
	pdf := p.PDF()
	pages := bytes.Count(pdf, []byte("/Type /Page\n")) + bytes.Count(pdf, []byte("/Type /Page/")) + bytes.Count(pdf, []byte("/Type /Page "))
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 10 {
		t.Errorf("the PDF has %d bytes and %d pages", len(pdf), pages)
	}
	if got := shownText(p); got != "600 of 600 pairs." {
		t.Errorf("on paper: %s", got)
	}
	p.Paper()
	if got := browsertest.Eval[string](p, `["filters", "open", "more"].map(c => getComputedStyle(document.querySelector("." + c)).display).join()`); got != "none,none,none" {
		t.Errorf("buttons on paper: %s", got)
	}
}

// hostile are names that a customer or an attacker could give.
var hostile = []string{
	`<script>window.ran = 1</script>`, `</script><script>window.ran = 1</script>`, `"><img src=x onerror="window.ran=1">`, `'><svg onload=window.ran=1>`,
	`<!--`, `]]>`, `<style>*{display:none}</style>`, `{{.Policy}}`, `${window.ran=1}`, "\u2028window.ran=1\u2029", `javascript:window.ran=1`, `\u003cscript>`,
	`__proto__`, `constructor`, `=HYPERLINK("http://attacker.example")`, "a\x00b\x1b[31m", `&lt;b&gt;`, "\u202eevil",
}

func TestHostileNamesRunNothing(t *testing.T) {
	t.Parallel()
	var found review
	found.differences = map[pair]bool{}
	one := 1.0
	found.units[0], found.units[3], found.assetType = &one, &one, hostile[1]
	found.companies = map[string]float64{}
	found.origins = reconcile.Origins{}
	for _, name := range hostile {
		r := row{pair: pair{name, name}, name: name, status: name, reason: name}
		r.units[0], r.units[1] = &one, &one
		found.rows = append(found.rows, r)
		found.differences[r.pair] = true
		found.companies[name] = 1
		found.origins[name] = map[string][]reconcile.Origin{name: {{Tenant: name, SKU: name, ProductName: "x" + name, Units: 1}}}
		found.findings = append(found.findings, finding{name, name, []string{name}})
	}
	p := open(t, found)
	p.Run(`document.querySelectorAll("button.open").forEach(b => b.click())`)
	choose(p, "service", hostile[2])
	choose(p, "service", "")
	if browsertest.Eval[bool](p, `"ran" in window`) {
		t.Error("a name ran as a script")
	}
	if got := browsertest.Eval[int](p, `document.querySelectorAll("img, svg[onload], iframe, a[href^=javascript], script:not(#data):not(:last-of-type)").length`); got != 0 {
		t.Errorf("%d elements were made from names", got)
	}
	if got := cells(p, 1); !strings.Contains(got, hostile[1]) || !strings.Contains(got, hostile[2]) {
		t.Errorf("names are shown as %s", got)
	}
	if requests, problems := p.Requests(), p.Problems(); len(requests)+len(problems) > 0 {
		t.Errorf("requests %q, problems %q", requests, problems)
	}
	// If a name became markup nevertheless, the policy of the page would not let it run or load.
	p.Run(`(() => {
		const inline = document.createElement("script"); inline.textContent = "window.ran = 1"; document.body.append(inline);
		const image = document.createElement("img"); image.src = "http://127.0.0.1:9/x"; document.body.append(image);
		const div = document.createElement("div"); div.setAttribute("onclick", "window.ran = 1"); document.body.append(div); div.click();
	})()`)
	if browsertest.Eval[bool](p, `"ran" in window`) {
		t.Error("the policy lets other scripts run")
	}
}

// largeReview has many rows, one in fifty of which differs.
func largeReview(accounts, services int) review {
	found := review{differences: map[pair]bool{}, origins: reconcile.Origins{}}
	for a := range accounts {
		for s := range services {
			id := fmt.Sprintf("customer-%04d", a)
			r := line(id, fmt.Sprintf("Customer %04d of the MSP", a), fmt.Sprintf("Microsoft 365 product %02d", s), "agree", "25 25 25 25")
			if (a*services+s)%50 == 7 {
				r = line(id, r.name, r.service, "differs", "25 25 25 22")
				found.differences[r.pair] = true
			}
			if found.origins[id] == nil {
				found.origins[id] = map[string][]reconcile.Origin{}
			}
			found.origins[id][r.service] = []reconcile.Origin{{Tenant: id, SKU: fmt.Sprintf("SKU_%02d", s), ProductName: r.service, Units: 25}}
			found.rows = append(found.rows, r)
		}
	}
	sum := float64(25 * accounts * services)
	for i := range found.units {
		found.units[i] = &sum
	}
	return found
}

// A large MSP's page stays usable: 1,000 customers with 20 products each.
func TestLargePageStaysUsable(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	html := show(t, largeReview(1000, 20))
	made := time.Since(begin)
	p := browsertest.Open(t, html)
	if got := shownText(p); got != "20,000 of 20,000 pairs, the first 200 shown." {
		t.Errorf("at first: %s", got)
	}
	timed := func(script string) float64 {
		return browsertest.Eval[float64](p, `(() => { const t = performance.now(); `+script+`; document.body.offsetHeight; return performance.now() - t; })()`)
	}
	load := browsertest.Eval[float64](p, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`)
	filter := timed(`const c = document.getElementById("customer"); c.value = "0777"; c.dispatchEvent(new Event("input"))`)
	if got := shownText(p); got != "20 of 20,000 pairs." {
		t.Errorf("filtered: %s", got)
	}
	p.Click("#clear")
	sort := timed(`document.querySelector("th[data-column=psa] button").click()`)
	t.Logf("%d bytes, made in %s; loaded in %.0f ms, filtered in %.0f ms, sorted in %.0f ms", len(html), made.Round(time.Millisecond), load, filter, sort)
	for name, took := range map[string]float64{"filter": filter, "sort": sort} {
		if took > 2000 {
			t.Errorf("%s takes %.0f ms", name, took)
		}
	}
	if len(html) > 6<<20 {
		t.Errorf("the page has %d bytes", len(html))
	}
}

// What the page is made of without the data stays small.
func TestPageIsSmall(t *testing.T) {
	t.Parallel()
	if size := len(style) + len(script) + len(layout); size > 60_000 {
		t.Errorf("style, script and layout have %d bytes", size)
	}
}

func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	p := open(t, smallReview())
	for what, count := range map[string]int{
		`header`: 1, `main`: 1, `footer`: 1, `h1`: 1, `[role=search]`: 1, `[role=status]`: 1, `table caption`: 1, `html[lang=en]`: 1,
		`a.skip[href="#pairs"]`: 1, `section:not([aria-labelledby])`: 0, `th:not([scope])`: 0, `input:not([id]), select:not([id])`: 0, `button:not([type])`: 0,
	} {
		if got := browsertest.Eval[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", what)); got != count {
			t.Errorf("%s: %d, want %d", what, got, count)
		}
	}
	if got := browsertest.Eval[string](p, `[...document.querySelectorAll("[aria-labelledby], label[for]")].map(e => e.getAttribute("aria-labelledby") || e.htmlFor).filter(id => !document.getElementById(id)).join()`); got != "" {
		t.Errorf("labels without an element: %s", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		p.Run(`document.querySelectorAll("button.open[aria-expanded=false]").forEach(b => b.click())`)
		if got := browsertest.Eval[string](p, contrast); got != "" {
			t.Errorf("%s: contrast below 4.5: %s", scheme, got)
		}
	}
}

// contrast names the texts that are hard to read, by the formula of WCAG.
const contrast = `(() => {
	const parse = (c) => c.match(/[\d.]+/g).map(Number);
	const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
	const bad = new Set();
	for (const e of document.body.querySelectorAll("*")) {
		if (["SCRIPT", "STYLE"].includes(e.tagName) || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
		const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
	}
	return [...bad].join("; ");
})()`

// The same review gives the same page, so that an output of Terraform changes only with the review.
func TestPageIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first, second := show(t, smallReview()), show(t, smallReview())
	if first != second {
		t.Error("two pages of one review differ")
	}
}

func TestHeadlines(t *testing.T) {
	t.Parallel()
	found := smallReview()
	for want, change := range map[string]func(){
		"3 of 5 pairs disagree": func() {},
		"None of 5 pairs disagrees, and the review is not complete": func() { found.differences = nil },
		"All 5 pairs agree":           func() { found.differences, found.inAgreement = nil, true },
		"There is nothing to compare": func() { found.rows = nil },
	} {
		found = smallReview()
		change()
		if got := headline(found); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for key, want := range map[string]string{"missing_in_psa": "missing in PSA", "psa_two_lines": "PSA: two lines", "missing_in_cloudradial": "missing in CloudRadial", "not_compared": "not compared"} {
		if got := label(key); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestOnlyTheFirstCustomersHaveBars(t *testing.T) {
	t.Parallel()
	shown, more := bars(largeReview(50, 20))
	if len(shown) != maxBars || more != "8 more customers, 24 units apart together, are in the table below." {
		t.Errorf("%d bars, %q", len(shown), more)
	}
	if shown[0].Apart != 1000 || shown[0].Gap != 0 {
		t.Errorf("the longest: %+v", shown[0])
	}
}

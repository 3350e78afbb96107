// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/markdown"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

func TestWorkedReport(t *testing.T) {
	t.Parallel()
	const want = `## Licence reconciliation

**5 of 7 pairs of account and service do not agree.** 1 agree. 1 cannot be told. 2 tenants could not be read. 8 purchased seats are in no license mapping and on no invoice. 1 account is not mapped in Gradient.

| | Microsoft | CloudRadial | Gradient | PSA |
|---|---:|---:|---:|---:|
| Units | 23 | 32 | 28 | 35 |

### Differences (5)

| Account | Service | Microsoft | CloudRadial | Gradient | PSA | Status | Reason |
|---|---|---:|---:|---:|---:|---|---|
| Acme Ltd (acme) | Phone | 4 | 5 | 4 | 4 | differs | CloudRadial is 1 above Microsoft |
| Acme Ltd (acme) | Premium | 15 | 15 | 15 | 14 | differs | PSA is 1 below Microsoft |
| Delta (delta) | Backup | – | – | – | 2 | missing in microsoft | no license mapping has the service; Gradient has no number |
| Gamma SA (gamma) | Premium | – | – | 5 | – | missing in psa | Microsoft is unknown: no counts of gamma/b; PSA has no number |
| Omega Inc (omega) | Premium | – | – | – | 3 | missing in microsoft | no company mapping has the account; Gradient has no number |

### Unknown (1)

| Account | Service | Microsoft | CloudRadial | Gradient | PSA | Status | Reason |
|---|---|---:|---:|---:|---:|---|---|
| Beta BV (beta) | Premium | – | 8 | – | 8 | unknown | Microsoft is unknown: no counts of beta; Gradient is unknown (null) |

### Bought, and counted by no license mapping (1)

Nothing is billed for these seats. Add the SKU to a license mapping, or leave it out with exclude_skus.

| SKU | Product | Seats | Tenants |
|---|---|---:|---|
| VISIOCLIENT |  | 8 | acme/east: 1, delta: 7 |

### Tenants without counts (2)

They could not be read, or their key has no tenant. Their seats are unknown, not zero.

| Tenant |
|---|
| beta |
| gamma/b |

### Accounts that Gradient has not mapped (2)

Their units reach no invoice until somebody maps them in Gradient.

| Account | Id |
|---|---|
| Beta BV | beta |
| Omega Inc | omega |

### CloudRadial companies that no mapping names (2)

| Company | Id |
|---|---:|
| Theta | 8 |
| Iota | 9 |

### Counts that deserve a second look (3)

| Tenant | SKU | Product | Purchased | Assigned | Flags |
|---|---|---|---:|---:|---|
| acme/east | MCOEV |  | 6 | 4 | in\_grace |
| delta | TRIAL\_ONLY |  | 0 | 3 | trial |
| delta | VISIOCLIENT/c5928f49-12ba-48f7-ada3-0d743a3601d5 |  | 7 | 2 | overassigned, trial |

### Not looked at (5)

- What the caller says.
- These company mappings have no company\_id, so their companies may be among those without a mapping: gamma.
- CloudRadial was not compared for accounts whose mapping has no company\_id: gamma.
- CloudRadial has purchased and assigned seats only, so it was not compared for services on another basis: E3 (entitled).
- CloudRadial has rows of companies without a mapping (2). They were not compared.

### Numbers that agree (1)

| Account | Service | Microsoft | CloudRadial | Gradient | PSA | Status | Reason |
|---|---|---:|---:|---:|---:|---|---|
| Delta (delta) | Premium | 4 | 4 | 4 | 4 | agree |  |
`
	if got := review(t, workedEstate()).Markdown(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Only the systems that were asked have a column.
func TestOpenings(t *testing.T) {
	t.Parallel()
	const table = "\n\n| | Microsoft | PSA |\n|---|---:|---:|\n| Units | "
	for name, test := range map[string]struct {
		input reconcile.Input
		want  string
	}{
		"agreement":       {oneSeat(t, "10", "", "", "10", 0), "**In agreement: 1 pair of account and service.**" + table + "10 | 10 |\n"},
		"a difference":    {oneSeat(t, "10", "", "", "9.5", 0), "**1 of 1 pair of account and service do not agree.**" + table + "10 | 9.5 |\n"},
		"a tolerance":     {oneSeat(t, "10", "", "", "9", 1), "**In agreement: 1 pair of account and service.** Tolerance: 1 unit." + table},
		"nothing is told": {oneSeat(t, "10", "", "", "?", 0), "**Nothing is known to disagree, but not everything could be compared.**" + table},
		"nothing at all":  {reconcile.Input{}, "**Nothing was compared: no system gave any number.**\n\n| | Microsoft |\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := review(t, test.input).Markdown(); !strings.HasPrefix(got, "## Licence reconciliation\n\n"+test.want) {
				t.Errorf("got:\n%s\nwant it to open with:\n%s", got, test.want)
			}
		})
	}
}

// However large the estate, the report is a page, every section is on it, and it says what it leaves out.
func TestLargeReports(t *testing.T) {
	t.Parallel()
	input := largeEstate(500, 20)
	for i := range 3000 {
		account := fmt.Sprintf("unread-%04d", i)
		input.Counts[account] = nil
		input.Companies[account] = reconcile.Company{AccountID: account}
		input.Gradient[account] = map[string]*float64{"Service SKU_01": of(1)}
		input.PSA[account] = map[string]*float64{"Service SKU_01": of(1)}
		input.PortalCompanies = append(input.PortalCompanies, reconcile.PortalCompany{ID: int64(i + 10_000), Name: strings.Repeat("@", 300)})
		input.Accounts = append(input.Accounts, reconcile.Account{ID: account, Name: strings.Repeat("é|", 300), IsMapped: flag(false)})
		input.Notes = append(input.Notes, strings.Repeat("A note of the caller. ", 50))
	}
	text := review(t, input).Markdown()
	if len(text) > markdown.Limit {
		t.Errorf("the report has %d bytes", len(text))
	}
	if len(text) < markdown.Limit*9/10 {
		t.Errorf("the report has only %d bytes: it leaves out what there is room for", len(text))
	}
	if !utf8.ValidString(text) {
		t.Error("the report is cut within a character")
	}
	for _, heading := range []string{
		"Differences (5000)", "Unknown (3000)", "Bought, and counted by no license mapping (20)", "Tenants without counts (3000)",
		"Accounts that Gradient has not mapped (3000)", "CloudRadial companies that no mapping names (3000)",
		"Counts that deserve a second look (10000)", "Not looked at (3002)", "Numbers that agree (5000)",
	} {
		_, section, found := strings.Cut(text, "\n### "+heading+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !found || strings.Count(section, "\n") < 6 {
			t.Errorf("hardly anything of %q:\n%s", heading, section)
		}
		// Each line is either there or counted as left out.
		var total, left int
		if _, err := fmt.Sscanf(heading[strings.LastIndex(heading, "("):], "(%d)", &total); err != nil {
			t.Fatal(err)
		}
		if _, rest, cut := strings.Cut(section, "\n\n_"); cut {
			if _, err := fmt.Sscanf(rest, "%d more are left out here", &left); err != nil {
				t.Fatalf("%s: %s", err, rest)
			}
		}
		shown := strings.Count(section, "\n- ") + strings.Count(section, "\n| ") - strings.Count(section, "\n|---")
		if strings.HasPrefix(strings.TrimSpace(section), "- ") {
			shown = strings.Count(section, "- A note") + strings.Count(section, "\n- C") + strings.Count(section, "\n- T")
		}
		if total != shown+left {
			t.Errorf("%s: %d shown and %d left out", heading, shown, left)
		}
	}
}

// A report of one long section fills its page to the last line that fits, and not beyond it.
func TestOneLongSectionFillsThePage(t *testing.T) {
	t.Parallel()
	input := agreeing()
	input.PSA = reconcile.Numbers{}
	for account, services := range input.Gradient {
		input.PSA[account] = map[string]*float64{}
		for service, units := range services {
			input.PSA[account][service] = of(*units + 1)
		}
	}
	text := review(t, input).Markdown()
	if strings.Count(text, "\n### ") != 1 || len(text) > markdown.Limit || len(text) < markdown.Limit-400 {
		t.Errorf("%d bytes, want just below %d, in one section", len(text), markdown.Limit)
	}
}

// When nothing is to be done, nobody has to scroll.
func TestAgreementIsShort(t *testing.T) {
	t.Parallel()
	text := review(t, agreeing()).Markdown()
	if len(text) > 5000 || !strings.Contains(text, "**In agreement: 10000 pairs of account and service.**") ||
		!strings.Contains(text, "more are left out here for their length; `rows` has them all._") {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
}

// A name can hold anything that somebody could type into a portal.
func TestNamesAreEscaped(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"A|B":                         `A\|B`,
		`A\|B`:                        `A\\\|B`,
		"`rm -rf`":                    "\\`rm -rf\\`",
		"one\r\n\n| two\u2028three":   `one \| two three`,
		"<img src=x onerror=y>&amp;":  "&lt;img src=x onerror=y&gt;&amp;amp;",
		"[link](https://x.example)":   `\[link\](https:&#8203;//x.example)`,
		"![](www.x.example)":          `\!\[\](www&#8203;.x.example)`,
		"*bold* _it_ ~no~ $x$":        `\*bold\* \_it\_ \~no\~ \$x\$`,
		"@everybody #12":              "@&#8203;everybody #&#8203;12",
		"safe\u202Egnp.exe\u2066\x00": "safegnp.exe",
		"  Café  Zoë ":                "Café Zoë",
		"–":                           "–",
		strings.Repeat("é", 100):      strings.Repeat("é", 100),
		strings.Repeat("é", 101):      strings.Repeat("é", 99) + "…",
	} {
		input := oneSeat(t, "10", "", "", "9", 0)
		input.Companies["a"] = reconcile.Company{AccountID: "acme", Name: name}
		text := review(t, input).Markdown()
		if !strings.Contains(text, "\n| "+want+" (acme) | Premium | 10 | 9 | differs | PSA is 1 below Microsoft |\n") {
			t.Errorf("%q: want %q in:\n%s", name, want, text)
		}
	}
}

// FuzzMarkdown looks for a name that breaks the page: every line of a table has the cells that its head has.
func FuzzMarkdown(f *testing.F) {
	for _, name := range []string{"Acme | Co", "a\nb", "\\", "\\|", "`|`", "<script>", "\u202e", "x\u2029y", "\xff", "| --- |"} {
		f.Add(name, name)
	}
	f.Fuzz(func(t *testing.T, name, service string) {
		if strings.TrimSpace(service) == "" {
			service = "Premium"
		}
		input := oneSeat(t, "10", "", "", "-", 0)
		input.Companies["a"] = reconcile.Company{AccountID: "acme", Name: name}
		input.Licenses = map[string]billing.LicenseMapping{"p": {Service: service, SKUs: []string{"SPB"}}}
		result, err := reconcile.Reconcile(input)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(result.Markdown(), "\n") {
			line = strings.NewReplacer(`\\`, "", `\|`, "", "\\`", "").Replace(line)
			if strings.ContainsAny(line, "\r\u2028\u2029<>`") {
				t.Errorf("a line has what no name may put there: %q", line)
			}
			if strings.HasPrefix(line, "| ") && strings.HasSuffix(line, "missing in psa | PSA has no number |") {
				if cells := strings.Count(line, "|"); cells != 7 {
					t.Errorf("%d bars, want 7: %q", cells, line)
				}
			}
		}
	})
}

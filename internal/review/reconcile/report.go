package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// ReportLimit is the largest size of the report in bytes. A comment on GitHub holds 65,536 characters.
const ReportLimit = 60_000

const (
	// share is the number of bytes that each section may take, even when the sections before it are long.
	share = 4_000
	// cellLimit is the length in characters at which a name is cut.
	cellLimit = 100
	// leftOutLimit is the space for the sentence that says how much a section leaves out.
	leftOutLimit = 200
)

// section is a part of the report. It can be cut after any of its lines.
type section struct {
	heading string
	intro   string // a sentence, may be empty
	header  string // of the table, with its second line; empty for a list
	lines   []string
	where   string // the attribute that has them all
	brief   bool   // takes no more than its share
}

// Markdown returns the review on one page, for a comment on a pull request or the summary of a job. Differences come first. It
// contains no time, so that it changes only when the review changes.
func (r Result) Markdown() string {
	var text strings.Builder
	text.WriteString(r.opening())
	sections := r.sections()
	space := ReportLimit - text.Len()
	for i, s := range sections {
		kept := 0 // space for the sections that follow
		for _, later := range sections[i+1:] {
			kept += min(later.size(), share)
		}
		limit := space - kept
		if s.brief {
			limit = min(limit, share)
		}
		cut := s.render(limit)
		text.WriteString(cut)
		space -= len(cut)
	}
	return text.String()
}

func (r Result) opening() string {
	var text strings.Builder
	text.WriteString("## Licence reconciliation\n\n")
	text.WriteString(r.verdict())
	pairs := r.Pairs()
	for _, s := range []struct {
		status Status
		text   string
	}{{statusAgree, "agree"}, {statusUnknown, "cannot be told"}, {statusNotCompared, "have nothing to be compared with"}} {
		if pairs[s.status] > 0 && pairs[s.status] < len(r.Rows) {
			fmt.Fprintf(&text, " %d %s.", pairs[s.status], s.text)
		}
	}
	if len(r.UnreadableTenants) > 0 {
		fmt.Fprintf(&text, " %s could not be read.", plural(len(r.UnreadableTenants), "tenant", "tenants"))
	}
	if seats := r.unmappedSeats(); seats > 0 {
		fmt.Fprintf(&text, " %s in no license mapping and on no invoice.", plural(int(seats), "purchased seat is", "purchased seats are"))
	}
	if len(r.unbilled) > 0 {
		fmt.Fprintf(&text, " %s not mapped in Gradient.", plural(len(r.unbilled), "account is", "accounts are"))
	}
	if r.tolerance > 0 {
		fmt.Fprintf(&text, " Tolerance: %s.", plural(r.tolerance, "unit", "units"))
	}
	units := r.Units()
	sums := r.columns(func(s System) string { return fmt.Sprintf(" %s |", unitsText(units[s])) })
	fmt.Fprintf(&text, "\n\n| |%s\n|---|%s\n| Units |%s\n", r.names(), r.alignment(), sums)
	return text.String()
}

// verdict is the first sentence of the report.
func (r Result) verdict() string {
	if len(r.Rows) == 0 {
		return "**Nothing was compared: no system gave any number.**"
	}
	pairs := plural(len(r.Rows), "pair", "pairs")
	if differences := len(r.Differences()); differences != 0 {
		return fmt.Sprintf("**%d of %s of account and service do not agree.**", differences, pairs)
	}
	if r.InAgreement() {
		return fmt.Sprintf("**In agreement: %s of account and service.**", pairs)
	}
	if r.numbersAgree() && len(r.UnreadableTenants) == 0 {
		return fmt.Sprintf("**Not in agreement: the numbers of %s of account and service agree, but something is billed nowhere.**", pairs)
	}
	return "**Nothing is known to disagree, but not everything could be compared.**"
}

// unmappedSeats returns how many purchased seats no license mapping counts.
func (r Result) unmappedSeats() (seats int64) {
	for _, sku := range r.UnmappedSKUs {
		seats += sku.Purchased
	}
	return seats
}

// names and alignment are the columns of the systems in the two lines of a table's header.
func (r Result) names() string {
	return r.columns(func(s System) string { return fmt.Sprintf(" %s |", Systems[s]) })
}

func (r Result) alignment() string { return r.columns(func(System) string { return "---:|" }) }

// columns joins a text for each system that was asked.
func (r Result) columns(of func(System) string) string {
	var text strings.Builder
	for system := range Systems {
		if r.Compared[system] {
			text.WriteString(of(System(system)))
		}
	}
	return text.String()
}

func (r Result) sections() []section {
	of := func(status Status) []Row { return r.rows(func(row Row) bool { return row.Status == status }) }
	agreeing := r.rowSection("Numbers that agree", "rows", of(statusAgree))
	agreeing.brief = true
	sections := []section{
		r.rowSection("Differences", "differences", r.Differences()),
		r.rowSection("Unknown", "rows", of(statusUnknown)),
		r.unmappedSKUSection(), r.unreadableSection(), r.accountSection(), r.companySection(), r.flaggedSection(), r.noteSection(),
		r.rowSection("Not compared", "rows", of(statusNotCompared)),
		agreeing,
	}
	return slices.DeleteFunc(sections, func(s section) bool { return len(s.lines) == 0 })
}

func (r Result) rowSection(heading, where string, rows []Row) section {
	s := section{heading: heading, where: where}
	s.header = fmt.Sprintf("| Account | Service |%s Status | Reason |\n|---|---|%s---|---|\n", r.names(), r.alignment())
	for _, row := range rows {
		name := escape(row.AccountName)
		if row.AccountName != row.AccountID {
			name += " (" + escape(row.AccountID) + ")"
		}
		units := r.columns(func(system System) string { return fmt.Sprintf(" %s |", unitsText(row.Units[system])) })
		status := strings.ReplaceAll(string(row.Status), "_", " ")
		s.lines = append(s.lines, fmt.Sprintf("| %s | %s |%s %s | %s |\n", name, escape(row.Service), units, status, escapeLong(row.Reason)))
	}
	return s
}

func (r Result) unmappedSKUSection() section {
	s := section{
		heading: "Bought, and counted by no license mapping", where: findingUnmappedSKUs,
		intro:  "Nothing is billed for these seats. Add the SKU to a license mapping, or leave it out with exclude_skus.",
		header: "| SKU | Product | Seats | Tenants |\n|---|---|---:|---|\n",
	}
	for _, sku := range r.UnmappedSKUs {
		keys := slices.Sorted(maps.Keys(sku.Tenants))
		tenants := make([]string, len(keys))
		for i, key := range keys {
			tenants[i] = fmt.Sprintf("%s: %d", escape(key), sku.Tenants[key])
		}
		s.lines = append(s.lines, fmt.Sprintf("| %s | %s | %d | %s |\n", escape(sku.SKU), escape(sku.ProductName), sku.Purchased, atMost(5, tenants)))
	}
	return s
}

func (r Result) unreadableSection() section {
	s := section{
		heading: "Tenants without counts", where: findingUnreadableTenants,
		intro:  "They could not be read, or their key has no tenant. Their seats are unknown, not zero.",
		header: "| Tenant |\n|---|\n",
	}
	for _, key := range r.UnreadableTenants {
		s.lines = append(s.lines, "| "+escape(key)+" |\n")
	}
	return s
}

func (r Result) accountSection() section {
	s := section{
		heading: "Accounts that Gradient has not mapped", where: findingUnmappedAccounts,
		intro:  "Their units reach no invoice until somebody maps them in Gradient.",
		header: "| Account | Id |\n|---|---|\n",
	}
	for _, account := range r.UnmappedAccounts {
		s.lines = append(s.lines, "| "+escape(account.Name)+" | "+escape(account.ID)+" |\n")
	}
	return s
}

func (r Result) companySection() section {
	s := section{
		heading: "CloudRadial companies that no mapping names", where: findingUnmappedCompanies,
		header: "| Company | Id |\n|---|---:|\n",
	}
	for _, company := range r.UnmappedCompanies {
		s.lines = append(s.lines, fmt.Sprintf("| %s | %d |\n", escape(company.Name), company.ID))
	}
	return s
}

func (r Result) flaggedSection() section {
	s := section{
		heading: "Counts that deserve a second look", where: findingFlagged,
		header: "| Tenant | SKU | Product | Purchased | Assigned | Flags |\n|---|---|---|---:|---:|---|\n",
	}
	for _, count := range r.Flagged {
		flags := make([]string, len(count.Flags))
		for i, flag := range count.Flags {
			flags[i] = escape(flag)
		}
		s.lines = append(s.lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", escape(count.Tenant), escape(count.SKU), escape(count.ProductName),
			seatsText(count.Purchased), seatsText(count.Assigned), strings.Join(flags, ", ")))
	}
	return s
}

func seatsText(n int64) string {
	if n == billing.Unknown {
		return "unknown"
	}
	return strconv.FormatInt(n, 10)
}

func (r Result) noteSection() section {
	s := section{heading: "Not looked at", where: "report_markdown"}
	for _, note := range r.Notes {
		s.lines = append(s.lines, "- "+escapeLong(note)+"\n")
	}
	return s
}

// start returns the section up to its first line.
func (s section) start() string {
	text := fmt.Sprintf("\n### %s (%d)\n\n", s.heading, len(s.lines))
	if s.intro != "" {
		text += s.intro + "\n\n"
	}
	return text + s.header
}

// size is the space in bytes that the whole section needs.
func (s section) size() int {
	size := len(s.start()) + leftOutLimit
	for _, line := range s.lines {
		size += len(line)
	}
	return size
}

// render returns as much of the section as fits into the space, in bytes, and says how much it leaves out.
func (s section) render(space int) string {
	var text strings.Builder
	text.WriteString(s.start())
	for i, line := range s.lines {
		if text.Len()+len(line)+leftOutLimit > space {
			fmt.Fprintf(&text, "\n_%d more are left out here for their length; `%s` has them all._\n", len(s.lines)-i, s.where)
			break
		}
		text.WriteString(line)
	}
	return text.String()
}

func unitsText(units *float64) string {
	if units == nil {
		return "–"
	}
	return Text(*units)
}

func plural[N int | float64](n N, one, many string) string {
	if n == 1 {
		many = one
	}
	return Text(float64(n)) + " " + many
}

// special escapes what Markdown, GitHub and GitLab interpret. A zero-width space after @ and # keeps a name from mentioning a person
// or linking an issue.
var special = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "\\|", "\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "~", "\\~", "[", "\\[", "]", "\\]",
	"!", "\\!", "$", "\\$", "@", "@&#8203;", "#", "#&#8203;", "://", ":&#8203;//", "www.", "www&#8203;.",
)

// escape makes a name safe in a line or in a cell of a table: rendered literally, on one line, truncated.
func escape(name string) string { return special.Replace(oneLine(name, cellLimit)) }

// escapeLong is escape for whole sentences that contain names.
func escapeLong(text string) string { return special.Replace(oneLine(text, 5*cellLimit)) }

// oneLine replaces white space and control characters with spaces, removes characters that change the writing direction, and truncates.
func oneLine(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

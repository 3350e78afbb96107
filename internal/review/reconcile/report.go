// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/markdown"
)

// Markdown returns the review on one page, for a comment on a pull request or the summary of a job. Differences come first. It
// contains no time, so that it changes only when the review changes.
func (r Result) Markdown() string {
	return markdown.Page(r.opening(), r.sections())
}

func (r Result) opening() string {
	var text strings.Builder
	text.WriteString("## Licence reconciliation\n\n")
	text.WriteString(r.verdict())
	pairs := r.Pairs()
	for _, s := range []struct {
		status Status
		text   string
	}{{statusAgree, "agree"}, {statusUnknown, "cannot be told"}, {statusNotCompared, "have nothing to be compared with"}, {statusPSALater, "will agree when what is approved takes effect"}} {
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

func (r Result) sections() []markdown.Section {
	of := func(status Status) []Row { return r.rows(func(row Row) bool { return row.Status == status }) }
	agreeing := r.rowSection("Numbers that agree", "rows", of(statusAgree))
	agreeing.Brief = true
	sections := []markdown.Section{
		r.rowSection("Differences", "differences", r.Differences()),
		r.lineSection(),
		r.rowSection("Unknown", "rows", of(statusUnknown)),
		r.unmappedSKUSection(), r.unreadableSection(), r.accountSection(), r.companySection(), r.flaggedSection(), r.noteSection(),
		r.rowSection("Approved, and in effect later", "rows", of(statusPSALater)),
		r.rowSection("Not compared", "rows", of(statusNotCompared)),
		agreeing,
	}
	return slices.DeleteFunc(sections, func(s markdown.Section) bool { return len(s.Lines) == 0 })
}

func (r Result) rowSection(heading, where string, rows []Row) markdown.Section {
	s := markdown.Section{Heading: heading, Where: where}
	s.Header = fmt.Sprintf("| Account | Service |%s Status | Reason |\n|---|---|%s---|---|\n", r.names(), r.alignment())
	for _, row := range rows {
		name := markdown.Escape(row.AccountName)
		if row.AccountName != row.AccountID {
			name += " (" + markdown.Escape(row.AccountID) + ")"
		}
		units := r.columns(func(system System) string { return fmt.Sprintf(" %s |", unitsText(row.Units[system])) })
		status := strings.ReplaceAll(string(row.Status), "_", " ")
		s.Lines = append(s.Lines, fmt.Sprintf("| %s | %s |%s %s | %s |\n", name, markdown.Escape(row.Service), units, status, markdown.EscapeLong(row.Reason)))
	}
	return s
}

// lineSection has the lines of the PSA behind the rows that disagree.
func (r Result) lineSection() markdown.Section {
	s := markdown.Section{
		Heading: "Lines of the PSA behind the differences", Where: "psa_lines",
		Header: "| Account | Service | Product | Agreement | Units | From | To | Flags |\n|---|---|---|---|---:|---|---|---|\n",
	}
	for _, row := range r.Differences() {
		for _, line := range row.lines {
			s.Lines = append(s.Lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", markdown.Escape(row.AccountName), markdown.Escape(row.Service),
				markdown.Escape(line.Product), markdown.Escape(line.Agreement), unitsText(line.Quantity), markdown.Escape(line.Starts), markdown.Escape(line.Ends),
				markdown.Escape(strings.Join(line.Flags, ", "))))
		}
	}
	return s
}

func (r Result) unmappedSKUSection() markdown.Section {
	s := markdown.Section{
		Heading: "Bought, and counted by no license mapping", Where: findingUnmappedSKUs,
		Intro:  "Nothing is billed for these seats. Add the SKU to a license mapping, or leave it out with exclude_skus.",
		Header: "| SKU | Product | Seats | Tenants |\n|---|---|---:|---|\n",
	}
	for _, sku := range r.UnmappedSKUs {
		keys := slices.Sorted(maps.Keys(sku.Tenants))
		tenants := make([]string, len(keys))
		for i, key := range keys {
			tenants[i] = fmt.Sprintf("%s: %d", markdown.Escape(key), sku.Tenants[key])
		}
		s.Lines = append(s.Lines, fmt.Sprintf("| %s | %s | %d | %s |\n", markdown.Escape(sku.SKU), markdown.Escape(sku.ProductName), sku.Purchased, atMost(5, tenants)))
	}
	return s
}

func (r Result) unreadableSection() markdown.Section {
	s := markdown.Section{
		Heading: "Tenants without counts", Where: findingUnreadableTenants,
		Intro:  "They could not be read, or their key has no tenant. Their seats are unknown, not zero.",
		Header: "| Tenant |\n|---|\n",
	}
	for _, key := range r.UnreadableTenants {
		s.Lines = append(s.Lines, "| "+markdown.Escape(key)+" |\n")
	}
	return s
}

func (r Result) accountSection() markdown.Section {
	s := markdown.Section{
		Heading: "Accounts that Gradient has not mapped", Where: findingUnmappedAccounts,
		Intro:  "Their units reach no invoice until somebody maps them in Gradient.",
		Header: "| Account | Id |\n|---|---|\n",
	}
	for _, account := range r.UnmappedAccounts {
		s.Lines = append(s.Lines, "| "+markdown.Escape(account.Name)+" | "+markdown.Escape(account.ID)+" |\n")
	}
	return s
}

func (r Result) companySection() markdown.Section {
	s := markdown.Section{
		Heading: "CloudRadial companies that no mapping names", Where: findingUnmappedCompanies,
		Header: "| Company | Id |\n|---|---:|\n",
	}
	for _, company := range r.UnmappedCompanies {
		s.Lines = append(s.Lines, fmt.Sprintf("| %s | %d |\n", markdown.Escape(company.Name), company.ID))
	}
	return s
}

func (r Result) flaggedSection() markdown.Section {
	s := markdown.Section{
		Heading: "Counts that deserve a second look", Where: findingFlagged,
		Header: "| Tenant | SKU | Product | Purchased | Assigned | Flags |\n|---|---|---|---:|---:|---|\n",
	}
	for _, count := range r.Flagged {
		flags := make([]string, len(count.Flags))
		for i, flag := range count.Flags {
			flags[i] = markdown.Escape(flag)
		}
		s.Lines = append(s.Lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", markdown.Escape(count.Tenant), markdown.Escape(count.SKU), markdown.Escape(count.ProductName),
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

func (r Result) noteSection() markdown.Section {
	s := markdown.Section{Heading: "Not looked at", Where: "report_markdown"}
	for _, note := range r.Notes {
		s.Lines = append(s.Lines, "- "+markdown.EscapeLong(note)+"\n")
	}
	return s
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

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package autotask

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// Customers implements [psa.Reader]: the companies that have a contract, whoever pays it (psa.md §3.3).
func (c *Client) Customers(ctx context.Context) ([]psa.Customer, error) {
	contracts, err := c.contracts.Get(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.companies.Get(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, of := range contracts {
		ids[of.company] = true
	}
	var customers []psa.Customer
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		customers = append(customers, psa.Customer{ID: id, Name: names[id]})
	}
	return customers, nil
}

// Lines implements [psa.Reader]. The units of all contracts come with one query, so it costs the same for one customer as for all.
func (c *Client) Lines(ctx context.Context, customerIDs []string, during psa.Period) (map[string]psa.CustomerLines, error) {
	rows, err := c.readUnits(ctx, serviceUnits, during)
	if err != nil {
		return nil, err
	}
	bundles, err := c.readUnits(ctx, bundleUnits, during)
	if err != nil {
		return nil, err
	}
	rows = append(rows, bundles...)
	contracts, err := c.contractsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	services, err := c.services.Get(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.companies.Get(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]psa.CustomerLines{}
	for _, id := range customerIDs {
		found[id] = psa.CustomerLines{}
	}
	for _, run := range withGaps(periods(rows), contracts, during) {
		of := contracts[string(run.ContractID)]
		if lines, wanted := found[of.company]; wanted {
			lines.Lines = append(lines.Lines, run.line(of, services, names))
			found[of.company] = lines
		}
	}
	return found, nil
}

// contractsOf returns the contracts of the rows. A row whose contract the user may not see is an error: whose number lacks it cannot be told, and
// a security level that limits what the user sees leaves rows out without an error (psa.md §3.4).
func (c *Client) contractsOf(ctx context.Context, rows []wireUnits) (map[string]contract, error) {
	known, err := c.contracts.Get(ctx)
	if err != nil {
		return nil, err
	}
	missing := map[string]bool{}
	for _, row := range rows {
		if _, has := known[string(row.ContractID)]; !has {
			missing[string(row.ContractID)] = true
		}
	}
	if len(missing) == 0 {
		return known, nil
	}
	all := maps.Clone(known)
	ids := slices.Sorted(maps.Keys(missing))
	for some := range slices.Chunk(ids, pageSize) {
		more, err := c.queryContracts(ctx, []condition{in("id", some)})
		if err != nil {
			return nil, err
		}
		maps.Copy(all, more)
	}
	for _, id := range ids {
		if _, has := all[id]; !has {
			return nil, list{doing: "read the contracts"}.incomplete("there are units of contract %s, which the API user may not see. Give its security "+
				"level the right to view the contracts of all companies", id)
		}
	}
	return all, nil
}

// run is a line over one or more billing periods.
type run struct{ wireUnits }

// periods joins the periods of each line that follow each other with the same units.
func periods(rows []wireUnits) []run {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b wireUnits) int {
		return cmp.Or(strings.Compare(lineKey(a), lineKey(b)), strings.Compare(string(a.StartDate), string(b.StartDate)))
	})
	var runs []run
	open := map[string][]int{} // by lineKey: the runs
	for _, row := range rows {
		key := lineKey(row)
		i := slices.IndexFunc(open[key], func(i int) bool { return runs[i].goesOnWith(row) })
		if i >= 0 {
			runs[open[key][i]].EndDate = row.EndDate
			continue
		}
		open[key] = append(open[key], len(runs))
		runs = append(runs, run{row})
	}
	return runs
}

// withGaps adds a run without units for each line whose rows end before the end of the period although its contract goes on then, when no row at
// all begins in the period. Rows exist for every period of a contract; where those of the future are not given, what will be billed is unknown, and
// not nothing (psa.md §8).
func withGaps(runs []run, contracts map[string]contract, during psa.Period) []run {
	last := map[string]run{}
	for _, r := range runs {
		if psa.Date(r.StartDate) > during.From {
			return runs
		}
		if key := lineKey(r.wireUnits); r.EndDate > last[key].EndDate {
			last[key] = r
		}
	}
	for _, key := range slices.Sorted(maps.Keys(last)) {
		r := last[key]
		if ends := psa.Date(r.EndDate); ends < during.To && contracts[string(r.ContractID)].goesOn(during.To) {
			r.Units, r.StartDate, r.EndDate, r.ApproveAndPostDate = psa.Number{}, psa.Day(ends.DayAfter()), "", ""
			runs = append(runs, r)
		}
	}
	return runs
}

func lineKey(row wireUnits) string {
	return strings.Join([]string{string(row.ContractID), string(row.ContractServiceID), string(row.ServiceID), string(row.ServiceBundleID)}, "/")
}

func (r run) goesOnWith(row wireUnits) bool {
	return psa.Date(row.StartDate).Follows(psa.Date(r.EndDate)) && row.Units == r.Units && (row.ApproveAndPostDate == "") == (r.ApproveAndPostDate == "")
}

// line returns the run as a line of its contract.
func (r run) line(of contract, services map[string]psa.Product, companies map[string]string) psa.Line {
	line := psa.Line{
		Agreement: of.name, Quantity: r.Units.Pointer(), Billed: r.Units.Pointer(), Starts: psa.Date(r.StartDate), Ends: psa.Date(r.EndDate),
	}
	if of.payer != "" {
		line.Agreement += ", billed to " + cmp.Or(companies[of.payer], "company "+of.payer)
	}
	if r.ServiceBundleID != "" {
		id := "bundle:" + string(r.ServiceBundleID)
		line.Product = psa.Product{ID: id, Codes: []string{id}}
		line.Flags = append(line.Flags, psa.FlagBundle)
	} else if product, known := services[string(r.ServiceID)]; known {
		line.Product = product
	} else {
		line.Product = psa.Product{ID: string(r.ServiceID)}
	}
	if !of.active {
		line.Flags = append(line.Flags, psa.FlagCancelledAgreement)
	}
	if r.ApproveAndPostDate != "" {
		line.Flags = append(line.Flags, psa.FlagPosted)
	}
	if line.Quantity == nil {
		line.Flags = append(line.Flags, psa.FlagUnknownQuantity)
	}
	return line
}

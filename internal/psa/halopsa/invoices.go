// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package halopsa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// pageSize is one that every installation accepts, as far as is known (psa.md §4.2).
	pageSize = 100
	// maxPages ends a list that never ends.
	maxPages = 2000
)

const (
	listPath     = "/api/RecurringInvoice"
	doingInvoice = "read the recurring invoices"
)

// wirePage is a page of the list of recurring invoices (psa.md §4.2).
type wirePage struct {
	RecordCount psa.Number         `json:"record_count"`
	Invoices    *[]json.RawMessage `json:"invoices"`
}

// Customers implements [psa.Reader]: the clients that have a recurring invoice, whoever pays it (psa.md §4.4).
func (c *Client) Customers(ctx context.Context) ([]psa.Customer, error) {
	invoices, err := c.invoices.Get(ctx)
	if err != nil {
		return nil, err
	}
	var customers []psa.Customer
	seen := map[string]bool{}
	for _, i := range invoices {
		if !seen[i.customer.ID] {
			seen[i.customer.ID] = true
			customers = append(customers, i.customer)
		}
	}
	return customers, nil
}

// Lines implements [psa.Reader]. All lines come with the list, so it costs the same for one customer as for all.
func (c *Client) Lines(ctx context.Context, customerIDs []string, during psa.Period) (map[string]psa.CustomerLines, error) {
	invoices, err := c.invoices.Get(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]psa.CustomerLines{}
	for _, id := range customerIDs {
		found[id] = psa.CustomerLines{}
	}
	for _, i := range invoices {
		of, wanted := found[i.customer.ID]
		if !wanted {
			continue
		}
		of.Lines, of.Err = append(of.Lines, i.psaLines(during)...), errors.Join(of.Err, i.err)
		found[i.customer.ID] = of
	}
	return found, nil
}

// readInvoices signs in and reads all recurring invoices with their lines, until there are as many as the list itself counts.
func (c *Client) readInvoices(ctx context.Context) ([]invoice, error) {
	api, err := c.signIn(ctx)
	if err != nil {
		return nil, err
	}
	var all []invoice
	seen := map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		page, err := readPage(ctx, api, number)
		if err != nil {
			return nil, err
		}
		for _, i := range page.invoices {
			if seen[i.id] {
				return nil, incomplete("page %d repeats the recurring invoice %s. Reading it again helps if the list changed while it was read", number, i.id)
			}
			seen[i.id] = true
			if i, err = completed(ctx, api, i); err != nil {
				if psa.ConcernsAll(err) {
					return nil, err
				}
				i.err = err
			}
			all = append(all, i)
		}
		switch {
		case len(all) == page.total:
			return all, nil
		case len(page.invoices) == 0, len(all) > page.total:
			return nil, incomplete("it has %d rows, but its record_count says %d. Reading it again helps if the list changed while it was read", len(all), page.total)
		}
	}
	return nil, incomplete("it has more than %d pages", maxPages)
}

func incomplete(format string, args ...any) error {
	return &psa.IncompleteError{System: System, Doing: doingInvoice, Reason: fmt.Sprintf(format, args...)}
}

// page is a page of the list, and how many invoices the whole list has.
type page struct {
	invoices []invoice
	total    int
}

func readPage(ctx context.Context, api *rest.Client, number int) (page, error) {
	response, err := api.Do(ctx, rest.Request{Doing: doingInvoice, Method: http.MethodGet, Path: listPath, Query: url.Values{
		"includelines": {"true"}, "rinvoice_type": {"both"},
		"pageinate": {"true"}, "page_size": {strconv.Itoa(pageSize)}, "page_no": {strconv.Itoa(number)},
	}})
	if err != nil {
		return page{}, err
	}
	var wire wirePage
	if err := response.Decode(&wire); err != nil {
		return page{}, err
	}
	if wire.Invoices == nil || !wire.RecordCount.Given {
		return page{}, response.Unusable(errors.New("it has no list of invoices with a record_count"))
	}
	found := page{total: int(wire.RecordCount.Value)}
	for i, raw := range *wire.Invoices {
		one, err := decodeInvoice(raw)
		if err != nil {
			return page{}, response.Unusable(fmt.Errorf("row %d of the page: %w", i+1, err))
		}
		found.invoices = append(found.invoices, one)
	}
	return found, nil
}

// completed returns the invoice with all fields of its lines. Where the list leaves out how a quantity is made, only the invoice itself tells
// (psa.md §4.2).
func completed(ctx context.Context, api *rest.Client, i invoice) (invoice, error) {
	if i.whole {
		return i, nil
	}
	response, err := api.Do(ctx, rest.Request{Doing: "read the recurring invoice " + i.id, Method: http.MethodGet, Path: listPath + "/" + url.PathEscape(i.id)})
	if err != nil {
		return i, err
	}
	var raw json.RawMessage
	if err := response.Decode(&raw); err != nil {
		return i, err
	}
	one, err := decodeInvoice(raw)
	if err == nil && one.id != i.id {
		err = fmt.Errorf("it is the recurring invoice %s", one.id)
	}
	if err == nil && !one.hasLines {
		err = errors.New("it has no lines")
	}
	if err != nil {
		return i, response.Unusable(err)
	}
	return one, nil
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// pageSize is how many rows a page is asked to have. More are refused or cut, and the API sends no link to the next page
// (cloudradial.md §6).
const pageSize = 200

// maxPages and maxListBytes end a list that never ends, and one that would take too much memory. Half a million rows are more than a portal has.
const (
	maxPages     = 2500
	maxListBytes = 48 << 20
)

// collection says how to read one list of the API (cloudradial.md §6).
type collection struct {
	doing  string
	path   string
	key    string // the fields that identify a row; pages are ordered by them
	fields string // empty means all
	filter string // empty means every row
}

// row is an element of a collection.
type row interface{ key() rowKey }

// rowKey identifies a row by its id, or a token by its company and name.
type rowKey struct {
	id   int64
	name string
}

func (k rowKey) String() string {
	if k.name == "" {
		return strconv.FormatInt(k.id, 10)
	}
	return fmt.Sprintf("%d,%q", k.id, k.name)
}

// IncompleteError is returned for a list that may lack rows: it repeats a row, contradicts its own count, or does not end.
type IncompleteError struct {
	Doing  string // in the infinitive: "read the companies"
	Reason string
}

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("could not %s: the list that CloudRadial gives may lack rows, so it is not used: %s", e.Doing, e.Reason)
}

// readAll reads pages until it has as many rows as the list itself counts or, where the count is not answered, until an empty page. It
// always goes on behind the rows that it has, so the pages may be of any size (cloudradial.md §6). The error is an [*IncompleteError]
// when rows may be missing.
func readAll[T row](ctx context.Context, c *Client, from collection, decode func([]byte) ([]T, error)) ([]T, error) {
	var all []T
	seen := map[rowKey]bool{}
	var counted rowCount
	size := 0
	for pages := 0; pages < maxPages; pages++ {
		page, bytes, err := readPage(ctx, c, from, len(all), decode)
		if err != nil {
			return nil, err
		}
		if size += bytes; size > maxListBytes {
			return nil, &IncompleteError{from.doing, fmt.Sprintf("it has more than %d bytes", maxListBytes)}
		}
		for _, row := range page {
			if seen[row.key()] {
				return nil, &IncompleteError{from.doing, fmt.Sprintf("the page behind row %d repeats %s %s. Either the list changed while it was "+
					"read, and reading it again helps, or CloudRadial ignores $skip", len(all), from.key, row.key())}
			}
			seen[row.key()] = true
		}
		all = append(all, page...)
		if pages == 0 {
			if counted, err = readCount(ctx, c, from); err != nil {
				return nil, err
			}
		}
		switch {
		case counted.known && len(all) == counted.rows, !counted.known && len(page) == 0:
			return all, nil
		case counted.known && (len(page) == 0 || len(all) > counted.rows):
			return nil, &IncompleteError{from.doing, fmt.Sprintf("it has %d rows, but %s/$count says %d. Either the list changed while it was "+
				"read, and reading it again helps, or the keys may not see all of it", len(all), from.path, counted.rows)}
		}
	}
	return nil, &IncompleteError{from.doing, fmt.Sprintf("it has more than %d pages", maxPages)}
}

// rowCount is how many rows a list says that it has.
type rowCount struct {
	rows  int
	known bool
}

// readCount reads how many rows a list has, with GET …/$count (cloudradial.md §6). The count is not known when CloudRadial refuses the
// request or answers anything but a number: then only an empty page shows the end of the list.
func readCount(ctx context.Context, c *Client, from collection) (rowCount, error) {
	query := url.Values{}
	if from.filter != "" {
		query.Set("$filter", from.filter)
	}
	response, err := c.rest.Do(ctx, rest.Request{Doing: from.doing, Method: http.MethodGet, Path: from.path + "/$count", Query: query})
	switch rest.Status(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusInternalServerError,
		http.StatusNotImplemented:
		return rowCount{}, nil
	}
	if err != nil {
		return rowCount{}, err
	}
	rows, err := decodeCount(response.Body)
	return rowCount{rows, err == nil}, nil
}

func readPage[T any](ctx context.Context, c *Client, from collection, skip int, decode func([]byte) ([]T, error)) (rows []T, size int, err error) {
	query := url.Values{
		"$orderby": {from.key},
		"$top":     {strconv.Itoa(pageSize)},
	}
	if skip > 0 {
		query.Set("$skip", strconv.Itoa(skip))
	}
	if from.filter != "" {
		query.Set("$filter", from.filter)
	}
	response, err := c.readSelected(ctx, from, query)
	if err != nil {
		return nil, 0, err
	}
	var raw json.RawMessage
	if err := response.Decode(&raw); err != nil {
		return nil, 0, err
	}
	if rows, err = decode(raw); err != nil {
		return nil, 0, response.Unusable(err)
	}
	return rows, len(raw), nil
}

// readSelected reads a page with $select, which keeps the answer small. Where CloudRadial refuses that, as it does for some lists, it
// reads the page once again with all fields, and does so for the rest of the process (cloudradial.md §6).
func (c *Client) readSelected(ctx context.Context, from collection, query url.Values) (*rest.Response, error) {
	request := rest.Request{Doing: from.doing, Method: http.MethodGet, Path: from.path, Query: query}
	_, refuses := c.refusesSelect.Load(from.path)
	if from.fields == "" || refuses {
		return c.rest.Do(ctx, request)
	}
	request.Query = maps.Clone(query)
	request.Query.Set("$select", from.fields)
	response, err := c.rest.Do(ctx, request)
	if status := rest.Status(err); status != http.StatusBadRequest && status != http.StatusInternalServerError {
		return response, err
	}
	request.Query = query
	response, again := c.rest.Do(ctx, request)
	if again != nil {
		return nil, err // $select was not the reason
	}
	c.refusesSelect.Store(from.path, true)
	return response, nil
}

// quoteOData returns the text as a string of a filter: quotes are doubled (cloudradial.md §6).
func quoteOData(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

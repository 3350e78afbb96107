// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// pageSize is the most rows that a page can have (psa.md §2.2).
	pageSize = 1000
	// maxPages ends a list that never ends.
	maxPages = 1000
)

// list says how to read one list of the API.
type list struct {
	doing  string
	path   string
	fields string // no other field is asked for, amounts of money least of all
}

// readAll reads a list to its end, in pages that follow each other by id (psa.md §2.2). It goes on as long as the answer names a next page, and
// also behind a full page that names none. decode returns a row with its id.
func readAll[T any](ctx context.Context, c *Client, from list, decode func(json.RawMessage) (T, int64, error)) ([]T, error) {
	var all []T
	query := url.Values{"pageSize": {strconv.Itoa(pageSize)}, "fields": {from.fields}}
	last := int64(-1)
	for range maxPages {
		response, err := c.rest.Do(ctx, rest.Request{Doing: from.doing, Method: http.MethodGet, Path: from.path, Query: query})
		if err != nil {
			return nil, err
		}
		var page []json.RawMessage
		if err := response.Decode(&page); err != nil {
			return nil, err
		}
		if page == nil {
			return nil, response.Unusable(errors.New("it is not a list"))
		}
		for i, raw := range page {
			row, id, err := decode(raw)
			if err != nil {
				return nil, response.Unusable(fmt.Errorf("row %d of the page: %w", i+1, err))
			}
			if id <= last {
				return nil, &psa.IncompleteError{System: System, Doing: from.doing, Reason: fmt.Sprintf("the row with id %d comes after the one with id %d. "+
					"Reading it again helps if the list changed while it was read", id, last)}
			}
			all, last = append(all, row), id
		}
		next := nextPage(response.Header)
		if next == nil && len(page) < pageSize {
			return all, nil
		}
		if next == nil {
			next = url.Values{"pageId": {strconv.FormatInt(last, 10)}}
		}
		if len(page) == 0 {
			return nil, &psa.IncompleteError{System: System, Doing: from.doing, Reason: "it names another page behind an empty one"}
		}
		query = maps.Clone(query)
		maps.Copy(query, next)
	}
	return nil, &psa.IncompleteError{System: System, Doing: from.doing, Reason: fmt.Sprintf("it has more than %d pages", maxPages)}
}

var nextLink = regexp.MustCompile(`<([^<>]*)>\s*;[^<]*\brel="?next\b`)

// nextPage returns the option of the query that leads to the next page, or nil when the answer names none. Only the number of the page is taken
// from the link, so no request goes to an address that an answer names.
func nextPage(header http.Header) url.Values {
	found := nextLink.FindStringSubmatch(strings.Join(header.Values("Link"), ", "))
	if found == nil {
		return nil
	}
	address, err := url.Parse(found[1])
	if err != nil {
		return nil
	}
	for _, option := range []string{"pageId", "page"} {
		for name, values := range address.Query() {
			if strings.EqualFold(name, option) && values[0] != "" {
				return url.Values{option: {values[0]}}
			}
		}
	}
	return nil
}

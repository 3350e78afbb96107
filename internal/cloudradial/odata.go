package cloudradial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// pageSize is the most rows that a page can have. The API sends no link to the next page (cloudradial.md §6).
const pageSize = 200

// maxPages ends a list that never ends. Half a million rows are more than a portal has.
const maxPages = 2500

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

// readAll reads pages until one is not full (cloudradial.md §6). A row that comes twice is an error, because another row may be
// missing then.
func readAll[T row](ctx context.Context, c *Client, from collection, decode func([]byte) ([]T, error)) ([]T, error) {
	var all []T
	seen := map[rowKey]bool{}
	for skip := 0; skip < maxPages*pageSize; skip += pageSize {
		page, response, err := readPage(ctx, c, from, skip, decode)
		if err != nil {
			return nil, err
		}
		if len(page) > pageSize {
			return nil, response.Unusable(fmt.Errorf("it has %d rows, but at most %d were requested", len(page), pageSize))
		}
		for _, row := range page {
			if seen[row.key()] {
				return nil, response.Unusable(fmt.Errorf("the page from row %d on repeats %s %s, so rows may be missing: "+
					"the list may have changed while it was read", skip+1, from.key, row.key()))
			}
			seen[row.key()] = true
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
	}
	return nil, fmt.Errorf("could not %s: the list of CloudRadial has more than %d pages", from.doing, maxPages)
}

func readPage[T any](ctx context.Context, c *Client, from collection, skip int,
	decode func([]byte) ([]T, error)) ([]T, *rest.Response, error) {
	query := url.Values{
		"$orderby": {from.key},
		"$top":     {strconv.Itoa(pageSize)},
		"$skip":    {strconv.Itoa(skip)},
	}
	if from.fields != "" {
		query.Set("$select", from.fields)
	}
	if from.filter != "" {
		query.Set("$filter", from.filter)
	}
	response, err := c.rest.Do(ctx, rest.Request{Doing: from.doing, Method: http.MethodGet, Path: from.path, Query: query})
	if err != nil {
		return nil, nil, err
	}
	var raw json.RawMessage
	if err := response.Decode(&raw); err != nil {
		return nil, nil, err
	}
	page, err := decode(raw)
	if err == nil && len(page) < pageSize && hasNextLink(raw) {
		err = errors.New("it has fewer rows than requested and a link to a next page, so rows would be missing")
	}
	if err != nil {
		return nil, nil, response.Unusable(err)
	}
	return page, response, nil
}

// quoteOData returns the text as a string of a filter: quotes are doubled (cloudradial.md §6).
func quoteOData(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func hasNextLink(page []byte) bool {
	var list wireList
	return json.Unmarshal(page, &list) == nil && list.NextLink != ""
}

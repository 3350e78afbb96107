package cloudradial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// pageSize is the most rows that the API returns at once. It never sends a link to the next page.
const pageSize = 200

// mostPages ends a list that has no end. Half a million rows are several times what the largest portal holds.
const mostPages = 2500

// collection is a list of the API and how to read it.
type collection struct {
	doing  string
	path   string
	key    string // the fields that identify a row, by which the pages are ordered
	fields string // empty means all
	filter string // empty means every row
}

// row is an element of a collection.
type row interface{ key() rowKey }

// rowKey identifies a row: most have an id, a token has a company and a name.
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

// readAll reads page after page until one is not full. Rows that come twice mean that others may be missing, so they are
// an error.
func readAll[T row](ctx context.Context, c *Client, from collection, decode func([]byte) ([]T, error)) ([]T, error) {
	var all []T
	seen := map[rowKey]bool{}
	for skip := 0; skip < mostPages*pageSize; skip += pageSize {
		page, response, err := readPage(ctx, c, from, skip, decode)
		if err != nil {
			return nil, err
		}
		if len(page) > pageSize {
			return nil, response.Unusable(fmt.Errorf("it has %d rows where at most %d were asked for", len(page), pageSize))
		}
		for _, row := range page {
			if seen[row.key()] {
				return nil, response.Unusable(fmt.Errorf("the rows from %d on repeat %s %s, so the list is not read whole; "+
					"it may have changed meanwhile", skip+1, from.key, row.key()))
			}
			seen[row.key()] = true
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
	}
	return nil, fmt.Errorf("could not %s: the list of CloudRadial has more than %d pages", from.doing, mostPages)
}

func readPage[T any](ctx context.Context, c *Client, from collection, skip int, decode func([]byte) ([]T, error)) ([]T, *rest.Response, error) {
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
	if err == nil && len(page) < pageSize && linksOn(raw) {
		err = errors.New("it is not full and has a link to a next page, so the list would not be read whole")
	}
	if err != nil {
		return nil, nil, response.Unusable(err)
	}
	return page, response, nil
}

func linksOn(page []byte) bool {
	var list struct {
		NextLink string `json:"@odata.nextLink"`
	}
	return json.Unmarshal(page, &list) == nil && list.NextLink != ""
}

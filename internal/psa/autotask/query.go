// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package autotask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// pageSize is the most rows that a page can have, and the most values that a condition can have (psa.md §3.1, psa.md §3.2).
	pageSize = 500
	// maxPages ends a list that never ends.
	maxPages = 1000
)

// condition is a part of a filter, or a group of them (psa.md §3.2).
type condition struct {
	Op    string      `json:"op"`
	Field string      `json:"field,omitempty"`
	Value any         `json:"value,omitempty"`
	Items []condition `json:"items,omitempty"`
}

// query is the body of a query. No other field than those named is asked for, amounts of money least of all.
type query struct {
	Filter        []condition `json:"filter"`
	IncludeFields []string    `json:"IncludeFields"`
	MaxRecords    int         `json:"MaxRecords"`
}

// wirePage is an answer to a query. A 200 can have errors (psa.md §3.1).
type wirePage struct {
	Items       *[]json.RawMessage `json:"items"`
	PageDetails struct {
		NextPageURL string `json:"nextPageUrl"`
	} `json:"pageDetails"`
	Errors []wireError `json:"errors"`
}

// wireError is a text, or an object with a message (psa.md §3.1).
type wireError string

func (e *wireError) UnmarshalJSON(data []byte) error {
	var text string
	var object struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(data, &text) != nil && json.Unmarshal(data, &object) == nil {
		text = object.Message
	}
	*e = wireError(text)
	return nil
}

// list says what to read of an entity.
type list struct {
	doing  string
	entity string
	fields []string
	filter []condition
}

// readAll reads all rows of a query, page after page (psa.md §3.2). decode returns a row with its id.
func readAll[T any](ctx context.Context, c *Client, from list, decode func(json.RawMessage) (T, psa.ID, error)) ([]T, error) {
	zone, err := c.zone.Get(ctx)
	if err != nil {
		return nil, err
	}
	body := query{Filter: from.filter, IncludeFields: append([]string{"id"}, from.fields...), MaxRecords: pageSize}
	request := rest.Request{Doing: from.doing, Method: http.MethodPost, Path: "/" + from.entity + "/query", Body: body, Repeatable: true}
	var all []T
	seen := map[psa.ID]bool{}
	for range maxPages {
		response, err := zone.Do(ctx, request)
		if err != nil {
			return nil, err
		}
		var page wirePage
		if err := response.Decode(&page); err != nil {
			return nil, err
		}
		if err := page.problem(); err != nil {
			return nil, response.Unusable(err)
		}
		for i, raw := range *page.Items {
			row, id, err := decode(raw)
			if err != nil {
				return nil, response.Unusable(fmt.Errorf("row %d of the page: %w", i+1, err))
			}
			if id == "" || seen[id] {
				return nil, from.incomplete("it has the row with id %q twice, or without an id", id)
			}
			seen[id] = true
			all = append(all, row)
		}
		if page.PageDetails.NextPageURL == "" {
			if len(*page.Items) < pageSize {
				return all, nil
			}
			return all, confirmCount(ctx, zone, from, len(all))
		}
		if request.Path, request.Query, err = nextPage(response, page.PageDetails.NextPageURL, zone.BaseURL()); err != nil {
			return nil, err
		}
	}
	return nil, from.incomplete("it has more than %d pages", maxPages)
}

func (l list) incomplete(format string, args ...any) error {
	return &psa.IncompleteError{System: System, Doing: l.doing, Reason: fmt.Sprintf(format, args...)}
}

// problem returns why a page cannot be used, or nil.
func (p wirePage) problem() error {
	if len(p.Errors) > 0 {
		return fmt.Errorf("it has errors: %q", p.Errors[0])
	}
	if p.Items == nil {
		return errors.New("it has no list of items")
	}
	return nil
}

// confirmCount asks how many rows a query has whose last page was full, because nothing else shows that there is no further one.
func confirmCount(ctx context.Context, zone *rest.Client, from list, rows int) error {
	response, err := zone.Do(ctx, rest.Request{
		Doing: from.doing, Method: http.MethodPost, Path: "/" + from.entity + "/query/count", Body: map[string]any{"filter": from.filter}, Repeatable: true,
	})
	if err != nil {
		return err
	}
	var counted struct {
		QueryCount psa.Number `json:"queryCount"`
	}
	if err := response.Decode(&counted); err != nil {
		return err
	}
	if !counted.QueryCount.Given || int(counted.QueryCount.Value) != rows {
		return from.incomplete("it has %d rows, but query/count says %v", rows, counted.QueryCount.Value)
	}
	return nil
}

// nextPage returns path and query of the next page. It must be below the address of the zone, because the secret is sent with it.
func nextPage(response *rest.Response, address, zone string) (string, url.Values, error) {
	next, err := url.Parse(address)
	base, baseErr := url.Parse(zone)
	if err != nil || baseErr != nil || next.Scheme != base.Scheme || !strings.EqualFold(next.Host, base.Host) || next.User != nil ||
		len(next.EscapedPath()) < len(base.EscapedPath()) || !strings.EqualFold(next.EscapedPath()[:len(base.EscapedPath())], base.EscapedPath()) {
		return "", nil, response.Unusable(errors.New("its next page is not below the address of the zone, so the secret is not sent there"))
	}
	return next.EscapedPath()[len(base.EscapedPath()):], next.Query(), nil
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"context"
	"net/http"
	"net/url"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Probe sends a GET that no other method sends, and returns the answer as it is. It is for checks of what the API does with an option or
// a route (cloudradial.md §14). doing is for messages, in the infinitive.
func (c *Client) Probe(ctx context.Context, doing, path string, query url.Values) (*rest.Response, error) {
	return c.rest.Do(ctx, rest.Request{Doing: doing, Method: http.MethodGet, Path: path, Query: query})
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfbase

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
)

// Listed is an object that a list resource has found. Identity and Resource are structs, as for the state.
type Listed struct {
	Name               string // for people
	Identity, Resource any
}

// List answers a request with what find returns. M is the model of the list resource's configuration.
func List[M any](ctx context.Context, req list.ListRequest, stream *list.ListResultsStream, find func(context.Context, M, *diag.Diagnostics) []Listed) {
	var config M
	diags := req.Config.Get(ctx, &config)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	found := find(ctx, config, &diags)
	stream.Results = listResults(ctx, req, found, diags)
}

// listResults streams what was found, as many as the request asks for. Diagnostics come first, because Terraform stops to read at the
// limit.
func listResults(ctx context.Context, req list.ListRequest, found []Listed, diags diag.Diagnostics) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		if len(diags) > 0 && !push(list.ListResult{Diagnostics: diags}) || diags.HasError() {
			return
		}
		for i, object := range found {
			if int64(i) >= req.Limit || !push(listResult(ctx, req, object)) {
				return
			}
		}
	}
}

func listResult(ctx context.Context, req list.ListRequest, object Listed) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = object.Name
	result.Diagnostics.Append(result.Identity.Set(ctx, object.Identity)...)
	if req.IncludeResource {
		result.Diagnostics.Append(result.Resource.Set(ctx, object.Resource)...)
	}
	return result
}

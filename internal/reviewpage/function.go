// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package reviewpage has the function review_page, which shows a review of cloudradial_reconciliation as one HTML file. The file loads nothing:
// its style and its script are part of it, and its content security policy allows no other. Every name is data in it, never markup.
package reviewpage

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// parameter is the name of the function's only parameter.
const parameter = "reconciliation"

type reviewPage struct{}

// NewFunction makes the function review_page.
func NewFunction() function.Function { return reviewPage{} }

func (reviewPage) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "review_page"
}

func (reviewPage) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Shows a review as one HTML file",
		MarkdownDescription: "The review of `cloudradial_reconciliation` as one HTML file for people who would rather look than read: the units of " +
			"each system, the differences by customer, a table that can be filtered and sorted, and where each number comes from. It can be printed " +
			"for the month's records.\n\n" +
			"The file works from disk. It loads nothing from anywhere, and its content security policy forbids every script but its own. Names of " +
			"customers and products are escaped. It holds the names and counts of all customers, so treat it as an invoice.\n\n" +
			"The same review gives the same file, byte for byte: there is no time in it.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name: parameter,
				MarkdownDescription: "The whole data source, `data.cloudradial_reconciliation.<name>`. An object with its attributes `rows`, `differences` " +
					"and `summary` is enough; what else the data source has is shown when it is there.",
			},
		},
		Return: function.StringReturn{},
	}
}

func (reviewPage) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var reconciliation types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &reconciliation); resp.Error != nil {
		return
	}
	// OpenTofu 1.7 calls functions with values that are known only after apply.
	if value := reconciliation.UnderlyingValue(); reconciliation.IsUnknown() || value != nil && !shapes.FullyKnown(value) {
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
		return
	}
	found, err := decode(reconciliation)
	if err != nil {
		resp.Error = shapes.FuncError(err, parameter)
		return
	}
	page, err := render(found)
	if err != nil {
		resp.Error = function.NewFuncError("The page could not be made: " + err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, types.StringValue(page))
}

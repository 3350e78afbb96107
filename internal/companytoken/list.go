// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// listResource lists the tokens of CloudRadial. Type name and Configure are those of the resource.
type listResource struct{ tokenResource }

// NewListResource makes the list resource cloudradial_company_token.
func NewListResource() list.ListResource { return &listResource{} }

type listModel struct {
	CompanyID types.Int64 `tfsdk:"company_id"`
}

func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The tokens of the CloudRadial portal, without those that CloudRadial predefines.",
		Attributes: map[string]schema.Attribute{
			"company_id": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Only tokens of the company with this id, or of the partner level with `0`. Default: all tokens.",
			},
		},
	}
}

// List reads the tokens once.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	tfbase.List(ctx, req, stream, r.find)
}

func (r *listResource) find(ctx context.Context, config listModel, diags *diag.Diagnostics) []tfbase.Listed {
	client, ok := tfbase.CloudRadial(r.Clients, diags)
	if !ok {
		return nil
	}
	tokens, err := client.Tokens(ctx)
	if err != nil {
		diags.Append(tfdiag.Error(noTokens, err))
		return nil
	}
	var found []tfbase.Listed
	var unusable []string
	for _, held := range tokens {
		token := model{types.Int64Value(held.CompanyID), types.StringValue(held.Name), types.StringValue(held.Value)}
		switch {
		case !config.CompanyID.IsNull() && config.CompanyID.ValueInt64() != held.CompanyID:
		case nameProblem(held.Name) != "":
			unusable = append(unusable, token.label()+": "+nameProblem(held.Name))
		default:
			found = append(found, tfbase.Listed{Name: token.label(), Identity: token.identity(), Resource: token})
		}
	}
	if len(unusable) > 0 {
		diags.AddWarning(tfdiag.Count(len(unusable), "token")+" cannot be managed", "These tokens are not listed, because of their names:\n\n"+
			tfdiag.List(unusable))
	}
	return found
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// listResource lists Gradient's accounts as company mappings. Type name and Configure are those of the resource.
type listResource struct{ itemResource }

// NewListResource makes the list resource cloudradial_company_mapping.
func NewListResource() list.ListResource { return &listResource{} }

type listModel struct {
	NameContains types.String `tfsdk:"name_contains"`
	WithCompany  types.Bool   `tfsdk:"with_company"`
}

func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The accounts in Gradient, as company mappings. The company in CloudRadial is the only one of exactly the account's " +
			"name, else the one whose id is the account's id. An account without such a company has no `company_id`, and its generated " +
			"configuration needs one.",
		Attributes: map[string]schema.Attribute{
			"name_contains": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only accounts whose name contains this, ignoring case.",
			},
			"with_company": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "`true` lists only accounts whose company was found, so that the generated configuration can be used as it is. " +
					"`false` lists only the others. Default: both.",
			},
		},
	}
}

// List reads the accounts and the companies, once each.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	tfbase.List(ctx, req, stream, r.find)
}

func (r *listResource) find(ctx context.Context, config listModel, diags *diag.Diagnostics) []tfbase.Listed {
	client, ok := tfbase.Gradient(r.Clients, diags)
	if !ok {
		return nil
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		diags.Append(tfdiag.Error(noAccounts, err))
		return nil
	}
	companies := r.companies(ctx, diags)
	slices.SortFunc(accounts, func(a, b gradient.Account) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	var found []tfbase.Listed
	var unusable []string
	for _, account := range accounts {
		row := mapping{CompanyID: companyOf(account, companies)}
		row.setAccount(account)
		switch {
		case !config.matches(row):
		case !shapes.AccountIDForm.MatchString(account.ID):
			unusable = append(unusable, row.label())
		default:
			found = append(found, tfbase.Listed{Name: account.Name, Identity: row.identity(), Resource: row})
		}
	}
	if len(unusable) > 0 {
		diags.AddWarning(tfdiag.Count(len(unusable), "account")+" cannot be managed", "These accounts are not listed, because an account id "+
			accountIDRule+":\n\n"+tfdiag.List(unusable))
	}
	return found
}

// companies returns the companies of CloudRadial. Without keys there are none, with a warning.
func (r *listResource) companies(ctx context.Context, diags *diag.Diagnostics) []cloudradial.Company {
	client, err := r.Clients.CloudRadial()
	var missing *tfdiag.MissingError
	if errors.As(err, &missing) {
		diags.AddWarning("Companies of CloudRadial are not known", "The accounts are listed without company_id. "+tfdiag.Detail(err))
		return nil
	}
	var companies []cloudradial.Company
	if err == nil {
		companies, err = client.Companies(ctx)
	}
	if err != nil {
		diags.Append(tfdiag.Error(noCompanies, err))
	}
	return companies
}

func (c listModel) matches(row mapping) bool {
	if !strings.Contains(strings.ToLower(row.Name.ValueString()), strings.ToLower(c.NameContains.ValueString())) {
		return false
	}
	return c.WithCompany.IsNull() || c.WithCompany.ValueBool() != row.CompanyID.IsNull()
}

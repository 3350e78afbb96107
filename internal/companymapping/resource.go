// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package companymapping says which CloudRadial company is which Gradient account: cloudradial_company_mapping for one company,
// cloudradial_company_mappings for all of them in a table.
package companymapping

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// clients is what this package needs from the provider.
type clients interface {
	tfbase.GradientClients
	tfbase.CloudRadialClients
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Planned records that owner plans that object, or returns another owner that does too.
	Planned(kind, id, owner string) (other string, twice bool)
	tfdiag.Reporter
}

// The kinds of objects that are claimed and planned. Accounts plan names and companies.
const (
	accountKind = "account"
	nameKind    = "name of an account"
	companyKind = "company of an account"
)

var (
	_ resource.ResourceWithConfigure   = (*itemResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*itemResource)(nil)
	_ resource.ResourceWithImportState = (*itemResource)(nil)
	_ resource.ResourceWithIdentity    = (*itemResource)(nil)
)

// itemResource is cloudradial_company_mapping.
type itemResource struct{ tfbase.Resource[clients] }

// NewResource makes the resource cloudradial_company_mapping.
func NewResource() resource.Resource { return &itemResource{} }

func (r *itemResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = itemType
}

func (r *itemResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One company of the CloudRadial portal as one account in Gradient, named as in the PSA. Use it with `for_each` for tens " +
			"of companies, and `cloudradial_company_mappings` for hundreds and thousands. Keep each account in one of the two: they would " +
			"overwrite each other's name, and the function `unit_counts` refuses an account that is in both.\n\n" +
			"When the names are the same, character for character, Gradient maps the account to the PSA's account by itself. Otherwise, map it " +
			"in Gradient.\n\n" +
			"Gradient's API cannot delete an account. An account that exists already, with the planned id and name, is adopted with a " +
			"warning, and destroying this resource only forgets the account.",
		Attributes: map[string]schema.Attribute{
			"company_id": schema.Int64Attribute{
				Required: true,
				MarkdownDescription: "Id of the company in CloudRadial. Gradient does not hold it, so changing it changes nothing there unless " +
					"`account_id` follows it. With CloudRadial keys in the provider block it is checked at plan.",
			},
			"account_id": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Validators: []validator.String{stringvalidator.RegexMatches(shapes.AccountIDForm, accountIDRule)},
				MarkdownDescription: "Id of the account in Gradient, which we choose: letters, digits, `.`, `_` and `-`. A slug such as `contoso` " +
					"reads well in plans. Changing it makes a new account. Default: `company_id` as a string.",
			},
			"name": schema.StringAttribute{
				Optional:   true,
				Computed:   true,
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Exact name of the account in the PSA. Default: the name of the company in CloudRadial, " +
					"read when the account is created and at each refresh; required without CloudRadial keys in the provider block.",
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				MarkdownDescription: "Description of the account in Gradient. Default: `\"\"`.",
			},
			"is_mapped": schema.BoolAttribute{
				Computed:      true,
				PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Whether the account is mapped to an account of the PSA in Gradient. Null when Gradient does not say. Gradient " +
					"takes unit counts only for accounts that are mapped.",
			},
		},
	}
}

// Create creates the account, or adopts the one that Gradient has with the planned id and name.
func (r *itemResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan mapping
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if written, ok := r.write(ctx, nil, plan, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(resp.State.Set(ctx, written)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, written.identity())...)
	}
}

// write brings Gradient from the state, if any, to the plan, as the only row of a table. It returns what the state has to be then,
// and reports false after an error.
func (r *itemResource) write(ctx context.Context, state *mapping, plan mapping, diags *diag.Diagnostics) (mapping, bool) {
	id := plan.AccountID.ValueString()
	before := map[string]mapping{}
	if state != nil {
		before[id] = *state
	}
	w := writer{clients: r.Clients, form: item, diags: diags}
	kept, _ := w.write(ctx, before, map[string]mapping{id: plan}, path.Empty())
	return kept[id], !diags.HasError()
}

// Read takes over what Gradient holds of the account.
func (r *itemResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state mapping
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // the framework wants it of an account that is gone, too
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	account, exists, err := client.Account(ctx, state.AccountID.ValueString())
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noAccounts, err))
		return
	}
	if !exists {
		others, err := client.Accounts(ctx)
		if err != nil {
			tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noAccounts, err))
			return
		}
		resp.Diagnostics.Append(gone(state, len(others)).Diagnostic())
		resp.State.RemoveResource(ctx)
		return
	}
	state.setAccount(account)
	if state.CompanyID.IsNull() {
		state.CompanyID = findCompany(ctx, r.Clients, account, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	recordCompanyNames(ctx, r.Clients, map[string]mapping{account.ID: state}, resp.Private, &resp.Diagnostics)
}

// Update changes name and description in Gradient. Gradient does not hold company_id.
func (r *itemResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state mapping
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if written, ok := r.write(ctx, &state, plan, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(resp.State.Set(ctx, written)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, written.identity())...)
	}
}

// Delete forgets the account.
func (r *itemResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state mapping
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(stays(state).Diagnostic())
	}
}

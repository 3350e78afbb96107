// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*tableResource)(nil)
	_ resource.ResourceWithValidateConfig = (*tableResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*tableResource)(nil)
	_ resource.ResourceWithImportState    = (*tableResource)(nil)
)

// tableResource is cloudradial_company_mappings.
type tableResource struct{ tfbase.Resource[clients] }

// NewTableResource makes the resource cloudradial_company_mappings.
func NewTableResource() resource.Resource { return &tableResource{} }

func (r *tableResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = tableType
}

func (r *tableResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All company mappings in one resource: use it for hundreds and thousands of companies, which it creates a hundred a " +
			"request, and `cloudradial_company_mapping` with `for_each` for tens, with an address and an import for each. An account belongs in " +
			"one of the two: both would overwrite each other's name, and the function `unit_counts` refuses an account that is in both.\n\n" +
			"Gradient's API cannot delete an account. An account that exists already, with the planned id and name, is adopted with a warning, " +
			"and an account that is taken out of `companies`, or destroyed, is only forgotten.",
		Attributes: map[string]schema.Attribute{
			"companies": schema.MapNestedAttribute{
				Required:      true,
				PlanModifiers: []planmodifier.Map{tfbase.PlannedWhole{}},
				Validators: []validator.Map{
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(stringvalidator.RegexMatches(shapes.AccountIDForm, accountIDRule)),
				},
				MarkdownDescription: "The company mappings. The key is the id of the account in Gradient, which we choose: letters, digits, `.`, " +
					"`_` and `-`. Another key makes a new account.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					// Not Required, or the framework refuses a mapping that is not known yet. ValidateConfig requires it.
					"company_id": schema.Int64Attribute{
						Optional: true,
						MarkdownDescription: "Required. Id of the company in CloudRadial. Gradient does not hold it, so changing it changes nothing there. With " +
							"CloudRadial keys in the provider block it is checked at plan.",
					},
					"account_id": schema.StringAttribute{
						Computed: true,
						MarkdownDescription: "The key, so that `companies` fits where objects with `account_id` are wanted: in the function `unit_counts`, " +
							"and in `company_mappings` of `cloudradial_reconciliation` and `cloudradial_license_publication`.",
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
						MarkdownDescription: "Description of the account in Gradient. Default: `\"\"`.",
					},
				}},
			},
			"is_mapped": schema.MapAttribute{
				Computed:    true,
				ElementType: types.BoolType,
				MarkdownDescription: "Whether each account, by its id, is mapped to an account of the PSA in Gradient. Null when Gradient does not say. " +
					"Gradient takes unit counts only for accounts that are mapped.",
			},
			"unmanaged": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "Accounts that Gradient has and `companies` does not have, sorted by `account_id`: created by another tool or by hand, or " +
					"taken out of the file. As of the last refresh.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"account_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the account."},
					"name":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the account."},
				}},
			},
		},
	}
}

// ValidateConfig requires the company_id of each mapping.
func (r *tableResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config tableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	rows := config.rows()
	maps.DeleteFunc(rows, func(_ string, m mapping) bool { return !m.CompanyID.IsNull() })
	resp.Diagnostics.Append(foldEach(rows, table.noCompanyID)...)
}

// Create creates the accounts that are missing. When some fail, the state has the others.
func (r *tableResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan tableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	written, ok := r.write(ctx, plan, tableModel{}, &resp.Diagnostics)
	if ok && (!resp.Diagnostics.HasError() || len(written.Companies.Elements()) > 0) {
		resp.Diagnostics.Append(resp.State.Set(ctx, written)...)
	}
}

// Read takes from Gradient what it holds of the accounts. An imported table, which has no companies yet, takes them all.
func (r *tableResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state tableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noAccounts, err))
		return
	}
	before, imported := state.rows(), state.Companies.IsNull()
	rows := map[string]mapping{}
	for _, account := range accounts {
		row, managed := before[account.ID]
		if !managed && !imported {
			continue
		}
		row.setAccount(account)
		rows[account.ID] = row
	}
	resp.Diagnostics.Append(foldEach(missingFrom(rows, before), func(m mapping) tfdiag.RowProblem { return gone(m, len(accounts)) })...)
	resp.Diagnostics.Append(resp.State.Set(ctx, newTable(rows, unmanagedOf(accounts, rows)))...)
	recordCompanyNames(ctx, r.Clients, rows, resp.Private, &resp.Diagnostics)
}

// write brings Gradient from the state to the plan, and returns what the state has to be then. It reports false when it could not
// begin.
func (r *tableResource) write(ctx context.Context, plan, state tableModel, diags *diag.Diagnostics) (tableModel, bool) {
	w := writer{clients: r.Clients, form: table, diags: diags}
	kept, ok := w.write(ctx, state.rows(), plan.rows(), tablePath)
	if !ok {
		return tableModel{}, false
	}
	if plan.Unmanaged.IsUnknown() {
		plan.Unmanaged = r.readUnmanaged(ctx, kept)
	}
	return newTable(kept, plan.Unmanaged), true
}

// readUnmanaged lists the accounts that are not among the rows. It is null when they cannot be read; then the next refresh sets it.
func (r *tableResource) readUnmanaged(ctx context.Context, rows map[string]mapping) types.List {
	client, err := r.Clients.Gradient()
	if err != nil {
		return types.ListNull(unmanagedType)
	}
	accounts, err := client.Accounts(ctx)
	if err != nil {
		return types.ListNull(unmanagedType)
	}
	return unmanagedOf(accounts, rows)
}

// Update creates and changes what differs. When some accounts fail, the state has what was done.
func (r *tableResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state tableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if written, ok := r.write(ctx, plan, state, &resp.Diagnostics); ok {
		resp.Diagnostics.Append(resp.State.Set(ctx, written)...)
	}
}

// Delete forgets the accounts.
func (r *tableResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(foldEach(state.rows(), stays)...)
}

// ImportState leaves companies null, which tells Read to take over every account.
func (r *tableResource) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("unmanaged"), types.ListValueMust(unmanagedType, nil))...)
}

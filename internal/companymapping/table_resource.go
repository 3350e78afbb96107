package companymapping

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*companyTable)(nil)
	_ resource.ResourceWithValidateConfig = (*companyTable)(nil)
	_ resource.ResourceWithModifyPlan     = (*companyTable)(nil)
	_ resource.ResourceWithImportState    = (*companyTable)(nil)
)

type companyTable struct{ tfbase.Resource[clients] }

type companyTableModel struct {
	Companies types.Map  `tfsdk:"companies"`
	IsMapped  types.Map  `tfsdk:"is_mapped"`
	Unmanaged types.List `tfsdk:"unmanaged"`
}

var (
	companyRowType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"company_id":  types.Int64Type,
		"account_id":  types.StringType,
		"name":        types.StringType,
		"description": types.StringType,
	}}
	unmanagedAccountType = types.ObjectType{AttrTypes: map[string]attr.Type{"account_id": types.StringType, "name": types.StringType}}
)

// NewTableResource makes the resource cloudradial_company_mappings.
func NewTableResource() resource.Resource { return &companyTable{} }

func (r *companyTable) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = companyMappingsType
}

func (r *companyTable) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All company mappings in one resource: use it for hundreds and thousands of companies, which it creates a hundred a " +
			"request, and `cloudradial_company_mapping` with `for_each` for tens, with an address and an import for each. An account belongs in " +
			"one of the two: both would fight over its name, and the function `unit_counts` refuses an account that is in both.\n\n" +
			"As there, an account that Gradient has already, with the planned id and name, is adopted with a warning, and what is taken out " +
			"of `companies`, or destroyed, is only forgotten: Gradient's API deletes no account.",
		Attributes: map[string]schema.Attribute{
			"companies": schema.MapNestedAttribute{
				Required:      true,
				PlanModifiers: []planmodifier.Map{tfbase.PlannedWhole{}},
				Validators: []validator.Map{
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(stringvalidator.RegexMatches(accountIDPattern, accountIDRule)),
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
						MarkdownDescription: "Exact name of the account in the PSA. Default: the name of the company in CloudRadial, read at plan; " +
							"required without CloudRadial keys in the provider block.",
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
				MarkdownDescription: "Accounts that Gradient has and `companies` has not, by `account_id`: made by another tool or by hand, or taken " +
					"out of the file. As of the last refresh.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"account_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the account."},
					"name":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the account."},
				}},
			},
		},
	}
}

// ValidateConfig requires the company_id of each mapping.
func (r *companyTable) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config companyTableModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	rows := config.rows()
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		if rows[id].CompanyID.IsNull() {
			resp.Diagnostics.AddAttributeError(atCompany(id), fmt.Sprintf("Account %s has no company_id", labelOf(id, rows[id])),
				"The argument company_id is required: give the id of the company in CloudRadial.")
		}
	}
}

// Create makes what is missing in Gradient. When it fails for some accounts the state has the others.
func (r *companyTable) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned companyTableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, begun := r.write(ctx, planned, companyTableModel{}, &resp.Diagnostics)
	if !begun || resp.Diagnostics.HasError() && len(made.Companies.Elements()) == 0 {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, made)...)
}

// Read takes from Gradient what it holds of the accounts. An imported table, which has no companies yet, takes them all.
func (r *companyTable) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state companyTableModel
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
	rows := map[string]companyModel{}
	for _, account := range accounts {
		row, managed := before[account.ID]
		if !managed && !imported {
			continue
		}
		row.AccountID = types.StringValue(account.ID)
		row.Name = types.StringValue(account.Name)
		row.Description = types.StringValue(account.Description)
		row.IsMapped = types.BoolPointerValue(account.IsMapped)
		rows[account.ID] = row
	}
	if gone := without(before, rows); len(gone) > 0 {
		resp.Diagnostics.Append(accountsGone(gone, len(accounts)))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, companyTableOf(rows, unmanagedAccounts(accounts, rows)))...)
}

// Update creates and changes what differs. When it fails for some accounts the state has what is done.
func (r *companyTable) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, state companyTableModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if made, begun := r.write(ctx, planned, state, &resp.Diagnostics); begun {
		resp.Diagnostics.Append(resp.State.Set(ctx, made)...)
	}
}

// Delete forgets the accounts.
func (r *companyTable) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state companyTableModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if rows := state.rows(); len(rows) > 0 {
		resp.Diagnostics.Append(accountsStay(rows))
	}
}

// ImportState leaves companies null, which tells Read to take over every account.
func (r *companyTable) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("unmanaged"), types.ListValueMust(unmanagedAccountType, nil))...)
}

package companymapping

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*companyMapping)(nil)
	_ resource.ResourceWithModifyPlan  = (*companyMapping)(nil)
	_ resource.ResourceWithImportState = (*companyMapping)(nil)
)

type companyMapping struct{ tfbase.Resource[clients] }

type companyModel struct {
	CompanyID   types.Int64  `tfsdk:"company_id"`
	AccountID   types.String `tfsdk:"account_id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	IsMapped    types.Bool   `tfsdk:"is_mapped"`
}

// owner names the mapping in messages about another one.
func (m companyModel) owner(resourceType string) string {
	return fmt.Sprintf("the %s with company_id %d and name %q", resourceType, m.CompanyID.ValueInt64(), m.Name.ValueString())
}

func (m companyModel) account() gradient.Account {
	return gradient.Account{ID: m.AccountID.ValueString(), Name: m.Name.ValueString(), Description: m.Description.ValueString()}
}

// accountIDRule says in an error what accountIDPattern wants.
const accountIDRule = "must be made of letters, digits, '.', '_' and '-' only, for it becomes part of addresses in Gradient's API"

var accountIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// NewResource makes the resource cloudradial_company_mapping.
func NewResource() resource.Resource { return &companyMapping{} }

func (r *companyMapping) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = companyMappingType
}

func (r *companyMapping) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One company of the CloudRadial portal as one account in Gradient, named as in the PSA: use it for tens of companies, " +
			"with `for_each`, and `cloudradial_company_mappings` for hundreds and thousands. An account belongs in one of the two: both would " +
			"fight over its name, and the function `unit_counts` refuses an account that is in both.\n\n" +
			"When the names are the same character for character, Gradient maps the account to the PSA's by itself; otherwise a person maps it " +
			"in Gradient.\n\n" +
			"Gradient's API deletes no account. So an account that is there already, with the planned id and name, is adopted with a " +
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
				Validators: []validator.String{stringvalidator.RegexMatches(accountIDPattern, accountIDRule)},
				MarkdownDescription: "Id of the account in Gradient, which we choose: letters, digits, `.`, `_` and `-`. A slug such as `contoso` " +
					"reads well in plans. Changing it makes a new account. Default: `company_id` as a string.",
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

func (r *companyMapping) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan companyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.Gradient(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	owner := plan.owner(companyMappingType)
	if other, ok := r.Clients.Claim(accountKind, plan.AccountID.ValueString(), owner); !ok {
		resp.Diagnostics.Append(usedTwice(path.Root("account_id"), plan.AccountID.ValueString(), other, owner))
		return
	}
	found, exists, err := client.Account(ctx, plan.AccountID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error(noAccounts, err))
		return
	}
	var account gradient.Account
	if exists {
		account = adopt(ctx, client, plan, found, &resp.Diagnostics)
	} else {
		account = create(ctx, client, plan, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan.IsMapped = types.BoolPointerValue(account.IsMapped)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func create(ctx context.Context, client *gradient.Client, plan companyModel, diags *diag.Diagnostics) gradient.Account {
	created, err := client.CreateAccount(ctx, plan.account())
	if err == nil {
		return created
	}
	var taken *gradient.TakenError // since the accounts were read
	if errors.As(err, &taken) {
		diags.Append(existing(plan, taken.Existing))
		return taken.Existing
	}
	diags.Append(tfdiag.AttributeError(path.Root("account_id"), fmt.Sprintf("Account %s is not created", label(plan)), err))
	return created
}

// adopt takes over an account that is there already. Nothing tells it from one that a cut run of ours made.
func adopt(ctx context.Context, client *gradient.Client, plan companyModel, found gradient.Account, diags *diag.Diagnostics) gradient.Account {
	if diags.Append(existing(plan, found)); diags.HasError() || found.Description == plan.Description.ValueString() {
		return found
	}
	updated, err := client.UpdateAccount(ctx, plan.account())
	if err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("description"), fmt.Sprintf("Account %s is not changed", label(plan)), err))
	}
	return updated
}

// existing is what to say about an account that Gradient holds already: a warning when it is the planned one, else an error.
func existing(plan companyModel, found gradient.Account) diag.Diagnostic {
	if found.Name == plan.Name.ValueString() {
		return diag.NewAttributeWarningDiagnostic(path.Root("account_id"), fmt.Sprintf("Account %s is adopted", label(plan)),
			"Gradient has an account of this id and name already, so this mapping takes it over. "+otherTools)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("account_id"), fmt.Sprintf("Account %s exists under another name", label(plan)),
		fmt.Sprintf("Gradient has an account %q already, but it is named %q, not %q. If it is another customer, choose another account_id. "+
			"If it is the same, import it; the next plan then renames it:\n\n"+
			"import {\n  to = cloudradial_company_mapping.this # the address of this resource\n  id = %q\n}",
			found.ID, found.Name, plan.Name.ValueString(), importID(plan)))
}

const otherTools = "If another tool manages it as well, for example CIPP, switch that tool's sync off first."

func importID(m companyModel) string {
	return fmt.Sprintf("%d/%s", m.CompanyID.ValueInt64(), m.AccountID.ValueString())
}

func usedTwice(at path.Path, accountID, other, owner string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, fmt.Sprintf("Account id %s is used twice", accountID),
		fmt.Sprintf("Two company mappings have the account_id %q: %s, and %s. Their unit counts would overwrite each other, so give each "+
			"its own account_id, or remove one.", accountID, other, owner))
}

// label names the account in summaries.
func label(m companyModel) string {
	return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.AccountID.ValueString())
}

func (r *companyMapping) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state companyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
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
		left, err := client.Accounts(ctx)
		if err != nil {
			tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noAccounts, err))
			return
		}
		resp.Diagnostics.Append(accountGone(state, len(left)))
		resp.State.RemoveResource(ctx)
		return
	}
	state.Name = types.StringValue(account.Name)
	state.Description = types.StringValue(account.Description)
	state.IsMapped = types.BoolPointerValue(account.IsMapped)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func accountGone(state companyModel, left int) diag.Diagnostic {
	summary := fmt.Sprintf("Account %s is gone from Gradient", label(state))
	if left == 0 {
		return diag.NewWarningDiagnostic(summary, reconnected)
	}
	return diag.NewWarningDiagnostic(summary, fmt.Sprintf("Gradient does not list the account %q any more, though it lists %d others. As long as "+
		"this mapping is in the configuration, the plan creates the account again.", state.AccountID.ValueString(), left))
}

const reconnected = "Gradient holds no account at all for this integration. Probably it was disconnected in Gradient and connected again, which " +
	"deletes every account and its mapping. The plan shows what will be recreated and pushed again; afterwards somebody has to map the accounts " +
	"in Gradient."

func (r *companyMapping) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state companyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	isMapped := state.IsMapped
	if plan.account() != state.account() {
		client, err := r.Clients.Gradient()
		if err != nil {
			resp.Diagnostics.Append(tfdiag.Error("Gradient cannot be used", err))
			return
		}
		account, err := client.UpdateAccount(ctx, plan.account())
		if err != nil {
			resp.Diagnostics.Append(tfdiag.AttributeError(path.Root("name"), fmt.Sprintf("Account %s is not changed", label(plan)), err))
			return
		}
		isMapped = types.BoolPointerValue(account.IsMapped)
	}
	if plan.IsMapped.IsUnknown() {
		plan.IsMapped = isMapped
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *companyMapping) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state companyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.AddWarning(fmt.Sprintf("Account %s stays in Gradient", label(state)),
		"Gradient's API deletes no account, so this mapping is only forgotten, and what Gradient bills for the account is the last unit "+
			"counts that it was sent. "+offboarding)
}

const offboarding = "To offboard a customer, take its rows out of the mapping files and apply: the license sync sets its counts to 0. Approve that " +
	"billing in Gradient, and only then unmap or exclude the account there, for Gradient takes no count for an account that is not mapped."

func (r *companyMapping) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	company, account, hasAccount := strings.Cut(req.ID, "/")
	companyID, err := strconv.ParseInt(company, 10, 64)
	if !hasAccount {
		account = company
	}
	if err != nil || companyID < 1 || !accountIDPattern.MatchString(account) {
		resp.Diagnostics.AddError("Import id of a company mapping is not understood",
			fmt.Sprintf("%q is neither <company_id> nor <company_id>/<account_id>. Examples: 42 (account 42 in Gradient), 42/contoso.", req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("company_id"), companyID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), account)...)
}

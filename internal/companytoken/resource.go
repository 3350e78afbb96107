// Package companytoken manages tokens of the CloudRadial portal: variables of one company, or of the partner level.
package companytoken

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*token)(nil)
	_ resource.ResourceWithModifyPlan  = (*token)(nil)
	_ resource.ResourceWithImportState = (*token)(nil)
)

// clients is what this room needs of the provider.
type clients interface {
	CloudRadial() (*cloudradial.Client, error)
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
	// Claimed reports whether somebody did.
	Claimed(kind, id string) bool
	tfdiag.Reporter
}

// Kinds of what is claimed: tokens that this process creates, and managed tokens that stay declared.
const (
	createdKind = "token"
	managedKind = "managed token"
)

// Summaries of what concerns all tokens.
const (
	noCloudRadial = "CloudRadial cannot be used"
	noTokens      = "CloudRadial tokens cannot be read"
	noCompanies   = "CloudRadial companies cannot be read"
)

type token struct{ tfbase.Resource[clients] }

type model struct {
	CompanyID types.Int64  `tfsdk:"company_id"`
	Name      types.String `tfsdk:"name"`
	Value     types.String `tfsdk:"value"`
}

// id identifies the token; it is also its import id.
func (m model) id() string {
	return fmt.Sprintf("%d/%s", m.CompanyID.ValueInt64(), m.Name.ValueString())
}

func (m model) token() cloudradial.Token {
	return cloudradial.Token{CompanyID: m.CompanyID.ValueInt64(), Name: m.Name.ValueString(), Value: m.Value.ValueString()}
}

// label names the token in messages.
func (m model) label() string {
	if m.CompanyID.ValueInt64() == 0 {
		return fmt.Sprintf("@%s of the partner level", m.Name.ValueString())
	}
	return fmt.Sprintf("@%s of company %d", m.Name.ValueString(), m.CompanyID.ValueInt64())
}

// NewResource makes the resource cloudradial_company_token.
func NewResource() resource.Resource { return &token{} }

func (r *token) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_company_token"
}

func (r *token) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One token of the CloudRadial portal: a variable that forms, articles and automations refer to as `@Name`. It " +
			"belongs to one company, or to the partner level, which holds for every company that has no token of that name.\n\n" +
			"A token that is there already with the same value is adopted with a warning; with another value it is an error that shows " +
			"the `import` block. When a token is destroyed, its company falls back to the partner level's token of the same name; where " +
			"there is none, the portal shows `@Name` as it stands.",
		Attributes: map[string]schema.Attribute{
			"company_id": schema.Int64Attribute{
				Required:      true,
				Validators:    []validator.Int64{int64validator.AtLeast(0)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the company in CloudRadial, or `0` for the partner level. It is checked at plan. Changing it makes a " +
					"new token.",
			},
			"name": schema.StringAttribute{
				Required:      true,
				Validators:    []validator.String{nameValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Name of the token, without the `@`, 1 to 255 characters, case-sensitive. The names of the tokens that " +
					"CloudRadial predefines, for example `CompanyTenantId`, are refused in any case, for those always win. So are `/` and `\\`, " +
					"for the name becomes part of addresses in CloudRadial's API. Changing it makes a new token.",
			},
			"value": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Value of the token. A list with commas becomes the options of a dropdown in a form. The portal shows tokens to " +
					"people and puts them into texts and webhooks, so do not put secrets here.",
			},
		},
	}
}

func (r *token) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	if _, ok := r.Clients.Claim(createdKind, plan.id(), plan.id()); !ok {
		resp.Diagnostics.AddAttributeError(path.Root("name"), fmt.Sprintf("Token %s is declared twice", plan.label()),
			fmt.Sprintf("Two resources declare the token %s, so they would overwrite each other. Remove one.", plan.label()))
		return
	}
	held, exists, err := client.ListedToken(ctx, plan.CompanyID.ValueInt64(), plan.Name.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.Append(tfdiag.Error(noTokens, err))
	case exists:
		resp.Diagnostics.Append(existing(plan, held))
	default:
		set(ctx, client, plan, "created", &resp.Diagnostics)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func set(ctx context.Context, client *cloudradial.Client, plan model, done string, diags *diag.Diagnostics) {
	if err := client.SetToken(ctx, plan.token()); err != nil {
		diags.Append(tfdiag.AttributeError(path.Root("value"), fmt.Sprintf("Token %s is not %s", plan.label(), done), err))
	}
}

// existing is what to say about a token that CloudRadial holds already: a warning when it has the planned value, else an error.
func existing(plan model, held cloudradial.Token) diag.Diagnostic {
	if held.Value == plan.Value.ValueString() {
		return diag.NewAttributeWarningDiagnostic(path.Root("name"), fmt.Sprintf("Token %s is adopted", plan.label()),
			"CloudRadial has this token already, with this value, so this resource takes it over. If a script or another tool sets it as "+
				"well, switch that off. If it was another resource of this configuration, write a moved block, or destroying that one "+
				"deletes the token.")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("value"), fmt.Sprintf("Token %s exists with another value", plan.label()),
		fmt.Sprintf("CloudRadial has the token %s already, with the value %q. Something else may have set it. Choose another name, or "+
			"import it; the next plan then shows the change of its value:\n\n"+
			"import {\n  to = cloudradial_company_token.this # the address of this resource\n  id = %q\n}",
			plan.label(), held.Value, plan.id()))
}

func (r *token) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadialIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	held, exists, err := client.ListedToken(ctx, state.CompanyID.ValueInt64(), state.Name.ValueString())
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noTokens, err))
		return
	}
	if !exists {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Token %s is gone from CloudRadial", state.label()),
			"CloudRadial does not list this token any more. As long as it is in the configuration, the plan creates it again.")
		resp.State.RemoveResource(ctx)
		return
	}
	state.Value = types.StringValue(held.Value)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *token) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	set(ctx, client, plan, "changed", &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

func (r *token) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	if err := client.DeleteToken(ctx, state.CompanyID.ValueInt64(), state.Name.ValueString()); err != nil {
		resp.Diagnostics.Append(tfdiag.Error(fmt.Sprintf("Token %s is not deleted", state.label()), err))
	}
}

func (r *token) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	company, name, _ := strings.Cut(req.ID, "/")
	companyID, err := strconv.ParseInt(company, 10, 64)
	if err != nil || companyID < 0 || whyNot(name) != "" {
		resp.Diagnostics.AddError("Import id of a company token is not understood",
			fmt.Sprintf("%q is not <company_id>/<name>, with a name that a token can have. Examples: 102/SupportPhone, and 0/SupportPhone for the "+
				"partner level.", req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("company_id"), companyID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
}

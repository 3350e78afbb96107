package licensemapping

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*licenseMapping)(nil)
	_ resource.ResourceWithModifyPlan  = (*licenseMapping)(nil)
	_ resource.ResourceWithImportState = (*licenseMapping)(nil)
)

type licenseMapping struct{ tfbase.Resource[clients] }

// licenseEntry is what the mapping files say about a service.
type licenseEntry struct {
	Service        types.String `tfsdk:"service"`
	SKUs           types.Set    `tfsdk:"skus"`
	Basis          types.String `tfsdk:"basis"`
	Category       types.String `tfsdk:"category"`
	Subcategory    types.String `tfsdk:"subcategory"`
	Description    types.String `tfsdk:"description"`
	SupportArticle types.String `tfsdk:"support_article"`
	SupportContact types.String `tfsdk:"support_contact"`
}

type licenseModel struct {
	licenseEntry
	ServiceID types.String `tfsdk:"service_id"`
}

// owner names the mapping in messages about another one.
func (e licenseEntry) owner(resourceType string) string {
	return fmt.Sprintf("a %s with skus = %s", resourceType, e.SKUs)
}

func (e licenseEntry) service() gradient.Service {
	return gradient.Service{
		Name:           e.Service.ValueString(),
		Description:    e.Description.ValueString(),
		Category:       e.Category.ValueString(),
		Subcategory:    e.Subcategory.ValueString(),
		SupportArticle: e.SupportArticle.ValueString(),
		SupportContact: e.SupportContact.ValueString(),
	}
}

// show takes over what Gradient holds of the service.
func (e *licenseEntry) show(found gradient.Service) {
	e.Category = types.StringValue(found.Category)
	e.Subcategory = types.StringValue(found.Subcategory)
	e.Description = types.StringValue(found.Description)
	e.SupportArticle = types.StringValue(found.SupportArticle)
	e.SupportContact = types.StringValue(found.SupportContact)
}

// What holds when the configuration does not say.
const (
	defaultBasis       = string(billing.Purchased)
	defaultCategory    = "productivity"
	defaultSubcategory = "other"
)

// NewResource makes the resource cloudradial_license_mapping.
func NewResource() resource.Resource { return &licenseMapping{} }

func (r *licenseMapping) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_mapping"
}

func (r *licenseMapping) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := entryAttributes()
	attributes["service"] = schema.StringAttribute{
		Required:            true,
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		MarkdownDescription: "Exact name of the product in the PSA. Changing it makes another service; the old one stays in Gradient.",
	}
	attributes["service_id"] = schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "Gradient's id of the service.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One service in Gradient, named as the product in the PSA, and the Microsoft 365 products (SKUs) that count towards " +
			"it. When the names are the same character for character, Gradient maps the service to the PSA's product by itself; otherwise a " +
			"person maps it in Gradient.\n\n" +
			"A service of exactly that name is adopted. Gradient's API can neither rename nor delete a service: the plan that creates one " +
			"says so, and destroying this resource only forgets it.",
		Attributes: attributes,
	}
}

// entryAttributes are what is said about a service, but for its name. ModifyPlan fills in the defaults.
func entryAttributes() map[string]schema.Attribute {
	const onCreation = " Sent when the service is created; Gradient's API cannot change it afterwards, so a later difference is a warning."
	return map[string]schema.Attribute{
		"skus": schema.SetAttribute{
			Required:    true,
			ElementType: types.StringType,
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.NoNullValues(),
				setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
			},
			MarkdownDescription: "Microsoft 365 products that count towards the service, each as skuPartNumber (`SPB`) or skuId (a GUID), in any " +
				"case. A product belongs to one service only.",
		},
		"basis": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(billing.BasisNames()...)},
			MarkdownDescription: "Which seats count: " + billing.DescribeBases() + ". Default: `" + defaultBasis + "`.",
		},
		"category": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(gradient.Categories...)},
			MarkdownDescription: "Category of the service in Gradient: `" + strings.Join(gradient.Categories, "`, `") + "`." + onCreation + " Default: `" + defaultCategory + "`.",
		},
		"subcategory": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{stringvalidator.OneOf(gradient.Subcategories...)},
			MarkdownDescription: "Subcategory of the service in Gradient: `" + strings.Join(gradient.Subcategories, "`, `") + "`." + onCreation + " Default: `" + defaultSubcategory + "`.",
		},
		"description": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Description of the service in Gradient." + onCreation + " Default: the name of the service.",
		},
		"support_article": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Address of a support article about the service." + onCreation + " Default: `\"\"`.",
		},
		"support_contact": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			MarkdownDescription: "Whom to ask about the service." + onCreation + " Default: `\"\"`.",
		},
	}
}

func (r *licenseMapping) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan licenseModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.Gradient(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	name := plan.Service.ValueString()
	owner := plan.owner(licenseMappingType)
	if other, ok := r.Clients.Claim(serviceKind, name, owner); !ok {
		resp.Diagnostics.Append(madeTwice(path.Root("service"), name, other, owner))
		return
	}
	found, err := client.CreateService(ctx, plan.service())
	if err != nil {
		resp.Diagnostics.Append(notCreated(path.Root("service"), name, err))
		return
	}
	plan.ServiceID = types.StringValue(found.ID)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// madeTwice refuses the second of two mappings of one service: it would be there twice, for good.
func madeTwice(at path.Path, name, other, owner string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, fmt.Sprintf("Service %q is in two license mappings", name),
		fmt.Sprintf("The service %q is in two license mappings: %s, and %s. Put the SKUs into one.", name, other, owner))
}

func notCreated(at path.Path, name string, err error) diag.Diagnostic {
	return tfdiag.AttributeError(at, fmt.Sprintf("Service %q is not created", name), err)
}

func (r *licenseMapping) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state licenseModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	name := state.Service.ValueString()
	found, count, err := client.Service(ctx, name)
	if err != nil {
		tfdiag.AddOnce(&resp.Diagnostics, r.Clients, tfdiag.Error(noServices, err))
		return
	}
	if count == 0 {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Service %q is gone from Gradient", name),
			"Gradient's catalogue of this vendor has no service of that name. Its API can neither rename nor delete one, so look in Gradient "+
				"what became of it, and whether the keys are those of the same integration. As long as this mapping is in the configuration, the "+
				"plan creates the service again.")
		resp.State.RemoveResource(ctx)
		return
	}
	if count > 1 {
		resp.Diagnostics.Append(severalServices(name, count, found.ID))
	}
	state.show(found)
	state.ServiceID = types.StringValue(found.ID)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func severalServices(name string, count int, used string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(fmt.Sprintf("Gradient has %d services named %q", count, name),
		fmt.Sprintf("Unit counts go to the first of them, %s. Ask Gradient to remove the others, or exclude them there, so that nobody maps the "+
			"wrong one.", used))
}

// Update has nothing to ask Gradient for: it does not hold skus and basis, and cannot change the rest.
func (r *licenseMapping) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (r *licenseMapping) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state licenseModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.AddWarning(fmt.Sprintf("Service %q stays in Gradient", state.Service.ValueString()),
		"Gradient's API deletes no service, so this mapping is only forgotten. The license sync sets the service's unit counts to 0 when they "+
			"leave its unit_counts. Once that is approved, exclude the service in Gradient.")
}

func (r *licenseMapping) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("service"), req, resp)
}

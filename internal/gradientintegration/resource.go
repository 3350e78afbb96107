package gradientintegration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*integrationResource)(nil)
	_ resource.ResourceWithImportState = (*integrationResource)(nil)
)

type integrationResource struct{ tfbase.Resource[clients] }

type resourceModel struct {
	Enabled types.Bool `tfsdk:"enabled"`
	values
}

// NewResource makes the resource cloudradial_gradient_integration.
func NewResource() resource.Resource { return &integrationResource{} }

func (r *integrationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_gradient_integration"
}

func (r *integrationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The custom integration in Gradient that the partner API key belongs to, and whether it is switched on. It " +
			"checks the keys and tells Gradient that we are ready, so that companies and licenses can be mapped. Destroying it makes the " +
			"integration `inactive`; it deletes nothing in Gradient.",
		Attributes: map[string]schema.Attribute{
			"enabled": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "Whether the integration is on. `true` moves it from `inactive` to `pending` and leaves any other status " +
					"as it is. `false` makes it `inactive`: `cloudradial_license_sync` pushes nothing then, as for the freeze at month's end. " +
					"Default: `true`.",
			},
			"id":                kept(aboutID),
			"organization_id":   kept(aboutOrganizationID),
			"organization_name": kept(aboutOrganizationName),
			"vendor_id":         kept(aboutVendorID),
			"vendor_name":       kept(aboutVendorName),
			// Without a plan modifier these two are unknown when a change is planned, and only then.
			"status": schema.StringAttribute{Computed: true, MarkdownDescription: aboutStatus},
			"last_synced_at": schema.StringAttribute{
				CustomType:          timetypes.RFC3339Type{},
				Computed:            true,
				MarkdownDescription: aboutLastSyncedAt,
			},
		},
	}
}

// kept is a computed attribute that our own changes do not touch.
func kept(about string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: about,
	}
}

func (r *integrationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	now, problem := r.move(ctx, plan.Enabled.ValueBool())
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	plan.values = valuesOf(now)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *integrationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	client, ok := tfbase.GradientIfKnown(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	found, err := client.Integration(ctx)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Error("Gradient integration cannot be read", err))
		return
	}
	state := resourceModel{Enabled: types.BoolValue(found.Status != gradient.StatusInactive), values: valuesOf(found)}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *integrationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	now, problem := r.move(ctx, plan.Enabled.ValueBool())
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	// The plan has promised the rest; the next read tells when it is different by now.
	changed := valuesOf(now)
	plan.Status, plan.LastSyncedAt = changed.Status, changed.LastSyncedAt
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *integrationResource) Delete(ctx context.Context, _ resource.DeleteRequest, resp *resource.DeleteResponse) {
	if _, problem := r.move(ctx, false); problem != nil {
		resp.Diagnostics.Append(problem)
	}
}

func (r *integrationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	// The key says which integration it is: Read replaces whatever id was given.
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

// move switches the integration on or off. It never lowers pending or active when it is to be on.
func (r *integrationResource) move(ctx context.Context, enabled bool) (gradient.Integration, diag.Diagnostic) {
	client, err := r.Clients.Gradient()
	if err != nil {
		return gradient.Integration{}, tfdiag.Error("Gradient cannot be used", err)
	}
	now, err := client.Integration(ctx)
	if err != nil {
		return now, tfdiag.Error("Gradient integration cannot be read", err)
	}
	if on := now.Status != gradient.StatusInactive; on == enabled {
		return now, nil
	}
	target := gradient.StatusInactive
	if enabled {
		target = gradient.StatusPending
	}
	now, err = client.SetStatus(ctx, target)
	if err != nil {
		return now, tfdiag.AttributeError(path.Root("enabled"), "Gradient integration does not become "+string(target), err)
	}
	return now, nil
}

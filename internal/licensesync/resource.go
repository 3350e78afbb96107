package licensesync

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

var (
	_ resource.ResourceWithConfigure      = (*syncResource)(nil)
	_ resource.ResourceWithImportState    = (*syncResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*syncResource)(nil)
	_ resource.ResourceWithValidateConfig = (*syncResource)(nil)
)

// clients is what this room needs of the provider.
type clients interface {
	Gradient() (*gradient.Client, error)
}

type syncResource struct{ clients clients }

// NewResource returns cloudradial_license_sync.
func NewResource() resource.Resource { return &syncResource{} }

func (r *syncResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_sync"
}

func (r *syncResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	configured, ok := req.ProviderData.(clients)
	if !ok {
		resp.Diagnostics.AddError("The provider gave no clients", fmt.Sprintf("This is a bug of the provider: it gave a %T.", req.ProviderData))
		return
	}
	r.clients = configured
}

// ImportState takes any id: an integration has one sync, and Read puts its true id in. The ledger cannot be read back
// from Gradient, so it is empty afterwards.
func (r *syncResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

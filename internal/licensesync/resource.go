package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
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

type syncResource struct{ tfbase.Resource[clients] }

// NewResource returns cloudradial_license_sync.
func NewResource() resource.Resource { return &syncResource{} }

func (r *syncResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_sync"
}

// ImportState takes any id: an integration has one sync, and Read puts its true id in. The ledger cannot be read back
// from Gradient, so it is empty afterwards.
func (r *syncResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

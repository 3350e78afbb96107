package publication

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
)

var (
	_ resource.ResourceWithConfigure   = (*publicationResource)(nil)
	_ resource.ResourceWithImportState = (*publicationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*publicationResource)(nil)
)

// clients is what this room needs of the provider.
type clients interface {
	CloudRadial() (*cloudradial.Client, error)
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
}

type publicationResource struct {
	clients clients
	now     func() time.Time
}

// NewResource returns cloudradial_license_publication.
func NewResource() resource.Resource { return &publicationResource{now: time.Now} }

func (r *publicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_publication"
}

func (r *publicationResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
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

// today is the date that changed rows carry.
func (r *publicationResource) today() string { return r.now().UTC().Format(time.DateOnly) }

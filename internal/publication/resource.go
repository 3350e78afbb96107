package publication

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*publicationResource)(nil)
	_ resource.ResourceWithImportState = (*publicationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*publicationResource)(nil)
)

// clients is what the resource needs from the provider.
type clients interface {
	tfbase.CloudRadialClients
	tfdiag.Reporter
	// Claim records that owner makes the object of that kind and id in this process, or returns who did so before.
	Claim(kind, id, owner string) (other string, ok bool)
}

type publicationResource struct {
	tfbase.Resource[clients]
	now func() time.Time
}

// NewResource returns cloudradial_license_publication.
func NewResource() resource.Resource { return &publicationResource{now: time.Now} }

func (r *publicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_publication"
}

// today is the date that changed rows carry.
func (r *publicationResource) today() string { return r.now().UTC().Format(time.DateOnly) }

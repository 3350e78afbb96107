package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// ValidateConfig refuses values that are not unit counts.
func (r *syncResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := shapes.DecodeUnitCounts(shapes.UnitCounts, config.UnitCounts); err != nil {
		resp.Diagnostics.Append(noCounts(err))
	}
}

func noCounts(err error) diag.Diagnostic {
	return shapes.Diagnostic("unit_counts is not valid", err)
}

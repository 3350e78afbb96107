package licensesync

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// ValidateConfig refuses numbers that are no unit counts. Deep paths lose the line in most CLI versions, so the error
// stands at unit_counts and names the pair.
func (r *syncResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := countsOf(config.UnitCounts); err != nil {
		resp.Diagnostics.Append(noCounts(err))
	}
}

func noCounts(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("unit_counts"), "unit_counts holds something that is no unit count", err.Error()+".")
}

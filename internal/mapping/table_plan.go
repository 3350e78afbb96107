package mapping

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// plannedWhole is the plan modifier of a map that ModifyPlan plans from the configuration, all elements at once. Unknown until
// then, it keeps the framework from looking into the elements: for each one it copies the whole map, which is most of the time
// that thousands of companies take.
type plannedWhole struct{}

func (plannedWhole) Description(context.Context) string {
	return "planned from the configuration as a whole"
}

func (p plannedWhole) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (plannedWhole) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	resp.PlanValue = types.MapUnknown(req.PlanValue.ElementType(ctx))
}

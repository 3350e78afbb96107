// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfbase

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// PlannedWhole is the plan modifier of a map whose elements ModifyPlan plans from the configuration, all at once. The map is
// unknown until then, so the framework does not plan each element: it copies the whole map for each one, which takes most of the
// time of a plan with thousands of elements.
type PlannedWhole struct{}

// Description says what the modifier does.
func (PlannedWhole) Description(context.Context) string {
	return "planned from the configuration as a whole"
}

// MarkdownDescription says what the modifier does.
func (p PlannedWhole) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

// PlanModifyMap makes the map unknown.
func (PlannedWhole) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	resp.PlanValue = types.MapUnknown(req.PlanValue.ElementType(ctx))
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// ModifyPlan predicts published, because Terraform plans no change when only a computed value has drifted. It reads CloudRadial only for
// a new publication and for new companies.
func (r *publicationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var planned model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.plan(ctx, &planned, state)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("published"), planned.Published)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("drift"), planned.Drift)...)
}

func (r *publicationResource) plan(ctx context.Context, planned, state *model) diag.Diagnostics {
	planned.Published = types.MapUnknown(skusType)
	planned.Drift = textMap(nil)
	if !shapes.FullyKnown(planned.LicenseCounts, planned.CompanyMappings) {
		return nil
	}
	t, err := planned.table()
	if err != nil {
		return badInput(err)
	}
	var before model
	if state != nil {
		before = *state
	}
	old, err := before.table()
	if err != nil {
		return diag.Diagnostics{brokenState(err)}
	}
	planned.Published = t.predicted(before.publishedRows(), old.accounts).toValue()
	diags := planWarnings(t, *planned)
	diags.Append(r.checkPortal(ctx, t, old, *planned, state)...)
	return diags
}

// checkPortal reports what would make the apply fail: companies that do not exist, and a type that cannot be used.
func (r *publicationResource) checkPortal(ctx context.Context, t, old table, planned model, state *model) diag.Diagnostics {
	added := slices.DeleteFunc(slices.Sorted(maps.Keys(t.accounts)), func(company int64) bool { _, before := old.accounts[company]; return before })
	if len(added) == 0 && state != nil {
		return nil
	}
	var diags diag.Diagnostics
	p, ok := tfbase.CloudRadialIfKnown(r.Clients, &diags)
	if !ok {
		return diags
	}
	var missing tfdiag.Rows
	for _, company := range added {
		_, exists, err := p.Company(ctx, company)
		if err != nil {
			tfdiag.AddOnce(&diags, r.Clients, tfdiag.Error(noCompanies, err))
			return diags
		}
		if only, isOnly := p.OnlyCompany(ctx); !exists && isOnly {
			missing.Add(oneCompanyOnly(company, t.accounts[company], only))
		} else if !exists {
			missing.Add(noCompany(company, t.accounts[company]))
		}
	}
	diags.Append(missing.Diagnostics(path.Root("company_mappings"))...)
	if state == nil && !planned.AssetType.IsUnknown() {
		diags.Append(checkAssetType(ctx, p, planned.AssetType.ValueString())...)
	}
	return diags
}

// checkAssetType reports the asset type that Create would find. Rows of another publication are a warning, because a replacement removes
// them first.
func checkAssetType(ctx context.Context, p portal, name string) diag.Diagnostics {
	found, exists, err := p.AssetType(ctx, name)
	if err == nil && exists {
		var missing []cloudradial.AssetField
		missing, err = missingFields(ctx, p, found)
		exists = len(missing) == 0
	}
	if err != nil {
		return diag.Diagnostics{cannotUse(name, err)}
	}
	if !exists {
		return nil
	}
	s, err := openSheet(ctx, p, name, nil)
	if err != nil {
		return diag.Diagnostics{cannotUse(name, err)}
	}
	if s == nil {
		return nil
	}
	if _, ok := unfinishedOwner(s.rows); ok {
		return nil
	}
	if others := otherOwners(s.rows, ""); len(others) > 0 {
		return diag.Diagnostics{otherOwnerWarning(name, others)}
	}
	return nil
}

// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package publication has cloudradial_license_publication: it publishes the license counts of mapped companies in CloudRadial, as rows
// of a flexible asset type, which is the only documented place for them (cloudradial.md §7.8, §9). It reads the rows back, so an edit in
// the portal is drift.
package publication

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*publicationResource)(nil)
	_ resource.ResourceWithIdentity    = (*publicationResource)(nil)
	_ resource.ResourceWithImportState = (*publicationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*publicationResource)(nil)
)

// clients is what the resource needs from the provider.
type clients interface {
	tfbase.CloudRadialClients
	tfdiag.Reporter
	// Claim records that owner declares the object of that kind and id in this process, or returns the earlier owner.
	Claim(kind, id, owner string) (other string, ok bool)
}

type publicationResource struct {
	tfbase.Resource[clients]
	now func() time.Time
}

// NewResource returns the resource cloudradial_license_publication.
func NewResource() resource.Resource { return &publicationResource{now: time.Now} }

func (r *publicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_license_publication"
}

// today returns the date for the column Updated.
func (r *publicationResource) today() string { return r.now().UTC().Format(time.DateOnly) }

const defaultAssetType = "Microsoft 365 Licenses"

func (r *publicationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Publishes the Microsoft 365 licenses of every mapped company in CloudRadial, for the company and for your account " +
			"managers: one row per company and SKU in a flexible asset type. CloudRadial's API has no other place for license counts. The " +
			"portal's own page *Usage > Licenses* does not change.\n\n" +
			"A refresh reads the rows back, 200 in a request, so an edit or a deleted row in the portal is drift, and the next apply restores it. " +
			"An apply writes only rows that differ. An asset type has one publication: it writes its `id` into the field *Owner* of its rows, and " +
			"a second publication of the same type is an error, also from another state.\n\n" +
			"Destroying it removes its rows, and the asset type if it is then empty.\n\n" +
			"Every row is in the state and in each plan, so plans of many thousands of rows are slow. Split a larger portal into several " +
			"publications, each with its own `asset_type`.",
		Attributes: map[string]schema.Attribute{
			"license_counts": schema.MapAttribute{
				Required:    true,
				ElementType: types.MapType{ElemType: shapes.PublishedCountType},
				MarkdownDescription: "The license counts, usually `counts` of the data source `cloudradial_license_counts`: a map from `account_id`, or " +
					"`account_id/label` for a company with several tenants, which are added up, to a map from SKU part number to `product_name`, " +
					"`purchased`, `enabled`, `assigned` and `flags`. If a tenant is `null` or has a number that is `null`, or a 0 with the flag `overassigned_split`, its counts are unknown and the " +
					"rows of its account stay as they are. The row of a SKU that is missing is removed. Counts of accounts without a company mapping are not published; the plan " +
					"lists these accounts.",
			},
			"company_mappings": schema.MapAttribute{
				Required:    true,
				ElementType: shapes.PublishedCompanyType,
				MarkdownDescription: "The company in CloudRadial of each account: a map of objects with `company_id` and `account_id`, for example the " +
					"resources `cloudradial_company_mapping` of a `for_each`. Every account needs an element in `license_counts`, which is `null` if " +
					"its counts are unknown. The rows of a company that is missing are removed.",
			},
			"asset_type": schema.StringAttribute{
				Optional:      true,
				Computed:      true,
				Default:       stringdefault.StaticString(defaultAssetType),
				Validators:    []validator.String{stringvalidator.LengthBetween(1, 256)},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Name of the flexible asset type. The default is `" + defaultAssetType + "`. If the portal has no type of that " +
					"name, the resource creates it. It uses an existing type that has the fields of a publication. Another name makes a new publication.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Random id of the publication. It is in the field *Owner* of its rows.",
			},
			"asset_type_id": schema.Int64Attribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				MarkdownDescription: "Id of the flexible asset type.",
			},
			"field_ids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.Int64Type,
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "The ids of the type's fields, by their original names. The publication finds renamed fields by them.",
			},
			"published": schema.MapAttribute{
				Computed:    true,
				ElementType: skusType,
				MarkdownDescription: "What CloudRadial shows: a map from `account_id` to a map from SKU part number to `purchased` and `assigned`. A number " +
					"is null if the field holds anything but a whole number. Rows that do not show the account of their company are under `company <id>` or `company <id> (<account>)` until they " +
					"are removed.",
			},
			"drift": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Edits in the portal that `published` does not show, by `account_id/SKU`: another field, or a second row of the same " +
					"SKU. Empty after every apply.",
			},
		},
	}
}

const ownerPrefix = "tf-"

var ownerForm = regexp.MustCompile(`^` + ownerPrefix + `[a-z2-7]{26}$`)

// parseImportID parses <id>, <asset type> or <asset type>/<id>. The owner is empty when the id has none.
func parseImportID(id string) (name, owner string) {
	if ownerForm.MatchString(id) {
		return defaultAssetType, id
	}
	if slash := strings.LastIndex(id, "/"); slash > 0 && ownerForm.MatchString(id[slash+1:]) {
		return id[:slash], id[slash+1:]
	}
	return id, ""
}

// ImportState takes over existing rows by their owner, which an import id or the identity names.
func (r *publicationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name, owner := wantedImport(ctx, req, resp)
	p, ok := tfbase.CloudRadial(r.Clients, &resp.Diagnostics)
	if !ok {
		return
	}
	s, err := openSheet(ctx, p, name, nil)
	if err != nil {
		resp.Diagnostics.Append(cannotUse(name, err))
		return
	}
	if s == nil {
		resp.Diagnostics.AddError("There is no such publication", fmt.Sprintf("CloudRadial has no flexible asset type named %q. %s", name, importForms))
		return
	}
	owners := otherOwners(s.rows, "")
	if owner == "" && len(owners) == 1 {
		owner = owners[0]
	}
	if !slices.Contains(owners, owner) {
		resp.Diagnostics.AddError("There is no such publication", fmt.Sprintf("The flexible asset type %q has %s%s",
			name, rowsOf(owners), importForms))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), owner)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("asset_type"), name)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity{types.StringValue(name), types.StringValue(owner)})...)
}

// rowsOf names the owners of a type's rows.
func rowsOf(owners []string) string {
	if len(owners) == 0 {
		return "no rows of a publication. "
	}
	return "rows of these owners:\n\n" + tfdiag.List(owners) + "\n\n"
}

const importForms = "The import id is the id of a publication (the Owner of its rows), <asset type>/<id> for a type that is not named \"" +
	defaultAssetType + "\", or only the name of the asset type if its rows have one owner."

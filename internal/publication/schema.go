package publication

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
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
)

const defaultAssetType = "Microsoft 365 Licenses"

func (r *publicationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Publishes the Microsoft 365 licences of every mapped company in CloudRadial, where its people and your account " +
			"managers look: one row per company and SKU of a flexible asset type. CloudRadial's API has no other place for license counts; the " +
			"portal's own *Usage > Licenses* page is not touched.\n\n" +
			"The rows are read back, a page for every 200 of them, so a number that somebody edits or deletes in the portal is drift, and the " +
			"next apply restores it. Only rows that differ are written. An asset type has one publication: each writes its `id` into the field " +
			"*Owner* of its rows, and a second one is refused, also from another state.\n\n" +
			"Destroying it removes its rows, and the asset type if that is empty then.\n\n" +
			"Every row is in the state and in each plan, so plans of many thousands of rows take their time. Split a larger portal into several " +
			"publications, each with its own `asset_type`.",
		Attributes: map[string]schema.Attribute{
			"license_counts": schema.MapAttribute{
				Required:    true,
				ElementType: types.MapType{ElemType: shapes.PublishedCountType},
				MarkdownDescription: "The license counts, usually `counts` of the data source `cloudradial_license_counts`: a map from `account_id`, or " +
					"`account_id/label` for a company with several tenants, which are added up, to a map from SKU part number to `product_name`, " +
					"`purchased`, `enabled`, `assigned` and `flags`. A tenant that is `null` is unknown: the rows of its company stay as they are. " +
					"A SKU that is missing loses its row. Counts of accounts that are in no company mapping are not published; the plan lists them.",
			},
			"company_mappings": schema.MapAttribute{
				Required:    true,
				ElementType: shapes.PublishedCompanyType,
				MarkdownDescription: "Which company of CloudRadial an account is: a map of objects with `company_id` and `account_id`, for example the " +
					"company mapping resources of a `for_each`. Every account needs license counts, if unknown ones. A company that is missing " +
					"loses its rows.",
			},
			"asset_type": schema.StringAttribute{
				Optional:      true,
				Computed:      true,
				Default:       stringdefault.StaticString(defaultAssetType),
				Validators:    []validator.String{stringvalidator.LengthBetween(1, 256)},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Name of the flexible asset type. The default is `" + defaultAssetType + "`. It is created if the portal has none of " +
					"that name; one that has the fields of a publication is used as it is. Another name makes a new publication.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Id of the publication, made at random. Its rows carry it in the field *Owner*.",
			},
			"asset_type_id": schema.Int64Attribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				MarkdownDescription: "Id of the flexible asset type.",
			},
			"field_ids": schema.MapAttribute{
				Computed:      true,
				ElementType:   types.Int64Type,
				PlanModifiers: []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "The ids of the type's fields, by their first names. By them a field is found again that somebody renames in " +
					"the portal.",
			},
			"published": schema.MapAttribute{
				Computed:    true,
				ElementType: skusType,
				MarkdownDescription: "What CloudRadial shows: a map from `account_id` to a map from SKU part number to `purchased` and `assigned`, null where " +
					"somebody wrote something else than a whole number. Rows of companies that are in no mapping stand under `company <id>` until " +
					"they are removed.",
			},
			"drift": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Rows that somebody changed in what `published` does not show, by `account_id/SKU`: another field, or a second row of the " +
					"same SKU. Empty after every apply.",
			},
		},
	}
}

package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
)

// model is the data source as Terraform holds it.
type model struct {
	LicenseCounts   types.Map     `tfsdk:"license_counts"`
	CompanyMappings types.Map     `tfsdk:"company_mappings"`
	LicenseMappings types.Map     `tfsdk:"license_mappings"`
	AssetType       types.String  `tfsdk:"asset_type"`
	GradientCounts  types.Map     `tfsdk:"gradient_counts"`
	PSACounts       types.Map     `tfsdk:"psa_counts"`
	Tolerance       types.Float64 `tfsdk:"tolerance"`
	FailOn          types.Set     `tfsdk:"fail_on"`

	Rows              types.List   `tfsdk:"rows"`
	Differences       types.List   `tfsdk:"differences"`
	InAgreement       types.Bool   `tfsdk:"in_agreement"`
	Summary           types.Object `tfsdk:"summary"`
	UnmappedSKUs      types.List   `tfsdk:"unmapped_skus"`
	UnmappedCompanies types.List   `tfsdk:"unmapped_companies"`
	UnmappedAccounts  types.List   `tfsdk:"unmapped_accounts"`
	UnreadableTenants types.List   `tfsdk:"unreadable_tenants"`
	Flagged           types.List   `tfsdk:"flagged"`
	ReportMarkdown    types.String `tfsdk:"report_markdown"`
}

// countType is a count of cloudradial_license_counts.
var countType = types.ObjectType{AttrTypes: countAttributes()}

func countAttributes() map[string]attr.Type {
	attributes := map[string]attr.Type{
		"sku_id":       types.StringType,
		"product_name": types.StringType,
		"flags":        types.ListType{ElemType: types.StringType},
	}
	for _, name := range billing.BasisNames() {
		attributes[name] = types.Int64Type
	}
	return attributes
}

var numbersType = types.MapType{ElemType: types.NumberType}

// What the lists hold.
var (
	rowObject = object(map[string]schema.Attribute{
		"account_id":   text("Id of the account."),
		"account_name": text("Its name: that of the mapping, of Gradient or of CloudRadial, or else its id."),
		"service":      text("Name of the service."),
		"microsoft":    units("Units that Microsoft's seats come to by the mappings, as `unit_counts` adds them up."),
		"cloudradial":  units("Seats in the published rows, on the basis of the license mapping."),
		"gradient":     units("Units of `gradient_counts`."),
		"psa":          units("Units of `psa_counts`."),
		"status":       text("One of the statuses above."),
		"reason":       text("What there is to know beyond the numbers. Empty when they say it all."),
	})
	unmappedSKUObject = object(map[string]schema.Attribute{
		"sku":          text("Part number of the SKU."),
		"sku_id":       text("Id of the SKU (GUID)."),
		"product_name": text("Name of the product."),
		"purchased":    seats("Seats of all tenants."),
		"tenants": schema.MapAttribute{
			Computed: true, ElementType: types.Int64Type, MarkdownDescription: "Key of `license_counts` to its purchased seats.",
		},
	})
	unmappedCompanyObject = object(map[string]schema.Attribute{
		"company_id": seats("Id of the company in CloudRadial."),
		"name":       text("Name of the company."),
	})
	unmappedAccountObject = object(map[string]schema.Attribute{
		"account_id": text("Id of the account."),
		"name":       text("Name of the account in Gradient."),
	})
	flaggedObject = object(map[string]schema.Attribute{
		"tenant":       text("Key of `license_counts`."),
		"account_id":   text("Id of the account."),
		"sku":          text("Key of the SKU: its part number, or `PART/<skuId>`."),
		"sku_id":       text("Id of the SKU (GUID)."),
		"product_name": text("Name of the product."),
		"service":      text("Service that the SKU counts towards. Null when no license mapping counts it."),
		"purchased":    seats("Purchased seats."),
		"assigned":     seats("Assigned seats."),
		"flags": schema.ListAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "The flags, sorted. `cloudradial_license_counts` says what they mean.",
		},
	})
	summaryAttributes = map[string]schema.Attribute{
		"pairs": schema.MapAttribute{
			Computed: true, ElementType: types.Int64Type, MarkdownDescription: "Each status to the number of rows that have it.",
		},
		"units": schema.MapAttribute{
			Computed: true, ElementType: types.Float64Type,
			MarkdownDescription: "`microsoft`, `cloudradial`, `gradient` and `psa` to the sum of the numbers in their column. Null when the system was not asked.",
		},
	}
)

func object(attributes map[string]schema.Attribute) schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: attributes}
}

func text(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func units(description string) schema.Attribute {
	return schema.Float64Attribute{Computed: true, MarkdownDescription: description + " Null when there is no such number."}
}

func seats(description string) schema.Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func list(of schema.NestedAttributeObject, description string) schema.Attribute {
	return schema.ListNestedAttribute{Computed: true, NestedObject: of, MarkdownDescription: description}
}

// statusTexts are a list of the statuses and their meaning.
func statusTexts() string {
	var lines strings.Builder
	for _, known := range reconcile.Statuses {
		fmt.Fprintf(&lines, "\n  - `%s`: %s.", known.Status, known.Meaning)
	}
	return lines.String()
}

func (d *reconciliation) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := inputAttributes()
	for name, attribute := range computedAttributes() {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A review of the whole estate: for each account and service what Microsoft, CloudRadial, Gradient and the PSA say, where " +
			"they differ, and what nobody mapped. It changes nothing and, unless `fail_on` says so, fails for nothing that it finds.\n\n" +
			"What a system gave no number for is null, and never counts as 0.\n\n" +
			"CloudRadial's companies and Gradient's accounts are read if the provider has their keys. Without them the findings about these " +
			"are null, and the report says so.\n\n" +
			"~> Make the mappings from your files, not from managed resources: a data source that refers to a resource with pending changes " +
			"is read during apply only, and then the review is missing exactly when seats changed.",
		Attributes: attributes,
	}
}

func inputAttributes() map[string]schema.Attribute {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	return map[string]schema.Attribute{
		"license_counts": schema.MapAttribute{
			Required:            true,
			ElementType:         types.MapType{ElemType: countType},
			MarkdownDescription: "The `counts` of `cloudradial_license_counts`. Null counts are unknown, not zero.",
		},
		"company_mappings": schema.MapNestedAttribute{
			Required:            true,
			MarkdownDescription: "The company mappings. The keys do not matter.",
			Validators:          []validator.Map{mapvalidator.NoNullValues()},
			NestedObject: object(map[string]schema.Attribute{
				"account_id": schema.StringAttribute{Required: true, Validators: notEmpty, MarkdownDescription: "Id of the account in Gradient."},
				"company_id": schema.Int64Attribute{
					Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)},
					MarkdownDescription: "Id of the company in CloudRadial. Without it CloudRadial is not compared for the account.",
				},
				"name": schema.StringAttribute{Optional: true, MarkdownDescription: "Name to show."},
			}),
		},
		"license_mappings": schema.MapNestedAttribute{
			Required:            true,
			MarkdownDescription: "The license mappings. The keys do not matter.",
			Validators:          []validator.Map{mapvalidator.NoNullValues()},
			NestedObject: object(map[string]schema.Attribute{
				"service": schema.StringAttribute{Required: true, Validators: notEmpty, MarkdownDescription: "Name of the service."},
				"skus": schema.SetAttribute{
					Required: true, ElementType: types.StringType,
					Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(notEmpty...)},
					MarkdownDescription: "SKUs that count towards it: part numbers, SKU ids or `PART/<skuId>`, in any case.",
				},
				"basis": schema.StringAttribute{
					Optional: true, Validators: []validator.String{stringvalidator.OneOf(billing.BasisNames()...)},
					MarkdownDescription: "Which number counts: `" + strings.Join(billing.BasisNames(), "`, `") + "`. Defaults to `purchased`. CloudRadial " +
						"holds what is purchased and assigned, so it is compared on these two.",
				},
			}),
		},
		"asset_type": schema.StringAttribute{
			Optional: true, Validators: notEmpty,
			MarkdownDescription: "Name of the flexible asset type that `cloudradial_license_publication` writes to. Its rows are read from CloudRadial. " +
				"When left out, CloudRadial is not compared.",
		},
		"gradient_counts": schema.MapAttribute{
			Optional: true, ElementType: numbersType,
			MarkdownDescription: "What Gradient has accepted: account id to service to units, for example an output of the estate, read with " +
				"`terraform_remote_state`: the `unit_counts` of its `cloudradial_license_sync` without those that are `unmapped`. A null is " +
				"unknown. When left out, Gradient is not compared, for its counts cannot be read back.",
		},
		"psa_counts": schema.MapAttribute{
			Optional: true, ElementType: numbersType,
			MarkdownDescription: "What the PSA bills: account id to service to units, for example from a CSV export. A null is unknown. When left " +
				"out, the PSA is not compared.",
		},
		"tolerance": schema.Float64Attribute{
			Optional: true, Validators: []validator.Float64{float64validator.AtLeast(0)},
			MarkdownDescription: "How many units two systems may be apart and still agree. Numbers are compared to four decimals. Defaults to 0. It " +
				"does not make up for a missing number.",
		},
		"fail_on": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(reconcile.Gates()...))},
			MarkdownDescription: "Statuses and findings that are an error: `" + strings.Join(reconcile.Gates(), "`, `") + "`. A row fails by every status " +
				"that holds for it, also when a more important one is shown. What nobody looked at is an error too. Nothing fails by default.",
		},
	}
}

func computedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"rows": list(rowObject, "Each pair of account and service of which Microsoft counts a unit or another system says anything, sorted by "+
			"account and service. The status is the first of these that holds:"+statusTexts()),
		"differences": list(rowObject, "The `rows` that disagree: those that differ, and those that one system lacks."),
		"in_agreement": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether all `rows` have the status `agree`, and all tenants could be read.",
		},
		"summary": schema.SingleNestedAttribute{Computed: true, Attributes: summaryAttributes, MarkdownDescription: "The review in numbers."},
		"unmapped_skus": list(unmappedSKUObject, "SKUs of which seats were bought, and that no license mapping counts, most seats first. Free SKUs "+
			"are not among them, for the counts leave them out."),
		"unmapped_companies": list(unmappedCompanyObject, "Companies of CloudRadial that no company mapping names by its `company_id`, by id. Null "+
			"when CloudRadial is not configured."),
		"unmapped_accounts": list(unmappedAccountObject, "Accounts that Gradient says are not mapped, by id: their units reach no invoice. Null when "+
			"Gradient is not configured."),
		"unreadable_tenants": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Keys of `license_counts` with null counts, sorted: the tenant could not be read, or there is none.",
		},
		"flagged": list(flaggedObject, "Counts that carry a flag, by tenant and SKU."),
		"report_markdown": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: fmt.Sprintf("All of this as one page of Markdown for a comment on a pull request or the summary of a job: what "+
				"disagrees first, at most %d,000 bytes, and with a word about what it leaves out. It holds no time, so it changes only when the "+
				"review does.", reconcile.ReportLimit/1000),
		},
	}
}

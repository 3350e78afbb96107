// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/markdown"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// Elements of the computed lists.
var (
	rowObject = object(map[string]schema.Attribute{
		"account_id":   text("Id of the account."),
		"account_name": text("Name of the account: from the mapping, Gradient or CloudRadial, or its id when none has a name."),
		"service":      text("Name of the service."),
		"microsoft":    units("Units that the function `unit_counts` computes from Microsoft's seats and the mappings."),
		"cloudradial":  units("Seats in the published rows, on the basis of the license mapping."),
		"gradient":     units("Units of `gradient_counts`."),
		"psa":          units("Units of `psa_counts`."),
		"status":       text("One of the statuses above."),
		"reason":       text("Explanation. Empty when the numbers need none."),
	})
	unmappedSKUObject = object(map[string]schema.Attribute{
		"sku":          text("Part number of the SKU."),
		"sku_id":       text("Id of the SKU (GUID)."),
		"product_name": text("Name of the product."),
		"purchased":    seats("Purchased seats in all tenants."),
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
		"purchased":    seats("Purchased seats. Null when Microsoft gave no number."),
		"assigned":     seats("Assigned seats. Null when Microsoft gave no number."),
		"flags": schema.ListAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "The flags, sorted. `cloudradial_license_counts` explains them.",
		},
	})
	lineArguments = map[string]schema.Attribute{
		"account_id":      schema.StringAttribute{Required: true, MarkdownDescription: "Id of the account."},
		"service":         schema.StringAttribute{Required: true, MarkdownDescription: "Name of the service."},
		"product":         schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the product in the PSA."},
		"agreement":       schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the agreement, the contract or the recurring invoice."},
		"quantity":        schema.NumberAttribute{Optional: true, MarkdownDescription: "Units of the line. Null is unknown."},
		"billed_quantity": schema.NumberAttribute{Optional: true, MarkdownDescription: "Units that are charged. They are not compared."},
		"effective_date":  schema.StringAttribute{Optional: true, Validators: isDate, MarkdownDescription: "First day on which the line is billed, as `2026-12-01`."},
		"cancelled_date":  schema.StringAttribute{Optional: true, Validators: isDate, MarkdownDescription: "Last day on which the line is billed."},
		"flags": schema.ListAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.List{listvalidator.NoNullValues()},
			MarkdownDescription: "What is special about the line. `cloudradial_psa_counts` explains them. A line with `" + reconcile.FlagLater + "` must have an " +
				"`effective_date`.",
		},
	}
	isDate = []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^\d{4}-\d\d-\d\d$`), "must be a date such as 2026-12-01")}

	summaryAttributes = map[string]schema.Attribute{
		"pairs": schema.MapAttribute{
			Computed: true, ElementType: types.Int64Type, MarkdownDescription: "Each status to the number of rows that have it.",
		},
		"units": schema.MapAttribute{
			Computed: true, ElementType: types.Float64Type,
			MarkdownDescription: "`microsoft`, `cloudradial`, `gradient` and `psa` to the sum of their column. Null when the system was not asked.",
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

// describeStatuses returns a Markdown list of the statuses.
func describeStatuses() string {
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
		MarkdownDescription: "Compares what Microsoft, CloudRadial, Gradient and the PSA say about each account and service, and lists what is not " +
			"mapped. It changes nothing. Its findings are errors only when `fail_on` names them.\n\n" +
			"A number that a system did not give is null. It never counts as 0.\n\n" +
			"CloudRadial's companies and Gradient's accounts are read when the provider has their keys. Without the keys, the findings about " +
			"them are null, and the report says so.\n\n" +
			"~> Make the mappings from your files, not from managed resources. A data source that refers to a resource with pending changes is " +
			"read only during apply, so the plan would lack the review exactly when seats have changed.",
		Attributes: attributes,
	}
}

func inputAttributes() map[string]schema.Attribute {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	return map[string]schema.Attribute{
		"license_counts": schema.DynamicAttribute{
			Required:            true,
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
				"By default CloudRadial is not compared.",
		},
		"gradient_counts": schema.MapAttribute{
			Optional: true, ElementType: shapes.ServiceUnitsType,
			MarkdownDescription: "What Gradient has accepted: account id to service to units. For example the `unit_counts` of the estate's " +
				"`cloudradial_license_sync` without those that are `unmapped`, as an output that is read with `terraform_remote_state`. Null is " +
				"unknown. By default Gradient is not compared, because its counts cannot be read back.",
		},
		"psa_counts": schema.MapAttribute{
			Optional: true, ElementType: shapes.ServiceUnitsType,
			MarkdownDescription: "What the PSA bills: account id to service to units, for example the `counts` of `cloudradial_psa_counts` or a CSV export. " +
				"Null is unknown. By default the PSA is not compared.",
		},
		"psa_lines": schema.ListNestedAttribute{
			Optional:     true,
			Validators:   []validator.List{listvalidator.NoNullValues()},
			NestedObject: object(lineArguments),
			MarkdownDescription: "The lines behind `psa_counts`: the `lines` of `cloudradial_psa_counts`. With them the statuses tell why the PSA has another number " +
				"than was sent (that of `gradient_counts` or, without it, Microsoft's), and the report shows the lines behind each difference.",
		},
		"tolerance": schema.Float64Attribute{
			Optional: true, Validators: []validator.Float64{float64validator.AtLeast(0)},
			MarkdownDescription: "By how many units two systems may differ and still agree. Numbers are compared to four decimals. Defaults to 0. A " +
				"missing number never agrees.",
		},
		"fail_on": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(reconcile.Gates()...))},
			MarkdownDescription: "Statuses and findings that are errors: `" + strings.Join(reconcile.Gates(), "`, `") + "`. A row fails for each status " +
				"that holds, even when it shows a more important one. A status or finding that cannot be determined is an error too, and so is every " +
				"status when there are no `rows`. By default nothing is an error.",
		},
	}
}

func computedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"rows": list(rowObject, "Each pair of account and service for which Microsoft has a unit or another system has a number or null, sorted by "+
			"account and service. The status is the first of these that holds:"+describeStatuses()),
		"differences": list(rowObject, "The `rows` that disagree: they differ, or one system lacks them."),
		"in_agreement": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether the systems agree and nothing is billed nowhere: there are `rows` and " +
				"all have the status `agree` or `psa_later`, all tenants could be read, there are no `unmapped_skus`, and no account of a company mapping is " +
				"in `unmapped_accounts`. Leave out SKUs that you do not bill with `exclude_skus` of `cloudradial_license_counts`.",
		},
		"summary": schema.SingleNestedAttribute{Computed: true, Attributes: summaryAttributes, MarkdownDescription: "Totals of the review."},
		"unmapped_skus": list(unmappedSKUObject, "SKUs with purchased seats that no license mapping counts, most seats first. Free SKUs are "+
			"missing, because `license_counts` leaves them out."),
		"unmapped_companies": list(unmappedCompanyObject, "Companies of CloudRadial whose id is in no company mapping, by id. Null when CloudRadial "+
			"is not configured."),
		"unmapped_accounts": list(unmappedAccountObject, "Accounts that are not mapped in Gradient, by id. Their units reach no invoice. Null when "+
			"Gradient is not configured."),
		"unreadable_tenants": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Keys of `license_counts` whose counts are null, sorted: the tenant could not be read, or the key has no tenant.",
		},
		"flagged": list(flaggedObject, "Counts with a flag, by tenant and SKU."),
		"report_markdown": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: fmt.Sprintf("The whole review as one page of Markdown, for a comment on a pull request or the summary of a job. What "+
				"disagrees comes first. It has at most %d,000 bytes and says what it leaves out. It has no time in it, so it changes only when "+
				"the review changes.", markdown.Limit/1000),
		},
	}
}

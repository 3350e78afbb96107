// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// What on_error can be.
const (
	onErrorFail = "fail"
	onErrorSkip = "skip"
)

// Flags that depend on the day of the reading.
const (
	flagLater = "later"
	flagEnded = "ended"
)

var (
	lineType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"account_id":      types.StringType,
		"service":         types.StringType,
		"product":         types.StringType,
		"agreement":       types.StringType,
		"quantity":        types.NumberType,
		"billed_quantity": types.NumberType,
		"effective_date":  types.StringType,
		"cancelled_date":  types.StringType,
		"flags":           types.ListType{ElemType: types.StringType},
	}}
	unmappedType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"account_id": types.StringType,
		"company":    types.StringType,
		"product":    types.StringType,
		"quantity":   types.NumberType,
	}}
)

func (d *psaCounts) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := arguments()
	for name, attribute := range computed() {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the PSA will bill: the recurring lines of ConnectWise PSA, Autotask or HaloPSA, read from the PSA itself and added up " +
			"by account and service. It shows whether a count that was sent and approved has reached the invoice, once, on the right customer. " +
			"`counts` fits `psa_counts` of `cloudradial_reconciliation`, and `lines` fits its `psa_lines`.\n\n" +
			"It only reads, and it reads no amounts of money. The provider block says which PSA: `connectwise`, `autotask` or `halopsa`.\n\n" +
			"A number that cannot be read is null, never 0: a company that is not found or that two companies match, a list that may lack rows, a line " +
			"that the PSA counts only when it makes the invoice. A company that has no line of a service has no entry for it.",
		Attributes: attributes,
	}
}

func arguments() map[string]schema.Attribute {
	notEmpty := stringvalidator.LengthAtLeast(1)
	return map[string]schema.Attribute{
		"accounts": schema.MapAttribute{
			Required: true, ElementType: types.StringType,
			Validators: []validator.Map{mapvalidator.KeysAre(stringvalidator.RegexMatches(shapes.AccountIDForm,
				"must be an account id: letters, digits, dots, dashes and underscores"))},
			MarkdownDescription: "The companies to read: account id to what names the company in the PSA, which is its identifier, its id or its exact name. " +
				"Where several companies match, write the id. Empty or null is unknown: the counts of the account are null. Two accounts must " +
				"not name one company.",
		},
		"services": schema.MapAttribute{
			Required: true, ElementType: types.ListType{ElemType: types.StringType},
			Validators: []validator.Map{mapvalidator.ValueListsAre(listvalidator.NoNullValues(), listvalidator.ValueStringsAre(notEmpty))},
			MarkdownDescription: "The services to count: name of the service to the products that it is in the PSA. A product is named by its identifier " +
				"(ConnectWise: `identifier`; Autotask: SKU, external or internal id; HaloPSA: item code or nominal code), its id, or its exact name; " +
				"these are looked for in this order. Null or an empty list means the product that is named like the service. The lines of all " +
				"its products are added up. An Autotask bundle is named `bundle:` and its id.",
		},
		"product_prefixes": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(notEmpty)},
			MarkdownDescription: "What the identifier or the name of a product must begin with to be listed in `unmapped`, for example `M365`. By default " +
				"all recurring products are.",
		},
		"on": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The day whose numbers are read: `" + onToday + "`, `" + onNextMonth + "` (the first day of the next month, in UTC) or a date such as " +
				"`2026-12-01`. By default the day on which a change takes effect that is approved in Gradient today: today in ConnectWise PSA, the first of the " +
				"next month in Autotask and HaloPSA. With another day a change that was approved may look like a difference.",
		},
		"on_error": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(onErrorFail, onErrorSkip)},
			MarkdownDescription: "What to do about an account whose lines cannot be read: `fail` (default) is an error, `skip` makes its counts null, with a " +
				"warning. When none can be read it is always an error.",
		},
	}
}

func computed() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	number := func(description string) schema.NumberAttribute {
		return schema.NumberAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"date": text("The day whose numbers were read, as `2026-12-01`."),
		"counts": schema.MapAttribute{
			Computed: true, ElementType: shapes.ServiceUnitsType,
			MarkdownDescription: "Account id to service to the number that the PSA bills on that day. Null is unknown. A service without a line that is charged " +
				"has no entry.",
		},
		"lines": schema.ListNestedAttribute{
			Computed: true,
			MarkdownDescription: "The lines behind the numbers, by account and service, and those that explain a difference: lines that start later, that are not " +
				"charged, or whose agreement is cancelled.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"account_id": text("Id of the account."),
				"service":    text("Name of the service."),
				"product":    text("Name of the product in the PSA, or its identifier where the PSA gives no name."),
				"agreement":  text("Name of the agreement, the contract or the recurring invoice, with its id."),
				"quantity":   number("Units of the line. Null when the PSA gives none."),
				"billed_quantity": number("Units that are charged: in ConnectWise PSA the quantity without those that the agreement includes. Null when the PSA " +
					"gives none."),
				"effective_date": text("First day on which the line is billed. In Autotask that of the billing periods that were read. Null when it is open."),
				"cancelled_date": text("Last day on which the line is billed. In Autotask that of the billing periods that were read. Null when it is open."),
				"flags":          schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "What is special about the line, sorted:" + describeFlags()},
			}},
		},
		"unmapped": schema.ListNestedAttribute{
			Computed:            true,
			MarkdownDescription: "Products that the PSA charges these companies again and again, and that no service names, by account and product.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"account_id": text("Id of the account."),
				"company":    text("Name of the company in the PSA, or its id where the PSA gives no name."),
				"product":    text("Name of the product, or its identifier where the PSA gives no name."),
				"quantity":   number("Units of its lines. Null when the PSA does not give all of them."),
			}},
		},
		"errors": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Account id to why its lines could not be read, with `on_error = \"" + onErrorSkip + "\"`.",
		},
	}
}

// describeFlags returns a Markdown list of the flags.
func describeFlags() string {
	var lines strings.Builder
	for _, flag := range psa.Flags {
		fmt.Fprintf(&lines, "\n  - `%s`: %s.", flag.Name, flag.Meaning)
	}
	fmt.Fprintf(&lines, "\n  - `%s`: it is not in force today, and will be from its `effective_date` on.", flagLater)
	fmt.Fprintf(&lines, "\n  - `%s`: it is not in force any more today.", flagEnded)
	return lines.String()
}

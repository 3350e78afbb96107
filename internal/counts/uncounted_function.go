// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

type uncountedSeats struct{}

// NewUncountedSeatsFunction makes the function uncounted_seats.
func NewUncountedSeatsFunction() function.Function { return uncountedSeats{} }

func (uncountedSeats) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "uncounted_seats"
}

func (uncountedSeats) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Finds purchased seats that no license mapping counts",
		MarkdownDescription: "The `purchased` seats, by account and SKU, of the SKUs that are in no license mapping. Nothing bills these seats. " +
			"A customer who renews into another product appears here. A SKU without purchased seats and an account without such a SKU are left " +
			"out, and so is a tenant whose counts are unknown (null), and what would be below 0 in a shared tenant (flag `overassigned_split`). Free SKUs are left out because the data source leaves them out.\n\n" +
			"SKUs match the license mappings as in `unit_counts`, and a SKU in two services is an error. The function reads nothing and changes " +
			"nothing. Pass its result to the argument `uncounted_seats` of `cloudradial_license_sync`: every plan then warns when these seats change.",
		Parameters: []function.Parameter{
			function.MapParameter{
				Name: shapes.LicenseCounts,
				MarkdownDescription: "The `counts` of `cloudradial_license_counts`: key (`account_id` or `account_id/label`) to SKU to `{sku_id, " +
					"purchased}`. A null inner map is a tenant whose counts are unknown.",
				ElementType: types.MapType{ElemType: shapes.PurchasedCountType},
			},
			function.MapParameter{
				Name: shapes.LicenseMappings,
				MarkdownDescription: "The license mappings, as in `unit_counts`: for example the `for_each` map of `cloudradial_license_mapping`, or " +
					"`services` of `cloudradial_license_mappings`. The keys do not matter.",
				ElementType: shapes.LicenseMappingType,
			},
		},
		Return: function.MapReturn{ElementType: shapes.ServiceUnitsType},
	}
}

func (uncountedSeats) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var licenseCounts attr.Value // taken as it is: a conversion would take as long as all the rest
	var licenseMappings types.Map
	if resp.Error = req.Arguments.Get(ctx, &licenseCounts, &licenseMappings); resp.Error != nil {
		return
	}
	seats, err := findUncounted(licenseCounts, licenseMappings)
	if err != nil {
		resp.Error = shapes.FuncError(err, shapes.LicenseCounts, shapes.LicenseMappings)
		return
	}
	resp.Error = resp.Result.Set(ctx, shapes.EncodeUnitCounts(seats))
}

func findUncounted(licenseCounts attr.Value, licenseMappings types.Map) (billing.Counts, error) {
	counts, err := shapes.DecodeLicenseCounts(licenseCounts, func(count shapes.Count) billing.SKUCount { return count.SKUCount })
	if err != nil {
		return nil, err
	}
	licenses, err := shapes.DecodeLicenseMappings(licenseMappings)
	if err != nil {
		return nil, err
	}
	return billing.UncountedSeats(counts, licenses)
}

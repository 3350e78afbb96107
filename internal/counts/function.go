// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

type unitCounts struct{}

// NewUnitCountsFunction makes the function unit_counts.
func NewUnitCountsFunction() function.Function { return unitCounts{} }

func (unitCounts) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "unit_counts"
}

func (unitCounts) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Adds up license counts to the unit counts that the PSA bills",
		MarkdownDescription: "For each mapped account and service, the sum of the seats of the service's SKUs, on the `basis` of its license mapping. " +
			"A pair with a count of 0 is left out. An account is null when the counts of one of its tenants are unknown (null). A SKU is its skuId: " +
			"a mapping names it by that, as `PART/<skuId>` or by part number, which stands for the ids that Microsoft's table gives it and matches by " +
			"name only where the table has none.\n\n" +
			"These are errors, because they would bill wrongly: a mapped account without counts, counts without a mapped account, two mappings " +
			"of one account or service, one SKU in two services.\n\n" +
			"Call it in the argument `unit_counts` of `cloudradial_license_sync`. In an output it makes `terraform plan -refresh-only` fail when " +
			"the list of companies has changed.",
		Parameters: []function.Parameter{
			// Dynamic, because an object in a literal may leave out the numbers of bases that no license mapping has.
			function.DynamicParameter{
				Name: shapes.LicenseCounts,
				MarkdownDescription: "The `counts` of `cloudradial_license_counts`: key (`account_id` or `account_id/label`) to SKU to `{sku_id, " +
					strings.Join(billing.BasisNames(), ", ") + "}`. A null inner map is a tenant whose counts are unknown. A number that is null or " +
					"missing is unknown: an error when a license mapping has its basis. So is a 0 of an object whose `flags` have `overassigned_split`, because " +
					"the companies that share a tenant then have more users than it has seats. Only the basis `assigned` bills it, unless the flag `other_owner` is there, too.",
			},
			function.MapParameter{
				Name: shapes.CompanyMappings,
				MarkdownDescription: "The company mappings, objects with `account_id`: for example the `for_each` map of `cloudradial_company_mapping`, or " +
					"`companies` of `cloudradial_company_mappings`. The keys do not matter.",
				ElementType: shapes.BilledCompanyType,
			},
			function.MapParameter{
				Name: shapes.LicenseMappings,
				MarkdownDescription: "The license mappings, objects with `service`, `skus` and `basis`: for example the `for_each` map of " +
					"`cloudradial_license_mapping`, or `services` of `cloudradial_license_mappings`. The keys do not matter. A null `basis` means " +
					"`purchased`.",
				ElementType: shapes.LicenseMappingType,
			},
		},
		Return: function.MapReturn{ElementType: shapes.ServiceUnitsType},
	}
}

func (unitCounts) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var licenseCounts attr.Value // taken as it is: a conversion would take as long as all the rest
	var companyMappings, licenseMappings types.Map
	if resp.Error = req.Arguments.Get(ctx, &licenseCounts, &companyMappings, &licenseMappings); resp.Error != nil {
		return
	}
	units, err := addUp(licenseCounts, companyMappings, licenseMappings)
	if err != nil {
		resp.Error = shapes.FuncError(err, shapes.LicenseCounts, shapes.CompanyMappings, shapes.LicenseMappings)
		return
	}
	resp.Error = resp.Result.Set(ctx, shapes.EncodeUnitCounts(units))
}

func addUp(licenseCounts attr.Value, companyMappings, licenseMappings types.Map) (billing.Counts, error) {
	counts, err := shapes.DecodeLicenseCounts(licenseCounts, func(count shapes.Count) billing.SKUCount { return count.SKUCount })
	if err != nil {
		return nil, err
	}
	companies, err := shapes.DecodeCompanyMappings(companyMappings)
	if err != nil {
		return nil, err
	}
	licenses, err := shapes.DecodeLicenseMappings(licenseMappings)
	if err != nil {
		return nil, err
	}
	accountIDs := make(map[string]string, len(companies))
	for key, company := range companies {
		accountIDs[key] = company.AccountID
	}
	return billing.UnitCounts(counts, accountIDs, licenses)
}

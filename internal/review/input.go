package review

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// input is what the arguments hold.
func (m *model) input(ctx context.Context, diags *diag.Diagnostics) reconcile.Input {
	return reconcile.Input{
		Counts:    countsOf(m.LicenseCounts, diags),
		Companies: companiesOf(ctx, m.CompanyMappings, diags),
		Licenses:  licensesOf(ctx, m.LicenseMappings, diags),
		Gradient:  numbersOf("gradient_counts", m.GradientCounts, diags),
		PSA:       numbersOf("psa_counts", m.PSACounts, diags),
		Tolerance: m.Tolerance.ValueFloat64(),
	}
}

// failOn are the gates, sorted.
func (m *model) failOn(ctx context.Context, diags *diag.Diagnostics) []string {
	var names []string
	diags.Append(m.FailOn.ElementsAs(ctx, &names, false)...)
	slices.Sort(names)
	return names
}

func countsOf(value types.Map, diags *diag.Diagnostics) map[string]map[string]reconcile.Count {
	tenants := value.Elements()
	counts := make(map[string]map[string]reconcile.Count, len(tenants))
	for _, key := range slices.Sorted(maps.Keys(tenants)) {
		tenant := tenants[key].(types.Map)
		if tenant.IsNull() {
			counts[key] = nil
			continue
		}
		skus := tenant.Elements()
		counts[key] = make(map[string]reconcile.Count, len(skus))
		for _, sku := range slices.Sorted(maps.Keys(skus)) {
			count, problem := countOf(skus[sku].(types.Object))
			if problem != "" {
				diags.AddAttributeError(path.Root("license_counts"), "No number of seats",
					fmt.Sprintf("license_counts[%q][%q]%s. Leave an SKU out that is not held; a tenant that is unknown is null as a whole.", key, sku, problem))
			}
			counts[key][sku] = count
		}
	}
	return counts
}

// countOf reads a count, or says what is wrong with it.
func countOf(value types.Object) (count reconcile.Count, problem string) {
	if value.IsNull() {
		return count, " is null"
	}
	attributes := value.Attributes()
	count.SKUID = attributes["sku_id"].(types.String).ValueString()
	count.ProductName = attributes["product_name"].(types.String).ValueString()
	for _, basis := range billing.Bases() {
		seats := attributes[string(basis.Name)].(types.Int64)
		if seats.IsNull() || seats.ValueInt64() < 0 || seats.ValueInt64() > billing.MostSeats {
			problem = fmt.Sprintf(".%s is %s", basis.Name, seats)
		}
		*basis.Of(&count.Seats) = seats.ValueInt64()
	}
	for _, flag := range attributes["flags"].(types.List).Elements() {
		count.Flags = append(count.Flags, flag.(types.String).ValueString())
	}
	return count, problem
}

func companiesOf(ctx context.Context, value types.Map, diags *diag.Diagnostics) map[string]reconcile.Company {
	var mappings map[string]struct {
		AccountID types.String `tfsdk:"account_id"`
		CompanyID types.Int64  `tfsdk:"company_id"`
		Name      types.String `tfsdk:"name"`
	}
	diags.Append(value.ElementsAs(ctx, &mappings, false)...)
	companies := make(map[string]reconcile.Company, len(mappings))
	for key, mapping := range mappings {
		companies[key] = reconcile.Company{
			AccountID: mapping.AccountID.ValueString(), CompanyID: mapping.CompanyID.ValueInt64(), Name: mapping.Name.ValueString(),
		}
	}
	return companies
}

func licensesOf(ctx context.Context, value types.Map, diags *diag.Diagnostics) map[string]billing.LicenseMapping {
	var mappings map[string]struct {
		Service types.String `tfsdk:"service"`
		SKUs    []string     `tfsdk:"skus"`
		Basis   types.String `tfsdk:"basis"`
	}
	diags.Append(value.ElementsAs(ctx, &mappings, false)...)
	licenses := make(map[string]billing.LicenseMapping, len(mappings))
	for key, mapping := range mappings {
		slices.Sort(mapping.SKUs)
		licenses[key] = billing.LicenseMapping{
			Service: mapping.Service.ValueString(), SKUs: mapping.SKUs, Basis: billing.Basis(mapping.Basis.ValueString()),
		}
	}
	return licenses
}

// numbersOf reads units by account and service. A null argument is a system that was not asked.
func numbersOf(argument string, value types.Map, diags *diag.Diagnostics) reconcile.Numbers {
	if value.IsNull() {
		return nil
	}
	numbers := reconcile.Numbers{}
	accounts := value.Elements()
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		services := accounts[account].(types.Map)
		if services.IsNull() {
			numbers[account] = nil
			continue
		}
		numbers[account] = map[string]*float64{}
		for service, element := range services.Elements() {
			units, ok := numberOf(element.(types.Number))
			if !ok {
				diags.AddAttributeError(path.Root(argument), "No number of units", fmt.Sprintf("%s[%q][%q] is %s, which no number of units can be.",
					argument, account, service, tfdiag.NumberText(element.(types.Number).ValueBigFloat())))
			}
			numbers[account][service] = units
		}
	}
	return numbers
}

// numberOf is nil for null. It is not ok for what is too large to reckon with.
func numberOf(value types.Number) (units *float64, ok bool) {
	if value.IsNull() {
		return nil, true
	}
	number, _ := value.ValueBigFloat().Float64()
	return &number, math.Abs(number) <= billing.MostSeats
}

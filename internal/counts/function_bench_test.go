// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// BenchmarkUnitCounts calls the function as Terraform does, with 20,000 counts: 1,000 accounts of 20 SKUs.
func BenchmarkUnitCounts(b *testing.B) {
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		b.Fatal(err)
	}
	text, numbers := tftypes.String, tftypes.Number
	countType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"sku_id": text, "product_name": text, "flags": tftypes.List{ElementType: text},
		"purchased": numbers, "active": numbers, "enabled": numbers, "entitled": numbers, "assigned": numbers,
	}}
	companyType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"account_id": text}}
	licenseType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"service": text, "skus": tftypes.Set{ElementType: text}, "basis": text}}
	mapOf := func(element tftypes.Type, n int, value func(i int) (string, tftypes.Value)) tftypes.Value {
		elements := map[string]tftypes.Value{}
		for i := range n {
			key, element := value(i)
			elements[key] = element
		}
		return tftypes.NewValue(tftypes.Map{ElementType: element}, elements)
	}
	skuID := func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
	counts := mapOf(tftypes.Map{ElementType: countType}, 1000, func(account int) (string, tftypes.Value) {
		return fmt.Sprintf("account-%04d", account), mapOf(countType, 20, func(sku int) (string, tftypes.Value) {
			units := tftypes.NewValue(numbers, account+sku+1)
			return fmt.Sprintf("PART_%d", sku), tftypes.NewValue(countType, map[string]tftypes.Value{
				"sku_id": tftypes.NewValue(text, skuID(sku)), "product_name": tftypes.NewValue(text, fmt.Sprintf("Microsoft 365 Product %d", sku)),
				"flags":     tftypes.NewValue(tftypes.List{ElementType: text}, []tftypes.Value{}),
				"purchased": units, "active": units, "enabled": units, "entitled": units, "assigned": units,
			})
		})
	})
	companies := mapOf(companyType, 1000, func(i int) (string, tftypes.Value) {
		id := fmt.Sprintf("account-%04d", i)
		return id, tftypes.NewValue(companyType, map[string]tftypes.Value{"account_id": tftypes.NewValue(text, id)})
	})
	licenses := mapOf(licenseType, 20, func(i int) (string, tftypes.Value) {
		service := fmt.Sprintf("Service %d", i)
		return service, tftypes.NewValue(licenseType, map[string]tftypes.Value{
			"service": tftypes.NewValue(text, service), "basis": tftypes.NewValue(text, "purchased"),
			"skus": tftypes.NewValue(tftypes.Set{ElementType: text}, []tftypes.Value{tftypes.NewValue(text, skuID(i))}),
		})
	})
	request := &tfprotov6.CallFunctionRequest{Name: "unit_counts", Arguments: []*tfprotov6.DynamicValue{
		encoded(b, tftypes.DynamicPseudoType, counts), encoded(b, companies.Type(), companies), encoded(b, licenses.Type(), licenses),
	}}
	b.ReportAllocs()
	for b.Loop() {
		response, err := server.CallFunction(b.Context(), request)
		if err != nil || response.Error != nil {
			b.Fatal(err, response.Error)
		}
	}
}

func encoded(b *testing.B, as tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	b.Helper()
	result, err := tfprotov6.NewDynamicValue(as, value)
	if err != nil {
		b.Fatal(err)
	}
	return &result
}

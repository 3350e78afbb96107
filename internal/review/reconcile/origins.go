// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"cmp"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// Origin is a SKU of one tenant that counts towards a service.
type Origin struct {
	Tenant, SKU, ProductName string
	Units                    int64 // on the basis of the license mapping, or [billing.Unknown]
}

// Origins are what Microsoft's numbers are made of: account id → service → SKUs, by tenant and SKU.
type Origins map[string]map[string][]Origin

// OriginsOf returns the origins of license counts. A SKU without units is left out.
func OriginsOf(counts map[string]map[string]Count, licenses map[string]billing.LicenseMapping) (Origins, error) {
	e := &estate{input: Input{Counts: counts}}
	services, err := servicesOf(e.skus(nil), licenses)
	if err != nil {
		return nil, err
	}
	bases := map[string]billing.Basis{}
	for _, license := range licenses {
		bases[license.Service] = cmp.Or(license.Basis, billing.Purchased)
	}
	origins := Origins{}
	for tenant, held := range counts {
		account := billing.AccountOf(tenant)
		for key, count := range held {
			service, counted := services[sku{key, count.SKUID}]
			units := count.On(bases[service])
			if !counted || units == 0 {
				continue
			}
			if origins[account] == nil {
				origins[account] = map[string][]Origin{}
			}
			origins[account][service] = append(origins[account][service], Origin{tenant, key, count.ProductName, units})
		}
	}
	for _, byService := range origins {
		for _, list := range byService {
			slices.SortFunc(list, func(a, b Origin) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.SKU, b.SKU)) })
		}
	}
	return origins, nil
}
